//! Quantiles and tail areas of the usual distributions, NaN where they are not defined.

use alliance_statistics::normal_quantile;
use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor, StudentsT};

/// Degrees of freedom from which the inversion of the incomplete beta function loses digits, and from about 1e8 does not end.
const MANY: f64 = 1e4;

/// Quantile of the standard normal distribution.
pub(crate) fn normal(p: f64) -> f64 {
    if p > 0.0 && p < 1.0 { normal_quantile(p) } else { f64::NAN }
}

/// Both tails of the standard normal distribution beyond `z`.
pub(crate) fn normal_two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// Cumulative standard normal distribution.
pub(crate) fn normal_cumulative(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// Quantile of Student's t distribution.
pub(crate) fn student_t(p: f64, degrees: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) {
        return f64::NAN;
    }
    if degrees < MANY {
        return StudentsT::new(0.0, 1.0, degrees).map_or(f64::NAN, |t| t.inverse_cdf(p));
    }
    // Abramowitz and Stegun (1964), 26.7.5; the first term left out is below 1e-18.
    let z = normal(p);
    let w = z * z;
    let terms = [
        z * (w + 1.0) / 4.0,
        z * ((5.0 * w + 16.0) * w + 3.0) / 96.0,
        z * (((3.0 * w + 19.0) * w + 17.0) * w - 15.0) / 384.0,
    ];
    terms.iter().rev().fold(0.0, |sum, term| (sum + term) / degrees) + z
}

/// Both tails of Student's t distribution beyond `t`.
pub(crate) fn student_t_two_sided(t: f64, degrees: f64) -> f64 {
    // statrs panics at NaN.
    if t.is_nan() {
        return f64::NAN;
    }
    StudentsT::new(0.0, 1.0, degrees).map_or(f64::NAN, |distribution| 2.0 * distribution.sf(t.abs()))
}

/// Quantile of the F distribution.
pub(crate) fn fisher_f(p: f64, numerator: f64, denominator: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) {
        return f64::NAN;
    }
    if denominator > MANY && denominator > 1000.0 * numerator {
        // The denominator is nearly constant: a chi-square and the first term of the expansion in 1 / denominator.
        let x = chi_square(p, numerator);
        return x / numerator * (1.0 + (x - numerator + 2.0) / (2.0 * denominator));
    }
    if numerator > MANY && numerator > 1000.0 * denominator {
        return 1.0 / fisher_f(1.0 - p, denominator, numerator);
    }
    FisherSnedecor::new(numerator, denominator).map_or(f64::NAN, |f| f.inverse_cdf(p))
}

/// Upper tail of the F distribution beyond `f`.
pub(crate) fn fisher_f_upper(f: f64, numerator: f64, denominator: f64) -> f64 {
    if f.is_nan() {
        return f64::NAN;
    }
    FisherSnedecor::new(numerator, denominator).map_or(f64::NAN, |distribution| distribution.sf(f))
}

/// Quantile of the chi-square distribution.
pub(crate) fn chi_square(p: f64, degrees: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) {
        return f64::NAN;
    }
    ChiSquared::new(degrees).map_or(f64::NAN, |distribution| distribution.inverse_cdf(p))
}

/// Upper tail of the chi-square distribution beyond `x`.
pub(crate) fn chi_square_upper(x: f64, degrees: f64) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    ChiSquared::new(degrees).map_or(f64::NAN, |distribution| distribution.sf(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quantiles and tails that R 4.2.2 gives to ten digits: `qf`, `qt`, `qchisq`, `pf`, `pt`, `pchisq`.
    #[test]
    fn quantiles_agree_with_r() {
        let close =
            |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
        close(fisher_f(0.975, 29.0, 174.0), 1.661_538_417_028_813);
        close(fisher_f(0.025, 29.0, 174.0), 0.536_965_542_527_490_8);
        close(fisher_f(0.975, 5.0, 4.785_143_862), 7.498_627_593_518_862);
        close(student_t(0.975, 6.0), 2.446_911_851_144_969);
        close(student_t(0.975, 38.5), 2.023_531_137_312_428);
        close(chi_square(0.025, 15.0), 6.262_137_795_043_251);
        close(chi_square_upper(38.159_52, 15.0), 0.000_854_583_642_914_225_3);
        close(student_t_two_sided(-2.3, 57.0), 0.025_130_391_669_635_16);
        close(fisher_f_upper(4.2, 3.0, 40.0), 0.011_270_563_257_885_43);
        close(fisher_f(0.975, 99_999.0, 299_997.0), 1.010_159_586_989_679);
        close(student_t(0.975, 1.0), 12.706_204_736_174_69);
        close(fisher_f(0.025, 1.0, 1.0), 0.001_543_712_508_674_133);
    }

    /// `qt`, and `pf` of R 4.2.2 inverted by Newton's method: its own `qf` rounds degrees of freedom above 400 000 to
    /// infinity.
    #[test]
    fn many_degrees_of_freedom_end_and_agree_with_r() {
        let close = |found: f64, expected: f64, tolerance: f64| {
            assert!((found / expected - 1.0).abs() < tolerance, "{found} {expected}");
        };
        close(student_t(0.975, 1e4), 1.960_201_239_890_626, 1e-13);
        close(student_t(0.995, 2e4), 2.576_075_153_017_254, 1e-13);
        close(student_t(0.975, 1e5), 1.959_987_707_534_609, 1e-13);
        close(student_t(0.975, 1e12), 1.959_963_984_542_426, 1e-13);
        close(student_t(0.975, f64::MAX), 1.959_963_984_540_054, 1e-13);
        close(fisher_f(0.975, 2.0, 3e5), 3.688_924_813_924_528, 1e-9);
        close(fisher_f(0.975, 50.0, 1e6), 1.428_420_630_440_534, 1e-9);
        close(fisher_f(0.025, 50.0, 1e6), 0.647_142_212_460_757_8, 1e-9);
        close(fisher_f(0.975, 50.0, 1e8), 1.428_404_071_017_614, 1e-9);
        close(fisher_f(0.975, 1e8, 50.0), 1.545_243_437_658_893, 1e-9);
        close(fisher_f(0.975, 100.0, 1.1e5), 1.295_797_818_474_168, 1e-7);
        close(fisher_f(0.975, 99_999.0, 1.1e6), 1.009_179_235_540_814, 1e-11);
        assert!((fisher_f(0.975, 1e9, 1e9) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn the_ends_are_no_panic() {
        for infinite in [f64::INFINITY, f64::NEG_INFINITY, f64::MAX] {
            assert_eq!(student_t_two_sided(infinite, 3.0), 0.0);
        }
        assert_eq!(
            (fisher_f_upper(f64::INFINITY, 2.0, 3.0), chi_square_upper(f64::INFINITY, 2.0)),
            (0.0, 0.0)
        );
        assert_eq!((fisher_f_upper(-1.0, 2.0, 3.0), chi_square_upper(-1.0, 2.0)), (1.0, 1.0));
    }

    #[test]
    fn what_is_not_defined_is_nan() {
        for value in [
            fisher_f(0.5, 0.0, 3.0),
            fisher_f(1.5, 2.0, 3.0),
            student_t(0.5, -1.0),
            chi_square(0.0, 3.0),
            normal(1.0),
            student_t_two_sided(f64::NAN, 3.0),
            fisher_f_upper(f64::NAN, 2.0, 3.0),
            chi_square_upper(f64::NAN, 2.0),
            student_t_two_sided(1.0, f64::NAN),
            fisher_f(f64::NAN, 2.0, 3.0),
        ] {
            assert!(value.is_nan());
        }
    }
}
