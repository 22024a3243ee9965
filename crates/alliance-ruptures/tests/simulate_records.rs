//! What a simulated clinic writes down beside its scores: answers, appointments, reports, codes, symptoms.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use alliance_ruptures::simulate::{
    Attendance, CodedSample, Coding, Dropout, ItemForm, Missing, Noise, PostSession, Rater, RuptureType,
    SessionCount, Simulated, Simulation, SymptomCourse,
};
use alliance_ruptures::{Appointment, Orientation, RuptureError, ScoreScale};
use alliance_statistics::CrossProducts;
use proptest::prelude::*;
use serde_json::{Value, json};

const VECTORS: &str = include_str!("../../../tests/vectors/simulation.json");

fn client_form() -> ItemForm {
    ItemForm::new(12, 1.0, 5.0, 1.0)
}

fn therapist_form() -> ItemForm {
    ItemForm::new(10, 1.0, 5.0, 1.0)
}

/// The default clinic on forms of 1 to 5.
fn clinic(dyads: usize, sessions: usize) -> Simulation {
    Simulation::new(dyads, sessions).for_forms(&client_form(), &therapist_form()).unwrap()
}

fn near(found: f64, expected: f64, standard_error: f64) {
    assert!((found - expected).abs() < 4.5 * standard_error, "{found} for {expected}, SE {standard_error}");
}

fn near_share(found: usize, of: usize, expected: f64) {
    let of = of as f64;
    near(found as f64 / of, expected, (expected * (1.0 - expected) / of).sqrt());
}

fn correlation(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let mut products = CrossProducts::new(2);
    for (one, other) in pairs {
        products.add_row(&[one, other]);
    }
    products.correlation(0, 1)
}

/// The keyed item mean of each form, NaN where an answer was left out.
fn keyed_means(form: &ItemForm, items: &[Vec<f64>]) -> Vec<f64> {
    (0..items[0].len())
        .map(|row| {
            let keyed = |(place, column): (usize, &Vec<f64>)| {
                if form.reversed.contains(&(place + 1)) {
                    form.lowest + form.highest - column[row]
                } else {
                    column[row]
                }
            };
            items.iter().enumerate().map(keyed).sum::<f64>() / form.items as f64
        })
        .collect()
}

#[test]
fn answers_have_exactly_the_simulated_mean() {
    let shapes =
        [(12, 1.0, 5.0), (12, 1.0, 7.0), (36, 1.0, 7.0), (6, 0.0, 5.0), (4, -3.0, 3.0), (1, 0.0, 1.0)];
    for (items, lowest, highest) in shapes {
        let form = ItemForm::new(items, lowest, highest, 1.0).with_reversed(&[1, items]);
        let clinic =
            Simulation::new(80, 12).for_forms(&form, &therapist_form()).unwrap().run(items as u64).unwrap();
        let answers = form.draw(&clinic, Rater::Client).unwrap();
        let forms = clinic.client.iter().filter(|score| !score.is_nan()).count();
        assert_eq!((answers.sessions.len(), answers.items.len()), (forms, items));
        let (mut complete, means) = (0, keyed_means(&form, &answers.items));
        for ((session, mean), keyed) in answers.sessions.iter().zip(&answers.means).zip(means) {
            assert_eq!(*mean, clinic.client[*session]);
            if !keyed.is_nan() {
                assert_eq!(keyed, *mean);
                complete += 1;
            }
        }
        near_share(complete, forms, 0.99_f64.powi(items as i32));
        for answer in answers.items.iter().flatten().filter(|answer| !answer.is_nan()) {
            assert!((lowest..=highest).contains(answer) && answer.fract() == 0.0);
        }
        let therapist = therapist_form().draw(&clinic, Rater::Therapist).unwrap();
        for (mean, keyed) in therapist.means.iter().zip(keyed_means(&therapist_form(), &therapist.items)) {
            assert!(keyed.is_nan() || keyed == *mean);
            assert!((1.0..=5.0).contains(mean));
        }
    }
}

/// The same answers as another method finds that draws from the same streams.
#[test]
fn answers_are_those_of_a_slower_method() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let cases = vectors["answers"].as_array().unwrap();
    assert!(cases.len() >= 5);
    for case in cases {
        let number = |name: &str| case[name].as_f64().unwrap();
        let items = number("items") as usize;
        let reversed: Vec<usize> = serde_json::from_value(case["reversed"].clone()).unwrap();
        let mut form =
            ItemForm::new(items, number("lowest"), number("highest"), 1.0).with_reversed(&reversed);
        form.item_sd = number("item_sd");
        form.client_item_sd = number("client_item_sd");
        form.session_item_sd = number("session_item_sd");
        let totals: Vec<Vec<Option<u32>>> = serde_json::from_value(case["totals"].clone()).unwrap();
        let expected: Vec<Vec<Option<Vec<Option<f64>>>>> =
            serde_json::from_value(case["forms"].clone()).unwrap();

        let mut simulation = Simulation::new(totals.len(), 5).for_forms(&form, &form).unwrap();
        simulation.missing.answers = number("left_out");
        let mut clinic = simulation.run(case["seed"].as_u64().unwrap()).unwrap();
        let scores: Vec<f64> = totals
            .iter()
            .flatten()
            .map(|total| total.map_or(f64::NAN, |total| form.lowest + f64::from(total) / items as f64))
            .collect();
        let rater = if case["rater"] == "client" { Rater::Client } else { Rater::Therapist };
        match rater {
            Rater::Client => clinic.client = scores,
            Rater::Therapist => clinic.therapist = scores,
        }
        let found = form.draw(&clinic, rater).unwrap();
        let expected: Vec<(usize, Vec<Option<f64>>)> = expected
            .into_iter()
            .flatten()
            .enumerate()
            .filter_map(|(session, answers)| Some((session, answers?)))
            .collect();
        let found: Vec<(usize, Vec<Option<f64>>)> = found
            .sessions
            .iter()
            .enumerate()
            .map(|(row, session)| {
                let answers =
                    found.items.iter().map(|item| Some(item[row]).filter(|answer| !answer.is_nan()));
                (*session, answers.collect())
            })
            .collect();
        assert_eq!(found, expected);
    }
}

