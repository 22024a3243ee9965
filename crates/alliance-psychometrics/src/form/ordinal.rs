//! Alpha and omega of the normal variables behind ordered answers.

use super::factors::Extraction;
use super::moments::Moments;
use super::omega::{ModelFit, Omega};
use super::polychoric::{Cut, fit};
use super::{Form, Missing};
use crate::linear::{Eigen, Symmetric};
use crate::{Columns, Estimate, Level, Status};

/// What answers must have for polychoric correlations to be worked out. A rule of this project, not from the
/// literature: with thin categories thresholds are guesses.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct OrdinalRule {
    /// Fewest answers in a category that is used at all.
    pub least_per_category: usize,
    /// Largest share of the answers in one category.
    pub most_in_one_category: f64,
    /// Most categories of an item; more of them are better treated as numbers.
    pub most_categories: usize,
}

impl Default for OrdinalRule {
    /// Ten answers, 60 %, ten categories.
    fn default() -> Self {
        Self { least_per_category: 10, most_in_one_category: 0.6, most_categories: 10 }
    }
}

impl OrdinalRule {
    /// No rule: whatever the data, if at all possible.
    pub fn none() -> Self {
        Self { least_per_category: 0, most_in_one_category: 1.0, most_categories: usize::MAX }
    }

    fn refuses(&self, item: &Cut) -> bool {
        let n: f64 = item.counts.iter().sum();
        let most = item.counts.iter().copied().fold(0.0, f64::max);
        item.categories() > self.most_categories
            || item.counts.iter().any(|count| *count < self.least_per_category as f64)
            || most > self.most_in_one_category * n
    }
}

/// Alpha and omega of latent responses.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OrdinalReliability {
    /// Standardized alpha of the polychoric correlations (Zumbo, Gadermann & Zeisser 2007).
    pub alpha: Estimate,
    /// Standardized omega total of one minres factor of them.
    pub omega: Estimate,
    /// The correlations, row by row, after smoothing; NaN where refused.
    pub correlations: Vec<f64>,
    /// Thresholds of each item.
    pub thresholds: Vec<Vec<f64>>,
    /// Smallest eigenvalue of the correlations before smoothing.
    pub smallest_eigenvalue: f64,
    /// Items that the rule refuses.
    pub refused_items: Vec<usize>,
    /// Fit of the factor, which takes polychoric correlations for Pearson's: a rough guide only.
    pub fit: ModelFit,
}

const ALPHA: &str = "ordinal alpha, latent responses";
const OMEGA: &str = "ordinal omega, latent responses";
const LATENT: &str = "of latent responses, not of the sum of the answers: not for a standard error of measurement or reliable change";

/// Whether a reliability speaks of latent responses.
pub(super) fn is_latent(reliability: &Estimate) -> bool {
    [ALPHA, OMEGA].contains(&reliability.method)
}

