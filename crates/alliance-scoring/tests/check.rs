//! The key doctor: for every code a case where it must be reported and one where it must not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use alliance_instruments::{Instrument, catalog, instrument};
use alliance_scoring::{
    AlreadyReversed, AnswerSource, Answers, Chunk, Column, Entry, Finding, FindingCode, Scorer, ScoringError,
    ScoringOptions, Severity, Strided, Totals, Unverified, Validity, check,
};
use proptest::prelude::*;

/// Small seeded generator (Park and Miller), the same on every platform.
struct Dice(u64);

impl Dice {
    /// From 0 to below 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0 as f64 / 2_147_483_647.0
    }

    fn from(&mut self, low: i32, high: i32) -> f64 {
        f64::from(low) + (self.share() * f64::from(high - low + 1)).floor()
    }
}

/// Rows of answers, one per form.
type Forms = Vec<Vec<f64>>;

/// Forms of one latent alliance each, with noise; `against` are item numbers that run the other way.
fn forms(count: usize, items: u16, (min, max): (f64, f64), against: &[u16]) -> Forms {
    let mut dice = Dice(20_260_705);
    let width = max - min;
    (0..count)
        .map(|_| {
            let level = min + width * (0.15 + 0.7 * dice.share());
            (1..=items)
                .map(|item| {
                    let noise = width * 0.6 * (dice.share() - 0.5);
                    let answer = (level + noise).round().clamp(min, max);
                    if against.contains(&item) { min + max - answer } else { answer }
                })
                .collect()
        })
        .collect()
}

fn names(items: usize) -> Vec<String> {
    (1..=items).map(|item| format!("q{item}")).collect()
}

fn by_item(forms: &Forms) -> Vec<Vec<f64>> {
    let items = forms.first().map_or(0, Vec::len);
    (0..items).map(|item| forms.iter().map(|form| form[item]).collect()).collect()
}

fn check_with(
    forms: &Forms,
    form: &Instrument,
    options: &ScoringOptions,
    totals: &[(&str, Vec<f64>)],
) -> Vec<Finding> {
    let items = by_item(forms);
    let names = names(items.len());
    let columns: Vec<Column> =
        items.iter().zip(&names).map(|(item, name)| Column::new(name, vec![item[..].into()])).collect();
    let totals: Vec<Totals> = totals
        .iter()
        .map(|(scale, totals)| Totals {
            scale: (*scale).to_owned(),
            column: Column::new("given", vec![totals[..].into()]),
        })
        .collect();
    check(&columns, form, options, &totals)
}

fn check_forms(forms: &Forms, id: &str) -> Vec<Finding> {
    check_with(forms, &instrument(id).unwrap(), &ScoringOptions::default(), &[])
}

fn found(findings: &[Finding], code: FindingCode) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.code == code).collect()
}

fn only(findings: &[Finding], code: FindingCode) -> &Finding {
    let found = found(findings, code);
    assert_eq!(found.len(), 1, "{code:?} in {findings:#?}");
    found[0]
}

fn has(findings: &[Finding], code: FindingCode) -> bool {
    findings.iter().any(|finding| finding.code == code)
}

/// Good answers to the WAI-SR: nothing is to be said about them.
fn good() -> Forms {
    forms(40, 12, (1.0, 5.0), &[])
}

/// The same with some cells overwritten.
fn good_but(cells: &[(usize, usize, f64)]) -> Forms {
    let mut forms = good();
    for (row, column, value) in cells {
        forms[*row][*column] = *value;
    }
    forms
}

#[test]
fn codes_are_unique_and_kebab_case() {
    let codes: BTreeSet<&str> = FindingCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes.len(), FindingCode::ALL.len());
    assert!(codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    let severities = [Severity::Note, Severity::Warning, Severity::Error];
    assert_eq!(severities.map(Severity::as_str), ["note", "warning", "error"]);
}

#[test]
fn nothing_is_said_about_good_answers() {
    assert_eq!(check_forms(&good(), "wai-sr-client"), []);
    let with_reversed = forms(40, 36, (1.0, 7.0), instrument("wai-36-client").unwrap().reversed().unwrap());
    assert_eq!(check_forms(&with_reversed, "wai-36-client"), []);
}

