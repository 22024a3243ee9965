//! What must hold of any mixed model: a slow twin, invariances, mean squares, degenerate data.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::mixed::{
    Component, CrossedComponent, CrossedModel, Likelihood, MixedFit, MixedModel, SlopeCovariance,
};
use alliance_psychometrics::{Columns, Level, Status};
use common::{Lehmer, PanelRow, close, panel_a};
use proptest::prelude::*;

/// A small ragged data set.
#[derive(Debug, Clone)]
struct Data {
    response: Vec<f64>,
    covariate: Vec<f64>,
    time: Vec<f64>,
    group: Vec<u32>,
    outer: Vec<u32>,
}

/// Groups of 1 to 5 rows, two or three of them in an outer group.
fn data(seed: u64, groups: u32) -> Data {
    let mut random = Lehmer(seed * 7_919 + 1);
    let mut data = Data { response: vec![], covariate: vec![], time: vec![], group: vec![], outer: vec![] };
    let mut of_outer = 0.0;
    for group in 0..groups {
        if group % 3 == 0 {
            of_outer = 0.8 * random.normal();
        }
        let (level, slope) = (random.normal(), 0.3 * random.normal());
        for time in 0..=(random.uniform() * 5.0) as usize {
            let covariate = random.normal();
            let growth = slope * time as f64;
            data.response.push(of_outer + level + growth + 0.5 * covariate + 0.7 * random.normal());
            data.covariate.push(covariate);
            data.time.push(time as f64);
            data.group.push(group);
            data.outer.push(group / 3);
        }
    }
    data
}

#[derive(Debug, Clone, Copy)]
struct Design {
    slope: Option<SlopeCovariance>,
    nested: bool,
    likelihood: Likelihood,
}

fn design() -> impl Strategy<Value = Design> {
    let slope = prop_oneof![
        Just(None),
        Just(Some(SlopeCovariance::Correlated)),
        Just(Some(SlopeCovariance::Uncorrelated))
    ];
    let likelihood = prop_oneof![Just(Likelihood::Restricted), Just(Likelihood::Full)];
    (slope, any::<bool>(), likelihood).prop_map(|(slope, nested, likelihood)| Design {
        slope,
        nested,
        likelihood,
    })
}

fn fit(data: &Data, design: Design) -> MixedFit {
    let fixed = Columns::new(&[&data.covariate, &data.time]).unwrap();
    let mut model =
        MixedModel::new(&data.response, &fixed, &data.group).unwrap().with_likelihood(design.likelihood);
    if let Some(covariance) = design.slope {
        model = model.with_slope(&data.time, covariance).unwrap();
    }
    if design.nested {
        model = model.nested_in(&data.outer).unwrap();
    }
    model.fit()
}

/// Lower Cholesky factor of a dense matrix.
fn cholesky(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    let mut lower = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let rest = matrix[i][j] - (0..j).map(|k| lower[i][k] * lower[j][k]).sum::<f64>();
            lower[i][j] = if i == j { rest.sqrt() } else { rest / lower[j][j] };
        }
        if lower[i][i].is_nan() || lower[i][i] == 0.0 {
            return None;
        }
    }
    Some(lower)
}

fn forward(lower: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let mut x: Vec<f64> = Vec::new();
    for i in 0..lower.len() {
        x.push((right[i] - (0..i).map(|k| lower[i][k] * x[k]).sum::<f64>()) / lower[i][i]);
    }
    x
}

