//! The chance rate of a rule.

use std::fmt::Write as _;

use alliance_statistics::Generator;

use super::options::in_threads;
use super::tally::{CLASSES, Tally, samples, share};
use super::{ChanceError, ChanceOptions, NullModel};
use crate::{ClientClass, Detector, Spread, detect_with};

/// Simulated clients per refit of the bootstrap.
const REFIT_CLIENTS: usize = 1_000;

/// What the streams of refits are numbered from.
const REFITS: u64 = 2 << 56;

/// A rate under the null model.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Estimate {
    /// The rate; NaN where no simulated client, session or episode counts.
    pub rate: f64,
    /// Standard error from simulating finitely many clients.
    pub monte_carlo_error: f64,
    /// 2.5 and 97.5 % points of the rate over refits to dyads drawn with replacement: how well the sample determines
    /// the model. `None` without bootstrap, and for repairs, classes and fifths.
    pub fit_interval: Option<(f64, f64)>,
}

/// How often a rule fires if nothing happened, under a [`NullModel`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ChanceRate {
    /// The rule or other detector.
    pub rule: Detector,
    /// Name of the model and its fit.
    pub model: &'static str,
    /// What the model is made of, how it was fitted, and what it cannot know, in words.
    pub model_described: String,
    /// Dyads the model was fitted to.
    pub dyads: usize,
    /// Simulated clients.
    pub clients: usize,
    /// Simulated clients the rule could assess.
    pub assessed: usize,
    /// Flagged sessions over sessions that could be flagged.
    pub per_session: Estimate,
    /// Clients with at least one flagged session over clients assessed.
    pub per_client: Estimate,
    /// Episodes per 100 scored sessions of clients assessed.
    pub per_hundred_sessions: Estimate,
    /// Repaired episodes over repaired and unrepaired ones, those the end of the series left open apart; NaN where the
    /// rule asks for no repair. Regression to the mean repairs most chance flags.
    pub repaired: Estimate,
    /// Share of each class of the clients assessed.
    pub classes: [(ClientClass, Estimate); 5],
    /// Clients flagged, by fifths of clients' true SD within the model, calmest first.
    pub by_volatility: [Estimate; 5],
}

/// The chance rate of a rule, or of any other [`Detector`], on series like those the model was fitted to.
///
/// Numbers that pool over clients are pooled over each of many simulated samples as large as the user's (at most
/// 1 000 clients), as the rule will pool over the user's sample.
///
/// # Errors
///
/// `invalid-option`.
///
/// ```
/// use alliance_ruptures::chance::{ChanceOptions, NullModel, chance_rate};
/// use alliance_ruptures::simulate::Simulation;
/// use alliance_ruptures::{Reference, Rule, ScoreScale, Series, Unit};
///
/// let clinic = Simulation::null_unequal_ceiling(60, 16).run(1)?;
/// let sample = Series::new(clinic.client, clinic.offsets, ScoreScale::new(1.0, 7.0)?)?;
/// let rule = Rule::new(Reference::Previous, Unit::OwnSd, 2.0)?;
/// let mut options = ChanceOptions::default();
/// (options.clients, options.bootstrap) = (2_000, 0);
/// let chance = chance_rate(&rule, &NullModel::fit(&sample).expect("enough clients"), &options).expect("sound options");
/// assert!(chance.per_client.rate > 0.7, "four of five clients without a single rupture");
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
pub fn chance_rate(
    rule: impl Into<Detector>,
    model: &NullModel,
    options: &ChanceOptions,
) -> Result<ChanceRate, ChanceError> {
    options.check()?;
    let rule: Detector = rule.into();
    Ok(rate_with(&rule, model, options, refit_rates(&[rule], model, options).first()))
}

/// The chance rates of several rules, as [`chance_rate`] gives them; refits for the interval are made once for all.
///
/// # Errors
///
/// `invalid-option`.
pub fn chance_rates(
    rules: &[Detector],
    model: &NullModel,
    options: &ChanceOptions,
) -> Result<Vec<ChanceRate>, ChanceError> {
    options.check()?;
    let refits = refit_rates(rules, model, options);
    let each = rules.iter().enumerate();
    Ok(each.map(|(place, rule)| rate_with(rule, model, options, refits.get(place))).collect())
}

/// Counts at a refit to the sample itself, and at each refit to drawn dyads.
type Refits = (Vec<Tally>, Vec<Vec<Tally>>);

