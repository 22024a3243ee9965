//! One dyad after the other, session by session.

use std::ops::Range;

use alliance_statistics::Generator;

use super::options::{Noise, Nuisance};
use super::rupture::{RuptureProcess, draw_depth, length_between};
use super::simulated::{Dip, Simulated, SimulatedClient};
use super::streams::{Part, stream};
use super::{SessionCount, Simulation};
use crate::ScoreScale;

/// How near a number must be to a whole one to be meant as one.
const WHOLE: f64 = 1e-9;

/// Puts ratings on the lattice and into the range of a form.
struct Form {
    scale: Option<ScoreScale>,
    /// Steps per point, where that is a whole number: then scores are quotients of whole numbers, to the last bit those
    /// of item means.
    steps_per_point: Option<f64>,
}

impl Form {
    fn new(scale: Option<ScoreScale>) -> Self {
        let per_point = scale.and_then(|scale| scale.step).map(|step| 1.0 / step);
        let steps_per_point = per_point
            .map(f64::round)
            .filter(|whole| per_point.is_some_and(|exact| (exact - whole).abs() < WHOLE));
        Self { scale, steps_per_point }
    }

    fn score(&self, rating: f64) -> f64 {
        let Some(ScoreScale { lowest, highest, step, .. }) = self.scale else { return rating };
        let within = rating.max(lowest).min(highest);
        let Some(step) = step else { return within };
        let steps = ((within - lowest) / step).round();
        let score = match self.steps_per_point {
            Some(per_point) => (lowest * per_point + steps) / per_point,
            None => lowest + steps * step,
        };
        score.min(highest)
    }
}

/// A dip that is going on.
struct OpenDip {
    left: usize,
    record: Dip,
}

/// The dips of one dyad that are no ruptures.
struct NuisanceProcess<'o> {
    options: &'o Nuisance,
    random: Generator,
    open: Option<OpenDip>,
}

impl NuisanceProcess<'_> {
    fn step(&mut self, dyad: usize, session: usize, held: bool, ended: &mut Vec<Dip>) -> f64 {
        let begins = self.random.bernoulli(self.options.hazard);
        if let Some(open) = self.open.as_mut().filter(|open| open.left > 0) {
            open.left -= 1;
            open.record.sessions += 1;
            return open.record.depth;
        }
        self.finish(ended);
        if !(begins && held) {
            return 0.0;
        }
        let left = length_between(&mut self.random, self.options.sessions).saturating_sub(1);
        let depth = draw_depth(&mut self.random, &self.options.depth);
        self.open = Some(OpenDip { left, record: Dip { dyad, onset: session, sessions: 1, depth } });
        depth
    }

    fn finish(&mut self, ended: &mut Vec<Dip>) {
        ended.extend(self.open.take().map(|open| open.record));
    }
}

/// Autocorrelated disturbances with SD 1.
struct Disturbances {
    random: Generator,
    noise: Noise,
    autocorrelation: f64,
    fresh: f64,
    last: Option<f64>,
}

impl Disturbances {
    fn new(simulation: &Simulation, random: Generator) -> Self {
        let autocorrelation = simulation.clients.autocorrelation;
        let fresh = (1.0 - autocorrelation * autocorrelation).sqrt();
        Self { random, noise: simulation.clients.noise, autocorrelation, fresh, last: None }
    }

    fn step(&mut self) -> f64 {
        let shock = match self.noise {
            Noise::Normal => self.random.normal(),
            Noise::StudentT(df) => self.random.student_t(df) * ((df - 2.0) / df).sqrt(),
        };
        let now = self.last.map_or(shock, |last| self.autocorrelation * last + self.fresh * shock);
        self.last = Some(now);
        now
    }
}

/// Draws these dyads. The options have been checked.
pub(super) fn draw(simulation: &Simulation, seed: u64, dyads: Range<usize>) -> Simulated {
    let mut clinic = Simulated::empty(simulation, seed);
    let sessions = dyads.len() * simulation.sessions.most();
    for column in [
        &mut clinic.client,
        &mut clinic.therapist,
        &mut clinic.truth.deficit,
        &mut clinic.truth.nuisance_deficit,
        &mut clinic.truth.rating,
    ] {
        column.reserve(sessions);
    }
    clinic.held.reserve(sessions);
    let forms = (Form::new(simulation.scale), Form::new(simulation.therapist.scale.or(simulation.scale)));
    let early_rise: Vec<f64> =
        (0..simulation.sessions.most()).map(|session| simulation.growth.early_rise_at(session)).collect();
    for dyad in dyads {
        draw_dyad(simulation, seed, dyad, &forms, &early_rise, &mut clinic);
    }
    clinic
}

