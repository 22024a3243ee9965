//! Shapes of courses and their clusters against R, a slow twin, and what must hold for any course.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use alliance_ruptures::shape::{
    CourseShape, MOST_POINTS, ShapeDesign, ShapeStatus, cluster, mean_courses, shapes, ward, ward_groups,
};
use alliance_ruptures::{ScoreScale, Series};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

const TOLERANCE: f64 = 1e-9;

fn vectors() -> Vec<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let text = fs::read_to_string(folder.join("vectors/course-shapes.json")).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    assert!(folder.join("..").join(vectors["script"].as_str().unwrap()).exists());
    vectors["cases"].as_array().unwrap().clone()
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

fn series(courses: &[Vec<f64>]) -> Series {
    let mut offsets = vec![0];
    for course in courses {
        offsets.push(offsets.last().unwrap() + course.len());
    }
    Series::new(courses.concat(), offsets, ScoreScale::new(-1e6, 1e6).unwrap()).unwrap()
}

fn one(course: &[f64]) -> CourseShape {
    shapes(&series(&[course.to_vec()]), ShapeDesign::AllSessions).unwrap()[0]
}

fn close(found: f64, wanted: f64) -> bool {
    found.is_nan() && wanted.is_nan() || (found - wanted).abs() <= TOLERANCE * wanted.abs().max(1.0)
}

fn values(shape: &CourseShape) -> [f64; 4] {
    [shape.level, shape.linear, shape.quadratic, shape.residual_sd]
}

#[test]
fn shapes_and_clusters_are_those_of_r() {
    for case in vectors() {
        let id = &case["id"];
        let courses: Vec<Vec<f64>> = case["courses"].as_array().unwrap().iter().map(numbers).collect();
        let design = case["first_sessions"]
            .as_u64()
            .map_or(ShapeDesign::AllSessions, |count| ShapeDesign::FirstSessions(count as u16));
        let found = shapes(&series(&courses), design).unwrap();
        for (number, (shape, wanted)) in found.iter().zip(case["shapes"].as_array().unwrap()).enumerate() {
            for (value, wanted) in values(shape).iter().zip(numbers(wanted)) {
                assert!(close(*value, wanted), "{id}, course {number}: {shape:?}");
            }
            assert_eq!(shape.status == ShapeStatus::TooFewSessions, shape.level.is_nan(), "{id}");
        }
        for cut in case["cuts"].as_array().unwrap() {
            let clusters = cluster(&found, cut["clusters"].as_u64().unwrap() as usize).unwrap();
            assert!(close(clusters.between, cut["between"].as_f64().unwrap()), "{id}");
            let wanted = cut["of"].as_array().unwrap();
            for (one, theirs) in clusters.of.iter().zip(wanted) {
                assert_eq!(one.is_none(), theirs.is_null(), "{id}");
                for (other, others) in clusters.of.iter().zip(wanted) {
                    assert!(one.is_none() || (one == other) == (theirs == others), "{id}");
                }
            }
            let sizes: Vec<usize> = clusters.shapes.iter().map(|shape| shape.clients).collect();
            assert!(sizes.is_sorted_by(|one, other| one >= other), "{id}");
            assert_eq!(sizes.iter().sum::<usize>(), clusters.of.iter().flatten().count());
        }
    }
}

#[test]
fn heights_are_those_of_r() {
    for case in vectors() {
        let fits: Vec<Vec<f64>> = case["shapes"].as_array().unwrap().iter().map(numbers).collect();
        let has: Vec<&Vec<f64>> = fits.iter().filter(|fit| !fit[1].is_nan()).collect();
        let scaled = |column: usize| {
            let values: Vec<f64> = has.iter().map(|fit| fit[column]).collect();
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let sd = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
            values.into_iter().map(move |value| value / sd)
        };
        let points: Vec<[f64; 2]> = scaled(1).zip(scaled(2)).map(|(x, z)| [x, z]).collect();
        let merges = ward(&points).unwrap();
        for (merge, height) in merges.iter().zip(numbers(&case["heights"])) {
            assert!(close(merge.height, height), "{}: {} for {height}", case["id"], merge.height);
        }
    }
}

/// Section 1.9 of the rupture dossier: mean 5.34, quadratic coefficient .00988.
#[test]
fn the_worked_series() {
    let course = [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, f64::NAN, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0];
    let shape = one(&course);
    assert_eq!((shape.observed, shape.status), (15, ShapeStatus::Fitted));
    assert!((shape.level - 5.34).abs() < 5e-5 && (shape.quadratic - 0.00988).abs() < 5e-6);
}

