//! Where one group's scores end and another's begin.

use super::Direction;
use super::method::{at_least_zero, finite};
use crate::PsychometricsError;

/// Mean and standard deviation of a reference group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreDistribution {
    mean: f64,
    standard_deviation: f64,
}

impl ScoreDistribution {
    /// These values.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless both are finite and the standard deviation at least 0.
    pub fn new(mean: f64, standard_deviation: f64) -> Result<Self, PsychometricsError> {
        finite("mean", mean)?;
        at_least_zero("standard_deviation", standard_deviation)?;
        Ok(Self { mean, standard_deviation })
    }
}

/// A dysfunctional and a functional group, which the caller must have: none are shipped.
///
/// For the alliance no functional group has been established; these cut-offs are for outcome measures, and for whoever
/// has two groups of their own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReferenceGroups {
    dysfunctional: ScoreDistribution,
    functional: ScoreDistribution,
}

/// Which cut-off of Jacobson and Truax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cutoff {
    /// Two standard deviations beyond the mean of the dysfunctional group.
    A,
    /// Within two standard deviations of the mean of the functional group.
    B,
    /// Between both means, weighted by the standard deviations.
    C,
}

/// The three cut-offs of Jacobson and Truax (1991).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cutoffs {
    /// M0 + 2 d s0, d being 1 if higher is better, else -1.
    pub a: f64,
    /// M1 - 2 d s1 with the functional group's own standard deviation. The R package `clinicalsignificance` (2.1 and
    /// 3.0) takes that of the dysfunctional group, which is not the definition.
    pub b: f64,
    /// (s0 M1 + s1 M0) / (s0 + s1); NaN if both standard deviations are 0.
    pub c: f64,
}

impl Cutoffs {
    /// One of them.
    pub fn get(&self, cutoff: Cutoff) -> f64 {
        match cutoff {
            Cutoff::A => self.a,
            Cutoff::B => self.b,
            Cutoff::C => self.c,
        }
    }
}

impl ReferenceGroups {
    /// These groups.
    pub fn new(dysfunctional: ScoreDistribution, functional: ScoreDistribution) -> Self {
        Self { dysfunctional, functional }
    }

    /// The three cut-offs.
    ///
    /// ```
    /// use alliance_psychometrics::change::{Direction, ReferenceGroups, ScoreDistribution};
    ///
    /// let groups = ReferenceGroups::new(ScoreDistribution::new(40.0, 7.5)?, ScoreDistribution::new(60.0, 7.5)?);
    /// let cutoffs = groups.cutoffs(Direction::HigherIsBetter);
    /// assert_eq!((cutoffs.a, cutoffs.b, cutoffs.c), (55.0, 45.0, 50.0));
    /// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
    /// ```
    pub fn cutoffs(&self, direction: Direction) -> Cutoffs {
        let sign = direction.sign();
        let (low, high) = (self.dysfunctional, self.functional);
        Cutoffs {
            a: low.mean + sign * 2.0 * low.standard_deviation,
            b: high.mean - sign * 2.0 * high.standard_deviation,
            c: (low.standard_deviation * high.mean + high.standard_deviation * low.mean)
                / (low.standard_deviation + high.standard_deviation),
        }
    }
}
