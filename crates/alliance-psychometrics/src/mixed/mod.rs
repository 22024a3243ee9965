//! The linear mixed model for clients with several rows, clients in therapists, and growth.
//!
//! One factor groups the rows (clients, dyads, sessions with several items, studies). Each group has its own
//! deviation from the fixed part: an intercept, or an intercept and a slope, correlated or not. The groups may be
//! nested in an outer factor (clients in therapists, sessions in clients) that has an intercept. Residuals are
//! independent with one variance. Groups may have any number of rows; a row with a missing value is left out.
//!
//! ```text
//! y = b0 + b1 x1 + ... + (u0 + u1 z) + v + e     u: group, v: outer group, e: residual
//! ```
//!
//! | design | in lme4 | here |
//! |---|---|---|
//! | random intercept | `y ~ x + (1 \| client)` | `MixedModel::new(y, x, client)` |
//! | intercept and slope | `y ~ t + (t \| client)` | `.with_slope(t, SlopeCovariance::Correlated)` |
//! | uncorrelated | `y ~ t + (t \|\| client)` | `.with_slope(t, SlopeCovariance::Uncorrelated)` |
//! | nested intercepts | `y ~ 1 + (1 \| therapist/client)` | `.nested_in(therapist)` |
//! | growth in therapists | `y ~ t + (t \| client) + (1 \| therapist)` | both |
//! | crossed intercepts | `y ~ 1 + (1 \| target) + (1 \| rater)` | [`CrossedModel`] |
//!
//! Autocorrelated residuals, residual variances that differ between rows, further random slopes and factors crossed
//! with covariates are not built.
//!
//! **How.** The model is estimated as in Bates, Mächler, Bolker and Walker (2015, Journal of Statistical Software
//! 67(1)): the profiled (restricted) deviance is minimised over the relative Cholesky factor of the random effects.
//! Each group is first reduced to an orthonormal basis of its random effects, so that an evaluation with its exact
//! gradient costs time in the number of groups, not of rows, and subtracts no large numbers. Since the deviance is
//! even in the diagonal of the factor, a variance of 0 is an ordinary minimum; it is then set to 0 exactly, and the
//! status is [`Boundary`](crate::Status::Boundary).

mod cells;
mod criterion;
mod crossed;
mod effects;
mod estimation;
mod fit;
mod information;
mod minimum;
mod model;
mod reduced;
mod search;
mod square;

pub use crossed::{CrossedComponent, CrossedFit, CrossedModel};
pub use fit::{Component, GroupEffect, MixedFit, OuterEffect};
pub use model::{Likelihood, MixedModel, SlopeCovariance};
pub(crate) use search::{Deviance, Found, search};