/// -2 log likelihood at given variances from the dense covariance matrix of the rows, nothing profiled.
fn dense_deviance(data: &Data, likelihood: Likelihood, [residual, v0, v1, v01, outer]: [f64; 5]) -> f64 {
    let n = data.response.len();
    let cell = |i: usize, j: usize| {
        let same_group = f64::from(u8::from(data.group[i] == data.group[j]));
        let same_outer = f64::from(u8::from(data.outer[i] == data.outer[j]));
        let (s, t) = (data.time[i], data.time[j]);
        same_group * (v0 + v01 * (s + t) + v1 * s * t)
            + same_outer * outer
            + if i == j { residual } else { 0.0 }
    };
    let v: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| cell(i, j)).collect()).collect();
    let Some(lower) = cholesky(&v) else { return f64::INFINITY };
    let log_det = |lower: &[Vec<f64>]| 2.0 * (0..lower.len()).map(|i| lower[i][i].ln()).sum::<f64>();
    let x: Vec<Vec<f64>> = [vec![1.0; n], data.covariate.clone(), data.time.clone()]
        .iter()
        .map(|x| forward(&lower, x))
        .collect();
    let y = forward(&lower, &data.response);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let information: Vec<Vec<f64>> = x.iter().map(|a| x.iter().map(|b| dot(a, b)).collect()).collect();
    let root = cholesky(&information).unwrap();
    let explained = forward(&root, &x.iter().map(|x| dot(x, &y)).collect::<Vec<f64>>());
    let squares = dot(&y, &y) - dot(&explained, &explained);
    let mut deviance = log_det(&lower) + squares;
    let mut rows = n as f64;
    if likelihood == Likelihood::Restricted {
        deviance += log_det(&root);
        rows -= 3.0;
    }
    deviance + rows * std::f64::consts::TAU.ln()
}

const COMPONENTS: [Component; 5] = [
    Component::Residual,
    Component::Intercept,
    Component::Slope,
    Component::InterceptSlope,
    Component::Outer,
];

