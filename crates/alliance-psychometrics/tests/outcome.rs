//! Alliance and outcome against lme4, glm, survival and plain readings of definitions in R.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::mixed::{Component, MixedModel};
use alliance_psychometrics::outcome::{
    Appointment, ClientCancellations, EndKind, Ending, HazardLink, HazardTime, MeanThrough, Measured,
    OwnThreshold, PeriodEvent, PlannedEnds, Trajectory, TrajectoryOptions, Trend, attendance, disaggregate,
    disaggregate_so_far, discrete_time_hazard, earlier_mean, ending_times, endings_by_length, incidence,
    lagged, log_rank, person_periods, session_difference, trajectories, wilson, within_between_model,
};
use alliance_psychometrics::sessions::{SessionTable, session_icc};
use alliance_psychometrics::{Bootstrap, Columns, Estimate, Level, Status};
use alliance_statistics::Generator;
use common::{PanelRow, close, drop_a, panel_a, vectors};
use proptest::prelude::*;
use serde_json::Value;

const CLOSED_FORM: f64 = 1e-9;
const ITERATIVE: f64 = 1e-5;

fn number(case: &Value, name: &str) -> f64 {
    case[name].as_f64().unwrap_or(f64::NAN)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

fn cases(kind: &str) -> Vec<Value> {
    let all = vectors("outcome");
    let found: Vec<Value> =
        all["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == kind).cloned().collect();
    assert!(!found.is_empty());
    found
}

/// A panel as columns.
struct Panel {
    client: Vec<u32>,
    therapist: Vec<u32>,
    session: Vec<i64>,
    number: Vec<f64>,
    alliance: Vec<f64>,
    outcome: Vec<f64>,
}

impl Panel {
    fn of(name: &str) -> Self {
        let is_kept = |row: &PanelRow| {
            (row.client * row.client + 5 * row.session * row.session + 3 * row.client * row.session) % 13
                > row.client % 7
        };
        let rows: Vec<PanelRow> =
            panel_a().into_iter().filter(|row| name == "panel-a" || is_kept(row)).collect();
        Self::from(&rows)
    }

    fn from(rows: &[PanelRow]) -> Self {
        Self {
            client: rows.iter().map(|row| row.client as u32).collect(),
            therapist: rows.iter().map(|row| row.therapist as u32).collect(),
            session: rows.iter().map(|row| row.session as i64).collect(),
            number: rows.iter().map(|row| row.session as f64).collect(),
            alliance: rows.iter().map(PanelRow::mean).collect(),
            outcome: rows.iter().map(|row| row.outcome).collect(),
        }
    }

    fn table(&self) -> SessionTable<'_> {
        let columns = Columns::new(&[&self.alliance, &self.outcome]).unwrap();
        SessionTable::new(&self.client, &self.session, &columns).unwrap()
    }

    fn trend(&self, detrended: bool) -> Trend<'_> {
        if detrended { Trend::Removed(&self.number) } else { Trend::Kept }
    }
}

fn agrees(found: &Estimate, value: f64, error: f64, tolerance: f64) -> bool {
    close(found.value, value, tolerance) && close(found.standard_error, error, tolerance)
}

#[test]
fn effects_within_and_between_agree_with_lme4() {
    for case in cases("model") {
        let id = case["id"].as_str().unwrap();
        let panel = Panel::of(case["panel"].as_str().unwrap());
        let therapists = case["therapists"] == true;
        let therapist = therapists.then_some(panel.therapist.as_slice());
        let trend = panel.trend(case["detrended"] == true);
        let parts = disaggregate(&panel.alliance, &panel.client, therapist, trend).unwrap();
        for (column, name) in [(&parts.within, "within_rows"), (&parts.between, "between_rows")] {
            for (found, expected) in column.iter().zip(numbers(&case[name])) {
                assert!(close(*found, expected, CLOSED_FORM), "{id} {name}: {found} {expected}");
            }
        }
        let product: Vec<f64> = parts.within.iter().zip(&parts.between).map(|(w, b)| w * b).collect();
        let covariates: &[&[f64]] =
            if case["extra"] == "session" { &[&panel.number] } else { &[&panel.number, &product] };
        let found = within_between_model(
            &panel.outcome,
            &parts,
            &Columns::new(covariates).unwrap(),
            &panel.client,
            therapist,
            0.95,
        )
        .unwrap();
        let all: Vec<&Estimate> = [&found.intercept, &found.within, &found.between]
            .into_iter()
            .chain(&found.therapist)
            .chain(&found.covariates)
            .collect();
        let (values, errors) = (numbers(&case["coefficients"]), numbers(&case["errors"]));
        assert_eq!(all.len(), values.len(), "{id}");
        for (place, estimate) in all.into_iter().enumerate() {
            assert!(agrees(estimate, values[place], errors[place], ITERATIVE), "{id} {place}");
        }
        let (value, error) = (number(&case, "contextual"), number(&case, "contextual_se"));
        assert!(agrees(&found.contextual, value, error, ITERATIVE), "{id}");
        assert!(close(found.fit.variance(Component::Residual), number(&case, "residual"), ITERATIVE));
        assert!(close(found.fit.variance(Component::Intercept), number(&case, "client"), 1e-4), "{id}");
        assert!(close(found.fit.deviance(), number(&case, "reml"), 1e-7), "{id}");
        assert_eq!(found.fit.rows_used() as f64, number(&case, "rows"));
    }
}

/// The effect between at true levels agrees with its formula on lme4's estimates, and undoes what unreliable means do.
#[test]
fn unreliable_means_can_be_corrected_for() {
    let panel = Panel::of("panel-a");
    let parts = disaggregate(&panel.alliance, &panel.client, None, Trend::Kept).unwrap();
    let none = Columns::new(&[]).unwrap();
    let model = within_between_model(&panel.outcome, &parts, &none, &panel.client, None, 0.95).unwrap();
    let corrected = model.between_at_true_levels(0.8).unwrap();
    assert!((0.8 * corrected.value + 0.2 * model.within.value - model.between.value).abs() < 1e-9);
    assert_eq!(model.between_at_true_levels(1.0).unwrap().value, model.between.value);
    let case = &cases("true-levels")[0];
    let time = Columns::new(&[&panel.number]).unwrap();
    let with_time = within_between_model(&panel.outcome, &parts, &time, &panel.client, None, 0.95).unwrap();
    let corrected = with_time.between_at_true_levels(number(case, "reliability")).unwrap();
    assert!(agrees(&corrected, number(case, "value"), number(case, "error"), ITERATIVE));
    // The reliability is that of the mean of a client's sessions, T ICC / (1 + (T - 1) ICC).
    let columns = Columns::new(&[&panel.alliance]).unwrap();
    let table = SessionTable::new(&panel.client, &panel.session, &columns).unwrap();
    let reliability = session_icc(&table, None, 0.95).unwrap().mean_of_sessions.value;
    assert!(close(reliability, number(case, "reliability"), ITERATIVE));
    // Effects say of which level they speak.
    let age: Vec<f64> = panel.client.iter().map(|client| f64::from(client * client % 17)).collect();
    let both = Columns::new(&[&panel.number, &age]).unwrap();
    let found = within_between_model(&panel.outcome, &parts, &both, &panel.client, None, 0.95).unwrap();
    assert_eq!((found.within.level, found.between.level), (Level::WithinClient, Level::BetweenClients));
    let levels: Vec<Level> = found.covariates.iter().map(|covariate| covariate.level).collect();
    assert_eq!(levels, [Level::WithinClient, Level::BetweenClients]);
    assert_eq!(model.between_at_true_levels(0.0).unwrap_err().code(), "invalid-option");
}