/// The defaults are those that the oracle script lists with their sources.
#[test]
fn defaults_are_as_listed() {
    let mut listed: Value = serde_json::from_str::<Value>(VECTORS).unwrap()["defaults"].take();
    let pomp = Simulation::default().on_scale(ScoreScale::new(0.0, 100.0).unwrap()).unwrap();
    let Simulation { clients, growth, ruptures, nuisance, missing, dropout, therapist, .. } = pomp;
    let Noise::StudentT(df) = clients.noise else { panic!("another noise") };
    let (form, attendance) = (client_form(), Attendance::default());
    let (reports, coding, symptoms) = (PostSession::default(), Coding::default(), SymptomCourse::default());
    let CodedSample::Dyads(share) = coding.sample else { panic!("another sample") };
    let found = json!({
        "clients": {
            "mean": clients.mean, "between_sd": clients.between_sd,
            "between_therapists_sd": clients.between_therapists_sd, "within_sd": clients.within_sd,
            "within_log_sd": clients.within_log_sd, "noise_df": df, "autocorrelation": clients.autocorrelation,
        },
        "growth": {
            "mean": growth.mean, "sd": growth.sd, "early_rise": growth.early_rise,
            "early_sessions": growth.early_sessions, "walk_sd": growth.walk_sd,
        },
        "ruptures": {
            "hazard": ruptures.hazard, "earliest": ruptures.earliest + 1, "shallowest": ruptures.depth.shallowest,
            "depth_shape": ruptures.depth.shape, "depth_scale": ruptures.depth.scale, "v": ruptures.v,
            "u": ruptures.u, "slow_decline": ruptures.slow_decline, "unrepaired": ruptures.unrepaired,
            "u_sessions": ruptures.u_sessions, "u_easing": ruptures.u_easing,
            "slow_sessions": ruptures.slow_sessions, "withdrawal": ruptures.withdrawal,
            "confrontation": ruptures.confrontation, "mixed": ruptures.mixed,
        },
        "nuisance": {
            "hazard": nuisance.hazard, "shallowest": nuisance.depth.shallowest,
            "depth_shape": nuisance.depth.shape, "depth_scale": nuisance.depth.scale, "sessions": nuisance.sessions,
        },
        "missing": {
            "forms": missing.forms, "forms_after_rupture": missing.forms_after_rupture,
            "therapist_forms": missing.therapist_forms, "answers": missing.answers, "symptoms": missing.symptoms,
            "sessions": missing.sessions, "sessions_after_rupture": missing.sessions_after_rupture,
        },
        "dropout": { "hazard": dropout.hazard, "after_unrepaired": dropout.after_unrepaired },
        "therapist": {
            "offset": therapist.offset, "level_correlation": therapist.level_correlation,
            "tracking": therapist.tracking, "noise_sd": therapist.noise_sd,
            "noise_correlation": therapist.noise_correlation, "seen": therapist.seen,
            "false_alarms": therapist.false_alarms, "false_shallowest": therapist.false_depth.shallowest,
            "false_depth_shape": therapist.false_depth.shape, "false_depth_scale": therapist.false_depth.scale,
        },
        "answers": {
            "item_sd": form.item_sd, "client_item_sd": form.client_item_sd, "session_item_sd": form.session_item_sd,
        },
        "attendance": {
            "late": attendance.late, "no_show": attendance.no_show,
            "cancelled_by_client": attendance.cancelled_by_client,
            "cancelled_by_therapist": attendance.cancelled_by_therapist,
        },
        "post_session": {
            "client_sensitivity": reports.client.sensitivity, "client_false_yes": reports.client.false_yes,
            "therapist_sensitivity": reports.therapist.sensitivity,
            "therapist_false_yes": reports.therapist.false_yes, "intensity_without": reports.intensity.without,
            "intensity_per_tenth": reports.intensity.per_tenth, "intensity_sd": reports.intensity.sd,
            "resolution_resolved": reports.resolution.resolved,
            "resolution_unresolved": reports.resolution.unresolved, "resolution_sd": reports.resolution.sd,
        },
        "coding": {
            "share": share, "coders": coding.coders, "segments": coding.segments,
            "withdrawal_background": coding.withdrawal_background,
            "confrontation_background": coding.confrontation_background, "in_rupture": coding.in_rupture,
            "sensitivity": coding.sensitivity, "confusion": coding.confusion, "false_codes": coding.false_codes,
            "significance_without": coding.significance.without,
            "significance_per_tenth": coding.significance.per_tenth, "significance_sd": coding.significance.sd,
            "resolution_resolved": coding.resolution.resolved,
            "resolution_unresolved": coding.resolution.unresolved, "resolution_sd": coding.resolution.sd,
        },
        "symptoms": {
            "lowest": symptoms.lowest, "highest": symptoms.highest, "mean": symptoms.mean,
            "between_sd": symptoms.between_sd, "change": symptoms.change, "change_sd": symptoms.change_sd,
            "change_correlation": symptoms.change_correlation, "per_alliance": symptoms.per_alliance,
            "within_sd": symptoms.within_sd, "autocorrelation": symptoms.autocorrelation,
        },
    });
    let found = found.as_object().unwrap();
    let listed = listed.as_object_mut().unwrap();
    assert!(found.keys().eq(listed.keys()));
    for (group, options) in found {
        let expected = listed[group].as_object().unwrap();
        assert!(options.as_object().unwrap().keys().eq(expected.keys()), "{group}");
        for (name, value) in options.as_object().unwrap() {
            match (value.as_f64(), expected[name].as_f64()) {
                (Some(one), Some(other)) => assert!((one - other).abs() < 1e-9, "{group}.{name}: {one}"),
                _ => assert_eq!(value, &expected[name], "{group}.{name}"),
            }
        }
    }
}

