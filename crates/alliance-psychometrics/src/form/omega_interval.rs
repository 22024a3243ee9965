//! Interval of omega: how it changes with the covariances of the items, and how far those are known.

#![allow(clippy::inline_always)] // See `Scan`.

use super::factors::Extraction;
use super::moments::LANES;
use super::omega::Omega;
use super::{Form, Missing};
use crate::distributions::normal;
use crate::linear::Symmetric;
use crate::vectors::{Scan, scan};
use crate::{Bootstrap, Columns, Estimate, Status};

/// How the interval of omega total is made.
///
/// The first two are delta methods, symmetric about the value; an end can lie above 1. They rest on complete rows and on
/// a solution inside its range: without one there is no interval, and a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OmegaInterval {
    /// From the fourth moments of the answers, whatever their distribution and however well one factor fits: the
    /// standard error of lavaan's `se = "robust.huber.white"` times √((n - 1) / n), as alpha's is made. The default.
    #[default]
    DistributionFree,
    /// As if the answers were normal and one factor true (Raykov 2002, Multivariate Behavioral Research 37, 89-103). By
    /// maximum likelihood it is what lavaan gives for a defined parameter unless told otherwise.
    NormalTheory,
    /// Percentiles over resampled rows, as psych and MBESS give them, for every way with missing answers and for
    /// Heywood cases.
    Bootstrap(Bootstrap),
}

/// Which of the two omegas.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scale {
    Raw,
    Standardized,
}

/// One factor of the items that vary.
struct OneFactor {
    correlations: Symmetric,
    deviations: Vec<f64>,
    loadings: Vec<f64>,
    uniquenesses: Vec<f64>,
}

impl Form<'_> {
    /// The same omega with standard errors and intervals.
    pub(super) fn with_omega_interval(
        &self,
        mut omega: Omega,
        extraction: Extraction,
        interval: OmegaInterval,
        confidence: f64,
    ) -> Omega {
        if omega.raw.value.is_nan() {
            return omega;
        }
        if let OmegaInterval::Bootstrap(bootstrap) = interval {
            let found = self.resampled(&bootstrap, |form| {
                let omega = form.one_factor(extraction);
                [
                    omega.raw.value,
                    omega.standardized.value,
                    omega.raw_observed.value,
                    omega.standardized_observed.value,
                ]
            });
            let estimates = [
                &mut omega.raw,
                &mut omega.standardized,
                &mut omega.raw_observed,
                &mut omega.standardized_observed,
            ];
            for (place, estimate) in estimates.into_iter().enumerate() {
                let replicates = found.as_ref().map(|all| all.iter().map(|of| of[place]).collect());
                *estimate = described(&bootstrap, estimate.clone(), replicates, confidence);
            }
            return omega;
        }
        let errors = self.delta_method(&omega, extraction, interval);
        let add = |estimate: Estimate, error: f64| {
            let (value, half) = (estimate.value, normal(0.5 + confidence / 2.0) * error);
            estimate.with_standard_error(error).with_interval(value - half, value + half, confidence)
        };
        match errors {
            Ok([raw, standardized]) => {
                omega.raw = add(omega.raw, raw);
                omega.standardized = add(omega.standardized, standardized);
            }
            Err(reason) => {
                omega.raw = omega.raw.with_note(reason);
                omega.standardized = omega.standardized.with_note(reason);
            }
        }
        omega
    }

    /// Statistics of forms made of as many rows, drawn with replacement; none without the rows.
    pub(super) fn resampled<T: Send>(
        &self,
        bootstrap: &Bootstrap,
        statistics: impl Fn(&Form<'_>) -> T + Sync,
    ) -> Option<Vec<T>> {
        let answers = self.answers.as_ref()?;
        Some(bootstrap.replicates(answers.rows(), |drawn| {
            let take = |column: &[f64]| -> Vec<f64> {
                drawn.iter().map(|row| column.get(*row).copied().unwrap_or(f64::NAN)).collect()
            };
            let columns: Vec<Vec<f64>> = answers.iter().map(take).collect();
            let columns = Columns::of_finite(columns.iter().map(Vec::as_slice).collect());
            statistics(&Form::new(&columns, self.missing, self.level))
        }))
    }

    /// Standard errors of raw and standardized omega, or why there are none.
    fn delta_method(
        &self,
        omega: &Omega,
        extraction: Extraction,
        interval: OmegaInterval,
    ) -> Result<[f64; 2], &'static str> {
        if self.missing != Missing::Listwise {
            return Err("no interval: the delta method rests on complete rows; the bootstrap does not");
        }
        match omega.raw.status {
            Status::Heywood => return Err("no interval by the delta method: a uniqueness lies at its end"),
            Status::NotConverged => return Err("no interval: the loadings did not settle"),
            _ => {}
        }
        let kept: Vec<usize> =
            (0..self.items()).filter(|item| omega.loadings.get(*item).is_some_and(|l| !l.is_nan())).collect();
        let of_kept = |values: &[f64]| -> Vec<f64> {
            kept.iter().filter_map(|item| values.get(*item).copied()).collect()
        };
        let covariances = self.moments.covariances.part(&kept);
        let solution = OneFactor {
            correlations: covariances.to_correlation(),
            deviations: covariances.diagonal().map(f64::sqrt).collect(),
            loadings: of_kept(&omega.loadings),
            uniquenesses: of_kept(&omega.uniquenesses),
        };
        let matrix = match interval {
            OmegaInterval::NormalTheory => solution.implied(),
            _ => solution.correlations.clone(),
        };
        let n = self.moments.rows_used as f64;
        let mut errors = [f64::NAN; 2];
        for (error, scale) in errors.iter_mut().zip([Scale::Raw, Scale::Standardized]) {
            let slopes = match extraction {
                Extraction::MinimumResiduals => solution.slopes_of_minimum_residuals(&matrix, scale),
                Extraction::MaximumLikelihood => solution.slopes_of_maximum_likelihood(&matrix, scale),
            };
            let slopes = slopes.ok_or("no interval: the loadings are not the only ones that fit so well")?;
            *error = if interval == OmegaInterval::NormalTheory {
                (2.0 * trace_of_square(&slopes, &matrix) / n).sqrt()
            } else {
                let answers = self.answers.as_ref().ok_or(
                    "no interval: the distribution-free one needs the answers, not only covariances",
                )?;
                let form = QuadraticForm::new(&slopes, &kept, &solution.deviations, self.items());
                let squares = scan(SquaredForms { answers, means: &self.moments.means, form: &form });
                (squares / (n * (n - 1.0))).sqrt()
            };
        }
        Ok(errors)
    }
}

