//! Reliability across sessions against R's aov, psych, lme4 and lmerTest.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::mixed::{CrossedComponent, CrossedModel};
use alliance_psychometrics::sessions::{
    ItemMeans, SessionTable, crossed_generalizability, multilevel_alpha, nested_generalizability,
    rater_contrast, session_icc, stability,
};
use alliance_psychometrics::{Bootstrap, Columns, Estimate, Level, Status};
use common::{PanelRow, close, panel_a, panel_b, vectors};
use serde_json::Value;

const CLOSED_FORM: f64 = 1e-9;
const ITERATIVE: f64 = 1e-5;

/// Rows of clients' sessions.
struct Rows {
    client: Vec<u32>,
    therapist: Vec<u32>,
    session: Vec<i64>,
    columns: Vec<Vec<f64>>,
}

impl Rows {
    fn table(&self) -> SessionTable<'_> {
        let columns: Vec<&[f64]> = self.columns.iter().map(Vec::as_slice).collect();
        SessionTable::new(&self.client, &self.session, &Columns::new(&columns).unwrap()).unwrap()
    }

    fn of_panel_a(rows: &[PanelRow], columns: Vec<Vec<f64>>) -> Self {
        Self {
            client: rows.iter().map(|row| row.client as u32).collect(),
            therapist: rows.iter().map(|row| row.therapist as u32).collect(),
            session: rows.iter().map(|row| row.session as i64).collect(),
            columns,
        }
    }
}

fn is_kept(client: usize, session: usize) -> bool {
    (client * client + 5 * session * session + 3 * client * session) % 13 > client % 7
}

fn thinned() -> Vec<PanelRow> {
    panel_a().into_iter().filter(|row| is_kept(row.client, row.session)).collect()
}

fn items(rows: &[PanelRow], is_missing: impl Fn(&PanelRow, usize) -> bool) -> Vec<Vec<f64>> {
    let answer = |row: &PanelRow, item: usize| {
        if is_missing(row, item + 1) { f64::NAN } else { row.items[item] }
    };
    (0..4).map(|item| rows.iter().map(|row| answer(row, item)).collect()).collect()
}

/// A panel with its items.
fn panel_of_items(name: &str) -> Rows {
    match name {
        "panel-a" => {
            let rows = panel_a();
            Rows::of_panel_a(&rows, items(&rows, |_, _| false))
        }
        "gaps" => {
            let rows = thinned();
            let missing =
                |row: &PanelRow, item: usize| (row.client + 2 * row.session + 3 * item).is_multiple_of(11);
            Rows::of_panel_a(&rows, items(&rows, missing))
        }
        _ => shrout(),
    }
}

/// Shrout and Lane (2012): five persons, four times, three items.
fn shrout() -> Rows {
    let vectors = vectors("sessions");
    let data = vectors["cases"][0]["data"].as_array().unwrap();
    let column = |place: usize| -> Vec<f64> { data.iter().map(|row| row[place].as_f64().unwrap()).collect() };
    Rows {
        client: column(0).iter().map(|id| *id as u32).collect(),
        therapist: vec![0; data.len()],
        session: column(1).iter().map(|number| *number as i64).collect(),
        columns: (2..5).map(column).collect(),
    }
}

/// A panel with one score, or two raters' scores.
fn panel_of_scores(name: &str, raters: bool) -> Rows {
    if name.starts_with("panel-b") {
        let rows: Vec<_> = panel_b()
            .into_iter()
            .enumerate()
            .map(|(row, (therapist, client, score))| (therapist, client, row % 4 + 1, score))
            .filter(|(_, client, session, _)| name == "panel-b" || is_kept(*client, *session))
            .collect();
        return Rows {
            client: rows.iter().map(|row| row.1 as u32).collect(),
            therapist: rows.iter().map(|row| row.0 as u32).collect(),
            session: rows.iter().map(|row| row.2 as i64).collect(),
            columns: vec![rows.iter().map(|row| row.3).collect()],
        };
    }
    let rows = if name == "panel-a" { panel_a() } else { thinned() };
    let mean = |row: &PanelRow| {
        let gap = (1..=4).any(|item| (row.client + 2 * row.session + 3 * item).is_multiple_of(11));
        if gap && name == "gaps" { f64::NAN } else { row.mean() }
    };
    let mut columns = vec![rows.iter().map(mean).collect()];
    if raters {
        columns.push(rows.iter().map(|row| row.rated).collect());
    }
    Rows::of_panel_a(&rows, columns)
}

