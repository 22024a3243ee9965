#![doc = include_str!("../README.md")]

pub mod accuracy;
pub mod agreement;
pub mod chance;
pub mod charts;
pub mod codes;
mod courses;
pub mod detector;
pub mod discrepancy;
mod error;
pub mod live;
pub mod occurrence;
#[cfg(feature = "presets")]
mod preset;
pub mod rule;
pub mod segments;
mod series;
pub mod shape;
pub mod simulate;
pub mod sudden;

pub use courses::{Appointment, Courses, SessionState};
pub use detector::{Detection, DetectionCounts, Detector, DyadDetection, NotAssessed, detect, detect_with};
pub use error::RuptureError;
#[cfg(feature = "presets")]
pub use preset::{
    Citation, Preset, Provenance, StudyWithoutPreset, preset, preset_ids, preset_pages, scale_misfit,
    studies_without_preset,
};
pub use rule::{
    Censoring, ClientClass, Comparison, Episode, EpisodeRule, Gaps, Overlap, Reference, Repair, Resolution,
    Rule, Shape, Spread, Tolerance, Unit,
};
pub use series::{Ending, Orientation, ScoreScale, Series};
