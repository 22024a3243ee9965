//! One marker of a coding system at a time: how well coders agree that it occurred, and how often.

use super::coder_correlations;
use super::{CodedUnits, CoderOptions, Metric, Weights};
use crate::icc::IntraclassCorrelations;
use crate::{Columns, Estimate, PsychometricsError, Status};

/// What a marker must have for its counts to be correlated.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MarkerOptions {
    /// Options of the coefficients of agreement.
    pub coders: CoderOptions,
    /// Sessions in which some coder saw the marker, below which intraclass correlations are refused: they would rest on a
    /// handful of sessions. Our rule; no source fixes a number.
    pub least_sessions: usize,
}

impl Default for MarkerOptions {
    /// Five sessions.
    fn default() -> Self {
        Self { coders: CoderOptions::default(), least_sessions: 5 }
    }
}

/// Agreement on one marker, such as a withdrawal marker of the 3RS.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MarkerAgreement {
    /// Sessions (rows).
    pub sessions: usize,
    /// Sessions in which at least one coder counted it.
    pub non_zero_sessions: usize,
    /// Percent agreement on whether it occurred.
    pub presence_agreement: Estimate,
    /// Kappa of presence: Cohen's for two coders, Light's mean of pairs for more.
    pub presence_kappa: Estimate,
    /// Gwet's AC1 of presence.
    pub presence_ac1: Estimate,
    /// Krippendorff's nominal alpha of presence.
    pub presence_alpha: Estimate,
    /// Krippendorff's alpha of the counts, ratio metric.
    pub count_alpha: Estimate,
    /// Intraclass correlations of the counts, as [`coder_correlations`].
    pub counts: IntraclassCorrelations,
    /// The same of `ln(1 + count)`: a few sessions with many occurrences weigh less.
    pub log_counts: IntraclassCorrelations,
}

/// Agreement on one marker from counts per session (rows) by coder (columns); NaN where a coder did not code a session.
///
/// A session that was not coded is missing, not 0. Take ICC(1) where pairs of coders change from session to session,
/// ICC(A,1) where the same coders see all.
///
/// # Errors
///
/// `invalid-option` for negative counts (their coder and how many) and options out of range.
pub fn marker_agreement(
    counts: &Columns<'_>,
    options: MarkerOptions,
) -> Result<MarkerAgreement, PsychometricsError> {
    for (coder, column) in counts.iter().enumerate() {
        let negative = column.iter().filter(|count| **count < 0.0).count();
        if negative > 0 {
            let problem = format!("coder {coder} has {negative} below 0");
            return Err(PsychometricsError::option("counts", &problem));
        }
    }
    let transformed = |change: fn(f64) -> f64| -> Vec<Vec<f64>> {
        counts.iter().map(|column| column.iter().map(|count| change(*count)).collect()).collect()
    };
    let presence = transformed(|count| if count.is_nan() { count } else { f64::from(u8::from(count > 0.0)) });
    let logs = transformed(libm::log1p);
    let as_columns =
        |columns: &[Vec<f64>],
         check: &dyn Fn(&Columns<'_>) -> Result<IntraclassCorrelations, PsychometricsError>| {
            check(&Columns::new(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>())?)
        };
    let slices: Vec<&[f64]> = presence.iter().map(Vec::as_slice).collect();
    let present = CodedUnits::with_categories(&Columns::new(&slices)?, &[0.0, 1.0])?;
    let non_zero_sessions = (0..counts.rows())
        .filter(|row| counts.iter().any(|column| column.get(*row).is_some_and(|count| *count > 0.0)))
        .count();
    let confidence = options.coders.confidence;
    let refuse = |found: IntraclassCorrelations| {
        if non_zero_sessions >= options.least_sessions {
            return found;
        }
        found.refused(&format!(
            "the marker occurs in {non_zero_sessions} sessions, fewer than {}",
            options.least_sessions
        ))
    };
    let correlations = |columns: &Columns<'_>| coder_correlations(columns, confidence);
    let coder_options = options.coders;
    let presence_kappa = if counts.count() == 2 {
        present.kappa(0, 1, &Weights::Unweighted, coder_options)?.kappa
    } else {
        present.light_kappa(&Weights::Unweighted, coder_options)?
    };
    let presence_ac1 = present.gwet(&Weights::Unweighted, coder_options)?;
    let is_constant =
        non_zero_sessions == 0 || presence.iter().flatten().all(|value| value.is_nan() || *value == 1.0);
    let presence_ac1 = if is_constant && presence_ac1.value.is_finite() {
        presence_ac1.with_note("all codes are one category: 1 by definition, not by evidence")
    } else {
        presence_ac1
    };
    Ok(MarkerAgreement {
        sessions: counts.rows(),
        non_zero_sessions,
        presence_agreement: present.percent_agreement(coder_options)?,
        presence_kappa,
        presence_ac1,
        presence_alpha: present.krippendorff(Metric::Nominal, coder_options)?,
        count_alpha: CodedUnits::new(counts).krippendorff(Metric::Ratio, coder_options)?,
        counts: refuse(correlations(counts)?),
        log_counts: refuse(as_columns(&logs, &correlations)?),
    })
}

impl IntraclassCorrelations {
    /// The same without values, which a rule refuses.
    fn refused(self, why: &str) -> Self {
        let refuse = |estimate: Estimate| {
            Estimate::undefined(Status::Undefined, estimate.level, estimate.method)
                .with_rows(estimate.units, estimate.rows_used, estimate.rows_dropped)
                .with_note(why)
        };
        self.map(refuse)
    }
}