fn cases(kind: &str) -> Vec<Value> {
    let vectors = vectors("sessions");
    vectors["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == kind).cloned().collect()
}

#[track_caller]
fn agree(what: &str, found: f64, expected: &Value, tolerance: f64) {
    let Some(expected) = expected.as_f64() else { return };
    let near = (found - expected).abs() <= tolerance * expected.abs() + 1e-2 * tolerance;
    assert!(near, "{what}: {found} is not {expected}");
}

#[track_caller]
fn agree_interval(what: &str, found: &Estimate, expected: &Value, tolerance: f64) {
    let interval = found.interval.unwrap();
    agree(what, interval.low, &expected[0], tolerance);
    agree(what, interval.high, &expected[1], tolerance);
}

#[test]
fn crossed_components_are_those_of_aov_and_psych() {
    for case in cases("crossed") {
        let id = case["id"].as_str().unwrap();
        let rows = panel_of_items(id.trim_start_matches("crossed-"));
        let found = crossed_generalizability(&rows.table(), 0.95).unwrap();
        let components = [
            &found.client,
            &found.session,
            &found.item,
            &found.client_session,
            &found.client_item,
            &found.session_item,
            &found.residual,
        ];
        for (place, component) in components.iter().enumerate() {
            agree(id, component.value, &case["components"][place], CLOSED_FORM);
            agree(id, component.standard_error, &case["component_standard_errors"][place], CLOSED_FORM);
        }
        let coefficients = [
            &found.one_fixed_session,
            &found.mean_of_fixed_sessions,
            &found.one_random_session,
            &found.mean_of_random_sessions,
            &found.change,
        ];
        for (place, coefficient) in coefficients.iter().enumerate() {
            agree(id, coefficient.value, &case["coefficients"][place], CLOSED_FORM);
            // R differentiates numerically.
            agree(id, coefficient.standard_error, &case["coefficient_standard_errors"][place], 1e-7);
            if place > 0 {
                agree(id, coefficient.value, &case["psych"][place - 1], CLOSED_FORM);
            }
            let level = if place == 4 { Level::WithinClient } else { Level::BetweenClients };
            assert_eq!((coefficient.level, coefficient.status), (level, Status::Defined), "{id}");
            let interval = coefficient.interval.unwrap();
            assert!(interval.low < coefficient.value && coefficient.value < interval.high);
        }
        agree_interval(id, &found.change, &case["change_interval"], 1e-8);
    }
}

#[test]
fn nested_components_are_those_of_lme4() {
    let cases = cases("nested");
    assert_eq!(cases.len(), 6);
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let rows = panel_of_items(case["panel"].as_str().unwrap());
        let means = if case["removed"].as_bool().unwrap() { ItemMeans::Removed } else { ItemMeans::InError };
        let found = nested_generalizability(&rows.table(), means, 0.95).unwrap();
        assert_eq!(found.clients as u64, case["clients"].as_u64().unwrap(), "{id}");
        agree(id, found.sessions, &case["sessions"], CLOSED_FORM);
        agree(id, found.items, &case["items"], CLOSED_FORM);
        let method = if id.contains("gaps") { "REML" } else { "mean squares" };
        for (place, component) in [&found.client, &found.session, &found.residual].iter().enumerate() {
            assert_eq!((component.method, component.status), (method, Status::Defined), "{id}");
            agree(id, component.value, &case["components"][place], ITERATIVE);
            agree(id, component.standard_error, &case["component_standard_errors"][place], 1e-4);
        }
        let coefficients = [&found.one_session, &found.mean_of_sessions, &found.change];
        for (place, coefficient) in coefficients.iter().enumerate() {
            agree(id, coefficient.value, &case["coefficients"][place], ITERATIVE);
            agree(id, coefficient.standard_error, &case["coefficient_standard_errors"][place], 1e-4);
        }
        assert_eq!(found.change.level, Level::WithinClient);
        assert_eq!(found.mean_of_sessions.level, Level::BetweenClients);
    }
    // The closed form of the dossier's nested design, to all digits.
    let shrout = shrout();
    let found = nested_generalizability(&shrout.table(), ItemMeans::InError, 0.95).unwrap();
    assert!(close(found.client.value, 2.284_259_259_259_259, CLOSED_FORM));
    assert!(close(found.session.value, 1.057_407_407_407_407, CLOSED_FORM));
    assert!(close(found.residual.value, 1.733_333_333_333_333, CLOSED_FORM));
    assert!((found.mean_of_sessions.value - 0.848_203_541).abs() < 1e-9);
    assert!((found.change.value - 0.646_659_117).abs() < 1e-9);
}

