//! Dyads against published data and the numbers of R and pingouin.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::dyads::{
    Accuracy, Centre, Condition, NullDistribution, Tracking, TruthBiasModel, actor_partner,
    actor_partner_over_sessions, level_agreement, limits_of_agreement, one_with_many, profile_agreement,
    repeated_concordance, repeated_measures_correlation, response_surface, team_agreement, truth_and_bias,
};
use alliance_psychometrics::icc::intraclass_correlations;
use alliance_psychometrics::mixed::SlopeCovariance;
use alliance_psychometrics::{Columns, Estimate, Level, Status};
use common::{PanelRow, panel_a, vectors};
use serde_json::Value;

/// Bland and Altman (1986), first readings of peak flow: large meter, mini meter.
const PEAK_FLOW: [[f64; 17]; 2] = [
    [
        494.0, 395.0, 516.0, 434.0, 476.0, 557.0, 413.0, 442.0, 650.0, 433.0, 417.0, 656.0, 267.0, 478.0,
        178.0, 423.0, 427.0,
    ],
    [
        512.0, 430.0, 520.0, 428.0, 500.0, 600.0, 364.0, 380.0, 658.0, 445.0, 432.0, 626.0, 260.0, 477.0,
        259.0, 350.0, 451.0,
    ],
];

/// Bland and Altman (1995): subject, acidity (pH), pressure of carbon dioxide.
const ACIDITY: [(u32, f64, f64); 47] = [
    (1, 6.68, 3.97),
    (1, 6.53, 4.12),
    (1, 6.43, 4.09),
    (1, 6.33, 3.97),
    (2, 6.85, 5.27),
    (2, 7.06, 5.37),
    (2, 7.13, 5.41),
    (2, 7.17, 5.44),
    (3, 7.4, 5.67),
    (3, 7.42, 3.64),
    (3, 7.41, 4.32),
    (3, 7.37, 4.73),
    (3, 7.34, 4.96),
    (3, 7.35, 5.04),
    (3, 7.28, 5.22),
    (3, 7.3, 4.82),
    (3, 7.34, 5.07),
    (4, 7.36, 5.67),
    (4, 7.33, 5.1),
    (4, 7.29, 5.53),
    (4, 7.3, 4.75),
    (4, 7.35, 5.51),
    (5, 7.35, 4.28),
    (5, 7.3, 4.44),
    (5, 7.3, 4.32),
    (5, 7.37, 3.23),
    (5, 7.27, 4.46),
    (5, 7.28, 4.72),
    (5, 7.32, 4.75),
    (5, 7.32, 4.99),
    (6, 7.38, 4.78),
    (6, 7.3, 4.73),
    (6, 7.29, 5.12),
    (6, 7.33, 4.93),
    (6, 7.31, 5.03),
    (6, 7.33, 4.93),
    (7, 6.86, 6.85),
    (7, 6.94, 6.44),
    (7, 6.92, 6.52),
    (8, 7.19, 5.28),
    (8, 7.29, 4.56),
    (8, 7.21, 4.34),
    (8, 7.25, 4.32),
    (8, 7.2, 4.41),
    (8, 7.19, 3.69),
    (8, 6.77, 6.09),
    (8, 6.82, 5.58),
];

/// Half a unit of the last decimal shown.
#[track_caller]
fn shows(what: &str, found: f64, printed: f64, decimals: i32) {
    let half = 0.500_01 * 10_f64.powi(-decimals);
    assert!((found - printed).abs() <= half, "{what}: {found} is not {printed}");
}

#[track_caller]
fn shows_interval(what: &str, found: &Estimate, low: f64, high: f64, decimals: i32) {
    let interval = found.interval.unwrap();
    shows(what, interval.low, low, decimals);
    shows(what, interval.high, high, decimals);
}

/// Client's means and therapist's ratings of panel A.
fn panel() -> (Vec<u32>, Vec<f64>, Vec<f64>) {
    let rows = panel_a();
    (
        rows.iter().map(|row| row.client as u32).collect(),
        rows.iter().map(PanelRow::mean).collect(),
        rows.iter().map(|row| row.rated).collect(),
    )
}

/// Each client's means of the first four sessions, client and therapist, and the outcome at the eighth.
fn early() -> [Vec<f64>; 3] {
    let rows = panel_a();
    let clients: Vec<&[PanelRow]> = rows.chunks(8).collect();
    let mean = |of: &dyn Fn(&PanelRow) -> f64| {
        clients.iter().map(|rows| rows[..4].iter().map(of).sum::<f64>() / 4.0).collect()
    };
    [mean(&PanelRow::mean), mean(&|row| row.rated), clients.iter().map(|rows| rows[7].outcome).collect()]
}

#[test]
fn concordance_is_that_of_lin() {
    let found = level_agreement(&PEAK_FLOW[0], &PEAK_FLOW[1], Level::OneSession, 0.95).unwrap();
    shows("r", found.correlation.value, 0.943_279_446_9, 10);
    shows("bias correction", found.bias_correction, 0.999_430_693_1, 10);
    shows("scale shift", found.scale_shift, 1.028_267_990_6, 10);
    shows("location shift", found.location_shift, -0.019_030_250_1, 10);
    shows("z", found.concordance_z, 1.762_148_021_2, 10);
    shows("standard error of z", found.concordance_z_standard_error, 0.257_259_837_9, 10);
    shows_interval("interval", &found.concordance, 0.850_492, 0.978_726, 6);
    let [client, therapist, _] = early();
    let panel = level_agreement(&client, &therapist, Level::BetweenClients, 0.95).unwrap();
    shows("panel r", panel.correlation.value, 0.606_076_2, 7);
    shows("panel double entry", panel.double_entry.value, 0.548_660_5, 7);
}

