//! Effects of several studies put together.

use super::design::cell;
use super::heterogeneity::Studies;
use crate::distributions::{normal, normal_two_sided, student_t, student_t_two_sided};
use crate::estimate::check_confidence;
use crate::groups::Groups;
use crate::{Columns, Estimate, Interval, Level, PsychometricsError, Status};

/// How the variance between studies is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TauEstimator {
    /// None: one true effect for all studies ("fixed effect").
    CommonEffect,
    /// `DerSimonian` and Laird (1986), method of moments.
    DerSimonianLaird,
    /// Restricted maximum likelihood.
    #[default]
    RestrictedMaximumLikelihood,
    /// Maximum likelihood.
    MaximumLikelihood,
    /// Paule and Mandel (1982), the same as empirical Bayes.
    PauleMandel,
    /// Hunter and Schmidt.
    HunterSchmidt,
    /// Sidik and Jonkman (2005).
    SidikJonkman,
    /// Hedges (1985).
    Hedges,
}

impl TauEstimator {
    /// The letters used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CommonEffect => "CE",
            Self::DerSimonianLaird => "DL",
            Self::RestrictedMaximumLikelihood => "REML",
            Self::MaximumLikelihood => "ML",
            Self::PauleMandel => "PM",
            Self::HunterSchmidt => "HS",
            Self::SidikJonkman => "SJ",
            Self::Hedges => "HE",
        }
    }
}

/// Standard error and interval of the mean effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum StandardErrors {
    /// 1 / sqrt(sum of weights), with the normal distribution.
    Normal,
    /// Knapp and Hartung (2003), with t of k - 1 degrees of freedom: for few studies, and so the default.
    #[default]
    KnappHartung,
}

/// Which quantile the prediction interval has. Publications differ, and rarely say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PredictionDegrees {
    /// The normal one, as metafor by default.
    Normal,
    /// t of k - 2 degrees of freedom (Higgins, Thompson and Spiegelhalter 2009).
    #[default]
    StudiesLessTwo,
    /// t of k - 1 degrees of freedom, as metafor with Knapp-Hartung.
    StudiesLessOne,
}

/// How studies are put together. The default: REML, Knapp-Hartung, prediction by t of k - 2, 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetaOptions {
    /// Variance between studies.
    pub estimator: TauEstimator,
    /// Standard error of the mean.
    pub standard_errors: StandardErrors,
    /// Quantile of the prediction interval.
    pub prediction: PredictionDegrees,
    /// Confidence of all intervals.
    pub confidence: f64,
}

impl Default for MetaOptions {
    fn default() -> Self {
        Self {
            estimator: TauEstimator::default(),
            standard_errors: StandardErrors::default(),
            prediction: PredictionDegrees::default(),
            confidence: 0.95,
        }
    }
}

/// The mean effect over studies and how much effects vary.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MetaAnalysis {
    /// How.
    pub options: MetaOptions,
    /// Mean effect; degrees of freedom only with Knapp-Hartung.
    pub effect: Estimate,
    /// Its z or t.
    pub statistic: f64,
    /// Its two-sided p.
    pub p_value: f64,
    /// Where the true effect of a further study would lie; none for fewer studies than its degrees of freedom need, and none
    /// with one true effect for all.
    pub prediction: Option<Interval>,
    /// Degrees of freedom of its quantile; infinite for the normal one.
    pub prediction_degrees: f64,
    /// Variance between studies, interval by the profile of Q.
    pub tau_squared: Estimate,
    /// I^2 in percent: share of the variance of the observed effects that is not sampling error. It is neither variance
    /// explained nor the size of the variance. With one true effect for all it is made of Q.
    pub i_squared: Estimate,
    /// H^2, that variance over sampling variance.
    pub h_squared: f64,
    /// Cochran's Q.
    pub q: f64,
    /// Its degrees of freedom, k - 1.
    pub q_degrees: f64,
    /// Chance of a larger Q if all studies have one true effect.
    pub q_p: f64,
}

