//! The mixed model against lme4, nlme and lmerTest.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::mixed::{Component, MixedModel, SlopeCovariance};
use alliance_psychometrics::{Columns, Status};
use common::{close, panel_a};

fn ids(values: impl Iterator<Item = usize>) -> Vec<u32> {
    values.map(|id| id as u32).collect()
}

#[test]
fn growth_on_panel_a() {
    let rows = panel_a();
    let score: Vec<f64> = rows.iter().map(|row| row.mean()).collect();
    let client = ids(rows.iter().map(|row| row.client));
    let time: Vec<f64> = rows.iter().map(|row| row.session as f64 - 1.0).collect();
    let fixed = Columns::new(&[&time]).unwrap();
    let model = MixedModel::new(&score, &fixed, &client).unwrap();
    let fit = model.with_slope(&time, SlopeCovariance::Correlated).unwrap().fit();
    assert_eq!(fit.status(), Status::Defined);
    assert!(close(fit.deviance(), 794.7599624, 1e-7));
    assert!(close(fit.variance(Component::Slope), 0.003155130, 1e-5));
    assert!(close(fit.coefficient_standard_error(1), 0.011378866, 1e-5));
}
