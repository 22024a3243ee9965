//! How near are two ratings of one session to the line of equality, when dyads are rated again and again?

use super::pairs::{PairMoments, checked, has_both, pair_at, same_length};
use crate::distributions::normal;
use crate::estimate::check_confidence;
use crate::groups::Groups;
use crate::mixed::{Component, MixedFit, MixedModel};
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// Concordance of repeated ratings by two roles, and the variances it is made of.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RepeatedConcordance {
    /// Concordance of two ratings of one session: what the roles share, of dyad and session, by all variance.
    pub same_session: Estimate,
    /// Concordance of the ratings of two sessions of one dyad: the dyad's part alone, by all variance. Undefined if every
    /// dyad has one pair.
    pub any_session: Estimate,
    /// The variances.
    pub components: ConcordanceComponents,
}

/// Variances of one rating; negative ones are given as they are and marked.
///
/// With one pair per dyad, `session` and `dyad_by_role` are undefined: they are part of `dyad` and of `residual`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ConcordanceComponents {
    /// Between dyads, shared by both roles in all sessions.
    pub dyad: Estimate,
    /// Between sessions of a dyad, shared by both roles.
    pub session: Estimate,
    /// The dyad's own bias: by how much one role is higher in this dyad than in others.
    pub dyad_by_role: Estimate,
    /// The roles' mean difference, `(d² - Var(d)) / 2`.
    pub role: Estimate,
    /// What is left.
    pub residual: Estimate,
}

const CONCORDANCE: &str = "concordance from variance components, REML, Fisher z";
const COMPONENT: &str = "mixed models of mean and difference, REML";
const LEVEL: Level = Level::PooledRows;

/// Concordance correlation of repeated ratings, from variance components.
///
/// A rating of dyad j by role r in session t is taken as the sum of independent parts
///
/// ```text
/// y_jrt = mean_r + dyad_j + dyad-by-role_jr + session_jt + e_jrt
/// ```
///
/// and the concordance is the shared part by the whole (Carrasco and Jover 2003, Biometrics 59, for one rating each; Carrasco, King
/// and Chinchilli 2009, Journal of Biopharmaceutical Statistics 19, for repeated ones; in R: package cccrm, or lme4 and the formula):
///
/// ```text
/// (V_dyad + V_session) / (V_dyad + V_session + V_dyad-by-role + V_role + V_e)     same session
///  V_dyad              / (                    the same                     )     any session
/// ```
///
/// The second is `V_subject / (V_subject + V_role + V_e)` with everything that is neither dyad nor role in the last part.
/// A model without the dyad's own bias counts half of its variance as agreement. Of complete pairs the likelihood falls apart into
/// one for the mean of both ratings and one for their difference, each with a random intercept per dyad, and these are fitted by REML; a pair with
/// a missing rating is left out. Sessions are not ordered: a trend of both ratings is part of `session`. With one pair per dyad
/// it is nearly [Lin's concordance](super::level_agreement), whose squared mean difference has no correction for chance.
///
/// The interval is that of Fisher's z with the delta method, a variance at its boundary being taken as known.
/// The roles' part counts as 0 where its estimate is negative. A shared part may be negative: then the roles move against each other.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::dyads::repeated_concordance;
///
/// let client = [5.0, 5.5, 6.0, 4.0, 4.5, 5.5, 6.0, 5.0, 6.5];
/// let therapist = [4.5, 5.0, 5.5, 4.0, 4.0, 5.0, 5.0, 4.5, 5.5];
/// let found = repeated_concordance(&client, &therapist, &[1, 1, 1, 2, 2, 2, 3, 3, 3], 0.95)?;
/// assert!((0.5..0.8).contains(&found.same_session.value));
/// // Sessions of these dyads differ more than the dyads.
/// assert!(found.any_session.value < found.same_session.value);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn repeated_concordance(
    first: &[f64],
    second: &[f64],
    dyads: &[u32],
    confidence: f64,
) -> Result<RepeatedConcordance, PsychometricsError> {
    check_confidence(confidence)?;
    checked(first, second)?;
    same_length(dyads, first.len(), "ratings and dyads")?;
    let groups = Groups::new(dyads, |row| has_both(first, second, row));
    let (count, rows) = (groups.count(), groups.row_count());
    let describe = |estimate: Estimate| estimate.with_rows(count, rows, first.len() - rows);
    let repeated = rows > count;
    let parts = |of: &dyn Fn(f64, f64) -> f64| -> Result<Parts, PsychometricsError> {
        let values: Vec<f64> = (0..first.len())
            .map(|row| {
                let (first, second) = pair_at(first, second, row);
                of(first, second)
            })
            .collect();
        let scale = (0..first.len()).filter(|row| has_both(first, second, *row));
        let largest = scale
            .map(|row| pair_at(first, second, row))
            .fold(0.0, |most: f64, (first, second)| most.max(first.abs()).max(second.abs()));
        Parts::new(&values, &groups, dyads, largest)
    };
    let status = match (count, repeated) {
        (0, _) => Some(Status::AllMissing),
        // Two points always lie on a line.
        (1, _) | (2, false) => Some(Status::TooFewUnits),
        _ => None,
    };
    let undefined = |status: Status| {
        let none = |level, method| describe(Estimate::undefined(status, level, method));
        RepeatedConcordance {
            same_session: none(LEVEL, CONCORDANCE),
            any_session: none(LEVEL, CONCORDANCE),
            components: ConcordanceComponents {
                dyad: none(Level::BetweenClients, COMPONENT),
                session: none(Level::WithinClient, COMPONENT),
                dyad_by_role: none(Level::BetweenClients, COMPONENT),
                role: none(Level::BetweenRaters, COMPONENT),
                residual: none(Level::WithinClient, COMPONENT),
            },
        }
    };
    if let Some(status) = status {
        return Ok(undefined(status));
    }
    let (mean, difference) = (parts(&|x, y| 0.5 * (x + y))?, parts(&|x, y| x - y)?);
    let failed = [mean.status, difference.status].into_iter().find(|status| !carries_numbers(*status));
    if let Some(status) = failed {
        return Ok(undefined(status));
    }
    if [mean.between, mean.within, difference.between, difference.within] == [0.0; 4] {
        return Ok(undefined(Status::ZeroVariance));
    }
    let shares = Shares { mean, difference, repeated, confidence };
    let found = shares.report();
    Ok(RepeatedConcordance {
        same_session: describe(found.same_session),
        any_session: describe(found.any_session),
        components: ConcordanceComponents {
            dyad: describe(found.components.dyad),
            session: describe(found.components.session),
            dyad_by_role: describe(found.components.dyad_by_role),
            role: describe(found.components.role),
            residual: describe(found.components.residual),
        },
    })
}

