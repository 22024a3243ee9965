//! Correlations of several studies, effect sizes, comparisons of correlations.

use std::collections::BTreeSet;

use alliance_psychometrics::synthesis::{
    Coefficient, CorrelationEffects, LeftOut, MetaAnalysis, MetaOptions, MetaRegression, MissingSide,
    ModeratorTest, PredictionDegrees, StandardErrors, TauEstimator, ThreeLevelAnalysis, as_correlation,
    binomial_effect_size, common_language_effect_size, compare_overlapping_correlations, correlation_effects,
    d_from_odds_ratio, d_from_r, disattenuate, egger_test, fisher_z, fisher_z_interval,
    leave_one_cluster_out, leave_one_out, mean_correlation, meta_analysis, meta_regression,
    odds_ratio_from_d, r_from_d, r_from_d_of_groups, r_from_fisher_z, study_weights, three_level_analysis,
    trim_and_fill, variance_explained,
};
use alliance_psychometrics::{Columns, Estimate, Interval, Level, PsychometricsError, Status};
use alliance_statistics::CrossProducts;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::estimate::{facts, named};
use super::{columns_of, from_psychometrics, unknown_choice};
use crate::scoring::{read, write};

/// What the caller chose.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct SynthesisOptions {
    estimator: String,
    standard_errors: String,
    prediction: String,
    confidence: f64,
}

const ESTIMATORS: [TauEstimator; 8] = [
    TauEstimator::RestrictedMaximumLikelihood,
    TauEstimator::MaximumLikelihood,
    TauEstimator::DerSimonianLaird,
    TauEstimator::PauleMandel,
    TauEstimator::HunterSchmidt,
    TauEstimator::SidikJonkman,
    TauEstimator::Hedges,
    TauEstimator::CommonEffect,
];

impl SynthesisOptions {
    fn resolve(&self, py: Python<'_>) -> PyResult<MetaOptions> {
        let estimator = ESTIMATORS.into_iter().find(|each| each.as_str() == self.estimator);
        let names = ESTIMATORS.map(TauEstimator::as_str);
        let standard_errors = match self.standard_errors.as_str() {
            "knapp-hartung" => StandardErrors::KnappHartung,
            "normal" => StandardErrors::Normal,
            _ => return Err(unknown_choice(py, "standard_errors", &["knapp-hartung", "normal"])),
        };
        let prediction = match self.prediction.as_str() {
            "t(k-2)" => PredictionDegrees::StudiesLessTwo,
            "t(k-1)" => PredictionDegrees::StudiesLessOne,
            "normal" => PredictionDegrees::Normal,
            _ => return Err(unknown_choice(py, "prediction", &["t(k-2)", "t(k-1)", "normal"])),
        };
        Ok(MetaOptions {
            estimator: estimator.ok_or_else(|| unknown_choice(py, "estimator", &names))?,
            standard_errors,
            prediction,
            confidence: self.confidence,
        })
    }
}

/// Studies: correlations, sizes, clusters if any, and a block of moderators x studies.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct StudyColumns {
    correlations: PyBuffer<f64>,
    sizes: PyBuffer<f64>,
    clusters: Option<PyBuffer<u32>>,
    moderators: PyBuffer<f64>,
    count: usize,
}

/// The same as slices, in Fisher's z.
struct Read<'a> {
    effects: CorrelationEffects,
    clusters: Option<&'a [u32]>,
    moderators: Vec<&'a [f64]>,
}

impl StudyColumns {
    fn read(&self, py: Python<'_>) -> PyResult<Read<'_>> {
        let effects = correlation_effects(read(&self.correlations)?, read(&self.sizes)?);
        Ok(Read {
            effects: effects.map_err(|error| from_psychometrics(py, &error))?,
            clusters: self.clusters.as_ref().map(read).transpose()?,
            moderators: columns_of(read(&self.moderators)?, self.count),
        })
    }
}

impl Read<'_> {
    /// The same with one study missing.
    fn without(&self, row: usize) -> Self {
        let mut effects = self.effects.clone();
        if let Some(effect) = effects.effects.get_mut(row) {
            *effect = f64::NAN;
        }
        Self { effects, clusters: self.clusters, moderators: self.moderators.clone() }
    }

