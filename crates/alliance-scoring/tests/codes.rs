//! The registry of error codes holds every code of this crate, and each message says what to do.

#![allow(clippy::unwrap_used)]

use alliance_instruments::instrument;
use alliance_scoring::{
    AlreadyReversed, Chunk, Column, MissingRule, ScaleOutput, Scorer, ScoringError, ScoringOptions,
};

fn refusal(form: &str, change: impl Fn(&mut ScoringOptions)) -> ScoringError {
    let mut options = ScoringOptions::default();
    change(&mut options);
    Scorer::new(&instrument(form).unwrap(), &options).unwrap_err()
}

fn wrong_answer(answer: f64) -> ScoringError {
    let form = instrument("arm-5-client").unwrap();
    let scorer = Scorer::new(&form, &ScoringOptions::default()).unwrap();
    let good = [4.0, 4.0];
    let bad = [4.0, answer];
    let columns: Vec<Column<'_>> = (1..=5)
        .map(|item| {
            let answers = if item == 3 { &bad } else { &good };
            Column::new(if item == 3 { "arm_3" } else { "arm" }, vec![Chunk::from(&answers[..])])
        })
        .collect();
    scorer.score(&columns).unwrap_err()
}

#[test]
fn every_refusal_has_its_code_and_message() {
    let scorer = Scorer::new(&instrument("arm-5-client").unwrap(), &ScoringOptions::default()).unwrap();
    let one = [4.0];
    let two = [4.0, 4.0];
    let uneven: Vec<Column<'_>> = (0..5)
        .map(|item| {
            Column::new("arm", vec![if item == 4 { Chunk::from(&two[..]) } else { Chunk::from(&one[..]) }])
        })
        .collect();
    let no_outputs: Vec<ScaleOutput<'_>> = Vec::new();
    for (error, code, part) in [
        (refusal("vpps-observer", |_| ()), "key-needed", "with_key"),
        (refusal("calpas-client", |_| ()), "unverified-key", "the reversed items"),
        (refusal("wai-srt-therapist", |o| o.scales = Some(vec!["bond".into()])), "unverified-key", "`bond`"),
        (
            refusal("arm-5-client", |o| o.scales = Some(vec!["bond".into()])),
            "unknown-scale",
            "it has `total`",
        ),
        (refusal("arm-5-client", |o| o.scales = Some(Vec::new())), "invalid-option", "at least one scale"),
        (
            refusal("arm-5-client", |o| o.missing = MissingRule::ProrateShare(1.5)),
            "invalid-option",
            "at most 1",
        ),
        (
            refusal("arm-5-client", |o| o.missing = MissingRule::ProrateAnswered(0)),
            "invalid-option",
            "at least one",
        ),
        (
            refusal("arm-5-client", |o| o.already_reversed = AlreadyReversed::Items(vec![1])),
            "invalid-option",
            "item 1 is not one of the reversed items",
        ),
        (refusal("arm-5-client", |o| o.missing_codes = vec![7.0]), "legal-missing-code", "1 to 7"),
        (scorer.score(&[]).unwrap_err(), "wrong-column-count", "has 5 items, but 0 columns"),
        (scorer.score(&uneven).unwrap_err(), "length-mismatch", "has 2 rows, the first column has 1"),
        (
            scorer
                .score_into(&vec![Column::new("arm", vec![Chunk::from(&one[..])]); 5], no_outputs, None)
                .unwrap_err(),
            "invalid-option",
            "1 outputs of 1 rows",
        ),
        (wrong_answer(8.0), "out-of-range", "column `arm_3`, row 1: the answer is outside 1 to 7"),
        (wrong_answer(-99.0), "undeclared-missing-code", "missing_codes=[-99]"),
        (wrong_answer(0.0), "undeclared-missing-code", "were blanks exported as 0?"),
        (wrong_answer(3.5), "off-step", "in steps of 1"),
        (wrong_answer(f64::INFINITY), "not-finite", "null or NaN"),
    ] {
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(part), "{error} lacks {part:?}");
        let registered = include_str!("../../errors.toml").contains(&format!("code = \"{code}\""));
        assert!(registered, "{code} is not registered");
    }
}

#[test]
fn the_range_must_be_known() {
    let text = instrument("arm-5-client").unwrap().to_toml().unwrap();
    let (before, rest) = text.split_once("[response]").unwrap();
    let (_, after) = rest.split_once("[reversed]").unwrap();
    let form = alliance_instruments::Instrument::from_toml(&format!("{before}[reversed]{after}")).unwrap();
    let error = Scorer::new(&form, &ScoringOptions::default()).unwrap_err();
    assert_eq!(error.code(), "range-needed");
    assert!(Scorer::new(&form.with_range(1.0, 7.0).unwrap(), &ScoringOptions::default()).is_ok());
}

#[test]
fn one_form_says_which_item_is_wrong() {
    let scorer = Scorer::new(&instrument("arm-5-client").unwrap(), &ScoringOptions::default()).unwrap();
    let error = scorer.score_form(&[4.0, 4.0, 9.5, 4.0, 4.0], &mut []).unwrap_err();
    assert!(error.to_string().contains("`item_3`"), "{error}");
    assert_eq!(scorer.score_form(&[4.0], &mut []).unwrap_err().code(), "wrong-column-count");
}
