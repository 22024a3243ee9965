//! Segments of one level as a detector.

use super::episodes::{check_drop, find_episodes};
use super::{
    BinarySegmentation, Criterion, NoiseScale, NoiseSigma, OptimalPartition, Partition, Penalty, SegmentCost,
    SegmentEpisode, SegmentOutcome, SegmentScratch,
};
use crate::detector::{Judge, Judged, Verdicts};
use crate::{
    Censoring, Ending, Episode, NotAssessed, Orientation, Resolution, RuptureError, ScoreScale, Spread,
};

/// How a series is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Segmentation {
    /// [`OptimalPartition`].
    Optimal,
    /// [`BinarySegmentation`].
    Binary,
}

/// How badly a level fits: the [`SegmentCost`]s, with sigma and the ends of the scale filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Misfit {
    /// Absolute deviations from the median.
    L1,
    /// Squared deviations from the mean.
    L2,
    /// Ranks.
    Rank,
    /// A normal distribution with the detector's [noise](SegmentDetector::noise), of which scores at the ends of the
    /// scale say only "at most" and "at least".
    CensoredNormal,
}

/// What a change must gain.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum SegmentPenalty {
    /// So much, in the units of the cost.
    Value(f64),
    /// As a criterion says, with the detector's [noise](SegmentDetector::noise).
    Criterion(Criterion),
}

/// In what a drop is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum DropUnit {
    /// Points of the score.
    Points,
    /// The detector's [noise](SegmentDetector::noise).
    Sigmas,
}

impl DropUnit {
    /// The word used in texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Points => "points",
            Self::Sigmas => "sigmas",
        }
    }
}

/// Flags all sessions of segments whose mean lies a drop below that of the last segment that was no rupture.
///
/// Episodes are those of [`episodes_of_segments`](super::episodes_of_segments): resolved if the mean of the segment after
/// them lies within the tolerance. The reference of a session is the mean of the last segment that was no rupture, its own
/// included; the first sessions, as many as the shortest segment has, have none. It looks back.
///
/// ```
/// use alliance_ruptures::segments::{DropUnit, NoiseScale, SegmentDetector};
/// use alliance_ruptures::{Resolution, ScoreScale, Series, detect};
///
/// let missing = f64::NAN;
/// let scores = vec![5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, missing, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0];
/// let series = Series::new(scores, vec![0, 16], ScoreScale::new(1.0, 7.0)?)?;
/// let mut segments = SegmentDetector::new(0.8, DropUnit::Points)?;
/// // One client makes no pool.
/// segments.noise = NoiseScale::MedianMovingRange;
/// let found = detect(&series, segments);
/// let [dip, plateau] = found.episodes_of(0) else { panic!("two segments lie lower") };
/// assert_eq!((dip.onset, dip.length(), dip.resolution), (4, 1, Resolution::Repaired));
/// assert_eq!((plateau.onset, plateau.length(), plateau.nadir), (10, 3, 11));
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SegmentDetector {
    /// How a series is cut: optimal unless set.
    pub segmentation: Segmentation,
    /// How badly a level fits: squares unless set.
    pub misfit: Misfit,
    /// What a change must gain: modified Schwarz unless set.
    pub penalty: SegmentPenalty,
    /// Standard deviation within segments, for criteria, the censored normal and drops in sigmas.
    pub noise: NoiseScale,
    /// Fewest scored sessions of a segment: 1 unless set, so that a dip of one session can be found.
    pub min_segment: u16,
    /// How far below the last level a segment lies that is a rupture: the threshold.
    pub threshold: f64,
    /// In what the drop and the tolerance are given.
    pub unit: DropUnit,
    /// How far below the level before them a segment may lie that ends an episode as repaired: 0 unless set.
    pub tolerance: f64,
    /// Observed sessions a dyad needs to be assessed: 4 unless set.
    pub least_sessions: u16,
}

