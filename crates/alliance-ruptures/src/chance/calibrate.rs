//! Rules set to a wanted chance rate.

use super::draw::{Drawn, Planted};
use super::options::in_threads;
use super::tally::{Tally, samples, share};
use super::{ChanceError, ChanceOptions, Estimate, NullModel};
use crate::detector::ThresholdRange;
use crate::{Detection, Detector, RuptureError, Series, Spread, detect_with};

/// Rounds of bisection: the threshold is then known to one millionth.
const ROUNDS: usize = 24;

/// Largest threshold that is tried, in units of the rule, doubling from 1: 2 to this power.
const MOST_DOUBLINGS: usize = 40;

/// Smallest threshold that is tried where there is no lattice, in units of the rule: smaller ones drown in rounding.
const LEAST_THRESHOLD: f64 = 1e-6;

/// Log odds of the smallest and the largest probability that is tried as a threshold.
const LOG_ODDS: (f64, f64) = (-14.0, 30.0);

/// Of what a rate is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Per {
    /// Flagged sessions over sessions that could be flagged.
    Session,
    /// Clients with at least one flagged session over clients assessed.
    Client,
}

/// Depths of planted falls.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Depths {
    /// In points.
    Points(Vec<f64>),
    /// In SDs within clients, pooled over the user's sample.
    PooledSds(Vec<f64>),
}

/// How many planted falls of one depth a rule finds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Recall {
    /// Depth in points, before lattice and clipping.
    pub points: f64,
    /// Depth in pooled SDs within clients.
    pub pooled_sds: f64,
    /// Share of falls of one session in which that session is flagged.
    pub one_session: Estimate,
    /// Share of falls of three sessions in which at least one of them is flagged.
    pub three_sessions: Estimate,
}

/// A rule with the threshold that gives a wanted chance rate.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Calibration {
    /// The rule with its threshold.
    pub rule: Detector,
    /// Name of the model and its fit.
    pub model: &'static str,
    /// The rate that was wanted.
    pub wanted: f64,
    /// Of what.
    pub per: Per,
    /// The rate the rule has: the largest attainable one that is not above the wanted.
    pub attained: Estimate,
    /// The smallest rate above the wanted one that was met: on a lattice, what one step less would give, else about the
    /// wanted rate. Not above it if even the smallest threshold gives less.
    pub next_rate: f64,
    /// Falls found by depth; the first has depth 0: what chance alone finds in the same sessions.
    pub recall: Vec<Recall>,
}

/// Simulated samples, kept while thresholds are tried.
struct Samples {
    samples: Vec<(Series, Spread, Vec<Drawn>)>,
    threads: usize,
}

impl Samples {
    fn new(rule: &Detector, model: &NullModel, options: &ChanceOptions) -> Self {
        let (count, size) = samples(rule, model.dyads(), options.clients);
        let samples = in_threads(count, options.threads(), |sample| {
            let first = sample * size;
            let here = size.min(options.clients - first);
            let (series, drawn) = model.sample_of(first, here, options.seed, options.sessions, None);
            let spread = Spread::of(&series);
            (series, spread, drawn)
        });
        Self { samples, threads: options.threads() }
    }

    fn rate(&self, rule: &Detector, per: Per) -> (f64, f64) {
        let tallies = in_threads(self.samples.len(), self.threads, |place| {
            self.samples.get(place).map_or_else(Tally::default, |(series, spread, drawn)| {
                Tally::of(&detect_with(series, rule, spread, Some(1)), drawn)
            })
        });
        share(&tallies, |tally| match per {
            Per::Session => (tally.flagged, tally.evaluable),
            Per::Client => (tally.flagged_clients, tally.assessed),
        })
    }
}

