#![doc = include_str!("../README.md")]

mod bootstrap;
pub mod change;
pub mod coders;
mod columns;
mod distributions;
pub mod dyads;
mod error;
mod estimate;
pub mod form;
mod groups;
pub mod icc;
mod least_squares;
mod linear;
pub mod mixed;
pub mod outcome;
pub mod sessions;
pub mod synthesis;
mod vectors;

pub use bootstrap::Bootstrap;
pub use columns::Columns;
pub use error::PsychometricsError;
pub use estimate::{Estimate, Interval, Level, Status};
pub use least_squares::FTest;