impl SegmentDetector {
    /// Drops of at least this size.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless the drop is finite and above 0.
    pub fn new(threshold: f64, unit: DropUnit) -> Result<Self, RuptureError> {
        Self {
            segmentation: Segmentation::Optimal,
            misfit: Misfit::L2,
            penalty: SegmentPenalty::Criterion(Criterion::Mbic),
            noise: NoiseScale::default(),
            min_segment: 1,
            threshold,
            unit,
            tolerance: 0.0,
            least_sessions: 4,
        }
        .checked()
    }

    /// The detector itself if its fields are within their ranges.
    ///
    /// # Errors
    ///
    /// `invalid-option` naming the field and what is allowed.
    pub fn checked(self) -> Result<Self, RuptureError> {
        check_drop("threshold", self.threshold, self.tolerance)?;
        self.noise.checked()?;
        let penalty = match self.penalty {
            SegmentPenalty::Value(value) => Penalty::Value(value),
            SegmentPenalty::Criterion(_) => Penalty::default(),
        };
        OptimalPartition::new(SegmentCost::L2, penalty)?.with_min_segment(usize::from(self.min_segment))?;
        Ok(self)
    }

    /// Whether sigma is pooled over a sample, and used.
    pub fn pools(&self) -> bool {
        self.noise.pools() && (self.needs_sigma() || self.penalty_needs_sigma())
    }

    fn needs_sigma(&self) -> bool {
        self.unit == DropUnit::Sigmas || self.misfit == Misfit::CensoredNormal
    }

    fn penalty_needs_sigma(&self) -> bool {
        matches!(self.penalty, SegmentPenalty::Criterion(_)) && matches!(self.misfit, Misfit::L1 | Misfit::L2)
    }

    pub(crate) fn judge<'d>(&'d self, spread: &'d Spread, scale: ScoreScale) -> Box<dyn Judge + 'd> {
        Box::new(SegmentJudge {
            detector: self,
            spread,
            scale,
            scratch: SegmentScratch::new(),
            ranges: Vec::new(),
            found: Vec::new(),
            episodes: Vec::new(),
        })
    }

    /// Cost and penalty for one series.
    fn terms(
        &self,
        run: &[f64],
        spread: &Spread,
        scale: ScoreScale,
        ranges: &mut Vec<f64>,
    ) -> Result<(SegmentCost, Penalty, f64), NotAssessed> {
        // The penalty of a constant series does not matter, so it needs no sigma of its own.
        let own = self.noise == NoiseScale::MedianMovingRange;
        let sigma = if self.needs_sigma() || (self.penalty_needs_sigma() && !own) {
            self.noise.sigma(run, spread, ranges)?
        } else {
            f64::NAN
        };
        let cost = match self.misfit {
            Misfit::L1 => SegmentCost::L1,
            Misfit::L2 => SegmentCost::L2,
            Misfit::Rank => SegmentCost::Rank,
            Misfit::CensoredNormal => {
                SegmentCost::CensoredNormal { sigma, lowest: scale.lowest, highest: scale.highest }
            }
        };
        let penalty = match self.penalty {
            SegmentPenalty::Value(value) => Penalty::Value(value),
            SegmentPenalty::Criterion(criterion) if self.penalty_needs_sigma() && !own => {
                Penalty::Criterion(criterion, NoiseSigma::Known(sigma))
            }
            SegmentPenalty::Criterion(criterion) => {
                Penalty::Criterion(criterion, NoiseSigma::MedianMovingRange)
            }
        };
        Ok((cost, penalty, if self.unit == DropUnit::Sigmas { sigma } else { 1.0 }))
    }

    fn partition<'s>(
        &self,
        run: &[f64],
        cost: SegmentCost,
        penalty: Penalty,
        scratch: &'s mut SegmentScratch,
    ) -> Result<&'s Partition, NotAssessed> {
        let shortest = usize::from(self.min_segment);
        let refused = |_| NotAssessed::OutOfRange;
        let partition = match self.segmentation {
            Segmentation::Optimal => {
                let optimal =
                    OptimalPartition::new(cost, penalty).and_then(|it| it.with_min_segment(shortest));
                optimal.map_err(refused)?.partition_with(run, scratch)
            }
            Segmentation::Binary => {
                let binary =
                    BinarySegmentation::new(cost, penalty).and_then(|it| it.with_min_segment(shortest));
                binary.map_err(refused)?.partition_with(run, scratch)
            }
        };
        partition.map_err(NotAssessed::from)
    }
}

