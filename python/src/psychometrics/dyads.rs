//! Dyads and perspectives: association, elevation, tracking, congruence; teams and several clients of one therapist.

use alliance_psychometrics::dyads::{
    self, Accuracy, ActorPartner, Axis, Centre, Condition, DyadEffect, DyadProfile, Influence,
    NullDistribution, Partition, Reciprocity, ResponseSurface, Team, Tracking, TruthBiasModel,
};
use alliance_psychometrics::icc;
use alliance_psychometrics::mixed::SlopeCovariance;
use alliance_psychometrics::{Columns, FTest, Level, PsychometricsError, Status};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::estimate::{facts, named};
use super::{columns_of, from_psychometrics, unknown_choice};
use crate::scoring::{read, write};
use crate::tables::{Column, Table, to_python};

type Facts<'py> = PyResult<Bound<'py, PyDict>>;

fn done<T>(py: Python<'_>, found: Result<T, PsychometricsError>) -> PyResult<T> {
    found.map_err(|error| from_psychometrics(py, &error))
}

/// Means of ratings over each dyad's complete rows, into a block of ratings x dyads, and the number of these rows.
///
/// `ratings` is a block of ratings x rows. Dyads are numbered from 0; what has no complete row stays as it is.
#[pyfunction]
pub(crate) fn dyad_means(
    py: Python<'_>,
    ratings: PyBuffer<f64>,
    columns: usize,
    dyads: PyBuffer<u32>,
    mut means: PyBuffer<f64>,
    mut rows: PyBuffer<i64>,
) -> PyResult<()> {
    let (block, codes) = (read(&ratings)?, read(&dyads)?);
    let (means, rows) = (write(&mut means)?, write(&mut rows)?);
    let found = py.detach(|| dyads::dyad_means(&Columns::new(&columns_of(block, columns))?, codes));
    let found = done(py, found)?;
    let count = rows.len();
    for (place, code) in found.dyads.iter().enumerate() {
        let code = *code as usize;
        for (column, own) in found.means.iter().enumerate() {
            if let (Some(to), Some(mean)) = (means.get_mut(column * count + code), own.get(place)) {
                *to = *mean;
            }
        }
        if let (Some(to), Some(own)) = (rows.get_mut(code), found.rows.get(place)) {
            *to = *own as i64;
        }
    }
    Ok(())
}

/// Six intraclass correlations of a block of raters x units. `missing` is `listwise` or `reml`.
#[pyfunction]
pub(crate) fn intraclass_correlations<'py>(
    py: Python<'py>,
    ratings: PyBuffer<f64>,
    raters: usize,
    missing: &str,
    confidence: f64,
) -> Facts<'py> {
    let by = match missing {
        "listwise" => icc::intraclass_correlations,
        "reml" => icc::intraclass_correlations_by_reml,
        _ => return Err(unknown_choice(py, "missing", &["listwise", "reml"])),
    };
    let block = read(&ratings)?;
    let found = py.detach(|| by(&Columns::new(&columns_of(block, raters))?, confidence));
    let found = done(py, found)?;
    let all = PyDict::new(py);
    let (one_way, agreement, consistency) = (&found.one_way, &found.agreement, &found.consistency);
    let estimates = named(
        py,
        &[
            ("one_way", &one_way.single),
            ("one_way_average", &one_way.average),
            ("agreement", &agreement.single),
            ("agreement_average", &agreement.average),
            ("consistency", &consistency.single),
            ("consistency_average", &consistency.average),
        ],
    )?;
    all.set_item("estimates", estimates)?;
    let squares = found.mean_squares;
    all.set_item("mean_squares", (squares.targets, squares.raters, squares.residual, squares.within))?;
    Ok(all)
}

/// Pearson's correlation, Lin's concordance and what they are made of, of pairs that are one per dyad.
#[pyfunction]
pub(crate) fn level_agreement(
    py: Python<'_>,
    first: PyBuffer<f64>,
    second: PyBuffer<f64>,
    confidence: f64,
) -> Facts<'_> {
    let (first, second) = (read(&first)?, read(&second)?);
    let found = py.detach(|| dyads::level_agreement(first, second, Level::BetweenClients, confidence));
    let found = done(py, found)?;
    let all = named(
        py,
        &[
            ("correlation", &found.correlation),
            ("concordance", &found.concordance),
            ("double_entry", &found.double_entry),
        ],
    )?;
    all.set_item("bias_correction", found.bias_correction)?;
    all.set_item("scale_shift", found.scale_shift)?;
    all.set_item("location_shift", found.location_shift)?;
    Ok(all)
}