/// The lasting parameters of a client.
fn draw_client(simulation: &Simulation, seed: u64, dyad: usize) -> SimulatedClient {
    let Simulation { clients, growth, therapist, .. } = simulation;
    let of_therapist = stream(seed, Part::TherapistEffect, dyad / simulation.dyads_per_therapist).normal()
        * clients.between_therapists_sd;
    let mut random = stream(seed, Part::Client, dyad);
    let (own, theirs) = (random.normal(), random.normal());
    let shared = therapist.level_correlation;
    let level = clients.mean + of_therapist + clients.between_sd * own;
    let slope = growth.mean + growth.sd * random.normal();
    let within_sd = clients.within_sd * libm::exp(clients.within_log_sd * random.normal());
    let therapist_level = clients.mean
        + therapist.offset
        + of_therapist
        + clients.between_sd * (shared * own + (1.0 - shared * shared).sqrt() * theirs);
    SimulatedClient { level, growth: slope, within_sd, therapist_level }
}

fn draw_dyad(
    simulation: &Simulation,
    seed: u64,
    dyad: usize,
    (client_form, therapist_form): &(Form, Form),
    early_rise: &[f64],
    clinic: &mut Simulated,
) {
    let Simulation { missing, therapist: rater, .. } = simulation;
    let client = draw_client(simulation, seed, dyad);
    let mut walk_random = stream(seed, Part::Walk, dyad);
    let mut attendance = stream(seed, Part::Attendance, dyad);
    let mut therapist_random = stream(seed, Part::Therapist, dyad);
    let mut disturbances = Disturbances::new(simulation, stream(seed, Part::Noise, dyad));
    let mut ruptures = RuptureProcess::new(
        &simulation.ruptures,
        stream(seed, Part::Ruptures, dyad),
        stream(seed, Part::RuptureTypes, dyad),
        rater.seen,
    );
    let mut nuisance = NuisanceProcess {
        options: &simulation.nuisance,
        random: stream(seed, Part::Nuisance, dyad),
        open: None,
    };
    let own_noise = (1.0 - rater.noise_correlation * rater.noise_correlation).sqrt();

    let sessions = match simulation.sessions {
        SessionCount::Fixed(count) => count,
        SessionCount::Between(fewest, most) => length_between(&mut attendance, (fewest, most)),
    };
    let truth = &mut clinic.truth;
    let mut walk = 0.0;
    let mut in_rupture = false;
    let mut dropout = None;
    for (session, early_rise) in early_rise.iter().enumerate().take(sessions) {
        // One draw for each decision in every session keeps the decisions of later sessions in step.
        let [leaves, skips, form_lost, therapist_lost] = std::array::from_fn(|_| attendance.uniform());
        let later = session > 0;
        let risk = if ruptures.unrepaired() { simulation.dropout.after_unrepaired } else { 0.0 };
        if later && leaves < simulation.dropout.hazard + risk {
            dropout = Some(session);
            break;
        }
        let after_rupture = |added: f64| if in_rupture { added } else { 0.0 };
        let held = !(later && skips < missing.sessions + after_rupture(missing.sessions_after_rupture));
        let form_missing = form_lost < missing.forms + after_rupture(missing.forms_after_rupture);

        if later {
            walk += simulation.growth.walk_sd * walk_random.normal();
        }
        let disturbance = disturbances.step();
        let deficit = ruptures.step(dyad, session, held, &mut truth.ruptures);
        let dip = nuisance.step(dyad, session, held, &mut truth.nuisance);
        in_rupture = deficit > 0.0;

        let course = client.growth * session as f64 + early_rise + walk;
        let rating = client.level + course + client.within_sd * disturbance - deficit - dip;
        truth.rating.push(rating);
        clinic.client.push(if held && !form_missing { client_form.score(rating) } else { f64::NAN });

        let noise = rater.noise_correlation * disturbance + own_noise * therapist_random.normal();
        let mut false_dip = 0.0;
        if therapist_random.bernoulli(rater.false_alarms) && held && !in_rupture {
            false_dip = draw_depth(&mut therapist_random, &rater.false_depth);
            truth.false_alarms.push(Dip { dyad, onset: session, sessions: 1, depth: false_dip });
        }
        let seen_deficit = if ruptures.seen() { deficit } else { 0.0 };
        let rating = client.therapist_level + rater.tracking * (course - seen_deficit) - false_dip
            + rater.noise_sd * noise;
        let present = held && therapist_lost >= missing.therapist_forms;
        clinic.therapist.push(if present { therapist_form.score(rating) } else { f64::NAN });

        clinic.held.push(held);
        truth.deficit.push(deficit);
        truth.nuisance_deficit.push(dip);
    }
    ruptures.finish(dropout.is_some(), &mut truth.ruptures);
    nuisance.finish(&mut truth.nuisance);
    truth.clients.push(client);

    let end = clinic.offsets.last().copied().unwrap_or_default() + sessions;
    clinic.offsets.push(end);
    for column in [
        &mut clinic.client,
        &mut clinic.therapist,
        &mut truth.deficit,
        &mut truth.nuisance_deficit,
        &mut truth.rating,
    ] {
        column.resize(end, f64::NAN);
    }
    clinic.held.resize(end, false);
    clinic.dropout.push(dropout);
    clinic.therapist_of.push(dyad / simulation.dyads_per_therapist);
}