/// Where clients' true levels have an effect of -3 and sessions one of -1, means of three sessions of reliability 0.75 show
/// 0.75 (-3) + 0.25 (-1) = -2.5, and the correction finds -3.
#[test]
fn the_correction_finds_the_effect_of_true_levels() {
    let (mut client, mut session, mut alliance, mut outcome) = (vec![], vec![], vec![], vec![]);
    for one in 0..4000_u32 {
        let mut random = Generator::stream(75, u64::from(one));
        let level = 0.5_f64.sqrt() * random.normal();
        let own = random.normal();
        for nth in 1..=3_i64 {
            let within = 0.5_f64.sqrt() * random.normal();
            client.push(one);
            session.push(nth);
            alliance.push(5.0 + level + within);
            outcome.push(20.0 - 3.0 * level - within + own + random.normal());
        }
    }
    let parts = disaggregate(&alliance, &client, None, Trend::Kept).unwrap();
    let none = Columns::new(&[]).unwrap();
    let model = within_between_model(&outcome, &parts, &none, &client, None, 0.95).unwrap();
    let columns = Columns::new(&[&alliance]).unwrap();
    let table = SessionTable::new(&client, &session, &columns).unwrap();
    let reliability = session_icc(&table, None, 0.95).unwrap().mean_of_sessions.value;
    assert!((reliability - 0.75).abs() < 0.02, "{reliability}");
    assert!((model.between.value + 2.5).abs() < 0.1 && (model.within.value + 1.0).abs() < 0.1);
    let corrected = model.between_at_true_levels(reliability).unwrap();
    assert!((corrected.value + 3.0).abs() < 0.1, "{}", corrected.value);
    let interval = corrected.interval.unwrap();
    assert!(interval.low < -3.0 && interval.high > -3.0);
}

/// The effect of scores as they are mixes both; the one within is that of a regression with a dummy per client; the outcome
/// of the session before as a predictor takes the clients' variance with it.
#[test]
fn other_models_of_the_same_rows_agree() {
    let case = &cases("single")[0];
    let panel = Panel::of("panel-a");
    let raw = Columns::new(&[&panel.alliance, &panel.number]).unwrap();
    let fit = MixedModel::new(&panel.outcome, &raw, &panel.client).unwrap().fit();
    assert!(close(fit.coefficients()[1], number(case, "raw"), ITERATIVE));
    assert!(close(fit.coefficient_standard_error(1), number(case, "raw_se"), ITERATIVE));
    let parts = disaggregate(&panel.alliance, &panel.client, None, Trend::Kept).unwrap();
    let time = Columns::new(&[&panel.number]).unwrap();
    let found = within_between_model(&panel.outcome, &parts, &time, &panel.client, None, 0.95).unwrap();
    assert!(agrees(&found.within, number(case, "dummy"), number(case, "dummy_se"), ITERATIVE));
    assert!((found.contextual.value - (found.between.value - found.within.value)).abs() < 1e-10);
    assert!(fit.coefficients()[1] < found.within.value && fit.coefficients()[1] > found.between.value);
    // y on the within part and on y of the session before.
    let columns = Columns::new(&[&parts.within, &panel.outcome]).unwrap();
    let table = SessionTable::new(&panel.client, &panel.session, &columns).unwrap();
    let before = |column| lagged(&table, column, Measured::AfterSession, Measured::AfterSession, 1).unwrap();
    let (within, outcome) = (before(0), before(1));
    let fixed = Columns::new(&[&within, &outcome, &parts.between, &panel.number]).unwrap();
    let fit = MixedModel::new(&panel.outcome, &fixed, &panel.client).unwrap().fit();
    let errors = numbers(&case["lagged_se"]);
    for (place, expected) in numbers(&case["lagged"]).into_iter().enumerate() {
        assert!(close(fit.coefficients()[place + 1], expected, ITERATIVE));
        assert!(close(fit.coefficient_standard_error(place + 1), errors[place], ITERATIVE));
    }
    assert!(close(fit.variance(Component::Intercept), number(case, "lagged_client"), ITERATIVE));
}

#[test]
fn degenerate_scores_are_taken_apart_with_a_status() {
    let none = disaggregate(&[], &[], None, Trend::Kept).unwrap();
    assert_eq!(none.status, Status::AllMissing);
    let missing = disaggregate(&[f64::NAN; 2], &[1, 2], None, Trend::Kept).unwrap();
    assert_eq!((missing.status, missing.rows_dropped), (Status::AllMissing, 2));
    let constant = disaggregate(&[0.1; 6], &[1, 1, 1, 2, 2, 2], None, Trend::Kept).unwrap();
    assert_eq!(constant.status, Status::ZeroVariance);
    assert!(constant.within.iter().all(|part| *part == 0.0));
    let single = disaggregate(&[4.0, 5.0], &[1, 2], None, Trend::Kept).unwrap();
    assert_eq!((single.status, single.single_session_clients), (Status::ZeroVariance, 2));
    assert_eq!(single.between, [-0.5, 0.5]);
    let line = [0.1, 0.2, 0.3, 0.1, 0.2];
    let time = [0.0, 1.0, 2.0, 0.0, 1.0];
    let straight = disaggregate(&line, &[1, 1, 1, 2, 2], None, Trend::Removed(&time)).unwrap();
    assert_eq!((straight.status, straight.rows_used), (Status::ZeroVariance, 3));
    assert!(straight.within[4].is_nan());
    let strays = disaggregate(&line, &[1, 1, 1, 2, 2], Some(&[1, 1, 2, 2, 2]), Trend::Kept);
    assert_eq!(strays.unwrap_err().code(), "not-nested");
    // Models of such parts say why they have no effects.
    let fit =
        within_between_model(&[3.0, 4.0], &single, &Columns::new(&[]).unwrap(), &[1, 2], None, 0.95).unwrap();
    assert!(fit.within.value.is_nan() && fit.within.status != Status::Defined);
}