fn is_estimated(status: Status) -> bool {
    matches!(status, Status::Defined | Status::Boundary)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// The deviance is that of the dense covariance matrix, and no other variances nearby give a lower one.
    #[test]
    fn a_slow_twin_finds_nothing_better(seed in 0_u64..100_000, groups in 8_u32..14, design in design()) {
        let data = data(seed, groups);
        let fit = fit(&data, design);
        prop_assume!(is_estimated(fit.status()));
        let at = COMPONENTS.map(|component| fit.variance(component));
        let deviance = dense_deviance(&data, design.likelihood, at);
        prop_assert!((deviance - fit.deviance()).abs() < 1e-8 * deviance.abs().max(1.0), "{} {}", deviance, fit.deviance());
        let covariance_is_free = design.slope == Some(SlopeCovariance::Correlated);
        let is_there = [true, true, design.slope.is_some(), covariance_is_free, design.nested];
        for (place, _) in is_there.iter().enumerate().filter(|(_, there)| **there) {
            for share in [-0.2, -0.02, 0.02, 0.2] {
                let mut near = at;
                near[place] += share * at[place].abs().max(0.01);
                let sound = near.iter().enumerate().all(|(place, value)| place == 3 || *value >= 0.0)
                    && near[3] * near[3] <= near[1] * near[2];
                if sound {
                    prop_assert!(dense_deviance(&data, design.likelihood, near) >= deviance - 1e-7, "{place} {share}");
                }
            }
        }
    }

    /// Neither the order of the rows nor the names of the groups matter.
    #[test]
    fn rows_in_any_order_and_groups_of_any_name(seed in 0_u64..100_000, design in design()) {
        let data = data(seed, 12);
        let first = fit(&data, design);
        let order = alliance_statistics::Generator::stream(seed, 0).permutation(data.response.len());
        let of = |values: &[f64]| order.iter().map(|row| values[*row]).collect::<Vec<f64>>();
        let other = Data {
            response: of(&data.response),
            covariate: of(&data.covariate),
            time: of(&data.time),
            group: order.iter().map(|row| 4_000_000_000 - 17 * data.group[*row]).collect(),
            outer: order.iter().map(|row| 99 - data.outer[*row]).collect(),
        };
        let second = fit(&other, design);
        prop_assert_eq!(first.status(), second.status());
        prop_assume!(is_estimated(first.status()));
        prop_assert!(close(first.deviance(), second.deviance(), 1e-10));
        for component in COMPONENTS {
            prop_assert!(close(first.variance(component), second.variance(component), 1e-6));
        }
        for effect in first.group_effects() {
            let named = second.group_effects().iter().find(|other| other.code == 4_000_000_000 - 17 * effect.code).unwrap();
            prop_assert!(close(effect.intercept, named.intercept, 1e-5));
            prop_assert!(close(effect.slope_variance, named.slope_variance, 1e-5));
        }
    }

    /// A shift moves the intercept alone, also a large one; a unit scales everything.
    #[test]
    fn shifts_and_units(seed in 0_u64..100_000, design in design(), shift in -1e6..1e6_f64, unit in 0.01..100.0_f64) {
        let data = data(seed, 12);
        let first = fit(&data, design);
        prop_assume!(is_estimated(first.status()));
        let mut other = data.clone();
        for value in &mut other.response {
            *value = unit * *value + shift;
        }
        let second = fit(&other, design);
        prop_assert_eq!(first.status(), second.status());
        prop_assert!(close(unit * first.coefficients()[0] + shift, second.coefficients()[0], 1e-6));
        prop_assert!(close(unit * first.coefficients()[1], second.coefficients()[1], 1e-5));
        for component in COMPONENTS {
            prop_assert!(close(first.variance(component), second.variance(component) / (unit * unit), 1e-5));
        }
        let degrees = if design.likelihood == Likelihood::Restricted { data.response.len() - 3 } else { data.response.len() };
        prop_assert!(close(first.deviance() + 2.0 * degrees as f64 * unit.ln(), second.deviance(), 1e-7));
    }

    /// With a covariance the origin of time does not matter, even one that is far away.
    #[test]
    fn the_origin_of_time(seed in 0_u64..100_000, nested in any::<bool>(), origin in -3000.0..3000.0_f64) {
        let design = Design { slope: Some(SlopeCovariance::Correlated), nested, likelihood: Likelihood::Restricted };
        let data = data(seed, 12);
        let first = fit(&data, design);
        prop_assume!(is_estimated(first.status()));
        let mut other = data.clone();
        for time in &mut other.time {
            *time += origin;
        }
        let second = fit(&other, design);
        prop_assert_eq!(first.status(), second.status());
        prop_assert!(close(first.deviance(), second.deviance(), 1e-9));
        prop_assert!(close(first.variance(Component::Slope), second.variance(Component::Slope), 1e-6));
        let intercept = second.variance(Component::Intercept)
            + 2.0 * origin * second.variance(Component::InterceptSlope)
            + origin * origin * second.variance(Component::Slope);
        prop_assert!(close(first.variance(Component::Intercept), intercept, 1e-4));
        let level = |fit: &MixedFit, time: f64| fit.contrast(&[1.0, 0.0, time], Level::BetweenClients, 0.95).unwrap();
        let (one, shifted) = (level(&first, 2.0), level(&second, 2.0 + origin));
        prop_assert!(close(one.value, shifted.value, 1e-6));
        prop_assert!(close(one.standard_error, shifted.standard_error, 1e-6));
        prop_assert!((one.degrees_of_freedom / shifted.degrees_of_freedom - 1.0).abs() < 1e-2);
    }

    /// Any small table gives a fit with numbers or a status that says why not; nothing panics.
    #[test]
    fn any_table_is_answered(
        rows in proptest::collection::vec((0_u32..5, 0_u32..3, 0_u8..5, 0_u8..4), 0..25),
        design in design(),
    ) {
        // Lattice values with ties, constant groups and missing ones; groups are made to nest.
        let number = |code: u8| if code == 4 { f64::NAN } else { f64::from(code) };
        let data = Data {
            response: rows.iter().map(|row| number(row.2)).collect(),
            covariate: rows.iter().map(|row| f64::from(row.3)).collect(),
            time: rows.iter().map(|row| f64::from((row.3 + row.2) % 3)).collect(),
            group: rows.iter().map(|row| row.0 + 10 * row.1).collect(),
            outer: rows.iter().map(|row| row.1).collect(),
        };
        let fit = fit(&data, design);
        let has_values = is_estimated(fit.status()) || fit.status() == Status::NotConverged;
        prop_assert_eq!(has_values, fit.deviance().is_finite());
        prop_assert_eq!(has_values, fit.coefficients().iter().all(|value| value.is_finite()));
        prop_assert_eq!(has_values, COMPONENTS.iter().all(|component| fit.variance(*component).is_finite()));
        prop_assert_eq!(has_values, !fit.group_effects().is_empty());
        prop_assert!(fit.status() != Status::NotConverged, "{:?}", fit);
        let estimate = fit.coefficient(0, Level::BetweenClients, 0.95).unwrap();
        if fit.status() == Status::Boundary {
            // A variance at 0 is remarked; the fixed effect itself is at no end.
            prop_assert_eq!((estimate.status, estimate.notes.len()), (Status::Defined, 1));
        } else {
            prop_assert_eq!(estimate.status, fit.status());
        }
    }

    /// Complete ratings: REML is the mean squares where these give no negative variance.
    #[test]
    fn complete_crossed_ratings_have_the_variances_of_mean_squares(seed in 0_u64..100_000, targets in 3_usize..9, raters in 2_usize..5) {
        let mut random = Lehmer(seed + 1);
        let of_rater: Vec<f64> = (0..raters).map(|_| random.normal()).collect();
        let of_target: Vec<f64> = (0..targets).map(|_| 1.5 * random.normal()).collect();
        let columns: Vec<Vec<f64>> = of_rater
            .iter()
            .map(|rater| of_target.iter().map(|target| 1e3 + rater + target + random.normal()).collect())
            .collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let fit = CrossedModel::new(&Columns::new(&slices).unwrap()).fit();
        let (n, k) = (targets as f64, raters as f64);
        let mean = columns.iter().flatten().sum::<f64>() / (n * k);
        let row = |target: usize| columns.iter().map(|column| column[target]).sum::<f64>() / k - mean;
        let column = |rater: usize| columns[rater].iter().sum::<f64>() / n - mean;
        let among = k * (0..targets).map(|target| row(target).powi(2)).sum::<f64>() / (n - 1.0);
        let between = n * (0..raters).map(|rater| column(rater).powi(2)).sum::<f64>() / (k - 1.0);
        let residual = (0..targets)
            .flat_map(|target| (0..raters).map(move |rater| (target, rater)))
            .map(|(target, rater)| (columns[rater][target] - mean - row(target) - column(rater)).powi(2))
            .sum::<f64>()
            / ((n - 1.0) * (k - 1.0));
        if among > residual && between > residual {
            prop_assert_eq!(fit.status(), Status::Defined);
            prop_assert!(close(fit.variance(CrossedComponent::Residual), residual, 1e-7));
            prop_assert!(close(fit.variance(CrossedComponent::Target), (among - residual) / k, 1e-7));
            prop_assert!(close(fit.variance(CrossedComponent::Rater), (between - residual) / n, 1e-7));
            let error = fit.variance_standard_error(CrossedComponent::Residual);
            prop_assert!(close(error, residual * (2.0 / ((n - 1.0) * (k - 1.0))).sqrt(), 1e-5));
        } else {
            prop_assert_eq!(fit.status(), Status::Boundary);
        }
    }
}

