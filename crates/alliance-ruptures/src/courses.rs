//! Courses of treatment, from forms and what became of appointments.

use std::ops::Range;

use crate::series::{Grid, Repeated, check_scores};
use crate::{Ending, RuptureError, ScoreScale, Series};

/// What became of an appointment.
///
/// Ordered by which one counts where a session has several: one that was held before one that was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Appointment {
    /// The therapist called it off.
    CancelledByTherapist,
    /// The client called it off.
    CancelledByClient,
    /// The client did not come.
    NoShow,
    /// The client did not come, and not again.
    DroppedOut,
    /// It was held.
    Attended,
    /// It was held and began late.
    Late,
    /// It was held, and planned to be the last.
    PlannedEnd,
}

impl Appointment {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::CancelledByTherapist,
        Self::CancelledByClient,
        Self::NoShow,
        Self::DroppedOut,
        Self::Attended,
        Self::Late,
        Self::PlannedEnd,
    ];

    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CancelledByTherapist => "cancelled-by-therapist",
            Self::CancelledByClient => "cancelled-by-client",
            Self::NoShow => "no-show",
            Self::DroppedOut => "dropout",
            Self::Attended => "attended",
            Self::Late => "late",
            Self::PlannedEnd => "planned-end",
        }
    }

    /// Whether the session took place.
    pub fn is_held(self) -> bool {
        matches!(self, Self::Attended | Self::Late | Self::PlannedEnd)
    }

    /// How it ended the course, if it did.
    pub fn ending(self) -> Option<Ending> {
        match self {
            Self::DroppedOut => Some(Ending::DroppedOut),
            Self::PlannedEnd => Some(Ending::PlannedEnd),
            _ => None,
        }
    }
}

/// What is known of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionState {
    /// There is a score.
    Scored,
    /// There is a form, but too little of it was answered for a score.
    NotScored,
    /// It was held, and there is no form.
    FormMissing,
    /// It was not held, and there is no score.
    NotHeld,
    /// Neither form nor appointment is known, but sessions before and after are.
    NoForm,
}

impl SessionState {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Scored, Self::NotScored, Self::FormMissing, Self::NotHeld, Self::NoForm];

    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scored => "scored",
            Self::NotScored => "not-scored",
            Self::FormMissing => "form-missing",
            Self::NotHeld => "not-held",
            Self::NoForm => "no-form",
        }
    }

    /// Whether the session is one of the series.
    pub fn is_in_series(self) -> bool {
        self != Self::NotHeld
    }
}

/// Courses of treatment: the series of dyads, and the sessions that are not in them because they were not held.
///
/// A course is one dyad's sessions from the first to a planned end, to a drop-out or to the last known one. A client who
/// comes back after that begins a new course, as after a change of therapist: no rule looks across.
///
/// Sessions stand course after course in their order. Those that were not held have no place in the series; the
/// others do, in the same order.
///
/// ```
/// use alliance_ruptures::{Appointment, Courses, Ending, ScoreScale, SessionState};
///
/// let rows: [(i64, f64, Option<Appointment>); 5] = [
///     (1, 5.5, None), // a form
///     (4, 5.0, None),
///     (2, f64::NAN, Some(Appointment::Attended)),
///     (3, f64::NAN, Some(Appointment::NoShow)),
///     (5, f64::NAN, Some(Appointment::DroppedOut)),
/// ];
/// let courses = Courses::from_rows(
///     &[0; 5],
///     &rows.map(|row| row.0),
///     &rows.map(|row| row.1),
///     Some(&rows.map(|row| row.2)),
///     ScoreScale::new(1.0, 7.0)?,
/// )?;
/// // Session 2 lacks its form; sessions 3 and 5 were not held.
/// assert_eq!(courses.series().len(), 3);
/// assert_eq!(courses.session_at(0, 2), Some(4));
/// assert_eq!(courses.states()[2], SessionState::NotHeld);
/// assert_eq!(courses.series().ending(0), Ending::DroppedOut);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Courses {
    series: Series,
    /// The caller's dyad of each course.
    dyads: Vec<u32>,
    /// Where each course's sessions start, and where the last ends.
    offsets: Vec<usize>,
    sessions: Vec<i64>,
    rows: Vec<Option<usize>>,
    states: Vec<SessionState>,
    appointments: Vec<Option<Appointment>>,
}

impl std::fmt::Debug for Courses {
    // Scores are patients' and stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Courses")
            .field("courses", &self.dyads.len())
            .field("sessions", &self.sessions.len())
            .finish_non_exhaustive()
    }
}

