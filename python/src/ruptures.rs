//! Rules and what they find.

use alliance_ruptures as ruptures;
use alliance_ruptures::segments::Misfit;
use alliance_ruptures::{
    Comparison, Detection, Detector, Gaps, NotAssessed, Overlap, Reference, Repair, Rule, RuptureError,
    ScoreScale, Series, Tolerance, Unit,
};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::detectors::{detector, orientation};
use crate::error::coded;
use crate::scoring::{read, write};

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

/// A rule as the Python class takes it.
fn fields_of<'py>(py: Python<'py>, rule: &Rule) -> PyResult<Bound<'py, PyDict>> {
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

/// What is wrong with a rule on scores of this range, if anything.
fn off_scale(rule: &Detector, range: Option<(f64, f64)>) -> Option<RuptureError> {
    let needs_ends = match rule {
        Detector::Rule(rule) => rule.unit == Unit::Pomp,
        Detector::Segments(segments) => segments.misfit == Misfit::CensoredNormal,
        _ => false,
    };
    match (range, rule) {
        (None, _) if needs_ends => {
            Some(unknown("range", "this rule needs the lowest and the highest possible score"))
        }
        (Some((lowest, highest)), Detector::Rule(Rule { reference: Reference::Fixed(score), .. }))
            if !(lowest..=highest).contains(score) =>
        {
            let problem = format!("the fixed score must lie on the scale, {lowest} to {highest}");
            Some(unknown("reference", &problem))
        }
        _ => None,
    }
}

/// Series in any row order, and what a rule found in them.
#[pyclass(frozen, module = "alliance._native")]
pub(crate) struct Detected {
    series: Series,
    rows: Vec<Option<usize>>,
    found: Detection,
}

/// Dyad, onset, nadir, recovery, last (positions within the dyad), resolution, magnitude, length, shape.
type EpisodeFacts = (usize, usize, usize, Option<usize>, usize, &'static str, f64, usize, &'static str);

/// Observed, evaluable, flagged, episodes, class, unit, why not assessed.
type DyadFacts = (usize, usize, usize, usize, &'static str, f64, Option<&'static str>);

#[pymethods]
impl Detected {
    #[new]
    fn new(
        py: Python<'_>,
        dyads: PyBuffer<u32>,
        sessions: PyBuffer<i64>,
        scores: PyBuffer<f64>,
        scale: (Option<(f64, f64)>, bool),
        rule: &Bound<'_, PyDict>,
        threads: Option<usize>,
    ) -> PyResult<Self> {
        let (range, worse_is_lower) = scale;
        let orientation = orientation(worse_is_lower);
        let rule = detector(rule, orientation)?;
        let (lowest, highest) = range.unwrap_or((-ANY_SCORE, ANY_SCORE));
        if let Some(error) = off_scale(&rule, range) {
            return Err(from_ruptures(py, &error));
        }
        let (dyads, sessions, scores) = (read(&dyads)?, read(&sessions)?, read(&scores)?);
        let detected = py.detach(|| {
            let scale = ScoreScale::new(lowest, highest)?.with_orientation(orientation);
            let (series, rows) = Series::from_rows(dyads, sessions, scores, scale)?;
            let spread = ruptures::Spread::of(&series);
            let found = ruptures::detect_with(&series, rule, &spread, threads);
            Ok(Self { series, rows, found })
        });
        detected.map_err(|error: RuptureError| from_ruptures(py, &error))
    }

    /// Sessions of all dyads, gaps included.
    fn session_count(&self) -> usize {
        self.series.len()
    }

    /// Fills arrays with one element per session: source row (-1 for a gap), dyad, score, reference, limit, flag.
    fn fill_sessions(
        &self,
        mut rows: PyBuffer<i64>,
        mut dyads: PyBuffer<i64>,
        mut scores: PyBuffer<f64>,
        mut references: PyBuffer<f64>,
        mut limits: PyBuffer<f64>,
        mut flags: PyBuffer<u8>,
    ) -> PyResult<()> {
        let (rows, dyads) = (write(&mut rows)?, write(&mut dyads)?);
        let (scores, references, limits) =
            (write(&mut scores)?, write(&mut references)?, write(&mut limits)?);
        let flags = write(&mut flags)?;
        for (to, from) in rows.iter_mut().zip(&self.rows) {
            *to = from.map_or(-1, |row| row as i64);
        }
        for (dyad, span) in self.series.offsets().windows(2).enumerate() {
            if let [start, end] = span {
                for position in *start..*end {
                    if let Some(to) = dyads.get_mut(position) {
                        *to = dyad as i64;
                    }
                    if let Some(to) = limits.get_mut(position) {
                        *to = self.found.limit(dyad, position);
                    }
                }
            }
        }
        for (to, from) in scores.iter_mut().zip(self.series.scores()) {
            *to = *from;
        }
        for (to, from) in references.iter_mut().zip(&self.found.reference) {
            *to = *from;
        }
        for (to, from) in flags.iter_mut().zip(&self.found.flagged) {
            *to = u8::from(*from);
        }
        Ok(())
    }

    /// Where each dyad's sessions start.
    fn offsets(&self) -> Vec<usize> {
        self.series.offsets().to_vec()
    }

    fn episodes(&self) -> Vec<EpisodeFacts> {
        let of_dyad = |dyad: usize| self.found.episodes_of(dyad).iter().map(move |episode| (dyad, episode));
        let each = (0..self.series.dyads()).flat_map(of_dyad);
        each.map(|(dyad, episode)| {
            (
                dyad,
                episode.onset,
                episode.nadir,
                episode.recovery,
                episode.last,
                episode.resolution.as_str(),
                episode.magnitude,
                episode.length(),
                episode.shape().as_str(),
            )
        })
        .collect()
    }

    fn dyads(&self) -> Vec<DyadFacts> {
        let each = self.found.dyads.iter().enumerate();
        each.map(|(dyad, found)| {
            let episodes = self.found.episodes_of(dyad).len();
            let because = found.not_assessed.map(NotAssessed::as_str);
            let class = found.class.as_str();
            (found.observed, found.evaluable, found.flagged, episodes, class, found.unit, because)
        })
        .collect()
    }
}
