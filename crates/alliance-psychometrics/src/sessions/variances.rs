//! Variances of rows in groups in outer groups: by mean squares if balanced, else by REML.

use super::components::{Components, MeanSquare};
use crate::groups::Groups;
use crate::linear::Symmetric;
use crate::mixed::{Component, MixedModel};
use crate::{Columns, PsychometricsError, Status};

/// Sums of squares below this share of the sum of squared values are rounding.
const ROUNDING: f64 = 1e-28;

/// Places of the components.
pub(super) const OUTER: usize = 0;
pub(super) const GROUP: usize = 1;
pub(super) const RESIDUAL: usize = 2;

/// Variances of outer groups, groups and rows, with the sizes they rest on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NestedVariances {
    /// In the order outer group, group, residual; without an outer factor its variance is 0.
    pub(super) components: Components,
    /// Mean squares in that order if the design is balanced; without an outer factor the first has no degrees of
    /// freedom.
    pub(super) squares: Option<[MeanSquare; 3]>,
    /// Harmonic mean of the number of groups in an outer group; without an outer factor their number.
    pub(super) groups: f64,
    /// Harmonic mean of the number of rows in a group.
    pub(super) rows: f64,
}

/// Complete rows of a nested design.
pub(super) struct NestedRows {
    pub(super) response: Vec<f64>,
    pub(super) group: Vec<u32>,
    pub(super) outer: Option<Vec<u32>>,
    /// Which of `kinds` each row is (its item), if the means of kinds are to be taken out.
    pub(super) kind: Option<Vec<usize>>,
    pub(super) kinds: usize,
}

const MEAN_SQUARES: &str = "mean squares";
const REML: &str = "REML";

impl NestedRows {
    /// Variances; `units`, `rows_used` and `rows_dropped` are what the estimates will say.
    ///
    /// # Errors
    ///
    /// `not-nested` if a group lies in two outer groups.
    pub(super) fn variances(
        &self,
        units: usize,
        rows_used: usize,
        rows_dropped: usize,
    ) -> Result<NestedVariances, PsychometricsError> {
        let groups = Groups::new(&self.group, |_| true);
        let outer = match &self.outer {
            Some(outer) => Some(Groups::new(&groups.outer_of(outer)?, |_| true)),
            None => None,
        };
        let harmonic = |sizes: &mut dyn ExactSizeIterator<Item = usize>| {
            let count = sizes.len() as f64;
            count / sizes.map(|size| 1.0 / size as f64).sum::<f64>()
        };
        let groups_per_outer = match &outer {
            Some(outer) => harmonic(&mut outer.iter().map(<[usize]>::len)),
            None => groups.count() as f64,
        };
        let rows_per_group = harmonic(&mut groups.iter().map(<[usize]>::len));
        let (squares, mut components) = if let Some(status) = self.refusal(&groups, outer.as_ref()) {
            (None, Components::undefined(3, status, REML, rows_dropped))
        } else if let Some(squares) = self.balanced(&groups, outer.as_ref()) {
            (Some(squares), of_squares(squares, outer.is_some(), groups_per_outer, rows_per_group))
        } else {
            (None, self.restricted()?)
        };
        components.units = units;
        components.rows_used = rows_used;
        components.rows_dropped = rows_dropped;
        Ok(NestedVariances { components, squares, groups: groups_per_outer, rows: rows_per_group })
    }

    fn refusal(&self, groups: &Groups, outer: Option<&Groups>) -> Option<Status> {
        if self.response.is_empty() {
            return Some(Status::AllMissing);
        }
        let too_few_outer = outer.is_some_and(|outer| outer.count() < 2 || outer.count() >= groups.count());
        if groups.count() < 2 || groups.count() >= self.response.len() || too_few_outer {
            return Some(Status::TooFewUnits);
        }
        None
    }

