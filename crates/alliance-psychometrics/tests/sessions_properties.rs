//! What must hold of reliability across sessions, on any data; degenerate data; the traps of the field.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::mixed::{Component, MixedModel};
use alliance_psychometrics::sessions::{
    ItemMeans, SessionTable, crossed_generalizability, multilevel_alpha, nested_generalizability,
    rater_contrast, session_icc, spearman_brown, stability, times_needed,
};
use alliance_psychometrics::{Bootstrap, Columns, Estimate, Level, Status};
use common::{Lehmer, PanelRow, close, panel_a};
use proptest::prelude::*;

/// Clients' sessions with some items.
#[derive(Debug, Clone)]
struct Data {
    client: Vec<u32>,
    session: Vec<i64>,
    columns: Vec<Vec<f64>>,
}

impl Data {
    fn new(client: Vec<u32>, session: Vec<i64>, columns: Vec<Vec<f64>>) -> Self {
        Self { client, session, columns }
    }

    fn table(&self) -> SessionTable<'_> {
        let slices: Vec<&[f64]> = self.columns.iter().map(Vec::as_slice).collect();
        SessionTable::new(&self.client, &self.session, &Columns::new(&slices).unwrap()).unwrap()
    }

    /// Rows by these positions, clients by new codes.
    fn reordered(&self, order: &[usize], code: impl Fn(u32) -> u32) -> Self {
        Self {
            client: order.iter().map(|row| code(self.client[*row])).collect(),
            session: order.iter().map(|row| self.session[*row]).collect(),
            columns: self
                .columns
                .iter()
                .map(|column| order.iter().map(|row| column[*row]).collect())
                .collect(),
        }
    }

    fn with_values(&self, change: impl Fn(f64) -> f64) -> Self {
        let columns = self.columns.iter().map(|column| column.iter().map(|value| change(*value)).collect());
        Self { columns: columns.collect(), ..self.clone() }
    }
}

/// Clients with levels, sessions with changes, items with error; `gaps` leaves rows and answers out.
fn simulated(seed: u64, clients: u32, sessions: i64, items: usize, gaps: bool) -> Data {
    let mut random = Lehmer(7_919 * seed + 1);
    let mut data = Data::new(vec![], vec![], vec![vec![]; items]);
    for client in 0..clients {
        let level = random.normal();
        for session in 1..=sessions {
            let change = 0.7 * random.normal();
            if gaps && random.uniform() < 0.25 {
                continue;
            }
            data.client.push(client);
            data.session.push(session);
            for (item, column) in (0..).zip(&mut data.columns) {
                let answer = level + change + 0.2 * f64::from(item) + random.normal();
                column.push(if gaps && random.uniform() < 0.1 { f64::NAN } else { answer });
            }
        }
    }
    data
}

fn of_panel_a(columns: impl Fn(&PanelRow) -> Vec<f64>) -> Data {
    let rows = panel_a();
    let width = columns(&rows[0]).len();
    Data::new(
        rows.iter().map(|row| row.client as u32).collect(),
        rows.iter().map(|row| row.session as i64).collect(),
        (0..width).map(|place| rows.iter().map(|row| columns(row)[place]).collect()).collect(),
    )
}

fn items_of_panel_a() -> Data {
    of_panel_a(|row| row.items.to_vec())
}

