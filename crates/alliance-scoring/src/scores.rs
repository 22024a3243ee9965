//! Scores in memory: means and counts are stored, everything else is a view.

use alliance_instruments::Level;

use crate::kernel::ScaleCounts;
use crate::{BatchSummary, ItemSpread, Metric, ScoredScale, Scorer};

/// How a score came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// Every item of the scale is answered.
    Complete,
    /// Some are missing; the mean of the answered ones was taken.
    Prorated,
    /// Too few answers for the rule.
    NotScored,
}

impl Status {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Prorated => "prorated",
            Self::NotScored => "not-scored",
        }
    }
}

/// The scores of a batch of forms.
///
/// ```
/// use alliance_scoring::{Chunk, Column, Metric, Scorer, ScoringOptions, Status};
///
/// let form = alliance_instruments::instrument("srs-client")?;
/// let scorer = Scorer::new(&form, &ScoringOptions::default())?;
/// let answers = [[9.1, 8.0], [7.7, f64::NAN], [8.2, 9.0], [9.0, 9.5]];
/// let column = |item| Column::new("item", vec![Chunk::from(item)]);
/// let columns: Vec<Column> = answers.iter().map(|item| column(&item[..])).collect();
/// let scores = scorer.score(&columns)?;
/// assert_eq!(scores.value("total", 0, Metric::Sum), Some(34.0));
/// assert_eq!(scores.status("total", 1), Some(Status::NotScored));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    instrument: String,
    version: u32,
    key_hash: String,
    range: (f64, f64),
    scales: Vec<ScoredScale>,
    rows: usize,
    means: Vec<f64>,
    answered: Vec<u8>,
    summary: BatchSummary,
}

impl Scores {
    pub(crate) fn new(
        scorer: &Scorer,
        rows: usize,
        means: Vec<f64>,
        answered: Vec<u8>,
        summary: BatchSummary,
    ) -> Self {
        let form = scorer.instrument();
        Self {
            instrument: form.id().to_owned(),
            version: form.version(),
            key_hash: form.key_hash(),
            range: scorer.range(),
            scales: scorer.scales().to_vec(),
            rows,
            means,
            answered,
            summary,
        }
    }

    /// Id of the form.
    pub fn instrument(&self) -> &str {
        &self.instrument
    }

    /// Version of the form's key.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Hash of the form's key.
    pub fn key_hash(&self) -> &str {
        &self.key_hash
    }

    /// The scored scales.
    pub fn scales(&self) -> &[ScoredScale] {
        &self.scales
    }

    /// Number of forms.
    pub fn rows(&self) -> usize {
        self.rows
    }

    fn position(&self, scale: &str) -> Option<usize> {
        self.scales.iter().position(|scored| scored.name == scale)
    }

    /// Item means of a scale, one per form, NaN where there is no score.
    pub fn means(&self, scale: &str) -> Option<&[f64]> {
        let first = self.position(scale)? * self.rows;
        self.means.get(first..first + self.rows)
    }

    /// Answered items of a scale, one count per form.
    pub fn answered(&self, scale: &str) -> Option<&[u8]> {
        let first = self.position(scale)? * self.rows;
        self.answered.get(first..first + self.rows)
    }

    /// One score in the unit of `metric`.
    pub fn value(&self, scale: &str, row: usize, metric: Metric) -> Option<f64> {
        let scored = self.scales.get(self.position(scale)?)?;
        let mean = *self.means(scale)?.get(row)?;
        Some(metric.of_mean(mean, scored.items, self.range.0, self.range.1))
    }

    /// How a score came about.
    pub fn status(&self, scale: &str, row: usize) -> Option<Status> {
        let scored = self.scales.get(self.position(scale)?)?;
        let mean = *self.means(scale)?.get(row)?;
        let answered = *self.answered(scale)?.get(row)?;
        Some(if mean.is_nan() {
            Status::NotScored
        } else if u16::from(answered) == scored.items {
            Status::Complete
        } else {
            Status::Prorated
        })
    }

    /// Standard error of a score from its missing items, in units of the item mean.
    ///
    /// 0 for a complete form, NaN where there is no score or no item spread. The spread is the
    /// batch's own where 30 forms are complete, or `reference`.
    pub fn standard_error(&self, scale: &str, row: usize, reference: Option<ItemSpread>) -> Option<f64> {
        let position = self.position(scale)?;
        let scored = self.scales.get(position)?;
        let spread = reference.or_else(|| self.summary.spread.get(position).copied())?;
        let answered = u16::from(*self.answered(scale)?.get(row)?);
        let scored_at_all = !self.means(scale)?.get(row)?.is_nan();
        Some(if scored_at_all { spread.standard_error(answered, scored.items) } else { f64::NAN })
    }

    /// How many forms were scored, prorated and not scored.
    pub fn counts(&self, scale: &str) -> Option<ScaleCounts> {
        self.summary.counts.get(self.position(scale)?).copied()
    }

    /// Level of the weakest of the scores.
    pub fn level(&self) -> Option<Level> {
        self.scales.iter().map(|scale| scale.level).min()
    }
}
