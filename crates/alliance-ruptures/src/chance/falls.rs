//! Deep falls in a sample, and falls as a fit simulates them.

use alliance_statistics::Generator;

use super::summary::{Trend, VOLATILITY_SESSIONS, fit_trend};
use crate::rule::median;
use crate::{Orientation, Series};

/// A score is a deep fall if it lies this many SDs below its client's median.
const DEEP: f64 = 3.0;

/// How many scores the typical client's SD weighs beside the client's own.
const TYPICAL_WEIGHT: f64 = 10.0;

/// Standard errors by which deep falls must outnumber what the model without falls explains.
const EVIDENCE: f64 = 2.0;

/// Bounds of a fit: onsets per session, SD of depths over their mean, so that few of a normal distribution are below 0, and
/// sessions of a fall.
const MOST_ONSETS: f64 = 0.3;
const MOST_UNEQUAL: f64 = 0.5;
const MOST_SESSIONS: f64 = 20.0;

/// Falls that a fit set apart, so that volatility, autocorrelation and tails need not explain them.
///
/// They describe what the fit had to assume beside the model without ruptures. They are no estimate of how many ruptures
/// there were: noise that is skewed towards low scores looks the same.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Falls {
    /// Chance that a fall begins in a session with a score while none is going on.
    pub onsets: f64,
    /// Mean depth in points, before lattice and clipping.
    pub depth: f64,
    /// SD of depths.
    pub depth_sd: f64,
    /// Mean length in sessions.
    pub sessions: f64,
}

/// Which scores are deep falls: laid down by the sample, for the sample and for what is simulated alike.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DeepFallLimit {
    /// Common trend of the sample, which is no fall.
    trend: Trend,
    /// SD of a typical client, from scores above the client's median.
    typical_sd: f64,
    orientation: Orientation,
}

/// Deep falls of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct DeepFalls {
    /// Share of scores that are deep falls, less the share that lie as far above their client's median. Chance that is
    /// symmetric gives as many of both, but for the ends of the scale.
    pub(super) excess: f64,
    /// Its standard error between clients.
    pub(super) error: f64,
    /// Mean and SD of the distance of deep falls from the median, in points.
    pub(super) depth: f64,
    pub(super) depth_sd: f64,
    /// Mean number of scored sessions they last.
    pub(super) sessions: f64,
}

impl DeepFallLimit {
    /// `None` where no client has scores above the own median.
    pub(super) fn of(sample: &Series, shapes: &[[f64; 2]]) -> Option<Self> {
        let trend = fit_trend(sample.scores(), sample.offsets(), shapes);
        let mut limit = Self { trend, typical_sd: 0.0, orientation: sample.scale().orientation };
        let (mut sorted, mut sds) = (Vec::new(), Vec::new());
        for run in sample.runs() {
            if let Some(centre) = limit.sort(run, shapes, &mut sorted) {
                sds.push(upper_variance(&sorted, centre).sqrt());
            }
        }
        sds.retain(|sd| *sd > 0.0);
        limit.typical_sd = median(&mut sds);
        limit.typical_sd.is_finite().then_some(limit)
    }

    /// How good a score is, less the common trend.
    #[inline]
    fn goodness(&self, score: f64, shape: [f64; 2]) -> f64 {
        let level = score - self.trend.at(shape);
        match self.orientation {
            Orientation::HigherIsBetter => level,
            Orientation::LowerIsBetter => -level,
        }
    }

    /// A client's scores in order, as goodness, with their median; `None` of too few.
    fn sort(&self, run: &[f64], shapes: &[[f64; 2]], sorted: &mut Vec<f64>) -> Option<f64> {
        sorted.clear();
        let scored = run.iter().zip(shapes).filter(|(score, _)| !score.is_nan());
        sorted.extend(scored.map(|(score, shape)| self.goodness(*score, *shape)));
        (sorted.len() >= VOLATILITY_SESSIONS).then(|| median(sorted))
    }

