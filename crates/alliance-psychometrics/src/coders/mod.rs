//! Agreement of coders: kappas, Gwet's AC, Krippendorff's alpha, tables by marker, humans against a model.
//!
//! [`CodedUnits`] are made once and every coefficient is read off them. Coefficients that need every code drop the
//! units that lack one and say how many; Gwet's and Krippendorff's use all units with two codes or more.
//!
//! Where all codes are one category there is full agreement and no way to tell it from chance: every coefficient but
//! percent agreement is then undefined, never 1.

mod chance_corrected;
mod kappa;
mod krippendorff;
mod markers;
mod model;
mod units;

pub use kappa::{Kappa, Weights};
pub use krippendorff::Metric;
pub use markers::{MarkerAgreement, MarkerOptions, marker_agreement};
pub use model::{Coefficient, ModelAgreement, PairAgreement, model_agreement};
pub use units::CodedUnits;

use crate::distributions::{normal, student_t};
use crate::estimate::check_confidence;
use crate::icc::{IntraclassCorrelations, intraclass_correlations, intraclass_correlations_by_reml};
use crate::{Bootstrap, Columns, Estimate, Level, PsychometricsError, Status};

/// Intraclass correlations of numbers: by mean squares where every coder coded every unit, else by REML, so that no code
/// is lost.
///
/// # Errors
///
/// `invalid-option` unless `confidence` lies between 0 and 1.
pub fn coder_correlations(
    codes: &Columns<'_>,
    confidence: f64,
) -> Result<IntraclassCorrelations, PsychometricsError> {
    if codes.complete_rows() == codes.rows() {
        intraclass_correlations(codes, confidence)
    } else {
        intraclass_correlations_by_reml(codes, confidence)
    }
}

/// Where standard error and interval come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Uncertainty {
    /// Large-sample formulas, named at each coefficient. Light's kappa has none and then comes without an interval.
    #[default]
    Analytic,
    /// Percentiles of replications that draw units, with all their codes, with replacement.
    Bootstrap(Bootstrap),
}

/// How sure, and from what.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CoderOptions {
    /// Where standard error and interval come from.
    pub uncertainty: Uncertainty,
    /// Confidence of the interval.
    pub confidence: f64,
}

impl Default for CoderOptions {
    /// Analytic, 95 %.
    fn default() -> Self {
        Self { uncertainty: Uncertainty::default(), confidence: 0.95 }
    }
}

impl CoderOptions {
    /// The same with a bootstrap over units.
    #[must_use]
    pub fn with_bootstrap(self, bootstrap: Bootstrap) -> Self {
        Self { uncertainty: Uncertainty::Bootstrap(bootstrap), ..self }
    }

    /// The same with another confidence.
    #[must_use]
    pub fn with_confidence(self, confidence: f64) -> Self {
        Self { confidence, ..self }
    }

    fn check(&self) -> Result<(), PsychometricsError> {
        check_confidence(self.confidence)
    }
}

/// A large-sample standard error with the quantile its interval takes.
#[derive(Debug, Clone, Copy)]
enum StandardError {
    Normal(f64),
    StudentT { standard_error: f64, degrees_of_freedom: f64 },
    None,
}

/// What a coefficient of coders is made of.
struct Coefficients<'a> {
    units: &'a CodedUnits,
    method: &'static str,
    /// Units the coefficient can use.
    used: usize,
    options: CoderOptions,
}

impl Coefficients<'_> {
    /// Why the coefficient cannot be had, if so.
    fn obstacle(&self) -> Option<Status> {
        if self.units.coders() < 2 {
            Some(Status::TooFewItems)
        } else if self.used == 0 && self.units.units() > 0 {
            Some(Status::AllMissing)
        } else if self.used < 2 {
            Some(Status::TooFewUnits)
        } else {
            None
        }
    }

    fn undefined(&self, status: Status) -> Estimate {
        Estimate::undefined(status, Level::BetweenRaters, self.method).with_rows(
            self.used,
            self.used,
            self.units.units() - self.used,
        )
    }

    /// For means over pairs of coders: no estimate if a pair has none.
    fn undefined_pairs(&self, values: &[f64]) -> Option<Estimate> {
        let undefined = values.iter().filter(|value| !value.is_finite()).count();
        (undefined > 0 && self.obstacle().is_none()).then(|| {
            self.undefined(Status::Undefined).with_note(format!(
                "not defined for {undefined} of {} pairs of coders (nothing coded by both, or one code only), and so \
                 neither is their mean",
                values.len()
            ))
        })
    }

    /// For coefficients that make a table of all pairs of categories: no estimate if that would be too large.
    fn untabled(&self) -> Option<Estimate> {
        self.units.exceeds_table().then(|| {
            self.undefined(Status::Undefined)
                .with_note("more than 2048 different codes: these are measurements")
        })
    }

    /// The estimate of a statistic of the patterns' counts.
    fn estimate(
        &self,
        statistic: impl Fn(&[f64]) -> f64 + Sync,
        standard_error: impl FnOnce(f64) -> StandardError,
    ) -> Estimate {
        if let Some(status) = self.obstacle() {
            return self.undefined(status);
        }
        let value = statistic(self.units.counts());
        if !value.is_finite() {
            return self
                .undefined(Status::Undefined)
                .with_note("all codes are one category: chance agrees as often");
        }
        let estimate = Estimate::new(value, Level::BetweenRaters, self.method).with_rows(
            self.used,
            self.used,
            self.units.units() - self.used,
        );
        let confidence = self.options.confidence;
        let upper = 0.5 + confidence / 2.0;
        let symmetric = |estimate: Estimate, standard_error: f64, quantile: f64| {
            let half = quantile * standard_error;
            estimate.with_standard_error(standard_error).with_interval(value - half, value + half, confidence)
        };
        let estimate = match (self.options.uncertainty, standard_error(value)) {
            (Uncertainty::Bootstrap(bootstrap), _) => {
                let replicates = bootstrap.each(|random| {
                    let mut counts = Vec::new();
                    self.units.redraw(random, &mut counts);
                    statistic(&counts)
                });
                bootstrap.describe(estimate, replicates, confidence, "units")
            }
            (Uncertainty::Analytic, StandardError::Normal(error)) => {
                symmetric(estimate, error, normal(upper))
            }
            (Uncertainty::Analytic, StandardError::StudentT { standard_error, degrees_of_freedom }) => {
                symmetric(estimate, standard_error, student_t(upper, degrees_of_freedom))
                    .with_degrees_of_freedom(degrees_of_freedom)
            }
            (Uncertainty::Analytic, StandardError::None) => {
                estimate.with_note(format!("{}: no interval by formula, ask for a bootstrap", self.method))
            }
        };
        // Below 0 coders agree less than by chance, which is within the range of kappa and alpha.
        estimate.expected_within(-1.0 - 1e-12, 1.0 + 1e-12)
    }
}
