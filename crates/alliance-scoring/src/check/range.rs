//! Answers that cannot be answers, one column at a time.

use alliance_instruments::{Instrument, Response};

use crate::coding::{AnyCoding, Coding};
use crate::error::Place;
use crate::{Column, ScoringError};

/// Numbers that are in common use for "missing". The only cell values a message may show.
pub(crate) const USUAL_MISSING_CODES: [i32; 7] = [0, 9, 99, 999, -9, -99, -999];

/// The usual missing code this number is, as its position in [`USUAL_MISSING_CODES`].
pub(super) fn usual_missing_code(answer: f64) -> Option<usize> {
    USUAL_MISSING_CODES.iter().position(|code| f64::from(*code) == answer)
}

/// What is wrong with the answers of one column.
pub(crate) struct ColumnProblems {
    /// Finite answers, whatever they are; declared missing codes are none.
    pub(crate) answers: usize,
    /// Outside the response range, and no usual missing code.
    pub(crate) out_of_range: Place,
    /// Each of [`USUAL_MISSING_CODES`] outside the response range.
    pub(crate) missing_codes: [Place; USUAL_MISSING_CODES.len()],
    /// Between two response points.
    pub(crate) off_step: Place,
    /// Infinite.
    pub(crate) not_finite: Place,
    /// Cells that are no known answer.
    pub(crate) text: Place,
    /// Lowest and highest of the answers in `out_of_range`. Cell values: for comparison, never for a message.
    extent: Option<(f64, f64)>,
}

impl ColumnProblems {
    fn none_in(column: &str) -> Self {
        let place = || Place::in_column(column);
        Self {
            answers: 0,
            out_of_range: place(),
            missing_codes: std::array::from_fn(|_| place()),
            off_step: place(),
            not_finite: place(),
            text: place(),
            extent: None,
        }
    }

    fn add_outside(&mut self, row: usize, answer: f64) {
        let code = usual_missing_code(answer).and_then(|code| self.missing_codes.get_mut(code));
        if let Some(place) = code {
            place.add(row);
            return;
        }
        self.out_of_range.add(row);
        let (low, high) = self.extent.unwrap_or((answer, answer));
        self.extent = Some((low.min(answer), high.max(answer)));
    }

    /// Each kind of problem as the error that scoring refuses with; what a reader can mend by a declaration comes first.
    pub(crate) fn into_errors(self, instrument: &Instrument) -> Vec<ScoringError> {
        let mut errors = Vec::new();
        let found = |place: &Place| place.count > 0;
        if found(&self.text) {
            errors.push(ScoringError::TextAnswer { place: self.text });
        }
        if let Some(Response { min, max, step, .. }) = instrument.response() {
            let (min, max) = (*min, *max);
            for (place, code) in self.missing_codes.into_iter().zip(USUAL_MISSING_CODES) {
                if found(&place) {
                    errors.push(ScoringError::OutOfRange { place, min, max, hint: Some(code) });
                }
            }
            if found(&self.out_of_range) {
                errors.push(ScoringError::OutOfRange { place: self.out_of_range, min, max, hint: None });
            }
            if let (Some(step), true) = (*step, found(&self.off_step)) {
                errors.push(ScoringError::OffStep { place: self.off_step, min, max, step });
            }
        }
        if found(&self.not_finite) {
            errors.push(ScoringError::NotFinite { place: self.not_finite });
        }
        errors
    }

    /// The first of [`into_errors`](Self::into_errors).
    pub(crate) fn into_error(self, instrument: &Instrument) -> Option<ScoringError> {
        self.into_errors(instrument).into_iter().next()
    }
}

/// Sorts the answers of a column by what is wrong with them.
///
/// An answer is wrong here exactly if the kernel refuses it: both ask the same coding.
pub(crate) fn classify(
    column: &Column<'_>,
    instrument: &Instrument,
    missing_codes: &[f64],
) -> ColumnProblems {
    let Some(response) = instrument.response() else {
        return sort_answers(column, missing_codes, None, |_| true);
    };
    let range = Some((response.min, response.max));
    match AnyCoding::of(response.min, response.max, response.step, &[]) {
        AnyCoding::Points(points) => {
            sort_answers(column, missing_codes, range, |answer| points.encode(answer).is_some())
        }
        AnyCoding::Line(line) => {
            sort_answers(column, missing_codes, range, |answer| line.encode(answer).is_some())
        }
    }
}

fn sort_answers(
    column: &Column<'_>,
    missing_codes: &[f64],
    range: Option<(f64, f64)>,
    is_answer: impl Fn(f64) -> bool,
) -> ColumnProblems {
    let mut problems = ColumnProblems::none_in(column.name());
    let reads_cells = column.reads_cells();
    column.for_each_block(|first, answers| {
        for (row, answer) in (first..).zip(answers.iter().copied()) {
            if answer.is_nan() || missing_codes.contains(&answer) {
                continue;
            }
            if reads_cells && answer == f64::INFINITY {
                problems.text.add(row);
            } else if answer.is_infinite() {
                problems.not_finite.add(row);
            } else {
                problems.answers += 1;
                match range {
                    Some((min, max)) if !is_answer(answer) => {
                        if (min..=max).contains(&answer) {
                            problems.off_step.add(row);
                        } else {
                            problems.add_outside(row, answer);
                        }
                    }
                    _ => {}
                }
            }
        }
    });
    problems
}

/// The answers of all columns together, counted by where they lie.
#[derive(Default)]
pub(super) struct Tally {
    /// Finite answers.
    answers: usize,
    /// Outside the range, and no usual missing code.
    outside: usize,
    /// Each usual missing code outside the range.
    missing_codes: [usize; USUAL_MISSING_CODES.len()],
    /// Lowest and highest of those outside. Cell values: never for a message.
    extent: Option<(f64, f64)>,
}

/// How many answers another range would admit besides those of the form's own.
pub(super) struct Fit {
    /// Answers outside the form's own range that the other range admits.
    pub(super) outside: usize,
    /// All answers but usual missing codes that lie outside both ranges.
    pub(super) answers: usize,
}

impl Tally {
    pub(super) fn add(&mut self, problems: &ColumnProblems) {
        self.answers += problems.answers;
        self.outside += problems.out_of_range.count;
        for (sum, place) in self.missing_codes.iter_mut().zip(&problems.missing_codes) {
            *sum += place.count;
        }
        self.extent = match (self.extent, problems.extent) {
            (Some((low, high)), Some((lower, higher))) => Some((low.min(lower), high.max(higher))),
            (one, other) => one.or(other),
        };
    }

    /// How well another range fits; `None` unless it admits every answer outside the form's own, of which there
    /// must be some besides usual missing codes.
    pub(super) fn fit(&self, min: f64, max: f64) -> Option<Fit> {
        let (low, high) = self.extent?;
        if low < min || high > max {
            return None;
        }
        let (mut outside, mut answers) = (self.outside, self.answers);
        for (count, code) in self.missing_codes.iter().zip(USUAL_MISSING_CODES) {
            if (min..=max).contains(&f64::from(code)) {
                outside += count;
            } else {
                answers -= count;
            }
        }
        Some(Fit { outside, answers })
    }

    /// Whether some answer outside the form's own range is above `value`.
    pub(super) fn reaches_above(&self, value: f64) -> bool {
        self.extent.is_some_and(|(_, high)| high > value)
    }
}
