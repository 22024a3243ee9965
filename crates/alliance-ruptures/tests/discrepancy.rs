//! Client and therapist side by side: against scipy, by hand, and for any input.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::PathBuf;

use alliance_ruptures::RuptureError;
use alliance_ruptures::discrepancy::{
    DiscrepancyStatus, Recognition, RecognitionCounts, SessionRuns, congruence, discrepancy, recognition,
};
use alliance_statistics::Generator;
use proptest::prelude::*;
use serde_json::Value;

const GAP: f64 = f64::NAN;

/// The worked series of the rupture dossier, section 1.9.
const CLIENT: [f64; 16] = [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, GAP, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0];
const THERAPIST: [f64; 16] = [5.0, 5.1, 5.2, 5.1, 4.9, 5.0, 5.2, 5.3, 5.2, 5.1, 4.3, 4.2, 4.4, 5.0, 5.2, 5.3];

fn vectors() -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let vectors: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("vectors/discrepancy.json")).unwrap()).unwrap();
    let script = folder.join("..").join(vectors["script"].as_str().unwrap());
    assert!(script.exists(), "{} has no script that made it", script.display());
    vectors
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(number).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(GAP)
}

fn close(found: f64, expected: f64) -> bool {
    found.is_nan() && expected.is_nan() || (found - expected).abs() <= 1e-9 * expected.abs().max(1.0)
}

fn assert_close(case: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{case}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(close(*found, *expected), "{case}, {place}: {found} is not {expected}");
    }
}

/// Positions as session numbers.
fn counted(sessions: usize) -> Vec<i64> {
    (0..sessions as i64).collect()
}

#[test]
fn scipy_agrees() {
    for case in vectors()["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let sessions: Vec<i64> =
            case["sessions"].as_array().unwrap().iter().map(|session| session.as_i64().unwrap()).collect();
        let (client, therapist) = (numbers(&case["client"]), numbers(&case["therapist"]));
        let offsets = [0, sessions.len()];
        let runs = SessionRuns::new(&sessions, &offsets).unwrap();
        let found = discrepancy(&client, &therapist, runs).unwrap();
        let [dyad] = found.dyads[..] else { panic!("{name}: one dyad") };
        assert_eq!(dyad.joint as u64, case["joint"].as_u64().unwrap(), "{name}");
        assert_eq!(dyad.status.as_str(), case["status"].as_str().unwrap(), "{name}");
        let whole = [dyad.mean, dyad.standard_deviation, dyad.median, dyad.robust_deviation];
        let expected = ["mean", "standard_deviation", "median", "robust_deviation"];
        assert_close(name, &whole, &expected.map(|part| number(&case[part])));
        assert_close(name, &found.centred, &numbers(&case["centred"]));
        assert_close(name, &found.z, &numbers(&case["z"]));
        assert_close(name, &found.z_of_mean, &numbers(&case["z_of_mean"]));
        let window = case["window"].as_u64().unwrap() as usize;
        let moving = congruence(&client, &therapist, runs, window).unwrap();
        assert_close(name, &moving.correlation, &numbers(&case["correlation"]));
        assert_close(name, &moving.closeness, &numbers(&case["closeness"]));
        let joint: Vec<f64> = moving.joint.iter().map(|count| *count as f64).collect();
        assert_eq!(joint, numbers(&case["window_joint"]), "{name}");
    }
}

/// The numbers printed in section 5 of the rupture dossier.
#[test]
fn the_worked_series() {
    let sessions = counted(16);
    let runs = SessionRuns::new(&sessions, &[0, 16]).unwrap();
    let found = discrepancy(&CLIENT, &THERAPIST, runs).unwrap();
    let dyad = found.dyads[0];
    assert_eq!((dyad.joint, dyad.status), (15, DiscrepancyStatus::Defined));
    assert!((dyad.mean - 0.387).abs() < 5e-4 && (dyad.standard_deviation - 0.350).abs() < 5e-4);
    assert!((found.z_of_mean[4] + 3.1).abs() < 0.05);
    assert!((found.centred[4] + 0.70 + dyad.mean).abs() < 1e-9);
    // The rupture of session 5 inflates the SD it is measured in; the median absolute deviation stays.
    assert!((found.z[4] + 1.2 / 0.14826).abs() < 1e-9);
    assert!(found.z[8].is_nan() && found.centred[8].is_nan());
    // Sessions 11 to 13: both fell, so the difference hardly moved.
    assert!(found.z[10..13].iter().all(|z| z.abs() < 3.0));
    let whole = congruence(&CLIENT, &THERAPIST, runs, 16).unwrap();
    assert!((whole.correlation[15] - 0.858).abs() < 5e-4);
}

