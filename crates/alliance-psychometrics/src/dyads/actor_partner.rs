//! Who follows whom from one session to the next.

use super::pairs::{PairMoments, checked, correlation_estimate, has_both, pair_at, same_length};
use crate::error::MOST_ROWS;
use crate::estimate::check_confidence;
use crate::groups::Groups;
use crate::least_squares::LeastSquares;
use crate::mixed::{MixedFit, MixedModel};
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

/// The actor-partner model of two sessions, or of all steps from one session to the next.
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

const OVER_SESSIONS: &str = "actor-partner within dyads, mixed model, REML";

/// Actor and partner effects within dyads, from every session to the next one by number.
///
/// Of each dyad all steps from a session to the one numbered one higher are taken; where that session is missing there is no step.
/// Each later rating is regressed on both earlier ones less their means over the dyad's steps, with a random intercept per
/// dyad: both equations by REML, with Satterthwaite's degrees of freedom. Levels of dyads do not enter; the coefficients are those of a
/// regression with a fixed intercept per dyad. The correlation of what is unexplained is that within dyads.
///
/// In short series actor effects are too low, by about `(1 + effect) / (sessions - 1)`, since a dyad's mean holds the rating to be
/// explained (Nickell 1981, Econometrica 49); a trend of both ratings looks like influence. Models with latent means (RI-CLPM) have neither fault.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `repeated-session` if a dyad has a session twice; `invalid-option` unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::Level;
/// use alliance_psychometrics::dyads::actor_partner_over_sessions;
///
/// let client = [4.0, 5.0, 4.5, 5.5, 6.0, 5.0, 5.5, 6.5, 4.5, 4.0, 5.0, 4.0];
/// let therapist = [3.5, 4.5, 4.5, 5.0, 5.0, 5.5, 5.0, 6.0, 4.0, 4.5, 4.0, 4.5];
/// let dyad = [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3];
/// let session = [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 5];
/// let found = actor_partner_over_sessions(&client, &therapist, &dyad, &session, 0.95)?;
/// // Session 4 of the third dyad is missing, so that 5 follows upon nothing.
/// assert_eq!(found.first.actor.rows_used, 8);
/// assert_eq!(found.first.actor.level, Level::WithinClient);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn actor_partner_over_sessions(
    first: &[f64],
    second: &[f64],
    dyads: &[u32],
    sessions: &[i64],
    confidence: f64,
) -> Result<ActorPartner, PsychometricsError> {
    check_confidence(confidence)?;
    checked(first, second)?;
    same_length(dyads, first.len(), "ratings and dyads")?;
    if sessions.len() != first.len() {
        return Err(PsychometricsError::LengthMismatch { what: "ratings and sessions" });
    }
    let steps = Steps::new(first, second, dyads, sessions)?;
    let predictors = Columns::new(&[&steps.before[0], &steps.before[1]])?;
    let mut fits = Vec::with_capacity(2);
    for after in &steps.after {
        fits.push(MixedModel::new(after, &predictors, &steps.dyads)?.fit());
    }
    let level = Level::WithinClient;
    let term = |fit: &MixedFit, place: usize| -> Result<Estimate, PsychometricsError> {
        let estimate = fit.coefficient(place, level, confidence)?;
        let rows = if estimate.value.is_nan() { 0 } else { steps.dyads.len() };
        let units = if rows == 0 { 0 } else { steps.dyad_count };
        Ok(Estimate { method: OVER_SESSIONS, ..estimate }.with_rows(units, rows, first.len() - rows))
    };
    let influence = |side: usize| -> Result<Influence, PsychometricsError> {
        let fit = &fits[side];
        let (unexplained, all) = steps.sums(side, fit);
        Ok(Influence {
            intercept: term(fit, 0)?,
            actor: term(fit, 1 + side)?,
            partner: term(fit, 2 - side)?,
            r_squared: if all > 0.0 { 1.0 - unexplained / all } else { f64::NAN },
        })
    };
    let rows = steps.dyads.len() as f64;
    let degrees = rows - steps.dyad_count as f64 - 3.0;
    let pairs = (0..steps.dyads.len())
        .map(|row| (steps.residual(0, row, &fits[0]), steps.residual(1, row, &fits[1])));
    let failed = fits.iter().find(|fit| fit.coefficients().iter().any(|value| value.is_nan()));
    let residual_correlation = match failed {
        Some(fit) => Estimate::undefined(fit.status(), level, OVER_SESSIONS),
        None => correlation_estimate(
            PairMoments::new(pairs).correlation(),
            degrees - 1.0,
            level,
            OVER_SESSIONS,
            confidence,
        )
        .with_degrees_of_freedom(degrees),
    };
    let used = if failed.is_some() { 0 } else { steps.dyads.len() };
    let units = if failed.is_some() { 0 } else { steps.dyad_count };
    Ok(ActorPartner {
        first: influence(0)?,
        second: influence(1)?,
        residual_correlation: residual_correlation.with_rows(units, used, first.len() - used),
    })
}

