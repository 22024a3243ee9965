//! Change of single clients, and drops from session to session.

pub(crate) mod drops;
pub(crate) mod growth;
pub(crate) mod reliable;

use alliance_psychometrics::change::{ChangeClass, Direction};

/// Nothing is known of a row.
const UNKNOWN: u8 = 255;

fn place(class: Option<ChangeClass>) -> u8 {
    match class {
        Some(ChangeClass::Recovered) => 0,
        Some(ChangeClass::Improved) => 1,
        Some(ChangeClass::Unchanged) => 2,
        Some(ChangeClass::Deteriorated) => 3,
        None => UNKNOWN,
    }
}

fn direction(higher_is_better: bool) -> Direction {
    if higher_is_better { Direction::HigherIsBetter } else { Direction::LowerIsBetter }
}
