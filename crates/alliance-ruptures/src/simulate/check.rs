//! Which options make sense.

use super::options::{Depth, Noise};
use super::{SessionCount, Simulation};
use crate::{Orientation, RuptureError, ScoreScale};

/// The largest number of points that is meant seriously.
const MOST_POINTS: f64 = 1e6;
/// The most sessions of one dyad or one episode.
const MOST_SESSIONS: usize = 10_000;
/// How far from a whole number of steps a range may be.
const WHOLE: f64 = 1e-6;

pub(super) fn require(holds: bool, option: &'static str, allowed: &str) -> Result<(), RuptureError> {
    if holds { Ok(()) } else { Err(RuptureError::InvalidOption { option, problem: allowed.to_owned() }) }
}

pub(super) fn share(option: &'static str, value: f64) -> Result<(), RuptureError> {
    require((0.0..=1.0).contains(&value), option, "must be a share from 0 to 1")
}

pub(super) fn correlation(option: &'static str, value: f64) -> Result<(), RuptureError> {
    require((-1.0..=1.0).contains(&value), option, "must be a correlation from -1 to 1")
}

pub(super) fn spread(option: &'static str, value: f64) -> Result<(), RuptureError> {
    require((0.0..=MOST_POINTS).contains(&value), option, "must be from 0 to 1000000 points")
}

/// An SD or a mean on a scale of a hundred points or fewer.
pub(super) fn hundredths(option: &'static str, value: f64) -> Result<(), RuptureError> {
    require((0.0..=1000.0).contains(&value), option, "must be from 0 to 1000")
}

pub(super) fn points(option: &'static str, value: f64) -> Result<(), RuptureError> {
    require(value.abs() <= MOST_POINTS, option, "must be from -1000000 to 1000000 points")
}

fn lengths(option: &'static str, fewest: usize, (from, to): (usize, usize)) -> Result<(), RuptureError> {
    let fits = fewest <= from && from <= to && to <= MOST_SESSIONS;
    let allowed =
        format!("must be the fewest and the most sessions, {fewest} <= fewest <= most <= {MOST_SESSIONS}");
    require(fits, option, &allowed)
}

fn depth(option: &'static str, depth: &Depth) -> Result<(), RuptureError> {
    let Depth { shallowest, shape, scale } = *depth;
    let fits = (0.0..=MOST_POINTS).contains(&shallowest)
        && shape > 0.0
        && shape <= MOST_POINTS
        && (0.0..=MOST_POINTS).contains(&scale)
        && (shallowest > 0.0 || scale > 0.0);
    let allowed = "the shallowest depth and the scale must be from 0 to 1000000 points and not both 0, \
                   the shape above 0 and at most 1000000";
    require(fits, option, allowed)
}

pub(super) fn scale(option: &'static str, scale: &ScoreScale) -> Result<(), RuptureError> {
    let ScoreScale { lowest, highest, step, orientation } = *scale;
    require(
        orientation == Orientation::HigherIsBetter,
        option,
        "an alliance scale must have the higher score better",
    )?;
    let allowed = "the lowest score must be below the highest, both from -1000000 to 1000000";
    require(lowest < highest && lowest.abs().max(highest.abs()) <= MOST_POINTS, option, allowed)?;
    let Some(step) = step else { return Ok(()) };
    let steps = (highest - lowest) / step;
    let whole =
        step > 0.0 && steps.round() >= 1.0 && steps <= MOST_POINTS && (steps - steps.round()).abs() < WHOLE;
    require(
        whole,
        option,
        "a whole number of steps, at most 1000000, must lie between the lowest and the highest score",
    )
}

impl Simulation {
    /// Whether the options make sense.
    ///
    /// # Errors
    ///
    /// `invalid-option`, with the name of the first option that does not, and what it may be.
    pub fn check(&self) -> Result<(), RuptureError> {
        let (fewest, most) = match self.sessions {
            SessionCount::Fixed(count) => (count, count),
            SessionCount::Between(fewest, most) => (fewest, most),
        };
        lengths("sessions", 0, (fewest, most))?;
        let all = self.dyads.saturating_mul(most.max(1));
        require(
            all <= Self::MOST_SESSIONS,
            "dyads",
            "at most 100000000 sessions, and dyads, can be simulated at once",
        )?;
        require(self.dyads_per_therapist > 0, "dyads_per_therapist", "must be at least 1")?;
        if let Some(of_client) = &self.scale {
            scale("scale", of_client)?;
        }
        self.check_clients()?;
        self.check_events()?;
        self.check_gaps()?;
        self.check_therapist()
    }

