//! Answers where they lie: columns of any number type, in chunks, with or without a mask.

use std::fmt;
use std::ops::Range;

/// Rows that are read at a time. A block of every column stays in the first-level cache.
pub(crate) const BLOCK: usize = 1024;

/// The answers to one item, one per form.
///
/// Chunks follow each other; columns of one call may be cut differently.
///
/// ```
/// use alliance_scoring::{Chunk, Column};
///
/// let column = Column::new("item_1", vec![Chunk::from(&[4_i8, 5, 3][..]), Chunk::from(&[2_i8][..])]);
/// assert_eq!(column.len(), 4);
/// ```
#[derive(Clone)]
pub struct Column<'a> {
    name: &'a str,
    chunks: Vec<Chunk<'a>>,
    len: usize,
}

impl fmt::Debug for Column<'_> {
    // Answers are patients' and stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Column").field("name", &self.name).field("rows", &self.len).finish_non_exhaustive()
    }
}

impl<'a> Column<'a> {
    /// A column called `name` in messages.
    pub fn new(name: &'a str, chunks: Vec<Chunk<'a>>) -> Self {
        let len = chunks.iter().map(Chunk::len).sum();
        Self { name, chunks, len }
    }

    /// Name used in messages.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where reading starts at `row`.
    pub(crate) fn cursor(&self, row: usize) -> Cursor<'_, 'a> {
        let mut rest = row;
        for (chunk, part) in self.chunks.iter().enumerate() {
            if rest < part.len() {
                return Cursor { chunks: &self.chunks, chunk, row: rest };
            }
            rest -= part.len();
        }
        Cursor { chunks: &self.chunks, chunk: self.chunks.len(), row: 0 }
    }

    /// Calls `visit` with the first row and the answers of each block: NaN for a missing one.
    ///
    /// Infinite values are handed on as they are; cells of a foreign source that are
    /// no number come as positive infinity with [`Column::reads_cells`] true.
    pub fn for_each_block(&self, mut visit: impl FnMut(usize, &[f64])) {
        let mut values = [0.0; BLOCK];
        let mut cursor = self.cursor(0);
        let mut first = 0;
        while first < self.len {
            let count = BLOCK.min(self.len - first);
            let mut filled = 0;
            while filled < count {
                let Some((chunk, rows)) = cursor.next_part(count - filled) else { break };
                let part = rows.len();
                chunk.read_numbers(rows, &mut values[filled..filled + part]);
                filled += part;
            }
            visit(first, &values[..filled]);
            first += count;
        }
    }

    /// The numbers as they lie, if they are 64-bit floats side by side and only NaN is missing.
    pub fn side_by_side(&self) -> Option<&'a [f64]> {
        match self.chunks.as_slice() {
            [Chunk { answers: Answers::F64(values), validity: Validity::All, .. }] => {
                values.side_by_side(&(0..self.len))
            }
            _ => None,
        }
    }

    /// Whether some chunk reads cells that need not be numbers.
    pub fn reads_cells(&self) -> bool {
        self.chunks.iter().any(|chunk| matches!(chunk.answers, Answers::Source(_)))
    }
}

/// Walks the chunks of a column in parts that lie within one chunk.
#[derive(Debug)]
pub(crate) struct Cursor<'c, 'a> {
    chunks: &'c [Chunk<'a>],
    chunk: usize,
    row: usize,
}

impl<'c, 'a> Cursor<'c, 'a> {
    /// The next at most `most` rows that lie in one chunk.
    pub(crate) fn next_part(&mut self, most: usize) -> Option<(&'c Chunk<'a>, Range<usize>)> {
        loop {
            let chunk = self.chunks.get(self.chunk)?;
            let left = chunk.len() - self.row;
            if left == 0 {
                self.chunk += 1;
                self.row = 0;
                continue;
            }
            let first = self.row;
            let count = left.min(most);
            self.row += count;
            return Some((chunk, first..first + count));
        }
    }
}

