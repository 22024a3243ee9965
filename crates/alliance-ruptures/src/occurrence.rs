//! How often an indicator occurs, and how many clients would have it at least once by chance.
//!
//! An indicator is anything a session has or has not: a missed visit, a report of a rupture, a marker. "At least once"
//! grows with every session looked at: at 19 % missed visits, 97 % of clients miss one in 16.

use crate::RuptureError;

/// How often one indicator occurs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Occurrence {
    /// Sessions of which it is known whether they have it.
    pub known: usize,
    /// Sessions that have it.
    pub with: usize,
    /// Clients with at least one known session.
    pub clients: usize,
    /// Clients who have it at least once.
    pub clients_with: usize,
    /// Share of these clients who would have it at least once, if it fell on the known sessions independently of each
    /// other and at the pooled rate: the mean of `1 - (1 - rate)^n` over clients with `n` known sessions. NaN without
    /// a known session.
    ///
    /// Where fewer clients have it, it clusters in some of them. It is no rate of false alarms.
    pub chance: f64,
}

impl Occurrence {
    /// Counts an indicator: client `i` has the sessions `offsets[i]..offsets[i + 1]`; `None` is not known.
    ///
    /// ```
    /// use alliance_ruptures::occurrence::Occurrence;
    ///
    /// let missed = [Some(true), Some(false), None, Some(false), Some(false)];
    /// let found = Occurrence::of(&missed, &[0, 3, 5])?;
    /// assert_eq!((found.known, found.with, found.clients, found.clients_with), (4, 1, 2, 1));
    /// assert_eq!(found.chance, 1.0 - 0.75 * 0.75);
    /// # Ok::<(), alliance_ruptures::RuptureError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `invalid-offsets` unless they start at 0, never fall and end at the number of sessions.
    pub fn of(sessions: &[Option<bool>], offsets: &[usize]) -> Result<Self, RuptureError> {
        let sound =
            offsets.first() == Some(&0) && offsets.last() == Some(&sessions.len()) && offsets.is_sorted();
        if !sound {
            return Err(RuptureError::InvalidOffsets);
        }
        let runs = || {
            offsets.windows(2).filter_map(|ends| match ends {
                [start, end] => sessions.get(*start..*end),
                _ => None,
            })
        };
        let known_of = |run: &[Option<bool>]| run.iter().flatten().count();
        let mut found = Self { known: 0, with: 0, clients: 0, clients_with: 0, chance: f64::NAN };
        for run in runs() {
            let (known, with) = (known_of(run), run.iter().flatten().filter(|has| **has).count());
            found.known += known;
            found.with += with;
            found.clients += usize::from(known > 0);
            found.clients_with += usize::from(with > 0);
        }
        let without = 1.0 - found.rate();
        let shares = runs().map(known_of).filter(|known| *known > 0);
        let expected: f64 = shares.map(|known| 1.0 - libm::pow(without, known as f64)).sum();
        if found.clients > 0 {
            found.chance = expected / found.clients as f64;
        }
        Ok(found)
    }

    /// Share of known sessions that have it; NaN without one.
    pub fn rate(&self) -> f64 {
        if self.known == 0 { f64::NAN } else { self.with as f64 / self.known as f64 }
    }
}