/// Trap 22: the divisor n - 1 gives .94275, Lin's n gives .94274.
#[test]
fn trap_22_the_divisor_of_concordance_is_n() {
    let found = level_agreement(&PEAK_FLOW[0], &PEAK_FLOW[1], Level::OneSession, 0.95).unwrap();
    shows("concordance", found.concordance.value, 0.942_742_431_4, 10);
    assert!((found.concordance.value - 0.942_752_467_4).abs() > 9e-6);
}

#[test]
fn limits_of_one_pair_are_those_of_bland_and_altman() {
    let limits =
        |multiplier| limits_of_agreement(&PEAK_FLOW[0], &PEAK_FLOW[1], None, multiplier, 0.95).unwrap();
    let found = limits(1.96);
    shows("mean", found.mean_difference.value, -2.117_647_058_8, 10);
    shows("standard error", found.mean_difference.standard_error, 9.401_925_0, 7);
    shows_interval("mean", &found.mean_difference, -22.0488, 17.8135, 4);
    shows("SD", found.standard_deviation.value, 38.765_129_873_6, 10);
    shows("lower", found.lower.value, -78.097_301_6, 7);
    shows("upper", found.upper.value, 73.862_007_5, 7);
    shows("approximate", found.approximate_standard_error, 16.284_611_8, 7);
    shows("exact", found.upper.standard_error, 16.395_108_0, 7);
    let two = limits(2.0);
    shows("lower of 2 SD", two.lower.value, -79.647_906_8, 7);
    shows("upper of 2 SD", two.upper.value, 75.412_612_7, 7);
    assert_eq!(found.between_variance.status, Status::Undefined);
}

#[test]
fn limits_of_repeated_pairs_have_both_variances() {
    let (dyads, client, therapist) = panel();
    let found = limits_of_agreement(&client, &therapist, Some(&dyads), 1.96, 0.95).unwrap();
    shows("mean", found.mean_difference.value, 0.304_649_792, 9);
    shows("between", found.between_variance.value, 0.298_485_527, 9);
    shows("within", found.within_variance.value, 0.211_821_687, 9);
    shows("SD", found.standard_deviation.value, 0.714_357_903, 9);
    shows("lower", found.lower.value, -1.095_491_7, 7);
    shows("upper", found.upper.value, 1.704_791_28, 8);
    let naive = limits_of_agreement(&client, &therapist, None, 1.96, 0.95).unwrap();
    shows("naive SD", naive.standard_deviation.value, 0.711_298_259, 9);
    assert_eq!((found.upper.level, naive.upper.level), (Level::PooledRows, Level::BetweenClients));
    // Dyads are the units, not rows.
    assert!(found.mean_difference.standard_error > 2.0 * naive.mean_difference.standard_error);
}

#[test]
fn the_repeated_measures_correlation_is_that_of_pingouin() {
    let subject: Vec<u32> = ACIDITY.iter().map(|row| row.0).collect();
    let acidity: Vec<f64> = ACIDITY.iter().map(|row| row.1).collect();
    let pressure: Vec<f64> = ACIDITY.iter().map(|row| row.2).collect();
    let found = repeated_measures_correlation(&acidity, &pressure, &subject, 0.95).unwrap();
    shows("r", found.correlation.value, -0.506_77, 5);
    assert_eq!(found.correlation.degrees_of_freedom, 38.0);
    shows("p", found.p_value, 0.000_847, 6);
    shows_interval("interval", &found.correlation, -0.7067, -0.2319, 4);
}

#[test]
fn profiles_have_shape_elevation_and_scatter() {
    let (dyads, client, therapist) = panel();
    let found = profile_agreement(&client, &therapist, &dyads, None, 0.95).unwrap();
    let printed = [
        (0.643_378_807, -0.336_075, 0.3713, 0.434_804_623, 0.372_370_261),
        (0.782_480_376, 0.432_687_5, 0.432_687_5, 0.524_720_622, 0.535_143_655),
        (0.140_419_027, 0.232_375, 0.446_775, 0.520_572_452, 0.098_321_161_2),
    ];
    for (dyad, (r, mean, absolute, rms, concordance)) in found.dyads.iter().zip(printed) {
        shows("r", dyad.correlation.value, r, 9);
        shows("mean", dyad.mean_difference, mean, 9);
        shows("absolute", dyad.mean_absolute_difference, absolute, 9);
        shows("root mean square", dyad.mean_squared_difference.sqrt(), rms, 9);
        shows("concordance", dyad.concordance, concordance, 9);
        let parts = dyad.elevation + dyad.scatter + dyad.shape;
        assert!((parts - dyad.mean_squared_difference).abs() < 1e-12);
    }
    shows("pooled", found.pooled.correlation.value, 0.396_958_59, 8);
    assert_eq!(found.pooled.correlation.degrees_of_freedom, 419.0);
    shows("between", found.between.value, 0.654_543_449, 9);
}

/// Trap 11: means of correlations need Fisher's z and weights, and a correlation of 1 has no z.
#[test]
fn trap_11_correlations_are_averaged_by_fisher_z() {
    let (dyads, client, therapist) = panel();
    let found = profile_agreement(&client, &therapist, &dyads, None, 0.95).unwrap();
    shows("plain", found.plain_mean, 0.384_132_486, 9);
    shows("by z", found.correlation.value, 0.435_360_455_1, 10);
    // One more dyad, whose profiles are alike: it cannot pull the mean to 1.
    let longer: Vec<f64> = client.iter().copied().chain([4.0, 5.0, 6.0, 5.5, 5.0]).collect();
    let alike: Vec<f64> = therapist.iter().copied().chain([3.0, 4.0, 5.0, 4.5, 4.0]).collect();
    let codes: Vec<u32> = dyads.iter().copied().chain([61; 5]).collect();
    let with_line = profile_agreement(&longer, &alike, &codes, None, 0.95).unwrap();
    assert_eq!(with_line.dyads[60].correlation.value, 1.0);
    assert!(with_line.dyads[60].correlation.interval.is_none());
    assert!((with_line.correlation.value - found.correlation.value).abs() < 1e-12);
    assert!(with_line.correlation.notes.iter().any(|note| note.starts_with("1 of 61 dyads left out")));
    // Weights are sessions less three: a long series counts for more than a short one.
    let (mut first, mut second) = (client[..16].to_vec(), therapist[..16].to_vec());
    first.truncate(12);
    second.truncate(12);
    let two = profile_agreement(&first, &second, &dyads[..12], None, 0.95).unwrap();
    let z = |dyad: usize| two.dyads[dyad].correlation.value.atanh();
    let expected = ((5.0 * z(0) + 1.0 * z(1)) / 6.0).tanh();
    assert!((two.correlation.value - expected).abs() < 1e-12);
}

