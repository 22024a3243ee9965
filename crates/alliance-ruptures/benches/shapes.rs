//! Shapes of courses: curves for a large sample, and Ward's clustering at two sizes.

#![allow(clippy::unwrap_used)]

use alliance_ruptures::shape::{CourseShape, ShapeDesign, cluster, shapes};
use alliance_ruptures::simulate::Simulation;
use alliance_ruptures::{ScoreScale, Series};
use divan::Bencher;
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

fn series(dyads: usize) -> Series {
    let clinic = Simulation::new(dyads, 20).run(1).unwrap();
    Series::new(clinic.client, clinic.offsets, ScoreScale::new(1.0, 7.0).unwrap()).unwrap()
}

/// A curve through each of 100 000 courses of 20 sessions.
#[divan::bench]
fn curves(bencher: Bencher) {
    let series = series(100_000);
    bencher.counter(ItemsCount::new(series.len())).bench(|| shapes(&series, ShapeDesign::AllSessions));
}

/// Three clusters of so many clients; the time grows with the square of their number.
#[divan::bench(args = [1_000, 10_000], sample_count = 5)]
fn ward(bencher: Bencher, clients: usize) {
    let shapes: Vec<CourseShape> = shapes(&series(clients), ShapeDesign::AllSessions).unwrap();
    bencher.counter(ItemsCount::new(clients)).bench(|| cluster(&shapes, 3));
}