struct SegmentJudge<'d> {
    detector: &'d SegmentDetector,
    spread: &'d Spread,
    scale: ScoreScale,
    scratch: SegmentScratch,
    ranges: Vec<f64>,
    found: Vec<SegmentEpisode>,
    episodes: Vec<Episode>,
}

impl SegmentJudge<'_> {
    fn try_judge(
        &mut self,
        run: &[f64],
        observed: usize,
        verdicts: &mut Verdicts<'_>,
    ) -> Result<f64, NotAssessed> {
        let Self { detector, spread, scale, scratch, ranges, found, episodes } = self;
        episodes.clear();
        let needed = usize::from(detector.least_sessions);
        if observed < needed {
            return Err(NotAssessed::TooFewSessions { observed, needed });
        }
        let (cost, penalty, unit) = detector.terms(run, spread, *scale, ranges)?;
        let partition = detector.partition(run, cost, penalty, scratch)?;
        let orientation = scale.orientation;
        find_episodes(
            &partition.segments,
            detector.threshold * unit,
            detector.tolerance * unit,
            orientation,
            found,
        );
        let mut ruptures = found.iter().peekable();
        for segment in &partition.segments {
            while ruptures.next_if(|rupture| rupture.end <= segment.start).is_some() {}
            let rupture = ruptures.peek().filter(|rupture| rupture.onset <= segment.start);
            let level = rupture.map_or(segment.mean, |rupture| rupture.reference);
            let sessions = segment.start..segment.end;
            let places = verdicts.reference.get_mut(sessions.clone()).unwrap_or_default().iter_mut();
            let flags = verdicts.flagged.get_mut(sessions.clone()).unwrap_or_default();
            let scores = run.get(sessions).unwrap_or_default();
            for ((reference, flag), _) in places.zip(flags).zip(scores).filter(|(_, score)| !score.is_nan()) {
                *reference = level;
                *flag = rupture.is_some();
            }
        }
        // Nothing can lie below a level in the first sessions.
        let places = verdicts.reference.iter_mut().filter(|reference| !reference.is_nan());
        places.take(usize::from(detector.min_segment)).for_each(|reference| *reference = f64::NAN);
        episodes.extend(found.iter().map(|rupture| episode(rupture, run, orientation)));
        Ok(unit)
    }
}

/// An episode of segments in the words of sessions.
fn episode(rupture: &SegmentEpisode, run: &[f64], orientation: Orientation) -> Episode {
    let sessions = run.iter().copied().enumerate().take(rupture.end).skip(rupture.onset);
    let (nadir, worst) = sessions.fold((rupture.onset, f64::NAN), |worst, (session, score)| {
        let is_worse = !score.is_nan() && (worst.1.is_nan() || orientation.fall(worst.1, score) > 0.0);
        if is_worse { (session, score) } else { worst }
    });
    let (recovery, resolution) = match rupture.outcome {
        SegmentOutcome::Resolved => (rupture.next, Resolution::Repaired),
        SegmentOutcome::Unresolved => (None, Resolution::Unrepaired),
        SegmentOutcome::Censored => (None, Resolution::Censored(Censoring::End(Ending::Unknown))),
    };
    Episode {
        onset: rupture.onset,
        nadir,
        recovery,
        last: recovery.unwrap_or(rupture.end.saturating_sub(1)),
        resolution,
        magnitude: orientation.fall(rupture.reference, worst),
    }
}

impl Judge for SegmentJudge<'_> {
    fn judge(&mut self, run: &[f64], observed: usize, verdicts: &mut Verdicts<'_>) -> Judged {
        self.try_judge(run, observed, verdicts).map_or_else(Judged::refused, Judged::assessed)
    }

    fn episodes(&self) -> Option<&[Episode]> {
        Some(&self.episodes)
    }
}
