//! Scores against software we did not write, and against values printed in papers.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::PathBuf;

use alliance_instruments::{Instrument, instrument};
use alliance_scoring::{
    Chunk, Column, Entry, FormScore, ItemSpread, Metric, MissingRule, Scorer, ScoringOptions, Unverified,
};
use serde_json::Value;

const TOLERANCE: f64 = 1e-12;

fn vectors(topic: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let vectors: Value =
        serde_json::from_str(&fs::read_to_string(folder.join(format!("vectors/{topic}.json"))).unwrap())
            .unwrap();
    let script = vectors["script"].as_str().unwrap();
    let script = folder.join("..").join(script);
    assert!(script.exists(), "{} has no script that made it", script.display());
    vectors
}

fn answers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|answer| answer.as_f64().unwrap_or(f64::NAN)).collect()
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= TOLERANCE * expected.abs().max(1.0)
}

/// Scores one form with every scale asked for and any answer enough.
fn score(form: &Instrument, entry: Entry, answers: &[f64]) -> Vec<(String, u16, FormScore)> {
    let mut options = ScoringOptions::default();
    options.entry = entry;
    options.missing = MissingRule::answered(1).unwrap();
    options.unverified = Unverified::Accept;
    options.scales = Some(form.scales().iter().map(|scale| scale.name.clone()).collect());
    let scorer = Scorer::new(form, &options).unwrap();
    let mut scores = vec![FormScore::default(); scorer.scales().len()];
    scorer.score_form(answers, &mut scores).unwrap();
    let named = scorer.scales().iter().zip(scores);
    named.map(|(scale, score)| (scale.name.clone(), scale.items, score)).collect()
}

/// Whether some scale of the form's partition has no answer: then no total is given, by design.
fn has_empty_part(form: &Instrument, scores: &[(String, u16, FormScore)]) -> bool {
    scores.iter().any(|(name, _, score)| form.partition().contains(name) && score.answered == 0)
}

