//! Codes of units by coders: which categories there are, and how often each pattern of codes occurs.

use alliance_statistics::Generator;

use crate::error::MOST_ROWS;
use crate::{Columns, PsychometricsError};

/// A code that is not there.
pub(super) const NOT_CODED: u32 = u32::MAX;

/// Patterns that are counted in a table; beyond it every unit is a pattern of its own.
const MOST_PATTERNS: usize = 1 << 16;

/// Categories up to which coefficients make a table of pairs of them.
const MOST_TABLED: usize = 2048;

/// Whole numbers up to this are looked up, not searched.
const LOOKED_UP: usize = 4096;

/// Units (segments, sessions) coded by several coders.
///
/// One column per coder, one row per unit; a missing code is NaN. Units with the same codes are counted together, so
/// that a statistic, and each of its bootstrap replications, costs by the pattern and not by the unit.
///
/// ```
/// use alliance_psychometrics::{Columns, coders::CodedUnits};
///
/// let (first, second) = ([1.0, 2.0, 2.0, f64::NAN], [1.0, 2.0, 3.0, 3.0]);
/// let units = CodedUnits::new(&Columns::new(&[&first, &second])?);
/// assert_eq!((units.units(), units.coders(), units.categories()), (4, 2, &[1.0, 2.0, 3.0][..]));
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct CodedUnits {
    coders: usize,
    units: usize,
    categories: Vec<f64>,
    /// Category of each coder, pattern after pattern.
    patterns: Vec<u32>,
    /// Units with each pattern.
    counts: Vec<f64>,
    /// Pattern of each unit.
    pattern_of: Vec<u32>,
}

impl std::fmt::Debug for CodedUnits {
    // The codes are about somebody's session.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodedUnits")
            .field("coders", &self.coders)
            .field("units", &self.units)
            .field("categories", &self.categories.len())
            .finish_non_exhaustive()
    }
}

impl CodedUnits {
    /// Units whose categories are the codes that occur, in rising order.
    pub fn new(codes: &Columns<'_>) -> Self {
        let categories = distinct(codes);
        Self::encode(codes, categories)
    }

    /// Units with these categories, in this order, whether each was used or not.
    ///
    /// A category that nobody used changes no nominal kappa, but it keeps its place on the scale: with weights give all of
    /// them, or linear weights count steps between the used ones only.
    ///
    /// # Errors
    ///
    /// `invalid-option` for categories that are not finite or stand twice, and for codes that are none of them (with
    /// coder and rows).
    pub fn with_categories(codes: &Columns<'_>, categories: &[f64]) -> Result<Self, PsychometricsError> {
        let mut sorted = categories.to_vec();
        sorted.sort_by(f64::total_cmp);
        if categories.iter().any(|value| !value.is_finite())
            || sorted.windows(2).any(|pair| matches!(pair, [one, other] if one == other))
        {
            return Err(PsychometricsError::option("categories", "must be finite and each stand once"));
        }
        for (coder, column) in codes.iter().enumerate() {
            let unknown =
                || column.iter().enumerate().filter(|(_, code)| !code.is_nan() && !categories.contains(code));
            let count = unknown().count();
            if count > 0 {
                let rows: Vec<String> = unknown().take(MOST_ROWS).map(|(row, _)| row.to_string()).collect();
                let problem = format!(
                    "coder {coder} has {count} codes that are none of them (rows {})",
                    rows.join(", ")
                );
                return Err(PsychometricsError::option("categories", &problem));
            }
        }
        Ok(Self::encode(codes, categories.to_vec()))
    }

    fn encode(codes: &Columns<'_>, categories: Vec<f64>) -> Self {
        let coders = codes.count();
        let lookup = Lookup::new(&categories);
        let radix = categories.len() + 1;
        let size = (0..coders)
            .try_fold(1_usize, |size, _| size.checked_mul(radix).filter(|size| *size <= MOST_PATTERNS));
        let mut patterns = Vec::new();
        let mut counts = Vec::new();
        let mut pattern_of = vec![0_u32; codes.rows()];
        if let Some(size) = size {
            for column in codes.iter() {
                for (key, code) in pattern_of.iter_mut().zip(column) {
                    // Not coded is digit 0.
                    *key = *key * radix as u32 + lookup.find(*code).wrapping_add(1);
                }
            }
            let mut units_with = vec![0_u32; size];
            for key in &pattern_of {
                if let Some(count) = units_with.get_mut(*key as usize) {
                    *count += 1;
                }
            }
            let mut number_of = vec![0_u32; size];
            for (key, (count, number)) in units_with.iter().zip(&mut number_of).enumerate() {
                if *count > 0 {
                    *number = counts.len() as u32;
                    counts.push(f64::from(*count));
                    let start = patterns.len();
                    let mut rest = key;
                    for _ in 0..coders {
                        patterns.push((rest % radix) as u32);
                        rest /= radix;
                    }
                    if let Some(pattern) = patterns.get_mut(start..) {
                        pattern.reverse();
                        for digit in pattern {
                            *digit = digit.wrapping_sub(1);
                        }
                    }
                }
            }
            for key in &mut pattern_of {
                *key = number_of.get(*key as usize).copied().unwrap_or_default();
            }
        } else {
            for row in 0..codes.rows() {
                patterns.extend(
                    codes.iter().map(|column| column.get(row).map_or(NOT_CODED, |code| lookup.find(*code))),
                );
            }
            counts = vec![1.0; codes.rows()];
            pattern_of = (0..codes.rows() as u32).collect();
        }
        Self { coders, units: codes.rows(), categories, patterns, counts, pattern_of }
    }

