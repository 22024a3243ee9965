#![doc = include_str!("../README.md")]

mod columns;
mod distributions;
mod error;
mod estimate;
mod groups;
mod linear;
pub mod mixed;

pub use columns::Columns;
pub use error::PsychometricsError;
pub use estimate::{Estimate, Interval, Level, Status};