/// Every estimate that a table with two items or raters gives.
fn everything(data: &Data) -> Vec<(&'static str, Estimate)> {
    let table = data.table();
    let crossed = crossed_generalizability(&table, 0.95).unwrap();
    let mut all = vec![
        ("P", crossed.client),
        ("T", crossed.session),
        ("I", crossed.item),
        ("PT", crossed.client_session),
        ("PI", crossed.client_item),
        ("TI", crossed.session_item),
        ("E", crossed.residual),
        ("R1F", crossed.one_fixed_session),
        ("RkF", crossed.mean_of_fixed_sessions),
        ("R1R", crossed.one_random_session),
        ("RkR", crossed.mean_of_random_sessions),
        ("Rc", crossed.change),
    ];
    for means in [ItemMeans::InError, ItemMeans::Removed] {
        let nested = nested_generalizability(&table, means, 0.95).unwrap();
        all.extend([
            ("nested P", nested.client),
            ("nested T(P)", nested.session),
            ("nested E", nested.residual),
            ("R1Rn", nested.one_session),
            ("RkRn", nested.mean_of_sessions),
            ("Rcn", nested.change),
        ]);
    }
    let alpha = multilevel_alpha(&table, 0.95, None).unwrap();
    all.extend([
        ("alpha within", alpha.within),
        ("alpha between", alpha.between),
        ("alpha pooled", alpha.pooled),
        ("SEM", alpha.standard_error_of_measurement),
    ]);
    all.extend(alpha.item_icc.into_iter().map(|icc| ("item ICC", icc)));
    let one = Data { columns: data.columns[..1].to_vec(), ..data.clone() };
    let icc = session_icc(&one.table(), None, 0.95).unwrap();
    all.extend([
        ("client", icc.client),
        ("residual", icc.residual),
        ("ICC(1)", icc.one_session),
        ("ICC(k)", icc.mean_of_sessions),
    ]);
    let (first, second) = table.pairs(0, 1, 2);
    let found = stability(&first, &second, 0.95).unwrap();
    all.extend([
        ("retest r", found.correlation),
        ("ICC(A,1)", found.agreement),
        ("ICC(C,1)", found.consistency),
        ("retest SEM", found.standard_error_of_measurement),
        ("change", found.mean_change),
    ]);
    if data.columns.len() == 2 {
        let contrast = rater_contrast(&table, 0.95, &Bootstrap::new(100, 1).unwrap()).unwrap();
        for (name, contrast) in [
            ("contrast ICC", contrast.icc),
            ("contrast SD", contrast.within_deviation),
            ("contrast MSSD", contrast.successive_change),
            ("contrast slope", contrast.slope),
        ] {
            all.extend([(name, contrast.first), (name, contrast.second), (name, contrast.difference)]);
        }
    }
    all
}