impl Courses {
    /// Courses from rows in any order: row `i` is of session `sessions[i]` of dyad `dyads[i]`.
    ///
    /// Without `appointments` every row is a form and every dyad one course, as in [`Series::from_rows`]. With them a
    /// row is a form (`None`, with its score or NaN) or an appointment (its score is not looked at). A session is
    /// held if one of its appointments was, or if it has a score; of several appointments the highest counts. Session
    /// numbers without a row are missing sessions between two that were held, and nothing elsewhere.
    ///
    /// # Errors
    ///
    /// What [`Series::from_rows`] says; a session may have one form and any number of appointments.
    pub fn from_rows(
        dyads: &[u32],
        sessions: &[i64],
        scores: &[f64],
        appointments: Option<&[Option<Appointment>]>,
        scale: ScoreScale,
    ) -> Result<Self, RuptureError> {
        let Some(appointments) = appointments else {
            return Self::of_forms(dyads, sessions, scores, scale);
        };
        if dyads.len() != scores.len() || dyads.len() != appointments.len() {
            return Err(RuptureError::LengthMismatch);
        }
        let grid = Grid::of(dyads, sessions)?;
        let mut cells = vec![Cell::default(); grid.len()];
        let mut repeated = Repeated::default();
        for (row, ((dyad, session), appointment)) in dyads.iter().zip(sessions).zip(appointments).enumerate()
        {
            let Some(cell) = grid.place(*dyad, *session).and_then(|at| cells.get_mut(at)) else { continue };
            if let Some(appointment) = *appointment {
                cell.appointment = cell.appointment.max(Some(appointment));
                cell.dropped_out |= appointment == Appointment::DroppedOut;
            } else {
                repeated.note(row, cell.form.is_some());
                cell.form = Some(row);
            }
        }
        repeated.refuse()?;
        let mut forms = scores.to_vec();
        for (score, appointment) in forms.iter_mut().zip(appointments) {
            if appointment.is_some() {
                *score = f64::NAN;
            }
        }
        check_scores(&forms, scale)?;
        let mut building = Building::default();
        for (dyad, (first, places)) in (0_u32..).zip(grid.first.iter().zip(grid.offsets.windows(2))) {
            if let [start, end] = places {
                building.add(dyad, *first, cells.get(*start..*end).unwrap_or_default(), &forms);
            }
        }
        building.finish(scale)
    }

    fn of_forms(
        dyads: &[u32],
        sessions: &[i64],
        scores: &[f64],
        scale: ScoreScale,
    ) -> Result<Self, RuptureError> {
        let (series, rows, first) = Series::on_grid(dyads, sessions, scores, scale)?;
        let mut numbers = vec![0; rows.len()];
        for (first, places) in first.iter().zip(series.offsets().windows(2)) {
            if let [start, end] = places {
                let run = numbers.get_mut(*start..*end).unwrap_or_default();
                for (later, number) in (0_i64..).zip(run) {
                    *number = first.saturating_add(later);
                }
            }
        }
        let states = rows.iter().zip(series.scores()).map(|(row, score)| match row {
            None => SessionState::NoForm,
            Some(_) if score.is_nan() => SessionState::NotScored,
            Some(_) => SessionState::Scored,
        });
        Ok(Self {
            dyads: (0_u32..).take(series.dyads()).collect(),
            offsets: series.offsets().to_vec(),
            sessions: numbers,
            states: states.collect(),
            appointments: vec![None; rows.len()],
            rows,
            series,
        })
    }

    /// Sessions that were held, or of which nothing says that they were not: one run per course.
    pub fn series(&self) -> &Series {
        &self.series
    }

    /// The caller's dyad of each course. Courses of a dyad follow each other.
    pub fn dyads(&self) -> &[u32] {
        &self.dyads
    }

    /// Where each course's sessions start, and where the last ends.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// Session numbers, of those that were not held too.
    pub fn sessions(&self) -> &[i64] {
        &self.sessions
    }

    /// The row each session's form stands in, if there is one.
    pub fn rows(&self) -> &[Option<usize>] {
        &self.rows
    }

    /// What is known of each session.
    pub fn states(&self) -> &[SessionState] {
        &self.states
    }

    /// The appointment of each session that counts, if there is one.
    pub fn appointments(&self) -> &[Option<Appointment>] {
        &self.appointments
    }

