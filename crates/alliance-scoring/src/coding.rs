//! How answers become numbers that can be added: response points as bytes, or real values.

use std::ops::Range;

use crate::column::{Answers, AsNumber, BLOCK, Chunk, Cursor, Strided};

/// Most response points that fit a byte.
const MOST_POINTS: f64 = 254.0;

/// An answer may be this many steps off a response point and still count as that point.
///
/// Wide enough for decimal fractions such as 0.1 that binary numbers cannot hold.
pub(crate) const STEP_TOLERANCE: f64 = 1e-9;

/// Reads blocks of answers in the form the kernel adds up.
pub(crate) trait Coding: Copy + Send + Sync {
    /// An answer, 0 or the lowest where missing.
    type Code: Copy + Default + Send;
    /// A sum of the codes of at most 255 items.
    type Sum: Copy + Default + std::ops::AddAssign + Send;

    /// Reads the next `codes.len()` rows. True if some answer is not of the response scale.
    fn read(&self, cursor: &mut Cursor<'_, '_>, codes: &mut [Self::Code], valid: &mut [u8]) -> bool;

    /// The code of one answer: `None` if it is not of the response scale.
    fn encode(&self, answer: f64) -> Option<Self::Code>;

    /// What the code adds to the sum of keyed answers; nothing where `valid` is 0.
    fn keyed(&self, code: Self::Code, valid: u8, turned: bool) -> Self::Sum;

    /// A sum as a number of steps, or of units, above the lowest answers.
    fn above_min(sum: Self::Sum) -> f64;

    /// The sum of `answered` keyed answers that lie `above_min` above the lowest.
    fn total(&self, above_min: f64, answered: u8) -> f64;

    /// Sum and sum of squares of the codes whose flag is 1.
    fn moments_of_codes(codes: &[Self::Code], flags: &[u8]) -> (f64, f64);

    /// Sum and sum of squares of the sums whose flag is 1.
    fn moments_of_sums(sums: &[Self::Sum], flags: &[u8]) -> (f64, f64);

    /// Length of one step in units of the response scale.
    fn unit(&self) -> f64;
}

/// A response scale of at most 255 points: answers are counted in steps above the lowest, as bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Points<'o> {
    min: f64,
    step: f64,
    /// Number of steps from the lowest to the highest answer.
    steps: u8,
    missing_codes: &'o [f64],
}

/// A response scale without steps, or with too many: answers are added as they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'o> {
    min: f64,
    max: f64,
    step: Option<f64>,
    missing_codes: &'o [f64],
}

/// The coding that fits a response scale.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AnyCoding<'o> {
    Points(Points<'o>),
    Line(Line<'o>),
}

impl<'o> AnyCoding<'o> {
    pub(crate) fn of(min: f64, max: f64, step: Option<f64>, missing_codes: &'o [f64]) -> Self {
        match step {
            Some(step) if ((max - min) / step).round() <= MOST_POINTS => {
                Self::Points(Points { min, step, steps: ((max - min) / step).round() as u8, missing_codes })
            }
            _ => Self::Line(Line { min, max, step, missing_codes }),
        }
    }
}

impl Points<'_> {
    /// Whether integers can be compared with the response scale as they are.
    fn is_integral(&self) -> bool {
        self.step == 1.0 && self.min.fract() == 0.0
    }

    #[inline]
    fn code_of_number(&self, answer: f64) -> Option<u8> {
        if self.is_integral() {
            let above = answer - self.min;
            let code = above as u8;
            return (f64::from(code) == above && code <= self.steps).then_some(code);
        }
        let steps = (answer - self.min) / self.step;
        let nearest = steps.round();
        let on_point = (steps - nearest).abs() <= STEP_TOLERANCE;
        (on_point && (0.0..=f64::from(self.steps)).contains(&nearest)).then_some(nearest as u8)
    }

    /// Reads any numbers the slow way: fractional scales, declared missing codes, foreign cells.
    fn read_numbers(
        &self,
        chunk: &Chunk<'_>,
        rows: Range<usize>,
        codes: &mut [u8],
        valid: &mut [u8],
    ) -> bool {
        let mut numbers = [0.0; BLOCK];
        let numbers = &mut numbers[..codes.len()];
        chunk.read_numbers(rows, numbers);
        let mut stray = false;
        for ((code, valid), number) in codes.iter_mut().zip(valid).zip(numbers) {
            let missing = number.is_nan() || self.missing_codes.contains(number);
            let encoded = self.code_of_number(*number);
            stray |= !missing && encoded.is_none();
            *valid = u8::from(!missing);
            *code = if missing { 0 } else { encoded.unwrap_or(0) };
        }
        stray
    }
}

