//! Sections 3E and 4: alliance and outcome, syntheses.

use alliance_psychometrics::Columns;
use alliance_psychometrics::mixed::{Component, MixedModel};
use alliance_psychometrics::outcome::{
    EndKind, Ending, HazardLink, HazardModel, IncidenceRow, Measured, PlannedEnds, Trend, disaggregate,
    discrete_time_hazard, incidence, lagged, log_rank, person_periods, wilson, within_between_model,
};
use alliance_psychometrics::sessions::{SessionTable, spearman_brown};
use alliance_psychometrics::synthesis::{
    MetaCorrelations, MetaOptions, MissingSide, PredictionDegrees, StandardErrors, TauEstimator,
    binomial_effect_size, common_language_effect_size, d_from_r, disattenuate, egger_test, fisher_z,
    hunter_schmidt, leave_one_out, meta_correlations, r_from_d, r_from_fisher_z, trim_and_fill,
    variance_explained,
};

use super::common::{PanelRow, drop_a, panel_a};
use super::{Found, case, numbers, with_error};

pub(super) fn found() -> Found {
    [effects(), meta(), meta_by_estimator(), sizes(), survival(), hazards()].concat()
}

fn effects() -> Found {
    let rows = panel_a();
    let column = |of: &dyn Fn(&PanelRow) -> f64| rows.iter().map(of).collect::<Vec<f64>>();
    let (alliance, outcome) = (column(&PanelRow::mean), column(&|row| row.outcome));
    let number = column(&|row| row.session as f64);
    let client: Vec<u32> = rows.iter().map(|row| row.client as u32).collect();
    let session: Vec<i64> = rows.iter().map(|row| row.session as i64).collect();
    let parts = disaggregate(&alliance, &client, None, Trend::Kept).unwrap();
    let model = |covariates: &[&[f64]]| {
        let covariates = Columns::new(covariates).unwrap();
        within_between_model(&outcome, &parts, &covariates, &client, None, 0.95).unwrap()
    };
    let found = model(&[&number]);
    let product: Vec<f64> = parts.within.iter().zip(&parts.between).map(|(w, b)| w * b).collect();
    let interaction = model(&[&number, &product]);
    let raw =
        MixedModel::new(&outcome, &Columns::new(&[&alliance, &number]).unwrap(), &client).unwrap().fit();
    let columns = Columns::new(&[&parts.within, &outcome]).unwrap();
    let table = SessionTable::new(&client, &session, &columns).unwrap();
    let before = |column| lagged(&table, column, Measured::AfterSession, Measured::AfterSession, 1).unwrap();
    let (within, last) = (before(0), before(1));
    let fixed = Columns::new(&[&within, &last, &parts.between, &number]).unwrap();
    let lagged = MixedModel::new(&outcome, &fixed, &client).unwrap().fit();
    let mut of_lagged = vec![lagged.variance(Component::Intercept)];
    of_lagged.extend(
        (1..4).flat_map(|place| [lagged.coefficients()[place], lagged.coefficient_standard_error(place)]),
    );
    vec![
        ("E1 within and between", [with_error(&found.within), with_error(&found.between)].concat()),
        (
            "E1 session and intercept",
            [with_error(&found.covariates[0]), with_error(&found.intercept)].concat(),
        ),
        (
            "E1 variances",
            vec![
                found.fit.variance(Component::Intercept),
                found.fit.variance(Component::Residual),
                found.fit.deviance(),
            ],
        ),
        ("E1 raw scores", vec![raw.coefficients()[1], raw.coefficient_standard_error(1)]),
        ("E1 within by between", with_error(&interaction.covariates[1]).to_vec()),
        ("E3 outcome of the session before", of_lagged),
    ]
}

fn molloy() -> (Vec<f64>, Vec<f64>) {
    let data = case("synthesis", "cases", "kind", "data");
    (numbers(&data["molloy_r"]), numbers(&data["molloy_n"]))
}

fn wald(estimator: TauEstimator) -> MetaOptions {
    MetaOptions {
        estimator,
        standard_errors: StandardErrors::Normal,
        prediction: PredictionDegrees::Normal,
        confidence: 0.95,
    }
}

fn synthesis(options: &MetaOptions) -> MetaCorrelations {
    let (r, n) = molloy();
    meta_correlations(&r, &n, options).unwrap()
}

