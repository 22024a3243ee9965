//! The scorer: one form and one set of options, ready to score.

use alliance_instruments::Instrument;

use crate::check::range::classify;
use crate::coding::{AnyCoding, Coding};
use crate::error::{LeftOut, Place};
use crate::kernel::{self, ScaleCounts, ScaleOutput};
use crate::plan::{Plan, ScoredScale};
use crate::spread::SpreadSums;
use crate::{Column, ItemSpread, Scores, ScoringError, ScoringOptions};

/// Scores one form's answers, a batch of columns or one form at a time, with the same numbers.
///
/// ```
/// use alliance_scoring::{FormScore, Scorer, ScoringOptions};
///
/// let form = alliance_instruments::instrument("wai-sr-client")?;
/// let scorer = Scorer::new(&form, &ScoringOptions::default())?;
/// let mut scores = vec![FormScore::default(); scorer.scales().len()];
/// let answers = [4.0, 5.0, 3.0, 4.0, 4.0, 5.0, 5.0, 3.0, 4.0, 4.0, 5.0, 4.0];
/// scorer.score_form(&answers, &mut scores)?;
/// let bond = scorer.position("bond").and_then(|bond| scores.get(bond));
/// assert_eq!(bond.map(|score| score.mean), Some(4.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Scorer {
    instrument: Instrument,
    plan: Plan,
}

/// One scale's score of one form.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct FormScore {
    /// Mean of the items on the response scale; NaN where there is no score.
    pub mean: f64,
    /// How many items of the scale are answered.
    pub answered: u16,
}

/// What a batch gave besides the scores, one element per scale.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BatchSummary {
    /// How many forms were scored, prorated and not scored.
    pub counts: Vec<ScaleCounts>,
    /// Spread of the items within a form; NaN unless prorating was allowed and 30 forms are complete.
    pub spread: Vec<ItemSpread>,
}

impl Scorer {
    /// A scorer for a form.
    ///
    /// # Errors
    ///
    /// `key-needed`, `unverified-key` or `range-needed` where the key does not suffice,
    /// `unknown-scale`, `invalid-option` and `legal-missing-code` for options that do not fit the form.
    pub fn new(instrument: &Instrument, options: &ScoringOptions) -> Result<Self, ScoringError> {
        Ok(Self { plan: Plan::new(instrument, options)?, instrument: instrument.clone() })
    }

    /// The form.
    pub fn instrument(&self) -> &Instrument {
        &self.instrument
    }

    /// The scales that are scored, in the order of the results.
    pub fn scales(&self) -> &[ScoredScale] {
        &self.plan.scored
    }

