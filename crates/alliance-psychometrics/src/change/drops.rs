//! Sessions lower than the same client's sessions before.

use std::fmt;

use super::Direction;
use super::method::at_least_zero;
use super::spread::{Spread, pooled_deviation, successive_difference};
use crate::distributions::{normal, normal_cumulative};
use crate::estimate::check_confidence;
use crate::sessions::SessionTable;
use crate::{Estimate, PsychometricsError, Status};

/// Degrees of freedom that the pooled variance counts for.
const PRIOR_DEGREES: f64 = 5.0;
/// Sessions before the first that is judged.
const LEAST_SESSIONS: usize = 3;

/// Than what a drop must be larger.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum DropThreshold {
    /// Than error of measurement: `z SEM sqrt(1 + 1/m)`, m being the sessions the reference rests on. Usual fluctuation
    /// of a client exceeds it often; see [`jacobson_truax_false_alarms`](super::jacobson_truax_false_alarms).
    Measurement {
        /// SEM, within clients if there is one.
        standard_error_of_measurement: f64,
    },
    /// Than the client usually fluctuates, the default: `z s_j sqrt(1 + 1/m)`, `s_j` being the client's own
    /// standard deviation shrunk to that of all clients, `s_j^2 = (nu s_w^2 + SS_j) / (nu + df_j)`.
    Fluctuation {
        /// nu, the degrees of freedom that the pooled variance counts for; 4 to 6 are usual.
        prior_degrees: f64,
    },
    /// Than a difference that matters to whoever gives it, in points.
    Practical {
        /// The difference.
        points: f64,
    },
}

impl Default for DropThreshold {
    fn default() -> Self {
        Self::Fluctuation { prior_degrees: PRIOR_DEGREES }
    }
}

impl DropThreshold {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Measurement { .. } => "measurement",
            Self::Fluctuation { .. } => "fluctuation",
            Self::Practical { .. } => "practical",
        }
    }
}

/// With what a session is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DropReference {
    /// The mean of all the client's sessions before it.
    #[default]
    RunningMean,
    /// Their median; the standard deviation of prediction stays that of the mean.
    RunningMedian,
    /// The last session before it with a value alone, however long ago.
    PreviousSession,
}

/// How drops are found.
#[derive(Debug, Clone, PartialEq)]
pub struct DropRule {
    threshold: DropThreshold,
    reference: DropReference,
    direction: Direction,
    confidence: f64,
    least_sessions: usize,
    pooled_standard_deviation: Option<f64>,
}

impl Default for DropRule {
    /// Lower than usual for the client: threshold [`DropThreshold::Fluctuation`] with 5 prior degrees of freedom, against
    /// the running mean of at least three sessions, one-sided with error probability .05 for each session.
    fn default() -> Self {
        Self {
            threshold: DropThreshold::default(),
            reference: DropReference::default(),
            direction: Direction::HigherIsBetter,
            confidence: 0.95,
            least_sessions: LEAST_SESSIONS,
            pooled_standard_deviation: None,
        }
    }
}

impl DropRule {
    /// The same with another threshold.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless its number is finite and at least 0.
    pub fn with_threshold(self, threshold: DropThreshold) -> Result<Self, PsychometricsError> {
        match threshold {
            DropThreshold::Measurement { standard_error_of_measurement } => {
                at_least_zero("standard_error_of_measurement", standard_error_of_measurement)?;
            }
            DropThreshold::Fluctuation { prior_degrees } => at_least_zero("prior_degrees", prior_degrees)?,
            DropThreshold::Practical { points } => at_least_zero("points", points)?,
        }
        Ok(Self { threshold, ..self })
    }

    /// The same against another reference, after at least this many sessions (at least 1).
    ///
    /// # Errors
    ///
    /// `invalid-option` for no session.
    pub fn with_reference(
        self,
        reference: DropReference,
        least_sessions: usize,
    ) -> Result<Self, PsychometricsError> {
        if least_sessions == 0 {
            return Err(PsychometricsError::option("least_sessions", "at least one session"));
        }
        Ok(Self { reference, least_sessions, ..self })
    }

    /// The same for scores that get better this way; a drop is a change for the worse.
    #[must_use]
    pub fn with_direction(self, direction: Direction) -> Self {
        Self { direction, ..self }
    }

    /// The same with another one-sided confidence for each session.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless `0 < confidence < 1`.
    pub fn with_confidence(self, confidence: f64) -> Result<Self, PsychometricsError> {
        check_confidence(confidence)?;
        Ok(Self { confidence, ..self })
    }

    /// The same with the pooled standard deviation within clients of another sample, for few clients.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless it is finite and at least 0.
    pub fn with_pooled_standard_deviation(self, within: f64) -> Result<Self, PsychometricsError> {
        at_least_zero("within", within)?;
        Ok(Self { pooled_standard_deviation: Some(within), ..self })
    }
}