/// Concordance of repeated ratings and its variance components.
#[pyfunction]
pub(crate) fn repeated_concordance(
    py: Python<'_>,
    first: PyBuffer<f64>,
    second: PyBuffer<f64>,
    dyads: PyBuffer<u32>,
    confidence: f64,
) -> Facts<'_> {
    let (first, second, codes) = (read(&first)?, read(&second)?, read(&dyads)?);
    let found = py.detach(|| dyads::repeated_concordance(first, second, codes, confidence));
    let found = done(py, found)?;
    let parts = &found.components;
    named(
        py,
        &[
            ("same_session", &found.same_session),
            ("any_session", &found.any_session),
            ("dyad", &parts.dyad),
            ("session", &parts.session),
            ("dyad_by_role", &parts.dyad_by_role),
            ("role", &parts.role),
            ("residual", &parts.residual),
        ],
    )
}

/// Mean difference and limits of agreement.
#[pyfunction]
pub(crate) fn limits_of_agreement(
    py: Python<'_>,
    first: PyBuffer<f64>,
    second: PyBuffer<f64>,
    dyads: PyBuffer<u32>,
    multiplier: f64,
    confidence: f64,
) -> Facts<'_> {
    let (first, second, codes) = (read(&first)?, read(&second)?, read(&dyads)?);
    let found = py.detach(|| dyads::limits_of_agreement(first, second, Some(codes), multiplier, confidence));
    let found = done(py, found)?;
    named(
        py,
        &[
            ("mean_difference", &found.mean_difference),
            ("lower_limit", &found.lower),
            ("upper_limit", &found.upper),
            ("standard_deviation", &found.standard_deviation),
            ("between_variance", &found.between_variance),
            ("within_variance", &found.within_variance),
            ("slope_on_mean", &found.slope_on_mean),
        ],
    )
}

/// Mean and difference of each pair, into a block of 2 x rows.
#[pyfunction]
pub(crate) fn mean_and_difference(
    first: PyBuffer<f64>,
    second: PyBuffer<f64>,
    mut out: PyBuffer<f64>,
) -> PyResult<()> {
    let (first, second, out) = (read(&first)?, read(&second)?, write(&mut out)?);
    let (means, differences) = out.split_at_mut(out.len() / 2);
    for (((first, second), mean), difference) in first.iter().zip(second).zip(means).zip(differences) {
        (*mean, *difference) = (0.5 * (first + second), first - second);
    }
    Ok(())
}

/// Correlation of the dyads' means, and of changes within dyads.
#[pyfunction]
pub(crate) fn association(
    py: Python<'_>,
    first: PyBuffer<f64>,
    second: PyBuffer<f64>,
    dyads: PyBuffer<u32>,
    confidence: f64,
) -> Facts<'_> {
    let (first, second, codes) = (read(&first)?, read(&second)?, read(&dyads)?);
    let found = py.detach(|| dyads::profile_agreement(first, second, codes, None, confidence));
    let found = done(py, found)?;
    let all =
        named(py, &[("between_clients", &found.between), ("within_clients", &found.pooled.correlation)])?;
    all.set_item("within_p_value", found.pooled.p_value)?;
    all.set_item("within_slope", found.pooled.slope)?;
    Ok(all)
}

/// Agreement of the two profiles of each dyad, and over dyads; the dyads as a table in the order of their codes.
#[pyfunction]
#[pyo3(signature = (first, second, dyads, points, confidence))]
pub(crate) fn profile_agreement(
    py: Python<'_>,
    first: PyBuffer<f64>,
    second: PyBuffer<f64>,
    dyads: PyBuffer<u32>,
    points: Option<PyBuffer<u32>>,
    confidence: f64,
) -> Facts<'_> {
    let (first, second, codes) = (read(&first)?, read(&second)?, read(&dyads)?);
    let points = points.as_ref().map(read).transpose()?;
    let found = py.detach(|| dyads::profile_agreement(first, second, codes, points, confidence));
    let found = done(py, found)?;
    let all = named(py, &[("correlation", &found.correlation), ("distinctive", &found.distinctive)])?;
    all.set_item("plain_mean", found.plain_mean)?;
    all.update(to_python(py, vec![("dyads", profiles(&found.dyads))])?.as_mapping())?;
    Ok(all)
}

