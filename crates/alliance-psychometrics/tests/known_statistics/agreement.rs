//! Sections 3D and 3F: dyads, intraclass correlations, coders.

use alliance_psychometrics::coders::{CodedUnits, CoderOptions, Kappa, Metric, Weights};
use alliance_psychometrics::dyads::{
    Accuracy, Centre, DyadProfile, NullDistribution, Tracking, TruthBiasModel, actor_partner,
    level_agreement, limits_of_agreement, profile_agreement, repeated_measures_correlation, response_surface,
    team_agreement, truth_and_bias,
};
use alliance_psychometrics::icc::{IntraclassCorrelations, intraclass_correlations};
use alliance_psychometrics::mixed::{CrossedComponent, CrossedFit, CrossedModel};
use alliance_psychometrics::{Columns, Level};

use super::common::{PanelRow, panel_a, vectors};
use super::{Found, as_columns, case, columns_of, numbers, with_error, with_interval};

pub(super) fn found() -> Found {
    [
        correlations(),
        profiles(),
        judgments(),
        surface(),
        levels(),
        partners(),
        teams(),
        kappas(),
        many_coders(),
    ]
    .concat()
}

/// Each client's means of the first four sessions, client and therapist, and the outcome at the eighth.
fn early() -> [Vec<f64>; 3] {
    let rows = panel_a();
    let mean = |of: &dyn Fn(&PanelRow) -> f64| -> Vec<f64> {
        rows.chunks(8).map(|rows| rows[..4].iter().map(of).sum::<f64>() / 4.0).collect()
    };
    [mean(&PanelRow::mean), mean(&|row| row.rated), rows.chunks(8).map(|rows| rows[7].outcome).collect()]
}

/// Dyad, the client's score and the therapist's.
fn panel() -> (Vec<u32>, Vec<f64>, Vec<f64>) {
    let rows = panel_a();
    (
        rows.iter().map(|row| row.client as u32).collect(),
        rows.iter().map(PanelRow::mean).collect(),
        rows.iter().map(|row| row.rated).collect(),
    )
}

fn correlations() -> Found {
    let mut judges = columns_of(&case("icc", "cases", "name", "Shrout & Fleiss 1979")["columns"]);
    let found = intraclass_correlations(&as_columns(&judges), 0.95).unwrap();
    let components = |fit: &CrossedFit| {
        [CrossedComponent::Target, CrossedComponent::Rater, CrossedComponent::Residual]
            .map(|component| fit.variance(component))
    };
    let complete = components(&CrossedModel::new(&as_columns(&judges)).fit());
    judges[1][0] = f64::NAN;
    judges[3][3] = f64::NAN;
    let fit = CrossedModel::new(&as_columns(&judges)).fit();
    let [target, rater, residual] = components(&fit);
    let holed = IntraclassCorrelations::from_components(target, rater, residual, 4);
    let [client, therapist, _] = early();
    let dyads = intraclass_correlations(&Columns::new(&[&client, &therapist]).unwrap(), 0.95).unwrap();
    let level = level_agreement(&client, &therapist, Level::BetweenClients, 0.95).unwrap();
    let squares = found.mean_squares;
    let mut agreement = with_interval(&found.agreement.single);
    agreement.push(found.agreement.single.degrees_of_freedom);
    vec![
        ("D1 mean squares", vec![squares.targets, squares.raters, squares.residual]),
        ("D1 ICC(1)", with_interval(&found.one_way.single)),
        ("D1 ICC(A,1)", agreement),
        ("D1 ICC(C,1)", with_interval(&found.consistency.single)),
        ("D1 ICC(1,k)", with_interval(&found.one_way.average)),
        ("D1 ICC(A,k)", with_interval(&found.agreement.average)),
        ("D1 ICC(C,k)", with_interval(&found.consistency.average)),
        (
            "D1 two cells missing",
            vec![
                target,
                rater,
                residual,
                holed.agreement.single.value,
                holed.consistency.single.value,
                fit.deviance(),
            ],
        ),
        ("D1 complete REML", complete.to_vec()),
        ("D1 panel A ICC(1)", with_interval(&dyads.one_way.single)),
        ("D1 panel A ICC(A,1)", with_interval(&dyads.agreement.single)),
        ("D1 panel A ICC(C,1)", with_interval(&dyads.consistency.single)),
        ("D1 panel A r and double entry", vec![level.correlation.value, level.double_entry.value]),
    ]
}

