//! Published rules as data.

mod pages;
mod without;

pub use pages::preset_pages;
pub use without::{StudyWithoutPreset, studies_without_preset};

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Comparison, Reference, Repair, Rule, RuptureError, ScoreScale, Tolerance, Unit};

macro_rules! files {
    ($($id:literal)*) => { &[$(($id, include_str!(concat!("../presets/", $id, ".toml"))),)*] };
}

/// All presets, sorted by id.
const FILES: &[(&str, &str)] = files! {
    "coutinho-2014-as-read"
    "gumz-2012-1sd-as-read"
    "gumz-2012-2sd-as-read"
    "larsson-2018-as-read"
    "mclaughlin-2014-as-read"
    "srs-36-at-or-below"
    "srs-36-below"
    "srs-fall-of-1-as-read"
    "stevens-2007-as-read"
    "stiles-2004-as-read"
    "strauss-2006-as-read"
};

/// How a number of a published rule came into its preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Provenance {
    /// Recalled by the compiler; no located source.
    Recalled,
    /// Inferred from indirect evidence.
    Inferred,
    /// Sources differ.
    Contested,
    /// Read in another author's description.
    Secondary,
    /// Read in the source itself.
    Read,
}

impl Provenance {
    /// The word used in files and results.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recalled => "recalled",
            Self::Inferred => "inferred",
            Self::Contested => "contested",
            Self::Secondary => "secondary",
            Self::Read => "read",
        }
    }
}

/// The citation of a preset.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Citation {
    /// `Last, F. and Last, F.`
    pub authors: String,
    /// Year of publication.
    pub year: u16,
    /// Journal.
    pub journal: Option<String>,
    /// Volume.
    pub volume: Option<String>,
    /// Issue or article number.
    pub number: Option<String>,
    /// Pages.
    pub pages: Option<String>,
    /// Digital object identifier.
    pub doi: Option<String>,
    /// Fields that were recalled and not read.
    #[serde(default)]
    pub recalled: Vec<String>,
}

/// A published rule with how well each of its numbers is known.
///
/// ```
/// use alliance_ruptures::{Provenance, preset};
///
/// let stevens = preset("stevens-2007-as-read")?;
/// assert_eq!(stevens.weakest(), Provenance::Recalled);
/// assert!(!stevens.is_verified());
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Preset {
    /// Id; ends in `-as-read` where a number was not read in the source.
    pub id: String,
    /// Raised when the rule changes.
    pub version: u32,
    /// Name in words.
    pub name: String,
    /// On what it was used.
    pub measured: String,
    /// The rate its study reports: a description, no evidence for the rule.
    pub base_rate: String,
    /// What was read and what was not.
    pub note: String,
    /// When to use it.
    pub use_when: String,
    /// Citation.
    pub citation: Citation,
    /// The scale its points are of; `None` where it has none.
    pub scale: Option<ScoreScale>,
    /// The fields of the rule as the file states them.
    pub stated: BTreeMap<String, String>,
    /// How each of them, and the scale, came here.
    pub provenance: BTreeMap<String, Provenance>,
    /// The rule.
    pub rule: Rule,
}

impl Preset {
    /// The provenance of the least certain number.
    pub fn weakest(&self) -> Provenance {
        self.provenance.values().copied().min().unwrap_or(Provenance::Recalled)
    }

    /// Whether every number was read in the source or in another author's description of it.
    ///
    /// Other presets can be asked for by name and are never a default.
    pub fn is_verified(&self) -> bool {
        self.weakest() >= Provenance::Secondary
    }

    /// What to know before the rule is used on a form with these scores, if its points are of another scale.
    ///
    /// ```
    /// use alliance_ruptures::{ScoreScale, preset};
    ///
    /// let stevens = preset("stevens-2007-as-read")?;
    /// assert_eq!(stevens.misfit(ScoreScale::new(1.0, 7.0)?), None);
    /// assert!(stevens.misfit(ScoreScale::new(1.0, 5.0)?).is_some_and(|note| note.contains("1 to 7")));
    /// # Ok::<(), alliance_ruptures::RuptureError>(())
    /// ```
    pub fn misfit(&self, form: ScoreScale) -> Option<String> {
        scale_misfit(&self.rule, self.scale?, form)
    }

    /// Reads a preset from TOML.
    ///
    /// # Errors
    ///
    /// `invalid-preset` for text that is not of the schema, a rule that is not sound, or a field of it without
    /// provenance.
    pub fn from_toml(text: &str) -> Result<Self, RuptureError> {
        let file: File = toml::from_str(text)
            .map_err(|error| RuptureError::InvalidPreset { id: String::new(), problem: error.to_string() })?;
        file.preset()
    }
}

/// What to know before a rule whose points are of one scale is used on a form of another one.
///
/// Only the width matters to falls; a fixed score needs the same ends.
pub fn scale_misfit(rule: &Rule, scale: ScoreScale, form: ScoreScale) -> Option<String> {
    let (ours, theirs) = (scale.highest - scale.lowest, form.highest - form.lowest);
    let is_fixed = matches!(rule.reference, Reference::Fixed(_));
    let fits = ours == theirs && (!is_fixed || scale.lowest == form.lowest);
    (!fits).then(|| {
        format!(
            "Its points are of a scale from {} to {}; on this form, {} to {}, a point is {:.0} % of the range and not \
             {:.0} %.",
            scale.lowest,
            scale.highest,
            form.lowest,
            form.highest,
            100.0 / theirs,
            100.0 / ours
        )
    })
}

