//! Ward's clustering of points in the plane.

use crate::RuptureError;

/// Most points Ward's method takes: its time grows with the square of their number.
pub const MOST_POINTS: usize = 20_000;

/// Two clusters that became one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Merge {
    /// A point of the one cluster.
    pub one: usize,
    /// A point of the other.
    pub other: usize,
    /// `sqrt(2 n m / (n + m))` times the distance of their centres, n and m being their sizes: the height of R's
    /// `hclust(method = "ward.D2")` and of `scipy.cluster.hierarchy.linkage(method="ward")`.
    pub height: f64,
}

/// A cluster on its way.
#[derive(Debug, Clone, Copy)]
struct Cluster {
    centre: [f64; 2],
    size: f64,
}

impl Cluster {
    /// Twice the growth of the sum of squares if both became one.
    fn squared_height(&self, other: &Self) -> f64 {
        let (x, y) = (self.centre[0] - other.centre[0], self.centre[1] - other.centre[1]);
        2.0 * self.size * other.size / (self.size + other.size) * (x * x + y * y)
    }

    fn joined(&self, other: &Self) -> Self {
        let size = self.size + other.size;
        let mean = |own: f64, theirs: f64| (self.size * own + other.size * theirs) / size;
        let [x, y] = self.centre;
        let [other_x, other_y] = other.centre;
        Self { centre: [mean(x, other_x), mean(y, other_y)], size }
    }
}

/// Merges points two by two until one cluster is left, each time those whose merger adds least to the sum of squares
/// within clusters (Ward 1963), lowest heights first.
///
/// Works along chains of nearest neighbours (Murtagh 1983), in time quadratic and memory linear in the number of points.
/// Where distances tie, earlier points come first.
///
/// # Errors
///
/// `invalid-option` for more than [`MOST_POINTS`] points, or points that are not finite.
pub fn ward(points: &[[f64; 2]]) -> Result<Vec<Merge>, RuptureError> {
    let refuse = |problem: String| Err(RuptureError::InvalidOption { option: "points", problem });
    if points.len() > MOST_POINTS {
        return refuse(format!("Ward's method takes at most {MOST_POINTS} points"));
    }
    if !points.iter().flatten().all(|number| number.is_finite()) {
        return refuse("points must be finite".into());
    }
    let mut clusters: Vec<Option<Cluster>> =
        points.iter().map(|centre| Some(Cluster { centre: *centre, size: 1.0 })).collect();
    let (mut alive, mut chain) = (points.len(), Vec::new());
    let mut merges = Vec::with_capacity(points.len().saturating_sub(1));
    while alive > 1 {
        let Some(top) = chain.last().copied().or_else(|| clusters.iter().position(Option::is_some)) else {
            break;
        };
        if chain.is_empty() {
            chain.push(top);
        }
        let before = chain.len().checked_sub(2).and_then(|place| chain.get(place)).copied();
        let Some(nearest) = nearest_to(top, before, &clusters) else { break };
        if before != Some(nearest) {
            chain.push(nearest);
            continue;
        }
        chain.truncate(chain.len() - 2);
        let (one, other) = (top.min(nearest), top.max(nearest));
        let pair = (at(&clusters, one), clusters.get_mut(other).and_then(Option::take));
        let (Some(own), Some(theirs), Some(place)) = (pair.0, pair.1, clusters.get_mut(one)) else { break };
        merges.push(Merge { one, other, height: own.squared_height(&theirs).sqrt() });
        *place = Some(own.joined(&theirs));
        alive -= 1;
        // Rounding can put a cluster into the chain twice.
        while chain.last().is_some_and(|place| at(&clusters, *place).is_none()) {
            chain.pop();
        }
    }
    // A cluster is made before it is merged again, and at no greater height, so that a stable sort keeps that order.
    merges.sort_by(|one, other| one.height.total_cmp(&other.height));
    Ok(merges)
}

fn at(clusters: &[Option<Cluster>], place: usize) -> Option<Cluster> {
    clusters.get(place).copied().flatten()
}

/// The cluster nearest to that at `top`: the one before it in the chain on ties, else the first.
fn nearest_to(top: usize, before: Option<usize>, clusters: &[Option<Cluster>]) -> Option<usize> {
    let own = at(clusters, top)?;
    let far = |place| at(clusters, place).map_or(f64::INFINITY, |other| own.squared_height(&other));
    let mut best = before.map(|place| (place, far(place)));
    for (place, other) in clusters.iter().enumerate() {
        let Some(other) = other.filter(|_| place != top) else { continue };
        let height = own.squared_height(&other);
        if best.is_none_or(|(_, least)| height < least) {
            best = Some((place, height));
        }
    }
    best.map(|(place, _)| place)
}

/// The groups that are left when all but `groups` - 1 merges have been made: one number per point, groups in the order
/// of their first points.
///
/// # Errors
///
/// `invalid-option` unless there are 1 to `points` groups.
pub fn ward_groups(merges: &[Merge], groups: usize) -> Result<Vec<usize>, RuptureError> {
    let points = merges.len() + 1;
    if !(1..=points).contains(&groups) {
        let problem = format!("of these points there can be 1 to {points}");
        return Err(RuptureError::InvalidOption { option: "clusters", problem });
    }
    let mut leader: Vec<usize> = (0..points).collect();
    for merge in merges.iter().take(points - groups) {
        let (one, other) = (follow(&mut leader, merge.one), follow(&mut leader, merge.other));
        if let Some(place) = leader.get_mut(one.max(other)) {
            *place = one.min(other);
        }
    }
    let mut number = vec![usize::MAX; points];
    let mut next = 0;
    let mut found = Vec::with_capacity(points);
    for point in 0..points {
        let first = follow(&mut leader, point);
        if let Some(number) = number.get_mut(first) {
            if *number == usize::MAX {
                *number = next;
                next += 1;
            }
            found.push(*number);
        }
    }
    Ok(found)
}

/// The first point of the group a point is in, making the way there shorter.
fn follow(leader: &mut [usize], mut point: usize) -> usize {
    while let Some(next) = leader.get(point).copied().filter(|next| *next != point) {
        let beyond = leader.get(next).copied().unwrap_or(next);
        if let Some(place) = leader.get_mut(point) {
            *place = beyond;
        }
        point = beyond;
    }
    point
}
