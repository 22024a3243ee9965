//! Fitting the model: moving its parameters until what it simulates looks like the sample.

use alliance_statistics::Generator;

use super::draw::Source;
use super::falls::{DeepFallLimit, FallNumbers, Falling, Falls};
use super::innovations::{Innovations, Tails};
use super::model::{SetApart, missing_share, scored_dyads};
use super::summary::{Summary, VOLATILITY_SESSIONS, longest, trend_shapes};
use super::{ChanceError, NullModel, NullParameters};
use crate::Series;

/// Dyads with enough sessions that a fit takes.
const LEAST_DYADS: usize = 10;

/// Simulated clients that a fit compares the sample with: at least these, at most those.
const FIT_CLIENTS: (usize, usize) = (2_400, 8_000);

/// Rounds of a fit, and of a refit that starts from the fit.
const ROUNDS: usize = 24;
const REFIT_ROUNDS: usize = 6;

/// Simulated clients of a refit.
const REFIT_CLIENTS: usize = 800;

/// Client SDs below this share of the pooled one do not get smaller logarithms.
const LEAST_SD: f64 = 0.1;

/// The fit's own random numbers do not depend on the caller's seed: a fit is a function of the sample.
const FIT_SEED: u64 = 0x6e75_6c6c;

/// What the streams of falls are numbered from.
const FALLS: u64 = 1 << 56;

/// Tukey's h of the lightest and heaviest tails; at 1/3 tails fall as those of a t with 3 degrees of freedom.
const LEAST_H: f64 = -0.03;
const MOST_H: f64 = 0.35;

/// What a fit makes of falls in the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Fit {
    /// All of the sample is chance. Ruptures in it count as volatility and heavy tails: expected rates are then too high
    /// and calibrated thresholds too strict. For samples in which nothing happened.
    AsObserved,
    /// Deep falls are set apart where the sample has more of them than chance explains; else as observed. The default.
    ///
    /// A score is a deep fall if it lies three SDs below its client's median, by the spread of the scores above that
    /// median, shrunk to that of a typical client. Deep falls are left out of what is matched, in the sample and in what is
    /// simulated alike; innovations are those for the better, mirrored. What falls leave behind, shallow ones and the
    /// rims of deep ones, is matched by falls in the simulated series of the fit. Their frequency follows from the excess of
    /// deep falls over rises of that size, their depths and lengths from those of deep falls. The fitted model is without
    /// them. They stay set apart only if deep falls outnumber those of that model by two standard errors.
    ///
    /// It rests on chance being symmetric before it meets the ends of the scale.
    #[default]
    ResistantToFalls,
}

impl NullModel {
    pub(super) fn fitted(sample: &Series, fit: Fit) -> Result<Self, ChanceError> {
        check(sample)?;
        let shapes = trend_shapes(longest(sample.offsets()));
        let beside_falls = match fit {
            Fit::AsObserved => None,
            Fit::ResistantToFalls => Self::fitted_beside_falls(sample, &shapes),
        };
        Ok(beside_falls.unwrap_or_else(|| {
            let (mut model, observed) = Self::start(sample, sample.scores(), shapes, fit, None);
            model.match_summary(&observed, model.fit_clients(), ROUNDS);
            model
        }))
    }

    /// `None` where the sample has no more deep falls than the model without falls, or little but them.
    fn fitted_beside_falls(sample: &Series, shapes: &[[f64; 2]]) -> Option<Self> {
        let limit = DeepFallLimit::of(sample, shapes)?;
        let mut scores = sample.scores().to_vec();
        let deep = limit.leave_out(&mut scores, sample.offsets(), shapes);
        let set_apart = SetApart { limit: limit.clone(), falls: Falls::start(&deep) };
        let fit = Fit::ResistantToFalls;
        let (mut model, observed) = Self::start(sample, &scores, shapes.to_vec(), fit, Some(set_apart));
        if observed.clients < LEAST_DYADS || observed.within_variance <= 0.0 {
            return None;
        }
        let clients = model.fit_clients();
        model.match_summary(&Summary { falls: deep, ..observed }, clients, ROUNDS);
        let without = model.simulate(clients, FIT_SEED);
        let by_chance = limit.leave_out(&mut without.scores().to_vec(), without.offsets(), shapes);
        deep.outnumber(&by_chance).then_some(model)
    }

