//! Sources, and the evidence level computed from them.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of document a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SourceKind {
    /// A form or manual printed by the scale's own author.
    AuthorForm,
    /// An article, table or manual that was read.
    Publication,
    /// An abstract.
    Abstract,
    /// A web page, a vendor's note, a lexicon.
    Document,
    /// Public source code.
    Code,
    /// A data set.
    Data,
    /// Computed from other parts of this catalog; no source prints it.
    Derivation,
    /// Recalled by the compiler; no located source.
    Recollection,
    /// Supplied by the caller of the library.
    Caller,
}

impl SourceKind {
    /// The word used in catalog files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorForm => "author-form",
            Self::Publication => "publication",
            Self::Abstract => "abstract",
            Self::Document => "document",
            Self::Code => "code",
            Self::Data => "data",
            Self::Derivation => "derivation",
            Self::Recollection => "recollection",
            Self::Caller => "caller",
        }
    }

    /// Whether such a source was located and attests something by itself.
    fn attests(self) -> bool {
        !matches!(self, Self::Derivation | Self::Recollection)
    }
}

/// How much of a source was read when the catalog entry was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReadExtent {
    /// All of it.
    Whole,
    /// The opening pages.
    Opening,
    /// The abstract.
    Abstract,
    /// An excerpt.
    Excerpt,
    /// The title.
    Title,
    /// Nothing: recalled, derived or supplied by the caller.
    NotRead,
}

impl ReadExtent {
    /// The extent in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Opening => "opening",
            Self::Abstract => "abstract",
            Self::Excerpt => "excerpt",
            Self::Title => "title",
            Self::NotRead => "not read",
        }
    }
}

/// One source that a part of an instrument refers to by its `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Source {
    /// Name within the file.
    pub id: String,
    /// Kind of document.
    pub kind: SourceKind,
    /// Sources with the same origin count once: code and data of one project, say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// What it is.
    pub title: String,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How much of it was read.
    pub read: ReadExtent,
}

/// How well a part of an instrument, or a score, is attested.
///
/// Levels are ordered; a score has the lowest level of the parts it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Level {
    /// No key was found; the caller has to supply it.
    KeyNeeded,
    /// Derived, contested or recalled: refused unless explicitly accepted.
    Unverified,
    /// One independent source.
    SingleSource,
    /// Two or more independent sources, or the author's own form.
    Attested,
}

impl Level {
    /// All levels, weakest first.
    pub const ALL: [Self; 4] = [Self::KeyNeeded, Self::Unverified, Self::SingleSource, Self::Attested];

    /// The word used in results and guides.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeyNeeded => "key-needed",
            Self::Unverified => "unverified",
            Self::SingleSource => "single-source",
            Self::Attested => "attested",
        }
    }

    /// Whether a score of this level is computed without being asked for.
    pub fn suffices(self) -> bool {
        self >= Self::SingleSource
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The level of one part with the sources it was computed from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evidence {
    /// Computed level.
    pub level: Level,
    /// Ids of the sources that support the part.
    pub sources: Vec<String>,
    /// Ids of the sources that say otherwise.
    pub disputed_by: Vec<String>,
    /// What a reader of the part should know.
    pub note: Option<String>,
}

impl Evidence {
    pub(crate) fn of_absent_part() -> Self {
        Self { level: Level::KeyNeeded, sources: Vec::new(), disputed_by: Vec::new(), note: None }
    }

    /// Computes the level of a part.
    ///
    /// Contested parts are unverified. An author's own form attests alone;
    /// otherwise independent origins are counted, and derivations and
    /// recollections count for nothing.
    pub(crate) fn of_part(
        sources: &[String],
        disputed_by: &[String],
        note: Option<&String>,
        register: &[Source],
    ) -> Self {
        let cited = || register.iter().filter(|source| sources.contains(&source.id));
        let origins: BTreeSet<&str> = cited()
            .filter(|source| source.kind.attests())
            .map(|source| source.origin.as_deref().unwrap_or(&source.id))
            .collect();
        let level = if !disputed_by.is_empty() {
            Level::Unverified
        } else if origins.len() >= 2 || cited().any(|source| source.kind == SourceKind::AuthorForm) {
            Level::Attested
        } else if origins.len() == 1 {
            Level::SingleSource
        } else {
            Level::Unverified
        };
        Self { level, sources: sources.to_vec(), disputed_by: disputed_by.to_vec(), note: note.cloned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(id: &str, kind: SourceKind, origin: Option<&str>) -> Source {
        Source {
            id: id.into(),
            kind,
            origin: origin.map(Into::into),
            title: id.into(),
            address: None,
            read: ReadExtent::Whole,
        }
    }

    fn level(kinds: &[(SourceKind, Option<&str>)], disputed: bool) -> Level {
        let register: Vec<Source> = kinds
            .iter()
            .enumerate()
            .map(|(index, (kind, origin))| source(&format!("s{index}"), *kind, *origin))
            .collect();
        let ids: Vec<String> = register.iter().map(|s| s.id.clone()).collect();
        let disputed_by: &[String] = if disputed { &ids } else { &[] };
        Evidence::of_part(&ids, disputed_by, None, &register).level
    }

    #[test]
    fn an_authors_form_attests_alone() {
        assert_eq!(level(&[(SourceKind::AuthorForm, None)], false), Level::Attested);
    }

    #[test]
    fn two_sources_of_one_origin_are_one_source() {
        let same = [(SourceKind::Code, Some("repo")), (SourceKind::Data, Some("repo"))];
        assert_eq!(level(&same, false), Level::SingleSource);
        let apart = [(SourceKind::Code, Some("repo")), (SourceKind::Data, None)];
        assert_eq!(level(&apart, false), Level::Attested);
    }

    #[test]
    fn recollection_and_derivation_attest_nothing() {
        let kinds = [(SourceKind::Recollection, None), (SourceKind::Derivation, None)];
        assert_eq!(level(&kinds, false), Level::Unverified);
        assert_eq!(level(&[], false), Level::Unverified);
    }

    #[test]
    fn a_dispute_outweighs_any_support() {
        assert_eq!(
            level(&[(SourceKind::AuthorForm, None), (SourceKind::Code, None)], true),
            Level::Unverified
        );
    }
}
