//! An instrument: one form for one rater, checked.

use crate::sections::Draft;
use crate::{
    Aggregate, Code, Descriptives, Disagreement, Evidence, InstrumentError, ItemSet, Items, Kind, Level,
    Offered, Parent, Period, Rater, ReadExtent, Reference, Reliability, Response, Rights, Scale, Source,
    SourceKind,
};

/// One form for one rater: facts, key and sources.
///
/// A value of this type has been checked: scales and reversed items refer to
/// existing items, the response scale is well formed, and every source that a
/// part names is in the register. It cannot be changed; [`with_key`](Self::with_key)
/// and [`with_range`](Self::with_range) give a new one.
///
/// ```
/// let form = alliance_instruments::instrument("wai-sr-client")?;
/// assert_eq!(form.item_count(), Some(12));
/// assert_eq!(form.scale("bond").map(|bond| bond.items.as_slice()), Some(&[3, 5, 7, 9][..]));
/// # Ok::<(), alliance_instruments::InstrumentError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Draft", into = "Draft"))]
pub struct Instrument {
    draft: Draft,
}

/// The name of the scale that covers all items.
pub const TOTAL: &str = "total";

/// The source id under which a caller's own key or range is recorded.
const CALLER: &str = "caller";

impl TryFrom<Draft> for Instrument {
    type Error = InstrumentError;

    fn try_from(draft: Draft) -> Result<Self, InstrumentError> {
        crate::validate::check(&draft)?;
        Ok(Self { draft })
    }
}

impl From<Instrument> for Draft {
    fn from(instrument: Instrument) -> Self {
        instrument.draft
    }
}

impl Instrument {
    /// Reads an instrument from TOML of the catalog's schema.
    ///
    /// # Errors
    ///
    /// `invalid-toml` for text that is not of the schema, `invalid-instrument`
    /// for parts that contradict each other.
    pub fn from_toml(text: &str) -> Result<Self, InstrumentError> {
        let draft: Draft = toml::from_str(text)
            .map_err(|error| InstrumentError::InvalidToml { problem: error.to_string() })?;
        Self::try_from(draft)
    }

    /// The instrument as TOML of the catalog's schema; [`from_toml`](Self::from_toml) reads it back.
    ///
    /// # Errors
    ///
    /// `invalid-toml` if the TOML writer refuses a value, which no checked instrument holds.
    pub fn to_toml(&self) -> Result<String, InstrumentError> {
        toml::to_string(&self.draft)
            .map_err(|error| InstrumentError::InvalidToml { problem: error.to_string() })
    }

