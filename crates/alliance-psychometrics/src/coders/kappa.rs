//! Kappa of two coders, plain and weighted.

use super::units::NOT_CODED;
use super::{CodedUnits, CoderOptions, Coefficients, StandardError};
use crate::{Estimate, PsychometricsError};

/// How near two different categories are.
///
/// Programs differ in what they take: psych and statsmodels read a matrix as *disagreement*, scikit-learn knows linear and quadratic
/// only. Here the two kinds of matrix have names of their own.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Weights {
    /// The same category or not.
    #[default]
    Unweighted,
    /// `1 - |i - j| / (c - 1)` of the categories' places.
    Linear,
    /// `1 - (i - j)^2 / (c - 1)^2` of the categories' places.
    Quadratic,
    /// A matrix of agreement, row by row: 1 on the diagonal, at most 1 elsewhere.
    Agreement(Vec<f64>),
    /// A matrix of disagreement, row by row: 0 on the diagonal, 0 or more elsewhere, on any scale (Cohen 1968).
    Disagreement(Vec<f64>),
}

impl Weights {
    /// Agreement weights of so many categories.
    ///
    /// # Errors
    ///
    /// `invalid-option` for a matrix of another size or with weights out of range.
    pub(super) fn matrix(&self, categories: usize) -> Result<Vec<f64>, PsychometricsError> {
        let of_distance = |weight: &dyn Fn(f64) -> f64| {
            let span = categories.saturating_sub(1).max(1) as f64;
            (0..categories)
                .flat_map(|row| (0..categories).map(move |column| row.abs_diff(column) as f64))
                .map(|distance| weight(distance / span))
                .collect()
        };
        let given = |matrix: &[f64], diagonal: f64, is_allowed: &dyn Fn(f64) -> bool, problem: &str| {
            let is_sound = matrix.len() == categories * categories
                && matrix.iter().enumerate().all(|(place, weight)| {
                    let is_diagonal = place % (categories + 1) == 0;
                    weight.is_finite() && if is_diagonal { *weight == diagonal } else { is_allowed(*weight) }
                });
            if is_sound { Ok(()) } else { Err(PsychometricsError::option("weights", problem)) }
        };
        match self {
            Self::Unweighted => Ok(of_distance(&|distance| f64::from(u8::from(distance == 0.0)))),
            Self::Linear => Ok(of_distance(&|distance| 1.0 - distance)),
            Self::Quadratic => Ok(of_distance(&|distance| 1.0 - distance * distance)),
            Self::Agreement(matrix) => {
                let problem = "agreement needs one row and column per category, 1 on the diagonal and at most 1 elsewhere";
                given(matrix, 1.0, &|weight| weight <= 1.0, problem)?;
                Ok(matrix.clone())
            }
            Self::Disagreement(matrix) => {
                let problem = "disagreement needs one row and column per category, 0 on the diagonal and 0 or more elsewhere";
                given(matrix, 0.0, &|weight| weight >= 0.0, problem)?;
                let most = matrix.iter().copied().fold(0.0, f64::max);
                if most == 0.0 && categories > 1 {
                    let problem = "disagreement of 0 throughout makes all categories one";
                    return Err(PsychometricsError::option("weights", problem));
                }
                Ok(matrix.iter().map(|weight| if most > 0.0 { 1.0 - weight / most } else { 1.0 }).collect())
            }
        }
    }
}

/// Kappa of two coders, with what helps to read it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Kappa {
    /// Kappa; its standard error is the one for an interval.
    pub kappa: Estimate,
    /// Standard error if coders agreed by chance only, for a test against 0.
    pub null_standard_error: f64,
    /// Observed agreement, weighted as kappa is.
    pub observed_agreement: f64,
    /// Agreement expected by chance, weighted as kappa is.
    pub expected_agreement: f64,
    /// Prevalence- and bias-adjusted kappa `(c p - 1) / (c - 1)` of the plain agreement `p` (Byrt, Bishop & Carlin 1993,
    /// Journal of Clinical Epidemiology 46, 423-429).
    pub prevalence_adjusted: f64,
    /// Largest unweighted kappa the two coders' margins allow.
    pub maximum: f64,
    /// `|n11 - n22| / n` of two categories; NaN for more.
    pub prevalence_index: f64,
    /// `|n12 - n21| / n` of two categories; NaN for more.
    pub bias_index: f64,
}

impl Kappa {
    fn undefined(kappa: Estimate) -> Self {
        let nan = f64::NAN;
        Self {
            kappa,
            null_standard_error: nan,
            observed_agreement: nan,
            expected_agreement: nan,
            prevalence_adjusted: nan,
            maximum: nan,
            prevalence_index: nan,
            bias_index: nan,
        }
    }
}