fn meta_by_estimator() -> Found {
    [
        ("E6.2 DL", TauEstimator::DerSimonianLaird),
        ("E6.2 REML", TauEstimator::RestrictedMaximumLikelihood),
        ("E6.2 ML", TauEstimator::MaximumLikelihood),
        ("E6.2 PM", TauEstimator::PauleMandel),
        ("E6.2 HS", TauEstimator::HunterSchmidt),
        ("E6.2 SJ", TauEstimator::SidikJonkman),
        ("E6.2 HE", TauEstimator::Hedges),
    ]
    .into_iter()
    .map(|(identity, estimator)| {
        let found = synthesis(&wald(estimator));
        let (z, r) = (&found.fisher_z, &found.correlation);
        let (ends, of_r) = (z.effect.interval.unwrap(), r.interval.unwrap());
        let mut values = with_error(&z.effect).to_vec();
        values.extend([ends.low, ends.high, z.tau_squared.value, z.i_squared.value, r.value]);
        if matches!(estimator, TauEstimator::DerSimonianLaird | TauEstimator::RestrictedMaximumLikelihood) {
            values.extend([of_r.low, of_r.high]);
        }
        (identity, values)
    })
    .collect()
}

fn meta() -> Found {
    let reml = wald(TauEstimator::RestrictedMaximumLikelihood);
    let found = synthesis(&reml).fisher_z;
    let knapp = MetaOptions {
        standard_errors: StandardErrors::KnappHartung,
        prediction: PredictionDegrees::StudiesLessOne,
        ..reml
    };
    let of_knapp = synthesis(&knapp).fisher_z;
    let less_two = MetaOptions { prediction: PredictionDegrees::StudiesLessTwo, ..reml };
    let predictions = [&found, &synthesis(&less_two).fisher_z, &of_knapp]
        .into_iter()
        .flat_map(|found| [found.prediction.unwrap().low, found.prediction.unwrap().high])
        .collect();
    let profile = found.tau_squared.interval.unwrap();
    let ends = of_knapp.effect.interval.unwrap();
    let (r, n) = molloy();
    let effects: Vec<f64> = r.iter().map(|r| fisher_z(*r)).collect();
    let variances: Vec<f64> = n.iter().map(|n| 1.0 / (n - 3.0)).collect();
    let egger = egger_test(&effects, &variances, 0.95).unwrap();
    let filled = trim_and_fill(&effects, &variances, MissingSide::Left, &reml).unwrap();
    let left: Vec<f64> = leave_one_out(&effects, &variances, &reml)
        .unwrap()
        .iter()
        .map(|left| left.analysis.effect.value)
        .collect();
    let of_correlations = hunter_schmidt(&r, &n);
    vec![
        (
            "E6.2 error of tau2 (REML), Q, p, Q-profile",
            vec![found.tau_squared.standard_error, found.q, found.q_p, profile.low, profile.high],
        ),
        (
            "E6.2 Hunter-Schmidt",
            vec![
                of_correlations.mean.value,
                of_correlations.observed_variance,
                of_correlations.error_variance,
                of_correlations.true_variance,
            ],
        ),
        ("E6.3 Knapp-Hartung", vec![of_knapp.effect.standard_error, ends.low, ends.high, of_knapp.p_value]),
        ("E6.3 prediction: normal, t(k-2), Knapp-Hartung t(k-1)", predictions),
        ("E6.6 Egger", vec![egger.value / egger.standard_error, egger.degrees_of_freedom, egger.t_test(0.0)]),
        (
            "E6.6 trim and fill",
            vec![filled.filled as f64, filled.analysis.effect.value, filled.analysis.effect.standard_error],
        ),
        // The lowest without study 12, the highest without study 10.
        ("E6.6 leave one out", vec![left[11], left[9]]),
    ]
}

fn sizes() -> Found {
    let rates = binomial_effect_size(0.26);
    // A true alliance correlates by more; the mean of four sessions by what its reliability leaves of that.
    let of_four = disattenuate(0.26, 0.77, 1.0).value * spearman_brown(0.77, 4.0).sqrt();
    vec![
        ("E6.1 r of d .55, .62; d of r .278", vec![r_from_d(0.55), r_from_d(0.62), d_from_r(0.278)]),
        (
            "E6.7 disattenuated; for the mean of four sessions",
            vec![disattenuate(0.26, 0.77, 0.90).value, of_four],
        ),
        ("E6.8 BESD, CLES", vec![rates.higher, rates.lower, common_language_effect_size(0.579)]),
        ("4 variance explained by .22 and .26", vec![variance_explained(0.22), variance_explained(0.26)]),
        ("4 Totura: r and interval of z .30 (.20 to .39)", [0.30, 0.20, 0.39].map(r_from_fisher_z).to_vec()),
    ]
}

/// Time, event and arm of the leukaemia trial.
fn leukaemia() -> [Vec<f64>; 3] {
    let data = case("outcome", "cases", "id", "leuk");
    ["time", "event", "treated"].map(|name| numbers(&data[name]))
}