    /// The scales that are left out because their key is not sufficiently attested.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.plan.left_out
    }

    /// Position of a scale among the results.
    pub fn position(&self, scale: &str) -> Option<usize> {
        self.plan.scored.iter().position(|scored| scored.name == scale)
    }

    /// Number of items, which is the number of columns or answers expected.
    pub fn item_count(&self) -> usize {
        self.plan.item_count
    }

    /// Lowest and highest answer.
    pub fn range(&self) -> (f64, f64) {
        (self.plan.min, self.plan.max)
    }

    fn coding(&self) -> AnyCoding<'_> {
        AnyCoding::of(self.plan.min, self.plan.max, self.plan.step, &self.plan.missing_codes)
    }

    /// Scores one form: `answers[i]` is the answer to item `i + 1`, NaN where missing.
    ///
    /// Allocates nothing unless it fails. Scales come in the order of [`scales`](Self::scales);
    /// a shorter `scores` receives the first of them.
    ///
    /// # Errors
    ///
    /// `wrong-column-count`, or what is wrong with an answer; the message calls item 3 `item_3`.
    pub fn score_form(&self, answers: &[f64], scores: &mut [FormScore]) -> Result<(), ScoringError> {
        if answers.len() != self.plan.item_count {
            return Err(self.wrong_count(answers.len()));
        }
        let fits = match self.coding() {
            AnyCoding::Points(points) => self.score_one(points, answers, scores),
            AnyCoding::Line(line) => self.score_one(line, answers, scores),
        };
        if fits { Ok(()) } else { Err(self.what_is_wrong_with_form(answers)) }
    }

    fn score_one<C: Coding>(&self, coding: C, answers: &[f64], scores: &mut [FormScore]) -> bool {
        scores.fill(FormScore::default());
        for group in &self.plan.groups {
            let mut sum = C::Sum::default();
            let mut answered = 0;
            for item in &group.items {
                let Some(answer) = answers.get(*item) else { continue };
                if answer.is_nan() || self.plan.missing_codes.contains(answer) {
                    continue;
                }
                let Some(code) = coding.encode(*answer) else { return false };
                sum += coding.keyed(code, 1, group.turned);
                answered += 1;
            }
            // Until the end `mean` holds the sum above the lowest answers.
            let above_min = C::above_min(sum);
            for scale in &group.scales {
                if let Some(score) = scores.get_mut(*scale) {
                    score.mean += above_min;
                    score.answered += answered;
                }
            }
        }
        for (position, scale) in self.plan.scales.iter().enumerate() {
            let has_empty_part = scale.parts.iter().any(|part| !self.has_answer(part, answers));
            let Some(score) = scores.get_mut(position) else { break };
            let enough = score.answered >= u16::from(scale.required) && !has_empty_part;
            score.mean = if enough {
                coding.total(score.mean, score.answered as u8) / f64::from(score.answered)
            } else {
                f64::NAN
            };
        }
        true
    }

    /// Whether some item of these groups is answered.
    fn has_answer(&self, groups: &[usize], answers: &[f64]) -> bool {
        let items =
            groups.iter().filter_map(|group| self.plan.groups.get(*group)).flat_map(|group| &group.items);
        items
            .filter_map(|item| answers.get(*item))
            .any(|answer| !answer.is_nan() && !self.plan.missing_codes.contains(answer))
    }

    /// Scores columns of answers: `columns[i]` holds the answers to item `i + 1`.
    ///
    /// # Errors
    ///
    /// What [`score_into`](Self::score_into) says.
    pub fn score(&self, columns: &[Column<'_>]) -> Result<Scores, ScoringError> {
        let rows = columns.first().map_or(0, Column::len);
        let scales = self.plan.scored.len();
        let mut means = vec![0.0; rows * scales];
        let mut answered = vec![0; rows * scales];
        let outputs = if rows == 0 {
            (0..scales).map(|_| ScaleOutput::new(&mut [], &mut [])).collect()
        } else {
            let each = means.chunks_mut(rows).zip(answered.chunks_mut(rows));
            each.map(|(mean, answered)| ScaleOutput::new(mean, answered)).collect()
        };
        let summary = self.score_into(columns, outputs, None)?;
        Ok(Scores::new(self, rows, means, answered, summary))
    }

    /// Scores columns of answers into the caller's memory, one output per scale.
    ///
    /// `threads`: how many; `None` uses one below 100 000 rows and all cores above.
    /// The numbers are the same for any number.
    ///
    /// # Errors
    ///
    /// `wrong-column-count` and `length-mismatch` for columns that do not fit the form or each other;
    /// `out-of-range`, `undeclared-missing-code`, `off-step`, `not-finite` or `text-answer` for the first
    /// column with such answers, after which the outputs hold nothing of use; `invalid-option` for
    /// outputs of another number or length.
    pub fn score_into(
        &self,
        columns: &[Column<'_>],
        outputs: Vec<ScaleOutput<'_>>,
        threads: Option<usize>,
    ) -> Result<BatchSummary, ScoringError> {
        if columns.len() != self.plan.item_count {
            return Err(self.wrong_count(columns.len()));
        }
        let rows = columns.first().map_or(0, Column::len);
        if let Some(column) = columns.iter().find(|column| column.len() != rows) {
            return Err(ScoringError::LengthMismatch {
                column: column.name().to_owned(),
                expected: rows,
                found: column.len(),
            });
        }
        let fits = |output: &ScaleOutput<'_>| {
            let bits = output.defined.as_ref().is_none_or(|bits| bits.len() == rows.div_ceil(8));
            output.mean.len() == rows && output.answered.len() == rows && bits
        };
        if outputs.len() != self.plan.scored.len() || !outputs.iter().all(fits) {
            return Err(ScoringError::InvalidOption {
                option: "outputs",
                problem: format!("{} outputs of {rows} rows are needed", self.plan.scored.len()),
            });
        }
        let (outcome, unit) = match self.coding() {
            AnyCoding::Points(points) => {
                (kernel::run(&self.plan, points, columns, rows, outputs, threads), points.unit())
            }
            AnyCoding::Line(line) => {
                (kernel::run(&self.plan, line, columns, rows, outputs, threads), line.unit())
            }
        };
        if outcome.stray {
            return Err(self.what_is_wrong(columns));
        }
        Ok(BatchSummary {
            counts: outcome.counts,
            spread: SpreadSums::estimate(&self.plan, &outcome.sums, unit),
        })
    }

    fn wrong_count(&self, found: usize) -> ScoringError {
        ScoringError::WrongColumnCount {
            instrument: self.instrument.id().to_owned(),
            expected: self.plan.item_count,
            found,
        }
    }

    /// The first thing wrong with the answers, in the order of the items.
    fn what_is_wrong(&self, columns: &[Column<'_>]) -> ScoringError {
        let used = |item: &usize| self.plan.groups.iter().any(|group| group.items.contains(item));
        let problems =
            (0..columns.len()).filter(used).filter_map(|item| columns.get(item)).filter_map(|column| {
                classify(column, &self.instrument, &self.plan.missing_codes).into_error(&self.instrument)
            });
        let mut problems = problems;
        // The kernel has seen a stray answer, so there is one to be found.
        problems.next().unwrap_or_else(|| ScoringError::NotFinite { place: Place::in_column("") })
    }

    fn what_is_wrong_with_form(&self, answers: &[f64]) -> ScoringError {
        let names: Vec<String> = (1..=answers.len()).map(|item| format!("item_{item}")).collect();
        let columns: Vec<Column<'_>> = names
            .iter()
            .zip(answers.chunks(1))
            .map(|(name, answer)| Column::new(name, vec![answer.into()]))
            .collect();
        self.what_is_wrong(&columns)
    }
}
