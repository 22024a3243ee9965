//! Coders' markers, segment by segment, as one line per session.
//!
//! "Not coded" is not "none found": a session without a row is unknown, a session with a row without a marker was coded
//! and nothing was found in it.

use std::fmt;

use crate::RuptureError;

/// What a marker is a marker of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// Moving away: withdrawal.
    Withdrawal,
    /// Moving against: confrontation.
    Confrontation,
    /// Anything else, such as a resolution strategy: counted, and sets no type.
    Other,
}

/// How several coders' codes of a session become one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Combine {
    /// They already are: one coding per session. A second coder is refused.
    Consensus,
    /// Counts and ratings are means over the session's coders; a family is found if at least this share of them found
    /// a marker of it.
    Mean {
        /// Above 0, at most 1.
        share: f64,
    },
}

/// A coded row: one marker in one segment by one coder.
///
/// The columns have one element per row. Sessions, coders and segments are numbers that stand for the caller's own.
#[derive(Clone, Copy)]
pub struct CodeRows<'a> {
    /// Session, numbered from 0 over all clients.
    pub sessions: &'a [u32],
    /// Coder; `None` if all rows of a session are one coder's.
    pub coders: Option<&'a [u32]>,
    /// Segment of the session, `None` in it where none is named; `None` if sessions were coded as a whole.
    pub segments: Option<&'a [Option<u32>]>,
    /// Family of the marker; `None` in a row that says "coded, none found".
    pub markers: &'a [Option<Family>],
    /// Rating of significance, NaN where there is none.
    pub significance: Option<&'a [f64]>,
    /// Rating of resolution, NaN where there is none.
    pub resolution: Option<&'a [f64]>,
}

/// The markers of one family in one session.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FamilyCodes {
    /// Markers per coder.
    pub markers: f64,
    /// Share of the session's coders who found at least one, 0 to 1.
    pub coders: f64,
    /// Whether enough of them did.
    pub is_found: bool,
}

/// One coded session.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SessionCodes {
    /// Coders of the session.
    pub coders: usize,
    /// Different segments that any of them coded; 0 if sessions were coded as a whole.
    pub segments: usize,
    /// Withdrawal.
    pub withdrawal: FamilyCodes,
    /// Confrontation.
    pub confrontation: FamilyCodes,
    /// Other markers per coder.
    pub other_markers: f64,
    /// Mean over coders of each coder's mean rating; NaN if nobody rated it.
    pub significance: f64,
    /// Mean over coders of each coder's mean rating; NaN if nobody rated it.
    pub resolution: f64,
}

impl SessionCodes {
    /// What was found.
    pub fn found(&self) -> Found {
        Found { withdrawal: self.withdrawal.is_found, confrontation: self.confrontation.is_found }
    }
}

/// Combines coded rows to one line per session; `None` for a session without a row.
///
/// The answer does not depend on the order of the rows.
///
/// ```
/// use alliance_ruptures::codes::{CodeRows, Combine, Family, combine_codes};
///
/// let rows = CodeRows {
///     sessions: &[0, 0, 0, 1, 1],
///     coders: Some(&[0, 0, 1, 0, 1]),
///     segments: None,
///     markers: &[Some(Family::Withdrawal), Some(Family::Withdrawal), None, None, None],
///     significance: None,
///     resolution: None,
/// };
/// let sessions = combine_codes(&rows, Combine::Mean { share: 0.5 })?;
/// let first = sessions[0].ok_or("coded")?;
/// assert_eq!((first.coders, first.withdrawal.markers, first.withdrawal.coders), (2, 1.0, 0.5));
/// assert!(first.withdrawal.is_found && !first.confrontation.is_found);
/// assert!(!sessions[1].ok_or("coded")?.withdrawal.is_found);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// `length-mismatch`; `not-finite` for infinite ratings; `several-coders` if a consensus has a second coder;
/// `invalid-option` for a share outside its range or session numbers that leave some out.
pub fn combine_codes(
    rows: &CodeRows<'_>,
    combine: Combine,
) -> Result<Vec<Option<SessionCodes>>, RuptureError> {
    let share = match combine {
        Combine::Consensus => 1.0,
        Combine::Mean { share } if share > 0.0 && share <= 1.0 => share,
        Combine::Mean { .. } => {
            let problem = "the share of coders is above 0 and at most 1".to_owned();
            return Err(RuptureError::InvalidOption { option: "share", problem });
        }
    };
    rows.check()?;
    let (offsets, order) = rows.by_session()?;
    if combine == Combine::Consensus {
        rows.refuse_second_coders(&offsets, &order)?;
    }
    let mut scratch = Scratch::default();
    let sessions = offsets.windows(2).map(|ends| match ends {
        [start, end] if start < end => order.get(*start..*end).map(|own| scratch.session(rows, own, share)),
        _ => None,
    });
    Ok(sessions.collect())
}

