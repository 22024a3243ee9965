//! One row per dyad, of means over its sessions.

use super::pairs::{PairMoments, same_length};
use crate::groups::Groups;
use crate::{Columns, PsychometricsError};

/// Means of ratings over the complete rows of each dyad.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct DyadMeans {
    /// Codes of the dyads with a complete row, rising.
    pub dyads: Vec<u32>,
    /// Complete rows of each.
    pub rows: Vec<usize>,
    /// Means, one column per rating.
    pub means: Vec<Vec<f64>>,
}

impl std::fmt::Debug for DyadMeans {
    // Somebody's relations.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DyadMeans").field("dyads", &self.dyads.len()).finish_non_exhaustive()
    }
}

/// Means of several ratings over the rows of each dyad that have all of them.
///
/// So that the means of two roles are of the same sessions: a session that only one of them rated would add a difference
/// between sessions to that between roles.
///
/// # Errors
///
/// `length-mismatch`.
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::dyads::dyad_means;
///
/// let (client, therapist) = ([4.0, 6.0, f64::NAN, 5.0], [3.0, 5.0, 7.0, 5.0]);
/// let found = dyad_means(&Columns::new(&[&client, &therapist])?, &[1, 1, 1, 2])?;
/// assert_eq!((found.dyads, found.rows), (vec![1, 2], vec![2, 1]));
/// assert_eq!(found.means, [[5.0, 5.0], [4.0, 5.0]]);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn dyad_means(ratings: &Columns<'_>, dyads: &[u32]) -> Result<DyadMeans, PsychometricsError> {
    same_length(dyads, ratings.rows(), "ratings and dyads")?;
    let groups = Groups::new(dyads, |row| ratings.is_complete(row));
    let mean = |column: &[f64], rows: &[usize]| {
        let values = rows.iter().filter_map(|row| column.get(*row));
        PairMoments::new(values.map(|value| (*value, 0.0))).means[0]
    };
    Ok(DyadMeans {
        dyads: groups.codes().to_vec(),
        rows: groups.iter().map(<[usize]>::len).collect(),
        means: ratings.iter().map(|column| groups.iter().map(|rows| mean(column, rows)).collect()).collect(),
    })
}
