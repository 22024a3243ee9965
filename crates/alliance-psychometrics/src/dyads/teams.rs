//! Several informants of one relation: a treatment team, a family.

use super::null_distribution::NullDistribution;
use super::pairs::{PairMoments, same_length};
use crate::distributions::fisher_f;
use crate::estimate::check_confidence;
use crate::groups::Groups;
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// Agreement and spread of one team.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Team {
    /// The team's code.
    pub team: u32,
    /// Members with all answers.
    pub members: usize,
    /// `r_wg` of one item, `r_wg(j)` of several.
    pub within_agreement: Estimate,
    /// Mean absolute deviation of the members' answers from their mean, averaged over items; NaN with fewer than two members.
    pub average_deviation: f64,
    /// Mean of the members' scores, a score being the mean of a member's answers.
    pub mean: f64,
    /// Lowest member's score: a split alliance hides in the mean.
    pub lowest: f64,
    /// Highest less lowest member's score; NaN with fewer than two members.
    pub range: f64,
    /// SD of the members' scores; NaN with fewer than two members.
    pub standard_deviation: f64,
}

impl std::fmt::Debug for Team {
    // Somebody's relations.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Team").field("members", &self.members).finish_non_exhaustive()
    }
}

/// Whether members' ratings may be put together.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TeamAgreement {
    /// Each team, codes rising.
    pub teams: Vec<Team>,
    /// Median over teams of their agreement, those set to 0 included; NaN without a team of two members.
    pub median_within_agreement: f64,
    /// ICC(1): the share of the scores' variance that is between teams.
    pub one_member: Estimate,
    /// ICC(2): the reliability of a team's mean.
    pub team_mean: Estimate,
    /// Variance of an item without agreement.
    pub expected_variance: f64,
}

const WITHIN: &str = "r_wg";
const ICC_ONE: &str = "ICC(1), mean squares";
const ICC_TWO: &str = "ICC(2), mean squares";

/// Agreement within teams (or families), and what their mean would hide.
///
/// One row per member (of one team at one session: give each such meeting a code), one column per item; a member with a missing answer
/// is left out. With J items, mean item variance s² (divisor n - 1) and the variance σ² of the null distribution
///
/// ```text
/// r_wg(j) = J (1 - s²/σ²) / (J (1 - s²/σ²) + s²/σ²)
/// ```
///
/// (James, Demaree and Wolf 1984, Journal of Applied Psychology 69). Where members differ more than under the null
/// distribution it is set to 0, as these authors advise, with `OutOfRange` and a note. ICC(1) and ICC(2) are of the
/// members' scores by a one-way analysis of variance with `n0 = (N - Σ n² / N) / (J - 1)` for the team size (Bliese 2000) and not clipped; their
/// intervals are exact for normal scores and teams of one size, and approximate otherwise.
///
/// # Errors
///
/// `length-mismatch`; `invalid-option` without a column, for a null distribution that is not known for so many
/// `options`, and unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::dyads::{NullDistribution, team_agreement};
///
/// // Two meetings, four members each, one seven-point item.
/// let ratings = [5.0, 6.0, 5.0, 4.0, 3.0, 5.0, 2.0, 6.0];
/// let meeting = [1, 1, 1, 1, 2, 2, 2, 2];
/// let found = team_agreement(&Columns::new(&[&ratings])?, &meeting, 7, NullDistribution::Uniform, 0.95)?;
/// assert!((found.teams[0].within_agreement.value - 5.0 / 6.0).abs() < 1e-12);
/// assert_eq!(found.teams[1].range, 4.0);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn team_agreement(
    ratings: &Columns<'_>,
    teams: &[u32],
    options: u32,
    null: NullDistribution,
    confidence: f64,
) -> Result<TeamAgreement, PsychometricsError> {
    check_confidence(confidence)?;
    if ratings.count() == 0 {
        return Err(PsychometricsError::option("ratings", "at least one item"));
    }
    same_length(teams, ratings.rows(), "ratings and teams")?;
    let expected_variance = null.expected_variance(options)?;
    let groups = Groups::new(teams, |row| ratings.is_complete(row));
    let items = ratings.count() as f64;
    let answer = |row: usize, item: usize| ratings.column(item).get(row).copied().unwrap_or(f64::NAN);
    let score = |row: usize| (0..ratings.count()).map(|item| answer(row, item)).sum::<f64>() / items;
    let mut found = Vec::with_capacity(groups.count());
    for (team, rows) in groups.codes().iter().zip(groups.iter()) {
        let n = rows.len() as f64;
        let (mut variances, mut deviations) = (0.0, 0.0);
        for item in 0..ratings.count() {
            let moments = PairMoments::new(rows.iter().map(|row| (answer(*row, item), 0.0)));
            variances += moments.squares[0] / (n - 1.0);
            deviations +=
                rows.iter().map(|row| (answer(*row, item) - moments.means[0]).abs()).sum::<f64>() / n;
        }
        let scores = PairMoments::new(rows.iter().map(|row| (score(*row), 0.0)));
        let lowest = rows.iter().map(|row| score(*row)).fold(f64::INFINITY, f64::min);
        let highest = rows.iter().map(|row| score(*row)).fold(f64::NEG_INFINITY, f64::max);
        let with_two = |value: f64| if rows.len() > 1 { value } else { f64::NAN };
        found.push(Team {
            team: *team,
            members: rows.len(),
            within_agreement: within_agreement(variances / items / expected_variance, items, rows.len()),
            average_deviation: with_two(deviations / items),
            mean: scores.means[0],
            lowest,
            range: with_two(highest - lowest),
            standard_deviation: with_two((scores.squares[0] / (n - 1.0)).sqrt()),
        });
    }
    let (one_member, team_mean) = intraclass(&found, confidence);
    let rows = |estimate: Estimate| {
        estimate.with_rows(groups.count(), groups.row_count(), ratings.rows() - groups.row_count())
    };
    Ok(TeamAgreement {
        one_member: rows(one_member),
        team_mean: rows(team_mean),
        median_within_agreement: median(found.iter().map(|team| team.within_agreement.value)),
        teams: found,
        expected_variance,
    })
}