    fn check_clients(&self) -> Result<(), RuptureError> {
        let (clients, growth) = (&self.clients, &self.growth);
        points("clients.mean", clients.mean)?;
        let within = self.scale.is_none_or(|scale| (scale.lowest..=scale.highest).contains(&clients.mean));
        require(within, "clients.mean", "must lie between the lowest and the highest score")?;
        spread("clients.between_sd", clients.between_sd)?;
        spread("clients.between_therapists_sd", clients.between_therapists_sd)?;
        spread("clients.within_sd", clients.within_sd)?;
        require(
            (0.0..=3.0).contains(&clients.within_log_sd),
            "clients.within_log_sd",
            "must be from 0 to 3",
        )?;
        let df = if let Noise::StudentT(df) = clients.noise { df } else { 3.0 };
        require(
            df > 2.0 && df <= MOST_POINTS,
            "clients.noise",
            "degrees of freedom must be above 2, at most 1000000",
        )?;
        require(clients.autocorrelation.abs() < 1.0, "clients.autocorrelation", "must be between -1 and 1")?;
        points("growth.mean", growth.mean)?;
        spread("growth.sd", growth.sd)?;
        points("growth.early_rise", growth.early_rise)?;
        let positive = growth.early_sessions > 0.0 && growth.early_sessions <= MOST_POINTS;
        require(positive, "growth.early_sessions", "must be above 0 and at most 1000000")?;
        spread("growth.walk_sd", growth.walk_sd)
    }

    fn check_events(&self) -> Result<(), RuptureError> {
        let (ruptures, nuisance) = (&self.ruptures, &self.nuisance);
        share("ruptures.hazard", ruptures.hazard)?;
        depth("ruptures.depth", &ruptures.depth)?;
        share("ruptures.v", ruptures.v)?;
        share("ruptures.u", ruptures.u)?;
        share("ruptures.slow_decline", ruptures.slow_decline)?;
        share("ruptures.unrepaired", ruptures.unrepaired)?;
        let any = ruptures.v + ruptures.u + ruptures.slow_decline + ruptures.unrepaired > 0.0;
        require(any, "ruptures.v", "the shares of the four shapes must not all be 0")?;
        lengths("ruptures.u_sessions", 2, ruptures.u_sessions)?;
        share("ruptures.u_easing", ruptures.u_easing)?;
        // A U that has eased wholly in its last session is over one session earlier.
        require(ruptures.u_easing < 1.0, "ruptures.u_easing", "must be from 0 to below 1")?;
        lengths("ruptures.slow_sessions", 2, ruptures.slow_sessions)?;
        share("ruptures.withdrawal", ruptures.withdrawal)?;
        share("ruptures.confrontation", ruptures.confrontation)?;
        share("ruptures.mixed", ruptures.mixed)?;
        let any = ruptures.withdrawal + ruptures.confrontation + ruptures.mixed > 0.0;
        require(any, "ruptures.withdrawal", "the shares of the three types must not all be 0")?;
        share("nuisance.hazard", nuisance.hazard)?;
        depth("nuisance.depth", &nuisance.depth)?;
        lengths("nuisance.sessions", 1, nuisance.sessions)
    }

    fn check_gaps(&self) -> Result<(), RuptureError> {
        share("missing.forms", self.missing.forms)?;
        share("missing.forms_after_rupture", self.missing.forms_after_rupture)?;
        share("missing.therapist_forms", self.missing.therapist_forms)?;
        share("missing.answers", self.missing.answers)?;
        share("missing.symptoms", self.missing.symptoms)?;
        share("missing.sessions", self.missing.sessions)?;
        share("missing.sessions_after_rupture", self.missing.sessions_after_rupture)?;
        share("dropout.hazard", self.dropout.hazard)?;
        share("dropout.after_unrepaired", self.dropout.after_unrepaired)
    }

    fn check_therapist(&self) -> Result<(), RuptureError> {
        let rater = &self.therapist;
        if let Some(own) = &rater.scale {
            scale("therapist.scale", own)?;
        }
        points("therapist.offset", rater.offset)?;
        correlation("therapist.level_correlation", rater.level_correlation)?;
        points("therapist.tracking", rater.tracking)?;
        spread("therapist.noise_sd", rater.noise_sd)?;
        correlation("therapist.noise_correlation", rater.noise_correlation)?;
        share("therapist.seen", rater.seen)?;
        share("therapist.false_alarms", rater.false_alarms)?;
        depth("therapist.false_depth", &rater.false_depth)
    }
}
