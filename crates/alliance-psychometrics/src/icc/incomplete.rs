//! The six forms where ratings are missing.

use super::{Ends, IntraclassCorrelations, MeanSquares, Square, TwoWay, build};
use crate::estimate::check_confidence;
use crate::mixed::{Component, CrossedComponent, CrossedModel, MixedModel};
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

const NAMES: [&str; 6] = [
    "ICC(1), REML",
    "ICC(1,k), REML",
    "ICC(A,1), REML",
    "ICC(A,k), REML",
    "ICC(C,1), REML",
    "ICC(C,k), REML",
];

/// Six intraclass correlations of targets (rows) rated by raters (columns), from all ratings that are there.
///
/// Variances by restricted maximum likelihood: of targets and residuals for the one-way forms
/// (`lme4::lmer(rating ~ 1 + (1 | target))`), of targets, raters and residuals for the others
/// (`... + (1 | target) + (1 | rater)`, [`CrossedModel`]). With every rating there and no negative component they are those of
/// [`intraclass_correlations`](super::intraclass_correlations), and so are the intervals. The averages are
/// those of as many raters as there are columns.
///
/// **Interval.** In a complete layout the mean square of targets is what with the residual's variance is not
/// correlated, `k T + E`. Here such a combination is made from the covariance of the estimated variances, with
/// `k = -var(E) / cov(T, E)` ratings per target; it and what it is compared with get Satterthwaite's degrees of freedom
/// `2 x² / var(x)`, and the F ratios of McGraw & Wong are formed with these. (psych's `ICC` puts REML components of
/// incomplete ratings into the intervals as if none were missing.) With a rater variance of 0 agreement has the interval of
/// consistency; a target variance of 0 has none.
///
/// [`Status::Boundary`] where a variance that counts lies at 0, [`Status::ZeroVariance`] where targets and raters
/// reproduce every rating, as they do in perfect agreement.
///
/// ```
/// use alliance_psychometrics::{Columns, icc::intraclass_correlations_by_reml};
///
/// // Shrout and Fleiss (1979) without two ratings.
/// let judges: [&[f64]; 4] = [
///     &[9.0, 6.0, 8.0, 7.0, 10.0, 6.0],
///     &[f64::NAN, 1.0, 4.0, 1.0, 5.0, 2.0],
///     &[5.0, 3.0, 6.0, 2.0, 6.0, 4.0],
///     &[8.0, 2.0, 8.0, f64::NAN, 9.0, 7.0],
/// ];
/// let found = intraclass_correlations_by_reml(&Columns::new(&judges)?, 0.95)?;
/// assert!((found.agreement.single.value - 0.349_101_5).abs() < 1e-6);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
///
/// # Errors
///
/// `invalid-option` unless `confidence` lies between 0 and 1.
pub fn intraclass_correlations_by_reml(
    ratings: &Columns<'_>,
    confidence: f64,
) -> Result<IntraclassCorrelations, PsychometricsError> {
    check_confidence(confidence)?;
    let raters = ratings.count() as f64;
    let rated = (0..ratings.rows())
        .filter(|row| ratings.iter().any(|column| column.get(*row).is_some_and(|value| !value.is_nan())))
        .count();
    let mut forms = if ratings.count() < 2 {
        [
            Form::undefined(Status::TooFewItems),
            Form::undefined(Status::TooFewItems),
            Form::undefined(Status::TooFewItems),
        ]
    } else {
        let [agreement, consistency] = two_way(ratings, confidence);
        [one_way(ratings, confidence)?, agreement, consistency]
    }
    .into_iter()
    .flat_map(|form| [form, form.of_average(raters)]);
    Ok(build(NAMES, MeanSquares::NONE, |method| {
        let form = forms.next().unwrap_or(Form::undefined(Status::Undefined));
        form.estimate(method, confidence).with_rows(rated, rated, ratings.rows() - rated)
    }))
}

/// A ratio of variances before it is described.
#[derive(Clone, Copy)]
struct Form {
    value: f64,
    ends: Ends,
    status: Status,
}

impl Form {
    fn undefined(status: Status) -> Self {
        Self { value: f64::NAN, ends: Ends::NONE, status }
    }

    fn of_average(self, raters: f64) -> Self {
        Self {
            value: raters * self.value / (1.0 + (raters - 1.0) * self.value),
            ends: self.ends.of_average(raters),
            status: self.status,
        }
    }

