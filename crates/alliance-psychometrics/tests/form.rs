//! Reliability of a form against R (psych, lavaan) and against itself.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::form::{
    AlphaInterval, Extraction, Form, Groups, Missing, Omega, OmegaInterval, SplitOptions,
};
use alliance_psychometrics::{Bootstrap, Columns, Level, Status};
use common::{Lehmer, close, panel_a, vectors};
use serde_json::Value;

const EXACT: f64 = 1e-9;
const ITERATED: f64 = 1e-5;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|cell| cell.as_f64().unwrap_or(f64::NAN)).collect()
}

fn columns_of(case: &Value) -> Vec<Vec<f64>> {
    case["columns"].as_array().unwrap().iter().map(numbers).collect()
}

fn as_columns(columns: &[Vec<f64>]) -> Columns<'_> {
    Columns::new(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
}

fn form(columns: &[Vec<f64>], missing: Missing) -> Form<'_> {
    Form::new(&as_columns(columns), missing, Level::OneSession)
}

fn missing_of(case: &Value) -> Missing {
    match case["missing"].as_str().unwrap() {
        "listwise" => Missing::Listwise,
        "pairwise" => Missing::Pairwise,
        _ => Missing::ExpectationMaximisation,
    }
}

#[track_caller]
fn assert_close(found: f64, expected: &Value, tolerance: f64, what: &str) {
    let expected = expected.as_f64().unwrap_or(f64::NAN);
    assert!(close(found, expected, tolerance), "{what}: {found} instead of {expected}");
}

#[track_caller]
fn assert_all_close(found: &[f64], expected: &Value, tolerance: f64, what: &str) {
    let expected = numbers(expected);
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(close(*found, expected, tolerance), "{what}: {found} instead of {expected}");
    }
}

