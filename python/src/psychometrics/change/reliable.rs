//! Change from one score to another against error of measurement.

use alliance_psychometrics::change::{
    BaselineSample, ChangeMethod, Cutoff, Cutoffs, ReferenceGroups, ReliableChange, ScoreDistribution,
    ScorePairs, ScoreSummary,
};
use alliance_psychometrics::sessions::SessionTable;
use alliance_psychometrics::{Columns, Estimate, Level, PsychometricsError, Status};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::{UNKNOWN, direction, place};
use crate::psychometrics::estimate::{facts, named};
use crate::psychometrics::{from_psychometrics, unknown_choice};
use crate::scoring::{read, write};

/// Clients' scores before and after, clients by rising code: at two sessions, or each client's first and last.
#[pyfunction]
pub(crate) fn change_pairs(
    py: Python<'_>,
    values: PyBuffer<f64>,
    clients: PyBuffer<u32>,
    sessions: PyBuffer<i64>,
    chosen: Option<(i64, i64)>,
    mut before: PyBuffer<f64>,
    mut after: PyBuffer<f64>,
) -> PyResult<()> {
    let (values, clients, sessions) = (read(&values)?, read(&clients)?, read(&sessions)?);
    let (before, after) = (write(&mut before)?, write(&mut after)?);
    py.detach(|| {
        let table = SessionTable::new(clients, sessions, &Columns::new(&[values])?)?;
        let (first, second) = match chosen {
            Some((first, second)) => (table.values_at(0, first), table.values_at(0, second)),
            None => table.first_and_last(0),
        };
        for (to, from) in before.iter_mut().zip(first).chain(after.iter_mut().zip(second)) {
            *to = from;
        }
        Ok(())
    })
    .map_err(|error| from_psychometrics(py, &error))
}

/// What the caller chose.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct ChangeOptions {
    method: String,
    reliability: f64,
    reliability_after: Option<f64>,
    /// Mean, standard deviation before; of the sample where none is given.
    mean: Option<f64>,
    standard_deviation: Option<f64>,
    /// Mean, standard deviation after, correlation; likewise.
    mean_after: Option<f64>,
    standard_deviation_after: Option<f64>,
    correlation: Option<f64>,
    higher_is_better: bool,
    confidence: f64,
    range: Option<(f64, f64)>,
    /// Mean and standard deviation of the dysfunctional group, then of the functional one.
    groups: Option<(f64, f64, f64, f64)>,
    cutoff: String,
}

/// The rule and what it rests on; no rule where the sample leaves none.
struct Prepared {
    rule: Option<ReliableChange>,
    /// Why there is none.
    status: Status,
    cutoffs: Option<(Cutoffs, f64)>,
}

const METHODS: [&str; 6] = [
    "jacobson-truax",
    "gulliksen-lord-novick",
    "hsu-linn-lord",
    "edwards-nunnally",
    "nunnally-kotsch",
    "hageman-arrindell",
];

impl ChangeOptions {
    fn method(&self, py: Python<'_>, sample: &ScorePairs) -> PyResult<ChangeMethod> {
        let mean_after = self.mean_after.unwrap_or(sample.after.mean);
        Ok(match self.method.as_str() {
            "jacobson-truax" => ChangeMethod::JacobsonTruax,
            "gulliksen-lord-novick" => ChangeMethod::GulliksenLordNovick,
            "hsu-linn-lord" => ChangeMethod::HsuLinnLord { mean_after },
            "edwards-nunnally" => ChangeMethod::EdwardsNunnally,
            "nunnally-kotsch" => ChangeMethod::NunnallyKotsch {
                reliability_after: self.reliability_after.unwrap_or(self.reliability),
            },
            "hageman-arrindell" => ChangeMethod::HagemanArrindell {
                mean_after,
                standard_deviation_after: self
                    .standard_deviation_after
                    .unwrap_or(sample.after.standard_deviation),
                correlation: self.correlation.unwrap_or(sample.correlation),
            },
            _ => return Err(unknown_choice(py, "method", &METHODS)),
        })
    }

    fn cutoff(&self, py: Python<'_>) -> PyResult<Cutoff> {
        match self.cutoff.as_str() {
            "a" => Ok(Cutoff::A),
            "b" => Ok(Cutoff::B),
            "c" => Ok(Cutoff::C),
            _ => Err(unknown_choice(py, "cutoff", &["a", "b", "c"])),
        }
    }

