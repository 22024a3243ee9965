//! Ratings from 1 to 5 of what a rupture was like.

use alliance_statistics::Generator;

use super::Simulated;
use super::check::{hundredths, require};
use crate::RuptureError;

/// How strong a rupture is said to be, from 1 to 5: the nearest whole number to
/// `without + per_tenth * (deficit in tenths of the range) + sd * normal`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct StrengthRating {
    /// Mean where there is no rupture. Default 1.5, a guess.
    pub without: f64,
    /// Added per tenth of the range by which the rupture lowers the client's rating. Default 0.8, a guess.
    pub per_tenth: f64,
    /// SD around it. Default 0.7, a guess.
    pub sd: f64,
}

impl Default for StrengthRating {
    fn default() -> Self {
        Self { without: 1.5, per_tenth: 0.8, sd: 0.7 }
    }
}

/// How far a rupture is said to be resolved, from 1 to 5: the nearest whole number to `mean + sd * normal`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ResolutionRating {
    /// Mean in the last session before the repair, and where there is no rupture. Default 4, a guess.
    pub resolved: f64,
    /// Mean while the rupture goes on. Default 2, a guess.
    pub unresolved: f64,
    /// SD around it. Default 0.8, a guess.
    pub sd: f64,
}

impl Default for ResolutionRating {
    fn default() -> Self {
        Self { resolved: 4.0, unresolved: 2.0, sd: 0.8 }
    }
}

fn nearest(rating: f64) -> u8 {
    rating.round().clamp(1.0, 5.0) as u8
}

impl StrengthRating {
    pub(super) fn check(&self, option: &'static str) -> Result<(), RuptureError> {
        for number in [self.without.abs(), self.per_tenth.abs(), self.sd] {
            hundredths(option, number)?;
        }
        Ok(())
    }

    pub(super) fn draw(&self, random: &mut Generator, moment: Moment) -> u8 {
        nearest(self.without + self.per_tenth * moment.tenths + self.sd * random.normal())
    }
}

impl ResolutionRating {
    pub(super) fn check(&self, option: &'static str) -> Result<(), RuptureError> {
        for number in [self.resolved.abs(), self.unresolved.abs(), self.sd] {
            hundredths(option, number)?;
        }
        Ok(())
    }

    pub(super) fn draw(&self, random: &mut Generator, moment: Moment) -> u8 {
        let mean = if moment.goes_on { self.unresolved } else { self.resolved };
        nearest(mean + self.sd * random.normal())
    }
}

/// What is true of a session.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    /// By how many tenths of the range a rupture lowers the client's rating; above 0 where there is one.
    pub(super) tenths: f64,
    /// Whether there is a rupture that is still there in the next session, or whose series ends here.
    pub(super) goes_on: bool,
}

impl Moment {
    pub(super) fn in_rupture(self) -> bool {
        self.tenths > 0.0
    }
}

/// What is true of each planned session of the clinic.
///
/// A session is the last one before the repair if there is no deficit in the next planned one.
pub(super) fn moments(clinic: &Simulated) -> Result<Vec<Moment>, RuptureError> {
    let tenth = range(clinic)? / 10.0;
    let mut moments: Vec<Moment> = clinic
        .truth
        .deficit
        .iter()
        .map(|deficit| Moment { tenths: deficit / tenth, goes_on: *deficit > 0.0 })
        .collect();
    for rupture in &clinic.truth.ruptures {
        let before = rupture.recovery.and_then(|recovery| recovery.checked_sub(1));
        let sessions = clinic.sessions(rupture.dyad);
        let session = before.and_then(|before| sessions.into_iter().nth(before));
        if let Some(moment) = session.and_then(|session| moments.get_mut(session)) {
            moment.goes_on = false;
        }
    }
    Ok(moments)
}

/// The range of the clinic's scale.
pub(super) fn range(clinic: &Simulated) -> Result<f64, RuptureError> {
    let range = clinic.simulation.scale.map(|scale| scale.highest - scale.lowest);
    require(range.is_some(), "scale", "ratings of ruptures need a clinic with a scale")?;
    Ok(range.unwrap_or(1.0))
}
