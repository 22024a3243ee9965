//! What the checks know about the form that the columns are answers to.

use alliance_instruments::{Instrument, catalog};

use super::range::usual_missing_code;
use crate::{AlreadyReversed, Entry, ScoringOptions};

/// The form as the caller's options read it.
pub(super) struct Form<'a> {
    pub(super) instrument: &'a Instrument,
    pub(super) options: &'a ScoringOptions,
    /// Number of columns, one per item.
    pub(super) columns: usize,
    /// Lowest and highest answer.
    pub(super) range: Option<(f64, f64)>,
    /// Per column, whether its answers are turned round; `None` where the reversed items are not known.
    pub(super) turned: Option<Vec<bool>>,
    /// Catalog forms of the same family, rater and number of items.
    pub(super) alike: Vec<&'static Instrument>,
    /// Lowest and highest answer of this form and those alike.
    plausible: Option<(f64, f64)>,
}

impl<'a> Form<'a> {
    pub(super) fn new(instrument: &'a Instrument, options: &'a ScoringOptions, columns: usize) -> Self {
        let range = instrument.response().map(|response| (response.min, response.max));
        let alike: Vec<&Instrument> = catalog()
            .iter()
            .filter(|other| {
                other.family() == instrument.family()
                    && other.rater() == instrument.rater()
                    && instrument.item_count().is_some()
                    && other.item_count() == instrument.item_count()
            })
            .collect();
        let plausible = range.map(|(min, max)| {
            alike
                .iter()
                .filter_map(|other| other.response())
                .fold((min, max), |(low, high), other| (low.min(other.min), high.max(other.max)))
        });
        let turned = turned(instrument, options, columns);
        Self { instrument, options, columns, range, turned, alike, plausible }
    }

    /// An answer as the checks of whole forms take it: NaN where missing, infinite where it cannot be an answer to
    /// this form or one alike.
    ///
    /// Answers that only a form alike admits are kept, because they are what tells the two apart.
    pub(super) fn usable(&self, answer: f64) -> f64 {
        if answer.is_nan() || self.options.missing_codes.contains(&answer) {
            return f64::NAN;
        }
        let possible = match (self.range, self.plausible) {
            (Some((min, max)), _) if (min..=max).contains(&answer) => true,
            (_, Some((low, high))) => (low..=high).contains(&answer) && usual_missing_code(answer).is_none(),
            _ => true,
        };
        if possible { answer } else { f64::INFINITY }
    }

    /// 1 for an item, -1 for one whose answers are turned round.
    pub(super) fn signs(&self) -> Option<Vec<f64>> {
        Some(self.turned.as_ref()?.iter().map(|turned| if *turned { -1.0 } else { 1.0 }).collect())
    }

    /// Per column, whether its answers had been reversed before they came here.
    pub(super) fn already_reversed(&self) -> Vec<bool> {
        marks(self.columns, |item| is_already_reversed(self.instrument, self.options, item))
    }

    /// Columns of item numbers.
    pub(super) fn columns_of(&self, items: &[u16]) -> Vec<usize> {
        items
            .iter()
            .filter_map(|item| usize::from(*item).checked_sub(1))
            .filter(|column| *column < self.columns)
            .collect()
    }
}

/// The number of the item in a column.
pub(super) fn item_in(column: usize) -> u16 {
    u16::try_from(column + 1).unwrap_or(u16::MAX)
}

/// Per column, whether the form's key and the options together turn its answers round: once if
/// the item is reversed and not already so, once if it was typed in by position and is printed highest first.
pub(super) fn turned(instrument: &Instrument, options: &ScoringOptions, columns: usize) -> Option<Vec<bool>> {
    let reversed = instrument.reversed()?;
    let by_position = options.entry == Entry::Position;
    Some(marks(columns, |item| {
        let to_reverse = reversed.contains(&item) && !is_already_reversed(instrument, options, item);
        to_reverse != (by_position && instrument.printed_backwards().contains(&item))
    }))
}

fn is_already_reversed(instrument: &Instrument, options: &ScoringOptions, item: u16) -> bool {
    let reversed = instrument.reversed().is_some_and(|reversed| reversed.contains(&item));
    match &options.already_reversed {
        AlreadyReversed::Nothing => false,
        AlreadyReversed::All => reversed,
        AlreadyReversed::Items(items) => reversed && items.contains(&item),
    }
}

fn marks(columns: usize, is_marked: impl Fn(u16) -> bool) -> Vec<bool> {
    (0..columns).map(|column| is_marked(item_in(column))).collect()
}
