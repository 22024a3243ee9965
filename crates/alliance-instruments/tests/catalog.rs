//! Each catalog file alone, then the set as a whole.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use alliance_instruments::{Instrument, Level, SourceKind, TOTAL, catalog, ids, instrument};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog")
}

fn read(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

/// Headings a prose file may have, in their order.
const HEADINGS: [&str; 5] =
    ["What it measures", "History", "Reading a score", "Factor structure", "Pitfalls"];

#[test]
fn every_file_parses_and_is_named_after_its_id() {
    for id in ids() {
        let form =
            Instrument::from_toml(&read(&format!("{id}.toml"))).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(form.id(), id);
    }
    assert_eq!(catalog().len(), ids().count());
}

#[test]
fn no_file_is_stray_or_unlisted() {
    let listed: BTreeSet<String> = ids()
        .flat_map(|id| [format!("{id}.toml"), format!("{id}.md")])
        .chain(["aliases.toml".to_owned()])
        .collect();
    let found: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(listed, found);
    assert!(ids().collect::<Vec<_>>().is_sorted(), "src/files.rs is sorted by id");
}

#[test]
fn ids_and_names_are_unique() {
    let names: BTreeSet<&str> = catalog().iter().map(Instrument::name).collect();
    assert_eq!(names.len(), catalog().len());
}

#[test]
fn totals_cover_all_items() {
    for form in catalog() {
        if let Some(total) = form.scale(TOTAL) {
            let items: BTreeSet<u16> = total.items.iter().copied().collect();
            assert!(items.into_iter().eq(1..=form.item_count().unwrap()), "{}", form.id());
        }
    }
}

#[test]
fn registers_hold_only_cited_sources() {
    for id in ids() {
        let text = read(&format!("{id}.toml"));
        let prose = read(&format!("{id}.md"));
        let (parts, _) = text.split_once("[[sources]]").unwrap();
        for source in instrument(id).unwrap().sources() {
            let cited =
                parts.contains(&format!("\"{}\"", source.id)) || prose.contains(&format!("[{}]", source.id));
            assert!(cited, "{id}: source {} is never cited", source.id);
            assert!(source.kind != SourceKind::Caller, "{id}: only callers cite a caller");
            let located = !matches!(source.kind, SourceKind::Derivation | SourceKind::Recollection);
            assert!(source.address.is_some() || !located, "{id}: source {} has no address", source.id);
        }
    }
}

#[test]
fn prose_has_the_agreed_sections_and_cites_known_sources() {
    for id in ids() {
        let prose = read(&format!("{id}.md"));
        let headings: Vec<&str> = prose.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let agreed: Vec<&str> = HEADINGS.into_iter().filter(|heading| headings.contains(heading)).collect();
        assert_eq!(headings, agreed, "{id}");
        for needed in ["What it measures", "Reading a score", "Pitfalls"] {
            assert!(headings.contains(&needed), "{id} lacks {needed}");
        }
        let form = instrument(id).unwrap();
        for cited in prose.split('[').skip(1).map(|rest| rest.split(']').next().unwrap()) {
            assert!(form.sources().iter().any(|source| source.id == cited), "{id} cites {cited}");
        }
        assert!(prose.lines().all(|line| line.chars().count() <= 120), "{id} has an overlong line");
    }
}

#[test]
fn no_level_word_and_no_wording_stands_in_a_file() {
    for id in ids() {
        let text = read(&format!("{id}.toml"));
        for word in ["verified-by", "attested\"", "single-source", "unverified", "wording = \"included\""] {
            assert!(!text.contains(word), "{id} types in {word}");
        }
        let form = instrument(id).unwrap();
        for label in form.labels() {
            let words = label.split_whitespace().count();
            assert!((1..=6).contains(&words), "{id}: label {label:?}");
            assert!(!label.contains(['?', '!', '.']), "{id}: label {label:?} reads like a sentence");
            let first_person =
                label.split_whitespace().any(|word| matches!(word, "I" | "me" | "my" | "we" | "our"));
            assert!(!first_person, "{id}: label {label:?} reads like an item");
        }
    }
}

#[test]
fn parents_exist_and_crosswalks_point_at_their_items() {
    for form in catalog() {
        let Some(parent) = form.derived_from() else { continue };
        let origin = instrument(&parent.form).unwrap_or_else(|error| panic!("{}: {error}", form.id()));
        if parent.items.is_empty() {
            continue;
        }
        assert_eq!(parent.items.len(), usize::from(form.item_count().unwrap()), "{}", form.id());
        let known = 1..=origin.item_count().unwrap();
        assert!(parent.items.iter().all(|item| known.contains(item)), "{}", form.id());
    }
}

#[test]
fn crosswalks_carry_the_parents_reversals() {
    // The WAI-S, the 11-item Russian form and the blocked observer form keep the parent's statements.
    for id in ["wai-s-client", "wai-s-russian-client"] {
        let form = instrument(id).unwrap();
        let parent = form.derived_from().unwrap();
        let origin = instrument(&parent.form).unwrap();
        let carried: Vec<u16> = (1..)
            .zip(&parent.items)
            .filter(|(_, item)| origin.reversed().unwrap().contains(item))
            .map(|(own, _)| own)
            .collect();
        assert_eq!(form.reversed().unwrap(), carried, "{id}");
    }
}

#[test]
fn the_count_per_level_is_known() {
    let mut counts: BTreeMap<Level, usize> = BTreeMap::new();
    for form in catalog() {
        *counts.entry(form.level()).or_default() += 1;
    }
    let counts: Vec<(&str, usize)> =
        counts.into_iter().map(|(level, count)| (level.as_str(), count)).collect();
    assert_eq!(counts, COUNT_PER_LEVEL);
}

const COUNT_PER_LEVEL: [(&str, usize); 4] =
    [("key-needed", 75), ("unverified", 14), ("single-source", 10), ("attested", 6)];

#[test]
fn each_gap_is_the_forms_own() {
    let mut seen = BTreeMap::new();
    for form in catalog() {
        if let Some(other) = seen.insert(form.gap(), form.id()) {
            panic!("{} and {other} give the same gap", form.id());
        }
    }
}

#[test]
fn every_family_of_the_field_is_reachable() {
    for (id, level) in [
        ("wai-36-client", Level::Attested),
        ("wai-s-client", Level::Attested),
        ("wai-sr-client", Level::Attested),
        ("calpas-client", Level::Unverified),
        ("haq-ii-client", Level::SingleSource),
        ("vpps-observer", Level::KeyNeeded),
        ("srs-client", Level::Attested),
        ("softa-observer", Level::Attested),
    ] {
        assert_eq!(instrument(id).unwrap().level(), level, "{id}");
    }
}

#[test]
fn toml_out_is_toml_in() {
    for form in catalog() {
        assert_eq!(Instrument::from_toml(&form.to_toml().unwrap()).as_ref(), Ok(form));
    }
}

/// Version and key hash of every form, as last released: `tests/keys.toml`.
///
/// A changed key needs a higher version; `cargo just guides` then records both.
#[test]
fn a_changed_key_has_a_higher_version() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys.toml");
    let recorded: BTreeMap<String, (u32, String)> =
        toml::from_str(&fs::read_to_string(&path).unwrap_or_default()).unwrap();
    for form in catalog() {
        let Some((version, hash)) = recorded.get(form.id()) else { continue };
        let changed = *hash != form.key_hash();
        assert!(
            !changed || form.version() > *version,
            "{}: the key has changed; raise its version",
            form.id()
        );
        assert!(form.version() >= *version, "{}: the version has fallen", form.id());
    }
    let current: BTreeMap<String, (u32, String)> =
        catalog().iter().map(|form| (form.id().to_owned(), (form.version(), form.key_hash()))).collect();
    if std::env::var_os("ALLIANCE_WRITE").is_some() {
        let list = toml::to_string(&current).unwrap();
        fs::write(
            &path,
            format!("# Written by `cargo just guides`: version and key hash of each form.\n{list}"),
        )
        .unwrap();
    } else {
        assert!(recorded == current, "tests/keys.toml is stale; run `cargo just guides`");
    }
}
