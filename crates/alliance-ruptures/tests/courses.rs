//! Forms and appointments as courses: what is in a series, how it ended, and that rules see no more than that.

#![allow(clippy::unwrap_used)]

use alliance_ruptures::{
    Appointment, Censoring, ClientClass, Courses, Detection, Ending, Gaps, NotAssessed, Reference, Repair,
    Resolution, Rule, ScoreScale, Series, SessionState, Spread, Tolerance, Unit, detect, detect_with,
};
use proptest::prelude::*;

const GAP: f64 = f64::NAN;

use Appointment::{Attended, CancelledByClient, CancelledByTherapist, DroppedOut, Late, NoShow, PlannedEnd};

fn scale() -> ScoreScale {
    ScoreScale::new(1.0, 7.0).unwrap()
}

/// Dyad, session, score, appointment.
type Row = (u32, i64, f64, Option<Appointment>);

/// Courses of one dyad: forms as (session, score), appointments as (session, what became of it).
fn one(forms: &[(i64, f64)], appointments: &[(i64, Appointment)]) -> Courses {
    let mut rows: Vec<(i64, f64, Option<Appointment>)> =
        forms.iter().map(|(session, score)| (*session, *score, None)).collect();
    rows.extend(appointments.iter().map(|(session, word)| (*session, GAP, Some(*word))));
    of_rows(&rows.into_iter().map(|(session, score, word)| (0, session, score, word)).collect::<Vec<_>>())
}

fn of_rows(rows: &[Row]) -> Courses {
    Courses::from_rows(
        &rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.2).collect::<Vec<_>>(),
        Some(&rows.iter().map(|row| row.3).collect::<Vec<_>>()),
        scale(),
    )
    .unwrap()
}

fn previous() -> Rule {
    let mut rule = Rule::new(Reference::Previous, Unit::Points, 1.0).unwrap();
    rule.repair = Repair::ReturnToReference(Tolerance::Points(0.0));
    rule
}

fn scored(courses: &Courses) -> Vec<Vec<Option<f64>>> {
    let known = |score: &f64| (!score.is_nan()).then_some(*score);
    courses.series().runs().map(|run| run.iter().map(known).collect()).collect()
}

fn endings(courses: &Courses) -> Vec<&'static str> {
    (0..courses.series().dyads()).map(|course| courses.series().ending(course).as_str()).collect()
}

fn states(courses: &Courses) -> Vec<&'static str> {
    courses.states().iter().map(|state| state.as_str()).collect()
}

#[test]
fn nothing_is_missing_where_nothing_was_held() {
    let forms = [(1, 5.0), (3, 3.5), (4, 5.0)];
    let not_held = one(&forms, &[(1, Attended), (2, CancelledByClient), (3, Late), (4, Attended)]);
    assert_eq!(scored(&not_held), [vec![Some(5.0), Some(3.5), Some(5.0)]]);
    assert_eq!(not_held.sessions(), [1, 2, 3, 4]);
    assert_eq!(states(&not_held), ["scored", "not-held", "scored", "scored"]);
    assert_eq!(not_held.appointments(), [Attended, CancelledByClient, Late, Attended].map(Some));
    assert_eq!(not_held.rows(), [Some(0), None, Some(1), Some(2)]);
    assert_eq!(not_held.session_at(0, 1), Some(3));
    assert_eq!(not_held.session_at(0, 3), None);
    assert_eq!(not_held.session_at(1, 0), None);
    let missing = one(&forms, &[(1, Attended), (2, Attended), (3, Late), (4, Attended)]);
    assert_eq!(states(&missing), ["scored", "form-missing", "scored", "scored"]);
    // Sessions that are neighbours for a rule that gaps break, and sessions that are not.
    let mut rule = previous();
    rule.gaps = Gaps::Break;
    assert_eq!(detect(not_held.series(), &rule).episodes.len(), 1);
    assert_eq!(detect(missing.series(), &rule).episodes.len(), 0);
}

