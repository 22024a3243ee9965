//! Agreement of coders.

use alliance_psychometrics::coders::{
    CodedUnits, CoderOptions, Coefficient, Kappa, MarkerAgreement, MarkerOptions, Metric, Weights,
    coder_correlations, marker_agreement as agreement_on_marker, model_agreement as agreement_with_model,
};
use alliance_psychometrics::icc::IntraclassCorrelations;
use alliance_psychometrics::{Bootstrap, Columns, Estimate, PsychometricsError};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::estimate::{facts, named};
use super::{columns_of, from_psychometrics, unknown_choice};
use crate::scoring::read;

/// Resamples, seed and threads.
type Resampling = (usize, u64, Option<usize>);

/// What the caller chose.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct AgreementOptions {
    metric: String,
    categories: Option<Vec<f64>>,
    /// `none`, `linear`, `quadratic`, `agreement` or `disagreement`.
    weights: String,
    matrix: Vec<f64>,
    bootstrap: Option<Resampling>,
    confidence: f64,
}

pub(crate) fn bootstrap_of((resamples, seed, threads): Resampling) -> Result<Bootstrap, PsychometricsError> {
    let bootstrap = Bootstrap::new(resamples, seed)?;
    threads.map_or(Ok(bootstrap), |threads| bootstrap.with_threads(threads))
}

fn coder_options(bootstrap: Option<Resampling>, confidence: f64) -> Result<CoderOptions, PsychometricsError> {
    let options = CoderOptions::default().with_confidence(confidence);
    Ok(match bootstrap {
        Some(resampling) => options.with_bootstrap(bootstrap_of(resampling)?),
        None => options,
    })
}

impl AgreementOptions {
    fn metric(&self, py: Python<'_>) -> PyResult<Metric> {
        match self.metric.as_str() {
            "nominal" => Ok(Metric::Nominal),
            "ordinal" => Ok(Metric::Ordinal),
            "interval" => Ok(Metric::Interval),
            "ratio" => Ok(Metric::Ratio),
            _ => Err(unknown_choice(py, "metric", &["nominal", "ordinal", "interval", "ratio"])),
        }
    }

    fn weights(&self, py: Python<'_>) -> PyResult<Weights> {
        match self.weights.as_str() {
            "none" => Ok(Weights::Unweighted),
            "linear" => Ok(Weights::Linear),
            "quadratic" => Ok(Weights::Quadratic),
            "agreement" => Ok(Weights::Agreement(self.matrix.clone())),
            "disagreement" => Ok(Weights::Disagreement(self.matrix.clone())),
            _ => Err(unknown_choice(
                py,
                "weights",
                &["none", "linear", "quadratic", "agreement", "disagreement"],
            )),
        }
    }

    fn units(&self, columns: &Columns<'_>) -> Result<CodedUnits, PsychometricsError> {
        match &self.categories {
            Some(categories) => CodedUnits::with_categories(columns, categories),
            None => Ok(CodedUnits::new(columns)),
        }
    }
}

/// First coder, second, percent agreement, kappa.
type Pair = (usize, usize, Estimate, Kappa);

