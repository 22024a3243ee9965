//! How often an indicator occurs: counts by hand, and its chance rate against simulated sessions.

#![allow(clippy::unwrap_used, clippy::panic)]

use alliance_ruptures::occurrence::Occurrence;
use alliance_statistics::Generator;
use proptest::prelude::*;

/// The check of section 6: at 19 % missed visits, 97 % of clients miss one in 16.
#[test]
fn nineteen_percent_of_sixteen_visits() {
    let (clients, visits) = (25, 16);
    // 76 of 400 are 19 %, however they are spread.
    let missed: Vec<Option<bool>> = (0..clients * visits).map(|visit| Some(visit < 76)).collect();
    let offsets: Vec<usize> = (0..=clients).map(|client| client * visits).collect();
    let found = Occurrence::of(&missed, &offsets).unwrap();
    assert_eq!(found.rate(), 0.19);
    assert!((found.chance - (1.0 - 0.81_f64.powi(16))).abs() < 1e-12);
    assert_eq!((100.0 * found.chance).round(), 97.0);
    // All of them fell on five clients, so far fewer have one than chance would give.
    assert_eq!((found.clients, found.clients_with), (25, 5));
}

#[test]
fn by_hand() {
    let sessions = [Some(true), None, Some(false), Some(true), None, None, Some(false)];
    let found = Occurrence::of(&sessions, &[0, 4, 6, 6, 7]).unwrap();
    assert_eq!((found.known, found.with, found.clients, found.clients_with), (4, 2, 2, 1));
    // Three sessions and one, at one half: the mean of 7/8 and 1/2.
    assert_eq!(found.chance, f64::midpoint(0.875, 0.5));
}

#[test]
fn nothing_always_and_never() {
    for (sessions, offsets) in [(&[][..], &[0][..]), (&[None, None], &[0, 1, 2])] {
        let found = Occurrence::of(sessions, offsets).unwrap();
        assert_eq!((found.known, found.clients), (0, 0));
        assert!(found.rate().is_nan() && found.chance.is_nan());
    }
    let of = |has| Occurrence::of(&[Some(has); 3], &[0, 1, 3]).unwrap();
    assert_eq!((of(true).rate(), of(true).chance), (1.0, 1.0));
    assert_eq!((of(false).rate(), of(false).chance), (0.0, 0.0));
    for offsets in [&[][..], &[0], &[0, 2], &[1, 3], &[0, 2, 1, 3]] {
        assert_eq!(Occurrence::of(&[None; 3], offsets).unwrap_err().code(), "invalid-offsets");
    }
}

/// Sessions that do fall independently: the share of clients with one is the chance rate, within its error.
#[test]
fn independent_sessions_give_the_chance_rate() {
    let mut generator = Generator::stream(7, 0);
    for rate in [0.02, 0.19, 0.6] {
        let (mut sessions, mut offsets) = (Vec::new(), vec![0]);
        for _ in 0..20_000 {
            let visits = 1 + generator.below(20);
            sessions.extend((0..visits).map(|_| Some(generator.bernoulli(rate))));
            offsets.push(sessions.len());
        }
        let found = Occurrence::of(&sessions, &offsets).unwrap();
        let share = found.clients_with as f64 / found.clients as f64;
        let error = (found.chance * (1.0 - found.chance) / found.clients as f64).sqrt();
        assert!((share - found.chance).abs() < 4.0 * error, "{rate}: {share} beside {}", found.chance);
    }
}

proptest! {
    #[test]
    fn any_sound_runs_are_counted(runs in proptest::collection::vec(proptest::collection::vec(any::<Option<bool>>(), 0..9), 0..9)) {
        let sessions: Vec<Option<bool>> = runs.concat();
        let mut offsets = vec![0];
        for run in &runs {
            offsets.push(offsets[offsets.len() - 1] + run.len());
        }
        let found = Occurrence::of(&sessions, &offsets).unwrap();
        prop_assert_eq!(found.known, sessions.iter().flatten().count());
        prop_assert!(found.clients_with <= found.clients && found.with <= found.known);
        prop_assert!(found.chance.is_nan() == (found.clients == 0));
        prop_assert!(found.chance.is_nan() || (0.0..=1.0).contains(&found.chance));
        // The order within a client is nothing, nor is a client of whom nothing is known.
        let mut turned: Vec<Option<bool>> = runs.iter().flat_map(|run| run.iter().rev()).copied().collect();
        turned.push(None);
        offsets.push(turned.len());
        let other = Occurrence::of(&turned, &offsets).unwrap();
        prop_assert_eq!(format!("{found:?}"), format!("{other:?}"));
    }

    #[test]
    fn any_input_is_answered(
        sessions in proptest::collection::vec(any::<Option<bool>>(), 0..9), offsets in proptest::collection::vec(0_usize..12, 0..6)
    ) {
        let _ = Occurrence::of(&sessions, &offsets);
    }
}
