//! Planted ruptures and their courses.

use alliance_statistics::Generator;

use super::options::{Depth, Ruptures};

/// Course of a planted rupture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RuptureShape {
    /// One session.
    V,
    /// A sudden fall that eases over some sessions and then ends.
    U,
    /// Deeper session by session, then over.
    SlowDecline,
    /// A sudden fall that stays.
    Unrepaired,
}

impl RuptureShape {
    /// The word for it, in kebab-case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V => "v",
            Self::U => "u",
            Self::SlowDecline => "slow-decline",
            Self::Unrepaired => "unrepaired",
        }
    }
}

/// Type of a planted rupture, as coding systems tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RuptureType {
    /// The client moves away from the therapist or the work.
    Withdrawal,
    /// The client moves against the therapist or the work.
    Confrontation,
    /// Both.
    Mixed,
}

impl RuptureType {
    /// The word for it, in kebab-case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Withdrawal => "withdrawal",
            Self::Confrontation => "confrontation",
            Self::Mixed => "mixed",
        }
    }
}

/// How a planted rupture ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RuptureEnd {
    /// Repaired within the series.
    Repaired,
    /// Never repaired, whether or not the client stayed.
    Unrepaired,
    /// It would have been repaired after the last planned session.
    SeriesEnded,
    /// It would have been repaired, but the client dropped out.
    DroppedOut,
}

impl RuptureEnd {
    /// The word for it, in kebab-case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Repaired => "repaired",
            Self::Unrepaired => "unrepaired",
            Self::SeriesEnded => "series-ended",
            Self::DroppedOut => "dropped-out",
        }
    }
}

/// A rupture that was planted. Sessions are positions in the dyad's series.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PlantedRupture {
    /// The dyad.
    pub dyad: usize,
    /// First session with a deficit; it is always held.
    pub onset: usize,
    /// First session with the deepest deficit; it need not be held.
    pub nadir: usize,
    /// First session without a deficit, held or not, if the series gets that far.
    pub recovery: Option<usize>,
    /// Deficit at the nadir in points, before noise, lattice and ceiling. A slow decline that is cut short counts with
    /// the depth it reached.
    pub depth: f64,
    /// Planned course.
    pub shape: RuptureShape,
    /// Its type.
    pub rupture_type: RuptureType,
    /// How it ended.
    pub end: RuptureEnd,
    /// Whether the therapist's rating follows it.
    pub seen_by_therapist: bool,
}

/// A number of sessions between two, both included.
pub(super) fn length_between(random: &mut Generator, (fewest, most): (usize, usize)) -> usize {
    fewest + random.below(most.saturating_sub(fewest) + 1)
}

pub(super) fn draw_depth(random: &mut Generator, depth: &Depth) -> f64 {
    depth.shallowest + depth.scale * random.gamma(depth.shape)
}

/// A rupture that is going on.
struct Open {
    planned: f64,
    length: usize,
    record: PlantedRupture,
}

/// The ruptures of one dyad, session by session.
pub(super) struct RuptureProcess<'o> {
    options: &'o Ruptures,
    random: Generator,
    types: Generator,
    seen_share: f64,
    open: Option<Open>,
}

impl<'o> RuptureProcess<'o> {
    pub(super) fn new(options: &'o Ruptures, random: Generator, types: Generator, seen_share: f64) -> Self {
        Self { options, random, types, seen_share, open: None }
    }

    /// The deficit in the next session; a rupture that ends there goes to `ended`.
    pub(super) fn step(
        &mut self,
        dyad: usize,
        session: usize,
        held: bool,
        ended: &mut Vec<PlantedRupture>,
    ) -> f64 {
        let begins = self.random.bernoulli(self.options.hazard);
        let Some(mut open) = self.open.take() else {
            if !(begins && held && session >= self.options.earliest) {
                return 0.0;
            }
            let open = self.begin(dyad, session);
            let deficit = open.record.depth;
            self.open = Some(open);
            return deficit;
        };
        let age = session - open.record.onset;
        if age >= open.length {
            // The session of repair: nothing new begins in it.
            open.record.recovery = Some(session);
            open.record.end = RuptureEnd::Repaired;
            ended.push(open.record);
            return 0.0;
        }
        let deficit = self.deficit(&open, age);
        if deficit > open.record.depth {
            open.record.depth = deficit;
            open.record.nadir = session;
        }
        self.open = Some(open);
        deficit
    }

    /// Whether the rupture that is going on is seen by the therapist.
    pub(super) fn seen(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.record.seen_by_therapist)
    }

    /// Whether the rupture that is going on will never be repaired.
    pub(super) fn unrepaired(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.record.shape == RuptureShape::Unrepaired)
    }

    /// The series is over.
    pub(super) fn finish(self, dropped_out: bool, ended: &mut Vec<PlantedRupture>) {
        if let Some(Open { mut record, .. }) = self.open {
            record.end = match record.shape {
                RuptureShape::Unrepaired => RuptureEnd::Unrepaired,
                _ if dropped_out => RuptureEnd::DroppedOut,
                _ => RuptureEnd::SeriesEnded,
            };
            ended.push(record);
        }
    }

    fn begin(&mut self, dyad: usize, session: usize) -> Open {
        let options = self.options;
        let of_all = options.v + options.u + options.slow_decline + options.unrepaired;
        let drawn = self.random.uniform() * of_all;
        let shape = if drawn < options.v {
            RuptureShape::V
        } else if drawn < options.v + options.u {
            RuptureShape::U
        } else if drawn < options.v + options.u + options.slow_decline {
            RuptureShape::SlowDecline
        } else {
            RuptureShape::Unrepaired
        };
        let length = match shape {
            RuptureShape::V => 1,
            RuptureShape::U => length_between(&mut self.random, options.u_sessions),
            RuptureShape::SlowDecline => length_between(&mut self.random, options.slow_sessions),
            RuptureShape::Unrepaired => usize::MAX,
        };
        let planned = draw_depth(&mut self.random, &options.depth);
        let seen_by_therapist = self.random.bernoulli(self.seen_share);
        let record = PlantedRupture {
            dyad,
            onset: session,
            nadir: session,
            recovery: None,
            depth: 0.0,
            shape,
            rupture_type: self.draw_type(),
            end: RuptureEnd::SeriesEnded,
            seen_by_therapist,
        };
        let mut open = Open { planned, length, record };
        open.record.depth = self.deficit(&open, 0);
        open
    }

    fn draw_type(&mut self) -> RuptureType {
        let Ruptures { withdrawal, confrontation, mixed, .. } = *self.options;
        let drawn = self.types.uniform() * (withdrawal + confrontation + mixed);
        if drawn < withdrawal {
            RuptureType::Withdrawal
        } else if drawn < withdrawal + confrontation {
            RuptureType::Confrontation
        } else {
            RuptureType::Mixed
        }
    }

    /// Deficit `age` sessions after the onset.
    fn deficit(&self, open: &Open, age: usize) -> f64 {
        match open.record.shape {
            RuptureShape::V | RuptureShape::Unrepaired => open.planned,
            RuptureShape::U => {
                let passed = age as f64 / (open.length - 1).max(1) as f64;
                open.planned * (1.0 - self.options.u_easing * passed)
            }
            RuptureShape::SlowDecline => open.planned * ((age + 1) as f64 / open.length as f64),
        }
    }
}