#[test]
fn a_request_that_scoring_refuses_is_an_error() {
    let form = instrument("wai-sr-client").unwrap();
    let report = |form: &Instrument, change: &dyn Fn(&mut ScoringOptions)| {
        let mut options = ScoringOptions::default();
        change(&mut options);
        let findings = check_with(&good(), form, &options, &[]);
        let refusal = Scorer::new(form, &options).err();
        assert_eq!(
            refusal.as_ref().map(ScoringError::code),
            findings.first().map(|finding| finding.code.as_str())
        );
        let others = findings.iter().filter(|finding| finding.code != FindingCode::MissingAnswers);
        assert!(others.map(|finding| finding.severity).all(|severity| severity == Severity::Error));
        findings.first().map(|finding| finding.code)
    };
    assert_eq!(report(&form, &|_| {}), None);
    assert_eq!(report(&instrument("ans-client").unwrap(), &|_| {}), Some(FindingCode::KeyNeeded));
    let without_range = instrument("calpas-12-client")
        .unwrap()
        .with_key(&[("total", (1..=12).collect())], &[], "manual")
        .unwrap();
    assert_eq!(report(&without_range, &|_| {}), Some(FindingCode::RangeNeeded));
    assert_eq!(
        report(&form, &|options| options.scales = Some(vec!["warmth".into()])),
        Some(FindingCode::UnknownScale)
    );
    assert_eq!(
        report(&form, &|options| options.already_reversed = AlreadyReversed::Items(vec![4])),
        Some(FindingCode::InvalidOption)
    );
    assert_eq!(
        report(&form, &|options| options.missing_codes = vec![3.0]),
        Some(FindingCode::LegalMissingCode)
    );

    let unverified = instrument("calpas-client").unwrap();
    let answers = forms(40, 24, (1.0, 7.0), unverified.reversed().unwrap());
    let mut options = ScoringOptions::default();
    assert!(has(&check_with(&answers, &unverified, &options, &[]), FindingCode::UnverifiedKey));
    options.unverified = Unverified::Accept;
    assert_eq!(check_with(&answers, &unverified, &options, &[]), []);
}

#[test]
fn columns_of_a_wrong_number_or_length() {
    let form = instrument("wai-sr-client").unwrap();
    let eleven: Forms = good().into_iter().map(|form| form[1..].to_vec()).collect();
    let findings = check_forms(&eleven, "wai-sr-client");
    assert_eq!(only(&findings, FindingCode::WrongColumnCount).severity, Severity::Error);
    assert_eq!(findings.len(), 1);
    assert_eq!(check(&[], &form, &ScoringOptions::default(), &[]).len(), 1);

    let items = by_item(&good());
    let names = names(12);
    let mut columns: Vec<Column> =
        items.iter().zip(&names).map(|(item, name)| Column::new(name, vec![item[..].into()])).collect();
    columns[4] = Column::new("short", vec![items[4][..7].into()]);
    let findings = check(&columns, &form, &ScoringOptions::default(), &[]);
    assert_eq!(findings.len(), 1);
    assert_eq!(only(&findings, FindingCode::LengthMismatch).column.as_deref(), Some("short"));
    let given = Totals { scale: "bond".into(), column: Column::new("given", vec![items[0][..7].into()]) };
    columns[4] = Column::new("q5", vec![items[4][..].into()]);
    let findings = check(&columns, &form, &ScoringOptions::default(), &[given]);
    assert_eq!(only(&findings, FindingCode::LengthMismatch).column.as_deref(), Some("given"));
}

#[test]
fn answers_outside_the_range() {
    let cells: Vec<_> = (10..17).map(|row| (row, 2, 11.0)).collect();
    let findings = check_forms(&good_but(&cells), "wai-sr-client");
    let finding = only(&findings, FindingCode::OutOfRange);
    assert_eq!(finding.severity, Severity::Error);
    assert_eq!((finding.column.as_deref(), finding.count, &finding.items[..]), (Some("q3"), 7, &[3][..]));
    assert_eq!(finding.rows, [10, 11, 12, 13, 14]);
    assert!(finding.message.contains("outside 1 to 5"), "{}", finding.message);
    assert_eq!(findings.len(), 1, "rows with such an answer are left out of the other checks: {findings:#?}");
}

#[test]
fn usual_missing_codes() {
    for code in [9.0, 99.0, 999.0, -9.0, -99.0, -999.0] {
        let forms = good_but(&[(3, 5, code), (8, 5, code)]);
        let findings = check_forms(&forms, "wai-sr-client");
        let finding = only(&findings, FindingCode::UndeclaredMissingCode);
        assert_eq!((finding.severity, findings.len()), (Severity::Error, 1));
        assert_eq!((finding.count, &finding.rows[..]), (2, &[3, 8][..]));
        assert!(finding.message.contains(&format!("missing_codes=[{code}]")), "{}", finding.message);
        let mut options = ScoringOptions::default();
        options.missing_codes = vec![code];
        let findings = check_with(&forms, &instrument("wai-sr-client").unwrap(), &options, &[]);
        assert_eq!((only(&findings, FindingCode::MissingAnswers).count, findings.len()), (2, 1));
    }
    let nines = vec![vec![9.0, 8.0, 9.0, 0.0]; 3];
    assert_eq!(check_forms(&nines, "srs-client"), [], "9 and 0 are answers from 0 to 10");
}

#[test]
fn blanks_exported_as_zero() {
    let findings = check_forms(&good_but(&[(3, 5, 0.0)]), "wai-sr-client");
    assert_eq!(only(&findings, FindingCode::BlankAsZero).severity, Severity::Error);
    assert_eq!(findings.len(), 1);
    assert!(!has(
        &check_forms(&forms(40, 12, (0.0, 4.0), &[4, 7, 9]), "star-client"),
        FindingCode::BlankAsZero
    ));
}