fn profiles(dyads: &[DyadProfile]) -> Table {
    let reals =
        |name: &str, of: fn(&DyadProfile) -> f64| (name.to_owned(), Column::reals(dyads.iter().map(of)));
    vec![
        ("dyad".to_owned(), Column::wholes(dyads.iter().map(|dyad| dyad.dyad as usize))),
        ("points".to_owned(), Column::wholes(dyads.iter().map(|dyad| dyad.points))),
        reals("correlation", |dyad| dyad.correlation.value),
        reals("distinctive", |dyad| dyad.distinctive.value),
        reals("mean_difference", |dyad| dyad.mean_difference),
        reals("sd_difference", |dyad| dyad.deviation_difference),
        reals("mean_squared_difference", |dyad| dyad.mean_squared_difference),
        reals("elevation", |dyad| dyad.elevation),
        reals("scatter", |dyad| dyad.scatter),
        reals("shape", |dyad| dyad.shape),
        reals("mean_absolute_difference", |dyad| dyad.mean_absolute_difference),
        reals("concordance", |dyad| dyad.concordance),
        reals("double_entry", |dyad| dyad.double_entry),
        ("status".to_owned(), Column::named(dyads.iter().map(|dyad| dyad.correlation.status.as_str()))),
    ]
}

/// Truth and bias; the dyads' effects as a table in the order of their codes.
#[pyfunction]
#[pyo3(signature = (judgment, truth, dyads, therapists, accuracy, confidence))]
pub(crate) fn truth_and_bias<'py>(
    py: Python<'py>,
    judgment: PyBuffer<f64>,
    truth: PyBuffer<f64>,
    dyads: PyBuffer<u32>,
    therapists: Option<PyBuffer<u32>>,
    accuracy: &str,
    confidence: f64,
) -> Facts<'py> {
    let accuracy = match accuracy {
        "uncorrelated" => Accuracy::Varying(SlopeCovariance::Uncorrelated),
        "correlated" => Accuracy::Varying(SlopeCovariance::Correlated),
        "common" => Accuracy::Common,
        _ => return Err(unknown_choice(py, "accuracy", &["uncorrelated", "correlated", "common"])),
    };
    let (judgment, truth, codes) = (read(&judgment)?, read(&truth)?, read(&dyads)?);
    let therapists = therapists.as_ref().map(read).transpose()?;
    let model = TruthBiasModel { accuracy, tracking: Tracking::WithinAndBetween, therapists, confidence };
    let found = py.detach(|| dyads::truth_and_bias(judgment, truth, codes, &model));
    let found = done(py, found)?;
    let mut estimates = vec![
        ("directional_bias", &found.directional_bias),
        ("temporal_congruence", &found.temporal_congruence),
        ("bias_variance", &found.bias_variance),
        ("residual_variance", &found.residual_variance),
    ];
    let optional = [
        ("between_tracking", &found.between_tracking),
        ("accuracy_variance", &found.accuracy_variance),
        ("bias_accuracy_correlation", &found.bias_accuracy_correlation),
        ("therapist_variance", &found.therapist_variance),
    ];
    for (name, estimate) in &optional {
        estimates.extend(estimate.as_ref().map(|estimate| (*name, estimate)));
    }
    let all = named(py, &estimates)?;
    all.set_item("grand_mean", found.grand_mean)?;
    all.set_item("deviance", found.deviance)?;
    all.update(to_python(py, vec![("dyads", effects(&found.dyads))])?.as_mapping())?;
    Ok(all)
}

fn effects(dyads: &[DyadEffect]) -> Table {
    let reals =
        |name: &str, of: fn(&DyadEffect) -> f64| (name.to_owned(), Column::reals(dyads.iter().map(of)));
    vec![
        ("dyad".to_owned(), Column::wholes(dyads.iter().map(|dyad| dyad.dyad as usize))),
        reals("bias", |dyad| dyad.bias),
        reals("bias_standard_error", |dyad| dyad.bias_standard_error),
        reals("accuracy", |dyad| dyad.accuracy),
        reals("accuracy_standard_error", |dyad| dyad.accuracy_standard_error),
    ]
}

/// The response surface, its axes, tests, checklist and the corners of the region of the data.
#[pyfunction]
#[pyo3(signature = (first, second, outcome, centre, confidence))]
pub(crate) fn response_surface(
    py: Python<'_>,
    first: PyBuffer<f64>,
    second: PyBuffer<f64>,
    outcome: PyBuffer<f64>,
    centre: Option<f64>,
    confidence: f64,
) -> Facts<'_> {
    let (first, second, outcome) = (read(&first)?, read(&second)?, read(&outcome)?);
    let centre = centre.map_or(Centre::PooledMean, Centre::Value);
    let found = py.detach(|| dyads::response_surface(first, second, outcome, centre, confidence));
    surface(py, &done(py, found)?)
}

