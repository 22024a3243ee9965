//! How much of a session score is the client, and how much the therapist.

use super::table::SessionTable;
use super::variances::{GROUP, NestedRows, OUTER, RESIDUAL};
use crate::estimate::check_confidence;
use crate::{Estimate, Level, PsychometricsError};

/// Intraclass correlations of session scores.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionIcc {
    /// Number of clients with a score.
    pub clients: usize,
    /// Harmonic mean of the number of scores per client.
    pub sessions: f64,
    /// Variance between therapists; none without them.
    pub therapist: Option<Estimate>,
    /// Variance between clients (of one therapist, with therapists).
    pub client: Estimate,
    /// Variance of a client's sessions.
    pub residual: Estimate,
    /// ICC(1): the share of variance that is between clients; the correlation of two sessions of one client, and
    /// the reliability of one session score for telling clients apart.
    pub one_session: Estimate,
    /// The reliability of the mean of the sessions.
    pub mean_of_sessions: Estimate,
    /// The share of variance between therapists: the correlation of two sessions of two clients of one therapist.
    pub same_therapist: Option<Estimate>,
    /// Variances of therapists, clients and sessions, negative ones as 0.
    pub(super) variances: [f64; 3],
}

/// Intraclass correlations of one score per session, with or without therapists.
///
/// Clients with equally many scores (and therapists with equally many clients) are estimated from mean squares, where
/// the interval of the two-level ICC is exact for normal scores; all others by REML. With therapists a client's level
/// has two parts, the therapist's and the client's own, and both count in `one_session` and `mean_of_sessions`. In R:
/// `lme4::lmer(score ~ 1 + (1 | therapist/client))`.
///
/// # Errors
///
/// `invalid-option` unless the table has one column and `0 < confidence < 1`; `length-mismatch`; `not-nested` if a
/// client has scores with two therapists.
pub fn session_icc(
    table: &SessionTable<'_>,
    therapist: Option<&[u32]>,
    confidence: f64,
) -> Result<SessionIcc, PsychometricsError> {
    check_confidence(confidence)?;
    if table.values.count() != 1 {
        return Err(PsychometricsError::option("table", "one column of scores"));
    }
    if therapist.is_some_and(|codes| codes.len() != table.values.rows()) {
        return Err(PsychometricsError::LengthMismatch { what: "scores and therapists" });
    }
    let scores = table.values.column(0);
    let kept: Vec<(u32, usize)> = (0_u32..)
        .zip(table.groups.iter())
        .flat_map(|(client, rows)| rows.iter().map(move |row| (client, *row)))
        .filter(|(_, row)| !table.value(*row, 0).is_nan())
        .collect();
    let mut clients: Vec<u32> = kept.iter().map(|(client, _)| *client).collect();
    let outer = therapist.map(|codes| kept.iter().map(|(_, row)| codes[*row]).collect());
    let rows = NestedRows {
        response: kept.iter().map(|(_, row)| scores[*row]).collect(),
        group: clients.clone(),
        outer,
        kind: None,
        kinds: 0,
    };
    clients.dedup();
    let found =
        rows.variances(clients.len(), kept.len(), scores.len() - kept.len()).map_err(
            |error| match error {
                // Rows of the table, not of the kept scores.
                PsychometricsError::NotNested { rows, count } => PsychometricsError::NotNested {
                    rows: rows.iter().map(|place| kept[*place].1).collect(),
                    count,
                },
                other => other,
            },
        )?;
    let components = &found.components;
    let ratio = |numerator: [f64; 3], denominator: [f64; 3], level| {
        components.ratio(&numerator, &denominator, level, confidence, None)
    };
    let (one_session, mean_of_sessions) = match found.squares {
        Some([_, between, within]) if therapist.is_none() => {
            let mean = components.ratio(
                &[0.0, 1.0, 0.0],
                &[0.0, 1.0, 1.0 / found.rows],
                Level::BetweenClients,
                confidence,
                Some([between, within]),
            );
            let one = ratio([0.0, 1.0, 0.0], [0.0, 1.0, 1.0], Level::BetweenClients);
            // The interval of one session is that of the mean, by Spearman and Brown backwards.
            let one = match &mean.interval {
                Some(interval) => {
                    let back = |mean: f64| spearman_brown_back(mean, found.rows);
                    one.with_interval(back(interval.low), back(interval.high), confidence)
                }
                None => one,
            };
            (one, mean)
        }
        _ => {
            // Without therapists there is no variance of theirs that could lie at its boundary.
            let outer = f64::from(u8::from(therapist.is_some()));
            let of =
                |sessions: f64| ratio([outer, 1.0, 0.0], [outer, 1.0, 1.0 / sessions], Level::BetweenClients);
            (of(1.0), of(found.rows))
        }
    };
    Ok(SessionIcc {
        clients: clients.len(),
        sessions: found.rows,
        therapist: therapist.map(|_| components.component(OUTER, Level::BetweenTherapists)),
        client: components.component(GROUP, Level::BetweenClients),
        residual: components.component(RESIDUAL, Level::WithinClient),
        one_session,
        mean_of_sessions,
        same_therapist: therapist.map(|_| ratio([1.0, 0.0, 0.0], [1.0; 3], Level::BetweenTherapists)),
        variances: std::array::from_fn(|place| components.values[place].max(0.0)),
    })
}

/// The reliability of one of `count` parts from that of their mean.
fn spearman_brown_back(mean: f64, count: f64) -> f64 {
    mean / (count - (count - 1.0) * mean)
}
