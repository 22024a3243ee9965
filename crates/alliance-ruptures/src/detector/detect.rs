//! A detector on all dyads of a series.

use std::ops::Range;
use std::thread;

use super::{Detector, NotAssessed};
use crate::rule::{Change, Episodes};
use crate::{Censoring, ClientClass, Episode, Orientation, Resolution, Series, Spread};

/// Below this many sessions one thread does the work.
const SESSIONS_WORTH_THREADS: usize = 100_000;

/// Where a detector writes what it says of one dyad's sessions: NaN and `false` until it does.
pub(crate) struct Verdicts<'v> {
    pub(crate) reference: &'v mut [f64],
    /// Empty unless the detector has [limits of its own](Limits::Own).
    pub(crate) limit: &'v mut [f64],
    pub(crate) flagged: &'v mut [bool],
}

/// What a detector says of one dyad as a whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged {
    /// Length of the unit in points; NaN where it is not defined.
    pub(crate) unit: f64,
    /// Why there is no verdict, if there is none.
    pub(crate) not_assessed: Option<NotAssessed>,
}

impl Judged {
    pub(crate) fn refused(because: NotAssessed) -> Self {
        Self { unit: f64::NAN, not_assessed: Some(because) }
    }

    pub(crate) fn assessed(unit: f64) -> Self {
        Self { unit, not_assessed: None }
    }
}

/// A detector ready to go from dyad to dyad. What it says of one does not depend on those before.
pub(crate) trait Judge {
    /// References and flags of one dyad's sessions, of which so many are observed. A flagged session has a score and a
    /// reference.
    fn judge(&mut self, run: &[f64], observed: usize, verdicts: &mut Verdicts<'_>) -> Judged;

    /// Episodes of the dyad judged last, by a detector that has its own; else they are made of the flags.
    fn episodes(&self) -> Option<&[Episode]> {
        None
    }
}

/// Where the limits of sessions come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum LimitKind {
    /// There are none: whether a session is flagged depends on more than its score.
    None,
    /// So many units off the reference.
    Units(f64),
    /// The detector gives one for each session.
    Own,
}

/// Limits of sessions.
#[derive(Debug, Clone, PartialEq)]
enum Limits {
    None,
    Units(f64),
    Own(Vec<f64>),
}

/// What a detector says about one dyad as a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DyadDetection {
    /// Observed sessions.
    pub observed: usize,
    /// Observed sessions that had a reference, and so could be flagged.
    pub evaluable: usize,
    /// Flagged sessions.
    pub flagged: usize,
    /// Length of the detector's unit in points, such as sigma of a control chart; NaN where it is not defined.
    pub unit: f64,
    /// What the episodes say together.
    pub class: ClientClass,
    /// Why the dyad was not assessed, if it was not.
    pub not_assessed: Option<NotAssessed>,
}

/// What a detector says about a series.
///
/// Sessions are in the order of the series; episodes in the order of the dyads.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Detection {
    /// The rule or other detector.
    pub rule: Detector,
    /// Which way scores are worse: the scale's, but for a sudden gain the other way.
    pub orientation: Orientation,
    /// Reference of each session; NaN where there is none.
    pub reference: Vec<f64>,
    limits: Limits,
    /// Whether each session is flagged.
    pub flagged: Vec<bool>,
    /// One entry per dyad.
    pub dyads: Vec<DyadDetection>,
    /// Episodes of all dyads.
    pub episodes: Vec<Episode>,
    /// Episodes of dyad `i` are `episodes[offsets[i]..offsets[i + 1]]`.
    pub offsets: Vec<usize>,
}

