//! Rotation of loadings: varimax, and oblimin by gradient projection.

use crate::linear::Symmetric;

const MOST_SWEEPS: usize = 500;
const SETTLED: f64 = 1e-12;
const MOST_STEPS: usize = 5_000;
/// Length of the projected gradient at which oblimin has settled; `GPArotation` stops at 1e-5.
const SETTLED_GRADIENT: f64 = 1e-9;

/// Loadings, one row per item.
pub(super) type Loadings = Vec<Vec<f64>>;

/// Oblique loadings and the correlations of their factors.
pub(super) struct Oblique {
    pub(super) loadings: Loadings,
    pub(super) correlations: Symmetric,
    pub(super) is_settled: bool,
}

fn cell(matrix: &[Vec<f64>], row: usize, column: usize) -> f64 {
    matrix.get(row).and_then(|row| row.get(column)).copied().unwrap_or(f64::NAN)
}

/// Varimax with Kaiser's normalization, plane by plane (Kaiser 1958, Psychometrika 23, 187-200).
pub(super) fn varimax(loadings: &Loadings) -> Loadings {
    let lengths: Vec<f64> =
        loadings.iter().map(|row| row.iter().map(|l| l * l).sum::<f64>().sqrt()).collect();
    let mut rotated: Loadings = loadings
        .iter()
        .zip(&lengths)
        .map(|(row, length)| row.iter().map(|l| if *length > 0.0 { l / length } else { 0.0 }).collect())
        .collect();
    let factors = loadings.first().map_or(0, Vec::len);
    let n = loadings.len() as f64;
    for _ in 0..MOST_SWEEPS {
        let mut turned: f64 = 0.0;
        for one in 0..factors {
            for other in one + 1..factors {
                // Kaiser's sums of u = x^2 - y^2 and v = 2xy.
                let (mut sum_u, mut sum_v, mut squares, mut products) = (0.0, 0.0, 0.0, 0.0);
                for row in 0..rotated.len() {
                    let (left, right) = (cell(&rotated, row, one), cell(&rotated, row, other));
                    let (u, v) = (left * left - right * right, 2.0 * left * right);
                    sum_u += u;
                    sum_v += v;
                    squares += u * u - v * v;
                    products += 2.0 * u * v;
                }
                let angle = libm::atan2(
                    products - 2.0 * sum_u * sum_v / n,
                    squares - (sum_u * sum_u - sum_v * sum_v) / n,
                ) / 4.0;
                let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
                for row in &mut rotated {
                    if let Ok([left, right]) = row.get_disjoint_mut([one, other]) {
                        (*left, *right) = (cosine * *left + sine * *right, cosine * *right - sine * *left);
                    }
                }
                turned = turned.max(angle.abs());
            }
        }
        if turned < SETTLED {
            break;
        }
    }
    rotated
        .into_iter()
        .zip(&lengths)
        .map(|(row, length)| row.into_iter().map(|l| l * length).collect())
        .collect()
}

/// Turns factors so that their loadings add up to more than 0.
pub(super) fn upright(loadings: &mut Loadings) -> Vec<f64> {
    let factors = loadings.first().map_or(0, Vec::len);
    let signs: Vec<f64> = (0..factors)
        .map(|factor| {
            if (0..loadings.len()).map(|row| cell(loadings, row, factor)).sum::<f64>() < 0.0 {
                -1.0
            } else {
                1.0
            }
        })
        .collect();
    for row in loadings {
        for (loading, sign) in row.iter_mut().zip(&signs) {
            *loading *= sign;
        }
    }
    signs
}

/// A position on the way: axes, rotated loadings, criterion and its gradient by the axes.
struct Position {
    axes: Loadings,
    loadings: Loadings,
    criterion: f64,
    gradient: Loadings,
}

