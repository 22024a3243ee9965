//! Reliability of a form.

use alliance_psychometrics::form::{
    Alpha, AlphaInterval, Extraction, Form, Groups, HierarchicalOmega, Missing, ModelFit, Omega,
    OmegaInterval, OrdinalRule, SplitDistribution, SplitHalf, SplitOptions, Subscale,
    ordinal_reliability as ordinal,
};
use alliance_psychometrics::{Bootstrap, Estimate, PsychometricsError};
use alliance_scoring::Labels;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::estimate::{facts, named};
use super::{NumberColumns, from_psychometrics, level_of_rows, unknown_choice};
use crate::columns::{Given, borrow_all};

/// What the caller chose.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct FormOptions {
    rows: String,
    missing: String,
    interval: String,
    omega_interval: String,
    /// Of the bootstrap.
    resamples: usize,
    confidence: f64,
    extraction: String,
    /// Items of each group, or the number of groups to find.
    groups: Option<Vec<Vec<usize>>>,
    factors: Option<usize>,
    most_splits: usize,
    seed: u64,
}

struct Choices {
    missing: Missing,
    interval: AlphaInterval,
    omega_interval: OmegaInterval,
    extraction: Extraction,
    groups: Option<Groups>,
    splits: SplitOptions,
}

impl FormOptions {
    fn choices(&self, py: Python<'_>) -> PyResult<Choices> {
        let missing = match self.missing.as_str() {
            "listwise" => Missing::Listwise,
            "pairwise" => Missing::Pairwise,
            "expectation-maximisation" => Missing::ExpectationMaximisation,
            _ => {
                return Err(unknown_choice(
                    py,
                    "missing",
                    &["listwise", "pairwise", "expectation-maximisation"],
                ));
            }
        };
        let interval = match self.interval.as_str() {
            "distribution-free" => AlphaInterval::DistributionFree,
            "feldt" => AlphaInterval::Feldt,
            "bonett" => AlphaInterval::Bonett,
            _ => return Err(unknown_choice(py, "interval", &["distribution-free", "feldt", "bonett"])),
        };
        let omega_interval = match self.omega_interval.as_str() {
            "distribution-free" => OmegaInterval::DistributionFree,
            "normal-theory" => OmegaInterval::NormalTheory,
            "bootstrap" => {
                let bootstrap = Bootstrap::new(self.resamples, self.seed);
                OmegaInterval::Bootstrap(bootstrap.map_err(|error| from_psychometrics(py, &error))?)
            }
            _ => {
                let choices = ["distribution-free", "normal-theory", "bootstrap"];
                return Err(unknown_choice(py, "omega_interval", &choices));
            }
        };
        let extraction = match self.extraction.as_str() {
            "minimum-residuals" => Extraction::MinimumResiduals,
            "maximum-likelihood" => Extraction::MaximumLikelihood,
            _ => return Err(unknown_choice(py, "extraction", &["minimum-residuals", "maximum-likelihood"])),
        };
        let known = self.groups.clone().map(Groups::Known);
        let groups = known.or(self.factors.map(Groups::Found));
        let splits = SplitOptions::default().with_most_splits(self.most_splits).with_seed(self.seed);
        Ok(Choices { missing, interval, omega_interval, extraction, groups, splits })
    }
}

struct Found {
    alpha: Alpha,
    omega: Omega,
    hierarchical: Option<HierarchicalOmega>,
    split_half: SplitHalf,
    subscales: Vec<Subscale>,
    error: Estimate,
}

