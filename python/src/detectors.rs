//! Rules of every kind as plain values.

use alliance_ruptures::charts::{
    AnhojDetector, AnhojOptions, Autocorrelation, Baseline, ChartDetector, ChartOptions, ChartSignal,
    CusumOptions, EwmaExponent, EwmaOptions, Gaps as ChartGaps, RunRule, RunRules, SigmaMethod,
    TrendAdjustment,
};
use alliance_ruptures::segments::{
    Criterion, DropUnit, LevelDetector, LevelTest, Misfit, NoiseScale, OnlineDetector, ProductDetector,
    SegmentDetector, SegmentPenalty, Segmentation,
};
use alliance_ruptures::{Detector, EpisodeRule, Gaps, Orientation, RuptureError};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::ruptures::{RuleFields, from_ruptures, overlap, repair, unknown};
use crate::shifts::ShiftFields;

/// A word that may come with a number.
type Choice = (String, Option<f64>);

/// The rule of a dictionary with its kind and its fields. `orientation`: that of the scale under which what is looked
/// for is a fall.
pub(crate) fn detector(rule: &Bound<'_, PyDict>, orientation: Orientation) -> PyResult<Detector> {
    let kind: String = rule.get_item("kind")?.map_or_else(|| Ok(String::new()), |kind| kind.extract())?;
    let found = match kind.as_str() {
        "below-reference" => rule.extract::<RuleFields>()?.rule().map(Detector::from),
        "control-chart" | "run-rules" | "cusum" | "ewma" => chart(rule, &kind)?,
        "anhoj-runs" => rule.extract::<AnhojFields>()?.detector(rule.extract()?),
        "partition" => rule.extract::<PartitionFields>()?.detector(),
        "online-change-point" => rule.extract::<OnlineFields>()?.detector(rule.extract()?),
        "product-partition" => rule.extract::<ProductFields>()?.detector(rule.extract()?),
        "local-level" => rule.extract::<LevelFields>()?.detector(rule.extract()?),
        "sudden-shift" => rule.extract::<ShiftFields>()?.under(orientation).map(Detector::from),
        _ => return Err(PyValueError::new_err("a kind of rule this version does not know")),
    };
    found.and_then(Detector::checked).map_err(|error| from_ruptures(rule.py(), &as_fields(error)))
}

/// An error about a field by the name the field has in Python.
fn as_fields(error: RuptureError) -> RuptureError {
    let RuptureError::InvalidOption { option, problem } = error else { return error };
    let option = match option {
        "h" | "width" => "threshold",
        "k" => "reference_value",
        "lambda" => "weight",
        "min_sessions" => "least_sessions",
        "min_useful" => "least_off_median",
        "change" => "change_probability",
        _ => option,
    };
    RuptureError::InvalidOption { option, problem }
}

/// What Python asks of a rule: whether it looks back, whether it pools over clients, and the threshold a calibration moves.
#[pyfunction]
pub(crate) fn rule_facts(
    rule: &Bound<'_, PyDict>,
    worse_is_lower: bool,
) -> PyResult<(bool, bool, Option<f64>)> {
    let found = detector(rule, orientation(worse_is_lower))?;
    Ok((found.is_retrospective(), found.pools(), found.threshold()))
}

