//! The bivariate normal distribution.

use std::f64::consts::{FRAC_PI_2, PI, TAU};
use std::sync::OnceLock;

use crate::distributions::normal_cumulative;

/// Nodes of a panel of the integral.
const NODES: usize = 16;

/// Probability of both standard normal variables below `h` and `k` at correlation `rho`, to about 1e-14.
///
/// Plackett's identity (1954, Biometrika 41, 351-360): the derivative by the correlation is the density. With
/// `rho = sin(angle)` that is a smooth integral from 0, whose panels halve towards a correlation of 1.
pub(super) fn cumulative(h: f64, k: f64, rho: f64) -> f64 {
    if h == f64::NEG_INFINITY || k == f64::NEG_INFINITY {
        return 0.0;
    }
    if h == f64::INFINITY {
        return normal_cumulative(k);
    }
    if k == f64::INFINITY {
        return normal_cumulative(h);
    }
    let independent = normal_cumulative(h) * normal_cumulative(k);
    let end = libm::asin(rho.abs());
    // The mirror image of k has the opposite correlation.
    let sign = if rho < 0.0 { -1.0 } else { 1.0 };
    let (sum, product) = (h * h + k * k, sign * h * k);
    let integrand = |angle: f64| {
        let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
        libm::exp((product * sine - sum / 2.0) / (cosine * cosine))
    };
    let mut integral = 0.0;
    let mut start = 0.0;
    while start < end {
        let stop = end.min(start + (FRAC_PI_2 - start) / 2.0);
        // The last bit of the way is one panel.
        let stop = if end - stop < 1e-9 { end } else { stop };
        let (middle, half) = (f64::midpoint(start, stop), (stop - start) / 2.0);
        integral +=
            half * nodes().iter().map(|(node, weight)| weight * integrand(middle + half * node)).sum::<f64>();
        start = stop;
    }
    (independent + sign * integral / TAU).clamp(0.0, 1.0)
}

/// Density at `h` and `k`, which is also the derivative of [`cumulative`] by the correlation.
pub(super) fn density(h: f64, k: f64, rho: f64) -> f64 {
    if h.is_infinite() || k.is_infinite() {
        return 0.0;
    }
    let rest = 1.0 - rho * rho;
    libm::exp((rho * h * k - 0.5 * (h * h + k * k)) / rest) / (TAU * rest.sqrt())
}

/// Nodes and weights of Gauss and Legendre on -1 to 1: roots of the Legendre polynomial, by Newton's method.
fn nodes() -> &'static [(f64, f64); NODES] {
    static FOUND: OnceLock<[(f64, f64); NODES]> = OnceLock::new();
    FOUND.get_or_init(|| {
        let n = NODES as f64;
        let mut found = [(0.0, 0.0); NODES];
        for (place, slot) in found.iter_mut().enumerate() {
            let mut x = libm::cos(PI * (place as f64 + 0.75) / (n + 0.5));
            let mut slope = 1.0;
            for _ in 0..50 {
                let (mut before, mut now) = (1.0, x);
                for degree in 2..=NODES {
                    let d = degree as f64;
                    (before, now) = (now, ((2.0 * d - 1.0) * x * now - (d - 1.0) * before) / d);
                }
                slope = n * (x * now - before) / (x * x - 1.0);
                let step = now / slope;
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            *slot = (x, 2.0 / ((1.0 - x * x) * slope * slope));
        }
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quadrants_have_their_closed_form() {
        for rho in [-0.999_999, -0.95, -0.5, -1e-9, 0.0, 0.3, 0.925, 0.99, 0.999_999] {
            let expected = 0.25 + libm::asin(rho) / TAU;
            assert!((cumulative(0.0, 0.0, rho) - expected).abs() < 1e-14, "{rho}");
        }
    }

    /// `mvtnorm::pmvnorm(..., algorithm = TVPACK(1e-15))`, R 4.2.2, mvtnorm 1.1-3.
    #[test]
    fn values_agree_with_mvtnorm() {
        let expected = [
            (-1.3, 0.4, 0.6, 0.092_999_286_594_795_09),
            (-2.5, -2.2, 0.97, 0.005_887_909_574_168_48),
            (0.7, -0.9, -0.8, 0.048_127_839_096_983_69),
            (1.5, 1.1, 0.995, 0.864_333_816_702_775_6),
        ];
        for (h, k, rho, value) in expected {
            assert!(
                (cumulative(h, k, rho) - value).abs() < 1e-12,
                "{h} {k} {rho}: {}",
                cumulative(h, k, rho)
            );
        }
    }

    #[test]
    fn the_density_is_the_derivative() {
        for rho in [-0.7, 0.1, 0.9] {
            let slope = (cumulative(0.5, -0.3, rho + 1e-5) - cumulative(0.5, -0.3, rho - 1e-5)) / 2e-5;
            assert!((slope - density(0.5, -0.3, rho)).abs() < 1e-8);
        }
    }
}
