//! Six indices of reliable change, each an expected later score and a unit.

use crate::{PsychometricsError, Status};

/// Mean, standard deviation and reliability of the scores before, in a sample that stands for the clients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BaselineSample {
    mean: f64,
    standard_deviation: f64,
    reliability: f64,
}

impl BaselineSample {
    /// These values. A reliability of 1 or more, or a standard deviation of 0, leaves no error of measurement: indices are
    /// then undefined, with a status.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless all are finite, the standard deviation at least 0 and the reliability at least 0.
    pub fn new(mean: f64, standard_deviation: f64, reliability: f64) -> Result<Self, PsychometricsError> {
        finite("mean", mean)?;
        at_least_zero("standard_deviation", standard_deviation)?;
        at_least_zero("reliability", reliability)?;
        Ok(Self { mean, standard_deviation, reliability })
    }

    /// Mean before.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Standard deviation before.
    pub fn standard_deviation(&self) -> f64 {
        self.standard_deviation
    }

    /// Reliability before.
    pub fn reliability(&self) -> f64 {
        self.reliability
    }

    /// `s sqrt(1 - r)`; NaN for a reliability above 1.
    pub(super) fn standard_error_of_measurement(&self) -> f64 {
        self.standard_deviation * (1.0 - self.reliability).sqrt()
    }

    fn variance(&self) -> f64 {
        self.standard_deviation * self.standard_deviation
    }
}

/// How a change is measured against error.
///
/// All have the form (after - expected) / unit. M, s, r: mean, standard deviation and reliability before; M2, s2, r2
/// after; SEM = s sqrt(1 - r).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ChangeMethod {
    /// Expected is the score before; unit is sqrt(2) SEM. Jacobson and Truax (1991, Journal of Consulting and Clinical
    /// Psychology 59, 12-19).
    JacobsonTruax,
    /// Gulliksen, Lord and Novick: expected is M + r (before - M), regression to the mean of the sample; unit is
    /// s sqrt(1 - r^2).
    GulliksenLordNovick,
    /// Hsu, Linn and Lord: as Gulliksen-Lord-Novick about the mean after, M2 + r (before - M). Hsu (1989, Behavioral
    /// Assessment 11).
    HsuLinnLord {
        /// M2.
        mean_after: f64,
    },
    /// Edwards and Nunnally: expected as Gulliksen-Lord-Novick; unit is SEM. Speer (1992, Journal of Consulting and
    /// Clinical Psychology 60).
    EdwardsNunnally,
    /// Nunnally and Kotsch: expected as Gulliksen-Lord-Novick; unit is sqrt(r^2 s^2 (1 - r) + s^2 (1 - r2)).
    NunnallyKotsch {
        /// r2.
        reliability_after: f64,
    },
    /// Hageman and Arrindell (1999, Behaviour Research and Therapy 37): the change shrunk to the mean change by the
    /// reliability of differences, R = (s^2 r + s2^2 r2 - 2 s s2 r12) / (s^2 + s2^2 - 2 s s2 r12) with
    /// r2 = 1 - SEM^2 / s2^2; index ((after - before) R + (M2 - M) (1 - R)) / (sqrt(R) sqrt(2) SEM). One-sided.
    HagemanArrindell {
        /// M2.
        mean_after: f64,
        /// s2.
        standard_deviation_after: f64,
        /// r12.
        correlation: f64,
    },
}

