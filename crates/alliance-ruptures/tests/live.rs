//! Live rules: the same answers as the batch, session by session.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Instant;

use alliance_ruptures::live::{Event, LaggedRule, LiveRule, Verdict};
use alliance_ruptures::{
    ClientClass, Detection, Ending, Episode, Gaps, Orientation, Overlap, Reference, Repair, Resolution, Rule,
    RuptureError, ScoreScale, Series, Spread, Tolerance, Unit, detect_with,
};
use proptest::prelude::*;

const GAP: f64 = f64::NAN;

/// The worked series of the rupture dossier, section 1.9.
const WORKED: [f64; 16] = [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, GAP, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0];

fn scale() -> ScoreScale {
    ScoreScale::new(1.0, 7.0).unwrap()
}

fn spread() -> Spread {
    let scores = [&WORKED[..], &[3.0, 4.0, 3.5], &[6.0, 6.25]].concat();
    Spread::of(&Series::new(scores, vec![0, 16, 19, 21], scale()).unwrap())
}

fn batch(scores: &[f64], rule: &Rule, scale: ScoreScale) -> Detection {
    let series = Series::new(scores.to_vec(), vec![0, scores.len()], scale).unwrap();
    detect_with(&series, rule, &spread(), Some(1))
}

/// Events of one session as words.
fn words(live: &mut LiveRule, session: i64, score: Option<f64>) -> Vec<&'static str> {
    live.update(session, score).unwrap().events().map(Event::as_str).collect()
}

#[test]
fn the_worked_series_tells_its_story() {
    let mut rule = Rule::new(Reference::Previous, Unit::Points, 1.0).unwrap();
    rule.repair = Repair::ReturnToPrevious(Tolerance::Points(0.25));
    let mut live = LiveRule::new(&rule, None, scale()).unwrap();
    let mut told = Vec::new();
    for (session, score) in (1..).zip(WORKED) {
        for word in words(&mut live, session, Some(score)) {
            told.push((session, word));
        }
    }
    assert_eq!(
        told,
        [
            (5, "flagged"),
            (5, "onset"),
            (6, "repaired"),
            (11, "flagged"),
            (11, "onset"),
            (12, "deepened"),
            (14, "repaired")
        ]
    );
    assert_eq!(live.so_far().class, ClientClass::Repaired);
    assert_eq!(live.session_at(10), Some(11));
    assert_eq!(live.session_at(16), None);
}

#[test]
fn windows_pass_runs_end_and_gaps_censor() {
    let mut rule = Rule::new(Reference::Previous, Unit::Points, 1.0).unwrap();
    let mut live = LiveRule::new(&rule, None, scale()).unwrap();
    for (session, score, expected) in
        [(1, 5.0, &[][..]), (2, 4.0, &["flagged", "onset"]), (3, 4.0, &["run-ended"]), (4, 4.0, &[])]
    {
        assert_eq!(words(&mut live, session, Some(score)), expected);
    }
    rule.repair = Repair::RegainShare(1.0);
    rule.repair_window = 2;
    rule.gaps = Gaps::Break;
    let mut live = LiveRule::new(&rule, None, scale()).unwrap();
    let told = [(1, 5.0), (2, 4.0), (3, 4.0), (4, 4.0), (5, 3.0), (6, 2.0), (7, 1.0)]
        .map(|(session, score)| words(&mut live, session, Some(score)));
    assert_eq!(
        told,
        [
            vec![],
            vec!["flagged", "onset"],
            vec![],
            vec!["window-passed"],
            vec!["flagged", "replaced"],
            vec!["flagged", "replaced"],
            vec!["flagged", "replaced"]
        ]
    );
    assert_eq!(live.so_far().class, ClientClass::Unrepaired);
    // Sessions 8 and 9 are left out.
    let mut live = live.fresh();
    assert!(words(&mut live, 6, Some(5.0)).is_empty());
    assert_eq!(words(&mut live, 7, Some(3.0)), ["flagged", "onset"]);
    assert!(live.open_episode().is_some());
    assert_eq!(words(&mut live, 10, Some(2.0)), ["censored"]);
    assert_eq!(live.so_far().class, ClientClass::Undecided);
}

