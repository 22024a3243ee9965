//! Items that run against the rest of their scale.

use alliance_instruments::{Scale, TOTAL};
use alliance_statistics::CrossProducts;

use super::finding::{Finding, FindingCode, Severity};
use super::form::Form;
use crate::Column;

/// Fewest complete forms from which a correlation is judged.
pub(super) const FEWEST_FORMS: usize = 30;

/// Correlation of every item with the rest of its scale, over the forms that are complete on that scale.
pub(super) struct ItemRest<'a> {
    sets: Vec<Set<'a>>,
}

/// One scale and the items that are judged within it.
struct Set<'a> {
    scale: &'a Scale,
    columns: Vec<usize>,
    /// Positions within `columns`.
    judged: Vec<usize>,
    signs: Vec<f64>,
    products: CrossProducts,
    /// Room for the answers of one form.
    answers: Vec<f64>,
}

impl<'a> ItemRest<'a> {
    /// Judges each item once: within the scales that split the form; without such a split within
    /// the first scale that holds it and is not the total; else within the total.
    pub(super) fn new(form: &Form<'a>) -> Self {
        let mut sets = Vec::new();
        let mut seen = vec![false; form.columns];
        let instrument = form.instrument;
        let all_signs = form.signs().unwrap_or_default();
        let split = |scale: &&Scale| instrument.partition().contains(&scale.name);
        let proper = |scale: &&Scale| scale.name != TOTAL && scale.items.len() < form.columns;
        let scales = instrument.scales();
        let ordered = scales
            .iter()
            .filter(split)
            .chain(scales.iter().filter(proper))
            .chain(scales.iter().filter(|scale| scale.name == TOTAL));
        for scale in ordered {
            let columns = form.columns_of(&scale.items);
            let signs: Vec<f64> =
                columns.iter().filter_map(|column| all_signs.get(*column).copied()).collect();
            let mut judged = Vec::new();
            for (position, column) in columns.iter().enumerate() {
                if let Some(seen) = seen.get_mut(*column) {
                    if !*seen {
                        judged.push(position);
                    }
                    *seen = true;
                }
            }
            if judged.is_empty() || columns.len() < 2 || signs.len() != columns.len() {
                continue;
            }
            let products = CrossProducts::new(columns.len());
            sets.push(Set {
                scale,
                answers: vec![f64::NAN; columns.len()],
                columns,
                judged,
                signs,
                products,
            });
        }
        Self { sets }
    }

    pub(super) fn add(&mut self, answers: &[f64]) {
        for set in &mut self.sets {
            for (answer, column) in set.answers.iter_mut().zip(&set.columns) {
                *answer = answers.get(*column).copied().unwrap_or(f64::NAN);
            }
            set.products.add_row(&set.answers);
        }
    }

    pub(super) fn findings(&self, columns: &[Column<'_>]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for set in &self.sets {
            let forms = set.products.count();
            if forms < FEWEST_FORMS {
                continue;
            }
            for position in &set.judged {
                let correlation = set.products.item_rest_correlation(*position, &set.signs);
                let column = set.columns.get(*position).and_then(|column| columns.get(*column));
                let (Some(column), Some(item)) = (column, set.scale.items.get(*position)) else { continue };
                if correlation < 0.0 {
                    let message = format!(
                        "item {item} (column `{}`) correlates {correlation:.2} with the rest of `{}` after keying, over \
                         {forms} complete forms: it may be reversed twice, or not at all. Compare it with the printed form; \
                         `already_reversed` says what was reversed before",
                        column.name(),
                        set.scale.name,
                    );
                    findings.push(
                        Finding::new(FindingCode::NegativeItemRest, Severity::Warning, message)
                            .in_column(column.name())
                            .of_scale(&set.scale.name)
                            .of_items([*item])
                            .counting(forms),
                    );
                }
            }
        }
        findings
    }
}