fn with_case(name: &str, check: impl Fn(&Value, &[Vec<f64>])) {
    let vectors = vectors("form-reliability");
    let case = vectors["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap();
    check(case, &columns_of(case));
}

#[test]
fn alpha_and_its_company_agree_with_psych() {
    let vectors = vectors("form-reliability");
    for case in vectors["cases"].as_array().unwrap() {
        let (columns, expected) = (columns_of(case), &case["expected"]);
        let name = case["name"].as_str().unwrap();
        let form = form(&columns, missing_of(case));
        let tolerance = if missing_of(case) == Missing::ExpectationMaximisation { ITERATED } else { EXACT };
        let alpha = form.alpha(AlphaInterval::default(), 0.95).unwrap();
        let what = |statistic: &str| format!("{name}: {statistic}");
        assert_eq!(form.rows_used() as u64, expected["rows"].as_u64().unwrap(), "{name}");
        assert_eq!(form.rows_used() + form.rows_dropped(), columns[0].len(), "{name}");
        let cells: Vec<f64> = (0..form.items())
            .flat_map(|i| (0..form.items()).map(move |j| (i, j)))
            .map(|(i, j)| form.covariance(i, j))
            .collect();
        assert_all_close(&cells, &expected["covariances"], tolerance, &what("covariances"));
        let means: Vec<f64> = (0..form.items()).map(|item| form.mean(item)).collect();
        assert_all_close(&means, &expected["means"], tolerance, &what("means"));
        assert_close(alpha.raw.value, &expected["alpha"], tolerance, &what("alpha"));
        assert_close(alpha.standardized.value, &expected["standardized"], tolerance, &what("standardized"));
        assert_close(alpha.mean_correlation, &expected["mean_correlation"], tolerance, &what("mean r"));
        assert_close(alpha.lambda_6.value, &expected["lambda_6"], tolerance, &what("lambda 6"));
        assert_close(
            alpha.normal_theory_standard_error,
            &expected["normal_theory_se"],
            tolerance,
            &what("normal-theory error"),
        );
        let of_items = |read: fn(&alliance_psychometrics::form::ItemStatistics) -> f64| -> Vec<f64> {
            alpha.items.iter().map(read).collect()
        };
        assert_all_close(
            &of_items(|item| item.item_rest_correlation),
            &expected["item_rest"],
            tolerance,
            &what("item-rest"),
        );
        assert_all_close(
            &of_items(|item| item.alpha_without),
            &expected["without"],
            tolerance,
            &what("without"),
        );
        assert_all_close(
            &of_items(|item| item.standardized_alpha_without),
            &expected["standardized_without"],
            tolerance,
            &what("standardized without"),
        );
        assert_eq!(
            form.constant_items(),
            numbers(&expected["constant"]).iter().map(|item| *item as usize).collect::<Vec<_>>(),
            "{name}"
        );
        let varying = alpha.without_constant_items.as_ref().unwrap_or(&alpha.raw).value;
        assert_close(varying, &expected["alpha_varying"], tolerance, &what("alpha of the items that vary"));
        assert_close(
            form.standard_error_of_measurement(&alpha.raw).value,
            &expected["sem"],
            tolerance,
            &what("SEM"),
        );
        if missing_of(case) == Missing::Listwise {
            assert_close(
                alpha.raw.standard_error,
                &expected["distribution_free_se"],
                tolerance,
                &what("free error"),
            );
            for (interval, key) in [(AlphaInterval::Feldt, "feldt"), (AlphaInterval::Bonett, "bonett")] {
                let interval = form.alpha(interval, 0.95).unwrap().raw.interval.unwrap();
                assert_all_close(&[interval.low, interval.high], &expected[key], EXACT, &what(key));
            }
        } else {
            assert_eq!(alpha.raw.interval, None);
            assert!(alpha.raw.notes[0].contains("complete rows"));
        }
    }
}

#[test]
fn split_halves_agree_with_r() {
    let vectors = vectors("form-reliability");
    for case in vectors["cases"].as_array().unwrap() {
        let (columns, expected) = (columns_of(case), &case["expected"]);
        let tolerance = if missing_of(case) == Missing::ExpectationMaximisation { ITERATED } else { EXACT };
        let found = form(&columns, missing_of(case)).split_half(SplitOptions::default()).unwrap();
        let odd_even = &expected["odd_even"];
        assert_close(found.odd_even.correlation.value, &odd_even["correlation"], tolerance, "correlation");
        assert_close(
            found.odd_even.spearman_brown.value,
            &odd_even["spearman_brown"],
            tolerance,
            "Spearman-Brown",
        );
        assert_close(found.odd_even.guttman.value, &odd_even["guttman"], tolerance, "Guttman");
        assert_close(found.odd_even.horst.value, &odd_even["horst"], tolerance, "Horst");
        let all = &expected["all_splits"];
        assert_eq!(found.splits as u64, all["splits"].as_u64().unwrap());
        assert!(found.is_exhaustive);
        for (found, key) in [(found.spearman_brown, "spearman_brown"), (found.guttman, "guttman")] {
            assert_close(found.mean, &all[key]["mean"], tolerance, "mean");
            assert_close(found.minimum, &all[key]["minimum"], tolerance, "minimum");
            assert_close(found.median, &all[key]["median"], tolerance, "median");
            assert_close(found.maximum, &all[key]["maximum"], tolerance, "maximum");
        }
    }
}

fn check_omega(found: &Omega, expected: &Value, name: &str) {
    assert_close(found.raw.value, &expected["raw"], ITERATED, name);
    assert_close(found.raw_observed.value, &expected["raw_observed"], ITERATED, name);
    assert_close(found.standardized.value, &expected["standardized"], ITERATED, name);
    assert_close(found.standardized_observed.value, &expected["standardized_observed"], ITERATED, name);
    let varying = |values: &[f64]| values.iter().copied().filter(|value| !value.is_nan()).collect::<Vec<_>>();
    assert_all_close(&varying(&found.loadings), &expected["loadings"], ITERATED, name);
    assert_all_close(&varying(&found.uniquenesses), &expected["uniquenesses"], ITERATED, name);
    assert_eq!(found.raw.status == Status::Heywood, expected["heywood"].as_bool().unwrap(), "{name}");
    let fit = &expected["fit"];
    assert_close(found.fit.chi_square, &fit["chi_square"], 1e-4, name);
    assert_close(found.fit.degrees_of_freedom, &fit["degrees_of_freedom"], 0.0, name);
    assert_close(found.fit.p_value, &fit["p_value"], 1e-4, name);
    assert_close(found.fit.rmsea, &fit["rmsea"], 1e-4, name);
    assert_close(found.fit.cfi, &fit["cfi"], 1e-4, name);
}

#[test]
fn omega_agrees_with_r() {
    let vectors = vectors("form-reliability");
    let mut checked = 0;
    for case in vectors["cases"].as_array().unwrap() {
        let (columns, name) = (columns_of(case), case["name"].as_str().unwrap());
        let form = form(&columns, missing_of(case));
        for (extraction, key) in
            [(Extraction::MinimumResiduals, "minres"), (Extraction::MaximumLikelihood, "ml")]
        {
            let expected = &case["expected"]["omega"][key];
            if !expected.is_null() {
                check_omega(
                    &form.omega(extraction, OmegaInterval::default(), 0.95).unwrap(),
                    expected,
                    &format!("{name}, {key}"),
                );
                checked += 1;
            }
        }
    }
    assert!(checked >= 16);
}

/// Standard errors of omega: by maximum likelihood those of lavaan's defined parameters, expected information and
/// `se = "robust.huber.white"`; by minimum residuals the delta method on derivatives that R takes by differences.
#[test]
fn intervals_of_omega_agree_with_lavaan_and_with_differences() {
    let vectors = vectors("form-reliability");
    let mut checked = 0;
    for case in vectors["cases"].as_array().unwrap() {
        let (columns, name) = (columns_of(case), case["name"].as_str().unwrap());
        let form = form(&columns, missing_of(case));
        for (extraction, key) in
            [(Extraction::MinimumResiduals, "minres"), (Extraction::MaximumLikelihood, "ml")]
        {
            let expected = &case["expected"]["omega"][key]["errors"];
            if expected.is_null() {
                continue;
            }
            for (interval, of) in
                [(OmegaInterval::NormalTheory, "normal"), (OmegaInterval::DistributionFree, "free")]
            {
                let omega = form.omega(extraction, interval, 0.95).unwrap();
                let found = [omega.raw.standard_error, omega.standardized.standard_error];
                for (found, expected) in found.iter().zip(numbers(&expected[of])) {
                    // lavaan stops at the seventh digit of the estimates.
                    assert!((found / expected - 1.0).abs() < 1e-4, "{name}, {key}, {of}: {found} {expected}");
                }
                let ends = [&omega.raw, &omega.standardized].map(|estimate| estimate.interval.unwrap());
                for (end, estimate) in ends.iter().zip([&omega.raw, &omega.standardized]) {
                    let middle = f64::midpoint(end.low, end.high);
                    assert!(close(middle, estimate.value, 1e-12), "{name}");
                }
                if of == "normal" && key == "ml" {
                    assert_all_close(&ends.map(|end| end.low), &expected["normal_low"], ITERATED, name);
                    assert_all_close(&ends.map(|end| end.high), &expected["normal_high"], ITERATED, name);
                }
                checked += 1;
            }
        }
    }
    assert!(checked >= 20);
}

/// Both intervals hold the omega of the population about as often as they say; so does the distribution-free one where the
/// answers pile up and one factor is not true, of the omega that 300 000 such forms have.
#[test]
fn intervals_of_omega_cover_the_truth() {
    const SAMPLES: usize = 300;
    let loadings: [f64; 6] = [0.9, 0.8, 0.7, 0.7, 0.6, 0.5];
    let mut random = Lehmer(77);
    let mut sample = |rows: usize, ceiling: f64| -> Vec<Vec<f64>> {
        let mut columns = vec![Vec::new(); 6];
        for _ in 0..rows {
            let (common, pair) = (random.normal(), random.normal());
            for (item, (column, loading)) in columns.iter_mut().zip(&loadings).enumerate() {
                let shared = if ceiling < 9.0 && item < 2 { 0.4 * pair } else { 0.0 };
                let value: f64 = loading * common + shared + 0.7 * random.normal();
                column.push(value.min(ceiling));
            }
        }
        columns
    };
    let omega = |columns: &[Vec<f64>], extraction, interval| {
        form(columns, Missing::Listwise).omega(extraction, interval, 0.95).unwrap().raw
    };
    let least = Extraction::MinimumResiduals;
    let common: f64 = loadings.iter().sum::<f64>().powi(2);
    let of_ceiling = omega(&sample(300_000, 0.6), least, OmegaInterval::DistributionFree).value;
    let truths = [common / (common + 6.0 * 0.49), common / (common + 6.0 * 0.49), of_ceiling];
    let mut held = [0_usize; 3];
    for _ in 0..SAMPLES {
        let (plain, piled) = (sample(150, 9.0), sample(150, 0.6));
        let found = [
            omega(&plain, Extraction::MaximumLikelihood, OmegaInterval::NormalTheory),
            omega(&plain, least, OmegaInterval::DistributionFree),
            omega(&piled, least, OmegaInterval::DistributionFree),
        ];
        for ((held, estimate), truth) in held.iter_mut().zip(found).zip(truths) {
            let interval = estimate.interval;
            *held += usize::from(interval.is_some_and(|ends| (ends.low..=ends.high).contains(&truth)));
        }
    }
    for count in held {
        let share = count as f64 / SAMPLES as f64;
        assert!((0.92..=0.98).contains(&share), "{held:?}");
    }
}

/// Resampled rows give about the same, here and in R, and as the delta method.
#[test]
fn the_bootstrap_of_omega_agrees_with_r() {
    with_case("twelve items with a ceiling", |case, columns| {
        let bootstrap = Bootstrap::new(500, 3).unwrap();
        let form = form(columns, Missing::Listwise);
        let omega =
            form.omega(Extraction::MinimumResiduals, OmegaInterval::Bootstrap(bootstrap), 0.95).unwrap();
        let expected = numbers(&case["expected"]["omega"]["minres"]["bootstrap"]);
        let interval = omega.raw.interval.unwrap();
        assert!((omega.raw.standard_error / expected[0] - 1.0).abs() < 0.12);
        assert!((interval.low - expected[1]).abs() < 0.01 && (interval.high - expected[2]).abs() < 0.005);
        assert!(omega.raw.notes[0].contains("500 resamples of rows, seed 3"));
        assert!(omega.raw_observed.interval.is_some() && omega.standardized_observed.interval.is_some());
        let delta = form.omega(Extraction::MinimumResiduals, OmegaInterval::DistributionFree, 0.95).unwrap();
        assert!((omega.raw.standard_error / delta.raw.standard_error - 1.0).abs() < 0.12);
    });
}

/// The delta method asks for complete rows, answers and a solution inside its range; the bootstrap for answers alone.
#[test]
fn an_omega_without_an_interval_says_why() {
    let least = Extraction::MinimumResiduals;
    let bootstrap = OmegaInterval::Bootstrap(Bootstrap::new(100, 1).unwrap());
    let without = |form: &Form<'_>, interval, reason: &str| {
        let omega = form.omega(least, interval, 0.95).unwrap();
        assert!(omega.raw.value.is_finite() && omega.raw.interval.is_none());
        assert!(omega.raw.notes.iter().any(|note| note.contains(reason)), "{:?}", omega.raw.notes);
    };
    with_case("missing cells, EM", |_, columns| {
        let form = form(columns, Missing::ExpectationMaximisation);
        without(&form, OmegaInterval::DistributionFree, "complete rows");
        assert!(form.omega(least, bootstrap, 0.95).unwrap().raw.interval.is_some());
    });
    with_case("a Heywood case", |_, columns| {
        let form = form(columns, Missing::Listwise);
        without(&form, OmegaInterval::NormalTheory, "uniqueness");
        assert!(form.omega(least, bootstrap, 0.95).unwrap().raw.interval.is_some());
    });
    let vectors = vectors("form-reliability");
    let thurstone = numbers(&vectors["hierarchical"][0]["correlations"]);
    let form = Form::from_covariances(&thurstone, 213, Level::OneSession).unwrap();
    without(&form, OmegaInterval::DistributionFree, "needs the answers");
    without(&form, bootstrap, "needs the answers");
    // Normal theory is at home with a published matrix.
    assert!(form.omega(least, OmegaInterval::NormalTheory, 0.95).unwrap().raw.interval.is_some());
    assert!(form.omega(least, OmegaInterval::NormalTheory, 95.0).is_err());
}

