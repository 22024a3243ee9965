//! Whether a subscale says anything that the total does not.

use super::Form;
use super::factors::Extraction;
use crate::{Estimate, PsychometricsError, Status};

/// A subscale beside the total.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Subscale {
    /// Positions of its items.
    pub items: Vec<usize>,
    /// Alpha of its sum.
    pub alpha: Estimate,
    /// Omega total of its sum, one factor by minimum residuals; undefined for fewer than three items.
    pub omega: Estimate,
    /// Proportional reduction of mean squared error when its true score is predicted from its own sum: its alpha.
    pub from_subscale: Estimate,
    /// The same when it is predicted from the total.
    pub from_total: Estimate,
}

impl Subscale {
    /// Whether the subscale's own sum tells its true score better than the total does; `None` where that is unknown.
    ///
    /// If not, report the total only.
    pub fn has_added_value(&self) -> Option<bool> {
        let (own, total) = (self.from_subscale.value, self.from_total.value);
        (own.is_finite() && total.is_finite()).then_some(own > total)
    }
}

const FROM_SUBSCALE: &str = "reduction of error from the subscale (Haberman)";
const FROM_TOTAL: &str = "reduction of error from the total (Haberman)";

impl Form<'_> {
    /// Reliability of subscales, and what each adds to the total (Haberman 2008, Journal of Educational and Behavioral
    /// Statistics 33, 204-229).
    ///
    /// With reliability `a` of subscale sum S and total X: from the subscale `a`; from the total
    /// `(cov(S, X) - (1 - a) var S)^2 / (a var S var X)`, where the error of S is taken to be part of the error of X and else
    /// unrelated to it. The total is the sum of all items of the form. An estimate above 1 is given as it is.
    ///
    /// # Errors
    ///
    /// `invalid-option` for a subscale without items or with items that do not exist or stand twice.
    pub fn subscales(&self, subscales: &[Vec<usize>]) -> Result<Vec<Subscale>, PsychometricsError> {
        subscales
            .iter()
            .map(|items| {
                self.check_groups(std::slice::from_ref(items))?;
                Ok(self.subscale(items))
            })
            .collect()
    }

    fn subscale(&self, items: &[usize]) -> Subscale {
        let part = self.of_items(items);
        let alpha = part.raw_alpha();
        let omega = part.one_factor(Extraction::MinimumResiduals).raw;
        let own = part.total_variance();
        let with_total: f64 =
            items.iter().map(|item| self.moments.covariances.row(*item).iter().sum::<f64>()).sum();
        let true_with_total = with_total - (1.0 - alpha.value) * own;
        let value = true_with_total * true_with_total / (alpha.value * own * self.total_variance());
        let (from_subscale, from_total) = if alpha.value.is_nan() {
            (self.undefined(alpha.status, FROM_SUBSCALE), self.undefined(alpha.status, FROM_TOTAL))
        } else if alpha.value <= 0.0 || self.total_variance() == 0.0 {
            let note = "there is no true variance to predict";
            let none = |method| self.undefined(Status::Undefined, method).with_note(note);
            (none(FROM_SUBSCALE), none(FROM_TOTAL))
        } else {
            let within = |value, method| self.estimate(value, method).expected_within(0.0, 1.0);
            (within(alpha.value, FROM_SUBSCALE), within(value, FROM_TOTAL))
        };
        Subscale { items: items.to_vec(), alpha, omega, from_subscale, from_total }
    }
}