/// One session judged against those before it.
#[derive(Clone, Copy, PartialEq)]
pub struct SessionDrop {
    /// Mean (median, value) of the sessions before; NaN if there are too few or the session has no value.
    pub reference: f64,
    /// Sessions the reference rests on.
    pub sessions: usize,
    /// How far the session lies on the worse side of the reference; negative on the better.
    pub drop: f64,
    /// What a drop must exceed.
    pub threshold: f64,
    /// Whether it does; none for a session that is not judged.
    pub is_drop: Option<bool>,
}

impl fmt::Debug for SessionDrop {
    // Somebody's session.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionDrop").finish_non_exhaustive()
    }
}

/// What a client's sessions vary by.
#[derive(Clone, Copy, PartialEq)]
pub struct ClientSpread {
    /// The client's code.
    pub client: u32,
    /// Sessions with a value.
    pub sessions: usize,
    /// Standard deviation about the client's own mean; NaN for one session.
    pub own: f64,
    /// The same shrunk to the pooled one.
    pub shrunken: f64,
    /// Sessions judged.
    pub judged: usize,
    /// Sessions flagged.
    pub flagged: usize,
}

impl fmt::Debug for ClientSpread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSpread").finish_non_exhaustive()
    }
}

/// All sessions judged.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionDrops {
    /// One for each row, in the order given.
    pub rows: Vec<SessionDrop>,
    /// One for each client, codes rising.
    pub clients: Vec<ClientSpread>,
    /// The pooled standard deviation within clients.
    pub pooled_standard_deviation: Estimate,
    /// Root mean square difference of successive sessions with a value: sqrt(2) times that deviation if sessions of a client
    /// are independent, less if they resemble the one before.
    pub successive_difference: Estimate,
    /// Sessions judged.
    pub judged: usize,
    /// Sessions flagged.
    pub flagged: usize,
    /// Clients with a session that is judged.
    pub clients_judged: usize,
    /// Clients with a session that is flagged.
    pub clients_flagged: usize,
    /// Flags to expect if clients only fluctuate about their level, unit and normality taken as known: of a threshold that
    /// is not in units of fluctuation, those that fluctuation by the client's shrunken standard deviation brings (sessions
    /// taken as independent), or against the session before alone, by the client's successive differences, shrunk to those
    /// of all clients likewise. NaN without that.
    pub expected_by_chance: f64,
    /// Clients to expect with at least one such flag, a client's sessions taken as independent.
    pub clients_expected_by_chance: f64,
    /// `AllMissing`, `TooFewUnits` if no session could be judged for want of sessions before, `ZeroVariance` if there is
    /// no unit.
    pub status: Status,
}

/// Sessions lower (or, for lower-is-better, higher) than the client's sessions before by more than a threshold.
///
/// Column `column` of the table is judged: one rater, one scale. The reference never holds the session itself or a
/// later one; the client's standard deviation rests on all the client's sessions, so that the table as a whole is
/// described, not foretold. A trend is not removed: give residuals from it if the first sessions rise.
///
/// # Errors
///
/// `invalid-option` if there is no such column.
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::change::{DropRule, session_drops};
/// use alliance_psychometrics::sessions::SessionTable;
///
/// let score = [5.0, 5.2, 4.8, 5.1, 3.0, 5.0, 5.5, 5.3, 5.4, 5.2, 5.6, 5.5];
/// let client = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2];
/// let session = [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6];
/// let table = SessionTable::new(&client, &session, &Columns::new(&[&score])?)?;
/// let drops = session_drops(&table, 0, &DropRule::default())?;
/// assert_eq!((drops.judged, drops.flagged), (6, 1));
/// assert_eq!(drops.rows[4].is_drop, Some(true));
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn session_drops(
    table: &SessionTable<'_>,
    column: usize,
    rule: &DropRule,
) -> Result<SessionDrops, PsychometricsError> {
    if column >= table.column_count() {
        return Err(PsychometricsError::option("column", "one of the table's columns"));
    }
    let spreads: Vec<Spread> = table.client_rows().map(|rows| Spread::of(table, column, rows)).collect();
    let pooled = pooled_deviation(&spreads, table.row_count(), rule.pooled_standard_deviation);
    let mut found = SessionDrops {
        rows: vec![UNJUDGED; table.row_count()],
        clients: Vec::with_capacity(spreads.len()),
        judged: 0,
        flagged: 0,
        clients_judged: 0,
        clients_flagged: 0,
        expected_by_chance: 0.0,
        clients_expected_by_chance: 0.0,
        status: Status::Defined,
        pooled_standard_deviation: pooled,
        successive_difference: successive_difference(&spreads),
    };
    let z = normal(rule.confidence);
    let mut earlier = Earlier { values: Vec::new(), sum: 0.0 };
    for ((rows, spread), client) in table.client_rows().zip(&spreads).zip(table.client_codes()) {
        let shrunken = spread.shrunken(found.pooled_standard_deviation.value, rule.prior_degrees());
        let step = spread.shrunken_step(found.successive_difference.value, rule.prior_degrees());
        let mut own = ClientSpread {
            client: *client,
            sessions: spread.sessions,
            own: spread.own(),
            shrunken,
            judged: 0,
            flagged: 0,
        };
        let mut chance_of_none = 1.0;
        earlier.values.clear();
        earlier.sum = 0.0;
        for row in rows {
            let value = table.value(*row, column);
            if value.is_nan() {
                continue;
            }
            let judged = rule.judge(value, &earlier, shrunken, z);
            if let Some(is_drop) = judged.is_drop {
                let chance = rule.chance(&judged, shrunken, step);
                found.expected_by_chance += chance;
                chance_of_none *= 1.0 - chance;
                own.judged += 1;
                own.flagged += usize::from(is_drop);
            }
            if let Some(place) = found.rows.get_mut(*row) {
                *place = judged;
            }
            earlier.add(value, rule.reference);
        }
        found.clients_expected_by_chance += 1.0 - chance_of_none;
        found.judged += own.judged;
        found.flagged += own.flagged;
        found.clients_judged += usize::from(own.judged > 0);
        found.clients_flagged += usize::from(own.flagged > 0);
        found.clients.push(own);
    }
    if found.judged == 0 {
        (found.expected_by_chance, found.clients_expected_by_chance) = (f64::NAN, f64::NAN);
    }
    found.status = if spreads.iter().all(|spread| spread.sessions == 0) {
        Status::AllMissing
    } else if spreads.iter().all(|spread| spread.sessions <= rule.least_sessions) {
        Status::TooFewUnits
    } else if found.judged == 0 {
        Status::ZeroVariance
    } else {
        Status::Defined
    };
    Ok(found)
}