fn profiles() -> Found {
    let (dyads, client, therapist) = panel();
    let found = profile_agreement(&client, &therapist, &dyads, None, 0.95).unwrap();
    let three = |of: fn(&DyadProfile) -> f64| found.dyads[..3].iter().map(of).collect::<Vec<_>>();
    let acidity = case("dyads-pingouin", "cases", "id", "acidity");
    let subjects: Vec<u32> = numbers(&acidity["dyads"]).iter().map(|code| *code as u32).collect();
    let repeated = repeated_measures_correlation(
        &numbers(&acidity["first"]),
        &numbers(&acidity["second"]),
        &subjects,
        0.95,
    )
    .unwrap();
    let r = with_interval(&repeated.correlation);
    vec![
        ("D2 r", three(|dyad| dyad.correlation.value)),
        ("D2 mean difference", three(|dyad| dyad.mean_difference)),
        ("D2 mean absolute difference", three(|dyad| dyad.mean_absolute_difference)),
        ("D2 root mean square difference", three(|dyad| dyad.mean_squared_difference.sqrt())),
        ("D2 concordance", three(|dyad| dyad.concordance)),
        (
            "D2 mean, by z, pooled, df, of means",
            vec![
                found.plain_mean,
                found.correlation.value,
                found.pooled.correlation.value,
                found.pooled.correlation.degrees_of_freedom,
                found.between.value,
            ],
        ),
        (
            "D3 repeated-measures correlation",
            vec![r[0], repeated.correlation.degrees_of_freedom, repeated.p_value, r[1], r[2]],
        ),
    ]
}

fn judgments() -> Found {
    let (dyads, client, therapist) = panel();
    let found = truth_and_bias(&therapist, &client, &dyads, &TruthBiasModel::default()).unwrap();
    let simple = TruthBiasModel {
        accuracy: Accuracy::Common,
        tracking: Tracking::WithinOnly,
        ..TruthBiasModel::default()
    };
    let within = truth_and_bias(&therapist, &client, &dyads, &simple).unwrap();
    let effects =
        [&found.directional_bias, &found.temporal_congruence, found.between_tracking.as_ref().unwrap()];
    let mean = limits_of_agreement(&therapist, &client, Some(&dyads), 1.96, 0.95).unwrap();
    vec![
        ("D4 truth and bias", effects.into_iter().flat_map(with_error).collect()),
        (
            "D4 variances",
            vec![
                found.bias_variance.value,
                found.accuracy_variance.unwrap().value,
                found.residual_variance.value,
                found.deviance,
            ],
        ),
        (
            "D4 within only",
            vec![
                within.directional_bias.standard_error,
                within.temporal_congruence.value,
                within.temporal_congruence.standard_error,
                within.bias_variance.value,
                within.residual_variance.value,
            ],
        ),
        ("7 bias is the mean difference", vec![mean.mean_difference.value]),
    ]
}

fn surface() -> Found {
    let [client, therapist, outcome] = early();
    let found = response_surface(&client, &therapist, &outcome, Centre::Value(5.0), 0.95).unwrap();
    vec![
        ("D5 coefficients", found.coefficients.iter().map(|term| term.value).collect()),
        ("D5 surface", found.surface.iter().flat_map(with_error).collect()),
        (
            "D5 p of a1, R2, X0, Y0, axes",
            vec![
                found.surface[0].t_test(0.0),
                found.r_squared,
                found.stationary_point[0].value,
                found.stationary_point[1].value,
                found.first_axis.slope.value,
                found.second_axis.slope.value,
            ],
        ),
    ]
}

fn levels() -> Found {
    let meters = columns_of(&vectors("known-statistics")["peak_flow"]);
    let (large, mini) = (&meters[0], &meters[1]);
    let found = level_agreement(large, mini, Level::OneSession, 0.95).unwrap();
    let concordance = with_interval(&found.concordance);
    let limits = |multiplier| limits_of_agreement(large, mini, None, multiplier, 0.95).unwrap();
    let (of_two, usual) = (limits(2.0), limits(1.96));
    let mean = with_interval(&usual.mean_difference);
    let (dyads, client, therapist) = panel();
    let repeated = limits_of_agreement(&client, &therapist, Some(&dyads), 1.96, 0.95).unwrap();
    let naive = limits_of_agreement(&client, &therapist, None, 1.96, 0.95).unwrap();
    vec![
        (
            "D6 concordance with n",
            vec![
                concordance[0],
                found.correlation.value,
                found.bias_correction,
                found.scale_shift,
                found.location_shift,
            ],
        ),
        (
            "D6 z, error, interval",
            vec![found.concordance_z, found.concordance_z_standard_error, concordance[1], concordance[2]],
        ),
        (
            "D6 mean difference and SD",
            vec![
                mean[0],
                usual.standard_deviation.value,
                usual.mean_difference.standard_error,
                mean[1],
                mean[2],
            ],
        ),
        (
            "D6 limits at 2 and 1.96",
            vec![of_two.lower.value, of_two.upper.value, usual.lower.value, usual.upper.value],
        ),
        ("D6 errors of limits", vec![usual.approximate_standard_error, usual.upper.standard_error]),
        (
            "D6 repeated pairs",
            vec![
                repeated.mean_difference.value,
                repeated.between_variance.value,
                repeated.within_variance.value,
                repeated.standard_deviation.value,
                repeated.lower.value,
                repeated.upper.value,
                naive.standard_deviation.value,
            ],
        ),
    ]
}

