//! The sample's standardised innovations, to be drawn from.

use alliance_statistics::normal_quantile;

use super::summary::{Summary, VOLATILITY_SESSIONS, runs};
use crate::{Orientation, ScoreScale};

/// Quantiles in the table.
const QUANTILES: usize = 2_048;

/// How many innovations weigh as much as the assumption that they are normal. By experiment: with less, tails of rules in
/// own SDs come out too light for samples of 60 clients.
const NORMAL_WEIGHT: f64 = 1_000.0;

/// A client counts if this many of its SDs fit between its mean and either end of the scale: else ceiling and floor,
/// which the model makes itself, would be in the innovations too.
const ROOM: f64 = 2.0;

/// As many towards the better end, where innovations stand for both tails. By experiment: with less, their tail is cut.
const ROOM_FOR_TAIL: f64 = 5.0;

/// Which innovations of a sample are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tails {
    /// All.
    Both,
    /// Those for the better, which also stand, mirrored, for those for the worse.
    Better,
}

/// Quantiles of a distribution with mean 0 and SD 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Innovations {
    /// As they come out of the sample, smoothed.
    base: Vec<f64>,
    /// With heavier or lighter tails.
    table: Vec<f64>,
}

impl Innovations {
    pub(super) fn of(
        scores: &[f64],
        offsets: &[usize],
        scale: ScoreScale,
        shapes: &[[f64; 2]],
        observed: &Summary,
        tails: Tails,
    ) -> Self {
        let (room_below, room_above) = match (tails, scale.orientation) {
            (Tails::Both, _) => (ROOM, ROOM),
            (Tails::Better, Orientation::HigherIsBetter) => (ROOM, ROOM_FOR_TAIL),
            (Tails::Better, Orientation::LowerIsBetter) => (ROOM_FOR_TAIL, ROOM),
        };
        let autocorrelation = observed.autocorrelation;
        let mut pool = Vec::new();
        for run in runs(scores, offsets) {
            let level = |score: &f64, shape: &[f64; 2]| score - observed.trend.at(*shape);
            let scored = || run.iter().zip(shapes).filter(|(score, _)| !score.is_nan());
            let count = scored().count();
            if count < VOLATILITY_SESSIONS {
                continue;
            }
            let n = count as f64;
            let mean = scored().map(|(score, shape)| level(score, shape)).sum::<f64>() / n;
            let plain = scored().map(|(score, _)| score).sum::<f64>() / n;
            let squares = scored().map(|(score, shape)| (level(score, shape) - mean).powi(2)).sum::<f64>();
            let sd = (squares / (n - 1.0)).sqrt();
            let has_room =
                plain + room_above * sd <= scale.highest && plain - room_below * sd >= scale.lowest;
            if sd <= 0.0 || !has_room {
                continue;
            }
            let mut before = f64::NAN;
            for (score, shape) in run.iter().zip(shapes) {
                let residual = (level(score, shape) - mean) / sd;
                let innovation = residual - autocorrelation * before;
                if !innovation.is_nan() {
                    pool.push(innovation);
                }
                before = residual;
            }
        }
        if tails == Tails::Better {
            pool.retain(|innovation| scale.orientation.fall(0.0, *innovation) < 0.0);
        }
        let weight = pool.len() as f64 / (pool.len() as f64 + NORMAL_WEIGHT);
        if tails == Tails::Better {
            pool.extend_from_within(..);
            let half = pool.len() / 2;
            pool.iter_mut().take(half).for_each(|innovation| *innovation = -*innovation);
        }
        pool.sort_unstable_by(f64::total_cmp);
        standardise(&mut pool);
        let mut base: Vec<f64> = (0..QUANTILES)
            .map(|place| {
                let p = (place as f64 + 0.5) / QUANTILES as f64;
                let own = if pool.is_empty() { 0.0 } else { quantile(&pool, p) };
                weight * own + (1.0 - weight) * normal_quantile(p)
            })
            .collect();
        standardise(&mut base);
        Self { table: base.clone(), base }
    }

    /// Stretches the tails: `e * exp(h e^2 / 2)`, Tukey's h transformation.
    ///
    /// Residuals over the SD of their own short series have tails cut at `(n - 1) / sqrt(n)`; this puts them back.
    pub(super) fn stretch(&mut self, h: f64) {
        self.table.clear();
        self.table.extend(self.base.iter().map(|number| number * libm::exp(0.5 * h * number * number)));
        standardise(&mut self.table);
    }

    /// The innovation at a uniform number.
    #[inline]
    pub(super) fn at(&self, uniform: f64) -> f64 {
        quantile(&self.table, uniform)
    }
}

/// Quantile by linear interpolation between sorted numbers.
#[inline]
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * sorted.len() as f64 - 0.5;
    let below = place.max(0.0) as usize;
    let above = (below + 1).min(sorted.len().saturating_sub(1));
    match (sorted.get(below.min(above)), sorted.get(above)) {
        (Some(low), Some(high)) => low + (place - below as f64).clamp(0.0, 1.0) * (high - low),
        _ => 0.0,
    }
}

/// Makes mean 0 and SD 1, where they vary.
fn standardise(numbers: &mut [f64]) {
    let count = numbers.len().max(1) as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let variance = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / count;
    let sd = if variance > 0.0 { variance.sqrt() } else { 1.0 };
    for number in numbers {
        *number = (*number - mean) / sd;
    }
}