/// The estimate with what its replicates say.
pub(super) fn described(
    bootstrap: &Bootstrap,
    estimate: Estimate,
    replicates: Option<Vec<f64>>,
    confidence: f64,
) -> Estimate {
    match replicates {
        Some(replicates) => bootstrap.describe(estimate, replicates, confidence, "rows"),
        None => estimate.with_note("no interval: the bootstrap needs the answers, not only covariances"),
    }
}

/// `tr(D M D M)`.
fn trace_of_square(slopes: &Symmetric, matrix: &Symmetric) -> f64 {
    let size = slopes.size();
    let product: Vec<Vec<f64>> = (0..size)
        .map(|row| {
            (0..size)
                .map(|column| slopes.row(row).iter().zip(matrix.row(column)).map(|(d, m)| d * m).sum())
                .collect()
        })
        .collect();
    let cell = |row: usize, column: usize| {
        product.get(row).and_then(|row| row.get(column)).copied().unwrap_or(f64::NAN)
    };
    (0..size).map(|row| (0..size).map(|column| cell(row, column) * cell(column, row)).sum::<f64>()).sum()
}

fn at(values: &[f64], place: usize) -> f64 {
    values.get(place).copied().unwrap_or(f64::NAN)
}

impl OneFactor {
    /// The correlations if one factor were true.
    fn implied(&self) -> Symmetric {
        Symmetric::from_fn(self.loadings.len(), |row, column| {
            if row == column { 1.0 } else { at(&self.loadings, row) * at(&self.loadings, column) }
        })
    }

    /// What each item's standardized answers weigh in the sum.
    fn weights(&self, scale: Scale) -> Vec<f64> {
        match scale {
            Scale::Raw => self.deviations.clone(),
            Scale::Standardized => vec![1.0; self.loadings.len()],
        }
    }

    /// Sum of weighted loadings, sum of weighted uniquenesses.
    fn sums(&self, weights: &[f64]) -> (f64, f64) {
        let common = weights.iter().zip(&self.loadings).map(|(weight, l)| weight * l).sum();
        let unique = weights.iter().zip(&self.uniquenesses).map(|(weight, u)| weight * weight * u).sum();
        (common, unique)
    }