/// A visual analogue line, read to a millimetre.
#[test]
fn answers_need_not_be_whole_numbers() {
    let form = ItemForm::new(4, 0.0, 10.0, 0.1);
    let mut simulation = Simulation::new(50, 10).for_forms(&form, &form).unwrap();
    simulation.missing.answers = 0.0;
    let clinic = simulation.run(5).unwrap();
    let answers = form.draw(&clinic, Rater::Client).unwrap();
    for (keyed, mean) in keyed_means(&form, &answers.items).into_iter().zip(&answers.means) {
        assert!((keyed - mean).abs() < 1e-12);
    }
    for answer in answers.items.iter().flatten() {
        assert_eq!(*answer, (answer * 10.0).round() / 10.0);
    }
}

#[test]
fn items_are_of_one_kind_and_differ() {
    let simulation = clinic(3000, 2).without_gaps();
    let clinic = simulation.run(1).unwrap();
    let form = client_form();
    let answers = form.draw(&clinic, Rater::Client).unwrap();
    // The first session of each dyad.
    let first: Vec<usize> =
        (0..answers.sessions.len()).filter(|form| answers.sessions[*form].is_multiple_of(2)).collect();
    let mut products = CrossProducts::new(12);
    for row in &first {
        products.add_row(&answers.items.iter().map(|item| item[*row]).collect::<Vec<_>>());
    }
    let variances: f64 = (0..12).map(|item| products.variance(item)).sum();
    let covariances: f64 = (0..12)
        .flat_map(|one| (0..12).filter(move |other| *other != one).map(move |other| (one, other)))
        .map(|(one, other)| products.covariance(one, other))
        .sum();
    let alpha = 12.0 / 11.0 * (1.0 - variances / (variances + covariances));
    assert!((0.87..0.93).contains(&alpha), "{alpha}");
    let means: Vec<f64> = answers
        .items
        .iter()
        .map(|item| first.iter().map(|row| item[*row]).sum::<f64>() / first.len() as f64)
        .collect();
    let spread =
        means.iter().copied().fold(f64::MIN, f64::max) - means.iter().copied().fold(f64::MAX, f64::min);
    assert!((0.2..2.0).contains(&spread), "{spread}");
}

