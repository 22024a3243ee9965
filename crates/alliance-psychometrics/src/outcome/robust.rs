//! Covariances of estimates whose rows resemble each other in clusters.

use crate::groups::Groups;
use crate::linear::Symmetric;

/// `bread` M `bread` times G / (G - 1), M the sum over the G clusters of s s' with s the sum of the cluster's scores
/// (Liang and Zeger 1986); none with one cluster. The score of a row is its cells times a number.
pub(super) fn cluster_sandwich<'a>(
    bread: &Symmetric,
    row_scores: impl Iterator<Item = (f64, &'a [f64])>,
    clusters: &[u32],
) -> Option<(Symmetric, usize)> {
    let groups = Groups::new(clusters, |_| true);
    let count = groups.count();
    if count < 2 {
        return None;
    }
    let size = bread.size();
    let mut sums = vec![0.0; count * size];
    for (code, (slope, cells)) in clusters.iter().zip(row_scores) {
        let place = groups.codes().binary_search(code).unwrap_or_default();
        let sum = sums.get_mut(place * size..(place + 1) * size)?;
        sum.iter_mut().zip(cells).for_each(|(sum, cell)| *sum += slope * cell);
    }
    // Each cluster's sum through the bread: the covariance is the sum of their squares.
    let through: Vec<Vec<f64>> = sums
        .chunks_exact(size)
        .map(|sum| {
            (0..size)
                .map(|row| bread.row(row).iter().zip(sum).map(|(one, other)| one * other).sum())
                .collect()
        })
        .collect();
    let scale = count as f64 / (count as f64 - 1.0);
    let cell = |row: usize, column: usize| {
        let product = |moved: &Vec<f64>| Some(moved.get(row)? * moved.get(column)?);
        scale * through.iter().filter_map(product).sum::<f64>()
    };
    Some((Symmetric::from_fn(size, cell), count))
}