#[test]
fn a_window_looks_back_by_session_number() {
    let client = [1.0, 2.0, 3.0, 4.0, 9.0];
    let therapist = [1.0, 3.0, 2.0, 4.0, 0.0];
    let near = [1, 2, 3, 4, 5];
    let far = [1, 2, 3, 4, 8];
    let correlation = |sessions: &[i64]| {
        let runs = SessionRuns::new(sessions, &[0, 5]).unwrap();
        congruence(&client, &therapist, runs, 5).unwrap()
    };
    let adjacent = correlation(&near);
    assert!((adjacent.correlation[3] - 0.8).abs() < 1e-12);
    assert_eq!(adjacent.joint, [1, 2, 3, 4, 5]);
    // Sessions 5 to 7 are not there: of sessions 4 to 8 two are joint.
    let apart = correlation(&far);
    assert_eq!(apart.joint[4], 2);
    assert!(apart.correlation[4].is_nan() && apart.closeness[4].is_nan());
}

#[test]
fn what_is_not_defined() {
    let of = |client: &[f64], therapist: &[f64]| {
        let (sessions, offsets) = (counted(client.len()), [0, client.len()]);
        discrepancy(client, therapist, SessionRuns::new(&sessions, &offsets).unwrap()).unwrap()
    };
    for length in 0..=3 {
        let found = of(&CLIENT[..length], &THERAPIST[..length]);
        assert_eq!(found.dyads[0].status, DiscrepancyStatus::TooFewJointSessions);
        assert!(found.z.iter().chain(&found.centred).chain(&found.z_of_mean).all(|value| value.is_nan()));
        assert_eq!(found.dyads[0].mean.is_nan(), length == 0);
    }
    assert_eq!(of(&CLIENT[..4], &THERAPIST[..4]).dyads[0].status, DiscrepancyStatus::Defined);
    let flat = of(&[5.0, 5.0, 5.0, 5.0, 3.0], &[4.0; 5]);
    assert_eq!(flat.dyads[0].status, DiscrepancyStatus::NoSpread);
    assert!(flat.z.iter().all(|z| z.is_nan()) && flat.z_of_mean[4] < -1.0 && flat.centred[4] < -1.0);
    // 5.1 - 4.1 and 5.3 - 4.3 differ in their last bit, and not in what they say.
    let constant = of(&[5.1, 5.3, 5.5, 5.2], &[4.1, 4.3, 4.5, 4.2]);
    assert_eq!(constant.dyads[0].status, DiscrepancyStatus::NoSpread);
    assert!(constant.z_of_mean.iter().all(|z| z.is_nan()));
}

#[test]
fn what_is_refused() {
    let code = |error: Result<(), RuptureError>| error.unwrap_err().code();
    let runs = SessionRuns::new(&[1, 2], &[0, 2]).unwrap();
    assert_eq!(code(SessionRuns::new(&[1, 2], &[0, 1]).map(|_| ())), "invalid-offsets");
    assert_eq!(code(SessionRuns::new(&[1, 2], &[]).map(|_| ())), "invalid-offsets");
    for sessions in [[2, 1], [1, 1]] {
        assert_eq!(code(SessionRuns::new(&sessions, &[0, 2]).map(|_| ())), "invalid-option");
        assert!(SessionRuns::new(&sessions, &[0, 1, 2]).is_ok());
    }
    assert_eq!(code(discrepancy(&[1.0], &[1.0, 2.0], runs).map(|_| ())), "length-mismatch");
    assert_eq!(code(discrepancy(&[1.0, f64::INFINITY], &[1.0, 2.0], runs).map(|_| ())), "not-finite");
    assert_eq!(code(congruence(&[1.0, 2.0], &[1.0, 2.0], runs, 3).map(|_| ())), "invalid-option");
    assert_eq!(code(recognition(&[None], &[None, None], runs, 0).map(|_| ())), "length-mismatch");
}

/// Reports as text: `F` one, `.` none, `?` not known; dyads stand between spaces.
fn reports(text: &str) -> Vec<Option<bool>> {
    let known = |it| (it != '?').then_some(it == 'F');
    text.chars().filter(|it| *it != ' ').map(known).collect()
}

/// `R` recognised, `U` unrecognised, `T` therapist only, `.` neither, `n` recognised nearby, `?` not known.
fn seen(client: &str, therapist: &str, tolerance: usize) -> String {
    let numbers: Vec<i64> = client.split(' ').flat_map(|dyad| counted(dyad.len())).collect();
    let ends = client.split(' ').scan(0, |end, dyad| {
        *end += dyad.len();
        Some(*end)
    });
    let offsets: Vec<usize> = std::iter::once(0).chain(ends).collect();
    let runs = SessionRuns::new(&numbers, &offsets).unwrap();
    let found = recognition(&reports(client), &reports(therapist), runs, tolerance).unwrap();
    let letter = |kind: &Option<Recognition>| match kind {
        Some(Recognition::Recognised) => 'R',
        Some(Recognition::Unrecognised) => 'U',
        Some(Recognition::TherapistOnly) => 'T',
        Some(Recognition::Neither) => '.',
        Some(Recognition::RecognisedNearby) => 'n',
        _ => '?',
    };
    found.iter().map(letter).collect()
}

