//! The individuals and moving range chart.

use std::fmt;

use super::options::{Autocorrelation, Baseline, ChartOptions};
use super::sigma::{D4, Spread, moving_ranges, spread};
use super::trend::{Line, autocorrelation, fewest_for_autocorrelation, fit_line};
use super::{NotAssessable, TOLERANCE, badness};
use crate::{Orientation, RuptureError};

/// Sigma below this share of the largest score is the rounding error of a series without variation.
const ROUNDING: f64 = 1e-12;

/// Centre line and limits of one session, in units of the scores.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Lower limit.
    pub lower: f64,
    /// Centre line.
    pub centre: f64,
    /// Upper limit.
    pub upper: f64,
}

/// Individuals and moving range chart (`XmR`) of one client's sessions.
///
/// The centre line is the mean of the baseline, or a line fitted to it; limits lie a multiple of sigma off it.
/// Sigma comes from the moving ranges `|y[t] - y[t-1]|` of the baseline, see
/// [`SigmaMethod`](super::SigmaMethod). After an accepted shift, chart the rest of the slice anew.
///
/// ```
/// use alliance_ruptures::Orientation;
/// use alliance_ruptures::charts::{ChartOptions, IndividualsChart};
///
/// let missing = f64::NAN;
/// let scores = [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, missing, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0];
/// let chart = IndividualsChart::new(&scores, &ChartOptions::default())?;
/// assert!((chart.limits(0, 3.0).lower - 4.711).abs() < 5e-4);
/// assert_eq!(chart.beyond(3.0, Orientation::HigherIsBetter)?, [4, 10, 11, 12]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct IndividualsChart {
    options: ChartOptions,
    line: Line,
    spread: Spread,
    sigma: f64,
    autocorrelation: f64,
    baseline_sessions: usize,
    deviations: Vec<f64>,
    moving_ranges: Vec<f64>,
}

impl IndividualsChart {
    /// Charts a series: one score per session, NaN where missing.
    ///
    /// # Errors
    ///
    /// Why the series cannot be charted: too few sessions or moving ranges, no variation, overflow.
    pub fn new(scores: &[f64], options: &ChartOptions) -> Result<Self, NotAssessable> {
        let mut fitter = ChartFitter::new(options);
        fitter.fit(scores)?;
        Ok(fitter.chart)
    }

    fn empty(options: ChartOptions) -> Self {
        Self {
            options,
            line: Line { intercept: f64::NAN, slope: f64::NAN },
            spread: Spread { count: 0, mean: f64::NAN, estimate: f64::NAN, sigma: f64::NAN },
            sigma: f64::NAN,
            autocorrelation: 0.0,
            baseline_sessions: 0,
            deviations: Vec::new(),
            moving_ranges: Vec::new(),
        }
    }

    /// How the chart was fitted.
    pub fn options(&self) -> &ChartOptions {
        &self.options
    }

    /// Number of sessions, missing ones included.
    pub fn sessions(&self) -> usize {
        self.deviations.len()
    }

    /// Number of observed sessions that set the centre line and sigma.
    pub fn baseline_sessions(&self) -> usize {
        self.baseline_sessions
    }

    /// Whether the baseline is so short that limits are provisional.
    pub fn is_provisional(&self) -> bool {
        self.baseline_sessions < self.options.provisional_below()
    }

    /// Centre line at a session, in units of the scores.
    pub fn centre(&self, session: usize) -> f64 {
        self.line.at(session)
    }

    /// Slope of the centre line per session; 0 without trend adjustment.
    pub fn slope(&self) -> f64 {
        self.line.slope
    }

    /// Sigma, in units of the scores, corrected for autocorrelation if that was asked for.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// Autocorrelation that sigma was corrected for, 0 to 0.9; 0 where it was not asked for.
    pub fn autocorrelation(&self) -> f64 {
        self.autocorrelation
    }

    /// Mean, screened mean or median moving range that sigma was taken from.
    pub fn moving_range_estimate(&self) -> f64 {
        self.spread.estimate
    }

