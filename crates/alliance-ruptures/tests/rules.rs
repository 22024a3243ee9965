//! The rule engine on worked series, edge cases and random series.

#![allow(clippy::unwrap_used, clippy::panic)]

use alliance_ruptures::{
    Censoring, ClientClass, Comparison, Detection, Ending, Gaps, Orientation, Overlap, Reference, Repair,
    Resolution, Rule, ScoreScale, Series, Shape, Spread, Tolerance, Unit, detect, detect_with,
};
use proptest::prelude::*;

const GAP: f64 = f64::NAN;

/// The worked series of the rupture dossier, section 1.9: item means 1 to 7, session 9 missing.
const WORKED: [f64; 16] = [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, GAP, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0];

fn scale() -> ScoreScale {
    ScoreScale::new(1.0, 7.0).unwrap()
}

fn one(scores: &[f64]) -> Series {
    Series::new(scores.to_vec(), vec![0, scores.len()], scale()).unwrap()
}

/// Flagged sessions, counted from 1 as the dossier counts them.
fn flagged(found: &Detection) -> Vec<usize> {
    (1..).zip(&found.flagged).filter(|(_, flag)| **flag).map(|(session, _)| session).collect()
}

fn rule(reference: Reference, unit: Unit, threshold: f64) -> Rule {
    Rule::new(reference, unit, threshold).unwrap()
}

#[test]
fn limits_lie_on_the_worse_side_of_the_reference() {
    let rule = rule(Reference::Previous, Unit::Points, 1.0);
    for (orientation, limit) in [(Orientation::HigherIsBetter, 4.4), (Orientation::LowerIsBetter, 6.4)] {
        let scale = scale().with_orientation(orientation);
        let found = detect(&Series::new(vec![5.4, 5.6], vec![0, 2], scale).unwrap(), &rule);
        assert!((found.limit(0, 1) - limit).abs() < 1e-12);
        assert!(found.limit(1, 1).is_nan());
    }
}

#[test]
fn the_worked_series_is_flagged_as_printed() {
    let series = one(&WORKED);
    // Reliable change with a standard error of measurement of .20: 1.96 * sqrt(2) * .20.
    let reliable_change = 1.96 * 2.0_f64.sqrt() * 0.20;
    assert!((reliable_change - 0.554).abs() < 5e-4);
    for (rule, sessions) in [
        (rule(Reference::Previous, Unit::OwnSd, 1.0), vec![5, 11]),
        (rule(Reference::Previous, Unit::OwnSd, 2.0), vec![5]),
        (rule(Reference::Previous, Unit::Points, reliable_change), vec![5, 11]),
        (rule(Reference::Previous, Unit::Points, 1.0), vec![5, 11]),
        (rule(Reference::PersonMean, Unit::OwnSd, 1.0), vec![5, 11, 12, 13]),
        (rule(Reference::PersonMean, Unit::Points, 1.0), vec![5]),
        (rule(Reference::PersonMean, Unit::OwnSd, 2.0), vec![]),
    ] {
        assert_eq!(flagged(&detect(&series, &rule)), sessions, "{rule:?}");
    }
    let unit = detect(&series, &rule(Reference::Previous, Unit::OwnSd, 1.0)).dyads[0].unit;
    assert!((unit - 0.6057).abs() < 5e-5);
    let residual = detect(&series, &rule(Reference::Trend, Unit::OwnResidualSd, 1.0));
    assert!((residual.dyads[0].unit - 0.6286).abs() < 5e-5);
    assert!((residual.reference[0] - 5.3418).abs() < 1e-3);
    let median = detect(&series, &rule(Reference::PersonMedian, Unit::Points, 1.0));
    assert!((median.reference[0] - 5.60).abs() < 1e-12);
    let ranges = detect(&series, &rule(Reference::Previous, Unit::MedianMovingRange, 1.0));
    assert!((ranges.dyads[0].unit - 0.2096).abs() < 5e-5);
    let mut broken = rule(Reference::Previous, Unit::MovingRange, 1.0);
    assert!((detect(&series, &broken).dyads[0].unit - 0.4179).abs() < 5e-5);
    broken.gaps = Gaps::Break;
    assert!((detect(&series, &broken).dyads[0].unit - 0.4364).abs() < 5e-5);
}

