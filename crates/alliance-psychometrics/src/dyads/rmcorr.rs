//! Do two ratings move together from session to session?

use super::pairs::{
    PairMoments, checked, correlation_estimate, has_both, pair_at, same_length, without_rounding,
};
use crate::distributions::student_t_two_sided;
use crate::estimate::check_confidence;
use crate::groups::Groups;
use crate::{Estimate, Level, PsychometricsError, Status};

/// Correlation of two ratings within dyads.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RepeatedMeasuresCorrelation {
    /// The correlation of scores less their dyad's mean.
    pub correlation: Estimate,
    /// Two-sided p-value of no correlation, from t.
    pub p_value: f64,
    /// The common slope of the second on the first within dyads.
    pub slope: f64,
}

const METHOD: &str = "repeated-measures correlation, Fisher z";

/// Repeated-measures correlation: the common correlation of changes within dyads.
///
/// An analysis of covariance with an intercept per dyad and one slope, `r = sign(b) sqrt(SS_b / (SS_b + SS_e))`, which is the
/// correlation of scores less their dyad's mean, on `N - J - 1` degrees of freedom (N rows, J dyads; Bland and Altman 1995, BMJ 310;
/// Bakdash and Marusich 2017, Frontiers in Psychology 8). The interval is Fisher's z with variance `1 / (df - 1)`. Levels of dyads
/// do not enter, nor trends shared by both: alliance that rises in both ratings makes a correlation.
///
/// `TooFewUnits` for a single dyad or without degrees of freedom, `ZeroVariance` if one rating varies in no dyad.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::dyads::repeated_measures_correlation;
///
/// let client = [4.0, 5.0, 6.0, 6.0, 5.5, 6.5];
/// let therapist = [3.0, 3.5, 5.0, 5.0, 4.0, 5.5];
/// let found = repeated_measures_correlation(&client, &therapist, &[1, 1, 1, 2, 2, 2], 0.95)?;
/// assert!(found.correlation.value > 0.9);
/// assert_eq!(found.correlation.degrees_of_freedom, 3.0);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn repeated_measures_correlation(
    first: &[f64],
    second: &[f64],
    dyads: &[u32],
    confidence: f64,
) -> Result<RepeatedMeasuresCorrelation, PsychometricsError> {
    check_confidence(confidence)?;
    checked(first, second)?;
    same_length(dyads, first.len(), "ratings and dyads")?;
    let groups = Groups::new(dyads, |row| has_both(first, second, row));
    let mut within = Within::default();
    for rows in groups.iter() {
        within.add(&PairMoments::new(rows.iter().map(|row| pair_at(first, second, *row))));
    }
    let dropped = first.len() - groups.row_count();
    Ok(within.finish(groups.count(), groups.row_count(), dropped, confidence))
}

/// Sums of squares and products within dyads.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Within {
    squares: [f64; 2],
    products: f64,
}

impl Within {
    pub(super) fn add(&mut self, dyad: &PairMoments) {
        self.squares[0] += dyad.squares[0];
        self.squares[1] += dyad.squares[1];
        self.products += dyad.products;
    }

    pub(super) fn finish(
        self,
        dyads: usize,
        rows: usize,
        dropped: usize,
        confidence: f64,
    ) -> RepeatedMeasuresCorrelation {
        let [first, second] = self.squares;
        let degrees = rows as f64 - dyads as f64 - 1.0;
        let status = if rows == 0 {
            Some(Status::AllMissing)
        } else if dyads < 2 || degrees < 1.0 {
            Some(Status::TooFewUnits)
        } else if first <= 0.0 || second <= 0.0 {
            Some(Status::ZeroVariance)
        } else {
            None
        };
        if let Some(status) = status {
            let correlation =
                Estimate::undefined(status, Level::WithinClient, METHOD).with_rows(dyads, rows, dropped);
            return RepeatedMeasuresCorrelation { correlation, p_value: f64::NAN, slope: f64::NAN };
        }
        let r = without_rounding(self.products / first.sqrt() / second.sqrt());
        let t = r * (degrees / ((1.0 - r) * (1.0 + r))).sqrt();
        RepeatedMeasuresCorrelation {
            correlation: correlation_estimate(r, degrees - 1.0, Level::WithinClient, METHOD, confidence)
                .with_degrees_of_freedom(degrees)
                .with_rows(dyads, rows, dropped),
            p_value: if r.abs() < 1.0 { student_t_two_sided(t, degrees) } else { f64::NAN },
            slope: self.products / first,
        }
    }
}