impl fmt::Debug for CodeRows<'_> {
    // Codes are of patients and stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeRows").field("rows", &self.sessions.len()).finish_non_exhaustive()
    }
}

impl CodeRows<'_> {
    fn check(&self) -> Result<(), RuptureError> {
        let count = self.sessions.len();
        let lengths = [
            Some(self.markers.len()),
            self.coders.map(<[u32]>::len),
            self.segments.map(<[Option<u32>]>::len),
            self.significance.map(<[f64]>::len),
            self.resolution.map(<[f64]>::len),
        ];
        if lengths.into_iter().flatten().any(|length| length != count) {
            return Err(RuptureError::LengthMismatch);
        }
        for ratings in [self.significance, self.resolution].into_iter().flatten() {
            if let Some((rows, count)) = RuptureError::rows_where(ratings, f64::is_infinite) {
                return Err(RuptureError::NotFinite { rows, count });
            }
        }
        Ok(())
    }

    /// Rows in the order of their sessions, and where each session's start.
    fn by_session(&self) -> Result<(Vec<usize>, Vec<usize>), RuptureError> {
        let count = self.sessions.iter().max().map_or(0, |last| *last as usize + 1);
        if count > self.sessions.len() {
            let problem = "sessions are numbered from 0 without leaving any out".to_owned();
            return Err(RuptureError::InvalidOption { option: "sessions", problem });
        }
        let mut offsets = vec![0_usize; count + 1];
        for session in self.sessions {
            if let Some(rows) = offsets.get_mut(*session as usize + 1) {
                *rows += 1;
            }
        }
        let mut total = 0;
        for offset in &mut offsets {
            total += *offset;
            *offset = total;
        }
        let mut next = offsets.clone();
        let mut order = vec![0_usize; self.sessions.len()];
        for (row, session) in self.sessions.iter().enumerate() {
            if let Some(place) = next.get_mut(*session as usize) {
                if let Some(to) = order.get_mut(*place) {
                    *to = row;
                }
                *place += 1;
            }
        }
        Ok((offsets, order))
    }

    fn coder(&self, row: usize) -> u32 {
        self.coders.and_then(|coders| coders.get(row)).copied().unwrap_or(0)
    }

    fn refuse_second_coders(&self, offsets: &[usize], order: &[usize]) -> Result<(), RuptureError> {
        let (mut rows, mut count) = (Vec::new(), 0);
        for ends in offsets.windows(2) {
            let &[start, end] = ends else { continue };
            let own = order.get(start..end).unwrap_or_default();
            let Some(first) = own.first().map(|row| self.coder(*row)) else { continue };
            if let Some(row) = own.iter().find(|row| self.coder(**row) != first) {
                count += 1;
                rows.push(*row);
            }
        }
        rows.sort_unstable();
        rows.truncate(crate::error::MOST_ROWS);
        if count > 0 { Err(RuptureError::SeveralCoders { rows, count }) } else { Ok(()) }
    }
}

/// Memory that sessions share.
#[derive(Default)]
struct Scratch {
    rows: Vec<(u32, usize)>,
    segments: Vec<u32>,
    ratings: Vec<f64>,
    means: Vec<f64>,
}

