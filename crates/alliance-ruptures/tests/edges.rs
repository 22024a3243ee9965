//! Short, flat and broken series under every reference, unit, repair and missing rule: each has a defined answer.

#![allow(clippy::unwrap_used)]

use alliance_ruptures::{
    Censoring, ClientClass, Detection, Ending, Gaps, NotAssessed, Reference, Repair, Resolution, Rule,
    ScoreScale, Series, Tolerance, Unit, detect,
};

const GAP: f64 = f64::NAN;

fn scale() -> ScoreScale {
    ScoreScale::new(1.0, 7.0).unwrap()
}

fn one(scores: &[f64]) -> Series {
    Series::new(scores.to_vec(), vec![0, scores.len()], scale()).unwrap()
}

const REFERENCES: [Reference; 9] = [
    Reference::Previous,
    Reference::PersonMean,
    Reference::PersonMedian,
    Reference::RunningMean,
    Reference::RunningMedian,
    Reference::RunningMaximum,
    Reference::Trend,
    Reference::Baseline(2),
    Reference::Fixed(4.0),
];

const UNITS: [Unit; 12] = [
    Unit::Points,
    Unit::Pomp,
    Unit::OwnSd,
    Unit::OwnResidualSd,
    Unit::PooledWithinSd,
    Unit::ShrunkenSd,
    Unit::StricterOfOwnAndPooled,
    Unit::BetweenPersonSd,
    Unit::DifferenceError(0.9),
    Unit::MovingRange,
    Unit::MedianMovingRange,
    Unit::MedianAbsoluteDeviation,
];

/// Every reference with every unit, repair and missing rule; few sessions asked for, so that most is assessed.
fn every_rule() -> Vec<Rule> {
    let repairs = [
        Repair::NotAsked,
        Repair::ReturnToPrevious(Tolerance::Points(0.0)),
        Repair::ReturnToReference(Tolerance::Units(0.5)),
        Repair::RegainShare(0.5),
        Repair::Rise(0.5),
    ];
    let mut rules = Vec::new();
    for reference in REFERENCES {
        for unit in UNITS {
            for repair in repairs {
                for gaps in [Gaps::Bridge, Gaps::Break, Gaps::Interpolate] {
                    let mut rule = Rule::new(reference, unit, 0.5).unwrap();
                    (rule.repair, rule.gaps, rule.least_sessions, rule.history) = (repair, gaps, 1, 1);
                    rules.push(rule.checked().unwrap());
                }
            }
        }
    }
    rules
}

/// What holds of any answer about one client.
fn assert_defined(found: &Detection, scores: &[f64], rule: &Rule) {
    let context = format!("{rule:?} on {scores:?}");
    let dyad = &found.dyads[0];
    assert_eq!(dyad.observed, scores.iter().filter(|score| !score.is_nan()).count(), "{context}");
    assert!(dyad.flagged <= dyad.evaluable && dyad.evaluable <= dyad.observed, "{context}");
    assert_eq!(dyad.flagged, found.flagged.iter().filter(|flag| **flag).count(), "{context}");
    assert!(dyad.unit.is_nan() || dyad.unit > 0.0 && dyad.unit.is_finite(), "{context}");
    assert!(found.reference.iter().all(|level| !level.is_infinite()), "{context}");
    for (score, flag) in scores.iter().zip(&found.flagged) {
        assert!(!(score.is_nan() && *flag), "a gap is never flagged: {context}");
    }
    for episode in &found.episodes {
        assert!(episode.magnitude.is_finite() && episode.magnitude > 0.0, "{context}");
        assert!(episode.length() >= 1 && episode.last < scores.len(), "{context}");
        assert!(!scores[episode.onset].is_nan() && !scores[episode.nadir].is_nan(), "{context}");
    }
    let is_assessed = dyad.class != ClientClass::NotAssessed;
    assert_eq!(dyad.not_assessed.is_none(), is_assessed, "{context}");
    assert!(is_assessed || found.episodes.is_empty(), "{context}");
    let short = usize::from(rule.least_sessions) > dyad.observed;
    assert_eq!(matches!(dyad.not_assessed, Some(NotAssessed::TooFewSessions { .. })), short, "{context}");
}