#[test]
fn the_worked_episodes_are_as_printed() {
    let mut asked = rule(Reference::Previous, Unit::OwnSd, 1.0);
    asked.repair = Repair::ReturnToPrevious(Tolerance::Points(0.25));
    let found = detect(&one(&WORKED), &asked);
    let spans: Vec<_> = found
        .episodes
        .iter()
        .map(|episode| (episode.onset + 1, episode.nadir + 1, episode.recovery.map(|session| session + 1)))
        .collect();
    assert_eq!(spans, [(5, 5, Some(6)), (11, 12, Some(14))]);
    assert!(found.episodes.iter().all(|episode| episode.resolution == Resolution::Repaired));
    assert_eq!(
        found.episodes.iter().map(alliance_ruptures::Episode::shape).collect::<Vec<_>>(),
        [Shape::V, Shape::SlowBoth]
    );
    assert_eq!(found.dyads[0].class, ClientClass::Repaired);
    asked.repair = Repair::ReturnToPrevious(Tolerance::Points(0.0));
    let strict = detect(&one(&WORKED), &asked);
    let recoveries: Vec<_> = strict.episodes.iter().map(|episode| episode.recovery.unwrap() + 1).collect();
    assert_eq!(recoveries, [7, 15]);
}

#[test]
fn short_and_flat_series_have_a_defined_answer() {
    let mut asked = rule(Reference::Previous, Unit::OwnSd, 1.0);
    asked.repair = Repair::ReturnToPrevious(Tolerance::Points(0.0));
    for scores in [&[][..], &[4.0], &[GAP], &[4.0, GAP], &[5.0, 4.0], &[4.0; 6], &[7.0; 5], &[GAP; 6]] {
        let found = detect(&one(scores), &asked);
        assert_eq!(found.episodes.len(), 0, "{scores:?}");
        assert_eq!(found.dyads[0].class, ClientClass::NotAssessed, "{scores:?}");
    }
    let points = rule(Reference::Previous, Unit::Points, 1.0);
    assert_eq!(detect(&one(&[4.0; 6]), &points).dyads[0].class, ClientClass::NoRupture);
}

#[test]
fn a_fall_at_the_end_is_censored_and_ties_at_the_nadir_go_to_the_first() {
    let mut asked = rule(Reference::Previous, Unit::Points, 1.0);
    asked.repair = Repair::ReturnToReference(Tolerance::Points(0.25));
    let last = detect(&one(&[5.0, 5.0, 5.0, 3.0]), &asked);
    assert_eq!(last.episodes[0].resolution, Resolution::Censored(Censoring::End(Ending::Unknown)));
    assert_eq!(last.dyads[0].class, ClientClass::Undecided);
    let first = detect(&one(&[3.0, 5.0, 5.0, 5.0]), &asked);
    assert!(first.episodes.is_empty(), "nothing comes before the first session");
    let tied = detect(&one(&[5.0, 3.0, 3.0, 5.0, 5.0]), &asked);
    assert_eq!((tied.episodes[0].nadir, tied.episodes[0].recovery), (1, Some(3)));
    let never = detect(&one(&[5.0, 3.0, 3.1, 3.2, 3.1, 3.0, 3.2]), &asked);
    assert_eq!(never.episodes[0].resolution, Resolution::Unrepaired);
    assert_eq!(never.dyads[0].class, ClientClass::Unrepaired);
    assert_eq!(never.episodes[0].shape(), Shape::Open);
}

#[test]
fn gaps_do_what_the_rule_says() {
    let across = [5.0, 5.0, GAP, 3.0, 5.0, 5.0];
    let mut asked = rule(Reference::Previous, Unit::Points, 1.0);
    assert_eq!(flagged(&detect(&one(&across), &asked)), [4]);
    asked.gaps = Gaps::Break;
    assert_eq!(flagged(&detect(&one(&across), &asked)), [0; 0]);
    asked.gaps = Gaps::Interpolate;
    assert_eq!(flagged(&detect(&one(&across), &asked)), [4], "the filled score lies at 4, one point above");
    asked.threshold = 1.5;
    assert_eq!(flagged(&detect(&one(&across), &asked)), [0; 0]);
    asked.gaps = Gaps::Break;
    asked.threshold = 1.0;
    asked.repair = Repair::ReturnToReference(Tolerance::Points(0.0));
    let inside = detect(&one(&[5.0, 5.0, 3.0, GAP, 5.0, 5.0]), &asked);
    assert_eq!(inside.episodes[0].resolution, Resolution::Censored(Censoring::Gap));
}

#[test]
fn a_fall_may_take_several_sessions() {
    let slow = [5.5, 5.0, 4.6, 4.2, 5.5];
    let mut asked = rule(Reference::Previous, Unit::Points, 1.0);
    assert_eq!(flagged(&detect(&one(&slow), &asked)), [0; 0]);
    asked.fall_sessions = 3;
    assert_eq!(flagged(&detect(&one(&slow), &asked)), [4]);
}

