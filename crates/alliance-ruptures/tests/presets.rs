//! Every preset file alone, and the set.

#![cfg(feature = "presets")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use alliance_ruptures::{
    Preset, Provenance, Reference, Rule, ScoreScale, Series, Unit, detect, preset, preset_ids,
    studies_without_preset,
};

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
        ("threshold = \"read\"", ""),
        ("threshold = \"read\"", "threshold = \"read\"\nreliability = \"read\""),
        ("unit = \"stricter-of-own-and-pooled\"", "unit = \"points\""),
        ("[rule]", "[scale]\nlowest = 7.0\nhighest = 1.0\n\n[rule]"),
    ] {
        assert!(sound.contains(old));
        assert_eq!(
            Preset::from_toml(&sound.replacen(old, new, 1)).unwrap_err().code(),
            "invalid-preset",
            "{new}"
        );
    }
}

#[test]
fn no_default_is_a_preset() {
    let mut recommended = Rule::recommended();
    for id in preset_ids() {
        let preset = preset(id).unwrap();
        recommended.threshold = preset.rule.threshold;
        let same_fall =
            (recommended.reference, recommended.unit) == (preset.rule.reference, preset.rule.unit);
        assert!(!same_fall && recommended != preset.rule, "{id}");
    }
}

#[test]
fn rules_in_points_say_of_which_scale_and_note_another() {
    let seven = ScoreScale::new(1.0, 7.0).unwrap();
    for id in preset_ids() {
        let preset = preset(id).unwrap();
        assert_eq!(preset.rule.unit == Unit::Points, preset.scale.is_some(), "{id}");
        let Some(scale) = preset.scale else {
            assert_eq!(preset.misfit(seven), None, "{id}");
            continue;
        };
        assert_eq!(preset.misfit(scale), None, "{id}");
        let wider = ScoreScale::new(scale.lowest, scale.highest + 1.0).unwrap();
        assert!(preset.misfit(wider).unwrap().contains(" % of the range"), "{id}");
        // Falls do not depend on where a scale begins; a fixed score does.
        let moved = ScoreScale::new(scale.lowest + 1.0, scale.highest + 1.0).unwrap();
        let is_fixed = matches!(preset.rule.reference, Reference::Fixed(_));
        assert_eq!(preset.misfit(moved).is_some(), is_fixed, "{id}");
    }
    let note = preset("stevens-2007-as-read").unwrap().misfit(ScoreScale::new(1.0, 5.0).unwrap()).unwrap();
    assert!(
        note.contains("1 to 7; on this form, 1 to 5, a point is 25 % of the range and not 17 %"),
        "{note}"
    );
}

#[test]
fn a_point_of_the_srs_total_is_a_quarter_of_a_point_of_its_mean() {
    let totals = [38.0, 37.5, 36.5, 35.5, 36.0, 35.25];
    let series = Series::new(
        totals.map(|total| total / 4.0).to_vec(),
        vec![0, 6],
        ScoreScale::new(0.0, 10.0).unwrap(),
    );
    let found = detect(&series.unwrap(), &preset("srs-fall-of-1-as-read").unwrap().rule);
    assert_eq!(found.flagged, [false, false, true, true, false, false]);
}

#[test]
fn the_growth_rule_spares_early_sessions_of_a_rising_course() {
    let mut scores: Vec<f64> = (0..16).map(|session| 3.0 + 0.2 * f64::from(session)).collect();
    scores[9] -= 1.0;
    let series = Series::new(scores, vec![0, 16], ScoreScale::new(1.0, 7.0).unwrap()).unwrap();
    let found = detect(&series, &preset("coutinho-2014-as-read").unwrap().rule);
    let flagged: Vec<usize> = (0..16).filter(|session| found.flagged[*session]).collect();
    assert_eq!(flagged, [9]);
}

#[test]
fn a_study_is_in_one_of_the_two_lists() {
    let presets: Vec<Preset> = preset_ids().map(|id| preset(id).unwrap()).collect();
    let without = studies_without_preset().unwrap();
    assert!(without.len() >= 10);
    for study in without {
        assert!(!study.known.is_empty() && !study.missing.is_empty(), "{}", study.name);
        if study.doi.is_some() {
            assert!(presets.iter().all(|preset| preset.citation.doi != study.doi), "{}", study.name);
        }
    }
}