fn carries_numbers(status: Status) -> bool {
    matches!(status, Status::Defined | Status::Boundary | Status::NotConverged)
}

/// Variances between and within dyads of one function of both ratings, with the covariance of their estimates.
struct Parts {
    status: Status,
    value: f64,
    value_variance: f64,
    /// With one pair per dyad all variance, and `within` is 0.
    between: f64,
    within: f64,
    between_variance: f64,
    within_variance: f64,
    covariance: f64,
}

impl Parts {
    fn new(values: &[f64], groups: &Groups, dyads: &[u32], largest: f64) -> Result<Self, PsychometricsError> {
        let moments = |rows: &[usize]| {
            PairMoments::new(rows.iter().map(|row| (values.get(*row).copied().unwrap_or(f64::NAN), 0.0)))
        };
        // Differences are beside the ratings they are made of: rounding is judged by the latter.
        let floor = (8.0 * f64::EPSILON * largest).powi(2);
        let dyad_moments: Vec<PairMoments> = groups.iter().map(moments).collect();
        let within: f64 = dyad_moments.iter().map(|dyad| dyad.squares[0]).sum();
        if within > groups.row_count() as f64 * floor {
            return Ok(Self::of_fit(&MixedModel::new(values, &Columns::new(&[])?, dyads)?.fit()));
        }
        // One pair per dyad, or all pairs of each dyad alike.
        let moments = PairMoments::new(dyad_moments.iter().map(|dyad| (dyad.means[0], 0.0)));
        let n = moments.count as f64;
        let between = if moments.squares[0] > n * floor { moments.squares[0] / (n - 1.0) } else { 0.0 };
        Ok(Self {
            status: Status::Defined,
            value: moments.means[0],
            value_variance: between / n,
            between,
            within: 0.0,
            between_variance: 2.0 * between * between / (n - 1.0),
            within_variance: 0.0,
            covariance: 0.0,
        })
    }

    fn of_fit(fit: &MixedFit) -> Self {
        let (between, within) = (Component::Intercept, Component::Residual);
        Self {
            status: fit.status(),
            value: fit.coefficients().first().copied().unwrap_or(f64::NAN),
            value_variance: fit.coefficient_covariance(0, 0),
            between: fit.variance(between),
            within: fit.variance(within),
            between_variance: fit.variance_covariance(between, between),
            within_variance: fit.variance_covariance(within, within),
            covariance: fit.variance_covariance(between, within),
        }
    }

    /// Variance of `a × between + b × within`.
    fn variance_of(&self, a: f64, b: f64) -> f64 {
        a * a * self.between_variance + b * b * self.within_variance + 2.0 * a * b * self.covariance
    }
}