#[test]
fn rules_that_need_the_future_say_so() {
    let refused =
        |rule: &Rule| LiveRule::new(rule, Some(&spread()), scale()).map(|_| ()).map_err(|e| e.code());
    for reference in [Reference::PersonMean, Reference::PersonMedian, Reference::Trend] {
        assert_eq!(refused(&Rule::new(reference, Unit::Points, 1.0).unwrap()), Err("not-live"));
    }
    for unit in [
        Unit::OwnSd,
        Unit::OwnResidualSd,
        Unit::ShrunkenSd,
        Unit::StricterOfOwnAndPooled,
        Unit::MovingRange,
        Unit::MedianMovingRange,
        Unit::MedianAbsoluteDeviation,
    ] {
        assert_eq!(refused(&Rule::new(Reference::Previous, unit, 1.0).unwrap()), Err("not-live"));
    }
    let mut rule = Rule::new(Reference::Previous, Unit::Points, 1.0).unwrap();
    rule.gaps = Gaps::Interpolate;
    assert_eq!(refused(&rule), Err("not-live"));
    for unit in [Unit::PooledWithinSd, Unit::BetweenPersonSd, Unit::DifferenceError(0.9)] {
        let rule = Rule::new(Reference::Previous, unit, 1.0).unwrap();
        assert_eq!(LiveRule::new(&rule, None, scale()).unwrap_err().code(), "invalid-option");
        assert_eq!(refused(&rule), Ok(()));
        let mut flat = spread();
        (flat.pooled_within, flat.between, flat.first) = (0.0, GAP, f64::INFINITY);
        assert_eq!(LiveRule::new(&rule, Some(&flat), scale()).unwrap_err().code(), "invalid-option");
    }
    let pomp = Rule::new(Reference::Previous, Unit::Pomp, 1.0).unwrap();
    let endless = ScoreScale::new(-f64::MAX, f64::MAX).unwrap();
    assert_eq!(LiveRule::new(&pomp, None, endless).unwrap_err().code(), "invalid-option");
}

#[test]
fn what_is_refused_changes_nothing() {
    let rule = Rule::new(Reference::Previous, Unit::Points, 1.0).unwrap();
    let mut live = LiveRule::new(&rule, None, scale()).unwrap();
    live.update(3, Some(5.0)).unwrap();
    let before = live.clone();
    for (session, score, code) in [
        (3, Some(5.0), "out-of-order"),
        (2, None, "out-of-order"),
        (i64::MIN, None, "out-of-order"),
        (4, Some(f64::INFINITY), "not-finite"),
        (4, Some(7.5), "out-of-range"),
        (i64::MAX, Some(5.0), "session-span"),
        (10_004, Some(5.0), "session-span"),
    ] {
        assert_eq!(live.update(session, score).unwrap_err().code(), code);
        assert_eq!(live, before);
    }
    assert!(live.update(10_003, Some(4.0)).unwrap().is_flagged);
    let mut last = live.fresh();
    last.update(i64::MAX, Some(5.0)).unwrap();
    assert_eq!(last.update(i64::MAX, None).unwrap_err(), RuptureError::OutOfOrder);
    assert_eq!(last.session_at(usize::MAX), None);
    let mut median =
        LiveRule::new(&Rule::new(Reference::RunningMedian, Unit::Points, 1.0).unwrap(), None, scale());
    let median = median.as_mut().unwrap();
    for session in 0..10_000 {
        median.update(session, Some(5.0)).unwrap();
    }
    assert_eq!(median.update(10_000, Some(5.0)).unwrap_err().code(), "session-span");
}