impl Detection {
    /// Episodes of one dyad.
    pub fn episodes_of(&self, dyad: usize) -> &[Episode] {
        match (self.offsets.get(dyad), self.offsets.get(dyad + 1)) {
            (Some(start), Some(end)) => self.episodes.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The score beyond which a session is flagged, given its reference and the sessions before; NaN where there is
    /// none, as for rules that look at more than one score.
    ///
    /// `dyad` is the one the session belongs to, `session` its place in the series.
    pub fn limit(&self, dyad: usize, session: usize) -> f64 {
        match &self.limits {
            Limits::None => f64::NAN,
            Limits::Own(limits) => limits.get(session).copied().unwrap_or(f64::NAN),
            Limits::Units(units) => match (self.dyads.get(dyad), self.reference.get(session)) {
                (Some(found), Some(reference)) => self.orientation.worse_by(*reference, units * found.unit),
                _ => f64::NAN,
            },
        }
    }
}

/// Applies a rule or another detector to every dyad. What pools over clients pools over this series.
///
/// ```
/// use alliance_ruptures::charts::{ChartDetector, ChartOptions, ChartSignal};
/// use alliance_ruptures::{ScoreScale, Series, detect};
///
/// let missing = f64::NAN;
/// let scores = vec![5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, missing, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0];
/// let series = Series::new(scores, vec![0, 16], ScoreScale::new(1.0, 7.0)?)?;
/// let chart = ChartDetector::new(ChartOptions::default(), ChartSignal::Beyond(3.0))?;
/// let found = detect(&series, chart);
/// assert_eq!(found.dyads[0].flagged, 4);
/// assert_eq!(found.episodes_of(0).iter().map(|episode| episode.onset).collect::<Vec<_>>(), [4, 10]);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
pub fn detect(series: &Series, rule: impl Into<Detector>) -> Detection {
    detect_with(series, rule, &Spread::of(series), None)
}

/// Applies a rule or another detector with a spread that was estimated elsewhere.
///
/// `threads`: how many; `None` uses one for short series and all cores for long ones. The result is the same.
pub fn detect_with(
    series: &Series,
    rule: impl Into<Detector>,
    spread: &Spread,
    threads: Option<usize>,
) -> Detection {
    let rule: Detector = rule.into();
    let dyads = series.dyads();
    let available = || thread::available_parallelism().map_or(1, usize::from);
    let wanted =
        threads.unwrap_or_else(|| if series.len() < SESSIONS_WORTH_THREADS { 1 } else { available() });
    let each = dyads.div_ceil(wanted.clamp(1, dyads.max(1))).max(1);
    let mut reference = vec![f64::NAN; series.len()];
    let mut flagged = vec![false; series.len()];
    let mut limits = match rule.limit_kind() {
        LimitKind::None => Limits::None,
        LimitKind::Units(units) => Limits::Units(units),
        LimitKind::Own => Limits::Own(vec![f64::NAN; series.len()]),
    };
    let own_limits = match &mut limits {
        Limits::Own(limits) => &mut limits[..],
        _ => &mut [],
    };
    let whole = Verdicts { reference: &mut reference, limit: own_limits, flagged: &mut flagged };
    // A thread takes longer to start than a small sample takes to work through, and simulations bring thousands of them.
    let parts: Vec<Part> = if each >= dyads {
        vec![Part::of(series, &rule, spread, 0..dyads, whole)]
    } else {
        thread::scope(|scope| {
            let mut rest = whole;
            let mut running = Vec::new();
            for first in (0..dyads).step_by(each) {
                let range = first..(first + each).min(dyads);
                let (own, later) = rest.split(series.sessions_of(range.clone()));
                rest = later;
                let rule = &rule;
                running.push(scope.spawn(move || Part::of(series, rule, spread, range, own)));
            }
            let join = |worker: thread::ScopedJoinHandle<'_, Part>| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            running.into_iter().map(join).collect()
        })
    };
    let mut whole = Detection {
        rule,
        orientation: rule.orientation(series.scale()),
        reference,
        limits,
        flagged,
        dyads: Vec::with_capacity(dyads),
        episodes: Vec::new(),
        offsets: Vec::with_capacity(dyads + 1),
    };
    whole.offsets.push(0);
    for part in parts {
        let before = whole.episodes.len();
        whole.dyads.extend(part.dyads);
        whole.episodes.extend(part.episodes);
        whole.offsets.extend(part.ends.into_iter().map(|end| before + end));
    }
    whole
}

impl Verdicts<'_> {
    /// The first sessions, and the others.
    fn split(self, sessions: usize) -> (Self, Self) {
        let (reference, references) = self.reference.split_at_mut(sessions);
        let (limit, limits) = self.limit.split_at_mut(sessions.min(self.limit.len()));
        let (flagged, flags) = self.flagged.split_at_mut(sessions);
        (Self { reference, limit, flagged }, Self { reference: references, limit: limits, flagged: flags })
    }

    /// A run of sessions.
    fn of(&mut self, sessions: Range<usize>) -> Verdicts<'_> {
        Verdicts {
            reference: self.reference.get_mut(sessions.clone()).unwrap_or_default(),
            limit: self.limit.get_mut(sessions.clone()).unwrap_or_default(),
            flagged: self.flagged.get_mut(sessions).unwrap_or_default(),
        }
    }
}