    fn prepare(
        &self,
        method: ChangeMethod,
        cutoff: Cutoff,
        sample: &ScorePairs,
    ) -> Result<Prepared, PsychometricsError> {
        let direction = direction(self.higher_is_better);
        let groups = match self.groups {
            Some((low, low_spread, high, high_spread)) => Some(ReferenceGroups::new(
                ScoreDistribution::new(low, low_spread)?,
                ScoreDistribution::new(high, high_spread)?,
            )),
            None => None,
        };
        let cutoffs = groups.map(|groups| groups.cutoffs(direction));
        let cutoffs = cutoffs.map(|all| (all, all.get(cutoff)));
        // What the sample does not tell is no mistake of the caller.
        let missing = self.missing(method, sample);
        if missing != Status::Defined {
            return Ok(Prepared { rule: None, status: missing, cutoffs });
        }
        let before = BaselineSample::new(
            self.mean.unwrap_or(sample.before.mean),
            self.standard_deviation.unwrap_or(sample.before.standard_deviation),
            self.reliability,
        )?;
        let mut rule = ReliableChange::new(method, before, direction)?.with_confidence(self.confidence)?;
        if let Some((lowest, highest)) = self.range {
            rule = rule.with_range(lowest, highest)?;
        }
        if let Some(groups) = &groups {
            rule = rule.with_reference_groups(groups, cutoff);
        }
        Ok(Prepared { rule: Some(rule), status: Status::Defined, cutoffs })
    }

    /// Why there is no rule, or that there is one.
    fn missing(&self, method: ChangeMethod, sample: &ScorePairs) -> Status {
        let absent = |given: Option<f64>, found: f64| given.is_none() && found.is_nan();
        let (first, second) = (&sample.before, &sample.after);
        let of_summary = |summary: &ScoreSummary| {
            if summary.count == 0 { Status::AllMissing } else { Status::TooFewUnits }
        };
        if absent(self.mean, first.mean) || absent(self.standard_deviation, first.standard_deviation) {
            return of_summary(first);
        }
        let after = match method {
            ChangeMethod::HsuLinnLord { .. } => absent(self.mean_after, second.mean),
            ChangeMethod::HagemanArrindell { .. } => {
                absent(self.mean_after, second.mean)
                    || absent(self.standard_deviation_after, second.standard_deviation)
            }
            _ => false,
        };
        if after {
            return of_summary(second);
        }
        let is_of_differences = matches!(method, ChangeMethod::HagemanArrindell { .. });
        if is_of_differences && absent(self.correlation, sample.correlation) {
            return if sample.pairs > 1 { Status::ZeroVariance } else { Status::TooFewUnits };
        }
        // A reliability that was estimated may have no value, or be negative.
        let known = [Some(self.reliability), self.reliability_after];
        if known.into_iter().flatten().all(|reliability| reliability >= 0.0) {
            Status::Defined
        } else {
            Status::Undefined
        }
    }
}

/// Arrays of one row per client that a result is written into.
struct ClientColumns<'a> {
    /// Change, index, lower and upper end of no change, index against the cut-off: one contiguous row each.
    numbers: &'a mut [f64],
    class: &'a mut [u8],
    limited: &'a mut [u8],
}

impl ClientColumns<'_> {
    fn fill(
        &mut self,
        prepared: &Prepared,
        before: &[f64],
        after: &[f64],
    ) -> Result<(Status, Vec<String>), PsychometricsError> {
        let count = self.class.len();
        self.numbers.fill(f64::NAN);
        self.class.fill(UNKNOWN);
        self.limited.fill(UNKNOWN);
        for (to, (first, second)) in self.numbers.iter_mut().zip(before.iter().zip(after)) {
            *to = second - first;
        }
        let Some(rule) = &prepared.rule else { return Ok((prepared.status, Vec::new())) };
        let found = rule.assess(before, after)?;
        let cutoff = prepared.cutoffs.map_or(f64::NAN, |(_, chosen)| chosen);
        let scores = before.iter().zip(after);
        let places = self.class.iter_mut().zip(&mut *self.limited);
        for (row, ((class, limited), (client, (first, second)))) in
            places.zip(found.clients.iter().zip(scores)).enumerate()
        {
            *class = place(client.class);
            *limited = if first.is_nan() { UNKNOWN } else { u8::from(client.ceiling_limited) };
            let band = rule.unchanged_range(*first).map_or([f64::NAN; 2], |band| [band.low, band.high]);
            let of_cutoff = rule.hageman_arrindell_cutoff_index(*second, cutoff);
            for (column, value) in (1..).zip([client.index, band[0], band[1], of_cutoff]) {
                if let Some(to) = self.numbers.get_mut(column * count + row) {
                    *to = value;
                }
            }
        }
        Ok((found.status, found.notes))
    }
}