/// Mean of effects weighted by their inverse variance, and how much the true effects vary (Viechtbauer 2010, Journal of
/// Statistical Software 36(3)).
///
/// A study with a missing value (NaN) is left out. One study has no variance between studies (`TooFewUnits` there); two say
/// next to nothing about it, which a note repeats.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` for a variance of 0 or less, or unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::synthesis::{MetaOptions, meta_analysis};
///
/// let found = meta_analysis(&[0.30, 0.10, 0.45, 0.22], &[0.010, 0.020, 0.015, 0.012], &MetaOptions::default())?;
/// assert!(found.effect.value > 0.2 && found.effect.value < 0.3);
/// assert_eq!((found.effect.degrees_of_freedom, found.prediction_degrees), (3.0, 2.0));
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn meta_analysis(
    effects: &[f64],
    variances: &[f64],
    options: &MetaOptions,
) -> Result<MetaAnalysis, PsychometricsError> {
    let studies = checked(effects, variances, options)?;
    Ok(put_together(&studies, effects.len(), options))
}

pub(super) fn checked(
    effects: &[f64],
    variances: &[f64],
    options: &MetaOptions,
) -> Result<Studies, PsychometricsError> {
    check_confidence(options.confidence)?;
    Columns::new(&[effects, variances])?;
    if variances.iter().any(|variance| *variance <= 0.0) {
        return Err(PsychometricsError::option("variances", "above 0"));
    }
    let (effects, variances) = effects
        .iter()
        .zip(variances)
        .filter(|(effect, variance)| !effect.is_nan() && !variance.is_nan())
        .map(|(effect, variance)| (*effect, *variance))
        .unzip();
    Ok(Studies::new(effects, variances))
}

pub(super) fn put_together(studies: &Studies, rows: usize, options: &MetaOptions) -> MetaAnalysis {
    let count = studies.effects.len();
    if count == 0 {
        return MetaAnalysis::undefined(Status::AllMissing, rows, options);
    }
    let k = studies.count();
    let level = Level::BetweenStudies;
    let rows = |estimate: Estimate| estimate.with_rows(count, count, rows - count);
    let alone = count == 1;
    let tau_squared = if alone { 0.0 } else { studies.tau_squared(options.estimator) };
    let sums = studies.at(tau_squared);
    let mean = cell(&sums.coefficients, 0);
    let half = 0.5 + options.confidence / 2.0;
    let (error, degrees) = match options.standard_errors {
        StandardErrors::Normal => (sums.inverse.at(0, 0).sqrt(), f64::INFINITY),
        StandardErrors::KnappHartung => ((sums.spread / (k - 1.0) * sums.inverse.at(0, 0)).sqrt(), k - 1.0),
    };
    let error = if error.is_finite() { error } else { f64::NAN };
    let reach = quantile(half, degrees) * error;
    let mut effect = rows(Estimate::new(mean, level, options.estimator.as_str()))
        .with_standard_error(error)
        .with_interval(mean - reach, mean + reach, options.confidence);
    if degrees.is_finite() && degrees > 0.0 {
        effect = effect.with_degrees_of_freedom(degrees);
    }
    if alone {
        effect = effect.with_note("one study");
    }
    let statistic = if error > 0.0 { mean / error } else { f64::NAN };
    let p_value = if degrees.is_finite() {
        student_t_two_sided(statistic, degrees)
    } else {
        normal_two_sided(statistic)
    };
    let prediction_degrees = match options.prediction {
        PredictionDegrees::Normal => f64::INFINITY,
        PredictionDegrees::StudiesLessTwo => k - 2.0,
        PredictionDegrees::StudiesLessOne => k - 1.0,
    };
    let around = quantile(half, prediction_degrees) * (tau_squared + error * error).sqrt();
    // With one true effect a further study has that effect.
    let varies = options.estimator != TauEstimator::CommonEffect;
    let prediction = (varies && !alone && !around.is_nan()).then_some(Interval {
        low: mean - around,
        high: mean + around,
        confidence: options.confidence,
    });
    let (q, q_p) = studies.q();
    let spread = Spread::new(studies, tau_squared, options);
    MetaAnalysis {
        options: *options,
        effect,
        statistic,
        p_value,
        prediction,
        prediction_degrees,
        tau_squared: rows(spread.variance),
        i_squared: rows(spread.share),
        h_squared: spread.ratio,
        q,
        q_degrees: k - 1.0,
        q_p,
    }
}

/// Quantile of t, of the normal distribution for infinite degrees; NaN for none.
pub(super) fn quantile(p: f64, degrees: f64) -> f64 {
    if degrees == f64::INFINITY { normal(p) } else { student_t(p, degrees) }
}