    /// Makes deep falls NaN.
    pub(super) fn leave_out(&self, scores: &mut [f64], offsets: &[usize], shapes: &[[f64; 2]]) -> DeepFalls {
        let mut sorted = Vec::new();
        let (mut all, mut clients, mut falls, mut episodes) = (0.0, 0.0, 0.0, 0.0);
        let (mut depths, mut depth_squares) = (0.0, 0.0);
        let (mut excess, mut squares) = (0.0, 0.0);
        for (start, end) in offsets.iter().zip(offsets.iter().skip(1)) {
            let run = scores.get_mut(*start..*end).unwrap_or_default();
            let Some(centre) = self.sort(run, shapes, &mut sorted) else { continue };
            let n = sorted.len() as f64;
            let variance = (n * upper_variance(&sorted, centre)
                + TYPICAL_WEIGHT * self.typical_sd * self.typical_sd)
                / (n + TYPICAL_WEIGHT);
            let deep = DEEP * variance.sqrt();
            let mut own = 0.0;
            let mut is_falling = false;
            for (score, shape) in run.iter_mut().zip(shapes) {
                if score.is_nan() {
                    continue;
                }
                let fall = centre - self.goodness(*score, *shape);
                if fall > deep {
                    *score = f64::NAN;
                    own += 1.0;
                    falls += 1.0;
                    depths += fall;
                    depth_squares += fall * fall;
                    episodes += f64::from(u8::from(!is_falling));
                }
                own -= f64::from(u8::from(fall < -deep));
                is_falling = fall > deep;
            }
            all += n;
            clients += 1.0;
            excess += own;
            squares += own * own;
        }
        let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        DeepFalls {
            excess: ratio(excess, all),
            error: ratio((squares - ratio(excess * excess, clients)).max(0.0).sqrt(), all),
            depth: ratio(depths, falls),
            depth_sd: (ratio(depth_squares, falls) - ratio(depths, falls).powi(2)).max(0.0).sqrt(),
            sessions: ratio(falls, episodes),
        }
    }
}

impl DeepFalls {
    /// Whether there are more than in series that a model without falls made.
    pub(super) fn outnumber(&self, without: &Self) -> bool {
        self.excess - without.excess > EVIDENCE * libm::hypot(self.error, without.error)
    }
}

impl Falls {
    /// Where a fit starts: half of what outnumbers may be the ceiling's.
    pub(super) fn start(observed: &DeepFalls) -> Self {
        let onsets = (0.5 * observed.excess).clamp(0.0, MOST_ONSETS);
        let sessions = observed.sessions.clamp(1.0, MOST_SESSIONS);
        Self { onsets, depth: observed.depth, depth_sd: observed.depth_sd, sessions }
    }

    /// Moves towards falls that would look like the observed ones.
    pub(super) fn move_towards(
        &mut self,
        observed: &DeepFalls,
        simulated: &DeepFalls,
        gain: f64,
        most_deep: f64,
    ) {
        let missing = (observed.excess - simulated.excess) / self.sessions;
        self.onsets = (self.onsets + gain * missing).clamp(0.0, MOST_ONSETS);
        if self.onsets > 0.0 && simulated.depth > 0.0 {
            self.depth = (self.depth + gain * (observed.depth - simulated.depth)).clamp(0.0, most_deep);
            let depth_sd = self.depth_sd + gain * (observed.depth_sd - simulated.depth_sd);
            self.depth_sd = depth_sd.clamp(0.0, MOST_UNEQUAL * self.depth);
            let sessions = self.sessions + gain * (observed.sessions - simulated.sessions);
            self.sessions = sessions.clamp(1.0, MOST_SESSIONS);
        }
    }
}

/// Random numbers of one session, drawn once for all rounds of a fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct FallNumbers {
    onset: f64,
    /// Standard normal.
    depth: f64,
    end: f64,
}

impl FallNumbers {
    pub(super) fn draw(random: &mut Generator) -> Self {
        let onset = random.uniform();
        let depth = random.normal();
        Self { onset, depth, end: random.uniform() }
    }
}

/// One client's falls.
pub(super) struct Falling<'f> {
    falls: &'f Falls,
    has_level: bool,
    deficit: f64,
}

impl<'f> Falling<'f> {
    pub(super) fn new(falls: &'f Falls) -> Self {
        Self { falls, has_level: false, deficit: 0.0 }
    }

    /// Points by which the next session is worse.
    #[inline]
    pub(super) fn step(&mut self, numbers: &FallNumbers, is_scored: bool) -> f64 {
        if self.deficit > 0.0 {
            if numbers.end * self.falls.sessions < 1.0 {
                self.deficit = 0.0;
            }
        } else if is_scored && self.has_level && numbers.onset < self.falls.onsets {
            self.deficit = (self.falls.depth + self.falls.depth_sd * numbers.depth).max(0.0);
        }
        self.has_level |= is_scored;
        self.deficit
    }
}

/// Twice the squares above the centre, over the degrees of freedom: the variance, if both sides are alike.
fn upper_variance(sorted: &[f64], centre: f64) -> f64 {
    let above = sorted.get(sorted.partition_point(|number| *number <= centre)..).unwrap_or_default();
    let squares: f64 = above.iter().map(|number| (number - centre) * (number - centre)).sum();
    2.0 * squares / (sorted.len() as f64 - 1.0).max(1.0)
}