#[test]
fn alphas_are_those_of_the_covariance_matrices() {
    for case in cases("alpha") {
        let id = case["id"].as_str().unwrap();
        let rows = panel_of_items(case["panel"].as_str().unwrap());
        let found = multilevel_alpha(&rows.table(), 0.95, None).unwrap();
        assert_eq!(found.clients as u64, case["clients"].as_u64().unwrap(), "{id}");
        assert_eq!(found.rows as u64, case["rows"].as_u64().unwrap(), "{id}");
        agree(id, found.within.value, &case["within"], CLOSED_FORM);
        agree(id, found.between.value, &case["between"], CLOSED_FORM);
        agree(id, found.pooled.value, &case["pooled"], CLOSED_FORM);
        agree(id, found.standard_error_of_measurement.value, &case["sem"], CLOSED_FORM);
        agree_interval(id, &found.within, &case["feldt"], 1e-8);
        for (item, icc) in found.item_icc.iter().enumerate() {
            agree(id, icc.value, &case["item_icc"][item], CLOSED_FORM);
        }
        assert_eq!(
            [found.within.level, found.between.level, found.pooled.level],
            [Level::WithinClient, Level::BetweenClients, Level::PooledRows]
        );
        assert!(found.between.interval.is_none() && found.pooled.interval.is_none());
    }
}

#[test]
fn icc_of_session_scores() {
    for case in cases("icc") {
        let id = case["id"].as_str().unwrap();
        let rows = panel_of_scores(case["panel"].as_str().unwrap(), false);
        let therapists = case["therapists"].as_bool().unwrap();
        let found =
            session_icc(&rows.table(), therapists.then_some(rows.therapist.as_slice()), 0.95).unwrap();
        assert_eq!(found.clients as u64, case["clients"].as_u64().unwrap(), "{id}");
        agree(id, found.sessions, &case["sessions"], CLOSED_FORM);
        agree(id, found.client.value, &case["components"][1], ITERATIVE);
        agree(id, found.residual.value, &case["components"][2], ITERATIVE);
        agree(id, found.one_session.value, &case["one"], ITERATIVE);
        agree(id, found.mean_of_sessions.value, &case["mean"], ITERATIVE);
        assert_eq!(found.therapist.is_some(), therapists);
        assert_eq!(found.one_session.status, Status::Defined, "{id}");
        assert_eq!(found.mean_of_sessions.status, Status::Defined, "{id}");
        if let (Some(therapist), Some(same)) = (&found.therapist, &found.same_therapist) {
            agree(id, therapist.value, &case["components"][0], ITERATIVE);
            agree(id, same.value, &case["same_therapist"], ITERATIVE);
        }
        if !case["interval"].is_null() {
            agree_interval(id, &found.one_session, &case["interval"], 1e-8);
            agree_interval(id, &found.mean_of_sessions, &case["mean_interval"], 1e-8);
        }
    }
    let rows = panel_of_scores("panel-a", false);
    let found = session_icc(&rows.table(), None, 0.95).unwrap();
    assert!(close(found.one_session.value, 0.673_792_584_4, CLOSED_FORM));
    assert!(close(found.mean_of_sessions.value, 0.942_936_294_7, CLOSED_FORM));
}

