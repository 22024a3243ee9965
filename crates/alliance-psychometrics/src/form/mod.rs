//! Reliability of a form filled in once: alpha, omega, split halves, subscales, ordinal variants.
//!
//! A [`Form`] is made once from columns of answers, one per item and already turned the same way, and holds their
//! means and covariances; every coefficient is read off it. Coefficients say how far one filled-in form ranks the
//! people apart; across sessions they answer another question (see [`Level`]).
//!
//! ```
//! use alliance_psychometrics::form::{AlphaInterval, Form, Missing};
//! use alliance_psychometrics::{Columns, Level};
//!
//! let goal = [5.0, 3.0, 6.0, 4.0, 7.0, 2.0];
//! let task = [4.0, 3.0, 6.0, 5.0, 6.0, 3.0];
//! let bond = [6.0, 4.0, 7.0, 4.0, 6.0, 4.0];
//! let form = Form::new(&Columns::new(&[&goal, &task, &bond])?, Missing::Listwise, Level::OneSession);
//! let alpha = form.alpha(AlphaInterval::Feldt, 0.95)?;
//! assert!((alpha.raw.value - 0.921_005_385_996).abs() < 1e-9);
//! assert_eq!(alpha.raw.rows_used, 6);
//! # Ok::<(), alliance_psychometrics::PsychometricsError>(())
//! ```

mod alpha;
mod bivariate_normal;
mod expectation;
mod factors;
mod hierarchical;
mod moments;
mod omega;
mod omega_interval;
mod ordinal;
mod polychoric;
mod rotation;
mod split_half;
mod subscales;
mod whole_numbers;

pub use alpha::{Alpha, AlphaInterval, ItemStatistics};
pub use factors::Extraction;
pub use hierarchical::{GroupOmega, Groups, HierarchicalOmega};
pub use moments::Missing;
pub use omega::{ModelFit, Omega};
pub use omega_interval::OmegaInterval;
pub use ordinal::{OrdinalReliability, OrdinalRule, ordinal_reliability};
pub use polychoric::{Polychoric, polychoric};
pub use split_half::{Split, SplitDistribution, SplitHalf, SplitOptions};
pub use subscales::Subscale;

use crate::linear::Symmetric;
use crate::{Columns, Estimate, Level, PsychometricsError, Status};
use moments::Moments;

/// The answers to one form, or the covariances of its items.
#[derive(Debug, Clone, PartialEq)]
pub struct Form<'a> {
    answers: Option<Columns<'a>>,
    /// What notes call the items.
    names: Vec<String>,
    moments: Moments,
    missing: Missing,
    level: Level,
}

impl<'a> Form<'a> {
    /// A form from its items' answers, one column each, reversed items already turned.
    ///
    /// `level` is what the rows are: clients with one form each ([`Level::OneSession`]), or forms of several sessions put
    /// together ([`Level::PooledRows`]), whose reliability is neither the one within nor the one between clients.
    pub fn new(items: &Columns<'a>, missing: Missing, level: Level) -> Self {
        let moments = Moments::new(items, missing);
        let names = (0..items.count()).map(|item| items.name(item)).collect();
        Self { answers: Some(items.clone()), names, moments, missing, level }
    }

