//! What the caller decides about sudden gains and losses.

use crate::Orientation;

/// Which shifts are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ShiftDirection {
    /// Towards the better end of the scale.
    Gain,
    /// Towards the worse end.
    Loss,
}

/// Criterion 3: the shift is large against the fluctuation around it.
///
/// "Before" are the observed scores of sessions N - 2 to N, "after" those of N + 1 to N + 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Stability {
    /// The means before and after differ by more than the critical t times their pooled standard deviation.
    ///
    /// Tang and DeRubeis (1999) as it is computed in the field, with at least two scores on each
    /// side. Though called a t test it lacks the factor of [`TrueT`](Self::TrueT): with three and
    /// three scores it asks for a t above 3.40.
    #[default]
    TangDeRubeis,
    /// The same with the standard error of a two-sample t test: pooled SD times sqrt(1/n1 + 1/n2).
    TrueT,
    /// At least half of the shift is kept in session N + 2 and in session N + 3.
    ///
    /// Gaynor et al. (2003), as described by Vittengl et al. (2015, doi:10.2174/1573400510666140929195441).
    /// A missing session is not replaced by a later one.
    Gaynor2003,
    /// The shift is at least 1.5 times the standard deviation (n - 1) of all observed scores of the series.
    ///
    /// Kelly, Roberts and Ciesla (2005), as described by Vittengl et al. (2015). Uses the whole series.
    Kelly2005,
    /// Not asked for.
    Off,
}

/// The factor of the pooled standard deviation in criterion 3.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum CriticalT {
    /// Two-tailed critical value of t at the degrees of freedom of the scores that are there.
    ///
    /// At alpha = .05: 2.776 with three and three scores, 3.182 with one missing, 4.303 with one
    /// missing on each side (Lutz et al. 2013, doi:10.1080/10503307.2012.693837). The first and the
    /// last interval that can be tested have two scores on one side and so get 3.182 even with no
    /// score missing.
    Adjusted {
        /// Level of the test, two-tailed, from 1e-9 to 0.5.
        alpha: f64,
    },
    /// One value whatever is missing, above 0; 2.776 in Tang and DeRubeis (1999).
    Constant(f64),
}

impl Default for CriticalT {
    fn default() -> Self {
        Self::Adjusted { alpha: 0.05 }
    }
}

/// Whose answers to give where the R package `suddengains` 0.7.2 errs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Compat {
    /// The rule as it is meant.
    ///
    /// An interval with a criterion that is definitely not met is no shift, even if another one
    /// cannot be assessed; a shift is always a change in its own direction; and differences that
    /// equal a limit but for the rounding of doubles count as equal.
    #[default]
    Corrected,
    /// The answers of that program, for symptom scores (lower is better).
    ///
    /// - Criterion 2 is empty for losses: it asks whether `x[N] - x[N+1] <= share * x[N]`.
    /// - The search for a reversal begins with session N + 3, unless the first score is a baseline.
    /// - The magnitude is `x[N] - x[N+1]`, negative for losses, so `Largest` and `Smallest` change places there.
    /// - One criterion that cannot be assessed makes the verdict unassessable.
    /// - A reversal that could not be observed is none.
    /// - With a baseline one interval more is counted as testable than is tested.
    /// - Intervals available are counted with all three criteria, whichever are on.
    ///
    /// Two answers of that program are not given: a change proportion of infinity (here undefined),
    /// and shifts from or to a missing score when criterion 3 is the only one.
    SuddenGains072,
}

/// Everything a [`SuddenRule`](crate::sudden::SuddenRule) is made of.
///
/// ```
/// use alliance_ruptures::Orientation;
/// use alliance_ruptures::sudden::{ShiftDirection, SuddenOptions, SuddenRule};
///
/// // Gains in the alliance, scored 1 to 7: at least one point, and a quarter of the way to 7.
/// let mut options = SuddenOptions::new(ShiftDirection::Gain, Orientation::HigherIsBetter, Some(1.0));
/// options.best_score = Some(7.0);
/// assert!(SuddenRule::new(options).is_ok());
///
/// // A quarter of what? Not said, so refused.
/// options.best_score = None;
/// assert_eq!(SuddenRule::new(options).unwrap_err().code(), "invalid-option");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SuddenOptions {
    /// Gains or losses.
    pub direction: ShiftDirection,
    /// Which end of the scale is the better one.
    pub orientation: Orientation,
    /// Criterion 1: smallest change in points, inclusive, above 0; `None` for off.
    ///
    /// 7 for the Beck Depression Inventory (Tang and DeRubeis 1999); else often the
    /// [reliable change](crate::sudden::reliable_change_cutoff) (Stiles et al. 2003, doi:10.1037/0022-006X.71.1.14).
    pub cutoff: Option<f64>,
    /// Criterion 2: smallest change as a share of the distance of session N from the best score,
    /// inclusive, above 0 and at most 1; `None` for off. Default 0.25.
    ///
    /// Not invariant under reflection, and meaningless for scores beyond the best one (z scores):
    /// there it cannot be assessed.
    pub proportion: Option<f64>,
    /// The best possible score, for criterion 2.
    ///
    /// With lower scores better it is 0 by default, so that the distance is the score itself, as
    /// published. With higher scores better it is the top of the scale, and has to be given as
    /// long as criterion 2 is on: a quarter of an alliance score of 6 is not a quarter of a
    /// symptom score of 6. No published study of the alliance that we could read says what it used.
    pub best_score: Option<f64>,
    /// Criterion 3. Default [`Stability::TangDeRubeis`].
    pub stability: Stability,
    /// Factor in criterion 3, for the two forms that compare means. Default adjusted, alpha .05.
    pub critical: CriticalT,
    /// Whether the first score was taken before the first session. Default `false`.
    ///
    /// The first interval tested lies between the second and the third score: with a baseline
    /// that is from session 1 to 2, without from session 2 to 3. Only
    /// [`Compat::SuddenGains072`] answers differently.
    pub baseline_first: bool,
    /// Whose answers to give. Default [`Compat::Corrected`].
    pub compat: Compat,
}

impl SuddenOptions {
    /// The rule of Tang and DeRubeis with this cut-off, everything else as by default.
    pub fn new(direction: ShiftDirection, orientation: Orientation, cutoff: Option<f64>) -> Self {
        Self {
            direction,
            orientation,
            cutoff,
            proportion: Some(0.25),
            best_score: None,
            stability: Stability::default(),
            critical: CriticalT::default(),
            baseline_first: false,
            compat: Compat::default(),
        }
    }
}