    /// The analysis without each study, or each cluster, of these correlations and sizes.
    fn each_left_out(
        &self,
        correlations: &[f64],
        sizes: &[f64],
        options: &MetaOptions,
    ) -> Result<Vec<(usize, Analysis)>, PsychometricsError> {
        let known = |row: usize| {
            [correlations, sizes].iter().all(|values| values.get(row).is_some_and(|value| !value.is_nan()))
        };
        let group = |row: usize| match self.clusters {
            Some(clusters) => clusters.get(row).map_or(row, |cluster| *cluster as usize),
            None => row,
        };
        let left_out: BTreeSet<usize> =
            (0..correlations.len()).filter(|row| known(*row)).map(group).collect();
        left_out
            .into_iter()
            .map(|left| {
                let kept: Vec<f64> = (correlations.iter().enumerate())
                    .map(|(row, r)| if group(row) == left { f64::NAN } else { *r })
                    .collect();
                let effects = correlation_effects(&kept, sizes)?;
                let others = Self { effects, clusters: self.clusters, moderators: self.moderators.clone() };
                Ok((left, Analysis::new(&others, options)?))
            })
            .collect()
    }
}

/// One analysis, whichever it is.
struct Analysis {
    coefficients: Vec<Coefficient>,
    /// `tau_squared` and `i_squared`, or the two components of three levels.
    variances: Vec<(&'static str, Estimate)>,
    i_squared: (f64, f64),
    moderators: Option<ModeratorTest>,
    r_squared: f64,
    h_squared: f64,
    prediction: Option<Interval>,
    prediction_degrees: f64,
    q: (f64, f64, f64),
    clusters: usize,
}

impl Analysis {
    fn new(studies: &Read<'_>, options: &MetaOptions) -> Result<Self, PsychometricsError> {
        let CorrelationEffects { effects, variances, .. } = &studies.effects;
        let moderators = Columns::new(&studies.moderators)?;
        let mut found: Self = match studies.clusters {
            Some(clusters) => {
                three_level_analysis(effects, variances, clusters, &moderators, options)?.into()
            }
            None if moderators.count() > 0 => {
                meta_regression(effects, variances, &moderators, options)?.into()
            }
            None => meta_analysis(effects, variances, options)?.into(),
        };
        if let Some(problem) = studies.effects.problem() {
            found.refuse(&problem, effects.len());
        }
        Ok(found)
    }

    /// A study without Fisher's z leaves all undefined, so that whoever leaves it out does it knowingly.
    fn refuse(&mut self, problem: &str, rows: usize) {
        let nan = f64::NAN;
        let refused = |estimate: &Estimate| {
            Estimate::undefined(Status::Undefined, Level::BetweenStudies, estimate.method)
                .with_rows(0, 0, rows)
        };
        for coefficient in &mut self.coefficients {
            let estimate = refused(&coefficient.estimate).with_note(problem);
            *coefficient = Coefficient::new(estimate, nan, nan);
        }
        for (_, estimate) in &mut self.variances {
            *estimate = refused(estimate);
        }
        self.moderators = None;
        self.prediction = None;
        (self.i_squared, self.q) = ((nan, nan), (nan, nan, nan));
        (self.r_squared, self.h_squared, self.prediction_degrees) = (nan, nan, nan);
    }

    fn variance(&self) -> f64 {
        let of = |name: &str| {
            self.variances.iter().find(|(own, _)| *own == name).map_or(0.0, |(_, estimate)| estimate.value)
        };
        let total = of("tau_squared") + of("between_clusters") + of("within_clusters");
        if total.is_nan() { 0.0 } else { total }
    }

    fn facts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let result = PyDict::new(py);
        let coefficients = PyList::empty(py);
        for coefficient in &self.coefficients {
            let own = facts(py, &coefficient.estimate)?;
            coefficients.append((own, coefficient.statistic, coefficient.p_value))?;
        }
        result.set_item("coefficients", coefficients)?;
        let variances: Vec<(&str, &Estimate)> =
            self.variances.iter().map(|(name, estimate)| (*name, estimate)).collect();
        result.set_item("variances", named(py, &variances)?)?;
        let moderators = self
            .moderators
            .map(|test| (test.statistic, test.numerator_degrees, test.denominator_degrees, test.p_value));
        result.set_item("moderators", moderators)?;
        result.set_item("r_squared", self.r_squared)?;
        result.set_item("h_squared", self.h_squared)?;
        result.set_item("i_squared_levels", self.i_squared)?;
        result.set_item("q", self.q)?;
        result.set_item("clusters", self.clusters)?;
        result.set_item("prediction_degrees", self.prediction_degrees)?;
        result.set_item("prediction", self.prediction.map(ends))?;
        let effect = self.coefficients.first().map(|first| &first.estimate);
        if let Some(effect) = effect.filter(|_| self.coefficients.len() == 1) {
            result.set_item("correlation", facts(py, &as_correlation(effect))?)?;
            result.set_item("mean_correlation", mean_correlation(effect.value, self.variance()))?;
        }
        Ok(result)
    }
}