#[test]
fn answers_between_response_points() {
    let findings = check_forms(&good_but(&[(3, 5, 2.5)]), "wai-sr-client");
    assert_eq!(only(&findings, FindingCode::OffStep).rows, [3]);
    assert_eq!(check_forms(&vec![vec![2.5, 7.25, 8.1, 9.9]; 3], "srs-client"), [], "a visual analogue line");
}

#[test]
fn infinite_answers_and_text() {
    let findings =
        check_forms(&good_but(&[(3, 5, f64::INFINITY), (4, 5, f64::NEG_INFINITY)]), "wai-sr-client");
    assert_eq!(only(&findings, FindingCode::NotFinite).rows, [3, 4]);
    assert!(!has(&findings, FindingCode::TextAnswer));

    let items = by_item(&good_but(&[(7, 0, f64::INFINITY)]));
    let names = names(12);
    let sources: Vec<Cells> = items.iter().cloned().map(Cells).collect();
    let columns: Vec<Column> =
        sources.iter().zip(&names).map(|(cells, name)| Column::new(name, vec![cells.chunk()])).collect();
    let findings = check(&columns, &instrument("wai-sr-client").unwrap(), &ScoringOptions::default(), &[]);
    let finding = only(&findings, FindingCode::TextAnswer);
    assert_eq!((&finding.rows[..], finding.severity, findings.len()), (&[7][..], Severity::Error, 1));
}

/// Text as a caller's labels read it.
struct Cells(Vec<f64>);

impl Cells {
    fn chunk(&self) -> Chunk<'_> {
        Chunk::new(Answers::Source(self), Validity::All).unwrap()
    }
}

impl AnswerSource for Cells {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn read(&self, first: usize, out: &mut [f64]) {
        out.copy_from_slice(&self.0[first..first + out.len()]);
    }
}

#[test]
fn twelve_sessions_of_totals() {
    let mut dice = Dice(5);
    let sums = |dice: &mut Dice, low, high| -> Forms {
        (0..20).map(|_| (0..12).map(|_| dice.from(low, high)).collect()).collect()
    };
    let findings = check_forms(&sums(&mut dice, 20, 58), "wai-sr-client");
    let finding = only(&findings, FindingCode::LooksLikeTotals);
    assert_eq!((finding.scale.as_deref(), finding.severity), (Some("total"), Severity::Warning));
    assert_eq!(findings.iter().filter(|finding| finding.severity == Severity::Error).count(), 12);
    let bond = check_forms(&sums(&mut dice, 6, 19), "wai-sr-client");
    assert_eq!(only(&bond, FindingCode::LooksLikeTotals).message.matches("4 to 20").count(), 1);
    // Ratings up to 10 lie within the sums of a four-item scale too, but only in their lower half.
    assert!(!has(&check_forms(&sums(&mut dice, 6, 10), "wai-sr-client"), FindingCode::LooksLikeTotals));
    assert!(!has(&check_forms(&sums(&mut dice, 0, 100), "wai-sr-client"), FindingCode::LooksLikeTotals));
    assert!(!has(
        &check_forms(&forms(40, 12, (1.0, 7.0), &[]), "wai-sr-client"),
        FindingCode::LooksLikeTotals
    ));
}

#[test]
fn sixes_and_sevens_on_a_form_of_five_points() {
    let seven = forms(40, 12, (1.0, 7.0), &[]);
    let findings = check_forms(&seven, "wai-sr-client");
    let finding = only(&findings, FindingCode::OtherForm);
    assert!(finding.message.contains("`wai-s-client`"), "{}", finding.message);
    assert!(finding.message.contains("`with_range(1, 7)`"), "{}", finding.message);
    assert_eq!(finding.severity, Severity::Warning);
    let seven_points = instrument("wai-sr-client").unwrap().with_range(1.0, 7.0).unwrap();
    assert_eq!(check_with(&seven, &seven_points, &ScoringOptions::default(), &[]), []);
    let few = good_but(&[(1, 1, 7.0), (2, 2, 7.0), (3, 3, 7.0), (4, 4, 7.0)]);
    assert!(!has(&check_forms(&few, "wai-sr-client"), FindingCode::OtherForm), "four typing errors");
    let elevens: Vec<_> = (0..40).map(|row| (row, row % 12, 11.0)).collect();
    assert!(!has(&check_forms(&good_but(&elevens), "wai-sr-client"), FindingCode::OtherForm));
}

#[test]
fn a_range_that_only_forms_of_other_length_have() {
    let findings = check_forms(&forms(40, 10, (1.0, 7.0), &[]), "wai-srt-therapist");
    let finding = only(&findings, FindingCode::OtherRange);
    assert!(finding.message.contains("`with_range(1, 7)`"), "{}", finding.message);
    assert!(!has(&findings, FindingCode::OtherForm));
    assert!(!has(
        &check_forms(&forms(40, 10, (1.0, 5.0), &[]), "wai-srt-therapist"),
        FindingCode::OtherRange
    ));
    let seven = check_forms(&forms(40, 12, (1.0, 7.0), &[]), "wai-sr-client");
    assert!(!has(&seven, FindingCode::OtherRange), "one finding, for the form alike");
}