/// Sets the threshold of a rule, or of any other [`Detector`] that [has one](Detector::threshold), so that it fires at this
/// rate if nothing happens.
///
/// The threshold is the smallest whose rate is not above the wanted one. Where the rule compares scores of a lattice in
/// points of the scale, it is a whole number of steps.
///
/// Pooled numbers are pooled over simulated samples as large as the user's; recall is that of single
/// falls planted in series without any other, at a random scored session from the fourth on, with pooled units as they
/// are without falls.
///
/// # Errors
///
/// `not-calibratable` for a detector without a threshold, for series it cannot assess, and if no threshold
/// gives a rate as low; `invalid-option` unless the rate is above 0 and below 1.
///
/// ```
/// use alliance_ruptures::chance::{ChanceOptions, NullModel, Per, calibrate};
/// use alliance_ruptures::simulate::Simulation;
/// use alliance_ruptures::{Reference, Rule, ScoreScale, Series, Unit};
///
/// let clinic = Simulation::null_unequal_ceiling(60, 16).run(1)?;
/// let sample = Series::new(clinic.client, clinic.offsets, ScoreScale::new(1.0, 7.0)?)?;
/// let rule = Rule::new(Reference::RunningMean, Unit::ShrunkenSd, 2.0)?;
/// let mut options = ChanceOptions::default();
/// options.clients = 2_000;
/// let model = NullModel::fit(&sample).expect("enough clients");
/// let found = calibrate(&rule, &model, 0.05, Per::Client, &options).expect("has a threshold");
/// assert!(found.attained.rate <= 0.05 && found.rule.threshold() > Some(2.0));
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
pub fn calibrate(
    rule: impl Into<Detector>,
    model: &NullModel,
    rate: f64,
    per: Per,
    options: &ChanceOptions,
) -> Result<Calibration, ChanceError> {
    options.check()?;
    if !(rate > 0.0 && rate < 1.0) {
        let problem = "a wanted rate is above 0 and below 1".to_owned();
        return Err(RuptureError::InvalidOption { option: "rate", problem }.into());
    }
    let rule: Detector = rule.into().checked()?;
    if rule.threshold().is_none() {
        return Err(ChanceError::NoThreshold);
    }
    // Episodes and their repair say nothing about which sessions are flagged.
    let plain = rule.without_repair();
    let samples = Samples::new(&plain, model, options);
    let found = smallest_threshold(&plain, model, rate, |rule| samples.rate(rule, per).0)?;
    let (attained, monte_carlo_error) = samples.rate(&plain.with_threshold(found.threshold)?, per);
    Ok(Calibration {
        rule: rule.with_threshold(found.threshold)?,
        model: model.name(),
        wanted: rate,
        per,
        attained: Estimate { rate: attained, monte_carlo_error, fit_interval: None },
        next_rate: found.rate_before,
        recall: recall(&plain.with_threshold(found.threshold)?, model, &samples, options),
    })
}

/// A threshold, and the smallest rate above the wanted one that a smaller threshold was seen to have.
struct Found {
    threshold: f64,
    rate_before: f64,
}

/// The smallest threshold whose rate is not above the wanted one: doubling, then bisection.
fn smallest_threshold(
    rule: &Detector,
    model: &NullModel,
    rate: f64,
    rate_of: impl Fn(&Detector) -> f64,
) -> Result<Found, ChanceError> {
    let range = rule.threshold_range(model.scale());
    // Places are what is halved: thresholds themselves, or log odds of probabilities.
    let threshold_at = |place: f64| match range {
        ThresholdRange::Probability => 1.0 / (1.0 + libm::exp(-place)),
        ThresholdRange::Positive | ThresholdRange::Steps(_) => place,
    };
    let rate_at = |place: f64| Ok::<f64, ChanceError>(rate_of(&rule.with_threshold(threshold_at(place))?));
    let (lowest, next) = match range {
        ThresholdRange::Positive => (LEAST_THRESHOLD, 1.0),
        ThresholdRange::Steps(step) => (step, step),
        ThresholdRange::Probability => LOG_ODDS,
    };
    let rate_of_lowest = rate_at(lowest)?;
    if rate_of_lowest.is_nan() {
        return Err(ChanceError::NothingAssessed);
    }
    let (mut low, mut high, mut above) = (lowest, lowest, rate_of_lowest);
    if rate_of_lowest > rate {
        high = next;
        let mut doublings = 0;
        loop {
            let now = rate_at(high)?;
            if now <= rate {
                break;
            }
            (low, above) = (high, now);
            doublings += 1;
            if doublings > MOST_DOUBLINGS || range == ThresholdRange::Probability {
                return Err(ChanceError::NotAttainable { wanted: rate, lowest: now });
            }
            high *= 2.0;
        }
        for _ in 0..ROUNDS {
            let middle = match range {
                ThresholdRange::Steps(step) => step * (f64::midpoint(low, high) / step).round(),
                ThresholdRange::Positive | ThresholdRange::Probability => f64::midpoint(low, high),
            };
            if middle <= low || middle >= high {
                break;
            }
            let now = rate_at(middle)?;
            if now <= rate {
                high = middle;
            } else {
                (low, above) = (middle, now);
            }
        }
    }
    Ok(Found { threshold: threshold_at(high), rate_before: above })
}

