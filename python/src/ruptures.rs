//! Rules and what they find.

use std::sync::Arc;

use alliance_ruptures as ruptures;
use alliance_ruptures::segments::Misfit;
use alliance_ruptures::{
    Comparison, Courses, Detection, Detector, Gaps, NotAssessed, Overlap, Reference, Repair, Rule,
    RuptureError, ScoreScale, SessionState, Tolerance, Unit,
};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::appointments::code;
use crate::error::coded;
use crate::scoring::write;

pub(crate) fn from_ruptures(py: Python<'_>, error: &RuptureError) -> PyErr {
    coded(py, error.code(), error.to_string(), None)
}

/// A rule as plain values.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct RuleFields {
    reference: (String, Option<f64>),
    unit: (String, Option<f64>),
    threshold: f64,
    comparison: String,
    fall_sessions: u16,
    repair: (String, Option<f64>),
    tolerance_in: String,
    repair_window: u16,
    least_sessions: u16,
    history: u16,
    gaps: String,
    overlap: String,
    prior_degrees: f64,
}

pub(crate) fn unknown(option: &'static str, problem: &str) -> RuptureError {
    RuptureError::InvalidOption { option, problem: problem.to_owned() }
}

impl RuleFields {
    pub(crate) fn rule(&self) -> Result<Rule, RuptureError> {
        let number =
            |value: Option<f64>, option| value.ok_or_else(|| unknown(option, "this choice needs a number"));
        let reference = match self.reference.0.as_str() {
            "previous" => Reference::Previous,
            "person-mean" => Reference::PersonMean,
            "person-median" => Reference::PersonMedian,
            "running-mean" => Reference::RunningMean,
            "running-median" => Reference::RunningMedian,
            "running-maximum" => Reference::RunningMaximum,
            "trend" => Reference::Trend,
            "baseline" => {
                let sessions = number(self.reference.1, "reference")?;
                if sessions.fract() != 0.0 || !(1.0..=f64::from(u16::MAX)).contains(&sessions) {
                    return Err(unknown("reference", "a baseline is a whole number of sessions, 1 to 65535"));
                }
                Reference::Baseline(sessions as u16)
            }
            "fixed" => Reference::Fixed(number(self.reference.1, "reference")?),
            _ => {
                return Err(unknown(
                    "reference",
                    "choose previous, person-mean, person-median, running-mean, running-median, running-maximum, \
                     trend, (\"baseline\", sessions) or (\"fixed\", score)",
                ));
            }
        };
        let unit = match self.unit.0.as_str() {
            "points" => Unit::Points,
            "pomp" => Unit::Pomp,
            "own-sd" => Unit::OwnSd,
            "own-residual-sd" => Unit::OwnResidualSd,
            "pooled-within-sd" => Unit::PooledWithinSd,
            "shrunken-sd" => Unit::ShrunkenSd,
            "stricter-of-own-and-pooled" => Unit::StricterOfOwnAndPooled,
            "between-person-sd" => Unit::BetweenPersonSd,
            "difference-error" => Unit::DifferenceError(number(self.unit.1, "unit")?),
            "moving-range" => Unit::MovingRange,
            "median-moving-range" => Unit::MedianMovingRange,
            "median-absolute-deviation" => Unit::MedianAbsoluteDeviation,
            _ => {
                return Err(unknown(
                    "unit",
                    "choose points, pomp, own-sd, own-residual-sd, pooled-within-sd, shrunken-sd, \
                     stricter-of-own-and-pooled, between-person-sd, moving-range, median-moving-range, \
                     median-absolute-deviation or (\"difference-error\", reliability)",
                ));
            }
        };
        let mut rule = Rule::new(reference, unit, self.threshold)?;
        rule.repair = repair(&self.repair, &self.tolerance_in)?;
        rule.comparison = match self.comparison.as_str() {
            "at-least" => Comparison::AtLeast,
            "more-than" => Comparison::MoreThan,
            _ => return Err(unknown("comparison", "choose at-least or more-than")),
        };
        rule.gaps = match self.gaps.as_str() {
            "bridge" => Gaps::Bridge,
            "break" => Gaps::Break,
            "interpolate" => Gaps::Interpolate,
            _ => return Err(unknown("gaps", "choose bridge, break or interpolate")),
        };
        rule.overlap = overlap(&self.overlap)?;
        rule.fall_sessions = self.fall_sessions;
        rule.repair_window = self.repair_window;
        rule.least_sessions = self.least_sessions;
        rule.history = self.history;
        rule.prior_degrees = self.prior_degrees;
        rule.checked()
    }
}