struct Shares {
    mean: Parts,
    difference: Parts,
    repeated: bool,
    confidence: f64,
}

impl Shares {
    fn report(&self) -> RepeatedConcordance {
        let Self { mean, difference, repeated, .. } = self;
        let role = (difference.value.powi(2) - difference.value_variance) / 2.0;
        // Of d² - Var(d), d normal.
        let role_variance =
            difference.value_variance.powi(2) / 2.0 + difference.value.powi(2) * difference.value_variance;
        let shared_between = mean.between - difference.between / 4.0;
        let shared_within = mean.within - difference.within / 4.0;
        let total =
            mean.between + mean.within + (difference.between + difference.within) / 4.0 + role.max(0.0);
        let role_counts = if role > 0.0 { role_variance } else { 0.0 };
        // The parts of mean and difference are estimated independently.
        let ratio = |shared: f64, session_is_shared: bool| {
            let value = shared / total;
            let (of_mean, of_difference) = (1.0 - value, -(1.0 + value) / 4.0);
            let (mean_within, difference_within) =
                if session_is_shared { (of_mean, of_difference) } else { (-value, -value / 4.0) };
            let variance = mean.variance_of(of_mean, mean_within)
                + difference.variance_of(of_difference, difference_within)
                + value * value * role_counts;
            self.correlation(value, variance.sqrt() / total)
        };
        let component = |value: f64, variance: f64, level: Level| {
            let estimate = Estimate::new(value, level, COMPONENT).expected_within(0.0, f64::INFINITY);
            let estimate =
                if variance > 0.0 { estimate.with_standard_error(variance.sqrt()) } else { estimate };
            let estimate = if value == 0.0 { estimate.with_status(Status::Boundary) } else { estimate };
            self.unless_unsettled(estimate)
        };
        let quarter = |of_mean: [f64; 2], of_difference: [f64; 2]| {
            mean.variance_of(of_mean[0], of_mean[1])
                + difference.variance_of(of_difference[0], of_difference[1])
        };
        let only_repeated = |estimate: Estimate| {
            if *repeated {
                estimate
            } else {
                Estimate::undefined(Status::Undefined, estimate.level, estimate.method)
                    .with_note("one pair per dyad")
            }
        };
        let of_residual = if *repeated { [0.0, 0.5] } else { [0.5, 0.0] };
        RepeatedConcordance {
            same_session: ratio(shared_between + shared_within, true),
            any_session: only_repeated(ratio(shared_between, false)),
            components: ConcordanceComponents {
                dyad: component(shared_between, quarter([1.0, 0.0], [-0.25, 0.0]), Level::BetweenClients),
                session: only_repeated(component(
                    shared_within,
                    quarter([0.0, 1.0], [0.0, -0.25]),
                    Level::WithinClient,
                )),
                dyad_by_role: only_repeated(component(
                    difference.between / 2.0,
                    difference.variance_of(0.5, 0.0),
                    Level::BetweenClients,
                )),
                role: component(role, role_variance, Level::BetweenRaters),
                residual: component(
                    of_residual[0] * difference.between + of_residual[1] * difference.within,
                    difference.variance_of(of_residual[0], of_residual[1]),
                    Level::WithinClient,
                ),
            },
        }
    }

    fn unless_unsettled(&self, estimate: Estimate) -> Estimate {
        if self.any_is(Status::NotConverged) { estimate.with_status(Status::NotConverged) } else { estimate }
    }

    fn any_is(&self, status: Status) -> bool {
        [self.mean.status, self.difference.status].contains(&status)
    }

    fn correlation(&self, value: f64, error: f64) -> Estimate {
        let estimate = Estimate::new(value, LEVEL, CONCORDANCE);
        if value.abs() >= 1.0 {
            return estimate.with_note("perfect agreement or disagreement: no interval");
        }
        if error == 0.0 {
            // Both parts between dyads at 0 and taken as known: an interval of no width would be a claim.
            let estimate = estimate.with_status(Status::Boundary);
            return self.unless_unsettled(
                estimate.with_note("no variance between dyads in mean and difference: no interval"),
            );
        }
        let slope = (1.0 - value) * (1.0 + value);
        let (z, reach) = (libm::atanh(value), normal(0.5 + 0.5 * self.confidence) * error / slope);
        let estimate = estimate.with_standard_error(error).with_interval(
            libm::tanh(z - reach),
            libm::tanh(z + reach),
            self.confidence,
        );
        self.unless_unsettled(if self.any_is(Status::Boundary) {
            estimate.with_status(Status::Boundary).with_note(
                "a variance of the mean or of the difference was estimated as 0 and is taken as known",
            )
        } else {
            estimate
        })
    }
}