fn recall(rule: &Detector, model: &NullModel, samples: &Samples, options: &ChanceOptions) -> Vec<Recall> {
    let pooled = model.pooled_sd();
    let depths: Vec<(f64, f64)> = match &options.depths {
        Depths::Points(depths) => depths.iter().map(|depth| (*depth, depth / pooled)).collect(),
        Depths::PooledSds(depths) => depths.iter().map(|depth| (depth * pooled, *depth)).collect(),
    };
    let found = |depth: f64, sessions: usize| {
        let orientation = rule.orientation(model.scale());
        let planted = Planted { depth, sessions, orientation };
        let (mut first, mut starts) = (0, Vec::with_capacity(samples.samples.len()));
        for (series, ..) in &samples.samples {
            starts.push(first);
            first += series.dyads();
        }
        let counts = in_threads(samples.samples.len(), samples.threads, |place| {
            let (Some((series, spread, _)), Some(start)) = (samples.samples.get(place), starts.get(place))
            else {
                return Tally::default();
            };
            let (series, drawn) =
                model.sample_of(*start, series.dyads(), options.seed, options.sessions, Some(planted));
            planted_found(&series, &detect_with(&series, rule, spread, Some(1)), &drawn)
        });
        let (rate, monte_carlo_error) = share(&counts, |tally| (tally.flagged_clients, tally.assessed));
        Estimate { rate, monte_carlo_error, fit_interval: None }
    };
    let by_depth = |(points, pooled_sds): (f64, f64)| Recall {
        points,
        pooled_sds,
        one_session: found(points, 1),
        three_sessions: found(points, 3),
    };
    std::iter::once((0.0, 0.0)).chain(depths).map(by_depth).collect()
}

/// Clients with a planted fall, and those of them in whom it is flagged.
fn planted_found(series: &Series, found: &Detection, drawn: &[Drawn]) -> Tally {
    let mut tally = Tally::default();
    for (start, drawn) in series.offsets().iter().zip(drawn) {
        let Some((onset, last)) = drawn.fall else { continue };
        let fall = found.flagged.get(start + onset..=start + last).unwrap_or_default();
        tally.assessed += 1;
        tally.flagged_clients += u64::from(fall.contains(&true));
    }
    tally
}

impl Calibration {
    /// Rate and recall in words.
    pub fn sentence(&self) -> String {
        let per = match self.per {
            Per::Session => "sessions",
            Per::Client => "clients",
        };
        let recall: Vec<String> = self
            .recall
            .iter()
            .map(|recall| {
                format!(
                    "{:.2} points ({:.1} pooled SD): {:.0} % / {:.0} %",
                    recall.points,
                    recall.pooled_sds,
                    100.0 * recall.one_session.rate,
                    100.0 * recall.three_sessions.rate
                )
            })
            .collect();
        format!(
            "{} flags {:.2} % of {per} if nothing had happened, under the {} \
             (wanted: at most {:.2} %). Expected recall of a planted fall of one / three sessions by depth: {}.",
            self.rule.threshold_in_words(),
            100.0 * self.attained.rate,
            self.model,
            100.0 * self.wanted,
            recall.join("; "),
        )
    }
}
