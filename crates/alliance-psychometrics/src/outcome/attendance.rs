//! Who came to their appointments.

use crate::distributions::normal;
use crate::estimate::check_confidence;
use crate::groups::Groups;
use crate::{Bootstrap, Estimate, Level, PsychometricsError, Status};

/// What became of an appointment. These are different things, and coded as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Appointment {
    /// The client came.
    Attended,
    /// The client did not come and did not say so.
    NoShow,
    /// The client cancelled too late for the time to be used.
    CancelledLate,
    /// The client cancelled, in time as far as is known.
    CancelledByClient,
    /// The provider cancelled: no appointment the client could have kept.
    CancelledByProvider,
}

/// What becomes of appointments that the client cancelled in time. Late cancellations always count as not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ClientCancellations {
    /// They were scheduled and not kept.
    #[default]
    NotKept,
    /// They are left out, as those the provider cancelled are.
    LeftOut,
}

/// Attendance of clients.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Attendance {
    /// Attended of those that count: not cancelled by the provider, nor, if they are left out, by the client in time.
    pub all: Estimate,
    /// The same of clients' first appointments.
    pub first: Estimate,
    /// The same of later ones.
    pub follow_up: Estimate,
    /// The rate of all appointments with an interval by drawing clients, whose appointments resemble each other.
    pub all_by_clients: Option<Estimate>,
    /// Appointments the client neither kept nor cancelled.
    pub no_shows: usize,
    /// Cancelled by the client too late.
    pub late_cancellations: usize,
    /// Cancelled by the client in time.
    pub client_cancellations: usize,
    /// Cancelled by the provider, not counted in rates.
    pub provider_cancellations: usize,
}

/// A rate with Wilson's interval (1927).
///
/// Undefined (`AllMissing`) for none of none.
///
/// # Errors
///
/// `invalid-option` for more successes than trials, or unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::outcome::wilson;
///
/// let interval = wilson(31, 100, 0.95)?.interval.unwrap();
/// assert!((interval.low - 0.227_797).abs() < 1e-6 && (interval.high - 0.406_261).abs() < 1e-6);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn wilson(successes: usize, trials: usize, confidence: f64) -> Result<Estimate, PsychometricsError> {
    check_confidence(confidence)?;
    if successes > trials {
        return Err(PsychometricsError::option("successes", "at most as many as trials"));
    }
    let (level, method) = (Level::PooledRows, "Wilson");
    if trials == 0 {
        return Ok(Estimate::undefined(Status::AllMissing, level, method));
    }
    let n = trials as f64;
    let rate = successes as f64 / n;
    let z = normal(0.5 + confidence / 2.0);
    let shrunk = 1.0 + z * z / n;
    let centre = (rate + z * z / (2.0 * n)) / shrunk;
    let reach = z * (rate * (1.0 - rate) / n + z * z / (4.0 * n * n)).sqrt() / shrunk;
    Ok(Estimate::new(rate, level, method)
        .with_standard_error((rate * (1.0 - rate) / n).sqrt())
        // At 0 and 1 the ends meet the rate but for rounding.
        .with_interval(
            if successes == 0 { 0.0 } else { centre - reach },
            if successes == trials { 1.0 } else { centre + reach },
            confidence,
        )
        .with_rows(trials, trials, 0))
}

/// Attendance rates, attended / (scheduled less those left out), of all, first and later appointments. What the provider
/// cancelled is left out; what the client cancelled in time is as `cancellations` says.
///
/// Row `i` is appointment number `order[i]` of client `client[i]`. Wilson's intervals take appointments as independent; with a
/// [`Bootstrap`], which draws clients, one that does not is given too.
///
/// # Errors
///
/// `length-mismatch`; `invalid-option` unless `0 < confidence < 1`.
pub fn attendance(
    appointments: &[Appointment],
    client: &[u32],
    order: &[i64],
    cancellations: ClientCancellations,
    confidence: f64,
    bootstrap: Option<&Bootstrap>,
) -> Result<Attendance, PsychometricsError> {
    check_confidence(confidence)?;
    if client.len() != appointments.len() || order.len() != appointments.len() {
        return Err(PsychometricsError::LengthMismatch { what: "appointments, clients and order" });
    }
    let kind = |row: usize| appointments.get(row).copied();
    let keeps = |row: usize| match kind(row) {
        Some(Appointment::CancelledByProvider) | None => false,
        Some(Appointment::CancelledByClient) => cancellations == ClientCancellations::NotKept,
        Some(_) => true,
    };
    let groups = Groups::new(client, keeps).ordered_by(|row| order.get(row).copied().unwrap_or_default());
    let attended =
        |rows: &[usize]| rows.iter().filter(|row| kind(**row) == Some(Appointment::Attended)).count();
    let per_client: Vec<(usize, usize)> = groups.iter().map(|rows| (attended(rows), rows.len())).collect();
    let firsts = groups.iter().filter(|rows| attended(&rows[..1]) == 1).count();
    let (came, scheduled) = per_client.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let count = |wanted| appointments.iter().filter(|appointment| **appointment == wanted).count();
    let rate = |came, scheduled, clients| -> Result<Estimate, PsychometricsError> {
        let rate = wilson(came, scheduled, confidence)?;
        Ok(rate.with_rows(clients, scheduled, 0))
    };
    let all = rate(came, scheduled, groups.count())?;
    let all_by_clients = bootstrap.map(|bootstrap| {
        let estimate = Estimate { method: "attendance, clients drawn", ..all.clone() };
        let draws = bootstrap.replicates(per_client.len(), |drawn| {
            let (mut came, mut scheduled) = (0, 0);
            for place in drawn {
                let (one, other) = per_client.get(*place).copied().unwrap_or_default();
                came += one;
                scheduled += other;
            }
            came as f64 / scheduled as f64
        });
        bootstrap.describe(estimate, draws, confidence, "clients")
    });
    Ok(Attendance {
        first: rate(firsts, groups.count(), groups.count())?,
        follow_up: rate(
            came - firsts,
            scheduled - groups.count(),
            groups.iter().filter(|rows| rows.len() > 1).count(),
        )?,
        all: Estimate { rows_dropped: appointments.len() - scheduled, ..all },
        all_by_clients,
        no_shows: count(Appointment::NoShow),
        late_cancellations: count(Appointment::CancelledLate),
        client_cancellations: count(Appointment::CancelledByClient),
        provider_cancellations: count(Appointment::CancelledByProvider),
    })
}