/// Rows of another unit, in another order, with a row of gaps and a constant item: the same error.
#[test]
fn the_error_of_omega_does_not_depend_on_units() {
    with_case("twelve items with a ceiling", |_, columns| {
        for extraction in [Extraction::MinimumResiduals, Extraction::MaximumLikelihood] {
            let error = |columns: &[Vec<f64>]| {
                let omega = form(columns, Missing::Listwise)
                    .omega(extraction, OmegaInterval::DistributionFree, 0.95)
                    .unwrap();
                [omega.raw.standard_error, omega.standardized.standard_error]
            };
            let mut other: Vec<Vec<f64>> = columns
                .iter()
                .map(|column| {
                    let turned = column.iter().rev().map(|value| 50.0 - 3.0 * value);
                    turned.chain([f64::NAN]).collect()
                })
                .collect();
            other.insert(4, vec![7.0; 81]);
            for (one, other) in error(columns).into_iter().zip(error(&other)) {
                assert!(close(one, other, 1e-9), "{one} {other}");
            }
        }
    });
}

/// Omega hierarchical has an interval by resampled rows, which holds its value.
#[test]
fn omega_hierarchical_is_bootstrapped() {
    let vectors = vectors("form-reliability");
    let columns = columns_of(&vectors["subscales"]);
    let form = form(&columns, Missing::Listwise);
    let bootstrap = Bootstrap::new(100, 1).unwrap();
    let found = form.hierarchical_omega(&Groups::Found(3), 0.95, Some(&bootstrap)).unwrap();
    for estimate in [&found.hierarchical, &found.total, &found.asymptotic] {
        let interval = estimate.interval.unwrap();
        assert!(interval.low < estimate.value && estimate.value < interval.high, "{}", estimate.method);
        assert!((0.001..0.1).contains(&estimate.standard_error), "{}", estimate.method);
    }
    assert!(form.hierarchical_omega(&Groups::Found(3), 1.5, None).is_err());
    let thurstone = numbers(&vectors["hierarchical"][0]["correlations"]);
    let form = Form::from_covariances(&thurstone, 213, Level::OneSession).unwrap();
    let found = form.hierarchical_omega(&Groups::Found(3), 0.95, Some(&bootstrap)).unwrap();
    assert!(found.total.interval.is_none() && found.total.notes[0].contains("needs the answers"));
}