    /// The model before its fit, and the summary it is to have, from what is kept of the scores of a sample.
    fn start(
        sample: &Series,
        kept: &[f64],
        shapes: Vec<[f64; 2]>,
        fit: Fit,
        set_apart: Option<SetApart>,
    ) -> (Self, Summary) {
        let summary = |least_sd| Summary::of(kept, sample.offsets(), &shapes, least_sd);
        let pooled_sd = summary(0.0).within_variance.sqrt();
        let observed = summary(LEAST_SD * pooled_sd);
        let parameters = NullParameters {
            level: observed.level,
            level_sd: observed.level_variance.sqrt(),
            early_rise: observed.trend.rise,
            growth: observed.trend.line,
            volatility: libm::exp(observed.log_sd),
            volatility_log_sd: observed.log_sd_variance.sqrt() * 0.7,
            autocorrelation: observed.autocorrelation,
            tail_h: 0.0,
        };
        let tails = if set_apart.is_some() { Tails::Better } else { Tails::Both };
        let innovations = Innovations::of(kept, sample.offsets(), sample.scale(), &shapes, &observed, tails);
        let model = Self {
            parameters,
            innovations,
            missing: missing_share(sample),
            sample: sample.clone(),
            scored: scored_dyads(sample),
            shapes,
            pooled_sd,
            fit,
            set_apart,
        };
        (model, observed)
    }

    /// The same model fitted, in fewer rounds with fewer clients and from this fit on, to dyads drawn with
    /// replacement; without random numbers to the sample as it is, which says what the shorter way does by itself.
    /// Whether falls are set apart stays as it is.
    pub(super) fn refit(&self, random: Option<&mut Generator>) -> Self {
        let mut model = self.clone();
        if let Some(random) = random {
            let (mut scores, mut offsets) = (Vec::with_capacity(self.sample.len()), vec![0]);
            for _ in 0..self.sample.dyads() {
                scores.extend_from_slice(self.sample.dyad(random.below(self.sample.dyads())));
                offsets.push(scores.len());
            }
            let Ok(sample) = Series::new(scores, offsets, self.sample.scale()) else { return model };
            model.scored = scored_dyads(&sample);
            model.missing = missing_share(&sample);
            model.sample = sample;
        }
        let sample = &model.sample;
        let mut kept = sample.scores().to_vec();
        let observed = self.summary(&mut kept, sample.offsets());
        // Clients with long series may happen not to be drawn.
        if observed.clients >= 2 && observed.within_variance > 0.0 {
            let tails = if self.set_apart.is_some() { Tails::Better } else { Tails::Both };
            model.innovations =
                Innovations::of(&kept, sample.offsets(), sample.scale(), &self.shapes, &observed, tails);
            model.innovations.stretch(self.parameters.tail_h);
            model.match_summary(&observed, REFIT_CLIENTS, REFIT_ROUNDS);
            model
        } else {
            self.clone()
        }
    }

    /// What these scores say; makes deep falls NaN where they are set apart.
    fn summary(&self, scores: &mut [f64], offsets: &[usize]) -> Summary {
        let leave_out = |set_apart: &SetApart| set_apart.limit.leave_out(scores, offsets, &self.shapes);
        let falls = self.set_apart.as_ref().map(leave_out).unwrap_or_default();
        Summary { falls, ..Summary::of(scores, offsets, &self.shapes, LEAST_SD * self.pooled_sd) }
    }

    fn fit_clients(&self) -> usize {
        (4 * self.sample.dyads()).clamp(FIT_CLIENTS.0, FIT_CLIENTS.1)
    }

    /// Moves the parameters until simulated clients have the summary of the sample.
    fn match_summary(&mut self, observed: &Summary, clients: usize, rounds: usize) {
        let scale = self.sample.scale();
        let width = scale.highest - scale.lowest;
        let raw = RawNumbers::new(self, clients);
        let mut scores = Vec::new();
        let (mut level_variance, mut log_variance) =
            (self.parameters.level_sd.powi(2), self.parameters.volatility_log_sd.powi(2));
        for round in 0..rounds {
            raw.scores(self, &mut scores);
            let simulated = self.summary(&mut scores, &raw.offsets);
            // Full steps first; half steps in the second half settle what full ones would swing around.
            let gain = if round < rounds / 2 { 1.0 } else { 0.5 };
            if let Some(set_apart) = &mut self.set_apart {
                set_apart.falls.move_towards(&observed.falls, &simulated.falls, gain, width);
            }
            let now = &mut self.parameters;
            now.level = (now.level + gain * (observed.level - simulated.level))
                .clamp(scale.lowest - width, scale.highest + width);
            level_variance = (level_variance + gain * (observed.level_variance - simulated.level_variance))
                .clamp(0.0, width * width);
            now.level_sd = level_variance.sqrt();
            now.early_rise =
                (now.early_rise + gain * (observed.trend.rise - simulated.trend.rise)).clamp(-width, width);
            now.growth =
                (now.growth + gain * (observed.trend.line - simulated.trend.line)).clamp(-width, width);
            let log_volatility = libm::log(now.volatility) + gain * (observed.log_sd - simulated.log_sd);
            now.volatility = libm::exp(log_volatility).clamp(1e-6 * width, width);
            log_variance = (log_variance + gain * (observed.log_sd_variance - simulated.log_sd_variance))
                .clamp(0.0, 2.0);
            now.volatility_log_sd = log_variance.sqrt();
            now.autocorrelation = (now.autocorrelation
                + gain * 1.2 * (observed.autocorrelation - simulated.autocorrelation))
                .clamp(-0.9, 0.9);
            if observed.kurtosis > 0.0 && simulated.kurtosis > 0.0 {
                let h = now.tail_h + 0.5 * gain * libm::log(observed.kurtosis / simulated.kurtosis);
                now.tail_h = h.clamp(LEAST_H, MOST_H);
                self.innovations.stretch(self.parameters.tail_h);
            }
        }
    }
}

