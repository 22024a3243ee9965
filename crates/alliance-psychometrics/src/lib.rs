#![doc = include_str!("../README.md")]

mod bootstrap;
pub mod coders;
pub mod change;
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
mod vectors;
pub mod synthesis;

pub use bootstrap::Bootstrap;
pub use columns::Columns;
pub use error::PsychometricsError;
pub use estimate::{Estimate, Interval, Level, Status};
pub use least_squares::FTest;
