//! The no-rupture model and its fit.

use alliance_statistics::Generator;

use super::ChanceError;
use super::draw::{Drawn, Planted, Source};
use super::innovations::Innovations;
use super::summary::{Summary, Trend, VOLATILITY_SESSIONS, longest, trend_shapes};
use crate::{ScoreScale, Series};

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

/// Parameters of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct NullParameters {
    /// Mean over clients of the level in the first session, in points, before clipping to the scale.
    pub level: f64,
    /// SD over clients of the level, in points; levels are normal.
    pub level_sd: f64,
    /// Common early rise over the sessions, `early_rise * (1 - exp(-t / 3))` at session t from 0, in points.
    pub early_rise: f64,
    /// Common linear growth per session, in points.
    pub growth: f64,
    /// Median over clients of the SD within a client, in points; SDs are log-normal.
    pub volatility: f64,
    /// SD over clients of the natural logarithm of that SD: 0 where all are equally volatile.
    pub volatility_log_sd: f64,
    /// First-order autocorrelation within clients.
    pub autocorrelation: f64,
    /// Tukey's h, by which the sample's standardised innovations `e` are stretched to `e exp(h e^2 / 2)`, so that
    /// tails are as heavy as the sample's; 0 leaves them.
    pub tail_h: f64,
}

impl NullParameters {
    pub(super) fn trend(&self) -> Trend {
        Trend { rise: self.early_rise, line: self.growth }
    }
}

/// How clients' scores would run if nothing happened, fitted to a sample.
///
/// Client i, session t from 0, with `w` of SD 1:
///
/// ```text
/// y(i,t) = on lattice, clipped to the scale: level(i) + rise(t) + sd(i) * w(i,t)
/// w(i,t) = a w(i,t-1) + sqrt(1 - a^2) e(i,t),  w(i,0) = e(i,0)
/// level(i) normal;  log sd(i) normal;  e drawn from the sample's own standardised innovations
/// ```
///
/// The pattern of sessions with a score, with its length, is that of a real client drawn with replacement.
///
/// **Fit.** By simulated moments (indirect inference: Gourieroux, Monfort and Renault 1993, J Appl Econometrics 8,
/// S85-S118): mean and variance of clients' means, common trend, mean and variance of the logarithm of clients' SDs, pooled
/// lag-1 autocorrelation and kurtosis within clients are computed on the sample and, by the same function, on
/// series simulated with the same patterns, and the parameters moved until both agree. So the sampling error of SDs from short
/// series, the bias of their autocorrelation, and what ceiling and lattice do to all of them cancel
/// instead of being corrected by formulas that know one of them at a time.
///
/// **What it cannot know.** Whether something did happen: ruptures in the sample become part of its volatility,
/// tails and autocorrelation, which makes expected rates too high and calibrated thresholds too strict. It has no drift of single
/// clients besides the autocorrelation, no dependence of missing sessions on scores, and no therapists.
#[derive(Clone, PartialEq)]
pub struct NullModel {
    pub(super) parameters: NullParameters,
    pub(super) innovations: Innovations,
    /// For bootstrap, and for patterns.
    pub(super) sample: Series,
    /// Dyads with any score.
    pub(super) scored: Vec<usize>,
    pub(super) shapes: Vec<[f64; 2]>,
    /// Share of sessions without a score between a client's first and last scored one.
    pub(super) missing: f64,
    pooled_sd: f64,
}

impl std::fmt::Debug for NullModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NullModel")
            .field("parameters", &self.parameters)
            .field("sample", &self.sample)
            .finish_non_exhaustive()
    }
}

impl NullModel {
    /// Name of the model, for reports.
    pub const NAME: &str = "fitted no-rupture AR(1) model, version 1";