/// Ids of all presets, sorted.
pub fn preset_ids() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(id, _)| *id)
}

/// The preset with this id.
///
/// # Errors
///
/// `unknown-preset`, naming those there are.
pub fn preset(id: &str) -> Result<Preset, RuptureError> {
    match FILES.iter().find(|(known, _)| *known == id) {
        Some((_, text)) => Preset::from_toml(text),
        None => Err(RuptureError::UnknownPreset {
            id: id.to_owned(),
            known: preset_ids().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", "),
        }),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: String,
    version: u32,
    name: String,
    measured: String,
    base_rate: String,
    note: String,
    use_when: String,
    reference: Citation,
    scale: Option<Ends>,
    rule: toml::Table,
    provenance: BTreeMap<String, Provenance>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ends {
    lowest: f64,
    highest: f64,
}

/// The fields of a rule as a preset writes them; those left out are [`Rule::new`]'s.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    reference: String,
    fixed_score: Option<f64>,
    unit: String,
    reliability: Option<f64>,
    threshold: f64,
    comparison: Option<String>,
    fall_sessions: Option<u16>,
    repair: Option<String>,
    tolerance_points: Option<f64>,
    repair_window: Option<u16>,
}

impl File {
    fn preset(self) -> Result<Preset, RuptureError> {
        let parsed = self.parsed();
        let (scale, rule) =
            parsed.map_err(|problem| RuptureError::InvalidPreset { id: self.id.clone(), problem })?;
        let stated = self.rule.iter().map(|(field, value)| (field.clone(), plain(value))).collect();
        Ok(Preset {
            id: self.id,
            version: self.version,
            name: self.name,
            measured: self.measured,
            base_rate: self.base_rate,
            note: self.note,
            use_when: self.use_when,
            citation: self.reference,
            scale,
            stated,
            provenance: self.provenance,
            rule,
        })
    }

    fn parsed(&self) -> Result<(Option<ScoreScale>, Rule), String> {
        let table: RuleTable =
            self.rule.clone().try_into().map_err(|error: toml::de::Error| error.to_string())?;
        let ends = |ends: Ends| ScoreScale::new(ends.lowest, ends.highest).map_err(|error| error.to_string());
        let scale = self.scale.map(ends).transpose()?;
        let mut fields: Vec<&str> = self.rule.keys().map(String::as_str).collect();
        fields.extend(scale.map(|_| "scale"));
        let known = |field: &str| self.provenance.contains_key(field);
        if let Some(field) = fields.iter().find(|field| !known(field)) {
            return Err(format!("`{field}` has no provenance"));
        }
        if let Some(stray) = self.provenance.keys().find(|field| !fields.contains(&field.as_str())) {
            return Err(format!("there is provenance of `{stray}`, which the rule does not state"));
        }
        let rule = table.rule()?;
        if matches!(rule.unit, Unit::Points) && scale.is_none() {
            return Err("a rule in points needs the scale they are of".into());
        }
        Ok((scale, rule))
    }
}

/// A value without the marks of TOML.
fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl RuleTable {
    fn rule(&self) -> Result<Rule, String> {
        let needs = |field: Option<f64>, name: &str| field.ok_or_else(|| format!("`{name}` is missing"));
        let reference = match self.reference.as_str() {
            "previous" => Reference::Previous,
            "person-mean" => Reference::PersonMean,
            "person-median" => Reference::PersonMedian,
            "running-mean" => Reference::RunningMean,
            "running-median" => Reference::RunningMedian,
            "running-maximum" => Reference::RunningMaximum,
            "trend" => Reference::Trend,
            "fixed" => Reference::Fixed(needs(self.fixed_score, "fixed_score")?),
            _ => return Err("the reference is not known".into()),
        };
        let unit = match self.unit.as_str() {
            "points" => Unit::Points,
            "pomp" => Unit::Pomp,
            "own-sd" => Unit::OwnSd,
            "own-residual-sd" => Unit::OwnResidualSd,
            "pooled-within-sd" => Unit::PooledWithinSd,
            "shrunken-sd" => Unit::ShrunkenSd,
            "stricter-of-own-and-pooled" => Unit::StricterOfOwnAndPooled,
            "between-person-sd" => Unit::BetweenPersonSd,
            "difference-error" => Unit::DifferenceError(needs(self.reliability, "reliability")?),
            _ => return Err("the unit is not known".into()),
        };
        let mut rule = Rule::new(reference, unit, self.threshold).map_err(|error| error.to_string())?;
        if let Some(comparison) = &self.comparison {
            rule.comparison = match comparison.as_str() {
                "at-least" => Comparison::AtLeast,
                "more-than" => Comparison::MoreThan,
                _ => return Err("the comparison is `at-least` or `more-than`".into()),
            };
        }
        if let Some(repair) = &self.repair {
            let near = Tolerance::Points(needs(self.tolerance_points, "tolerance_points")?);
            rule.repair = match repair.as_str() {
                "return-to-previous" => Repair::ReturnToPrevious(near),
                "return-to-reference" => Repair::ReturnToReference(near),
                _ => return Err("the repair is not known".into()),
            };
        }
        rule.fall_sessions = self.fall_sessions.unwrap_or(rule.fall_sessions);
        rule.repair_window = self.repair_window.unwrap_or(rule.repair_window);
        rule.checked().map_err(|error| error.to_string())
    }
}