impl From<MetaAnalysis> for Analysis {
    fn from(found: MetaAnalysis) -> Self {
        Self {
            coefficients: vec![Coefficient::new(found.effect, found.statistic, found.p_value)],
            variances: vec![("tau_squared", found.tau_squared), ("i_squared", found.i_squared)],
            i_squared: (f64::NAN, f64::NAN),
            moderators: None,
            r_squared: f64::NAN,
            h_squared: found.h_squared,
            prediction: found.prediction,
            prediction_degrees: found.prediction_degrees,
            q: (found.q, found.q_degrees, found.q_p),
            clusters: 0,
        }
    }
}

impl From<MetaRegression> for Analysis {
    fn from(found: MetaRegression) -> Self {
        Self {
            coefficients: found.coefficients,
            variances: vec![("tau_squared", found.tau_squared), ("i_squared", found.i_squared)],
            i_squared: (f64::NAN, f64::NAN),
            moderators: Some(found.moderators),
            r_squared: found.r_squared,
            h_squared: found.h_squared,
            prediction: None,
            prediction_degrees: f64::NAN,
            q: (found.q, found.q_degrees, found.q_p),
            clusters: 0,
        }
    }
}

impl From<ThreeLevelAnalysis> for Analysis {
    fn from(found: ThreeLevelAnalysis) -> Self {
        let has_moderators = found.coefficients.len() > 1;
        Self {
            coefficients: found.coefficients,
            variances: vec![
                ("between_clusters", found.between_clusters),
                ("within_clusters", found.within_clusters),
            ],
            i_squared: (found.i_squared_between, found.i_squared_within),
            moderators: has_moderators.then_some(found.moderators),
            r_squared: f64::NAN,
            h_squared: f64::NAN,
            prediction: found.prediction,
            prediction_degrees: found.prediction_degrees,
            q: (found.q, found.q_degrees, found.q_p),
            clusters: found.clusters,
        }
    }
}

fn ends(interval: Interval) -> (f64, f64) {
    (r_from_fisher_z(interval.low), r_from_fisher_z(interval.high))
}

/// Mean correlation over studies: two levels, three with clusters, with moderators if any.
///
/// `numbers` is a block of 4 x studies, to be filled: Fisher's z interval of each study back as correlation (low, high),
/// percent of weight, Fisher's z.
#[pyfunction]
pub(crate) fn meta_correlations(
    py: Python<'_>,
    studies: StudyColumns,
    options: SynthesisOptions,
    mut numbers: PyBuffer<f64>,
) -> PyResult<Bound<'_, PyDict>> {
    let chosen = options.resolve(py)?;
    let given = studies.read(py)?;
    let found =
        py.detach(|| Analysis::new(&given, &chosen)).map_err(|error| from_psychometrics(py, &error))?;
    let component = |name: &str| {
        let own = found.variances.iter().find(|(own, _)| *own == name).map_or(0.0, |(_, own)| own.value);
        if own.is_nan() { 0.0 } else { own }
    };
    let effects = component("tau_squared") + component("within_clusters");
    let weights =
        study_weights(&given.effects.variances, given.clusters, component("between_clusters"), effects);
    let (correlations, sizes) = (read(&studies.correlations)?, read(&studies.sizes)?);
    let rows = correlations.len();
    let block = write(&mut numbers)?;
    for (row, (r, n)) in correlations.iter().zip(sizes).enumerate() {
        let own = fisher_z_interval(*r, *n, chosen.confidence);
        let interval = own.ok().and_then(|own| own.interval);
        let (low, high) = interval.map_or((f64::NAN, f64::NAN), |own| (own.low, own.high));
        let weight = weights.get(row).copied().unwrap_or(f64::NAN);
        for (place, value) in [low, high, weight, fisher_z(*r)].into_iter().enumerate() {
            if let Some(cell) = block.get_mut(place * rows + row) {
                *cell = value;
            }
        }
    }
    found.facts(py)
}

