//! The variance between studies.

use super::design::{Design, cell, product_trace};
use super::meta::TauEstimator;
use crate::distributions::{chi_square, chi_square_upper};
use crate::linear::Symmetric;
use crate::{Estimate, Interval, Level, Status};

/// Doublings and halvings of a bracket.
const MOST_STEPS: usize = 200;
/// A maximum this much smaller than where it is looked for from is 0.
const SMALLEST_SHARE: f64 = 1e-12;

/// Effects and their sampling variances, checked, with what is regressed on.
#[derive(Clone)]
pub(super) struct Studies {
    pub(super) effects: Vec<f64>,
    pub(super) variances: Vec<f64>,
    pub(super) design: Design,
}

/// What a weighted regression at one value of tau^2 gives, with weights w = 1 / (v + tau^2).
pub(super) struct Weighted {
    /// Of the design's columns.
    pub(super) coefficients: Vec<f64>,
    /// (X' W X)^-1.
    pub(super) inverse: Symmetric,
    /// Sum of w e^2.
    pub(super) spread: f64,
    /// Sum of w^2 e^2.
    squared_spread: f64,
    weights: f64,
    squared_weights: f64,
    /// Of P = W - W X (X' W X)^-1 X' W, and of P P.
    trace: f64,
    squared_trace: f64,
}

impl Studies {
    /// Studies without moderators.
    pub(super) fn new(effects: Vec<f64>, variances: Vec<f64>) -> Self {
        let design = Design::intercept(effects.len());
        Self { effects, variances, design }
    }

    pub(super) fn count(&self) -> f64 {
        self.effects.len() as f64
    }

    /// Studies less coefficients.
    pub(super) fn degrees(&self) -> f64 {
        self.count() - self.design.width() as f64
    }

    pub(super) fn at(&self, tau_squared: f64) -> Weighted {
        let weights: Vec<f64> = self.variances.iter().map(|v| 1.0 / (v + tau_squared)).collect();
        let rows = || self.design.rows().zip(&self.effects).zip(&weights).map(|((x, y), w)| (x, *y, *w));
        let width = self.design.width();
        let products = |power: i32| {
            Symmetric::from_fn(width, |one, other| {
                rows().map(|(x, _, w)| w.powi(power) * cell(x, one) * cell(x, other)).sum()
            })
        };
        let (gram, squared) = (products(1), products(2));
        let Some(cholesky) = gram.cholesky() else { return Weighted::undefined(width) };
        let residual = |coefficients: &[f64], x: &[f64], y: f64| {
            y - x.iter().zip(coefficients).map(|(x, b)| x * b).sum::<f64>()
        };
        // The second round takes back what rounding did in the first.
        let mut coefficients = vec![0.0; width];
        for _ in 0..2 {
            let right: Vec<f64> = (0..width)
                .map(|one| rows().map(|(x, y, w)| w * cell(x, one) * residual(&coefficients, x, y)).sum())
                .collect();
            let step = cholesky.solve(&right);
            coefficients.iter_mut().zip(step).for_each(|(b, step)| *b += step);
        }
        let inverse = cholesky.inverse();
        let (mut spread, mut squared_spread) = (0.0, 0.0);
        for (x, y, w) in rows() {
            let square = w * residual(&coefficients, x, y).powi(2);
            spread += square;
            squared_spread += w * square;
        }
        let trace_of = |matrix: &Symmetric| product_trace(&inverse, matrix);
        let sum = |power: i32| weights.iter().map(|w| w.powi(power)).sum::<f64>();
        // tr(A B A B) of A = (X'WX)^-1 and B = X'W^2X.
        let twice: f64 = {
            let solved: Vec<Vec<f64>> = (0..width).map(|row| cholesky.solve(squared.row(row))).collect();
            let at = |row: usize, column: usize| solved.get(row).map_or(f64::NAN, |row| cell(row, column));
            (0..width).flat_map(|row| (0..width).map(move |column| at(row, column) * at(column, row))).sum()
        };
        Weighted {
            spread,
            squared_spread,
            weights: sum(1),
            squared_weights: sum(2),
            trace: sum(1) - trace_of(&squared),
            squared_trace: sum(2) - 2.0 * trace_of(&products(3)) + twice,
            coefficients,
            inverse,
        }
    }