/// The promise of the same numbers everywhere: a change here is a breaking change.
#[test]
fn numbers_are_pinned() {
    let fold = |parts: Vec<u64>| {
        parts.into_iter().fold(0xcbf2_9ce4_8422_2325, |sum: u64, part| {
            (sum.rotate_left(23) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        })
    };
    let bits = |value: &f64| if value.is_nan() { 1 } else { value.to_bits() };
    let rating = |rating: &Option<u8>| rating.map_or(9, u64::from);
    // An order of their own, so that the sum hangs on the words and not on how the enum is written.
    let words = [
        "attended",
        "late",
        "no-show",
        "cancelled-by-client",
        "cancelled-by-therapist",
        "planned-end",
        "dropout",
    ];
    let place = |status: Appointment| words.iter().position(|word| *word == status.as_str()).unwrap() as u64;
    let clinic = clinic(200, 12).run(1).unwrap();
    let answers = therapist_form().draw(&clinic, Rater::Therapist).unwrap();
    let statuses = Attendance::default().draw(&clinic).unwrap();
    let reports = PostSession::default().draw(&clinic).unwrap();
    let codes = coding(CodedSample::Dyads(0.2)).draw(&clinic).unwrap();
    let symptoms = SymptomCourse::default().draw(&clinic).unwrap();
    let sums = [
        clinic.truth.ruptures.iter().map(|rupture| rupture.rupture_type as u64).collect(),
        answers.items.iter().flatten().map(bits).collect(),
        statuses.iter().map(|status| status.map_or(9, place)).collect(),
        reports.intensities.iter().chain(&reports.resolutions).map(rating).collect(),
        codes.significances.iter().chain(&codes.resolutions).map(rating).collect(),
        codes.markers.iter().map(|marker| marker.map_or(99, |marker| marker as u64)).collect(),
        symptoms.iter().map(bits).collect(),
    ]
    .map(fold);
    let pinned = [
        0xd377_6bb0_5206_507f_u64,
        0x755c_6a97_8691_9d67,
        0x8568_cae6_d3b0_eed9,
        0x840c_9d96_e9f7_1f83,
        0x5aa3_fb08_9242_8a4c,
        0xc06b_a9f0_dfa7_4c9e,
        0x5544_5793_fb2a_aa07,
    ];
    assert_eq!(sums, pinned, "{sums:x?}");
}

/// Changing one part leaves the numbers of every other as they are.
#[test]
fn parts_do_not_disturb_each_other() {
    let simulation = clinic(120, 12);
    let plain = simulation.run(9).unwrap();
    let records = |clinic: &Simulated| {
        (
            client_form().draw(clinic, Rater::Client).unwrap(),
            Attendance::default().draw(clinic).unwrap(),
            PostSession::default().draw(clinic).unwrap(),
            Coding::default().draw(clinic).unwrap(),
            SymptomCourse::default().draw(clinic).unwrap().iter().map(|x| x.to_bits()).collect::<Vec<_>>(),
        )
    };
    // Twice the same, and with any number of threads.
    let (answers, statuses, reports, codes, symptoms) = records(&plain);
    let threaded = simulation.run_with_threads(9, 7).unwrap();
    let again = records(&threaded);
    let bits = |columns: &[Vec<f64>]| columns.iter().flatten().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&answers.items), bits(&again.0.items));
    assert_eq!((&statuses, &reports, &codes, &symptoms), (&again.1, &again.2, &again.3, &again.4));
    let other = records(&simulation.run(10).unwrap());
    assert!(answers.items != other.0.items && statuses != other.1 && reports != other.2);
    assert!(codes != other.3 && symptoms != other.4);

    // A dyad does not depend on how many others there are.
    let mut fewer = simulation.clone();
    fewer.dyads = 40;
    let of_fewer = records(&fewer.run(9).unwrap());
    let forms = of_fewer.0.means.len();
    assert!(
        answers
            .items
            .iter()
            .zip(&of_fewer.0.items)
            .all(|(all, first)| bits(&[all[..forms].to_vec()]) == bits(std::slice::from_ref(first)))
    );
    assert_eq!(statuses[..40 * 12], of_fewer.1);
    assert_eq!(reports.intensities[..of_fewer.2.intensities.len()], of_fewer.2.intensities);
    assert_eq!(codes.markers[..of_fewer.3.markers.len()], of_fewer.3.markers);
    assert_eq!(symptoms[..40 * 12], of_fewer.4);

    // The forms that are there with and without gaps in other sessions have the same answers.
    let mut whole = simulation.clone().without_gaps();
    whole.ruptures.hazard = 0.0;
    let whole = whole.run(9).unwrap();
    let mut gaps = whole.clone();
    gaps.simulation.missing.answers = 0.0;
    for score in gaps.client.iter_mut().step_by(3) {
        *score = f64::NAN;
    }
    let (every, some) = (
        client_form().draw(&whole, Rater::Client).unwrap(),
        client_form().draw(&gaps, Rater::Client).unwrap(),
    );
    for (place, session) in some.sessions.iter().enumerate() {
        assert_ne!(session % 3, 0);
        assert!(every.items.iter().zip(&some.items).all(|(all, item)| all[*session] == item[place]));
    }
}

#[test]
fn a_clinic_on_another_scale_keeps_its_shares_of_the_range() {
    let continuous = |lowest: f64, highest: f64| {
        let mut scale = ScoreScale::new(lowest, highest).unwrap();
        scale.step = None;
        scale
    };
    let seven = Simulation::new(60, 12).on_scale(continuous(1.0, 7.0)).unwrap();
    let pomp = seven.clone().on_scale(continuous(0.0, 100.0)).unwrap();
    assert!((pomp.clients.mean - 75.0).abs() < 1e-12 && (pomp.clients.within_sd - 5.0).abs() < 1e-12);
    let (seven, pomp) = (seven.run(4).unwrap(), pomp.run(4).unwrap());
    for (one, other) in
        seven.client.iter().zip(&pomp.client).chain(seven.therapist.iter().zip(&pomp.therapist))
    {
        assert!(one.is_nan() && other.is_nan() || ((one - 1.0) / 0.06 - other).abs() < 1e-9);
    }
    assert_eq!(seven.truth.ruptures.len(), pomp.truth.ruptures.len());
    assert_eq!((&seven.held, &seven.dropout), (&pomp.held, &pomp.dropout));
    for (one, other) in seven.truth.ruptures.iter().zip(&pomp.truth.ruptures) {
        assert!((one.depth / 0.06 - other.depth).abs() < 1e-9);
        assert_eq!((one.onset, one.nadir, one.rupture_type), (other.onset, other.nadir, other.rupture_type));
    }
}

#[test]
fn ruptures_have_types_in_the_stated_shares() {
    let clinic = Simulation::new(5000, 30).without_gaps().run(5).unwrap();
    let ruptures = &clinic.truth.ruptures;
    for (rupture_type, share) in
        [(RuptureType::Withdrawal, 0.5), (RuptureType::Confrontation, 0.25), (RuptureType::Mixed, 0.25)]
    {
        let count = ruptures.iter().filter(|rupture| rupture.rupture_type == rupture_type).count();
        near_share(count, ruptures.len(), share);
    }
    let mut only = Simulation::new(50, 30);
    (only.ruptures.withdrawal, only.ruptures.mixed) = (0.0, 0.0);
    let types: BTreeSet<u8> =
        only.run(1).unwrap().truth.ruptures.iter().map(|rupture| rupture.rupture_type as u8).collect();
    assert_eq!(types, BTreeSet::from([RuptureType::Confrontation as u8]));
}

#[test]
fn the_rating_is_what_the_score_was_made_of() {
    let mut simulation = Simulation::new(300, 14);
    simulation.scale = None;
    let clinic = simulation.run(2).unwrap();
    for (score, rating) in clinic.client.iter().zip(&clinic.truth.rating) {
        assert!(score.is_nan() || score == rating);
    }
    for (rating, deficit) in clinic.truth.rating.iter().zip(&clinic.truth.deficit) {
        assert_eq!(rating.is_nan(), deficit.is_nan());
    }
}

