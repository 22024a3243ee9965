//! How often a rule would fire if nothing had happened, and rules set to a wanted rate.
//!
//! Rates hold under a stated model without ruptures, [`NullModel`], fitted to the user's own data. They are the flag rate
//! *if nothing had happened, under this model*: not the share of flags that are false.

mod calibrate;
mod draw;
mod error;
mod falls;
mod fit;
mod innovations;
mod model;
mod options;
mod rate;
mod summary;
mod tally;

pub use calibrate::{Calibration, Depths, Per, Recall, calibrate};
pub use error::ChanceError;
pub use falls::Falls;
pub use fit::Fit;
pub use model::{NullModel, NullParameters};
pub use options::ChanceOptions;
pub use rate::{ChanceRate, Estimate, chance_rate, chance_rates};