/// Statuses that come without a value.
fn is_undefined(status: Status) -> bool {
    matches!(
        status,
        Status::TooFewItems
            | Status::TooFewUnits
            | Status::ZeroVariance
            | Status::AllMissing
            | Status::NotPositiveDefinite
            | Status::Undefined
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Order of rows and names of clients do not matter.
    #[test]
    fn rows_in_any_order_and_clients_of_any_name(seed in 0_u64..10_000, gaps in any::<bool>()) {
        let data = simulated(seed, 12, 4, 2, gaps);
        let order = alliance_statistics::Generator::stream(seed, 0).permutation(data.client.len());
        let other = data.reordered(&order, |code| 3_000_000_000 - 5 * code);
        for ((name, one), (_, other)) in everything(&data).into_iter().zip(everything(&other)) {
            // A bootstrap draws positions, which are other clients then.
            prop_assert!(close(one.value, other.value, 1e-6), "{name} {} {}", one.value, other.value);
            prop_assert_eq!(one.status, other.status);
            if !name.starts_with("contrast") {
                prop_assert!(close(one.standard_error, other.standard_error, 1e-5), "{name}");
            }
        }
    }

    /// Ratios know neither where the scale starts nor its unit; variances scale with the square.
    #[test]
    fn shifts_and_units(seed in 0_u64..10_000, gaps in any::<bool>(), shift in -1e4..1e4_f64, unit in 0.1..10.0_f64) {
        let data = simulated(seed, 12, 4, 2, gaps);
        let other = data.with_values(|value| unit * value + shift);
        for ((name, one), (_, other)) in everything(&data).into_iter().zip(everything(&other)) {
            let power = match name {
                "P" | "T" | "I" | "PT" | "PI" | "TI" | "E" | "client" | "residual" => 2,
                _ if name.starts_with("nested") => 2,
                "SEM" | "retest SEM" | "change" | "contrast SD" | "contrast MSSD" | "contrast slope" => 1,
                _ => 0,
            };
            prop_assert!(close(one.value, other.value / unit.powi(power), 1e-5), "{name} {} {}", one.value, other.value);
            prop_assert_eq!(one.status, other.status, "{}", name);
        }
    }

    /// Where no component is negative the mean squares of a balanced table are what REML gives for the same rows.
    #[test]
    fn balanced_mean_squares_are_reml(seed in 0_u64..10_000) {
        let data = simulated(seed, 15, 4, 3, false);
        let squares = nested_generalizability(&data.table(), ItemMeans::Removed, 0.95).unwrap();
        prop_assume!(squares.client.value > 0.0 && squares.session.value > 0.0);
        let one = Data { columns: data.columns[..1].to_vec(), ..data.clone() };
        let balanced = session_icc(&one.table(), None, 0.95).unwrap();
        prop_assert_eq!(balanced.client.method, "mean squares");
        let fit = MixedModel::new(&data.columns[0], &Columns::new(&[]).unwrap(), &data.client).unwrap().fit();
        if fit.status() == Status::Defined {
            prop_assert!(close(fit.variance(Component::Intercept), balanced.client.value, 1e-7));
            prop_assert!(close(fit.variance(Component::Residual), balanced.residual.value, 1e-7));
            prop_assert!(close(fit.variance_standard_error(Component::Intercept), balanced.client.standard_error, 1e-5));
        } else {
            // REML stops at 0; mean squares say how far below the estimate is.
            prop_assert!(balanced.client.value <= 1e-6);
            prop_assert_eq!(balanced.one_session.status, Status::Boundary);
        }
        // Three levels, long format by hand.
        let (mut answers, mut sessions, mut clients) = (vec![], vec![], vec![]);
        let (mut second, mut third) = (vec![], vec![]);
        for (row, client) in data.client.iter().enumerate() {
            for (item, column) in data.columns.iter().enumerate() {
                answers.push(column[row]);
                sessions.push(row as u32);
                clients.push(*client);
                second.push(f64::from(u8::from(item == 1)));
                third.push(f64::from(u8::from(item == 2)));
            }
        }
        let items = Columns::new(&[&second, &third]).unwrap();
        let model = MixedModel::new(&answers, &items, &sessions).unwrap();
        let fit = model.nested_in(&clients).unwrap().fit();
        prop_assert!(close(fit.variance(Component::Outer), squares.client.value, 1e-6));
        prop_assert!(close(fit.variance(Component::Intercept), squares.session.value, 1e-6));
        prop_assert!(close(fit.variance(Component::Residual), squares.residual.value, 1e-6));
        prop_assert!(close(fit.variance_standard_error(Component::Outer), squares.client.standard_error, 1e-5));
    }

    /// Any small table: a value and a status that carries one, or NaN and a status that says why. Nothing panics.
    #[test]
    fn any_table_is_answered(
        rows in proptest::collection::btree_map((0_u32..4, 1_i64..5), (0_u8..4, 0_u8..4), 0..14),
    ) {
        let number = |code: u8| if code == 3 { f64::NAN } else { f64::from(code) };
        let data = Data::new(
            rows.keys().map(|key| key.0).collect(),
            rows.keys().map(|key| key.1).collect(),
            vec![rows.values().map(|of| number(of.0)).collect(), rows.values().map(|of| number(of.1)).collect()],
        );
        for (name, estimate) in everything(&data) {
            prop_assert_eq!(estimate.value.is_nan(), is_undefined(estimate.status), "{} {:?}", name, estimate);
            prop_assert!(!estimate.value.is_infinite(), "{name}");
            if let Some(interval) = estimate.interval {
                prop_assert!(interval.low <= interval.high, "{name} {estimate:?}");
            }
        }
    }
}

fn statuses(data: &Data, but: &[&str]) -> Vec<(&'static str, Status)> {
    let all = everything(data).into_iter().filter(|(name, _)| !but.contains(name));
    all.map(|(name, estimate)| (name, estimate.status)).collect()
}

#[track_caller]
fn all_are(data: &Data, status: Status, but: &[&str]) {
    for (name, found) in statuses(data, but) {
        assert_eq!(found, status, "{name}");
    }
}

const TWO_SESSIONS: [&str; 5] = ["retest r", "ICC(A,1)", "ICC(C,1)", "retest SEM", "change"];

#[test]
fn nothing_answered() {
    all_are(&Data::new(vec![], vec![], vec![vec![], vec![]]), Status::AllMissing, &[]);
    let missing = vec![f64::NAN; 6];
    let data = Data::new(vec![1, 1, 2, 2, 3, 3], vec![1, 2, 1, 2, 1, 2], vec![missing.clone(), missing]);
    all_are(&data, Status::AllMissing, &[]);
}

#[test]
fn one_client_or_one_session() {
    let (first, second) = (vec![1.0, 2.0, 4.0, 3.0], vec![2.0, 2.5, 3.0, 3.5]);
    let one_client = Data::new(vec![9; 4], vec![1, 2, 3, 4], vec![first.clone(), second.clone()]);
    all_are(&one_client, Status::TooFewUnits, &[]);
    let one_session = Data::new(vec![1, 2, 3, 4], vec![1; 4], vec![first, second]);
    let no_pairs = &TWO_SESSIONS;
    let within_statistics = ["contrast ICC", "contrast SD", "contrast MSSD", "contrast slope"];
    all_are(&one_session, Status::TooFewUnits, &[no_pairs, &within_statistics[..]].concat());
    for (name, estimate) in everything(&one_session) {
        assert!(estimate.value.is_nan(), "{name}");
    }
}

#[test]
fn one_item() {
    let data = simulated(3, 8, 4, 1, false);
    let table = data.table();
    let nested = nested_generalizability(&table, ItemMeans::InError, 0.95).unwrap();
    assert_eq!(nested.change.status, Status::TooFewItems);
    assert_eq!(crossed_generalizability(&table, 0.95).unwrap().change.status, Status::TooFewItems);
    let alpha = multilevel_alpha(&table, 0.95, None).unwrap();
    assert_eq!((alpha.within.status, alpha.pooled.status), (Status::TooFewItems, Status::TooFewItems));
    // The item's own ICC needs no other.
    assert_eq!(alpha.item_icc[0].status, Status::Defined);
}

/// Everybody always answers the same, one item does, or items agree perfectly: no coefficient is 0 or 1 by accident.
#[test]
fn constant_items_and_perfect_agreement() {
    let constant = simulated(4, 8, 4, 2, false).with_values(|_| 4.3);
    for (name, estimate) in everything(&constant) {
        let is_spread =
            ["retest SEM", "change", "contrast SD", "contrast MSSD", "contrast slope"].contains(&name);
        if is_spread {
            // A spread of 0 is a fact, not an accident.
            assert!(estimate.value.abs() < 1e-12, "{name} {estimate:?}");
        } else {
            assert_eq!(estimate.status, Status::ZeroVariance, "{name} {estimate:?}");
        }
    }
    let mut one_constant = simulated(4, 8, 4, 3, false);
    one_constant.columns[1] = vec![4.3; 32];
    let alpha = multilevel_alpha(&one_constant.table(), 0.95, None).unwrap();
    assert_eq!(alpha.item_icc[1].status, Status::ZeroVariance);
    assert_eq!(alpha.within.status, Status::Defined);
    assert!(alpha.within.value < 1.0);
    let mut agreed = simulated(5, 8, 4, 2, false);
    agreed.columns[1] = agreed.columns[0].clone();
    let table = agreed.table();
    let nested = nested_generalizability(&table, ItemMeans::InError, 0.95).unwrap();
    assert_eq!(nested.change.status, Status::ZeroVariance);
    assert_eq!(crossed_generalizability(&table, 0.95).unwrap().change.status, Status::ZeroVariance);
    // Alpha of identical items is 1 by definition, at each level.
    let alpha = multilevel_alpha(&table, 0.95, None).unwrap();
    assert!((alpha.within.value - 1.0).abs() < 1e-12 && (alpha.between.value - 1.0).abs() < 1e-12);
    assert!(alpha.standard_error_of_measurement.value < 1e-6);
}

/// Fewer rows than items.
#[test]
fn fewer_rows_than_items() {
    let data = simulated(6, 2, 2, 9, false);
    let nested = nested_generalizability(&data.table(), ItemMeans::InError, 0.95).unwrap();
    assert!(nested.change.value.is_finite());
    let alpha = multilevel_alpha(&data.table(), 0.95, None).unwrap();
    assert!(alpha.within.value.is_finite() && alpha.pooled.value.is_finite());
    let three_rows = Data::new(
        vec![1, 1, 2],
        vec![1, 2, 1],
        data.columns.iter().map(|column| column[..3].to_vec()).collect(),
    );
    let alpha = multilevel_alpha(&three_rows.table(), 0.95, None).unwrap();
    assert!(!is_undefined(alpha.within.status) && !is_undefined(alpha.pooled.status));
}

/// Clients who always tick the same, clients who came once, and sessions without an answer.
#[test]
fn clients_without_variance_break_nothing() {
    let data = items_of_panel_a();
    let mut flat = data.clone();
    for row in 0..480 {
        if [25, 36, 40].contains(&flat.client[row]) {
            for column in &mut flat.columns {
                column[row] = 7.0;
            }
        }
    }
    // Client 1 has one session left, client 2 has sessions without answers.
    let kept: Vec<usize> = (0..480).filter(|row| data.client[*row] != 1 || data.session[*row] == 3).collect();
    let mut flat = flat.reordered(&kept, |code| code);
    for row in 0..flat.client.len() {
        if flat.client[row] == 2 && flat.session[row] > 4 {
            for column in &mut flat.columns {
                column[row] = f64::NAN;
            }
        }
    }
    let nested = nested_generalizability(&flat.table(), ItemMeans::InError, 0.95).unwrap();
    assert_eq!((nested.clients, nested.change.status), (60, Status::Defined));
    assert_eq!((nested.change.rows_used, nested.change.rows_dropped), (469, 4));
    assert!(nested.change.value > 0.3 && nested.change.value < 0.6);
    let alpha = multilevel_alpha(&flat.table(), 0.95, Some(&Bootstrap::new(200, 1).unwrap())).unwrap();
    assert!(alpha.item_icc.iter().all(|icc| icc.status == Status::Defined && icc.interval.is_some()));
}

// ---- decision studies ----------------------------------------------------------------

/// One session of .77 (Crits-Christoph et al. 2011): .870, .909, .931, .953 with 2, 3, 4, 6 sessions.
#[test]
fn how_many_sessions() {
    let found = [2.0, 3.0, 4.0, 6.0].map(|times| (spearman_brown(0.77, times) * 1000.0).round());
    assert_eq!(found, [870.0, 909.0, 931.0, 953.0]);
    assert_eq!(times_needed(0.77, 0.93), Some(4));
    assert_eq!(times_needed(0.5, 0.5), Some(1));
    assert_eq!(times_needed(0.5, 0.8), Some(4));
    for (single, target) in
        [(0.0, 0.8), (-0.2, 0.8), (0.5, 1.0), (0.5, 0.0), (f64::NAN, 0.8), (0.5, f64::NAN)]
    {
        assert_eq!(times_needed(single, target), None);
    }
    assert_eq!(times_needed(1.0, 0.8), Some(1));
}

#[test]
fn a_decision_study_finds_the_observed_design_again() {
    let data = items_of_panel_a();
    let found = nested_generalizability(&data.table(), ItemMeans::InError, 0.95).unwrap();
    let table = found.decision_study(&[1, 4, 8], &[4, 12]);
    assert_eq!(table.len(), 6);
    let row = table.iter().find(|row| (row.sessions, row.items) == (8, 4)).unwrap();
    assert!(close(row.between_clients, found.mean_of_sessions.value, 1e-12));
    assert!(close(row.within_client, found.change.value, 1e-12));
    let one = table.iter().find(|row| (row.sessions, row.items) == (1, 4)).unwrap();
    assert!(close(one.between_clients, found.one_session.value, 1e-12));
    // The fewest that reach the target, and not one less.
    let sessions = found.sessions_needed(0.90, 4).unwrap();
    let reached = |sessions: usize| found.decision_study(&[sessions], &[4])[0].between_clients;
    assert!(reached(sessions) >= 0.90 && reached(sessions - 1) < 0.90);
    let items = found.items_needed(0.80).unwrap();
    let reached = |items: usize| found.decision_study(&[1], &[items])[0].within_client;
    assert!(reached(items) >= 0.80 && reached(items - 1) < 0.80);
    // More sessions do not help to see changes.
    assert_eq!(one.within_client, row.within_client);
}

#[test]
fn therapists_need_many_clients() {
    let rows = common::panel_b();
    let therapist: Vec<u32> = rows.iter().map(|row| row.0 as u32).collect();
    let data = Data::new(
        rows.iter().map(|row| row.1 as u32).collect(),
        (0..240).map(|row| row % 4).collect(),
        vec![rows.iter().map(|row| row.2).collect()],
    );
    let found = session_icc(&data.table(), Some(&therapist), 0.95).unwrap();
    let [t, c, s] = [found.therapist.clone().unwrap().value, found.client.value, found.residual.value];
    assert!(close(found.therapist_mean(5, 4), t / (t + c / 5.0 + s / 20.0), 1e-12));
    let clients = found.clients_needed(0.90, 4).unwrap();
    assert!(found.therapist_mean(clients, 4) >= 0.90 && found.therapist_mean(clients - 1, 4) < 0.90);
    assert!(close(found.mean_of_sessions.value, (t + c) / (t + c + s / 4.0), 1e-12));
    let sessions = found.sessions_needed(0.95).unwrap() as f64;
    assert!(spearman_brown(found.one_session.value, sessions) >= 0.95);
    assert!(spearman_brown(found.one_session.value, sessions - 1.0) < 0.95);
    assert!(session_icc(&data.table(), None, 0.95).unwrap().therapist_mean(5, 4).is_nan());
}

// ---- traps of the field (statistics dossier, section 6) -----------------------------

/// Trap 1: alpha of persons, of pooled rows and within persons are three numbers, each with its label.
#[test]
fn trap_1_three_alphas_three_labels() {
    let alpha = multilevel_alpha(&items_of_panel_a().table(), 0.95, None).unwrap();
    let three = [&alpha.within, &alpha.between, &alpha.pooled];
    assert_eq!(three.map(|estimate| (estimate.value * 1000.0).round()), [551.0, 995.0, 849.0]);
    assert_eq!(
        three.map(|estimate| estimate.level.as_str()),
        ["within-client", "between-clients", "pooled-rows"]
    );
}

/// Trap 2: a standard error of measurement from the reliability of another level. The error of a session score is
/// that of its items; SD and alpha must come from the same matrix.
#[test]
fn trap_2_the_error_of_measurement_keeps_to_one_level() {
    let data = items_of_panel_a();
    let alpha = multilevel_alpha(&data.table(), 0.95, None).unwrap();
    let own = &alpha.standard_error_of_measurement;
    assert_eq!(own.level, Level::WithinClient);
    let scores: Vec<f64> =
        (0..480).map(|row| data.columns.iter().map(|column| column[row]).sum::<f64>() / 4.0).collect();
    let mean = scores.iter().sum::<f64>() / 480.0;
    let pooled = (scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / 479.0).sqrt();
    // The SD of all rows with the alpha of changes would nearly double the band; with the alpha of pooled rows it
    // comes close, since the items' error is the same at each level.
    let mixed = pooled * (1.0 - alpha.within.value).sqrt();
    let matched = pooled * (1.0 - alpha.pooled.value).sqrt();
    assert!(mixed > 1.7 * own.value, "{mixed} {}", own.value);
    assert!((matched / own.value - 1.0).abs() < 0.05, "{matched} {}", own.value);
    assert!((own.value - 0.318_6).abs() < 5e-4, "{}", own.value);
}

/// Trap 7: sessions are numbers, not rows. A gap breaks "the session before", and slopes are per session.
#[test]
fn trap_7_a_gap_is_a_gap() {
    // Two clients, sessions 1, 2, 5: the step from 2 to 5 is none.
    let data = Data::new(
        vec![1, 1, 1, 2, 2, 2],
        vec![5, 1, 2, 1, 2, 5],
        vec![vec![9.0, 1.0, 2.0, 3.0, 5.0, 11.0], vec![5.0, 1.0, 2.0, 2.0, 3.0, 6.0]],
    );
    let found = rater_contrast(&data.table(), 0.95, &Bootstrap::new(100, 1).unwrap()).unwrap();
    // Steps 1 -> 2 of the two clients: 1 and 2.
    assert!(close(found.successive_change.first.value, 2.5_f64.sqrt(), 1e-12));
    // The second rater gives exactly one point per session number, whatever the row.
    assert!(close(found.slope.second.value, 1.0, 1e-12));
    assert_eq!(data.table().pairs(0, 2, 3), (vec![], vec![]));
    // And a session where one rater is missing is common to neither.
    let mut gap = data.clone();
    gap.columns[1][2] = f64::NAN;
    let found = rater_contrast(&gap.table(), 0.95, &Bootstrap::new(100, 1).unwrap()).unwrap();
    assert_eq!(found.sessions, 5);
    assert!(close(found.successive_change.first.value, 2.0, 1e-12));
}

/// Trap 15: drawing rows of clustered data. Each row twice under another session number: twice the rows, no more
/// clients.
#[test]
fn trap_15_clients_are_drawn_not_rows() {
    let data = items_of_panel_a();
    let doubled = {
        let order: Vec<usize> = (0..480).chain(0..480).collect();
        let mut doubled = data.reordered(&order, |code| code);
        for session in &mut doubled.session[480..] {
            *session += 100;
        }
        doubled
    };
    let bootstrap = Bootstrap::new(1000, 5).unwrap();
    let pooled = |data: &Data| multilevel_alpha(&data.table(), 0.95, Some(&bootstrap)).unwrap().pooled;
    let (once, twice) = (pooled(&data), pooled(&doubled));
    assert!((once.value - twice.value).abs() < 1e-3);
    assert!((twice.standard_error / once.standard_error - 1.0).abs() < 0.02);
    // Rows as clients of their own: what drawing rows would claim.
    let mut rows = data.clone();
    rows.client = (0..480).map(|row| row / 2).collect();
    let claimed = pooled(&rows).standard_error;
    assert!(claimed < 0.75 * once.standard_error, "{claimed} {}", once.standard_error);
    assert_eq!(once.units, 60);
}

/// Trap 18: client ids that start anew with each therapist.
#[test]
fn trap_18_ids_reused_across_therapists_are_refused() {
    let rows = panel_a();
    let therapist: Vec<u32> = rows.iter().map(|row| row.therapist as u32).collect();
    let mut data = of_panel_a(|row| vec![row.mean()]);
    assert!(session_icc(&data.table(), Some(&therapist), 0.95).is_ok());
    // Numbered 1 to 6 per therapist: first the sessions collide, and with other session numbers the nesting does.
    for client in &mut data.client {
        *client = (*client - 1) % 6;
    }
    let slices: Vec<&[f64]> = data.columns.iter().map(Vec::as_slice).collect();
    let error = SessionTable::new(&data.client, &data.session, &Columns::new(&slices).unwrap()).unwrap_err();
    assert_eq!(error.code(), "repeated-session");
    for (session, therapist) in data.session.iter_mut().zip(&therapist) {
        *session += 100 * i64::from(*therapist);
    }
    let error = session_icc(&data.table(), Some(&therapist), 0.95).unwrap_err();
    assert_eq!(error.code(), "not-nested");
    assert!(error.to_string().contains("432 rows"), "{error}");
}

/// Trap 19: a negative component is shown as it is; coefficients count it as 0 and say so.
#[test]
fn trap_19_negative_components_are_not_hidden() {
    let found = crossed_generalizability(&items_of_panel_a().table(), 0.95).unwrap();
    assert!((found.session_item.value + 0.002_213_6).abs() < 1e-7);
    assert_eq!(found.session_item.status, Status::OutOfRange);
    // None of the coefficients uses this one.
    assert_eq!(found.change.status, Status::Defined);
    // Sessions of a client that differ less than items do.
    let first = vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0, 2.0, 5.0];
    let second = vec![4.0, 1.0, 5.0, 2.0, 6.0, 3.0, 5.0, 2.0];
    let data = Data::new(vec![1, 1, 2, 2, 3, 3, 4, 4], vec![1, 2, 1, 2, 1, 2, 1, 2], vec![first, second]);
    let nested = nested_generalizability(&data.table(), ItemMeans::InError, 0.95).unwrap();
    assert!(nested.session.value < 0.0);
    assert_eq!(nested.session.status, Status::OutOfRange);
    assert_eq!((nested.change.value, nested.change.status), (0.0, Status::Boundary));
    assert_eq!(nested.change.notes, ["a variance that was estimated as 0 or below counts as 0"]);
    // Another variance at 0 does not put the ratio itself at an end of its range; the note stays.
    assert_eq!(
        (nested.mean_of_sessions.status, &nested.mean_of_sessions.notes),
        (Status::Defined, &nested.change.notes)
    );
    assert_eq!(nested.items_needed(0.8), None);
    let alpha = multilevel_alpha(&data.table(), 0.95, None).unwrap();
    assert!(alpha.within.value.is_nan() || alpha.within.value < 0.0);
}