#[test]
fn wai_s_answers_scored_as_wai_sr() {
    let short_form = forms(60, 12, (1.0, 5.0), &[4, 10]);
    for id in ["wai-sr-client", "wai-sr-therapist"] {
        let findings = check_forms(&short_form, id);
        let finding = only(&findings, FindingCode::OtherForm);
        assert_eq!((&finding.items[..], finding.count), (&[4, 10][..], 60));
        assert!(finding.message.contains(&id.replace("-sr", "-s")), "{}", finding.message);
    }
    let seven = check_forms(&forms(60, 12, (1.0, 7.0), &[4, 10]), "wai-sr-client");
    assert_eq!(
        found(&seven, FindingCode::OtherForm).len(),
        2,
        "once for the range, once for the key: {seven:#?}"
    );
    // The other way round, and by position on the page.
    let findings = check_forms(&good(), "wai-s-client");
    assert!(only(&findings, FindingCode::OtherForm).message.contains("`wai-sr-client`"));
    let mut options = ScoringOptions::default();
    options.entry = Entry::Position;
    let backwards = instrument("wai-sr-client").unwrap().printed_backwards().to_vec();
    let by_position = forms(60, 12, (1.0, 5.0), &backwards);
    assert_eq!(check_with(&by_position, &instrument("wai-sr-client").unwrap(), &options, &[]), []);

    assert!(!has(
        &check_forms(&forms(29, 12, (1.0, 5.0), &[4, 10]), "wai-sr-client"),
        FindingCode::OtherForm
    ));
    assert!(!has(&check_forms(&forms(60, 12, (1.0, 5.0), &[4]), "wai-sr-client"), FindingCode::OtherForm));
}

#[test]
fn an_item_that_runs_against_its_scale() {
    let reversed_twice = forms(40, 36, (1.0, 7.0), &[1, 3, 7, 9, 10, 11, 12, 15, 20, 27, 31, 33, 34]);
    let findings = check_forms(&reversed_twice, "wai-36-client");
    let finding = only(&findings, FindingCode::NegativeItemRest);
    assert_eq!((&finding.items[..], finding.scale.as_deref(), finding.count), (&[29][..], Some("bond"), 40));
    assert_eq!((finding.column.as_deref(), finding.severity), (Some("q29"), Severity::Warning));
    assert_eq!(findings.len(), 1);
    assert_eq!(check_forms(&reversed_twice[..29].to_vec(), "wai-36-client"), []);

    let mut options = ScoringOptions::default();
    options.already_reversed = AlreadyReversed::Items(vec![29]);
    assert_eq!(check_with(&reversed_twice, &instrument("wai-36-client").unwrap(), &options, &[]), []);
    // A form with nothing but a total, and a scale that leaves items out.
    let findings = check_forms(&forms(40, 19, (1.0, 6.0), &[4, 8, 11, 16]), "haq-ii-client");
    assert_eq!(only(&findings, FindingCode::NegativeItemRest).items, [19]);
    let findings = check_forms(&forms(40, 9, (0.0, 5.0), &[2, 5, 6, 8, 9]), "tpocs-a-observer");
    assert_eq!(only(&findings, FindingCode::NegativeItemRest).items, [9]);
}

#[test]
fn straight_lines() {
    let mut answers = good();
    answers[6] = vec![3.0; 12];
    answers[9] = vec![2.0; 12];
    let findings = check_forms(&answers, "wai-sr-client");
    let finding = only(&findings, FindingCode::StraightLine);
    assert_eq!((&finding.rows[..], finding.count, finding.severity), (&[6, 9][..], 2, Severity::Note));

    let reversed = [4, 8, 11, 16, 19];
    let mut answers = forms(40, 19, (1.0, 6.0), &reversed);
    answers[6] = vec![5.0; 19];
    let findings = check_forms(&answers, "haq-ii-client");
    assert_eq!(only(&findings, FindingCode::StraightLine).severity, Severity::Warning);
    // The same answer throughout is seen through the reversal, and a uniform alliance is none.
    for form in &mut answers {
        for item in reversed {
            form[usize::from(item) - 1] = 7.0 - form[usize::from(item) - 1];
        }
    }
    answers[7] = vec![5.0; 19];
    let mut options = ScoringOptions::default();
    options.already_reversed = AlreadyReversed::All;
    let findings = check_with(&answers, &instrument("haq-ii-client").unwrap(), &options, &[]);
    assert_eq!(only(&findings, FindingCode::StraightLine).rows, [6]);

    let mut incomplete = good();
    incomplete[6] = vec![3.0; 12];
    incomplete[6][2] = f64::NAN;
    assert!(!has(&check_forms(&incomplete, "wai-sr-client"), FindingCode::StraightLine));
    assert_eq!(check_forms(&vec![vec![6.0; 4]; 9], "srs-client"), [], "four items are too few");
}

