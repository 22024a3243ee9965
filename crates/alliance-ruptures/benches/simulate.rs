//! A simulated clinic of 10 000 dyads x 16 sessions, and what it writes down.

#![allow(missing_docs, clippy::unwrap_used)]

use alliance_ruptures::simulate::{
    Attendance, Coding, ItemForm, PostSession, Rater, Simulated, Simulation, SymptomCourse,
};
use divan::{Bencher, counter::ItemsCount};

const SESSIONS: u32 = 160_000;

fn main() {
    divan::main();
}

fn form() -> ItemForm {
    ItemForm::new(12, 1.0, 5.0, 1.0)
}

fn simulation() -> Simulation {
    Simulation::new(10_000, 16).for_forms(&form(), &form()).unwrap()
}

fn clinic() -> Simulated {
    simulation().run(1).unwrap()
}

#[divan::bench]
fn scores(bencher: Bencher<'_, '_>) {
    let simulation = simulation();
    bencher.counter(ItemsCount::new(SESSIONS)).bench(|| simulation.run_with_threads(1, 1).unwrap());
}

#[divan::bench]
fn answers(bencher: Bencher<'_, '_>) {
    let (clinic, form) = (clinic(), form());
    bencher.counter(ItemsCount::new(SESSIONS)).bench(|| form.draw(&clinic, Rater::Client).unwrap());
}

#[divan::bench]
fn appointments(bencher: Bencher<'_, '_>) {
    let clinic = clinic();
    bencher.counter(ItemsCount::new(SESSIONS)).bench(|| Attendance::default().draw(&clinic).unwrap());
}

#[divan::bench]
fn self_reports(bencher: Bencher<'_, '_>) {
    let clinic = clinic();
    bencher.counter(ItemsCount::new(SESSIONS)).bench(|| PostSession::default().draw(&clinic).unwrap());
}

#[divan::bench]
fn codes(bencher: Bencher<'_, '_>) {
    let clinic = clinic();
    bencher.counter(ItemsCount::new(SESSIONS)).bench(|| Coding::default().draw(&clinic).unwrap());
}

#[divan::bench]
fn symptoms(bencher: Bencher<'_, '_>) {
    let clinic = clinic();
    bencher.counter(ItemsCount::new(SESSIONS)).bench(|| SymptomCourse::default().draw(&clinic).unwrap());
}
