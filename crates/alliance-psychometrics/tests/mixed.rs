//! The mixed model against lme4, nlme and lmerTest, and against what must hold of any.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::mixed::{Component, Likelihood, MixedFit, MixedModel, SlopeCovariance};
use alliance_psychometrics::{Columns, Level, Status};
use common::{panel_a, panel_b, vectors};
use serde_json::Value;

/// A panel as named columns.
struct Panel {
    therapist: Vec<u32>,
    client: Vec<u32>,
    columns: Vec<(&'static str, Vec<f64>)>,
}

impl Panel {
    fn column(&self, name: &str) -> &[f64] {
        &self.columns.iter().find(|(own, _)| *own == name).unwrap().1
    }
}

fn is_kept(client: usize, session: usize) -> bool {
    (client * client + 5 * session * session + 3 * client * session) % 13 > client % 7
}

fn panel(name: &str) -> Panel {
    let thinned = name.ends_with("thinned");
    let id = |id: usize| id as u32;
    if name.starts_with("panel-b") {
        let rows: Vec<_> = panel_b()
            .into_iter()
            .enumerate()
            .filter(|(row, (_, client, _))| !thinned || is_kept(*client, row % 4 + 1))
            .map(|(_, row)| row)
            .collect();
        return Panel {
            therapist: rows.iter().map(|row| id(row.0)).collect(),
            client: rows.iter().map(|row| id(row.1)).collect(),
            columns: vec![("y", rows.iter().map(|row| row.2).collect())],
        };
    }
    let mut rows = panel_a();
    rows.retain(|row| !thinned || is_kept(row.client, row.session));
    let all: Vec<f64> = rows.iter().map(common::PanelRow::mean).collect();
    let grand = all.iter().sum::<f64>() / all.len() as f64;
    let mean_of = |client: usize| {
        let own: Vec<f64> =
            rows.iter().zip(&all).filter(|(row, _)| row.client == client).map(|(_, score)| *score).collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    let means: Vec<f64> = rows.iter().map(|row| mean_of(row.client)).collect();
    let within: Vec<f64> = all.iter().zip(&means).map(|(score, mean)| score - mean).collect();
    let between: Vec<f64> = means.iter().map(|mean| mean - grand).collect();
    Panel {
        therapist: rows.iter().map(|row| id(row.therapist)).collect(),
        client: rows.iter().map(|row| id(row.client)).collect(),
        columns: vec![
            ("t", rows.iter().map(|row| row.session as f64 - 1.0).collect()),
            ("session", rows.iter().map(|row| row.session as f64).collect()),
            ("y", rows.iter().map(|row| row.outcome).collect()),
            ("rated_less_grand", rows.iter().map(|row| row.rated - grand).collect()),
            (
                "lifted",
                rows.iter()
                    .zip(&all)
                    .map(|(row, score)| score + 0.15 * ((3 * row.therapist) % 7) as f64)
                    .collect(),
            ),
            ("product", within.iter().zip(&between).map(|(one, other)| one * other).collect()),
            ("all", all),
            ("within", within),
            ("between", between),
        ],
    }
}

const COMPONENTS: [Component; 5] = [
    Component::Residual,
    Component::Intercept,
    Component::Slope,
    Component::InterceptSlope,
    Component::Outer,
];

fn fitted(panel: &Panel, case: &Value) -> MixedFit {
    let text = |key: &str| case[key].as_str().unwrap();
    let columns: Vec<&[f64]> =
        case["fixed"].as_array().unwrap().iter().map(|name| panel.column(name.as_str().unwrap())).collect();
    let mut model =
        MixedModel::new(panel.column(text("response")), &Columns::new(&columns).unwrap(), &panel.client)
            .unwrap();
    if !text("slope").is_empty() {
        let covariance = match text("covariance") {
            "correlated" => SlopeCovariance::Correlated,
            _ => SlopeCovariance::Uncorrelated,
        };
        model = model.with_slope(panel.column(text("slope")), covariance).unwrap();
    }
    if text("outer") == "therapist" {
        model = model.nested_in(&panel.therapist).unwrap();
    }
    if text("likelihood") == "ML" {
        model = model.with_likelihood(Likelihood::Full);
    }
    model.fit()
}

#[track_caller]
fn agree(what: &str, found: f64, expected: &Value, tolerance: f64) {
    let Some(expected) = expected.as_f64() else { return };
    let near = (found - expected).abs() <= tolerance * expected.abs() + 1e-8;
    assert!(near, "{what}: {found} is not {expected}");
}

#[test]
fn fits_agree_with_lme4() {
    let vectors = vectors("mixed");
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 48);
    for case in cases {
        let panel = panel(case["data"].as_str().unwrap());
        let fit = fitted(&panel, case);
        let id = case["id"].as_str().unwrap();
        let singular = case["singular"].as_bool().unwrap();
        assert_eq!(fit.status(), if singular { Status::Boundary } else { Status::Defined }, "{id}");
        assert_eq!(fit.rows_used() as u64, case["rows"].as_u64().unwrap(), "{id}");
        agree(id, fit.deviance(), &case["deviance"], 1e-9);
        let count = fit.coefficients().len();
        for (place, value) in fit.coefficients().iter().enumerate() {
            agree(id, *value, &case["coefficients"][place], 1e-6);
            agree(id, fit.coefficient_standard_error(place), &case["standard_errors"][place], 1e-5);
            let estimate = fit.coefficient(place, Level::WithinClient, 0.95).unwrap();
            agree(id, estimate.degrees_of_freedom, &case["degrees_of_freedom"][place], 1e-4);
            for other in 0..count {
                let covariance = fit.coefficient_covariance(place, other);
                agree(id, covariance, &case["covariances"][place * count + other], 1e-5);
            }
        }
        for (place, component) in COMPONENTS.into_iter().enumerate() {
            agree(id, fit.variance(component), &case["components"][place], 1e-5);
            let error = fit.variance_standard_error(component);
            agree(id, error, &case["component_standard_errors"][place], 2e-4);
        }
        for expected in case["groups"].as_array().unwrap() {
            let code = expected["code"].as_u64().unwrap();
            let effect = fit.group_effects().iter().find(|effect| u64::from(effect.code) == code).unwrap();
            agree(id, effect.intercept, &expected["effect"][0], 1e-5);
            agree(id, effect.slope, &expected["effect"][1], 1e-5);
            agree(id, effect.intercept_variance, &expected["variance"][0], 1e-5);
            agree(id, effect.covariance, &expected["variance"][1], 1e-5);
            agree(id, effect.slope_variance, &expected["variance"][3], 1e-5);
        }
        for expected in case["outers"].as_array().unwrap() {
            let code = expected["code"].as_u64().unwrap();
            let effect = fit.outer_effects().iter().find(|effect| u64::from(effect.code) == code).unwrap();
            agree(id, effect.intercept, &expected["effect"], 1e-5);
            agree(id, effect.intercept_variance, &expected["variance"], 1e-5);
        }
    }
}
