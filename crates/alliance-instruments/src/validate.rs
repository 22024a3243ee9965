//! Checks that the parts of a catalog file agree with each other.

use std::collections::BTreeSet;

use crate::InstrumentError;
use crate::sections::Draft;

/// Longest label or anchor, in words: enough for a topic, too short for an item's wording.
const MOST_WORDS: usize = 6;

/// Most items a form may have.
const MOST_ITEMS: u16 = 255;

/// Tolerance for "the step divides the range", in steps.
const STEP_TOLERANCE: f64 = 1e-9;

struct Checker<'a> {
    draft: &'a Draft,
}

/// Checks a draft.
pub(crate) fn check(draft: &Draft) -> Result<(), InstrumentError> {
    let checker = Checker { draft };
    checker.names()?;
    checker.items()?;
    checker.response()?;
    checker.item_sets()?;
    checker.scales()?;
    checker.partition()?;
    checker.figures()?;
    checker.sources()
}

impl Checker<'_> {
    fn refuse<T>(&self, part: &str, problem: impl Into<String>) -> Result<T, InstrumentError> {
        Err(InstrumentError::InvalidInstrument {
            id: self.draft.id.clone(),
            part: part.to_owned(),
            problem: problem.into(),
        })
    }

    fn require(&self, holds: bool, part: &str, problem: &str) -> Result<(), InstrumentError> {
        if holds { Ok(()) } else { self.refuse(part, problem) }
    }

    fn names(&self) -> Result<(), InstrumentError> {
        let draft = self.draft;
        self.require(is_kebab(&draft.id), "id", "use lower-case letters, digits and single hyphens")?;
        let ending = format!("-{}", draft.rater.as_str());
        self.require(draft.id.ends_with(&ending), "id", "the id must end in the rater, spelled out")?;
        self.require(draft.version >= 1, "version", "versions are counted from 1")?;
        self.require(!draft.name.trim().is_empty(), "name", "the name is empty")?;
        self.require(!draft.gap.trim().is_empty(), "gap", "say what is not known about this form")?;
        if let Some([shortest, longest]) = draft.minutes {
            self.require(shortest <= longest, "minutes", "give the shorter time first")?;
        }
        Ok(())
    }

    fn items(&self) -> Result<(), InstrumentError> {
        let Some(items) = &self.draft.items else { return Ok(()) };
        self.require((1..=MOST_ITEMS).contains(&items.count), "items.count", "a form has 1 to 255 items")?;
        self.require(
            items.labels.is_empty() || items.labels.len() == usize::from(items.count),
            "items.labels",
            "give one label per item or none",
        )?;
        self.short_words("items.labels", &items.labels)
    }

    fn short_words(&self, part: &str, phrases: &[String]) -> Result<(), InstrumentError> {
        let short = phrases.iter().all(|phrase| {
            let words = phrase.split_whitespace().count();
            (1..=MOST_WORDS).contains(&words)
        });
        self.require(
            short,
            part,
            "labels and anchors have one to six words; item wording does not belong here",
        )
    }

    fn response(&self) -> Result<(), InstrumentError> {
        let Some(response) = &self.draft.response else { return Ok(()) };
        let (min, max) = (response.min, response.max);
        self.require(
            min.is_finite() && max.is_finite() && min < max,
            "response",
            "min must be below max, both finite",
        )?;
        self.short_words("response.anchors", &response.anchors)?;
        let Some(step) = response.step else { return Ok(()) };
        self.require(step.is_finite() && step > 0.0, "response.step", "the step must be above 0")?;
        let steps = (max - min) / step;
        self.require(
            (steps - steps.round()).abs() <= STEP_TOLERANCE && steps >= 0.5,
            "response.step",
            "the step must divide the range from min to max",
        )?;
        self.require(
            response.anchors.is_empty() || response.anchors.len() == steps.round() as usize + 1,
            "response.anchors",
            "give one anchor per response point, lowest first, or none",
        )
    }

    fn item_sets(&self) -> Result<(), InstrumentError> {
        let sets = [("reversed", &self.draft.reversed), ("printed_backwards", &self.draft.printed_backwards)];
        for (part, set) in sets {
            if let Some(set) = set {
                self.item_numbers(part, &set.items)?;
            }
        }
        Ok(())
    }

    fn item_numbers(&self, part: &str, numbers: &[u16]) -> Result<(), InstrumentError> {
        let count = self.draft.items.as_ref().map_or(0, |items| items.count);
        if let Some(stray) = numbers.iter().find(|number| !(1..=count).contains(number)) {
            return self
                .refuse(part, format!("item {stray} does not exist; the form has items 1 to {count}"));
        }
        let unique: BTreeSet<_> = numbers.iter().collect();
        self.require(unique.len() == numbers.len(), part, "an item is listed twice")
    }

    fn scales(&self) -> Result<(), InstrumentError> {
        let mut names = BTreeSet::new();
        for scale in &self.draft.scales {
            let part = format!("scales.{}", scale.name);
            self.require(is_kebab(&scale.name), &part, "name scales in kebab-case")?;
            self.require(names.insert(&scale.name), &part, "two scales have this name")?;
            self.require(!scale.items.is_empty(), &part, "a scale needs items")?;
            self.item_numbers(&part, &scale.items)?;
        }
        Ok(())
    }

    fn partition(&self) -> Result<(), InstrumentError> {
        let draft = self.draft;
        if draft.partition.is_empty() {
            return Ok(());
        }
        let mut numbers: Vec<u16> = Vec::new();
        for name in &draft.partition {
            match draft.scales.iter().find(|scale| scale.name == *name) {
                Some(scale) => numbers.extend(&scale.items),
                None => return self.refuse("partition", format!("there is no scale `{name}`")),
            }
        }
        numbers.sort_unstable();
        let count = draft.items.as_ref().map_or(0, |items| items.count);
        self.require(
            numbers.into_iter().eq(1..=count),
            "partition",
            "its scales must split the items exactly",
        )
    }

    fn figures(&self) -> Result<(), InstrumentError> {
        for figure in &self.draft.reliability {
            let ends = [Some(figure.low), figure.high];
            let finite = ends.into_iter().flatten().all(f64::is_finite);
            self.require(finite, "reliability", "figures must be finite")?;
            let ordered = figure.high.is_none_or(|high| figure.low <= high);
            self.require(ordered, "reliability", "give the lower figure first")?;
            let bounded = matches!(figure.bound.as_deref(), None | Some("above"));
            self.require(bounded, "reliability", "`bound` can only be \"above\"")?;
            self.require(
                figure.high.is_some() != figure.bound.is_some(),
                "reliability",
                "give `high` for a value or a range, `bound` for a lower bound",
            )?;
        }
        let described = self.draft.descriptives.iter().all(|sample| {
            sample.mean.is_finite() && sample.sd.is_finite() && sample.sd >= 0.0 && sample.n > 0
        });
        self.require(
            described,
            "descriptives",
            "means and standard deviations need a finite value and n above 0",
        )
    }

    fn sources(&self) -> Result<(), InstrumentError> {
        let mut register = BTreeSet::new();
        for source in &self.draft.sources {
            let part = format!("sources.{}", source.id);
            self.require(register.insert(source.id.clone()), &part, "two sources have this id")?;
        }
        let cited = cited_sources(self.draft);
        if let Some(stray) = cited.difference(&register).next() {
            return self.refuse("sources", format!("`{stray}` is cited but not in the register"));
        }
        Ok(())
    }
}