    fn estimate(self, method: &'static str, confidence: f64) -> Estimate {
        if self.value.is_nan() {
            return Estimate::undefined(self.status, Level::BetweenRaters, method);
        }
        let estimate =
            self.ends.describe(Estimate::new(self.value, Level::BetweenRaters, method), confidence);
        let estimate = estimate.with_status(self.status);
        match self.status {
            Status::Boundary if self.value == 0.0 => {
                estimate.with_note("the variance of targets lies at 0: no interval")
            }
            Status::Boundary => {
                estimate.with_note("the variance of raters lies at 0: no difference of level is seen")
            }
            _ => estimate,
        }
    }
}

/// A variance beside the residual's, as the mean square that is not correlated with the residual's; with the number of
/// ratings in its expectation.
fn uncorrelated(variance: f64, residual: Square, own: f64, with_residual: f64) -> Option<(Square, f64)> {
    let of_residual = 2.0 * residual.value * residual.value / residual.degrees;
    let ratings = -of_residual / with_residual;
    let value = ratings * variance + residual.value;
    let spread = ratings * ratings * own - of_residual;
    (ratings.is_finite() && ratings > 0.0 && spread > 0.0)
        .then(|| (Square { value, degrees: 2.0 * value * value / spread }, ratings))
}

fn residual_square(value: f64, spread: f64) -> Square {
    Square { value, degrees: 2.0 * value * value / spread }
}

/// ICC(1), from targets and residuals.
fn one_way(ratings: &Columns<'_>, confidence: f64) -> Result<Form, PsychometricsError> {
    let (mut values, mut targets) = (Vec::new(), Vec::new());
    for (target, row) in (0_u32..).zip(0..ratings.rows()) {
        let there = ratings.iter().filter_map(|column| column.get(row)).filter(|value| !value.is_nan());
        for value in there {
            values.push(*value);
            targets.push(target);
        }
    }
    let fit = MixedModel::new(&values, &Columns::new(&[])?, &targets)?.fit();
    let (between, within) = (fit.variance(Component::Intercept), fit.variance(Component::Residual));
    if between.is_nan() {
        return Ok(Form::undefined(fit.status()));
    }
    let covariance = |one, other| fit.variance_covariance(one, other);
    let residual = residual_square(within, covariance(Component::Residual, Component::Residual));
    let ends = uncorrelated(
        between,
        residual,
        covariance(Component::Intercept, Component::Intercept),
        covariance(Component::Intercept, Component::Residual),
    )
    .map_or(Ends::NONE, |(targets, ratings)| targets.ends_over(residual, ratings, confidence));
    Ok(Form { value: between / (between + within), ends, status: fit.status() })
}

/// ICC(A,1) and ICC(C,1), from targets, raters and residuals.
fn two_way(ratings: &Columns<'_>, confidence: f64) -> [Form; 2] {
    use CrossedComponent::{Rater, Residual, Target};
    let fit = CrossedModel::new(ratings).fit();
    let [of_targets, of_raters, noise] = [Target, Rater, Residual].map(|component| fit.variance(component));
    if of_targets.is_nan() {
        return [Form::undefined(fit.status()); 2];
    }
    let status = |at_zero: bool| match fit.status() {
        Status::Boundary if !at_zero => Status::Defined,
        status => status,
    };
    let residual = residual_square(noise, fit.variance_covariance(Residual, Residual));
    let agreement = of_targets / (of_targets + of_raters + noise);
    let targets = uncorrelated(
        of_targets,
        residual,
        fit.variance_covariance(Target, Target),
        fit.variance_covariance(Target, Residual),
    );
    let (agreement_ends, consistency_ends) = match targets {
        Some((targets, ratings_per_target)) => {
            let layout = TwoWay {
                targets,
                ratings_per_target,
                raters: of_raters,
                residual,
                raters_variance: fit.variance_covariance(Rater, Rater),
                raters_covariance: fit.variance_covariance(Rater, Residual),
            };
            (layout.agreement_ends(agreement, confidence), layout.consistency_ends(confidence))
        }
        None => (Ends::NONE, Ends::NONE),
    };
    [
        Form {
            value: agreement,
            ends: agreement_ends,
            status: status(of_targets == 0.0 || of_raters == 0.0),
        },
        Form {
            value: of_targets / (of_targets + noise),
            ends: consistency_ends,
            status: status(of_targets == 0.0),
        },
    ]
}
