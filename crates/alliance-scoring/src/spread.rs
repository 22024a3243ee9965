//! The spread of items within a form, which says how uncertain a prorated score is.

use crate::coding::Coding;
use crate::column::BLOCK;
use crate::plan::Plan;

/// Fewest complete forms from which the spread is estimated.
pub(crate) const FEWEST_FORMS: usize = 30;

/// How far the items of a scale lie apart within one form.
///
/// `variance` is sigma^2 (1 - rho) of exchangeable items with variance sigma^2 and
/// correlation rho: the mean item variance less the mean covariance, in squared
/// units of the response scale.
///
/// The standard error of the mean of `m` of `k` items is then
/// `sqrt(variance * (1/m - 1/k))`.
///
/// ```
/// use alliance_scoring::ItemSpread;
///
/// let spread = ItemSpread::exchangeable(1.2, 0.5).unwrap();
/// assert!((spread.standard_error(9, 12) - 0.141_421_4).abs() < 1e-7);
/// assert_eq!(spread.standard_error(12, 12), 0.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ItemSpread {
    /// Mean item variance less mean covariance.
    pub variance: f64,
    /// Complete forms it was estimated from; 0 if it was stated by the caller.
    pub forms: usize,
}

impl ItemSpread {
    /// A spread stated by the caller: standard deviation of an item and correlation between items.
    ///
    /// `None` unless the standard deviation is finite and not negative and the correlation lies in -1 to 1.
    pub fn exchangeable(standard_deviation: f64, correlation: f64) -> Option<Self> {
        let possible = standard_deviation.is_finite()
            && standard_deviation >= 0.0
            && (-1.0..=1.0).contains(&correlation);
        possible.then_some(Self { variance: standard_deviation.powi(2) * (1.0 - correlation), forms: 0 })
    }

    /// A spread of known variance.
    pub fn of_variance(variance: f64) -> Self {
        Self { variance, forms: 0 }
    }

    /// Standard error of a score on the item mean from `answered` of `items` items.
    ///
    /// 0 for a complete form; NaN without an answer or where the spread is undefined.
    pub fn standard_error(&self, answered: u16, items: u16) -> f64 {
        if answered == 0 || answered > items {
            return f64::NAN;
        }
        if answered == items {
            return 0.0;
        }
        // Negative only if the items' covariances exceed their variances: then nothing can be said.
        (self.variance * (1.0 / f64::from(answered) - 1.0 / f64::from(items))).sqrt()
    }
}

/// Sums over the complete forms of some rows, in steps above the lowest answer.
#[derive(Debug, Clone)]
pub(crate) struct SpreadSums {
    forms: usize,
    item: Vec<f64>,
    item_squared: Vec<f64>,
    scale: Vec<f64>,
    scale_squared: Vec<f64>,
}

impl SpreadSums {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            forms: 0,
            item: vec![0.0; plan.item_count],
            item_squared: vec![0.0; plan.item_count],
            scale: vec![0.0; plan.scales.len()],
            scale_squared: vec![0.0; plan.scales.len()],
        }
    }

    /// Adds the items of a block, of the forms whose flag is 1.
    pub(crate) fn add_items<C: Coding>(&mut self, plan: &Plan, codes: &[C::Code], complete: &[u8]) {
        self.forms += complete.iter().map(|flag| usize::from(*flag)).sum::<usize>();
        for item in plan.groups.iter().flat_map(|group| &group.items) {
            let from = item * BLOCK;
            let (sum, squared) = C::moments_of_codes(&codes[from..from + complete.len()], complete);
            self.item[*item] += sum;
            self.item_squared[*item] += squared;
        }
    }

    /// Adds the totals of a scale on a block, of the forms whose flag is 1.
    pub(crate) fn add_scale<C: Coding>(&mut self, scale: usize, totals: &[C::Sum], complete: &[u8]) {
        let (sum, squared) = C::moments_of_sums(totals, complete);
        self.scale[scale] += sum;
        self.scale_squared[scale] += squared;
    }

    /// Adds up the units in their order and estimates the spread of each scale, in units of the response scale.
    pub(crate) fn estimate(plan: &Plan, units: &[Self], unit: f64) -> Vec<ItemSpread> {
        let mut all = Self::new(plan);
        for sums in units {
            all.add(sums);
        }
        plan.scales
            .iter()
            .enumerate()
            .map(|(position, scale)| {
                let items = scale.groups.iter().flat_map(|group| &plan.groups[*group].items);
                all.spread_of(position, items.copied().collect(), unit)
            })
            .collect()
    }

    /// Mean item variance less mean covariance, from the variance of the scale's total.
    fn spread_of(&self, scale: usize, items: Vec<usize>, unit: f64) -> ItemSpread {
        let count = items.len() as f64;
        if self.forms < FEWEST_FORMS || items.len() < 2 {
            return ItemSpread { variance: f64::NAN, forms: self.forms };
        }
        let forms = self.forms as f64;
        let variance = |sum: f64, squared: f64| (squared - sum * sum / forms) / (forms - 1.0);
        let of_items: f64 =
            items.into_iter().map(|item| variance(self.item[item], self.item_squared[item])).sum();
        let of_total = variance(self.scale[scale], self.scale_squared[scale]);
        let covariance = (of_total - of_items) / (count * (count - 1.0));
        ItemSpread { variance: (of_items / count - covariance) * unit * unit, forms: self.forms }
    }

    fn add(&mut self, other: &Self) {
        self.forms += other.forms;
        let pairs = [
            (&mut self.item, &other.item),
            (&mut self.item_squared, &other.item_squared),
            (&mut self.scale, &other.scale),
            (&mut self.scale_squared, &other.scale_squared),
        ];
        for (sums, more) in pairs {
            for (sum, more) in sums.iter_mut().zip(more) {
                *sum += more;
            }
        }
    }
}
