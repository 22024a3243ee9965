//! Empirical Bayes estimates of the random effects.

use super::estimation::State;
use super::fit::{GroupEffect, OuterEffect};
use super::reduced::Reduced;
use super::square::{
    Square, factor, plus_identity, product, relative_factor, sandwich, times, transpose, whiten_rows,
    whitened_by,
};

/// Effects of the groups and of the outer groups, by rising code.
///
/// The conditional variance is that of the effect given the rows, fixed effects and variances taken as known, as in
/// lme4.
pub(super) fn effects<const Q: usize>(
    reduced: &Reduced<Q>,
    state: &State<Q>,
    relative_root: &Square<Q>,
) -> (Vec<GroupEffect>, Vec<OuterEffect>) {
    let width = reduced.width;
    let residual_variance = state.solution.residual_variance();
    let psi = &state.relative.group;
    let transposed = transpose(relative_root);
    let mut groups = Vec::with_capacity(reduced.roots.len());
    let mut outers = Vec::with_capacity(reduced.outer_codes.len());
    for (nth, range) in reduced.outer_groups().enumerate() {
        // L^-1 R and L^-1 U'(y - X b) of each group.
        let mut whitened = Vec::with_capacity(range.len());
        let (mut weight, mut sum) = (0.0, 0.0);
        for group in range.clone() {
            let root = &reduced.roots[group];
            let Some(lower) = relative_factor(root, psi) else { continue };
            let rows = &reduced.projections[group * Q * width..(group + 1) * Q * width];
            let mut residuals: [f64; Q] = std::array::from_fn(|row| {
                let (fixed, response) = rows[row * width..(row + 1) * width].split_at(width - 1);
                let fitted: f64 = fixed.iter().zip(&state.solution.coefficients).map(|(x, b)| x * b).sum();
                response[0] - fitted
            });
            whiten_rows(&lower, &mut residuals, 1);
            let root = whitened_by(&lower, root);
            for (root, residual) in root.iter().zip(&residuals) {
                weight += root[0] * root[0];
                sum += root[0] * residual;
            }
            whitened.push((root, residuals));
        }
        let (mut outer_effect, mut outer_spread) = (0.0, 0.0);
        if let Some(code) = reduced.outer_codes.get(nth) {
            let inflation = 1.0 + state.relative.outer * weight;
            outer_effect = state.relative.outer * sum / inflation;
            outer_spread = state.relative.outer / inflation;
            outers.push(OuterEffect {
                code: *code,
                intercept: outer_effect,
                intercept_variance: residual_variance * outer_spread,
            });
        }
        for (group, (root, residuals)) in range.zip(whitened) {
            let mut pull = [0.0; Q];
            let mut of_outer = [0.0; Q];
            for (root, residual) in root.iter().zip(&residuals) {
                for place in 0..Q {
                    pull[place] += root[place] * (residual - root[0] * outer_effect);
                    of_outer[place] += root[place] * root[0];
                }
            }
            let (pull, of_outer) = (times(psi, &pull), times(psi, &of_outer));
            // Psi - Psi R'N^-1 R Psi = F (I + F'R'R F)^-1 F', which subtracts nothing.
            let plain = transpose(&reduced.roots[group]);
            let inner = sandwich(&transposed, &product(&plain, &transpose(&plain)));
            let Some(lower) = factor(&plus_identity(inner)) else { continue };
            let half = whitened_by(&lower, &transposed);
            let spread: Square<Q> = std::array::from_fn(|k| {
                std::array::from_fn(|l| {
                    let own: f64 = half.iter().map(|row| row[k] * row[l]).sum();
                    residual_variance * (own + outer_spread * of_outer[k] * of_outer[l])
                })
            });
            groups.push(in_users_units(reduced, reduced.codes[group], &pull, &spread));
        }
    }
    groups.sort_unstable_by_key(|effect| effect.code);
    (groups, outers)
}

fn in_users_units<const Q: usize>(
    reduced: &Reduced<Q>,
    code: u32,
    effect: &[f64; Q],
    spread: &Square<Q>,
) -> GroupEffect {
    let back = reduced.to_users_units();
    let (effect, spread) = (times(&back, effect), sandwich(&back, spread));
    GroupEffect {
        code,
        intercept: effect[0],
        slope: effect.get(1).copied().unwrap_or(0.0),
        intercept_variance: spread[0][0],
        slope_variance: spread.get(1).map_or(0.0, |row| row[1]),
        covariance: spread.get(1).map_or(0.0, |row| row[0]),
    }
}