/// From the ratio of observed to expected variance.
fn within_agreement(ratio: f64, items: f64, members: usize) -> Estimate {
    let level = Level::BetweenRaters;
    let estimate = if members < 2 {
        Estimate::undefined(Status::TooFewUnits, level, WITHIN)
    } else if ratio > 1.0 {
        Estimate::new(0.0, level, WITHIN)
            .with_status(Status::OutOfRange)
            .with_note("members differ more than under the null distribution: set to 0")
    } else {
        let agreed = items * (1.0 - ratio);
        Estimate::new(agreed / (agreed + ratio), level, WITHIN)
    };
    estimate.with_rows(members, members, 0)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut known: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
    known.sort_unstable_by(f64::total_cmp);
    let middle = |place: usize| known.get(place).copied().unwrap_or(f64::NAN);
    0.5 * (middle(known.len() / 2) + middle(known.len().saturating_sub(1) / 2))
}

/// ICC(1) and ICC(2) of the scores.
fn intraclass(teams: &[Team], confidence: f64) -> (Estimate, Estimate) {
    let level = Level::BetweenRaters;
    let undefined =
        |status| (Estimate::undefined(status, level, ICC_ONE), Estimate::undefined(status, level, ICC_TWO));
    let rows: f64 = teams.iter().map(|team| team.members as f64).sum();
    let count = teams.len() as f64;
    let (between_degrees, within_degrees) = (count - 1.0, rows - count);
    if teams.is_empty() {
        return undefined(Status::AllMissing);
    }
    if between_degrees < 1.0 || within_degrees < 1.0 {
        return undefined(Status::TooFewUnits);
    }
    let rough = teams.iter().map(|team| team.members as f64 * team.mean).sum::<f64>() / rows;
    // What rounding left in the mean.
    let grand =
        rough + teams.iter().map(|team| team.members as f64 * (team.mean - rough)).sum::<f64>() / rows;
    let (mut between, mut within, mut sizes, mut scale) = (0.0, 0.0, 0.0, 0.0_f64);
    for team in teams {
        let n = team.members as f64;
        between += n * (team.mean - grand).powi(2);
        sizes += n * n;
        scale = scale.max(team.mean.abs());
        if team.members > 1 {
            within += (n - 1.0) * team.standard_deviation.powi(2);
        }
    }
    let floor = rows * (8.0 * f64::EPSILON * scale).powi(2);
    let between = if between > floor { between / between_degrees } else { 0.0 };
    let within = within / within_degrees;
    if between + within <= 0.0 {
        return undefined(Status::ZeroVariance);
    }
    let size = (rows - sizes / rows) / between_degrees;
    let one = (between - within) / (between + (size - 1.0) * within);
    let one_member = Estimate::new(one, level, ICC_ONE).expected_within(0.0, 1.0);
    if between <= 0.0 {
        return (one_member, Estimate::undefined(Status::ZeroVariance, level, ICC_TWO));
    }
    let team_mean = Estimate::new(1.0 - within / between, level, ICC_TWO).expected_within(0.0, 1.0);
    if within <= 0.0 {
        let note = "members of each team agree: no interval";
        return (one_member.with_note(note), team_mean.with_note(note));
    }
    let f = between / within;
    let upper = 0.5 + 0.5 * confidence;
    let low = f / fisher_f(upper, between_degrees, within_degrees);
    let high = f * fisher_f(upper, within_degrees, between_degrees);
    let single = |f: f64| (f - 1.0) / (f + size - 1.0);
    (
        one_member.with_interval(single(low), single(high), confidence),
        team_mean.with_interval(1.0 - 1.0 / low, 1.0 - 1.0 / high, confidence),
    )
}
