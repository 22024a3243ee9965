//! Flags against a criterion and rules against each other: small cases by hand, numbers of scikit-learn and scipy, a slow
//! twin, random ones.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::PathBuf;

use alliance_ruptures::accuracy::{
    Accuracy, AccuracyOptions, OnsetAccuracy, detection_accuracy, onset_accuracy,
};
use alliance_ruptures::agreement::agreement;
use alliance_ruptures::{
    ClientClass, Detection, Reference, Repair, Rule, RuptureError, ScoreScale, Series, Unit, detect,
};
use proptest::prelude::*;
use serde_json::Value;

/// One session a character: `F` and `.` flagged or not; `R`, `.` and `?` coded as a rupture, as none, not coded.
fn flags(text: &str) -> Vec<bool> {
    text.chars().filter(|it| *it != ' ').map(|it| it == 'F').collect()
}

fn codes(text: &str) -> Vec<Option<bool>> {
    let code = |it| match it {
        'R' => Some(true),
        '.' => Some(false),
        _ => None,
    };
    text.chars().filter(|it| *it != ' ').map(code).collect()
}

/// Dyads stand between spaces.
fn offsets(text: &str) -> Vec<usize> {
    text.split(' ')
        .scan(0, |end, dyad| {
            *end += dyad.len();
            Some(*end)
        })
        .fold(vec![0], |mut all, end| {
            all.push(end);
            all
        })
}

fn within(before: usize, after: usize) -> AccuracyOptions {
    let mut options = AccuracyOptions::default();
    (options.tolerance, options.resamples) = ((before, after), 200);
    options
}

fn accuracy(flagged: &str, coded: &str, options: &AccuracyOptions) -> Accuracy {
    detection_accuracy(&flags(flagged), &codes(coded), &offsets(coded), options).unwrap()
}

/// Weights of dyads as those of their sessions.
fn of_sessions(weights: &[f64], offsets: &[usize]) -> Vec<f64> {
    let runs = offsets.windows(2).zip(weights);
    runs.flat_map(|(run, weight)| vec![*weight; run[1] - run[0]]).collect()
}

/// Ruptures, found, true flags, false flags, undecided flags, quiet sessions.
fn counts(found: &Accuracy) -> [usize; 6] {
    let it = found.counts;
    [it.ruptures, it.found, it.true_flags, it.false_flags, it.undecided, it.quiet]
}

#[test]
fn cases_by_hand() {
    for (flagged, coded, (before, after), expected) in [
        // Without tolerance: an ordinary table.
        ("F.F.", "RR..", (0, 0), [2, 1, 1, 1, 0, 1]),
        // A session late counts with (0, 1), a session early does not.
        (".F..F.", "R....R", (0, 1), [2, 1, 1, 1, 0, 2]),
        (".F..F.", "R....R", (1, 0), [2, 1, 1, 1, 0, 2]),
        (".F..F.", "R....R", (1, 1), [2, 2, 2, 0, 0, 2]),
        // One to one: two flags around one rupture, one flag between two ruptures.
        ("F.F.", ".R..", (1, 1), [1, 1, 1, 1, 0, 1]),
        (".F..", "R.R.", (1, 1), [2, 1, 1, 0, 0, 1]),
        // Pairing the nearest first would leave the first rupture alone: most pairs come first.
        ("..F.F", "R.R..", (0, 2), [2, 2, 2, 0, 0, 2]),
        ("..FF", ".R.R", (1, 1), [2, 2, 2, 0, 0, 1]),
        // No pair reaches over the end of a dyad.
        ("..F ...", "... R..", (1, 1), [1, 0, 0, 1, 0, 4]),
        // Not coded is not none: neither flags nor quiet sessions there are judged, nor beside, given the tolerance.
        ("FFFF", "R?..", (0, 0), [1, 1, 1, 2, 1, 0]),
        ("FFFF", "R?..", (0, 1), [1, 1, 1, 1, 2, 0]),
        ("....", ".?..", (0, 1), [0, 0, 0, 0, 0, 2]),
        ("....", ".?..", (1, 0), [0, 0, 0, 0, 0, 2]),
        // A flag on a session that was not coded may still explain the rupture before it, but is not judged.
        (".F..", "R?..", (0, 1), [1, 1, 0, 0, 1, 1]),
        ("FFF FFF", "??? ???", (0, 1), [0, 0, 0, 0, 6, 0]),
        ("", "", (0, 1), [0, 0, 0, 0, 0, 0]),
    ] {
        let found = accuracy(flagged, coded, &within(before, after));
        assert_eq!(counts(&found), expected, "{flagged} {coded} {before} {after}");
    }
}

