//! A therapist with several clients: whose doing is a rating?

use super::pairs::{checked, has_both, pair_at, same_length, variance_estimate};
use crate::mixed::{Component, MixedFit, MixedModel};
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// The variance of one side's ratings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Partition {
    /// Variance between the ones (therapists).
    pub between: Estimate,
    /// Variance between the many (clients) of one: relationship and error.
    pub within: Estimate,
    /// Share of variance between the ones; NaN where undefined.
    pub share_between: f64,
}

/// How both sides' ratings go together at one level.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Reciprocity {
    /// Covariance of both ratings.
    pub covariance: Estimate,
    /// Correlation, from the variances of the [`Partition`]s.
    pub correlation: Estimate,
}

/// Variance partition of a one-with-many design with both sides' ratings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OneWithMany {
    /// Ratings by the one (therapist): `between` is the perceiver's part, how a therapist rates all clients.
    pub by_the_one: Partition,
    /// Ratings by the many (clients): `between` is the partner's part, how a therapist is rated by all clients; `within`
    /// holds the clients' own ways of rating too.
    pub by_the_many: Partition,
    /// Over the ones: is a therapist who rates all relations as good rated so by clients?
    pub generalized: Reciprocity,
    /// Over the many of one: is the relation that stands out for the therapist the one that stands out for the client?
    pub dyadic: Reciprocity,
}

const METHOD: &str = "mixed models of sum and difference, REML";

/// Perceiver, partner and relationship parts of ratings in which one (a therapist) meets many (clients), and each
/// dyad is rated by both (Marcus, Kashy and Baldwin 2009, Journal of Counseling Psychology 56).
///
/// One row per dyad, of one session or of means; a dyad without both ratings is left out. `ones` is the therapist of
/// each row. Variances are those of two random-intercept models by REML. Covariances are `(V(sum) - V(difference)) / 4`, from the same model for
/// the sum and the difference of both ratings: with equally many clients per therapist and positive estimates exactly
/// those of the bivariate model, otherwise close to them. They have no standard errors.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`.
///
/// ```
/// use alliance_psychometrics::dyads::one_with_many;
///
/// let therapist = [4.0, 5.0, 4.5, 6.0, 6.5, 5.5, 5.0, 4.0, 5.5];
/// let client = [5.0, 5.5, 5.0, 5.5, 6.5, 6.0, 6.0, 5.0, 6.5];
/// let found = one_with_many(&therapist, &client, &[1, 1, 1, 2, 2, 2, 3, 3, 3])?;
/// assert!(found.by_the_one.share_between > 0.5);
/// assert!(found.dyadic.correlation.value > 0.8);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn one_with_many(
    by_the_one: &[f64],
    by_the_many: &[f64],
    ones: &[u32],
) -> Result<OneWithMany, PsychometricsError> {
    checked(by_the_one, by_the_many)?;
    same_length(ones, by_the_one.len(), "ratings and groups")?;
    let fit = |of: &dyn Fn(f64, f64) -> f64| -> Result<MixedFit, PsychometricsError> {
        let response: Vec<f64> = (0..by_the_one.len())
            .map(|row| {
                let (one, many) = pair_at(by_the_one, by_the_many, row);
                if has_both(by_the_one, by_the_many, row) { of(one, many) } else { f64::NAN }
            })
            .collect();
        Ok(MixedModel::new(&response, &Columns::new(&[])?, ones)?.fit())
    };
    let (first, second) = (fit(&|one, _| one)?, fit(&|_, many| many)?);
    let (sum, difference) = (fit(&|one, many| one + many)?, fit(&|one, many| one - many)?);
    let reciprocity = |component, level| {
        // A sum or difference that does not vary leaves a variance of 0, not an unknown one.
        let variance = |fit: &MixedFit| {
            if fit.status() == Status::ZeroVariance { 0.0 } else { fit.variance(component) }
        };
        let rows = |estimate: Estimate| {
            estimate.with_rows(first.group_count(), first.rows_used(), first.rows_dropped())
        };
        let value = (variance(&sum) - variance(&difference)) / 4.0;
        let deviations = (first.variance(component) * second.variance(component)).sqrt();
        let worst = [first.status(), second.status(), sum.status(), difference.status()];
        let failed = worst
            .into_iter()
            .find(|status| !matches!(status, Status::Defined | Status::Boundary | Status::NotConverged));
        if deviations.is_nan() || value.is_nan() {
            let undefined = || rows(Estimate::undefined(failed.unwrap_or(Status::Undefined), level, METHOD));
            return Reciprocity { covariance: undefined(), correlation: undefined() };
        }
        let correlation = if deviations > 0.0 {
            Estimate::new(value / deviations, level, METHOD).expected_within(-1.0, 1.0)
        } else {
            Estimate::undefined(Status::ZeroVariance, level, METHOD)
        };
        Reciprocity { covariance: rows(Estimate::new(value, level, METHOD)), correlation: rows(correlation) }
    };
    let generalized = reciprocity(Component::Intercept, Level::BetweenTherapists);
    let dyadic = reciprocity(Component::Residual, Level::BetweenClients);
    Ok(OneWithMany { by_the_one: partition(&first), by_the_many: partition(&second), generalized, dyadic })
}

fn partition(fit: &MixedFit) -> Partition {
    let (between, within) = (fit.variance(Component::Intercept), fit.variance(Component::Residual));
    Partition {
        between: variance_estimate(fit, Component::Intercept, Level::BetweenTherapists),
        within: variance_estimate(fit, Component::Residual, Level::BetweenClients),
        share_between: between / (between + within),
    }
}
