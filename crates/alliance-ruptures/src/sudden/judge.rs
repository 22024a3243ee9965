//! Sudden shifts as flagged sessions.

use super::{SuddenRule, SuddenShifts};
use crate::detector::{Judge, Judged, Verdicts};

impl SuddenRule {
    pub(crate) fn judge<'d>(&'d self) -> Box<dyn Judge + 'd> {
        Box::new(SuddenJudge { rule: self, found: SuddenShifts::default() })
    }
}

struct SuddenJudge<'d> {
    rule: &'d SuddenRule,
    found: SuddenShifts,
}

impl Judge for SuddenJudge<'_> {
    fn judge(&mut self, run: &[f64], _observed: usize, verdicts: &mut Verdicts<'_>) -> Judged {
        let Self { rule, found } = self;
        rule.detect_into(run, found);
        let orientation = rule.falls_under();
        for interval in &found.intervals {
            let [Some(before), Some(after)] = [interval.session, interval.session + 1].map(|at| run.get(at))
            else {
                continue;
            };
            // An interval without a verdict cannot be flagged.
            if !(before.is_nan() || after.is_nan()) && interval.verdict.is_assessed() {
                let post = interval.session + 1;
                if let (Some(reference), Some(flag)) =
                    (verdicts.reference.get_mut(post), verdicts.flagged.get_mut(post))
                {
                    *reference = *before;
                    *flag = interval.verdict.is_met() && orientation.fall(*before, *after) > 0.0;
                }
            }
        }
        Judged::assessed(1.0)
    }
}
