//! How many sessions, how many items, how many clients.

use super::icc::SessionIcc;
use super::nested::NestedGeneralizability;

/// Reliabilities that a number of sessions and items would give.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DecisionRow {
    /// Sessions per client.
    pub sessions: usize,
    /// Items per session.
    pub items: usize,
    /// Of the mean of the sessions, for clients' levels: P / (P + T(P)/K + E/(Km)).
    pub between_clients: f64,
    /// Of the session scores, for a client's changes: T(P) / (T(P) + E/m). More sessions do not help it.
    pub within_client: f64,
}

impl DecisionRow {
    /// From the variances of clients, of sessions in clients and of items in sessions; negative ones count as 0.
    ///
    /// NaN where there is no variance to tell apart. One score per session has `items` 1 and a third variance of 0.
    ///
    /// ```
    /// use alliance_psychometrics::sessions::DecisionRow;
    ///
    /// let row = DecisionRow::new([0.5, 0.2, 0.6], 4, 6);
    /// assert!((row.between_clients - 0.5 / (0.5 + 0.2 / 4.0 + 0.6 / 24.0)).abs() < 1e-12);
    /// ```
    pub fn new(variances: [f64; 3], sessions: usize, items: usize) -> Self {
        let [client, session, residual] = variances.map(|variance| variance.max(0.0));
        let (k, m) = (sessions as f64, items as f64);
        Self {
            sessions,
            items,
            between_clients: client / (client + session / k + residual / (k * m)),
            within_client: session / (session + residual / m),
        }
    }
}

/// Reliability of the mean of `times` parallel parts, each of reliability `single` (Spearman 1910; Brown 1910).
///
/// ```
/// use alliance_psychometrics::sessions::spearman_brown;
///
/// // One session of .77 (Crits-Christoph et al. 2011): four give more than .90.
/// assert!((spearman_brown(0.77, 4.0) - 0.931).abs() < 5e-4);
/// ```
pub fn spearman_brown(single: f64, times: f64) -> f64 {
    times * single / (1.0 + (times - 1.0) * single)
}

/// Fewest parallel parts of reliability `single` whose mean reaches `target`; none unless both lie between 0 and 1.
///
/// ```
/// use alliance_psychometrics::sessions::times_needed;
///
/// assert_eq!(times_needed(0.77, 0.90), Some(3));
/// ```
pub fn times_needed(single: f64, target: f64) -> Option<usize> {
    needed((1.0 - single) / single, target)
}

/// Fewest parts, `noise` being the error of one part over the true variance, with mean reaching `target`.
fn needed(noise: f64, target: f64) -> Option<usize> {
    let sound = noise.is_finite() && noise >= 0.0 && target > 0.0 && target < 1.0;
    let times = target / (1.0 - target) * noise;
    // A target met exactly is met, whatever the last digit.
    let fewest = (times * (1.0 - 4.0 * f64::EPSILON)).ceil().max(1.0);
    (sound && fewest < usize::MAX as f64).then_some(fewest as usize)
}

impl NestedGeneralizability {
    /// A decision study: the reliabilities of each number of sessions with each number of items.
    ///
    /// Negative components count as 0; NaN where components have no value.
    pub fn decision_study(&self, sessions: &[usize], items: &[usize]) -> Vec<DecisionRow> {
        let row = |sessions, items| DecisionRow::new(self.variances, sessions, items);
        sessions.iter().flat_map(|sessions| items.iter().map(move |items| row(*sessions, *items))).collect()
    }

    /// Fewest sessions with this many items whose mean tells clients apart with reliability `target`; none if clients
    /// do not differ or the target is outside 0 to 1.
    pub fn sessions_needed(&self, target: f64, items: usize) -> Option<usize> {
        let [client, session, residual] = self.variances;
        needed((session + residual / items as f64) / client, target)
    }

    /// Fewest items in a session that tell a client's sessions apart with reliability `target`; none if sessions do
    /// not differ or the target is outside 0 to 1.
    pub fn items_needed(&self, target: f64) -> Option<usize> {
        let [_, session, residual] = self.variances;
        needed(residual / session, target)
    }
}

impl SessionIcc {
    /// Fewest sessions whose mean tells clients apart with reliability `target`; none if clients do not differ or the
    /// target is outside 0 to 1.
    pub fn sessions_needed(&self, target: f64) -> Option<usize> {
        let [therapist, client, session] = self.variances;
        needed(session / (therapist + client), target)
    }

    /// Reliability of a therapist's mean over `clients` clients with `sessions` sessions each; NaN without
    /// therapists.
    ///
    /// σ²(therapist) / (σ²(therapist) + σ²(client)/c + σ²(session)/(cs)).
    pub fn therapist_mean(&self, clients: usize, sessions: usize) -> f64 {
        let [therapist, client, session] = self.variances;
        let (c, s) = (clients as f64, sessions as f64);
        if self.therapist.is_some() {
            therapist / (therapist + client / c + session / (c * s))
        } else {
            f64::NAN
        }
    }

    /// Fewest clients per therapist, with `sessions` sessions each, whose mean tells therapists apart with
    /// reliability `target`; none if therapists do not differ or the target is outside 0 to 1.
    pub fn clients_needed(&self, target: f64, sessions: usize) -> Option<usize> {
        let [therapist, client, session] = self.variances;
        needed((client + session / sessions as f64) / therapist, target)
    }
}
