//! Maximum likelihood of the two variances of the local level model.

use super::{InitialLevel, LocalLevel, NotAssessed};

/// Fewest scores for two variances: with three, two innovations would be fitted by two parameters.
const FEWEST_SCORES: usize = 4;

/// Range of the logit of the share of the drift in the two variances, and steps of the first search.
const WIDEST_LOGIT: f64 = 14.0;
const GRID: u32 = 56;

/// Golden section steps: 0.618^60 of the bracket is below the square root of rounding.
const SECTIONS: u32 = 60;

impl LocalLevel {
    /// The most likely variances for one client's series, with a diffuse start.
    ///
    /// The variances are scaled out, which leaves a search over the share w of the
    /// drift, R : Q = 1 - w : w, on a grid of its logit and at both ends (no drift; no noise),
    /// refined around the best. Short series often end at an end: that
    /// is the estimate, not a failure. From 8 to 40 sessions the two variances are poorly
    /// told apart; prefer values pooled over clients.
    ///
    /// ```
    /// use alliance_ruptures::segments::LocalLevel;
    ///
    /// let model = LocalLevel::fit(&[5.0, 5.4, 5.1, 5.3, 4.9, 5.2, 5.5, 5.1]).unwrap();
    /// assert_eq!(model.drift_variance(), 0.0);
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotAssessed`] with fewer than four scores, for a constant series, or for scores too large to square.
    pub fn fit(scores: &[f64]) -> Result<Self, NotAssessed> {
        let observed = scores.iter().filter(|score| !score.is_nan()).count();
        if observed < FEWEST_SCORES {
            return Err(NotAssessed::TooFewObserved { observed, needed: FEWEST_SCORES });
        }
        let mut values = scores.iter().filter(|score| !score.is_nan());
        let first = values.next();
        if values.all(|value| Some(value) == first) {
            return Err(NotAssessed::Constant);
        }
        let mut best = profile(scores, 0.0);
        let end = profile(scores, 1.0);
        if end.log_likelihood > best.log_likelihood {
            best = end;
        }
        let step = 2.0 * WIDEST_LOGIT / f64::from(GRID);
        let on_grid = |place: u32| f64::from(place) * step - WIDEST_LOGIT;
        let at = |logit: f64| profile(scores, 1.0 / (1.0 + libm::exp(-logit)));
        let mut place = None;
        for candidate in 0..=GRID {
            let found = at(on_grid(candidate));
            if found.log_likelihood > best.log_likelihood {
                best = found;
                place = Some(candidate);
            }
        }
        if let Some(place) = place {
            let found = refine(at, on_grid(place) - step, on_grid(place) + step);
            if found.log_likelihood > best.log_likelihood {
                best = found;
            }
        }
        let (noise, drift) = ((1.0 - best.share) * best.variance, best.share * best.variance);
        Self::new(noise, drift, InitialLevel::Diffuse).map_err(|_| NotAssessed::OutOfRange)
    }
}

#[derive(Clone, Copy)]
struct Profile {
    share: f64,
    /// Most likely sum of the two variances for this share.
    variance: f64,
    log_likelihood: f64,
}

/// Log likelihood for a share of the drift, maximised over the sum of the two variances; without constants.
fn profile(scores: &[f64], share: f64) -> Profile {
    let (noise, drift) = (1.0 - share, share);
    let mut before: Option<(f64, f64)> = None;
    let (mut squares, mut logs, mut count) = (0.0, 0.0, 0.0);
    for score in scores {
        if score.is_nan() {
            before = before.map(|(level, variance)| (level, variance + drift));
            continue;
        }
        let Some((level, variance)) = before else {
            before = Some((*score, noise + drift));
            continue;
        };
        let total = variance + noise;
        let innovation = score - level;
        squares += innovation * innovation / total;
        logs += libm::log(total);
        count += 1.0;
        before = Some((level + variance / total * innovation, variance * noise / total + drift));
    }
    let variance = squares / count;
    let log_likelihood = -0.5 * (count * libm::log(variance) + logs);
    Profile { share, variance, log_likelihood }
}

fn refine(at: impl Fn(f64) -> Profile, mut low: f64, mut high: f64) -> Profile {
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let mut left = high - golden * (high - low);
    let mut right = low + golden * (high - low);
    let (mut at_left, mut at_right) = (at(left), at(right));
    for _ in 0..SECTIONS {
        if at_left.log_likelihood >= at_right.log_likelihood {
            high = right;
            right = left;
            at_right = at_left;
            left = high - golden * (high - low);
            at_left = at(left);
        } else {
            low = left;
            left = right;
            at_left = at_right;
            right = low + golden * (high - low);
            at_right = at(right);
        }
    }
    if at_left.log_likelihood >= at_right.log_likelihood { at_left } else { at_right }
}