/// What counts as repair, from a word with or without a number.
pub(crate) fn repair(choice: &(String, Option<f64>), tolerance_in: &str) -> Result<Repair, RuptureError> {
    let (word, number) = (choice.0.as_str(), choice.1);
    let near = number.unwrap_or(0.0);
    let tolerance = match tolerance_in {
        "points" => Tolerance::Points(near),
        "units" => Tolerance::Units(near),
        _ => return Err(unknown("tolerance_in", "choose points or units")),
    };
    match (word, number) {
        ("not-asked", None) => Ok(Repair::NotAsked),
        ("return-to-previous", _) => Ok(Repair::ReturnToPrevious(tolerance)),
        ("return-to-reference", _) => Ok(Repair::ReturnToReference(tolerance)),
        ("regain-share", Some(share)) => Ok(Repair::RegainShare(share)),
        ("rise", Some(units)) => Ok(Repair::Rise(units)),
        ("reversal", None) => Ok(Repair::Reversal),
        _ => Err(unknown(
            "repair",
            "choose not-asked, (\"return-to-previous\", tolerance), (\"return-to-reference\", tolerance), \
             (\"regain-share\", share), (\"rise\", units) or reversal",
        )),
    }
}

pub(crate) fn overlap(word: &str) -> Result<Overlap, RuptureError> {
    match word {
        "merge" => Ok(Overlap::Merge),
        "first" => Ok(Overlap::First),
        "deepest" => Ok(Overlap::Deepest),
        _ => Err(unknown("overlap", "choose merge, first or deepest")),
    }
}

/// Ids of the published rules.
#[pyfunction]
pub(crate) fn preset_ids() -> Vec<&'static str> {
    ruptures::preset_ids().collect()
}

/// A published rule: its fields as [`RuleFields`] takes them, and its facts.
#[pyfunction]
pub(crate) fn preset<'py>(py: Python<'py>, id: &str) -> PyResult<Bound<'py, PyDict>> {
    let preset = ruptures::preset(id).map_err(|error| from_ruptures(py, &error))?;
    let facts = PyDict::new(py);
    facts.set_item("id", &preset.id)?;
    facts.set_item("version", preset.version)?;
    facts.set_item("name", &preset.name)?;
    facts.set_item("measured", &preset.measured)?;
    facts.set_item("base_rate", &preset.base_rate)?;
    facts.set_item("note", &preset.note)?;
    facts.set_item("use_when", &preset.use_when)?;
    facts.set_item("scale", preset.scale.map(|scale| (scale.lowest, scale.highest)))?;
    facts.set_item("is_verified", preset.is_verified())?;
    let provenance = PyDict::new(py);
    for (field, how) in &preset.provenance {
        provenance.set_item(field, how.as_str())?;
    }
    facts.set_item("provenance", provenance)?;
    let citation = PyDict::new(py);
    citation.set_item("author", &preset.citation.authors)?;
    citation.set_item("year", preset.citation.year)?;
    let texts = [
        ("journal", &preset.citation.journal),
        ("volume", &preset.citation.volume),
        ("number", &preset.citation.number),
        ("pages", &preset.citation.pages),
        ("doi", &preset.citation.doi),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            citation.set_item(name, text)?;
        }
    }
    citation.set_item("recalled", &preset.citation.recalled)?;
    facts.set_item("citation", citation)?;
    facts.set_item("rule", fields_of(py, &preset.rule)?)?;
    Ok(facts)
}

