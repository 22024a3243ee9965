//! Bootstrap over dyads.

use alliance_statistics::Generator;

use super::AccuracyOptions;

/// An estimate with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Estimate {
    /// The estimate; NaN if nothing defines it, such as sensitivity without a rupture.
    pub value: f64,
    /// Lower end of the interval; NaN without resamples, below two dyads, or where the estimate is not defined.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Share of bootstrap samples in which the estimate is not defined; the interval rests on the others.
    pub undefined: f64,
}

/// Estimates from the summed counts of dyads, with percentile intervals from samples of dyads.
///
/// Sample `i` draws from stream `i` of the seed.
pub(super) fn bootstrap<const COUNTS: usize, const MEASURES: usize>(
    tallies: &[[f64; COUNTS]],
    options: &AccuracyOptions,
    measures: impl Fn(&[f64; COUNTS]) -> [f64; MEASURES],
) -> [Estimate; MEASURES] {
    let values = measures(&sum(tallies.iter()));
    let resamples = if tallies.len() < 2 { 0 } else { options.resamples };
    let mut samples: [Vec<f64>; MEASURES] = std::array::from_fn(|_| Vec::with_capacity(resamples));
    for (stream, _) in (0_u64..).zip(0..resamples) {
        let mut random = Generator::stream(options.seed, stream);
        let drawn = (0..tallies.len()).filter_map(|_| tallies.get(random.below(tallies.len())));
        for (sample, value) in samples.iter_mut().zip(measures(&sum(drawn))) {
            if !value.is_nan() {
                sample.push(value);
            }
        }
    }
    let tail = (1.0 - options.level) / 2.0;
    let mut samples = samples.into_iter();
    values.map(|value| {
        let mut sample = samples.next().unwrap_or_default();
        sample.sort_unstable_by(f64::total_cmp);
        let undefined =
            if resamples == 0 { 0.0 } else { (resamples - sample.len()) as f64 / resamples as f64 };
        Estimate { value, low: quantile(&sample, tail), high: quantile(&sample, 1.0 - tail), undefined }
    })
}

fn sum<'a, const COUNTS: usize>(tallies: impl Iterator<Item = &'a [f64; COUNTS]>) -> [f64; COUNTS] {
    tallies.fold([0.0; COUNTS], |mut sums, tally| {
        for (sum, count) in sums.iter_mut().zip(tally) {
            *sum += count;
        }
        sums
    })
}

/// Quantile of sorted numbers, linear between neighbours (type 7 of Hyndman & Fan 1996); NaN of nothing.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len().saturating_sub(1)) as f64;
    let below = place.floor() as usize;
    match (sorted.get(below), sorted.get(below + 1)) {
        (Some(low), Some(high)) => low + (high - low) * (place - below as f64),
        (Some(low), None) => *low,
        _ => f64::NAN,
    }
}
