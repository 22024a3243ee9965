//! Sudden gains and sudden losses: large, stable changes between two neighbouring sessions.
//!
//! The rule is that of Tang and DeRubeis (1999, doi:10.1037/0022-006X.67.6.894) with the
//! published variants as options: see [`SuddenOptions`]. A shift lies between session N and
//! session N + 1, both observed. Its three criteria:
//!
//! 1. *size*: the change is at least the cut-off, in points;
//! 2. *proportion*: it is at least a share, 25 % by default, of the score in session N;
//! 3. *stability*: the sessions before and after differ by more than they fluctuate.
//!
//! A rupture that is over after one session is not a sudden loss: the third criterion excludes
//! it. Sudden shifts and V-shaped episodes are complementary answers.
//!
//! As a [`Detector`](crate::Detector), a rule flags session N + 1 with session N as its reference, and a reversal
//! repairs the episode.
//!
//! By default the rule is corrected; [`Compat::SuddenGains072`] gives the answers of the R
//! package `suddengains` 0.7.2 with its quirks.

// DeRubeis is a person, not an identifier.
#![allow(clippy::doc_markdown)]

mod criteria;
mod events;
mod judge;
mod options;
mod reliable;
mod rule;

pub use criteria::{Criterion, Interval, Unassessable};
pub use events::{Choose, IntervalCounts, ProportionStatus, Reversed, SuddenShift, SuddenShifts};
pub use options::{Compat, CriticalT, ShiftDirection, Stability, SuddenOptions};
pub use reliable::{ReliableChange, reliable_change_cutoff};
pub use rule::SuddenRule;
