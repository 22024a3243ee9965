//! What a sample's scores before and after are like.

use crate::{Columns, PsychometricsError};

/// Mean and standard deviation (n - 1) of some scores; NaN without any, and the second for one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreSummary {
    /// Scores that are not missing.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation.
    pub standard_deviation: f64,
}

/// Scores before and after.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ScorePairs {
    /// All scores before, also of clients without a score after.
    pub before: ScoreSummary,
    /// All scores after.
    pub after: ScoreSummary,
    /// Clients with both.
    pub pairs: usize,
    /// Correlation of the two, over clients with both; NaN if either does not vary there.
    pub correlation: f64,
}

impl ScorePairs {
    /// Of scores before and after, row by row; a missing score is NaN.
    ///
    /// # Errors
    ///
    /// `length-mismatch`, `not-finite`.
    ///
    /// ```
    /// use alliance_psychometrics::change::ScorePairs;
    ///
    /// let found = ScorePairs::of(&[4.0, 5.0, 6.0, f64::NAN], &[5.0, 7.0, 9.0, 3.0])?;
    /// assert_eq!((found.before.mean, found.before.standard_deviation), (5.0, 1.0));
    /// assert_eq!((found.pairs, found.after.count), (3, 4));
    /// assert!((found.correlation - 1.0).abs() < 1e-12);
    /// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
    /// ```
    pub fn of(before: &[f64], after: &[f64]) -> Result<Self, PsychometricsError> {
        Columns::new(&[before, after])?;
        let both = || before.iter().zip(after).filter(|(one, other)| !one.is_nan() && !other.is_nan());
        let (first, second) = (Sums::of(both().map(|pair| *pair.0)), Sums::of(both().map(|pair| *pair.1)));
        let products: f64 = both().map(|(one, other)| (one - first.mean) * (other - second.mean)).sum();
        let correlation = products / (first.squares.sqrt() * second.squares.sqrt());
        Ok(Self {
            before: Sums::of(before.iter().copied()).summary(),
            after: Sums::of(after.iter().copied()).summary(),
            pairs: first.count,
            correlation: if correlation.is_finite() { correlation.clamp(-1.0, 1.0) } else { f64::NAN },
        })
    }
}

struct Sums {
    count: usize,
    mean: f64,
    /// Sum of squares about the mean.
    squares: f64,
}

impl Sums {
    fn of(scores: impl Iterator<Item = f64> + Clone) -> Self {
        let scores = scores.filter(|score| !score.is_nan());
        let (mut count, mut sum) = (0_usize, 0.0);
        for score in scores.clone() {
            count += 1;
            sum += score;
        }
        // Equal scores differ from their mean by rounding only.
        let mut all = scores.clone();
        let first = all.next().unwrap_or(f64::NAN);
        let (mean, constant) = (sum / count as f64, all.all(|score| score == first));
        if constant {
            return Self { count, mean: first, squares: 0.0 };
        }
        Self { count, mean, squares: scores.map(|score| (score - mean) * (score - mean)).sum() }
    }

    fn summary(&self) -> ScoreSummary {
        let degrees = self.count.saturating_sub(1) as f64;
        ScoreSummary {
            count: self.count,
            mean: self.mean,
            standard_deviation: if self.count > 1 { (self.squares / degrees).sqrt() } else { f64::NAN },
        }
    }
}