fn surface<'py>(py: Python<'py>, found: &ResponseSurface) -> Facts<'py> {
    const COEFFICIENTS: [&str; 6] = ["b0", "b1", "b2", "b3", "b4", "b5"];
    const SURFACE: [&str; 5] = ["a1", "a2", "a3", "a4", "a5"];
    let (estimates, p_values) = (PyDict::new(py), PyDict::new(py));
    let names = COEFFICIENTS.iter().zip(&found.coefficients).chain(SURFACE.iter().zip(&found.surface));
    for (name, estimate) in names {
        estimates.set_item(name, facts(py, estimate)?)?;
        p_values.set_item(name, estimate.t_test(0.0))?;
    }
    let all = PyDict::new(py);
    all.set_item("estimates", estimates)?;
    all.set_item("p_values", p_values)?;
    let [first, second] = &found.stationary_point;
    all.set_item("stationary_point", named(py, &[("first", first), ("second", second)])?)?;
    let axis = |axis: &Axis| named(py, &[("slope", &axis.slope), ("intercept", &axis.intercept)]);
    all.set_item("first_axis", axis(&found.first_axis)?)?;
    all.set_item("second_axis", axis(&found.second_axis)?)?;
    all.set_item("centre", found.centre)?;
    all.set_item("r_squared", found.r_squared)?;
    all.set_item("quadratic_terms", test(&found.quadratic_terms))?;
    all.set_item("beyond_squared_difference", test(&found.beyond_squared_difference))?;
    let shares = found.discrepancies;
    all.set_item("discrepancies", (shares.first_higher, shares.in_agreement, shares.second_higher))?;
    let met = found.congruence;
    let checklist = PyDict::new(py);
    for (name, condition) in [
        ("discrepancies_in_both_directions", met.discrepancies_in_both_directions),
        ("quadratic_terms_add", met.quadratic_terms_add),
        ("first_axis_has_slope_one", met.first_axis_has_slope_one),
        ("first_axis_has_intercept_zero", met.first_axis_has_intercept_zero),
        ("no_slope_along_incongruence", met.no_slope_along_incongruence),
        ("falls_with_incongruence", met.falls_with_incongruence),
        ("verdict", met.verdict()),
    ] {
        let word = match condition {
            Condition::Met => "met",
            Condition::NotMet => "not-met",
            Condition::Undetermined => "undetermined",
        };
        checklist.set_item(name, word)?;
    }
    all.set_item("congruence", checklist)?;
    Ok(all)
}

fn test(test: &FTest) -> (f64, f64, f64, f64) {
    (test.f, test.numerator_degrees, test.denominator_degrees, test.p_value)
}

/// Corners of the region that pairs with an outcome span.
#[pyfunction]
pub(crate) fn observed_region(
    py: Python<'_>,
    first: PyBuffer<f64>,
    second: PyBuffer<f64>,
    outcome: PyBuffer<f64>,
) -> PyResult<Vec<[f64; 2]>> {
    let (first, second, outcome) = (read(&first)?, read(&second)?, read(&outcome)?);
    let known = first.iter().zip(outcome);
    let first: Vec<f64> =
        known.map(|(first, outcome)| if outcome.is_nan() { f64::NAN } else { *first }).collect();
    done(py, dyads::observed_region(&first, second))
}

/// Actor and partner effects: ratings before and after, of the first and of the second.
#[pyfunction]
pub(crate) fn actor_partner(
    py: Python<'_>,
    before: (PyBuffer<f64>, PyBuffer<f64>),
    after: (PyBuffer<f64>, PyBuffer<f64>),
    confidence: f64,
) -> Facts<'_> {
    let before = [read(&before.0)?, read(&before.1)?];
    let after = [read(&after.0)?, read(&after.1)?];
    let found = py.detach(|| dyads::actor_partner(before, after, confidence));
    partners(py, &done(py, found)?)
}

/// Actor and partner effects of all steps from a session to the next.
#[pyfunction]
pub(crate) fn actor_partner_over_sessions(
    py: Python<'_>,
    first: PyBuffer<f64>,
    second: PyBuffer<f64>,
    dyads: PyBuffer<u32>,
    sessions: PyBuffer<i64>,
    confidence: f64,
) -> Facts<'_> {
    let (first, second) = (read(&first)?, read(&second)?);
    let (codes, sessions) = (read(&dyads)?, read(&sessions)?);
    let found = py.detach(|| dyads::actor_partner_over_sessions(first, second, codes, sessions, confidence));
    partners(py, &done(py, found)?)
}