#[test]
fn means_agree_with_psych() {
    let mut compared = 0;
    for case in vectors("scoring")["cases"].as_array().unwrap() {
        let form = instrument(case["form"].as_str().unwrap()).unwrap();
        let entry = if case["entry"] == "position" { Entry::Position } else { Entry::Printed };
        for respondent in case["respondents"].as_array().unwrap() {
            let scores = score(&form, entry, &answers(&respondent["answers"]));
            for (name, items, found) in &scores {
                let Some(expected) = respondent["scores"].get(name) else { continue };
                let place = format!("{} {name}", form.id());
                assert_eq!(u64::from(found.answered), expected["answered"].as_u64().unwrap(), "{place}");
                match expected["mean"].as_f64() {
                    None => assert!(found.mean.is_nan(), "{place}"),
                    Some(_) if name == "total" && has_empty_part(&form, &scores) => {
                        assert!(found.mean.is_nan(), "{place}: a total over an empty scale");
                    }
                    Some(mean) => assert!(close(found.mean, mean), "{place}: {} for {mean}", found.mean),
                }
                if found.answered == *items {
                    let (low, high) = form.response().map(|response| (response.min, response.max)).unwrap();
                    let sum = Metric::Sum.of_mean(found.mean, *items, low, high);
                    assert!(close(sum, expected["sum"].as_f64().unwrap()), "{place}: sum {sum}");
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 1000, "only {compared} scores were compared");
}

/// Trap 4 of the methods dossier: a total over a scale without any answer is none, however many other items there are,
/// and although the share of items that the rule asks for is reached.
#[test]
fn trap_4_no_total_over_an_empty_scale() {
    let form = instrument("wai-s-client").unwrap();
    let mut options = ScoringOptions::default();
    options.missing = MissingRule::share(0.5).unwrap();
    options.unverified = Unverified::Accept;
    let scorer = Scorer::new(&form, &options).unwrap();
    let scales: Vec<&str> = scorer.scales().iter().map(|scale| scale.name.as_str()).collect();
    let total = scales.iter().position(|name| *name == "total").unwrap();
    let parts = form.partition();
    assert_eq!(parts.len(), 3);
    for part in parts {
        let items = &form.scales().iter().find(|scale| scale.name == *part).unwrap().items;
        let mut answers = [5.0; 12];
        for item in items {
            answers[usize::from(*item) - 1] = f64::NAN;
        }
        let mut scores = vec![FormScore::default(); scales.len()];
        scorer.score_form(&answers, &mut scores).unwrap();
        assert_eq!(scores[total].answered, 8);
        assert!(scores[total].mean.is_nan(), "{part} is empty");
        // The other two scales are scored, and one answer of the empty one makes a total that counts what there is.
        assert_eq!(scores.iter().filter(|score| !score.mean.is_nan()).count(), 2);
        answers[usize::from(items[0]) - 1] = 5.0;
        scorer.score_form(&answers, &mut scores).unwrap();
        assert!(!scores[total].mean.is_nan() && scores[total].answered == 9);
    }
}

#[test]
fn printed_values_are_reproduced() {
    let example = "id = 'example-6-client'\nversion = 1\nkind = 'questionnaire'\nfamily = 'example'\n\
        name = 'Example of six items'\nrater = 'client'\nperiod = 'unknown'\ngap = 'An example.'\n\
        key_in_print = 'nowhere'\n[items]\ncount = 6\nsources = ['s']\n[response]\nmin = 1\nmax = 7\nstep = 1\n\
        sources = ['s']\n[reversed]\nitems = [2, 5]\nsources = ['s']\n[[scales]]\nname = 'total'\n\
        title = 'Total'\nitems = [1, 2, 3, 4, 5, 6]\nsources = ['s']\n[rights]\nowner = 'nobody'\n\
        wording = 'withheld'\nobtain = 'nowhere'\nsources = []\n[[sources]]\nid = 's'\nkind = 'derivation'\n\
        title = 'made up'\nread = 'not-read'\n";
    for case in vectors("known-values")["cases"].as_array().unwrap() {
        let form = match case["form"].as_str().unwrap() {
            "example-6" => Instrument::from_toml(example).unwrap(),
            id => instrument(id).unwrap(),
        };
        let (low, high) = form.response().map(|response| (response.min, response.max)).unwrap();
        let scores = score(&form, Entry::Printed, &answers(&case["answers"]));
        for (name, expected) in case["scores"].as_object().unwrap() {
            let (_, items, found) = scores.iter().find(|(scale, _, _)| scale == name).unwrap();
            let place = format!("{} {name}", case["id"]);
            let complete = found.answered == *items;
            for (statistic, value) in expected.as_object().unwrap() {
                let found = match statistic.as_str() {
                    "answered" => f64::from(found.answered),
                    "mean" => found.mean,
                    "pomp" => Metric::Pomp.of_mean(found.mean, *items, low, high),
                    "sum" if !complete => found.mean * f64::from(found.answered),
                    "sum" | "prorated_sum" => Metric::Sum.of_mean(found.mean, *items, low, high),
                    other => panic!("{place}: unknown statistic {other}"),
                };
                assert!(close(found, value.as_f64().unwrap()), "{place} {statistic}: {found} for {value}");
            }
        }
    }
}

#[test]
fn standard_errors_agree_with_the_general_formula() {
    for case in vectors("missing-items")["cases"].as_array().unwrap() {
        let items = case["items"].as_u64().unwrap() as u16;
        let spread = ItemSpread::of_variance(case["spread"].as_f64().unwrap());
        for expected in case["errors"].as_array().unwrap() {
            let answered = expected["answered"].as_u64().unwrap() as u16;
            let found = spread.standard_error(answered, items);
            assert!(
                (found - expected["se_mean"].as_f64().unwrap()).abs() <= 1e-9,
                "{} {answered}",
                case["id"]
            );
        }
    }
}

#[test]
fn the_spread_is_estimated_from_complete_forms() {
    let case = vectors("missing-items")["cases"]
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["id"] == "attitude")
        .unwrap()
        .clone();
    let rows: Vec<Vec<f64>> = case["data"].as_array().unwrap().iter().map(answers).collect();
    let items = case["items"].as_u64().unwrap() as usize;
    // The attitude items are percentages; a step of 1 from 0 to 100 and a line without steps must agree.
    for step in ["step = 1\n", ""] {
        let list: Vec<String> = (1..=items).map(|item| item.to_string()).collect();
        let text = format!(
            "id = 'attitude-client'\nversion = 1\nkind = 'questionnaire'\nfamily = 'attitude'\nname = 'Attitude'\n\
             rater = 'client'\nperiod = 'unknown'\ngap = 'An example.'\nkey_in_print = 'nowhere'\n[items]\n\
             count = {items}\nsources = ['s']\n[response]\nmin = 0\nmax = 100\n{step}sources = ['s']\n[reversed]\n\
             items = []\nsources = ['s']\n[[scales]]\nname = 'total'\ntitle = 'Total'\nitems = [{}]\nsources = ['s']\n\
             [rights]\nowner = 'nobody'\nwording = 'withheld'\nobtain = 'nowhere'\nsources = []\n[[sources]]\n\
             id = 's'\nkind = 'publication'\ntitle = 'made up'\nread = 'whole'\n",
            list.join(", ")
        );
        let form = Instrument::from_toml(&text).unwrap();
        let mut options = ScoringOptions::default();
        options.missing = MissingRule::answered(1).unwrap();
        let scorer = Scorer::new(&form, &options).unwrap();
        let mut columns: Vec<Vec<f64>> =
            (0..items).map(|item| rows.iter().map(|row| row[item]).collect()).collect();
        // One more form, with four answers missing, must not change the spread.
        for (item, column) in columns.iter_mut().enumerate() {
            column.push(if item < 4 { f64::NAN } else { 50.0 });
        }
        let views: Vec<Column<'_>> =
            columns.iter().map(|column| Column::new("item", vec![Chunk::from(&column[..])])).collect();
        let scores = scorer.score(&views).unwrap();
        let expected = case["errors"][2]["se_mean"].as_f64().unwrap();
        let found = scores.standard_error("total", rows.len(), None).unwrap();
        assert!((found - expected).abs() <= 1e-9 * expected, "{found} for {expected}");
        assert_eq!(scores.standard_error("total", 0, None), Some(0.0));
    }
}