    /// A form of which only the covariances (or correlations) of the items are known, such as a published matrix.
    ///
    /// `covariances` is the whole square, row by row; `rows` the number of people it comes from.
    ///
    /// # Errors
    ///
    /// `length-mismatch` unless it is a square; `invalid-option` unless it is finite and symmetric.
    pub fn from_covariances(
        covariances: &[f64],
        rows: usize,
        level: Level,
    ) -> Result<Form<'static>, PsychometricsError> {
        let size = covariances.len().isqrt();
        if size * size != covariances.len() {
            return Err(PsychometricsError::LengthMismatch {
                what: "rows and columns of a covariance matrix",
            });
        }
        let at =
            |row: usize, column: usize| covariances.get(row * size + column).copied().unwrap_or(f64::NAN);
        let matrix = Symmetric::from_fn(size, at);
        let is_symmetric = (0..size).all(|row| {
            (0..size).all(|column| {
                let (one, other) = (at(row, column), at(column, row));
                one.is_finite()
                    && (one - other).abs() <= 1e-12 * (at(row, row) * at(column, column)).abs().sqrt()
            })
        });
        if !is_symmetric {
            return Err(PsychometricsError::option("covariances", "must be finite and symmetric"));
        }
        let status = if rows < 2 { Status::TooFewUnits } else { Status::Defined };
        let means = vec![f64::NAN; size];
        let moments = Moments { means, covariances: matrix, rows_used: rows, rows_dropped: 0, status };
        let names = (0..size).map(|item| item.to_string()).collect();
        Ok(Form { answers: None, names, moments, missing: Missing::Listwise, level })
    }

    /// Number of items.
    pub fn items(&self) -> usize {
        self.moments.covariances.size()
    }

    /// Rows the covariances rest on: complete ones, or under the other ways with missing answers those with any answer.
    pub fn rows_used(&self) -> usize {
        self.moments.rows_used
    }

    /// Rows left out.
    pub fn rows_dropped(&self) -> usize {
        self.moments.rows_dropped
    }

    /// Covariance of two items, with n - 1 below; NaN for items that do not exist.
    pub fn covariance(&self, one: usize, other: usize) -> f64 {
        self.moments.covariances.at(one, other)
    }

    /// Mean of an item; NaN where only covariances are known.
    pub fn mean(&self, item: usize) -> f64 {
        self.moments.means.get(item).copied().unwrap_or(f64::NAN)
    }

    /// Positions of the items whose answers are all the same.
    pub fn constant_items(&self) -> Vec<usize> {
        (0..self.items()).filter(|item| self.covariance(*item, *item) == 0.0).collect()
    }

    /// Names of some items, for a note.
    fn listed(&self, items: &[usize]) -> String {
        let names = items.iter().filter_map(|item| self.names.get(*item).map(String::as_str));
        names.collect::<Vec<_>>().join(", ")
    }

    /// Variance of the sum of the items; 0 where it is rounding.
    fn total_variance(&self) -> f64 {
        let (sum, trace) = (self.moments.covariances.sum(), self.moments.covariances.trace());
        if sum.abs() <= moments::ROUNDING * trace * self.items() as f64 { 0.0 } else { sum }
    }

    fn standard_deviation_of_total(&self) -> f64 {
        self.total_variance().sqrt()
    }

    fn rows(&self, estimate: Estimate) -> Estimate {
        estimate.with_rows(self.moments.rows_used, self.moments.rows_used, self.moments.rows_dropped)
    }

    fn estimate(&self, value: f64, method: &'static str) -> Estimate {
        self.rows(Estimate::new(value, self.level, method))
    }

    fn undefined(&self, status: Status, method: &'static str) -> Estimate {
        self.rows(Estimate::undefined(status, self.level, method))
    }

    /// Why no statistic of so many items can be had, if so.
    fn obstacle(&self, least_items: usize) -> Option<Status> {
        if self.items() < least_items {
            Some(Status::TooFewItems)
        } else if self.moments.status == Status::NotConverged || self.moments.status == Status::Defined {
            None
        } else {
            Some(self.moments.status)
        }
    }

    /// The same form without some of its items.
    fn without(&self, left_out: &[usize]) -> Self {
        let kept: Vec<usize> = (0..self.items()).filter(|item| !left_out.contains(item)).collect();
        self.of_items(&kept)
    }

    /// A form of some of the items, on the rows of the whole.
    fn of_items(&self, items: &[usize]) -> Self {
        Self {
            answers: None,
            names: items.iter().filter_map(|item| self.names.get(*item).cloned()).collect(),
            moments: Moments {
                means: items.iter().map(|item| self.mean(*item)).collect(),
                covariances: self.moments.covariances.part(items),
                ..self.moments
            },
            missing: self.missing,
            level: self.level,
        }
    }

    /// Measurement error of the sum of the items: `SD * sqrt(1 - reliability)`.
    ///
    /// In points of the sum; divide by the number of items for the mean. The reliability must be one of this
    /// form's observed scores: one of latent responses ([`ordinal_reliability`]) is refused, because it describes scores
    /// nobody has. Undefined for a reliability above 1 or without a value; a negative one gives an error above the SD.
    pub fn standard_error_of_measurement(&self, reliability: &Estimate) -> Estimate {
        const METHOD: &str = "standard error of measurement: SD * sqrt(1 - reliability)";
        if ordinal::is_latent(reliability) {
            return self.undefined(Status::Undefined, METHOD).with_note(
                "a reliability of latent responses says nothing about the error of observed scores",
            );
        }
        if let Some(status) = self.obstacle(1) {
            return self.undefined(status, METHOD);
        }
        self.estimate(self.standard_deviation_of_total() * (1.0 - reliability.value).sqrt(), METHOD)
    }
}
