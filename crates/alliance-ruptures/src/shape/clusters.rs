//! Clients grouped by the shapes of their courses.

use super::{CourseShape, ShapeStatus, ward, ward_groups};
use crate::{RuptureError, Series};

/// Mean shape of the clients in a cluster. It describes them and is no diagnosis.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ClusterShape {
    /// Clients in it.
    pub clients: usize,
    /// Mean level.
    pub level: f64,
    /// Mean linear growth.
    pub linear: f64,
    /// Mean curvature.
    pub quadratic: f64,
}

/// Clients grouped by linear growth and curvature.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Clusters {
    /// The cluster of each dyad, counted from 0; `None` for those without a shape.
    pub of: Vec<Option<usize>>,
    /// The clusters, largest first; of equally large ones, the one with the first client.
    pub shapes: Vec<ClusterShape>,
    /// Share of the variance of the standardised coefficients that lies between clusters, 0 to 1; 0 with one cluster.
    pub between: f64,
}

/// Mean scores of a group of clients, session by session.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MeanCourse {
    /// Mean of the scores in each session; NaN where nobody has one.
    pub mean: Vec<f64>,
    /// How many clients have one.
    pub observed: Vec<usize>,
}

/// Groups clients by linear growth and curvature, each divided by its standard deviation over clients, with Ward's
/// method. Constant courses take part; clients without a shape do not.
///
/// Ward's method always finds as many clusters as it is asked for. That it does says nothing about whether there are
/// any.
///
/// # Errors
///
/// `invalid-option` for two or more clusters if there are fewer different shapes than that, or more clients than
/// [`MOST_POINTS`](super::MOST_POINTS); for 0 clusters.
pub fn cluster(shapes: &[CourseShape], clusters: usize) -> Result<Clusters, RuptureError> {
    let has_shape = |shape: &&CourseShape| {
        shape.status != ShapeStatus::TooFewSessions && shape.linear.is_finite() && shape.quadratic.is_finite()
    };
    let taking_part: Vec<&CourseShape> = shapes.iter().filter(has_shape).collect();
    if clusters == 1 {
        // No merging is needed to see where it ends, and any number of clients, none too, can be one cluster.
        let of = shapes.iter().map(|shape| has_shape(&shape).then_some(0)).collect();
        return Ok(Clusters { of, shapes: vec![ClusterShape::of(&taking_part)], between: 0.0 });
    }
    let linear = standardised(&taking_part, |shape| shape.linear);
    let quadratic = standardised(&taking_part, |shape| shape.quadratic);
    let points: Vec<[f64; 2]> = linear.into_iter().zip(quadratic).map(|(x, z)| [x, z]).collect();
    let refuse = |problem: String| Err(RuptureError::InvalidOption { option: "clusters", problem });
    if points.is_empty() {
        return refuse("no client has enough sessions for a shape".into());
    }
    let merges = ward(&points)?;
    let different = 1 + merges.iter().filter(|merge| merge.height > 0.0).count();
    if !(1..=different).contains(&clusters) {
        return refuse(format!("clients have {different} different shapes; give a number from 1 to that"));
    }
    let groups = ward_groups(&merges, clusters)?;
    // Every merge adds half its squared height to the sum of squares within clusters.
    let squared =
        |count: usize| merges.iter().take(count).map(|merge| merge.height * merge.height).sum::<f64>();
    let between = 1.0 - squared(points.len() - clusters) / squared(merges.len());

    let mut members: Vec<Vec<&CourseShape>> = vec![Vec::new(); clusters];
    for (shape, group) in taking_part.iter().zip(&groups) {
        if let Some(members) = members.get_mut(*group) {
            members.push(shape);
        }
    }
    let mut order: Vec<usize> = (0..clusters).collect();
    order.sort_by_key(|group| std::cmp::Reverse(members.get(*group).map_or(0, Vec::len)));
    let mut place = vec![0; clusters];
    for (rank, group) in order.iter().enumerate() {
        if let Some(place) = place.get_mut(*group) {
            *place = rank;
        }
    }
    let mut found = groups.iter().map(|group| place.get(*group).copied());
    let of =
        shapes.iter().map(|shape| if has_shape(&shape) { found.next().flatten() } else { None }).collect();
    let shapes =
        order.iter().filter_map(|group| members.get(*group)).map(|own| ClusterShape::of(own)).collect();
    Ok(Clusters { of, shapes, between })
}

impl ClusterShape {
    fn of(clients: &[&CourseShape]) -> Self {
        let mean = |value: fn(&CourseShape) -> f64| {
            clients.iter().map(|shape| value(shape)).sum::<f64>() / clients.len() as f64
        };
        Self {
            clients: clients.len(),
            level: mean(|shape| shape.level),
            linear: mean(|shape| shape.linear),
            quadratic: mean(|shape| shape.quadratic),
        }
    }
}

/// Values over their standard deviation; 0 if they do not differ.
fn standardised(shapes: &[&CourseShape], value: fn(&CourseShape) -> f64) -> Vec<f64> {
    let count = shapes.len() as f64;
    let mean = shapes.iter().map(|shape| value(shape)).sum::<f64>() / count;
    let squares: f64 = shapes.iter().map(|shape| (value(shape) - mean).powi(2)).sum();
    let sd = (squares / (count - 1.0)).sqrt();
    shapes.iter().map(|shape| if sd > 0.0 { (value(shape) - mean) / sd } else { 0.0 }).collect()
}

/// The mean course of each group of dyads over the sessions of the series, counted from each dyad's first.
///
/// `of`: the group of each dyad, as in [`Clusters::of`]; dyads without one are left out.
pub fn mean_courses(series: &Series, of: &[Option<usize>], groups: usize) -> Vec<MeanCourse> {
    let longest = series.runs().map(<[f64]>::len).max().unwrap_or(0);
    let mut courses = vec![MeanCourse { mean: vec![0.0; longest], observed: vec![0; longest] }; groups];
    for (run, group) in series.runs().zip(of) {
        let Some(course) = group.and_then(|group| courses.get_mut(group)) else { continue };
        let places = course.mean.iter_mut().zip(&mut course.observed);
        for (score, (sum, observed)) in run.iter().zip(places).filter(|(score, _)| !score.is_nan()) {
            *sum += score;
            *observed += 1;
        }
    }
    for course in &mut courses {
        for (sum, observed) in course.mean.iter_mut().zip(&course.observed) {
            *sum /= *observed as f64;
        }
    }
    courses
}
