//! The shipped forms, and how a name finds one.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::files::{ALIASES, FILES};
use crate::{Instrument, InstrumentError};

/// Suggestions are at least this similar to the name asked for (Jaro-Winkler, 0 to 1).
const SIMILAR: f64 = 0.80;

/// Most suggestions given for an unknown name.
const MOST_SUGGESTIONS: usize = 3;

/// Names people use for forms, as `catalog/aliases.toml` lists them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Aliases {
    resolves: BTreeMap<String, String>,
    ambiguous: Vec<Confusion>,
}

/// A group of forms that go by the same names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Confusion {
    names: Vec<String>,
    forms: Vec<String>,
    difference: String,
}

/// All forms of the catalog, sorted by id.
pub fn catalog() -> &'static [Instrument] {
    static CATALOG: OnceLock<Vec<Instrument>> = OnceLock::new();
    // A file that does not parse fails the catalog test, so none is dropped here.
    CATALOG.get_or_init(|| FILES.iter().filter_map(|file| Instrument::from_toml(file.toml).ok()).collect())
}

/// Ids of all forms, sorted.
pub fn ids() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|file| file.id)
}

/// The form with this id or unambiguous other name.
///
/// Case does not matter, nor whether words are joined by hyphens, underscores
/// or spaces. An id without its rater resolves when only one form has it.
///
/// # Errors
///
/// `ambiguous-instrument` for a name that several forms go by, with how they
/// differ; `unknown-instrument` for any other name, with the nearest ids.
pub fn instrument(name: &str) -> Result<Instrument, InstrumentError> {
    let wanted = normalize(name);
    if let Some(file) = FILES.iter().find(|file| file.id == wanted) {
        return Instrument::from_toml(file.toml);
    }
    let aliases = aliases();
    if let Some(id) = aliases.resolves.get(&wanted)
        && let Some(file) = FILES.iter().find(|file| file.id == *id)
    {
        return Instrument::from_toml(file.toml);
    }
    if let Some(confusion) = aliases.ambiguous.iter().find(|confusion| confusion.names.contains(&wanted)) {
        return Err(InstrumentError::AmbiguousInstrument {
            name: name.to_owned(),
            forms: confusion.forms.clone(),
            difference: confusion.difference.clone(),
        });
    }
    let called: Vec<&Instrument> = catalog().iter().filter(|form| goes_by(form, &wanted)).collect();
    match called.as_slice() {
        [] => Err(InstrumentError::UnknownInstrument { name: name.to_owned(), nearest: nearest(&wanted) }),
        [only] => Ok((*only).clone()),
        several => Err(InstrumentError::AmbiguousInstrument {
            name: name.to_owned(),
            forms: several.iter().map(|form| form.id().to_owned()).collect(),
            difference: difference(several),
        }),
    }
}

/// The prose of a shipped form; empty for a form of the caller's own.
pub(crate) fn prose(id: &str) -> &'static str {
    FILES.iter().find(|file| file.id == id).map_or("", |file| file.prose)
}

fn aliases() -> &'static Aliases {
    static PARSED: OnceLock<Aliases> = OnceLock::new();
    PARSED.get_or_init(|| toml::from_str(ALIASES).unwrap_or_default())
}

/// Lower case, words joined by single hyphens.
fn normalize(name: &str) -> String {
    name.to_lowercase()
        .split(|letter: char| letter.is_whitespace() || letter == '_' || letter == '-')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

fn goes_by(form: &Instrument, wanted: &str) -> bool {
    stem(form) == wanted || form.abbreviations().iter().any(|abbreviation| normalize(abbreviation) == wanted)
}

/// The id without its rater.
fn stem(form: &Instrument) -> &str {
    form.id().strip_suffix(form.rater().as_str()).map_or(form.id(), |stem| stem.trim_end_matches('-'))
}

fn difference(forms: &[&Instrument]) -> String {
    let each: Vec<String> = forms
        .iter()
        .map(|form| {
            let items =
                form.item_count().map_or("item count unknown".into(), |count| format!("{count} items"));
            format!("`{}` is filled in by the {} ({items})", form.id(), form.rater().as_str())
        })
        .collect();
    format!("{}. Name the form in full.", each.join("; "))
}

fn nearest(wanted: &str) -> Vec<String> {
    let mut scored: Vec<(f64, &str)> = ids()
        .map(|id| (strsim::jaro_winkler(wanted, id), id))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(MOST_SUGGESTIONS).map(|(_, id)| id.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_point_at_forms_and_never_shadow_one() {
        let parsed: Aliases = toml::from_str(ALIASES).expect("aliases.toml is well formed");
        let exists = |id: &str| ids().any(|known| known == id);
        for (name, id) in &parsed.resolves {
            assert!(exists(id), "alias {name} points at {id}, which is not in the catalog");
            assert!(!exists(name), "alias {name} shadows a form");
            assert_eq!(*name, normalize(name), "alias {name} can never be looked up");
        }
        for confusion in &parsed.ambiguous {
            assert!(confusion.forms.len() >= 2, "{:?} is not ambiguous", confusion.names);
            for form in &confusion.forms {
                assert!(exists(form), "{:?} names {form}, which is not in the catalog", confusion.names);
            }
            for name in &confusion.names {
                assert!(!exists(name) && !parsed.resolves.contains_key(name), "{name} is not ambiguous");
                assert_eq!(*name, normalize(name), "name {name} can never be looked up");
            }
        }
    }

    #[test]
    fn case_and_word_joints_do_not_matter() {
        for name in ["WAI-SR client", "wai_sr_client", " Wai--SR-Client "] {
            assert_eq!(instrument(name).map(|form| form.id().to_owned()), Ok("wai-sr-client".into()));
        }
    }

    #[test]
    fn confusable_names_explain_themselves() {
        for name in ["wai-short", "waisr", "wai-sr-t"] {
            match instrument(name) {
                Err(InstrumentError::AmbiguousInstrument { forms, difference, .. }) => {
                    assert!(forms.len() >= 2 && difference.len() > 60, "{name}: {difference}");
                }
                other => panic!("{name} gave {other:?}"),
            }
        }
    }

    #[test]
    fn a_misspelt_id_is_answered_with_the_nearest() {
        match instrument("wai-sr-cliemt") {
            Err(InstrumentError::UnknownInstrument { nearest, .. }) => {
                assert_eq!(nearest[0], "wai-sr-client");
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(
            instrument("zzzz"),
            Err(InstrumentError::UnknownInstrument { nearest, .. }) if nearest.is_empty()
        ));
    }
}