#[test]
fn measures_by_hand() {
    // Found 3 of 4, one false flag, six quiet: kappa = 2 (3*6 - 1*1) / (4*7 + 4*7).
    let found = accuracy("FF.F. ...F..", "RRR.. ...R..", &within(0, 0));
    assert_eq!(counts(&found), [4, 3, 3, 1, 0, 6]);
    assert_eq!((found.sensitivity.value, found.precision.value), (0.75, 0.75));
    assert!((found.specificity.value - 6.0 / 7.0).abs() < 1e-15);
    assert!((found.kappa.value - 34.0 / 56.0).abs() < 1e-15);
    // Counting the second dyad three times: found 5 of 6, one false flag, 16 quiet.
    let mut options = within(0, 0);
    options.weights = Some(of_sessions(&[1.0, 3.0], &[0, 5, 11]));
    let found = accuracy("FF.F. ...F..", "RRR.. ...R..", &options);
    assert!((found.sensitivity.value - 5.0 / 6.0).abs() < 1e-15);
    assert!((found.precision.value - 5.0 / 6.0).abs() < 1e-15);
    assert!((found.specificity.value - 16.0 / 17.0).abs() < 1e-15);
    let none = accuracy("...", "...", &within(0, 0));
    assert!(none.sensitivity.value.is_nan() && none.precision.value.is_nan() && none.kappa.value.is_nan());
    assert!(none.specificity.value == 1.0 && none.specificity.low.is_nan(), "one dyad has no interval");
}