/// The rule to take where nothing speaks for another one.
#[pyfunction]
pub(crate) fn recommended_rule(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    fields_of(py, &Rule::recommended())
}

/// What to know before a rule in points of one scale is used on a form of another one.
#[pyfunction]
pub(crate) fn scale_misfit(
    py: Python<'_>,
    rule: RuleFields,
    scale: (f64, f64),
    form: (f64, f64),
) -> PyResult<Option<String>> {
    let said = || {
        let scale = ScoreScale::new(scale.0, scale.1)?;
        Ok(ruptures::scale_misfit(&rule.rule()?, scale, ScoreScale::new(form.0, form.1)?))
    };
    said().map_err(|error: RuptureError| from_ruptures(py, &error))
}

/// A rule as the Python class takes it.
pub(crate) fn fields_of<'py>(py: Python<'py>, rule: &Rule) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    let reference = match rule.reference {
        Reference::Previous => ("previous", None),
        Reference::PersonMean => ("person-mean", None),
        Reference::PersonMedian => ("person-median", None),
        Reference::RunningMean => ("running-mean", None),
        Reference::RunningMedian => ("running-median", None),
        Reference::RunningMaximum => ("running-maximum", None),
        Reference::Trend => ("trend", None),
        Reference::Baseline(first) => ("baseline", Some(f64::from(first))),
        Reference::Fixed(score) => ("fixed", Some(score)),
        _ => return Err(PyValueError::new_err("a reference this version does not know")),
    };
    let unit = match rule.unit {
        Unit::Points => ("points", None),
        Unit::Pomp => ("pomp", None),
        Unit::OwnSd => ("own-sd", None),
        Unit::OwnResidualSd => ("own-residual-sd", None),
        Unit::PooledWithinSd => ("pooled-within-sd", None),
        Unit::ShrunkenSd => ("shrunken-sd", None),
        Unit::StricterOfOwnAndPooled => ("stricter-of-own-and-pooled", None),
        Unit::BetweenPersonSd => ("between-person-sd", None),
        Unit::DifferenceError(reliability) => ("difference-error", Some(reliability)),
        Unit::MovingRange => ("moving-range", None),
        Unit::MedianMovingRange => ("median-moving-range", None),
        Unit::MedianAbsoluteDeviation => ("median-absolute-deviation", None),
        _ => return Err(PyValueError::new_err("a unit this version does not know")),
    };
    let (repair, tolerance_in) = match rule.repair {
        Repair::ReturnToPrevious(Tolerance::Units(near)) => (("return-to-previous", Some(near)), "units"),
        Repair::ReturnToPrevious(Tolerance::Points(near)) => (("return-to-previous", Some(near)), "points"),
        Repair::ReturnToReference(Tolerance::Units(near)) => (("return-to-reference", Some(near)), "units"),
        Repair::ReturnToReference(Tolerance::Points(near)) => (("return-to-reference", Some(near)), "points"),
        Repair::RegainShare(share) => (("regain-share", Some(share)), "points"),
        Repair::Rise(units) => (("rise", Some(units)), "points"),
        Repair::Reversal => (("reversal", None), "points"),
        _ => (("not-asked", None), "points"),
    };
    fields.set_item("reference", reference)?;
    fields.set_item("unit", unit)?;
    fields.set_item("threshold", rule.threshold)?;
    fields.set_item(
        "comparison",
        if rule.comparison == Comparison::MoreThan { "more-than" } else { "at-least" },
    )?;
    fields.set_item("fall_sessions", rule.fall_sessions)?;
    fields.set_item("repair", repair)?;
    fields.set_item("tolerance_in", tolerance_in)?;
    fields.set_item("repair_window", rule.repair_window)?;
    fields.set_item("least_sessions", rule.least_sessions)?;
    fields.set_item("history", rule.history)?;
    let gaps = match rule.gaps {
        Gaps::Break => "break",
        Gaps::Interpolate => "interpolate",
        _ => "bridge",
    };
    fields.set_item("gaps", gaps)?;
    let overlap = match rule.overlap {
        Overlap::First => "first",
        Overlap::Deepest => "deepest",
        _ => "merge",
    };
    fields.set_item("overlap", overlap)?;
    fields.set_item("prior_degrees", rule.prior_degrees)?;
    Ok(fields)
}

