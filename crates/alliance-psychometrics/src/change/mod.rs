//! Has a client changed, and is a session's drop more than usual?
//!
//! | question | piece |
//! |---|---|
//! | Is a change from before to after larger than error of measurement? | [`ReliableChange`] with one of six [`ChangeMethod`]s |
//! | Does a client's slope over three or more sessions differ from 0, or from the others'? | [`growth_change`] |
//! | Is this session lower than this client's sessions before it? | [`session_drops`] |
//! | How often does the first flag a client by chance if it is used for the third? | [`jacobson_truax_false_alarms`] |
//!
//! # Why Jacobson-Truax is no detector of session drops
//!
//! Its band holds error of measurement only. What a client's alliance usually does from one session to the next counts as
//! change: with alpha .90 and 65 % of the variance between clients, 15 % of the sessions and five clients of six are
//! flagged in twelve sessions in which nothing happens but this. A better questionnaire makes it worse. The default for
//! drops, [`DropThreshold::Fluctuation`], takes its unit from the client's own sessions instead.

mod cutoffs;
mod drops;
mod false_alarms;
mod growth;
mod method;
mod pairs;
mod reliable;
mod spread;

pub use cutoffs::{Cutoff, Cutoffs, ReferenceGroups, ScoreDistribution};
pub use drops::{
    ClientSpread, DropReference, DropRule, DropThreshold, SessionDrop, SessionDrops, session_drops,
};
pub use false_alarms::{FalseAlarms, jacobson_truax_false_alarms};
pub use growth::{ClientGrowth, GrowthChange, growth_change};
pub use method::{BaselineSample, ChangeMethod};
pub use pairs::{ScorePairs, ScoreSummary};
pub use reliable::{ClientChange, ReliableChange, ReliableChanges};

/// Which way a score gets better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Higher is better, as for the alliance.
    HigherIsBetter,
    /// Lower is better, as for symptoms.
    LowerIsBetter,
}

impl Direction {
    /// 1 or -1.
    pub(crate) fn sign(self) -> f64 {
        match self {
            Self::HigherIsBetter => 1.0,
            Self::LowerIsBetter => -1.0,
        }
    }
}

/// What a change amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeClass {
    /// Reliably better, and over the cut-off between two reference groups that the caller gave.
    Recovered,
    /// Reliably better.
    Improved,
    /// Not reliably different.
    Unchanged,
    /// Reliably worse.
    Deteriorated,
}

impl ChangeClass {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Improved => "improved",
            Self::Unchanged => "unchanged",
            Self::Deteriorated => "deteriorated",
        }
    }

    /// From an index beyond its critical value in the better direction, or in the other.
    pub(crate) fn of_index(index: f64, critical: f64, direction: Direction) -> Option<Self> {
        let better = index * direction.sign();
        match () {
            () if better.is_nan() => None,
            () if better > critical => Some(Self::Improved),
            () if better < -critical => Some(Self::Deteriorated),
            () => Some(Self::Unchanged),
        }
    }
}
