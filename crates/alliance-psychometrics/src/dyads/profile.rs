//! Agreement of two profiles, dyad by dyad.

use super::pairs::{PairMoments, checked, correlation_estimate, has_both, pair_at, same_length};
use super::rmcorr::{RepeatedMeasuresCorrelation, Within};
use crate::distributions::student_t;
use crate::estimate::check_confidence;
use crate::groups::Groups;
use crate::{Estimate, Level, PsychometricsError, Status};

/// Points below which any two profiles make a line.
const FEWEST: usize = 3;

/// Agreement of the two profiles of one dyad.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct DyadProfile {
    /// The dyad's code.
    pub dyad: u32,
    /// Points (items or sessions) that both rated.
    pub points: usize,
    /// Shape: correlation of the two profiles; undefined if one is flat, as it is when every answer is the highest.
    pub correlation: Estimate,
    /// Elevation: mean of first less mean of second. Valid for flat profiles too.
    pub mean_difference: f64,
    /// Scatter: SD of first less SD of second, with n as divisor.
    pub deviation_difference: f64,
    /// Mean of the squared differences, D² / n.
    pub mean_squared_difference: f64,
    /// Its part from elevation.
    pub elevation: f64,
    /// Its part from scatter.
    pub scatter: f64,
    /// Its part from shape: 2 s1 s2 (1 - r).
    pub shape: f64,
    /// Mean of the absolute differences.
    pub mean_absolute_difference: f64,
    /// Lin's concordance with n as divisor: elevation, scatter and shape in one number; NaN if a profile is flat.
    pub concordance: f64,
    /// Double-entry intraclass correlation; NaN if both profiles are flat.
    pub double_entry: f64,
    /// Distinctive agreement: correlation after the mean profile of all dyads is taken from each rating; undefined
    /// without points.
    pub distinctive: Estimate,
}

impl std::fmt::Debug for DyadProfile {
    // Somebody's relation.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DyadProfile").field("points", &self.points).finish_non_exhaustive()
    }
}

/// Agreement of profiles over dyads.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProfileAgreement {
    /// Each dyad, codes rising.
    pub dyads: Vec<DyadProfile>,
    /// Mean correlation by Fisher's z with weights of points less three, transformed back.
    pub correlation: Estimate,
    /// The same of the distinctive correlations; undefined without points.
    pub distinctive: Estimate,
    /// Plain mean of the correlations, for comparison: it has neither weights nor Fisher's z.
    pub plain_mean: f64,
    /// Correlation of scores less their dyad's mean: one slope for all.
    pub pooled: RepeatedMeasuresCorrelation,
    /// Correlation of the dyads' means.
    pub between: Estimate,
}

const SHAPE: &str = "profile correlation, Fisher z";
const MEAN: &str = "mean of Fisher z";

