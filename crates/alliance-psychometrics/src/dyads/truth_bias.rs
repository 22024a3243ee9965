//! Truth and bias: how far a judgment is too high or too low, and how well it follows.

use super::pairs::{checked, has_both, pair_at, same_length, variance_estimate};
use crate::estimate::check_confidence;
use crate::groups::Groups;
use crate::mixed::{Component, MixedFit, MixedModel, SlopeCovariance};
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// Whether dyads differ in how closely the judgment follows from session to session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Accuracy {
    /// One slope for all dyads.
    Common,
    /// Each dyad has its own, correlated with its bias or not.
    Varying(SlopeCovariance),
}

/// Whether the judgment's tracking of the dyads' levels is told apart from that of changes within dyads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tracking {
    /// Both have a coefficient: the usual case.
    WithinAndBetween,
    /// Only changes within dyads; differences of level go into the dyads' bias.
    WithinOnly,
}

/// What the model contains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TruthBiasModel<'a> {
    /// Whether accuracy varies.
    pub accuracy: Accuracy,
    /// Which tracking is estimated.
    pub tracking: Tracking,
    /// The therapist of each row, for a random intercept; sensible from about ten therapists on.
    pub therapists: Option<&'a [u32]>,
    /// Confidence of the intervals, such as .95.
    pub confidence: f64,
}

impl Default for TruthBiasModel<'_> {
    /// Accuracy that varies uncorrelated with bias, both kinds of tracking, no therapists, 95 %.
    fn default() -> Self {
        Self {
            accuracy: Accuracy::Varying(SlopeCovariance::Uncorrelated),
            tracking: Tracking::WithinAndBetween,
            therapists: None,
            confidence: 0.95,
        }
    }
}

/// Empirical Bayes estimates of one dyad, drawn towards the mean of all.
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DyadEffect {
    /// The dyad's code.
    pub dyad: u32,
    /// b0 + u0: its directional bias; what b2 says about dyads of its level is left out.
    pub bias: f64,
    /// Standard error of `bias`, fixed effects and variances taken as known.
    pub bias_standard_error: f64,
    /// Its slope from session to session.
    pub accuracy: f64,
    /// Standard error of `accuracy`, likewise; 0 with a common slope.
    pub accuracy_standard_error: f64,
}

impl std::fmt::Debug for DyadEffect {
    // Somebody's relation.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DyadEffect").finish_non_exhaustive()
    }
}

/// The estimated model.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TruthAndBias {
    /// b0: mean of judgment less truth, where the truth is at its grand mean.
    pub directional_bias: Estimate,
    /// b1: how much of a session's deviation from the dyad's mean the judgment shows.
    pub temporal_congruence: Estimate,
    /// b2: how much of a dyad's deviation from the grand mean the judgment shows; none without it.
    pub between_tracking: Option<Estimate>,
    /// Variance between dyads of the bias.
    pub bias_variance: Estimate,
    /// Variance between dyads of the accuracy; none if it is common.
    pub accuracy_variance: Option<Estimate>,
    /// Correlation of bias and accuracy over dyads; none unless it is estimated.
    pub bias_accuracy_correlation: Option<Estimate>,
    /// Variance between therapists of the bias; none without them.
    pub therapist_variance: Option<Estimate>,
    /// Variance of what remains from session to session.
    pub residual_variance: Estimate,
    /// -2 restricted log likelihood.
    pub deviance: f64,
    /// Grand mean of the truth, about which both ratings are centred.
    pub grand_mean: f64,
    /// Each dyad, codes rising; empty if the model could not be estimated.
    pub dyads: Vec<DyadEffect>,
}