#[test]
fn all_maximum_forms() {
    let mut answers = good();
    answers[6] = vec![5.0; 12];
    let findings = check_forms(&answers, "wai-sr-client");
    let finding = only(&findings, FindingCode::AllMaximum);
    assert_eq!((&finding.rows[..], finding.count, finding.severity), (&[6][..], 1, Severity::Note));
    assert!(only(&findings, FindingCode::StraightLine).message.contains("1 of them at the maximum"));
    let best: Vec<f64> = (1..=5).map(|item| if item == 3 { 1.0 } else { 7.0 }).collect();
    let findings = check_forms(&vec![best, vec![7.0; 5]], "arm-5-client");
    assert_eq!(only(&findings, FindingCode::AllMaximum).rows, [0]);
}

#[test]
fn forms_that_lack_some_answers() {
    let findings = check_forms(&good_but(&[(6, 2, f64::NAN)]), "wai-sr-client");
    let finding = only(&findings, FindingCode::MissingAnswers);
    assert_eq!(
        (finding.column.as_deref(), &finding.rows[..], &finding.items[..]),
        (Some("q3"), &[6][..], &[3][..])
    );
    assert_eq!(
        finding.message,
        "1 answer is missing in column `q3`, on 1 form (row 6); `missing` decides whether such a form is scored"
    );
    let findings =
        check_forms(&good_but(&[(6, 2, f64::NAN), (6, 7, f64::NAN), (9, 2, f64::NAN)]), "wai-sr-client");
    let finding = only(&findings, FindingCode::MissingAnswers);
    assert_eq!((finding.count, &finding.items[..], finding.severity), (2, &[3, 8][..], Severity::Note));
    assert!(!has(&check_forms(&good(), "wai-sr-client"), FindingCode::MissingAnswers));
}

#[test]
fn forms_without_any_answer() {
    let mut answers = good();
    answers[0] = vec![f64::NAN; 12];
    answers[39] = vec![-1.0; 12];
    let mut options = ScoringOptions::default();
    options.missing_codes = vec![-1.0];
    let findings = check_with(&answers, &instrument("wai-sr-client").unwrap(), &options, &[]);
    let finding = only(&findings, FindingCode::AllMissing);
    assert_eq!((&finding.rows[..], finding.severity, findings.len()), (&[0, 39][..], Severity::Note, 1));
    answers[0][3] = 2.0;
    let findings = check_with(&answers, &instrument("wai-sr-client").unwrap(), &options, &[]);
    assert_eq!(only(&findings, FindingCode::AllMissing).rows, [39]);
}

/// Sums, means or POMP of some items of wai-36 forms, as somebody computed them.
fn totals(forms: &Forms, items: &[u16], reversed: &[u16], of_mean: impl Fn(f64) -> f64) -> Vec<f64> {
    let at = |form: &Vec<f64>, item: &u16| {
        let answer = form[usize::from(*item) - 1];
        if reversed.contains(item) { 8.0 - answer } else { answer }
    };
    forms
        .iter()
        .map(|form| of_mean(items.iter().map(|item| at(form, item)).sum::<f64>() / items.len() as f64))
        .collect()
}

/// 277 forms as the real survey has: answers without much structure, so that keys can be told apart.
fn survey() -> (Instrument, Forms) {
    let mut dice = Dice(36);
    let forms = (0..277).map(|_| (0..36).map(|_| dice.from(1, 7)).collect()).collect();
    (instrument("wai-36-client").unwrap(), forms)
}

fn doctor(form: &Instrument, forms: &Forms, totals: &[(&str, Vec<f64>)]) -> Vec<Finding> {
    let mut findings = check_with(forms, form, &ScoringOptions::default(), totals);
    findings.retain(|finding| finding.column.as_deref() == Some("given"));
    findings
}

#[test]
fn totals_of_the_key_in_any_metric() {
    let (form, forms) = survey();
    let reversed = form.reversed().unwrap();
    let goal = &form.scale("goal").unwrap().items;
    let metrics: [(&str, &dyn Fn(f64) -> f64); 3] = [
        ("sums", &|mean| mean * 12.0),
        ("means", &|mean| mean),
        ("percentages", &|mean| 100.0 * (mean - 1.0) / 6.0),
    ];
    for (name, metric) in metrics {
        let findings = doctor(&form, &forms, &[("goal", totals(&forms, goal, reversed, metric))]);
        let finding = only(&findings, FindingCode::TotalsReproduced);
        assert!(
            finding.message.contains("277 of 277") && finding.message.contains(name),
            "{}",
            finding.message
        );
        assert_eq!((finding.severity, finding.count, findings.len()), (Severity::Note, 277, 1));
    }
    let mut off_by_one = totals(&forms, goal, reversed, |mean| mean * 12.0);
    off_by_one[3] += 1.0;
    assert!(!has(&doctor(&form, &forms, &[("goal", off_by_one)]), FindingCode::TotalsReproduced));
}

