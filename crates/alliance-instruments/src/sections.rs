//! The tables of a catalog file, as written there.
//!
//! They are readable through [`Instrument`](crate::Instrument), which has checked
//! them against each other; none of them can be built outside this crate.

use serde::{Deserialize, Serialize};

/// Who fills in the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rater {
    /// The client or patient.
    Client,
    /// The therapist.
    Therapist,
    /// A clinician of a community or hospital team.
    Clinician,
    /// An observer of sessions.
    Observer,
    /// A parent or other caregiver.
    Caregiver,
    /// A partner in couple therapy.
    Partner,
    /// A therapist in supervision.
    Supervisee,
    /// A treatment team.
    Team,
}

impl Rater {
    /// The word used in ids and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Therapist => "therapist",
            Self::Clinician => "clinician",
            Self::Observer => "observer",
            Self::Caregiver => "caregiver",
            Self::Partner => "partner",
            Self::Supervisee => "supervisee",
            Self::Team => "team",
        }
    }
}

/// What sort of instrument a form is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// People answer its items about their own therapy.
    Questionnaire,
    /// A judge gives scale values to a session.
    Rating,
    /// A coder marks events in a session.
    CodingSystem,
}

impl Kind {
    /// The kind in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Questionnaire => "questionnaire",
            Self::Rating => "rating",
            Self::CodingSystem => "coding system",
        }
    }
}

/// The period the answers refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Period {
    /// The session just held.
    ThisSession,
    /// The therapy so far.
    Overall,
    /// No source that was read says.
    Unknown,
}

impl Period {
    /// The period in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ThisSession => "this session",
            Self::Overall => "the therapy so far",
            Self::Unknown => "not stated in what was read",
        }
    }
}

/// The dimension of the alliance a scale measures, where its source names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Dimension {
    /// Agreement on goals.
    Goal,
    /// Agreement on tasks.
    Task,
    /// The bond.
    Bond,
}

impl Dimension {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Goal => "goal",
            Self::Task => "task",
            Self::Bond => "bond",
        }
    }
}

/// How a form's author reports a scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Aggregate {
    /// Mean of the items.
    Mean,
    /// Sum of the items.
    Sum,
    /// Each rating is reported alone.
    Separate,
}

impl Aggregate {
    /// The word used in catalog files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Sum => "sum",
            Self::Separate => "separate",
        }
    }
}

/// When a scale is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Offered {
    /// Unless other scales are asked for.
    #[default]
    ByDefault,
    /// Only when asked for: it is not one of the author's own scales.
    ByName,
}

impl Offered {
    // serde hands fields over by reference.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn is_default(&self) -> bool {
        *self == Self::ByDefault
    }
}

macro_rules! record {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident : $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        #[non_exhaustive]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }
    };
}