/// Trap 7: sessions are found by number; a gap is no previous session.
#[test]
fn trap_7_lags_go_by_session_number() {
    let case = &cases("lags")[0];
    let panel = Panel::of("panel-a-thinned");
    for (lag, name) in [(1, "one"), (2, "two")] {
        let found = lagged(&panel.table(), 0, Measured::AfterSession, Measured::BeforeSession, lag).unwrap();
        for (found, expected) in found.iter().zip(numbers(&case[name])) {
            assert!(close(*found, expected, CLOSED_FORM));
        }
    }
    let whole = Panel::of("panel-a");
    let shift = |panel: &Panel| {
        let found = lagged(&panel.table(), 0, Measured::AfterSession, Measured::BeforeSession, 1).unwrap();
        found.iter().filter(|value| value.is_nan()).count()
    };
    assert_eq!(shift(&whole), 60);
    assert!(shift(&panel) > 60);
    // What lag 1 means depends on when both were measured.
    let back = |predictor, outcome| session_difference(predictor, outcome, 1).unwrap();
    assert_eq!(back(Measured::BeforeSession, Measured::AfterSession), 0);
    assert_eq!(back(Measured::BeforeSession, Measured::BeforeSession), 1);
    assert_eq!(back(Measured::AfterSession, Measured::AfterSession), 1);
    assert_eq!(back(Measured::AfterSession, Measured::BeforeSession), 1);
    let same = lagged(&whole.table(), 0, Measured::BeforeSession, Measured::AfterSession, 1).unwrap();
    assert_eq!(same, whole.alliance);
    let error = lagged(&whole.table(), 0, Measured::AfterSession, Measured::BeforeSession, 0).unwrap_err();
    assert_eq!(error.code(), "invalid-option");
}

/// Trap 8: the mean for prediction holds no later session; the one that describes does.
#[test]
fn trap_8_earlier_means_hold_no_future() {
    let case = &cases("lags")[0];
    let panel = Panel::of("panel-a-thinned");
    for (through, name) in [(MeanThrough::PreviousSession, "before"), (MeanThrough::ThisSession, "with")] {
        let found = earlier_mean(&panel.table(), 0, through).unwrap();
        for (found, expected) in found.iter().zip(numbers(&case[name])) {
            assert!(close(*found, expected, CLOSED_FORM));
        }
        // Changing the last sessions changes nothing before them.
        let mut changed = Panel::of("panel-a-thinned");
        for (score, session) in changed.alliance.iter_mut().zip(&panel.session) {
            if *session > 5 {
                *score = 1.0;
            }
        }
        let other = earlier_mean(&changed.table(), 0, through).unwrap();
        for row in (0..found.len()).filter(|row| panel.session[*row] <= 5) {
            assert_eq!(found[row].to_bits(), other[row].to_bits());
        }
        let describing =
            |panel: &Panel| disaggregate(&panel.alliance, &panel.client, None, Trend::Kept).unwrap().within;
        assert_ne!(describing(&panel)[0], describing(&changed)[0]);
        // The parts that may predict hold no future either, and add up to the score.
        let so_far = |panel: &Panel| disaggregate_so_far(&panel.table(), 0, through).unwrap();
        let (parts, others) = (so_far(&panel), so_far(&changed));
        for row in (0..found.len()).filter(|row| panel.session[*row] <= 5) {
            assert_eq!(parts.within[row].to_bits(), others.within[row].to_bits());
            assert_eq!(parts.between[row].to_bits(), others.between[row].to_bits());
        }
        for (row, mean) in found.iter().enumerate() {
            let within = parts.within[row];
            assert!(close(within, panel.alliance[row] - mean, CLOSED_FORM) || within == 0.0);
            let sum = parts.grand_mean + parts.between[row] + within;
            assert!(sum.is_nan() || (sum - panel.alliance[row]).abs() < 1e-12);
        }
        assert_eq!(parts.grand_mean, others.grand_mean);
        let is_first = case["before"].as_array().unwrap().iter().filter(|mean| mean.is_null()).count();
        let without = if through == MeanThrough::PreviousSession { is_first } else { 0 };
        assert_eq!((parts.rows_dropped, parts.clients, parts.status), (without, is_first, Status::Defined));
    }
    let none = SessionTable::new(&[], &[], &Columns::new(&[&[]]).unwrap())
        .map(|table| disaggregate_so_far(&table, 0, MeanThrough::ThisSession).unwrap().status);
    assert_eq!(none.unwrap(), Status::AllMissing);
    let flat = [0.1; 3];
    let columns = Columns::new(&[&flat]).unwrap();
    let table = SessionTable::new(&[1; 3], &[1, 2, 3], &columns).unwrap();
    let parts = disaggregate_so_far(&table, 0, MeanThrough::ThisSession).unwrap();
    assert_eq!((parts.status, parts.within.as_slice()), (Status::ZeroVariance, &[0.0; 3][..]));
    assert_eq!(
        disaggregate_so_far(&table, 1, MeanThrough::ThisSession).unwrap_err().code(),
        "invalid-option"
    );
}

type Number = fn(&Trajectory) -> f64;

#[test]
fn courses_agree_with_their_definitions() {
    let case = &cases("courses")[0];
    let panel = Panel::of("panel-a-thinned");
    let time: Vec<f64> = panel.number.iter().map(|session| session - 1.0).collect();
    let found = trajectories(&panel.table(), 0, &time, &TrajectoryOptions::default()).unwrap();
    let column = |name: &str| numbers(&case[name]);
    assert_eq!(found.len(), column("client").len());
    let all: [(&str, Number); 16] = [
        ("client", |course| f64::from(course.client)),
        ("n", |course| course.sessions as f64),
        ("mean", |course| course.mean),
        ("sd", |course| course.standard_deviation),
        ("slope", |course| course.slope),
        ("slope_se", |course| course.slope_standard_error),
        ("area", |course| course.area),
        ("time_above", |course| course.time_above),
        ("sessions_above", |course| course.sessions_above),
        ("low", |course| course.lowest),
        ("low_session", |course| course.lowest_session as f64),
        ("mssd", |course| course.mean_square_successive_difference),
        ("early", |course| course.early),
        ("last", |course| course.last),
        ("change", |course| course.early_to_last),
        ("autocorrelation", |course| course.autocorrelation),
    ];
    for (name, get) in all {
        for (course, expected) in found.iter().zip(column(name)) {
            assert!(close(get(course), expected, CLOSED_FORM), "{name}: {} {expected}", get(course));
        }
    }
    // Eight sessions are too few to read an autocorrelation.
    assert!(found.iter().all(|course| !course.autocorrelation_is_readable));
    let course = &found[0];
    let bias = -(1.0 + 3.0 * course.autocorrelation) / course.sessions as f64;
    assert!((course.autocorrelation_bias - bias).abs() < 1e-12);
}