/// The analysis without each study (or cluster) in turn: its row or code, and the analysis.
#[pyfunction]
pub(crate) fn meta_without(
    py: Python<'_>,
    studies: StudyColumns,
    options: SynthesisOptions,
) -> PyResult<Bound<'_, PyList>> {
    let chosen = options.resolve(py)?;
    let given = studies.read(py)?;
    let CorrelationEffects { effects, variances, .. } = &given.effects;
    let (correlations, sizes) = (read(&studies.correlations)?, read(&studies.sizes)?);
    let found: Result<Vec<(usize, Analysis)>, PsychometricsError> = py.detach(|| match given.clusters {
        // A study without Fisher's z stays one until it is the one left out.
        _ if given.effects.problem().is_some() => given.each_left_out(correlations, sizes, &chosen),
        Some(clusters) => {
            let moderators = Columns::new(&given.moderators)?;
            let left = leave_one_cluster_out(effects, variances, clusters, &moderators, &chosen)?;
            Ok(left.into_iter().map(|left| (left.cluster as usize, left.analysis.into())).collect())
        }
        None if given.moderators.is_empty() => {
            let left = leave_one_out(effects, variances, &chosen)?;
            Ok(left.into_iter().map(|LeftOut { row, analysis }| (row, analysis.into())).collect())
        }
        None => (0..effects.len())
            .filter(|row| effects.get(*row).is_some_and(|effect| !effect.is_nan()))
            .map(|row| Ok((row, Analysis::new(&given.without(row), &chosen)?)))
            .collect(),
    });
    let listed = PyList::empty(py);
    for (left, analysis) in found.map_err(|error| from_psychometrics(py, &error))? {
        listed.append((left, analysis.facts(py)?))?;
    }
    Ok(listed)
}

/// Egger's test, and trim-and-fill on one side: `left` or `right`.
#[pyfunction]
pub(crate) fn small_studies<'py>(
    py: Python<'py>,
    studies: StudyColumns,
    options: SynthesisOptions,
    side: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let chosen = options.resolve(py)?;
    let side = match side {
        "left" => MissingSide::Left,
        "right" => MissingSide::Right,
        _ => return Err(unknown_choice(py, "side", &["left", "right"])),
    };
    let given = studies.read(py)?;
    let CorrelationEffects { effects, variances, .. } = &given.effects;
    if let Some(problem) = given.effects.problem() {
        let refused = |method| {
            Estimate::undefined(Status::Undefined, Level::BetweenStudies, method)
                .with_rows(0, 0, effects.len())
                .with_note(problem.as_str())
        };
        let (egger, filled) = (refused("Egger, weighted regression"), refused("trim and fill"));
        let result = named(py, &[("egger", &egger), ("filled", &filled)])?;
        result.set_item("egger_p", f64::NAN)?;
        result.set_item("count", 0)?;
        return Ok(result);
    }
    let found = py.detach(|| {
        let egger = egger_test(effects, variances, chosen.confidence)?;
        Ok((egger, trim_and_fill(effects, variances, side, &chosen)?))
    });
    let (egger, trimmed) = found.map_err(|error| from_psychometrics(py, &error))?;
    let result = named(py, &[("egger", &egger), ("filled", &as_correlation(&trimmed.analysis.effect))])?;
    result.set_item("egger_p", egger.t_test(0.0))?;
    result.set_item("count", trimmed.filled)?;
    Ok(result)
}

/// Correlations of the first with the second row of a block of three, first with third, second with third; and the
/// number of complete columns.
#[pyfunction]
pub(crate) fn correlations(py: Python<'_>, block: PyBuffer<f64>) -> PyResult<([f64; 3], usize)> {
    let values = read(&block)?;
    Ok(py.detach(|| {
        let columns = columns_of(values, 3);
        let mut products = CrossProducts::new(3);
        let mut row = [0.0; 3];
        for place in 0..columns.first().map_or(0, |first| first.len()) {
            for (cell, column) in row.iter_mut().zip(&columns) {
                *cell = column.get(place).copied().unwrap_or(f64::NAN);
            }
            products.add_row(&row);
        }
        let of = |one, other| products.correlation(one, other);
        ([of(0, 1), of(0, 2), of(1, 2)], products.count())
    }))
}