fn partners() -> Found {
    let rows = panel_a();
    let at = |session: usize, of: &dyn Fn(&PanelRow) -> f64| -> Vec<f64> {
        rows.iter().filter(|row| row.session == session).map(of).collect()
    };
    let rated = |row: &PanelRow| row.rated;
    let before = [at(1, &PanelRow::mean), at(1, &rated)];
    let after = [at(2, &PanelRow::mean), at(2, &rated)];
    let found = actor_partner([&before[0], &before[1]], [&after[0], &after[1]], 0.95).unwrap();
    let terms = [&found.first, &found.second].map(|side| {
        [&side.intercept, &side.actor, &side.partner].into_iter().flat_map(with_error).collect::<Vec<_>>()
    });
    let [client, therapist] = terms;
    vec![
        ("D7 client", client),
        ("D7 therapist", therapist),
        ("D7 residuals", vec![found.residual_correlation.value]),
    ]
}

fn teams() -> Found {
    let meetings = [5.0, 6.0, 5.0, 4.0, 6.0, 6.0, 7.0, 6.0, 3.0, 5.0, 2.0, 6.0];
    let codes = [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3];
    let one = Columns::new(&[&meetings]).unwrap();
    let found = team_agreement(&one, &codes, 7, NullDistribution::Uniform, 0.95).unwrap();
    let items: [&[f64]; 3] = [&[5.0, 6.0, 5.0, 4.0], &[6.0, 6.0, 5.0, 5.0], &[5.0, 7.0, 6.0, 5.0]];
    let three =
        team_agreement(&Columns::new(&items).unwrap(), &[1; 4], 7, NullDistribution::Uniform, 0.95).unwrap();
    vec![
        (
            "D8 r_wg and AD",
            found
                .teams
                .iter()
                .flat_map(|team| [team.within_agreement.value, team.average_deviation])
                .collect(),
        ),
        ("D8 r_wg(3)", vec![three.teams[0].within_agreement.value]),
    ]
}

/// Units of a case of coders.json, and its disagreement weights.
fn units(name: &str) -> (CodedUnits, Vec<f64>) {
    let case = case("coders", "cases", "name", name);
    let codes = columns_of(&case["codes"]);
    let units = CodedUnits::with_categories(&as_columns(&codes), &numbers(&case["categories"])).unwrap();
    let weights = case["disagreement"].is_array().then(|| numbers(&case["disagreement"]));
    (units, weights.unwrap_or_default())
}

fn kappas() -> Found {
    let (cohen, weights) = units("Cohen 1968");
    let kappa =
        |units: &CodedUnits, weights: &Weights| units.kappa(0, 1, weights, CoderOptions::default()).unwrap();
    let three = |found: Kappa| vec![found.kappa.value, found.kappa.standard_error, found.null_standard_error];
    let (two, _) = units("two by two");
    let table = kappa(&two, &Weights::Unweighted);
    vec![
        ("F2 Cohen unweighted", three(kappa(&cohen, &Weights::Unweighted))),
        ("F2 Cohen linear", three(kappa(&cohen, &Weights::Linear))),
        ("F2 Cohen quadratic", three(kappa(&cohen, &Weights::Quadratic))),
        ("F2 Cohen's weights", three(kappa(&cohen, &Weights::Disagreement(weights)))),
        (
            "F2 two by two: kappa, errors, PABAK, maximum, prevalence, bias, AC1",
            vec![
                table.kappa.value,
                table.kappa.standard_error,
                table.null_standard_error,
                table.prevalence_adjusted,
                table.maximum,
                table.prevalence_index,
                table.bias_index,
                two.gwet(&Weights::Unweighted, CoderOptions::default()).unwrap().value,
            ],
        ),
    ]
}

fn many_coders() -> Found {
    let options = CoderOptions::default();
    let (fleiss, _) = units("Fleiss 1971");
    let (krippendorff, _) = units("Krippendorff 2011");
    let (kappa, observed) =
        (fleiss.fleiss_kappa(options).unwrap().value, fleiss.percent_agreement(options).unwrap().value);
    vec![
        (
            "F3 Fleiss",
            // kappa = (observed - expected) / (1 - expected).
            vec![kappa, fleiss.fleiss_null_standard_error(), observed, (observed - kappa) / (1.0 - kappa)],
        ),
        (
            "F3 Randolph and AC1",
            vec![
                fleiss.randolph_kappa(options).unwrap().value,
                fleiss.gwet(&Weights::Unweighted, options).unwrap().value,
            ],
        ),
        (
            "F4 Krippendorff",
            [Metric::Nominal, Metric::Ordinal, Metric::Interval, Metric::Ratio]
                .map(|metric| krippendorff.krippendorff(metric, options).unwrap().value)
                .to_vec(),
        ),
    ]
}
