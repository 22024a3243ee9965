//! Quantiles and tail areas of the usual distributions, NaN where they are not defined.

use alliance_statistics::normal_quantile;
use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor, StudentsT};

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
    StudentsT::new(0.0, 1.0, degrees).map_or(f64::NAN, |t| t.inverse_cdf(p))
}

/// Both tails of Student's t distribution beyond `t`.
pub(crate) fn student_t_two_sided(t: f64, degrees: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees).map_or(f64::NAN, |distribution| 2.0 * distribution.sf(t.abs()))
}

/// Quantile of the F distribution.
pub(crate) fn fisher_f(p: f64, numerator: f64, denominator: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) {
        return f64::NAN;
    }
    FisherSnedecor::new(numerator, denominator).map_or(f64::NAN, |f| f.inverse_cdf(p))
}

/// Upper tail of the F distribution beyond `f`.
pub(crate) fn fisher_f_upper(f: f64, numerator: f64, denominator: f64) -> f64 {
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

    #[test]
    fn what_is_not_defined_is_nan() {
        for value in [
            fisher_f(0.5, 0.0, 3.0),
            fisher_f(1.5, 2.0, 3.0),
            student_t(0.5, -1.0),
            chi_square(0.0, 3.0),
            normal(1.0),
        ] {
            assert!(value.is_nan());
        }
    }
}