#[test]
fn held_sessions_without_a_form_count_before_the_first_form_and_after_the_last() {
    let courses = one(&[(2, 5.0)], &[(1, Attended), (2, Attended), (3, Attended), (5, NoShow)]);
    assert_eq!(scored(&courses), [vec![None, Some(5.0), None]]);
    assert_eq!(states(&courses), ["form-missing", "scored", "form-missing", "not-held"]);
    // Session 4 has neither form nor appointment, and nothing was held after it.
    assert_eq!(courses.sessions(), [1, 2, 3, 5]);
    let between = one(&[(1, 5.0), (3, 5.0)], &[(4, CancelledByTherapist), (6, Attended)]);
    assert_eq!(states(&between), ["scored", "no-form", "scored", "not-held", "no-form", "form-missing"]);
}

#[test]
fn a_score_outweighs_an_appointment_that_was_not_held_and_an_empty_form_does_not() {
    let courses = one(&[(1, 5.0), (2, 4.0), (3, GAP), (4, GAP)], &[(2, NoShow), (3, NoShow)]);
    assert_eq!(states(&courses), ["scored", "scored", "not-held", "not-scored"]);
    assert_eq!(courses.appointments()[1], Some(NoShow));
    assert_eq!(scored(&courses), [vec![Some(5.0), Some(4.0), None]]);
}

#[test]
fn of_several_appointments_of_a_session_one_that_was_held_counts() {
    for words in [[CancelledByTherapist, Attended], [Attended, CancelledByTherapist]] {
        let courses = one(&[], &[(1, words[0]), (1, words[1])]);
        assert_eq!((states(&courses), courses.appointments()), (vec!["form-missing"], &[Some(Attended)][..]));
    }
    let twice = one(&[], &[(1, Attended), (1, Late), (2, NoShow), (2, CancelledByClient)]);
    assert_eq!(twice.appointments(), [Some(Late), Some(NoShow)]);
    // A drop-out after a session that was held ends the course there.
    let last = one(&[(1, 5.0), (2, 5.0)], &[(2, Attended), (2, DroppedOut)]);
    assert_eq!((endings(&last), states(&last)), (vec!["dropout"], vec!["scored", "scored"]));
}

#[test]
fn endings_are_what_appointments_say() {
    let forms = [(1, 5.0), (2, 5.0)];
    assert_eq!(endings(&one(&forms, &[])), ["unknown"]);
    assert_eq!(endings(&one(&forms, &[(1, Attended)])), ["ongoing"]);
    assert_eq!(endings(&one(&forms, &[(2, PlannedEnd)])), ["planned-end"]);
    assert_eq!(endings(&one(&forms, &[(3, DroppedOut)])), ["dropout"]);
    assert_eq!(endings(&one(&forms, &[(2, PlannedEnd), (2, DroppedOut)])), ["planned-end"]);
    // What is not held after the end belongs to the course that ended.
    let after = one(&forms, &[(3, DroppedOut), (4, CancelledByTherapist), (6, DroppedOut)]);
    assert_eq!((endings(&after), states(&after).len()), (vec!["dropout"], 5));
}

