#![doc = include_str!("../README.md")]

pub mod coders;
mod columns;
mod distributions;
mod error;
mod estimate;
pub mod form;
pub mod icc;
mod linear;
mod vectors;

pub use columns::Columns;
pub use error::PsychometricsError;
pub use estimate::{Estimate, Interval, Level, Status};