    /// Where the sessions of a course stand that are in its series, in order.
    pub fn places(&self, course: usize) -> impl Iterator<Item = usize> {
        let of_course = match (self.offsets.get(course), self.offsets.get(course + 1)) {
            (Some(start), Some(end)) => *start..*end,
            _ => 0..0,
        };
        of_course.filter(|place| self.states.get(*place).is_some_and(|state| state.is_in_series()))
    }

    /// The session number at a position of a course's series, counted from 0.
    pub fn session_at(&self, course: usize, position: usize) -> Option<i64> {
        self.places(course).nth(position).and_then(|place| self.sessions.get(place)).copied()
    }
}

/// All rows of one session.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    form: Option<usize>,
    appointment: Option<Appointment>,
    dropped_out: bool,
}

impl Cell {
    /// How the course ends with this session, if it does.
    fn ending(self) -> Option<Ending> {
        let of_appointment = self.appointment.and_then(Appointment::ending);
        of_appointment.or(self.dropped_out.then_some(Ending::DroppedOut))
    }

    fn state(self, forms: &[f64]) -> SessionState {
        let has_score = self.form.and_then(|row| forms.get(row)).is_some_and(|score| !score.is_nan());
        match (self.form, self.appointment) {
            _ if has_score => SessionState::Scored,
            (_, Some(appointment)) if !appointment.is_held() => SessionState::NotHeld,
            (Some(_), _) => SessionState::NotScored,
            (None, Some(_)) => SessionState::FormMissing,
            (None, None) => SessionState::NoForm,
        }
    }
}

/// Courses as they grow, dyad after dyad.
#[derive(Default)]
struct Building {
    scores: Vec<f64>,
    /// Ends of the courses' runs in the series.
    ends: Vec<usize>,
    endings: Vec<Ending>,
    dyads: Vec<u32>,
    /// Ends of the courses' sessions.
    session_ends: Vec<usize>,
    sessions: Vec<i64>,
    rows: Vec<Option<usize>>,
    states: Vec<SessionState>,
    appointments: Vec<Option<Appointment>>,
}

impl Building {
    /// Adds a dyad's courses; its cells lie in order from session number `first` on.
    fn add(&mut self, dyad: u32, first: i64, cells: &[Cell], forms: &[f64]) {
        let (mut begun, mut ended, mut has_appointments) = (false, None, false);
        let mut taken = 0;
        for (at, cell) in cells.iter().enumerate() {
            let state = cell.state(forms);
            if state == SessionState::NoForm {
                continue;
            }
            if state.is_in_series() {
                // What was not held after the end still belongs to the course that ended.
                self.take(first, cells, taken..at, forms, begun && ended.is_none());
                if let Some(ending) = ended.take() {
                    self.close(dyad, ending);
                    has_appointments = false;
                }
                self.take(first, cells, at..at + 1, forms, true);
                (taken, begun) = (at + 1, true);
            }
            has_appointments |= cell.appointment.is_some();
            ended = ended.or(cell.ending());
        }
        self.take(first, cells, taken..cells.len(), forms, false);
        let open = if has_appointments { Ending::Ongoing } else { Ending::Unknown };
        self.close(dyad, ended.unwrap_or(open));
    }

    /// Takes sessions into the course; those nothing is known of only between two that were held.
    fn take(&mut self, first: i64, cells: &[Cell], range: Range<usize>, forms: &[f64], with_gaps: bool) {
        let start = range.start;
        for (later, cell) in cells.get(range).unwrap_or_default().iter().enumerate() {
            let state = cell.state(forms);
            if state == SessionState::NoForm && !with_gaps {
                continue;
            }
            if state.is_in_series() {
                self.scores.push(cell.form.and_then(|row| forms.get(row)).copied().unwrap_or(f64::NAN));
            }
            self.sessions.push(first.saturating_add_unsigned((start + later) as u64));
            self.rows.push(cell.form);
            self.states.push(state);
            self.appointments.push(cell.appointment);
        }
    }

    fn close(&mut self, dyad: u32, ending: Ending) {
        self.dyads.push(dyad);
        self.endings.push(ending);
        self.ends.push(self.scores.len());
        self.session_ends.push(self.sessions.len());
    }

    fn finish(self, scale: ScoreScale) -> Result<Courses, RuptureError> {
        let from_zero = |ends: Vec<usize>| std::iter::once(0).chain(ends).collect();
        let series = Series::new(self.scores, from_zero(self.ends), scale)?.with_endings(self.endings)?;
        Ok(Courses {
            series,
            dyads: self.dyads,
            offsets: from_zero(self.session_ends),
            sessions: self.sessions,
            rows: self.rows,
            states: self.states,
            appointments: self.appointments,
        })
    }
}