const UNJUDGED: SessionDrop =
    SessionDrop { reference: f64::NAN, sessions: 0, drop: f64::NAN, threshold: f64::NAN, is_drop: None };

/// A client's sessions so far: in their order, or sorted for the median.
struct Earlier {
    values: Vec<f64>,
    sum: f64,
}

impl Earlier {
    fn add(&mut self, value: f64, reference: DropReference) {
        let place = match reference {
            DropReference::RunningMedian => self.values.partition_point(|other| *other < value),
            DropReference::RunningMean | DropReference::PreviousSession => self.values.len(),
        };
        self.values.insert(place, value);
        self.sum += value;
    }

    fn at(&self, place: usize) -> f64 {
        self.values.get(place).copied().unwrap_or(f64::NAN)
    }

    /// The reference and the sessions it rests on.
    fn reference(&self, reference: DropReference) -> (f64, usize) {
        let count = self.values.len();
        match reference {
            DropReference::RunningMean => (self.sum / count as f64, count),
            DropReference::RunningMedian => {
                (0.5 * (self.at(count.saturating_sub(1) / 2) + self.at(count / 2)), count)
            }
            DropReference::PreviousSession => (self.at(count.saturating_sub(1)), 1),
        }
    }
}

impl DropRule {
    fn judge(&self, value: f64, earlier: &Earlier, shrunken: f64, z: f64) -> SessionDrop {
        let sessions = earlier.values.len();
        if sessions < self.least_sessions {
            return SessionDrop { sessions, ..UNJUDGED };
        }
        let (reference, sessions) = earlier.reference(self.reference);
        let of_prediction = (1.0 + 1.0 / sessions as f64).sqrt();
        let threshold = match self.threshold {
            DropThreshold::Measurement { standard_error_of_measurement } => {
                z * standard_error_of_measurement * of_prediction
            }
            DropThreshold::Fluctuation { .. } => z * shrunken * of_prediction,
            DropThreshold::Practical { points } => points,
        };
        let drop = (reference - value) * self.direction.sign();
        // A unit of 0 says that nothing varies: no session can be judged by it.
        let is_drop = match self.threshold {
            DropThreshold::Practical { .. } => Some(drop >= threshold && drop > 0.0),
            _ if threshold > 0.0 => Some(drop > threshold),
            _ => None,
        };
        SessionDrop { reference, sessions, drop, threshold, is_drop }
    }
}

impl DropRule {
    /// Chance that fluctuation alone exceeds the threshold of a session.
    fn chance(&self, judged: &SessionDrop, deviation: f64, step: f64) -> f64 {
        let deviation = match (self.threshold, self.reference) {
            (DropThreshold::Fluctuation { .. }, _) => return 1.0 - self.confidence,
            (_, DropReference::PreviousSession) => step,
            _ => deviation * (1.0 + 1.0 / judged.sessions as f64).sqrt(),
        };
        if deviation > 0.0 { normal_cumulative(-judged.threshold / deviation) } else { f64::NAN }
    }

    fn prior_degrees(&self) -> f64 {
        match self.threshold {
            DropThreshold::Fluctuation { prior_degrees } => prior_degrees,
            _ => PRIOR_DEGREES,
        }
    }
}