#[test]
fn truth_and_bias_are_those_of_lme4() {
    let (dyads, client, therapist) = panel();
    let found = truth_and_bias(&therapist, &client, &dyads, &TruthBiasModel::default()).unwrap();
    let near = |what: &str, found: f64, expected: f64, tolerance: f64| {
        assert!((found / expected - 1.0).abs() < tolerance, "{what}: {found} is not {expected}");
    };
    near("b0", found.directional_bias.value, -0.304_649_79, 1e-7);
    near("b0", found.directional_bias.standard_error, 0.065_523_88, 1e-5);
    near("b1", found.temporal_congruence.value, 0.280_799_01, 1e-5);
    near("b1", found.temporal_congruence.standard_error, 0.035_618_12, 1e-5);
    let between = found.between_tracking.unwrap();
    near("b2", between.value, 0.619_303_91, 1e-5);
    near("b2", between.standard_error, 0.093_926_29, 1e-5);
    near("Var u0", found.bias_variance.value, 0.246_133_343, 1e-5);
    near("Var u1", found.accuracy_variance.unwrap().value, 0.014_938_556, 2e-5);
    near("Var e", found.residual_variance.value, 0.091_754_784, 1e-5);
    near("REML", found.deviance, 424.097_485_3, 1e-7);
    assert_eq!(found.dyads.len(), 60);

    let simple = TruthBiasModel {
        accuracy: Accuracy::Common,
        tracking: Tracking::WithinOnly,
        ..TruthBiasModel::default()
    };
    let found = truth_and_bias(&therapist, &client, &dyads, &simple).unwrap();
    near("b0", found.directional_bias.value, -0.304_649_79, 1e-7);
    near("b0", found.directional_bias.standard_error, 0.085_931_37, 1e-5);
    near("b1", found.temporal_congruence.value, 0.280_010_90, 1e-5);
    near("b1", found.temporal_congruence.standard_error, 0.031_629_19, 1e-5);
    near("Var u0", found.bias_variance.value, 0.431_185_932, 1e-5);
    near("Var e", found.residual_variance.value, 0.094_929_112, 1e-5);
    assert!(found.between_tracking.is_none() && found.accuracy_variance.is_none());
}

/// Trap 9: the roles are not exchangeable, and the result says so.
#[test]
fn trap_9_truth_and_judgment_exchanged_give_another_slope() {
    let (dyads, client, therapist) = panel();
    let model = TruthBiasModel::default();
    let one = truth_and_bias(&therapist, &client, &dyads, &model).unwrap();
    let other = truth_and_bias(&client, &therapist, &dyads, &model).unwrap();
    assert!((one.temporal_congruence.value - other.temporal_congruence.value).abs() > 0.1);
    assert!(one.temporal_congruence.notes[0].contains("truth is a name"));
    // Balanced: the bias is the mean difference, and changes its sign.
    assert!((one.directional_bias.value + other.directional_bias.value).abs() < 1e-9);
    let mean = limits_of_agreement(&therapist, &client, Some(&dyads), 1.96, 0.95).unwrap();
    assert!((one.directional_bias.value - mean.mean_difference.value).abs() < 1e-9);
}

/// Trap 12: agreement on the level and consistency of order have names that differ between programs; here they are
/// two numbers of two names, and a shift of one rater moves only the first.
#[test]
fn trap_12_agreement_and_consistency_are_told_apart() {
    let [client, therapist, _] = early();
    let lower: Vec<f64> = therapist.iter().map(|value| value - 1.0).collect();
    let found = |second: &[f64]| level_agreement(&client, second, Level::BetweenClients, 0.95).unwrap();
    let (as_is, shifted) = (found(&therapist), found(&lower));
    assert!((as_is.correlation.value - shifted.correlation.value).abs() < 1e-12);
    assert!(shifted.concordance.value < as_is.concordance.value - 0.2);
    assert!(shifted.double_entry.value < as_is.double_entry.value - 0.2);
    assert_eq!(as_is.correlation.method, "Pearson, Fisher z");
    assert_eq!(as_is.concordance.method, "Lin's concordance, Fisher z");
}

#[test]
fn actor_and_partner_effects_are_those_of_two_regressions() {
    let rows = panel_a();
    let at = |session: usize, of: &dyn Fn(&PanelRow) -> f64| -> Vec<f64> {
        rows.iter().filter(|row| row.session == session).map(of).collect()
    };
    let rated = |row: &PanelRow| row.rated;
    let before = [at(1, &PanelRow::mean), at(1, &rated)];
    let after = [at(2, &PanelRow::mean), at(2, &rated)];
    let found = actor_partner([&before[0], &before[1]], [&after[0], &after[1]], 0.95).unwrap();
    for (influence, printed) in [
        (
            &found.first,
            [(1.464_558_06, 0.454_606_72), (0.623_030_63, 0.086_523_73), (0.118_065_36, 0.097_791_58)],
        ),
        (
            &found.second,
            [(0.909_752_884, 0.360_551_834), (0.776_441_40, 0.077_559_20), (0.050_584_61, 0.068_622_59)],
        ),
    ] {
        for (term, (value, error)) in
            [&influence.intercept, &influence.actor, &influence.partner].into_iter().zip(printed)
        {
            shows("effect", term.value, value, 8);
            shows("standard error", term.standard_error, error, 8);
        }
    }
    shows("residuals", found.residual_correlation.value, 0.312_342_716, 9);
}