/// Ordinal alpha and omega from polychoric correlations of complete rows.
///
/// They describe sums of the normal variables behind the answers, which nobody observes, and are as a rule higher
/// than alpha of the answers. Where an item breaks the rule both are refused with [`Status::Undefined`] and a note that
/// names it. A matrix that is not positive semidefinite is replaced by the nearest correlation matrix (Higham 2002, IMA
/// Journal of Numerical Analysis 22, 329-343) and marked [`Status::NotPositiveDefinite`] with the value kept: the one case in which
/// that status has a value.
pub fn ordinal_reliability(items: &Columns<'_>, rule: OrdinalRule, level: Level) -> OrdinalReliability {
    let complete: Vec<usize> = (0..items.rows()).filter(|row| items.is_complete(*row)).collect();
    let (rows, dropped) = (complete.len(), items.rows() - complete.len());
    let cuts: Vec<Cut> = items
        .iter()
        .map(|column| {
            Cut::new(&complete.iter().filter_map(|row| column.get(*row).copied()).collect::<Vec<_>>())
        })
        .collect();
    let size = cuts.len();
    let undefined = |status, note: Option<String>| {
        let make = |method| {
            let estimate = Estimate::undefined(status, level, method).with_rows(rows, rows, dropped);
            note.iter().fold(estimate, |estimate, note| estimate.with_note(note.clone()))
        };
        (make(ALPHA), make(OMEGA))
    };
    let refused_items: Vec<usize> =
        cuts.iter().enumerate().filter(|(_, cut)| rule.refuses(cut)).map(|(item, _)| item).collect();
    let obstacle = if size < 2 {
        Some((Status::TooFewItems, None))
    } else if rows == 0 && items.rows() > 0 {
        Some((Status::AllMissing, None))
    } else if rows < 2 {
        Some((Status::TooFewUnits, None))
    } else if cuts.iter().any(|cut| cut.categories() < 2) {
        Some((Status::ZeroVariance, None))
    } else if refused_items.is_empty() {
        None
    } else {
        let names: Vec<String> = refused_items.iter().map(|item| items.name(*item)).collect();
        let note = format!(
            "items {} have too few answers in a category, too many in one, or too many categories",
            names.join(", ")
        );
        Some((Status::Undefined, Some(note)))
    };
    let thresholds: Vec<Vec<f64>> = cuts.iter().map(|cut| cut.thresholds.clone()).collect();
    if let Some((status, note)) = obstacle {
        let (alpha, omega) = undefined(status, note);
        return OrdinalReliability {
            alpha,
            omega,
            correlations: vec![f64::NAN; size * size],
            thresholds,
            smallest_eigenvalue: f64::NAN,
            refused_items,
            fit: ModelFit::UNKNOWN,
        };
    }
    let pair = |row: usize, column: usize| match (cuts.get(row), cuts.get(column)) {
        (Some(first), Some(second)) if row != column => fit(first, second).correlation,
        _ => 1.0,
    };
    let found = Symmetric::from_fn(size, pair);
    let smallest_eigenvalue = found.eigen().values.last().copied().unwrap_or(f64::NAN);
    let is_smoothed = smallest_eigenvalue < 0.0;
    let correlations = if is_smoothed { nearest_correlation(&found) } else { found };
    let cells: Vec<f64> = (0..size).flat_map(|row| correlations.row(row).to_vec()).collect();
    let form = Form {
        names: (0..size).map(|item| items.name(item)).collect(),
        answers: None,
        moments: Moments {
            means: vec![f64::NAN; size],
            covariances: correlations.clone(),
            rows_used: rows,
            rows_dropped: dropped,
            status: Status::Defined,
        },
        missing: Missing::Listwise,
        level,
    };
    let mark = |estimate: Estimate, method: &'static str| {
        let estimate = Estimate { method, ..estimate }.with_note(LATENT);
        if is_smoothed {
            estimate.with_status(Status::NotPositiveDefinite).with_note(
                "from the nearest correlation matrix: the polychoric one has a negative eigenvalue",
            )
        } else {
            estimate
        }
    };
    let Omega { standardized, fit, .. } = form.one_factor(Extraction::MinimumResiduals);
    let (alpha, omega) = (mark(form.standardized_alpha(&correlations), ALPHA), mark(standardized, OMEGA));
    OrdinalReliability {
        alpha,
        omega,
        correlations: cells,
        thresholds,
        smallest_eigenvalue,
        refused_items,
        fit,
    }
}

/// The correlation matrix nearest in the sum of squared differences: projections onto matrices without negative eigenvalues and
/// onto those with a unit diagonal, with Dykstra's correction of the first.
fn nearest_correlation(matrix: &Symmetric) -> Symmetric {
    const MOST_ROUNDS: usize = 2_000;
    const SETTLED: f64 = 1e-12;
    let size = matrix.size();
    let mut current = matrix.clone();
    let mut correction = Symmetric::zeros(size);
    for _ in 0..MOST_ROUNDS {
        let shifted =
            Symmetric::from_fn(size, |row, column| current.at(row, column) - correction.at(row, column));
        let Eigen { values, vectors } = shifted.eigen();
        let positive = Symmetric::from_fn(size, |row, column| {
            values
                .iter()
                .zip(&vectors)
                .filter(|(value, _)| **value > 0.0)
                .map(|(value, vector)| {
                    let at = |place: usize| vector.get(place).copied().unwrap_or(f64::NAN);
                    value * at(row) * at(column)
                })
                .sum()
        });
        correction =
            Symmetric::from_fn(size, |row, column| positive.at(row, column) - shifted.at(row, column));
        let next = Symmetric::from_fn(
            size,
            |row, column| if row == column { 1.0 } else { positive.at(row, column) },
        );
        let change = (0..size)
            .flat_map(|row| (0..row).map(move |column| (row, column)))
            .map(|(row, column)| (next.at(row, column) - current.at(row, column)).abs())
            .fold(0.0, f64::max);
        current = next;
        if change < SETTLED {
            break;
        }
    }
    current
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Matrix::nearPD(m, corr = TRUE, do2eigen = FALSE, conv.tol = 1e-14, maxit = 5000)`, R 4.2.2, Matrix 1.5-3.
    #[test]
    fn the_nearest_correlation_agrees_with_near_pd() {
        let cells = [[1.0, 0.9, 0.2], [0.9, 1.0, 0.9], [0.2, 0.9, 1.0]];
        let nearest = nearest_correlation(&Symmetric::from_fn(3, |row, column| cells[row][column]));
        for ((row, column), expected) in [((1, 0), NEAR[0]), ((2, 0), NEAR[1]), ((2, 1), NEAR[2])] {
            assert!(
                (nearest.at(row, column) - expected).abs() < 1e-8,
                "{} {expected}",
                nearest.at(row, column)
            );
        }
        assert!(nearest.eigen().values[2] > -1e-9);
    }

    const NEAR: [f64; 3] = [0.795_510_649_836_836, 0.265_674_388_007_626, 0.795_510_649_836_836];
}