/// Random numbers of a fit, drawn once: with the same numbers in every round, a change of the summary is a change of
/// the parameters.
struct RawNumbers {
    offsets: Vec<usize>,
    /// Standard normal level and volatility of each client.
    clients: Vec<[f64; 2]>,
    /// Uniform number of each session.
    sessions: Vec<f64>,
    /// Whether the session has a score.
    is_scored: Vec<bool>,
    /// Empty where no falls are set apart.
    falls: Vec<FallNumbers>,
}

impl RawNumbers {
    fn new(model: &NullModel, clients: usize) -> Self {
        let mut raw = Self {
            offsets: vec![0],
            clients: Vec::new(),
            sessions: Vec::new(),
            is_scored: Vec::new(),
            falls: Vec::new(),
        };
        let scored = model.scored.len();
        for client in 0..clients {
            // Every pattern as often as any other, as far as it goes.
            let place = if scored > clients { client * scored / clients } else { client % scored.max(1) };
            let pattern = model.scored.get(place).map_or(&[][..], |dyad| model.sample.dyad(*dyad));
            let mut random = Generator::stream(FIT_SEED, client as u64);
            raw.clients.push([random.normal(), random.normal()]);
            for score in pattern {
                raw.sessions.push(random.uniform());
                raw.is_scored.push(!score.is_nan());
            }
            raw.offsets.push(raw.sessions.len());
            if model.set_apart.is_some() {
                let mut random = Generator::stream(FIT_SEED, FALLS | client as u64);
                raw.falls.extend(pattern.iter().map(|_| FallNumbers::draw(&mut random)));
            }
        }
        raw
    }

    fn scores(&self, model: &NullModel, scores: &mut Vec<f64>) {
        scores.clear();
        let source = Source::new(model);
        let orientation = model.sample.scale().orientation;
        for (range, normal) in self.offsets.windows(2).zip(&self.clients) {
            let &[start, end] = range else { continue };
            let mut course = source.course(normal[0], normal[1]);
            let sessions = self.sessions.get(start..end).unwrap_or_default();
            let is_scored = self.is_scored.get(start..end).unwrap_or_default();
            let first = scores.len();
            for (uniform, shape) in sessions.iter().zip(&model.shapes) {
                scores.push(course.step(*uniform, *shape));
            }
            let ratings = scores.get_mut(first..).unwrap_or_default();
            if let Some(set_apart) = &model.set_apart {
                let mut falling = Falling::new(&set_apart.falls);
                let numbers = self.falls.get(start..end).unwrap_or_default();
                for ((rating, is_scored), numbers) in ratings.iter_mut().zip(is_scored).zip(numbers) {
                    *rating = orientation.worse_by(*rating, falling.step(numbers, *is_scored));
                }
            }
            for (rating, is_scored) in ratings.iter_mut().zip(is_scored) {
                *rating = if *is_scored { source.form.score(*rating) } else { f64::NAN };
            }
        }
    }
}

/// Whether there are enough dyads, and variation.
fn check(sample: &Series) -> Result<(), ChanceError> {
    let scored_sessions = |run: &[f64]| run.iter().filter(|score| !score.is_nan()).count();
    let dyads = sample.runs().filter(|run| scored_sessions(run) >= VOLATILITY_SESSIONS).count();
    if dyads < LEAST_DYADS {
        return Err(ChanceError::TooFewDyads { dyads, sessions: VOLATILITY_SESSIONS, needed: LEAST_DYADS });
    }
    let varies = |run: &&[f64]| {
        let mut scores = run.iter().filter(|score| !score.is_nan());
        let first = scores.next();
        scores.any(|score| Some(score) != first)
    };
    let varying =
        sample.runs().filter(|run| scored_sessions(run) >= VOLATILITY_SESSIONS).filter(varies).count();
    if varying < LEAST_DYADS {
        return Err(ChanceError::NoVariation { varying, dyads, needed: LEAST_DYADS });
    }
    Ok(())
}