fn rate_with(
    rule: &Detector,
    model: &NullModel,
    options: &ChanceOptions,
    refits: Option<&Refits>,
) -> ChanceRate {
    let tallies = simulate(rule, model, options, options.clients, options.threads());
    let estimate = |of: &dyn Fn(&Tally) -> (u64, u64), shifts: Option<Vec<f64>>| {
        let (rate, monte_carlo_error) = share(&tallies, of);
        let fit_interval = shifts.and_then(|shifts| interval(rate, shifts));
        Estimate { rate, monte_carlo_error, fit_interval }
    };
    let shifts = |of: &dyn Fn(&Tally) -> (u64, u64)| {
        let (base, refits) = refits?;
        let (at_fit, _) = share(base, of);
        Some(refits.iter().map(|tallies| share(tallies, of).0 - at_fit).collect::<Vec<f64>>())
    };
    let with_fit = |of: &dyn Fn(&Tally) -> (u64, u64)| estimate(of, shifts(of));
    let per_episode = with_fit(&|tally| (tally.episodes, tally.observed));
    let of_class = |place: usize| estimate(&|tally| (at(&tally.classes, place), tally.assessed), None);
    let of_fifth = |place: usize| {
        let fifth = |tally: &Tally| tally.fifths.get(place).copied().unwrap_or_default();
        estimate(&|tally| (fifth(tally)[1], fifth(tally)[0]), None)
    };
    ChanceRate {
        rule: *rule,
        model: model.name(),
        model_described: model.describe(),
        dyads: model.dyads(),
        clients: options.clients,
        assessed: tallies.iter().map(|tally| tally.assessed as usize).sum(),
        per_session: with_fit(&|tally| (tally.flagged, tally.evaluable)),
        per_client: with_fit(&|tally| (tally.flagged_clients, tally.assessed)),
        per_hundred_sessions: Estimate {
            rate: 100.0 * per_episode.rate,
            monte_carlo_error: 100.0 * per_episode.monte_carlo_error,
            fit_interval: per_episode.fit_interval.map(|(low, high)| (100.0 * low, 100.0 * high)),
        },
        // The refits' few clients have too few episodes for an interval.
        repaired: estimate(&|tally| (tally.repaired, tally.repaired + tally.unrepaired), None),
        classes: std::array::from_fn(|place| {
            (CLASSES.get(place).copied().unwrap_or(ClientClass::NotAssessed), of_class(place))
        }),
        by_volatility: std::array::from_fn(of_fifth),
    }
}

fn at(counts: &[u64], place: usize) -> u64 {
    counts.get(place).copied().unwrap_or_default()
}

/// Counts of `clients` simulated clients, sample by sample.
fn simulate(
    rule: &Detector,
    model: &NullModel,
    options: &ChanceOptions,
    clients: usize,
    threads: usize,
) -> Vec<Tally> {
    let (count, size) = samples(rule, model.dyads(), clients);
    in_threads(count, threads, |sample| {
        let first = sample * size;
        let here = size.min(clients - first);
        let (series, drawn) = model.sample_of(first, here, options.seed, options.sessions, None);
        Tally::of(&detect_with(&series, rule, &Spread::of(&series), Some(1)), &drawn)
    })
}

/// Refits and what each rule finds under them, all from the same random numbers, so that they differ by the draw only;
/// nothing without bootstrap.
fn refit_rates(rules: &[Detector], model: &NullModel, options: &ChanceOptions) -> Vec<Refits> {
    if options.bootstrap == 0 {
        return Vec::new();
    }
    let clients = options.clients.min(REFIT_CLIENTS);
    let refitted = model.refit(None);
    let mut found: Vec<Refits> = rules
        .iter()
        .map(|rule| (simulate(rule, &refitted, options, clients, options.threads()), Vec::new()))
        .collect();
    let drawn = in_threads(options.bootstrap, options.threads(), |refit| {
        let mut random = Generator::stream(options.seed, REFITS | refit as u64);
        let refitted = model.refit(Some(&mut random));
        rules.iter().map(|rule| simulate(rule, &refitted, options, clients, 1)).collect::<Vec<_>>()
    });
    for refit in drawn {
        for ((_, of_rule), tallies) in found.iter_mut().zip(refit) {
            of_rule.push(tallies);
        }
    }
    found
}

/// Percentile interval of the rate moved by the refits' shifts.
fn interval(rate: f64, mut shifts: Vec<f64>) -> Option<(f64, f64)> {
    shifts.retain(|shift| shift.is_finite());
    shifts.sort_unstable_by(f64::total_cmp);
    let last = shifts.len().checked_sub(1)?;
    let at = |share: f64| {
        shifts.get((share * last as f64).round() as usize).map(|shift| (rate + shift).clamp(0.0, 1.0))
    };
    Some((at(0.025)?, at(0.975)?))
}

impl ChanceRate {
    /// What the rates are, under which model, and what that cannot know, in words.
    pub fn sentence(&self) -> String {
        let mut text = format!(
            "Flag rate if nothing had happened, under this model: {} of clients have at least one flagged session, {} of \
             sessions are flagged, {:.1} episodes begin per 100 sessions",
            percent(&self.per_client),
            percent(&self.per_session),
            self.per_hundred_sessions.rate,
        );
        if self.repaired.rate.is_finite() {
            let _ = write!(text, ", and {} of episodes that could end are repaired", percent(&self.repaired));
        }
        format!("{text}. {}", self.model_sentence())
    }

    /// The model, how it was fitted, and what it cannot know, in words.
    pub fn model_sentence(&self) -> &str {
        &self.model_described
    }
}

fn percent(estimate: &Estimate) -> String {
    if estimate.rate.is_nan() {
        return "an unknown share".to_owned();
    }
    let mut text = format!("{:.1} %", 100.0 * estimate.rate);
    if let Some((low, high)) = estimate.fit_interval {
        let _ = write!(text, " (95 % interval of the fit {:.1} to {:.1})", 100.0 * low, 100.0 * high);
    }
    text
}