impl ChangeMethod {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JacobsonTruax => "Jacobson-Truax",
            Self::GulliksenLordNovick => "Gulliksen-Lord-Novick",
            Self::HsuLinnLord { .. } => "Hsu-Linn-Lord",
            Self::EdwardsNunnally => "Edwards-Nunnally",
            Self::NunnallyKotsch { .. } => "Nunnally-Kotsch",
            Self::HagemanArrindell { .. } => "Hageman-Arrindell",
        }
    }

    pub(super) fn check(self) -> Result<(), PsychometricsError> {
        match self {
            Self::JacobsonTruax | Self::GulliksenLordNovick | Self::EdwardsNunnally => Ok(()),
            Self::HsuLinnLord { mean_after } => finite("mean_after", mean_after),
            Self::NunnallyKotsch { reliability_after } => {
                at_least_zero("reliability_after", reliability_after)
            }
            Self::HagemanArrindell { mean_after, standard_deviation_after, correlation } => {
                finite("mean_after", mean_after)?;
                at_least_zero("standard_deviation_after", standard_deviation_after)?;
                if (-1.0..=1.0).contains(&correlation) {
                    Ok(())
                } else {
                    Err(PsychometricsError::option("correlation", "from -1 to 1"))
                }
            }
        }
    }

    /// Whether the critical value leaves the whole error probability on one side.
    pub(super) fn is_one_sided(self) -> bool {
        matches!(self, Self::HagemanArrindell { .. })
    }

    /// The line of expected later scores and the unit.
    pub(super) fn expectation(self, before: &BaselineSample) -> Result<Expectation, Status> {
        let error = before.standard_error_of_measurement();
        let (reliability, deviation) = (before.reliability, before.standard_deviation);
        let regressed = |about: f64, unit: f64| Expectation {
            intercept: about - reliability * before.mean,
            slope: reliability,
            unit,
        };
        let of_prediction = deviation * (1.0 - reliability * reliability).sqrt();
        let expectation = match self {
            Self::JacobsonTruax => {
                Expectation { intercept: 0.0, slope: 1.0, unit: std::f64::consts::SQRT_2 * error }
            }
            Self::GulliksenLordNovick => regressed(before.mean, of_prediction),
            Self::HsuLinnLord { mean_after } => regressed(mean_after, of_prediction),
            Self::EdwardsNunnally => regressed(before.mean, error),
            Self::NunnallyKotsch { reliability_after } => {
                let squared = reliability * reliability * (1.0 - reliability) + (1.0 - reliability_after);
                regressed(before.mean, deviation * squared.sqrt())
            }
            Self::HagemanArrindell { mean_after, standard_deviation_after, correlation } => {
                let of_differences =
                    reliability_of_differences(before, standard_deviation_after, correlation);
                Expectation {
                    intercept: -(mean_after - before.mean) * (1.0 - of_differences) / of_differences,
                    slope: 1.0,
                    unit: std::f64::consts::SQRT_2 * error / of_differences.sqrt(),
                }
            }
        };
        let usable = expectation.unit > 0.0
            && expectation.unit.is_finite()
            && error > 0.0
            && expectation.intercept.is_finite();
        if usable { Ok(expectation) } else { Err(Status::Undefined) }
    }
}

/// Hageman and Arrindell's reliability of differences, which may be negative.
pub(super) fn reliability_of_differences(
    before: &BaselineSample,
    deviation_after: f64,
    correlation: f64,
) -> f64 {
    let error = before.standard_error_of_measurement().powi(2);
    let shared = 2.0 * before.standard_deviation * deviation_after * correlation;
    let total = before.variance() + deviation_after * deviation_after - shared;
    // s^2 r = s^2 - SEM^2, before and after.
    (total - 2.0 * error) / total
}

/// The later score to expect from the one before, and the unit of the index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Expectation {
    intercept: f64,
    slope: f64,
    pub(super) unit: f64,
}

impl Expectation {
    pub(super) fn after(&self, before: f64) -> f64 {
        self.intercept + self.slope * before
    }

    pub(super) fn index(&self, before: f64, after: f64) -> f64 {
        (after - self.after(before)) / self.unit
    }
}

pub(super) fn finite(option: &'static str, value: f64) -> Result<(), PsychometricsError> {
    if value.is_finite() { Ok(()) } else { Err(PsychometricsError::option(option, "a finite number")) }
}

pub(super) fn at_least_zero(option: &'static str, value: f64) -> Result<(), PsychometricsError> {
    if value.is_finite() && value >= 0.0 {
        Ok(())
    } else {
        Err(PsychometricsError::option(option, "a finite number of at least 0"))
    }
}
