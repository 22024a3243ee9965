//! Where the data are.

use super::pairs::checked;
use crate::PsychometricsError;

/// The convex hull of the pairs: corners of the region that both ratings span, counterclockwise from the leftmost.
///
/// A [response surface](super::response_surface) says nothing outside it. Pairs with a missing value are left out; pairs on a
/// line have two corners, and no pair has none. Corners are somebody's ratings: show the region, not a list of them.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`.
///
/// ```
/// use alliance_psychometrics::dyads::observed_region;
///
/// let corners = observed_region(&[1.0, 3.0, 2.0, 1.0, 2.0], &[1.0, 1.0, 2.0, 3.0, 1.5])?;
/// assert_eq!(corners, [[1.0, 1.0], [3.0, 1.0], [1.0, 3.0]]);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn observed_region(first: &[f64], second: &[f64]) -> Result<Vec<[f64; 2]>, PsychometricsError> {
    checked(first, second)?;
    let pairs = first.iter().zip(second).map(|(first, second)| [*first, *second]);
    let mut points: Vec<[f64; 2]> = pairs.filter(|[x, y]| !x.is_nan() && !y.is_nan()).collect();
    points.sort_unstable_by(|one, other| one[0].total_cmp(&other[0]).then(one[1].total_cmp(&other[1])));
    points.dedup();
    if points.len() < 3 {
        return Ok(points);
    }
    // Andrew (1979), Information Processing Letters 9: below and above, each from one end to the other.
    let mut corners = half(points.iter().copied());
    let above = half(points.iter().rev().copied());
    corners.pop();
    corners.extend(above.iter().take(above.len() - 1));
    Ok(corners)
}

/// Corners of the lower half of points in order.
fn half(points: impl Iterator<Item = [f64; 2]>) -> Vec<[f64; 2]> {
    let mut corners: Vec<[f64; 2]> = Vec::new();
    for point in points {
        while let [.., before, last] = corners.as_slice() {
            let turn = (last[0] - before[0]) * (point[1] - before[1])
                - (last[1] - before[1]) * (point[0] - before[0]);
            if turn > 0.0 {
                break;
            }
            corners.pop();
        }
        corners.push(point);
    }
    corners
}
