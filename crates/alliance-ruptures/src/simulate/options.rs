//! What a simulated clinic is made of.

use crate::ScoreScale;

/// How many sessions are planned for a dyad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionCount {
    /// The same for all.
    Fixed(usize),
    /// From the fewest to the most, both included, each number equally likely.
    Between(usize, usize),
}

impl SessionCount {
    /// The most sessions of any dyad.
    pub fn most(self) -> usize {
        match self {
            Self::Fixed(count) => count,
            Self::Between(fewest, most) => fewest.max(most),
        }
    }
}

/// Distribution of the disturbance of one session, always scaled to the client's own SD.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Noise {
    /// Normal.
    Normal,
    /// Student's t with these degrees of freedom, above 2 so that it has an SD.
    StudentT(f64),
}

/// Levels and volatility of clients, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Clients {
    /// Mean level in the first session. Default 5.5 (rupture-methods 9.6, without ceiling; 6.1 with).
    pub mean: f64,
    /// SD of levels between the clients of one therapist. Default 0.6 (9.6).
    pub between_sd: f64,
    /// SD of therapists' effects on their clients' levels. Default 0.15: a therapist share of about 6 % of the variance
    /// between clients (3 to 9 % in outpatients, recalled, statistics G3).
    pub between_therapists_sd: f64,
    /// Median over clients of the SD within a client around their course. Default 0.30 (9.6).
    pub within_sd: f64,
    /// SD of the natural logarithm of that SD: 0 makes all clients equally volatile. Default 0.35 (9.6).
    pub within_log_sd: f64,
    /// Distribution of the disturbances. Default t with 6 degrees of freedom (9.6).
    pub noise: Noise,
    /// First-order autocorrelation of the disturbances, between -1 and 1. Default 0.3 (9.6; 0.2 to 0.4 in statistics G3).
    pub autocorrelation: f64,
}

impl Default for Clients {
    fn default() -> Self {
        Self {
            mean: 5.5,
            between_sd: 0.6,
            between_therapists_sd: 0.15,
            within_sd: 0.30,
            within_log_sd: 0.35,
            noise: Noise::StudentT(6.0),
            autocorrelation: 0.3,
        }
    }
}

/// How the level moves over the sessions, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Growth {
    /// Mean growth per session. Default 0.015 (rupture-methods 9.6).
    pub mean: f64,
    /// SD of growth between clients. Default 0.02 (9.6).
    pub sd: f64,
    /// Height of the early rise that levels off: `early_rise * (1 - exp(-t / early_sessions))` at session t counted
    /// from 0. Default 0.15 (0.35 on the latent scale in statistics G2).
    pub early_rise: f64,
    /// Sessions until 63 % of the early rise are reached. Default 3 (G2).
    pub early_sessions: f64,
    /// SD of each session's step of a slow random walk. Default 0.06 (9.6).
    pub walk_sd: f64,
}

impl Growth {
    /// How much of the early rise is reached at this session, counted from 0.
    pub fn early_rise_at(&self, session: usize) -> f64 {
        -libm::expm1(-(session as f64) / self.early_sessions) * self.early_rise
    }
}

impl Default for Growth {
    fn default() -> Self {
        Self { mean: 0.015, sd: 0.02, early_rise: 0.15, early_sessions: 3.0, walk_sd: 0.06 }
    }
}

/// Depth of a dip: `shallowest` plus a gamma number with this shape and scale, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Depth {
    /// No dip is shallower.
    pub shallowest: f64,
    /// Shape of the gamma distribution.
    pub shape: f64,
    /// Scale of the gamma distribution; 0 makes all dips `shallowest` deep.
    pub scale: f64,
}

impl Depth {
    /// A gamma distribution moved up.
    pub fn new(shallowest: f64, shape: f64, scale: f64) -> Self {
        Self { shallowest, shape, scale }
    }

    /// All dips equally deep.
    pub fn fixed(depth: f64) -> Self {
        Self { shallowest: depth, shape: 1.0, scale: 0.0 }
    }
}

/// What courses planted ruptures take.
///
/// The four shares of shapes are relative: a hazard falls on a shape in proportion to its share. So are the three
/// shares of types; shape and type do not depend on each other.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Ruptures {
    /// Chance that a rupture begins in a session that is held while none is going on. Default 0.05 (rupture-methods 9.6).
    pub hazard: f64,
    /// First session, counted from 0, in which one can begin. Default 1: before it there is nothing to fall from.
    pub earliest: usize,
    /// Depth at the nadir. Default 0.5 + gamma(3, 0.3), mean 1.4 (9.6).
    pub depth: Depth,
    /// Share of V: one session. Default 0.45 (9.6).
    pub v: f64,
    /// Share of U: a sudden fall that eases over some sessions and then ends. Default 0.30 (9.6).
    pub u: f64,
    /// Share of slow declines with sudden repair: deeper session by session, then over. Default 0.15 (9.6).
    pub slow_decline: f64,
    /// Share of falls that are never repaired. Default 0.10 (9.6).
    pub unrepaired: f64,
    /// Fewest and most sessions of a U. Default 2 to 4 (9.6).
    pub u_sessions: (usize, usize),
    /// Share of its depth that a U has lost in its last session. Default 0.5 (9.6 says "easing"; the amount is ours).
    pub u_easing: f64,
    /// Fewest and most sessions of a slow decline. Default 3 to 6 (9.6).
    pub slow_sessions: (usize, usize),
    /// Share of withdrawal ruptures. Default 0.5, a guess.
    pub withdrawal: f64,
    /// Share of confrontation ruptures. Default 0.25, a guess.
    pub confrontation: f64,
    /// Share of ruptures that are both. Default 0.25, a guess.
    pub mixed: f64,
}

