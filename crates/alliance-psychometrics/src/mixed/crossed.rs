//! Two crossed intercepts: targets and raters, with cells missing.

use super::cells::Cells;
use super::information::Information;
use super::search::{Found, search};
use crate::linear::Symmetric;
use crate::{Columns, Status};

/// Ratings of targets (clients, sessions) by raters, both random: `y = mean + target + rater + residual`.
///
/// A cell may be empty. With all cells filled and positive estimates the variances are those of the mean squares. The
/// cost of an evaluation grows with the squared number of ratings per target and the cube of the number of raters:
/// raters are the smaller factor.
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::mixed::{CrossedComponent, CrossedModel};
///
/// // Shrout and Fleiss (1979): six targets, four judges, two ratings lost.
/// let first = [9.0, 6.0, 8.0, 7.0, 10.0, 6.0];
/// let second = [f64::NAN, 1.0, 4.0, 1.0, 5.0, 2.0];
/// let third = [5.0, 3.0, 6.0, 2.0, 6.0, 4.0];
/// let fourth = [8.0, 2.0, 8.0, f64::NAN, 9.0, 7.0];
/// let ratings = Columns::new(&[&first, &second, &third, &fourth])?;
/// let fit = CrossedModel::new(&ratings).fit();
/// assert!((fit.variance(CrossedComponent::Target) - 2.94020804).abs() < 1e-5);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct CrossedModel<'a> {
    ratings: Columns<'a>,
}

/// A variance of a [`CrossedModel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CrossedComponent {
    /// Variance of the residuals.
    Residual,
    /// Variance of the targets.
    Target,
    /// Variance of the raters.
    Rater,
}

impl<'a> CrossedModel<'a> {
    /// One column per rater, one row per target; a missing rating is NaN.
    pub fn new(ratings: &Columns<'a>) -> Self {
        Self { ratings: ratings.clone() }
    }

    /// Estimates the variances by restricted maximum likelihood.
    ///
    /// The status is `AllMissing` without a rating; `TooFewUnits` for fewer than two targets or raters, or if no
    /// target has two ratings or no rater two targets; `ZeroVariance` if targets and raters reproduce every rating.
    #[must_use]
    pub fn fit(&self) -> CrossedFit {
        let cells = Cells::new(&self.ratings);
        let fit = || {
            let Found { parameters, status } = search(&cells).ok_or(Status::NotConverged)?;
            let sums = cells.sums(&parameters).ok_or(Status::NotConverged)?;
            Ok((parameters, status, sums))
        };
        let (parameters, status, sums) = match cells.refusal().map_or_else(fit, Err) {
            Ok(found) => found,
            Err(status) => return CrossedFit::undefined(&cells, status),
        };
        let information =
            Information::new(cells.residual_variance(&sums), &parameters, |residual, parameters| {
                cells.probe(residual, parameters)
            });
        CrossedFit {
            status,
            ratings: cells.count,
            targets: cells.targets.len(),
            raters: cells.raters.iter().filter(|count| **count > 0.0).count(),
            deviance: cells.deviance(&sums),
            mean: cells.centre + sums.coefficient(),
            standard_error: (cells.residual_variance(&sums) / sums.gram[0]).sqrt(),
            components: Cells::components(cells.residual_variance(&sums), &parameters),
            covariance: information.components,
        }
    }
}

/// An estimated [`CrossedModel`]; all numbers are NaN unless the status is `Defined`, `Boundary` or `NotConverged`.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossedFit {
    status: Status,
    ratings: usize,
    targets: usize,
    raters: usize,
    deviance: f64,
    mean: f64,
    standard_error: f64,
    components: [f64; 3],
    covariance: Symmetric,
}

impl CrossedFit {
    fn undefined(cells: &Cells, status: Status) -> Self {
        Self {
            status,
            ratings: cells.count,
            targets: cells.targets.len(),
            raters: cells.raters.iter().filter(|count| **count > 0.0).count(),
            deviance: f64::NAN,
            mean: f64::NAN,
            standard_error: f64::NAN,
            components: [f64::NAN; 3],
            covariance: Symmetric::zeros(0),
        }
    }

    /// Whether the model could be estimated, and lies inside its range.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Ratings that are there.
    pub fn ratings(&self) -> usize {
        self.ratings
    }

    /// Targets with a rating.
    pub fn targets(&self) -> usize {
        self.targets
    }

    /// Raters with a rating.
    pub fn raters(&self) -> usize {
        self.raters
    }

    /// -2 restricted log likelihood, with all constants.
    pub fn deviance(&self) -> f64 {
        self.deviance
    }

    /// The grand mean, estimated by generalised least squares.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Its standard error.
    pub fn mean_standard_error(&self) -> f64 {
        self.standard_error
    }

    /// A variance.
    pub fn variance(&self, component: CrossedComponent) -> f64 {
        self.components[component as usize]
    }

    /// Its standard error, from the observed information; 0 for a variance at its boundary.
    pub fn variance_standard_error(&self, component: CrossedComponent) -> f64 {
        self.variance_covariance(component, component).sqrt()
    }

    /// Covariance of two estimated variances.
    pub fn variance_covariance(&self, one: CrossedComponent, other: CrossedComponent) -> f64 {
        self.covariance.at(one as usize, other as usize)
    }
}