/// Shape, elevation and scatter of each dyad's two profiles, and their shape over all dyads.
///
/// Rows are points of a profile: items of one session, or sessions of one scale. With `points` (which item or session
/// a row is) the mean profile of all dyads is taken from each rating first, and what remains is distinctive agreement: profiles of items correlate
/// because some items are easier for everybody (Cronbach 1955, Psychological Bulletin 52; Furr 2008, Journal of Personality 76).
///
/// The mean squared difference is the sum of three parts, with SDs of divisor n:
///
/// ```text
/// D² / n = (mean1 - mean2)² + (s1 - s2)² + 2 s1 s2 (1 - r)
/// ```
///
/// Correlations are averaged as `Σ w z / Σ w` with `w = points - 3`; the standard error (on the scale of r) and the t interval rest on the
/// spread of z between dyads. A correlation of -1 or 1 has no finite z: such dyads are left out of this mean, and a
/// note says how many; so are dyads with three points or fewer, and flat profiles.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::Status;
/// use alliance_psychometrics::dyads::profile_agreement;
///
/// // The first client gives every item the highest answer.
/// let client = [7.0, 7.0, 7.0, 7.0, 5.0, 6.0, 4.0, 5.0];
/// let therapist = [5.0, 6.0, 5.0, 6.0, 4.0, 6.0, 4.0, 4.0];
/// let found = profile_agreement(&client, &therapist, &[1, 1, 1, 1, 2, 2, 2, 2], None, 0.95)?;
/// assert_eq!(found.dyads[0].correlation.status, Status::ZeroVariance);
/// assert_eq!(found.dyads[0].mean_difference, 1.5);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn profile_agreement(
    first: &[f64],
    second: &[f64],
    dyads: &[u32],
    points: Option<&[u32]>,
    confidence: f64,
) -> Result<ProfileAgreement, PsychometricsError> {
    check_confidence(confidence)?;
    checked(first, second)?;
    same_length(dyads, first.len(), "ratings and dyads")?;
    let groups = Groups::new(dyads, |row| has_both(first, second, row));
    let normative = match points {
        Some(points) => {
            same_length(points, first.len(), "ratings and points")?;
            (groups.count() > 1).then(|| less_mean_profile(first, second, points))
        }
        None => None,
    };
    let mut profiles = Vec::with_capacity(groups.count());
    let mut means = Vec::with_capacity(groups.count());
    let mut within = Within::default();
    for (dyad, rows) in groups.codes().iter().zip(groups.iter()) {
        let pairs = rows.iter().map(|row| pair_at(first, second, *row));
        let moments = PairMoments::new(pairs.clone());
        within.add(&moments);
        means.push((moments.means[0], moments.means[1]));
        let distinctive = match &normative {
            Some((first, second)) => {
                shape(&PairMoments::new(rows.iter().map(|row| pair_at(first, second, *row))), confidence)
            }
            None => Estimate::undefined(Status::Undefined, Level::WithinClient, SHAPE),
        };
        let absolute: f64 = pairs.map(|(first, second)| (first - second).abs()).sum();
        profiles.push(profile(*dyad, &moments, absolute, distinctive, confidence));
    }
    let (used, dropped) = (groups.row_count(), first.len() - groups.row_count());
    let means = PairMoments::new(means.iter().copied());
    let rows = |estimate: Estimate| estimate.with_rows(groups.count(), used, dropped);
    let between = match means.count {
        0 => Estimate::undefined(Status::AllMissing, Level::BetweenClients, SHAPE),
        1..FEWEST => Estimate::undefined(Status::TooFewUnits, Level::BetweenClients, SHAPE),
        n => correlation_estimate(
            means.correlation(),
            n as f64 - 3.0,
            Level::BetweenClients,
            SHAPE,
            confidence,
        ),
    };
    let defined: Vec<f64> =
        profiles.iter().map(|dyad| dyad.correlation.value).filter(|r| !r.is_nan()).collect();
    let distinctive = if normative.is_some() {
        average(profiles.iter().map(|dyad| (dyad.points, &dyad.distinctive)), confidence)
    } else {
        Estimate::undefined(Status::Undefined, Level::WithinClient, MEAN)
            .with_note("distinctive agreement needs points and two dyads")
    };
    Ok(ProfileAgreement {
        correlation: rows(average(profiles.iter().map(|dyad| (dyad.points, &dyad.correlation)), confidence)),
        distinctive: rows(distinctive),
        plain_mean: defined.iter().sum::<f64>() / defined.len() as f64,
        pooled: within.finish(groups.count(), used, dropped, confidence),
        between: rows(between),
        dyads: profiles,
    })
}

fn shape(moments: &PairMoments, confidence: f64) -> Estimate {
    let estimate = if moments.count < FEWEST {
        Estimate::undefined(Status::TooFewUnits, Level::WithinClient, SHAPE)
    } else {
        correlation_estimate(
            moments.correlation(),
            moments.count as f64 - 3.0,
            Level::WithinClient,
            SHAPE,
            confidence,
        )
    };
    estimate.with_rows(1, moments.count, 0)
}

