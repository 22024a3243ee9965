//! A rule on one dyad's sessions.

use super::reference::Levels;
use super::spread::{Spread, unit_in_points};
use super::{Gaps, Rule};
use crate::ScoreScale;
use crate::detector::{Judge, Judged, NotAssessed, Verdicts};

/// A rule with what it needs again and again.
pub(crate) struct RuleJudge<'d> {
    rule: &'d Rule,
    spread: &'d Spread,
    scale: ScoreScale,
    levels: Levels,
    scratch: Vec<f64>,
    filled: Vec<f64>,
}

impl<'d> RuleJudge<'d> {
    pub(crate) fn new(rule: &'d Rule, spread: &'d Spread, scale: ScoreScale) -> Self {
        let levels = Levels::online(rule, scale.orientation);
        Self { rule, spread, scale, levels, scratch: Vec::new(), filled: Vec::new() }
    }
}

impl Judge for RuleJudge<'_> {
    fn judge(&mut self, run: &[f64], observed: usize, verdicts: &mut Verdicts<'_>) -> Judged {
        let Self { rule, spread, scale, levels, scratch, filled } = self;
        let unit = unit_in_points(rule, run, spread, *scale, scratch);
        let needed = usize::from(rule.least_sessions);
        let not_assessed = if observed < needed {
            Some(NotAssessed::TooFewSessions { observed, needed })
        } else {
            unit.is_nan().then_some(NotAssessed::NoUnit)
        };
        let known = if rule.gaps == Gaps::Interpolate {
            interpolate(run, filled);
            &filled[..]
        } else {
            run
        };
        levels.start(known, scratch);
        let places = verdicts.reference.iter_mut().zip(verdicts.flagged.iter_mut());
        for ((position, (score, known)), (reference, flag)) in run.iter().zip(known).enumerate().zip(places) {
            if known.is_nan() {
                levels.miss();
                continue;
            }
            *reference = levels.at(position);
            let can_be_flagged = not_assessed.is_none() && !score.is_nan() && !reference.is_nan();
            *flag = can_be_flagged && rule.is_reached(scale.orientation.fall(*reference, *score), unit);
            levels.observe(*known, *flag);
        }
        Judged { unit, not_assessed }
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
