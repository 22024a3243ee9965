//! Omega hierarchical: how much of a total is one general factor and how much its parts.

use super::Form;
use super::factors::{Extraction, Factors, extract};
use super::omega::ModelFit;
use super::omega_interval::described;
use super::rotation::{Loadings, oblimin, upright, varimax};
use crate::estimate::check_confidence;
use crate::linear::Symmetric;
use crate::{Bootstrap, Estimate, PsychometricsError, Status};

/// Omega of a general factor and of groups of items.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HierarchicalOmega {
    /// `(sum of general loadings)^2` over the sum of the correlations: the share of the general factor in the total.
    pub hierarchical: Estimate,
    /// `1 - sum of uniquenesses` over the sum of the correlations: the share of all common factors.
    pub total: Estimate,
    /// The first over the second: omega hierarchical of an endlessly long form.
    pub asymptotic: Estimate,
    /// Share of the general factor in the common variance.
    pub explained_common_variance: f64,
    /// Loadings on the general factor; NaN for constant items.
    pub general_loadings: Vec<f64>,
    /// The groups of items.
    pub groups: Vec<GroupOmega>,
    /// Fit of the factors before they were rotated.
    pub fit: ModelFit,
}

/// What a group of items measures.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GroupOmega {
    /// Positions of the items.
    pub items: Vec<usize>,
    /// Their loadings on their group's factor, once the general factor is taken out.
    pub loadings: Vec<f64>,
    /// Share of general and group factor in the variance of the group's sum.
    pub total: f64,
    /// Share of the general factor.
    pub general: f64,
    /// Share of the group's own factor: omega hierarchical of the subscale. What a subscale says beyond the total.
    pub specific: f64,
}

/// Which items belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Groups {
    /// So many factors; each item goes to the group factor it loads on most.
    Found(usize),
    /// These subscales; each gets the factor on which its items have the most squared loadings. The factors are still
    /// found from the correlations, not forced on the subscales.
    Known(Vec<Vec<usize>>),
}

const HIERARCHICAL: &str = "omega hierarchical, Schmid-Leiman of minres and oblimin";
const TOTAL: &str = "omega total, Schmid-Leiman of minres and oblimin";
const ASYMPTOTIC: &str = "omega asymptotic, Schmid-Leiman of minres and oblimin";

