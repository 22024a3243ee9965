//! Every preset file alone, and the set.

#![cfg(feature = "presets")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use alliance_ruptures::{Preset, Provenance, ScoreScale, Series, detect, preset, preset_ids};

#[test]
fn every_file_is_listed_and_reads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("presets");
    let found: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(found, preset_ids().map(str::to_owned).collect());
    for id in preset_ids() {
        assert_eq!(preset(id).unwrap().id, id);
    }
}

#[test]
fn a_rule_with_a_number_that_was_not_read_says_so_in_its_name() {
    for id in preset_ids() {
        let preset = preset(id).unwrap();
        let guessed = preset.weakest() <= Provenance::Inferred;
        assert_eq!(guessed, id.ends_with("-as-read"), "{id}");
        assert!(!guessed || !preset.is_verified());
        assert!(preset.note.len() > 20 && !preset.base_rate.is_empty(), "{id}");
    }
}

#[test]
fn the_two_readings_of_36_differ_at_36_only() {
    let scale = ScoreScale::new(0.0, 10.0).unwrap();
    let series = Series::new(vec![10.0, 9.0, 8.975, 9.025], vec![0, 4], scale).unwrap();
    let flags = |id| detect(&series, &preset(id).unwrap().rule).flagged;
    assert_eq!(flags("srs-36-at-or-below"), [false, true, true, false]);
    assert_eq!(flags("srs-36-below"), [false, false, true, false]);
}

#[test]
fn unsound_presets_are_refused() {
    assert_eq!(preset("stiles-2004").unwrap_err().code(), "unknown-preset");
    assert!(preset("stiles-2004").unwrap_err().to_string().contains("stiles-2004-as-read"));
    let sound =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("presets/gumz-2012-2sd-as-read.toml"))
            .unwrap();
    assert!(Preset::from_toml(&sound).is_ok());
    for (old, new) in [
        ("threshold = 2.0", "threshold = -2.0"),
        ("unit = \"stricter-of-own-and-pooled\"", "unit = \"inches\""),
        ("reference = \"previous\"", "reference = \"fixed\""),
        ("fall_sessions = 6", "fall_sessions = 0"),
        ("fall_sessions = 6", "falls = 6"),
    ] {
        assert!(sound.contains(old));
        assert_eq!(
            Preset::from_toml(&sound.replacen(old, new, 1)).unwrap_err().code(),
            "invalid-preset",
            "{new}"
        );
    }
}