#[test]
fn the_four_session_contrasts() {
    let shape =
        |course: [f64; 4]| shapes(&series(&[course.to_vec()]), ShapeDesign::FirstSessions(4)).unwrap()[0];
    // (-3, -1, 1, 3) / sqrt(20) and (1, -1, -1, 1) / 2.
    let rising = shape([4.0, 5.0, 6.0, 7.0]);
    assert!(close(rising.linear, 10.0 / 20.0_f64.sqrt()) && close(rising.quadratic, 0.0));
    let sagging = shape([6.0, 5.0, 5.0, 6.0]);
    assert!(close(sagging.linear, 0.0) && close(sagging.quadratic, 1.0));
    assert_eq!(shape([5.0, f64::NAN, 5.0, 6.0]).status, ShapeStatus::TooFewSessions);
}

#[test]
fn courses_that_are_short_or_flat_have_a_status() {
    for length in 0..7_u8 {
        let rising: Vec<f64> = (0..length).map(|session| 4.0 + 0.1 * f64::from(session)).collect();
        let shape = one(&rising);
        let wanted = if length < 5 { ShapeStatus::TooFewSessions } else { ShapeStatus::Fitted };
        assert_eq!((shape.status, shape.observed), (wanted, usize::from(length)));
        assert_eq!(shape.level.is_nan(), length < 5);
    }
    // 5.1 has no exact double and its mean need not be 5.1.
    let flat = one(&[5.1, 5.1, f64::NAN, 5.1, 5.1, 5.1, 5.1]);
    assert_eq!(flat.status, ShapeStatus::Constant);
    assert_eq!(values(&flat), [5.1, 0.0, 0.0, 0.0]);
    let gone = one(&[f64::NAN; 8]);
    assert_eq!((gone.status, gone.observed), (ShapeStatus::TooFewSessions, 0));
    let three = shapes(&series(&[vec![5.0, 5.0, 5.0]]), ShapeDesign::FirstSessions(3)).unwrap()[0];
    assert!(three.residual_sd.is_nan() && three.status == ShapeStatus::Constant);
}

#[test]
fn nonsense_is_refused_by_name() {
    let courses = series(&[vec![4.0, 5.0, 6.0, 5.0, 4.0], vec![5.0; 5], vec![5.0; 6], vec![5.0; 2]]);
    let code = |design| shapes(&courses, design).unwrap_err().to_string();
    assert!(code(ShapeDesign::FirstSessions(2)).starts_with("first_sessions: "));
    let found = shapes(&courses, ShapeDesign::AllSessions).unwrap();
    // Two flat courses are one shape.
    for clusters in [0, 3, 4, usize::MAX] {
        let error = cluster(&found, clusters).unwrap_err();
        assert_eq!(error.code(), "invalid-option");
        assert!(error.to_string().contains("2 different shapes"), "{error}");
    }
    assert_eq!(cluster(&found, 2).unwrap().of, [Some(1), Some(0), Some(0), None]);
    assert!(cluster(&found[3..], 2).unwrap_err().to_string().contains("no client"));
    let nobody = cluster(&found[3..], 1).unwrap();
    assert_eq!((nobody.of, nobody.shapes[0].clients), (vec![None], 0));
    assert!(ward(&vec![[0.0; 2]; MOST_POINTS + 1]).is_err());
    assert!(ward(&[[0.0, f64::NAN]]).is_err());
    assert!(ward(&[]).unwrap().is_empty());
    assert!(ward_groups(&[], 2).is_err());
}

#[test]
fn the_mean_course_of_a_cluster() {
    let courses =
        series(&[vec![4.0, 5.0, f64::NAN], vec![6.0], vec![1.0, 1.0, 1.0, 1.0], vec![2.0, f64::NAN]]);
    let found = mean_courses(&courses, &[Some(0), Some(0), Some(1), None], 2);
    assert_eq!((found[0].mean[0], found[0].mean[1]), (5.0, 5.0));
    assert!(found[0].mean[2].is_nan() && found[0].mean[3].is_nan());
    assert_eq!(found[0].observed, [2, 1, 0, 0]);
    assert_eq!(found[1].mean, [1.0; 4]);
}

