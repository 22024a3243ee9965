//! Sections 2, 3B and 3C: the panels, reliability, reliable change.

use alliance_psychometrics::change::{
    BaselineSample, ChangeClass, ChangeMethod, ClientGrowth, Direction, ReferenceGroups, ReliableChange,
    ScoreDistribution, growth_change, jacobson_truax_false_alarms,
};
use alliance_psychometrics::form::{
    AlphaInterval, Extraction, Form, Groups, Missing, OmegaInterval, SplitOptions, polychoric,
};
use alliance_psychometrics::mixed::{Component, Likelihood, MixedModel};
use alliance_psychometrics::sessions::{
    ItemMeans, SessionTable, crossed_generalizability, multilevel_alpha, nested_generalizability,
    session_icc, spearman_brown,
};
use alliance_psychometrics::{Columns, Level};

use super::common::{Lehmer, PanelRow, drop_a, panel_a, panel_b, vectors};
use super::{Found, as_columns, case, columns_of, numbers};

pub(super) fn found() -> Found {
    [panels(), form(), hierarchical(), ordinal(), sessions(), variances(), change(), growth()].concat()
}

fn panels() -> Found {
    let mut random = Lehmer(1);
    for _ in 0..10_000 {
        random.uniform();
    }
    let (rows, scores, gone) = (panel_a(), panel_b(), drop_a());
    let sum = |of: &dyn Fn(&PanelRow) -> f64| rows.iter().map(of).sum::<f64>();
    let as_numbers = |row: &PanelRow| {
        let ids = [row.therapist, row.client, row.session].map(|id| id as f64);
        [&ids[..], &row.items, &[row.rated, row.outcome]].concat()
    };
    let mut items = vec![rows.len() as f64];
    items.extend((0..4).map(|item| sum(&|row| row.items[item])));
    let attitude = attitude();
    let covered = Form::new(&as_columns(&attitude), Missing::Listwise, Level::OneSession);
    let cells = (0..7).flat_map(|one| (0..7).map(move |other| (one, other)));
    vec![
        ("2 minstd state 10000", vec![random.0 as f64]),
        ("2 panel A rows and item sums", items),
        ("2 panel A rated and outcome", vec![sum(&|row| row.rated), sum(&|row| row.outcome)]),
        ("2 panel A first row", as_numbers(&rows[0])),
        ("2 panel A last row", as_numbers(&rows[479])),
        (
            "2 panel B",
            vec![
                scores.len() as f64,
                scores.iter().map(|row| row.2).sum(),
                scores[0].2,
                scores[1].2,
                scores[2].2,
            ],
        ),
        (
            "2 dropout on panel A",
            vec![
                gone.len() as f64,
                gone.iter().filter(|row| row.3).count() as f64,
                gone.iter().map(|row| row.2).sum(),
            ],
        ),
        ("2 attitude column sums", attitude.iter().map(|column| column.iter().sum()).collect()),
        (
            "2 attitude trace and sum",
            vec![
                (0..7).map(|item| covered.covariance(item, item)).sum(),
                cells.map(|(one, other)| covered.covariance(one, other)).sum(),
            ],
        ),
    ]
}

fn attitude() -> Vec<Vec<f64>> {
    columns_of(&case("form-reliability", "cases", "name", "attitude")["columns"])
}

