//! What can be wrong with an instrument or its name.

use thiserror::Error;

/// Why an instrument could not be had.
///
/// The messages may quote an instrument file, never anyone's answers.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InstrumentError {
    /// The text is not TOML of the instrument schema.
    #[error("this is not an instrument file: {problem}")]
    InvalidToml {
        /// What the parser said.
        problem: String,
    },
    /// The parts of the file contradict each other.
    #[error("instrument `{id}`, {part}: {problem}")]
    InvalidInstrument {
        /// Id given in the file.
        id: String,
        /// Part of the file, such as `scales.goal`.
        part: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// No form has this name.
    #[error("the catalog has no instrument `{name}`. {}", suggest(nearest))]
    UnknownInstrument {
        /// Name that was asked for.
        name: String,
        /// Ids spelled most like it.
        nearest: Vec<String>,
    },
    /// Several forms go by this name.
    #[error("`{name}` can mean {}. {difference}", alternatives(forms))]
    AmbiguousInstrument {
        /// Name that was asked for.
        name: String,
        /// Ids of the forms people confuse.
        forms: Vec<String>,
        /// How they differ.
        difference: String,
    },
}

impl InstrumentError {
    /// Stable code, listed in `crates/errors.toml`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidToml { .. } => "invalid-toml",
            Self::InvalidInstrument { .. } => "invalid-instrument",
            Self::UnknownInstrument { .. } => "unknown-instrument",
            Self::AmbiguousInstrument { .. } => "ambiguous-instrument",
        }
    }
}

fn suggest(nearest: &[String]) -> String {
    if nearest.is_empty() {
        "List the ids with the catalog.".into()
    } else {
        format!("Did you mean {}?", alternatives(nearest))
    }
}

fn alternatives(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|name| format!("`{name}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}