fn profile(
    dyad: u32,
    moments: &PairMoments,
    absolute: f64,
    distinctive: Estimate,
    confidence: f64,
) -> DyadProfile {
    let n = moments.count as f64;
    let deviations = moments.squares.map(|squares| (squares / n).sqrt());
    let mean_difference = moments.difference();
    let deviation_difference = deviations[0] - deviations[1];
    let elevation = mean_difference * mean_difference;
    let scatter = deviation_difference * deviation_difference;
    // 2 s1 s2 (1 - r), which is 0 if a profile is flat.
    let shape_part = (2.0 * (deviations[0] * deviations[1] - moments.products / n)).max(0.0);
    DyadProfile {
        dyad,
        points: moments.count,
        correlation: shape(moments, confidence),
        mean_difference,
        deviation_difference,
        mean_squared_difference: elevation + scatter + shape_part,
        elevation,
        scatter,
        shape: shape_part,
        mean_absolute_difference: absolute / n,
        concordance: if moments.count < FEWEST { f64::NAN } else { moments.concordance() },
        double_entry: if moments.count < FEWEST { f64::NAN } else { moments.double_entry() },
        distinctive,
    }
}

/// Both ratings less the mean of all dyads at the same point, of rows with both.
fn less_mean_profile(first: &[f64], second: &[f64], points: &[u32]) -> (Vec<f64>, Vec<f64>) {
    let mut rest = (vec![f64::NAN; first.len()], vec![f64::NAN; first.len()]);
    let groups = Groups::new(points, |row| has_both(first, second, row));
    for rows in groups.iter() {
        let means = PairMoments::new(rows.iter().map(|row| pair_at(first, second, *row))).means;
        for row in rows {
            let (one, other) = pair_at(first, second, *row);
            if let (Some(first), Some(second)) = (rest.0.get_mut(*row), rest.1.get_mut(*row)) {
                (*first, *second) = (one - means[0], other - means[1]);
            }
        }
    }
    rest
}

/// Mean of Fisher's z with weights, transformed back.
fn average<'a>(dyads: impl Iterator<Item = (usize, &'a Estimate)> + Clone, confidence: f64) -> Estimate {
    let level = Level::WithinClient;
    let usable = |(points, r): (usize, &Estimate)| {
        (points > FEWEST && r.value.abs() < 1.0).then(|| (points as f64 - 3.0, libm::atanh(r.value)))
    };
    let (mut all, mut lines, mut flat, mut short) = (0_usize, 0_usize, 0_usize, 0_usize);
    for (points, r) in dyads.clone() {
        all += 1;
        if points <= FEWEST {
            short += 1;
        } else if r.value.is_nan() {
            flat += 1;
        } else if r.value.abs() >= 1.0 {
            lines += 1;
        }
    }
    let with_notes = |mut estimate: Estimate| {
        for (count, why) in [
            (lines, "with a correlation of -1 or 1, which has no Fisher z"),
            (flat, "with a flat profile"),
            (short, "with three points or fewer"),
        ] {
            if count > 0 {
                estimate = estimate
                    .with_note(format!("{count} of {all} dyads left out of the mean correlation, {why}"));
            }
        }
        estimate
    };
    let (mut count, mut weights, mut sum) = (0.0, 0.0, 0.0);
    for (weight, z) in dyads.clone().filter_map(usable) {
        count += 1.0;
        weights += weight;
        sum += weight * z;
    }
    if count < 1.0 {
        let status = match (all, lines, flat) {
            (0, ..) => Status::AllMissing,
            (_, 0, 0) => Status::TooFewUnits,
            (_, 0, _) => Status::ZeroVariance,
            _ => Status::Undefined,
        };
        return with_notes(Estimate::undefined(status, level, MEAN));
    }
    let mean = sum / weights;
    let estimate = with_notes(Estimate::new(libm::tanh(mean), level, MEAN));
    let spread: f64 = dyads.filter_map(usable).map(|(weight, z)| (weight * (z - mean)).powi(2)).sum();
    if count < 2.0 || spread <= 0.0 {
        return estimate.with_note("no spread between dyads: no interval");
    }
    let degrees = count - 1.0;
    let error = (spread * count / degrees).sqrt() / weights;
    let reach = student_t(0.5 + 0.5 * confidence, degrees) * error;
    estimate
        .with_standard_error(error * (1.0 - libm::tanh(mean).powi(2)))
        .with_degrees_of_freedom(degrees)
        .with_interval(libm::tanh(mean - reach), libm::tanh(mean + reach), confidence)
}
