//! What ratings would look like if nobody agreed.

use crate::PsychometricsError;

/// Expected variances of skewed distributions over 5 to 11 response options: slight, moderate, heavy.
///
/// `LeBreton` and Senter (2008), Organizational Research Methods 11, 815-852, table 2; those of five options follow from the proportions of
/// James, Demaree and Wolf (1984).
const SKEWED: [(u32, [f64; 3]); 7] = [
    (5, [1.34, 0.90, 0.44]),
    (6, [1.85, 1.26, 0.69]),
    (7, [2.90, 2.14, 1.39]),
    (8, [3.47, 2.79, 2.35]),
    (9, [5.66, 4.73, 3.16]),
    (10, [6.30, 5.09, 3.46]),
    (11, [7.31, 6.32, 4.02]),
];

/// The distribution of ratings without any agreement, against which agreement within a team is held.
///
/// Alliance ratings are high: under the uniform distribution a ceiling looks like agreement. Report a skewed one beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NullDistribution {
    /// All options alike: variance `(A² - 1) / 12`.
    Uniform,
    /// Slightly skewed (5 to 11 options).
    SlightSkew,
    /// Moderately skewed (5 to 11 options).
    ModerateSkew,
    /// Heavily skewed (5 to 11 options).
    HeavySkew,
    /// Any other distribution, by its variance.
    Variance(f64),
}

impl NullDistribution {
    /// Its variance over this many response options.
    ///
    /// # Errors
    ///
    /// `invalid-option` for fewer than two options, a skewed distribution with other than 5 to 11, or a variance that is not positive and finite.
    ///
    /// ```
    /// use alliance_psychometrics::dyads::NullDistribution;
    ///
    /// assert_eq!(NullDistribution::Uniform.expected_variance(7)?, 4.0);
    /// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
    /// ```
    pub fn expected_variance(self, options: u32) -> Result<f64, PsychometricsError> {
        if options < 2 {
            return Err(PsychometricsError::option("options", "at least two response options"));
        }
        let place = match self {
            Self::Uniform => return Ok((f64::from(options).powi(2) - 1.0) / 12.0),
            Self::Variance(variance) if variance > 0.0 && variance.is_finite() => return Ok(variance),
            Self::Variance(_) => {
                return Err(PsychometricsError::option("null", "a variance that is positive and finite"));
            }
            Self::SlightSkew => 0,
            Self::ModerateSkew => 1,
            Self::HeavySkew => 2,
        };
        let row = SKEWED.iter().find(|(points, _)| *points == options);
        row.map(|(_, variances)| variances[place]).ok_or_else(|| {
            PsychometricsError::option("null", "skewed distributions are tabled for 5 to 11 response options")
        })
    }
}