/// Cells that become numbers only when read: text with labels, dictionaries, another library's values.
pub trait AnswerSource: Sync {
    /// Number of rows.
    fn len(&self) -> usize;

    /// Whether there are no rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the answers of rows `first..first + out.len()`: NaN where missing,
    /// positive infinity where the cell is no known answer.
    fn read(&self, first: usize, out: &mut [f64]);
}

/// Values at a fixed distance in a slice. Not `Debug`: answers are patients'.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations)]
pub struct Strided<'a, T> {
    values: &'a [T],
    first: usize,
    stride: isize,
    len: usize,
}

impl<'a, T: Copy> Strided<'a, T> {
    /// `len` values: `values[first]`, `values[first + stride]`, and so on.
    ///
    /// `None` if one of them would lie outside the slice.
    pub fn new(values: &'a [T], first: usize, stride: isize, len: usize) -> Option<Self> {
        let last = isize::try_from(len.saturating_sub(1)).ok()?.checked_mul(stride)?;
        let last = isize::try_from(first).ok()?.checked_add(last)?;
        let inside = len == 0 || (first < values.len() && (0..values.len() as isize).contains(&last));
        inside.then_some(Self { values, first, stride, len })
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The rows as a slice, if they lie side by side.
    pub(crate) fn side_by_side(&self, rows: &Range<usize>) -> Option<&'a [T]> {
        if self.stride != 1 {
            return None;
        }
        self.values.get(self.first + rows.start..self.first + rows.end)
    }

    /// The value of a row.
    #[inline]
    pub(crate) fn at(&self, row: usize) -> T {
        // `new` has checked that the first and the last row are inside; those between are too.
        self.values[(self.first as isize + row as isize * self.stride) as usize]
    }
}

impl<'a, T> From<&'a [T]> for Strided<'a, T> {
    fn from(values: &'a [T]) -> Self {
        Self { values, first: 0, stride: 1, len: values.len() }
    }
}

