//! Studies whose rule is no preset, and why.

use serde::Deserialize;

use crate::RuptureError;

const FILE: &str = include_str!("../../data/studies-without-preset.toml");

/// A study whose way of finding ruptures could not be read, or is no rule on scores.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct StudyWithoutPreset {
    /// Authors and year.
    pub name: String,
    /// Digital object identifier, if known.
    pub doi: Option<String>,
    /// What was read, and how.
    pub known: String,
    /// What a preset would need.
    pub missing: String,
    /// What is here instead; empty if nothing is.
    pub instead: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    study: Vec<StudyWithoutPreset>,
}

/// Studies without a preset: a threshold without a source does not exist here.
///
/// # Errors
///
/// `invalid-preset` if the list that comes with the crate is malformed, which a test rules out.
pub fn studies_without_preset() -> Result<Vec<StudyWithoutPreset>, RuptureError> {
    toml::from_str(FILE).map(|file: File| file.study).map_err(|error| RuptureError::InvalidPreset {
        id: "studies-without-preset".into(),
        problem: error.to_string(),
    })
}
