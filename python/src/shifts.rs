//! Sudden gains and losses.

use alliance_ruptures as ruptures;
use alliance_ruptures::sudden::{
    Compat, CriticalT, ProportionStatus, Reversed, ShiftDirection, Stability, SuddenOptions, SuddenRule,
    SuddenShifts,
};
use alliance_ruptures::{Orientation, RuptureError, ScoreScale, Series};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use crate::detectors::orientation;
use crate::ruptures::{ANY_SCORE, from_ruptures, unknown};
use crate::scoring::read;

/// A rule for sudden shifts as plain values.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct ShiftFields {
    direction: String,
    cutoff: Option<f64>,
    proportion: Option<f64>,
    best_score: Option<f64>,
    stability: String,
    alpha: f64,
    critical: Option<f64>,
    baseline_first: bool,
    compat: Option<String>,
}

impl ShiftFields {
    /// The rule on a scale under whose orientation the shifts are falls: for gains the other one than the measure's.
    pub(crate) fn under(&self, falls: Orientation) -> Result<SuddenRule, RuptureError> {
        let direction = if self.direction == "gain" { ShiftDirection::Gain } else { ShiftDirection::Loss };
        let orientation = match (direction, falls) {
            (ShiftDirection::Loss, own) => own,
            (ShiftDirection::Gain, Orientation::HigherIsBetter) => Orientation::LowerIsBetter,
            (ShiftDirection::Gain, Orientation::LowerIsBetter) => Orientation::HigherIsBetter,
        };
        let mut options = SuddenOptions::new(direction, orientation, self.cutoff);
        options.proportion = self.proportion;
        options.best_score = self.best_score;
        options.stability = match self.stability.as_str() {
            "tang-derubeis" => Stability::TangDeRubeis,
            "t-test" => Stability::TrueT,
            "gaynor-2003" => Stability::Gaynor2003,
            "kelly-2005" => Stability::Kelly2005,
            "off" => Stability::Off,
            _ => {
                let problem = "choose tang-derubeis, t-test, gaynor-2003, kelly-2005 or off";
                return Err(unknown("stability", problem));
            }
        };
        if self.critical.is_none() && !(1e-9..=0.5).contains(&self.alpha) {
            return Err(unknown("alpha", "must lie between 1e-9 and 0.5"));
        }
        options.critical = match self.critical {
            Some(value) => CriticalT::Constant(value),
            None => CriticalT::Adjusted { alpha: self.alpha },
        };
        options.baseline_first = self.baseline_first;
        options.compat = match self.compat.as_deref() {
            None => Compat::Corrected,
            Some("suddengains-0.7.2") => Compat::SuddenGains072,
            Some(_) => return Err(unknown("compat", "the only other program is suddengains-0.7.2")),
        };
        SuddenRule::new(options)
    }
}

/// Dyad, session before, session after, magnitude, change proportion, its status, reversal value, reversed.
type EventFacts = (usize, usize, usize, f64, f64, &'static str, f64, &'static str);

/// Intervals in all, testable, available.
type Counts = (usize, usize, usize);

/// Sudden shifts in series of any row order: events, and interval counts of each dyad.
#[pyfunction]
pub(crate) fn sudden_shifts(
    py: Python<'_>,
    dyads: PyBuffer<u32>,
    sessions: PyBuffer<i64>,
    scores: PyBuffer<f64>,
    rule: ShiftFields,
    worse_is_lower: bool,
) -> PyResult<(Vec<EventFacts>, Vec<Counts>)> {
    let rule = rule.under(orientation(worse_is_lower)).map_err(|error| from_ruptures(py, &error))?;
    let (dyads, sessions, scores) = (read(&dyads)?, read(&sessions)?, read(&scores)?);
    let found = py.detach(|| -> Result<_, RuptureError> {
        let scale = ScoreScale::new(-ANY_SCORE, ANY_SCORE)?;
        let (series, _) = Series::from_rows(dyads, sessions, scores, scale)?;
        let (mut events, mut counts) = (Vec::new(), Vec::new());
        let mut shifts = SuddenShifts::default();
        for (dyad, run) in series.runs().enumerate() {
            rule.detect_into(run, &mut shifts);
            events.extend(shifts.events.iter().map(|event| {
                (
                    dyad,
                    event.session,
                    event.post,
                    event.magnitude,
                    event.change_proportion,
                    proportion_status(event.proportion_status),
                    event.reversal_value,
                    reversed(event.reversed),
                )
            }));
            counts.push((shifts.counts.total, shifts.counts.testable, shifts.counts.available));
        }
        Ok((events, counts))
    });
    found.map_err(|error| from_ruptures(py, &error))
}

fn proportion_status(status: ProportionStatus) -> &'static str {
    match status {
        ProportionStatus::Defined => "defined",
        ProportionStatus::OppositeChange => "opposite-change",
        ProportionStatus::NoChange => "no-change",
        ProportionStatus::StartMissing => "start-missing",
        ProportionStatus::EndMissing => "end-missing",
        _ => "undefined",
    }
}

fn reversed(reversed: Reversed) -> &'static str {
    match reversed {
        Reversed::Yes => "yes",
        Reversed::No => "no",
        Reversed::NotObserved => "not-observed",
    }
}

/// Cut-off of reliable change: standard errors of measurement and of a difference, and the cut-off.
#[pyfunction]
pub(crate) fn reliable_change_cutoff(
    py: Python<'_>,
    standard_deviation: f64,
    reliability: f64,
) -> PyResult<(f64, f64, f64)> {
    let change = ruptures::sudden::reliable_change_cutoff(standard_deviation, reliability);
    let change = change.map_err(|error| from_ruptures(py, &error))?;
    Ok((change.standard_error_of_measurement, change.standard_error_of_difference, change.cutoff))
}
