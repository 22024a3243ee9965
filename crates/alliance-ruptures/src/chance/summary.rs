//! What a sample of series says about its clients, in numbers that a simulated sample can be compared by.

use super::falls::DeepFalls;

/// Sessions until 63 % of the early rise are reached (statistics G2).
const EARLY_SESSIONS: f64 = 3.0;

/// Observed sessions a client needs to count for volatility and autocorrelation.
pub(super) const VOLATILITY_SESSIONS: usize = 4;

/// Observed sessions a client needs to count for the tails.
const TAIL_SESSIONS: usize = 5;

/// Summary numbers of a sample. None of them is an estimate of a parameter: short series, ceiling and lattice bias them
/// all. They are the same function of the user's sample and of simulated ones.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Summary {
    /// Mean and variance over clients of their means, less the common trend.
    pub(super) level: f64,
    pub(super) level_variance: f64,
    /// Common trend, `rise * (1 - exp(-t / 3)) + line * t`.
    pub(super) trend: Trend,
    /// Mean and variance over clients of the logarithm of their SD.
    pub(super) log_sd: f64,
    pub(super) log_sd_variance: f64,
    /// Lag-1 autocorrelation of the residuals, pooled.
    pub(super) autocorrelation: f64,
    /// Kurtosis within clients, averaged: of residuals over their own client's SD, so that unequal clients do not
    /// look like heavy tails.
    pub(super) kurtosis: f64,
    /// Variance within clients, pooled.
    pub(super) within_variance: f64,
    /// Clients that count for volatility.
    pub(super) clients: usize,
    /// Deep falls, where they were left out of all the others.
    pub(super) falls: DeepFalls,
}

/// A trend common to all clients, in points; 0 at the first session.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Trend {
    pub(super) rise: f64,
    pub(super) line: f64,
}

impl Trend {
    #[inline]
    pub(super) fn at(&self, shapes: [f64; 2]) -> f64 {
        self.rise * shapes[0] + self.line * shapes[1]
    }
}

/// The two shapes of the trend for each session.
pub(super) fn trend_shapes(sessions: usize) -> Vec<[f64; 2]> {
    (0..sessions).map(|t| [-libm::expm1(-(t as f64) / EARLY_SESSIONS), t as f64]).collect()
}

/// The longest run.
pub(super) fn longest(offsets: &[usize]) -> usize {
    offsets
        .windows(2)
        .map(|pair| pair.iter().rev().copied().reduce(|end, start| end - start).unwrap_or(0))
        .max()
        .unwrap_or(0)
}

pub(super) fn runs<'a>(scores: &'a [f64], offsets: &'a [usize]) -> impl Iterator<Item = &'a [f64]> {
    offsets
        .iter()
        .zip(offsets.iter().skip(1))
        .map(|(start, end)| scores.get(*start..*end).unwrap_or_default())
}

/// A weighted mean and variance of numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Weighted {
    weight: f64,
    sum: f64,
    squares: f64,
}

impl Weighted {
    fn add(&mut self, weight: f64, number: f64) {
        self.weight += weight;
        self.sum += weight * number;
        self.squares += weight * number * number;
    }

    fn mean(&self) -> f64 {
        if self.weight > 0.0 { self.sum / self.weight } else { 0.0 }
    }

    fn variance(&self) -> f64 {
        if self.weight > 0.0 { (self.squares / self.weight - self.mean().powi(2)).max(0.0) } else { 0.0 }
    }
}

impl Summary {
    /// `least_sd` is added in quadrature to each client's SD, so that a client whose scores are all at the ceiling
    /// has a logarithm.
    pub(super) fn of(scores: &[f64], offsets: &[usize], shapes: &[[f64; 2]], least_sd: f64) -> Self {
        let trend = fit_trend(scores, offsets, shapes);
        let (mut levels, mut log_sds, mut tails) =
            (Weighted::default(), Weighted::default(), Weighted::default());
        let (mut lagged, mut lag_squares, mut squares_of_all, mut degrees_of_all) = (0.0, 0.0, 0.0, 0.0);
        let mut clients = 0;
        for run in runs(scores, offsets) {
            let observed = || {
                run.iter()
                    .zip(shapes)
                    .filter(|(score, _)| !score.is_nan())
                    .map(|(score, shape)| score - trend.at(*shape))
            };
            let (count, sum) =
                observed().fold((0_usize, 0.0), |(count, sum), score| (count + 1, sum + score));
            if count == 0 {
                continue;
            }
            let n = count as f64;
            let mean = sum / n;
            levels.add(1.0, mean);
            if count < VOLATILITY_SESSIONS {
                continue;
            }
            clients += 1;
            let (squares, fourths) = observed().fold((0.0, 0.0), |(squares, fourths), score| {
                let square = (score - mean) * (score - mean);
                (squares + square, fourths + square * square)
            });
            squares_of_all += squares;
            degrees_of_all += n - 1.0;
            let variance = squares / (n - 1.0) + least_sd * least_sd;
            log_sds.add(n - 1.0, 0.5 * libm::log(variance));
            if count >= TAIL_SESSIONS && squares > 0.0 {
                tails.add(n, n * fourths / (squares * squares));
            }
            // Each client counts alike, whatever its volatility: the autocorrelation of the calm is as good.
            let mut before = f64::NAN;
            let mut products = 0.0;
            for (score, shape) in run.iter().zip(shapes) {
                let residual = score - trend.at(*shape) - mean;
                if !(residual.is_nan() || before.is_nan()) {
                    products += residual * before;
                }
                before = residual;
            }
            lagged += products * n / variance;
            lag_squares += squares * n / variance;
        }
        Self {
            level: levels.mean(),
            level_variance: levels.variance(),
            trend,
            log_sd: log_sds.mean(),
            log_sd_variance: log_sds.variance(),
            autocorrelation: if lag_squares > 0.0 { lagged / lag_squares } else { 0.0 },
            kurtosis: tails.mean(),
            within_variance: if degrees_of_all > 0.0 { squares_of_all / degrees_of_all } else { 0.0 },
            clients,
            falls: DeepFalls::default(),
        }
    }
}

/// Least squares within clients.
pub(super) fn fit_trend(scores: &[f64], offsets: &[usize], shapes: &[[f64; 2]]) -> Trend {
    let (mut xx, mut xt, mut tt, mut xy, mut ty) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for run in runs(scores, offsets) {
        let observed = || run.iter().zip(shapes).filter(|(score, _)| !score.is_nan());
        let (mut n, mut x, mut t, mut y) = (0.0, 0.0, 0.0, 0.0);
        for (score, shape) in observed() {
            n += 1.0;
            x += shape[0];
            t += shape[1];
            y += score;
        }
        if n < 2.0 {
            continue;
        }
        let (x, t, y) = (x / n, t / n, y / n);
        for (score, shape) in observed() {
            let (dx, dt, dy) = (shape[0] - x, shape[1] - t, score - y);
            xx += dx * dx;
            xt += dx * dt;
            tt += dt * dt;
            xy += dx * dy;
            ty += dt * dy;
        }
    }
    let determinant = xx * tt - xt * xt;
    // With two or three sessions the two shapes are as good as one: then the line alone.
    if determinant > 1e-3 * xx * tt {
        Trend { rise: (xy * tt - ty * xt) / determinant, line: (ty * xx - xy * xt) / determinant }
    } else if tt > 0.0 {
        Trend { rise: 0.0, line: ty / tt }
    } else {
        Trend::default()
    }
}