    /// D with `d omega = tr(D dS)`, S being the covariances of the answers in units of their standard deviations.
    ///
    /// Loadings of minimum residuals solve `sum over j of (r_ij - l_i l_j) l_j = 0`, uniquenesses are `1 - l^2`; the
    /// theorem of implicit functions gives the rest. `matrix` are the correlations at which it is taken: the
    /// observed ones, or those implied, where the residuals vanish.
    fn slopes_of_minimum_residuals(&self, matrix: &Symmetric, scale: Scale) -> Option<Symmetric> {
        let (loadings, weights) = (&self.loadings, self.weights(scale));
        let size = loadings.len();
        let (common, unique) = self.sums(&weights);
        let below = (common * common + unique).powi(2);
        let by_loading: Vec<f64> = weights
            .iter()
            .zip(loadings)
            .map(|(w, l)| 2.0 * common * w * (unique + common * w * l) / below)
            .collect();
        let squares: f64 = loadings.iter().map(|l| l * l).sum();
        let curvature = Symmetric::from_fn(size, |row, column| {
            let (one, other) = (at(loadings, row), at(loadings, column));
            if row == column { squares - one * one } else { 2.0 * one * other - matrix.at(row, column) }
        });
        let pull = curvature.cholesky()?.solve(&by_loading);
        let mut slopes = Symmetric::from_fn(size, |row, column| {
            if row == column {
                0.0
            } else {
                0.5 * (at(&pull, row) * at(loadings, column) + at(&pull, column) * at(loadings, row))
            }
        });
        // A variance changes the correlations that it standardizes, and the weight of its item.
        for item in 0..size {
            let of_correlations: f64 =
                slopes.row(item).iter().zip(matrix.row(item)).map(|(slope, r)| slope * r).sum();
            let (w, l) = (at(&weights, item), at(loadings, item));
            let of_weight = match scale {
                Scale::Raw => common * w * (l * unique - common * w * (1.0 - l * l)) / below,
                Scale::Standardized => 0.0,
            };
            slopes.set(item, item, of_weight - of_correlations);
        }
        Some(slopes)
    }

    /// The same of maximum likelihood, whose discrepancy is `ln|implied| + tr(matrix * implied^-1)`.
    fn slopes_of_maximum_likelihood(&self, matrix: &Symmetric, scale: Scale) -> Option<Symmetric> {
        let size = self.loadings.len();
        let inverse = self.implied().cholesky()?.inverse();
        let curvature = self.curvature_of_likelihood(&inverse, &sandwiched(&inverse, matrix));
        let pull = curvature.cholesky()?.solve(&self.slopes_by_parameter(scale));
        let (of_loadings, of_uniquenesses) = pull.split_at_checked(size)?;
        // W (p l' + l p' + diag(q)) W, W being the inverse.
        let (pulled, loaded) = (applied(&inverse, of_loadings), applied(&inverse, &self.loadings));
        Some(Symmetric::from_fn(size, |row, column| {
            let both = inverse.row(row).iter().zip(inverse.row(column));
            let own: f64 = both.zip(of_uniquenesses).map(|((one, other), q)| one * other * q).sum();
            at(&pulled, row) * at(&loaded, column) + at(&pulled, column) * at(&loaded, row) + own
        }))
    }

    /// Second derivatives of the discrepancy by the loadings and then the uniquenesses, from the inverse W of the implied
    /// correlations and G = W `matrix` W, which is W where the model is taken as true.
    fn curvature_of_likelihood(&self, inverse: &Symmetric, observed: &Symmetric) -> Symmetric {
        let size = self.loadings.len();
        let (w, g) = (applied(inverse, &self.loadings), applied(observed, &self.loadings));
        let inner =
            |values: &[f64]| values.iter().zip(&self.loadings).map(|(value, l)| value * l).sum::<f64>();
        let (of_inverse, of_observed) = (inner(&w), inner(&g));
        Symmetric::from_fn(2 * size, |row, column| {
            let (one, other) = (row % size, column % size);
            let (cell, seen) = (inverse.at(one, other), observed.at(one, other));
            match (row < size, column < size) {
                (true, true) => {
                    let products = at(&w, one) * at(&g, other) + at(&g, one) * at(&w, other)
                        - at(&w, one) * at(&w, other);
                    2.0 * (cell - seen + cell * (of_observed - of_inverse) + seen * of_inverse + products)
                }
                (false, false) => cell * (2.0 * seen - cell),
                // The row is that of a uniqueness, the column that of a loading.
                _ => 2.0 * (cell * (at(&g, one) - at(&w, one)) + seen * at(&w, one)),
            }
        })
    }

