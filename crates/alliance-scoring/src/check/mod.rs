//! The key doctor: everything that looks wrong with answers, columns, or somebody else's totals.

mod finding;
mod form;
mod key_changes;
mod other_forms;
pub(crate) mod range;
mod responding;
mod rest;
mod rows;
mod totals;

use alliance_instruments::Instrument;

pub use finding::{Finding, FindingCode, Severity};
pub use totals::Totals;

use form::{Form, item_in};
use other_forms::OtherKey;
use range::Tally;
use responding::Responding;
use rest::ItemRest;
use totals::Comparison;

use crate::{Column, Scorer, ScoringError, ScoringOptions};

/// Looks at answers, at the key and at totals that somebody else computed, and says everything it sees.
///
/// `columns[i]` holds the answers to item `i + 1`; `totals` may be empty. Bad data, a form without a key
/// or columns that do not fit give findings, never an error, and the checks that are still possible are made.
///
/// Findings come in this order: the request and the shape of the columns; data that look like something else
/// than answers to this form; each column's answers; forms without answers or answered in one stroke; items that
/// run against their scale; totals. No message holds an answer other than the usual missing codes
/// (0, 9, 99, 999 and their negatives).
///
/// For totals, every single change of the scale's key is tried: one item reversed more or less, one reversed instead
/// of another, one item left out, added or exchanged for another of the form.
///
/// ```
/// use alliance_scoring::{Chunk, Column, FindingCode, ScoringOptions, Totals, check};
///
/// let form = alliance_instruments::instrument("arm-5-client")?; // item 3 is reversed
/// let items: [[i8; 4]; 5] = [[7, 6, 3, 5], [6, 6, 2, 7], [2, 1, 5, 5], [7, 5, 4, 1], [6, 7, -99, 3]];
/// let names = ["a1", "a2", "a3", "a4", "a5"];
/// let columns: Vec<Column> =
///     items.iter().zip(names).map(|(item, name)| Column::new(name, vec![Chunk::from(&item[..])])).collect();
/// // Somebody added the answers up without reversing item 3.
/// let sums = [28_i16, 25, 14, 21];
/// let totals = [Totals { scale: "total".into(), column: Column::new("sum", vec![Chunk::from(&sums[..])]) }];
///
/// let findings = check(&columns, &form, &ScoringOptions::default(), &totals);
/// assert_eq!(findings[0].code, FindingCode::UndeclaredMissingCode);
/// assert_eq!((findings[0].column.as_deref(), &findings[0].rows[..]), (Some("a5"), &[2][..]));
/// assert_eq!(findings[1].code, FindingCode::KeyVariant);
/// assert!(findings[1].message.contains("0 of 3 totals; not reversing item 3 reproduces 3 of 3"));
/// # Ok::<(), alliance_instruments::InstrumentError>(())
/// ```
pub fn check(
    columns: &[Column<'_>],
    instrument: &Instrument,
    options: &ScoringOptions,
    totals: &[Totals<'_>],
) -> Vec<Finding> {
    let form = Form::new(instrument, options, columns.len());
    let mut findings = Vec::new();
    findings.extend(Scorer::new(instrument, options).err().map(|error| Finding::of_error(&error)));
    let shape = wrong_shape(columns, instrument);
    let items_known = !shape.iter().any(|finding| finding.code == FindingCode::WrongColumnCount);
    let rows_known = shape.is_empty();
    findings.extend(shape);

    let mut tally = Tally::default();
    let mut of_columns = Vec::new();
    for (position, column) in columns.iter().enumerate() {
        let problems = range::classify(column, instrument, &options.missing_codes);
        tally.add(&problems);
        let items = items_known.then(|| item_in(position));
        let errors = problems.into_errors(instrument);
        of_columns.extend(errors.iter().map(|error| Finding::of_error(error).of_items(items)));
    }
    if items_known {
        findings.extend(other_forms::by_range(&form, &tally));
    }
    let whole_forms = if rows_known { check_forms(columns, &form, totals) } else { FormFindings::default() };
    findings.extend(whole_forms.other_key);
    findings.extend(of_columns);
    findings.extend(whole_forms.rest);
    findings
}

/// One finding for a wrong number of columns, one for each column of another length than the first.
fn wrong_shape(columns: &[Column<'_>], instrument: &Instrument) -> Vec<Finding> {
    let mut findings = Vec::new();
    let expected = instrument.item_count().map(usize::from);
    if let Some(expected) = expected.filter(|expected| *expected != columns.len()) {
        findings.push(Finding::of_error(&ScoringError::WrongColumnCount {
            instrument: instrument.id().to_owned(),
            expected,
            found: columns.len(),
        }));
    }
    let rows = columns.first().map_or(0, Column::len);
    findings.extend(columns.iter().filter_map(|column| wrong_length(column, rows)));
    findings
}

fn wrong_length(column: &Column<'_>, expected: usize) -> Option<Finding> {
    let (name, found) = (column.name(), column.len());
    (found != expected).then(|| {
        let error = ScoringError::LengthMismatch { column: name.to_owned(), expected, found };
        Finding::of_error(&error).in_column(name)
    })
}

/// What forms as wholes gave.
#[derive(Default)]
struct FormFindings {
    other_key: Option<Finding>,
    rest: Vec<Finding>,
}

/// The checks that need whole forms, in one pass over the rows.
fn check_forms(columns: &[Column<'_>], form: &Form<'_>, totals: &[Totals<'_>]) -> FormFindings {
    let rows = columns.first().map_or(0, Column::len);
    let mut of_totals = Vec::new();
    let mut comparisons = Vec::new();
    let mut read: Vec<&Column<'_>> = columns.iter().collect();
    for given in totals {
        match form.instrument.scale(&given.scale) {
            None => of_totals.push(unknown_scale(form.instrument, given)),
            Some(scale) => {
                if let Some(finding) = wrong_length(&given.column, rows) {
                    of_totals.push(finding);
                } else if let Some(comparison) = Comparison::new(form, scale, &given.column) {
                    comparisons.push(comparison);
                    read.push(&given.column);
                }
            }
        }
    }
    let mut responding = Responding::new(form);
    let mut item_rest = ItemRest::new(form);
    let mut other_key = OtherKey::new(form);
    let mut answers = vec![f64::NAN; columns.len()];
    rows::for_each_row(&read, |row, values| {
        let (given, totals) = values.split_at(columns.len().min(values.len()));
        for (answer, given) in answers.iter_mut().zip(given) {
            *answer = form.usable(*given);
        }
        responding.add(row, &answers);
        item_rest.add(&answers);
        if let Some(other_key) = &mut other_key {
            other_key.add(&answers);
        }
        for (comparison, total) in comparisons.iter_mut().zip(totals) {
            comparison.add(row, &answers, *total);
        }
    });
    let mut rest = responding.findings(columns);
    rest.extend(item_rest.findings(columns));
    rest.extend(of_totals);
    rest.extend(comparisons.into_iter().flat_map(Comparison::findings));
    FormFindings { other_key: other_key.and_then(|other_key| other_key.finding(form)), rest }
}

/// Scoring is not affected by it, so it is only a warning.
fn unknown_scale(instrument: &Instrument, given: &Totals<'_>) -> Finding {
    let error = ScoringError::UnknownScale {
        instrument: instrument.id().to_owned(),
        scale: given.scale.clone(),
        known: instrument.scales().iter().map(|scale| scale.name.clone()).collect(),
    };
    let mut finding = Finding::of_error(&error).in_column(given.column.name());
    finding.severity = Severity::Warning;
    finding
}
