//! Data that are something else than answers to this form.

use alliance_instruments::{Instrument, catalog};
use alliance_statistics::CrossProducts;

use super::finding::{Finding, FindingCode, Severity, items_in_words};
use super::form::{Form, item_in, turned};
use super::range::{Fit, Tally};
use super::rest::FEWEST_FORMS;

/// Share of answers outside the range from which another range is suggested.
const OUTSIDE_SHARE: f64 = 0.05;

/// Fewest answers outside the range from which anything is suggested.
const FEWEST_OUTSIDE: usize = 5;

/// Share of answers outside the range from which they may be totals.
const TOTALS_SHARE: f64 = 0.8;

/// Most forms a message names.
const MOST_FORMS: usize = 3;

/// What else the answers could be, judged by their range: totals, or answers to another form.
pub(super) fn by_range(form: &Form<'_>, tally: &Tally) -> Option<Finding> {
    let own = form.range?;
    other_range(form, tally, own).or_else(|| totals(form, tally, own))
}

/// The columns look like one total per session, as twelve sessions of a twelve-item form do.
///
/// They do if at least 80 % of the answers lie outside the response range, all of those lie within the sums that
/// one of the form's scales can have, some lie in the upper half of these sums (the lower half of a long scale
/// is where answers on a 0-10 or 1-7 form lie too), and no range of another form of the family explains them.
/// Of several scales the one with the narrowest sums is named.
fn totals(form: &Form<'_>, tally: &Tally, (min, max): (f64, f64)) -> Option<Finding> {
    let sums_of = |scale: &alliance_instruments::Scale| {
        let items = scale.items.len() as f64;
        (items * min, items * max)
    };
    let fits = |(low, high): (f64, f64)| -> Option<Fit> {
        let fit = tally.fit(low, high)?;
        let mostly = fit.outside >= FEWEST_OUTSIDE && fit.outside as f64 >= TOTALS_SHARE * fit.answers as f64;
        (mostly && tally.reaches_above(f64::midpoint(low, high))).then_some(fit)
    };
    let (scale, fit) = form
        .instrument
        .scales()
        .iter()
        .filter_map(|scale| Some((scale, fits(sums_of(scale))?)))
        .min_by_key(|(scale, _)| scale.items.len())?;
    let (low, high) = sums_of(scale);
    let message = format!(
        "the {} columns look like one total per session and not like the items of one form: {} of {} answers lie \
         outside {min} to {max}, all of them within {low} to {high}, the sums of `{}`. Scoring takes one column per \
         item and one row per form; totals without items go to `Scores.from_totals`",
        form.columns, fit.outside, fit.answers, scale.name,
    );
    Some(
        Finding::new(FindingCode::LooksLikeTotals, Severity::Warning, message)
            .of_scale(&scale.name)
            .counting(fit.outside),
    )
}

/// At least 5 % of the answers, and at least five, are outside the range, and all of those lie in the range of
/// another form of the family: one alike if there is one, and of several ranges the narrowest.
fn other_range(form: &Form<'_>, tally: &Tally, (min, max): (f64, f64)) -> Option<Finding> {
    let instrument = form.instrument;
    let family: Vec<&Instrument> =
        catalog().iter().filter(|other| other.family() == instrument.family()).collect();
    let narrowest = |forms: &[&'static Instrument]| {
        forms
            .iter()
            .filter_map(|other| other.response())
            .filter_map(|response| Some((response.min, response.max, tally.fit(response.min, response.max)?)))
            .filter(|(_, _, fit)| {
                fit.outside >= FEWEST_OUTSIDE && fit.outside as f64 >= OUTSIDE_SHARE * fit.answers as f64
            })
            .min_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)))
    };
    let (code, forms, (low, high, fit)) = match narrowest(&form.alike) {
        Some(found) => (FindingCode::OtherForm, &form.alike, found),
        None => (FindingCode::OtherRange, &family, narrowest(&family)?),
    };
    let named = in_words(
        forms
            .iter()
            .filter(|other| other.response().is_some_and(|range| range.min == low && range.max == high))
            .map(|other| other.id()),
    );
    let advice = if code == FindingCode::OtherForm {
        format!(
            "the range of {named}, of the same family, rater and number of items. If that form was filled in, score it \
             as such; if it was `{}` with other response points",
            instrument.id()
        )
    } else {
        format!(
            "the range of {named}, of the same family. If `{}` was given with these response points",
            instrument.id()
        )
    };
    let message = format!(
        "{} of {} answers lie outside {min} to {max}, all of them within {low} to {high}, {advice}, say so with \
         `with_range({low}, {high})`",
        fit.outside, fit.answers,
    );
    Some(Finding::new(code, Severity::Warning, message).counting(fit.outside))
}

/// Another key of a form alike, judged by the items that run against the rest.
pub(super) struct OtherKey {
    candidates: Vec<(&'static Instrument, Vec<bool>)>,
    signs: Vec<f64>,
    own: Vec<bool>,
    products: CrossProducts,
}

impl OtherKey {
    /// `None` if no form alike turns other answers round than this one does.
    pub(super) fn new(form: &Form<'_>) -> Option<Self> {
        let own = form.turned.clone()?;
        let candidates: Vec<_> = form
            .alike
            .iter()
            .filter_map(|other| Some((*other, turned(other, form.options, form.columns)?)))
            .filter(|(_, turned)| *turned != own)
            .collect();
        if candidates.is_empty() {
            return None;
        }
        Some(Self { candidates, signs: form.signs()?, own, products: CrossProducts::new(form.columns) })
    }

    pub(super) fn add(&mut self, answers: &[f64]) {
        self.products.add_row(answers);
    }

    /// The answers fit a form alike if the items that correlate negatively with the sum of all others, after the
    /// key, are exactly those that the other form's key treats differently.
    pub(super) fn finding(&self, form: &Form<'_>) -> Option<Finding> {
        if self.products.count() < FEWEST_FORMS {
            return None;
        }
        let against: Vec<bool> = (0..form.columns)
            .map(|column| self.products.item_rest_correlation(column, &self.signs) < 0.0)
            .collect();
        let better: Vec<&str> = self
            .candidates
            .iter()
            .filter(|(_, theirs)| {
                theirs.iter().zip(&self.own).map(|(their, own)| their != own).eq(against.iter().copied())
            })
            .map(|(other, _)| other.id())
            .collect();
        if better.is_empty() {
            return None;
        }
        let items: Vec<u16> = against
            .iter()
            .enumerate()
            .filter(|(_, against)| **against)
            .map(|(column, _)| item_in(column))
            .collect();
        let verb = if items.len() == 1 { "correlates" } else { "correlate" };
        let message = format!(
            "{} {verb} negatively with the sum of the other items over {} complete forms, and just these are keyed in the \
             other direction by {}, of the same family, rater and number of items. If that form was filled in, score it as \
             such; if not, see whether answers were reversed before (`already_reversed`)",
            items_in_words(&items),
            self.products.count(),
            in_words(better.into_iter()),
        );
        let finding = Finding::new(FindingCode::OtherForm, Severity::Warning, message);
        Some(finding.counting(self.products.count()).of_items(items))
    }
}

/// Ids of forms; the first three and a hint at more.
fn in_words<'a>(forms: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<String> = forms.map(|id| format!("`{id}`")).collect();
    let named = all.iter().take(MOST_FORMS).cloned().collect::<Vec<_>>().join(", ");
    if all.len() > MOST_FORMS { format!("{named} and others") } else { named }
}