/// Shares of pairs of categories.
pub(super) struct Table {
    size: usize,
    cells: Vec<f64>,
    rows: Vec<f64>,
    columns: Vec<f64>,
    n: f64,
}

impl Table {
    pub(super) fn new(units: &CodedUnits, counts: &[f64], one: usize, other: usize) -> Self {
        let size = units.categories().len();
        let mut table = Self {
            size,
            cells: vec![0.0; size * size],
            rows: vec![0.0; size],
            columns: vec![0.0; size],
            n: 0.0,
        };
        for (pattern, count) in units.weighted(counts) {
            let (Some(&first), Some(&second)) = (pattern.get(one), pattern.get(other)) else { continue };
            if first == NOT_CODED || second == NOT_CODED {
                continue;
            }
            table.n += count;
            let place = first as usize * size + second as usize;
            let cells = [
                table.cells.get_mut(place),
                table.rows.get_mut(first as usize),
                table.columns.get_mut(second as usize),
            ];
            for cell in cells.into_iter().flatten() {
                *cell += count;
            }
        }
        let n = table.n;
        for share in table.cells.iter_mut().chain(&mut table.rows).chain(&mut table.columns) {
            *share /= n;
        }
        table
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.cells.get(row * self.size + column).copied().unwrap_or(f64::NAN)
    }

    fn observed(&self, weights: &[f64]) -> f64 {
        self.cells.iter().zip(weights).map(|(share, weight)| share * weight).sum()
    }

    fn expected(&self, weights: &[f64]) -> f64 {
        let rows = self.rows.iter().flat_map(|row| self.columns.iter().map(move |column| row * column));
        rows.zip(weights).map(|(share, weight)| share * weight).sum()
    }

    pub(super) fn kappa(&self, weights: &[f64]) -> f64 {
        let (observed, expected) = (self.observed(weights), self.expected(weights));
        // 1 up to rounding: both coders used one and the same category.
        if 1.0 - expected < 1e-12 { f64::NAN } else { (observed - expected) / (1.0 - expected) }
    }

    /// Fleiss, Cohen & Everitt 1969, Psychological Bulletin 72, 323-327: for an interval and for a test against 0.
    fn standard_errors(&self, weights: &[f64], kappa: f64) -> (f64, f64) {
        let expected = self.expected(weights);
        let weight =
            |row: usize, column: usize| weights.get(row * self.size + column).copied().unwrap_or(f64::NAN);
        let by_row: Vec<f64> = (0..self.size)
            .map(|row| {
                self.columns.iter().enumerate().map(|(column, share)| share * weight(row, column)).sum()
            })
            .collect();
        let by_column: Vec<f64> = (0..self.size)
            .map(|column| self.rows.iter().enumerate().map(|(row, share)| share * weight(row, column)).sum())
            .collect();
        let (mut general, mut null) = (0.0, 0.0);
        for (row, (own_row, of_row)) in self.rows.iter().zip(&by_row).enumerate() {
            for (column, (own_column, of_column)) in self.columns.iter().zip(&by_column).enumerate() {
                let margins = of_row + of_column;
                general += self.at(row, column) * (weight(row, column) - margins * (1.0 - kappa)).powi(2);
                null += own_row * own_column * (weight(row, column) - margins).powi(2);
            }
        }
        let denominator = self.n * (1.0 - expected) * (1.0 - expected);
        let general = (general - (kappa - expected * (1.0 - kappa)).powi(2)) / denominator;
        let null = (null - expected * expected) / denominator;
        // Rounding can take the variance of perfect agreement below 0.
        (general.max(0.0).sqrt(), null.max(0.0).sqrt())
    }
}