/// The dyads of one thread.
#[derive(Debug, Default)]
struct Part {
    dyads: Vec<DyadDetection>,
    episodes: Vec<Episode>,
    ends: Vec<usize>,
}

impl Part {
    fn of(
        series: &Series,
        rule: &Detector,
        spread: &Spread,
        dyads: Range<usize>,
        mut verdicts: Verdicts<'_>,
    ) -> Self {
        let orientation = rule.orientation(series.scale());
        let episode_rule = rule.episode_rule();
        let mut judge = rule.judge(spread, series.scale());
        let mut part = Self::default();
        let mut start = 0;
        for dyad in dyads {
            let run = series.dyad(dyad);
            let mut own = verdicts.of(start..start + run.len());
            start += run.len();
            let observed = run.iter().filter(|score| !score.is_nan()).count();
            let judged = judge.judge(run, observed, &mut own);
            let mut found = DyadDetection {
                observed,
                evaluable: 0,
                flagged: 0,
                unit: judged.unit,
                class: ClientClass::NotAssessed,
                not_assessed: judged.not_assessed,
            };
            if judged.not_assessed.is_none() {
                let sessions = || run.iter().zip(&*own.reference).zip(&*own.flagged);
                let first = part.episodes.len();
                let could_be_flagged =
                    |(score, reference): &(&f64, &f64)| !(score.is_nan() | reference.is_nan());
                found.evaluable = run.iter().zip(&*own.reference).filter(could_be_flagged).count();
                found.flagged = own.flagged.iter().filter(|flag| **flag).count();
                if let Some(episodes) = judge.episodes() {
                    let ended = Resolution::Censored(Censoring::End(series.ending(dyad)));
                    part.episodes.extend(episodes.iter().map(|episode| match episode.resolution {
                        Resolution::Censored(_) => Episode { resolution: ended, ..*episode },
                        _ => *episode,
                    }));
                } else if let Some(flag) = own.flagged.iter().position(|flag| *flag) {
                    // Of what comes before the first flag, only the last score matters.
                    let before = run.iter().take(flag).rposition(|score| !score.is_nan()).unwrap_or(flag);
                    let mut episodes = Episodes::new(&episode_rule, orientation, judged.unit);
                    for (position, ((score, reference), flag)) in sessions().enumerate().skip(before) {
                        part.take(if score.is_nan() {
                            episodes.miss()
                        } else {
                            episodes.observe(position, *score, *reference, *flag)
                        });
                    }
                    part.take(episodes.finish(series.ending(dyad)));
                }
                if found.evaluable > 0 {
                    found.class = ClientClass::of(part.episodes.get(first..).unwrap_or_default());
                } else {
                    found.not_assessed = Some(NotAssessed::NoReference);
                }
            }
            part.dyads.push(found);
            part.ends.push(part.episodes.len());
        }
        part
    }

    fn take(&mut self, change: Change) {
        match change {
            Change::Nothing => {}
            Change::Finished(episode) => self.episodes.push(episode),
            Change::Replaced(episode) => {
                if let Some(last) = self.episodes.last_mut() {
                    *last = episode;
                }
            }
        }
    }
}