/// Intervals of the coefficients hold the true value about as often as they say, with few clients and with gaps.
#[test]
fn intervals_cover_the_truth() {
    const SAMPLES: usize = 400;
    // The variances of `simulated`: 1, .49 and 1, with item means that are taken out.
    let (level, change, error, sessions, items) = (1.0, 0.49, 1.0, 4.0, 3.0);
    let mut held = [0; 5];
    for seed in 0..SAMPLES {
        let complete = simulated(seed as u64, 25, 4, 3, false);
        let gaps = simulated(seed as u64, 25, 4, 3, true);
        let crossed = crossed_generalizability(&complete.table(), 0.95).unwrap();
        let nested = nested_generalizability(&gaps.table(), ItemMeans::Removed, 0.95).unwrap();
        let (k, m) = (nested.sessions, nested.items);
        for (place, (estimate, truth)) in [
            (&crossed.mean_of_fixed_sessions, level / (level + error / (sessions * items))),
            (&crossed.change, change / (change + error / items)),
            (&nested.one_session, level / (level + change + error / m)),
            (&nested.mean_of_sessions, level / (level + change / k + error / (k * m))),
            (&nested.change, change / (change + error / m)),
        ]
        .into_iter()
        .enumerate()
        {
            let interval = estimate.interval;
            held[place] += usize::from(interval.is_some_and(|ends| (ends.low..=ends.high).contains(&truth)));
        }
    }
    for count in held {
        let share = count as f64 / SAMPLES as f64;
        assert!((0.915..=0.98).contains(&share), "{held:?}");
    }
}

/// The bootstrap gives the same numbers with any number of threads.
#[test]
fn resamples_do_not_depend_on_threads() {
    let data = of_panel_a(|row| vec![row.mean(), row.rated]);
    let found = |threads: usize| {
        let bootstrap = Bootstrap::new(300, 11).unwrap().with_threads(threads).unwrap();
        // As text: NaN is not equal to NaN.
        format!("{:?}", rater_contrast(&data.table(), 0.95, &bootstrap).unwrap())
    };
    assert_eq!(found(1), found(2));
    assert_eq!(found(1), found(7));
}

/// A table shows counts.
#[test]
fn debug_output_shows_counts_alone() {
    let data = of_panel_a(|row| vec![row.mean()]);
    let shown = format!("{:?}", data.table());
    assert_eq!(shown, "SessionTable { clients: 60, rows: 480, columns: 1, .. }");
}