/// The values of a chunk. Not `Debug`: answers are patients' and stay out of logs.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Answers<'a> {
    I8(Strided<'a, i8>),
    I16(Strided<'a, i16>),
    I32(Strided<'a, i32>),
    I64(Strided<'a, i64>),
    U8(Strided<'a, u8>),
    U16(Strided<'a, u16>),
    U32(Strided<'a, u32>),
    U64(Strided<'a, u64>),
    /// NaN is missing.
    F32(Strided<'a, f32>),
    /// NaN is missing.
    F64(Strided<'a, f64>),
    /// Cells read through a source.
    Source(&'a dyn AnswerSource),
}

/// Which rows of a chunk hold an answer.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations)]
#[non_exhaustive]
pub enum Validity<'a> {
    /// All do, but for NaN.
    All,
    /// Bit `offset + row`, lowest bit first, is set where there is an answer (Arrow).
    Bitmap {
        /// The bits.
        bytes: &'a [u8],
        /// Bits before the first row.
        offset: usize,
    },
    /// A byte other than 0 marks a missing answer (masked arrays).
    Missing(Strided<'a, u8>),
}

/// The bits of each byte value, lowest first, as bytes of 0 and 1.
static BITS_AS_BYTES: [[u8; 8]; 256] = {
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            table[byte][bit] = (byte >> bit & 1) as u8;
            bit += 1;
        }
        byte += 1;
    }
    table
};

impl Validity<'_> {
    #[inline]
    pub(crate) fn has(&self, row: usize) -> bool {
        match self {
            Self::All => true,
            Self::Bitmap { bytes, offset } => {
                let bit = offset + row;
                bytes.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
            }
            Self::Missing(mask) => mask.at(row) == 0,
        }
    }

    /// Writes 1 where the row holds an answer, else 0.
    pub(crate) fn write(&self, rows: Range<usize>, valid: &mut [u8]) {
        match self {
            Self::All => valid.fill(1),
            Self::Bitmap { bytes, offset } => {
                let start = offset + rows.start;
                let mut filled = 0;
                // Whole bytes once the bit position is at a byte's edge.
                while filled < valid.len() {
                    let bit = start + filled;
                    if bit.is_multiple_of(8) && valid.len() - filled >= 8 {
                        let byte = bytes.get(bit / 8).copied().unwrap_or(0);
                        valid[filled..filled + 8].copy_from_slice(&BITS_AS_BYTES[usize::from(byte)]);
                        filled += 8;
                    } else {
                        valid[filled] = bytes.get(bit / 8).map_or(0, |byte| byte >> (bit % 8) & 1);
                        filled += 1;
                    }
                }
            }
            Self::Missing(mask) => {
                for (flag, row) in valid.iter_mut().zip(rows) {
                    *flag = u8::from(mask.at(row) == 0);
                }
            }
        }
    }
}

/// A run of answers of one type.
#[derive(Clone, Copy)]
pub struct Chunk<'a> {
    pub(crate) answers: Answers<'a>,
    pub(crate) validity: Validity<'a>,
}

impl fmt::Debug for Chunk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunk").field("rows", &self.len()).finish_non_exhaustive()
    }
}

macro_rules! for_numbers {
    ($answers:expr, $values:ident => $body:expr, $source:ident => $otherwise:expr) => {
        match $answers {
            Answers::I8($values) => $body,
            Answers::I16($values) => $body,
            Answers::I32($values) => $body,
            Answers::I64($values) => $body,
            Answers::U8($values) => $body,
            Answers::U16($values) => $body,
            Answers::U32($values) => $body,
            Answers::U64($values) => $body,
            Answers::F32($values) => $body,
            Answers::F64($values) => $body,
            Answers::Source($source) => $otherwise,
        }
    };
}

impl<'a> Chunk<'a> {
    /// Values and which of them are answers.
    ///
    /// `None` if the bitmap or the mask is shorter than the values.
    pub fn new(answers: Answers<'a>, validity: Validity<'a>) -> Option<Self> {
        let chunk = Self { answers, validity };
        let covered = match validity {
            Validity::All => true,
            Validity::Bitmap { bytes, offset } => {
                offset.checked_add(chunk.len()).is_some_and(|bits| bits <= bytes.len().saturating_mul(8))
            }
            Validity::Missing(mask) => mask.len() >= chunk.len(),
        };
        covered.then_some(chunk)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        for_numbers!(self.answers, values => values.len(), source => source.len())
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads rows as numbers, NaN for a missing answer.
    pub(crate) fn read_numbers(&self, rows: Range<usize>, out: &mut [f64]) {
        for_numbers!(
            self.answers,
            values => {
                for (number, row) in out.iter_mut().zip(rows) {
                    *number = if self.validity.has(row) { AsNumber::number(values.at(row)) } else { f64::NAN };
                }
            },
            source => source.read(rows.start, out)
        );
    }
}

/// A number type that answers come in.
pub(crate) trait AsNumber: Copy {
    fn number(self) -> f64;
}

macro_rules! as_number {
    ($($type:ty)*) => {
        $(impl AsNumber for $type {
            #[inline]
            #[allow(clippy::cast_lossless)]
            fn number(self) -> f64 {
                self as f64
            }
        })*
    };
}
as_number!(i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);

macro_rules! chunk_from_slice {
    ($($type:ty => $variant:ident)*) => {
        $(impl<'a> From<&'a [$type]> for Chunk<'a> {
            fn from(values: &'a [$type]) -> Self {
                Self { answers: Answers::$variant(values.into()), validity: Validity::All }
            }
        })*
    };
}
chunk_from_slice!(i8 => I8 i16 => I16 i32 => I32 i64 => I64 u8 => U8 u16 => U16 u32 => U32 u64 => U64 f32 => F32 f64 => F64);