#[test]
fn a_corrected_form_is_replayed() {
    let mut rule = Rule::new(Reference::RunningMean, Unit::Points, 1.0).unwrap();
    rule.history = 1;
    let wrong = [(1, Some(5.0)), (2, Some(3.0)), (4, Some(5.0))];
    let right = [(1, Some(5.0)), (2, Some(5.0)), (3, Some(3.5)), (4, Some(5.0))];
    let live = LiveRule::new(&rule, None, scale()).unwrap().replay(wrong, |_| ()).unwrap();
    let mut flagged = Vec::new();
    let again =
        live.replay(right, |update| flagged.extend(update.is_flagged.then_some(update.session))).unwrap();
    assert_eq!(flagged, [3]);
    let straight = live.fresh().replay(right, |_| ()).unwrap();
    assert_eq!(again, straight);
    assert_ne!(again, live);
    assert_eq!(live.replay([right[1], right[0]], |_| ()).unwrap_err(), RuptureError::OutOfOrder);
}

#[test]
fn few_sessions_are_provisional_and_debug_holds_no_scores() {
    let rule = Rule::new(Reference::Previous, Unit::Points, 1.0).unwrap();
    let mut live = LiveRule::new(&rule, None, scale()).unwrap();
    live.update(1, Some(6.125)).unwrap();
    let update = live.update(2, Some(3.375)).unwrap();
    assert!(update.is_flagged && update.is_provisional);
    assert_eq!((update.reference, update.limit), (Some(6.125), Some(5.125)));
    assert_eq!(live.so_far().class, ClientClass::NotAssessed);
    for debug in [format!("{live:?}"), format!("{update:?}")] {
        assert!(!debug.contains("6.125") && !debug.contains("3.375") && !debug.contains("5.125"), "{debug}");
    }
    assert!(!live.update(3, None).unwrap().is_flagged);
    assert!(!live.update(4, Some(3.375)).unwrap().is_provisional);
    assert_eq!(live.so_far().class, ClientClass::Undecided);
    let symptoms = scale().with_orientation(Orientation::LowerIsBetter);
    let mut live = LiveRule::new(&rule, None, symptoms).unwrap();
    live.update(1, Some(3.0)).unwrap();
    assert_eq!(live.update(2, Some(4.0)).unwrap().limit, Some(4.0));
}

/// A million sessions in linear time: with a state that grew, the last ten thousand would take a hundred times the first.
#[test]
fn a_million_updates_take_linear_time() {
    for reference in [Reference::Previous, Reference::RunningMean, Reference::RunningMaximum] {
        let mut rule = Rule::new(reference, Unit::Points, 1.0).unwrap();
        rule.repair = Repair::RegainShare(0.5);
        let mut live = LiveRule::new(&rule, None, scale()).unwrap();
        let mut timed = |sessions: std::ops::Range<i64>| {
            let start = Instant::now();
            for session in sessions {
                let score = 1.0 + f64::from(u32::try_from(session * 7919 % 25).unwrap()) / 4.0;
                live.update(session, Some(score)).unwrap();
            }
            start.elapsed()
        };
        // The fastest of ten: other work on the machine may hold up any one.
        let mut fastest = |from: i64| {
            let blocks = (0..10).map(|block| from + block * 10_000);
            blocks.map(|start| timed(start..start + 10_000)).min().unwrap()
        };
        let first = fastest(0);
        (100_000..900_000).step_by(100_000).for_each(|from| {
            fastest(from);
        });
        let last = fastest(900_000);
        assert!(last < first * 20, "{first:?} {last:?}");
        assert_eq!(live.so_far().observed, 1_000_000);
    }
}

fn live_rule() -> impl Strategy<Value = Rule> {
    let reference = prop_oneof![
        Just(Reference::Previous),
        Just(Reference::RunningMean),
        Just(Reference::RunningMedian),
        Just(Reference::RunningMaximum),
        (1_u16..5).prop_map(Reference::Baseline),
        (2.0..6.0).prop_map(Reference::Fixed),
    ];
    let unit = prop_oneof![
        Just(Unit::Points),
        Just(Unit::Pomp),
        Just(Unit::PooledWithinSd),
        Just(Unit::BetweenPersonSd),
        Just(Unit::DifferenceError(0.8)),
    ];
    let repair = prop_oneof![
        Just(Repair::NotAsked),
        (0.0..1.0).prop_map(|near| Repair::ReturnToPrevious(Tolerance::Points(near))),
        (0.0..1.0).prop_map(|near| Repair::ReturnToReference(Tolerance::Units(near))),
        (0.1..=1.0).prop_map(Repair::RegainShare),
        (0.1..2.0).prop_map(Repair::Rise),
    ];
    let gaps = prop_oneof![Just(Gaps::Bridge), Just(Gaps::Break)];
    let overlap = prop_oneof![Just(Overlap::Merge), Just(Overlap::First), Just(Overlap::Deepest)];
    let counts = (1_u16..4, 1_u16..5, 1_u16..5, 0_u16..6);
    ((reference, unit, 0.3..2.5, repair), (gaps, overlap, counts)).prop_map(
        |((reference, unit, threshold, repair), (gaps, overlap, (fall, window, history, least)))| {
            let mut rule = Rule::new(reference, unit, threshold).unwrap();
            (rule.repair, rule.gaps, rule.overlap) = (repair, gaps, overlap);
            (rule.fall_sessions, rule.repair_window, rule.history) = (fall, window, history);
            rule.least_sessions = least;
            rule.checked().unwrap()
        },
    )
}