#[test]
fn recognition_by_hand() {
    for (client, therapist, tolerance, expected) in [
        ("F.F.??F.", "FF..F.??", 0, "RTU.????"),
        // One session late, and one early.
        ("F...", ".F..", 1, "Rn.."),
        (".F..", "F...", 1, "nR.."),
        ("F...", "..F.", 1, "U.T."),
        ("F...", "..F.", 2, "R.n."),
        // Not known within reach: nobody can say that the therapist saw nothing.
        ("F...", ".?..", 1, "??.."),
        ("F...", "..?.", 1, "U.?."),
        ("...?", "..F.", 1, "..??"),
        // Never across dyads.
        ("..F ...", "... F..", 1, "..UT.."),
        ("", "", 3, ""),
    ] {
        assert_eq!(seen(client, therapist, tolerance), expected, "{client} {therapist} {tolerance}");
    }
}

#[test]
fn a_session_left_out_is_not_known() {
    let (client, therapist) = ([Some(true), Some(false)], [Some(false), Some(false)]);
    let of = |numbers: &[i64], tolerance| {
        recognition(&client, &therapist, SessionRuns::new(numbers, &[0, 2]).unwrap(), tolerance).unwrap()[0]
    };
    assert_eq!(of(&[1, 2], 1), Some(Recognition::Unrecognised));
    assert_eq!(of(&[1, 3], 1), None);
    assert_eq!(of(&[1, 3], 0), Some(Recognition::Unrecognised));
}

#[test]
fn the_worked_series_has_one_rupture_that_only_the_client_saw() {
    // Falls of a point and more for the client, of half a point and more for the therapist.
    let fell = |scores: &[f64], points: f64| -> Vec<Option<bool>> {
        let mut before = GAP;
        let judge = |score: &f64| {
            let fall = before - score;
            before = if score.is_nan() { before } else { *score };
            (!fall.is_nan()).then_some(fall >= points)
        };
        scores.iter().map(judge).collect()
    };
    let sessions = counted(16);
    let runs = SessionRuns::new(&sessions, &[0, 16]).unwrap();
    let found = recognition(&fell(&CLIENT, 1.0), &fell(&THERAPIST, 0.5), runs, 0).unwrap();
    assert_eq!(found[4], Some(Recognition::Unrecognised));
    assert_eq!(found[10], Some(Recognition::Recognised));
    let counts = |kind| RecognitionCounts::of(&found, runs, kind).sessions;
    assert_eq!(counts(Some(Recognition::Recognised)), 1);
    assert_eq!(counts(Some(Recognition::Unrecognised)), 1);
    assert_eq!(counts(Some(Recognition::Neither)), 12);
    // The first session, and the one without a client form.
    assert_eq!(counts(None), 2);
}

/// The guide says: without anything but chance, one dyad in nine has a session below -3, short or long.
#[test]
fn one_dyad_in_nine_has_a_large_z_by_chance() {
    for length in [4, 8, 24] {
        let dyads = 8_000;
        let mut generator = Generator::stream(11, length as u64);
        let mut draw = || (0..dyads * length).map(|_| generator.normal()).collect::<Vec<f64>>();
        let (client, therapist) = (draw(), draw());
        let sessions: Vec<i64> = (0..dyads).flat_map(|_| counted(length)).collect();
        let offsets: Vec<usize> = (0..=dyads).map(|dyad| dyad * length).collect();
        let found = discrepancy(&client, &therapist, SessionRuns::new(&sessions, &offsets).unwrap()).unwrap();
        let has_one = found.z.chunks(length).filter(|run| run.iter().any(|z| *z < -3.0)).count();
        let share = has_one as f64 / dyads as f64;
        assert!((0.10..0.13).contains(&share), "{length} sessions: {share}");
    }
}

#[test]
fn debug_output_holds_no_session() {
    let runs = SessionRuns::new(&[982_451_653], &[0, 1]).unwrap();
    assert!(!format!("{runs:?}").contains("982451653"));
}

/// A dyad on a lattice: client score, therapist score, distance to the session before.
fn dyad() -> impl Strategy<Value = Vec<(f64, f64, i64)>> {
    let score = || prop_oneof![1 => Just(GAP), 9 => (2_i32..=14).prop_map(|half| f64::from(half) / 2.0)];
    proptest::collection::vec((score(), score(), 1_i64..=3), 0..14)
}

/// Columns of some dyads: client, therapist, session numbers, offsets.
type Columns = (Vec<f64>, Vec<f64>, Vec<i64>, Vec<usize>);

