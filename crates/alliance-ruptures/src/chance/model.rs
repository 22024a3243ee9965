//! The no-rupture model.

use super::ChanceError;
use super::draw::{Drawn, Planted, Source};
use super::falls::{DeepFallLimit, Falls};
use super::fit::Fit;
use super::innovations::Innovations;
use super::summary::Trend;
use crate::{ScoreScale, Series};

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
/// instead of being corrected by formulas that know one of them at a time. [`Fit`] says what becomes of ruptures in the sample.
///
/// **What it cannot know.** Whether something did happen. It has no drift of single
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
    pub(super) pooled_sd: f64,
    pub(super) fit: Fit,
    /// Falls of the sample, if any were set apart. The model is without them.
    pub(super) set_apart: Option<SetApart>,
}

/// Falls of the sample that the model is not to explain.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SetApart {
    pub(super) limit: DeepFallLimit,
    pub(super) falls: Falls,
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
    /// Name of the model, without its fit.
    pub const NAME: &str = "fitted no-rupture AR(1) model, version 2";

    /// Fits the model, resistant to falls in the sample.
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
        Self::fitted(sample, Fit::default())
    }

    /// Fits the model in this way.
    ///
    /// # Errors
    ///
    /// As for [`fit`](Self::fit).
    ///
    /// ```
    /// use alliance_ruptures::chance::{Fit, NullModel};
    /// use alliance_ruptures::simulate::Simulation;
    /// use alliance_ruptures::{ScoreScale, Series};
    ///
    /// // Half of these clients have a rupture.
    /// let clinic = Simulation::new(200, 16).run(1)?;
    /// let sample = Series::new(clinic.client, clinic.offsets, ScoreScale::new(1.0, 7.0)?)?;
    /// let fit = |fit| NullModel::fit_with(&sample, fit).expect("enough clients");
    /// let (resistant, as_observed) = (fit(Fit::ResistantToFalls), fit(Fit::AsObserved));
    /// assert!(resistant.falls().is_some_and(|falls| falls.depth > 0.5));
    /// assert!(resistant.parameters().volatility < as_observed.parameters().volatility);
    /// # Ok::<(), alliance_ruptures::RuptureError>(())
    /// ```
    pub fn fit_with(sample: &Series, fit: Fit) -> Result<Self, ChanceError> {
        Self::fitted(sample, fit)
    }

    /// Falls of the sample that a resistant fit set apart; `None` if there were none or the fit took the sample as
    /// observed.
    pub fn falls(&self) -> Option<Falls> {
        self.set_apart.as_ref().map(|set_apart| set_apart.falls)
    }

    /// Name of the model and its fit, for reports.
    pub fn name(&self) -> &'static str {
        match (self.fit, &self.set_apart) {
            (Fit::AsObserved, _) => "fitted no-rupture AR(1) model, version 2, sample as observed",
            (Fit::ResistantToFalls, Some(_)) => {
                "fitted no-rupture AR(1) model, version 2, deep falls set apart"
            }
            (Fit::ResistantToFalls, None) => {
                "fitted no-rupture AR(1) model, version 2, resistant to falls, none set apart"
            }
        }
    }

    /// What the model is made of, how it was fitted, and what it cannot know, in words.
    pub fn describe(&self) -> String {
        let falls = match (self.fit, self.falls()) {
            (Fit::AsObserved, _) => {
                "The sample was taken as it is: what did happen counts as volatility, which makes these rates too high \
                 and thresholds set to them too strict."
                    .to_owned()
            }
            (Fit::ResistantToFalls, Some(falls)) => format!(
                "Deep falls outnumber deep rises in the sample by more than this model explains. They were set apart, and \
                 the model fitted beside falls that begin in {:.1} % of sessions, {:.1} points deep and {:.1} sessions long on \
                 average; these are no estimate of what happened. If chance itself is skewed towards low scores, they are part \
                 of it, and these rates are too low.",
                100.0 * falls.onsets,
                falls.depth,
                falls.sessions,
            ),
            (Fit::ResistantToFalls, None) => {
                "Deep falls do not outnumber deep rises in the sample by more than this model explains, so it was taken as it \
                 is: falls too few or too shallow to show count as volatility, which makes these rates too high."
                    .to_owned()
            }
        };
        format!(
            "The model is the {}, fitted to {} dyads: normal levels, log-normal volatility, first-order autocorrelation, \
             innovations of the sample, a common trend, the lattice and range of the scale and the sample's own patterns of missing \
             sessions. {falls} It cannot know whether something did happen; nor does it know drifts of single clients, reasons \
             why sessions are missing, or therapists.",
            self.name(),
            self.dyads(),
        )
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

    /// SD within clients around the common trend, pooled over the sample, in points; of what is left of the sample where
    /// deep falls were set apart.
    pub fn pooled_sd(&self) -> f64 {
        self.pooled_sd
    }

    /// Series of this many clients to whom nothing happens.
    ///
    /// The same seed gives the same numbers everywhere; client i is the same whatever the number of clients.
    pub fn simulate(&self, clients: usize, seed: u64) -> Series {
        self.sample_of(0, clients, seed, None, None).0
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
pub(super) fn scored_dyads(sample: &Series) -> Vec<usize> {
    (0..sample.dyads()).filter(|dyad| sample.dyad(*dyad).iter().any(|score| !score.is_nan())).collect()
}

/// Share of sessions without a score between the first and the last scored one.
pub(super) fn missing_share(sample: &Series) -> f64 {
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