/// Sessions with a rupture were all coded, of the others one in four: each of these stands for four.
#[test]
fn weights_of_sessions() {
    let (flagged, coded) = ("F.F. .F.F", "R?.. .R?.");
    let weights: Vec<f64> =
        codes(coded).iter().map(|code| if *code == Some(true) { 1.0 } else { 4.0 }).collect();
    let mut options = within(0, 0);
    options.weights = Some(weights.clone());
    let found = accuracy(flagged, coded, &options);
    assert_eq!(counts(&found), [2, 2, 2, 2, 0, 2]);
    assert_eq!((found.sensitivity.value, found.precision.value), (1.0, 2.0 / 10.0));
    assert_eq!(found.specificity.value, 0.5);
    // A session of weight 0 was not coded.
    options.weights = Some(vec![1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(
        counts(&accuracy(flagged, coded, &options)),
        counts(&accuracy(flagged, "R??. .R?.", &within(0, 0)))
    );
    // With tolerance several sessions have to be coded, and nobody knows how likely that was.
    options.tolerance = (0, 1);
    options.weights = Some(weights);
    let refused = detection_accuracy(&flags(flagged), &codes(coded), &[0, 4, 8], &options).unwrap_err();
    assert_eq!(refused.code(), "invalid-option");
    assert!(refused.to_string().contains("tolerance"));
}

#[test]
fn intervals_draw_dyads() {
    // Two dyads, all found in one and nothing in the other: a sample of two finds 0, half or all, 1 : 2 : 1.
    let mut options = within(0, 0);
    options.resamples = 4_000;
    let wide = accuracy("FFFF ....", "RRRR RRRR", &options).sensitivity;
    assert_eq!((wide.value, wide.low, wide.high, wide.undefined), (0.5, 0.0, 1.0, 0.0));
    options.level = 0.4;
    let narrow = accuracy("FFFF ....", "RRRR RRRR", &options).sensitivity;
    assert_eq!((narrow.low, narrow.high), (0.5, 0.5));
    // One dyad without a rupture: a quarter of the samples have none.
    let rare = accuracy("F... ....", "R... ....", &options).sensitivity;
    assert!((rare.undefined - 0.25).abs() < 0.04, "{}", rare.undefined);
    assert_eq!((rare.value, rare.low, rare.high), (1.0, 1.0, 1.0));
    // The same seed gives the same numbers; dyads without a code change nothing.
    let (flagged, coded) = ("F.F.. .F... FFF.. .....", "R.... .R..R R.R.. ..R..");
    let once = accuracy(flagged, coded, &options);
    assert_eq!(once, accuracy(flagged, coded, &options));
    let more = accuracy(&format!("{flagged} FFF"), &format!("{coded} ???"), &options);
    assert_eq!((more.kappa, more.counts.undecided), (once.kappa, 3));
    options.seed = 2;
    options.level = 0.9;
    assert_eq!(once.kappa.value, accuracy(flagged, coded, &options).kappa.value);
    options.resamples = 0;
    assert!(accuracy(flagged, coded, &options).kappa.low.is_nan());
}

/// Whole dyads are drawn: copies of sessions within a dyad are no new information.
#[test]
fn copies_within_a_dyad_do_not_narrow_the_interval() {
    let dyads = ["F", ".", "F", "F", ".", "F", ".", "."];
    let width = |copies: usize| {
        let flagged = dyads.map(|flag| flag.repeat(copies)).join(" ");
        let coded = dyads.map(|_| "R".repeat(copies)).join(" ");
        let found = accuracy(&flagged, &coded, &within(0, 0)).sensitivity;
        found.high - found.low
    };
    assert!((width(1) - width(20)).abs() < 1e-12);
}

#[test]
fn what_does_not_fit_is_refused() {
    let code = |options: &AccuracyOptions, offsets: &[usize], coded: usize| {
        detection_accuracy(&[true; 3], &vec![None; coded], offsets, options)
            .map(|_| ())
            .map_err(|it| it.code())
    };
    assert_eq!(code(&within(0, 0), &[0, 3], 3), Ok(()));
    assert_eq!(code(&within(usize::MAX, usize::MAX), &[0, 3], 3), Ok(()));
    assert_eq!(code(&within(0, 0), &[0, 3], 2), Err("length-mismatch"));
    for offsets in [&[][..], &[0], &[1, 3], &[0, 2], &[0, 3, 2, 3], &[0, 4]] {
        assert_eq!(code(&within(0, 0), offsets, 3), Err("invalid-offsets"));
    }
    for wrong in [-1.0, f64::NAN, f64::INFINITY] {
        let mut options = within(0, 0);
        options.weights = Some(vec![1.0, wrong, 1.0]);
        assert_eq!(code(&options, &[0, 3], 3), Err("invalid-option"));
    }
    for sessions in [0, 2, 4] {
        let mut options = within(0, 0);
        options.weights = Some(vec![1.0; sessions]);
        assert_eq!(code(&options, &[0, 3], 3), Err("invalid-option"));
    }
    for level in [0.0, 1.0, f64::NAN, -1.0] {
        let mut options = within(0, 0);
        options.level = level;
        assert_eq!(code(&options, &[0, 3], 3), Err("invalid-option"));
    }
}

fn scale() -> ScoreScale {
    ScoreScale::new(0.0, 10.0).unwrap()
}

fn falls(points: f64, scores: &[&[f64]]) -> Detection {
    let series = series(scores);
    detect(&series, &Rule::new(Reference::Previous, Unit::Points, points).unwrap())
}

fn series(scores: &[&[f64]]) -> Series {
    let offsets = scores.iter().fold(vec![0], |mut all, run| {
        all.push(all[all.len() - 1] + run.len());
        all
    });
    Series::new(scores.concat(), offsets, scale()).unwrap()
}

/// A detection in one dyad of 30 sessions whose episodes begin where they are told to.
fn beginning_at(onsets: &[usize]) -> Detection {
    let mut scores = [9.0; 30];
    scores[3] = 1.0;
    let mut found = falls(5.0, &[&scores]);
    let template = found.episodes[0];
    found.episodes.clear();
    for onset in onsets {
        let mut episode = template;
        (episode.onset, episode.nadir, episode.last) = (*onset, *onset, *onset);
        found.episodes.push(episode);
    }
    found.offsets = vec![0, onsets.len()];
    found.flagged = (0..30).map(|session| onsets.contains(&session)).collect();
    found
}

fn onsets(detected: &[usize], known: &[usize], options: &AccuracyOptions) -> OnsetAccuracy {
    let known: Vec<_> = (0..30).map(|session| Some(known.contains(&session))).collect();
    onset_accuracy(&beginning_at(detected), &known, &[0, 30], options).unwrap()
}

#[test]
fn onsets_by_hand() {
    let found = onsets(&[4, 9, 20], &[3, 10, 15, 19], &within(1, 2));
    let pairs: Vec<_> = found.matches.iter().map(|it| (it.episode, it.rupture, it.error())).collect();
    assert_eq!(pairs, [(4, 3, 1), (9, 10, -1), (20, 19, 1)]);
    assert_eq!((found.sensitivity.value, found.precision.value), (0.75, 1.0));
    assert!((found.error.value - 1.0 / 3.0).abs() < 1e-15);
    assert_eq!((found.absolute_error.value, found.delay.value), (1.0, 1.0));
    assert_eq!((found.ruptures, found.episodes), (4, 3));
    let none = onsets(&[], &[], &within(0, 0));
    assert!(none.sensitivity.value.is_nan() && none.error.value.is_nan() && none.delay.value.is_nan());
    // Onsets of several dyads, one of them without sessions.
    let scores: [&[f64]; 3] = [&[9.0, 9.0, 1.0, 9.0], &[], &[9.0, 1.0, 9.0, 9.0]];
    let detection = falls(5.0, &scores);
    let series = series(&scores);
    let found = onset_accuracy(&detection, &codes(".R...R.."), series.offsets(), &within(0, 1)).unwrap();
    let pairs: Vec<_> = found.matches.iter().map(|it| (it.dyad, it.error())).collect();
    assert_eq!(pairs, [(0, 1), (2, 0)]);
    let code = |coded: &str, offsets: &[usize]| {
        onset_accuracy(&detection, &codes(coded), offsets, &within(0, 0)).unwrap_err().code()
    };
    assert_eq!(code(".......", series.offsets()), "length-mismatch");
    assert_eq!(code("........", &[0, 8]), "invalid-offsets");
}

/// Where onsets are not known, nobody can say that an episode stands for none.
#[test]
fn onsets_that_are_not_known() {
    let scores: [&[f64]; 3] = [&[9.0, 1.0, 9.0, 1.0], &[9.0, 1.0, 9.0], &[9.0, 9.0, 1.0]];
    let detection = falls(5.0, &scores);
    let offsets = [0, 4, 7, 10];
    let found = |coded: &str, options: &AccuracyOptions| {
        let found = onset_accuracy(&detection, &codes(coded), &offsets, options).unwrap();
        (found.sensitivity.value, found.precision.value, [found.ruptures, found.episodes, found.undecided])
    };
    assert_eq!(found(".R.. ... ...", &within(0, 0)), (1.0, 0.25, [1, 4, 0]));
    assert_eq!(found(".R.. ??? ...", &within(0, 0)), (1.0, 1.0 / 3.0, [1, 4, 1]));
    // The second episode of the first dyad may stand for an onset in the session before it.
    assert_eq!(found(".R?. ??? R..", &within(0, 1)), (0.5, 0.5, [2, 4, 2]));
    // A matched episode that cannot be judged counts as a find and not for precision.
    assert_eq!(found("?R.. ??? ...", &within(0, 1)), (1.0, 0.0, [1, 4, 2]));
    let mut options = within(0, 0);
    options.weights = Some(of_sessions(&[1.0, 0.0, 0.0], &offsets));
    assert_eq!(found(".R.. .R. ...", &options), (1.0, 0.5, [1, 4, 2]));
}

/// Numbers of scikit-learn and scipy.
fn vectors() -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let text = fs::read_to_string(folder.join("vectors/comparing-rules.json")).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    assert!(folder.join("..").join(vectors["script"].as_str().unwrap()).exists());
    vectors
}

fn dyads(list: &Value) -> String {
    let texts: Vec<&str> = list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    texts.join(" ")
}

#[test]
fn measures_are_those_of_scikit_learn() {
    for case in vectors()["plain"].as_array().unwrap() {
        let mut options = within(0, 0);
        let (flagged, coded) = (dyads(&case["flagged"]), dyads(&case["coded"]));
        // One list of weights per dyad.
        options.weights = case["weights"].as_array().map(|dyads| {
            let all = dyads.iter().flat_map(|weights| weights.as_array().unwrap());
            all.map(|weight| weight.as_f64().unwrap()).collect()
        });
        let found = accuracy(&flagged, &coded, &options);
        for (name, estimate) in [
            ("sensitivity", found.sensitivity),
            ("precision", found.precision),
            ("specificity", found.specificity),
            ("kappa", found.kappa),
        ] {
            let expected = case[name].as_f64().unwrap();
            assert!((estimate.value - expected).abs() < 1e-12, "{name}: {} {expected}", estimate.value);
        }
    }
}

#[test]
fn matchings_are_as_good_as_scipys() {
    for case in vectors()["tolerant"].as_array().unwrap() {
        let count = |value: &Value| value.as_u64().unwrap() as usize;
        let options = within(count(&case["tolerance"][0]), count(&case["tolerance"][1]));
        let (flagged, coded) = (dyads(&case["flagged"]), dyads(&case["coded"]));
        assert_eq!(accuracy(&flagged, &coded, &options).counts.found, count(&case["found"]));
        let distances: u64 = flagged
            .split(' ')
            .zip(coded.split(' '))
            .flat_map(|(flagged, coded)| {
                let places =
                    |text: &str, mark: char| text.match_indices(mark).map(|it| it.0).collect::<Vec<_>>();
                onsets(&places(flagged, 'F'), &places(coded, 'R'), &options).matches
            })
            .map(|it| it.error().unsigned_abs())
            .sum();
        assert_eq!(distances, case["distances"].as_u64().unwrap());
    }
}

/// Most pairs and smallest sum of distances of all matchings, crossed ones too, by trying each.
fn best_of_all(flags: &[usize], known: &[usize], tolerance: (usize, usize)) -> (usize, i64) {
    let Some((last, flags)) = flags.split_last() else { return (0, 0) };
    let mut best = best_of_all(flags, known, tolerance);
    for (at, session) in known.iter().enumerate() {
        if session.saturating_sub(tolerance.0) <= *last && *last <= session + tolerance.1 {
            let mut others = known.to_vec();
            others.remove(at);
            let (pairs, closeness) = best_of_all(flags, &others, tolerance);
            best = best.max((pairs + 1, closeness - last.abs_diff(*session) as i64));
        }
    }
    best
}

/// The matching that is documented: of the best ones, that which leaves later flags, then later ruptures, unmatched.
fn slow_pairs(flags: &[usize], known: &[usize], tolerance: (usize, usize)) -> Vec<(usize, usize)> {
    let (Some((flag, earlier)), Some((session, before))) = (flags.split_last(), known.split_last()) else {
        return Vec::new();
    };
    let best = best_of_all(flags, known, tolerance);
    if best_of_all(earlier, known, tolerance) == best {
        slow_pairs(earlier, known, tolerance)
    } else if best_of_all(flags, before, tolerance) == best {
        slow_pairs(flags, before, tolerance)
    } else {
        let mut pairs = slow_pairs(earlier, before, tolerance);
        pairs.push((*flag, *session));
        pairs
    }
}

#[test]
fn agreement_by_hand() {
    let scores: [&[f64]; 3] = [&[5.0, 5.5, 4.5, 5.0, 3.0], &[5.0, 4.0, 4.0, 4.0], &[5.0]];
    let series = series(&scores);
    let rules = [1.0, 1.5, 9.0, 9.5].map(|points| {
        let mut rule = Rule::new(Reference::Previous, Unit::Points, points).unwrap();
        rule.repair = Repair::RegainShare(0.5);
        rule.repair_window = 2;
        detect(&series, &rule)
    });
    let found = agreement(&rules, series.offsets()).unwrap();
    // Seven sessions have a reference: 1 point flags three of them, 1.5 points one.
    // kappa = 2 (1*4 - 2*0) / (3*6 + 1*4).
    assert_eq!(found.sessions[1], 7);
    assert!((found.kappa(0, 1) - 8.0 / 22.0).abs() < 1e-15);
    assert_eq!(found.kappa(0, 1), found.kappa(1, 0));
    assert_eq!((found.kappa(0, 0), found.kappa(1, 1)), (1.0, 1.0));
    // A rule that never flags: 0 with one that does, undefined with another that never does.
    assert_eq!(found.kappa(0, 2), 0.0);
    assert!(found.kappa(2, 3).is_nan() && found.kappa(2, 2).is_nan() && found.kappa(9, 0).is_nan());
    // Under 1 point the first dyad is repaired (and its last episode censored), the second not; under 1.5 the first is
    // undecided and the second has none. The third is too short for any rule.
    assert_eq!(rules[0].dyads[2].class, ClientClass::NotAssessed);
    assert_eq!((found.dyads[1], found.alike(0, 1), found.alike(0, 0), found.alike(2, 3)), (2, 0.0, 1.0, 1.0));
    let other = falls(1.0, &[&[5.0, 4.0]]);
    assert_eq!(
        agreement(&[rules[0].clone(), other], series.offsets()).unwrap_err(),
        RuptureError::LengthMismatch
    );
    assert_eq!(agreement(&rules, &[0, 10]).unwrap_err(), RuptureError::InvalidOffsets);
    assert_eq!(agreement::<Detection>(&[], &[]).unwrap().rules, 0);
}

fn sessions(most: usize) -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::btree_set(0_usize..14, 0..most).prop_map(|set| set.into_iter().collect())
}