    /// The typical sampling variance of Higgins and Thompson (2002).
    pub(super) fn typical_variance(&self) -> f64 {
        self.degrees() / self.at(0.0).trace
    }

    /// Cochran's Q, of what the moderators leave, with its p.
    pub(super) fn q(&self) -> (f64, f64) {
        let q = self.at(0.0).spread;
        (q, chi_square_upper(q, self.degrees()))
    }

    /// `tau^2`; a negative estimate is put at 0.
    pub(super) fn tau_squared(&self, estimator: TauEstimator) -> f64 {
        let fixed = self.at(0.0);
        let (k, degrees) = (self.count(), self.degrees());
        let estimate = match estimator {
            TauEstimator::CommonEffect => 0.0,
            TauEstimator::DerSimonianLaird => self.moment(),
            TauEstimator::HunterSchmidt => (fixed.spread - k) / fixed.weights,
            TauEstimator::Hedges => self.hedges(),
            TauEstimator::SidikJonkman => {
                let start = self.unweighted_variance() * (k - 1.0) / k;
                if start > 0.0 { start * self.at(start).spread / degrees } else { 0.0 }
            }
            TauEstimator::PauleMandel => self.q_equals(degrees),
            TauEstimator::MaximumLikelihood => self.likelihood(false),
            TauEstimator::RestrictedMaximumLikelihood => self.likelihood(true),
        };
        estimate.max(0.0)
    }

    fn moment(&self) -> f64 {
        let fixed = self.at(0.0);
        (fixed.spread - self.degrees()) / fixed.trace
    }

    /// Of the effects, whatever the moderators.
    fn unweighted_variance(&self) -> f64 {
        let mean = self.effects.iter().sum::<f64>() / self.count();
        self.effects.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / (self.count() - 1.0)
    }

    fn hedges(&self) -> f64 {
        let k = self.count();
        let moderators = 1..self.design.width();
        let mean = self.effects.iter().sum::<f64>() / k;
        let along =
            |one: usize| self.design.rows().zip(&self.effects).map(|(x, y)| cell(x, one) * y).sum::<f64>();
        let parts: Vec<f64> = moderators.clone().map(along).collect();
        let (mut squares, mut sampling) = (0.0, 0.0);
        for ((x, y), v) in self.design.rows().zip(&self.effects).zip(&self.variances) {
            let own = x.get(1..).unwrap_or_default();
            let fitted: f64 = own.iter().zip(&parts).map(|(x, part)| x * part).sum();
            let leverage = 1.0 / k + own.iter().map(|x| x * x).sum::<f64>();
            squares += (y - mean - fitted) * (y - mean - fitted);
            sampling += v * (1.0 - leverage);
        }
        (squares - sampling) / self.degrees()
    }

    /// The `tau^2` at which Q with weights 1 / (v + `tau^2`) has this value; 0 if it is below it already.
    pub(super) fn q_equals(&self, value: f64) -> f64 {
        self.falling_root(0.0, |tau_squared| self.at(tau_squared).spread - value)
    }

    /// The maximum of the (restricted) likelihood next to the better of two closed estimates.
    fn likelihood(&self, restricted: bool) -> f64 {
        let start = self.moment().max(self.hedges()).max(0.0);
        self.falling_root(start, |tau_squared| score_and_information(&self.at(tau_squared), restricted).0)
    }