#[test]
fn running_references_leave_flagged_sessions_out() {
    let scores = [5.0, 5.0, 5.0, 3.0, 3.0, 3.0, 5.0];
    let found = detect(&one(&scores), &rule(Reference::RunningMean, Unit::Points, 1.0));
    assert_eq!(flagged(&found), [4, 5, 6]);
    assert_eq!(found.reference[6], 5.0);
    assert!(found.reference[2].is_nan(), "three sessions of history are needed");
    let median = detect(&one(&scores), &rule(Reference::RunningMedian, Unit::Points, 1.0));
    assert_eq!(flagged(&median), [4, 5, 6]);
    let baseline = detect(&one(&scores), &rule(Reference::Baseline(2), Unit::Points, 2.0));
    assert_eq!(flagged(&baseline), [4, 5, 6]);
}

#[test]
fn exactly_the_threshold_counts_or_not() {
    let scores = [5.0, 5.0, 4.9, 3.9, 5.0];
    let mut asked = rule(Reference::Previous, Unit::Points, 1.0);
    assert_eq!(flagged(&detect(&one(&scores), &asked)), [4], "4.9 - 3.9 is 1 for a reader");
    asked.comparison = Comparison::MoreThan;
    assert_eq!(flagged(&detect(&one(&scores), &asked)), [0; 0]);
}

#[test]
fn overlapping_episodes_follow_the_rule() {
    // Unrepaired at session 5, deeper at 7, back at 9.
    let scores = [5.0, 3.5, 3.6, 3.7, 3.8, 3.9, 2.5, 2.6, 5.0, 5.0];
    let mut asked = rule(Reference::Previous, Unit::Points, 1.0);
    asked.repair = Repair::ReturnToReference(Tolerance::Points(0.0));
    let episodes = |overlap, asked: &Rule| {
        let mut asked = *asked;
        asked.overlap = overlap;
        let found = detect(&one(&scores), &asked);
        found.episodes.iter().map(|episode| (episode.onset, episode.nadir, episode.last)).collect::<Vec<_>>()
    };
    assert_eq!(episodes(Overlap::Merge, &asked), [(1, 6, 6)]);
    assert_eq!(episodes(Overlap::First, &asked), [(1, 1, 4)]);
    assert_eq!(episodes(Overlap::Deepest, &asked), [(1, 1, 4)]);
    asked.reference = Reference::RunningMaximum;
    asked.history = 1;
    assert_eq!(episodes(Overlap::Deepest, &asked), [(5, 6, 8)]);
}

#[test]
fn pooled_units_pool_over_clients() {
    let series = Series::new(vec![4.0, 5.0, 6.0, 3.0, 3.0, 6.0, 6.0], vec![0, 3, 7], scale()).unwrap();
    let spread = Spread::of(&series);
    // Sums of squares 2 and 9 on 2 and 3 degrees of freedom; means 5 and 4.5.
    assert!((spread.pooled_within - (11.0_f64 / 5.0).sqrt()).abs() < 1e-12);
    assert!((spread.between - 0.125_f64.sqrt()).abs() < 1e-12);
    let shrunken = detect(&series, &rule(Reference::Previous, Unit::ShrunkenSd, 1.0));
    let expected = ((5.0 * 2.2 + 2.0) / 7.0_f64).sqrt();
    assert!((shrunken.dyads[0].unit - expected).abs() < 1e-12);
    let stricter = detect(&series, &rule(Reference::Previous, Unit::StricterOfOwnAndPooled, 1.0));
    assert!((stricter.dyads[0].unit - 2.2_f64.sqrt()).abs() < 1e-12);
    assert!((stricter.dyads[1].unit - 3.0_f64.sqrt()).abs() < 1e-12);
}