fn columns(dyads: &[Vec<(f64, f64, i64)>]) -> Columns {
    let mut columns: Columns = (Vec::new(), Vec::new(), Vec::new(), vec![0]);
    for dyad in dyads {
        let mut session = 0;
        for (client, therapist, step) in dyad {
            session += step;
            columns.0.push(*client);
            columns.1.push(*therapist);
            columns.2.push(session);
        }
        columns.3.push(columns.0.len());
    }
    columns
}

fn same(one: &[f64], other: &[f64]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| close(*one, *other))
}

proptest! {
    /// Removing a dyad removes its sessions and changes no other; a shift of a rater changes nothing.
    #[test]
    fn dyads_stand_alone_and_levels_do_not_matter(
        dyads in proptest::collection::vec(dyad(), 1..5), left_out in any::<prop::sample::Index>(), window in 4_usize..9
    ) {
        let left_out = left_out.index(dyads.len());
        let (client, therapist, sessions, offsets) = columns(&dyads);
        let runs = SessionRuns::new(&sessions, &offsets).unwrap();
        let whole = discrepancy(&client, &therapist, runs).unwrap();
        let moving = congruence(&client, &therapist, runs, window).unwrap();

        let shifted: Vec<f64> = therapist.iter().map(|score| score - 1.5).collect();
        let other = discrepancy(&client, &shifted, runs).unwrap();
        prop_assert!(same(&whole.z, &other.z) && same(&whole.centred, &other.centred));
        let other = congruence(&client, &shifted, runs, window).unwrap();
        prop_assert!(same(&moving.correlation, &other.correlation) && same(&moving.closeness, &other.closeness));

        // A difference turned round is the negative one.
        let turned = discrepancy(&therapist, &client, runs).unwrap();
        prop_assert!(turned.z.iter().zip(&whole.z).all(|(turned, z)| close(-turned, *z)));

        prop_assert!(moving.correlation.iter().all(|r| r.is_nan() || (-1.0..=1.0).contains(r)));
        prop_assert!(moving.closeness.iter().all(|distance| distance.is_nan() || *distance <= 0.0));

        let mut fewer = dyads.clone();
        fewer.remove(left_out);
        let (client, therapist, sessions, ends) = columns(&fewer);
        let rest = discrepancy(&client, &therapist, SessionRuns::new(&sessions, &ends).unwrap()).unwrap();
        let mut kept = whole.z.clone();
        kept.drain(offsets[left_out]..offsets[left_out + 1]);
        prop_assert!(same(&rest.z, &kept));
        prop_assert_eq!(rest.dyads.len(), dyads.len() - 1);
    }

    /// Whatever the numbers are, there is an answer or an error.
    #[test]
    fn any_input_is_answered(
        client in proptest::collection::vec(any::<f64>(), 0..9), therapist in proptest::collection::vec(any::<f64>(), 0..9),
        sessions in proptest::collection::vec(any::<i64>(), 0..9), offsets in proptest::collection::vec(0_usize..9, 0..4),
        reports in proptest::collection::vec(any::<Option<bool>>(), 0..9), window in any::<usize>(), tolerance in any::<usize>(),
    ) {
        let Ok(runs) = SessionRuns::new(&sessions, &offsets) else { return Ok(()) };
        let _ = discrepancy(&client, &therapist, runs);
        let _ = congruence(&client, &therapist, runs, window);
        let found = recognition(&reports, &reports, runs, tolerance).unwrap_or_default();
        // A rater agrees with themselves.
        for (found, report) in found.iter().zip(&reports) {
            let expected = report.map(|it| if it { Recognition::Recognised } else { Recognition::Neither });
            prop_assert_eq!(*found, expected);
        }
    }

    /// Extreme session numbers and scores, in sound runs.
    #[test]
    fn sound_runs_are_answered(mut sessions in proptest::collection::vec(any::<i64>(), 1..9), scale in any::<f64>()) {
        sessions.sort_unstable();
        sessions.dedup();
        let scores: Vec<f64> = (0..sessions.len()).map(|place| scale * (place % 3) as f64).collect();
        let offsets = [0, sessions.len()];
        let runs = SessionRuns::new(&sessions, &offsets).unwrap();
        if scores.iter().any(|score| score.is_infinite()) {
            prop_assert_eq!(discrepancy(&scores, &scores, runs).unwrap_err().code(), "not-finite");
        } else {
            prop_assert_eq!(discrepancy(&scores, &scores, runs).unwrap().z.len(), sessions.len());
            prop_assert_eq!(congruence(&scores, &scores, runs, usize::MAX).unwrap().joint.len(), sessions.len());
        }
        let flags = vec![Some(true); sessions.len()];
        prop_assert_eq!(recognition(&flags, &flags, runs, usize::MAX).unwrap().len(), sessions.len());
    }
}