#[test]
fn the_response_surface_of_the_panel_is_the_known_one() {
    let [client, therapist, outcome] = early();
    let found = response_surface(&client, &therapist, &outcome, Centre::Value(5.0), 0.95).unwrap();
    let b = [
        20.777_253_821_9,
        -2.238_827_553_0,
        0.555_023_003_2,
        0.002_946_258_9,
        -0.151_932_330_6,
        -0.398_975_311_9,
    ];
    for (coefficient, value) in found.coefficients.iter().zip(b) {
        shows("coefficient", coefficient.value, value, 9);
    }
    let a = [
        (-1.683_804_55, 0.730_199_18),
        (-0.547_961_38, 0.627_220_36),
        (-2.793_850_56, 1.579_409_67),
        (-0.244_096_72, 2.777_605_67),
        (0.401_921_57, 1.206_779_35),
    ];
    for (surface, (value, error)) in found.surface.iter().zip(a) {
        shows("surface", surface.value, value, 8);
        shows("standard error", surface.standard_error, error, 8);
    }
    shows("p of a1", found.surface[0].t_test(0.0), 0.024_98, 5);
    shows("R²", found.r_squared, 0.183_612_255, 9);
    shows("X0", found.stationary_point[0].value, 67.330_386_3, 6);
    shows("Y0", found.stationary_point[1].value, -12.124_358_6, 7);
    shows("first axis", found.first_axis.slope.value, -0.182_698_598, 9);
    shows("second axis", found.second_axis.slope.value, 5.473_495_75, 8);
    // Far outside the data: the number is no finding.
    assert!(found.stationary_point.iter().all(|place| place.status == Status::OutOfRange));
    assert_eq!(found.congruence.quadratic_terms_add, Condition::NotMet);
    assert_eq!(found.congruence.verdict(), Condition::NotMet);
}

#[test]
fn agreement_of_teams_is_held_against_a_null_distribution() {
    let a = [5.0, 6.0, 5.0, 4.0, 6.0, 6.0, 7.0, 6.0, 3.0, 5.0, 2.0, 6.0];
    let meeting = [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3];
    let one = Columns::new(&[&a]).unwrap();
    let found = team_agreement(&one, &meeting, 7, NullDistribution::Uniform, 0.95).unwrap();
    for (team, (within, deviation)) in
        found.teams.iter().zip([(0.833_333_3, 0.5), (0.9375, 0.375), (0.166_666_7, 1.5)])
    {
        shows("r_wg", team.within_agreement.value, within, 7);
        assert_eq!(team.average_deviation, deviation);
    }
    shows("median", found.median_within_agreement, 0.833_333_3, 7);
    let items: [&[f64]; 3] = [&[5.0, 6.0, 5.0, 4.0], &[6.0, 6.0, 5.0, 5.0], &[5.0, 7.0, 6.0, 5.0]];
    let three = Columns::new(&items).unwrap();
    let found = team_agreement(&three, &[1; 4], 7, NullDistribution::Uniform, 0.95).unwrap();
    shows("r_wg(3)", found.teams[0].within_agreement.value, 0.940_414_508, 9);
    // High answers agree less against a null distribution that is high too.
    let skewed = team_agreement(&three, &[1; 4], 7, NullDistribution::SlightSkew, 0.95).unwrap();
    assert!(skewed.teams[0].within_agreement.value < found.teams[0].within_agreement.value);
    // Over five options the skewed variances follow from proportions.
    for (null, shares) in [
        (NullDistribution::SlightSkew, [0.05, 0.15, 0.20, 0.35, 0.25]),
        (NullDistribution::ModerateSkew, [0.0, 0.10, 0.15, 0.40, 0.35]),
        (NullDistribution::HeavySkew, [0.0, 0.0, 0.10, 0.40, 0.50]),
    ] {
        let moment = |power: i32| -> f64 {
            (1..).zip(shares).map(|(option, share)| share * f64::from(option).powi(power)).sum()
        };
        shows("variance", null.expected_variance(5).unwrap(), moment(2) - moment(1).powi(2), 10);
    }
}