struct Agreement {
    categories: Vec<f64>,
    estimates: Vec<(&'static str, Estimate)>,
    pairs: Vec<Pair>,
    fleiss_null_error: f64,
    correlations: Option<IntraclassCorrelations>,
}

impl Agreement {
    fn new(
        columns: &Columns<'_>,
        options: &AgreementOptions,
        metric: Metric,
        weights: &Weights,
    ) -> Result<Self, PsychometricsError> {
        let units = options.units(columns)?;
        let own = coder_options(options.bootstrap, options.confidence)?;
        let is_weighted = *weights != Weights::Unweighted;
        let mut pairs = Vec::new();
        for one in 0..columns.count() {
            for other in one + 1..columns.count() {
                let agreement = units.of_coders(&[one, other]).percent_agreement(own)?;
                pairs.push((one, other, agreement, units.kappa(one, other, &Weights::Unweighted, own)?));
            }
        }
        let mut estimates = vec![("percent_agreement", units.percent_agreement(own)?)];
        let kappa = |weights: &Weights| match columns.count() {
            2 => units.kappa(0, 1, weights, own).map(|found| found.kappa),
            _ => units.light_kappa(weights, own),
        };
        estimates.push(("kappa", kappa(&Weights::Unweighted)?));
        if is_weighted {
            estimates.push(("weighted_kappa", kappa(weights)?));
        }
        estimates.push(("fleiss_kappa", units.fleiss_kappa(own)?));
        estimates.push(("randolph_kappa", units.randolph_kappa(own)?));
        estimates.push(("gwet_ac1", units.gwet(&Weights::Unweighted, own)?));
        if is_weighted {
            estimates.push(("gwet_ac2", units.gwet(weights, own)?));
        }
        estimates.push(("krippendorff_alpha", units.krippendorff(metric, own)?));
        let is_number = matches!(metric, Metric::Interval | Metric::Ratio);
        Ok(Self {
            categories: units.categories().to_vec(),
            fleiss_null_error: units.fleiss_null_standard_error(),
            correlations: is_number.then(|| coder_correlations(columns, options.confidence)).transpose()?,
            estimates,
            pairs,
        })
    }
}

/// Percent agreement, kappas, Gwet's coefficients, Krippendorff's alpha; intraclass correlations of numbers.
///
/// `table` is a block of coders x units, NaN where a coder did not code.
#[pyfunction]
pub(crate) fn coder_agreement(
    py: Python<'_>,
    table: PyBuffer<f64>,
    coders: usize,
    options: AgreementOptions,
) -> PyResult<Bound<'_, PyDict>> {
    let (metric, weights) = (options.metric(py)?, options.weights(py)?);
    let block = read(&table)?;
    let found =
        py.detach(|| Agreement::new(&Columns::new(&columns_of(block, coders))?, &options, metric, &weights));
    let found = found.map_err(|error| from_psychometrics(py, &error))?;
    let estimates = PyDict::new(py);
    for (name, estimate) in &found.estimates {
        estimates.set_item(name, facts(py, estimate)?)?;
    }
    if let Some(correlations) = &found.correlations {
        add_correlations(py, &estimates, "icc", correlations)?;
    }
    let result = PyDict::new(py);
    result.set_item("estimates", estimates)?;
    result.set_item("categories", found.categories)?;
    result.set_item("fleiss_null_standard_error", found.fleiss_null_error)?;
    let pairs = PyList::empty(py);
    for (one, other, agreement, kappa) in &found.pairs {
        let details = [
            kappa.null_standard_error,
            kappa.observed_agreement,
            kappa.expected_agreement,
            kappa.prevalence_adjusted,
            kappa.maximum,
            kappa.prevalence_index,
            kappa.bias_index,
        ];
        pairs.append((one, other, facts(py, agreement)?, facts(py, &kappa.kappa)?, details))?;
    }
    result.set_item("pairs", pairs)?;
    Ok(result)
}

/// Six intraclass correlations under names that start with `prefix`.
fn add_correlations(
    py: Python<'_>,
    estimates: &Bound<'_, PyDict>,
    prefix: &str,
    found: &IntraclassCorrelations,
) -> PyResult<()> {
    for (form, pair) in
        [("agreement", &found.agreement), ("consistency", &found.consistency), ("one_way", &found.one_way)]
    {
        estimates.set_item(format!("{prefix}_{form}"), facts(py, &pair.single)?)?;
        estimates.set_item(format!("{prefix}_{form}_average"), facts(py, &pair.average)?)?;
    }
    Ok(())
}

/// Columns of coded rows: unit, session, coder and marker of each. The largest unit is none: such a row says only that
/// the coder coded the session. Markers from the number of markers on are none.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct MarkerRows {
    units: PyBuffer<u32>,
    /// Session of each row, which a coder codes as a whole.
    sessions: PyBuffer<u32>,
    coders: PyBuffer<u32>,
    markers: PyBuffer<u32>,
}

/// Counts of markers in units by coders.
struct MarkerCounts {
    units: usize,
    coders: usize,
    /// Marker after marker, coder after coder; NaN where a coder did not code the session of a unit.
    counts: Vec<f64>,
}

impl MarkerCounts {
    fn new(rows: [&[u32]; 4], markers: usize) -> Self {
        let [units, sessions, coders, marks] = rows;
        let size = |values: &[u32]| {
            let known = values.iter().filter(|value| **value != u32::MAX);
            known.max().map_or(0, |largest| *largest as usize + 1)
        };
        let (unit_count, session_count, coder_count) = (size(units), size(sessions), size(coders));
        let mut is_coded = vec![false; session_count * coder_count];
        let mut session_of = vec![0; unit_count];
        for ((unit, session), coder) in units.iter().zip(sessions).zip(coders) {
            if let Some(own) = session_of.get_mut(*unit as usize) {
                *own = *session as usize;
            }
            if let Some(coded) = is_coded.get_mut(*session as usize * coder_count + *coder as usize) {
                *coded = true;
            }
        }
        let mut once = Vec::with_capacity(coder_count * unit_count);
        for coder in 0..coder_count {
            once.extend(session_of.iter().map(|session| match is_coded.get(session * coder_count + coder) {
                Some(true) => 0.0,
                _ => f64::NAN,
            }));
        }
        let mut counts = once.repeat(markers);
        for ((unit, coder), marker) in units.iter().zip(coders).zip(marks) {
            let marker = *marker as usize;
            if marker < markers && (*unit as usize) < unit_count {
                let place = (marker * coder_count + *coder as usize) * unit_count + *unit as usize;
                if let Some(count) = counts.get_mut(place) {
                    *count += 1.0;
                }
            }
        }
        Self { units: unit_count, coders: coder_count, counts }
    }

