//! What a rule found in all dyads, in counts.

use crate::{ClientClass, Detection, Resolution};

/// What a rule found in the dyads it assessed, in counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct DetectionCounts {
    /// Dyads the rule could assess.
    pub assessed: usize,
    /// Of these, dyads with an episode.
    pub with_episode: usize,
    /// Scored sessions.
    pub observed: usize,
    /// Scored sessions that could be flagged.
    pub evaluable: usize,
    /// Flagged sessions.
    pub flagged: usize,
    /// Episodes.
    pub episodes: usize,
    /// Episodes that were repaired.
    pub repaired: usize,
    /// Episodes that were not repaired within the window; the others ended with the series, or no repair is asked.
    pub unrepaired: usize,
}

impl Detection {
    /// What the rule found in all dyads it could assess.
    pub fn counts(&self) -> DetectionCounts {
        let mut counts = DetectionCounts { episodes: self.episodes.len(), ..DetectionCounts::default() };
        for dyad in self.dyads.iter().filter(|dyad| dyad.class != ClientClass::NotAssessed) {
            counts.assessed += 1;
            counts.with_episode += usize::from(dyad.class != ClientClass::NoRupture);
            counts.observed += dyad.observed;
            counts.evaluable += dyad.evaluable;
            counts.flagged += dyad.flagged;
        }
        for episode in &self.episodes {
            counts.repaired += usize::from(episode.resolution == Resolution::Repaired);
            counts.unrepaired += usize::from(episode.resolution == Resolution::Unrepaired);
        }
        counts
    }

    /// How many dyads are of each class, in the order of [`ClientClass::ALL`].
    pub fn classes(&self) -> [usize; ClientClass::ALL.len()] {
        ClientClass::ALL.map(|class| self.dyads.iter().filter(|dyad| dyad.class == class).count())
    }
}