fn form() -> Found {
    let columns = attitude();
    let form = Form::new(&as_columns(&columns), Missing::Listwise, Level::OneSession);
    let alpha = |interval| form.alpha(interval, 0.95).unwrap();
    let free = alpha(AlphaInterval::DistributionFree);
    let ends = |interval| {
        let found = alpha(interval).raw.interval.unwrap();
        vec![found.low, found.high]
    };
    let split = form.split_half(SplitOptions::default()).unwrap().odd_even;
    let omega = |extraction| form.omega(extraction, OmegaInterval::default(), 0.95).unwrap();
    let (ml, minres) = (omega(Extraction::MaximumLikelihood), omega(Extraction::MinimumResiduals));
    let judges = columns_of(&case("icc", "cases", "name", "Shrout & Fleiss 1979")["columns"]);
    let of_judges = Form::new(&as_columns(&judges), Missing::Listwise, Level::BetweenRaters);
    let twelve =
        columns_of(&case("form-reliability", "cases", "name", "twelve items with a ceiling")["columns"]);
    let of_twelve = Form::new(&as_columns(&twelve), Missing::Listwise, Level::OneSession);
    let total: f64 = (0..7)
        .flat_map(|one| (0..7).map(move |other| (one, other)))
        .map(|(one, other)| form.covariance(one, other))
        .sum();
    vec![
        (
            "B1 alpha, standardized, mean r, lambda 6",
            vec![free.raw.value, free.standardized.value, free.mean_correlation, free.lambda_6.value],
        ),
        ("B1 Feldt", ends(AlphaInterval::Feldt)),
        ("B1 Bonett", ends(AlphaInterval::Bonett)),
        ("B1 van Zyl", vec![free.normal_theory_standard_error]),
        ("B1 distribution-free", vec![free.raw.standard_error]),
        ("B1 alpha without", free.items.iter().map(|item| item.alpha_without).collect()),
        ("B1 item-rest", free.items.iter().map(|item| item.item_rest_correlation).collect()),
        ("B1 Shrout-Fleiss alpha", vec![of_judges.alpha(AlphaInterval::Feldt, 0.95).unwrap().raw.value]),
        (
            "B2 odd-even",
            vec![split.correlation.value, split.spearman_brown.value, split.guttman.value, split.horst.value],
        ),
        (
            "B2 splits of twelve items",
            vec![of_twelve.split_half(SplitOptions::default()).unwrap().splits as f64],
        ),
        ("B2 total SD and SEM", vec![total.sqrt(), form.standard_error_of_measurement(&free.raw).value]),
        ("B3 ML loadings", ml.loadings.clone()),
        ("B3 ML omega", vec![ml.standardized.value, ml.raw.value, ml.raw_observed.value]),
        ("B3 ML fit", vec![ml.fit.chi_square, ml.fit.degrees_of_freedom, ml.fit.cfi, ml.fit.rmsea]),
        ("B3 minres loadings", minres.loadings.clone()),
        ("B3 minres omega", vec![minres.standardized.value, minres.standardized_observed.value]),
    ]
}

fn hierarchical() -> Found {
    let thurstone = case("form-reliability", "hierarchical", "name", "Thurstone");
    let form = Form::from_covariances(&numbers(&thurstone["correlations"]), 213, Level::OneSession).unwrap();
    let found = form.hierarchical_omega(&Groups::Found(3), 0.95, None).unwrap();
    let alpha = form.alpha(AlphaInterval::Feldt, 0.95).unwrap();
    vec![
        (
            "B4 Thurstone",
            vec![
                found.hierarchical.value,
                found.total.value,
                alpha.raw.value,
                alpha.lambda_6.value,
                found.asymptotic.value,
            ],
        ),
        ("B4 Thurstone groups total", found.groups.iter().map(|group| group.total).collect()),
        ("B4 Thurstone groups general", found.groups.iter().map(|group| group.general).collect()),
        ("B4 Thurstone groups specific", found.groups.iter().map(|group| group.specific).collect()),
    ]
}

fn ordinal() -> Found {
    let of_table = |place: usize| {
        let case = &vectors("polychoric")["tables"][place];
        let columns = case["columns"].as_u64().unwrap() as usize;
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for (cell, count) in numbers(&case["table"]).into_iter().enumerate() {
            for _ in 0..count as usize {
                first.push((cell / columns) as f64);
                second.push((cell % columns) as f64);
            }
        }
        polychoric(&first, &second, Level::OneSession).unwrap()
    };
    let (four, two) = (of_table(0), of_table(1));
    vec![
        ("B5 row thresholds", four.first_thresholds.clone()),
        ("B5 column thresholds", four.second_thresholds.clone()),
        ("B5 polychoric", vec![four.correlation.value]),
        ("B5 likelihood", vec![four.negative_log_likelihood]),
        ("B5 tetrachoric", vec![two.correlation.value]),
    ]
}

/// Ids and columns of a panel.
struct Rows {
    client: Vec<u32>,
    session: Vec<i64>,
    columns: Vec<Vec<f64>>,
}

impl Rows {
    fn items_of_panel_a() -> Self {
        let rows = panel_a();
        Self {
            client: rows.iter().map(|row| row.client as u32).collect(),
            session: rows.iter().map(|row| row.session as i64).collect(),
            columns: (0..4).map(|item| rows.iter().map(|row| row.items[item]).collect()).collect(),
        }
    }

    fn of_shrout() -> Self {
        let data = columns_of(&vectors("sessions")["cases"][0]["data"]);
        let column = |place: usize| data.iter().map(move |row| row[place]);
        Self {
            client: column(0).map(|id| id as u32).collect(),
            session: column(1).map(|number| number as i64).collect(),
            columns: (2..5).map(|item| column(item).collect()).collect(),
        }
    }

    fn table(&self) -> SessionTable<'_> {
        SessionTable::new(&self.client, &self.session, &as_columns(&self.columns)).unwrap()
    }
}

