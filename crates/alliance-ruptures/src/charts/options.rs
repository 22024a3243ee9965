//! How a chart's centre line and sigma are estimated.

use crate::RuptureError;

/// Sessions that set the centre line and sigma.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Baseline {
    /// All observed sessions; the chart then looks back on the whole series.
    #[default]
    AllObserved,
    /// The first so many observed sessions; centre line and sigma are frozen after them.
    FirstObserved(usize),
}

/// How sigma is estimated from moving ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum SigmaMethod {
    /// Mean moving range / 1.128 (d2 of two observations), as in qicharts2.
    MeanMovingRange,
    /// The same after moving ranges of 3.267 times their mean and more were dropped, once (Nelson 1982,
    /// Journal of Quality Technology 14, 172-173; an option of qicharts2).
    ScreenedMovingRange,
    /// Median moving range / 0.954 (square root of 2 times the normal quantile of 0.75).
    ///
    /// The default: in a short series one rupture inflates the mean moving range so much that it hides itself.
    #[default]
    MedianMovingRange,
}

/// What a missing session does to what needs consecutive sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Gaps {
    /// The sessions before and after the gap count as consecutive.
    Bridge,
    /// The gap breaks the pair or the run.
    BreakPair,
}

/// Line about which the scores are charted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum TrendAdjustment {
    /// A level: the mean of the baseline.
    #[default]
    None,
    /// Least-squares line on the session position. A frozen baseline's line is extended.
    Ols,
    /// Theil-Sen line: median of all pairwise slopes, then median of the scores less slope times position.
    /// Cost is quadratic in the number of sessions.
    TheilSen,
}

/// What is done about autocorrelation.
///
/// A moving range estimate of sigma is too small by the factor sqrt(1 - rho) where neighbouring
/// sessions correlate by rho.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Autocorrelation {
    /// Nothing.
    #[default]
    Ignore,
    /// Sigma is divided by sqrt(1 - rho).
    ///
    /// rho is estimated from the deviations from the centre line, corrected for the bias -(1 + 3 rho)/n of a
    /// short series (Kendall 1954, Biometrika 41, 403-404), or -(2 + 4 rho)/n about a fitted line, and kept
    /// in 0 to 0.9. It remains a rough number: its standard error is about 1/sqrt(n).
    Correct,
}

/// How an [`IndividualsChart`](crate::charts::IndividualsChart) is fitted.
///
/// Defaults: all observed sessions, median moving range, gaps break pairs, no trend, autocorrelation ignored,
/// at least 8 sessions, provisional below 12 (the two numbers are convention, not from a source that was read).
///
/// ```
/// use alliance_ruptures::charts::{Baseline, ChartOptions, SigmaMethod};
///
/// let options = ChartOptions::default()
///     .with_sigma(SigmaMethod::MeanMovingRange)
///     .with_baseline(Baseline::FirstObserved(10))?;
/// assert!(options.with_min_sessions(1).is_err());
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ChartOptions {
    baseline: Baseline,
    sigma: SigmaMethod,
    gaps: Gaps,
    trend: TrendAdjustment,
    autocorrelation: Autocorrelation,
    min_sessions: usize,
    provisional_below: usize,
}

impl Default for ChartOptions {
    fn default() -> Self {
        Self {
            baseline: Baseline::default(),
            sigma: SigmaMethod::default(),
            gaps: Gaps::BreakPair,
            trend: TrendAdjustment::default(),
            autocorrelation: Autocorrelation::default(),
            min_sessions: 8,
            provisional_below: 12,
        }
    }
}

impl ChartOptions {
    /// Sessions that set the centre line and sigma. A baseline shorter than
    /// [`min_sessions`](Self::with_min_sessions) gives no chart: lower that too.
    ///
    /// # Errors
    ///
    /// `invalid-option` for a baseline of fewer than 3 sessions.
    pub fn with_baseline(self, baseline: Baseline) -> Result<Self, RuptureError> {
        if let Baseline::FirstObserved(0..=2) = baseline {
            return Err(RuptureError::InvalidOption {
                option: "baseline",
                problem: "a baseline has at least 3 sessions".into(),
            });
        }
        Ok(Self { baseline, ..self })
    }

    /// How sigma is estimated.
    #[must_use]
    pub fn with_sigma(self, sigma: SigmaMethod) -> Self {
        Self { sigma, ..self }
    }

    /// Whether a moving range may bridge missing sessions.
    #[must_use]
    pub fn with_gaps(self, gaps: Gaps) -> Self {
        Self { gaps, ..self }
    }

    /// Line about which the scores are charted.
    #[must_use]
    pub fn with_trend(self, trend: TrendAdjustment) -> Self {
        Self { trend, ..self }
    }

    /// Whether sigma is corrected for autocorrelation.
    #[must_use]
    pub fn with_autocorrelation(self, autocorrelation: Autocorrelation) -> Self {
        Self { autocorrelation, ..self }
    }

    /// Fewest observed sessions, of the baseline if it is frozen, for a chart; half as many moving ranges are needed.
    ///
    /// # Errors
    ///
    /// `invalid-option` below 3.
    pub fn with_min_sessions(self, min_sessions: usize) -> Result<Self, RuptureError> {
        if min_sessions < 3 {
            return Err(RuptureError::InvalidOption {
                option: "min_sessions",
                problem: "a chart needs at least 3 sessions".into(),
            });
        }
        Ok(Self { min_sessions, ..self })
    }

    /// Below so many observed sessions, of the baseline if it is frozen, a chart is provisional.
    #[must_use]
    pub fn with_provisional_below(self, provisional_below: usize) -> Self {
        Self { provisional_below, ..self }
    }

    /// The options themselves if they are within their ranges.
    pub(super) fn checked(self) -> Result<Self, RuptureError> {
        self.with_baseline(self.baseline)?.with_min_sessions(self.min_sessions)
    }

    /// Sessions that set the centre line and sigma.
    pub fn baseline(&self) -> Baseline {
        self.baseline
    }

    /// How sigma is estimated.
    pub fn sigma(&self) -> SigmaMethod {
        self.sigma
    }

    /// Whether a moving range may bridge missing sessions.
    pub fn gaps(&self) -> Gaps {
        self.gaps
    }

    /// Line about which the scores are charted.
    pub fn trend(&self) -> TrendAdjustment {
        self.trend
    }

    /// Whether sigma is corrected for autocorrelation.
    pub fn autocorrelation(&self) -> Autocorrelation {
        self.autocorrelation
    }

    /// Fewest observed sessions for a chart.
    pub fn min_sessions(&self) -> usize {
        self.min_sessions
    }

    /// Number of observed sessions below which a chart is provisional.
    pub fn provisional_below(&self) -> usize {
        self.provisional_below
    }
}