/// The change in words, the scale's items and the reversed items after it, and the items concerned.
type Case = (&'static str, Vec<u16>, Vec<u16>, &'static [u16]);

#[test]
fn every_single_change_of_a_key_is_found() {
    let (form, forms) = survey();
    let key = form.reversed().unwrap();
    let bond = &form.scale("bond").unwrap().items; // reversed among them: 1, 20, 29
    let without =
        |set: &[u16], item: u16| set.iter().copied().filter(|other| *other != item).collect::<Vec<_>>();
    let with = |set: &[u16], item: u16| set.iter().copied().chain([item]).collect::<Vec<_>>();
    let cases: [Case; 8] = [
        ("reversing item 28 instead of item 29", bond.clone(), with(&without(key, 29), 28), &[28, 29]),
        ("reversing item 8 too", bond.clone(), with(key, 8), &[8]),
        ("not reversing item 20", bond.clone(), without(key, 20), &[20]),
        ("leaving out item 8", without(bond, 8), key.to_vec(), &[8]),
        ("adding item 2, not reversed,", with(bond, 2), key.to_vec(), &[2]),
        ("adding item 2, reversed,", with(bond, 2), with(key, 2), &[2]),
        ("taking item 3, reversed, instead of item 28", with(&without(bond, 28), 3), key.to_vec(), &[3, 28]),
        (
            "taking item 3, not reversed, instead of item 1",
            with(&without(bond, 1), 3),
            without(key, 3),
            &[3, 1],
        ),
    ];
    for (change, items, reversed, concerned) in cases {
        for metric in [|mean: f64, items: f64| mean * items, |mean, _| mean, |mean, _| (mean - 1.0) / 0.06] {
            let given = totals(&forms, &items, &reversed, |mean| metric(mean, items.len() as f64));
            let findings = doctor(&form, &forms, &[("bond", given)]);
            let finding = only(&findings, FindingCode::KeyVariant);
            assert!(
                finding.message.contains(&format!("{change} reproduces 277 of 277")),
                "{}",
                finding.message
            );
            assert!(finding.message.starts_with("Bond: the key reproduces "), "{}", finding.message);
            assert_eq!((&finding.items[..], finding.scale.as_deref()), (concerned, Some("bond")));
            assert_eq!((finding.severity, findings.len()), (Severity::Warning, 1));
            assert!(finding.count > 0 && finding.rows.len() == 5);
        }
    }
}

#[test]
fn a_change_may_miss_a_few_totals_but_not_many() {
    let (form, forms) = survey();
    let bond = &form.scale("bond").unwrap().items;
    let key: Vec<u16> = form.reversed().unwrap().iter().copied().filter(|item| *item != 29).collect();
    let mut given = totals(&forms, bond, &key, |mean| mean * 12.0);
    given.iter_mut().step_by(21).for_each(|total| *total += 0.5); // 14 of 277: 5.05 %
    let findings = doctor(&form, &forms, &[("bond", given.clone())]);
    let finding = only(&findings, FindingCode::TotalsDiffer);
    assert_eq!(finding.severity, Severity::Warning);
    given[0] -= 0.5;
    let findings = doctor(&form, &forms, &[("bond", given)]);
    assert!(
        only(&findings, FindingCode::KeyVariant)
            .message
            .contains("not reversing item 29 reproduces 264 of 277")
    );
    assert!(!has(&findings, FindingCode::TotalsDiffer));
}

#[test]
fn few_forms_leave_several_changes_open() {
    let (form, forms) = survey();
    let bond = &form.scale("bond").unwrap().items;
    let one_less: Vec<u16> = form.reversed().unwrap().iter().copied().filter(|item| *item != 29).collect();
    let of_two = totals(&forms[..2].to_vec(), bond, &one_less, |mean| mean * 12.0);
    let findings = doctor(&form, &forms[..2].to_vec(), &[("bond", of_two)]);
    assert!(findings.len() <= 5);
    assert!(findings.iter().all(|finding| finding.code == FindingCode::KeyVariant));
    assert!(findings[0].message.contains("more forms would tell them apart"), "{}", findings[0].message);
    // Three reversals forgotten are more than one change.
    let given = totals(&forms, bond, &[], |mean| mean * 12.0);
    assert_eq!(only(&doctor(&form, &forms, &[("bond", given)]), FindingCode::TotalsDiffer).rows.len(), 5);
}