impl Scratch {
    fn session(&mut self, rows: &CodeRows<'_>, own: &[usize], share: f64) -> SessionCodes {
        self.rows.clear();
        self.rows.extend(own.iter().map(|row| (rows.coder(*row), *row)));
        self.rows.sort_unstable();
        self.segments.clear();
        let segment = |row: &usize| rows.segments.and_then(|segments| segments.get(*row).copied().flatten());
        self.segments.extend(own.iter().filter_map(segment));
        self.segments.sort_unstable();
        self.segments.dedup();
        let coders = self.rows.chunk_by(|one, other| one.0 == other.0).count();
        let family = |wanted: Family| {
            let is_one = |(_, row): &(u32, usize)| rows.markers.get(*row).copied().flatten() == Some(wanted);
            let markers = self.rows.iter().filter(|row| is_one(row)).count();
            let of_coders = self.rows.chunk_by(|one, other| one.0 == other.0);
            let finders = of_coders.filter(|own| own.iter().any(is_one)).count();
            let found = finders as f64 / coders as f64;
            FamilyCodes {
                markers: markers as f64 / coders as f64,
                coders: found,
                // Shares such as a third are rounded where they are written down.
                is_found: finders > 0 && found >= share - SHARE_ROUNDING,
            }
        };
        let (withdrawal, confrontation) = (family(Family::Withdrawal), family(Family::Confrontation));
        let other_markers = family(Family::Other).markers;
        SessionCodes {
            coders,
            segments: self.segments.len(),
            withdrawal,
            confrontation,
            other_markers,
            significance: self.rating(rows.significance),
            resolution: self.rating(rows.resolution),
        }
    }

    /// Mean over coders of their mean rating. Numbers are added in order of size, so that the order of rows is nothing.
    fn rating(&mut self, ratings: Option<&[f64]>) -> f64 {
        let Some(ratings) = ratings else { return f64::NAN };
        self.means.clear();
        for own in self.rows.chunk_by(|one, other| one.0 == other.0) {
            self.ratings.clear();
            let given = own.iter().filter_map(|(_, row)| ratings.get(*row)).filter(|rating| !rating.is_nan());
            self.ratings.extend(given);
            if !self.ratings.is_empty() {
                self.means.push(ordered_mean(&mut self.ratings));
            }
        }
        ordered_mean(&mut self.means)
    }
}

/// Far below the distance of two shares of any number of coders.
const SHARE_ROUNDING: f64 = 1e-9;

/// The mean of numbers added in order of size; NaN of nothing.
fn ordered_mean(numbers: &mut [f64]) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

/// What coders or an explicit question found in a session of which something is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Found {
    /// A withdrawal.
    pub withdrawal: bool,
    /// A confrontation.
    pub confrontation: bool,
}

/// What kind of rupture it was. Only coded markers or an explicit question can say that; a score never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RuptureType {
    /// Moving away.
    Withdrawal,
    /// Moving against.
    Confrontation,
    /// Both, in one session or in several.
    Mixed,
    /// Neither was found.
    Unclassified,
}

impl RuptureType {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Withdrawal => "withdrawal",
            Self::Confrontation => "confrontation",
            Self::Mixed => "mixed",
            Self::Unclassified => "unclassified",
        }
    }

    /// The type of an episode from what was found in its sessions; `None` if nothing is known of any of them.
    ///
    /// ```
    /// use alliance_ruptures::codes::{Found, RuptureType};
    ///
    /// let away = Found { withdrawal: true, confrontation: false };
    /// let against = Found { withdrawal: false, confrontation: true };
    /// assert_eq!(RuptureType::of([None, Some(away), Some(against)]), Some(RuptureType::Mixed));
    /// assert_eq!(RuptureType::of([Some(Found::default())]), Some(RuptureType::Unclassified));
    /// assert_eq!(RuptureType::of([None, None]), None);
    /// ```
    pub fn of(sessions: impl IntoIterator<Item = Option<Found>>) -> Option<Self> {
        let known = sessions.into_iter().flatten();
        let all = known.fold(None, |all: Option<Found>, found| {
            let before = all.unwrap_or_default();
            Some(Found {
                withdrawal: before.withdrawal || found.withdrawal,
                confrontation: before.confrontation || found.confrontation,
            })
        });
        all.map(|found| match (found.withdrawal, found.confrontation) {
            (true, true) => Self::Mixed,
            (true, false) => Self::Withdrawal,
            (false, true) => Self::Confrontation,
            (false, false) => Self::Unclassified,
        })
    }
}