#[test]
fn rows_in_any_order_give_the_same_series() {
    let (series, rows) =
        Series::from_rows(&[1, 0, 1, 0], &[3, 2, 1, 1], &[4.0, 5.0, 4.5, 5.5], scale()).unwrap();
    assert_eq!(series.dyad(0), &[5.5, 5.0]);
    assert_eq!(series.dyad(1)[0], 4.5);
    assert!(series.dyad(1)[1].is_nan(), "session 2 was not held");
    assert_eq!(rows, [Some(3), Some(1), Some(2), None, Some(0)]);
    let code = |dyads: &[u32], sessions: &[i64], scores: &[f64]| {
        Series::from_rows(dyads, sessions, scores, scale()).unwrap_err().code()
    };
    assert_eq!(code(&[0, 0], &[1, 1], &[4.0, 4.0]), "repeated-session");
    assert_eq!(code(&[0, 0], &[1, 20_250_101], &[4.0, 4.0]), "session-span");
    assert_eq!(code(&[0, 0], &[i64::MIN, i64::MAX], &[4.0, 4.0]), "session-span");
    assert_eq!(code(&[0], &[1], &[8.0]), "out-of-range");
    assert_eq!(code(&[0], &[1], &[f64::INFINITY]), "not-finite");
    assert_eq!(code(&[0], &[1, 2], &[4.0]), "length-mismatch");
    assert_eq!(Series::new(vec![4.0], vec![0, 2], scale()).unwrap_err().code(), "invalid-offsets");
}

#[test]
fn rules_out_of_range_are_refused() {
    let sound = rule(Reference::Previous, Unit::Points, 1.0);
    let refused = |change: &dyn Fn(&mut Rule)| {
        let mut changed = sound;
        change(&mut changed);
        changed.checked().unwrap_err().code()
    };
    for change in [
        &(|rule: &mut Rule| rule.threshold = 0.0) as &dyn Fn(&mut Rule),
        &|rule| rule.threshold = f64::NAN,
        &|rule| rule.fall_sessions = 0,
        &|rule| rule.repair_window = 0,
        &|rule| rule.history = 0,
        &|rule| rule.prior_degrees = -1.0,
        &|rule| rule.reference = Reference::Baseline(0),
        &|rule| rule.reference = Reference::Fixed(f64::INFINITY),
        &|rule| rule.unit = Unit::DifferenceError(1.0),
        &|rule| rule.repair = Repair::RegainShare(1.5),
        &|rule| rule.repair = Repair::Rise(0.0),
        &|rule| rule.repair = Repair::ReturnToReference(Tolerance::Units(-1.0)),
    ] {
        assert_eq!(refused(change), "invalid-option");
    }
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let reference = prop_oneof![
        Just(Reference::Previous),
        Just(Reference::PersonMean),
        Just(Reference::PersonMedian),
        Just(Reference::RunningMean),
        Just(Reference::RunningMedian),
        Just(Reference::RunningMaximum),
        Just(Reference::Trend),
        (1_u16..5).prop_map(Reference::Baseline),
    ];
    let unit = prop_oneof![
        Just(Unit::Points),
        Just(Unit::Pomp),
        Just(Unit::OwnSd),
        Just(Unit::OwnResidualSd),
        Just(Unit::PooledWithinSd),
        Just(Unit::ShrunkenSd),
        Just(Unit::StricterOfOwnAndPooled),
        Just(Unit::BetweenPersonSd),
        Just(Unit::MovingRange),
        Just(Unit::MedianMovingRange),
        Just(Unit::MedianAbsoluteDeviation),
    ];
    let repair = prop_oneof![
        Just(Repair::NotAsked),
        (0.0..1.0).prop_map(|near| Repair::ReturnToPrevious(Tolerance::Points(near))),
        (0.0..1.0).prop_map(|near| Repair::ReturnToReference(Tolerance::Units(near))),
        (0.1..=1.0).prop_map(Repair::RegainShare),
        (0.1..2.0).prop_map(Repair::Rise),
    ];
    let gaps = prop_oneof![Just(Gaps::Bridge), Just(Gaps::Break), Just(Gaps::Interpolate)];
    let overlap = prop_oneof![Just(Overlap::Merge), Just(Overlap::First), Just(Overlap::Deepest)];
    ((reference, unit, 0.3..2.5, repair), (gaps, overlap, 1_u16..4, 1_u16..5, 1_u16..5)).prop_map(
        |((reference, unit, threshold, repair), (gaps, overlap, fall, window, history))| {
            let mut rule = Rule::new(reference, unit, threshold).unwrap();
            (rule.repair, rule.gaps, rule.overlap) = (repair, gaps, overlap);
            (rule.fall_sessions, rule.repair_window, rule.history) = (fall, window, history);
            rule.checked().unwrap()
        },
    )
}

