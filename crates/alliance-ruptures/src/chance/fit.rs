//! Moving the model's parameters until what it simulates looks like the sample.

use alliance_statistics::Generator;

use super::NullModel;
use super::draw::Source;
use super::summary::Summary;

/// The fit's own random numbers do not depend on the caller's seed: a fit is a function of the sample.
const FIT_SEED: u64 = 0x6e75_6c6c;

/// Tukey's h of the lightest and heaviest tails; at 1/3 tails fall as those of a t with 3 degrees of freedom.
const LEAST_H: f64 = -0.03;
const MOST_H: f64 = 0.35;

impl NullModel {
    /// Moves the parameters until simulated clients have the summary of the sample.
    pub(super) fn match_summary(&mut self, observed: &Summary, clients: usize, rounds: usize) {
        let least_sd = self.least_sd();
        let scale = self.sample.scale();
        let width = scale.highest - scale.lowest;
        let raw = RawNumbers::new(self, clients);
        let mut scores = Vec::new();
        let (mut level_variance, mut log_variance) =
            (self.parameters.level_sd.powi(2), self.parameters.volatility_log_sd.powi(2));
        for round in 0..rounds {
            raw.scores(self, &mut scores);
            let simulated = Summary::of(&scores, &raw.offsets, &self.shapes, least_sd);
            // Full steps first; half steps in the second half settle what full ones would swing around.
            let gain = if round < rounds / 2 { 1.0 } else { 0.5 };
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
}

impl RawNumbers {
    fn new(model: &NullModel, clients: usize) -> Self {
        let mut raw =
            Self { offsets: vec![0], clients: Vec::new(), sessions: Vec::new(), is_scored: Vec::new() };
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
        }
        raw
    }

    fn scores(&self, model: &NullModel, scores: &mut Vec<f64>) {
        scores.clear();
        let source = Source::new(model);
        for (range, normal) in self.offsets.windows(2).zip(&self.clients) {
            let &[start, end] = range else { continue };
            let mut course = source.course(normal[0], normal[1]);
            let sessions = self.sessions.get(start..end).unwrap_or_default();
            let is_scored = self.is_scored.get(start..end).unwrap_or_default();
            for ((uniform, is_scored), shape) in sessions.iter().zip(is_scored).zip(&model.shapes) {
                let rating = course.step(*uniform, *shape);
                scores.push(if *is_scored { source.form.score(rating) } else { f64::NAN });
            }
        }
    }
}