impl Form<'_> {
    /// Omega hierarchical of standardized answers (Schmid & Leiman 1957, Psychometrika 22, 53-61; Revelle & Zinbarg 2009,
    /// Psychometrika 74, 145-154).
    ///
    /// Minres factors, varimax, then oblimin, a general factor over theirs: the way of psych's `omega`, on
    /// which the third digit can depend. Two factors do not identify the general loadings; they are then set equal,
    /// with a note. Constant items are left out. No item is reversed. The estimates have intervals only with a
    /// `bootstrap`, which draws rows (Kelley & Pornprasertmanit 2016, Psychological Methods 21, 69-92).
    ///
    /// # Errors
    ///
    /// `invalid-option` for fewer than two groups, or groups with no item, an item that does not exist, or one twice,
    /// and unless `confidence` lies between 0 and 1.
    pub fn hierarchical_omega(
        &self,
        groups: &Groups,
        confidence: f64,
        bootstrap: Option<&Bootstrap>,
    ) -> Result<HierarchicalOmega, PsychometricsError> {
        check_confidence(confidence)?;
        let mut found = self.hierarchy(groups)?;
        let Some(bootstrap) = bootstrap.filter(|_| found.hierarchical.value.is_finite()) else {
            return Ok(found);
        };
        let values = |found: &HierarchicalOmega| {
            [&found.hierarchical, &found.total, &found.asymptotic].map(|estimate| estimate.value)
        };
        let replicates = self.resampled(bootstrap, |form| {
            form.hierarchy(groups).map_or([f64::NAN; 3], |found| values(&found))
        });
        let estimates = [&mut found.hierarchical, &mut found.total, &mut found.asymptotic];
        for (place, estimate) in estimates.into_iter().enumerate() {
            let own = replicates.as_ref().map(|all| all.iter().map(|of| of[place]).collect());
            *estimate = described(bootstrap, estimate.clone(), own, confidence);
        }
        Ok(found)
    }

    /// Omega hierarchical without intervals.
    fn hierarchy(&self, groups: &Groups) -> Result<HierarchicalOmega, PsychometricsError> {
        let factors = match groups {
            Groups::Found(factors) => *factors,
            Groups::Known(groups) => {
                self.check_groups(groups)?;
                groups.len()
            }
        };
        if factors < 2 {
            return Err(PsychometricsError::option("groups", "must be two or more"));
        }
        let constant = self.constant_items();
        let varying: Vec<usize> = (0..self.items()).filter(|item| !constant.contains(item)).collect();
        let part = self.of_items(&varying);
        if let Some(status) = self.obstacle(3) {
            return Ok(self.without_hierarchy(status));
        }
        // Degrees of freedom of the factor model below 0.
        let (k, m) = (varying.len() as f64, factors as f64);
        if k < m || (k - m) * (k - m) < k + m {
            return Ok(self.without_hierarchy(Status::TooFewItems));
        }
        let correlations = part.moments.covariances.to_correlation();
        let Some(solution) = extract(&correlations, factors, Extraction::MinimumResiduals) else {
            return Ok(self.without_hierarchy(Status::NotPositiveDefinite));
        };
        let Some(structure) = Structure::new(&solution) else {
            return Ok(self.without_hierarchy(Status::NotPositiveDefinite));
        };
        let sum = correlations.sum();
        let unique: f64 =
            solution.loadings.iter().map(|row| 1.0 - row.iter().map(|l| l * l).sum::<f64>()).sum();
        let general = structure.general.iter().sum::<f64>().powi(2);
        let make = |value: f64, method| {
            let mut estimate = self.estimate(value, method).expected_within(0.0, 1.0);
            if solution.is_heywood || structure.is_heywood {
                estimate = estimate.with_status(Status::Heywood).with_note("a uniqueness stopped at .005");
            }
            if !solution.is_settled || !structure.is_settled || self.moments.status == Status::NotConverged {
                estimate = estimate.with_status(Status::NotConverged);
            }
            if factors == 2 {
                estimate = estimate.with_note("two factors: general loadings set equal, not identified");
            }
            estimate
        };
        let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
        let of_general = squares(&mut structure.general.iter().copied());
        let of_groups = squares(&mut structure.specific.iter().flatten().copied());
        let mut general_loadings = vec![f64::NAN; self.items()];
        for (item, loading) in varying.iter().zip(&structure.general) {
            if let Some(place) = general_loadings.get_mut(*item) {
                *place = *loading;
            }
        }
        Ok(HierarchicalOmega {
            hierarchical: make(general / sum, HIERARCHICAL),
            total: make(1.0 - unique / sum, TOTAL),
            asymptotic: make(general / (sum - unique), ASYMPTOTIC),
            explained_common_variance: of_general / (of_general + of_groups),
            general_loadings,
            groups: structure.groups(groups, &varying, &correlations),
            fit: ModelFit::new(&correlations, &solution, self.moments.rows_used as f64),
        })
    }

    pub(super) fn check_groups(&self, groups: &[Vec<usize>]) -> Result<(), PsychometricsError> {
        let mut seen = vec![false; self.items()];
        for item in groups.iter().flatten() {
            match seen.get_mut(*item) {
                Some(seen) if !*seen => *seen = true,
                Some(_) => return Err(PsychometricsError::option("groups", "name an item twice")),
                None => return Err(PsychometricsError::option("groups", "name an item that does not exist")),
            }
        }
        if groups.iter().any(Vec::is_empty) {
            return Err(PsychometricsError::option("groups", "must have an item each"));
        }
        Ok(())
    }

    fn without_hierarchy(&self, status: Status) -> HierarchicalOmega {
        HierarchicalOmega {
            hierarchical: self.undefined(status, HIERARCHICAL),
            total: self.undefined(status, TOTAL),
            asymptotic: self.undefined(status, ASYMPTOTIC),
            explained_common_variance: f64::NAN,
            general_loadings: vec![f64::NAN; self.items()],
            groups: Vec::new(),
            fit: ModelFit::UNKNOWN,
        }
    }
}

/// General and group loadings after Schmid and Leiman.
struct Structure {
    general: Vec<f64>,
    specific: Loadings,
    is_heywood: bool,
    is_settled: bool,
}