    /// Number of moving ranges of the baseline.
    pub fn moving_range_count(&self) -> usize {
        self.spread.count
    }

    /// Moving range of each session, about the centre line; NaN where there is none.
    pub fn moving_ranges(&self) -> &[f64] {
        &self.moving_ranges
    }

    /// Upper limit of the moving range chart: 3.267 times the plain mean moving range of the baseline.
    pub fn moving_range_limit(&self) -> f64 {
        D4 * self.spread.mean
    }

    /// Sessions whose moving range exceeds its limit, whether the score fell or rose.
    pub fn moving_range_signals(&self) -> Vec<usize> {
        let limit = self.moving_range_limit() + TOLERANCE * self.sigma;
        positions(self.moving_ranges.iter().map(|range| *range > limit))
    }

    /// Centre line and limits at a session, `multiple` sigma off; 3 is the usual action limit, 2 the warning limit.
    pub fn limits(&self, session: usize, multiple: f64) -> Limits {
        let centre = self.centre(session);
        let half = multiple * self.sigma;
        Limits { lower: centre - half, centre, upper: centre + half }
    }

    /// Deviation from the centre line in units of sigma; NaN for a missing session.
    pub fn standardised(&self, session: usize) -> f64 {
        self.deviations.get(session).copied().unwrap_or(f64::NAN) / self.sigma
    }

    /// Each session's deviation in units of sigma, positive where worse; NaN where missing.
    pub(super) fn badness(&self, orientation: Orientation) -> impl Iterator<Item = f64> {
        self.deviations.iter().map(move |deviation| badness(deviation / self.sigma, orientation))
    }

    /// Sessions more than `multiple` sigma off on the worse side.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless the multiple is finite and not negative.
    pub fn beyond(&self, multiple: f64, orientation: Orientation) -> Result<Vec<usize>, RuptureError> {
        check_multiple(multiple)?;
        Ok(positions(self.badness(orientation).map(|badness| badness > multiple + TOLERANCE)))
    }

    /// First later session that is at most `multiple` sigma off on the worse side: 0 asks for a return to
    /// the centre line, 1 for a return into one sigma. Both are read as repair; which one Lipner used is not known.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless the multiple is finite and not negative.
    pub fn first_return(
        &self,
        after: usize,
        multiple: f64,
        orientation: Orientation,
    ) -> Result<Option<usize>, RuptureError> {
        check_multiple(multiple)?;
        let mut later = self.badness(orientation).enumerate().skip(after.saturating_add(1));
        Ok(later.find(|(_, badness)| *badness <= multiple + TOLERANCE).map(|(session, _)| session))
    }
}

/// Shows sizes, never scores.
impl fmt::Debug for IndividualsChart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("IndividualsChart")
            .field("options", &self.options)
            .field("sessions", &self.sessions())
            .field("baseline_sessions", &self.baseline_sessions)
            .finish_non_exhaustive()
    }
}

fn check_multiple(multiple: f64) -> Result<(), RuptureError> {
    if multiple.is_finite() && multiple >= 0.0 {
        return Ok(());
    }
    Err(RuptureError::InvalidOption {
        option: "multiple",
        problem: "the multiple of sigma must be finite and not negative".into(),
    })
}

fn positions(flags: impl Iterator<Item = bool>) -> Vec<usize> {
    flags.enumerate().filter_map(|(session, flag)| flag.then_some(session)).collect()
}

/// Charts many series one after another and reuses the memory.
#[derive(Debug, Clone)]
pub struct ChartFitter {
    chart: IndividualsChart,
    scratch: Vec<f64>,
}

impl ChartFitter {
    /// A fitter with these options.
    pub fn new(options: &ChartOptions) -> Self {
        Self { chart: IndividualsChart::empty(*options), scratch: Vec::new() }
    }