/// Integers: a wrapping difference is a byte inside the scale and large outside it,
/// as long as both ends of the scale are values of the type.
macro_rules! read_integers {
    ($name:ident, $type:ty, $unsigned:ty) => {
        impl Points<'_> {
            #[inline]
            fn $name(
                &self,
                values: &Strided<'_, $type>,
                rows: &Range<usize>,
                codes: &mut [u8],
                valid: &[u8],
            ) -> Option<bool> {
                let max = self.min + f64::from(self.steps);
                if !self.is_integral() || self.min < <$type>::MIN.number() || max > <$type>::MAX.number() {
                    return None;
                }
                let min = self.min as $type;
                let steps = <$unsigned>::from(self.steps);
                let mut stray = 0_u8;
                let mut take = |value: $type, code: &mut u8, valid: u8| {
                    let above = value.wrapping_sub(min) as $unsigned;
                    stray |= u8::from(above > steps) & valid;
                    // 0 - 1 is all ones: a mask.
                    *code = (above as u8) & 0_u8.wrapping_sub(valid);
                };
                if let Some(values) = values.side_by_side(rows) {
                    for ((value, code), valid) in values.iter().zip(codes).zip(valid) {
                        take(*value, code, *valid);
                    }
                } else {
                    for ((row, code), valid) in rows.clone().zip(codes).zip(valid) {
                        take(values.at(row), code, *valid);
                    }
                }
                Some(stray != 0)
            }
        }
    };
}
read_integers!(read_i8, i8, u8);
read_integers!(read_i16, i16, u16);
read_integers!(read_i32, i32, u32);
read_integers!(read_i64, i64, u64);
read_integers!(read_u8, u8, u8);
read_integers!(read_u16, u16, u16);
read_integers!(read_u32, u32, u32);
read_integers!(read_u64, u64, u64);

/// 2 to the 52nd: adding it leaves an integer below 2 to the 52nd in the low bits of the mantissa.
const INTEGER_IN_MANTISSA: f64 = 4_503_599_627_370_496.0;

macro_rules! read_floats {
    ($name:ident, $type:ty) => {
        impl Points<'_> {
            #[inline]
            #[allow(clippy::cast_lossless)]
            fn $name(
                &self,
                values: &Strided<'_, $type>,
                rows: &Range<usize>,
                codes: &mut [u8],
                valid: &mut [u8],
            ) -> Option<bool> {
                if !self.is_integral() {
                    return None;
                }
                let steps = f64::from(self.steps);
                let mut stray = false;
                let mut take = |value: $type, code: &mut u8, valid: &mut u8| {
                    let above = value as f64 - self.min;
                    let shifted = above + INTEGER_IN_MANTISSA;
                    // Every comparison with NaN is false, so NaN is told apart by itself.
                    let on_point =
                        (shifted - INTEGER_IN_MANTISSA == above) & (above >= 0.0) & (above <= steps);
                    let is_missing = value.is_nan() | (*valid == 0);
                    stray |= !(on_point | is_missing);
                    *valid = u8::from(!is_missing);
                    *code = shifted.to_bits() as u8 & 0_u8.wrapping_sub(*valid);
                };
                if let Some(values) = values.side_by_side(rows) {
                    for ((value, code), valid) in values.iter().zip(codes).zip(valid) {
                        take(*value, code, valid);
                    }
                } else {
                    for ((row, code), valid) in rows.clone().zip(codes).zip(valid) {
                        take(values.at(row), code, valid);
                    }
                }
                Some(stray)
            }
        }
    };
}
read_floats!(read_f32, f32);
read_floats!(read_f64, f64);