/// Loadings and chi-square, RMSEA and CFI of the dossier, from lavaan 0.6-14.
#[test]
fn the_attitude_data_have_the_published_omega() {
    with_case("attitude", |_, columns| {
        let omega = form(columns, Missing::Listwise)
            .omega(Extraction::MaximumLikelihood, OmegaInterval::default(), 0.95)
            .unwrap();
        assert!(close(omega.raw.value, 0.856_326_9, ITERATED));
        assert!(close(omega.standardized.value, 0.840_544_672_7, ITERATED));
        assert!(close(omega.raw_observed.value, 0.826_317_472_2, ITERATED));
        assert!((omega.fit.chi_square - 29.434).abs() < 5e-4 && omega.fit.degrees_of_freedom == 14.0);
        assert!((omega.fit.rmsea - 0.192).abs() < 5e-4 && (omega.fit.cfi - 0.835).abs() < 5e-4);
    });
}

#[test]
fn omega_hierarchical_agrees_with_psych() {
    let vectors = vectors("form-reliability");
    for case in vectors["hierarchical"].as_array().unwrap() {
        let (name, expected) = (case["name"].as_str().unwrap(), &case["expected"]);
        let rows = case["rows"].as_u64().unwrap() as usize;
        let form = Form::from_covariances(&numbers(&case["correlations"]), rows, Level::OneSession).unwrap();
        let factors = case["factors"].as_u64().unwrap() as usize;
        let found = form.hierarchical_omega(&Groups::Found(factors), 0.95, None).unwrap();
        // psych stops its minres and its oblimin at 1e-5 of their criteria.
        let tolerance = 1e-3;
        assert_eq!(found.hierarchical.status, Status::Defined, "{name}");
        assert_close(found.hierarchical.value, &expected["hierarchical"], 1e-4, name);
        assert_close(found.total.value, &expected["total"], 1e-4, name);
        assert_close(found.asymptotic.value, &expected["asymptotic"], 1e-4, name);
        assert_close(
            found.explained_common_variance,
            &expected["explained_common_variance"],
            tolerance,
            name,
        );
        assert_all_close(&found.general_loadings, &expected["general_loadings"], tolerance, name);
        let groups = expected["groups"].as_array().unwrap();
        assert_eq!(found.groups.len(), groups.len(), "{name}");
        for (found, expected) in found.groups.iter().zip(groups) {
            let items: Vec<f64> = found.items.iter().map(|item| *item as f64).collect();
            assert_all_close(&items, &expected["items"], 0.0, name);
            assert_close(found.total, &expected["total"], tolerance, name);
            assert_close(found.general, &expected["general"], tolerance, name);
            assert_close(found.specific, &expected["specific"], tolerance, name);
        }
        // The same groups, said beforehand.
        let known = Groups::Known(found.groups.iter().map(|group| group.items.clone()).collect());
        assert_eq!(form.hierarchical_omega(&known, 0.95, None).unwrap().groups, found.groups);
        let alpha = form.alpha(AlphaInterval::Feldt, 0.95).unwrap();
        assert_close(alpha.raw.value, &expected["alpha"], EXACT, name);
        assert_close(alpha.lambda_6.value, &expected["lambda_6"], EXACT, name);
    }
}