#[test]
fn panel_b_has_the_closed_form_of_its_mean_squares() {
    let rows = panel_of_scores("panel-b", false);
    let found = session_icc(&rows.table(), Some(&rows.therapist), 0.95).unwrap();
    let (among, between, within): (f64, f64, f64) = (10.132_274, 1.923_504, 0.388_653);
    assert!((found.client.value - (between - within) / 4.0).abs() < 1e-6);
    assert!((found.therapist.unwrap().value - (among - between) / 20.0).abs() < 1e-6);
}

#[test]
fn first_last_and_chosen_sessions_keep_the_order_of_clients() {
    let nan = f64::NAN;
    let scores = [3.0, 1.0, nan, 5.0, 2.0, nan, nan];
    // Rows in no order; client 7 has one value, client 9 none.
    let (client, session) = ([2, 2, 2, 2, 7, 9, 7], [3, 1, 9, 2, 4, 1, 5]);
    let table = SessionTable::new(&client, &session, &Columns::new(&[&scores]).unwrap()).unwrap();
    let (first, last) = table.first_and_last(0);
    assert_eq!((first[0], last[0], first[1]), (1.0, 3.0, 2.0));
    assert!(last[1].is_nan() && first[2].is_nan() && last[2].is_nan());
    let at_two = table.values_at(0, 2);
    assert_eq!(at_two[0], 5.0);
    assert!(at_two[1].is_nan() && at_two[2].is_nan() && table.values_at(0, 9)[0].is_nan());
}

#[test]
fn stability_is_that_of_psych() {
    let rows = panel_a();
    let client = Rows::of_panel_a(
        &rows,
        vec![rows.iter().map(PanelRow::mean).collect(), rows.iter().map(|row| row.rated).collect()],
    );
    let table = client.table();
    for case in cases("stability") {
        let id = case["id"].as_str().unwrap();
        let column = usize::from(case["score"] == "rated");
        let number = |key: &str| case[key].as_i64().unwrap();
        let (first, second) = table.pairs(column, number("first"), number("second"));
        let found = stability(&first, &second, 0.95).unwrap();
        assert_eq!(found.clients, 60);
        for (estimate, key) in [
            (&found.agreement, "agreement"),
            (&found.consistency, "consistency"),
            (&found.correlation, "correlation"),
        ] {
            agree(id, estimate.value, &case[key][0], CLOSED_FORM);
            let interval = estimate.interval.unwrap();
            agree(id, interval.low, &case[key][1], 1e-7);
            agree(id, interval.high, &case[key][2], 1e-7);
        }
        agree(id, found.standard_error_of_measurement.value, &case["sem"], CLOSED_FORM);
        agree(id, found.mean_change.value, &case["change"][0], CLOSED_FORM);
        agree(id, found.mean_change.standard_error, &case["change"][1], CLOSED_FORM);
        agree(id, found.mean_change.interval.unwrap().low, &case["change"][2], 1e-8);
        agree(id, found.mean_change.interval.unwrap().high, &case["change"][3], 1e-8);
    }
}

#[test]
fn stability_of_too_little_is_not_certain() {
    // Two clients always lie on a line.
    let two = stability(&[4.0, 6.0], &[5.0, 6.5], 0.95).unwrap();
    assert_eq!(two.correlation.status, Status::TooFewUnits);
    assert!(two.correlation.value.is_nan() && two.mean_change.interval.is_some());
    let alike = stability(&[4.0, 6.0, 3.0, 5.0], &[4.5, 6.5, 3.5, 5.5], 0.95).unwrap();
    assert_eq!(alike.mean_change.value, 0.5);
    assert!(alike.mean_change.interval.is_none() && alike.mean_change.standard_error.is_nan());
}