fn of_clients(rows: &[PanelRow]) -> Vec<u32> {
    rows.iter().map(|row| row.client as u32).collect()
}

/// Balanced panel A: REML is the mean squares to nine digits, and its standard errors are 2 MS^2 / df (Searle).
#[test]
fn balanced_reml_is_the_mean_squares() {
    let rows = panel_a();
    let score: Vec<f64> = rows.iter().map(PanelRow::mean).collect();
    let client = of_clients(&rows);
    let fit = MixedModel::new(&score, &Columns::new(&[]).unwrap(), &client).unwrap().fit();
    let mean_of = |rows: &[PanelRow]| rows.iter().map(PanelRow::mean).sum::<f64>() / rows.len() as f64;
    let grand = mean_of(&rows);
    let between: f64 =
        rows.chunks(8).map(|client| 8.0 * (mean_of(client) - grand).powi(2)).sum::<f64>() / 59.0;
    let within: f64 = rows
        .chunks(8)
        .map(|client| client.iter().map(|row| (row.mean() - mean_of(client)).powi(2)).sum::<f64>())
        .sum::<f64>()
        / 420.0;
    assert!(close(between, 3.959_260_24, 1e-8) && close(within, 0.225_930_06, 1e-8));
    assert!(close(fit.variance(Component::Residual), within, 1e-9));
    assert!(close(fit.variance(Component::Intercept), (between - within) / 8.0, 1e-9));
    let error = (2.0 * within * within / 420.0).sqrt();
    assert!(close(fit.variance_standard_error(Component::Residual), error, 1e-7));
    let error = ((2.0 * between * between / 59.0 + 2.0 * within * within / 420.0) / 64.0).sqrt();
    assert!(close(fit.variance_standard_error(Component::Intercept), error, 1e-7));
    // The intercept is tested with one degree of freedom less than there are clients.
    let intercept = fit.coefficient(0, Level::BetweenClients, 0.95).unwrap();
    assert!(close(intercept.degrees_of_freedom, 59.0, 1e-6));
    assert!(close(intercept.standard_error, 0.090_821_029_35, 1e-7));
    assert!(close(fit.deviance(), 821.941_760_2, 1e-9));
}

