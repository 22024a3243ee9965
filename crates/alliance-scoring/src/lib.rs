#![doc = include_str!("../README.md")]

pub mod check;
mod coding;
mod column;
mod duplicates;
mod error;
mod kernel;
mod labels;
mod options;
mod plan;
mod scorer;
mod scores;
mod spread;

pub use check::{Finding, FindingCode, Severity, Totals, check};
pub use column::{AnswerSource, Answers, Chunk, Column, Strided, Validity};
pub use duplicates::{FormGroups, MISSING_ID, Rows, group_forms};
pub use error::{LeftOut, Place, ScoringError};
pub use kernel::{ScaleCounts, ScaleOutput};
pub use labels::Labels;
pub use options::{AlreadyReversed, Entry, Metric, MissingRule, ScoringOptions, Unverified};
pub use plan::ScoredScale;
pub use scorer::{BatchSummary, FormScore, Scorer};
pub use scores::{Scores, Status};
pub use spread::ItemSpread;