#[test]
fn raters_of_one_session_each_are_too_few_units() {
    let columns = [vec![1.0, 3.0, 5.0], vec![2.0, 3.0, 4.0]];
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let status = |sessions: &[i64], clients: &[u32]| {
        let table = SessionTable::new(clients, sessions, &Columns::new(&columns).unwrap()).unwrap();
        let found = rater_contrast(&table, 0.95, &Bootstrap::new(100, 1).unwrap()).unwrap();
        [&found.icc, &found.within_deviation, &found.successive_change, &found.slope]
            .map(|each| each.first.status)
    };
    assert_eq!(status(&[1, 1, 1], &[1, 2, 3]), [Status::TooFewUnits; 4]);
    // Sessions that do not follow each other have no successive change.
    assert_eq!(status(&[1, 3, 1], &[1, 1, 2])[2], Status::TooFewUnits);
}

#[test]
fn raters_are_contrasted_on_common_sessions() {
    for case in cases("contrast") {
        let id = case["id"].as_str().unwrap();
        let rows = panel_of_scores(case["panel"].as_str().unwrap(), true);
        let found = rater_contrast(&rows.table(), 0.95, &Bootstrap::new(500, 1).unwrap()).unwrap();
        assert_eq!(found.clients as u64, case["clients"].as_u64().unwrap(), "{id}");
        assert_eq!(found.sessions as u64, case["rows"].as_u64().unwrap(), "{id}");
        let contrasts = [&found.icc, &found.within_deviation, &found.successive_change, &found.slope];
        for (place, contrast) in contrasts.iter().enumerate() {
            agree(id, contrast.first.value, &case["first"][place], CLOSED_FORM);
            agree(id, contrast.second.value, &case["second"][place], CLOSED_FORM);
            let difference = contrast.first.value - contrast.second.value;
            assert!(close(contrast.difference.value, difference, CLOSED_FORM));
            let interval = contrast.difference.interval.unwrap();
            assert!(interval.low < difference && difference < interval.high, "{id}");
            assert!(contrast.difference.standard_error > 0.0);
        }
    }
}

#[test]
fn crossed_raters_are_those_of_lme4() {
    for case in cases("judged") {
        let id = case["id"].as_str().unwrap();
        let ratings = case["ratings"].as_array().unwrap();
        let raters = ratings[0].as_array().unwrap().len();
        let columns: Vec<Vec<f64>> = (0..raters)
            .map(|rater| ratings.iter().map(|row| row[rater].as_f64().unwrap_or(f64::NAN)).collect())
            .collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let fit = CrossedModel::new(&Columns::new(&slices).unwrap()).fit();
        let singular = case["singular"].as_bool().unwrap();
        assert_eq!(fit.status(), if singular { Status::Boundary } else { Status::Defined }, "{id}");
        agree(id, fit.deviance(), &case["deviance"], 1e-9);
        agree(id, fit.mean(), &case["mean"], ITERATIVE);
        agree(id, fit.mean_standard_error(), &case["mean_standard_error"], ITERATIVE);
        let components = [CrossedComponent::Residual, CrossedComponent::Target, CrossedComponent::Rater];
        for (place, component) in components.into_iter().enumerate() {
            agree(id, fit.variance(component), &case["components"][place], ITERATIVE);
            let error = fit.variance_standard_error(component);
            agree(id, error, &case["component_standard_errors"][place], 1e-4);
        }
        if id == "judged-missing" {
            let [residual, target, rater] = components.map(|component| fit.variance(component));
            assert!((target / (target + rater + residual) - 0.349_103_08).abs() < 1e-5);
            assert!((target / (target + residual) - 0.759_426_749).abs() < 1e-5);
        }
    }
}