impl Default for Ruptures {
    fn default() -> Self {
        Self {
            hazard: 0.05,
            earliest: 1,
            depth: Depth::new(0.5, 3.0, 0.3),
            v: 0.45,
            u: 0.30,
            slow_decline: 0.15,
            unrepaired: 0.10,
            u_sessions: (2, 4),
            u_easing: 0.5,
            slow_sessions: (3, 6),
            withdrawal: 0.5,
            confrontation: 0.25,
            mixed: 0.25,
        }
    }
}

/// Dips of the client's rating that are no ruptures, for example in a week of bad symptoms.
///
/// The therapist's rating does not show them.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Nuisance {
    /// Chance that one begins in a session that is held while none is going on. Default 0.02, a guess.
    pub hazard: f64,
    /// Depth, the same in all its sessions. Default 0.3 + gamma(2, 0.2), mean 0.7, a guess.
    pub depth: Depth,
    /// Fewest and most sessions. Default 1 to 2, a guess.
    pub sessions: (usize, usize),
}

impl Default for Nuisance {
    fn default() -> Self {
        Self { hazard: 0.02, depth: Depth::new(0.3, 2.0, 0.2), sessions: (1, 2) }
    }
}

/// Missing forms, answers and sessions. The first session is always held.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Missing {
    /// Share of held sessions without the client's form, at random. Default 0.12 (rupture-methods 9.6).
    pub forms: f64,
    /// Added to it in the session after one with a rupture going on. Default 0.10, a guess.
    pub forms_after_rupture: f64,
    /// Share of held sessions without the therapist's form, at random. Default 0.08, a guess.
    pub therapist_forms: f64,
    /// Share of single answers that are left out of a form, at random. Default 0.01, a guess.
    pub answers: f64,
    /// Share of held sessions without a symptom score, at random. Default 0.05, a guess.
    pub symptoms: f64,
    /// Share of planned sessions that are not held, at random. Default 0.10 (11.7 to 19.1 % of visits, statistics G3).
    pub sessions: f64,
    /// Added to it in the session after one with a rupture going on. Default 0.10, a guess.
    pub sessions_after_rupture: f64,
}

impl Missing {
    /// Nothing is missing.
    pub fn none() -> Self {
        Self {
            forms: 0.0,
            forms_after_rupture: 0.0,
            therapist_forms: 0.0,
            answers: 0.0,
            symptoms: 0.0,
            sessions: 0.0,
            sessions_after_rupture: 0.0,
        }
    }
}

impl Default for Missing {
    fn default() -> Self {
        Self {
            forms: 0.12,
            forms_after_rupture: 0.10,
            therapist_forms: 0.08,
            answers: 0.01,
            symptoms: 0.05,
            sessions: 0.10,
            sessions_after_rupture: 0.10,
        }
    }
}

/// Clients who do not come back. Nobody drops out before the first session.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Dropout {
    /// Chance per session of not coming back. Default 0.012: with 16 sessions 17 % (about 20 % of psychotherapies,
    /// recalled, statistics G3; ruptures add the rest).
    pub hazard: f64,
    /// Added to it after a session in which an unrepaired rupture was going on. Default 0.08, a guess.
    pub after_unrepaired: f64,
}

impl Dropout {
    /// Everybody stays.
    pub fn none() -> Self {
        Self { hazard: 0.0, after_unrepaired: 0.0 }
    }
}

impl Default for Dropout {
    fn default() -> Self {
        Self { hazard: 0.012, after_unrepaired: 0.08 }
    }
}

/// How the therapist rates the same sessions.
///
/// The rating is the therapist's level for this client, plus `tracking` times what both
/// share (growth, random walk, and the deficit of ruptures that are seen), less a false
/// alarm, plus noise.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TherapistRater {
    /// Scale of the therapist's form; `None` for the client's.
    pub scale: Option<ScoreScale>,
    /// Mean difference of level, therapist less client. Default -0.4: d = 0.63 of levels that vary by 0.6 (statistics G3).
    pub offset: f64,
    /// Correlation of therapists' with clients' levels over clients. Default 0.35 (G2).
    pub level_correlation: f64,
    /// Slope on the shared signal. Default 0.5 (rupture-methods 9.6).
    pub tracking: f64,
    /// SD of the rating around it. Default 0.3 (9.6).
    pub noise_sd: f64,
    /// Correlation of that noise with the client's disturbance, as far as that one is normal. Default 0.2: with what
    /// is tracked, about 0.3 within dyads (G2).
    pub noise_correlation: f64,
    /// Share of ruptures that are seen. Default 0.6, a guess.
    pub seen: f64,
    /// Chance per held session of a dip where the client has none. Default 0.02, a guess.
    pub false_alarms: f64,
    /// Depth of such a dip in the therapist's rating. Default 0.3 + gamma(2, 0.2), a guess.
    pub false_depth: Depth,
}

impl Default for TherapistRater {
    fn default() -> Self {
        Self {
            scale: None,
            offset: -0.4,
            level_correlation: 0.35,
            tracking: 0.5,
            noise_sd: 0.3,
            noise_correlation: 0.2,
            seen: 0.6,
            false_alarms: 0.02,
            false_depth: Depth::new(0.3, 2.0, 0.2),
        }
    }
}