    /// Where a function turns from positive to not positive, looked for from `start`, to the last digit; 0 if it is not
    /// positive between 0 and `start`.
    fn falling_root(&self, start: f64, function: impl Fn(f64) -> f64) -> f64 {
        let is_positive = |tau_squared: f64| function(tau_squared) > 0.0;
        let (mut low, mut high) = (start, start);
        if is_positive(start) {
            high = high.max(self.unweighted_variance()).max(f64::MIN_POSITIVE);
            for _ in 0..MOST_STEPS {
                if !is_positive(high) {
                    break;
                }
                low = high;
                high *= 2.0;
            }
        } else {
            while low > SMALLEST_SHARE * start {
                low *= 0.5;
                if is_positive(low) {
                    break;
                }
                high = low;
            }
            if !is_positive(low) {
                low = 0.0;
                if !is_positive(low) {
                    return 0.0;
                }
            }
        }
        for _ in 0..MOST_STEPS {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if is_positive(middle) { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    /// Standard error of tau^2 by REML or ML from the expected information; NaN for other estimators.
    pub(super) fn tau_squared_error(&self, tau_squared: f64, estimator: TauEstimator) -> f64 {
        let restricted = match estimator {
            TauEstimator::RestrictedMaximumLikelihood => true,
            TauEstimator::MaximumLikelihood => false,
            _ => return f64::NAN,
        };
        let (_, information) = score_and_information(&self.at(tau_squared), restricted);
        (2.0 / information).sqrt()
    }

    /// Interval of tau^2 by the profile of Q (Viechtbauer 2007, Statistics in Medicine 26).
    pub(super) fn tau_squared_interval(&self, confidence: f64) -> Interval {
        let degrees = self.degrees();
        let tail = 0.5 - confidence / 2.0;
        Interval {
            low: self.q_equals(chi_square(1.0 - tail, degrees)),
            high: self.q_equals(chi_square(tail, degrees)),
            confidence,
        }
    }
}

impl Weighted {
    fn undefined(width: usize) -> Self {
        let nan = f64::NAN;
        Self {
            coefficients: vec![nan; width],
            inverse: Symmetric::from_fn(width, |_, _| nan),
            spread: nan,
            squared_spread: nan,
            weights: nan,
            squared_weights: nan,
            trace: nan,
            squared_trace: nan,
        }
    }
}

/// Twice the score and twice the expected information in tau^2.
fn score_and_information(sums: &Weighted, restricted: bool) -> (f64, f64) {
    if restricted {
        (sums.squared_spread - sums.trace, sums.squared_trace)
    } else {
        (sums.squared_spread - sums.weights, sums.squared_weights)
    }
}

/// Hunter and Schmidt's "bare bones" analysis of correlations as they are.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HunterSchmidt {
    /// Mean correlation weighted by n.
    pub mean: Estimate,
    /// Variance of the correlations weighted by n.
    pub observed_variance: f64,
    /// What sampling error makes of it, (1 - mean^2)^2 / (mean n - 1).
    pub error_variance: f64,
    /// The rest, not below 0.
    pub true_variance: f64,
}

/// Hunter and Schmidt's analysis without corrections: correlations weighted by sample size (Schmidt and Hunter 2015).
///
/// Studies with a missing value are left out.
pub fn hunter_schmidt(correlations: &[f64], sizes: &[f64]) -> HunterSchmidt {
    let rows = || {
        correlations
            .iter()
            .zip(sizes)
            .filter(|(r, n)| (-1.0..=1.0).contains(*r) && **n > 1.0 && n.is_finite())
            .map(|(r, n)| (*r, *n))
    };
    let studies = rows().count();
    let total: f64 = rows().map(|(_, n)| n).sum();
    let mean = rows().map(|(r, n)| n * r).sum::<f64>() / total;
    let observed = rows().map(|(r, n)| n * (r - mean) * (r - mean)).sum::<f64>() / total;
    let error = (1.0 - mean * mean).powi(2) / (total / studies as f64 - 1.0);
    let method = "Hunter-Schmidt, bare bones";
    let estimate = if studies == 0 {
        Estimate::undefined(Status::AllMissing, Level::BetweenStudies, method)
    } else {
        Estimate::new(mean, Level::BetweenStudies, method)
            .with_standard_error((observed / studies as f64).sqrt())
    };
    HunterSchmidt {
        mean: estimate.with_rows(studies, studies, correlations.len().max(sizes.len()) - studies),
        observed_variance: observed,
        error_variance: error,
        true_variance: if observed.is_nan() { f64::NAN } else { (observed - error).max(0.0) },
    }
}