/// What is said about the variance between studies.
pub(super) struct Spread {
    pub(super) variance: Estimate,
    pub(super) share: Estimate,
    pub(super) ratio: f64,
}

impl Spread {
    pub(super) fn new(studies: &Studies, value: f64, options: &MetaOptions) -> Self {
        let level = Level::BetweenStudies;
        let (of_tau, of_share) = (options.estimator.as_str(), "I^2");
        if studies.effects.len() < 2 {
            return Self {
                variance: Estimate::undefined(Status::TooFewUnits, level, of_tau),
                share: Estimate::undefined(Status::TooFewUnits, level, of_share),
                ratio: f64::NAN,
            };
        }
        let typical = studies.typical_variance();
        let share = |tau_squared: f64| 100.0 * tau_squared / (tau_squared + typical);
        let mut tau_squared = Estimate::new(value, level, of_tau);
        let mut i_squared = Estimate::new(share(value), level, of_share);
        if options.estimator == TauEstimator::CommonEffect {
            // One true effect: what effects vary beyond sampling error shows in Q only (Higgins & Thompson 2002,
            // Statistics in Medicine 21, 1539-1558).
            tau_squared = tau_squared.with_note("tau^2 is set to 0 by a model with one true effect");
            let ratio = studies.q().0 / studies.degrees();
            let percent = if ratio > 1.0 { 100.0 * (1.0 - 1.0 / ratio) } else { 0.0 };
            return Self { variance: tau_squared, share: Estimate::new(percent, level, of_share), ratio };
        }
        let profile = studies.tau_squared_interval(options.confidence);
        tau_squared = tau_squared
            .with_standard_error(studies.tau_squared_error(value, options.estimator))
            .with_interval(profile.low, profile.high, options.confidence)
            .with_status(if value == 0.0 { Status::Boundary } else { Status::Defined });
        i_squared = i_squared.with_interval(share(profile.low), share(profile.high), options.confidence);
        if studies.effects.len() == 2 {
            tau_squared =
                tau_squared.with_note("two studies say next to nothing about the variance between studies");
        }
        Self { variance: tau_squared, share: i_squared, ratio: (value + typical) / typical }
    }
}

impl MetaAnalysis {
    pub(super) fn undefined(status: Status, rows: usize, options: &MetaOptions) -> Self {
        let none = |method| Estimate::undefined(status, Level::BetweenStudies, method).with_rows(0, 0, rows);
        Self {
            options: *options,
            effect: none(options.estimator.as_str()),
            statistic: f64::NAN,
            p_value: f64::NAN,
            prediction: None,
            prediction_degrees: f64::NAN,
            tau_squared: none(options.estimator.as_str()),
            i_squared: none("I^2"),
            h_squared: f64::NAN,
            q: f64::NAN,
            q_degrees: f64::NAN,
            q_p: f64::NAN,
        }
    }
}

/// Percent that each study weighs in the mean, given the variances between clusters (0 without any) and between effects.
///
/// A study's part of the sum of the inverse covariance matrix, as `weights(..., type = "rowsum")` in metafor; NaN for a study
/// without a variance, which weighs nothing.
///
/// ```
/// use alliance_psychometrics::synthesis::study_weights;
///
/// let weights = study_weights(&[0.01, 0.03], None, 0.0, 0.0);
/// assert!((weights[0] - 75.0).abs() < 1e-9);
/// ```
pub fn study_weights(
    variances: &[f64],
    clusters: Option<&[u32]>,
    between_clusters: f64,
    between_effects: f64,
) -> Vec<f64> {
    let own: Vec<f64> = variances.iter().map(|variance| 1.0 / (variance + between_effects)).collect();
    let weighs = |row: usize| own.get(row).is_some_and(|weight| *weight > 0.0);
    let mut weights = own.clone();
    if let Some(clusters) = clusters {
        for rows in Groups::new(clusters, weighs).iter() {
            let total: f64 = rows.iter().filter_map(|row| own.get(*row)).sum();
            for row in rows {
                if let Some(weight) = weights.get_mut(*row) {
                    *weight /= 1.0 + between_clusters * total;
                }
            }
        }
    }
    let total: f64 = weights.iter().filter(|weight| **weight > 0.0).sum();
    weights.iter().map(|weight| 100.0 * weight / total).collect()
}
