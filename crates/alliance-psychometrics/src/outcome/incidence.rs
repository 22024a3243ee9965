//! How many are still there, and how the others ended.

use crate::distributions::normal;
use crate::estimate::check_confidence;
use crate::{Columns, Interval, PsychometricsError};

/// How a client's time ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndKind {
    /// The event of interest, such as dropout.
    Event,
    /// An event that makes the first impossible, such as a planned end.
    Competing,
    /// Not followed further.
    Censored,
}

/// One time at which somebody had an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IncidenceRow {
    /// Time.
    pub time: f64,
    /// Clients still followed just before it.
    pub at_risk: usize,
    /// Events.
    pub events: usize,
    /// Competing events.
    pub competing: usize,
    /// Share without an event of any kind after this time (Kaplan and Meier 1958).
    pub remaining: f64,
    /// Its standard error (Greenwood 1926).
    pub remaining_standard_error: f64,
    /// Its interval on the scale of its logarithm, not above 1; none at 0.
    pub interval: Option<Interval>,
    /// Share with the event up to this time (Aalen and Johansen 1978). Without competing events it is 1 - `remaining`;
    /// with them, 1 less a Kaplan-Meier curve that censors them would be too high.
    pub incidence: f64,
    /// Its standard error, by the delta method (Marubini and Valsecchi 1995); equal to the infinitesimal jackknife of
    /// R's survival.
    pub incidence_standard_error: f64,
    /// Its interval on the scale of its logarithm, not above 1; none at 0.
    pub incidence_interval: Option<Interval>,
    /// Share with a competing event.
    pub competing_incidence: f64,
    /// Its standard error, likewise.
    pub competing_incidence_standard_error: f64,
    /// Its interval, likewise.
    pub competing_incidence_interval: Option<Interval>,
}

/// The share with one kind of end, and the sums its variance needs.
#[derive(Default)]
struct Share {
    value: f64,
    own: f64,
    crossed: [f64; 2],
    risk: [f64; 3],
}

impl Share {
    /// `events` of this kind among `ended` of `n` at risk, of whom there were `remaining` before.
    fn add(&mut self, events: f64, ended: f64, n: f64, remaining: f64) {
        self.value += remaining * events / n;
        self.own += remaining * remaining * events * (n - events) / (n * n * n);
        let crossed = remaining * events / (n * n);
        // When all have ended, the share no longer changes and this term stays 0.
        let risk = if n > ended { ended / (n * (n - ended)) } else { 0.0 };
        self.crossed = [self.crossed[0] + crossed, self.crossed[1] + crossed * self.value];
        let [one, first, second] = self.risk;
        self.risk = [one + risk, first + risk * self.value, second + risk * self.value * self.value];
    }

    /// Root of the sum over times j of `(I - I_j)^2 d / (n (n - d)) + S^2 e (n - e) / n^3 - 2 (I - I_j) S e / n^2`, `I_j`
    /// the share after each, S the share remaining before it.
    fn standard_error(&self) -> f64 {
        let value = self.value;
        let risk = value * value * self.risk[0] - 2.0 * value * self.risk[1] + self.risk[2];
        let crossed = value * self.crossed[0] - self.crossed[1];
        (risk + self.own - 2.0 * crossed).max(0.0).sqrt()
    }

    fn interval(&self, z: f64, confidence: f64) -> Option<Interval> {
        (self.value > 0.0)
            .then(|| on_logarithm(self.value, self.standard_error() / self.value, z, confidence))
    }
}

/// An interval of a share from the standard error of its logarithm.
fn on_logarithm(share: f64, error: f64, z: f64, confidence: f64) -> Interval {
    let reach = libm::exp(z * error);
    Interval { low: share / reach, high: (share * reach).min(1.0), confidence }
}

/// Shares remaining and ended, at each time with an event.
///
/// `time[i]` is when client `i` ended as `end[i]` says; a client with a missing time is left out. Censored at a time counts as
/// at risk at it.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::outcome::{EndKind, incidence};
///
/// let end = [EndKind::Event, EndKind::Competing, EndKind::Event, EndKind::Censored];
/// let rows = incidence(&[2.0, 3.0, 4.0, 5.0], &end, 0.95)?;
/// assert_eq!((rows[2].remaining, rows[2].incidence, rows[2].competing_incidence), (0.25, 0.5, 0.25));
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn incidence(
    time: &[f64],
    end: &[EndKind],
    confidence: f64,
) -> Result<Vec<IncidenceRow>, PsychometricsError> {
    check_confidence(confidence)?;
    let ends = ordered(time, end)?;
    let z = normal(0.5 + confidence / 2.0);
    let (mut remaining, mut greenwood) = (1.0, 0.0);
    let (mut incidence, mut competing_incidence) = (Share::default(), Share::default());
    let mut rows = Vec::new();
    let mut at_risk = ends.len();
    for tied in ends.chunk_by(|one, other| one.0 == other.0) {
        let count = |kind| tied.iter().filter(|(_, end)| *end == kind).count();
        let (events, competing) = (count(EndKind::Event), count(EndKind::Competing));
        if events + competing > 0 {
            let n = at_risk as f64;
            let ended = (events + competing) as f64;
            incidence.add(events as f64, ended, n, remaining);
            competing_incidence.add(competing as f64, ended, n, remaining);
            remaining *= (n - ended) / n;
            greenwood += ended / (n * (n - ended));
            let of_logarithm = f64::sqrt(greenwood);
            let standard_error = if remaining > 0.0 { remaining * of_logarithm } else { f64::NAN };
            rows.push(IncidenceRow {
                time: tied[0].0,
                at_risk,
                events,
                competing,
                remaining,
                remaining_standard_error: standard_error,
                interval: (remaining > 0.0).then(|| on_logarithm(remaining, of_logarithm, z, confidence)),
                incidence: incidence.value,
                incidence_standard_error: incidence.standard_error(),
                incidence_interval: incidence.interval(z, confidence),
                competing_incidence: competing_incidence.value,
                competing_incidence_standard_error: competing_incidence.standard_error(),
                competing_incidence_interval: competing_incidence.interval(z, confidence),
            });
        }
        at_risk -= tied.len();
    }
    Ok(rows)
}

/// Times without the missing ones, rising, each with what belongs to it.
pub(super) fn ordered<T: Copy>(time: &[f64], with: &[T]) -> Result<Vec<(f64, T)>, PsychometricsError> {
    Columns::new(&[time])?;
    if time.len() != with.len() {
        return Err(PsychometricsError::LengthMismatch { what: "times and ends" });
    }
    let mut pairs: Vec<(f64, T)> =
        time.iter().copied().zip(with.iter().copied()).filter(|(time, _)| !time.is_nan()).collect();
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    Ok(pairs)
}