/// Cases of a kind of the vector that R made.
fn cases(kind: &str) -> Vec<Value> {
    let vectors = vectors("dyads");
    let found: Vec<Value> =
        vectors["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == kind).cloned().collect();
    assert!(!found.is_empty());
    found
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// To a relative tolerance; both NaN counts.
#[track_caller]
fn agree(what: &str, found: f64, expected: &Value, tolerance: f64) {
    let expected = number(expected);
    let near = (found - expected).abs() <= tolerance * (expected.abs() + 0.01);
    assert!(near || (found.is_nan() && expected.is_nan()), "{what}: {found} is not {expected}");
}

/// Value, low and high.
#[track_caller]
fn agree_interval(what: &str, found: &Estimate, expected: &Value, tolerance: f64) {
    agree(what, found.value, &expected[0], tolerance);
    let interval = found.interval.unwrap();
    agree(what, interval.low, &expected[1], tolerance);
    agree(what, interval.high, &expected[2], tolerance);
}

/// Value, standard error, low and high.
#[track_caller]
fn agree_all(what: &str, found: &Estimate, expected: &Value, tolerance: f64) {
    agree(what, found.value, &expected[0], tolerance);
    agree(what, found.standard_error, &expected[1], tolerance);
    let interval = found.interval.unwrap();
    agree(what, interval.low, &expected[2], tolerance);
    agree(what, interval.high, &expected[3], tolerance);
}

/// Sessions of panel A with rows and values missing, as the vector's note says.
fn thinned() -> (Vec<[u32; 3]>, Vec<f64>, Vec<f64>) {
    let rows: Vec<PanelRow> = panel_a()
        .into_iter()
        .filter(|row| {
            let (client, session) = (row.client, row.session);
            (client * client + 5 * session * session + 3 * client * session) % 13 > client % 7
        })
        .collect();
    let first = |row: &PanelRow| {
        if (row.client + row.session).is_multiple_of(11) { f64::NAN } else { row.mean() }
    };
    let second = |row: &PanelRow| {
        if (2 * row.client + row.session).is_multiple_of(17) { f64::NAN } else { row.rated }
    };
    (
        rows.iter().map(|row| [row.client as u32, row.session as u32, row.therapist as u32]).collect(),
        rows.iter().map(first).collect(),
        rows.iter().map(second).collect(),
    )
}

fn codes(keys: &[[u32; 3]], which: usize) -> Vec<u32> {
    keys.iter().map(|key| key[which]).collect()
}

#[test]
fn level_agreement_is_that_of_other_routes() {
    for case in cases("level") {
        let id = case["id"].as_str().unwrap();
        let (first, second) = (numbers(&case["first"]), numbers(&case["second"]));
        let found = level_agreement(&first, &second, Level::OneSession, 0.95).unwrap();
        assert_eq!(found.correlation.rows_used as u64, case["pairs"].as_u64().unwrap());
        assert_eq!(found.correlation.rows_dropped, first.len() - found.correlation.rows_used);
        agree_interval(id, &found.correlation, &case["correlation"], 1e-9);
        // The standard error is differentiated numerically.
        agree_interval(id, &found.concordance, &case["concordance"], 1e-7);
        agree(id, found.concordance.value, &case["concordance"][0], 1e-9);
        agree(id, found.concordance_z_standard_error, &case["z_error"], 1e-7);
        agree(id, found.double_entry.value, &case["double_entry"], 1e-9);
    }
}

/// lme4's components, the formula, and a REML likelihood written out in R.
#[test]
fn concordance_of_repeated_ratings_is_made_of_the_components_of_lme4() {
    for case in cases("repeated-concordance") {
        let id = case["id"].as_str().unwrap();
        let dyads: Vec<u32> = numbers(&case["clients"]).iter().map(|code| *code as u32).collect();
        let found =
            repeated_concordance(&numbers(&case["first"]), &numbers(&case["second"]), &dyads, 0.95).unwrap();
        let parts = &found.components;
        let order = if case["repeated"].as_bool().unwrap() {
            vec![&parts.dyad, &parts.session, &parts.dyad_by_role, &parts.residual]
        } else {
            assert_eq!(parts.session.status, Status::Undefined);
            vec![&parts.dyad, &parts.residual]
        };
        for (place, part) in order.into_iter().enumerate() {
            agree(id, part.value, &case["components"][place], 1e-5);
            agree(id, part.standard_error, &case["component_errors"][place], 1e-4);
        }
        agree(id, parts.role.value, &case["role"][0], 1e-5);
        agree(id, parts.role.standard_error, &case["role"][1], 1e-5);
        agree_all(id, &found.same_session, &case["same_session"], 1e-5);
        if found.any_session.value.is_nan() {
            assert!(!case["repeated"].as_bool().unwrap());
        } else {
            agree_all(id, &found.any_session, &case["any_session"], 1e-5);
            // A dyad's own bias is no agreement: a model without it says more than either.
            assert!(number(&case["without_own_bias"]) > found.same_session.value);
        }
        assert_eq!(found.same_session.units, 60);
    }
}

/// 95 % intervals of both concordances hold the value the ratings were made with about as often as they say.
#[test]
fn intervals_of_repeated_concordance_cover_the_truth() {
    let (dyad, session, own_bias, error, shift) = (0.3_f64, 0.06_f64, 0.15_f64, 0.1_f64, 0.3_f64);
    let all = dyad + session + own_bias + error + shift * shift / 2.0;
    let truth = [(dyad + session) / all, dyad / all];
    let mut covered = [0_u32; 2];
    for sample in 0..300_u64 {
        let mut random = alliance_statistics::Generator::stream(9, sample);
        let mut draw = |variance: f64| variance.sqrt() * random.normal();
        let (mut first, mut second, mut codes) = (vec![], vec![], vec![]);
        for code in 0..40 {
            let level = draw(dyad);
            let bias = [draw(own_bias), draw(own_bias)];
            for _ in 0..6 {
                let shared = level + draw(session);
                first.push(shared + bias[0] + draw(error));
                second.push(shared + bias[1] - shift + draw(error));
                codes.push(code);
            }
        }
        let found = repeated_concordance(&first, &second, &codes, 0.95).unwrap();
        for (place, estimate) in [&found.same_session, &found.any_session].into_iter().enumerate() {
            let interval = estimate.interval.unwrap();
            covered[place] += u32::from((interval.low..=interval.high).contains(&truth[place]));
        }
    }
    // Of 300, 285 are expected, with a standard deviation of 4.
    assert!(covered.iter().all(|count| (273..=297).contains(count)), "{covered:?}");
}

/// Trap 10: without variation a correlation is undefined, however well the raters agree; what speaks of levels is not.
#[test]
fn trap_10_raters_without_variation_have_levels_and_no_correlation() {
    let (dyads, ones, sevens) = ([1, 1, 2, 2, 3, 3], [6.0; 6], [7.0; 6]);
    for (first, second, difference) in [(&sevens, &sevens, 0.0), (&sevens, &ones, 1.0)] {
        let level = level_agreement(first, second, Level::PooledRows, 0.95).unwrap();
        let repeated = repeated_concordance(first, second, &dyads, 0.95).unwrap();
        let within = repeated_measures_correlation(first, second, &dyads, 0.95).unwrap();
        let six = intraclass_correlations(&Columns::new(&[first, second]).unwrap(), 0.95).unwrap();
        for estimate in [
            &level.correlation,
            &level.concordance,
            &within.correlation,
            &six.agreement.single,
            &six.consistency.average,
        ] {
            assert_eq!((estimate.value.is_nan(), estimate.status), (true, Status::ZeroVariance));
        }
        // A constant offset is disagreement of a known size, and still no correlation.
        assert_eq!(repeated.same_session.status, Status::ZeroVariance);
        let limits = limits_of_agreement(first, second, Some(&dyads), 1.96, 0.95).unwrap();
        assert_eq!(
            (limits.mean_difference.value, limits.mean_difference.status),
            (difference, Status::Defined)
        );
    }
}

#[test]
fn limits_are_those_of_r() {
    for case in cases("limits-single") {
        let found =
            limits_of_agreement(&numbers(&case["first"]), &numbers(&case["second"]), None, 1.96, 0.95)
                .unwrap();
        assert_eq!(found.lower.units as u64, case["dyads"].as_u64().unwrap());
        agree_all("mean", &found.mean_difference, &case["mean"], 1e-9);
        agree_all("lower", &found.lower, &case["lower"], 1e-9);
        agree_all("slope", &found.slope_on_mean, &case["slope"], 1e-9);
    }
    let (keys, first, second) = thinned();
    for case in cases("limits-repeated") {
        let found = limits_of_agreement(&first, &second, Some(&codes(&keys, 0)), 1.96, 0.95).unwrap();
        assert_eq!(found.upper.rows_used as u64, case["rows"].as_u64().unwrap());
        agree_all("mean", &found.mean_difference, &case["mean"], 1e-9);
        agree("between", found.between_variance.value, &case["between"], 1e-9);
        agree("within", found.within_variance.value, &case["within"], 1e-9);
        agree("SD", found.standard_deviation.value, &case["deviation"], 1e-9);
        agree_all("upper", &found.upper, &case["upper"], 1e-8);
        agree_all("slope", &found.slope_on_mean, &case["slope"], 1e-5);
    }
}

#[test]
fn tracking_within_dyads_is_that_of_an_analysis_of_covariance() {
    let (keys, first, second) = thinned();
    for case in cases("tracking") {
        let found = repeated_measures_correlation(&first, &second, &codes(&keys, 0), 0.95).unwrap();
        agree_interval("r", &found.correlation, &case["correlation"], 1e-9);
        agree("slope", found.slope, &case["slope"], 1e-9);
        agree("df", found.correlation.degrees_of_freedom, &case["degrees"], 0.0);
        agree("p", found.p_value / number(&case["p"]), &Value::from(1.0), 1e-6);
    }
    let pingouin = vectors("dyads-pingouin");
    for case in pingouin["cases"].as_array().unwrap() {
        let dyads: Vec<u32> = numbers(&case["dyads"]).iter().map(|code| *code as u32).collect();
        let (first, second) = (numbers(&case["first"]), numbers(&case["second"]));
        let found = repeated_measures_correlation(&first, &second, &dyads, 0.95).unwrap();
        agree("r", found.correlation.value, &case["r"], 1e-9);
        agree("df", found.correlation.degrees_of_freedom, &case["degrees"], 0.0);
        agree("p", found.p_value, &case["p"], 1e-7);
        let interval = found.correlation.interval.unwrap();
        for (end, rounded) in
            [interval.low, interval.high].into_iter().zip(numbers(&case["rounded-interval"]))
        {
            shows("interval", end, rounded, 2);
        }
    }
}

#[test]
fn profiles_of_sessions_are_those_of_r() {
    let (keys, first, second) = thinned();
    let case = &cases("profile")[0];
    let found = profile_agreement(&first, &second, &codes(&keys, 0), Some(&codes(&keys, 1)), 0.95).unwrap();
    assert_eq!(found.dyads.len(), numbers(&case["sessions"]).len());
    for (place, dyad) in found.dyads.iter().enumerate() {
        agree("sessions", dyad.points as f64, &case["sessions"][place], 0.0);
        agree("elevation", dyad.mean_difference, &case["elevations"][place], 1e-9);
        agree("scatter", dyad.deviation_difference, &case["scatters"][place], 1e-9);
        agree("squared", dyad.mean_squared_difference, &case["squared"][place], 1e-9);
        agree("r", dyad.correlation.value, &case["correlations"][place], 1e-9);
        agree("distinctive", dyad.distinctive.value, &case["distinctive"][place], 1e-9);
    }
    agree_all("mean", &found.correlation, &case["mean"], 1e-8);
    agree_all("distinctive", &found.distinctive, &case["mean_distinctive"], 1e-8);
    agree_interval("between", &found.between, &case["between"], 1e-9);
}

#[test]
fn truth_and_bias_with_gaps_are_those_of_lmer() {
    let (keys, first, second) = thinned();
    let therapists = codes(&keys, 2);
    for case in cases("truth") {
        let id = case["id"].as_str().unwrap();
        let nested = case["therapists"].as_bool().unwrap();
        let correlated = case["correlated"].as_bool().unwrap();
        let model = TruthBiasModel {
            accuracy: match (nested, correlated) {
                (true, _) => Accuracy::Common,
                (_, true) => Accuracy::Varying(SlopeCovariance::Correlated),
                _ => Accuracy::Varying(SlopeCovariance::Uncorrelated),
            },
            therapists: nested.then_some(&therapists),
            ..TruthBiasModel::default()
        };
        let found = truth_and_bias(&second, &first, &codes(&keys, 0), &model).unwrap();
        agree(id, found.grand_mean, &case["grand_mean"], 1e-12);
        agree(id, found.deviance, &case["deviance"], 1e-8);
        let terms =
            [&found.directional_bias, &found.temporal_congruence, found.between_tracking.as_ref().unwrap()];
        for (place, term) in terms.into_iter().enumerate() {
            agree(id, term.value, &case["coefficients"][place], 1e-5);
            agree(id, term.standard_error, &case["errors"][place], 1e-5);
            agree(id, term.degrees_of_freedom, &case["degrees"][place], 1e-3);
        }
        agree(id, found.bias_variance.value, &case["bias_variance"], 1e-5);
        agree(id, found.residual_variance.value, &case["residual"], 1e-5);
        if let Some(variance) = &found.accuracy_variance {
            agree(id, variance.value, &case["accuracy_variance"], 5e-5);
        }
        if let Some(correlation) = &found.bias_accuracy_correlation {
            agree(id, correlation.value, &case["correlation"], 1e-4);
        }
        if let Some(variance) = &found.therapist_variance {
            agree(id, variance.value, &case["therapist"], 1e-5);
        }
        for (place, dyad) in found.dyads.iter().enumerate() {
            agree(id, dyad.bias, &case["bias"][place], 1e-4);
            agree(id, dyad.accuracy, &case["accuracy"][place], 1e-4);
        }
        assert_eq!(found.dyads.len(), numbers(&case["bias"]).len());
    }
}

#[test]
fn actor_and_partner_effects_with_gaps_are_those_of_lm() {
    for case in cases("partner") {
        let column = |name: &str| numbers(&case[name]);
        let (b1, b2) = (column("before_first"), column("before_second"));
        let (a1, a2) = (column("after_first"), column("after_second"));
        let found = actor_partner([&b1, &b2], [&a1, &a2], 0.95).unwrap();
        for (influence, expected) in [(&found.first, &case["first"]), (&found.second, &case["second"])] {
            let terms = [&influence.intercept, &influence.actor, &influence.partner];
            for (place, term) in terms.into_iter().enumerate() {
                agree("value", term.value, &expected[2 * place], 1e-9);
                agree("standard error", term.standard_error, &expected[2 * place + 1], 1e-9);
            }
        }
        agree("R²", found.first.r_squared, &case["r_squared"][0], 1e-9);
        agree("R²", found.second.r_squared, &case["r_squared"][1], 1e-9);
        agree("residuals", found.residual_correlation.value, &case["residual_correlation"], 1e-9);
        assert_eq!(found.first.actor.rows_used as u64, case["dyads"].as_u64().unwrap());
    }
}

#[test]
fn actor_and_partner_effects_over_sessions_are_those_of_lmer() {
    let (keys, first, second) = thinned();
    let sessions: Vec<i64> = keys.iter().map(|key| i64::from(key[1])).collect();
    for case in cases("steps") {
        let found = actor_partner_over_sessions(&first, &second, &codes(&keys, 0), &sessions, 0.95).unwrap();
        for (influence, expected) in [(&found.first, &case["first"]), (&found.second, &case["second"])] {
            let terms = [&influence.intercept, &influence.actor, &influence.partner];
            for (place, term) in terms.into_iter().enumerate() {
                agree("value", term.value, &expected[3 * place], 1e-5);
                agree("standard error", term.standard_error, &expected[3 * place + 1], 1e-5);
                agree("df", term.degrees_of_freedom, &expected[3 * place + 2], 1e-3);
                assert_eq!(term.rows_used as u64, case["rows"].as_u64().unwrap());
                assert_eq!(term.units as u64, case["dyads"].as_u64().unwrap());
            }
        }
        agree("R²", found.first.r_squared, &case["r_squared"][0], 1e-5);
        agree("R²", found.second.r_squared, &case["r_squared"][1], 1e-5);
        agree_interval("residuals", &found.residual_correlation, &case["residual_correlation"], 1e-5);
    }
}

/// An actor effect of .4 over eight steps comes out about 1.4 / 7 too low, as the documentation says.
#[test]
fn short_series_understate_actor_effects() {
    let (mut first, mut second, mut dyads, mut sessions) = (vec![], vec![], vec![], vec![]);
    for dyad in 0..600 {
        let mut random = alliance_statistics::Generator::stream(5, u64::from(dyad));
        let mut ratings = [random.normal(), random.normal()];
        for session in -20..9_i64 {
            ratings = [0.4 * ratings[0] + random.normal(), 0.4 * ratings[1] + random.normal()];
            if session >= 0 {
                first.push(ratings[0]);
                second.push(ratings[1]);
                dyads.push(dyad);
                sessions.push(session);
            }
        }
    }
    let found = actor_partner_over_sessions(&first, &second, &dyads, &sessions, 0.95).unwrap();
    let bias = 1.4 / 7.0;
    for influence in [&found.first, &found.second] {
        let low = 0.4 - influence.actor.value;
        assert!((0.6 * bias..1.2 * bias).contains(&low), "{low}");
        assert!(influence.partner.value.abs() < 0.05);
    }
}

#[test]
fn response_surfaces_are_those_of_lm_and_the_delta_method() {
    for case in cases("surface") {
        let id = case["id"].as_str().unwrap();
        let found = response_surface(
            &numbers(&case["first"]),
            &numbers(&case["second"]),
            &numbers(&case["outcome"]),
            Centre::Value(number(&case["centre"])),
            0.95,
        )
        .unwrap();
        for (place, term) in found.coefficients.iter().enumerate() {
            agree(id, term.value, &case["coefficients"][place], 1e-9);
            agree(id, term.standard_error, &case["errors"][place], 1e-9);
        }
        let two = |found: &Estimate, expected: &Value, place: usize, tolerance: f64| {
            agree(id, found.value, &expected[place], tolerance);
            agree(id, found.standard_error, &expected[place + 1], tolerance);
        };
        for (place, term) in found.surface.iter().enumerate() {
            two(term, &case["surface"], 2 * place, 1e-9);
        }
        // Quotients of small differences in panel A.
        for (place, term) in found.stationary_point.iter().enumerate() {
            two(term, &case["stationary"], 2 * place, 1e-7);
        }
        for (axis, expected) in
            [(&found.first_axis, &case["first_axis"]), (&found.second_axis, &case["second_axis"])]
        {
            two(&axis.slope, expected, 0, 1e-7);
            two(&axis.intercept, expected, 2, 1e-7);
        }
        agree(id, found.r_squared, &case["r_squared"], 1e-9);
        for (test, expected) in [
            (found.quadratic_terms, &case["quadratic"]),
            (found.beyond_squared_difference, &case["difference"]),
        ] {
            agree(id, test.f, &expected[0], 1e-8);
            agree(id, test.numerator_degrees, &expected[1], 0.0);
            agree(id, test.denominator_degrees, &expected[2], 0.0);
            agree(id, test.p_value, &expected[3], 1e-7);
        }
        let shares = found.discrepancies;
        agree(id, shares.first_higher, &case["discrepancies"][0], 1e-12);
        agree(id, shares.in_agreement, &case["discrepancies"][1], 1e-12);
        agree(id, shares.second_higher, &case["discrepancies"][2], 1e-12);
        let observed = id == "surface-dome";
        assert_eq!(found.stationary_point[0].status == Status::Defined, observed, "{id}");
        assert_eq!(found.congruence.verdict(), Condition::NotMet);
        if id == "surface-congruence" {
            // The ridge runs through the data though its highest point lies far outside.
            assert_eq!(found.first_axis.slope.status, Status::Defined);
            assert_eq!(found.congruence.first_axis_has_slope_one, Condition::Met);
            assert_eq!(found.congruence.falls_with_incongruence, Condition::Met);
            assert_eq!(found.congruence.no_slope_along_incongruence, Condition::NotMet);
        }
    }
}

#[test]
fn teams_are_those_of_r() {
    for case in cases("teams") {
        let ratings: Vec<Vec<f64>> = case["ratings"].as_array().unwrap().iter().map(numbers).collect();
        let columns = Columns::new(&ratings.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        let teams: Vec<u32> = numbers(&case["teams"]).iter().map(|code| *code as u32).collect();
        let found = team_agreement(&columns, &teams, 7, NullDistribution::Uniform, 0.95).unwrap();
        for (place, team) in found.teams.iter().enumerate() {
            agree("members", team.members as f64, &case["members"][place], 0.0);
            agree("r_wg(j)", team.within_agreement.value, &case["agreement"][place], 1e-9);
            agree("AD", team.average_deviation, &case["deviation"][place], 1e-9);
            agree("lowest", team.lowest, &case["lowest"][place], 1e-12);
            agree("range", team.range, &case["spread"][place], 1e-9);
            agree("SD", team.standard_deviation, &case["sd"][place], 1e-9);
        }
        let mut known = numbers(&case["agreement"]);
        known.retain(|value| !value.is_nan());
        known.sort_by(f64::total_cmp);
        let middle = 0.5 * (known[known.len() / 2] + known[(known.len() - 1) / 2]);
        agree("median", found.median_within_agreement, &Value::from(middle), 1e-9);
        agree_interval("ICC(1)", &found.one_member, &case["one_member"], 1e-9);
        agree_interval("ICC(2)", &found.team_mean, &case["team_mean"], 1e-9);
    }
}

/// The bivariate model of nlme; its optimiser gives about five digits.
#[test]
fn one_with_many_is_the_bivariate_model() {
    for case in cases("many") {
        let ones: Vec<u32> = numbers(&case["ones"]).iter().map(|code| *code as u32).collect();
        let found =
            one_with_many(&numbers(&case["by_the_one"]), &numbers(&case["by_the_many"]), &ones).unwrap();
        let balanced = case["id"] == "many-balanced";
        // Unbalanced, variances of one side alone are close to those of both sides, not equal.
        let tolerance = if balanced { 1e-4 } else { 0.01 };
        for (partition, place) in [(&found.by_the_one, 0), (&found.by_the_many, 1)] {
            agree("between", partition.between.value, &case["between"][place], tolerance);
            agree("within", partition.within.value, &case["within"][place], tolerance);
        }
        agree("generalized", found.generalized.covariance.value, &case["between"][2], tolerance);
        agree("dyadic", found.dyadic.covariance.value, &case["within"][2], tolerance);
    }
}

/// Dyads that do not differ in mean or difference: nothing between them is shared, and nothing says how surely.
#[test]
fn concordance_of_dyads_that_do_not_differ_has_no_interval_of_no_width() {
    let first = [4.0, 6.0, 4.5, 5.5, 5.0, 5.1];
    let second = [5.0, 4.0, 4.0, 5.2, 4.4, 5.0];
    let found = repeated_concordance(&first, &second, &[1, 1, 2, 2, 3, 3], 0.95).unwrap();
    assert_eq!(found.components.dyad.value, 0.0);
    assert_eq!((found.any_session.value, found.any_session.status), (0.0, Status::Boundary));
    assert!(found.any_session.interval.is_none() && found.any_session.standard_error.is_nan());
    assert!(found.same_session.interval.is_some());
}

/// Five steps of three dyads and two predictors: every rating is reproduced, though ratings do vary.
#[test]
fn actor_and_partner_of_as_many_effects_as_steps_have_too_few_units() {
    let client = [4.0, 5.0, 4.5, 5.5, 6.0, 5.0, 4.5, 4.0];
    let therapist = [3.5, 4.5, 4.0, 5.0, 5.0, 5.5, 4.0, 4.7];
    let found = actor_partner_over_sessions(
        &client,
        &therapist,
        &[1, 1, 1, 2, 2, 2, 3, 3],
        &[1, 2, 3, 1, 2, 3, 1, 2],
        0.95,
    )
    .unwrap();
    assert_eq!(found.first.actor.status, Status::TooFewUnits);
    assert_eq!(found.residual_correlation.status, Status::TooFewUnits);
}