#[test]
fn whoever_comes_back_begins_a_new_course() {
    let forms = [(1, 5.0), (2, 5.0), (3, 3.0), (9, 3.0), (10, 5.0)];
    let courses = one(&forms, &[(4, DroppedOut), (5, NoShow), (8, Attended), (9, Attended)]);
    assert_eq!(endings(&courses), ["dropout", "ongoing"]);
    assert_eq!(courses.dyads(), [0, 0]);
    // Sessions 6 and 7 belong to neither; session 8 was held without a form.
    assert_eq!(scored(&courses), [vec![Some(5.0), Some(5.0), Some(3.0)], vec![None, Some(3.0), Some(5.0)]]);
    assert_eq!(courses.sessions(), [1, 2, 3, 4, 5, 8, 9, 10]);
    assert_eq!(courses.offsets(), [0, 5, 8]);
    assert_eq!(courses.session_at(1, 1), Some(9));
    for gaps in [Gaps::Bridge, Gaps::Break, Gaps::Interpolate] {
        let mut rule = previous();
        rule.gaps = gaps;
        let found = detect(courses.series(), &rule);
        assert_eq!(found.episodes.len(), 1, "the rise in session 10 is no repair");
        assert_eq!(found.episodes[0].resolution, Resolution::Censored(Censoring::End(Ending::DroppedOut)));
        assert_eq!(found.dyads[1].not_assessed.unwrap().as_str(), "too-few-sessions");
    }
    // A form after the planned end is a new course too, and nothing is known of its end.
    let after = one(&[(1, 5.0), (2, 5.0)], &[(1, PlannedEnd)]);
    assert_eq!(endings(&after), ["planned-end", "unknown"]);
}

#[test]
fn censored_episodes_say_by_what() {
    let forms = [(1, 5.0), (2, 5.0), (3, 3.0)];
    let word = |appointments: &[(i64, Appointment)], gaps| {
        let mut rule = previous();
        rule.gaps = gaps;
        let found = detect(one(&forms, appointments).series(), &rule);
        assert_eq!(found.dyads[0].class, ClientClass::Undecided);
        found.episodes[0].resolution.as_str()
    };
    assert_eq!(word(&[], Gaps::Bridge), "censored");
    assert_eq!(word(&[(1, Attended)], Gaps::Bridge), "censored-ongoing");
    assert_eq!(word(&[(3, PlannedEnd)], Gaps::Bridge), "censored-planned-end");
    assert_eq!(word(&[(4, DroppedOut)], Gaps::Break), "censored-dropout");
    assert_eq!(word(&[(4, Attended), (5, DroppedOut)], Gaps::Break), "censored-gap");
    assert_eq!(word(&[(4, Attended), (5, DroppedOut)], Gaps::Bridge), "censored-dropout");
}

#[test]
fn dyads_say_why_they_were_not_assessed() {
    let mut rule = Rule::new(Reference::RunningMean, Unit::OwnSd, 1.0).unwrap();
    rule.history = 4;
    let runs: [&[f64]; 5] =
        [&[], &[5.0, GAP, 4.0], &[5.0; 6], &[5.0, 4.0, 5.0, 4.0], &[5.0, 4.0, 5.0, 4.0, 5.0]];
    let offsets = runs.iter().scan(0, |end, run| {
        *end += run.len();
        Some(*end)
    });
    let series = Series::new(runs.concat(), std::iter::once(0).chain(offsets).collect(), scale()).unwrap();
    let found = detect(&series, &rule);
    let reasons: Vec<_> = found.dyads.iter().map(|dyad| dyad.not_assessed).collect();
    let too_few = |observed| Some(NotAssessed::TooFewSessions { observed, needed: 3 });
    assert_eq!(
        reasons,
        [too_few(0), too_few(2), Some(NotAssessed::NoUnit), Some(NotAssessed::NoReference), None]
    );
    let words: Vec<_> = reasons.iter().flatten().map(|reason| reason.as_str()).collect();
    assert_eq!(words, ["too-few-sessions", "too-few-sessions", "no-unit", "no-reference"]);
}

#[test]
fn one_client_under_two_therapists_is_two_dyads() {
    // The same sessions with both therapists, forms and appointments mixed.
    let courses = of_rows(&[
        (0, 1, 5.0, None),
        (1, 1, 4.0, None),
        (1, 2, GAP, Some(DroppedOut)),
        (0, 2, 5.5, None),
        (0, 2, GAP, Some(PlannedEnd)),
    ]);
    assert_eq!(courses.dyads(), [0, 1]);
    assert_eq!(endings(&courses), ["planned-end", "dropout"]);
    assert_eq!(scored(&courses), [vec![Some(5.0), Some(5.5)], vec![Some(4.0)]]);
}