#[test]
fn subscale_values_agree_with_the_definition() {
    let vectors = vectors("form-reliability");
    let columns = columns_of(&vectors["subscales"]);
    let form = form(&columns, Missing::Listwise);
    for expected in vectors["subscales"]["expected"].as_array().unwrap() {
        let items: Vec<usize> = numbers(&expected["items"]).iter().map(|item| *item as usize).collect();
        let found = form.subscales(&[items]).unwrap().remove(0);
        assert_close(found.alpha.value, &expected["alpha"], EXACT, "alpha");
        assert_close(found.from_subscale.value, &expected["from_subscale"], EXACT, "from the subscale");
        assert_close(found.from_total.value, &expected["from_total"], EXACT, "from the total");
        let worth = expected["from_subscale"].as_f64() > expected["from_total"].as_f64();
        assert_eq!(found.has_added_value(), Some(worth));
    }
}

/// Trap 1: alpha of pooled rows, of client means and within clients are three numbers, and the estimate says which.
#[test]
fn trap_1_the_level_is_said() {
    let rows = panel_a();
    let pooled: Vec<Vec<f64>> = (0..4).map(|item| rows.iter().map(|row| row.items[item]).collect()).collect();
    let of_means: Vec<Vec<f64>> = (0..4)
        .map(|item| {
            rows.chunks(8).map(|client| client.iter().map(|row| row.items[item]).sum::<f64>() / 8.0).collect()
        })
        .collect();
    let pooled = Form::new(&as_columns(&pooled), Missing::Listwise, Level::PooledRows)
        .alpha(AlphaInterval::Feldt, 0.95)
        .unwrap();
    let between = Form::new(&as_columns(&of_means), Missing::Listwise, Level::BetweenClients)
        .alpha(AlphaInterval::Feldt, 0.95)
        .unwrap();
    assert!((pooled.raw.value - 0.849).abs() < 5e-4);
    assert_eq!((pooled.raw.level.as_str(), between.raw.level.as_str()), ("pooled-rows", "between-clients"));
    assert!(between.raw.value > pooled.raw.value + 0.05);
}

