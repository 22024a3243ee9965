//! The registry of error codes holds every code of this crate, and each message says what to do.

#![allow(clippy::unwrap_used)]

use alliance_psychometrics::mixed::MixedModel;
use alliance_psychometrics::sessions::{
    ItemMeans, SessionTable, crossed_generalizability, multilevel_alpha, nested_generalizability,
    rater_contrast, session_icc, stability,
};
use alliance_psychometrics::{Bootstrap, Columns, Level};

#[test]
fn every_refusal_has_its_code_and_message() {
    let score = [4.0, 5.0, 4.5, 6.0, 6.5, 6.0];
    let infinite = [4.0, 5.0, f64::INFINITY, 6.0, 6.5, 6.0];
    let client = [1, 1, 2, 2, 3, 3];
    let therapist = [1, 1, 1, 2, 2, 2];
    let session = [1, 2, 1, 2, 1, 2];
    let none = Columns::new(&[]).unwrap();
    let one = Columns::new(&[&score]).unwrap();
    let two = Columns::new(&[&score, &score]).unwrap();
    let model = || MixedModel::new(&score, &none, &client).unwrap();
    let table = SessionTable::new(&client, &session, &one).unwrap();
    let pair = SessionTable::new(&client, &session, &two).unwrap();
    let bootstrap = Bootstrap::new(100, 1).unwrap();
    for (error, code, part) in [
        (Columns::new(&[&score, &[1.0]]).unwrap_err(), "length-mismatch", "columns need one element per row"),
        (Columns::new(&[&infinite]).unwrap_err(), "not-finite", "(rows 2)"),
        (MixedModel::new(&infinite, &none, &client).unwrap_err(), "not-finite", "a missing value is NaN"),
        (MixedModel::new(&score, &none, &[1]).unwrap_err(), "length-mismatch", "groups"),
        (model().nested_in(&therapist).unwrap_err(), "not-nested", "(rows 3); if ids start anew"),
        (model().nested_in(&[1]).unwrap_err(), "length-mismatch", "outer groups"),
        (
            model().fit().coefficient(1, Level::OneSession, 0.95).unwrap_err(),
            "invalid-option",
            "one of the fixed effects",
        ),
        (
            model().fit().contrast(&[1.0, 0.0], Level::OneSession, 0.95).unwrap_err(),
            "invalid-option",
            "one for each fixed effect",
        ),
        (
            model().fit().contrast(&[1.0], Level::OneSession, 1.0).unwrap_err(),
            "invalid-option",
            "confidence: between 0 and 1",
        ),
        (SessionTable::new(&client, &[1; 6], &one).unwrap_err(), "repeated-session", "3 rows repeat"),
        (SessionTable::new(&client, &[1], &one).unwrap_err(), "length-mismatch", "sessions"),
        (session_icc(&table, Some(&therapist), 0.95).unwrap_err(), "not-nested", "(rows 3)"),
        (session_icc(&table, Some(&[1]), 0.95).unwrap_err(), "length-mismatch", "therapists"),
        (session_icc(&pair, None, 0.95).unwrap_err(), "invalid-option", "one column"),
        (session_icc(&table, None, f64::NAN).unwrap_err(), "invalid-option", "confidence"),
        (crossed_generalizability(&pair, 0.0).unwrap_err(), "invalid-option", "confidence"),
        (
            nested_generalizability(&pair, ItemMeans::InError, 2.0).unwrap_err(),
            "invalid-option",
            "confidence",
        ),
        (multilevel_alpha(&pair, -1.0, None).unwrap_err(), "invalid-option", "confidence"),
        (rater_contrast(&table, 0.95, &bootstrap).unwrap_err(), "invalid-option", "two columns"),
        (stability(&score, &[1.0], 0.95).unwrap_err(), "length-mismatch", "columns"),
        (Bootstrap::new(10, 1).unwrap_err(), "invalid-option", "resamples"),
        (bootstrap.clone().with_threads(0).unwrap_err(), "invalid-option", "at least one thread"),
    ] {
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(part), "{error} lacks {part:?}");
        let registered = include_str!("../../errors.toml").contains(&format!("code = \"{code}\""));
        assert!(registered, "{code} is not registered");
    }
}