    /// JSON Schema of catalog files, for editors.
    #[cfg(feature = "schema")]
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Draft).to_value()
    }

    /// The same form with a key supplied by the caller.
    ///
    /// The caller's `source` (say "manual p. 12") is recorded as one source for
    /// the item count, the reversed items and every scale, and for the response
    /// range where the catalog's own is not sufficiently attested. Earlier scales
    /// are replaced. The item count is the catalog's, or else the highest number
    /// in the key.
    ///
    /// # Errors
    ///
    /// `invalid-instrument` if the key refers to items the form does not have, names
    /// a scale twice, or gives no source.
    pub fn with_key<N: AsRef<str>>(
        &self,
        scales: &[(N, Vec<u16>)],
        reversed: &[u16],
        source: &str,
    ) -> Result<Self, InstrumentError> {
        let mut draft = self.draft.clone();
        let cited = cite_caller(&mut draft, source)?;
        let highest = scales.iter().flat_map(|(_, items)| items).chain(reversed).copied().max().unwrap_or(0);
        draft.items = Some(Items {
            count: self.item_count().unwrap_or(highest),
            labels: self.labels().to_vec(),
            sources: cited.clone(),
            disputed_by: Vec::new(),
            note: None,
        });
        draft.reversed = Some(ItemSet {
            items: reversed.to_vec(),
            sources: cited.clone(),
            disputed_by: Vec::new(),
            note: None,
        });
        if let Some(response) = &mut draft.response
            && !Evidence::of_part(&response.sources, &response.disputed_by, None, &draft.sources)
                .level
                .suffices()
        {
            response.sources.clone_from(&cited);
            response.disputed_by.clear();
            let range = format!("{} to {}", response.min, response.max);
            response.note = Some(format!(
                "The range {range} is the catalog's, unverified, and was taken as read with the caller's key."
            ));
        }
        draft.partition.clear();
        draft.scales = scales
            .iter()
            .map(|(name, items)| {
                let known = self.scale(name.as_ref());
                Scale {
                    name: name.as_ref().to_owned(),
                    title: known.map_or_else(|| title_of(name.as_ref()), |scale| scale.title.clone()),
                    dimension: known.and_then(|scale| scale.dimension),
                    items: items.clone(),
                    offered: Offered::ByDefault,
                    sources: cited.clone(),
                    disputed_by: Vec::new(),
                    note: None,
                }
            })
            .collect();
        drop_unused_sources(&mut draft);
        Self::try_from(draft)
    }

    /// The same form with another response range.
    ///
    /// The step stays what it was, one where none was known. Anchor words are
    /// dropped when the number of points changes.
    ///
    /// # Errors
    ///
    /// `invalid-instrument` unless `min < max`, both finite, and the step divides the range.
    pub fn with_range(&self, min: f64, max: f64) -> Result<Self, InstrumentError> {
        let mut draft = self.draft.clone();
        let cited = cite_caller(&mut draft, "range as declared by the caller")?;
        let known = draft.response.as_ref();
        let step = known.map_or(Some(1.0), |response| response.step);
        let anchors = known
            .filter(|response| response.min == min && response.max == max)
            .map(|response| response.anchors.clone())
            .unwrap_or_default();
        draft.response = Some(Response {
            min,
            max,
            step,
            anchors,
            sources: cited,
            disputed_by: Vec::new(),
            note: Some("Range as declared by the caller.".into()),
        });
        drop_unused_sources(&mut draft);
        Self::try_from(draft)
    }

    /// Kebab-case id; ends in the rater.
    pub fn id(&self) -> &str {
        &self.draft.id
    }

    /// Raised when a score of this form can change.
    pub fn version(&self) -> u32 {
        self.draft.version
    }

    /// SHA-256 of the canonical key, in lower-case hexadecimal: 64 characters.
    ///
    /// Two instruments with the same hash give the same scores.
    pub fn key_hash(&self) -> String {
        crate::key_hash::of(self)
    }

    /// Questionnaire, rating or coding system.
    pub fn kind(&self) -> Kind {
        self.draft.kind
    }

    /// Family of forms that share a history.
    pub fn family(&self) -> &str {
        &self.draft.family
    }

    /// Full name.
    pub fn name(&self) -> &str {
        &self.draft.name
    }

    /// Abbreviations used in the literature.
    pub fn abbreviations(&self) -> &[String] {
        &self.draft.abbreviations
    }

    /// Who fills it in.
    pub fn rater(&self) -> Rater {
        self.draft.rater
    }

    /// The period the answers refer to.
    pub fn period(&self) -> Period {
        self.draft.period
    }

    /// BCP 47 tags of the languages sources name.
    pub fn languages(&self) -> &[String] {
        &self.draft.languages
    }

    /// Minutes to complete, shortest and longest, where a source says.
    pub fn minutes(&self) -> Option<[u16; 2]> {
        self.draft.minutes
    }

    /// What is not known about this form here.
    pub fn gap(&self) -> &str {
        &self.draft.gap
    }

    /// Where the key stands in print.
    pub fn key_in_print(&self) -> &str {
        &self.draft.key_in_print
    }

    /// Primary citation.
    pub fn reference(&self) -> Option<&Reference> {
        self.draft.reference.as_ref()
    }

    /// The form this one was made from.
    pub fn derived_from(&self) -> Option<&Parent> {
        self.draft.derived_from.as_ref()
    }

    /// Number of items, if known.
    pub fn item_count(&self) -> Option<u16> {
        self.draft.items.as_ref().map(|items| items.count)
    }

    /// Neutral topics of the items, one each, or none.
    pub fn labels(&self) -> &[String] {
        self.draft.items.as_ref().map_or(&[], |items| &items.labels)
    }

    /// Response scale, if known.
    pub fn response(&self) -> Option<&Response> {
        self.draft.response.as_ref()
    }

    /// Items whose answers are printed highest first.
    pub fn printed_backwards(&self) -> &[u16] {
        self.draft.printed_backwards.as_ref().map_or(&[], |set| &set.items)
    }

    /// Reversed items; `None` where the set is not known, empty where none is reversed.
    pub fn reversed(&self) -> Option<&[u16]> {
        self.draft.reversed.as_ref().map(|set| set.items.as_slice())
    }

    /// How the author reports a scale, if known.
    pub fn statistic(&self) -> Option<Aggregate> {
        self.draft.statistic.as_ref().map(|statistic| statistic.value)
    }

    /// Scales in the order of the file.
    pub fn scales(&self) -> &[Scale] {
        &self.draft.scales
    }

    /// The scale of this name.
    pub fn scale(&self, name: &str) -> Option<&Scale> {
        self.draft.scales.iter().find(|scale| scale.name == name)
    }

    /// Names of scales that split the items exactly, or none.
    pub fn partition(&self) -> &[String] {
        &self.draft.partition
    }

    /// Codes of a coding system.
    pub fn codes(&self) -> &[Code] {
        &self.draft.codes
    }

    /// Published reliability figures.
    pub fn reliability(&self) -> &[Reliability] {
        &self.draft.reliability
    }

    /// Published means and standard deviations of single samples.
    pub fn descriptives(&self) -> &[Descriptives] {
        &self.draft.descriptives
    }

    /// Points on which sources differ.
    pub fn disagreements(&self) -> &[Disagreement] {
        &self.draft.disagreements
    }

    /// Owner of the form and where to get it.
    pub fn rights(&self) -> &Rights {
        &self.draft.rights
    }

    /// Register of sources.
    pub fn sources(&self) -> &[Source] {
        &self.draft.sources
    }

    /// Evidence for each part of the key, in the order items, response, printed
    /// direction, reversed, statistic, then the scales as `scales.<name>`.
    pub fn evidence(&self) -> Vec<(String, Evidence)> {
        let draft = &self.draft;
        let register = &draft.sources;
        let absent = Evidence::of_absent_part;
        let mut parts = vec![
            ("items".to_owned(), draft.items.as_ref().map_or_else(absent, |part| part.evidence(register))),
            (
                "response".to_owned(),
                draft.response.as_ref().map_or_else(absent, |part| part.evidence(register)),
            ),
        ];
        if let Some(part) = &draft.printed_backwards {
            parts.push(("printed_backwards".to_owned(), part.evidence(register)));
        }
        parts.push((
            "reversed".to_owned(),
            draft.reversed.as_ref().map_or_else(absent, |part| part.evidence(register)),
        ));
        parts.push((
            "statistic".to_owned(),
            draft.statistic.as_ref().map_or_else(absent, |part| part.evidence(register)),
        ));
        for scale in &draft.scales {
            parts.push((format!("scales.{}", scale.name), scale.evidence(register)));
        }
        parts
    }

    /// Level of a score of this scale: the weakest of item count, response range,
    /// reversed items and the scale itself. `key-needed` for an unknown scale.
    pub fn score_level(&self, scale: &str) -> Level {
        self.weakest_part(scale).1
    }

    /// The part that decides [`score_level`](Self::score_level), with that level.
    pub fn weakest_part(&self, scale: &str) -> (String, Level) {
        let scale_part = format!("scales.{scale}");
        let parts = self.evidence();
        if !parts.iter().any(|(part, _)| *part == scale_part) {
            return (scale_part, Level::KeyNeeded);
        }
        parts
            .into_iter()
            .filter(|(part, _)| {
                matches!(part.as_str(), "items" | "response" | "reversed") || *part == scale_part
            })
            .map(|(part, evidence)| (part, evidence.level))
            .min_by_key(|(_, level)| *level)
            .unwrap_or((scale_part, Level::KeyNeeded))
    }

    /// Level of the best-attested score of this form; `key-needed` if it has none.
    pub fn level(&self) -> Level {
        self.scales().iter().map(|scale| self.score_level(&scale.name)).max().unwrap_or(Level::KeyNeeded)
    }

    /// The guide page of this form as Markdown.
    pub fn guide(&self) -> String {
        crate::guide::page(self)
    }
}

fn title_of(name: &str) -> String {
    let mut title = name.replace(['-', '_'], " ");
    if let Some(first) = title.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    title
}

/// Records the caller as a source and gives the list that cites it.
fn cite_caller(draft: &mut Draft, title: &str) -> Result<Vec<String>, InstrumentError> {
    if title.trim().is_empty() {
        return Err(InstrumentError::InvalidInstrument {
            id: draft.id.clone(),
            part: "source".into(),
            problem: "say where the key comes from, such as a manual and its page".into(),
        });
    }
    let taken = |id: &str| draft.sources.iter().any(|source| source.id == id);
    let mut id = CALLER.to_owned();
    while taken(&id) {
        id.push_str("-again");
    }
    draft.sources.push(Source {
        id: id.clone(),
        kind: SourceKind::Caller,
        origin: Some(CALLER.to_owned()),
        title: title.to_owned(),
        address: None,
        read: ReadExtent::NotRead,
    });
    Ok(vec![id])
}

/// The register holds only sources that some part names.
fn drop_unused_sources(draft: &mut Draft) {
    let used = crate::validate::cited_sources(draft);
    draft.sources.retain(|source| used.contains(source.id.as_str()));
}