#[test]
fn short_and_flat_courses_have_no_numbers_they_cannot_have() {
    let course = |score: &[f64]| {
        let session: Vec<i64> = (1..).take(score.len()).collect();
        let time: Vec<f64> = session.iter().map(|session| *session as f64).collect();
        let columns = Columns::new(&[score]).unwrap();
        let client = vec![1; score.len()];
        let table = SessionTable::new(&client, &session, &columns).unwrap();
        trajectories(&table, 0, &time, &TrajectoryOptions::default()).unwrap()
    };
    assert!(course(&[]).is_empty() && course(&[f64::NAN; 3]).is_empty());
    let one = &course(&[4.0])[0];
    assert!(one.slope.is_nan() && one.area.is_nan() && one.standard_deviation.is_nan());
    assert_eq!((one.mean, one.lowest_session, one.early), (4.0, 1, 4.0));
    assert!(one.early_to_last.is_nan());
    let two = &course(&[4.0, 5.0])[0];
    assert!((two.slope - 1.0).abs() < 1e-12 && two.slope_standard_error.is_nan());
    let flat = &course(&[0.1; 12])[0];
    assert_eq!((flat.slope, flat.standard_deviation, flat.time_above), (0.0, 0.0, 0.0));
    assert!(flat.autocorrelation.is_nan() && !flat.autocorrelation_is_readable);
    let backwards = Columns::new(&[&[4.0, 5.0]]).unwrap();
    let table = SessionTable::new(&[1, 1], &[1, 2], &backwards).unwrap();
    let options = TrajectoryOptions { window: 1, threshold: OwnThreshold::Value(4.5) };
    assert!(trajectories(&table, 0, &[1.0, 0.0], &options).unwrap()[0].area.is_nan());
}

/// Panel A up to where each client left, and how.
fn drop_panel() -> (Panel, Vec<u32>, Vec<Ending>) {
    let periods = drop_a();
    let left = |client: usize| periods.iter().find(|row| row.0 == client && row.3).map(|row| row.1);
    let rows: Vec<PanelRow> = panel_a()
        .into_iter()
        .filter(|row| left(row.client).is_none_or(|session| row.session < session))
        .collect();
    let clients: Vec<u32> = (1..=60).collect();
    let ending = |client: &u32| {
        if left(*client as usize).is_some() { Ending::Dropout } else { Ending::Ongoing }
    };
    let endings = clients.iter().map(ending).collect();
    (Panel::from(&rows), clients, endings)
}

#[test]
fn sessions_at_risk_of_panel_a_are_those_of_the_generator() {
    let (panel, clients, endings) = drop_panel();
    let found = person_periods(&panel.table(), 1, &clients, &endings, PlannedEnds::Competing).unwrap();
    let expected = drop_a();
    assert_eq!((found.session.len(), found.clients, found.clients_never_at_risk), (309, 60, 0));
    for (row, (client, session, before, left)) in expected.iter().enumerate() {
        assert_eq!((found.client[row] as usize, found.session[row] as usize), (*client, *session));
        assert_eq!(found.event[row] == PeriodEvent::Dropout, *left);
        assert!((found.predictors[0][row] - 5.3 - before).abs() < 1e-12);
    }
    let case = &cases("life-table")[0];
    let table = found.life_table();
    let at_risk: Vec<f64> = table.iter().map(|row| row.at_risk as f64).collect();
    let dropouts: Vec<f64> = table.iter().map(|row| row.dropouts as f64).collect();
    assert_eq!((at_risk, dropouts), (numbers(&case["at_risk"]), numbers(&case["dropouts"])));
    assert_eq!(found.dropout().iter().sum::<f64>(), 31.0);
    // Times of ending put the same clients at risk in the same sessions.
    let times = ending_times(&panel.table(), &clients, &endings).unwrap();
    let kind = |ending: &Ending| match ending {
        Ending::Dropout => EndKind::Event,
        Ending::Planned => EndKind::Competing,
        Ending::Ongoing => EndKind::Censored,
    };
    let kinds: Vec<EndKind> = endings.iter().map(kind).collect();
    let rows = incidence(&times, &kinds, 0.95).unwrap();
    for (row, expected) in rows.iter().zip(&table) {
        assert_eq!(
            (row.time, row.at_risk, row.events),
            (expected.session as f64, expected.at_risk, expected.dropouts)
        );
    }
    assert!(ending_times(&panel.table(), &[99], &[Ending::Ongoing]).unwrap()[0].is_nan());
    assert_eq!(ending_times(&panel.table(), &[1], &[]).unwrap_err().code(), "length-mismatch");
}

/// Trap 16: dropout is foretold by the session before, and a planned end is no dropout.
#[test]
fn trap_16_dropout_has_a_lagged_predictor_and_planned_ends_compete() {
    let alliance = [5.0, 4.0, 5.5, 6.0, 6.5, 3.0];
    let table =
        SessionTable::new(&[1, 1, 2, 2, 3, 4], &[1, 2, 1, 2, 1, 1], &Columns::new(&[&alliance]).unwrap())
            .unwrap();
    let clients = [4, 3, 2, 1];
    let endings = [Ending::Dropout, Ending::Ongoing, Ending::Planned, Ending::Dropout];
    let find = |planned| person_periods(&table, 1, &clients, &endings, planned).unwrap();
    let competing = find(PlannedEnds::Competing);
    assert_eq!(competing.client, [1, 1, 2, 2, 4]);
    assert_eq!(competing.session, [2, 3, 2, 3, 2]);
    // The rating of the session after which client 1 left, and never one of a session not held.
    assert_eq!(competing.predictors[0], [5.0, 4.0, 5.5, 6.0, 3.0]);
    assert_eq!(competing.event[1], PeriodEvent::Dropout);
    assert_eq!(competing.event[3], PeriodEvent::Planned);
    assert_eq!(competing.dropout(), [0.0, 1.0, 0.0, 0.0, 1.0]);
    assert_eq!(competing.clients_never_at_risk, 1);
    // Dropout by length: whoever ended after fewer than two sessions, and nobody else.
    let by_length = endings_by_length(&endings, &[1, 1, 2, 2], 2).unwrap();
    assert_eq!(by_length, [Ending::Dropout, Ending::Ongoing, Ending::Planned, Ending::Planned]);
    assert_eq!(endings_by_length(&endings, &[1], 2).unwrap_err().code(), "length-mismatch");
    let no_longer = find(PlannedEnds::NoLongerAtRisk);
    assert_eq!(no_longer.client, [1, 1, 2, 4]);
    let two = person_periods(&table, 2, &clients, &endings, PlannedEnds::Competing).unwrap();
    assert!(two.predictors[0][0].is_nan() && two.predictors[0][1] == 5.0);
    let code = |clients: &[u32], endings: &[Ending]| {
        person_periods(&table, 1, clients, endings, PlannedEnds::Competing).unwrap_err().code()
    };
    assert_eq!(code(&[1, 2, 3], &endings[..3]), "invalid-option");
    assert_eq!(code(&[1, 1, 2, 3], &endings), "invalid-option");
    assert_eq!(code(&[1], &endings), "length-mismatch");
    let far = SessionTable::new(&[1, 1], &[0, i64::MAX], &Columns::new(&[&[1.0, 2.0]]).unwrap()).unwrap();
    let refused = person_periods(&far, 1, &[1], &[Ending::Dropout], PlannedEnds::Competing).unwrap_err();
    assert_eq!(refused.code(), "invalid-option");
}