impl CodedUnits {
    /// Cohen's kappa of two coders, counted from 0, over the units that both coded.
    ///
    /// `(p_o - p_e) / (1 - p_e)` with weighted shares (Cohen 1960, Educational and Psychological Measurement 20, 37-46; 1968,
    /// Psychological Bulletin 70, 213-220), up to 1. Undefined where both coders used one and the same category only.
    ///
    /// ```
    /// use alliance_psychometrics::{Columns, coders::{CodedUnits, CoderOptions, Weights}};
    ///
    /// let (first, second) = ([1.0, 1.0, 2.0, 2.0, 3.0, 3.0], [1.0, 1.0, 2.0, 3.0, 3.0, 3.0]);
    /// let units = CodedUnits::new(&Columns::new(&[&first, &second])?);
    /// let found = units.kappa(0, 1, &Weights::Unweighted, CoderOptions::default())?;
    /// assert!((found.kappa.value - 0.75).abs() < 1e-12);
    /// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `invalid-option` for a coder that does not exist or the same twice, weights of the wrong size or range, and
    /// options out of range.
    pub fn kappa(
        &self,
        one: usize,
        other: usize,
        weights: &Weights,
        options: CoderOptions,
    ) -> Result<Kappa, PsychometricsError> {
        options.check()?;
        if self.coders() < 2 {
            // Nothing to name: there is no pair.
        } else if one >= self.coders() || other >= self.coders() || one == other {
            return Err(PsychometricsError::option("coders", "must be two different ones, counted from 0"));
        }
        let method = match weights {
            Weights::Unweighted => "Cohen's kappa",
            Weights::Linear => "weighted kappa, linear",
            Weights::Quadratic => "weighted kappa, quadratic",
            Weights::Agreement(_) | Weights::Disagreement(_) => "weighted kappa",
        };
        let both = |pattern: &[u32]| {
            [one, other].iter().all(|coder| pattern.get(*coder).is_some_and(|code| *code != NOT_CODED))
        };
        let used = self.weighted(self.counts()).filter(|(pattern, _)| both(pattern));
        let used = used.map(|(_, count)| count as usize).sum();
        let coefficients = Coefficients { units: self, method, used, options };
        if let Some(kappa) = coefficients.untabled() {
            return Ok(Kappa::undefined(kappa));
        }
        let matrix = weights.matrix(self.categories().len())?;
        let table = Table::new(self, self.counts(), one, other);
        let mut null_standard_error = f64::NAN;
        let kappa = coefficients.estimate(
            |counts| Table::new(self, counts, one, other).kappa(&matrix),
            |value| {
                let (general, null) = table.standard_errors(&matrix, value);
                null_standard_error = null;
                StandardError::Normal(general)
            },
        );
        let size = self.categories().len();
        let plain = Weights::Unweighted.matrix(size)?;
        let (agreement, chance) = (table.observed(&plain), table.expected(&plain));
        let most: f64 = table.rows.iter().zip(&table.columns).map(|(row, column)| row.min(*column)).sum();
        let c = size as f64;
        let of_two = |value: f64| if size == 2 { value.abs() } else { f64::NAN };
        let is_there = used > 0;
        let known = |value: f64| if is_there { value } else { f64::NAN };
        Ok(Kappa {
            kappa,
            null_standard_error,
            observed_agreement: known(table.observed(&matrix)),
            expected_agreement: known(table.expected(&matrix)),
            prevalence_adjusted: if size < 2 { f64::NAN } else { known((c * agreement - 1.0) / (c - 1.0)) },
            maximum: if 1.0 - chance < 1e-12 { f64::NAN } else { known((most - chance) / (1.0 - chance)) },
            prevalence_index: of_two(table.at(0, 0) - table.at(1, 1)),
            bias_index: of_two(table.at(0, 1) - table.at(1, 0)),
        })
    }

    /// Light's kappa: the mean of the kappas of all pairs of coders, each over the units both coded (Light 1971,
    /// Psychological Bulletin 76, 365-377).
    ///
    /// Undefined where one of the pairs is. Its interval needs a bootstrap.
    ///
    /// # Errors
    ///
    /// As [`CodedUnits::kappa`].
    pub fn light_kappa(
        &self,
        weights: &Weights,
        options: CoderOptions,
    ) -> Result<Estimate, PsychometricsError> {
        options.check()?;
        let used = self.units_where(|codes| codes >= 2);
        let method = if *weights == Weights::Unweighted { "Light's kappa" } else { "Light's weighted kappa" };
        let coefficients = Coefficients { units: self, method, used, options };
        if let Some(refused) = coefficients.untabled() {
            return Ok(refused);
        }
        let matrix = weights.matrix(self.categories().len())?;
        let kappas = |counts: &[f64]| -> Vec<f64> {
            let pairs = (0..self.coders()).flat_map(|one| (0..one).map(move |other| (other, one)));
            pairs.map(|(one, other)| Table::new(self, counts, one, other).kappa(&matrix)).collect()
        };
        let statistic = |counts: &[f64]| {
            let kappas = kappas(counts);
            kappas.iter().sum::<f64>() / kappas.len() as f64
        };
        if let Some(undefined) = coefficients.undefined_pairs(&kappas(self.counts())) {
            return Ok(undefined);
        }
        Ok(coefficients.estimate(statistic, |_| StandardError::None))
    }
}
