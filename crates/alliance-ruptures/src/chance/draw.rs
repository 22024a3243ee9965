//! Drawing clients from the model.

use alliance_statistics::{Generator, normal_quantile};

use super::NullModel;
use super::summary::Trend;
use crate::{Orientation, ScoreScale};

/// What the random numbers of a stream are for.
const NULL: u64 = 0;
const PLANT: u64 = 1 << 56;

/// A fall to be planted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Planted {
    /// Points before lattice and clipping.
    pub(super) depth: f64,
    /// Scored sessions it lasts.
    pub(super) sessions: usize,
    /// The orientation under which it is a fall.
    pub(super) orientation: Orientation,
}

/// What is known of a simulated client besides the scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Drawn {
    /// Fifth of volatility, 0 the calmest.
    pub(super) fifth: usize,
    /// First and last session of the planted fall.
    pub(super) fall: Option<(usize, usize)>,
}

/// The model, ready to draw from.
pub(super) struct Source<'m> {
    model: &'m NullModel,
    pub(super) form: Form,
    trend: Trend,
    fresh: f64,
    log_volatility: f64,
}

/// One client's ratings.
pub(super) struct Course<'m> {
    source: &'m Source<'m>,
    level: f64,
    sd: f64,
    disturbance: Option<f64>,
}

impl Course<'_> {
    #[inline]
    pub(super) fn step(&mut self, uniform: f64, shape: [f64; 2]) -> f64 {
        let model = self.source.model;
        let innovation = model.innovations.at(uniform);
        let now = self.disturbance.map_or(innovation, |before| {
            model.parameters.autocorrelation * before + self.source.fresh * innovation
        });
        self.disturbance = Some(now);
        self.level + self.source.trend.at(shape) + self.sd * now
    }
}

impl<'m> Source<'m> {
    pub(super) fn new(model: &'m NullModel) -> Self {
        let parameters = &model.parameters;
        Self {
            model,
            form: Form::new(model.sample.scale()),
            trend: parameters.trend(),
            fresh: (1.0 - parameters.autocorrelation.powi(2)).sqrt(),
            log_volatility: libm::log(parameters.volatility),
        }
    }

    pub(super) fn course(&'m self, level: f64, volatility: f64) -> Course<'m> {
        let parameters = &self.model.parameters;
        Course {
            source: self,
            level: parameters.level + parameters.level_sd * level,
            sd: libm::exp(self.log_volatility + parameters.volatility_log_sd * volatility),
            disturbance: None,
        }
    }

    pub(super) fn draw(
        &self,
        seed: u64,
        client: usize,
        sessions: Option<usize>,
        planted: Option<Planted>,
        scores: &mut Vec<f64>,
    ) -> Drawn {
        let mut random = Generator::stream(seed, NULL | client as u64);
        let (level, volatility) = (random.normal(), random.normal());
        let mut course = self.course(level, volatility);
        let start = scores.len();
        let place = random.below(self.model.scored.len());
        let pattern = self.model.scored.get(place).map_or(&[][..], |dyad| self.model.sample.dyad(*dyad));
        let last_shape = self.model.shapes.last().copied().unwrap_or_default();
        // Ratings first: a planted fall comes before lattice and clipping.
        for session in 0..sessions.unwrap_or(pattern.len()) {
            let shape = self.model.shapes.get(session).copied().unwrap_or(last_shape);
            let rating = course.step(random.uniform(), shape);
            let is_missing = match sessions {
                Some(_) => random.bernoulli(self.model.missing),
                None => pattern.get(session).is_none_or(|score| score.is_nan()),
            };
            scores.push(if is_missing { f64::NAN } else { rating });
        }
        let run = scores.get_mut(start..).unwrap_or_default();
        let fall = planted.and_then(|planted| Self::plant(seed, client, planted, run));
        for rating in run {
            *rating = self.form.score(*rating);
        }
        let bound = |share: f64| volatility > normal_quantile(share);
        let fifth = [0.2, 0.4, 0.6, 0.8].into_iter().filter(|share| bound(*share)).count();
        Drawn { fifth, fall }
    }

    /// Worsens some scored sessions in a row, from a random one after the third on.
    fn plant(seed: u64, client: usize, planted: Planted, run: &mut [f64]) -> Option<(usize, usize)> {
        /// Scored sessions before a planted fall: the history rules ask for.
        const BEFORE: usize = 3;
        let mut random = Generator::stream(seed, PLANT | client as u64);
        let count = run.iter().filter(|score| !score.is_nan()).count();
        let places = count.checked_sub(BEFORE).filter(|places| *places > 0)?;
        let first = BEFORE + random.below(places);
        let worse = planted.orientation.worse_by(0.0, planted.depth);
        let mut fall = None;
        let scored = run.iter_mut().enumerate().filter(|(_, score)| !score.is_nan());
        for (session, score) in scored.skip(first).take(planted.sessions) {
            *score += worse;
            fall = Some((fall.map_or(session, |(onset, _)| onset), session));
        }
        fall
    }
}

/// Puts ratings on the lattice and into the range of the scale.
pub(super) struct Form {
    scale: ScoreScale,
    /// Steps per point where that is whole: then scores are quotients of whole numbers, as item means are.
    per_point: Option<f64>,
}

impl Form {
    fn new(scale: ScoreScale) -> Self {
        let per_point = scale.step.map(|step| 1.0 / step);
        let whole = per_point
            .map(f64::round)
            .filter(|whole| per_point.is_some_and(|exact| (exact - whole).abs() < 1e-9));
        Self { scale, per_point: whole }
    }

    #[inline]
    pub(super) fn score(&self, rating: f64) -> f64 {
        if rating.is_nan() {
            return rating;
        }
        let ScoreScale { lowest, highest, step, .. } = self.scale;
        let within = rating.max(lowest).min(highest);
        let Some(step) = step else { return within };
        let steps = ((within - lowest) / step).round();
        let score = match self.per_point {
            Some(per_point) => (lowest * per_point + steps) / per_point,
            None => lowest + steps * step,
        };
        score.min(highest)
    }
}