    /// Derivatives of omega by the loadings and then the uniquenesses, both free.
    fn slopes_by_parameter(&self, scale: Scale) -> Vec<f64> {
        let weights = self.weights(scale);
        let (common, unique) = self.sums(&weights);
        let below = (common * common + unique).powi(2);
        let items = || weights.iter().zip(&self.loadings).zip(&self.uniquenesses);
        // Standardized omega sees both through the standardized loading l / sqrt(l^2 + u).
        let by_standardized = |l: f64| 2.0 * common * (unique + common * l);
        let by_loadings = items().map(|((weight, l), u)| match scale {
            Scale::Raw => 2.0 * common * unique * weight / below,
            Scale::Standardized => by_standardized(*l) * u / below,
        });
        let by_uniquenesses = items().map(|((weight, l), _)| match scale {
            Scale::Raw => -common * common * weight * weight / below,
            Scale::Standardized => -by_standardized(*l) * l / 2.0 / below,
        });
        by_loadings.chain(by_uniquenesses).collect()
    }
}

/// A matrix times a vector.
fn applied(matrix: &Symmetric, vector: &[f64]) -> Vec<f64> {
    (0..matrix.size())
        .map(|row| matrix.row(row).iter().zip(vector).map(|(cell, value)| cell * value).sum())
        .collect()
}

/// `outer * inner * outer`.
fn sandwiched(outer: &Symmetric, inner: &Symmetric) -> Symmetric {
    let half: Vec<Vec<f64>> = (0..outer.size()).map(|row| applied(inner, outer.row(row))).collect();
    Symmetric::from_fn(outer.size(), |row, column| {
        let half = half.get(row).map(Vec::as_slice).unwrap_or_default();
        half.iter().zip(outer.row(column)).map(|(one, other)| one * other).sum()
    })
}

/// The lower triangle of a quadratic form of the answers, what lies off its diagonal doubled.
struct QuadraticForm(Vec<Vec<f64>>);

impl QuadraticForm {
    /// Of all items; those that are not kept count 0.
    fn new(slopes: &Symmetric, kept: &[usize], deviations: &[f64], items: usize) -> Self {
        let mut rows: Vec<Vec<f64>> = (0..items).map(|item| vec![0.0; item + 1]).collect();
        for (row, item) in kept.iter().enumerate() {
            for (column, other) in kept.iter().take(row + 1).enumerate() {
                let times = if row == column { 1.0 } else { 2.0 };
                let units = at(deviations, row) * at(deviations, column);
                if let Some(cell) = rows.get_mut(*item).and_then(|row| row.get_mut(*other)) {
                    *cell = times * slopes.at(row, column) / units;
                }
            }
        }
        Self(rows)
    }
}

/// Sum over the complete rows of the squared quadratic form of their deviations from the means.
///
/// Omega does not change with the unit of the answers, so that the form's expectation is 0.
struct SquaredForms<'a> {
    answers: &'a Columns<'a>,
    means: &'a [f64],
    form: &'a QuadraticForm,
}

impl Scan for SquaredForms<'_> {
    type Found = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let mut differences = vec![[0.0; LANES]; self.answers.count()];
        let mut sums = [0.0; LANES];
        for start in (0..self.answers.rows()).step_by(LANES) {
            for ((column, mean), place) in self.answers.iter().zip(self.means).zip(&mut differences) {
                // Past the last row stands none.
                let mut values = [f64::NAN; LANES];
                for (value, answer) in values.iter_mut().zip(column.get(start..).unwrap_or_default()) {
                    *value = *answer;
                }
                *place = values.map(|value| value - mean);
            }
            let mut forms = [0.0; LANES];
            for (row, own) in self.form.0.iter().zip(&differences) {
                let mut products = [0.0; LANES];
                for (weight, other) in row.iter().zip(&differences) {
                    for (product, other) in products.iter_mut().zip(other) {
                        *product += weight * other;
                    }
                }
                for ((form, product), own) in forms.iter_mut().zip(products).zip(own) {
                    *form += product * own;
                }
            }
            for (sum, form) in sums.iter_mut().zip(forms) {
                // A row with a missing answer is none.
                *sum += if form.is_nan() { 0.0 } else { form * form };
            }
        }
        sums.iter().sum()
    }
}