#[test]
fn appointments_agree_with_the_sessions() {
    let simulation = Simulation::new(6000, 14);
    let clinic = simulation.run(3).unwrap();
    let statuses = Attendance::default().draw(&clinic).unwrap();
    assert_eq!(statuses.len(), clinic.held.len());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    // Sessions missed at random and those after a session in a rupture: all, of the therapist.
    let mut missed = [[0_usize; 2]; 2];
    for dyad in 0..clinic.dyads() {
        let sessions = clinic.sessions(dyad);
        for (place, session) in sessions.clone().enumerate() {
            let status = statuses[session];
            let dropout = clinic.dropout[dyad];
            match status {
                None => assert!(dropout.is_some_and(|end| place > end)),
                Some(Appointment::DroppedOut) => assert_eq!(dropout, Some(place)),
                Some(status) => {
                    assert_eq!(status.is_held(), clinic.held[session]);
                    assert!(dropout.is_none_or(|end| place < end));
                    let ended = status == Appointment::PlannedEnd;
                    assert_eq!(ended, clinic.held[session] && session + 1 == sessions.end);
                    if !status.is_held() {
                        let after = usize::from(place > 0 && clinic.truth.deficit[session - 1] > 0.0);
                        missed[after][0] += 1;
                        missed[after][1] += usize::from(status == Appointment::CancelledByTherapist);
                    }
                }
            }
            if let Some(status) = status {
                *counts.entry(status.as_str()).or_default() += 1;
            }
        }
    }
    assert_eq!(counts.len(), Appointment::ALL.len());
    near_share(counts["late"], counts["late"] + counts["attended"], 0.08);
    near_share(counts["no-show"], counts["no-show"] + counts["cancelled-by-client"], 0.35 / 0.80);
    near_share(missed[0][1], missed[0][0], 0.20);
    near_share(missed[1][1], missed[1][0], 0.10);
    assert_eq!(counts["dropout"], clinic.dropout.iter().flatten().count());
}

/// Every yes follows from the truth, and what was skipped is not there.
#[test]
fn reports_follow_the_ruptures() {
    let clinic = clinic(6000, 16).run(8).unwrap();
    let reports = PostSession::default().draw(&clinic).unwrap();
    let mut seen = clinic.truth.deficit.iter().map(|deficit| *deficit > 0.0).collect::<Vec<_>>();
    for rupture in clinic.truth.ruptures.iter().filter(|rupture| !rupture.seen_by_therapist) {
        let start = clinic.offsets[rupture.dyad];
        seen[start + rupture.onset..start + rupture.recovery.unwrap_or(16)].fill(false);
    }
    for dip in &clinic.truth.false_alarms {
        seen[clinic.offsets[dip.dyad] + dip.onset] = true;
    }
    // By rater and whether there is a rupture: reports and yes.
    let mut counts = [[[0_usize; 2]; 2]; 2];
    let mut last = None;
    for (place, (session, rater)) in reports.sessions.iter().zip(&reports.raters).enumerate() {
        assert!(last < Some((*session, *rater as u8)));
        last = Some((*session, *rater as u8));
        let (forms, there) = match rater {
            Rater::Client => (&clinic.client, clinic.truth.deficit[*session] > 0.0),
            Rater::Therapist => (&clinic.therapist, seen[*session]),
        };
        assert!(forms[*session].is_finite());
        let yes = reports.ruptures[place];
        let count = &mut counts[*rater as usize][usize::from(there)];
        count[0] += 1;
        count[1] += usize::from(yes);
        for rating in [reports.intensities[place], reports.resolutions[place]] {
            assert_eq!(rating.is_some(), yes);
            assert!(rating.is_none_or(|rating| (1..=5).contains(&rating)));
        }
    }
    let given = clinic.client.iter().chain(&clinic.therapist).filter(|score| !score.is_nan()).count();
    assert_eq!(reports.sessions.len(), given);
    for (rater, [false_yes, sensitivity]) in counts.iter().zip([[0.18, 0.7], [0.42, 0.8]]) {
        near_share(rater[0][1], rater[0][0], false_yes);
        near_share(rater[1][1], rater[1][0], sensitivity);
    }
    // What the documentation says these give, within the published rates.
    let rate = |rater: usize| {
        let [none, there] = counts[rater];
        (none[1] + there[1]) as f64 / (none[0] + there[0]) as f64
    };
    assert!((0.20..0.24).contains(&rate(0)), "{}", rate(0));
    assert!((0.43..0.47).contains(&rate(1)), "{}", rate(1));

    // Deeper ruptures are rated stronger, and the last session before the repair more resolved.
    let of_client = |keep: &dyn Fn(usize) -> bool, ratings: &[Option<u8>]| {
        let rated: Vec<f64> = (0..reports.sessions.len())
            .filter(|place| reports.raters[*place] == Rater::Client && keep(reports.sessions[*place]))
            .filter_map(|place| ratings[place].map(f64::from))
            .collect();
        rated.iter().sum::<f64>() / rated.len() as f64
    };
    let deficit = |session: usize| clinic.truth.deficit[session];
    let none = of_client(&|session| deficit(session) == 0.0, &reports.intensities);
    let deep = of_client(&|session| deficit(session) > 1.0, &reports.intensities);
    assert!(none < 2.0 && deep > 3.2, "{none} {deep}");
    // Not the first of the next dyad.
    let next = |session: usize| if session % 16 == 15 { f64::NAN } else { deficit(session + 1) };
    let over = of_client(&|session| deficit(session) > 0.0 && next(session) == 0.0, &reports.resolutions);
    let open = of_client(&|session| deficit(session) > 0.0 && next(session) > 0.0, &reports.resolutions);
    assert!(over > 3.7 && open < 2.3, "{over} {open}");
}

