//! Rows put together by a code, by counting.

use crate::PsychometricsError;
use crate::error::MOST_ROWS;

/// Codes up to this many times the number of rows are counted in a table; sparser ones are sorted.
const TABLE_PER_ROW: usize = 4;

/// Rows of one code each, codes rising; within a code, rows keep their order.
#[derive(Clone)]
pub(crate) struct Groups {
    codes: Vec<u32>,
    /// Where each group starts in `rows`, and where the last ends.
    starts: Vec<usize>,
    rows: Vec<usize>,
}

impl Groups {
    /// Groups of the rows that `keep` keeps.
    pub(crate) fn new(codes: &[u32], keep: impl Fn(usize) -> bool) -> Self {
        let kept = || codes.iter().copied().enumerate().filter(|(row, _)| keep(*row));
        let highest = kept().map(|(_, code)| code as usize).max();
        let Some(highest) = highest else {
            return Self { codes: Vec::new(), starts: vec![0], rows: Vec::new() };
        };
        if highest < TABLE_PER_ROW * codes.len() + 1024 {
            Self::counted(kept, highest)
        } else {
            Self::sorted(kept)
        }
    }

    fn counted<I: Iterator<Item = (usize, u32)>>(kept: impl Fn() -> I, highest: usize) -> Self {
        let mut next = vec![0_usize; highest + 1];
        let mut total = 0;
        for (_, code) in kept() {
            next[code as usize] += 1;
            total += 1;
        }
        let (mut group_codes, mut starts) = (Vec::new(), Vec::new());
        let mut start = 0;
        for (code, count) in (0..).zip(&mut next) {
            if *count > 0 {
                group_codes.push(code);
                starts.push(start);
                start += std::mem::replace(count, start);
            }
        }
        starts.push(total);
        let mut rows = vec![0; total];
        for (row, code) in kept() {
            let place = &mut next[code as usize];
            rows[*place] = row;
            *place += 1;
        }
        Self { codes: group_codes, starts, rows }
    }

    fn sorted<I: Iterator<Item = (usize, u32)>>(kept: impl Fn() -> I) -> Self {
        let mut pairs: Vec<(u32, usize)> = kept().map(|(row, code)| (code, row)).collect();
        pairs.sort_unstable();
        let (mut group_codes, mut starts) = (Vec::new(), Vec::new());
        for (place, (code, _)) in pairs.iter().enumerate() {
            if group_codes.last() != Some(code) {
                group_codes.push(*code);
                starts.push(place);
            }
        }
        starts.push(pairs.len());
        Self { codes: group_codes, starts, rows: pairs.into_iter().map(|(_, row)| row).collect() }
    }

    /// The same with the rows of each group in the order of a key.
    pub(crate) fn ordered_by<K: Ord>(mut self, key: impl Fn(usize) -> K) -> Self {
        for bounds in self.starts.windows(2) {
            if let Some(rows) = self.rows.get_mut(bounds[0]..bounds[1]) {
                rows.sort_by_key(|row| key(*row));
            }
        }
        self
    }

    /// Number of groups.
    pub(crate) fn count(&self) -> usize {
        self.codes.len()
    }

    /// Number of rows in all groups.
    pub(crate) fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// The groups' codes, rising.
    pub(crate) fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// Rows of a group.
    pub(crate) fn rows(&self, group: usize) -> &[usize] {
        self.span(group).and_then(|span| self.rows.get(span)).unwrap_or_default()
    }

    /// The one outer code that the rows of each group have.
    ///
    /// # Errors
    ///
    /// `not-nested` if the rows of a group differ in it.
    pub(crate) fn outer_of(&self, outer: &[u32]) -> Result<Vec<u32>, PsychometricsError> {
        let code = |row: &usize| outer.get(*row).copied();
        let first = |rows: &[usize]| rows.first().and_then(code).unwrap_or_default();
        let mut strays: Vec<usize> = self
            .iter()
            .flat_map(|rows| rows.iter().filter(move |row| code(row) != Some(first(rows))))
            .copied()
            .collect();
        if strays.is_empty() {
            return Ok(self.iter().map(first).collect());
        }
        strays.sort_unstable();
        let count = strays.len();
        strays.truncate(MOST_ROWS);
        Err(PsychometricsError::NotNested { rows: strays, count })
    }

    /// Rows of each group.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &[usize]> + '_ {
        (0..self.count()).map(|group| self.rows(group))
    }

    fn span(&self, group: usize) -> Option<std::ops::Range<usize>> {
        Some(*self.starts.get(group)?..*self.starts.get(group + 1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Counting and sorting agree, and every kept row lies in the group of its code.
        #[test]
        fn rows_stand_with_their_code(codes in proptest::collection::vec(0_u32..9, 0..40), skip in 1_usize..5) {
            let groups = Groups::new(&codes, |row| row % skip == 0);
            let sparse: Vec<u32> = codes.iter().map(|code| code * 400_000_000).collect();
            let sorted = Groups::new(&sparse, |row| row % skip == 0);
            prop_assert_eq!(&groups.rows, &sorted.rows);
            prop_assert_eq!(&groups.starts, &sorted.starts);
            prop_assert!(groups.codes().is_sorted());
            prop_assert_eq!(groups.row_count(), codes.len().div_ceil(skip));
            for (code, rows) in groups.codes().iter().zip(groups.iter()) {
                prop_assert!(!rows.is_empty() && rows.is_sorted());
                prop_assert!(rows.iter().all(|row| codes[*row] == *code && row % skip == 0));
            }
        }
    }
}