#[test]
fn totals_that_cannot_be_compared() {
    let (form, forms) = survey();
    let findings = doctor(&form, &forms, &[("bond", vec![f64::NAN; 277]), ("warmth", vec![3.0; 277])]);
    assert_eq!(only(&findings, FindingCode::TotalsNotCompared).severity, Severity::Note);
    assert_eq!(only(&findings, FindingCode::UnknownScale).severity, Severity::Warning);
    // Rows without a total or without all items are left out, and 9 is a total although it was declared as missing.
    let answers = vec![vec![2.0, 2.0, 2.0, 1.0, 2.0], vec![f64::NAN; 5], vec![1.0, 2.0, 3.0, 4.0, 5.0]];
    let mut options = ScoringOptions::default();
    options.missing_codes = vec![9.0, 99.0, 999.0];
    let form = instrument("arm-5-client").unwrap();
    let sums = vec![13.0, 40.0, 999.0]; // 2 + 2 + 6 + 1 + 2: item 3 is reversed
    let findings = check_with(&answers, &form, &options, &[("total", sums)]);
    assert!(only(&findings, FindingCode::TotalsReproduced).message.contains("1 of 1"), "{findings:#?}");
    let nine = form.with_key(&[("total", vec![1, 2, 3, 4, 5])], &[], "manual").unwrap();
    let findings = check_with(&answers[..1].to_vec(), &nine, &options, &[("total", vec![9.0])]);
    assert!(only(&findings, FindingCode::TotalsReproduced).message.contains("1 of 1"));
}

#[test]
fn no_answer_is_ever_repeated() {
    let form = instrument("wai-sr-client").unwrap();
    let sentinels = [8642.0, -8642.0, 3.7531, 8.642e30, 77.0, 6.0];
    for sentinel in sentinels {
        let shown = format!("{sentinel}");
        for share in [1, 2, 5, 40] {
            let cells: Vec<_> = (0..40).step_by(share).map(|row| (row, row % 12, sentinel)).collect();
            let answers = good_but(&cells);
            let given: Vec<f64> = vec![sentinel; 40];
            let findings = check_with(&answers, &form, &ScoringOptions::default(), &[("bond", given)]);
            assert!(
                has(&findings, FindingCode::TotalsDiffer) || has(&findings, FindingCode::TotalsNotCompared)
            );
            for finding in &findings {
                let numbers: BTreeSet<&str> =
                    finding.message.split(|letter: char| !letter.is_ascii_digit() && letter != '.').collect();
                // Positions and counts may be any small number, so 6 and 77 are looked for as answers only.
                let small = [77.0, 6.0].contains(&sentinel);
                assert!(
                    small || !finding.message.contains(shown.trim_start_matches('-')),
                    "{}",
                    finding.message
                );
                assert!(!numbers.contains("77"), "{}", finding.message);
            }
            let debug = format!("{findings:?}");
            assert!(!debug.contains("8642") && !debug.contains("7531"), "{debug}");
        }
    }
}

#[test]
fn findings_do_not_depend_on_chunks() {
    let (form, mut forms) = survey();
    forms.extend(forms.clone().into_iter().cycle().take(2_000));
    forms[1_500] = vec![7.0; 36];
    forms[2_100][8] = 11.0;
    let bond = &form.scale("bond").unwrap().items;
    let given = totals(&forms, bond, &form.reversed().unwrap()[1..], |mean| mean * 12.0);
    let items = by_item(&forms);
    let names = names(36);
    let report = |cut: &dyn Fn(usize) -> usize| {
        let column = |name, values, cut| Column::new(name, slice_chunks(values, cut));
        let columns: Vec<Column> = items
            .iter()
            .zip(&names)
            .enumerate()
            .map(|(at, (item, name))| column(name, item, cut(at)))
            .collect();
        let totals = [Totals { scale: "bond".into(), column: column("given", &given, cut(36)) }];
        check(&columns, &form, &ScoringOptions::default(), &totals)
    };
    let whole = report(&|_| usize::MAX);
    for code in [FindingCode::KeyVariant, FindingCode::StraightLine, FindingCode::OutOfRange] {
        only(&whole, code);
    }
    assert_eq!(whole, report(&|column| 7 + 13 * column));
    assert_eq!(whole, report(&|column| 1 + column % 3));
}

fn slice_chunks(values: &[f64], size: usize) -> Vec<Chunk<'_>> {
    values.chunks(size).map(Chunk::from).collect()
}

/// A column's values, owned, in one of the types that come.
#[derive(Debug, Clone)]
enum Values {
    I8(Vec<i8>, Vec<u8>),
    I64(Vec<i64>),
    U8(Vec<u8>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Text(Vec<f64>),
}

const ODD_NUMBERS: [f64; 14] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    0.0,
    -0.0,
    9.0,
    99.0,
    -99.0,
    2.5,
    1e300,
    -1e300,
    5e-324,
    40.0,
    6.0,
];

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (1_i8..=7).prop_map(f64::from),
        1 => prop::sample::select(ODD_NUMBERS.to_vec()),
        1 => any::<f64>(),
    ]
}

fn values(rows: usize) -> impl Strategy<Value = Values> {
    let numbers = || prop::collection::vec(number(), rows);
    prop_oneof![
        (prop::collection::vec(any::<i8>(), rows), prop::collection::vec(any::<u8>(), rows / 8 + 1))
            .prop_map(|(values, bits)| Values::I8(values, bits)),
        prop::collection::vec(any::<i64>(), rows).prop_map(Values::I64),
        prop::collection::vec(0_u8..8, rows).prop_map(Values::U8),
        numbers().prop_map(|v| Values::F32(v.into_iter().map(|value| value as f32).collect())),
        numbers().prop_map(Values::F64),
        numbers().prop_map(Values::Text),
    ]
}