fn coding(sample: CodedSample) -> Coding {
    let mut coding = Coding::default();
    coding.sample = sample;
    coding.withdrawal = ["silence", "topic", "abstract"].map(str::to_owned).to_vec();
    coding.confrontation = ["complaint", "control"].map(str::to_owned).to_vec();
    coding
}

#[test]
fn codes_follow_the_types_of_ruptures() {
    let clinic = clinic(4000, 16).run(8).unwrap();
    let coding = coding(CodedSample::Dyads(0.2));
    let codes = coding.draw(&clinic).unwrap();
    assert_eq!(codes.names, ["silence", "topic", "abstract", "complaint", "control"]);
    let mut types = vec![None; clinic.held.len()];
    for rupture in &clinic.truth.ruptures {
        let start = clinic.offsets[rupture.dyad];
        types[start + rupture.onset..start + rupture.recovery.unwrap_or(16)].fill(Some(rupture.rupture_type));
    }
    // Segments by coder and session, whether a marker was found, and one resolution per coder.
    let mut coded: BTreeMap<usize, BTreeMap<usize, BTreeSet<usize>>> = BTreeMap::new();
    let mut with_marker = BTreeSet::new();
    let mut resolution: BTreeMap<(usize, usize), Option<u8>> = BTreeMap::new();
    // Markers per family by type of rupture.
    let mut markers: BTreeMap<Option<u8>, [usize; 3]> = BTreeMap::new();
    for place in 0..codes.sessions.len() {
        let (session, coder, segment) = (codes.sessions[place], codes.coders[place], codes.segments[place]);
        assert!(clinic.held[session] && coder < 2 && segment < 10);
        coded.entry(session).or_default().entry(coder).or_default().insert(segment);
        let count = markers.entry(types[session].map(|rupture_type| rupture_type as u8)).or_default();
        let marker = codes.markers[place];
        match marker {
            Some(marker) => {
                with_marker.insert(session);
                count[usize::from(marker >= 3)] += 1;
                let rated = resolution.entry((session, coder)).or_insert(codes.resolutions[place]);
                assert_eq!(*rated, codes.resolutions[place]);
            }
            None => count[2] += 1,
        }
        for rating in [codes.significances[place], codes.resolutions[place]] {
            assert_eq!(rating.is_some(), marker.is_some());
            assert!(rating.is_none_or(|rating| (1..=5).contains(&rating)));
        }
    }
    for coders in coded.values() {
        assert!(coders.len() == 2 && coders.values().all(|segments| segments.len() == 10));
    }
    // Whole dyads, and every held session of theirs.
    let mut dyads = 0;
    for dyad in 0..4000 {
        let held: Vec<usize> = clinic.sessions(dyad).filter(|session| clinic.held[*session]).collect();
        let of_dyad = held.iter().filter(|session| coded.contains_key(session)).count();
        assert!(of_dyad == 0 || of_dyad == held.len());
        dyads += usize::from(of_dyad > 0);
    }
    near_share(dyads, 4000, 0.2);
    for (session, chance) in codes.chances.iter().enumerate() {
        assert_eq!(*chance, if clinic.held[session] { 0.2 } else { 0.0 });
    }
    let share = with_marker.len() as f64 / coded.len() as f64;
    assert!((0.45..0.60).contains(&share), "{share}");
    // Each family where its type is, and seldom elsewhere.
    let rate = |of: Option<RuptureType>, family: usize| {
        let [withdrawal, confrontation, none] = markers[&of.map(|of| of as u8)];
        [withdrawal, confrontation][family] as f64 / (withdrawal + confrontation + none) as f64
    };
    assert!(rate(None, 0) < 0.05 && rate(None, 1) < 0.02);
    assert!(rate(Some(RuptureType::Withdrawal), 0) > 0.2 && rate(Some(RuptureType::Withdrawal), 1) < 0.03);
    assert!(
        rate(Some(RuptureType::Confrontation), 1) > 0.2 && rate(Some(RuptureType::Confrontation), 0) < 0.06
    );
    assert!(rate(Some(RuptureType::Mixed), 0) > 0.15 && rate(Some(RuptureType::Mixed), 1) > 0.15);
}

#[test]
fn all_ruptures_and_some_controls_can_be_coded() {
    let clinic = clinic(1500, 16).run(8).unwrap();
    let codes = coding(CodedSample::RupturesAndControls(0.1)).draw(&clinic).unwrap();
    let coded: BTreeSet<usize> = codes.sessions.iter().copied().collect();
    let (mut controls, mut others) = (0, 0);
    for session in 0..clinic.held.len() {
        let rupture = clinic.truth.deficit[session] > 0.0;
        let chance = match (clinic.held[session], rupture) {
            (false, _) => 0.0,
            (true, true) => 1.0,
            (true, false) => 0.1,
        };
        assert_eq!(codes.chances[session], chance);
        if clinic.held[session] && rupture {
            assert!(coded.contains(&session));
        } else if clinic.held[session] {
            others += 1;
            controls += usize::from(coded.contains(&session));
        } else {
            assert!(!coded.contains(&session));
        }
    }
    near_share(controls, others, 0.1);
}