/// Dyads of 0 to 20 sessions on the lattice of a 4-item mean, with gaps.
fn any_series() -> impl Strategy<Value = Series> {
    let score = prop_oneof![1 => Just(GAP), 6 => (4_u8..=28).prop_map(|sum| f64::from(sum) / 4.0)];
    let lengths = prop_oneof![0_usize..7, 0_usize..20];
    proptest::collection::vec(
        lengths.prop_flat_map(move |length| proptest::collection::vec(score.clone(), length)),
        1..6,
    )
    .prop_map(|runs| {
        let mut offsets = vec![0];
        for run in &runs {
            offsets.push(offsets[offsets.len() - 1] + run.len());
        }
        Series::new(runs.concat(), offsets, scale()).unwrap()
    })
}

proptest! {
    #[test]
    fn episodes_are_well_formed(series in any_series(), rule in any_rule()) {
        let found = detect(&series, &rule);
        prop_assert_eq!(found.flagged.len(), series.len());
        for dyad in 0..series.dyads() {
            let run = series.dyad(dyad);
            let start = series.offsets()[dyad];
            for (position, score) in run.iter().enumerate() {
                prop_assert!(!(found.flagged[start + position] && score.is_nan()), "a gap is never flagged");
            }
            let mut before = None;
            for episode in found.episodes_of(dyad) {
                prop_assert!(found.flagged[start + episode.onset]);
                prop_assert!(episode.onset <= episode.nadir && episode.nadir <= episode.last && episode.last < run.len());
                prop_assert!(before.is_none_or(|last| last < episode.onset || rule.overlap == Overlap::Deepest));
                prop_assert_eq!(episode.recovery.is_some(), episode.resolution == Resolution::Repaired);
                prop_assert!(episode.recovery.is_none_or(|recovery| recovery > episode.nadir && !run[recovery].is_nan()));
                prop_assert!(episode.magnitude > 0.0);
                before = Some(episode.last);
            }
        }
    }

    #[test]
    fn a_shift_changes_nothing(series in any_series(), rule in any_rule(), shift in -3..=3) {
        let shift = f64::from(shift);
        let wide = ScoreScale::new(1.0 + shift, 7.0 + shift).unwrap();
        let moved: Vec<f64> = series.scores().iter().map(|score| score + shift).collect();
        let moved = Series::new(moved, series.offsets().to_vec(), wide).unwrap();
        let (one, other) = (detect(&series, &rule), detect(&moved, &rule));
        prop_assert_eq!(one.flagged, other.flagged);
        prop_assert_eq!(one.episodes.len(), other.episodes.len());
    }

    #[test]
    fn reflection_with_the_other_orientation_changes_nothing(series in any_series(), rule in any_rule()) {
        let reflected: Vec<f64> = series.scores().iter().map(|score| 8.0 - score).collect();
        let other_way = scale().with_orientation(Orientation::LowerIsBetter);
        let reflected = Series::new(reflected, series.offsets().to_vec(), other_way).unwrap();
        let (one, other) = (detect(&series, &rule), detect(&reflected, &rule));
        prop_assert_eq!(&one.flagged, &other.flagged);
        let spans = |found: &Detection| {
            found.episodes.iter().map(|one| (one.onset, one.nadir, one.recovery)).collect::<Vec<_>>()
        };
        prop_assert_eq!(spans(&one), spans(&other));
    }

    #[test]
    fn removing_a_client_removes_only_its_sessions(series in any_series(), rule in any_rule()) {
        let spread = Spread::of(&series);
        let whole = detect_with(&series, &rule, &spread, Some(1));
        let end = series.offsets()[series.dyads() - 1];
        let kept = Series::new(series.scores()[..end].to_vec(), series.offsets()[..series.dyads()].to_vec(), scale());
        let part = detect_with(&kept.unwrap(), &rule, &spread, Some(1));
        prop_assert_eq!(&whole.flagged[..end], &part.flagged[..]);
        prop_assert_eq!(&whole.dyads[..part.dyads.len()].iter().map(|one| one.class).collect::<Vec<_>>(),
            &part.dyads.iter().map(|one| one.class).collect::<Vec<_>>());
    }

    #[test]
    fn any_number_of_threads_gives_the_same(series in any_series(), rule in any_rule()) {
        let spread = Spread::of(&series);
        let bits = |found: &Detection| found.reference.iter().map(|level| level.to_bits()).collect::<Vec<_>>();
        let one = detect_with(&series, &rule, &spread, Some(1));
        for threads in [2, 3, 8] {
            let other = detect_with(&series, &rule, &spread, Some(threads));
            prop_assert_eq!(bits(&one), bits(&other));
            prop_assert_eq!(&one.episodes, &other.episodes);
            prop_assert_eq!(&one.offsets, &other.offsets);
        }
    }
}
