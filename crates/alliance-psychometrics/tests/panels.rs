//! The synthetic panels have the check-sums of the other languages.

mod common;

use common::{Lehmer, close, drop_a, panel_a, panel_b};

#[test]
fn the_generator_is_the_minimal_standard_one() {
    let mut random = Lehmer(1);
    for _ in 0..10_000 {
        random.uniform();
    }
    assert_eq!(random.0, 1_043_618_065);
}

#[test]
fn panel_a_has_its_check_sums() {
    let rows = panel_a();
    assert_eq!(rows.len(), 480);
    let sums = [0, 1, 2, 3].map(|item| rows.iter().map(|row| row.items[item]).sum::<f64>());
    assert_eq!(sums, [2701.0, 2565.0, 2470.0, 2514.0]);
    assert!(close(rows.iter().map(|row| row.rated).sum(), 2416.2681, 1e-12));
    assert!(close(rows.iter().map(|row| row.outcome).sum(), 9601.8570, 1e-12));
    let (first, last) = (&rows[0], &rows[479]);
    assert_eq!((first.items, first.rated, first.outcome), ([5.0, 4.0, 4.0, 4.0], 5.0570, 20.9380));
    assert_eq!((last.therapist, last.client, last.session), (10, 60, 8));
    assert_eq!((last.items, last.rated, last.outcome), ([5.0, 5.0, 5.0, 5.0], 4.8486, 18.5730));
}

#[test]
fn panel_b_has_its_check_sums() {
    let rows = panel_b();
    assert_eq!(rows.len(), 240);
    assert!(close(rows.iter().map(|row| row.2).sum(), 1225.4211, 1e-12));
    assert_eq!([rows[0].2, rows[1].2, rows[2].2], [6.5283, 8.6367, 7.4318]);
}

#[test]
fn drop_a_has_its_check_sums() {
    let rows = drop_a();
    assert_eq!((rows.len(), rows.iter().filter(|row| row.3).count()), (309, 31));
    assert!(close(rows.iter().map(|row| row.2).sum(), 12.3, 1e-9));
}