fn sessions() -> Found {
    let (shrout, panel) = (Rows::of_shrout(), Rows::items_of_panel_a());
    let crossed = crossed_generalizability(&shrout.table(), 0.95).unwrap();
    let of_panel = crossed_generalizability(&panel.table(), 0.95).unwrap();
    let nested = nested_generalizability(&shrout.table(), ItemMeans::InError, 0.95).unwrap();
    let nested_panel = nested_generalizability(&panel.table(), ItemMeans::InError, 0.95).unwrap();
    let alpha = multilevel_alpha(&panel.table(), 0.95, None).unwrap();
    let values = |estimates: &[&alliance_psychometrics::Estimate]| -> Vec<f64> {
        estimates.iter().map(|estimate| estimate.value).collect()
    };
    vec![
        (
            "B6 Shrout-Lane components",
            values(&[
                &crossed.client,
                &crossed.session,
                &crossed.item,
                &crossed.client_session,
                &crossed.client_item,
                &crossed.session_item,
                &crossed.residual,
            ]),
        ),
        (
            "B6 Shrout-Lane coefficients",
            values(&[
                &crossed.mean_of_fixed_sessions,
                &crossed.one_random_session,
                &crossed.mean_of_random_sessions,
                &crossed.change,
            ]),
        ),
        (
            "B6 Shrout-Lane nested",
            values(&[
                &nested.client,
                &nested.session,
                &nested.residual,
                &nested.mean_of_sessions,
                &nested.change,
            ]),
        ),
        (
            "B6 panel A coefficients",
            values(&[
                &of_panel.mean_of_fixed_sessions,
                &of_panel.one_random_session,
                &of_panel.mean_of_random_sessions,
                &of_panel.change,
            ]),
        ),
        ("B6 panel A nested", values(&[&nested_panel.mean_of_sessions, &nested_panel.change])),
        ("B6 panel A session by item", values(&[&of_panel.session_item])),
        (
            "B6 decision study of .77",
            [2.0, 3.0, 4.0, 6.0].map(|sessions| spearman_brown(0.77, sessions)).to_vec(),
        ),
        ("B7 alpha within, between, pooled", values(&[&alpha.within, &alpha.between, &alpha.pooled])),
        ("B7 item ICCs", alpha.item_icc.iter().map(|icc| icc.value).collect()),
    ]
}

fn variances() -> Found {
    let rows = panel_a();
    let score: Vec<f64> = rows.iter().map(PanelRow::mean).collect();
    let client: Vec<u32> = rows.iter().map(|row| row.client as u32).collect();
    let therapist: Vec<u32> = rows.iter().map(|row| row.therapist as u32).collect();
    let session: Vec<i64> = rows.iter().map(|row| row.session as i64).collect();
    let none = Columns::new(&[]).unwrap();
    let table = SessionTable::new(&client, &session, &Columns::new(&[&score]).unwrap()).unwrap();
    let icc = session_icc(&table, None, 0.95).unwrap();
    let model = MixedModel::new(&score, &none, &client).unwrap();
    let (fit, with_therapists) = (model.fit(), model.nested_in(&therapist).unwrap().fit());
    let b = panel_b();
    let of_b: Vec<f64> = b.iter().map(|row| row.2).collect();
    let client_b: Vec<u32> = b.iter().map(|row| row.1 as u32).collect();
    let therapist_b: Vec<u32> = b.iter().map(|row| row.0 as u32).collect();
    let model = MixedModel::new(&of_b, &none, &client_b).unwrap().nested_in(&therapist_b).unwrap();
    let components = [Component::Outer, Component::Intercept, Component::Residual];
    let (reml, ml) = (model.fit(), model.with_likelihood(Likelihood::Full).fit());
    let [among, between, within] = components.map(|component| reml.variance(component));
    vec![
        ("B8 panel A ICC", vec![icc.one_session.value, icc.mean_of_sessions.value]),
        (
            "B8 panel A REML",
            vec![
                fit.variance(Component::Intercept),
                fit.variance(Component::Residual),
                fit.coefficients()[0],
                fit.coefficient_standard_error(0),
            ],
        ),
        ("B8 panel A deviance", vec![fit.deviance()]),
        (
            "B8 panel B REML",
            vec![among, between, within, reml.coefficients()[0], reml.coefficient_standard_error(0)],
        ),
        ("B8 panel B deviance", vec![reml.deviance()]),
        (
            "B8 panel B ML",
            components.into_iter().map(|component| ml.variance(component)).chain([ml.deviance()]).collect(),
        ),
        (
            "B8 panel A with therapists",
            vec![with_therapists.variance(Component::Outer), with_therapists.deviance()],
        ),
    ]
}

