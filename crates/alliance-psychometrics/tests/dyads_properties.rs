//! What must hold for dyads of any data, and what becomes of data that cannot carry a statistic.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::dyads::{
    Accuracy, Centre, Condition, NullDistribution, TruthBiasModel, actor_partner,
    actor_partner_over_sessions, level_agreement, limits_of_agreement, observed_region, one_with_many,
    profile_agreement, repeated_concordance, repeated_measures_correlation, response_surface, team_agreement,
    truth_and_bias,
};
use alliance_psychometrics::mixed::SlopeCovariance;
use alliance_psychometrics::{Columns, Estimate, Level, Status};
use common::close;
use proptest::collection::vec;
use proptest::prelude::*;

/// Up to ten dyads with up to nine sessions, on a lattice as scores are, with values missing.
fn rows() -> impl Strategy<Value = Vec<(u32, f64, f64)>> {
    let score =
        || prop_oneof![9 => (4_i32..29).prop_map(|quarter| f64::from(quarter) / 4.0), 1 => Just(f64::NAN)];
    vec((0_u32..10, score(), score()), 12..90)
}

fn split(rows: &[(u32, f64, f64)]) -> (Vec<u32>, Vec<f64>, Vec<f64>) {
    (
        rows.iter().map(|row| row.0).collect(),
        rows.iter().map(|row| row.1).collect(),
        rows.iter().map(|row| row.2).collect(),
    )
}

