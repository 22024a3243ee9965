#![doc = include_str!("../README.md")]

pub mod accuracy;
pub mod agreement;
pub mod chance;
pub mod charts;
pub mod detector;
mod error;
pub mod live;
#[cfg(feature = "presets")]
mod preset;
pub mod rule;
pub mod segments;
mod series;
pub mod simulate;
pub mod sudden;

pub use detector::{Detection, Detector, DyadDetection, NotAssessed, detect, detect_with};
pub use error::RuptureError;
#[cfg(feature = "presets")]
pub use preset::{Citation, Preset, Provenance, preset, preset_ids};
pub use rule::{
    ClientClass, Comparison, Episode, EpisodeRule, Gaps, Overlap, Reference, Repair, Resolution, Rule, Shape,
    Spread, Tolerance, Unit,
};
pub use series::{Orientation, ScoreScale, Series};