#[test]
fn lengths_0_to_6_have_an_answer_under_every_rule() {
    let v = [5.0, 5.5, 5.0, 3.0, 5.0, 5.5];
    for mut rule in every_rule() {
        for least in [1, 2, 3] {
            rule.least_sessions = least;
            for length in 0..=6 {
                for scores in [
                    vec![4.0; length],
                    vec![7.0; length],
                    vec![1.0; length],
                    vec![GAP; length],
                    v[..length].to_vec(),
                    v[6 - length..].to_vec(),
                    (0..length).map(|at| if at == 0 { GAP } else { v[at] }).collect(),
                    (0..length).map(|at| if at + 1 == length { GAP } else { v[at] }).collect(),
                    (0..length).map(|at| if at == 3 { GAP } else { v[at] }).collect(),
                    (0..length).map(|at| if at % 5 == 0 { v[at] } else { GAP }).collect(),
                ] {
                    assert_defined(&detect(&one(&scores), &rule), &scores, &rule);
                }
            }
        }
    }
}

#[test]
fn series_without_variation_have_no_event_under_any_rule_but_a_fixed_level() {
    for rule in every_rule().into_iter().filter(|rule| !matches!(rule.reference, Reference::Fixed(_))) {
        for level in [1.0, 4.0, 7.0] {
            let found = detect(&one(&[level; 6]), &rule);
            assert_eq!((found.dyads[0].flagged, found.episodes.len()), (0, 0), "{rule:?}");
            let needs_variation = !matches!(rule.unit, Unit::Points | Unit::Pomp);
            assert_eq!(found.dyads[0].not_assessed == Some(NotAssessed::NoUnit), needs_variation);
        }
    }
}

#[test]
fn two_observations_are_enough_where_the_rule_says_so() {
    let mut rule = Rule::new(Reference::Previous, Unit::Points, 1.0).unwrap();
    rule.least_sessions = 2;
    for scores in [&[5.0, 4.0][..], &[GAP, 5.0, GAP, 4.0, GAP]] {
        let found = detect(&one(scores), &rule);
        assert_eq!((found.dyads[0].observed, found.dyads[0].evaluable, found.dyads[0].flagged), (2, 1, 1));
    }
    rule.least_sessions = 3;
    let found = detect(&one(&[5.0, GAP, 4.0]), &rule);
    assert_eq!(found.dyads[0].not_assessed, Some(NotAssessed::TooFewSessions { observed: 2, needed: 3 }));
}

#[test]
fn a_missing_first_or_last_session_moves_nothing_else() {
    let mut rule = Rule::new(Reference::Previous, Unit::Points, 1.0).unwrap();
    rule.repair = Repair::ReturnToReference(Tolerance::Points(0.0));
    let found = detect(&one(&[GAP, 5.0, 5.0, 3.0, 5.0, GAP]), &rule);
    let episode = found.episodes[0];
    assert_eq!((episode.onset, episode.nadir, episode.recovery), (3, 3, Some(4)));
    // Only the end of the series is missing: an episode stays open until there, whatever gaps do.
    for (gaps, by) in [
        (Gaps::Bridge, Censoring::End(Ending::Unknown)),
        (Gaps::Break, Censoring::Gap),
        (Gaps::Interpolate, Censoring::End(Ending::Unknown)),
    ] {
        rule.gaps = gaps;
        let open = detect(&one(&[GAP, 5.0, 5.0, 3.0, GAP]), &rule);
        assert_eq!((open.episodes[0].resolution, open.episodes[0].last), (Resolution::Censored(by), 3));
    }
}