/// An estimate is a number with a status that says so, or NaN with one that says why.
#[track_caller]
fn sound(estimate: &Estimate) {
    let with_value = matches!(
        estimate.status,
        Status::Defined | Status::OutOfRange | Status::Boundary | Status::NotConverged
    );
    assert_eq!(estimate.value.is_finite(), with_value, "{estimate:?}");
    if let Some(interval) = estimate.interval {
        assert!(interval.low <= interval.high, "{estimate:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn order_of_rows_does_not_matter(rows in rows(), turn in 1_usize..11) {
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        let ((d, x, y), (dt, xt, yt)) = (split(&rows), split(&turned));
        let same = |one: f64, other: f64| close(one, other, 1e-8);
        let level = |x: &[f64], y: &[f64]| level_agreement(x, y, Level::PooledRows, 0.95).unwrap();
        prop_assert!(same(level(&x, &y).concordance.value, level(&xt, &yt).concordance.value));
        let limits = |x: &[f64], y: &[f64], d: &[u32]| limits_of_agreement(x, y, Some(d), 1.96, 0.95).unwrap();
        prop_assert!(same(limits(&x, &y, &d).upper.value, limits(&xt, &yt, &dt).upper.value));
        let within = |x: &[f64], y: &[f64], d: &[u32]| repeated_measures_correlation(x, y, d, 0.95).unwrap();
        prop_assert!(same(within(&x, &y, &d).correlation.value, within(&xt, &yt, &dt).correlation.value));
        let profile = |x: &[f64], y: &[f64], d: &[u32]| profile_agreement(x, y, d, None, 0.95).unwrap();
        let (one, other) = (profile(&x, &y, &d), profile(&xt, &yt, &dt));
        prop_assert!(same(one.correlation.value, other.correlation.value));
        for (one, other) in one.dyads.iter().zip(&other.dyads) {
            prop_assert_eq!(one.dyad, other.dyad);
            prop_assert!(same(one.mean_squared_difference, other.mean_squared_difference));
        }
    }

    #[test]
    fn raters_exchanged_change_signs_only(rows in rows()) {
        let (d, x, y) = split(&rows);
        let (one, other) =
            (level_agreement(&x, &y, Level::PooledRows, 0.95).unwrap(), level_agreement(&y, &x, Level::PooledRows, 0.95).unwrap());
        prop_assert!(close(one.concordance.value, other.concordance.value, 1e-10));
        prop_assert!(close(one.concordance_z_standard_error, other.concordance_z_standard_error, 1e-8));
        prop_assert!(close(one.double_entry.value, other.double_entry.value, 1e-10));
        prop_assert!(close(one.location_shift, -other.location_shift, 1e-10));
        let limits = |x: &[f64], y: &[f64]| limits_of_agreement(x, y, Some(&d), 1.96, 0.95).unwrap();
        prop_assert!(close(limits(&x, &y).lower.value, -limits(&y, &x).upper.value, 1e-10));
        let within = |x: &[f64], y: &[f64]| repeated_measures_correlation(x, y, &d, 0.95).unwrap();
        prop_assert!(close(within(&x, &y).correlation.value, within(&y, &x).correlation.value, 1e-10));
        let profile = |x: &[f64], y: &[f64]| profile_agreement(x, y, &d, None, 0.95).unwrap();
        for (one, other) in profile(&x, &y).dyads.iter().zip(&profile(&y, &x).dyads) {
            prop_assert!(close(one.mean_difference, -other.mean_difference, 1e-12));
            prop_assert!(close(one.shape, other.shape, 1e-10));
        }
    }

    /// A shift of one rater is elevation and nothing else; one scale for both changes units only.
    #[test]
    fn shifts_are_elevation_and_scales_are_units(rows in rows(), shift in -3.0..3.0_f64, scale in 0.2..5.0_f64) {
        let (d, x, y) = split(&rows);
        let moved: Vec<f64> = x.iter().map(|value| value + shift).collect();
        let times = |values: &[f64]| -> Vec<f64> { values.iter().map(|value| scale * value).collect() };
        let (xs, ys) = (times(&x), times(&y));
        let level = |x: &[f64], y: &[f64]| level_agreement(x, y, Level::PooledRows, 0.95).unwrap();
        prop_assert!(close(level(&x, &y).correlation.value, level(&moved, &y).correlation.value, 1e-9));
        prop_assert!(close(level(&x, &y).concordance.value, level(&xs, &ys).concordance.value, 1e-9));
        let limits = |x: &[f64], y: &[f64]| limits_of_agreement(x, y, Some(&d), 1.96, 0.95).unwrap();
        let (plain, shifted, scaled) = (limits(&x, &y), limits(&moved, &y), limits(&xs, &ys));
        prop_assert!(close(plain.standard_deviation.value, shifted.standard_deviation.value, 1e-9));
        prop_assert!(close(plain.mean_difference.value + shift, shifted.mean_difference.value, 1e-9));
        prop_assert!(close(scale * plain.lower.value, scaled.lower.value, 1e-9));
        let within = |x: &[f64], y: &[f64]| repeated_measures_correlation(x, y, &d, 0.95).unwrap();
        prop_assert!(close(within(&x, &y).correlation.value, within(&moved, &ys).correlation.value, 1e-9));
        let profile = |x: &[f64], y: &[f64]| profile_agreement(x, y, &d, None, 0.95).unwrap();
        for (one, other) in profile(&x, &y).dyads.iter().zip(&profile(&moved, &y).dyads) {
            prop_assert!(close(one.shape, other.shape, 1e-9));
            prop_assert!(close(one.scatter, other.scatter, 1e-9));
            prop_assert!(close(one.mean_difference + shift, other.mean_difference, 1e-9));
        }
    }

    /// Concordance has no roles, no origin, no unit and no order of rows; ratings that agree have 1.
    #[test]
    fn concordance_of_repeated_ratings_has_no_roles_origin_or_unit(rows in rows(), turn in 1_usize..11, scale in 0.2..5.0_f64) {
        let (d, x, y) = split(&rows);
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        let (dt, xt, yt) = split(&turned);
        let moved = |values: &[f64]| -> Vec<f64> { values.iter().map(|value| scale * value + 2.0).collect() };
        let found = |x: &[f64], y: &[f64], d: &[u32]| repeated_concordance(x, y, d, 0.95).unwrap();
        let plain = found(&x, &y, &d);
        for other in [found(&y, &x, &d), found(&xt, &yt, &dt), found(&moved(&x), &moved(&y), &d)] {
            prop_assert!(close(plain.same_session.value, other.same_session.value, 1e-5));
            prop_assert!(close(plain.any_session.value, other.any_session.value, 1e-5));
        }
        let same = found(&x, &x, &d).same_session;
        if same.status != Status::TooFewUnits && same.status != Status::ZeroVariance {
            prop_assert_eq!(same.value, 1.0);
            prop_assert!(same.interval.is_none());
        }
    }

    /// One pair per dyad: Lin's concordance of the same moments, but for its squared mean difference and divisor.
    #[test]
    fn concordance_of_single_pairs_is_that_of_lin_with_unbiased_moments(pairs in vec((1.0..7.0_f64, 1.0..7.0_f64), 4..40)) {
        let dyads: Vec<u32> = (0..).take(pairs.len()).collect();
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let n = x.len() as f64;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
        let product = |x: &[f64], y: &[f64]| {
            x.iter().zip(y).map(|(one, other)| (one - mean(x)) * (other - mean(y))).sum::<f64>() / (n - 1.0)
        };
        let of_difference = product(&x, &x) + product(&y, &y) - 2.0 * product(&x, &y);
        let role = (mean(&x) - mean(&y)).powi(2) - of_difference / n;
        let expected = 2.0 * product(&x, &y) / (product(&x, &x) + product(&y, &y) + role.max(0.0));
        let found = repeated_concordance(&x, &y, &dyads, 0.95).unwrap();
        prop_assert!(close(found.same_session.value, expected, 1e-9));
        prop_assert_eq!(found.any_session.status, Status::Undefined);
    }

    /// Every number has a status that fits, whatever the rows.
    #[test]
    fn any_rows_give_sound_estimates(rows in vec((0_u32..4, -1_i32..3, -1_i32..3, -1_i32..3), 0..24)) {
        let score = |value: i32| if value < 0 { f64::NAN } else { f64::from(value) };
        let d: Vec<u32> = rows.iter().map(|row| row.0).collect();
        let x: Vec<f64> = rows.iter().map(|row| score(row.1)).collect();
        let y: Vec<f64> = rows.iter().map(|row| score(row.2)).collect();
        let z: Vec<f64> = rows.iter().map(|row| score(row.3)).collect();
        all_sound(&d, &x, &y, &z);
    }

    /// Rounding is no variance: a rater who always says the same, and raters always the same apart.
    #[test]
    fn rounding_makes_no_variance(scores in vec(-9.0..9.0_f64, 6..300), constant in -9.0..9.0_f64) {
        let flat = vec![constant; scores.len()];
        let dyads: Vec<u32> = (0..).map(|row| row / 3).take(scores.len()).collect();
        let level = level_agreement(&scores, &flat, Level::PooledRows, 0.95).unwrap();
        prop_assert_eq!(level.correlation.status, Status::ZeroVariance);
        let within = repeated_measures_correlation(&flat, &scores, &dyads, 0.95).unwrap();
        prop_assert_eq!(within.correlation.status, Status::ZeroVariance);
        let apart: Vec<f64> = scores.iter().map(|score| score + constant).collect();
        for dyads in [None, Some(&dyads[..])] {
            let limits = limits_of_agreement(&apart, &scores, dyads, 1.96, 0.95).unwrap();
            prop_assert_eq!(limits.upper.status, Status::ZeroVariance);
            prop_assert_eq!(limits.slope_on_mean.status, Status::ZeroVariance);
            prop_assert!(close(limits.mean_difference.value, constant, 1e-9));
        }
        let within = repeated_measures_correlation(&apart, &scores, &dyads, 0.95).unwrap();
        let varies = within.correlation.status != Status::ZeroVariance;
        prop_assert!(!varies || (within.correlation.value == 1.0 && within.correlation.interval.is_none()));
    }

    /// Concordance cannot pass the correlation, and D² is the sum of its parts.
    #[test]
    fn parts_add_up(rows in rows()) {
        let (d, x, y) = split(&rows);
        let found = level_agreement(&x, &y, Level::PooledRows, 0.95).unwrap();
        if found.concordance.status == Status::Defined {
            prop_assert!(found.concordance.value.abs() <= found.correlation.value.abs() + 1e-12);
            prop_assert!(close(found.correlation.value * found.bias_correction, found.concordance.value, 1e-10));
        }
        for dyad in profile_agreement(&x, &y, &d, None, 0.95).unwrap().dyads {
            let both: Vec<(f64, f64)> = rows.iter().filter(|row| row.0 == dyad.dyad && !row.1.is_nan() && !row.2.is_nan()).map(|row| (row.1, row.2)).collect();
            let squared: f64 = both.iter().map(|(x, y)| (x - y) * (x - y)).sum::<f64>() / both.len() as f64;
            prop_assert!(close(dyad.mean_squared_difference, squared, 1e-10));
        }
    }

    /// Balanced truth and bias: the intercept is the mean difference.
    #[test]
    fn balanced_directional_bias_is_the_mean_difference(scores in vec((1.0..7.0_f64, 1.0..7.0_f64), 24)) {
        let dyads: Vec<u32> = (0..24).map(|row| row / 4).collect();
        let (truth, judgment): (Vec<f64>, Vec<f64>) = scores.into_iter().unzip();
        let found = truth_and_bias(&judgment, &truth, &dyads, &TruthBiasModel { accuracy: Accuracy::Common, ..Default::default() }).unwrap();
        let mean = (judgment.iter().sum::<f64>() - truth.iter().sum::<f64>()) / 24.0;
        prop_assert!(close(found.directional_bias.value, mean, 1e-9));
        let within = repeated_measures_correlation(&truth, &judgment, &dyads, 0.95).unwrap();
        prop_assert!(close(found.temporal_congruence.value, within.slope, 1e-7));
    }

    /// No pair lies outside the region, each corner is a pair, and corners turn one way.
    #[test]
    fn the_region_holds_all_pairs(rows in rows()) {
        let (_, x, y) = split(&rows);
        let corners = observed_region(&x, &y).unwrap();
        let pairs: Vec<[f64; 2]> =
            x.iter().zip(&y).filter(|(x, y)| !x.is_nan() && !y.is_nan()).map(|(x, y)| [*x, *y]).collect();
        prop_assert!(corners.iter().all(|corner| pairs.contains(corner)));
        prop_assert_eq!(corners.is_empty(), pairs.is_empty());
        let turn = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| {
            (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        };
        if corners.len() > 2 {
            for place in 0..corners.len() {
                let (a, b) = (corners[place], corners[(place + 1) % corners.len()]);
                prop_assert!(turn(a, b, corners[(place + 2) % corners.len()]) > 0.0);
                // Scores are quarters, so that products are exact.
                prop_assert!(pairs.iter().all(|pair| turn(a, b, *pair) >= 0.0));
            }
        }
    }

    /// Another centre moves the stationary point and leaves curvature, R² and the second axis's slope.
    #[test]
    fn curvature_has_no_centre(rows in vec((1.0..7.0_f64, 1.0..7.0_f64, -2.0..2.0_f64), 12..40), centre in 1.0..7.0_f64) {
        let x: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let y: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let z: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let found = |at| response_surface(&x, &y, &z, at, 0.95).unwrap();
        let (one, other) = (found(Centre::Value(4.0)), found(Centre::Value(centre)));
        prop_assert!(close(one.r_squared, other.r_squared, 1e-9));
        for place in [1, 3, 4] {
            prop_assert!(close(one.surface[place].value, other.surface[place].value, 1e-7));
            prop_assert!(close(one.surface[place].standard_error, other.surface[place].standard_error, 1e-7));
        }
        if one.stationary_point[0].status == Status::Defined {
            prop_assert!(close(one.stationary_point[0].value + 4.0, other.stationary_point[0].value + centre, 1e-5));
        }
        // Raters exchanged: a3 and a5 change sign.
        let turned = response_surface(&y, &x, &z, Centre::Value(4.0), 0.95).unwrap();
        prop_assert!(close(one.surface[2].value, -turned.surface[2].value, 1e-8));
        prop_assert!(close(one.surface[4].value, -turned.surface[4].value, 1e-8));
        prop_assert!(close(one.surface[3].value, turned.surface[3].value, 1e-8));
    }

    /// Members in another order, answers shifted: agreement stays.
    #[test]
    fn teams_do_not_depend_on_order_or_origin(rows in vec((0_u32..5, 1_i32..8, 1_i32..8), 4..40), turn in 1_usize..9) {
        let found = |rows: &[(u32, i32, i32)], shift: f64| {
            let teams: Vec<u32> = rows.iter().map(|row| row.0).collect();
            let one: Vec<f64> = rows.iter().map(|row| f64::from(row.1) + shift).collect();
            let two: Vec<f64> = rows.iter().map(|row| f64::from(row.2) + shift).collect();
            team_agreement(&Columns::new(&[&one, &two]).unwrap(), &teams, 7, NullDistribution::Uniform, 0.95).unwrap()
        };
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        let (one, other) = (found(&rows, 0.0), found(&turned, -3.0));
        prop_assert!(close(one.one_member.value, other.one_member.value, 1e-9));
        prop_assert!(close(one.team_mean.value, other.team_mean.value, 1e-9));
        for (one, other) in one.teams.iter().zip(&other.teams) {
            prop_assert!(close(one.within_agreement.value, other.within_agreement.value, 1e-9));
            prop_assert!(close(one.range, other.range, 1e-9));
        }
    }
}

/// Every estimate of every function on these rows.
fn all_sound(d: &[u32], x: &[f64], y: &[f64], z: &[f64]) {
    let level = level_agreement(x, y, Level::PooledRows, 0.95).unwrap();
    [&level.correlation, &level.concordance, &level.double_entry].into_iter().for_each(sound);
    for dyads in [None, Some(d)] {
        let limits = limits_of_agreement(x, y, dyads, 1.96, 0.95).unwrap();
        for estimate in [
            &limits.mean_difference,
            &limits.between_variance,
            &limits.within_variance,
            &limits.standard_deviation,
            &limits.lower,
            &limits.upper,
            &limits.slope_on_mean,
        ] {
            sound(estimate);
        }
    }
    let repeated = repeated_concordance(x, y, d, 0.95).unwrap();
    let parts = &repeated.components;
    for estimate in [
        &repeated.same_session,
        &repeated.any_session,
        &parts.dyad,
        &parts.session,
        &parts.dyad_by_role,
        &parts.role,
        &parts.residual,
    ] {
        sound(estimate);
    }
    for share in [repeated.same_session.value, repeated.any_session.value] {
        assert!(share.is_nan() || share.abs() <= 1.0 + 1e-12);
    }
    let within = repeated_measures_correlation(x, y, d, 0.95).unwrap();
    sound(&within.correlation);
    let profile = profile_agreement(x, y, d, Some(d), 0.95).unwrap();
    [&profile.correlation, &profile.distinctive, &profile.between].into_iter().for_each(sound);
    for dyad in &profile.dyads {
        sound(&dyad.correlation);
        sound(&dyad.distinctive);
        assert!(dyad.mean_difference.is_finite());
    }
    for accuracy in [Accuracy::Common, Accuracy::Varying(SlopeCovariance::Correlated)] {
        let truth = truth_and_bias(y, x, d, &TruthBiasModel { accuracy, ..Default::default() }).unwrap();
        sound(&truth.directional_bias);
        sound(&truth.temporal_congruence);
        truth.between_tracking.iter().for_each(sound);
        sound(&truth.bias_variance);
        truth.accuracy_variance.iter().for_each(sound);
        truth.bias_accuracy_correlation.iter().for_each(sound);
        sound(&truth.residual_variance);
    }
    let partner = actor_partner([x, y], [y, z], 0.95).unwrap();
    for influence in [&partner.first, &partner.second] {
        [&influence.intercept, &influence.actor, &influence.partner].into_iter().for_each(sound);
    }
    sound(&partner.residual_correlation);
    let sessions: Vec<i64> = (0..).take(x.len()).collect();
    let partner = actor_partner_over_sessions(x, y, d, &sessions, 0.95).unwrap();
    for influence in [&partner.first, &partner.second] {
        [&influence.intercept, &influence.actor, &influence.partner].into_iter().for_each(sound);
    }
    sound(&partner.residual_correlation);
    let surface = response_surface(x, y, z, Centre::PooledMean, 0.95).unwrap();
    surface.coefficients.iter().chain(&surface.surface).chain(&surface.stationary_point).for_each(sound);
    for axis in [&surface.first_axis, &surface.second_axis] {
        sound(&axis.slope);
        sound(&axis.intercept);
    }
    let team =
        team_agreement(&Columns::new(&[x, y]).unwrap(), d, 5, NullDistribution::ModerateSkew, 0.95).unwrap();
    sound(&team.one_member);
    sound(&team.team_mean);
    team.teams.iter().for_each(|team| sound(&team.within_agreement));
    let many = one_with_many(x, y, d).unwrap();
    for partition in [&many.by_the_one, &many.by_the_many] {
        sound(&partition.between);
        sound(&partition.within);
    }
    for reciprocity in [&many.generalized, &many.dyadic] {
        sound(&reciprocity.covariance);
        sound(&reciprocity.correlation);
    }
}

const SCORES: [f64; 8] = [4.0, 5.5, 5.0, 6.25, 3.5, 4.75, 5.25, 6.0];
const OTHERS: [f64; 8] = [4.5, 5.0, 4.75, 6.0, 3.0, 4.0, 5.5, 5.75];
const PAIRED: [u32; 8] = [1, 1, 1, 1, 2, 2, 2, 2];

#[test]
fn nothing_at_all_is_all_missing() {
    let none = [f64::NAN; 8];
    for (x, y) in [(&none[..], &OTHERS[..]), (&[][..], &[][..])] {
        let dyads = &PAIRED[..x.len()];
        assert_eq!(
            level_agreement(x, y, Level::OneSession, 0.95).unwrap().concordance.status,
            Status::AllMissing
        );
        assert_eq!(limits_of_agreement(x, y, None, 1.96, 0.95).unwrap().lower.status, Status::AllMissing);
        let within = repeated_measures_correlation(x, y, dyads, 0.95).unwrap();
        assert_eq!(within.correlation.status, Status::AllMissing);
        let profiles = profile_agreement(x, y, dyads, None, 0.95).unwrap();
        assert!(profiles.dyads.is_empty() && profiles.plain_mean.is_nan());
        assert_eq!(profiles.correlation.status, Status::AllMissing);
        let truth = truth_and_bias(x, y, dyads, &TruthBiasModel::default()).unwrap();
        assert_eq!(truth.directional_bias.status, Status::AllMissing);
        let surface = response_surface(x, y, y, Centre::PooledMean, 0.95).unwrap();
        assert_eq!(surface.surface[0].status, Status::AllMissing);
        assert_eq!(surface.congruence.verdict(), Condition::Undetermined);
        let team =
            team_agreement(&Columns::new(&[x]).unwrap(), dyads, 7, NullDistribution::Uniform, 0.95).unwrap();
        assert_eq!(team.one_member.status, Status::AllMissing);
        let many = one_with_many(x, y, dyads).unwrap();
        assert_eq!(many.dyadic.covariance.status, Status::AllMissing);
        let partner = actor_partner([x, y], [y, x], 0.95).unwrap();
        assert_eq!(partner.first.actor.status, Status::AllMissing);
    }
}

#[test]
fn one_dyad_says_nothing_of_dyads() {
    let one = [7_u32; 8];
    let limits = limits_of_agreement(&SCORES, &OTHERS, Some(&one), 1.96, 0.95).unwrap();
    assert_eq!(limits.mean_difference.status, Status::TooFewUnits);
    let within = repeated_measures_correlation(&SCORES, &OTHERS, &one, 0.95).unwrap();
    assert_eq!(within.correlation.status, Status::TooFewUnits);
    let truth = truth_and_bias(&OTHERS, &SCORES, &one, &TruthBiasModel::default()).unwrap();
    assert_eq!(truth.directional_bias.status, Status::TooFewUnits);
    assert!(truth.dyads.is_empty());
    // But of itself.
    let profiles = profile_agreement(&SCORES, &OTHERS, &one, Some(&[1, 2, 3, 4, 5, 6, 7, 8]), 0.95).unwrap();
    assert_eq!(profiles.dyads[0].correlation.status, Status::Defined);
    assert!(profiles.correlation.interval.is_none());
    assert_eq!(profiles.distinctive.status, Status::Undefined);
    assert_eq!(profiles.between.status, Status::TooFewUnits);
}

#[test]
fn one_session_per_dyad_has_no_tracking() {
    let each = [0, 1, 2, 3, 4, 5, 6, 7];
    let within = repeated_measures_correlation(&SCORES, &OTHERS, &each, 0.95).unwrap();
    assert_eq!(within.correlation.status, Status::TooFewUnits);
    assert!(within.p_value.is_nan() && within.slope.is_nan());
    let truth = truth_and_bias(&OTHERS, &SCORES, &each, &TruthBiasModel::default()).unwrap();
    assert!(truth.temporal_congruence.value.is_nan());
    let profiles = profile_agreement(&SCORES, &OTHERS, &each, None, 0.95).unwrap();
    assert_eq!(profiles.correlation.status, Status::TooFewUnits);
    assert!(profiles.dyads.iter().all(|dyad| dyad.correlation.value.is_nan() && dyad.concordance.is_nan()));
    // Two pairs always lie on a line.
    let two = level_agreement(&SCORES[..2], &OTHERS[..2], Level::OneSession, 0.95).unwrap();
    assert_eq!((two.correlation.status, two.concordance.status), (Status::TooFewUnits, Status::TooFewUnits));
}

#[test]
fn a_constant_rater_has_a_level_and_no_correlation() {
    let flat = [0.1 + 0.2; 8];
    let level = level_agreement(&SCORES, &flat, Level::OneSession, 0.95).unwrap();
    assert_eq!(level.correlation.status, Status::ZeroVariance);
    assert_eq!(level.concordance.status, Status::ZeroVariance);
    assert_eq!(level.double_entry.status, Status::Defined);
    // Means of the same answers in another order may differ in the last digit.
    let rounded: Vec<f64> = (0..8).map(|row| if row % 2 == 0 { 0.3 } else { 0.1 + 0.2 }).collect();
    assert_ne!(rounded[0], rounded[1]);
    let level = level_agreement(&SCORES, &rounded, Level::OneSession, 0.95).unwrap();
    assert_eq!(level.concordance.status, Status::ZeroVariance);
    let within = repeated_measures_correlation(&SCORES, &flat, &PAIRED, 0.95).unwrap();
    assert_eq!(within.correlation.status, Status::ZeroVariance);
    let profiles = profile_agreement(&SCORES, &flat, &PAIRED, None, 0.95).unwrap();
    assert_eq!(profiles.correlation.status, Status::ZeroVariance);
    assert!(profiles.dyads.iter().all(|dyad| dyad.mean_difference > 4.0 && dyad.shape == 0.0));
    let limits = limits_of_agreement(&SCORES, &flat, None, 1.96, 0.95).unwrap();
    assert_eq!(limits.mean_difference.status, Status::Defined);
    let both = level_agreement(&flat, &flat, Level::OneSession, 0.95).unwrap();
    assert_eq!(both.double_entry.status, Status::ZeroVariance);
    let truth = truth_and_bias(&OTHERS, &flat, &PAIRED, &TruthBiasModel::default()).unwrap();
    assert!(truth.temporal_congruence.value.is_nan());
    let surface = response_surface(&SCORES, &flat, &OTHERS, Centre::PooledMean, 0.95).unwrap();
    assert_eq!(surface.surface[3].status, Status::NotPositiveDefinite);
}

#[test]
fn perfect_agreement_is_one_without_an_interval() {
    let level = level_agreement(&SCORES, &SCORES, Level::OneSession, 0.95).unwrap();
    for estimate in [&level.correlation, &level.concordance, &level.double_entry] {
        assert_eq!((estimate.value, estimate.interval), (1.0, None));
    }
    assert!(level.concordance_z.is_nan());
    let limits = limits_of_agreement(&SCORES, &SCORES, None, 1.96, 0.95).unwrap();
    assert_eq!((limits.mean_difference.value, limits.mean_difference.interval), (0.0, None));
    assert_eq!(limits.lower.status, Status::ZeroVariance);
    let within = repeated_measures_correlation(&SCORES, &SCORES, &PAIRED, 0.95).unwrap();
    assert_eq!((within.correlation.value, within.correlation.interval), (1.0, None));
    let profiles = profile_agreement(&SCORES, &SCORES, &PAIRED, None, 0.95).unwrap();
    assert_eq!(profiles.correlation.status, Status::Undefined);
    assert!(profiles.correlation.notes[0].contains("2 of 2 dyads"));
    assert_eq!(profiles.plain_mean, 1.0);
    let truth = truth_and_bias(&SCORES, &SCORES, &PAIRED, &TruthBiasModel::default()).unwrap();
    assert_eq!(truth.residual_variance.status, Status::ZeroVariance);
    let teams = team_agreement(
        &Columns::new(&[&[5.0, 5.0, 5.0, 3.0, 3.0, 3.0]]).unwrap(),
        &[1, 1, 1, 2, 2, 2],
        7,
        NullDistribution::Uniform,
        0.95,
    )
    .unwrap();
    assert_eq!((teams.teams[0].within_agreement.value, teams.one_member.value), (1.0, 1.0));
    assert!(teams.one_member.interval.is_none());
    let alike = team_agreement(
        &Columns::new(&[&[5.0; 6]]).unwrap(),
        &[1, 1, 1, 2, 2, 2],
        7,
        NullDistribution::Uniform,
        0.95,
    )
    .unwrap();
    assert_eq!(alike.one_member.status, Status::ZeroVariance);
}

#[test]
fn a_constant_difference_is_elevation_with_no_limits() {
    // Numbers that are not exact in binary: rounding must not make a variance.
    let first = [0.1, 0.2, 0.3, 0.4, 0.7, 0.9, 1.1, 1.3];
    let second = first.map(|value| value + 0.1);
    for dyads in [None, Some(&PAIRED[..])] {
        let limits = limits_of_agreement(&first, &second, dyads, 1.96, 0.95).unwrap();
        assert!((limits.mean_difference.value + 0.1).abs() < 1e-12);
        assert_eq!(limits.upper.status, Status::ZeroVariance);
    }
}

#[test]
fn a_team_of_one_has_no_agreement_and_a_split_one_has_a_lowest() {
    let ratings = [6.0, 7.0, 1.0, 7.0, 7.0];
    let found = team_agreement(
        &Columns::new(&[&ratings]).unwrap(),
        &[1, 2, 2, 2, 2],
        7,
        NullDistribution::Uniform,
        0.95,
    )
    .unwrap();
    let (alone, split) = (&found.teams[0], &found.teams[1]);
    assert_eq!(alone.within_agreement.status, Status::TooFewUnits);
    assert!(alone.range.is_nan() && alone.standard_deviation.is_nan() && alone.average_deviation.is_nan());
    assert_eq!((split.lowest, split.range, split.mean), (1.0, 6.0, 5.5));
    assert_eq!((split.within_agreement.value, split.within_agreement.status), (0.0, Status::OutOfRange));
}

#[test]
fn few_dyads_make_no_surface() {
    let surface =
        response_surface(&SCORES[..6], &OTHERS[..6], &SCORES[..6], Centre::PooledMean, 0.95).unwrap();
    assert_eq!(surface.surface[3].status, Status::TooFewUnits);
    assert!(surface.r_squared.is_nan() && surface.quadratic_terms.p_value.is_nan());
    assert_eq!(surface.congruence.verdict(), Condition::Undetermined);
    // An outcome that is a surface has no error to judge by.
    let x: Vec<f64> = (0..25).map(|dyad| f64::from(dyad % 5)).collect();
    let y: Vec<f64> = (0..25).map(|dyad| f64::from(dyad / 5)).collect();
    let z: Vec<f64> = x.iter().zip(&y).map(|(x, y)| 1.0 - (x - y) * (x - y)).collect();
    let exact = response_surface(&x, &y, &z, Centre::Value(2.0), 0.95).unwrap();
    assert!((exact.surface[3].value + 4.0).abs() < 1e-9 && exact.surface[3].interval.is_none());
    assert_eq!(exact.congruence.falls_with_incongruence, Condition::Undetermined);
}

#[test]
fn a_congruence_effect_meets_its_conditions() {
    let (mut x, mut y, mut z) = (Vec::new(), Vec::new(), Vec::new());
    for dyad in 0..144 {
        let (first, second) = (f64::from(dyad % 12) / 2.0, f64::from(dyad / 12) / 2.0);
        let noise = f64::from((dyad * 53) % 29) / 29.0 - 0.5;
        x.push(first);
        y.push(second);
        z.push(6.0 - 0.5 * (first - second).powi(2) + noise);
    }
    let found = response_surface(&x, &y, &z, Centre::PooledMean, 0.95).unwrap();
    assert_eq!(found.congruence.verdict(), Condition::Met, "{:?}", found.congruence);
    // Nearly everybody agrees: there is no disagreement to speak of.
    let near: Vec<f64> = (0..)
        .zip(&x)
        .map(|(nth, x)| if nth % 40 == 7 { x - 1.5 } else { x + 0.1 * f64::from(nth % 3) })
        .collect();
    let agreed = response_surface(&x, &near, &z, Centre::PooledMean, 0.95).unwrap();
    assert!(agreed.discrepancies.in_agreement > 0.9);
    assert_eq!(agreed.congruence.discrepancies_in_both_directions, Condition::NotMet);
    // Higher ratings by one side alone are no congruence.
    let level: Vec<f64> = x.iter().zip(&z).map(|(x, z)| 2.0 * x + 0.1 * z).collect();
    let other = response_surface(&x, &y, &level, Centre::PooledMean, 0.95).unwrap();
    assert_eq!(other.congruence.no_slope_along_incongruence, Condition::NotMet);
    assert_eq!(other.congruence.verdict(), Condition::NotMet);
}

#[test]
fn refusals_have_codes() {
    let two = Columns::new(&[&SCORES, &OTHERS]).unwrap();
    let short = [1_u32];
    let team = |options, null| team_agreement(&two, &PAIRED, options, null, 0.95).unwrap_err();
    for (error, code, part) in [
        (
            level_agreement(&SCORES, &OTHERS[..3], Level::OneSession, 0.95).unwrap_err(),
            "length-mismatch",
            "columns",
        ),
        (
            level_agreement(&SCORES, &OTHERS, Level::OneSession, 1.0).unwrap_err(),
            "invalid-option",
            "confidence",
        ),
        (
            limits_of_agreement(&SCORES, &OTHERS, Some(&short), 1.96, 0.95).unwrap_err(),
            "length-mismatch",
            "dyads",
        ),
        (
            limits_of_agreement(&SCORES, &OTHERS, None, f64::NAN, 0.95).unwrap_err(),
            "invalid-option",
            "multiplier",
        ),
        (
            repeated_measures_correlation(&SCORES, &OTHERS, &short, 0.95).unwrap_err(),
            "length-mismatch",
            "dyads",
        ),
        (
            profile_agreement(&SCORES, &OTHERS, &PAIRED, Some(&short), 0.95).unwrap_err(),
            "length-mismatch",
            "points",
        ),
        (
            response_surface(&SCORES, &OTHERS, &SCORES, Centre::Value(f64::NAN), 0.95).unwrap_err(),
            "invalid-option",
            "centre",
        ),
        (
            actor_partner([&SCORES, &[f64::INFINITY; 8]], [&OTHERS, &OTHERS], 0.95).unwrap_err(),
            "not-finite",
            "column 1",
        ),
        (one_with_many(&SCORES, &OTHERS, &short).unwrap_err(), "length-mismatch", "groups"),
        (team(1, NullDistribution::Uniform), "invalid-option", "options"),
        (team(4, NullDistribution::SlightSkew), "invalid-option", "5 to 11"),
        (team(7, NullDistribution::Variance(0.0)), "invalid-option", "null"),
        (
            team_agreement(&Columns::new(&[]).unwrap(), &[], 7, NullDistribution::Uniform, 0.95).unwrap_err(),
            "invalid-option",
            "at least one item",
        ),
        (
            truth_and_bias(
                &SCORES,
                &OTHERS,
                &PAIRED,
                &TruthBiasModel { therapists: Some(&[1, 2, 1, 1, 1, 1, 1, 1]), ..Default::default() },
            )
            .unwrap_err(),
            "not-nested",
            "outer group",
        ),
    ] {
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(part), "{error} lacks {part:?}");
        let registered = include_str!("../../errors.toml").contains(&format!("code = \"{code}\""));
        assert!(registered, "{code} is not registered");
    }
}
