//! What is known of a segment before it is seen, and how likely its scores then are.

use std::f64::consts::PI;

use crate::RuptureError;

/// Prior of a segment's level and precision: precision ~ Gamma(alpha, rate beta), level ~ Normal(mean, 1 / (kappa * precision)).
///
/// A vague prior per segment hardly reacts in 8 to 40 sessions; take it from the sample, see [`NormalGamma::pooled`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct NormalGamma {
    /// Expected level, in score units.
    pub mean: f64,
    /// Sessions that the knowledge of the level is worth; above 0.
    pub kappa: f64,
    /// Shape of the precision; above 0.
    pub alpha: f64,
    /// Rate of the precision, in squared score units; above 0.
    pub beta: f64,
}

impl NormalGamma {
    /// A prior with these parameters.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless all are finite and kappa, alpha and beta above 0.
    pub fn new(mean: f64, kappa: f64, alpha: f64, beta: f64) -> Result<Self, RuptureError> {
        Self { mean, kappa, alpha, beta }.validate()
    }

    /// A prior taken from the sample.
    ///
    /// `mean` is the client's baseline, `within_sd` the pooled standard deviation of scores within segments,
    /// `level_sd` that of segment levels around the baseline, and `worth` the number
    /// of deviations that the knowledge of `within_sd` is worth: kappa = (`within_sd` / `level_sd`)^2,
    /// alpha = worth / 2, beta = worth * `within_sd`^2 / 2. The larger `worth`, the nearer to a known sigma.
    ///
    /// ```
    /// use alliance_ruptures::segments::NormalGamma;
    ///
    /// let prior = NormalGamma::pooled(5.5, 0.3, 0.6, 20.0)?;
    /// assert!((prior.kappa - 0.25).abs() < 1e-12 && (prior.beta - 0.9).abs() < 1e-12);
    /// # Ok::<(), alliance_ruptures::RuptureError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `invalid-option` unless all are finite and the last three above 0.
    pub fn pooled(mean: f64, within_sd: f64, level_sd: f64, worth: f64) -> Result<Self, RuptureError> {
        let kappa = (within_sd / level_sd).powi(2);
        let signs = within_sd > 0.0 && level_sd > 0.0;
        let mean = if signs { mean } else { f64::NAN };
        Self { mean, kappa, alpha: worth / 2.0, beta: worth * within_sd * within_sd / 2.0 }.validate()
    }

    pub(super) fn validate(self) -> Result<Self, RuptureError> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        if self.mean.is_finite() && positive(self.kappa) && positive(self.alpha) && positive(self.beta) {
            return Ok(self);
        }
        Err(RuptureError::InvalidOption {
            option: "prior",
            problem: "the mean must be finite, every other parameter finite and above 0".into(),
        })
    }
}

/// Prior of a segment's level when the standard deviation of scores around it is known (pooled over clients).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct KnownSigma {
    /// Expected level, in score units.
    pub mean: f64,
    /// Standard deviation of segment levels around it; above 0.
    pub level_sd: f64,
    /// Standard deviation of scores within a segment; above 0.
    pub sigma: f64,
}

impl KnownSigma {
    /// A prior with these parameters.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless all are finite and the two standard deviations above 0.
    pub fn new(mean: f64, level_sd: f64, sigma: f64) -> Result<Self, RuptureError> {
        Self { mean, level_sd, sigma }.validate()
    }

    fn validate(self) -> Result<Self, RuptureError> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        if self.mean.is_finite() && positive(self.level_sd) && positive(self.sigma) {
            return Ok(self);
        }
        Err(RuptureError::InvalidOption {
            option: "prior",
            problem: "the mean must be finite, the standard deviations finite and above 0".into(),
        })
    }
}

/// Prior of each segment.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum SegmentPrior {
    /// Level and precision unknown.
    NormalGamma(NormalGamma),
    /// Level unknown.
    KnownSigma(KnownSigma),
}

impl SegmentPrior {
    pub(super) fn validate(self) -> Result<Self, RuptureError> {
        match self {
            Self::NormalGamma(prior) => prior.validate().map(Self::NormalGamma),
            Self::KnownSigma(prior) => prior.validate().map(Self::KnownSigma),
        }
    }

    pub(super) fn mean(&self) -> f64 {
        match self {
            Self::NormalGamma(prior) => prior.mean,
            Self::KnownSigma(prior) => prior.mean,
        }
    }
}

/// Log marginal likelihoods of segments, from sums: one constant per segment length is tabulated.
pub(super) struct Marginals {
    prior: SegmentPrior,
    constants: Vec<f64>,
}

impl Marginals {
    /// For segments of up to `longest` scores.
    pub(super) fn new(prior: SegmentPrior, longest: usize) -> Self {
        let constant = |count: usize| {
            let count = count as f64;
            match prior {
                SegmentPrior::NormalGamma(NormalGamma { kappa, alpha, beta, .. }) => {
                    libm::lgamma(alpha + count / 2.0) - libm::lgamma(alpha)
                        + alpha * libm::log(beta)
                        + 0.5 * (libm::log(kappa) - libm::log(kappa + count))
                        - 0.5 * count * libm::log(2.0 * PI)
                }
                SegmentPrior::KnownSigma(KnownSigma { level_sd, sigma, .. }) => {
                    let ratio = level_sd / sigma;
                    -0.5 * (count * (libm::log(2.0 * PI) + 2.0 * libm::log(sigma))
                        + libm::log1p(count * ratio * ratio))
                }
            }
        };
        Self { prior, constants: (0..=longest).map(constant).collect() }
    }

    /// Log marginal likelihood of `count` scores, whose deviations from the prior mean have this sum and sum of squares.
    pub(super) fn log_likelihood(&self, count: usize, sum: f64, squares: f64) -> f64 {
        let n = count as f64;
        let around = (squares - sum * sum / n).max(0.0);
        let constant = self.constants.get(count).copied().unwrap_or(f64::NAN);
        match self.prior {
            SegmentPrior::NormalGamma(NormalGamma { kappa, alpha, beta, .. }) => {
                let off = kappa * sum * sum / (n * (kappa + n));
                constant - (alpha + n / 2.0) * libm::log(beta + 0.5 * (around + off))
            }
            SegmentPrior::KnownSigma(KnownSigma { level_sd, sigma, .. }) => {
                let variance = sigma * sigma;
                let off = sum * sum / (n * (variance + n * level_sd * level_sd));
                constant - 0.5 * (around / variance + off)
            }
        }
    }

    /// Posterior mean of the level, as deviation from the prior mean.
    pub(super) fn level(&self, count: usize, sum: f64) -> f64 {
        let kappa = match self.prior {
            SegmentPrior::NormalGamma(prior) => prior.kappa,
            SegmentPrior::KnownSigma(prior) => (prior.sigma / prior.level_sd).powi(2),
        };
        sum / (kappa + count as f64)
    }
}