    /// Fits the model.
    ///
    /// # Errors
    ///
    /// `cannot-be-fitted` with fewer than 10 dyads that have at least 4 scored sessions, or fewer than 10
    /// of those whose scores vary.
    ///
    /// ```
    /// use alliance_ruptures::chance::NullModel;
    /// use alliance_ruptures::simulate::Simulation;
    /// use alliance_ruptures::{ScoreScale, Series};
    ///
    /// let clinic = Simulation::null_unequal_ceiling(60, 16).run(1)?;
    /// let sample = Series::new(clinic.client, clinic.offsets, ScoreScale::new(1.0, 7.0)?)?;
    /// let model = NullModel::fit(&sample).expect("60 clients of 16 sessions are enough");
    /// assert!((model.parameters().volatility - 0.30).abs() < 0.08);
    /// # Ok::<(), alliance_ruptures::RuptureError>(())
    /// ```
    pub fn fit(sample: &Series) -> Result<Self, ChanceError> {
        let scored_sessions = |run: &[f64]| run.iter().filter(|score| !score.is_nan()).count();
        let dyads = sample.runs().filter(|run| scored_sessions(run) >= VOLATILITY_SESSIONS).count();
        if dyads < LEAST_DYADS {
            return Err(ChanceError::TooFewDyads {
                dyads,
                sessions: VOLATILITY_SESSIONS,
                needed: LEAST_DYADS,
            });
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
        let shapes = trend_shapes(longest(sample.offsets()));
        let rough = Summary::of(sample.scores(), sample.offsets(), &shapes, 0.0);
        let pooled_sd = rough.within_variance.sqrt();
        let observed = Summary::of(sample.scores(), sample.offsets(), &shapes, LEAST_SD * pooled_sd);
        let start = NullParameters {
            level: observed.level,
            level_sd: observed.level_variance.sqrt(),
            early_rise: observed.trend.rise,
            growth: observed.trend.line,
            volatility: libm::exp(observed.log_sd),
            volatility_log_sd: observed.log_sd_variance.sqrt() * 0.7,
            autocorrelation: observed.autocorrelation,
            tail_h: 0.0,
        };
        let innovations = Innovations::of(sample, &observed, &shapes);
        let mut model = Self {
            parameters: start,
            innovations,
            missing: missing_share(sample),
            sample: sample.clone(),
            scored: scored_dyads(sample),
            shapes,
            pooled_sd,
        };
        let clients = (4 * sample.dyads()).clamp(FIT_CLIENTS.0, FIT_CLIENTS.1);
        model.match_summary(&observed, clients, ROUNDS);
        Ok(model)
    }

    /// The same model fitted, in fewer rounds with fewer clients and from this fit on, to dyads drawn with
    /// replacement; without random numbers to the sample as it is, which says what the shorter way does by itself.
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
        let observed = Summary::of(sample.scores(), sample.offsets(), &self.shapes, self.least_sd());
        // Clients with long series may happen not to be drawn.
        if observed.clients >= 2 && observed.within_variance > 0.0 {
            model.innovations = Innovations::of(sample, &observed, &self.shapes);
            model.innovations.stretch(self.parameters.tail_h);
            model.match_summary(&observed, REFIT_CLIENTS, REFIT_ROUNDS);
            model
        } else {
            self.clone()
        }
    }

    /// The fitted parameters.
    pub fn parameters(&self) -> NullParameters {
        self.parameters
    }

    /// Dyads of the sample.
    pub fn dyads(&self) -> usize {
        self.sample.dyads()
    }

    /// Scale of the scores.
    pub fn scale(&self) -> ScoreScale {
        self.sample.scale()
    }

    /// SD within clients around the common trend, pooled over the sample, in points.
    pub fn pooled_sd(&self) -> f64 {
        self.pooled_sd
    }

    /// Series of this many clients to whom nothing happens.
    ///
    /// The same seed gives the same numbers everywhere; client i is the same whatever the number of clients.
    pub fn simulate(&self, clients: usize, seed: u64) -> Series {
        self.sample_of(0, clients, seed, None, None).0
    }

    /// What is added in quadrature to each client's SD.
    pub(super) fn least_sd(&self) -> f64 {
        LEAST_SD * self.pooled_sd
    }

    /// Clients from `first` on.
    pub(super) fn sample_of(
        &self,
        first: usize,
        clients: usize,
        seed: u64,
        sessions: Option<usize>,
        planted: Option<Planted>,
    ) -> (Series, Vec<Drawn>) {
        let source = Source::new(self);
        let mean_length = sessions.unwrap_or(self.sample.len() / self.sample.dyads().max(1) + 1);
        let mut scores = Vec::with_capacity(clients * mean_length);
        let mut offsets = Vec::with_capacity(clients + 1);
        let mut drawn = Vec::with_capacity(clients);
        offsets.push(0);
        for client in first..first + clients {
            drawn.push(source.draw(seed, client, sessions, planted, &mut scores));
            offsets.push(scores.len());
        }
        let scale = self.sample.scale();
        // Every score was clipped to the scale, so this cannot be refused.
        let series = Series::new(scores, offsets, scale)
            .or_else(|_| Series::new(Vec::new(), vec![0; clients + 1], scale));
        (series.unwrap_or_else(|_| self.sample.clone()), drawn)
    }
}

/// Dyads with any score.
fn scored_dyads(sample: &Series) -> Vec<usize> {
    (0..sample.dyads()).filter(|dyad| sample.dyad(*dyad).iter().any(|score| !score.is_nan())).collect()
}

/// Share of sessions without a score between the first and the last scored one.
fn missing_share(sample: &Series) -> f64 {
    let (mut missing, mut all) = (0_usize, 0_usize);
    for run in sample.runs() {
        let is_scored = |score: &f64| !score.is_nan();
        if let (Some(first), Some(last)) = (run.iter().position(is_scored), run.iter().rposition(is_scored)) {
            let span = run.get(first..=last).unwrap_or_default();
            all += span.len();
            missing += span.iter().filter(|score| score.is_nan()).count();
        }
    }
    missing as f64 / all.max(1) as f64
}
