//! What became of every planned appointment.

use super::Simulated;
use super::check::{require, share};
use super::streams::{Part, stream};
use crate::{Appointment, RuptureError};

/// Why sessions are not held.
///
/// The three shares of missed sessions are relative. Those that a rupture adds
/// ([`sessions_after_rupture`](super::Missing::sessions_after_rupture)) are never cancelled by the therapist.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Attendance {
    /// Share of held sessions, but the last, to which the client comes late. Default 0.08, a guess.
    pub late: f64,
    /// Share of no-shows. Default 0.35, a guess.
    pub no_show: f64,
    /// Share of cancellations by the client. Default 0.45, a guess.
    pub cancelled_by_client: f64,
    /// Share of cancellations by the therapist. Default 0.20, a guess.
    pub cancelled_by_therapist: f64,
}

impl Default for Attendance {
    fn default() -> Self {
        Self { late: 0.08, no_show: 0.35, cancelled_by_client: 0.45, cancelled_by_therapist: 0.20 }
    }
}

impl Attendance {
    fn check(&self) -> Result<(), RuptureError> {
        share("attendance.late", self.late)?;
        share("attendance.no_show", self.no_show)?;
        share("attendance.cancelled_by_client", self.cancelled_by_client)?;
        share("attendance.cancelled_by_therapist", self.cancelled_by_therapist)?;
        let any = self.no_show + self.cancelled_by_client > 0.0;
        require(any, "attendance.no_show", "the shares of what a client does must not both be 0")
    }

    /// What became of each planned session of the clinic; `None` after a dropout.
    ///
    /// # Errors
    ///
    /// `invalid-option` for shares that make no sense.
    pub fn draw(&self, clinic: &Simulated) -> Result<Vec<Option<Appointment>>, RuptureError> {
        self.check()?;
        let mut drawn = Vec::with_capacity(clinic.held.len());
        for (dyad, dropout) in clinic.dropout.iter().enumerate() {
            let mut random = stream(clinic.seed, Part::Appointments, dyad);
            let mut in_rupture = false;
            let sessions = clinic.sessions(dyad);
            let last = sessions.len().saturating_sub(1);
            let (held, deficits) = (clinic.held.get(sessions.clone()), clinic.truth.deficit.get(sessions));
            let course = held.unwrap_or_default().iter().zip(deficits.unwrap_or_default());
            for (session, (held, deficit)) in course.enumerate() {
                let (reason, late) = (random.uniform(), random.bernoulli(self.late));
                let status = match dropout {
                    Some(end) if session > *end => None,
                    Some(end) if session == *end => Some(Appointment::DroppedOut),
                    _ if !held => Some(self.reason(reason, in_rupture, clinic)),
                    _ if session == last => Some(Appointment::PlannedEnd),
                    _ if late => Some(Appointment::Late),
                    _ => Some(Appointment::Attended),
                };
                drawn.push(status);
                in_rupture = *deficit > 0.0;
            }
        }
        Ok(drawn)
    }

    /// Why a session is not held, from a uniform number.
    fn reason(&self, drawn: f64, after_rupture: bool, clinic: &Simulated) -> Appointment {
        let missing = &clinic.simulation.missing;
        let of_client = self.no_show + self.cancelled_by_client;
        let all = of_client + self.cancelled_by_therapist;
        // Of the sessions missed at random; what a rupture adds is the client's.
        let added = if after_rupture { missing.sessions_after_rupture } else { 0.0 };
        let at_random = missing.sessions / (missing.sessions + added).max(f64::MIN_POSITIVE);
        let therapists = at_random * self.cancelled_by_therapist / all;
        if drawn < therapists {
            return Appointment::CancelledByTherapist;
        }
        let rest = (drawn - therapists) / (1.0 - therapists);
        if rest * of_client < self.no_show { Appointment::NoShow } else { Appointment::CancelledByClient }
    }
}