    /// Number of coders.
    pub fn coders(&self) -> usize {
        self.coders
    }

    /// Number of units, coded or not.
    pub fn units(&self) -> usize {
        self.units
    }

    /// The categories, in their order.
    pub fn categories(&self) -> &[f64] {
        &self.categories
    }

    /// The same units and categories with some of the coders, counted from 0; one that does not exist coded nothing.
    #[must_use]
    pub fn of_coders(&self, coders: &[usize]) -> Self {
        let patterns = self
            .patterns
            .chunks_exact(self.coders.max(1))
            .flat_map(|pattern| coders.iter().map(|coder| pattern.get(*coder).copied().unwrap_or(NOT_CODED)))
            .collect();
        Self { coders: coders.len(), patterns, ..self.clone() }
    }

    /// Whether there are more categories than a table of pairs of them should have: such codes are measurements.
    pub(super) fn exceeds_table(&self) -> bool {
        self.categories.len() > MOST_TABLED
    }

    /// How often each pattern occurs.
    pub(super) fn counts(&self) -> &[f64] {
        &self.counts
    }

    /// Patterns of codes with how often each occurs under these counts; those that do not occur are left out.
    pub(super) fn weighted<'a>(&'a self, counts: &'a [f64]) -> impl Iterator<Item = (&'a [u32], f64)> {
        self.patterns
            .chunks_exact(self.coders.max(1))
            .zip(counts.iter().copied())
            .filter(|(_, count)| *count > 0.0)
    }

    /// Units whose number of codes passes a test.
    pub(super) fn units_where(&self, keep: impl Fn(usize) -> bool) -> usize {
        self.weighted(&self.counts)
            .filter(|(pattern, _)| keep(pattern.iter().filter(|code| **code != NOT_CODED).count()))
            .map(|(_, count)| count as usize)
            .sum()
    }

    /// Counts of the patterns when as many units are drawn with replacement.
    pub(super) fn redraw(&self, random: &mut Generator, counts: &mut Vec<f64>) {
        counts.clear();
        counts.resize(self.counts.len(), 0.0);
        for _ in 0..self.units {
            let pattern = self.pattern_of.get(random.below(self.units)).copied().unwrap_or_default();
            if let Some(count) = counts.get_mut(pattern as usize) {
                *count += 1.0;
            }
        }
    }
}

/// The codes that occur, in rising order.
fn distinct(codes: &Columns<'_>) -> Vec<f64> {
    let mut small = vec![false; LOOKED_UP];
    let mut others: Vec<f64> = Vec::new();
    let mut last = f64::NAN;
    for code in codes.iter().flatten() {
        if *code == last {
            continue;
        }
        last = *code;
        match whole(*code).and_then(|place| small.get_mut(place)) {
            Some(seen) => *seen = true,
            None if !code.is_nan() => {
                others.push(*code);
                if others.len() > 1 << 16 && others.len().is_power_of_two() {
                    others.sort_by(f64::total_cmp);
                    others.dedup();
                }
            }
            None => {}
        }
    }
    others.extend(small.iter().enumerate().filter(|(_, seen)| **seen).map(|(place, _)| place as f64));
    others.sort_by(f64::total_cmp);
    others.dedup();
    others
}

/// A small whole number as a place.
fn whole(code: f64) -> Option<usize> {
    let place = code as usize;
    (place < LOOKED_UP && place as f64 == code).then_some(place)
}

struct Lookup {
    small: Vec<u32>,
    sorted: Vec<(f64, u32)>,
}

impl Lookup {
    fn new(categories: &[f64]) -> Self {
        let mut small = vec![NOT_CODED; LOOKED_UP];
        let mut sorted = Vec::new();
        for (category, value) in (0_u32..).zip(categories) {
            match whole(*value).and_then(|place| small.get_mut(place)) {
                Some(place) => *place = category,
                None => sorted.push((*value, category)),
            }
        }
        sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
        Self { small, sorted }
    }

    #[inline]
    fn find(&self, code: f64) -> u32 {
        if let Some(place) = whole(code) {
            return self.small.get(place).copied().unwrap_or(NOT_CODED);
        }
        if code.is_nan() {
            return NOT_CODED;
        }
        self.sorted
            .binary_search_by(|(value, _)| value.total_cmp(&code))
            .ok()
            .and_then(|place| self.sorted.get(place))
            .map_or(NOT_CODED, |(_, category)| *category)
    }
}
