//! How far scores of repeated sessions can be trusted: between clients, and for the changes within them.
//!
//! The same answers give several reliabilities, one for each question; every [`Estimate`](crate::Estimate) says of
//! which level it speaks.
//!
//! | question | function |
//! |---|---|
//! | Do items agree about a client's level, and about their changes? | [`nested_generalizability`] (sessions not aligned between clients: the usual case), [`crossed_generalizability`] (all clients at the same sessions) |
//! | The same as alpha | [`multilevel_alpha`] |
//! | How much of a session score is the client, how much the therapist? | [`session_icc`] |
//! | How many sessions, how many items for .80? | [`NestedGeneralizability::decision_study`], [`sessions_needed`](NestedGeneralizability::sessions_needed), [`items_needed`](NestedGeneralizability::items_needed) |
//! | Do scores of two sessions agree? | [`stability`] |
//! | Whose ratings are more stable, the client's or the therapist's? | [`rater_contrast`] |

mod alpha;
mod components;
mod contrast;
mod crossed;
mod decision;
mod icc;
mod nested;
mod stability;
mod table;
mod variances;

pub use alpha::{MultilevelAlpha, multilevel_alpha};
pub use contrast::{Contrast, RaterContrast, rater_contrast};
pub use crossed::{CrossedGeneralizability, crossed_generalizability};
pub use decision::{DecisionRow, spearman_brown, times_needed};
pub use icc::{SessionIcc, session_icc};
pub use nested::{ItemMeans, NestedGeneralizability, nested_generalizability};
pub use stability::{Stability, stability};
pub use table::SessionTable;