#[test]
fn symptoms_move_with_the_alliance() {
    let clinic = clinic(4000, 16).run(8).unwrap();
    let course = SymptomCourse::default();
    let totals = course.draw(&clinic).unwrap();
    assert_eq!(totals.len(), clinic.held.len());
    let known = totals.iter().filter(|total| !total.is_nan());
    assert!(known.clone().all(|total| (0.0..=27.0).contains(total) && total.fract() == 0.0));
    near_share(known.count(), clinic.held.iter().filter(|held| **held).count(), 0.95);

    let mut within = Vec::new();
    let mut changes = Vec::new();
    for dyad in 0..4000 {
        let pairs: Vec<(f64, f64)> = clinic
            .sessions(dyad)
            .filter(|session| !totals[*session].is_nan() && !clinic.client[*session].is_nan())
            .map(|session| (totals[session], clinic.client[session]))
            .collect();
        if pairs.len() < 6 {
            continue;
        }
        // Less each client's straight line: both change over the sessions.
        let line = |values: Vec<f64>| {
            let n = values.len() as f64;
            let (at, level) = ((n - 1.0) / 2.0, values.iter().sum::<f64>() / n);
            let moments = values.iter().enumerate().map(|(t, value)| (t as f64 - at, value));
            let (xy, xx) = moments.fold((0.0, 0.0), |(xy, xx), (x, value)| (xy + x * value, xx + x * x));
            let rest = values.iter().enumerate().map(|(t, value)| value - level - xy / xx * (t as f64 - at));
            (rest.collect::<Vec<f64>>(), xy / xx)
        };
        let ((symptoms, change), (alliance, _)) = (
            line(pairs.iter().map(|pair| pair.0).collect()),
            line(pairs.iter().map(|pair| pair.1).collect()),
        );
        within.extend(symptoms.into_iter().zip(alliance));
        changes.push((change, clinic.truth.clients[dyad].level));
    }
    let within = correlation(within.into_iter());
    assert!((-0.24..-0.16).contains(&within), "{within}");
    let between = correlation(changes.into_iter());
    assert!((-0.28..-0.12).contains(&between), "{between}");
}

#[test]
fn nonsense_is_refused_by_name() {
    let clinic = clinic(2, 3).run(1).unwrap();
    let named = |error: RuptureError| match error {
        RuptureError::InvalidOption { option, problem } => {
            assert!(!problem.is_empty());
            option
        }
        other => panic!("{other}"),
    };
    let form = |change: fn(&mut ItemForm)| {
        let mut form = client_form();
        change(&mut form);
        named(form.draw(&clinic, Rater::Client).unwrap_err())
    };
    assert_eq!(form(|form| form.items = 0), "answers.items");
    assert_eq!(form(|form| form.items = 11), "answers.items");
    assert_eq!(form(|form| form.highest = 1.0), "answers.range");
    assert_eq!(form(|form| form.step = 0.7), "answers.range");
    assert_eq!(form(|form| form.step = f64::NAN), "answers.range");
    assert_eq!(form(|form| form.highest = f64::INFINITY), "answers.range");
    assert_eq!(form(|form| form.reversed = vec![0]), "answers.reversed");
    assert_eq!(form(|form| form.session_item_sd = -1.0), "answers.session_item_sd");
    let attendance = |change: fn(&mut Attendance)| {
        let mut options = Attendance::default();
        change(&mut options);
        named(options.draw(&clinic).unwrap_err())
    };
    assert_eq!(attendance(|options| options.late = 1.1), "attendance.late");
    assert_eq!(
        attendance(|options| (options.no_show, options.cancelled_by_client) = (0.0, 0.0)),
        "attendance.no_show"
    );
    let reports = |change: fn(&mut PostSession)| {
        let mut options = PostSession::default();
        change(&mut options);
        named(options.draw(&clinic).unwrap_err())
    };
    assert_eq!(reports(|options| options.client.false_yes = -0.1), "post_session.client_false_yes");
    assert_eq!(
        reports(|options| options.therapist.sensitivity = f64::NAN),
        "post_session.therapist_sensitivity"
    );
    assert_eq!(reports(|options| options.intensity.sd = -1.0), "post_session.intensity");
    let codes = |change: fn(&mut Coding)| {
        let mut options = Coding::default();
        change(&mut options);
        named(options.draw(&clinic).unwrap_err())
    };
    assert_eq!(codes(|options| options.sample = CodedSample::Dyads(2.0)), "coding.share");
    assert_eq!(codes(|options| options.coders = 0), "coding.coders");
    assert_eq!(codes(|options| options.segments = 0), "coding.segments");
    assert_eq!(codes(|options| options.withdrawal = Vec::new()), "coding.markers");
    let symptoms = |change: fn(&mut SymptomCourse)| {
        let mut options = SymptomCourse::default();
        change(&mut options);
        named(options.draw(&clinic).unwrap_err())
    };
    assert_eq!(symptoms(|options| options.highest = 0.5), "symptoms.range");
    assert_eq!(symptoms(|options| options.mean = 30.0), "symptoms.mean");
    assert_eq!(symptoms(|options| options.change_correlation = -1.2), "symptoms.change_correlation");
    // A clinic without a scale has no range that ratings could be shares of.
    let open = Simulation::null_gaussian(3, 4).run(1).unwrap();
    assert_eq!(named(PostSession::default().draw(&open).unwrap_err()), "scale");
    assert_eq!(named(Coding::default().draw(&open).unwrap_err()), "scale");
    assert_eq!(named(SymptomCourse::default().draw(&open).unwrap_err()), "scale");
    assert_eq!(named(client_form().draw(&open, Rater::Client).unwrap_err()), "answers.items");
    assert!(Attendance::default().draw(&open).is_ok());
    let unbounded = Simulation::null_gaussian(3, 4).for_forms(&client_form(), &client_form());
    assert_eq!(named(unbounded.unwrap_err()), "scale");
    let falling = ScoreScale::new(1.0, 7.0).unwrap().with_orientation(Orientation::LowerIsBetter);
    assert_eq!(named(Simulation::new(1, 1).on_scale(falling).unwrap_err()), "scale");
}

