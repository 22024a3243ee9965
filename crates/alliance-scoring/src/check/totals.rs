//! Totals that somebody else computed, and the key they used.

use alliance_instruments::Scale;

use super::finding::{Finding, FindingCode, Severity, rows_in_words};
use super::form::Form;
use super::key_changes::{Effect, Growth, Steps};
use crate::error::Place;
use crate::{Column, Metric};

/// Totals of one scale that somebody else computed: sums, means or percentages of the maximum possible.
#[derive(Debug, Clone)]
pub struct Totals<'a> {
    /// Name of the scale.
    pub scale: String,
    /// One total per form, in the rows of the answers.
    pub column: Column<'a>,
}

/// The units that totals may be in, and what they are called. On a tie the first is taken.
const METRICS: [(Metric, &str); 3] =
    [(Metric::Sum, "sums"), (Metric::Mean, "means"), (Metric::Pomp, "percentages of the maximum possible")];

/// How far a total may be from what a key gives, relative to it (and absolutely, below 1).
const TOLERANCE: f64 = 1e-6;

/// Share of the totals that a change of the key must reproduce to be reported.
const REPRODUCED_SHARE: f64 = 0.95;

/// Most changes reported for one column of totals.
const MOST_CHANGES: usize = 5;

/// After this many forms the changes that can no longer reach the share are given up.
const FORMS_BETWEEN_SIEVES: usize = 256;

/// The comparison of one column of totals with the key and with every small change of it.
pub(super) struct Comparison<'a> {
    scale: &'a Scale,
    column: &'a str,
    range: (f64, f64),
    /// Numbers that mean "missing" and cannot be totals.
    missing_codes: Vec<f64>,
    steps: Steps,
    /// Per metric, the rows that the key does not reproduce.
    missed: [Place; METRICS.len()],
    /// Forms with a total and all items of the scale.
    compared: usize,
    /// Misses at which a change is out, whatever follows.
    most_misses: f64,
    candidates: Vec<Candidate>,
}

/// A change of the key, for totals in one metric.
struct Candidate {
    effect: Effect,
    /// Position in [`METRICS`].
    metric: usize,
    reproduced: usize,
}

impl<'a> Comparison<'a> {
    /// `None` where the range, the reversed items or the columns of the scale are not known.
    pub(super) fn new(form: &Form<'_>, scale: &'a Scale, column: &'a Column<'_>) -> Option<Self> {
        let (min, max) = form.range?;
        let columns = form.columns_of(&scale.items);
        if columns.len() != scale.items.len() {
            return None;
        }
        let items = columns.len() as f64;
        let (lowest, highest) = (0.0_f64.min(min).min(items * min), 100.0_f64.max(max).max(items * max));
        // A declared 9 means a missing answer, but 9 may be a total.
        let missing_codes = form
            .options
            .missing_codes
            .iter()
            .copied()
            .filter(|code| !(lowest..=highest).contains(code))
            .collect();
        let steps = Steps::new(columns, form.turned.as_ref()?, min + max);
        let candidates = steps
            .effects()
            .into_iter()
            .flat_map(|effect| {
                (0..METRICS.len()).map(move |metric| Candidate { effect, metric, reproduced: 0 })
            })
            .collect();
        Some(Self {
            scale,
            column: column.name(),
            range: (min, max),
            missing_codes,
            steps,
            missed: std::array::from_fn(|_| Place::in_column(column.name())),
            compared: 0,
            most_misses: (1.0 - REPRODUCED_SHARE) * column.len() as f64,
            candidates,
        })
    }

    /// Compares one form's total.
    pub(super) fn add(&mut self, row: usize, answers: &[f64], total: f64) {
        if !total.is_finite() || self.missing_codes.contains(&total) {
            return;
        }
        let sum = self.steps.read(answers);
        if sum.is_nan() {
            return;
        }
        self.compared += 1;
        // The sums that the total stands for: per metric, with one item fewer, as many, and one more.
        let items = self.steps.items();
        let sums = METRICS.map(|(metric, _)| {
            [items - 1, items, items + 1].map(|items| as_sum(metric, total, items as f64, self.range))
        });
        for (missed, sums) in self.missed.iter_mut().zip(&sums) {
            if !agree(sums[1], sum) {
                missed.add(row);
            }
        }
        for candidate in &mut self.candidates {
            let size = match candidate.effect.growth {
                Growth::Smaller => 0,
                Growth::Same => 1,
                Growth::Larger => 2,
            };
            let changed = sum + self.steps.difference(&candidate.effect);
            if sums.get(candidate.metric).is_some_and(|sums| agree(sums[size], changed)) {
                candidate.reproduced += 1;
            }
        }
        if self.compared.is_multiple_of(FORMS_BETWEEN_SIEVES) {
            let (compared, most) = (self.compared, self.most_misses);
            self.candidates.retain(|candidate| (compared - candidate.reproduced) as f64 <= most);
        }
    }