/// Traps 8 and 16: where the alliance rises and dropout is chance alone, a mean over all of a client's sessions "foretells"
/// dropout, because whoever stayed had time to rise. The rating of the session before, and the mean so far, do not.
#[test]
fn traps_8_and_16_a_mean_over_all_sessions_knows_how_long_the_client_stayed() {
    let (mut client, mut session, mut score, mut number) = (vec![], vec![], vec![], vec![]);
    let (mut clients, mut endings) = (vec![], vec![]);
    for one in 0..2000_u32 {
        let mut random = Generator::stream(16, u64::from(one));
        let level = 0.5 * random.normal();
        let mut ending = Ending::Ongoing;
        for nth in 1..=12_i64 {
            client.push(one);
            session.push(nth);
            number.push(nth as f64);
            score.push(4.0 + level + 0.15 * nth as f64 + 0.3 * random.normal());
            if random.bernoulli(0.1) {
                ending = Ending::Dropout;
                break;
            }
        }
        clients.push(one);
        endings.push(ending);
    }
    let columns = Columns::new(&[&score]).unwrap();
    let scores = SessionTable::new(&client, &session, &columns).unwrap();
    let so_far = earlier_mean(&scores, 0, MeanThrough::ThisSession).unwrap();
    let parts = disaggregate(&score, &client, None, Trend::Kept).unwrap();
    let columns = Columns::new(&[&score, &so_far, &parts.between]).unwrap();
    let table = SessionTable::new(&client, &session, &columns).unwrap();
    let periods = person_periods(&table, 1, &clients, &endings, PlannedEnds::Competing).unwrap();
    let time: Vec<f64> = periods.session.iter().map(|session| *session as f64).collect();
    let z = |predictor: usize| {
        let columns = Columns::new(&[&periods.predictors[predictor], &time]).unwrap();
        let fit = discrete_time_hazard(&periods.dropout(), &columns, HazardLink::Logit, None, 0.95).unwrap();
        fit.coefficients[1].value / fit.coefficients[1].standard_error
    };
    assert!(z(0).abs() < 2.0 && z(1).abs() < 2.0, "{} {}", z(0), z(1));
    assert!(z(2) < -10.0, "{}", z(2));
}

#[test]
fn hazards_agree_with_glm() {
    let leuk = &cases("data")[0];
    let (time, event, treated) = (numbers(&leuk["time"]), numbers(&leuk["event"]), numbers(&leuk["treated"]));
    let (mut events, mut weeks, mut arms) = (vec![], vec![], vec![]);
    for client in 0..time.len() {
        for week in 1..=time[client] as usize {
            let last = week as f64 == time[client];
            events.push(if last { event[client] } else { 0.0 });
            weeks.push((week as f64).ln());
            arms.push(treated[client]);
        }
    }
    let drop = drop_a();
    let left: Vec<f64> = drop.iter().map(|row| f64::from(u8::from(row.3))).collect();
    let before: Vec<f64> = drop.iter().map(|row| row.2).collect();
    for case in cases("hazard") {
        let link = if case["link"] == "logit" { HazardLink::Logit } else { HazardLink::ComplementaryLogLog };
        let found = if case["data"] == "drop" {
            discrete_time_hazard(&left, &Columns::new(&[&before]).unwrap(), link, None, 0.95)
        } else {
            discrete_time_hazard(&events, &Columns::new(&[&weeks, &arms]).unwrap(), link, None, 0.95)
        }
        .unwrap();
        let (values, errors) = (numbers(&case["coefficients"]), numbers(&case["errors"]));
        for (place, estimate) in found.coefficients.iter().enumerate() {
            assert!(agrees(estimate, values[place], errors[place], 1e-7), "{} {place}", case["id"]);
        }
        assert!(close(found.deviance, number(&case, "deviance"), CLOSED_FORM));
        assert_eq!((found.status, found.rows_dropped), (Status::Defined, 0));
        let ratio = &found.ratios()[1];
        let low = libm::exp(found.coefficients[1].interval.unwrap().low);
        assert_eq!((ratio.value, ratio.interval.unwrap().low), (libm::exp(found.coefficients[1].value), low));
    }
    // Standard errors robust to therapists: the same coefficients.
    let therapist: Vec<u32> = drop.iter().map(|row| (row.0 as u32 - 1) / 6).collect();
    for case in cases("robust") {
        let link = if case["link"] == "logit" { HazardLink::Logit } else { HazardLink::ComplementaryLogLog };
        let columns = Columns::new(&[&before]).unwrap();
        let found = discrete_time_hazard(&left, &columns, link, Some(&therapist), 0.95).unwrap();
        for (place, estimate) in found.coefficients.iter().enumerate() {
            assert!(close(estimate.standard_error, numbers(&case["errors"])[place], 1e-7), "{}", case["id"]);
            assert_eq!(estimate.degrees_of_freedom, 9.0);
        }
        assert_eq!(found.clusters, Some(10));
        let one = discrete_time_hazard(&left, &columns, link, Some(&[7; 309]), 0.95).unwrap();
        assert_eq!((one.status, one.coefficients[1].value.is_nan()), (Status::TooFewUnits, true));
        let short = discrete_time_hazard(&left, &columns, link, Some(&[7]), 0.95);
        assert_eq!(short.unwrap_err().code(), "length-mismatch");
    }
    // The hazard of each session is that of the life table.
    let session: Vec<i64> = drop.iter().map(|row| row.1 as i64).collect();
    let columns = HazardTime::EachSession.columns(&session);
    let columns: Vec<&[f64]> = columns.iter().map(|(_, column)| column.as_slice()).collect();
    let each =
        discrete_time_hazard(&left, &Columns::new(&columns).unwrap(), HazardLink::Logit, None, 0.95).unwrap();
    let (at_risk, dropouts) = (&cases("life-table")[0]["at_risk"], &cases("life-table")[0]["dropouts"]);
    for (place, (at_risk, dropouts)) in numbers(at_risk).into_iter().zip(numbers(dropouts)).enumerate() {
        let own = if place == 0 { 0.0 } else { each.coefficients[place].value };
        let odds = libm::exp(each.coefficients[0].value + own);
        assert!(close(odds / (1.0 + odds), dropouts / at_risk, CLOSED_FORM));
    }
    assert_eq!(HazardTime::Linear.columns(&[3]), [(None, vec![3.0])]);
    let logarithm = HazardTime::Logarithm.columns(&[0, 1, 8]);
    assert!(
        logarithm[0].1[0].is_nan()
            && logarithm[0].1[1] == 0.0
            && close(logarithm[0].1[2], 8.0_f64.ln(), 1e-15)
    );
    assert_eq!((events.len(), events.iter().sum::<f64>()), (541, 30.0));
}

