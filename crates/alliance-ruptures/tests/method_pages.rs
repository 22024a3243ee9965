//! The committed pages of published rules are what the presets render.
//!
//! `cargo just guides` sets `ALLIANCE_WRITE` and rewrites them.

#![cfg(feature = "presets")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{env, fs};

use alliance_ruptures::{preset, preset_ids, preset_pages};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/methods")
}

#[test]
fn pages_are_fresh() {
    let pages = preset_pages().unwrap();
    let write = env::var_os("ALLIANCE_WRITE").is_some();
    let wanted: BTreeSet<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // Pages of whole families are written by hand and stand beside these.
        if wanted.contains(name.as_str()) || !fs::read_to_string(&path).unwrap().contains("% Generated from")
        {
            continue;
        }
        assert!(write, "docs/methods/{name} belongs to no preset; run `cargo just guides`");
        fs::remove_file(path).unwrap();
    }
    for (name, text) in pages {
        let path = folder().join(&name);
        if write {
            fs::write(&path, text).unwrap();
        } else {
            let committed = fs::read_to_string(&path).unwrap_or_default();
            assert!(committed == text, "docs/methods/{name} is stale; run `cargo just guides`");
        }
    }
}

#[test]
fn every_page_has_both_halves_and_says_how_sure_the_rule_is() {
    let pages = preset_pages().unwrap();
    for id in preset_ids() {
        let (_, page) = pages.iter().find(|(name, _)| *name == format!("{id}.md")).unwrap();
        for heading in ["When to use it", "How often it fires when nothing happens", "Reference"] {
            assert!(page.contains(&format!("\n## {heading}\n")), "{id} lacks {heading}");
        }
        let preset = preset(id).unwrap();
        assert_eq!(
            page.contains("**Not every number of this rule is certain.**"),
            !preset.is_verified(),
            "{id}"
        );
        for field in preset.provenance.keys() {
            assert!(page.contains(&format!("\n| {} | ", field.replace('_', " "))), "{id}: {field}");
        }
    }
}

/// Table 1.8 of the rupture dossier, 16 sessions: two own standard deviations from the session before.
#[test]
fn chance_stands_beside_the_reported_rate() {
    let pages = preset_pages().unwrap();
    let (_, stiles) = pages.iter().find(|(name, _)| name == "stiles-2004-as-read.md").unwrap();
    let row = stiles.lines().find(|line| line.starts_with("| 16 |")).unwrap();
    let cells: Vec<f64> = row.split('|').filter_map(|cell| cell.trim().parse().ok()).collect();
    // 20 000 clients: three standard errors are 0.8.
    assert!((cells[1] - 82.5).abs() < 1.2 && (cells[2] - 82.8).abs() < 1.2, "{row}");
    assert!(stiles.contains("22 % of clients"));
}