struct Owned {
    values: Values,
    cells: Cells,
}

impl Owned {
    fn new(values: Values) -> Self {
        let cells = Cells(if let Values::Text(cells) = &values { cells.clone() } else { Vec::new() });
        Self { values, cells }
    }

    /// In two chunks where the type allows it.
    fn column<'a>(&'a self, name: &'a str) -> Column<'a> {
        fn halves<T>(values: &[T]) -> (&[T], &[T]) {
            values.split_at(values.len() / 3)
        }
        let chunks = match &self.values {
            Values::I8(values, bytes) => {
                let validity = Validity::Bitmap { bytes, offset: 0 };
                vec![Chunk::new(Answers::I8(Strided::from(&values[..])), validity).unwrap()]
            }
            Values::I64(values) => {
                let backwards =
                    Strided::new(values, values.len().saturating_sub(1), -1, values.len()).unwrap();
                vec![Chunk::new(Answers::I64(backwards), Validity::All).unwrap()]
            }
            Values::U8(values) => vec![halves(values).0.into(), halves(values).1.into()],
            Values::F32(values) => vec![halves(values).0.into(), halves(values).1.into()],
            Values::F64(values) => vec![halves(values).0.into(), halves(values).1.into()],
            Values::Text(_) => vec![self.cells.chunk()],
        };
        Column::new(name, chunks)
    }
}

/// Columns of one length mostly, or each of its own.
fn data() -> impl Strategy<Value = Vec<Values>> {
    let rows = prop_oneof![0_usize..7, 95_usize..130];
    let columns = prop_oneof![4 => Just(12_usize), 1 => 0_usize..14, 1 => Just(36_usize)];
    let even =
        (rows.clone(), columns).prop_flat_map(|(rows, columns)| prop::collection::vec(values(rows), columns));
    let uneven = prop::collection::vec(rows.prop_flat_map(values), 0..14);
    prop_oneof![4 => even, 1 => uneven]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_columns_are_survived(
        data in data(),
        totals in values(100),
        form in prop::sample::select(catalog().to_vec()),
        forms_of_twelve in prop::sample::select(vec![None, Some("wai-sr-client"), Some("star-client"), Some("wai-s-client")]),
        codes in prop::collection::vec(number(), 0..3),
        by_position in any::<bool>(),
        already in prop::sample::select(vec![AlreadyReversed::Nothing, AlreadyReversed::All, AlreadyReversed::Items(vec![0, 4, 999])]),
    ) {
        let form = forms_of_twelve.map_or(form, |id| instrument(id).unwrap());
        let mut options = ScoringOptions::default();
        options.missing_codes = codes;
        options.entry = if by_position { Entry::Position } else { Entry::Printed };
        options.already_reversed = already;
        let owned: Vec<Owned> = data.into_iter().map(Owned::new).collect();
        let names = names(owned.len());
        let columns: Vec<Column> = owned.iter().zip(&names).map(|(owned, name)| owned.column(name)).collect();
        let totals = Owned::new(totals);
        let first = owned.first();
        let of = |scale: &str, column| Totals { scale: scale.to_owned(), column };
        let mut given = vec![of("total", totals.column("given")), of("warmth", totals.column("given"))];
        given.extend(first.map(|first| of("bond", first.column("given"))));
        given.extend(first.map(|first| of("total", first.column("given"))));
        let findings = check(&columns, &form, &options, &given);
        for finding in &findings {
            prop_assert!(finding.rows.len() <= 5 && !finding.message.is_empty());
        }
        // What scoring refuses is seen here, too.
        let refusal = Scorer::new(&form, &options).and_then(|scorer| scorer.score(&columns)).err();
        if let Some(error) = refusal {
            let wanted = error.code();
            let is_it = |finding: &Finding| {
                finding.severity == Severity::Error
                    && (finding.code.as_str() == wanted
                        || (wanted == "undeclared-missing-code" && finding.code == FindingCode::BlankAsZero))
            };
            prop_assert!(findings.iter().any(is_it), "{wanted} is not among {findings:#?}");
        }
    }

    #[test]
    fn the_order_of_the_forms_does_not_matter(seed in 1_u64..1000, shift in 1_usize..39) {
        let mut dice = Dice(seed);
        let mut answers: Forms = (0..40).map(|_| (0..12).map(|_| dice.from(1, 5)).collect()).collect();
        let summary = |answers: &Forms| -> Vec<(FindingCode, usize, Vec<u16>)> {
            check_forms(answers, "wai-sr-client").into_iter().map(|f| (f.code, f.count, f.items)).collect()
        };
        let before = summary(&answers);
        answers.rotate_left(shift);
        prop_assert_eq!(before, summary(&answers));
    }
}
