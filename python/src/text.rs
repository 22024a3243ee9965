//! Cells that hold text, or positions in a list of texts, read as answers.

use alliance_scoring::{AnswerSource, Labels};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

/// Text cells of an Arrow array, looked up when they are read.
pub(crate) struct TextCells<'l> {
    pub(crate) cells: ArrayRef,
    pub(crate) labels: &'l Labels,
}

impl TextCells<'_> {
    /// Whether cells of this type are text.
    pub(crate) fn reads(kind: &DataType) -> bool {
        matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
    }

    fn text(&self, row: usize) -> Option<&str> {
        if self.cells.is_null(row) {
            return None;
        }
        match self.cells.data_type() {
            DataType::Utf8 => self.cells.as_string_opt::<i32>().map(|cells| cells.value(row)),
            DataType::LargeUtf8 => self.cells.as_string_opt::<i64>().map(|cells| cells.value(row)),
            _ => self.cells.as_string_view_opt().map(|cells| cells.value(row)),
        }
    }
}

impl AnswerSource for TextCells<'_> {
    fn len(&self) -> usize {
        self.cells.len()
    }

    fn read(&self, first: usize, out: &mut [f64]) {
        for (row, number) in (first..).zip(out) {
            *number = self.text(row).map_or(f64::NAN, |text| self.labels.number(text));
        }
    }
}

/// Coded cells: positions in a list of numbers.
pub(crate) struct CodedCells {
    keys: ArrayRef,
    numbers: Vec<f64>,
}

impl CodedCells {
    /// The cells of a dictionary array with text or number values.
    pub(crate) fn of(cells: &ArrayRef, labels: &Labels) -> Option<Self> {
        let dictionary = cells.as_any_dictionary_opt()?;
        let values = dictionary.values();
        let numbers = if TextCells::reads(values.data_type()) {
            let text = TextCells { cells: values.clone(), labels };
            let mut numbers = vec![0.0; values.len()];
            text.read(0, &mut numbers);
            numbers
        } else {
            return None;
        };
        Some(Self { keys: cells.clone(), numbers })
    }

    fn key<K: ArrowDictionaryKeyType>(&self, row: usize) -> Option<usize>
    where
        usize: TryFrom<K::Native>,
    {
        let keys = self.keys.as_dictionary_opt::<K>()?.keys();
        usize::try_from(keys.value(row)).ok()
    }

    fn position(&self, row: usize) -> Option<usize> {
        let DataType::Dictionary(kind, _) = self.keys.data_type() else { return None };
        match kind.as_ref() {
            DataType::Int8 => self.key::<Int8Type>(row),
            DataType::Int16 => self.key::<Int16Type>(row),
            DataType::Int32 => self.key::<Int32Type>(row),
            DataType::Int64 => self.key::<Int64Type>(row),
            DataType::UInt8 => self.key::<UInt8Type>(row),
            DataType::UInt16 => self.key::<UInt16Type>(row),
            DataType::UInt32 => self.key::<UInt32Type>(row),
            DataType::UInt64 => self.key::<UInt64Type>(row),
            _ => None,
        }
    }
}

impl AnswerSource for CodedCells {
    fn len(&self) -> usize {
        self.keys.len()
    }

    fn read(&self, first: usize, out: &mut [f64]) {
        for (row, number) in (first..).zip(out) {
            *number = if self.keys.is_null(row) {
                f64::NAN
            } else {
                self.position(row)
                    .and_then(|position| self.numbers.get(position))
                    .copied()
                    .unwrap_or(f64::INFINITY)
            };
        }
    }
}

/// Cells that had to be looked at one by one while the interpreter was held.
pub(crate) struct Cells(pub(crate) Vec<f64>);

impl AnswerSource for Cells {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn read(&self, first: usize, out: &mut [f64]) {
        for (number, cell) in out.iter_mut().zip(self.0.iter().skip(first)) {
            *number = *cell;
        }
    }
}