fn survival() -> Found {
    let [time, event, treated] = leukaemia();
    let ends: Vec<EndKind> =
        event.iter().map(|event| if *event == 1.0 { EndKind::Event } else { EndKind::Censored }).collect();
    let arm = |which: f64| -> Vec<IncidenceRow> {
        let rows: Vec<usize> = (0..time.len()).filter(|row| treated[*row] == which).collect();
        let times: Vec<f64> = rows.iter().map(|row| time[*row]).collect();
        let ends: Vec<EndKind> = rows.iter().map(|row| ends[*row]).collect();
        incidence(&times, &ends, 0.95).unwrap()
    };
    let at = |rows: &[IncidenceRow], time: f64| {
        let row = rows.iter().find(|row| row.time == time).unwrap();
        [row.remaining, row.remaining_standard_error]
    };
    let (drug, control) = (arm(1.0), arm(0.0));
    let arms: Vec<u32> = treated.iter().map(|treated| *treated as u32).collect();
    let intervals = [(31, 100), (0, 10)].map(|(attended, of)| wilson(attended, of, 0.95).unwrap());
    vec![
        (
            "E7.1 Wilson",
            intervals
                .iter()
                .flat_map(|rate| [rate.interval.unwrap().low, rate.interval.unwrap().high])
                .collect(),
        ),
        (
            "E7.2 treated",
            vec![
                at(&drug, 6.0)[0],
                at(&drug, 6.0)[1],
                at(&drug, 10.0)[0],
                at(&drug, 23.0)[0],
                at(&drug, 23.0)[1],
            ],
        ),
        ("E7.2 control", vec![at(&control, 5.0)[0], at(&control, 5.0)[1], at(&control, 23.0)[0]]),
        ("E7.2 log-rank", vec![log_rank(&time, &ends, &arms).unwrap().chi_square]),
    ]
}

fn hazards() -> Found {
    let [time, event, treated] = leukaemia();
    let (mut events, mut weeks, mut arms) = (vec![], vec![], vec![]);
    for client in 0..time.len() {
        for week in 1..=time[client] as usize {
            let is_last = week as f64 == time[client];
            events.push(if is_last { event[client] } else { 0.0 });
            weeks.push((week as f64).ln());
            arms.push(treated[client]);
        }
    }
    let gone = drop_a();
    let left: Vec<f64> = gone.iter().map(|row| f64::from(u8::from(row.3))).collect();
    let before: Vec<f64> = gone.iter().map(|row| row.2).collect();
    let of_drug = |link| {
        discrete_time_hazard(&events, &Columns::new(&[&weeks, &arms]).unwrap(), link, None, 0.95).unwrap()
    };
    let of_drop =
        |link| discrete_time_hazard(&left, &Columns::new(&[&before]).unwrap(), link, None, 0.95).unwrap();
    let values = |found: &HazardModel| found.coefficients.iter().map(|one| one.value).collect::<Vec<_>>();
    let (logit, cloglog) = (of_drug(HazardLink::Logit), of_drug(HazardLink::ComplementaryLogLog));
    let with_deviance = |found: &HazardModel| {
        let terms = found.coefficients.iter().flat_map(with_error);
        terms.chain([found.deviance]).collect::<Vec<_>>()
    };
    let mut of_logit = values(&logit);
    of_logit.push(logit.coefficients[2].standard_error);
    // The sessions at risk, made from the panel as a user would.
    let last = |client: usize| gone.iter().find(|row| row.0 == client && row.3).map(|row| row.1);
    let rows: Vec<PanelRow> = panel_a()
        .into_iter()
        .filter(|row| last(row.client).is_none_or(|session| row.session < session))
        .collect();
    let clients: Vec<u32> = (1..=60).collect();
    let endings: Vec<Ending> = clients
        .iter()
        .map(|client| if last(*client as usize).is_some() { Ending::Dropout } else { Ending::Ongoing })
        .collect();
    let score: Vec<f64> = rows.iter().map(PanelRow::mean).collect();
    let client: Vec<u32> = rows.iter().map(|row| row.client as u32).collect();
    let session: Vec<i64> = rows.iter().map(|row| row.session as i64).collect();
    let table = SessionTable::new(&client, &session, &Columns::new(&[&score]).unwrap()).unwrap();
    let periods = person_periods(&table, 1, &clients, &endings, PlannedEnds::Competing).unwrap();
    vec![
        ("E7.3 leukaemia logit", of_logit),
        ("E7.3 leukaemia cloglog", values(&cloglog)),
        ("E7.3 leukaemia person-periods", vec![events.len() as f64, events.iter().sum()]),
        ("E7.3 dropout logit", with_deviance(&of_drop(HazardLink::Logit))),
        ("E7.3 dropout cloglog", with_deviance(&of_drop(HazardLink::ComplementaryLogLog))),
        (
            "E7.3 at risk and events",
            periods.life_table().iter().flat_map(|row| [row.at_risk as f64, row.dropouts as f64]).collect(),
        ),
    ]
}
