//! Who follows whom from one session to the next.

use super::pairs::{PairMoments, correlation_estimate};
use crate::estimate::check_confidence;
use crate::least_squares::LeastSquares;
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// What one partner's later rating owes to both earlier ones.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Influence {
    /// Expected rating where both earlier ratings are 0.
    pub intercept: Estimate,
    /// On the own earlier rating.
    pub actor: Estimate,
    /// On the partner's earlier rating.
    pub partner: Estimate,
    /// Share of variance explained; NaN where undefined.
    pub r_squared: f64,
}

/// The actor-partner model of two sessions.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ActorPartner {
    /// The first partner's later rating.
    pub first: Influence,
    /// The second partner's later rating.
    pub second: Influence,
    /// Correlation of what is unexplained in both.
    pub residual_correlation: Estimate,
}

const METHOD: &str = "actor-partner, least squares";

/// Actor and partner effects of distinguishable dyads from one session to a later one (Kashy and Kenny 2000; Cook and Kenny 2005, International Journal of Behavioral Development 29).
///
/// Each slice has one element per dyad: the ratings of the first (say clients) and the second (therapists) before, and after.
/// Each later rating is regressed on both earlier ones. Both equations have the same predictors, so that ordinary least
/// squares is generalized least squares too, and only the correlation of their residuals remains to be told. A dyad with a missing
/// value is left out.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::dyads::actor_partner;
///
/// let found = actor_partner(
///     [&[4.0, 5.0, 6.0, 5.5, 3.0, 4.5], &[4.5, 4.0, 5.0, 6.0, 3.5, 4.0]],
///     [&[4.5, 5.0, 6.5, 5.5, 3.5, 4.0], &[4.0, 4.5, 5.5, 6.0, 3.0, 4.5]],
///     0.95,
/// )?;
/// assert!(found.first.actor.value > found.first.partner.value);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn actor_partner(
    before: [&[f64]; 2],
    after: [&[f64]; 2],
    confidence: f64,
) -> Result<ActorPartner, PsychometricsError> {
    check_confidence(confidence)?;
    let table = Columns::new(&[before[0], before[1], after[0], after[1]])?;
    let predictors = Columns::new(&before)?;
    // Both equations rest on the same dyads.
    let kept = |side: usize| -> Vec<f64> {
        let value = |(row, value): (usize, &f64)| if table.is_complete(row) { *value } else { f64::NAN };
        after[side].iter().enumerate().map(value).collect()
    };
    let fits = [0, 1].map(|side| LeastSquares::fit(&kept(side), &predictors));
    let level = Level::OneSession;
    let influence = |fit: &Result<LeastSquares, Status>, own: usize| {
        let term = |place: usize| match fit {
            Ok(fit) => fit.coefficient(place, level, METHOD, confidence),
            Err(status) => Estimate::undefined(*status, level, METHOD).with_rows(0, 0, table.rows()),
        };
        Influence {
            intercept: term(0),
            actor: term(1 + own),
            partner: term(2 - own),
            r_squared: fit.as_ref().map_or(f64::NAN, LeastSquares::r_squared),
        }
    };
    let residual_correlation = match &fits {
        [Ok(first), Ok(second)] => {
            let unexplained = first.residual_sum() > 0.0 && second.residual_sum() > 0.0;
            let pairs = first.residuals().iter().copied().zip(second.residuals().iter().copied());
            let r = if unexplained { PairMoments::new(pairs).correlation() } else { f64::NAN };
            // A partial correlation given two variables.
            correlation_estimate(r, first.rows_used() as f64 - 5.0, level, METHOD, confidence)
                .with_degrees_of_freedom(first.degrees_of_freedom() - 1.0)
                .with_rows(first.rows_used(), first.rows_used(), first.rows_dropped())
        }
        [Err(status), _] | [_, Err(status)] => {
            Estimate::undefined(*status, level, METHOD).with_rows(0, 0, table.rows())
        }
    };
    Ok(ActorPartner { first: influence(&fits[0], 0), second: influence(&fits[1], 1), residual_correlation })
}