/// Scores of any measure: a bound no score reaches, where the scale is not stated.
pub(crate) const ANY_SCORE: f64 = 1e12;

/// Refuses a rule that scores of this range cannot have.
pub(crate) fn require_on_scale(rule: &Detector, range: Option<(f64, f64)>) -> Result<(), RuptureError> {
    let needs_ends = match rule {
        Detector::Rule(rule) => rule.unit == Unit::Pomp,
        Detector::Segments(segments) => segments.misfit == Misfit::CensoredNormal,
        _ => false,
    };
    match (range, rule) {
        (None, _) if needs_ends => {
            Err(unknown("range", "this rule needs the lowest and the highest possible score"))
        }
        (Some((lowest, highest)), Detector::Rule(Rule { reference: Reference::Fixed(score), .. }))
            if !(lowest..=highest).contains(score) =>
        {
            let problem = format!("the fixed score must lie on the scale, {lowest} to {highest}");
            Err(unknown("reference", &problem))
        }
        _ => Ok(()),
    }
}

/// Courses, and what a rule found in them.
#[pyclass(frozen, module = "alliance._native")]
pub(crate) struct Detected {
    pub(crate) courses: Arc<Courses>,
    pub(crate) found: Detection,
}

/// Course, numbers of the sessions of onset, nadir, recovery and end, resolution, magnitude, length, shape.
type EpisodeFacts = (usize, i64, i64, Option<i64>, i64, &'static str, f64, usize, &'static str);

/// Observed, evaluable, flagged, episodes, class, unit, why not assessed.
type DyadFacts = (usize, usize, usize, usize, &'static str, f64, Option<&'static str>);

/// Words for states of sessions, by code.
#[pyfunction]
pub(crate) fn session_states() -> Vec<&'static str> {
    SessionState::ALL.map(SessionState::as_str).to_vec()
}

#[pymethods]
impl Detected {
    /// Sessions of all courses, also those that were not held.
    fn session_count(&self) -> usize {
        self.courses.sessions().len()
    }

    /// Fills arrays with one element per session: source row (-1 without a form), course, session number, state,
    /// appointment, score, reference, limit, flag.
    #[expect(clippy::too_many_arguments, reason = "columns go one by one")]
    fn fill_sessions(
        &self,
        mut rows: PyBuffer<i64>,
        mut courses: PyBuffer<i64>,
        mut numbers: PyBuffer<i64>,
        mut states: PyBuffer<u8>,
        mut appointments: PyBuffer<u8>,
        mut scores: PyBuffer<f64>,
        mut references: PyBuffer<f64>,
        mut limits: PyBuffer<f64>,
        mut flags: PyBuffer<u8>,
    ) -> PyResult<()> {
        let (rows, courses, numbers) = (write(&mut rows)?, write(&mut courses)?, write(&mut numbers)?);
        let (states, appointments) = (write(&mut states)?, write(&mut appointments)?);
        let (scores, references, limits) =
            (write(&mut scores)?, write(&mut references)?, write(&mut limits)?);
        let flags = write(&mut flags)?;
        for (to, from) in rows.iter_mut().zip(self.courses.rows()) {
            *to = from.map_or(-1, |row| row as i64);
        }
        for (to, from) in numbers.iter_mut().zip(self.courses.sessions()) {
            *to = *from;
        }
        for (to, from) in appointments.iter_mut().zip(self.courses.appointments()) {
            *to = code(*from);
        }
        for (course, span) in self.courses.offsets().windows(2).enumerate() {
            if let [start, end] = span {
                for to in courses.get_mut(*start..*end).unwrap_or_default() {
                    *to = course as i64;
                }
            }
        }
        let series = self.courses.series();
        let mut judged =
            series.scores().iter().zip(&self.found.reference).zip(&self.found.flagged).enumerate();
        for (place, state) in self.courses.states().iter().enumerate() {
            // A session that was not held has no place in the series.
            let in_series = if state.is_in_series() { judged.next() } else { None };
            let (position, ((score, reference), flag)) =
                in_series.unwrap_or((usize::MAX, ((&f64::NAN, &f64::NAN), &false)));
            if let Some(to) = states.get_mut(place) {
                *to = SessionState::ALL
                    .iter()
                    .position(|known| known == state)
                    .map_or(u8::MAX, |code| code as u8);
            }
            if let Some(to) = scores.get_mut(place) {
                *to = *score;
            }
            if let Some(to) = references.get_mut(place) {
                *to = *reference;
            }
            if let (Some(to), Some(course)) = (limits.get_mut(place), courses.get(place)) {
                *to = self.found.limit(*course as usize, position);
            }
            if let Some(to) = flags.get_mut(place) {
                *to = u8::from(*flag);
            }
        }
        Ok(())
    }