/// Compares r(x, y) with r(z, y): the difference, and z and p by Dunn and Clark, Steiger, Meng.
#[pyfunction]
pub(crate) fn compare_correlations(
    py: Python<'_>,
    correlations: [f64; 3],
    n: f64,
    confidence: f64,
) -> PyResult<Bound<'_, PyDict>> {
    // Of columns that do not vary, or of too few rows.
    let undefined = correlations.iter().any(|r| r.is_nan());
    let [first, second, predictors] = if undefined { [0.0; 3] } else { correlations };
    let compared = || {
        let of = |r: f64| fisher_z_interval(r, n, confidence);
        let compared = compare_overlapping_correlations(first, second, predictors, n, confidence)?;
        Ok((compared, of(first)?, of(second)?))
    };
    let (mut found, mut own, mut other) = compared().map_err(|error| from_psychometrics(py, &error))?;
    if undefined {
        let status = if n > 3.0 { Status::ZeroVariance } else { Status::TooFewUnits };
        for estimate in [&mut found.difference, &mut own, &mut other] {
            *estimate = Estimate::undefined(status, estimate.level, estimate.method)
                .with_rows(n as usize, n as usize, 0);
        }
        let tests = [
            &mut found.dunn_clark_z,
            &mut found.dunn_clark_p,
            &mut found.steiger_z,
            &mut found.steiger_p,
            &mut found.meng_z,
            &mut found.meng_p,
        ];
        for test in tests {
            *test = f64::NAN;
        }
    }
    let result = PyDict::new(py);
    let estimates = named(py, &[("difference", &found.difference), ("r_xy", &own), ("r_zy", &other)])?;
    result.set_item("estimates", estimates)?;
    result.set_item("dunn_clark", (found.dunn_clark_z, found.dunn_clark_p))?;
    result.set_item("steiger", (found.steiger_z, found.steiger_p))?;
    result.set_item("meng", (found.meng_z, found.meng_p))?;
    Ok(result)
}

/// An effect size given as `r`, `d`, `odds_ratio` or `fisher_z`, as all others.
///
/// `groups` are the sizes of the two groups of a d; `reliabilities` those of the two variables.
#[pyfunction]
pub(crate) fn effect_size<'py>(
    py: Python<'py>,
    given: (&str, f64),
    n: f64,
    groups: Option<(f64, f64)>,
    reliabilities: Option<(f64, f64)>,
    confidence: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let from_d = |d: f64| match groups {
        Some((first, second)) => r_from_d_of_groups(d, first, second),
        None => r_from_d(d),
    };
    let (r, d) = match given {
        ("r", r) => (r, d_from_r(r)),
        ("d", d) => (from_d(d), d),
        ("odds_ratio", odds) => (from_d(d_from_odds_ratio(odds)), d_from_odds_ratio(odds)),
        ("fisher_z", z) => (r_from_fisher_z(z), d_from_r(r_from_fisher_z(z))),
        _ => return Err(unknown_choice(py, "effect size", &["r", "d", "odds_ratio", "fisher_z"])),
    };
    let correlation = fisher_z_interval(r, n, confidence).map_err(|error| from_psychometrics(py, &error))?;
    // Without an interval there is a correlation all the same.
    let alone = Estimate::new(r, Level::OneSession, "given");
    let correlation = if n.is_nan() {
        alone
    } else if correlation.value.is_nan() && !r.is_nan() {
        alone.with_note("no interval: a correlation of -1 or 1, or three pairs or fewer")
    } else {
        correlation
    };
    let result = PyDict::new(py);
    result.set_item("correlation", facts(py, &correlation)?)?;
    let corrected = reliabilities.map(|(x, y)| disattenuate(r, x, y));
    result.set_item("disattenuated", corrected.map(|own| facts(py, &own)).transpose()?)?;
    let rates = binomial_effect_size(r);
    for (name, value) in [
        ("d", d),
        ("odds_ratio", odds_ratio_from_d(d)),
        ("fisher_z", fisher_z(r)),
        ("variance_explained", variance_explained(r)),
        ("success_above", rates.higher),
        ("success_below", rates.lower),
        ("common_language", common_language_effect_size(d)),
    ] {
        result.set_item(name, value)?;
    }
    Ok(result)
}