    pub(super) fn findings(mut self) -> Vec<Finding> {
        let compared = self.compared;
        let title = &self.scale.title;
        if compared == 0 {
            let message = format!(
                "{title}: no row of column `{}` has a total together with all {} items of `{}`, so nothing was compared",
                self.column,
                self.scale.items.len(),
                self.scale.name
            );
            return vec![self.finding(FindingCode::TotalsNotCompared, Severity::Note, message)];
        }
        let metric = self.metric();
        let (missed, unit) = match (self.missed.get(metric), METRICS.get(metric)) {
            (Some(missed), Some((_, unit))) => (missed.clone(), *unit),
            _ => return Vec::new(),
        };
        let by_key = compared - missed.count;
        if by_key == compared {
            let message =
                format!("{title}: the key reproduces {by_key} of {compared} totals; they are {unit}");
            let finding = self.finding(FindingCode::TotalsReproduced, Severity::Note, message);
            return vec![finding.counting(compared)];
        }
        self.candidates.retain(|candidate| {
            let share = candidate.reproduced as f64 / compared as f64;
            candidate.metric == metric && candidate.reproduced > by_key && share >= REPRODUCED_SHARE
        });
        // The sort is stable: of equals the simplest comes first.
        self.candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.reproduced));
        let best = self.candidates.first().map_or(0, |candidate| candidate.reproduced);
        if best == compared {
            self.candidates.retain(|candidate| candidate.reproduced == compared);
        }
        if best == 0 {
            let message = format!(
                "{title}: the key reproduces {by_key} of {compared} totals, read as {unit}, and no single change of it \
                 reproduces most of them; see {}. Totals may be rounded, prorated, of another range or of a key that \
                 differs in more than one place",
                rows_in_words(&missed)
            );
            return vec![self.finding(FindingCode::TotalsDiffer, Severity::Warning, message).at(&missed)];
        }
        let others = self.candidates.len().saturating_sub(MOST_CHANGES);
        let caution = if others > 0 {
            format!(" {others} further changes do as well; more forms would tell them apart.")
        } else {
            String::new()
        };
        let chosen = self.candidates.iter().take(MOST_CHANGES);
        chosen
            .map(|candidate| {
                let change = candidate.effect.change;
                let message = format!(
                    "{title}: the key reproduces {by_key} of {compared} totals; {} reproduces {} of {compared}. They are \
                     {unit}.{caution} Compare both keys with the printed form; `with_key` states another one",
                    change.in_words(),
                    candidate.reproduced,
                );
                let finding = self.finding(FindingCode::KeyVariant, Severity::Warning, message);
                finding.at(&missed).of_items(change.items())
            })
            .collect()
    }

    /// The metric in which the key, or else a change of it, reproduces most totals.
    fn metric(&self) -> usize {
        let reproduced = |metric: usize| {
            let by_key = self.missed.get(metric).map_or(0, |missed| self.compared - missed.count);
            let by_changes = self.candidates.iter().filter(|candidate| candidate.metric == metric);
            (by_changes.map(|candidate| candidate.reproduced).max().unwrap_or(0).max(by_key), by_key)
        };
        // `max_by_key` takes the last of equals; reversed, that is the first metric.
        (0..METRICS.len()).rev().max_by_key(|metric| reproduced(*metric)).unwrap_or(0)
    }

    fn finding(&self, code: FindingCode, severity: Severity, message: String) -> Finding {
        Finding::new(code, severity, message).in_column(self.column).of_scale(&self.scale.name)
    }
}

/// The sum of `items` answers that a total in this metric stands for.
fn as_sum(metric: Metric, total: f64, items: f64, (min, max): (f64, f64)) -> f64 {
    match metric {
        Metric::Sum => total,
        Metric::Mean => total * items,
        Metric::Pomp => (min + total / 100.0 * (max - min)) * items,
    }
}

fn agree(given: f64, computed: f64) -> bool {
    // False for NaN: a change that needs a missing answer reproduces nothing.
    (given - computed).abs() <= TOLERANCE * given.abs().max(1.0)
}