impl Position {
    /// `L = A (T')^-1`; the criterion is `sum of L_ij^2 L_il^2 over j != l, / 4`.
    fn new(start: &Loadings, axes: Loadings) -> Option<Self> {
        let factors = axes.len();
        let inverse = axes_products(&axes).cholesky()?.inverse();
        // T (T'T)^-1 = (T')^-1.
        let turn: Loadings = (0..factors)
            .map(|row| {
                (0..factors)
                    .map(|column| (0..factors).map(|k| cell(&axes, row, k) * inverse.at(k, column)).sum())
                    .collect()
            })
            .collect();
        let times = |left: &Loadings, right: &Loadings| -> Loadings {
            left.iter()
                .map(|row| {
                    (0..factors)
                        .map(|column| {
                            row.iter().enumerate().map(|(k, value)| value * cell(right, k, column)).sum()
                        })
                        .collect()
                })
                .collect()
        };
        let loadings = times(start, &turn);
        let mut criterion = 0.0;
        let by_loading: Loadings = loadings
            .iter()
            .map(|row| {
                let total: f64 = row.iter().map(|l| l * l).sum();
                criterion += row.iter().map(|l| l * l * (total - l * l)).sum::<f64>() / 4.0;
                row.iter().map(|l| l * (total - l * l)).collect()
            })
            .collect();
        // -(T')^-1 Gq' L
        let inner: Loadings = (0..factors)
            .map(|row| {
                (0..factors)
                    .map(|column| {
                        (0..loadings.len())
                            .map(|item| cell(&by_loading, item, row) * cell(&loadings, item, column))
                            .sum()
                    })
                    .collect()
            })
            .collect();
        let gradient = times(&turn, &inner)
            .into_iter()
            .map(|row| row.into_iter().map(|value: f64| -value).collect())
            .collect();
        Some(Self { axes, loadings, criterion, gradient })
    }
}

/// `T'T`.
fn axes_products(axes: &Loadings) -> Symmetric {
    Symmetric::from_fn(axes.len(), |one, other| {
        (0..axes.len()).map(|k| cell(axes, k, one) * cell(axes, k, other)).sum()
    })
}

/// Oblimin with gamma 0 from these loadings (Jennrich 2002, Psychometrika 67, 7-19; Bernaards & Jennrich 2005, Educational
/// and Psychological Measurement 65, 676-696). `None` if the factors fall together.
pub(super) fn oblimin(start: &Loadings) -> Option<Oblique> {
    let factors = start.first().map_or(0, Vec::len);
    let identity: Loadings = (0..factors)
        .map(|row| (0..factors).map(|column| f64::from(u8::from(row == column))).collect())
        .collect();
    let mut position = Position::new(start, identity)?;
    let mut length: f64 = 1.0;
    let mut is_settled = false;
    for _ in 0..MOST_STEPS {
        let along: Vec<f64> = (0..factors)
            .map(|column| {
                (0..factors)
                    .map(|row| cell(&position.axes, row, column) * cell(&position.gradient, row, column))
                    .sum()
            })
            .collect();
        let projected: Loadings = position
            .gradient
            .iter()
            .zip(&position.axes)
            .map(|(slopes, axes)| {
                slopes.iter().zip(axes).zip(&along).map(|((g, t), along)| g - t * along).collect()
            })
            .collect();
        let steepness = projected.iter().flatten().map(|value: &f64| value * value).sum::<f64>().sqrt();
        if steepness < SETTLED_GRADIENT {
            is_settled = true;
            break;
        }
        length *= 2.0;
        let mut next = None;
        for _ in 0..40 {
            let moved: Loadings = position
                .axes
                .iter()
                .zip(&projected)
                .map(|(axes, slopes)| axes.iter().zip(slopes).map(|(t, slope)| t - length * slope).collect())
                .collect();
            let norms: Vec<f64> = axes_products(&moved).diagonal().map(f64::sqrt).collect();
            let axes = moved
                .into_iter()
                .map(|row| row.into_iter().zip(&norms).map(|(t, norm)| t / norm).collect())
                .collect();
            if let Some(candidate) = Position::new(start, axes)
                && position.criterion - candidate.criterion > 0.5 * steepness * steepness * length
            {
                next = Some(candidate);
                break;
            }
            length /= 2.0;
        }
        let Some(candidate) = next else {
            // Rounding hides any further descent.
            is_settled = steepness < 1e-5;
            break;
        };
        position = candidate;
    }
    let correlations = axes_products(&position.axes);
    Some(Oblique { loadings: position.loadings, correlations, is_settled })
}