#[test]
fn a_dyad_that_never_came_has_an_empty_course() {
    let courses = of_rows(&[(1, 1, GAP, Some(NoShow)), (1, 2, GAP, Some(DroppedOut))]);
    assert_eq!(courses.dyads(), [0, 1], "dyads without any row have one, as in a series");
    assert_eq!(courses.series().offsets(), [0, 0, 0]);
    assert_eq!(courses.offsets(), [0, 0, 2]);
    assert_eq!(endings(&courses), ["unknown", "dropout"]);
    let both = of_rows(&[(0, 1, GAP, Some(DroppedOut)), (1, 1, 5.0, None), (1, 1, GAP, Some(PlannedEnd))]);
    let scored = both.series().of_scored_dyads();
    assert_eq!((scored.scores(), scored.offsets()), (&[5.0][..], &[0, 1][..]));
    assert_eq!(scored.ending(0), Ending::PlannedEnd);
}

#[test]
fn what_cannot_be_is_refused() {
    let refused = |rows: &[Row]| {
        let appointments = rows.iter().map(|row| row.3).collect::<Vec<_>>();
        let column = |of: fn(&Row) -> i64| rows.iter().map(of).collect::<Vec<_>>();
        let scores = rows.iter().map(|row| row.2).collect::<Vec<_>>();
        let dyads = rows.iter().map(|row| row.0).collect::<Vec<_>>();
        Courses::from_rows(&dyads, &column(|row| row.1), &scores, Some(&appointments), scale()).unwrap_err()
    };
    assert_eq!(refused(&[(0, 1, 4.0, None), (0, 1, 4.0, None)]).code(), "repeated-session");
    assert_eq!(refused(&[(0, 1, GAP, Some(NoShow)), (0, 1, 9.0, None)]).code(), "out-of-range");
    assert_eq!(refused(&[(0, 1, f64::INFINITY, None)]).code(), "not-finite");
    assert_eq!(refused(&[(0, 1, GAP, Some(NoShow)), (0, 20_001, GAP, Some(NoShow))]).code(), "session-span");
    // The score of an appointment is not looked at.
    assert_eq!(of_rows(&[(0, 1, 99.0, Some(Attended))]).states(), [SessionState::FormMissing]);
    let uneven = Courses::from_rows(&[0], &[1], &[4.0], Some(&[]), scale());
    assert_eq!(uneven.unwrap_err().code(), "length-mismatch");
    let endings = Series::new(vec![4.0], vec![0, 1], scale()).unwrap().with_endings(vec![]);
    assert_eq!(endings.unwrap_err().code(), "length-mismatch");
}

#[test]
fn nothing_of_a_patient_is_in_debug_texts() {
    let courses = one(&[(1, 5.25)], &[(77, NoShow)]);
    let text = format!("{courses:?} {:?}", courses.series());
    assert!(!text.contains("5.25") && !text.contains("77"), "{text}");
}

fn any_appointment() -> impl Strategy<Value = Appointment> {
    proptest::sample::select(&Appointment::ALL[..])
}

/// Forms and appointments of up to three dyads: each session has at most one form and any appointments.
fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    let form = proptest::option::of(prop_oneof![
        1 => Just(GAP),
        5 => (4_u8..=28).prop_map(|sum| f64::from(sum) / 4.0)
    ]);
    let session = (form, proptest::collection::vec(any_appointment(), 0..3));
    let dyad = proptest::collection::vec(session, 0..14);
    (proptest::collection::vec(dyad, 0..4), -3_i64..3).prop_map(|(dyads, first)| {
        let mut rows = Vec::new();
        for (dyad, sessions) in (0_u32..).zip(&dyads) {
            for (session, (form, appointments)) in (first..).zip(sessions) {
                rows.extend(form.map(|score| (dyad, session, score, None)));
                rows.extend(appointments.iter().map(|word| (dyad, session, GAP, Some(*word))));
            }
        }
        rows
    })
}