/// The worked example of Jacobson and Truax: mean 40, standard deviation 7.5, reliability .80, 32.5 to 47.5.
fn change() -> Found {
    let before = BaselineSample::new(40.0, 7.5, 0.80).unwrap();
    let rule = |method| ReliableChange::new(method, before, Direction::HigherIsBetter).unwrap();
    let index = |method| rule(method).index(32.5, 47.5);
    let jacobson = rule(ChangeMethod::JacobsonTruax);
    // The dossier's multipliers are 1.96 and 1.645, not the quantiles themselves.
    let detectable = |two_sided: f64| {
        jacobson.clone().with_confidence(two_sided).unwrap().minimal_detectable_change().value
    };
    let band = rule(ChangeMethod::EdwardsNunnally)
        .with_confidence(0.954_499_736_103_642)
        .unwrap()
        .unchanged_range(32.5)
        .unwrap();
    let hageman = rule(ChangeMethod::HagemanArrindell {
        mean_after: 50.0,
        standard_deviation_after: 7.5,
        correlation: 0.5,
    });
    let groups = ReferenceGroups::new(
        ScoreDistribution::new(40.0, 7.5).unwrap(),
        ScoreDistribution::new(60.0, 7.5).unwrap(),
    )
    .cutoffs(Direction::HigherIsBetter);
    let alarms: Vec<_> = [0.85, 0.90, 0.93, 0.95]
        .into_iter()
        .flat_map(|reliability| [0.0, 0.3].map(|phi| (reliability, phi)))
        .map(|(reliability, phi)| jacobson_truax_false_alarms(reliability, 0.65, phi, 12, 0.95).unwrap())
        .collect();
    vec![
        (
            "C worked example",
            vec![
                jacobson.standard_error_of_measurement().value,
                jacobson.standard_error_of_difference().value,
                jacobson.index(32.5, 47.5),
            ],
        ),
        ("C cut-offs", vec![groups.a, groups.b, groups.c]),
        (
            "C minimal detectable change at 1.96 and 1.645",
            vec![detectable(0.950_004_209_703_559), detectable(0.900_030_188_921_757_2)],
        ),
        (
            "C GLN, EN, HLL, NK",
            vec![
                index(ChangeMethod::GulliksenLordNovick),
                index(ChangeMethod::EdwardsNunnally),
                index(ChangeMethod::HsuLinnLord { mean_after: 50.0 }),
                index(ChangeMethod::NunnallyKotsch { reliability_after: 0.8 }),
            ],
        ),
        ("C EN interval", vec![band.low, band.high]),
        (
            "C HA",
            vec![
                hageman.reliability_of_differences().value,
                hageman.index(32.5, 47.5),
                hageman.hageman_arrindell_cutoff_index(47.5, 50.0),
            ],
        ),
        ("C5 per session", alarms.iter().map(|found| found.per_step).collect()),
        ("C5 per client", alarms.iter().map(|found| found.per_client).collect()),
    ]
}

fn growth() -> Found {
    let rows = panel_a();
    let score: Vec<f64> = rows.iter().map(PanelRow::mean).collect();
    let time: Vec<f64> = rows.iter().map(|row| row.session as f64 - 1.0).collect();
    let client: Vec<u32> = rows.iter().map(|row| row.client as u32).collect();
    let found = growth_change(&score, &time, &client, Direction::HigherIsBetter, 0.95).unwrap();
    let fit = &found.fit;
    let three = |of: fn(&ClientGrowth) -> f64| found.clients[..3].iter().map(of).collect::<Vec<_>>();
    let mut deviations = three(|client| client.deviation_from_average);
    deviations.push(found.clients[0].standard_error);
    let beyond = |of: fn(&ClientGrowth) -> Option<ChangeClass>| {
        found.clients.iter().filter(|client| of(client) != Some(ChangeClass::Unchanged)).count() as f64
    };
    vec![
        (
            "C HLM fixed",
            vec![
                fit.coefficients()[0],
                fit.coefficient_standard_error(0),
                found.average_slope.value,
                found.average_slope.standard_error,
            ],
        ),
        (
            "C HLM variances",
            [Component::Intercept, Component::Slope, Component::InterceptSlope, Component::Residual]
                .into_iter()
                .map(|component| fit.variance(component))
                .chain([fit.deviance()])
                .collect(),
        ),
        ("C HLM deviations", deviations),
        ("C HLM z of deviations", three(|client| client.deviation_z)),
        ("C HLM z of own slopes", three(|client| client.own_z)),
        (
            "C HLM clients beyond 1.96",
            vec![beyond(|client| client.deviation_class), beyond(|client| client.own_class)],
        ),
    ]
}