    /// Counts of one or several markers together.
    fn of(&self, markers: &[usize]) -> Vec<f64> {
        let size = self.units * self.coders;
        let mut total = vec![0.0; size];
        for marker in markers {
            let own = self.counts.get(marker * size..(marker + 1) * size).unwrap_or_default();
            total.iter_mut().zip(own).for_each(|(total, count)| *total += count);
        }
        total
    }
}

/// Agreement on each of several groups of markers.
///
/// `groups` are places of markers whose counts are added: one for a marker, several for a family.
#[pyfunction]
pub(crate) fn marker_agreement(
    py: Python<'_>,
    rows: MarkerRows,
    markers: usize,
    groups: Vec<Vec<usize>>,
    least_sessions: usize,
    bootstrap: Option<Resampling>,
    confidence: f64,
) -> PyResult<Bound<'_, PyDict>> {
    let columns = [read(&rows.units)?, read(&rows.sessions)?, read(&rows.coders)?, read(&rows.markers)?];
    let found = py.detach(|| {
        let mut options = MarkerOptions::default();
        options.coders = coder_options(bootstrap, confidence)?;
        options.least_sessions = least_sessions;
        let counts = MarkerCounts::new(columns, markers);
        let agree = |group: &Vec<usize>| {
            let own = counts.of(group);
            agreement_on_marker(&Columns::new(&columns_of(&own, counts.coders))?, options)
        };
        let found = groups.iter().map(agree).collect::<Result<Vec<MarkerAgreement>, _>>()?;
        Ok((found, counts.units))
    });
    let (found, units) = found.map_err(|error| from_psychometrics(py, &error))?;
    let result = PyDict::new(py);
    result.set_item("units", units)?;
    let listed = PyList::empty(py);
    for marker in &found {
        let estimates = named(
            py,
            &[
                ("presence_agreement", &marker.presence_agreement),
                ("presence_kappa", &marker.presence_kappa),
                ("presence_ac1", &marker.presence_ac1),
                ("presence_alpha", &marker.presence_alpha),
                ("count_alpha", &marker.count_alpha),
            ],
        )?;
        add_correlations(py, &estimates, "icc", &marker.counts)?;
        add_correlations(py, &estimates, "log_icc", &marker.log_counts)?;
        listed.append((marker.non_zero_sessions, estimates))?;
    }
    result.set_item("markers", listed)?;
    Ok(result)
}

/// A model beside human coders; `table` is a block of coders x units whose last row is the model's.
///
/// `coefficient`: `percent-agreement`, `kappa` or `krippendorff`.
#[pyfunction]
pub(crate) fn model_agreement<'py>(
    py: Python<'py>,
    table: PyBuffer<f64>,
    humans: usize,
    coefficient: &str,
    options: AgreementOptions,
) -> PyResult<Bound<'py, PyDict>> {
    let coefficient = match coefficient {
        "percent-agreement" => Coefficient::PercentAgreement,
        "kappa" => Coefficient::Kappa(options.weights(py)?),
        "krippendorff" => Coefficient::Krippendorff(options.metric(py)?),
        _ => {
            return Err(unknown_choice(py, "coefficient", &["percent-agreement", "kappa", "krippendorff"]));
        }
    };
    let block = read(&table)?;
    let found = py.detach(|| {
        let columns = columns_of(block, humans + 1);
        let (model, people) = columns.split_last().map_or((&[][..], &[][..]), |(last, rest)| (*last, rest));
        agreement_with_model(
            &Columns::new(people)?,
            model,
            options.categories.as_deref(),
            &coefficient,
            bootstrap_of(options.bootstrap.unwrap_or((2000, 1, None)))?,
            options.confidence,
        )
    });
    let found = found.map_err(|error| from_psychometrics(py, &error))?;
    let result = PyDict::new(py);
    result.set_item(
        "estimates",
        named(
            py,
            &[
                ("difference", &found.difference),
                ("mean_with_model", &found.mean_with_model),
                ("mean_between_humans", &found.mean_between_humans),
            ],
        )?,
    )?;
    let pairs = PyList::empty(py);
    for pair in found.between_humans.iter().chain(&found.with_model) {
        pairs.append((pair.human, pair.other_human, facts(py, &pair.agreement)?))?;
    }
    result.set_item("pairs", pairs)?;
    Ok(result)
}
