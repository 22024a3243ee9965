//! Scoring on generated instruments and answers, against a slow and obvious twin.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use alliance_instruments::Instrument;
use alliance_scoring::{
    AlreadyReversed, Answers, Chunk, Column, FormScore, Metric, MissingRule, ScaleOutput, Scorer,
    ScoringOptions, Strided, Validity,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// A form made of its key, with as many scales, reversals and response points as a generator likes.
#[derive(Debug, Clone)]
struct Key {
    items: usize,
    min: i32,
    points: i32,
    step: Option<f64>,
    reversed: Vec<bool>,
    scales: Vec<Vec<bool>>,
}

impl Key {
    fn max(&self) -> f64 {
        f64::from(self.min) + self.step.unwrap_or(1.0) * f64::from(self.points - 1)
    }

    fn numbers(chosen: &[bool]) -> Vec<u16> {
        (1..).zip(chosen).filter(|(_, is_in)| **is_in).map(|(item, _)| item).collect()
    }

    fn form(&self) -> Instrument {
        let mut text = format!(
            "id = 'generated-client'\nversion = 1\nkind = 'questionnaire'\nfamily = 'generated'\nname = 'Generated'\n\
             rater = 'client'\nperiod = 'unknown'\ngap = 'Generated.'\nkey_in_print = 'nowhere'\n[items]\ncount = {}\n\
             sources = ['s']\n[response]\nmin = {}\nmax = {}\n{}sources = ['s']\n[reversed]\nitems = {:?}\n\
             sources = ['s']\n[rights]\nowner = 'nobody'\nwording = 'withheld'\nobtain = 'nowhere'\nsources = []\n",
            self.items,
            self.min,
            self.max(),
            self.step.map_or(String::new(), |step| format!("step = {step}\n")),
            Self::numbers(&self.reversed),
        );
        for (index, scale) in self.scales.iter().enumerate() {
            let _ = writeln!(
                text,
                "[[scales]]\nname = 'scale-{index}'\ntitle = 'Scale'\nitems = {:?}\nsources = ['s']",
                Self::numbers(scale)
            );
        }
        text.push_str("[[sources]]\nid = 's'\nkind = 'publication'\ntitle = 'generated'\nread = 'whole'\n");
        Instrument::from_toml(&text).unwrap()
    }
}

fn key() -> impl Strategy<Value = Key> {
    let steps = prop_oneof![4 => Just(Some(1.0)), 1 => Just(Some(0.5)), 1 => Just(None)];
    (1_usize..=80, -5..=5, prop_oneof![5 => 2..=11, 1 => 100..=400], steps).prop_flat_map(
        |(items, min, points, step)| {
            let scale = vec(any::<bool>(), items).prop_map(move |mut chosen| {
                if !chosen.contains(&true) {
                    chosen[items / 2] = true;
                }
                chosen
            });
            (vec(any::<bool>(), items), vec(scale, 1..5)).prop_map(move |(reversed, scales)| Key {
                items,
                min,
                points,
                step,
                reversed,
                scales,
            })
        },
    )
}

/// A key with answers: rows of points counted from the lowest, or nothing.
fn forms(most_rows: usize) -> impl Strategy<Value = (Key, Vec<Vec<Option<i32>>>)> {
    key().prop_flat_map(move |key| {
        let answer = prop_oneof![1 => Just(None), 9 => (0..key.points).prop_map(Some)];
        let rows = prop_oneof![0..7_usize, 0..=most_rows];
        let items = key.items;
        (Just(key), rows.prop_flat_map(move |rows| vec(vec(answer.clone(), items), rows)))
    })
}

fn rule() -> impl Strategy<Value = MissingRule> {
    prop_oneof![
        Just(MissingRule::Complete),
        (0.01..=1.0).prop_map(MissingRule::ProrateShare),
        (1_u16..=80).prop_map(MissingRule::ProrateAnswered),
    ]
}

fn number(key: &Key, answer: Option<i32>) -> f64 {
    answer.map_or(f64::NAN, |point| f64::from(key.min) + key.step.unwrap_or(1.0) * f64::from(point))
}

/// What a scale's score is, spelled out.
fn naive(key: &Key, scale: &[bool], row: &[Option<i32>], rule: MissingRule) -> f64 {
    let (mut sum, mut answered, mut items) = (0.0, 0.0, 0);
    for item in 0..key.items {
        if !scale[item] {
            continue;
        }
        items += 1;
        let answer = number(key, row[item]);
        if answer.is_nan() {
            continue;
        }
        sum += if key.reversed[item] { f64::from(key.min) + key.max() - answer } else { answer };
        answered += 1.0;
    }
    if answered >= f64::from(rule.required(items)) { sum / answered } else { f64::NAN }
}

fn same(found: f64, expected: f64) -> bool {
    (found.is_nan() && expected.is_nan()) || (found - expected).abs() <= 1e-12 * expected.abs().max(1.0)
}

fn columns_of(key: &Key, rows: &[Vec<Option<i32>>]) -> Vec<Vec<f64>> {
    (0..key.items).map(|item| rows.iter().map(|row| number(key, row[item])).collect()).collect()
}

fn views(columns: &[Vec<f64>]) -> Vec<Column<'_>> {
    columns.iter().map(|column| Column::new("item", vec![Chunk::from(&column[..])])).collect()
}