fn partners<'py>(py: Python<'py>, found: &ActorPartner) -> Facts<'py> {
    let influence = |of: &Influence| {
        let all = named(py, &[("intercept", &of.intercept), ("actor", &of.actor), ("partner", &of.partner)])?;
        all.set_item("r_squared", of.r_squared)?;
        Ok::<_, PyErr>(all)
    };
    let all = named(py, &[("residual_correlation", &found.residual_correlation)])?;
    all.set_item("first", influence(&found.first)?)?;
    all.set_item("second", influence(&found.second)?)?;
    Ok(all)
}

/// Variance partition of a therapist with several clients.
#[pyfunction]
pub(crate) fn one_with_many(
    py: Python<'_>,
    by_the_one: PyBuffer<f64>,
    by_the_many: PyBuffer<f64>,
    ones: PyBuffer<u32>,
) -> Facts<'_> {
    let (one, many, codes) = (read(&by_the_one)?, read(&by_the_many)?, read(&ones)?);
    let found = py.detach(|| dyads::one_with_many(one, many, codes));
    let found = done(py, found)?;
    let partition = |part: &Partition| {
        let all = named(py, &[("between", &part.between), ("within", &part.within)])?;
        all.set_item("share_between", part.share_between)?;
        Ok::<_, PyErr>(all)
    };
    let reciprocity = |part: &Reciprocity| {
        named(py, &[("covariance", &part.covariance), ("correlation", &part.correlation)])
    };
    let all = PyDict::new(py);
    all.set_item("by_the_one", partition(&found.by_the_one)?)?;
    all.set_item("by_the_many", partition(&found.by_the_many)?)?;
    all.set_item("generalized", reciprocity(&found.generalized)?)?;
    all.set_item("dyadic", reciprocity(&found.dyadic)?)?;
    Ok(all)
}

/// Agreement within teams; the teams as a table in the order of their codes.
///
/// `answers` is a block of items x members, `null` a word and, where that is `variance`, the variance.
#[pyfunction]
pub(crate) fn team_agreement(
    py: Python<'_>,
    answers: PyBuffer<f64>,
    items: usize,
    teams: PyBuffer<u32>,
    options: u32,
    null: (String, f64),
    confidence: f64,
) -> Facts<'_> {
    let null = match null.0.as_str() {
        "uniform" => NullDistribution::Uniform,
        "slight-skew" => NullDistribution::SlightSkew,
        "moderate-skew" => NullDistribution::ModerateSkew,
        "heavy-skew" => NullDistribution::HeavySkew,
        "variance" => NullDistribution::Variance(null.1),
        _ => {
            let known = ["uniform", "slight-skew", "moderate-skew", "heavy-skew"];
            return Err(unknown_choice(py, "null", &known));
        }
    };
    let (block, codes) = (read(&answers)?, read(&teams)?);
    let found = py.detach(|| {
        dyads::team_agreement(&Columns::new(&columns_of(block, items))?, codes, options, null, confidence)
    });
    let found = done(py, found)?;
    let all = named(py, &[("one_member", &found.one_member), ("team_mean", &found.team_mean)])?;
    all.set_item("expected_variance", found.expected_variance)?;
    all.set_item("median_within_agreement", found.median_within_agreement)?;
    let set_to_zero = |team: &&Team| team.within_agreement.status == Status::OutOfRange;
    all.set_item("set_to_zero", found.teams.iter().filter(set_to_zero).count())?;
    all.update(to_python(py, vec![("teams", each_team(&found.teams))])?.as_mapping())?;
    Ok(all)
}

fn each_team(teams: &[Team]) -> Table {
    let reals = |name: &str, of: fn(&Team) -> f64| (name.to_owned(), Column::reals(teams.iter().map(of)));
    vec![
        ("team".to_owned(), Column::wholes(teams.iter().map(|team| team.team as usize))),
        ("members".to_owned(), Column::wholes(teams.iter().map(|team| team.members))),
        reals("r_wg", |team| team.within_agreement.value),
        reals("average_deviation", |team| team.average_deviation),
        reals("mean", |team| team.mean),
        reals("lowest", |team| team.lowest),
        reals("range", |team| team.range),
        reals("sd", |team| team.standard_deviation),
        ("status".to_owned(), Column::named(teams.iter().map(|team| team.within_agreement.status.as_str()))),
    ]
}