pub(crate) fn orientation(worse_is_lower: bool) -> Orientation {
    if worse_is_lower { Orientation::HigherIsBetter } else { Orientation::LowerIsBetter }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct EpisodeFields {
    repair: Choice,
    tolerance_in: String,
    repair_window: Option<u16>,
    overlap: String,
}

impl EpisodeFields {
    fn rule(&self) -> Result<EpisodeRule, RuptureError> {
        let mut rule = EpisodeRule::default();
        rule.repair = repair(&self.repair, &self.tolerance_in)?;
        rule.repair_window = self.repair_window;
        rule.gaps = Gaps::Bridge;
        rule.overlap = overlap(&self.overlap)?;
        Ok(rule)
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct ChartFields {
    sigma: String,
    baseline: Option<usize>,
    trend: String,
    autocorrelation: String,
    gaps: String,
    least_sessions: usize,
}

fn gaps(option: &'static str, word: &str) -> Result<ChartGaps, RuptureError> {
    match word {
        "break" => Ok(ChartGaps::BreakPair),
        "bridge" => Ok(ChartGaps::Bridge),
        _ => Err(unknown(option, "choose break or bridge")),
    }
}

impl ChartFields {
    fn options(&self) -> Result<ChartOptions, RuptureError> {
        let sigma = match self.sigma.as_str() {
            "mean-moving-range" => SigmaMethod::MeanMovingRange,
            "screened-moving-range" => SigmaMethod::ScreenedMovingRange,
            "median-moving-range" => SigmaMethod::MedianMovingRange,
            _ => {
                let problem = "choose mean-moving-range, screened-moving-range or median-moving-range";
                return Err(unknown("sigma", problem));
            }
        };
        let trend = match self.trend.as_str() {
            "none" => TrendAdjustment::None,
            "least-squares" => TrendAdjustment::Ols,
            "theil-sen" => TrendAdjustment::TheilSen,
            _ => return Err(unknown("trend", "choose none, least-squares or theil-sen")),
        };
        let autocorrelation = match self.autocorrelation.as_str() {
            "ignore" => Autocorrelation::Ignore,
            "correct" => Autocorrelation::Correct,
            _ => return Err(unknown("autocorrelation", "choose ignore or correct")),
        };
        ChartOptions::default()
            .with_baseline(self.baseline.map_or(Baseline::AllObserved, Baseline::FirstObserved))?
            .with_min_sessions(self.least_sessions)
            .map(|options| options.with_sigma(sigma).with_trend(trend).with_autocorrelation(autocorrelation))
            .and_then(|options| Ok(options.with_gaps(gaps("gaps", &self.gaps)?)))
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct RunRulesFields {
    rules: Vec<String>,
    run_gaps: String,
}

impl RunRulesFields {
    fn rules(&self) -> Result<RunRules, RuptureError> {
        let mut rules = RunRules::none().with_gaps(gaps("run_gaps", &self.run_gaps)?);
        for name in &self.rules {
            let known = || RunRule::ALL.into_iter().filter(|rule| rule.has_side());
            let rule = known().find(|rule| rule.name() == name).ok_or_else(|| {
                let names: Vec<&str> = known().map(RunRule::name).collect();
                unknown("rules", &format!("choose western-electric, nelson, or some of {}", names.join(", ")))
            })?;
            rules = rules.with(rule);
        }
        Ok(rules)
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct CusumFields {
    threshold: f64,
    reference_value: f64,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct EwmaFields {
    threshold: f64,
    weight: f64,
    exponent: String,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct ThresholdField {
    threshold: f64,
}

fn chart(rule: &Bound<'_, PyDict>, kind: &str) -> PyResult<Result<Detector, RuptureError>> {
    let (fields, episodes): (ChartFields, EpisodeFields) = (rule.extract()?, rule.extract()?);
    let signal = match kind {
        "run-rules" => rule.extract::<RunRulesFields>()?.rules().map(ChartSignal::RunRules),
        "cusum" => {
            let CusumFields { threshold, reference_value } = rule.extract()?;
            CusumOptions::new(reference_value, threshold).map(ChartSignal::Cusum)
        }
        "ewma" => {
            let EwmaFields { threshold, weight, exponent } = rule.extract()?;
            let exponent = match exponent.as_str() {
                "observed" => Ok(EwmaExponent::Observed),
                "elapsed" => Ok(EwmaExponent::Elapsed),
                _ => Err(unknown("exponent", "choose observed or elapsed")),
            };
            exponent.and_then(|exponent| {
                Ok(ChartSignal::Ewma(EwmaOptions::new(weight, threshold)?.with_exponent(exponent)))
            })
        }
        _ => Ok(ChartSignal::Beyond(rule.extract::<ThresholdField>()?.threshold)),
    };
    let built = || {
        let mut chart = ChartDetector::new(fields.options()?, signal?)?;
        chart.episodes = episodes.rule()?;
        Ok(chart.into())
    };
    Ok(built())
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct AnhojFields {
    least_off_median: usize,
}

impl AnhojFields {
    fn detector(&self, episodes: EpisodeFields) -> Result<Detector, RuptureError> {
        let mut runs = AnhojDetector::new(AnhojOptions::default().with_min_useful(self.least_off_median)?);
        runs.episodes = episodes.rule()?;
        Ok(runs.into())
    }
}

fn noise((word, number): &Choice) -> Result<NoiseScale, RuptureError> {
    match (word.as_str(), number) {
        ("median-moving-range", None) => Ok(NoiseScale::MedianMovingRange),
        ("pooled", None) => Ok(NoiseScale::Pooled),
        ("shrunken", None) => Ok(NoiseScale::default()),
        ("shrunken", Some(worth)) => Ok(NoiseScale::Shrunken(*worth)),
        ("known", Some(sigma)) => Ok(NoiseScale::Known(*sigma)),
        _ => Err(unknown(
            "noise",
            "choose pooled, shrunken, (\"shrunken\", moving ranges the pool counts for), median-moving-range or \
             (\"known\", sigma)",
        )),
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct PartitionFields {
    threshold: f64,
    unit: String,
    tolerance: f64,
    method: String,
    cost: String,
    penalty: Choice,
    noise: Choice,
    shortest_segment: u16,
    least_sessions: u16,
}

impl PartitionFields {
    fn detector(&self) -> Result<Detector, RuptureError> {
        let unit = match self.unit.as_str() {
            "points" => DropUnit::Points,
            "sigmas" => DropUnit::Sigmas,
            _ => return Err(unknown("unit", "choose points or sigmas")),
        };
        let mut segments = SegmentDetector::new(self.threshold, unit)?;
        segments.tolerance = self.tolerance;
        segments.segmentation = match self.method.as_str() {
            "optimal" => Segmentation::Optimal,
            "binary" => Segmentation::Binary,
            _ => return Err(unknown("method", "choose optimal or binary")),
        };
        segments.misfit = match self.cost.as_str() {
            "l1" => Misfit::L1,
            "l2" => Misfit::L2,
            "rank" => Misfit::Rank,
            "censored-normal" => Misfit::CensoredNormal,
            _ => return Err(unknown("cost", "choose l1, l2, rank or censored-normal")),
        };
        segments.penalty = match (self.penalty.0.as_str(), self.penalty.1) {
            ("value", Some(value)) => SegmentPenalty::Value(value),
            ("sic0", None) => SegmentPenalty::Criterion(Criterion::Sic0),
            ("sic", None) => SegmentPenalty::Criterion(Criterion::Sic),
            ("mbic", None) => SegmentPenalty::Criterion(Criterion::Mbic),
            ("aic", None) => SegmentPenalty::Criterion(Criterion::Aic),
            ("hannan-quinn", None) => SegmentPenalty::Criterion(Criterion::HannanQuinn),
            _ => {
                return Err(unknown(
                    "penalty",
                    "choose mbic, sic, sic0, aic, hannan-quinn or (\"value\", number)",
                ));
            }
        };
        segments.noise = noise(&self.noise)?;
        segments.min_segment = self.shortest_segment;
        segments.least_sessions = self.least_sessions;
        if self.shortest_segment == 0 {
            return Err(unknown("shortest_segment", "a segment needs at least one scored session"));
        }
        Ok(segments.into())
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct OnlineFields {
    threshold: f64,
    hazard: f64,
    shift: f64,
    worth: f64,
    noise: Choice,
    baseline: u16,
    least_sessions: u16,
}

impl OnlineFields {
    fn detector(&self, episodes: EpisodeFields) -> Result<Detector, RuptureError> {
        let mut online = OnlineDetector::new(self.threshold)?;
        online.hazard = self.hazard;
        online.shift = self.shift;
        online.worth = self.worth;
        online.noise = noise(&self.noise)?;
        online.baseline = self.baseline;
        online.least_sessions = self.least_sessions;
        online.episodes = episodes.rule()?;
        Ok(online.into())
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct ProductFields {
    threshold: f64,
    change_probability: f64,
    shift: f64,
    noise: Choice,
    least_sessions: u16,
}

impl ProductFields {
    fn detector(&self, episodes: EpisodeFields) -> Result<Detector, RuptureError> {
        let mut product = ProductDetector::new(self.threshold)?;
        product.change = self.change_probability;
        product.shift = self.shift;
        product.noise = noise(&self.noise)?;
        product.least_sessions = self.least_sessions;
        product.episodes = episodes.rule()?;
        Ok(product.into())
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct LevelFields {
    test: String,
    threshold: f64,
    noise: Choice,
    drift: Option<f64>,
    least_sessions: u16,
}

impl LevelFields {
    fn detector(&self, episodes: EpisodeFields) -> Result<Detector, RuptureError> {
        let test = match self.test.as_str() {
            "innovation" => LevelTest::Innovation,
            "outlier" => LevelTest::Outlier,
            "shift" => LevelTest::Shift,
            _ => return Err(unknown("test", "choose innovation, outlier or shift")),
        };
        let mut level = LevelDetector::new(test, self.threshold)?;
        level.noise = noise(&self.noise)?;
        level.drift = self.drift;
        level.least_sessions = self.least_sessions;
        level.episodes = episodes.rule()?;
        Ok(level.into())
    }
}