impl Structure {
    fn new(solution: &Factors) -> Option<Self> {
        let mut start = varimax(&solution.loadings);
        upright(&mut start);
        let mut oblique = oblimin(&start)?;
        let signs = upright(&mut oblique.loadings);
        let sign = |factor: usize| signs.get(factor).copied().unwrap_or(1.0);
        let between = Symmetric::from_fn(signs.len(), |row, column| {
            sign(row) * sign(column) * oblique.correlations.at(row, column)
        });
        let (higher, is_heywood, is_settled) = if signs.len() == 2 {
            let correlation = between.at(0, 1);
            let loading = correlation.abs().sqrt();
            (vec![loading, if correlation < 0.0 { -loading } else { loading }], false, true)
        } else {
            let higher = extract(&between, 1, Extraction::MinimumResiduals)?;
            let loadings =
                higher.loadings.iter().map(|row| row.first().copied().unwrap_or(f64::NAN)).collect();
            (loadings, higher.is_heywood, higher.is_settled)
        };
        let general: Vec<f64> =
            oblique.loadings.iter().map(|row| row.iter().zip(&higher).map(|(l, g)| l * g).sum()).collect();
        let turn = if general.iter().sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
        let specific = oblique
            .loadings
            .iter()
            .map(|row| row.iter().zip(&higher).map(|(l, g)| l * (1.0 - g * g).max(0.0).sqrt()).collect())
            .collect();
        Some(Self {
            general: general.into_iter().map(|loading| turn * loading).collect(),
            specific,
            is_heywood,
            is_settled: is_settled && oblique.is_settled,
        })
    }

    fn at(&self, item: usize, factor: usize) -> f64 {
        self.specific.get(item).and_then(|row| row.get(factor)).copied().unwrap_or(f64::NAN)
    }

    fn groups(&self, groups: &Groups, varying: &[usize], correlations: &Symmetric) -> Vec<GroupOmega> {
        let factors = self.specific.first().map_or(0, Vec::len);
        // Each group with its factor; positions among the items that vary.
        let members: Vec<(usize, Vec<usize>)> = match groups {
            Groups::Found(_) => {
                let mut found: Vec<(usize, Vec<usize>)> = Vec::new();
                for item in 0..varying.len() {
                    let factor = (0..factors)
                        .max_by(|one, other| {
                            self.at(item, *one).abs().total_cmp(&self.at(item, *other).abs())
                        })
                        .unwrap_or(0);
                    match found.iter_mut().find(|(of, _)| *of == factor) {
                        Some((_, items)) => items.push(item),
                        None => found.push((factor, vec![item])),
                    }
                }
                found
            }
            Groups::Known(groups) => {
                let groups: Vec<Vec<usize>> = groups
                    .iter()
                    .map(|group| {
                        (0..varying.len())
                            .filter(|place| varying.get(*place).is_some_and(|item| group.contains(item)))
                            .collect()
                    })
                    .collect();
                self.matched(groups, factors)
            }
        };
        let group = |(factor, places): (usize, Vec<usize>)| {
            let variance = correlations.part(&places).sum();
            let of_general: f64 = places.iter().filter_map(|place| self.general.get(*place)).sum();
            let loadings: Vec<f64> = places.iter().map(|place| self.at(*place, factor)).collect();
            let general = of_general * of_general / variance;
            let specific = loadings.iter().sum::<f64>().powi(2) / variance;
            let items = places.iter().filter_map(|place| varying.get(*place).copied()).collect();
            GroupOmega { items, loadings, total: general + specific, general, specific }
        };
        members.into_iter().map(group).collect()
    }

    /// Each group with a factor of its own, the clearest match first.
    fn matched(&self, groups: Vec<Vec<usize>>, factors: usize) -> Vec<(usize, Vec<usize>)> {
        let strength = |group: &[usize], factor: usize| -> f64 {
            group.iter().map(|item| self.at(*item, factor).powi(2)).sum::<f64>() / group.len().max(1) as f64
        };
        let mut pairs: Vec<(usize, usize, f64)> = groups
            .iter()
            .enumerate()
            .flat_map(|(place, group)| {
                (0..factors).map(move |factor| (place, factor, strength(group, factor)))
            })
            .collect();
        pairs.sort_by(|one, other| other.2.total_cmp(&one.2));
        let mut factor_of = vec![None; groups.len()];
        let mut taken = vec![false; factors];
        for (place, factor, _) in pairs {
            if let (Some(slot @ None), Some(taken @ false)) =
                (factor_of.get_mut(place), taken.get_mut(factor))
            {
                *slot = Some(factor);
                *taken = true;
            }
        }
        factor_of.into_iter().map(Option::unwrap_or_default).zip(groups).collect()
    }
}