fn rules() -> Vec<Rule> {
    let references = [Reference::Previous, Reference::RunningMean, Reference::PersonMean, Reference::Trend];
    let gaps = [Gaps::Bridge, Gaps::Break, Gaps::Interpolate];
    let both = references.into_iter().flat_map(|reference| gaps.map(|gaps| (reference, gaps)));
    both.map(|(reference, gaps)| {
        let mut rule = Rule::new(reference, Unit::ShrunkenSd, 0.8).unwrap();
        (rule.gaps, rule.history) = (gaps, 2);
        rule.repair = Repair::ReturnToReference(Tolerance::Points(0.25));
        rule
    })
    .collect()
}

/// Onset, nadir, recovery and last session.
type Span = (usize, usize, Option<usize>, usize);

/// What a rule says, without by what an episode was censored.
fn verdicts(found: &Detection) -> (Vec<bool>, Vec<Span>, Vec<ClientClass>) {
    (
        found.flagged.clone(),
        found.episodes.iter().map(|one| (one.onset, one.nadir, one.recovery, one.last)).collect(),
        found.dyads.iter().map(|dyad| dyad.class).collect(),
    )
}

proptest! {
    #[test]
    fn courses_are_well_formed(rows in any_rows()) {
        let courses = of_rows(&rows);
        let series = courses.series();
        prop_assert_eq!(series.dyads(), courses.dyads().len());
        prop_assert!(courses.dyads().is_sorted());
        let held = courses.states().iter().filter(|state| state.is_in_series()).count();
        prop_assert_eq!(held, series.len());
        for course in 0..series.dyads() {
            let (start, end) = (courses.offsets()[course], courses.offsets()[course + 1]);
            prop_assert!(courses.sessions()[start..end].windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(courses.places(course).count(), series.dyad(course).len());
            for (position, place) in courses.places(course).enumerate() {
                let score = series.dyad(course)[position];
                prop_assert_eq!(score.is_nan(), courses.states()[place] != SessionState::Scored);
                if let Some(row) = courses.rows()[place] {
                    prop_assert!(score == rows[row].2 || score.is_nan() && rows[row].2.is_nan());
                    prop_assert_eq!(courses.sessions()[place], rows[row].1);
                    prop_assert_eq!(courses.dyads()[course], rows[row].0);
                }
            }
            // A series neither begins nor ends with a session nothing is known of.
            let places: Vec<_> = courses.places(course).collect();
            for place in places.first().into_iter().chain(places.last()) {
                prop_assert!(courses.states()[*place] != SessionState::NoForm);
            }
        }
        // Every score is in one course; every appointment is accounted for.
        let scores = rows.iter().filter(|row| row.3.is_none() && !row.2.is_nan()).count();
        prop_assert_eq!(series.scores().iter().filter(|score| !score.is_nan()).count(), scores);
        let with_appointment: std::collections::BTreeSet<_> =
            rows.iter().filter(|row| row.3.is_some()).map(|row| (row.0, row.1)).collect();
        prop_assert_eq!(courses.appointments().iter().flatten().count(), with_appointment.len());
    }

    #[test]
    fn row_order_does_not_matter(rows in any_rows(), seed in any::<u64>()) {
        let mut shuffled = rows.clone();
        shuffled.sort_by_key(|row| (row.1.unsigned_abs().wrapping_mul(seed | 1), row.3));
        let (one, other) = (of_rows(&rows), of_rows(&shuffled));
        prop_assert_eq!(scored(&one), scored(&other));
        prop_assert_eq!(one.appointments(), other.appointments());
        prop_assert_eq!(one.states(), other.states());
        prop_assert_eq!(endings(&one), endings(&other));
    }

    /// Visits that were not held change no verdict, whatever the rule does with gaps.
    #[test]
    fn sessions_not_held_are_invisible_to_rules(
        scores in proptest::collection::vec(
            prop_oneof![1 => Just(GAP), 5 => (4_u8..=28).prop_map(|sum| f64::from(sum) / 4.0)], 1..16),
        missed in proptest::collection::vec(any::<bool>(), 16),
    ) {
        let mut rows = Vec::new();
        let mut session = 0;
        for (score, is_missed) in scores.iter().zip(&missed) {
            if *is_missed {
                session += 1;
                rows.push((0, session, GAP, Some(NoShow)));
            }
            session += 1;
            rows.push((0, session, GAP, Some(Attended)));
            rows.extend((!score.is_nan()).then_some((0, session, *score, None)));
        }
        let plain = Series::new(scores.clone(), vec![0, scores.len()], scale()).unwrap();
        let courses = of_rows(&rows);
        for rule in rules() {
            let (without, with) = (detect(&plain, &rule), detect(courses.series(), &rule));
            prop_assert_eq!(verdicts(&without), verdicts(&with));
        }
    }

    /// Courses on both sides of a drop-out are judged as if they were two clients.
    #[test]
    fn no_rule_looks_across_a_dropout(
        before in proptest::collection::vec((4_u8..=28).prop_map(|sum| f64::from(sum) / 4.0), 1..10),
        after in proptest::collection::vec((4_u8..=28).prop_map(|sum| f64::from(sum) / 4.0), 1..10),
    ) {
        let scores = before.iter().chain(&after);
        let break_at = before.len() as i64;
        let mut rows: Vec<_> = (0_i64..).zip(scores)
            .map(|(at, score)| (0, at + i64::from(at >= break_at), *score, None)).collect();
        rows.push((0, break_at, GAP, Some(DroppedOut)));
        let courses = of_rows(&rows);
        prop_assert_eq!(courses.dyads(), &[0, 0]);
        let spread = Spread::of(courses.series());
        for rule in rules() {
            let found = detect_with(courses.series(), &rule, &spread, Some(1));
            for (course, scores) in [&before, &after].into_iter().enumerate() {
                let alone = Series::new(scores.clone(), vec![0, scores.len()], scale()).unwrap();
                let ending = courses.series().ending(course);
                let alone = detect_with(&alone.with_endings(vec![ending]).unwrap(), &rule, &spread, Some(1));
                prop_assert_eq!(found.episodes_of(course), &alone.episodes[..]);
                prop_assert_eq!(found.dyads[course].class, alone.dyads[0].class);
            }
        }
    }

    /// Without appointments courses are what a series is.
    #[test]
    fn forms_alone_are_the_series(rows in any_rows()) {
        let forms: Vec<_> = rows.iter().filter(|row| row.3.is_none()).collect();
        let dyads: Vec<_> = forms.iter().map(|row| row.0).collect();
        let sessions: Vec<_> = forms.iter().map(|row| row.1).collect();
        let scores: Vec<_> = forms.iter().map(|row| row.2).collect();
        let (series, source) = Series::from_rows(&dyads, &sessions, &scores, scale()).unwrap();
        let courses = Courses::from_rows(&dyads, &sessions, &scores, None, scale()).unwrap();
        prop_assert_eq!(courses.rows(), &source[..]);
        let told = Courses::from_rows(&dyads, &sessions, &scores, Some(&vec![None; dyads.len()]), scale()).unwrap();
        for courses in [&courses, &told] {
            prop_assert_eq!(courses.series().offsets(), series.offsets());
            prop_assert_eq!(scored(courses).concat().len(), series.len());
        }
        prop_assert_eq!(scored(&courses), scored(&told));
        prop_assert_eq!(courses.sessions(), told.sessions());
        prop_assert_eq!(courses.states(), told.states());
    }
}