/// Trap 3: an item that was not reversed, or twice, runs against the others and is named.
#[test]
fn trap_3_an_item_against_the_others_is_named() {
    with_case("an item not reversed", |_, columns| {
        let alpha = form(columns, Missing::Listwise).alpha(AlphaInterval::Feldt, 0.95).unwrap();
        assert_eq!(alpha.negative_items, [2]);
        assert!(alpha.raw.notes.iter().any(|note| note.contains("items 2 run against the others")));
        let omega = form(columns, Missing::Listwise)
            .omega(Extraction::MinimumResiduals, OmegaInterval::default(), 0.95)
            .unwrap();
        assert!(omega.raw.notes.iter().any(|note| note.contains("items 2 load against")));
    });
}

#[test]
fn negative_alpha_stays_negative() {
    let one: Vec<f64> = (0..30).map(f64::from).collect();
    let other: Vec<f64> =
        one.iter().enumerate().map(|(row, value)| -value + f64::from((row % 3) as u8)).collect();
    let alpha = form(&[one, other], Missing::Listwise).alpha(AlphaInterval::Bonett, 0.95).unwrap();
    assert!(alpha.raw.value < 0.0);
    assert_eq!(alpha.raw.status, Status::OutOfRange);
}

#[test]
fn degenerate_forms_have_a_status() {
    let status = |columns: &[Vec<f64>], missing| {
        let form = form(columns, missing);
        let alpha = form.alpha(AlphaInterval::default(), 0.95).unwrap();
        let omega = form.omega(Extraction::MaximumLikelihood, OmegaInterval::default(), 0.95).unwrap();
        let half = form.split_half(SplitOptions::default()).unwrap();
        let hierarchical = form.hierarchical_omega(&Groups::Found(2), 0.95, None).unwrap();
        for estimate in [
            &alpha.raw,
            &alpha.standardized,
            &alpha.lambda_6,
            &omega.raw,
            &half.odd_even.guttman,
            &hierarchical.total,
        ] {
            assert!(
                estimate.value.is_nan() && estimate.interval.is_none() && estimate.status != Status::Defined
            );
        }
        alpha.raw.status
    };
    for missing in [Missing::Listwise, Missing::Pairwise, Missing::ExpectationMaximisation] {
        assert_eq!(status(&[], missing), Status::TooFewItems);
        assert_eq!(status(&[vec![1.0, 2.0, 3.0]], missing), Status::TooFewItems);
        assert_eq!(status(&[vec![], vec![]], missing), Status::TooFewUnits);
        assert_eq!(status(&[vec![1.0], vec![2.0]], missing), Status::TooFewUnits);
        assert_eq!(status(&[vec![f64::NAN; 4], vec![f64::NAN; 4]], missing), Status::AllMissing);
        assert_eq!(status(&[vec![4.0; 9], vec![5.0; 9], vec![3.3; 9]], missing), Status::ZeroVariance);
    }
    // No row has both answers: nothing is known of the covariance.
    let apart = [vec![1.0, 2.0, f64::NAN, f64::NAN], vec![f64::NAN, f64::NAN, 1.0, 2.0]];
    assert_eq!(status(&apart, Missing::Listwise), Status::AllMissing);
    assert_eq!(status(&apart, Missing::Pairwise), Status::TooFewUnits);
}

