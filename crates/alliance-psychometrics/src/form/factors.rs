//! Factor extraction by minimum residuals and maximum likelihood, both to the last digits by Newton's method.

use crate::linear::Symmetric;

/// How loadings are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Extraction {
    /// Least squares of the residual correlations (Harman & Jones 1966, Psychometrika 31, 351-368; as unweighted least squares
    /// Jöreskog 1977). The default: needs no distribution and no invertible matrix.
    #[default]
    MinimumResiduals,
    /// Maximum likelihood under a normal distribution (Jöreskog 1967, Psychometrika 32, 443-482). Needs a positive
    /// definite matrix.
    MaximumLikelihood,
}

/// Smallest uniqueness allowed, as in `factanal` of R; a solution that stops there is a Heywood case.
pub(super) const LEAST_UNIQUENESS: f64 = 0.005;

const MOST_STEPS: usize = 200;
const SETTLED: f64 = 1e-11;
/// Gradient that still counts as settled where rounding stops the descent.
const NEARLY_SETTLED: f64 = 1e-6;

/// A factor solution of correlations, unrotated.
#[derive(Debug, Clone)]
pub(super) struct Factors {
    /// Of each item, one loading per factor.
    pub(super) loadings: Vec<Vec<f64>>,
    pub(super) uniquenesses: Vec<f64>,
    pub(super) is_settled: bool,
    pub(super) is_heywood: bool,
}

/// Value, gradient and second derivatives at some uniquenesses, in the parameter of the method.
struct Point {
    value: f64,
    gradient: Vec<f64>,
    curvature: Symmetric,
}

/// Factors of correlations; `None` where the method asks for a positive definite matrix and this is none.
pub(super) fn extract(correlations: &Symmetric, factors: usize, extraction: Extraction) -> Option<Factors> {
    let size = correlations.size();
    let factor = correlations.cholesky();
    if extraction == Extraction::MaximumLikelihood && factor.is_none() {
        return None;
    }
    let start: Vec<f64> = factor.map_or_else(
        || vec![0.5; size],
        |factor| {
            let share = 1.0 - 0.5 * factors as f64 / size as f64;
            factor.inverse().diagonal().map(|cell| (share / cell).clamp(LEAST_UNIQUENESS, 1.0)).collect()
        },
    );
    let (bound, mut parameters): (f64, Vec<f64>) = match extraction {
        Extraction::MinimumResiduals => (LEAST_UNIQUENESS, start),
        Extraction::MaximumLikelihood => {
            (libm::log(LEAST_UNIQUENESS), start.into_iter().map(libm::log).collect())
        }
    };
    let at = |parameters: &[f64]| match extraction {
        Extraction::MinimumResiduals => least_squares(correlations, parameters, factors),
        Extraction::MaximumLikelihood => likelihood(correlations, parameters, factors),
    };
    let mut point = at(&parameters);
    let mut is_settled = false;
    for _ in 0..MOST_STEPS {
        let free: Vec<usize> = (0..size)
            .filter(|place| !(get(&parameters, *place) <= bound && get(&point.gradient, *place) > 0.0))
            .collect();
        let steepest = free.iter().map(|place| get(&point.gradient, *place).abs()).fold(0.0, f64::max);
        if steepest.is_nan() || steepest <= SETTLED {
            is_settled = !steepest.is_nan();
            break;
        }
        let Some(next) = descend(&parameters, &point, &free, bound, &at) else {
            is_settled = steepest < NEARLY_SETTLED;
            break;
        };
        (parameters, point) = next;
    }
    let is_heywood = parameters.iter().any(|parameter| *parameter <= bound);
    let uniquenesses: Vec<f64> = match extraction {
        Extraction::MinimumResiduals => parameters,
        Extraction::MaximumLikelihood => parameters.into_iter().map(libm::exp).collect(),
    };
    let loadings = match extraction {
        Extraction::MinimumResiduals => {
            loadings(&reduced(correlations, &uniquenesses), factors, 0.0, |_| 1.0)
        }
        Extraction::MaximumLikelihood => {
            loadings(&scaled(correlations, &uniquenesses), factors, 1.0, |item| {
                get(&uniquenesses, item).sqrt()
            })
        }
    };
    Some(Factors { loadings, uniquenesses, is_settled, is_heywood })
}

/// A damped Newton step over the free parameters that lowers the value, or `None` if none does.
fn descend(
    parameters: &[f64],
    point: &Point,
    free: &[usize],
    bound: f64,
    at: &impl Fn(&[f64]) -> Point,
) -> Option<(Vec<f64>, Point)> {
    let part = point.curvature.part(free);
    let gradient: Vec<f64> = free.iter().map(|place| get(&point.gradient, *place)).collect();
    let scale = part.diagonal().map(f64::abs).fold(1e-8, f64::max);
    let mut ridge = 0.0;
    for _ in 0..12 {
        let damped = Symmetric::from_fn(free.len(), |row, column| {
            part.at(row, column) + if row == column { ridge } else { 0.0 }
        });
        ridge = if ridge == 0.0 { 1e-3 * scale } else { 10.0 * ridge };
        let Some(factor) = damped.cholesky() else { continue };
        let direction = factor.solve(&gradient);
        let mut length = 1.0;
        for _ in 0..30 {
            let mut next = parameters.to_vec();
            for (place, step) in free.iter().zip(&direction) {
                if let Some(parameter) = next.get_mut(*place) {
                    *parameter = (*parameter - length * step).max(bound);
                }
            }
            let slope: f64 = next
                .iter()
                .zip(parameters)
                .zip(&point.gradient)
                .map(|((next, now), gradient)| (next - now) * gradient)
                .sum();
            let candidate = at(&next);
            if slope < 0.0 && candidate.value <= point.value + 1e-4 * slope {
                return Some((next, candidate));
            }
            length /= 2.0;
        }
    }
    None
}

