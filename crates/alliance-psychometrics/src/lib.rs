#![doc = include_str!("../README.md")]

mod columns;
mod distributions;
mod error;
mod estimate;
pub mod form;
mod linear;

pub use columns::Columns;
pub use error::PsychometricsError;
pub use estimate::{Estimate, Interval, Level, Status};
