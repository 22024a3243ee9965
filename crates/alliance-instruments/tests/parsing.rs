//! Instruments from anybody's file: refused with a reason or correct, never a panic.

#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation)]

use alliance_instruments::{Instrument, InstrumentError, Level, instrument};
use proptest::prelude::*;

fn own(changes: &[(&str, &str)]) -> Result<Instrument, InstrumentError> {
    let mut text = String::from(
        r#"
id = "own-client"
version = 1
kind = "questionnaire"
family = "own"
name = "Own"
rater = "client"
period = "this-session"
partition = ["first", "second"]
gap = "Own scale."
key_in_print = "here"
[items]
count = 4
labels = ["one", "two", "three", "four"]
sources = ["paper"]
[response]
min = 1
max = 5
step = 1
sources = ["paper"]
[reversed]
items = [2]
sources = ["paper"]
[[scales]]
name = "first"
title = "First"
items = [1, 2]
sources = ["paper"]
[[scales]]
name = "second"
title = "Second"
items = [3, 4]
sources = ["paper"]
[rights]
owner = "us"
wording = "withheld"
obtain = "here"
sources = []
[[sources]]
id = "paper"
kind = "publication"
title = "Our paper"
read = "whole"
"#,
    );
    for (old, new) in changes {
        assert!(text.contains(old), "{old:?} is not in the example");
        text = text.replacen(old, new, 1);
    }
    Instrument::from_toml(&text)
}

#[test]
fn a_sound_file_is_read() {
    let form = own(&[]).unwrap();
    assert_eq!(form.level(), Level::SingleSource);
    assert_eq!(form.scales().len(), 2);
}

#[test]
fn contradictions_name_their_part() {
    for (old, new, part) in [
        ("items = [3, 4]", "items = [3, 5]", "scales.second"),
        ("items = [3, 4]", "items = [3, 3]", "scales.second"),
        ("items = [3, 4]", "items = []", "scales.second"),
        ("items = [3, 4]", "items = [2, 3, 4]", "partition"),
        ("name = \"second\"", "name = \"first\"", "scales.first"),
        ("items = [2]", "items = [0]", "reversed"),
        ("max = 5", "max = 1", "response"),
        ("step = 1", "step = 3", "response.step"),
        ("step = 1", "step = 1\nanchors = [\"low\", \"high\"]", "response.anchors"),
        ("count = 4", "count = 0", "items.count"),
        ("\"four\"]", "\"four\", \"five\"]", "items.labels"),
        ("\"four\"]", "\"a whole sentence with far too many words in it\"]", "items.labels"),
        ("id = \"own-client\"", "id = \"own-therapist\"", "id"),
        ("id = \"own-client\"", "id = \"Own_client\"", "id"),
        ("version = 1", "version = 0", "version"),
        ("sources = [\"paper\"]", "sources = [\"article\"]", "sources"),
        ("gap = \"Own scale.\"", "gap = \" \"", "gap"),
    ] {
        match own(&[(old, new)]) {
            Err(InstrumentError::InvalidInstrument { part: found, .. }) => assert_eq!(found, part, "{new}"),
            other => panic!("{new} gave {other:?}"),
        }
    }
}

#[test]
fn unknown_fields_are_refused() {
    let error = own(&[("count = 4", "count = 4\ncuont = 4")]).unwrap_err();
    assert_eq!(error.code(), "invalid-toml");
    assert!(error.to_string().contains("cuont"));
}

#[test]
fn a_callers_key_replaces_the_catalogs() {
    let vpps = instrument("vpps-observer").unwrap();
    assert_eq!(vpps.level(), Level::KeyNeeded);
    let keyed = vpps.with_key(&[("patient-participation", vec![1, 2, 3])], &[2], "manual p. 12").unwrap();
    assert_eq!(keyed.level(), Level::SingleSource);
    assert_ne!(keyed.key_hash(), vpps.key_hash());
    assert!(keyed.sources().iter().any(|source| source.title == "manual p. 12"));
    let note = keyed.response().and_then(|response| response.note.clone()).unwrap();
    assert!(note.contains("unverified"), "{note}");
    assert!(vpps.with_key(&[("x", vec![81])], &[], "manual").is_err(), "the form has 80 items");
    assert!(vpps.with_key(&[("x", vec![1])], &[], " ").is_err(), "a key needs a source");
    let again = keyed.with_key(&[("x", vec![1, 2])], &[], "second manual").unwrap();
    assert_eq!(again.scales().len(), 1);
}

#[test]
fn a_callers_range_is_recorded() {
    let wide = instrument("wai-sr-client").unwrap().with_range(1.0, 7.0).unwrap();
    let response = wide.response().unwrap();
    assert_eq!((response.min, response.max, response.step), (1.0, 7.0, Some(1.0)));
    assert!(response.anchors.is_empty(), "five words do not fit seven points");
    assert_eq!(wide.score_level("total"), Level::SingleSource);
    for (min, max) in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 5.0), (1.0, f64::INFINITY), (1.0, 5.5)] {
        assert!(wide.with_range(min, max).is_err());
    }
}

#[cfg(feature = "schema")]
#[test]
fn the_schema_names_every_table_of_a_file() {
    let schema = Instrument::json_schema();
    let fields = schema["properties"].as_object().unwrap();
    let file: toml::Table = instrument("wai-sr-client").unwrap().to_toml().unwrap().parse().unwrap();
    for table in file.keys() {
        assert!(fields.contains_key(table), "{table}");
    }
}

#[cfg(feature = "serde")]
#[test]
fn serde_round_trip_checks_again() {
    let form = instrument("srs-client").unwrap();
    let text = serde_json::to_string(&form).unwrap();
    assert_eq!(serde_json::from_str::<Instrument>(&text).unwrap(), form);
    assert!(serde_json::from_str::<Instrument>(&text.replace("\"max\":10.0", "\"max\":-1.0")).is_err());
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC*") {
        let _ = Instrument::from_toml(&text);
    }

    #[test]
    fn any_edit_of_a_file_is_survived(id in 0_usize..105, at in 0.0..1.0, with in "[-0-9a-z\"\\[\\]=. \n]{0,8}") {
        let forms = alliance_instruments::catalog();
        let text = forms[id % forms.len()].to_toml().unwrap();
        let at = (at * text.len() as f64) as usize;
        let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let (before, after) = text.split_at(at);
        if let Ok(form) = Instrument::from_toml(&format!("{before}{with}{after}")) {
            prop_assert!(!form.guide().is_empty());
            prop_assert_eq!(form.key_hash().len(), 64);
        }
    }

    #[test]
    fn any_name_is_answered(name in "\\PC{0,40}") {
        let _ = instrument(&name);
    }

    #[test]
    fn any_key_is_checked(items in proptest::collection::vec(any::<u16>(), 0..6), reversed in any::<u16>()) {
        let form = instrument("haq-ii-client").unwrap();
        if let Ok(keyed) = form.with_key(&[("own", items)], &[reversed], "somewhere") {
            prop_assert!((1..=19).contains(&reversed));
            prop_assert_eq!(keyed.scales().len(), 1);
        }
    }
}