#[test]
fn a_fall_in_the_first_session_needs_a_reference_that_knows_the_rest() {
    let scores = [3.0, 5.0, 5.0, 5.0, 5.0];
    let flags = |reference| {
        let mut rule = Rule::new(reference, Unit::Points, 1.0).unwrap();
        rule.repair = Repair::ReturnToReference(Tolerance::Points(0.0));
        detect(&one(&scores), &rule)
    };
    for reference in [Reference::Previous, Reference::RunningMean, Reference::Baseline(1)] {
        assert!(flags(reference).episodes.is_empty());
    }
    for reference in [Reference::PersonMean, Reference::PersonMedian, Reference::Fixed(4.0)] {
        let found = flags(reference);
        let episode = found.episodes[0];
        assert_eq!((episode.onset, episode.nadir, episode.recovery), (0, 0, Some(1)));
    }
}

#[test]
fn a_fall_in_the_last_session_is_censored_by_what_ended_the_series() {
    let mut rule = Rule::new(Reference::Previous, Unit::Points, 1.0).unwrap();
    rule.repair = Repair::ReturnToReference(Tolerance::Points(0.0));
    for (ending, word) in [
        (Ending::Unknown, "censored"),
        (Ending::Ongoing, "censored-ongoing"),
        (Ending::PlannedEnd, "censored-planned-end"),
        (Ending::DroppedOut, "censored-dropout"),
    ] {
        let series = one(&[5.0, 5.0, 5.0, 3.0]).with_endings(vec![ending]).unwrap();
        let found = detect(&series, &rule);
        assert_eq!(found.episodes[0].resolution, Resolution::Censored(Censoring::End(ending)));
        assert_eq!(found.episodes[0].resolution.as_str(), word);
        assert_eq!(found.dyads[0].class, ClientClass::Undecided);
        // An episode that could end is not censored, whatever ended the series.
        let passed = one(&[5.0, 3.0, 3.0, 3.0, 3.0]).with_endings(vec![ending]).unwrap();
        assert_eq!(detect(&passed, &rule).episodes[0].resolution, Resolution::Unrepaired);
    }
}

#[test]
fn ties_at_the_nadir_go_to_the_earliest_with_a_gap_between_them_too() {
    let mut rule = Rule::new(Reference::Previous, Unit::Points, 1.0).unwrap();
    rule.repair = Repair::ReturnToReference(Tolerance::Points(0.0));
    let tied = detect(&one(&[5.0, 3.5, 3.0, GAP, 3.0, 3.0, 5.0]), &rule);
    assert_eq!((tied.episodes[0].nadir, tied.episodes[0].recovery), (2, Some(6)));
}

#[test]
fn a_gap_inside_an_episode_bridges_breaks_or_is_filled() {
    let scores = [5.0, 5.0, 3.0, GAP, 5.0, 5.0];
    let mut rule = Rule::new(Reference::Previous, Unit::Points, 1.0).unwrap();
    rule.repair = Repair::ReturnToReference(Tolerance::Points(0.0));
    let episode = |gaps| {
        let mut rule = rule;
        rule.gaps = gaps;
        detect(&one(&scores), &rule).episodes[0]
    };
    for gaps in [Gaps::Bridge, Gaps::Interpolate] {
        let whole = episode(gaps);
        assert_eq!((whole.recovery, whole.length()), (Some(4), 2), "a missing session counts as one");
    }
    let broken = episode(Gaps::Break);
    assert_eq!((broken.recovery, broken.last), (None, 2));
    assert_eq!(broken.resolution, Resolution::Censored(Censoring::Gap));
}

#[test]
fn infinite_scores_are_refused() {
    for infinite in [f64::INFINITY, f64::NEG_INFINITY] {
        let refused = Series::new(vec![5.0, infinite], vec![0, 2], scale()).unwrap_err();
        assert_eq!(refused.code(), "not-finite");
        assert!(refused.to_string().contains("rows 1"), "{refused}");
    }
}