#[test]
fn hazards_that_cannot_be_estimated_have_a_status() {
    let fit = |events: &[f64], columns: &[&[f64]]| {
        discrete_time_hazard(events, &Columns::new(columns).unwrap(), HazardLink::Logit, None, 0.95).unwrap()
    };
    assert_eq!(fit(&[], &[]).status, Status::AllMissing);
    assert_eq!(fit(&[f64::NAN; 3], &[]).status, Status::AllMissing);
    assert_eq!(fit(&[0.0; 5], &[]).status, Status::ZeroVariance);
    assert_eq!(fit(&[1.0; 5], &[]).status, Status::ZeroVariance);
    assert_eq!(fit(&[0.0, 1.0], &[&[1.0, 2.0]]).status, Status::TooFewUnits);
    let events = [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0];
    let x = [1.0, 2.0, 3.0, 1.0, 2.0, 4.0, 2.5];
    assert_eq!(fit(&events, &[&[0.1; 7]]).status, Status::NotPositiveDefinite);
    assert_eq!(fit(&events, &[&x, &x.map(|x| 3.0 - 2.0 * x)]).status, Status::NotPositiveDefinite);
    // Every event lies above every other row: no maximum.
    for link in [HazardLink::Logit, HazardLink::ComplementaryLogLog] {
        let told = events.map(|event| event * 2.0 + 0.5);
        let found =
            discrete_time_hazard(&events, &Columns::new(&[&told]).unwrap(), link, None, 0.95).unwrap();
        assert_eq!(found.status, Status::Undefined);
        assert!(found.coefficients.iter().all(|estimate| estimate.value.is_nan()));
    }
    let gap = [1.0, 2.0, f64::NAN, 1.0, 2.0, 4.0, 2.5];
    let found = fit(&events, &[&gap]);
    assert_eq!((found.status, found.rows_used, found.rows_dropped), (Status::Defined, 6, 1));
    let wrong = discrete_time_hazard(&[2.0, 0.0], &Columns::new(&[]).unwrap(), HazardLink::Logit, None, 0.95);
    assert_eq!(wrong.unwrap_err().code(), "invalid-option");
}

#[test]
fn shares_remaining_agree_with_survival() {
    let leuk = &cases("data")[0];
    let (time, treated) = (numbers(&leuk["time"]), numbers(&leuk["treated"]));
    let ends = |name: &str| -> Vec<EndKind> {
        let kind = |state: f64| match state as u8 {
            0 => EndKind::Censored,
            1 => EndKind::Event,
            _ => EndKind::Competing,
        };
        numbers(&leuk[name]).into_iter().map(kind).collect()
    };
    for case in cases("remaining") {
        let rows: Vec<usize> =
            (0..time.len()).filter(|row| treated[*row] == number(&case, "treated")).collect();
        let times: Vec<f64> = rows.iter().map(|row| time[*row]).collect();
        let end: Vec<EndKind> = rows.iter().map(|row| ends("event")[*row]).collect();
        let found = incidence(&times, &end, 0.95).unwrap();
        let column = |name: &str| numbers(&case[name]);
        assert_eq!(found.iter().map(|row| row.time).collect::<Vec<_>>(), column("time"));
        for (place, row) in found.iter().enumerate() {
            assert_eq!(row.at_risk as f64, column("at_risk")[place]);
            assert!(close(row.remaining, column("remaining")[place], CLOSED_FORM));
            assert!(close(row.incidence, 1.0 - row.remaining, CLOSED_FORM));
            if row.remaining > 0.0 {
                let interval = row.interval.unwrap();
                assert!(close(row.remaining_standard_error, column("error")[place], CLOSED_FORM));
                assert!(close(interval.low, column("low")[place], CLOSED_FORM));
                assert!(close(interval.high, column("high")[place], CLOSED_FORM));
            } else {
                assert!(row.interval.is_none());
            }
        }
    }
    let case = &cases("competing")[0];
    let found = incidence(&time, &ends("state"), 0.95).unwrap();
    let times = numbers(&case["time"]);
    for row in &found {
        let place = times.iter().position(|time| *time == row.time).unwrap();
        let at = |name: &str| numbers(&case[name])[place];
        assert!(close(row.remaining, at("remaining"), CLOSED_FORM));
        assert!(close(row.incidence, at("event"), CLOSED_FORM));
        assert!(close(row.competing_incidence, at("competing"), CLOSED_FORM));
        for (name, error, interval) in [
            ("event", row.incidence_standard_error, &row.incidence_interval),
            ("competing", row.competing_incidence_standard_error, &row.competing_incidence_interval),
        ] {
            assert!(
                close(error, at(&format!("{name}_error")), CLOSED_FORM)
                    || (error == 0.0 && interval.is_none())
            );
            if let Some(interval) = interval {
                assert!(close(interval.low, at(&format!("{name}_low")), CLOSED_FORM));
                assert!(close(interval.high, at(&format!("{name}_high")), CLOSED_FORM));
            }
        }
    }
    // Without a competing end the share with the event has the error of the share remaining.
    for row in incidence(&time, &ends("event"), 0.95).unwrap() {
        assert!(close(row.incidence_standard_error, row.remaining_standard_error, CLOSED_FORM));
        assert!(row.competing_incidence_interval.is_none() && row.competing_incidence_standard_error == 0.0);
    }
    // Censoring the planned ends instead would put dropout too high.
    let censored: Vec<EndKind> = ends("state")
        .into_iter()
        .map(|end| if end == EndKind::Competing { EndKind::Censored } else { end })
        .collect();
    let naive = incidence(&time, &censored, 0.95).unwrap();
    assert!(naive.last().unwrap().incidence > found.last().unwrap().incidence + 0.05);
    let test = &cases("log-rank")[0];
    let arms: Vec<u32> = treated.iter().map(|treated| *treated as u32).collect();
    let found = log_rank(&time, &ends("event"), &arms).unwrap();
    assert!(close(found.chi_square, number(test, "chi_square"), CLOSED_FORM));
    assert!(close(found.groups[1].expected, number(test, "expected"), CLOSED_FORM));
    assert_eq!((found.groups[1].observed, found.degrees_of_freedom), (number(test, "observed"), 1));
    let test = &cases("log-rank-groups")[0];
    let groups: Vec<u32> = numbers(&test["group"]).iter().map(|group| *group as u32).collect();
    let found = log_rank(&time, &ends("event"), &groups).unwrap();
    assert!(close(found.chi_square, number(test, "chi_square"), CLOSED_FORM));
    assert!(close(found.p_value, number(test, "p"), 1e-7));
    for (place, group) in found.groups.iter().enumerate() {
        assert_eq!(group.observed, numbers(&test["observed"])[place]);
        assert!(close(group.expected, numbers(&test["expected"])[place], CLOSED_FORM));
    }
    assert_eq!((found.degrees_of_freedom, found.groups[0].clients), (3, 10));
    assert_eq!(log_rank(&time, &ends("event"), &[1; 42]).unwrap().status, Status::TooFewUnits);
    assert_eq!(log_rank(&[1.0], &[EndKind::Event], &[1]).unwrap().status, Status::TooFewUnits);
    let none = log_rank(&[1.0, 2.0], &[EndKind::Censored; 2], &[1, 0]).unwrap();
    assert_eq!((none.status, none.p_value.is_nan()), (Status::ZeroVariance, true));
    // A group that nobody was left in when the first event happened says nothing, and takes no degree of freedom.
    let left = log_rank(
        &[1.0, 2.0, 3.0, 4.0],
        &[EndKind::Censored, EndKind::Event, EndKind::Event, EndKind::Event],
        &[0, 1, 1, 2],
    );
    assert_eq!(left.unwrap().degrees_of_freedom, 1);
    let many: Vec<u32> = (0..1001).collect();
    let refused = log_rank(&vec![1.0; 1001], &vec![EndKind::Event; 1001], &many).unwrap_err();
    assert_eq!(refused.code(), "invalid-option");
    assert!(incidence(&[], &[], 0.95).unwrap().is_empty());
}

