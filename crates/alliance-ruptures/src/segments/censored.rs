//! Cost of a segment under a normal distribution whose extreme scores only say "at least" or "at most".

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Below this, the distribution function comes from the continued fraction: `erfc` would run out of digits.
const FAR_TAIL: f64 = -5.0;

/// ln of the standard normal distribution function, and its derivative (the inverse Mills ratio).
pub(super) fn log_cumulative(x: f64) -> (f64, f64) {
    let log_density = -0.5 * (x * x + libm::log(2.0 * PI));
    if x < FAR_TAIL {
        // Laplace's continued fraction of Mills' ratio; 40 terms give all digits from 5 standard deviations on.
        let mut tail = -x;
        for term in (1..=40).rev() {
            tail = -x + f64::from(term) / tail;
        }
        return (log_density - libm::log(tail), tail);
    }
    let log = if x > 0.0 {
        libm::log1p(-0.5 * libm::erfc(x * FRAC_1_SQRT_2))
    } else {
        libm::log(0.5 * libm::erfc(-x * FRAC_1_SQRT_2))
    };
    (log, libm::exp(log_density - log))
}

/// A growing segment: what its likelihood depends on.
#[derive(Clone, Copy)]
pub(super) struct CensoredSegment {
    sigma: f64,
    lowest: f64,
    highest: f64,
    /// Scores strictly between the bounds, their mean and sum of squared deviations.
    inside: f64,
    mean: f64,
    squares: f64,
    /// Scores at or below the lowest, and at or above the highest.
    at_lowest: f64,
    at_highest: f64,
    /// The most likely level so far: where the next search starts.
    level: f64,
}

impl CensoredSegment {
    pub(super) fn new(sigma: f64, lowest: f64, highest: f64) -> Self {
        Self {
            sigma,
            lowest,
            highest,
            inside: 0.0,
            mean: 0.0,
            squares: 0.0,
            at_lowest: 0.0,
            at_highest: 0.0,
            level: f64::NAN,
        }
    }

    /// Adds a score and gives the cost: -2 log likelihood at its maximum over the level, without the constant.
    pub(super) fn push(&mut self, score: f64) -> f64 {
        if score >= self.highest {
            self.at_highest += 1.0;
        } else if score <= self.lowest {
            self.at_lowest += 1.0;
        } else {
            self.inside += 1.0;
            let difference = score - self.mean;
            self.mean += difference / self.inside;
            self.squares += difference * (score - self.mean);
        }
        self.maximise()
    }

    /// The most likely level; the bound itself if all scores lie on one bound.
    pub(super) fn level(&self) -> f64 {
        self.level
    }

    fn maximise(&mut self) -> f64 {
        if self.at_lowest + self.at_highest == 0.0 {
            self.level = self.mean;
            return self.squares / (self.sigma * self.sigma);
        }
        if self.inside == 0.0 && (self.at_lowest == 0.0 || self.at_highest == 0.0) {
            // The likelihood has no maximum: it tends to 1 as the level moves outwards.
            self.level = if self.at_highest > 0.0 { self.highest } else { self.lowest };
            return 0.0;
        }
        if !self.level.is_finite() {
            self.level = self.start();
        }
        self.search();
        self.cost_at(self.level)
    }

    fn start(&self) -> f64 {
        if self.inside > 0.0 { self.mean } else { 0.5 * self.lowest + 0.5 * self.highest }
    }

    fn cost_at(&self, level: f64) -> f64 {
        let off = (level - self.mean) / self.sigma;
        let mut cost = self.squares / (self.sigma * self.sigma) + self.inside * off * off;
        if self.at_highest > 0.0 {
            cost -= 2.0 * self.at_highest * log_cumulative((level - self.highest) / self.sigma).0;
        }
        if self.at_lowest > 0.0 {
            cost -= 2.0 * self.at_lowest * log_cumulative((self.lowest - level) / self.sigma).0;
        }
        cost
    }

    /// Newton steps on the score function, which rises with the level, kept inside the bracket found so far.
    fn search(&mut self) {
        let (mut below, mut above) = (f64::NEG_INFINITY, f64::INFINITY);
        let mut level = self.level;
        for _ in 0..80 {
            let (slope, curvature) = self.derivatives(level);
            if slope < 0.0 {
                below = level;
            } else {
                above = level;
            }
            let mut next = level - self.sigma * slope / curvature;
            if !(next > below && next < above) {
                // Rounding at the root, or a step too far: halve the bracket.
                next = 0.5 * below + 0.5 * above;
                if !next.is_finite() {
                    break;
                }
            }
            let step = (next - level).abs();
            level = next;
            // Convergence is quadratic and the cost is flat here, so what is left is far below rounding.
            if step <= 1e-9 * self.sigma {
                break;
            }
        }
        self.level = level;
    }

    /// First and second derivative of half the cost by the level in units of sigma.
    fn derivatives(&self, level: f64) -> (f64, f64) {
        let mut slope = self.inside * (level - self.mean) / self.sigma;
        let mut curvature = self.inside;
        if self.at_highest > 0.0 {
            let x = (level - self.highest) / self.sigma;
            let ratio = log_cumulative(x).1;
            slope -= self.at_highest * ratio;
            curvature += self.at_highest * ratio * (ratio + x);
        }
        if self.at_lowest > 0.0 {
            let x = (self.lowest - level) / self.sigma;
            let ratio = log_cumulative(x).1;
            slope += self.at_lowest * ratio;
            curvature += self.at_lowest * ratio * (ratio + x);
        }
        (slope, curvature)
    }
}