    /// Mean squares if all outer groups have as many groups and all groups as many rows (and kinds one row per
    /// group).
    fn balanced(&self, groups: &Groups, outer: Option<&Groups>) -> Option<[MeanSquare; 3]> {
        let equal = |groups: &Groups| {
            let size = groups.rows(0).len();
            groups.iter().all(|rows| rows.len() == size).then_some(size)
        };
        let rows = equal(groups)?;
        let (outer_count, inner_count) = match outer {
            Some(outer) => (outer.count(), equal(outer)?),
            None => (1, groups.count()),
        };
        let mut response = self.response.clone();
        let grand = response.iter().sum::<f64>() / response.len() as f64;
        for value in &mut response {
            *value -= grand;
        }
        let mut kinds_taken = 0;
        if let Some(kind) = &self.kind {
            if rows != self.kinds {
                return None;
            }
            let mut means = vec![0.0; self.kinds];
            response.iter().zip(kind).for_each(|(value, kind)| means[*kind] += value / groups.count() as f64);
            response.iter_mut().zip(kind).for_each(|(value, kind)| *value -= means[*kind]);
            kinds_taken = self.kinds - 1;
        }
        let means: Vec<f64> = groups
            .iter()
            .map(|rows| rows.iter().map(|row| response[*row]).sum::<f64>() / rows.len() as f64)
            .collect();
        let within: f64 = groups
            .iter()
            .zip(&means)
            .map(|(rows, mean)| rows.iter().map(|row| (response[*row] - mean).powi(2)).sum::<f64>())
            .sum();
        let outer_means: Vec<f64> = match outer {
            Some(outer) => outer
                .iter()
                .map(|own| own.iter().map(|group| means[*group]).sum::<f64>() / own.len() as f64)
                .collect(),
            None => vec![0.0],
        };
        let between: f64 = match outer {
            Some(outer) => {
                let squares = |(own, mean): (&[usize], &f64)| {
                    own.iter().map(|group| (means[*group] - mean).powi(2)).sum::<f64>()
                };
                outer.iter().zip(&outer_means).map(squares).sum()
            }
            None => means.iter().map(|mean| mean * mean).sum(),
        };
        let among: f64 = outer_means.iter().map(|mean| mean * mean).sum();
        let square =
            |sum: f64, degrees: usize| MeanSquare { value: sum / degrees as f64, degrees: degrees as f64 };
        let residual_degrees = groups.count() * (rows - 1) - kinds_taken;
        let rounding = ROUNDING * self.response.iter().map(|value| value * value).sum::<f64>();
        // What is reproduced exactly has no error to estimate: the mixed model refuses it, with the reason.
        if residual_degrees == 0 || within <= rounding {
            return None;
        }
        Some([
            MeanSquare {
                value: among * (inner_count * rows) as f64 / (outer_count - 1).max(1) as f64,
                degrees: (outer_count - 1) as f64,
            },
            square(between * rows as f64, outer_count * (inner_count - 1)),
            square(within, residual_degrees),
        ])
    }

    fn restricted(&self) -> Result<Components, PsychometricsError> {
        // One kind, the first that occurs, is that of the intercept.
        let indicators: Vec<Vec<f64>> = match &self.kind {
            Some(kind) => (0..self.kinds)
                .map(|of| kind.iter().map(|kind| f64::from(u8::from(*kind == of))).collect())
                .filter(|indicator: &Vec<f64>| indicator.contains(&1.0))
                .skip(1)
                .collect(),
            None => Vec::new(),
        };
        let columns: Vec<&[f64]> = indicators.iter().map(Vec::as_slice).collect();
        let mut model = MixedModel::new(&self.response, &Columns::new(&columns)?, &self.group)?;
        if let Some(outer) = &self.outer {
            model = model.nested_in(outer)?;
        }
        let fit = model.fit();
        let order = [Component::Outer, Component::Intercept, Component::Residual];
        Ok(Components {
            values: order.iter().map(|component| fit.variance(*component)).collect(),
            covariance: Symmetric::from_fn(3, |one, other| fit.variance_covariance(order[one], order[other])),
            status: fit.status(),
            method: REML,
            units: 0,
            rows_used: 0,
            rows_dropped: 0,
        })
    }
}

fn of_squares(squares: [MeanSquare; 3], has_outer: bool, groups: f64, rows: f64) -> Components {
    let of_outer = if has_outer { [1.0, -1.0, 0.0].map(|sign| sign / (groups * rows)) } else { [0.0; 3] };
    let of_group = [0.0, 1.0, -1.0].map(|sign| sign / rows);
    let mut squares = squares;
    if !has_outer {
        squares[0] = MeanSquare { value: 0.0, degrees: 1.0 };
    }
    let (values, covariance) =
        Components::of_mean_squares(&[&of_outer, &of_group, &[0.0, 0.0, 1.0]], &squares);
    Components {
        values,
        covariance,
        status: Status::Defined,
        method: MEAN_SQUARES,
        units: 0,
        rows_used: 0,
        rows_dropped: 0,
    }
}