/// Each client's index, class and band of no change, and what the rule rests on.
///
/// Written per client: `numbers`, a block of change, index, lower and upper end of no change, index against the cut-off;
/// `classes` (places of recovered, improved, unchanged, deteriorated; 255); `limited` (0, 1, 255).
#[pyfunction]
pub(crate) fn reliable_change(
    py: Python<'_>,
    before: PyBuffer<f64>,
    after: PyBuffer<f64>,
    options: ChangeOptions,
    mut numbers: PyBuffer<f64>,
    mut classes: PyBuffer<u8>,
    mut limited: PyBuffer<u8>,
) -> PyResult<Bound<'_, PyDict>> {
    let (before, after) = (read(&before)?, read(&after)?);
    let mut columns = ClientColumns {
        numbers: write(&mut numbers)?,
        class: write(&mut classes)?,
        limited: write(&mut limited)?,
    };
    let sample = ScorePairs::of(before, after).map_err(|error| from_psychometrics(py, &error))?;
    let (method, cutoff) = (options.method(py, &sample)?, options.cutoff(py)?);
    let found = py.detach(|| {
        let prepared = options.prepare(method, cutoff, &sample)?;
        let (status, notes) = columns.fill(&prepared, before, after)?;
        Ok((prepared, status, notes))
    });
    let (prepared, status, notes) = found.map_err(|error| from_psychometrics(py, &error))?;
    let described = |estimate: Estimate| {
        estimate.with_rows(sample.before.count, sample.before.count, before.len() - sample.before.count)
    };
    let none = |method| Estimate::undefined(prepared.status, Level::OneSession, method);
    let or_none = |of: fn(&ReliableChange) -> Estimate, method| {
        described(prepared.rule.as_ref().map_or_else(|| none(method), of))
    };
    let of_measurement = or_none(ReliableChange::standard_error_of_measurement, "SD * sqrt(1 - reliability)");
    let of_difference = or_none(ReliableChange::standard_error_of_difference, "sqrt(2) * SEM");
    let detectable = or_none(ReliableChange::minimal_detectable_change, "z * sqrt(2) * SEM");
    let result = PyDict::new(py);
    let estimates = named(
        py,
        &[
            ("standard_error_of_measurement", &of_measurement),
            ("standard_error_of_difference", &of_difference),
            ("minimal_detectable_change", &detectable),
        ],
    )?;
    if matches!(method, ChangeMethod::HagemanArrindell { .. }) {
        let estimate = or_none(ReliableChange::reliability_of_differences, "Hageman-Arrindell").with_rows(
            sample.pairs,
            sample.pairs,
            before.len() - sample.pairs,
        );
        estimates.set_item("reliability_of_differences", facts(py, &estimate)?)?;
    }
    result.set_item("estimates", estimates)?;
    result.set_item("status", status.as_str())?;
    result.set_item("notes", notes)?;
    result.set_item("critical_value", prepared.rule.as_ref().map(ReliableChange::critical_value))?;
    result.set_item("before", summary(&sample.before))?;
    result.set_item("after", summary(&sample.after))?;
    result.set_item("pairs", sample.pairs)?;
    result.set_item("correlation", sample.correlation)?;
    let cutoffs = prepared.cutoffs.map(|(all, chosen)| (all.a, all.b, all.c, chosen));
    result.set_item("cutoffs", cutoffs)?;
    Ok(result)
}

/// Scores, mean, standard deviation.
fn summary(scores: &ScoreSummary) -> (usize, f64, f64) {
    (scores.count, scores.mean, scores.standard_deviation)
}
