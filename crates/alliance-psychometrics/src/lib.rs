#![doc = include_str!("../README.md")]

mod bootstrap;
pub mod change;
mod columns;
mod distributions;
mod error;
mod estimate;
mod groups;
mod linear;
pub mod mixed;
pub mod outcome;
pub mod sessions;
pub mod synthesis;

pub use bootstrap::Bootstrap;
pub use columns::Columns;
pub use error::PsychometricsError;
pub use estimate::{Estimate, Interval, Level, Status};
