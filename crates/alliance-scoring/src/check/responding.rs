//! Forms that were answered in one stroke, or not at all.

use super::finding::{Finding, FindingCode, Severity, rows_in_words};
use super::form::Form;
use crate::Column;
use crate::error::Place;

/// Fewest items from which the same answer to all of them says something.
const FEWEST_ITEMS: usize = 6;

/// Straight-lined, all-maximum and empty forms. They are flagged, never dropped.
pub(super) struct Responding {
    range: Option<(f64, f64)>,
    turned: Option<Vec<bool>>,
    already_reversed: Vec<bool>,
    has_reversed_items: bool,
    missing: Place,
    partial: Place,
    /// Missing answers to each item, on forms with some answer.
    unanswered: Vec<usize>,
    straight: Place,
    /// How many of the straight-lined forms are also at the maximum.
    straight_at_maximum: usize,
    maximum: Place,
}

impl Responding {
    pub(super) fn new(form: &Form<'_>) -> Self {
        let place = || Place::in_column("");
        Self {
            range: form.range,
            turned: form.turned.clone(),
            already_reversed: form.already_reversed(),
            has_reversed_items: form.instrument.reversed().is_some_and(|reversed| !reversed.is_empty()),
            missing: place(),
            partial: place(),
            unanswered: Vec::new(),
            straight: place(),
            straight_at_maximum: 0,
            maximum: place(),
        }
    }

    pub(super) fn add(&mut self, row: usize, answers: &[f64]) {
        if answers.iter().all(|answer| answer.is_nan()) {
            self.missing.add(row);
            return;
        }
        if answers.iter().any(|answer| answer.is_nan()) {
            self.partial.add(row);
            self.unanswered.resize(answers.len(), 0);
            for (count, answer) in self.unanswered.iter_mut().zip(answers) {
                *count += usize::from(answer.is_nan());
            }
        }
        if !answers.iter().all(|answer| answer.is_finite()) {
            return;
        }
        let at_maximum = self.is_at_maximum(answers);
        if at_maximum {
            self.maximum.add(row);
        }
        if answers.len() >= FEWEST_ITEMS && self.is_straight(answers) {
            self.straight.add(row);
            self.straight_at_maximum += usize::from(at_maximum);
        }
    }

    /// The person gave one answer throughout: as on the form, before anybody reversed it.
    fn is_straight(&self, answers: &[f64]) -> bool {
        let mut given =
            answers.iter().zip(&self.already_reversed).map(|(answer, reversed)| match self.range {
                Some((min, max)) if *reversed => min + max - answer,
                _ => *answer,
            });
        let first = given.next();
        given.all(|answer| Some(answer) == first)
    }

    fn is_at_maximum(&self, answers: &[f64]) -> bool {
        let (Some((min, max)), Some(turned)) = (self.range, &self.turned) else { return false };
        answers.iter().zip(turned).all(|(answer, turned)| *answer == if *turned { min } else { max })
    }

    /// Forms that lack some answers: legal, but the reader has to choose what becomes of them.
    fn partly_answered(&self, columns: &[Column<'_>]) -> Option<Finding> {
        if self.partial.count == 0 {
            return None;
        }
        let total: usize = self.unanswered.iter().sum();
        let items: Vec<u16> =
            (1..).zip(&self.unanswered).filter(|(_, count)| **count > 0).map(|(item, _)| item).collect();
        let only = match items.as_slice() {
            [item] => columns.get(usize::from(*item) - 1).map(Column::name),
            _ => None,
        };
        let place = only.map_or_else(|| format!("{} items", items.len()), |name| format!("column `{name}`"));
        let answers =
            if total == 1 { "1 answer is missing" } else { &format!("{total} answers are missing") };
        let message = format!(
            "{answers} in {place}, on {} ({}); `missing` decides whether such a form is scored",
            forms(&self.partial),
            rows_in_words(&self.partial)
        );
        let mut finding =
            Finding::new(FindingCode::MissingAnswers, Severity::Note, message).at(&self.partial);
        finding.column = only.map(ToOwned::to_owned);
        finding.items = items;
        Some(finding)
    }

    pub(super) fn findings(&self, columns: &[Column<'_>]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.partly_answered(columns).into_iter().collect();
        if self.missing.count > 0 {
            let message = format!(
                "{} ({}) without any answer; if no form was filled in there, leave the rows out",
                forms(&self.missing),
                rows_in_words(&self.missing)
            );
            findings.push(Finding::new(FindingCode::AllMissing, Severity::Note, message).at(&self.missing));
        }
        if self.straight.count > 0 {
            let start = format!(
                "{} ({}) with the same answer to every item",
                forms(&self.straight),
                rows_in_words(&self.straight)
            );
            let severity = if self.has_reversed_items { Severity::Warning } else { Severity::Note };
            let end = if self.has_reversed_items {
                ", although some items are worded the other way round".to_owned()
            } else if self.straight_at_maximum > 0 {
                format!(", {} of them at the maximum, which is usually genuine", self.straight_at_maximum)
            } else {
                String::new()
            };
            let message = format!("{start}{end}. They are scored like any other");
            findings.push(Finding::new(FindingCode::StraightLine, severity, message).at(&self.straight));
        }
        if self.maximum.count > 0 {
            let message = format!(
                "{} ({}) with the highest keyed answer to every item. Usually genuine: such a form cannot show a rise, and \
                 is scored like any other",
                forms(&self.maximum),
                rows_in_words(&self.maximum)
            );
            findings.push(Finding::new(FindingCode::AllMaximum, Severity::Note, message).at(&self.maximum));
        }
        findings
    }
}

fn forms(place: &Place) -> String {
    if place.count == 1 { "1 form".into() } else { format!("{} forms", place.count) }
}