fn get(values: &[f64], place: usize) -> f64 {
    values.get(place).copied().unwrap_or(f64::NAN)
}

fn reduced(correlations: &Symmetric, uniquenesses: &[f64]) -> Symmetric {
    Symmetric::from_fn(correlations.size(), |row, column| {
        correlations.at(row, column) - if row == column { get(uniquenesses, row) } else { 0.0 }
    })
}

fn scaled(correlations: &Symmetric, uniquenesses: &[f64]) -> Symmetric {
    Symmetric::from_fn(correlations.size(), |row, column| {
        correlations.at(row, column) / (get(uniquenesses, row) * get(uniquenesses, column)).sqrt()
    })
}

/// Half the squared residuals as a function of the uniquenesses: the squares of the eigenvalues that are left.
fn least_squares(correlations: &Symmetric, uniquenesses: &[f64], factors: usize) -> Point {
    let eigen = reduced(correlations, uniquenesses).eigen();
    let (kept, left) = split(&eigen.values, &eigen.vectors, factors);
    let value = left.iter().map(|(value, _)| value * value).sum::<f64>() / 2.0;
    let gradient = (0..correlations.size())
        .map(|item| -left.iter().map(|(value, u)| value * get(u, item).powi(2)).sum::<f64>());
    let curvature = Symmetric::from_fn(correlations.size(), |row, column| {
        let products = |u: &[f64]| get(u, row) * get(u, column);
        let together: f64 = left.iter().map(|(_, u)| products(u)).sum();
        let apart: f64 = left
            .iter()
            .map(|(value, u)| {
                products(u) * kept.iter().map(|(other, w)| products(w) * value / (value - other)).sum::<f64>()
            })
            .sum();
        together * together + 2.0 * apart
    });
    Point { value, gradient: gradient.collect(), curvature }
}

/// Likelihood discrepancy as a function of the logarithms of the uniquenesses (Jöreskog 1967; derivatives Clarke 1970,
/// British Journal of Mathematical and Statistical Psychology 23, 43-52).
fn likelihood(correlations: &Symmetric, logarithms: &[f64], factors: usize) -> Point {
    let uniquenesses: Vec<f64> = logarithms.iter().copied().map(libm::exp).collect();
    let eigen = scaled(correlations, &uniquenesses).eigen();
    let (kept, left) = split(&eigen.values, &eigen.vectors, factors);
    let value = left.iter().map(|(value, _)| value - libm::log(*value) - 1.0).sum();
    let gradient = (0..correlations.size())
        .map(|item| -left.iter().map(|(value, u)| (value - 1.0) * get(u, item).powi(2)).sum::<f64>());
    let curvature = Symmetric::from_fn(correlations.size(), |row, column| {
        let products = |u: &[f64]| get(u, row) * get(u, column);
        let together: f64 = left.iter().map(|(_, u)| products(u)).sum();
        let weighted: f64 = left.iter().map(|(value, u)| value * products(u)).sum();
        let apart: f64 = left
            .iter()
            .map(|(value, u)| {
                let others = kept.iter().map(|(other, w)| products(w) * (value + other) / (value - other));
                (value - 1.0) * products(u) * others.sum::<f64>()
            })
            .sum();
        together * weighted + apart
    });
    Point { value, gradient: gradient.collect(), curvature }
}

type Pairs<'a> = Vec<(f64, &'a [f64])>;

/// The first eigenpairs and the rest.
fn split<'a>(values: &[f64], vectors: &'a [Vec<f64>], factors: usize) -> (Pairs<'a>, Pairs<'a>) {
    let mut pairs: Pairs<'a> = values.iter().copied().zip(vectors.iter().map(Vec::as_slice)).collect();
    let left = pairs.split_off(factors.min(pairs.len()));
    (pairs, left)
}

/// Loadings from the first eigenpairs; each factor turned so that its loadings add up to more than 0.
fn loadings(matrix: &Symmetric, factors: usize, less: f64, scale: impl Fn(usize) -> f64) -> Vec<Vec<f64>> {
    let eigen = matrix.eigen();
    let factor = |place: usize| -> Vec<f64> {
        let length = (get(&eigen.values, place) - less).max(0.0).sqrt();
        let vector = eigen.vectors.get(place).map(Vec::as_slice).unwrap_or_default();
        let column: Vec<f64> = vector.iter().enumerate().map(|(item, u)| length * u * scale(item)).collect();
        let sign = if column.iter().sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
        column.into_iter().map(|loading| sign * loading).collect()
    };
    let columns: Vec<Vec<f64>> = (0..factors).map(factor).collect();
    (0..matrix.size()).map(|item| columns.iter().map(|column| get(column, item)).collect()).collect()
}