fn scorer(key: &Key, rule: MissingRule) -> Scorer {
    let mut options = ScoringOptions::default();
    options.missing = rule;
    Scorer::new(&key.form(), &options).unwrap()
}

proptest! {
    #[test]
    fn batch_equals_the_obvious_twin((key, rows) in forms(60), rule in rule()) {
        let data = columns_of(&key, &rows);
        let scores = scorer(&key, rule).score(&views(&data)).unwrap();
        for (index, scale) in key.scales.iter().enumerate() {
            let means = scores.means(&format!("scale-{index}")).unwrap();
            for (row, mean) in rows.iter().zip(means) {
                prop_assert!(same(*mean, naive(&key, scale, row, rule)));
            }
        }
    }

    #[test]
    fn one_form_at_a_time_equals_the_batch((key, rows) in forms(20), rule in rule()) {
        let data = columns_of(&key, &rows);
        let scorer = scorer(&key, rule);
        let batch = scorer.score(&views(&data)).unwrap();
        let mut scores = vec![FormScore::default(); scorer.scales().len()];
        for (row, answers) in rows.iter().enumerate() {
            let answers: Vec<f64> = answers.iter().map(|answer| number(&key, *answer)).collect();
            scorer.score_form(&answers, &mut scores).unwrap();
            for (scale, score) in scorer.scales().iter().zip(&scores) {
                let mean = batch.means(&scale.name).unwrap()[row];
                // The same bits, not merely close.
                prop_assert!(score.mean.to_bits() == mean.to_bits() || (score.mean.is_nan() && mean.is_nan()));
                prop_assert_eq!(score.answered, u16::from(batch.answered(&scale.name).unwrap()[row]));
            }
        }
    }

    #[test]
    fn scores_stay_in_range_and_sums_are_means_times_counts((key, rows) in forms(30), rule in rule()) {
        let data = columns_of(&key, &rows);
        let scores = scorer(&key, rule).score(&views(&data)).unwrap();
        let (low, high) = (f64::from(key.min), key.max());
        for scale in scores.scales() {
            for row in 0..rows.len() {
                let mean = scores.value(&scale.name, row, Metric::Mean).unwrap();
                if mean.is_nan() {
                    continue;
                }
                prop_assert!((low - 1e-12..=high + 1e-12).contains(&mean));
                let sum = scores.value(&scale.name, row, Metric::Sum).unwrap();
                prop_assert!(same(sum, mean * f64::from(scale.items)));
                let pomp = scores.value(&scale.name, row, Metric::Pomp).unwrap();
                prop_assert!((-1e-9..=100.0 + 1e-9).contains(&pomp));
                prop_assert!(same(Metric::Pomp.to_mean(pomp, scale.items, low, high), mean));
            }
        }
    }

    #[test]
    fn reversing_twice_is_identity((key, rows) in forms(30)) {
        let recoded: Vec<Vec<Option<i32>>> = rows
            .iter()
            .map(|row| {
                let each = row.iter().zip(&key.reversed);
                each.map(|(answer, turned)| answer.map(|point| if *turned { key.points - 1 - point } else { point }))
                    .collect()
            })
            .collect();
        let (raw, done) = (columns_of(&key, &rows), columns_of(&key, &recoded));
        let mut options = ScoringOptions::default();
        let plain = Scorer::new(&key.form(), &options).unwrap().score(&views(&raw)).unwrap();
        options.already_reversed = AlreadyReversed::All;
        let told = Scorer::new(&key.form(), &options).unwrap().score(&views(&done)).unwrap();
        for scale in plain.scales() {
            let pairs = plain.means(&scale.name).unwrap().iter().zip(told.means(&scale.name).unwrap());
            for (one, other) in pairs {
                prop_assert!(same(*one, *other));
            }
        }
    }

    #[test]
    fn row_order_does_not_matter((key, rows) in forms(30), rule in rule()) {
        let backwards: Vec<_> = rows.iter().rev().cloned().collect();
        let (there, back) = (columns_of(&key, &rows), columns_of(&key, &backwards));
        let scorer = scorer(&key, rule);
        let (one, other) = (scorer.score(&views(&there)).unwrap(), scorer.score(&views(&back)).unwrap());
        for scale in one.scales() {
            let means = one.means(&scale.name).unwrap();
            let reordered = other.means(&scale.name).unwrap().iter().rev();
            for (one, other) in means.iter().zip(reordered) {
                prop_assert!(one.to_bits() == other.to_bits() || (one.is_nan() && other.is_nan()));
            }
        }
    }

    #[test]
    fn layout_does_not_matter((key, rows) in forms(40), cut in 0_usize..40, rule in rule()) {
        let scorer = scorer(&key, rule);
        let data = columns_of(&key, &rows);
        let plain = scorer.score(&views(&data)).unwrap();
        let cut = cut.min(rows.len());
        // Cut in two, laid backwards in memory, and as integers with a bitmap or a mask where the scale is whole.
        let turned: Vec<Vec<f64>> = data.iter().map(|column| column.iter().rev().copied().collect()).collect();
        let whole = key.step == Some(1.0);
        let small: Vec<Vec<i16>> =
            data.iter().map(|column| column.iter().map(|answer| *answer as i16).collect()).collect();
        let masks: Vec<Vec<u8>> =
            data.iter().map(|column| column.iter().map(|answer| u8::from(answer.is_nan())).collect()).collect();
        let bitmaps: Vec<Vec<u8>> = masks
            .iter()
            .map(|mask| {
                let mut bytes = vec![0_u8; mask.len() / 8 + 2];
                for (row, missing) in mask.iter().enumerate() {
                    // Three bits of something else come first.
                    bytes[(row + 3) / 8] |= (1 - missing) << ((row + 3) % 8);
                }
                bytes
            })
            .collect();
        let columns: Vec<Column<'_>> = (0..key.items)
            .map(|item| {
                let chunks = match item % 4 {
                    0 => vec![Chunk::from(&data[item][..cut]), Chunk::from(&data[item][cut..])],
                    1 if !rows.is_empty() => {
                        let strided = Strided::new(&turned[item], rows.len() - 1, -1, rows.len()).unwrap();
                        vec![Chunk::new(Answers::F64(strided), Validity::All).unwrap()]
                    }
                    2 if whole => {
                        let validity = Validity::Bitmap { bytes: &bitmaps[item], offset: 3 };
                        vec![Chunk::new(Answers::I16((&small[item][..]).into()), validity).unwrap()]
                    }
                    3 if whole => {
                        let validity = Validity::Missing((&masks[item][..]).into());
                        vec![Chunk::new(Answers::I16((&small[item][..]).into()), validity).unwrap()]
                    }
                    _ => vec![Chunk::from(&data[item][..])],
                };
                Column::new("item", chunks)
            })
            .collect();
        let other = scorer.score(&columns).unwrap();
        for scale in plain.scales() {
            let pairs = plain.means(&scale.name).unwrap().iter().zip(other.means(&scale.name).unwrap());
            for (one, other) in pairs {
                prop_assert!(one.to_bits() == other.to_bits() || (one.is_nan() && other.is_nan()));
            }
        }
    }

    #[test]
    fn any_numbers_give_scores_or_a_coded_error(key in key(), answers in vec(any::<f64>(), 0..6)) {
        let data: Vec<Vec<f64>> = (0..key.items).map(|_| answers.clone()).collect();
        let columns = views(&data);
        if let Err(error) = scorer(&key, MissingRule::Complete).score(&columns) {
            prop_assert!(["out-of-range", "undeclared-missing-code", "off-step", "not-finite"].contains(&error.code()));
            let message = error.to_string();
            for answer in &answers {
                let shown = answer.to_string();
                prop_assert!(shown.len() < 6 || !message.contains(&shown), "{message}");
            }
        }
    }
}