/// Trap 15: appointments of one client resemble each other; the interval that draws clients is wider.
#[test]
fn trap_15_clients_are_drawn_not_rows() {
    let (mut appointments, mut client, mut order) = (vec![], vec![], vec![]);
    for one in 0..30_u32 {
        for nth in 0..20 {
            client.push(one);
            order.push(nth);
            // A third of the clients never come after the first time.
            appointments.push(if one % 3 == 0 && nth > 0 {
                Appointment::NoShow
            } else {
                Appointment::Attended
            });
        }
    }
    let bootstrap = Bootstrap::new(1000, 5).unwrap();
    let found =
        attendance(&appointments, &client, &order, ClientCancellations::NotKept, 0.95, Some(&bootstrap))
            .unwrap();
    let width = |estimate: &Estimate| {
        let interval = estimate.interval.unwrap();
        interval.high - interval.low
    };
    let drawn = found.all_by_clients.unwrap();
    assert_eq!(drawn.value, found.all.value);
    // The design effect is about 20: intervals differ by its root.
    assert!(width(&drawn) > 3.0 * width(&found.all) && width(&drawn) < 6.0 * width(&found.all));
    assert_eq!((found.all.units, found.first.value), (30, 1.0));
}

#[test]
fn attendance_keeps_kinds_of_absence_apart() {
    use Appointment::{Attended, CancelledByClient, CancelledByProvider, CancelledLate, NoShow};

    let case = &cases("wilson")[0];
    let (successes, trials) = (numbers(&case["successes"]), numbers(&case["trials"]));
    for place in 0..trials.len() {
        let found = wilson(successes[place] as usize, trials[place] as usize, 0.95).unwrap();
        let interval = found.interval.unwrap();
        assert!(close(interval.low, numbers(&case["low"])[place], CLOSED_FORM));
        assert!(close(interval.high, numbers(&case["high"])[place], CLOSED_FORM));
    }
    assert_eq!(wilson(0, 0, 0.95).unwrap().status, Status::AllMissing);
    assert_eq!(wilson(2, 1, 0.95).unwrap_err().code(), "invalid-option");
    // Rows in any order; the provider's cancellation is nobody's first appointment.
    let kinds = [Attended, CancelledByProvider, NoShow, CancelledLate, Attended, CancelledByClient];
    let found = attendance(
        &kinds,
        &[1, 1, 1, 2, 2, 2],
        &[3, 1, 2, 1, 2, 3],
        ClientCancellations::NotKept,
        0.95,
        None,
    )
    .unwrap();
    assert_eq!((found.first.value, found.first.rows_used), (0.0, 2));
    assert_eq!((found.all.value, found.all.rows_used, found.all.rows_dropped), (0.4, 5, 1));
    assert!((found.follow_up.value - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!((found.no_shows, found.late_cancellations, found.provider_cancellations), (1, 1, 1));
    let none = attendance(&[], &[], &[], ClientCancellations::NotKept, 0.95, None).unwrap();
    assert_eq!((none.all.status, none.follow_up.status), (Status::AllMissing, Status::AllMissing));
    // What the client cancelled in time may be left out; what was cancelled late was not kept.
    let out = ClientCancellations::LeftOut;
    let found = attendance(&kinds, &[1, 1, 1, 2, 2, 2], &[3, 1, 2, 1, 2, 3], out, 0.95, None).unwrap();
    assert_eq!((found.all.value, found.all.rows_used, found.all.rows_dropped), (0.5, 4, 2));
    assert_eq!((found.client_cancellations, found.first.value), (1, 0.0));
}

/// Rows of some clients, their sessions numbered without repeats.
fn table_rows() -> impl Strategy<Value = Vec<(u32, i64, f64, f64)>> {
    proptest::collection::vec((0_u32..6, 0_i64..9, -3.0..3.0_f64, -3.0..3.0_f64), 1..50).prop_map(
        |mut rows| {
            rows.sort_by_key(|row| (row.0, row.1));
            rows.dedup_by_key(|row| (row.0, row.1));
            rows
        },
    )
}

proptest! {
    /// The parts add up to the score; within sums to 0 for each client; the effect within is that of dummies.
    #[test]
    fn parts_add_up_and_the_effect_within_is_that_of_dummies(rows in table_rows()) {
        let client: Vec<u32> = rows.iter().map(|row| row.0).collect();
        let therapist: Vec<u32> = rows.iter().map(|row| row.0 / 2).collect();
        let (x, y): (Vec<f64>, Vec<f64>) = rows.iter().map(|row| (row.2, row.3)).unzip();
        for therapists in [None, Some(therapist.as_slice())] {
            let parts = disaggregate(&x, &client, therapists, Trend::Kept).unwrap();
            for row in 0..x.len() {
                let level = parts.therapist.as_ref().map_or(0.0, |levels| levels[row]);
                let sum = parts.grand_mean + level + parts.between[row] + parts.within[row];
                prop_assert!((sum - x[row]).abs() < 1e-12);
            }
        }
        let parts = disaggregate(&x, &client, None, Trend::Kept).unwrap();
        let of_y = disaggregate(&y, &client, None, Trend::Kept).unwrap();
        let none = Columns::new(&[]).unwrap();
        let model = within_between_model(&y, &parts, &none, &client, None, 0.95).unwrap();
        if !model.within.value.is_nan() {
            let products: f64 = parts.within.iter().zip(&of_y.within).map(|(x, y)| x * y).sum();
            let squares: f64 = parts.within.iter().map(|x| x * x).sum();
            prop_assert!(close(model.within.value, products / squares, 1e-6));
        }
    }

    /// Neither the order of the rows nor the names of clients matter.
    #[test]
    fn lags_means_and_courses_do_not_depend_on_order_or_names(rows in table_rows()) {
        let make = |rows: &[(u32, i64, f64, f64)]| {
            let client: Vec<u32> = rows.iter().map(|row| 4_000_000_000 - row.0 * 7).collect();
            let session: Vec<i64> = rows.iter().map(|row| row.1).collect();
            let score: Vec<f64> = rows.iter().map(|row| row.2).collect();
            let columns = Columns::new(&[&score]).unwrap();
            let table = SessionTable::new(&client, &session, &columns).unwrap();
            let time: Vec<f64> = session.iter().map(|session| *session as f64).collect();
            let mut courses = trajectories(&table, 0, &time, &TrajectoryOptions::default()).unwrap();
            courses.sort_by(|one, other| one.mean.total_cmp(&other.mean));
            (
                lagged(&table, 0, Measured::AfterSession, Measured::BeforeSession, 1).unwrap(),
                earlier_mean(&table, 0, MeanThrough::PreviousSession).unwrap(),
                courses.iter().map(|course| (course.mean, course.lowest_session)).collect::<Vec<_>>(),
            )
        };
        let turned: Vec<_> = rows.iter().rev().copied().collect();
        let (one, other) = (make(&rows), make(&turned));
        for (place, row) in (0..rows.len()).rev().enumerate() {
            prop_assert_eq!(one.0[row].to_bits(), other.0[place].to_bits());
            prop_assert_eq!(one.1[row].to_bits(), other.1[place].to_bits());
        }
        prop_assert_eq!(one.2, other.2);
    }

    /// Shifting and scaling a predictor changes the hazard's slope accordingly, and nothing panics.
    #[test]
    fn hazards_do_not_depend_on_the_scale(rows in proptest::collection::vec((proptest::bool::ANY, -3.0..3.0_f64), 0..40), shift in -100.0..100.0_f64, scale in 0.01..100.0_f64) {
        let events: Vec<f64> = rows.iter().map(|row| f64::from(u8::from(row.0))).collect();
        let x: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let moved: Vec<f64> = x.iter().map(|x| x * scale + shift).collect();
        for link in [HazardLink::Logit, HazardLink::ComplementaryLogLog] {
            let fit = |x: &[f64]| discrete_time_hazard(&events, &Columns::new(&[x]).unwrap(), link, None, 0.95).unwrap();
            let (one, other) = (fit(&x), fit(&moved));
            prop_assert_eq!(one.status, other.status);
            if one.status == Status::Defined {
                prop_assert!(close(one.coefficients[1].value, other.coefficients[1].value * scale, 1e-5));
                prop_assert!(close(one.deviance, other.deviance, 1e-9));
            }
        }
    }

    /// Whatever is missing, however few or equal the values: an answer, and NaN only with a reason.
    #[test]
    fn gaps_and_ties_never_panic(rows in table_rows(), holes in 1_usize..5, ties in proptest::bool::ANY) {
        let client: Vec<u32> = rows.iter().map(|row| row.0).collect();
        let session: Vec<i64> = rows.iter().map(|row| row.1).collect();
        let value = |row: usize, value: f64| match () {
            () if row % holes == 1 => f64::NAN,
            () if ties => value.round(),
            () => value,
        };
        let x: Vec<f64> = rows.iter().enumerate().map(|(row, cells)| value(row, cells.2)).collect();
        let y: Vec<f64> = rows.iter().enumerate().map(|(row, cells)| value(row + 1, cells.3)).collect();
        let time: Vec<f64> = session.iter().map(|session| *session as f64).collect();
        let table = SessionTable::new(&client, &session, &Columns::new(&[&x]).unwrap()).unwrap();
        for trend in [Trend::Kept, Trend::Removed(&time)] {
            let parts = disaggregate(&x, &client, None, trend).unwrap();
            prop_assert_eq!(parts.rows_used + parts.rows_dropped, x.len());
            let covariates = Columns::new(&[&time]).unwrap();
            let model = within_between_model(&y, &parts, &covariates, &client, None, 0.95).unwrap();
            prop_assert_eq!(model.within.value.is_nan(), model.within.status != Status::Defined
                && model.within.status != Status::Boundary && model.within.status != Status::NotConverged);
        }
        for course in trajectories(&table, 0, &time, &TrajectoryOptions::default()).unwrap() {
            prop_assert!(course.sessions > 0 && course.lowest <= course.mean);
            prop_assert!(course.time_above.is_nan() || (0.0..=1.0).contains(&course.time_above));
        }
        let mut clients = client.clone();
        clients.dedup();
        let endings: Vec<Ending> =
            clients.iter().map(|client| [Ending::Dropout, Ending::Planned, Ending::Ongoing][*client as usize % 3]).collect();
        let periods = person_periods(&table, 1, &clients, &endings, PlannedEnds::Competing).unwrap();
        let left = endings.iter().filter(|ending| **ending == Ending::Dropout).count() as f64;
        prop_assert_eq!(periods.dropout().iter().sum::<f64>(), left);
        prop_assert_eq!(periods.life_table().iter().map(|row| row.at_risk).sum::<usize>(), periods.session.len());
        let predictor = Columns::new(&[&periods.predictors[0]]).unwrap();
        let model = discrete_time_hazard(&periods.dropout(), &predictor, HazardLink::Logit, None, 0.95).unwrap();
        prop_assert_eq!(model.coefficients[0].value.is_nan(), model.status != Status::Defined);
    }
}