fn any_scores(most: usize) -> impl Strategy<Value = Vec<f64>> {
    let score = prop_oneof![1 => Just(GAP), 5 => (4_u8..=28).prop_map(|sum| f64::from(sum) / 4.0)];
    proptest::collection::vec(score, 0..most)
}

fn any_scale() -> impl Strategy<Value = ScoreScale> {
    prop_oneof![Just(Orientation::HigherIsBetter), Just(Orientation::LowerIsBetter)]
        .prop_map(|orientation| scale().with_orientation(orientation))
}

/// What the events say happened, put together as a reader of them would.
fn keep_books(books: &mut Vec<Episode>, event: &Event) {
    match event {
        Event::Repaired(episode)
        | Event::WindowPassed(episode)
        | Event::RunEnded(episode)
        | Event::Censored(episode) => books.push(*episode),
        Event::Replaced(episode) => *books.last_mut().unwrap() = *episode,
        _ => {}
    }
}

fn same(one: f64, other: Option<f64>) -> bool {
    other.map_or(one.is_nan(), |other| one == other)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// After every session the live rule says what a batch over the sessions so far says.
    #[test]
    fn streaming_equals_batch(
        rule in live_rule(), scores in any_scores(25), scale in any_scale(), first in -5_i64..5, told in any::<bool>()
    ) {
        let mut live = LiveRule::new(&rule, Some(&spread()), scale).unwrap();
        let (mut flags, mut references, mut books) = (Vec::new(), Vec::new(), Vec::new());
        for (position, score) in scores.iter().enumerate() {
            // Missing sessions between others may be told or simply left out.
            let is_skipped = score.is_nan() && !told && position > 0;
            if is_skipped {
                flags.push(false);
                references.push(None);
                continue;
            }
            let before = live.open_episode().copied();
            let update = live.update(first + position as i64, (!score.is_nan()).then_some(*score)).unwrap();
            prop_assert_eq!(update.position, position);
            flags.push(update.is_flagged);
            references.push(update.reference);
            prop_assert_eq!(update.events().any(|event| *event == Event::Flagged), update.is_flagged);
            for event in update.events() {
                keep_books(&mut books, event);
                match event {
                    Event::Onset(episode) => prop_assert_eq!(episode.onset, position),
                    Event::Deepened(episode) => {
                        prop_assert_eq!(episode.nadir, position);
                        prop_assert_eq!(episode.onset, before.unwrap().onset);
                    }
                    _ => {}
                }
            }
            let found = batch(&scores[..=position], &rule, scale);
            prop_assert_eq!(update.is_provisional, found.dyads[0].observed < usize::from(rule.least_sessions));
            prop_assert_eq!(live.so_far(), found.dyads[0]);
            if update.is_provisional {
                prop_assert!(found.flagged.iter().all(|flag| !flag));
                continue;
            }
            prop_assert_eq!(&found.flagged, &flags);
            for (batch, live) in found.reference.iter().zip(&references) {
                prop_assert!(same(*batch, *live));
            }
            let mut ended = books.clone();
            let (dyad, event) = live.clone().finish(Ending::Unknown);
            prop_assert_eq!(dyad, found.dyads[0]);
            if let Some(event) = &event {
                keep_books(&mut ended, event);
            }
            prop_assert_eq!(&found.episodes, &ended);
            let dropped_out = Series::new(scores[..=position].to_vec(), vec![0, position + 1], scale).unwrap();
            let dropped_out = dropped_out.with_endings(vec![Ending::DroppedOut]).unwrap();
            let mut ended = books.clone();
            if let (_, Some(event)) = live.clone().finish(Ending::DroppedOut) {
                keep_books(&mut ended, &event);
            }
            prop_assert_eq!(&detect_with(&dropped_out, &rule, &spread(), Some(1)).episodes, &ended);
            if let Some(episode) = live.open_episode() {
                prop_assert!(ended.iter().any(|known| matches!(known.resolution, Resolution::Censored(_))
                    || known.onset == episode.onset || rule.overlap == Overlap::Deepest));
            }
        }
    }

    /// A replayed history gives the state the sessions gave.
    #[test]
    fn replay_gives_the_same_state(rule in live_rule(), scores in any_scores(25)) {
        let history = || (1_i64..).zip(scores.iter().map(|score| Some(*score)));
        let mut live = LiveRule::new(&rule, Some(&spread()), scale()).unwrap();
        for (session, score) in history() {
            live.update(session, score).unwrap();
        }
        prop_assert_eq!(&live.replay(history(), |_| ()).unwrap(), &live);
        prop_assert_eq!(&live, &live.clone());
    }

    /// A verdict with a lag is the batch's, given the sessions up to the lag.
    #[test]
    fn a_lagged_rule_is_the_batch_some_sessions_on(
        rule in live_rule(), whole in 0_usize..4, lag in 0_usize..6, scores in any_scores(15), told in any::<bool>()
    ) {
        let mut rule = rule;
        match whole {
            0 => rule.reference = Reference::PersonMean,
            1 => rule.gaps = Gaps::Interpolate,
            2 => rule.unit = Unit::ShrunkenSd,
            _ => rule.unit = Unit::OwnSd,
        }
        let Ok(rule) = rule.checked() else { return Ok(()) };
        let mut late = LaggedRule::new(&rule, Some(&spread()), scale(), lag).unwrap();
        let mut verdicts: Vec<Verdict> = Vec::new();
        let mut taken = 0;
        for (position, score) in scores.iter().enumerate() {
            if !(score.is_nan() && !told && position > 0) {
                verdicts.extend(late.update(position as i64, Some(*score)).unwrap());
                taken = position + 1;
            }
        }
        verdicts.extend(late.finish());
        prop_assert_eq!(verdicts.len(), taken);
        for (position, verdict) in verdicts.iter().enumerate() {
            prop_assert_eq!(verdict.session, position as i64);
            let found = batch(&scores[..taken.min(position + lag + 1)], &rule, scale());
            prop_assert_eq!(found.flagged[position], verdict.is_flagged);
            prop_assert!(same(found.reference[position], verdict.reference));
        }
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::*;

    proptest! {
        /// A state that was stored half way goes on as if nothing had been.
        #[test]
        fn a_stored_state_goes_on(rule in live_rule(), scores in any_scores(25), cut in 0_usize..25) {
            let mut live = LiveRule::new(&rule, Some(&spread()), scale()).unwrap();
            for (session, score) in (1..).zip(scores.iter().take(cut)) {
                live.update(session, Some(*score)).unwrap();
            }
            let text = serde_json::to_string(&live).unwrap();
            let mut again: LiveRule = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&again, &live);
            for (session, score) in (1..).zip(&scores).skip(cut) {
                prop_assert_eq!(again.update(session, Some(*score)).unwrap(), live.update(session, Some(*score)).unwrap());
            }
            prop_assert_eq!(&again, &live);
        }
    }

    proptest! {
        #[test]
        fn a_stored_lagged_rule_goes_on(
            rule in live_rule(), lag in 0_usize..5, scores in any_scores(15), cut in 0_usize..15, first in -5_i64..5
        ) {
            let mut rule = rule;
            rule.reference = Reference::PersonMean;
            let mut late = LaggedRule::new(&rule, Some(&spread()), scale(), lag).unwrap();
            prop_assert_eq!(&late, &late.fresh());
            for (session, score) in (first..).zip(scores.iter().take(cut)) {
                late.update(session, Some(*score)).unwrap();
            }
            let text = serde_json::to_string(&late).unwrap();
            let mut again: LaggedRule = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&again, &late);
            prop_assert_eq!(again.last_session(), late.last_session());
            for (session, score) in (first..).zip(&scores).skip(cut) {
                prop_assert_eq!(again.update(session, Some(*score)), late.update(session, Some(*score)));
            }
            prop_assert_eq!(again.finish(), late.finish());
            prop_assert_eq!(again == late.fresh(), scores.is_empty());
        }
    }

    #[test]
    fn a_lagged_state_that_cannot_be_is_refused() {
        let rule = Rule::new(Reference::PersonMean, Unit::ShrunkenSd, 1.0).unwrap();
        let mut late = LaggedRule::new(&rule, Some(&spread()), scale(), 2).unwrap();
        late.update(1, Some(5.0)).unwrap();
        late.update(3, Some(4.0)).unwrap();
        let sound = serde_json::to_value(&late).unwrap();
        assert!(serde_json::from_value::<LaggedRule>(sound.clone()).is_ok());
        for (path, value) in [
            ("/layout", serde_json::json!(2)),
            ("/rule/threshold", serde_json::json!(-1.0)),
            ("/pooled_within", serde_json::json!(null)),
            ("/scale/lowest", serde_json::json!(8.0)),
            ("/first", serde_json::json!(null)),
            ("/first", serde_json::json!(i64::MAX)),
            ("/scores", serde_json::json!([])),
            ("/scores/2", serde_json::json!(9.0)),
            ("/scores", serde_json::json!(vec![5.0; 10_001])),
        ] {
            let mut wrong = sound.clone();
            *wrong.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
            assert!(serde_json::from_value::<LaggedRule>(wrong).is_err(), "{path}");
        }
    }

    /// The stored state is as long after a hundred thousand sessions as after a hundred, but for longer numbers.
    #[test]
    fn the_state_is_bounded() {
        let rule = Rule::new(Reference::RunningMean, Unit::Points, 1.0).unwrap();
        let mut live = LiveRule::new(&rule, None, scale()).unwrap();
        for session in 0..100_000 {
            live.update(session, Some(1.0 + (session * 7919 % 25) as f64 / 4.0)).unwrap();
        }
        assert!(serde_json::to_string(&live).unwrap().len() < 2_000);
    }

    #[test]
    fn a_state_that_cannot_be_is_refused() {
        let mut rule = Rule::new(Reference::Previous, Unit::Points, 1.0).unwrap();
        rule.repair = Repair::RegainShare(1.0);
        let mut live = LiveRule::new(&rule, None, scale()).unwrap();
        live.update(1, Some(5.0)).unwrap();
        live.update(2, Some(4.0)).unwrap();
        let sound = serde_json::to_value(&live).unwrap();
        assert!(serde_json::from_value::<LiveRule>(sound.clone()).is_ok());
        for (path, value) in [
            ("/layout", serde_json::json!(2)),
            ("/unit", serde_json::json!(0.0)),
            ("/unit", serde_json::json!(2.0)),
            ("/rule/threshold", serde_json::json!(-1.0)),
            ("/rule/reference", serde_json::json!("Trend")),
            ("/rule/unit", serde_json::json!("OwnSd")),
            ("/span/0", serde_json::json!(3)),
            ("/counts/flagged", serde_json::json!(9)),
            ("/levels/recent", serde_json::json!([5.0, 4.0])),
            ("/episodes/open/episode/last", serde_json::json!(7)),
            ("/episodes/open/episode/onset", serde_json::json!(2)),
            ("/episodes/open/waited", serde_json::json!(65_535)),
            ("/span", serde_json::json!([i64::MIN, i64::MAX - 1])),
        ] {
            let mut wrong = sound.clone();
            *wrong.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
            assert!(serde_json::from_value::<LiveRule>(wrong).is_err(), "{path}");
        }
    }
}