#[test]
fn numbers_whose_sums_are_none_are_refused() {
    let key = Key {
        items: 4,
        min: 4,
        points: 3,
        step: None,
        reversed: vec![true, true, false, false],
        scales: vec![vec![true; 4]],
    };
    let data = vec![vec![5.0, -1.7e308]; 4];
    assert_eq!(scorer(&key, MissingRule::Complete).score(&views(&data)).unwrap_err().code(), "out-of-range");
}

#[test]
fn any_number_of_threads_gives_the_same_numbers() {
    let rows = 300_001;
    for step in [Some(1.0), None] {
        let key = Key {
            items: 7,
            min: 1,
            points: 7,
            step,
            reversed: vec![false, true, false, true, false, false, true],
            scales: vec![vec![true; 7], vec![true, false, true, true, false, false, false]],
        };
        let mut state = 7_u64;
        let data: Vec<Vec<f64>> = (0..7)
            .map(|_| {
                (0..rows)
                    .map(|_| {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        let point = (state >> 40) % 8;
                        if point == 7 {
                            f64::NAN
                        } else {
                            1.0 + point as f64 * if step.is_some() { 1.0 } else { 0.917 }
                        }
                    })
                    .collect()
            })
            .collect();
        let scorer = scorer(&key, MissingRule::answered(2).unwrap());
        let run = |threads| {
            let mut means = vec![0.0; 2 * rows];
            let mut answered = vec![0; 2 * rows];
            let mut bits = vec![0; 2 * rows.div_ceil(8)];
            let outputs = means
                .chunks_mut(rows)
                .zip(answered.chunks_mut(rows))
                .zip(bits.chunks_mut(rows.div_ceil(8)))
                .map(|((mean, answered), bits)| ScaleOutput::new(mean, answered).with_defined(bits))
                .collect();
            let summary = scorer.score_into(&views(&data), outputs, Some(threads)).unwrap();
            let means: Vec<u64> = means.into_iter().map(f64::to_bits).collect();
            let spread: Vec<u64> = summary.spread.iter().map(|spread| spread.variance.to_bits()).collect();
            (means, answered, bits, summary.counts, spread)
        };
        let one = run(1);
        for threads in [2, 3, 5, 64] {
            assert!(run(threads) == one, "{threads} threads");
        }
    }
}

#[test]
fn bitmaps_mark_the_defined_scores() {
    let key =
        Key { items: 1, min: 1, points: 5, step: Some(1.0), reversed: vec![false], scales: vec![vec![true]] };
    for rows in [0_usize, 1, 7, 8, 9, 1023, 1024, 1025, 70_000] {
        let data = vec![(0..rows).map(|row| if row % 3 == 0 { f64::NAN } else { 4.0 }).collect::<Vec<f64>>()];
        let (mut means, mut answered, mut bits) = (vec![0.0; rows], vec![0; rows], vec![0; rows.div_ceil(8)]);
        let output = ScaleOutput::new(&mut means, &mut answered).with_defined(&mut bits);
        scorer(&key, MissingRule::Complete).score_into(&views(&data), vec![output], Some(2)).unwrap();
        for row in 0..rows {
            assert_eq!(bits[row / 8] >> (row % 8) & 1 == 1, row % 3 != 0, "row {row} of {rows}");
        }
    }
}