/// Nearly all variance between clients: nothing is lost to cancellation.
#[test]
fn an_intraclass_correlation_near_one() {
    let rows = panel_a();
    let client = of_clients(&rows);
    let score: Vec<f64> = rows.iter().map(|row| 1e3 * row.client as f64 + 1e-3 * row.mean()).collect();
    let fit = MixedModel::new(&score, &Columns::new(&[]).unwrap(), &client).unwrap().fit();
    assert_eq!(fit.status(), Status::Defined);
    assert!((fit.variance(Component::Residual) / (1e-6 * 0.225_930_059_523_809_5) - 1.0).abs() < 1e-6);
}

/// The slope within clients is that of a model with one intercept per client (statistics dossier, E1).
#[test]
fn the_within_slope_is_that_of_fixed_effects() {
    let rows = panel_a();
    let client = of_clients(&rows);
    let score: Vec<f64> = rows.iter().map(PanelRow::mean).collect();
    let mean = |column: &[f64], of: usize| column[8 * of..8 * of + 8].iter().sum::<f64>() / 8.0;
    let grand = score.iter().sum::<f64>() / 480.0;
    let within: Vec<f64> = (0..480).map(|row| score[row] - mean(&score, row / 8)).collect();
    let between: Vec<f64> = (0..480).map(|row| mean(&score, row / 8) - grand).collect();
    let session: Vec<f64> = rows.iter().map(|row| row.session as f64).collect();
    let outcome: Vec<f64> = rows.iter().map(|row| row.outcome).collect();
    let fixed = Columns::new(&[&within, &between, &session]).unwrap();
    let fit = MixedModel::new(&outcome, &fixed, &client).unwrap().fit();
    assert!((fit.coefficients()[1] + 0.787_223_085_9).abs() < 1e-9);
    assert!((fit.coefficient_standard_error(1) - 0.241_269_215_2).abs() < 1e-9);
    let contextual = fit.contrast(&[0.0, -1.0, 1.0, 0.0], Level::BetweenClients, 0.95).unwrap();
    assert!((contextual.value - (fit.coefficients()[2] - fit.coefficients()[1])).abs() < 1e-12);
}

