//! Alliance and outcome: levels, lags, courses, dropout, attendance.

pub(crate) mod attendance;
pub(crate) mod courses;
pub(crate) mod dropout;
pub(crate) mod hazard;
pub(crate) mod levels;
pub(crate) mod model;