/// Ids of all sources that some part names.
pub(crate) fn cited_sources(draft: &Draft) -> BTreeSet<String> {
    let mut cited = BTreeSet::new();
    let mut cite = |ids: &[String]| cited.extend(ids.iter().cloned());
    if let Some(part) = &draft.items {
        cite(&part.sources);
        cite(&part.disputed_by);
    }
    if let Some(part) = &draft.response {
        cite(&part.sources);
        cite(&part.disputed_by);
    }
    for part in [&draft.printed_backwards, &draft.reversed].into_iter().flatten() {
        cite(&part.sources);
        cite(&part.disputed_by);
    }
    if let Some(part) = &draft.statistic {
        cite(&part.sources);
        cite(&part.disputed_by);
    }
    for part in &draft.scales {
        cite(&part.sources);
        cite(&part.disputed_by);
    }
    for code in &draft.codes {
        cite(&code.sources);
    }
    if let Some(parent) = &draft.derived_from {
        cite(&parent.sources);
    }
    for disagreement in &draft.disagreements {
        cite(&disagreement.sources);
    }
    cite(&draft.rights.sources);
    cite(&draft.reliability.iter().map(|figure| figure.source.clone()).collect::<Vec<_>>());
    cite(&draft.descriptives.iter().map(|sample| sample.source.clone()).collect::<Vec<_>>());
    cited
}

fn is_kebab(name: &str) -> bool {
    !name.is_empty()
        && name.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}
