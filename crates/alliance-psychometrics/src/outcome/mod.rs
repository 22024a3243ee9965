//! The alliance and what becomes of clients: outcome, course, attendance, dropout.
//!
//! | question | piece |
//! |---|---|
//! | Do sessions with a better alliance than usual for the client go with a better outcome? And clients with a better alliance than others? | [`disaggregate`], [`within_between_model`] |
//! | Which alliance comes before which outcome? | [`lagged`], [`earlier_mean`] |
//! | How did each client's alliance run? | [`trajectories`] |
//! | Who came? | [`attendance`], [`wilson`] |
//! | Who left, when, and after which alliance? | [`person_periods`], [`discrete_time_hazard`], [`incidence`], [`log_rank`] |
//!
//! Two functions look alike and must not be confused. [`disaggregate`] describes: a client's mean holds all their sessions.
//! [`disaggregate_so_far`] (and [`earlier_mean`]) is for prediction: it holds only sessions so far. Using the first to predict dropout or a later
//! outcome lets the future leak into the past.

mod attendance;
mod disaggregation;
mod dropout;
mod hazard;
mod hazard_time;
mod incidence;
mod lag;
mod log_rank;
mod model;
mod robust;
mod trajectory;

pub use attendance::{Appointment, Attendance, ClientCancellations, attendance, wilson};
pub use disaggregation::{Disaggregation, Trend, disaggregate, disaggregate_so_far};
pub use dropout::{
    Ending, LifeTableRow, PeriodEvent, PersonPeriods, PlannedEnds, ending_times, endings_by_length,
    person_periods,
};
pub use hazard::{HazardLink, HazardModel, discrete_time_hazard};
pub use hazard_time::HazardTime;
pub use incidence::{EndKind, IncidenceRow, incidence};
pub use lag::{MeanThrough, Measured, earlier_mean, lagged, session_difference, time_passed};
pub use log_rank::{LogRank, LogRankGroup, log_rank};
pub use model::{WithinBetween, within_between_model};
pub use trajectory::{OwnThreshold, Trajectory, TrajectoryOptions, trajectories};
