//! The committed guide pages are what the catalog renders.
//!
//! `cargo just guides` sets `ALLIANCE_WRITE` and rewrites them.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{env, fs};

use alliance_instruments::{catalog, catalog_page, site_page};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/instruments")
}

#[test]
fn guide_pages_are_fresh() {
    let mut pages: Vec<(String, String)> =
        catalog().iter().map(|form| (format!("{}.md", form.id()), site_page(form))).collect();
    pages.push(("index.md".into(), catalog_page(catalog())));
    let write = env::var_os("ALLIANCE_WRITE").is_some();
    if write {
        fs::create_dir_all(folder()).unwrap();
    }
    let found: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let wanted: BTreeSet<String> = pages.iter().map(|(name, _)| name.clone()).collect();
    for stray in found.difference(&wanted) {
        assert!(write, "docs/instruments/{stray} belongs to no form; run `cargo just guides`");
        fs::remove_file(folder().join(stray)).unwrap();
    }
    for (name, text) in pages {
        let path = folder().join(&name);
        if write {
            fs::write(&path, text).unwrap();
        } else {
            let committed = fs::read_to_string(&path).unwrap_or_default();
            assert!(committed == text, "docs/instruments/{name} is stale; run `cargo just guides`");
        }
    }
}

#[test]
fn every_page_has_what_a_reader_looks_for() {
    for form in catalog() {
        let page = form.guide();
        for heading in [
            "What it measures",
            "How sure we are",
            "Reading a score",
            "Reliability",
            "Pitfalls",
            "Worked example",
            "Rights and where to get the wording",
            "Sources",
        ] {
            assert!(page.contains(&format!("\n## {heading}\n")), "{} lacks {heading}", form.id());
        }
        assert!(page.contains("not a detector of risk"), "{}", form.id());
    }
}