/// Two items and their exact opposite: the sum does not vary although the items do.
#[test]
fn a_total_without_variance_is_no_alpha_of_minus_infinity() {
    let one: Vec<f64> = (0..20).map(|row| f64::from(row) * 0.1).collect();
    let other = one.iter().map(|value| 7.7 - value).collect();
    let alpha = form(&[one, other], Missing::Listwise).alpha(AlphaInterval::default(), 0.95).unwrap();
    assert_eq!(alpha.raw.status, Status::ZeroVariance);
}

#[test]
fn a_constant_item_counts_in_raw_alpha_and_is_named() {
    with_case("a constant item", |_, columns| {
        let form = form(columns, Missing::Listwise);
        let alpha = form.alpha(AlphaInterval::default(), 0.95).unwrap();
        assert!(alpha.without_constant_items.as_ref().unwrap().value > alpha.raw.value);
        assert!(alpha.raw.notes[0].contains("items 2 do not vary"));
        assert!(alpha.items[2].item_rest_correlation.is_nan());
        let omega = form.omega(Extraction::MinimumResiduals, OmegaInterval::default(), 0.95).unwrap();
        assert!(omega.loadings[2].is_nan() && omega.raw.notes[0].contains("items 2"));
    });
}

#[test]
fn fewer_rows_than_items_leave_alpha_and_take_the_rest() {
    with_case("fewer rows than items", |_, columns| {
        let form = form(columns, Missing::Listwise);
        let alpha = form.alpha(AlphaInterval::default(), 0.95).unwrap();
        assert_eq!(alpha.raw.status, Status::Defined);
        assert_eq!(alpha.lambda_6.status, Status::NotPositiveDefinite);
        assert_eq!(
            form.omega(Extraction::MaximumLikelihood, OmegaInterval::default(), 0.95).unwrap().raw.status,
            Status::NotPositiveDefinite
        );
        let minres = form.omega(Extraction::MinimumResiduals, OmegaInterval::default(), 0.95).unwrap();
        assert!(minres.raw.value.is_finite() && minres.fit.chi_square.is_nan());
    });
}

