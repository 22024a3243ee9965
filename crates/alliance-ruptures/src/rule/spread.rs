//! How far a client's scores lie apart, and how far clients do: the units of rules.

use super::{Rule, Unit};
use crate::{ScoreScale, Series};

/// Expected range of two normal numbers (d2 for n = 2).
const MEAN_RANGE: f64 = 1.128;

/// Expected median range of two normal numbers: sqrt(2) * 0.6745.
const MEDIAN_RANGE: f64 = 0.954;

/// Makes the median absolute deviation a standard deviation of normal numbers.
pub(crate) const DEVIATION_TO_SD: f64 = 1.4826;

/// Spread over all clients: what units need besides a client's own sessions.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Spread {
    /// Pooled standard deviation within clients, `sqrt(sum SS / sum df)`; NaN without two sessions of a client.
    pub pooled_within: f64,
    /// Standard deviation of the clients' means; NaN without two clients.
    pub between: f64,
    /// Standard deviation of the clients' first scores; NaN without two clients.
    pub first: f64,
    /// Standard deviation of scores around a level that stays: mean moving range over all clients / 1.128, of neighbouring
    /// sessions that both have a score; NaN without any. A shift of the level spoils one moving range only.
    pub moving_range: f64,
    /// Share of the variance of successive differences that is drift of the level rather than noise, 0 to 1:
    /// `1 + 2 c1 / c0` with their variance `c0` and lag-1 covariance `c1` (local level model: Harvey 1989); NaN without
    /// two in a row.
    pub drift_share: f64,
}

impl Spread {
    /// A spread that is known from elsewhere; NaN for what is not known.
    pub fn new(pooled_within: f64, between: f64, first: f64) -> Self {
        Self { pooled_within, between, first, ..Self::UNKNOWN }
    }

    /// The spread of a set of series.
    pub fn of(series: &Series) -> Self {
        let (mut squares, mut degrees) = (0.0, 0.0);
        let (mut means, mut firsts) = (Moments::default(), Moments::default());
        let mut differences = Differences::default();
        for run in series.runs() {
            differences.take(run);
            if let Some(first) = run.iter().find(|score| !score.is_nan()) {
                firsts.add(*first);
            }
            let own = Moments::of(run);
            if own.count > 0.0 {
                means.add(own.mean);
                squares += own.squares;
                degrees += own.count - 1.0;
            }
        }
        Self {
            pooled_within: (squares / degrees).sqrt(),
            between: means.sd(),
            first: firsts.sd(),
            moving_range: differences.sd(),
            drift_share: differences.drift_share(),
        }
    }

    /// Nothing known.
    pub(crate) const UNKNOWN: Self = Self {
        pooled_within: f64::NAN,
        between: f64::NAN,
        first: f64::NAN,
        moving_range: f64::NAN,
        drift_share: f64::NAN,
    };
}

/// Differences of neighbouring sessions that both have a score.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Differences {
    pub(crate) count: f64,
    sizes: f64,
    squares: f64,
    pairs: f64,
    products: f64,
}

impl Differences {
    pub(crate) fn take(&mut self, run: &[f64]) {
        let (mut score_before, mut before) = (f64::NAN, f64::NAN);
        for score in run {
            let difference = score - score_before;
            if !difference.is_nan() {
                self.count += 1.0;
                self.sizes += difference.abs();
                self.squares += difference * difference;
                if !before.is_nan() {
                    self.pairs += 1.0;
                    self.products += difference * before;
                }
            }
            (score_before, before) = (*score, difference);
        }
    }

    /// Mean moving range / 1.128.
    pub(crate) fn sd(&self) -> f64 {
        self.sizes / self.count / MEAN_RANGE
    }

    fn drift_share(&self) -> f64 {
        let share = 1.0 + 2.0 * (self.products / self.pairs) / (self.squares / self.count);
        if share.is_nan() { share } else { share.clamp(0.0, 1.0) }
    }
}

/// Count, mean and sum of squared deviations, updated number by number (Welford 1962).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Moments {
    pub(crate) count: f64,
    pub(crate) mean: f64,
    pub(crate) squares: f64,
}

impl Moments {
    /// Two passes over the numbers: as exact as one by one, without a division for each.
    pub(crate) fn of(scores: &[f64]) -> Self {
        let observed = || scores.iter().filter(|score| !score.is_nan());
        let (count, sum) = observed().fold((0.0, 0.0), |(count, sum), score| (count + 1.0, sum + score));
        if count == 0.0 {
            return Self::default();
        }
        let mean = sum / count;
        let squares = observed().map(|score| (score - mean) * (score - mean)).sum();
        Self { count, mean, squares }
    }

    #[inline]
    pub(crate) fn add(&mut self, score: f64) {
        self.count += 1.0;
        let before = score - self.mean;
        self.mean += before / self.count;
        self.squares += before * (score - self.mean);
    }