/// A number that most options accept, or any other.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![20 => 0.01..0.99_f64, 3 => Just(0.0), 2 => Just(1.0), 1 => -10.0..100.0_f64, 1 => any::<f64>()]
}

fn is_refusal<T>(found: &Result<T, RuptureError>) -> bool {
    found.as_ref().is_err_and(|error| error.code() == "invalid-option")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_options_give_records_or_an_error(
        (dyads, from, more) in (0_usize..6, 0_usize..8, 0_usize..8),
        (items, lowest, range, step) in (
            prop_oneof![9 => 1_usize..14, 1 => Just(0)], -5_i32..5, 1_u32..9,
            prop_oneof![4 => Just(1.0), 1 => Just(0.5), 1 => number()],
        ),
        reversed in prop::collection::vec(1_usize..16, 0..3),
        numbers in prop::collection::vec(number(), 32),
        (coders, segments, controls) in (0_usize..4, 0_usize..6, any::<bool>()),
        seed: u64,
    ) {
        let mut numbers = numbers.into_iter();
        let mut next = || numbers.next().unwrap();
        let (lowest, highest) = (f64::from(lowest), f64::from(lowest) + f64::from(range));
        let mut form = ItemForm::new(items, lowest, highest, step).with_reversed(&reversed);
        (form.item_sd, form.client_item_sd, form.session_item_sd) = (30.0 * next(), 30.0 * next(), 30.0 * next());
        let mut simulation = Simulation::new(dyads, from);
        simulation.sessions = SessionCount::Between(from, from + more);
        simulation.ruptures.hazard = 0.3;
        simulation.dropout = Dropout::default();
        simulation.missing = Missing::default();
        (simulation.missing.answers, simulation.missing.symptoms) = (next(), next());
        simulation.ruptures.withdrawal = next();
        let Ok(simulation) = simulation.for_forms(&form, &therapist_form()) else {
            prop_assert!(is_refusal(&form.score_scale()));
            return Ok(());
        };
        let Ok(clinic) = simulation.run(seed) else { return Ok(()) };

        let answers = form.draw(&clinic, Rater::Client).unwrap();
        for (place, session) in answers.sessions.iter().enumerate() {
            let row: Vec<f64> = answers.items.iter().map(|item| item[place]).collect();
            prop_assert!(row.iter().all(|answer| answer.is_nan() || (lowest..=highest).contains(answer)));
            let keyed: f64 = row.iter().zip(1..).map(|(answer, item)| {
                if reversed.contains(&item) { lowest + highest - answer } else { *answer }
            }).sum();
            let mean = keyed / items as f64;
            prop_assert!(mean.is_nan() || (mean - clinic.client[*session]).abs() < 1e-9);
            prop_assert!((answers.means[place] - clinic.client[*session]).abs() < 1e-9);
        }

        let mut attendance = Attendance::default();
        (attendance.late, attendance.no_show) = (next(), next());
        (attendance.cancelled_by_client, attendance.cancelled_by_therapist) = (next(), next());
        let statuses = attendance.draw(&clinic);
        prop_assert!(is_refusal(&statuses) || statuses.is_ok_and(|found| found.len() == clinic.held.len()));

        let mut reports = PostSession::default();
        (reports.client.sensitivity, reports.client.false_yes) = (next(), next());
        (reports.therapist.sensitivity, reports.therapist.false_yes) = (next(), next());
        (reports.intensity.without, reports.intensity.per_tenth) = (next(), next());
        (reports.intensity.sd, reports.resolution.sd) = (next(), next());
        let found = reports.draw(&clinic);
        let given = clinic.client.iter().chain(&clinic.therapist).filter(|score| !score.is_nan()).count();
        let answered = is_refusal(&found) || found.is_ok_and(|found| {
            let ratings = found.intensities.iter().chain(&found.resolutions).flatten();
            found.sessions.len() == given && ratings.into_iter().all(|rating| (1..=5).contains(rating))
        });
        prop_assert!(answered);

        let mut coding = coding(CodedSample::Dyads(next()));
        if controls {
            coding.sample = CodedSample::RupturesAndControls(next());
        }
        (coding.coders, coding.segments) = (coders, segments);
        (coding.withdrawal_background, coding.confrontation_background) = (next(), next());
        (coding.in_rupture, coding.sensitivity) = (next(), next());
        (coding.confusion, coding.false_codes) = (next(), next());
        let found = coding.draw(&clinic);
        let answered = is_refusal(&found) || found.is_ok_and(|found| {
            found.chances.len() == clinic.held.len()
                && found.markers.iter().flatten().all(|marker| *marker < found.names.len())
                && found.segments.iter().all(|segment| *segment < segments)
        });
        prop_assert!(answered);

        let mut course = SymptomCourse::default();
        (course.between_sd, course.change) = (next(), next());
        (course.change_correlation, course.per_alliance) = (next(), next());
        (course.within_sd, course.autocorrelation) = (next(), next());
        let totals = course.draw(&clinic);
        let answered = is_refusal(&totals) || totals.is_ok_and(|totals| {
            totals.len() == clinic.held.len()
                && totals.iter().all(|total| total.is_nan() || (0.0..=27.0).contains(total))
        });
        prop_assert!(answered);
    }
}
