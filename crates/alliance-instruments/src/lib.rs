#![doc = include_str!("../README.md")]

mod catalog;
mod error;
mod evidence;
mod files;
mod guide;
mod instrument;
mod key_hash;
mod sections;
mod validate;

pub use catalog::{catalog, ids, instrument};
pub use error::InstrumentError;
pub use evidence::{Evidence, Level, ReadExtent, Source, SourceKind};
pub use guide::{catalog_page, site_page};
pub use instrument::{Instrument, TOTAL};
pub use sections::{
    Aggregate, Code, Descriptives, Dimension, Disagreement, ItemSet, Items, Kind, Offered, Parent, Period,
    Rater, Reference, Reliability, Response, Rights, Scale, Statistic, Wording,
};