/// A part of the key: a table with its own sources.
macro_rules! part {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident : $type:ty,)* }) => {
        record! {
            $(#[$meta])*
            $name {
                $($(#[$field_meta])* $field: $type,)*
                /// Ids of the sources that support this part.
                sources: Vec<String>,
                /// Ids of the sources that say otherwise.
                #[serde(default, skip_serializing_if = "Vec::is_empty")]
                disputed_by: Vec<String>,
                /// What a reader of this part should know.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                note: Option<String>,
            }
        }

        impl $name {
            pub(crate) fn evidence(&self, register: &[crate::Source]) -> crate::Evidence {
                crate::Evidence::of_part(&self.sources, &self.disputed_by, self.note.as_ref(), register)
            }
        }
    };
}

part! {
    /// How many items the form has, with neutral topics of our own for them.
    Items {
        /// Number of items, 1 to 255.
        count: u16,
        /// One topic of at most six words per item, or none at all. Never the item's wording.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        labels: Vec<String>,
    }
}

part! {
    /// The response scale of every item.
    Response {
        /// Lowest answer.
        min: f64,
        /// Highest answer.
        max: f64,
        /// Distance of neighbouring answers; absent for a visual analogue line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<f64>,
        /// Words of the response points, lowest first, or none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        anchors: Vec<String>,
    }
}

part! {
    /// A set of item numbers.
    ItemSet {
        /// Item numbers, counted from 1.
        items: Vec<u16>,
    }
}

part! {
    /// How the form's author reports a scale.
    Statistic {
        /// Mean, sum or separate.
        value: Aggregate,
    }
}

part! {
    /// One scale: a score and the items it is made of.
    Scale {
        /// Name in kebab-case; `total` covers all items.
        name: String,
        /// Name in words.
        title: String,
        /// Dimension of the alliance, where the source names one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dimension: Option<Dimension>,
        /// Item numbers, counted from 1.
        items: Vec<u16>,
        /// When it is scored.
        #[serde(default, skip_serializing_if = "Offered::is_default")]
        offered: Offered,
    }
}

record! {
    /// What a coder marks, in a coding system.
    Code {
        /// Name in kebab-case.
        name: String,
        /// Family of codes, such as withdrawal or confrontation.
        family: String,
        /// Group within the family.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// Ids of the sources that list it.
        sources: Vec<String>,
    }
}

record! {
    /// The primary citation.
    Reference {
        /// `Last, F. and Last, F.`
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authors: Option<String>,
        /// Year of publication.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        year: Option<u16>,
        /// Title of the work.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// Journal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        journal: Option<String>,
        /// Volume.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        volume: Option<String>,
        /// Issue.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<String>,
        /// Pages.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pages: Option<String>,
        /// Digital object identifier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        doi: Option<String>,
        /// Fields of this table that were recalled and not read.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        recalled: Vec<String>,
    }
}

record! {
    /// The form this one was made from.
    Parent {
        /// Id of the parent form.
        form: String,
        /// Item `i` of this form is item `items[i]` of the parent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        items: Vec<u16>,
        /// Ids of the sources.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        sources: Vec<String>,
    }
}

record! {
    /// A published reliability figure.
    Reliability {
        /// alpha, omega, icc, retest, ...
        statistic: String,
        /// Scale, or words for it.
        scale: String,
        /// Value, or lower end of a range.
        low: f64,
        /// Upper end of a range; the same number for a single value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        high: Option<f64>,
        /// `above` when only a lower bound was printed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bound: Option<String>,
        /// Number of respondents, where known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        n: Option<u32>,
        /// Who they were.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        population: Option<String>,
        /// Id of the source.
        source: String,
    }
}

record! {
    /// A published mean and standard deviation: a description of one sample, not a norm.
    Descriptives {
        /// Scale.
        scale: String,
        /// Sum or mean.
        metric: Aggregate,
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
        /// Number of respondents or sessions.
        n: u32,
        /// Who they were.
        population: String,
        /// Id of the source.
        source: String,
    }
}

record! {
    /// A point on which sources differ.
    Disagreement {
        /// What it is about.
        topic: String,
        /// What the sources say.
        statement: String,
        /// Ids of the sources.
        sources: Vec<String>,
        /// What this catalog does about it.
        handling: String,
    }
}

/// Whether the wording of the items is in this catalog. It never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Wording {
    /// Only item numbers and topics of our own are given.
    Withheld,
}

record! {
    /// Who owns the form and where to get it.
    Rights {
        /// Owner, as far as established.
        owner: String,
        /// Always withheld.
        wording: Wording,
        /// Where to ask for the form.
        obtain: String,
        /// Further terms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// Ids of the sources.
        sources: Vec<String>,
    }
}

record! {
    /// A catalog file before its parts have been checked against each other.
    Draft {
        id: String,
        version: u32,
        kind: Kind,
        family: String,
        name: String,
        #[serde(default)]
        abbreviations: Vec<String>,
        rater: Rater,
        period: Period,
        #[serde(default)]
        languages: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minutes: Option<[u16; 2]>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        partition: Vec<String>,
        gap: String,
        key_in_print: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<Reference>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        derived_from: Option<Parent>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        items: Option<Items>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        response: Option<Response>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        printed_backwards: Option<ItemSet>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reversed: Option<ItemSet>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        statistic: Option<Statistic>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scales: Vec<Scale>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        codes: Vec<Code>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reliability: Vec<Reliability>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        descriptives: Vec<Descriptives>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        disagreements: Vec<Disagreement>,
        rights: Rights,
        sources: Vec<crate::Source>,
    }
}
