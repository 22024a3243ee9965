//! Which forms belong to the same client, session and so on.

use foldhash::{HashMap, HashMapExt};

use crate::error::MOST_ROWS;

/// Rows of a table: the first few, and how many.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Rows {
    /// The first rows, counted from 0; at most five.
    pub rows: Vec<usize>,
    /// How many there are.
    pub count: usize,
}

impl Rows {
    fn add(&mut self, row: usize) {
        if self.rows.len() < MOST_ROWS {
            self.rows.push(row);
        }
        self.count += 1;
    }
}

/// Forms grouped by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormGroups {
    /// Group of each row, numbered in the order of first appearance.
    pub groups: Vec<u32>,
    /// Rows that repeat the ids of an earlier one.
    pub repeated: Rows,
    /// Rows that lack an id.
    pub missing: Rows,
}

/// The code of a missing id.
pub const MISSING_ID: u32 = u32::MAX;

/// Groups rows by the codes of their ids: one slice per id column, one code per row.
///
/// Codes come from whatever the caller's ids are, equal for equal ids; [`MISSING_ID`] stands for none.
/// A row that lacks an id repeats nothing. Rows beyond the shortest column are left out.
///
/// ```
/// use alliance_scoring::group_forms;
///
/// let (clients, sessions) = ([0, 0, 1, 0], [1, 2, 1, 1]);
/// let found = group_forms(&[&clients, &sessions]);
/// assert_eq!(found.groups, [0, 1, 2, 0]);
/// assert_eq!((found.repeated.rows, found.repeated.count), (vec![3], 1));
/// ```
pub fn group_forms(ids: &[&[u32]]) -> FormGroups {
    let rows = ids.iter().map(|codes| codes.len()).min().unwrap_or(0);
    let mut groups = vec![0_u32; rows];
    let mut incomplete = vec![false; rows];
    for codes in ids {
        let mut seen: HashMap<(u32, u32), u32> = HashMap::new();
        // Rows of a client often follow each other.
        let mut last = None;
        for ((group, code), incomplete) in groups.iter_mut().zip(*codes).zip(&mut incomplete) {
            *incomplete |= *code == MISSING_ID;
            let ids = (*group, *code);
            *group = match last {
                Some((known, of_last)) if known == ids => of_last,
                _ => {
                    let next = seen.len() as u32;
                    *seen.entry(ids).or_insert(next)
                }
            };
            last = Some((ids, *group));
        }
    }
    let (mut repeated, mut missing) = (Rows::default(), Rows::default());
    // Groups are numbered in the order of first appearance: a row is the first of its group if the number is new.
    let mut seen = 0;
    for (row, (group, incomplete)) in groups.iter().zip(&incomplete).enumerate() {
        let is_first = *group == seen;
        seen += u32::from(is_first);
        if *incomplete {
            missing.add(row);
        } else if !is_first {
            repeated.add(row);
        }
    }
    FormGroups { groups, repeated, missing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_an_id_repeat_nothing() {
        let found = group_forms(&[&[0, MISSING_ID, MISSING_ID, 0], &[1, 1, 1, 2]]);
        assert_eq!(found.missing, Rows { rows: vec![1, 2], count: 2 });
        assert_eq!(found.repeated, Rows::default());
    }

    #[test]
    fn a_thousand_repeats_name_the_first_five() {
        let found = group_forms(&[&[7; 1001]]);
        assert_eq!(found.repeated, Rows { rows: vec![1, 2, 3, 4, 5], count: 1000 });
    }

    #[test]
    fn no_columns_give_no_groups() {
        assert!(group_forms(&[]).groups.is_empty());
    }
}
