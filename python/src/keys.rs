//! Which rows belong to the same client, session and so on.

use std::collections::hash_map::Entry;
use std::hash::Hash;

use alliance_scoring::{MISSING_ID, Place, group_forms};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_schema::{DataType, TimeUnit};
use foldhash::{HashMap, HashMapExt};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::columns::{read_stream, type_name};
use crate::error::coded;

/// A column of ids: its name and its labels.
type GivenKey<'py> = (String, Bound<'py, PyAny>);

/// Groups rows by the labels of some columns.
///
/// Gives `groups` (one number per row, in the order of first appearance, as bytes of u32), the first
/// rows and number of rows that repeat an earlier one, and the same for rows with a missing label.
#[pyfunction]
pub(crate) fn group_keys<'py>(py: Python<'py>, keys: Vec<GivenKey<'py>>) -> PyResult<Bound<'py, PyDict>> {
    let mut coded = Vec::new();
    for (name, labels) in keys {
        coded.push(if let Ok(cells) = labels.cast::<PyList>() {
            code_cells(py, cells)?
        } else {
            code_arrays(py, &name, &read_stream(py, &name, &labels)?)?
        });
    }
    let ids: Vec<&[u32]> = coded.iter().map(Vec::as_slice).collect();
    let found = py.detach(|| group_forms(&ids));
    let result = PyDict::new(py);
    let bytes: Vec<u8> = found.groups.iter().flat_map(|group| group.to_ne_bytes()).collect();
    result.set_item("groups", pyo3::types::PyBytes::new(py, &bytes))?;
    result.set_item("repeated", (found.repeated.rows, found.repeated.count))?;
    result.set_item("missing", (found.missing.rows, found.missing.count))?;
    Ok(result)
}

struct Codes<K> {
    known: HashMap<K, u32>,
    of_rows: Vec<u32>,
    /// Rows of a client often follow each other.
    last: Option<(K, u32)>,
}

impl<K: Hash + Eq + Copy> Codes<K> {
    fn new() -> Self {
        Self { known: HashMap::new(), of_rows: Vec::new(), last: None }
    }

    fn add(&mut self, label: Option<K>) {
        let code = match label {
            None => MISSING_ID,
            Some(label) => match self.last {
                Some((known, code)) if known == label => code,
                _ => {
                    let next = self.known.len() as u32;
                    let code = match self.known.entry(label) {
                        Entry::Occupied(known) => *known.get(),
                        Entry::Vacant(new) => *new.insert(next),
                    };
                    self.last = Some((label, code));
                    code
                }
            },
        };
        self.of_rows.push(code);
    }
}

/// Python cells, told apart as Python tells them apart.
fn code_cells(py: Python<'_>, cells: &Bound<'_, PyList>) -> PyResult<Vec<u32>> {
    let known = PyDict::new(py);
    let mut codes = Vec::with_capacity(cells.len());
    for cell in cells.iter() {
        let is_missing = cell.is_none() || cell.eq(&cell).map_or(true, |same| !same);
        codes.push(if is_missing {
            MISSING_ID
        } else if let Some(code) = known.get_item(&cell)? {
            code.extract()?
        } else {
            let next = known.len() as u32;
            known.set_item(&cell, next)?;
            next
        });
    }
    Ok(codes)
}

fn unsupported_id(py: Python<'_>, column: &str, kind: &DataType) -> PyErr {
    let message = format!(
        "column `{column}` cannot be read as ids: {} is not supported. Ids are text, integers or dates",
        type_name(kind)
    );
    coded(py, "unsupported-column", message, Some(&Place::in_column(column)))
}

fn code_arrays(py: Python<'_>, name: &str, arrays: &[ArrayRef]) -> PyResult<Vec<u32>> {
    let kind = arrays.first().map_or(DataType::Null, |array| array.data_type().clone());
    let codes = py.detach(|| match &kind {
        DataType::Utf8 => Some(code_text(arrays, |array, row| array.as_string::<i32>().value(row))),
        DataType::LargeUtf8 => Some(code_text(arrays, |array, row| array.as_string::<i64>().value(row))),
        DataType::Utf8View => Some(code_text(arrays, |array, row| array.as_string_view().value(row))),
        DataType::Int8 => code_numbers::<Int8Type>(arrays),
        DataType::Int16 => code_numbers::<Int16Type>(arrays),
        DataType::Int32 => code_numbers::<Int32Type>(arrays),
        DataType::Int64 => code_numbers::<Int64Type>(arrays),
        DataType::UInt8 => code_numbers::<UInt8Type>(arrays),
        DataType::UInt16 => code_numbers::<UInt16Type>(arrays),
        DataType::UInt32 => code_numbers::<UInt32Type>(arrays),
        DataType::UInt64 => code_numbers::<UInt64Type>(arrays),
        DataType::Date32 => code_numbers::<Date32Type>(arrays),
        DataType::Date64 => code_numbers::<Date64Type>(arrays),
        DataType::Timestamp(TimeUnit::Second, _) => code_numbers::<TimestampSecondType>(arrays),
        DataType::Timestamp(TimeUnit::Millisecond, _) => code_numbers::<TimestampMillisecondType>(arrays),
        DataType::Timestamp(TimeUnit::Microsecond, _) => code_numbers::<TimestampMicrosecondType>(arrays),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => code_numbers::<TimestampNanosecondType>(arrays),
        DataType::Float64 => Some(code_floats(arrays)),
        DataType::Null => Some(vec![MISSING_ID; arrays.iter().map(Array::len).sum()]),
        _ => None,
    });
    codes.ok_or_else(|| unsupported_id(py, name, &kind))
}

fn code_text<'a>(arrays: &'a [ArrayRef], text: impl Fn(&'a ArrayRef, usize) -> &'a str) -> Vec<u32> {
    let mut codes = Codes::new();
    for array in arrays {
        for row in 0..array.len() {
            codes.add((!array.is_null(row)).then(|| text(array, row)));
        }
    }
    codes.of_rows
}

fn code_numbers<T: ArrowPrimitiveType>(arrays: &[ArrayRef]) -> Option<Vec<u32>>
where
    T::Native: Hash + Eq,
{
    let mut codes = Codes::new();
    for array in arrays {
        for label in array.as_primitive_opt::<T>()? {
            codes.add(label);
        }
    }
    Some(codes.of_rows)
}

fn code_floats(arrays: &[ArrayRef]) -> Vec<u32> {
    let mut codes = Codes::new();
    for array in arrays {
        for label in array.as_primitive::<arrow_array::types::Float64Type>() {
            codes.add(label.filter(|number| !number.is_nan()).map(|number| (number + 0.0).to_bits()));
        }
    }
    codes.of_rows
}