    /// Fills one element per source row: 1 flagged, 0 not, 2 where the rule cannot say.
    fn judge_rows(&self, mut states: PyBuffer<u8>) -> PyResult<()> {
        let states = write(&mut states)?;
        states.fill(2);
        for (course, found) in self.found.dyads.iter().enumerate() {
            if found.class == ruptures::ClientClass::NotAssessed {
                continue;
            }
            let series = self.courses.series();
            let first = series.offsets().get(course).copied().unwrap_or_default();
            for (position, place) in (first..).zip(self.courses.places(course)) {
                let is_scored = series.scores().get(position).is_some_and(|score| !score.is_nan());
                let has_reference = self.found.reference.get(position).is_some_and(|it| !it.is_nan());
                let row = self.courses.rows().get(place).copied().flatten();
                if let (Some(state), true) =
                    (row.and_then(|row| states.get_mut(row)), is_scored && has_reference)
                {
                    *state = u8::from(self.found.flagged.get(position) == Some(&true));
                }
            }
        }
        Ok(())
    }

    /// Where each course's sessions start, also those that were not held.
    fn offsets(&self) -> Vec<usize> {
        self.courses.offsets().to_vec()
    }

    /// The dyad of each course, its number among that dyad's, from 1, and how it ended.
    fn courses(&self) -> Vec<(u32, usize, &'static str)> {
        let dyads = self.courses.dyads();
        let mut number = 0;
        (0..dyads.len())
            .zip(dyads)
            .map(|(course, dyad)| {
                let goes_on = course.checked_sub(1).and_then(|before| dyads.get(before)) == Some(dyad);
                number = if goes_on { number + 1 } else { 1 };
                (*dyad, number, self.courses.series().ending(course).as_str())
            })
            .collect()
    }

    fn episodes(&self) -> Vec<EpisodeFacts> {
        let mut facts = Vec::with_capacity(self.found.episodes.len());
        let mut numbers = Vec::new();
        for course in 0..self.found.dyads.len() {
            let episodes = self.found.episodes_of(course);
            if episodes.is_empty() {
                continue;
            }
            numbers.clear();
            numbers
                .extend(self.courses.places(course).filter_map(|place| self.courses.sessions().get(place)));
            let number = |position: usize| numbers.get(position).copied().unwrap_or_default();
            facts.extend(episodes.iter().map(|episode| {
                (
                    course,
                    number(episode.onset),
                    number(episode.nadir),
                    episode.recovery.map(number),
                    number(episode.last),
                    episode.resolution.as_str(),
                    episode.magnitude,
                    episode.length(),
                    episode.shape().as_str(),
                )
            }));
        }
        facts
    }

    fn dyads(&self) -> Vec<DyadFacts> {
        let each = self.found.dyads.iter().enumerate();
        each.map(|(course, found)| {
            let episodes = self.found.episodes_of(course).len();
            let reason = found.not_assessed.map(NotAssessed::as_str);
            let class = found.class.as_str();
            (found.observed, found.evaluable, found.flagged, episodes, class, found.unit, reason)
        })
        .collect()
    }
}