    /// Charts a series: one score per session, NaN where missing.
    ///
    /// # Errors
    ///
    /// As [`IndividualsChart::new`].
    pub fn fit(&mut self, scores: &[f64]) -> Result<&IndividualsChart, NotAssessable> {
        let options = self.chart.options;
        if scores.iter().any(|score| score.is_infinite()) {
            return Err(NotAssessable::NotFinite);
        }
        let baseline = baseline_of(scores, options.baseline());
        let known = || baseline.iter().copied().filter(|score| !score.is_nan());
        let observed = known().count();
        let needed = needed_sessions(&options);
        if observed < needed {
            return Err(NotAssessable::TooFewSessions { observed, needed });
        }

        let chart = &mut self.chart;
        chart.baseline_sessions = observed;
        chart.line = fit_line(baseline, options.trend(), &mut self.scratch);
        chart.deviations.clear();
        let line = chart.line;
        chart.deviations.extend(scores.iter().enumerate().map(|(session, score)| score - line.at(session)));
        if !line.at(scores.len()).is_finite() || chart.deviations.iter().any(|one| one.is_infinite()) {
            return Err(NotAssessable::NotFinite);
        }
        moving_ranges(&chart.deviations, options.gaps(), &mut chart.moving_ranges);
        let ranges = chart.moving_ranges.get(..baseline.len()).unwrap_or(&[]);
        chart.spread = spread(ranges, options.sigma(), &mut self.scratch);
        let needed = options.min_sessions().div_ceil(2);
        if chart.spread.count < needed {
            return Err(NotAssessable::TooFewMovingRanges { found: chart.spread.count, needed });
        }

        let largest = known().fold(0.0, |largest: f64, score| largest.max(score.abs()));
        let first = known().next();
        if known().all(|score| Some(score) == first) {
            return Err(NotAssessable::Constant);
        }
        let sigma = chart.spread.sigma;
        if !(sigma.is_finite() && chart.spread.mean.is_finite()) {
            return Err(NotAssessable::NotFinite);
        }
        if sigma <= ROUNDING * largest || !sigma.is_normal() {
            return Err(NotAssessable::NoMovingRange);
        }
        chart.autocorrelation = match options.autocorrelation() {
            Autocorrelation::Ignore => 0.0,
            Autocorrelation::Correct => {
                let deviations = chart.deviations.get(..baseline.len()).unwrap_or(&[]);
                autocorrelation(deviations, sigma, options.gaps(), options.trend())
            }
        };
        chart.sigma = sigma / (1.0 - chart.autocorrelation).sqrt();
        if !chart.sigma.is_finite() {
            return Err(NotAssessable::NotFinite);
        }
        Ok(chart)
    }
}

impl IndividualsChart {
    /// Place of the first session whose verdict does not help to set the centre line: 0 unless the baseline is frozen.
    pub(super) fn first_after_baseline(&self) -> usize {
        match self.options.baseline() {
            Baseline::AllObserved => 0,
            baseline @ Baseline::FirstObserved(_) => baseline_of(&self.deviations, baseline).len(),
        }
    }
}

/// The sessions that set centre line and sigma. A baseline longer than the series is caught by [`needed_sessions`].
fn baseline_of(scores: &[f64], baseline: Baseline) -> &[f64] {
    match baseline {
        Baseline::AllObserved => scores,
        Baseline::FirstObserved(wanted) => {
            let mut seen = 0;
            let enough = scores.iter().position(|score| {
                seen += usize::from(!score.is_nan());
                seen == wanted
            });
            enough.and_then(|last| scores.get(..=last)).unwrap_or(scores)
        }
    }
}

fn needed_sessions(options: &ChartOptions) -> usize {
    let for_baseline = match options.baseline() {
        Baseline::AllObserved => 0,
        Baseline::FirstObserved(wanted) => wanted,
    };
    let for_autocorrelation = match options.autocorrelation() {
        Autocorrelation::Ignore => 0,
        Autocorrelation::Correct => fewest_for_autocorrelation(options.trend()),
    };
    options.min_sessions().max(for_baseline).max(for_autocorrelation)
}
