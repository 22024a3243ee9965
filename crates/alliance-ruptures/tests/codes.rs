//! Coders' rows to sessions: by hand, against a slow twin, in any order.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use alliance_ruptures::codes::{CodeRows, Combine, Family, Found, RuptureType, SessionCodes, combine_codes};
use proptest::prelude::*;

const NONE: Option<Family> = None;
const AWAY: Option<Family> = Some(Family::Withdrawal);
const AGAINST: Option<Family> = Some(Family::Confrontation);
const OTHER: Option<Family> = Some(Family::Other);
const HALF: Combine = Combine::Mean { share: 0.5 };

/// Session, coder, segment, marker, significance, resolution.
type Row = (u32, u32, Option<u32>, Option<Family>, f64, f64);

fn combine(rows: &[Row], combine: Combine) -> Result<Vec<Option<SessionCodes>>, &'static str> {
    let sessions: Vec<u32> = rows.iter().map(|row| row.0).collect();
    let coders: Vec<u32> = rows.iter().map(|row| row.1).collect();
    let segments: Vec<Option<u32>> = rows.iter().map(|row| row.2).collect();
    let markers: Vec<Option<Family>> = rows.iter().map(|row| row.3).collect();
    let significance: Vec<f64> = rows.iter().map(|row| row.4).collect();
    let resolution: Vec<f64> = rows.iter().map(|row| row.5).collect();
    let rows = CodeRows {
        sessions: &sessions,
        coders: Some(&coders),
        segments: Some(&segments),
        markers: &markers,
        significance: Some(&significance),
        resolution: Some(&resolution),
    };
    combine_codes(&rows, combine).map_err(|error| error.code())
}

/// Rows without segments and ratings.
fn plain(rows: &[(u32, u32, Option<Family>)]) -> Vec<Row> {
    rows.iter().map(|row| (row.0, row.1, None, row.2, f64::NAN, f64::NAN)).collect()
}

#[test]
fn by_hand() {
    let nan = f64::NAN;
    let rows = [
        // Coder 7 sees two withdrawals and a strategy in two segments, coder 9 nothing.
        (0, 7, Some(1), AWAY, 3.0, nan),
        (0, 7, Some(1), AWAY, 4.0, nan),
        (0, 7, Some(2), OTHER, nan, 2.0),
        (0, 9, Some(1), NONE, nan, 4.0),
        // Coded by one; nothing found.
        (1, 9, Some(1), NONE, nan, nan),
        // Both see a confrontation, one a withdrawal besides.
        (2, 7, None, AGAINST, 5.0, nan),
        (2, 9, None, AGAINST, 1.0, nan),
        (2, 9, None, AWAY, 2.0, nan),
    ];
    let found = combine(&rows, HALF).unwrap();
    let [Some(first), Some(second), Some(third)] = found[..] else { panic!("three sessions are coded") };
    assert_eq!((first.coders, first.segments), (2, 2));
    assert_eq!((first.withdrawal.markers, first.withdrawal.coders), (1.0, 0.5));
    assert_eq!(first.other_markers, 0.5);
    assert_eq!(first.found(), Found { withdrawal: true, confrontation: false });
    // Each coder's mean counts once: 3.5 for one coder; 2 and 4 for two.
    assert_eq!((first.significance, first.resolution), (3.5, 3.0));
    assert_eq!((second.coders, second.segments), (1, 1));
    assert_eq!(second.found(), Found::default());
    assert!(second.significance.is_nan() && second.resolution.is_nan());
    assert_eq!((third.coders, third.segments), (2, 0));
    assert_eq!(third.found(), Found { withdrawal: true, confrontation: true });
    assert_eq!(third.significance, 3.25);
}

#[test]
fn the_share_is_of_coders_not_of_markers() {
    // One of three coders marks ten times.
    let mut rows = plain(&[(0, 1, NONE), (0, 2, NONE)]);
    rows.extend(plain(&[(0, 3, AWAY); 10]));
    for (share, expected) in
        [(0.1, true), (0.333_333_333_3, true), (1.0 / 3.0, true), (0.34, false), (1.0, false)]
    {
        let found = combine(&rows, Combine::Mean { share }).unwrap()[0].unwrap();
        assert_eq!(found.withdrawal.is_found, expected, "{share}");
        assert!((found.withdrawal.markers - 10.0 / 3.0).abs() < 1e-12);
    }
}

#[test]
fn a_consensus_has_one_coder() {
    let one_each = plain(&[(0, 1, AWAY), (0, 1, AGAINST), (1, 2, NONE)]);
    let found = combine(&one_each, Combine::Consensus).unwrap();
    assert_eq!(found[0].unwrap().found(), Found { withdrawal: true, confrontation: true });
    let mut two = one_each.clone();
    two.extend(plain(&[(1, 3, NONE), (1, 3, AWAY)]));
    assert_eq!(combine(&two, Combine::Consensus), Err("several-coders"));
    assert!(combine(&two, HALF).is_ok());
}