/// Alpha, omega, split halves, error of measurement and the items one by one.
///
/// Reversed items are turned.
#[pyfunction]
pub(crate) fn form_reliability<'py>(
    py: Python<'py>,
    items: Vec<Given<'py>>,
    options: FormOptions,
) -> PyResult<Bound<'py, PyDict>> {
    let choices = options.choices(py)?;
    let labels = Labels::default();
    let held = borrow_all(py, items, &labels)?;
    let items = NumberColumns::of(py, &held)?;
    let columns = items.columns(py)?;
    let found = py.detach(|| {
        let form = Form::new(&columns, choices.missing, level_of_rows(&options.rows));
        let alpha = form.alpha(choices.interval, options.confidence)?;
        let bootstrap = match &choices.omega_interval {
            OmegaInterval::Bootstrap(bootstrap) => Some(bootstrap),
            _ => None,
        };
        let hierarchy = |groups| form.hierarchical_omega(groups, options.confidence, bootstrap);
        let hierarchical = choices.groups.as_ref().map(hierarchy).transpose()?;
        let groups = match (&choices.groups, &hierarchical) {
            (Some(Groups::Known(groups)), _) => groups.clone(),
            (_, Some(omega)) => omega.groups.iter().map(|group| group.items.clone()).collect(),
            _ => Vec::new(),
        };
        // A factor to which no item belongs is no subscale.
        let subscales =
            if groups.iter().all(|items| !items.is_empty()) { form.subscales(&groups)? } else { Vec::new() };
        Ok::<_, PsychometricsError>(Found {
            omega: form.omega(choices.extraction, choices.omega_interval, options.confidence)?,
            hierarchical,
            split_half: form.split_half(choices.splits)?,
            subscales,
            error: form.standard_error_of_measurement(&alpha.raw),
            alpha,
        })
    });
    let found = found.map_err(|error| from_psychometrics(py, &error))?;
    let odd_even = &found.split_half.odd_even;
    let result = PyDict::new(py);
    result.set_item(
        "estimates",
        named(
            py,
            &[
                ("alpha", &found.alpha.raw),
                ("standardized_alpha", &found.alpha.standardized),
                ("lambda_6", &found.alpha.lambda_6),
                ("omega", &found.omega.raw),
                ("omega_observed", &found.omega.raw_observed),
                ("standardized_omega", &found.omega.standardized),
                ("split_half", &odd_even.spearman_brown),
                ("guttman_split_half", &odd_even.guttman),
                ("standard_error_of_measurement", &found.error),
            ],
        )?,
    )?;
    let without = found.alpha.without_constant_items.as_ref();
    result.set_item("alpha_without_constant_items", without.map(|alpha| facts(py, alpha)).transpose()?)?;
    result.set_item("items", item_rows(&found, columns.count()))?;
    result.set_item("negative_items", &found.alpha.negative_items)?;
    result.set_item("mean_correlation", found.alpha.mean_correlation)?;
    result.set_item("fit", fit(&found.omega.fit))?;
    let splits = &found.split_half;
    result.set_item("splits", (splits.splits, splits.is_exhaustive))?;
    result.set_item("split_ranges", [range(&splits.spearman_brown), range(&splits.guttman)])?;
    result.set_item("hierarchical", found.hierarchical.map(|omega| hierarchy(py, &omega)).transpose()?)?;
    let subscales = PyList::empty(py);
    for subscale in &found.subscales {
        let estimates = [
            ("alpha", &subscale.alpha),
            ("omega", &subscale.omega),
            ("from_subscale", &subscale.from_subscale),
            ("from_total", &subscale.from_total),
        ];
        subscales.append((named(py, &estimates)?, subscale.has_added_value()))?;
    }
    result.set_item("subscales", subscales)?;
    Ok(result)
}

/// Mean, standard deviation, correlation with the rest, alpha and standardized alpha without it, loading.
type ItemRow = (f64, f64, f64, f64, f64, f64);

/// One row per item, of NaN where the covariances are not known.
fn item_rows(found: &Found, items: usize) -> Vec<ItemRow> {
    let unknown = f64::NAN;
    (0..items)
        .map(|place| {
            let loading = found.omega.loadings.get(place).copied().unwrap_or(unknown);
            found.alpha.items.get(place).map_or(
                (unknown, unknown, unknown, unknown, unknown, loading),
                |item| {
                    (
                        item.mean,
                        item.standard_deviation,
                        item.item_rest_correlation,
                        item.alpha_without,
                        item.standardized_alpha_without,
                        loading,
                    )
                },
            )
        })
        .collect()
}

/// Chi square, degrees of freedom, p value, RMSEA, CFI.
fn fit(fit: &ModelFit) -> (f64, f64, f64, f64, f64) {
    (fit.chi_square, fit.degrees_of_freedom, fit.p_value, fit.rmsea, fit.cfi)
}

/// Mean, smallest, median, largest.
fn range(splits: &SplitDistribution) -> (f64, f64, f64, f64) {
    (splits.mean, splits.minimum, splits.median, splits.maximum)
}

fn hierarchy<'py>(py: Python<'py>, omega: &HierarchicalOmega) -> PyResult<Bound<'py, PyDict>> {
    let result = named(
        py,
        &[("hierarchical", &omega.hierarchical), ("total", &omega.total), ("asymptotic", &omega.asymptotic)],
    )?;
    result.set_item("explained_common_variance", omega.explained_common_variance)?;
    result.set_item("general_loadings", &omega.general_loadings)?;
    let groups: Vec<(Vec<usize>, f64, f64, f64)> = omega
        .groups
        .iter()
        .map(|group| (group.items.clone(), group.total, group.general, group.specific))
        .collect();
    result.set_item("groups", groups)?;
    result.set_item("fit", fit(&omega.fit))?;
    Ok(result)
}

/// Alpha and omega of the latent responses behind ordered categories.
///
/// `sparse`: what becomes of items with thin categories, `refuse` or `use`.
#[pyfunction]
pub(crate) fn ordinal_reliability<'py>(
    py: Python<'py>,
    items: Vec<Given<'_>>,
    rows: &str,
    sparse: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let labels = Labels::default();
    let held = borrow_all(py, items, &labels)?;
    let items = NumberColumns::of(py, &held)?;
    let columns = items.columns(py)?;
    let found = py.detach(|| {
        let rule = if sparse == "use" { OrdinalRule::none() } else { OrdinalRule::default() };
        ordinal(&columns, rule, level_of_rows(rows))
    });
    let result = PyDict::new(py);
    result.set_item("estimates", named(py, &[("alpha", &found.alpha), ("omega", &found.omega)])?)?;
    result.set_item("correlations", &found.correlations)?;
    result.set_item("thresholds", &found.thresholds)?;
    result.set_item("smallest_eigenvalue", found.smallest_eigenvalue)?;
    result.set_item("refused_items", &found.refused_items)?;
    result.set_item("fit", fit(&found.fit))?;
    Ok(result)
}