/// Steps from a session to the next, the earlier ratings less their mean over the dyad's steps.
struct Steps {
    before: [Vec<f64>; 2],
    after: [Vec<f64>; 2],
    /// The later ratings less their mean over the dyad's steps.
    centred: [Vec<f64>; 2],
    dyads: Vec<u32>,
    dyad_count: usize,
}

impl Steps {
    fn new(
        first: &[f64],
        second: &[f64],
        dyads: &[u32],
        sessions: &[i64],
    ) -> Result<Self, PsychometricsError> {
        let number = |row: usize| sessions.get(row).copied().unwrap_or_default();
        let groups = Groups::new(dyads, |row| has_both(first, second, row)).ordered_by(number);
        let mut repeated: Vec<usize> = groups
            .iter()
            .flat_map(|rows| rows.windows(2).filter(|two| number(two[0]) == number(two[1])).map(|two| two[1]))
            .collect();
        if !repeated.is_empty() {
            repeated.sort_unstable();
            let count = repeated.len();
            repeated.truncate(MOST_ROWS);
            return Err(PsychometricsError::RepeatedSession { rows: repeated, count });
        }
        let mut steps = Self {
            before: [Vec::new(), Vec::new()],
            after: [Vec::new(), Vec::new()],
            centred: [Vec::new(), Vec::new()],
            dyads: Vec::new(),
            dyad_count: 0,
        };
        for (code, rows) in groups.codes().iter().zip(groups.iter()) {
            let own = || rows.windows(2).filter(|two| number(two[0]).checked_add(1) == Some(number(two[1])));
            let before = PairMoments::new(own().map(|two| pair_at(first, second, two[0])));
            let after = PairMoments::new(own().map(|two| pair_at(first, second, two[1])));
            steps.dyad_count += usize::from(before.count > 0);
            for two in own() {
                let (earlier, later) = (pair_at(first, second, two[0]), pair_at(first, second, two[1]));
                steps.before[0].push(earlier.0 - before.means[0]);
                steps.before[1].push(earlier.1 - before.means[1]);
                steps.after[0].push(later.0);
                steps.after[1].push(later.1);
                steps.centred[0].push(later.0 - after.means[0]);
                steps.centred[1].push(later.1 - after.means[1]);
                steps.dyads.push(*code);
            }
        }
        Ok(steps)
    }

    /// What both earlier ratings leave of a later one, within the dyad.
    fn residual(&self, side: usize, row: usize, fit: &MixedFit) -> f64 {
        let at = |values: &[f64]| values.get(row).copied().unwrap_or(f64::NAN);
        let slope = |place: usize| fit.coefficients().get(place).copied().unwrap_or(f64::NAN);
        at(&self.centred[side]) - slope(1) * at(&self.before[0]) - slope(2) * at(&self.before[1])
    }

    /// Sums of squares within dyads: unexplained, and all.
    fn sums(&self, side: usize, fit: &MixedFit) -> (f64, f64) {
        let unexplained = (0..self.dyads.len()).map(|row| self.residual(side, row, fit).powi(2)).sum();
        (unexplained, self.centred[side].iter().map(|value| value * value).sum())
    }
}