/// Clients whose scores do not vary, a slope that one client cannot have, and groups of one row.
#[test]
fn groups_may_say_little() {
    let score = [3.0, 3.0, 3.0, 5.0, 6.0, 5.5, 4.0, 4.0, 2.0, 2.5];
    let time = [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 1.0, 1.0, 0.0, 3.0];
    let client = [1, 1, 1, 2, 2, 2, 3, 3, 4, 5];
    let fixed = Columns::new(&[&time]).unwrap();
    let model = MixedModel::new(&score, &fixed, &client).unwrap();
    assert!(is_estimated(model.clone().fit().status()));
    let with_slope = model.clone().with_slope(&time, SlopeCovariance::Correlated).unwrap();
    // Ten random effects for ten rows.
    assert_eq!(with_slope.fit().status(), Status::TooFewUnits);
    let effects = model.fit();
    assert_eq!(effects.group_effects().len(), 5);
    let spread = |code: usize| effects.group_effects()[code].intercept_variance;
    assert!(spread(4) > spread(2) && spread(2) > spread(0));
}

fn status_of(score: &[f64], client: &[u32]) -> Status {
    MixedModel::new(score, &Columns::new(&[]).unwrap(), client).unwrap().fit().status()
}

#[test]
fn data_that_cannot_carry_a_model_say_why() {
    assert_eq!(status_of(&[], &[]), Status::AllMissing);
    assert_eq!(status_of(&[f64::NAN; 4], &[1, 1, 2, 2]), Status::AllMissing);
    // One client; one session each.
    assert_eq!(status_of(&[1.0, 2.0, 3.0], &[1, 1, 1]), Status::TooFewUnits);
    assert_eq!(status_of(&[1.0, 2.0, 3.0], &[1, 2, 3]), Status::TooFewUnits);
    // Nothing varies; nothing varies within clients.
    assert_eq!(status_of(&[5.3; 6], &[1, 1, 2, 2, 3, 3]), Status::ZeroVariance);
    assert_eq!(status_of(&[4.1, 4.1, 5.3, 5.3, 2.7, 2.7], &[1, 1, 2, 2, 3, 3]), Status::ZeroVariance);
    // Clients do not differ at all: a boundary, with the value 0 and the rest estimated.
    let fit =
        MixedModel::new(&[1.0, 2.0, 2.0, 1.0, 1.0, 2.0], &Columns::new(&[]).unwrap(), &[1, 1, 2, 2, 3, 3]);
    let fit = fit.unwrap().fit();
    assert_eq!((fit.status(), fit.variance(Component::Intercept)), (Status::Boundary, 0.0));
    assert!(close(fit.variance(Component::Residual), 0.3, 1e-9));
    // A column that depends on another; more columns than rows carry.
    let score = [1.0, 2.5, 2.0, 4.0, 3.0, 3.5];
    let (time, doubled) = ([0.0, 1.0, 0.0, 1.0, 0.0, 1.0], [1.0, 3.0, 1.0, 3.0, 1.0, 3.0]);
    let client = [1, 1, 2, 2, 3, 3];
    let collinear = Columns::new(&[&time, &doubled]).unwrap();
    let status = MixedModel::new(&score, &collinear, &client).unwrap().fit().status();
    assert_eq!(status, Status::NotPositiveDefinite);
    let many = Columns::new(&[&time[..]; 6]).unwrap();
    assert_eq!(MixedModel::new(&score, &many, &client).unwrap().fit().status(), Status::TooFewUnits);
    // One therapist; as many therapists as clients.
    let none = Columns::new(&[]).unwrap();
    for therapist in [[1, 1, 1, 1, 1, 1], [1, 1, 2, 2, 3, 3]] {
        let model = MixedModel::new(&score, &none, &client).unwrap().nested_in(&therapist).unwrap();
        assert_eq!(model.fit().status(), Status::TooFewUnits);
    }
    // A slope on a variable that does not vary.
    let model = MixedModel::new(&score, &none, &client).unwrap();
    let model = model.with_slope(&[2.0; 6], SlopeCovariance::Correlated).unwrap();
    assert_eq!(model.fit().status(), Status::TooFewUnits);
}

