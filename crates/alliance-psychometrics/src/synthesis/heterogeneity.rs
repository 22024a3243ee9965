//! The variance between studies.

use super::meta::TauEstimator;
use crate::distributions::{chi_square, chi_square_upper};
use crate::{Estimate, Interval, Level, Status};

/// Iterations of Newton and Fisher scoring, and halvings of a bracket.
const MOST_STEPS: usize = 200;
/// Relative change at which an iteration has settled.
const SETTLED: f64 = 1e-13;

/// Effects and their sampling variances, checked.
#[derive(Debug, Clone)]
pub(super) struct Studies {
    pub(super) effects: Vec<f64>,
    pub(super) variances: Vec<f64>,
}

/// Sums at one value of tau^2.
pub(super) struct Weighted {
    pub(super) mean: f64,
    pub(super) weights: f64,
    pub(super) squared_weights: f64,
    cubed_weights: f64,
    /// Sum of w (y - mean)^2.
    pub(super) spread: f64,
    /// Sum of w^2 (y - mean)^2.
    squared_spread: f64,
}

impl Studies {
    pub(super) fn count(&self) -> f64 {
        self.effects.len() as f64
    }

    fn degrees(&self) -> f64 {
        self.count() - 1.0
    }

    pub(super) fn at(&self, tau_squared: f64) -> Weighted {
        let rows = || self.effects.iter().zip(&self.variances).map(|(y, v)| (*y, 1.0 / (v + tau_squared)));
        let weights: f64 = rows().map(|(_, w)| w).sum();
        let mean = rows().map(|(y, w)| w * y).sum::<f64>() / weights;
        let mut sums = Weighted {
            mean,
            weights,
            squared_weights: 0.0,
            cubed_weights: 0.0,
            spread: 0.0,
            squared_spread: 0.0,
        };
        for (y, w) in rows() {
            let square = w * (y - mean) * (y - mean);
            sums.squared_weights += w * w;
            sums.cubed_weights += w * w * w;
            sums.spread += square;
            sums.squared_spread += w * square;
        }
        sums
    }

    /// The typical sampling variance of Higgins and Thompson (2002).
    pub(super) fn typical_variance(&self) -> f64 {
        let fixed = self.at(0.0);
        self.degrees() * fixed.weights / (fixed.weights * fixed.weights - fixed.squared_weights)
    }

    /// Cochran's Q with its p.
    pub(super) fn q(&self) -> (f64, f64) {
        let q = self.at(0.0).spread;
        (q, chi_square_upper(q, self.degrees()))
    }

    /// tau^2 and whether it settled; a negative estimate is put at 0.
    pub(super) fn tau_squared(&self, estimator: TauEstimator) -> (f64, bool) {
        let fixed = self.at(0.0);
        let (k, degrees) = (self.count(), self.degrees());
        let closed = match estimator {
            TauEstimator::CommonEffect => 0.0,
            TauEstimator::DerSimonianLaird => self.moment(),
            TauEstimator::HunterSchmidt => (fixed.spread - k) / fixed.weights,
            TauEstimator::Hedges => self.hedges(),
            TauEstimator::SidikJonkman => {
                let start = self.unweighted_variance() * degrees / k;
                if start > 0.0 { start * self.at(start).spread / degrees } else { 0.0 }
            }
            TauEstimator::PauleMandel => self.q_equals(degrees),
            TauEstimator::MaximumLikelihood => return self.likelihood(false),
            TauEstimator::RestrictedMaximumLikelihood => return self.likelihood(true),
        };
        (closed.max(0.0), true)
    }

    fn moment(&self) -> f64 {
        let fixed = self.at(0.0);
        (fixed.spread - self.degrees()) / (fixed.weights - fixed.squared_weights / fixed.weights)
    }

    fn unweighted_variance(&self) -> f64 {
        let mean = self.effects.iter().sum::<f64>() / self.count();
        self.effects.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / self.degrees()
    }

    fn hedges(&self) -> f64 {
        self.unweighted_variance() - self.variances.iter().sum::<f64>() / self.count()
    }

    /// The tau^2 at which Q with weights 1 / (v + tau^2) has this value; 0 if it is below it already.
    pub(super) fn q_equals(&self, value: f64) -> f64 {
        let at_zero = self.at(0.0).spread;
        if at_zero.is_nan() || at_zero <= value {
            return 0.0;
        }
        let mut high = self.unweighted_variance().max(f64::MIN_POSITIVE);
        let mut steps = 0;
        while self.at(high).spread > value && steps < MOST_STEPS {
            high *= 2.0;
            steps += 1;
        }
        let mut low = 0.0;
        for _ in 0..MOST_STEPS {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if self.at(middle).spread > value { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    /// Fisher scoring for (restricted) maximum likelihood, steps halved while they leave the range.
    fn likelihood(&self, restricted: bool) -> (f64, bool) {
        let scale = self.unweighted_variance() + self.variances.iter().sum::<f64>() / self.count();
        let mut tau_squared = self.moment().max(self.hedges()).max(0.0);
        for _ in 0..MOST_STEPS {
            let sums = self.at(tau_squared);
            let (score, information) = score_and_information(&sums, restricted);
            let mut next = (tau_squared + score / information).max(0.0);
            if !next.is_finite() {
                return (tau_squared, false);
            }
            // Fisher scoring can overshoot far from the solution.
            let before = self.deviance(tau_squared, restricted);
            let mut halvings = 0;
            while self.deviance(next, restricted) > before + 1e-12 * before.abs().max(1.0) && halvings < 60 {
                next = 0.5 * (next + tau_squared);
                halvings += 1;
            }
            let moved = (next - tau_squared).abs();
            tau_squared = next;
            if moved <= SETTLED * scale {
                return (tau_squared, true);
            }
        }
        (tau_squared, false)
    }

    fn deviance(&self, tau_squared: f64, restricted: bool) -> f64 {
        let sums = self.at(tau_squared);
        let logs: f64 = self.variances.iter().map(|v| libm::log(v + tau_squared)).sum();
        sums.spread + logs + if restricted { libm::log(sums.weights) } else { 0.0 }
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

/// Twice the score and twice the expected information in tau^2.
fn score_and_information(sums: &Weighted, restricted: bool) -> (f64, f64) {
    let (w, w2, w3) = (sums.weights, sums.squared_weights, sums.cubed_weights);
    if restricted {
        (sums.squared_spread - w + w2 / w, w2 - 2.0 * w3 / w + w2 * w2 / (w * w))
    } else {
        (sums.squared_spread - w, w2)
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