#[test]
fn the_refusal_counts_sessions_and_names_rows() {
    let sessions = [0, 0, 1, 1, 1];
    let rows = CodeRows {
        sessions: &sessions,
        coders: Some(&[982_451_653, 5, 5, 5, 6]),
        segments: None,
        markers: &[NONE; 5],
        significance: None,
        resolution: None,
    };
    let message = combine_codes(&rows, Combine::Consensus).unwrap_err().to_string();
    assert_eq!(
        message,
        "2 sessions have codes of more than one coder (rows 1, 4); a consensus is one coding per session"
    );
    assert!(!format!("{rows:?}").contains("982451653"));
}

#[test]
fn without_coders_all_rows_are_one_coders() {
    let rows = CodeRows {
        sessions: &[0, 0],
        coders: None,
        segments: None,
        markers: &[AWAY, NONE],
        significance: None,
        resolution: None,
    };
    for combine in [Combine::Consensus, Combine::Mean { share: 1.0 }] {
        let found = combine_codes(&rows, combine).unwrap()[0].unwrap();
        assert_eq!((found.coders, found.withdrawal.coders, found.significance.is_nan()), (1, 1.0, true));
    }
}

#[test]
fn what_is_refused() {
    let one = plain(&[(0, 1, AWAY)]);
    for share in [0.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
        assert_eq!(combine(&one, Combine::Mean { share }), Err("invalid-option"), "{share}");
    }
    assert_eq!(combine(&plain(&[(4, 1, AWAY)]), HALF), Err("invalid-option"));
    assert_eq!(combine(&plain(&[(u32::MAX, 1, AWAY)]), HALF), Err("invalid-option"));
    assert_eq!(combine(&[(0, 1, None, AWAY, f64::INFINITY, 1.0)], HALF), Err("not-finite"));
    assert_eq!(combine(&[(0, 1, None, AWAY, 1.0, f64::NEG_INFINITY)], HALF), Err("not-finite"));
    let uneven = CodeRows {
        sessions: &[0, 0],
        coders: Some(&[1]),
        segments: None,
        markers: &[NONE, NONE],
        significance: None,
        resolution: None,
    };
    assert_eq!(combine_codes(&uneven, HALF).unwrap_err().code(), "length-mismatch");
    assert_eq!(combine(&[], HALF), Ok(vec![]));
}

#[test]
fn a_session_number_without_a_row_is_not_coded() {
    let found = combine(&plain(&[(2, 1, AWAY), (0, 1, NONE), (2, 1, NONE)]), HALF).unwrap();
    assert!(found[0].is_some() && found[1].is_none() && found[2].is_some());
}

#[test]
fn types_by_hand() {
    let found = |withdrawal, confrontation| Some(Found { withdrawal, confrontation });
    for (sessions, expected) in [
        (vec![], None),
        (vec![None, None], None),
        (vec![None, found(false, false)], Some("unclassified")),
        (vec![found(true, false), None], Some("withdrawal")),
        (vec![found(false, false), found(false, true)], Some("confrontation")),
        (vec![found(true, true)], Some("mixed")),
        (vec![found(true, false), None, found(false, true)], Some("mixed")),
    ] {
        assert_eq!(RuptureType::of(sessions).map(RuptureType::as_str), expected);
    }
}

/// Coders, segments, markers of each family, what was found, significance and resolution.
type Session = (usize, usize, [f64; 3], [bool; 2], [f64; 2]);

/// The same answer from sets and maps, session by session and coder by coder.
fn slow(rows: &[Row], share: f64) -> BTreeMap<u32, Session> {
    let mut sessions = BTreeMap::new();
    for session in rows.iter().map(|row| row.0).collect::<BTreeSet<_>>() {
        let own: Vec<&Row> = rows.iter().filter(|row| row.0 == session).collect();
        let coders: BTreeSet<u32> = own.iter().map(|row| row.1).collect();
        let segments: BTreeSet<u32> = own.iter().filter_map(|row| row.2).collect();
        let of = |coder: u32| own.iter().copied().filter(move |row| row.1 == coder);
        let each = coders.len() as f64;
        let markers = [AWAY, AGAINST, OTHER]
            .map(|family| own.iter().filter(|row| row.3 == family).count() as f64 / each);
        let is_found = [AWAY, AGAINST].map(|family| {
            let finders = coders.iter().filter(|coder| of(**coder).any(|row| row.3 == family)).count();
            finders > 0 && finders as f64 >= share * each - 1e-9
        });
        let rating = |value: fn(&Row) -> f64| {
            let means = coders.iter().filter_map(|coder| {
                let given: Vec<f64> = of(*coder).map(value).filter(|rating| !rating.is_nan()).collect();
                (!given.is_empty()).then(|| given.iter().sum::<f64>() / given.len() as f64)
            });
            let means: Vec<f64> = means.collect();
            means.iter().sum::<f64>() / means.len() as f64
        };
        let ratings = [rating(|row| row.4), rating(|row| row.5)];
        sessions.insert(session, (coders.len(), segments.len(), markers, is_found, ratings));
    }
    sessions
}