/// The Truth and Bias model of repeated ratings (West and Kenny 2011, Psychological Review 118, 357-378; Atzil-Slonim and others 2015, 2018 for the alliance).
///
/// With W the judgment (say the therapist's rating), T the truth (the client's), of session t of dyad j, and G the mean of all T:
///
/// ```text
/// W_jt - G = b0 + b1 (T_jt - mean T_j) + b2 (mean T_j - G) + u0_j + u1_j (T_jt - mean T_j) + e_jt
/// ```
///
/// Both are centred on the truth's mean, so that the intercept is directional bias; with equally many sessions per dyad
/// it is the mean difference of the ratings. Estimated by REML with Satterthwaite's degrees of freedom. Residuals are independent: an
/// autocorrelation from session to session is not modelled.
///
/// "Truth" is a name: with the roles exchanged b1 is another number. Empirical Bayes estimates of dyads are drawn towards the
/// mean; as predictors of outcome they make slopes whose uncertainty is understated, since that of the estimates does not enter.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `not-nested` if a dyad has two therapists; `invalid-option` unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::dyads::{Accuracy, TruthBiasModel, truth_and_bias};
///
/// let client = [5.0, 5.5, 6.0, 4.0, 4.5, 5.5, 6.0, 5.0, 6.5];
/// let therapist = [4.5, 4.5, 5.0, 4.0, 4.0, 5.0, 5.0, 4.5, 5.0];
/// let model = TruthBiasModel { accuracy: Accuracy::Common, ..Default::default() };
/// let found = truth_and_bias(&therapist, &client, &[1, 1, 1, 2, 2, 2, 3, 3, 3], &model)?;
/// // Therapists rate lower, by the mean difference, and follow about half of each change.
/// assert!((found.directional_bias.value - (41.5 - 48.0) / 9.0).abs() < 1e-9);
/// assert!((0.2..0.8).contains(&found.temporal_congruence.value));
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn truth_and_bias(
    judgment: &[f64],
    truth: &[f64],
    dyads: &[u32],
    model: &TruthBiasModel<'_>,
) -> Result<TruthAndBias, PsychometricsError> {
    check_confidence(model.confidence)?;
    checked(judgment, truth)?;
    same_length(dyads, judgment.len(), "ratings and dyads")?;
    let groups = Groups::new(dyads, |row| has_both(judgment, truth, row));
    let used = groups.row_count() as f64;
    let grand_mean = groups.iter().flatten().map(|row| pair_at(judgment, truth, *row).1).sum::<f64>() / used;
    let missing = vec![f64::NAN; judgment.len()];
    let (mut response, mut within, mut between) = (missing.clone(), missing.clone(), missing);
    for rows in groups.iter() {
        let mean = rows.iter().map(|row| pair_at(judgment, truth, *row).1).sum::<f64>() / rows.len() as f64;
        for row in rows {
            let (judged, true_value) = pair_at(judgment, truth, *row);
            let cells = (response.get_mut(*row), within.get_mut(*row), between.get_mut(*row));
            if let (Some(response), Some(within), Some(between)) = cells {
                (*response, *within, *between) = (judged - grand_mean, true_value - mean, mean - grand_mean);
            }
        }
    }
    let fixed: &[&[f64]] = match model.tracking {
        Tracking::WithinAndBetween => &[&within, &between],
        Tracking::WithinOnly => &[&within],
    };
    let mut mixed = MixedModel::new(&response, &Columns::new(fixed)?, dyads)?;
    if let Accuracy::Varying(covariance) = model.accuracy {
        mixed = mixed.with_slope(&within, covariance)?;
    }
    if let Some(therapists) = model.therapists {
        mixed = mixed.nested_in(therapists)?;
    }
    report(&mixed.fit(), model, grand_mean)
}

fn report(
    fit: &MixedFit,
    model: &TruthBiasModel<'_>,
    grand_mean: f64,
) -> Result<TruthAndBias, PsychometricsError> {
    let coefficient = |place, level| fit.coefficient(place, level, model.confidence);
    let variance = |component, level| variance_estimate(fit, component, level);
    let varies = matches!(model.accuracy, Accuracy::Varying(_));
    let correlated = model.accuracy == Accuracy::Varying(SlopeCovariance::Correlated);
    let value = |place: usize| fit.coefficients().get(place).copied().unwrap_or(f64::NAN);
    let dyads = fit
        .group_effects()
        .iter()
        .map(|group| DyadEffect {
            dyad: group.code,
            bias: value(0) + group.intercept,
            bias_standard_error: group.intercept_variance.sqrt(),
            accuracy: value(1) + group.slope,
            accuracy_standard_error: group.slope_variance.sqrt(),
        })
        .collect();
    let between = Level::BetweenClients;
    Ok(TruthAndBias {
        directional_bias: coefficient(0, between)?,
        temporal_congruence: coefficient(1, Level::WithinClient)?
            .with_note("truth is a name: with the roles exchanged this is another number"),
        between_tracking: match model.tracking {
            Tracking::WithinAndBetween => Some(coefficient(2, between)?),
            Tracking::WithinOnly => None,
        },
        bias_variance: variance(Component::Intercept, between),
        accuracy_variance: varies.then(|| variance(Component::Slope, between)),
        bias_accuracy_correlation: correlated.then(|| bias_accuracy(fit)),
        therapist_variance: model
            .therapists
            .is_some()
            .then(|| variance(Component::Outer, Level::BetweenTherapists)),
        residual_variance: variance(Component::Residual, Level::WithinClient),
        deviance: fit.deviance(),
        grand_mean,
        dyads,
    })
}

fn bias_accuracy(fit: &MixedFit) -> Estimate {
    const METHOD: &str = "mixed model, REML";
    let deviations = (fit.variance(Component::Intercept) * fit.variance(Component::Slope)).sqrt();
    let level = Level::BetweenClients;
    let estimate = if deviations > 0.0 {
        let value = fit.variance(Component::InterceptSlope) / deviations;
        Estimate::new(value.clamp(-1.0, 1.0), level, METHOD).with_status(fit.status())
    } else if deviations == 0.0 {
        Estimate::undefined(Status::ZeroVariance, level, METHOD)
    } else {
        Estimate::undefined(fit.status(), level, METHOD)
    };
    estimate.with_rows(fit.group_count(), fit.rows_used(), fit.rows_dropped())
}
