//! One-to-one matching of sessions within a tolerance.

/// How well a matching does: pairs, then sum of distances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Worth {
    pairs: usize,
    distance: usize,
}

impl Worth {
    fn is_better_than(self, other: Self) -> bool {
        self.pairs > other.pairs || (self.pairs == other.pairs && self.distance < other.distance)
    }
}

/// What the best matching does with the last flag and the last criterion session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    LeaveFlag,
    LeaveCriterion,
    Pair,
}

/// The best matching of two rising lists of sessions.
///
/// Crossed pairs can be uncrossed without leaving the tolerance and without a longer sum of distances, so the best
/// matching follows both lists in order: a shortest path over prefixes, where only those within the tolerance of each
/// other need to be looked at. Time and memory are flags x (sessions of tolerance + 1).
#[derive(Debug, Default)]
pub(super) struct Matching {
    flags: Vec<usize>,
    criterion: Vec<usize>,
    /// Best worth of the flags so far and the first `j` criterion sessions.
    best: Vec<Worth>,
    /// For each flag the first criterion session within its reach, and where its choices start.
    reach: Vec<(usize, usize)>,
    choices: Vec<Choice>,
    pairs: Vec<(usize, usize)>,
}

impl Matching {
    /// Matches flags at most `before` sessions before and `after` sessions after a criterion session.
    pub(super) fn run(
        &mut self,
        flags: impl Iterator<Item = usize>,
        criterion: impl Iterator<Item = usize>,
        before: usize,
        after: usize,
    ) {
        self.flags.clear();
        self.flags.extend(flags);
        self.criterion.clear();
        self.criterion.extend(criterion);
        self.best.clear();
        self.best.push(Worth::default());
        self.reach.clear();
        self.choices.clear();
        let mut low = 0;
        for flag in &self.flags {
            // Criterion sessions before `low` are out of this flag's reach, and of all later ones'.
            while self.criterion.get(low).is_some_and(|session| session.saturating_add(after) < *flag) {
                low += 1;
            }
            self.reach.push((low, self.choices.len()));
            // Where earlier flags did not reach, more criterion sessions are worth nothing more.
            let furthest = self.best.last().copied().unwrap_or_default();
            if self.best.len() <= low {
                self.best.resize(low + 1, furthest);
            }
            let mut diagonal = self.best.get(low).copied().unwrap_or_default();
            let mut left = diagonal;
            for (at, session) in self.criterion.iter().enumerate().skip(low) {
                if *session > flag.saturating_add(before) {
                    break;
                }
                if self.best.len() <= at + 1 {
                    self.best.push(furthest);
                }
                let Some(place) = self.best.get_mut(at + 1) else { break };
                let paired = Worth {
                    pairs: diagonal.pairs + 1,
                    distance: diagonal.distance + flag.abs_diff(*session),
                };
                diagonal = *place;
                let mut choice = Choice::LeaveFlag;
                if left.is_better_than(*place) {
                    (*place, choice) = (left, Choice::LeaveCriterion);
                }
                if paired.is_better_than(*place) {
                    (*place, choice) = (paired, Choice::Pair);
                }
                left = *place;
                self.choices.push(choice);
            }
        }
        self.trace_back();
    }

    fn trace_back(&mut self) {
        self.pairs.clear();
        let mut end = self.choices.len();
        let mut known = self.criterion.len();
        for (flag, (low, start)) in self.flags.iter().zip(&self.reach).rev() {
            // Later criterion sessions than this flag reaches are worth what the last in reach is.
            known = known.min(low + (end - start));
            while known > *low {
                match self.choices.get(start + known - 1 - low) {
                    Some(Choice::Pair) => {
                        known -= 1;
                        self.pairs.extend(self.criterion.get(known).map(|session| (*flag, *session)));
                        break;
                    }
                    Some(Choice::LeaveCriterion) => known -= 1,
                    _ => break,
                }
            }
            end = *start;
        }
        self.pairs.reverse();
    }

    /// Pairs of flag and criterion session, rising in both.
    pub(super) fn pairs(&self) -> &[(usize, usize)] {
        &self.pairs
    }
}