#[test]
fn ratings_that_cannot_carry_a_model_say_why() {
    let status = |columns: &[&[f64]]| CrossedModel::new(&Columns::new(columns).unwrap()).fit().status();
    assert_eq!(status(&[]), Status::AllMissing);
    assert_eq!(status(&[&[f64::NAN, f64::NAN]]), Status::AllMissing);
    assert_eq!(status(&[&[1.0, 2.0, 3.0]]), Status::TooFewUnits);
    assert_eq!(status(&[&[1.0], &[2.0]]), Status::TooFewUnits);
    // No target has two raters.
    assert_eq!(status(&[&[1.0, f64::NAN, 3.0], &[f64::NAN, 2.0, f64::NAN]]), Status::TooFewUnits);
    // Perfect agreement, perfect but for the raters' levels, and nothing at all.
    assert_eq!(status(&[&[1.1, 2.3, 3.7], &[1.1, 2.3, 3.7]]), Status::ZeroVariance);
    assert_eq!(status(&[&[1.1, 2.3, 3.7], &[1.4, 2.6, 4.0]]), Status::ZeroVariance);
    assert_eq!(status(&[&[4.3, 4.3, 4.3], &[4.3, 4.3, 4.3]]), Status::ZeroVariance);
}

/// Rows with a missing value do not count, wherever it is.
#[test]
fn missing_rows_are_left_out() {
    let rows = panel_a();
    let client = of_clients(&rows);
    let mut score: Vec<f64> = rows.iter().map(PanelRow::mean).collect();
    let mut time: Vec<f64> = rows.iter().map(|row| row.session as f64).collect();
    for row in (0..480).filter(|row| row % 7 == 3) {
        if row % 2 == 0 { score[row] = f64::NAN } else { time[row] = f64::NAN }
    }
    let fixed = Columns::new(&[&time]).unwrap();
    let with_gaps = MixedModel::new(&score, &fixed, &client).unwrap();
    let with_gaps = with_gaps.with_slope(&time, SlopeCovariance::Correlated).unwrap().fit();
    let kept = |row: &usize| row % 7 != 3;
    let of = |column: &[f64]| (0..480).filter(kept).map(|row| column[row]).collect::<Vec<f64>>();
    let (short_score, short_time) = (of(&score), of(&time));
    let short_client: Vec<u32> = (0..480).filter(kept).map(|row| client[row]).collect();
    let fixed = Columns::new(&[&short_time]).unwrap();
    let without = MixedModel::new(&short_score, &fixed, &short_client).unwrap();
    let without = without.with_slope(&short_time, SlopeCovariance::Correlated).unwrap().fit();
    assert_eq!((with_gaps.rows_used(), with_gaps.rows_dropped()), (411, 69));
    assert_eq!(with_gaps.deviance(), without.deviance());
    assert_eq!(with_gaps.group_effects(), without.group_effects());
}

/// Whose rows they are, and what they say, stays out of debug output.
#[test]
fn debug_output_shows_counts_alone() {
    let score = [4.125, 5.5, 4.5, 6.0, 6.5, 6.0, 5.0, 5.0, 5.5];
    let client = [7_654_321, 7_654_321, 7_654_321, 2, 2, 2, 3, 3, 3];
    let model = MixedModel::new(&score, &Columns::new(&[]).unwrap(), &client).unwrap();
    let fit = model.fit();
    for shown in [format!("{model:?}"), format!("{fit:?}"), format!("{:?}", fit.group_effects())] {
        assert!(!shown.contains("7654321") && !shown.contains("4.125"), "{shown}");
    }
}