    /// Standard deviation with n - 1; NaN below two numbers.
    pub(crate) fn sd(&self) -> f64 {
        if self.count < 2.0 { f64::NAN } else { (self.squares / (self.count - 1.0)).sqrt() }
    }
}

/// The client's straight line over session positions: intercept, slope and residual sum of squares.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Line {
    pub(crate) intercept: f64,
    pub(crate) slope: f64,
    pub(crate) residual_squares: f64,
    pub(crate) count: f64,
}

impl Line {
    /// Least squares; flat below two sessions.
    pub(crate) fn through(scores: &[f64]) -> Self {
        let own = Moments::of(scores);
        let points = || (0_u32..).zip(scores).filter(|(_, score)| !score.is_nan());
        let time = points().fold(Moments::default(), |mut time, (position, _)| {
            time.add(f64::from(position));
            time
        });
        let cross: f64 =
            points().map(|(position, score)| (f64::from(position) - time.mean) * (score - own.mean)).sum();
        let slope = if time.squares > 0.0 { cross / time.squares } else { 0.0 };
        let intercept = own.mean - slope * time.mean;
        let residual_squares =
            points().map(|(position, score)| (score - intercept - slope * f64::from(position)).powi(2)).sum();
        Self { intercept, slope, residual_squares, count: own.count }
    }
}

/// The length of a rule's unit in points for one client; NaN where it is not defined.
///
/// A client without any variation has an own standard deviation of 0, which would make every fall
/// infinitely large; such a unit is not defined.
pub(crate) fn unit_in_points(
    rule: &Rule,
    scores: &[f64],
    spread: &Spread,
    scale: ScoreScale,
    scratch: &mut Vec<f64>,
) -> f64 {
    let unit = match rule.unit {
        Unit::Points => 1.0,
        Unit::Pomp => (scale.highest - scale.lowest) / 100.0,
        Unit::PooledWithinSd => spread.pooled_within,
        Unit::BetweenPersonSd => spread.between,
        Unit::DifferenceError(reliability) => (2.0 * (1.0 - reliability)).sqrt() * spread.first,
        Unit::OwnSd => Moments::of(scores).sd(),
        Unit::OwnResidualSd => {
            let line = Line::through(scores);
            if line.count > 2.0 { (line.residual_squares / (line.count - 2.0)).sqrt() } else { f64::NAN }
        }
        Unit::ShrunkenSd => shrunken(&Moments::of(scores), spread.pooled_within, rule.prior_degrees),
        // `max` passes over NaN, so a client with one session has the pooled unit.
        Unit::StricterOfOwnAndPooled => Moments::of(scores).sd().max(spread.pooled_within),
        Unit::MovingRange => {
            ranges(scores, rule.gaps == super::Gaps::Break, scratch);
            if scratch.is_empty() { f64::NAN } else { Moments::of(scratch).mean / MEAN_RANGE }
        }
        Unit::MedianMovingRange => {
            ranges(scores, rule.gaps == super::Gaps::Break, scratch);
            median(scratch) / MEDIAN_RANGE
        }
        Unit::MedianAbsoluteDeviation => {
            scratch.clear();
            scratch.extend(scores.iter().filter(|score| !score.is_nan()));
            let middle = median(scratch);
            for score in scratch.iter_mut() {
                *score = (*score - middle).abs();
            }
            median(scratch) * DEVIATION_TO_SD
        }
    };
    if unit > 0.0 { unit } else { f64::NAN }
}

/// Own standard deviation shrunk to the pooled one, `sqrt((v s^2 + SS) / (v + df))`.
pub(crate) fn shrunken(own: &Moments, pooled: f64, prior_degrees: f64) -> f64 {
    let degrees = (own.count - 1.0).max(0.0);
    ((prior_degrees * pooled * pooled + own.squares) / (prior_degrees + degrees)).sqrt()
}

/// Absolute differences of neighbouring observed sessions; across gaps only if they are bridged.
fn ranges(scores: &[f64], broken_by_gaps: bool, out: &mut Vec<f64>) {
    out.clear();
    let mut before: Option<(usize, f64)> = None;
    for (position, score) in scores.iter().enumerate().filter(|(_, score)| !score.is_nan()) {
        if let Some((last, previous)) = before
            && (!broken_by_gaps || position == last + 1)
        {
            out.push((score - previous).abs());
        }
        before = Some((position, *score));
    }
}

/// The median; NaN of nothing. Leaves the numbers sorted.
pub(crate) fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    let half = numbers.len() / 2;
    match (numbers.len() % 2, numbers.get(half), half.checked_sub(1).and_then(|below| numbers.get(below))) {
        (1, Some(middle), _) => *middle,
        (0, Some(above), Some(below)) => f64::midpoint(*above, *below),
        _ => f64::NAN,
    }
}
