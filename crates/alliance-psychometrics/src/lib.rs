#![doc = include_str!("../README.md")]

mod bootstrap;
mod columns;
mod distributions;
pub mod dyads;
mod error;
mod estimate;
mod groups;
mod least_squares;
mod linear;
pub mod mixed;
pub mod sessions;

pub use bootstrap::Bootstrap;
pub use columns::Columns;
pub use error::PsychometricsError;
pub use estimate::{Estimate, Interval, Level, Status};
pub use least_squares::FTest;