fn any_code() -> impl Strategy<Value = Option<bool>> {
    prop_oneof![4 => Just(Some(false)), 2 => Just(Some(true)), 1 => Just(None)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn matching_equals_its_slow_twin(
        flags in sessions(7), known in sessions(6), before in 0_usize..4, after in 0_usize..4
    ) {
        let mut options = within(before, after);
        options.resamples = 0;
        let found = onsets(&flags, &known, &options);
        let pairs: Vec<_> = found.matches.iter().map(|it| (it.episode, it.rupture)).collect();
        prop_assert_eq!(pairs, slow_pairs(&flags, &known, (before, after)));
    }

    #[test]
    fn judging_equals_its_slow_twin(
        sessions in proptest::collection::vec((any::<bool>(), any_code()), 0..12),
        before in 0_usize..3, after in 0_usize..3
    ) {
        let (flagged, coded): (Vec<_>, Vec<_>) = sessions.into_iter().unzip();
        let mut options = within(before, after);
        options.resamples = 0;
        let found = detection_accuracy(&flagged, &coded, &[0, flagged.len()], &options).unwrap();
        let flags: Vec<_> = (0..flagged.len()).filter(|at| flagged[*at]).collect();
        let known: Vec<_> = (0..coded.len()).filter(|at| coded[*at] == Some(true)).collect();
        let pairs = slow_pairs(&flags, &known, (before, after));
        let explains = |at: usize| pairs.iter().any(|pair| pair.0 == at);
        let is_judged = |at: usize| (0..coded.len())
            .filter(|other| other + after >= at && *other <= at + before)
            .all(|other| coded[other].is_some());
        let judged: Vec<_> = (0..coded.len()).filter(|at| is_judged(*at)).collect();
        let count = |holds: &dyn Fn(usize) -> bool| judged.iter().filter(|at| holds(**at)).count();
        prop_assert_eq!(found.counts.coded, coded.iter().flatten().count());
        prop_assert_eq!(counts(&found), [
            known.len(),
            pairs.len(),
            count(&|at| explains(at)),
            count(&|at| flagged[at] && !explains(at)),
            flags.iter().filter(|at| !is_judged(**at)).count(),
            count(&|at| !flagged[at] && coded[at] == Some(false)),
        ]);
        // A false flag never stands on a coded rupture.
        prop_assert!(flags.iter().all(|at| explains(*at) || coded[*at] != Some(true)));
    }

    #[test]
    fn estimates_lie_within_their_ranges(
        sessions in proptest::collection::vec((any::<bool>(), any_code(), any::<bool>()), 0..60),
        before in 0_usize..3, after in 0_usize..3, weight in 0.0_f64..5.0
    ) {
        let mut offsets = vec![0];
        offsets.extend((1..sessions.len()).filter(|at| sessions[*at].2));
        offsets.push(sessions.len());
        let flagged: Vec<_> = sessions.iter().map(|it| it.0).collect();
        let coded: Vec<_> = sessions.iter().map(|it| it.1).collect();
        let mut options = within(before, after);
        options.resamples = 50;
        let weights: Vec<f64> = (0..offsets.len() - 1).map(|dyad| weight * (dyad % 3) as f64).collect();
        options.weights = Some(of_sessions(&weights, &offsets));
        let found = detection_accuracy(&flagged, &coded, &offsets, &options).unwrap();
        for (estimate, lowest) in
            [(found.sensitivity, 0.0), (found.precision, 0.0), (found.specificity, 0.0), (found.kappa, -1.0)]
        {
            for number in [estimate.value, estimate.low, estimate.high] {
                prop_assert!(number.is_nan() || (lowest - 1e-12..=1.0 + 1e-12).contains(&number));
            }
            prop_assert!(estimate.low.is_nan() || estimate.low <= estimate.high);
            prop_assert!((0.0..=1.0).contains(&estimate.undefined));
        }
    }

    /// The words of 64 sessions give what counting sessions gives.
    #[test]
    fn agreement_equals_counting(
        runs in proptest::collection::vec(proptest::collection::vec((0_u8..=10).prop_map(f64::from), 0..40), 1..8),
        one in 0.5_f64..5.0, other in 0.5_f64..5.0
    ) {
        let runs: Vec<&[f64]> = runs.iter().map(Vec::as_slice).collect();
        let series = series(&runs);
        let found = [(one, Reference::Previous), (other, Reference::RunningMean)]
            .map(|(points, reference)| detect(&series, &Rule::new(reference, Unit::Points, points).unwrap()));
        let agreed = agreement(&found, series.offsets()).unwrap();
        let mut table = [[0.0; 2]; 2];
        for dyad in 0..series.dyads() {
            if found.iter().any(|it| it.dyads[dyad].class == ClientClass::NotAssessed) {
                continue;
            }
            for session in series.offsets()[dyad]..series.offsets()[dyad + 1] {
                if found.iter().all(|it| !it.reference[session].is_nan()) {
                    table[usize::from(found[0].flagged[session])][usize::from(found[1].flagged[session])] += 1.0;
                }
            }
        }
        let total: f64 = table.concat().iter().sum();
        prop_assert_eq!(agreed.sessions[1], total as usize);
        let observed = (table[0][0] + table[1][1]) / total;
        let share = |rows: f64, columns: f64| rows / total * (columns / total);
        let expected = share(table[1][0] + table[1][1], table[0][1] + table[1][1])
            + share(table[0][0] + table[0][1], table[0][0] + table[1][0]);
        let kappa = (observed - expected) / (1.0 - expected);
        if agreed.kappa(0, 1).is_nan() {
            prop_assert!(total == 0.0 || (1.0 - expected).abs() < 1e-12);
        } else {
            prop_assert!((agreed.kappa(0, 1) - kappa).abs() < 1e-9);
        }
    }
}
