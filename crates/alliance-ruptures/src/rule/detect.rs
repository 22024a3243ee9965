//! A rule on all dyads of a series.

use std::ops::Range;
use std::thread;

use super::episode::{Change, Episodes};
use super::reference::Levels;
use super::spread::{Spread, unit_in_points};
use super::{ClientClass, Episode, Gaps, Rule};
use crate::{Orientation, Series};

/// Below this many sessions one thread does the work.
const SESSIONS_WORTH_THREADS: usize = 100_000;

/// What a rule says about one dyad as a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DyadDetection {
    /// Observed sessions.
    pub observed: usize,
    /// Observed sessions that had a reference, and so could be flagged.
    pub evaluable: usize,
    /// Flagged sessions.
    pub flagged: usize,
    /// Length of the rule's unit in points; NaN where it is not defined.
    pub unit: f64,
    /// What the episodes say together.
    pub class: ClientClass,
}

/// Why a rule says nothing about a dyad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotAssessed {
    /// Fewer observed sessions than [`Rule::least_sessions`].
    TooFewSessions {
        /// Observed sessions.
        observed: usize,
        /// Sessions the rule needs.
        needed: usize,
    },
    /// The rule's unit is not defined: the scores do not vary, or there are too few of them to tell.
    NoUnit,
    /// No observed session has a reference: the history it needs comes too late, or never.
    NoReference,
}

impl NotAssessed {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooFewSessions { .. } => "too-few-sessions",
            Self::NoUnit => "no-unit",
            Self::NoReference => "no-reference",
        }
    }
}

impl DyadDetection {
    /// Why the dyad was not assessed by this rule; `None` if it was.
    pub fn not_assessed(&self, rule: &Rule) -> Option<NotAssessed> {
        let needed = usize::from(rule.least_sessions);
        match self.class {
            ClientClass::NotAssessed if self.observed < needed => {
                Some(NotAssessed::TooFewSessions { observed: self.observed, needed })
            }
            ClientClass::NotAssessed if self.unit.is_nan() => Some(NotAssessed::NoUnit),
            ClientClass::NotAssessed => Some(NotAssessed::NoReference),
            _ => None,
        }
    }
}

/// What a rule says about a series.
///
/// Sessions are in the order of the series; episodes in the order of the dyads.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Detection {
    /// The rule.
    pub rule: Rule,
    /// Which way scores are worse.
    pub orientation: Orientation,
    /// Reference of each session; NaN where there is none.
    pub reference: Vec<f64>,
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

    /// The score beyond which a session of this dyad is flagged, given its reference; NaN for a dyad there is not.
    pub fn limit(&self, dyad: usize, reference: f64) -> f64 {
        self.dyads
            .get(dyad)
            .map_or(f64::NAN, |found| self.orientation.worse_by(reference, self.rule.threshold * found.unit))
    }
}

/// Applies a rule to every dyad. Units that pool over clients pool over this series.
pub fn detect(series: &Series, rule: &Rule) -> Detection {
    detect_with(series, rule, &Spread::of(series), None)
}

/// Applies a rule with a spread that was estimated elsewhere.
///
/// `threads`: how many; `None` uses one for short series and all cores for long ones. The result is the same.
pub fn detect_with(series: &Series, rule: &Rule, spread: &Spread, threads: Option<usize>) -> Detection {
    let dyads = series.dyads();
    let available = || thread::available_parallelism().map_or(1, usize::from);
    let wanted =
        threads.unwrap_or_else(|| if series.len() < SESSIONS_WORTH_THREADS { 1 } else { available() });
    let each = dyads.div_ceil(wanted.clamp(1, dyads.max(1))).max(1);
    let mut reference = vec![f64::NAN; series.len()];
    let mut flagged = vec![false; series.len()];
    // A thread takes longer to start than a small sample takes to work through, and simulations bring thousands of them.
    let parts: Vec<Part> = if each >= dyads {
        vec![Part::of(series, rule, spread, 0..dyads, &mut reference, &mut flagged)]
    } else {
        thread::scope(|scope| {
            let (mut references, mut flags) = (&mut reference[..], &mut flagged[..]);
            let mut running = Vec::new();
            for first in (0..dyads).step_by(each) {
                let range = first..(first + each).min(dyads);
                let sessions = series.sessions_of(range.clone());
                let (own_references, rest) = std::mem::take(&mut references).split_at_mut(sessions);
                references = rest;
                let (own_flags, rest) = std::mem::take(&mut flags).split_at_mut(sessions);
                flags = rest;
                running.push(
                    scope.spawn(move || Part::of(series, rule, spread, range, own_references, own_flags)),
                );
            }
            let join = |worker: thread::ScopedJoinHandle<'_, Part>| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            running.into_iter().map(join).collect()
        })
    };
    let mut whole = Detection {
        rule: *rule,
        orientation: series.scale().orientation,
        reference,
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
        rule: &Rule,
        spread: &Spread,
        dyads: Range<usize>,
        references: &mut [f64],
        flags: &mut [bool],
    ) -> Self {
        let orientation = series.scale().orientation;
        let mut part = Self::default();
        let mut levels = Levels::online(rule, orientation);
        let (mut scratch, mut filled) = (Vec::new(), Vec::new());
        let mut places = references.iter_mut().zip(flags);
        for dyad in dyads {
            let run = series.dyad(dyad);
            let unit = unit_in_points(rule, run, spread, series.scale(), &mut scratch);
            let observed = run.iter().filter(|score| !score.is_nan()).count();
            let is_assessed = observed >= usize::from(rule.least_sessions) && !unit.is_nan();
            let mut found =
                DyadDetection { observed, evaluable: 0, flagged: 0, unit, class: ClientClass::NotAssessed };
            let known = if rule.gaps == Gaps::Interpolate {
                interpolate(run, &mut filled);
                &filled[..]
            } else {
                run
            };
            levels.start(known, &mut scratch);
            let first = part.episodes.len();
            let mut episodes = Episodes::new(rule, orientation, unit);
            let sessions = run.iter().zip(known).enumerate().zip(places.by_ref().take(run.len()));
            for ((position, (score, known)), (reference, flag)) in sessions {
                if known.is_nan() {
                    levels.miss();
                    part.take(episodes.miss());
                    continue;
                }
                *reference = levels.at(position);
                let can_be_flagged = is_assessed && !score.is_nan() && !reference.is_nan();
                *flag = can_be_flagged && rule.is_reached(orientation.fall(*reference, *score), unit);
                levels.observe(*known, *flag);
                if !score.is_nan() && is_assessed {
                    part.take(episodes.observe(position, *score, *reference, *flag));
                }
                found.evaluable += usize::from(can_be_flagged);
                found.flagged += usize::from(*flag);
            }
            part.take(episodes.finish(series.ending(dyad)));
            if is_assessed && found.evaluable > 0 {
                found.class = ClientClass::of(part.episodes.get(first..).unwrap_or_default());
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

/// Fills gaps between two observed sessions along a straight line; leaves those at the ends.
fn interpolate(run: &[f64], filled: &mut Vec<f64>) {
    filled.clear();
    filled.extend_from_slice(run);
    let mut before: Option<(usize, f64)> = None;
    for (position, score) in run.iter().enumerate().filter(|(_, score)| !score.is_nan()) {
        if let Some((start, from)) = before {
            let width = (position - start) as f64;
            for (step, gap) in (1_u32..).zip(filled.iter_mut().take(position).skip(start + 1)) {
                *gap = from + (score - from) * f64::from(step) / width;
            }
        }
        before = Some((position, *score));
    }
}