/// Merges the cheapest pair, looking at all pairs each time.
fn slow_ward(points: &[[f64; 2]]) -> Vec<f64> {
    let mut clusters: Vec<Vec<[f64; 2]>> = points.iter().map(|point| vec![*point]).collect();
    let squares = |cluster: &[[f64; 2]]| {
        let n = cluster.len() as f64;
        (0..2)
            .map(|axis| {
                let mean = cluster.iter().map(|point| point[axis]).sum::<f64>() / n;
                cluster.iter().map(|point| (point[axis] - mean).powi(2)).sum::<f64>()
            })
            .sum::<f64>()
    };
    let mut heights = Vec::new();
    while clusters.len() > 1 {
        let mut best = (f64::INFINITY, 0, 0);
        for one in 0..clusters.len() {
            for other in one + 1..clusters.len() {
                let both = [clusters[one].clone(), clusters[other].clone()].concat();
                let growth = squares(&both) - squares(&clusters[one]) - squares(&clusters[other]);
                if growth < best.0 {
                    best = (growth, one, other);
                }
            }
        }
        let gone = clusters.remove(best.2);
        clusters[best.1].extend(gone);
        heights.push((2.0 * best.0.max(0.0)).sqrt());
    }
    heights
}

fn course() -> impl Strategy<Value = Vec<f64>> {
    vec(prop_oneof![4 => 1.0..7.0_f64, 1 => Just(f64::NAN)], 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn ward_is_its_slow_twin(points in vec([-3.0..3.0_f64, -3.0..3.0_f64], 2..14)) {
        let heights: Vec<f64> = ward(&points).unwrap().iter().map(|merge| merge.height).collect();
        for (height, wanted) in heights.iter().zip(slow_ward(&points)) {
            prop_assert!((height - wanted).abs() < 1e-6, "{heights:?}");
        }
    }

    #[test]
    fn ties_leave_whole_trees(points in vec([0..3_i8, 0..3_i8], 1..60), groups in 1..60_usize) {
        let points: Vec<[f64; 2]> = points.iter().map(|point| point.map(f64::from)).collect();
        let merges = ward(&points).unwrap();
        prop_assert_eq!(merges.len(), points.len() - 1);
        let groups = groups.min(points.len());
        let found = ward_groups(&merges, groups).unwrap();
        let different: std::collections::BTreeSet<usize> = found.iter().copied().collect();
        prop_assert_eq!(different.len(), groups);
        // Numbered by first point.
        prop_assert_eq!(different.last().copied(), Some(groups - 1));
        prop_assert_eq!(found[0], 0);
    }

    #[test]
    fn a_shift_moves_the_level_only(course in course(), shift in -50.0..50.0_f64) {
        let moved: Vec<f64> = course.iter().map(|score| score + shift).collect();
        let (before, after) = (one(&course), one(&moved));
        prop_assert!(close(after.level, before.level + shift));
        for (after, before) in values(&after).iter().zip(values(&before)).skip(1) {
            prop_assert!(after.is_nan() && before.is_nan() || (after - before).abs() < 1e-8);
        }
    }

    #[test]
    fn backwards_turns_the_slope_round(course in course()) {
        let backwards: Vec<f64> = course.iter().rev().copied().collect();
        let (before, after) = (one(&course), one(&backwards));
        if before.level.is_nan() {
            prop_assert!(after.level.is_nan());
            return Ok(());
        }
        prop_assert!((after.linear + before.linear).abs() < 1e-8);
        prop_assert!((after.quadratic - before.quadratic).abs() < 1e-8);
        prop_assert!((after.residual_sd - before.residual_sd).abs() < 1e-8);
    }

    #[test]
    fn clusters_do_not_hang_on_the_order_of_clients(courses in vec(vec(1.0..7.0_f64, 5..12), 3..20)) {
        let found = shapes(&series(&courses), ShapeDesign::AllSessions).unwrap();
        let forth = cluster(&found, 3).unwrap();
        let turned: Vec<CourseShape> = found.iter().rev().copied().collect();
        let back: Vec<Option<usize>> = cluster(&turned, 3).unwrap().of.into_iter().rev().collect();
        for (one, here) in forth.of.iter().zip(&back) {
            for (other, there) in forth.of.iter().zip(&back) {
                prop_assert_eq!(one == other, here == there);
            }
        }
        prop_assert!((0.0..=1.0).contains(&forth.between));
    }
}