#[test]
fn an_indefinite_pairwise_matrix_is_refused() {
    // Three items whose pairs agree, agree and disagree perfectly on different rows.
    let nan = f64::NAN;
    let columns = [
        vec![1.0, 2.0, 3.0, 1.0, 2.0, 3.0, nan, nan, nan],
        vec![1.0, 2.0, 3.0, nan, nan, nan, 1.0, 2.0, 3.0],
        vec![nan, nan, nan, 1.0, 2.0, 3.0, 3.0, 2.0, 1.0],
    ];
    let alpha = form(&columns, Missing::Pairwise).alpha(AlphaInterval::default(), 0.95).unwrap();
    assert_eq!(alpha.raw.status, Status::NotPositiveDefinite);
}

#[test]
fn a_confidence_that_is_none_is_refused() {
    let columns = [vec![1.0, 2.0], vec![2.0, 1.0]];
    for confidence in [0.0, 1.0, 95.0, f64::NAN] {
        let error =
            form(&columns, Missing::Listwise).alpha(AlphaInterval::default(), confidence).unwrap_err();
        assert_eq!(error.code(), "invalid-option");
    }
    assert!(Form::from_covariances(&[1.0, 2.0, 3.0], 10, Level::OneSession).is_err());
    assert!(Form::from_covariances(&[1.0, 0.5, 0.4, 1.0], 10, Level::OneSession).is_err());
}