fn row() -> impl Strategy<Value = Row> {
    let marker = prop_oneof![Just(NONE), Just(AWAY), Just(AGAINST), Just(OTHER)];
    let rating =
        || prop_oneof![1 => Just(f64::NAN), 2 => (1_i32..=50).prop_map(|tenths| f64::from(tenths) / 10.0)];
    let segment = proptest::option::weighted(0.8, 0_u32..4);
    (0_u32..6, 0_u32..4, segment, marker, rating(), rating())
}

fn close(found: f64, expected: f64) -> bool {
    found.is_nan() && expected.is_nan() || (found - expected).abs() < 1e-12
}

/// Rows whose sessions are numbered without leaving any out; a second number for the session each had before.
fn numbered(rows: &[Row]) -> Vec<Row> {
    let used: BTreeSet<u32> = rows.iter().map(|row| row.0).collect();
    let number = |session: u32| used.iter().position(|used| *used == session).unwrap() as u32;
    rows.iter().map(|row| (number(row.0), row.1, row.2, row.3, row.4, row.5)).collect()
}

/// As text, NaN equals NaN.
fn as_text(found: &[Option<SessionCodes>]) -> String {
    format!("{found:?}")
}

proptest! {
    #[test]
    fn the_slow_twin_agrees(rows in proptest::collection::vec(row(), 0..40), tenths in 1_u32..=10) {
        let rows = numbered(&rows);
        let share = f64::from(tenths) / 10.0;
        let found = combine(&rows, Combine::Mean { share }).unwrap();
        let expected = slow(&rows, share);
        prop_assert_eq!(found.len(), expected.len());
        for (session, expected) in expected {
            let found = found[session as usize].unwrap();
            prop_assert_eq!((found.coders, found.segments), (expected.0, expected.1));
            let markers = [found.withdrawal.markers, found.confrontation.markers, found.other_markers];
            prop_assert!(markers.iter().zip(expected.2).all(|(found, expected)| close(*found, expected)));
            prop_assert_eq!([found.withdrawal.is_found, found.confrontation.is_found], expected.3);
            prop_assert!(close(found.significance, expected.4[0]) && close(found.resolution, expected.4[1]));
        }
    }

    /// The order of rows and the numbers of coders and segments mean nothing, to the last bit.
    #[test]
    fn order_and_names_mean_nothing(
        (rows, shuffled) in proptest::collection::vec(row(), 0..40)
            .prop_map(|rows| numbered(&rows))
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        let whole = combine(&rows, HALF).unwrap();
        prop_assert_eq!(as_text(&whole), as_text(&combine(&shuffled, HALF).unwrap()));
        let renamed: Vec<Row> =
            rows.iter().map(|row| (row.0, 90 - row.1, row.2.map(|it| 7 * it), row.3, row.4, row.5)).collect();
        prop_assert_eq!(as_text(&whole), as_text(&combine(&renamed, HALF).unwrap()));
    }

    /// Removing a session's rows makes it unknown and changes no other.
    #[test]
    fn sessions_stand_alone(rows in proptest::collection::vec(row(), 1..40), gone in 0_u32..6) {
        let rows = numbered(&rows);
        let whole = combine(&rows, HALF).unwrap();
        let last = whole.len() as u32 - 1;
        let gone = gone.min(last);
        let rest: Vec<Row> = rows.iter().filter(|row| row.0 != gone).copied().collect();
        if let Ok(found) = combine(&rest, HALF) {
            for (session, found) in found.iter().enumerate() {
                let expected = if session as u32 == gone { None } else { whole[session] };
                prop_assert_eq!(as_text(&[*found]), as_text(&[expected]));
            }
        }
    }

    /// More agreement asked for never finds more.
    #[test]
    fn a_larger_share_finds_less(rows in proptest::collection::vec(row(), 0..40), low in 0.01_f64..1.0, more in 0.0_f64..1.0) {
        let rows = numbered(&rows);
        let high = low + more * (1.0 - low);
        let lenient = combine(&rows, Combine::Mean { share: low }).unwrap();
        let strict = combine(&rows, Combine::Mean { share: high }).unwrap();
        for (lenient, strict) in lenient.iter().flatten().zip(strict.iter().flatten()) {
            prop_assert!(lenient.withdrawal.is_found || !strict.withdrawal.is_found);
            prop_assert!(lenient.confrontation.is_found || !strict.confrontation.is_found);
        }
    }

    /// Whatever is given, there is an answer or an error.
    #[test]
    fn any_input_is_answered(
        sessions in proptest::collection::vec(prop_oneof![0_u32..4, any::<u32>()], 0..9),
        coders in proptest::collection::vec(any::<u32>(), 0..9), ratings in proptest::collection::vec(any::<f64>(), 0..9),
        share in any::<f64>(), consensus in any::<bool>(),
    ) {
        let markers = vec![AWAY; sessions.len()];
        let whole = |length: usize| length == sessions.len();
        let rows = CodeRows {
            sessions: &sessions,
            coders: Some(&coders[..]).filter(|coders| whole(coders.len()) || consensus),
            segments: None,
            markers: &markers,
            significance: Some(&ratings[..]).filter(|ratings| whole(ratings.len()) || consensus),
            resolution: None,
        };
        let _ = combine_codes(&rows, if consensus { Combine::Consensus } else { Combine::Mean { share } });
    }
}