impl Coding for Points<'_> {
    type Code = u8;
    type Sum = u16;

    fn read(&self, cursor: &mut Cursor<'_, '_>, codes: &mut [u8], valid: &mut [u8]) -> bool {
        let mut stray = false;
        let mut filled = 0;
        while filled < codes.len() {
            let Some((chunk, rows)) = cursor.next_part(codes.len() - filled) else { break };
            let end = filled + rows.len();
            let (codes, valid) = (&mut codes[filled..end], &mut valid[filled..end]);
            filled = end;
            let fast = if self.missing_codes.is_empty() {
                chunk.validity.write(rows.clone(), valid);
                match &chunk.answers {
                    Answers::I8(values) => self.read_i8(values, &rows, codes, valid),
                    Answers::I16(values) => self.read_i16(values, &rows, codes, valid),
                    Answers::I32(values) => self.read_i32(values, &rows, codes, valid),
                    Answers::I64(values) => self.read_i64(values, &rows, codes, valid),
                    Answers::U8(values) => self.read_u8(values, &rows, codes, valid),
                    Answers::U16(values) => self.read_u16(values, &rows, codes, valid),
                    Answers::U32(values) => self.read_u32(values, &rows, codes, valid),
                    Answers::U64(values) => self.read_u64(values, &rows, codes, valid),
                    Answers::F32(values) => self.read_f32(values, &rows, codes, valid),
                    Answers::F64(values) => self.read_f64(values, &rows, codes, valid),
                    Answers::Source(_) => None,
                }
            } else {
                None
            };
            stray |= fast.unwrap_or_else(|| self.read_numbers(chunk, rows, codes, valid));
        }
        stray
    }

    fn encode(&self, answer: f64) -> Option<u8> {
        self.code_of_number(answer)
    }

    #[inline]
    fn keyed(&self, code: u8, valid: u8, turned: bool) -> u16 {
        // A missing answer has code 0; turned round it must still add nothing. A stray answer may wrap:
        // its scores are thrown away.
        let code = if turned { (self.steps & 0_u8.wrapping_sub(valid)).wrapping_sub(code) } else { code };
        u16::from(code)
    }

    #[inline]
    fn above_min(sum: u16) -> f64 {
        f64::from(sum)
    }

    #[inline]
    fn total(&self, above_min: f64, answered: u8) -> f64 {
        self.min * f64::from(answered) + self.step * above_min
    }

    fn moments_of_codes(codes: &[u8], flags: &[u8]) -> (f64, f64) {
        let (mut sum, mut squares) = (0_u32, 0_u32);
        for (code, flag) in codes.iter().zip(flags) {
            let code = u32::from(*code) * u32::from(*flag);
            sum += code;
            squares += code * code;
        }
        (f64::from(sum), f64::from(squares))
    }

    fn moments_of_sums(sums: &[u16], flags: &[u8]) -> (f64, f64) {
        let (mut sum, mut squares) = (0_u64, 0_u64);
        for (total, flag) in sums.iter().zip(flags) {
            let total = u32::from(*total) * u32::from(*flag);
            sum += u64::from(total);
            squares += u64::from(total) * u64::from(total);
        }
        (sum as f64, squares as f64)
    }

    fn unit(&self) -> f64 {
        self.step
    }
}

impl Coding for Line<'_> {
    type Code = f64;
    type Sum = f64;

    fn read(&self, cursor: &mut Cursor<'_, '_>, codes: &mut [f64], valid: &mut [u8]) -> bool {
        let mut stray = false;
        let mut filled = 0;
        while filled < codes.len() {
            let Some((chunk, rows)) = cursor.next_part(codes.len() - filled) else { break };
            let end = filled + rows.len();
            let (codes, valid) = (&mut codes[filled..end], &mut valid[filled..end]);
            filled = end;
            chunk.read_numbers(rows, codes);
            for (code, valid) in codes.iter_mut().zip(valid) {
                let missing = code.is_nan() || self.missing_codes.contains(code);
                *valid = u8::from(!missing);
                stray |= !missing && self.encode(*code).is_none();
                *code = if missing { 0.0 } else { *code - self.min };
            }
        }
        stray
    }

    fn encode(&self, answer: f64) -> Option<f64> {
        let on_point = self.step.is_none_or(|step| {
            let steps = (answer - self.min) / step;
            (steps - steps.round()).abs() <= STEP_TOLERANCE
        });
        (on_point && (self.min..=self.max).contains(&answer)).then_some(answer - self.min)
    }

    #[inline]
    fn keyed(&self, code: f64, valid: u8, turned: bool) -> f64 {
        match (valid, turned) {
            (0, _) => 0.0,
            (_, true) => (self.max - self.min) - code,
            (_, false) => code,
        }
    }

    #[inline]
    fn above_min(sum: f64) -> f64 {
        sum
    }

    #[inline]
    fn total(&self, above_min: f64, answered: u8) -> f64 {
        self.min * f64::from(answered) + above_min
    }

    fn moments_of_codes(codes: &[f64], flags: &[u8]) -> (f64, f64) {
        codes.iter().zip(flags).fold((0.0, 0.0), |(sum, squares), (code, flag)| {
            let code = code * f64::from(*flag);
            (sum + code, squares + code * code)
        })
    }

    fn moments_of_sums(sums: &[f64], flags: &[u8]) -> (f64, f64) {
        Self::moments_of_codes(sums, flags)
    }

    fn unit(&self) -> f64 {
        1.0
    }
}
