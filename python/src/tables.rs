//! Tables made here, column by column, for Python to put into frames.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

/// A table: names and columns.
pub(crate) type Table = Vec<(String, Column)>;

/// A column as numpy reads it: name of the element type, elements, which of them exist (all, if `None`), and, where
/// the elements are positions in a list of words, the words.
pub(crate) struct Column {
    kind: &'static str,
    elements: Vec<u8>,
    valid: Option<Vec<u8>>,
    words: Option<Vec<String>>,
}

fn bytes<T, const N: usize>(values: impl Iterator<Item = T>, encode: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    values.flat_map(encode).collect()
}

impl Column {
    fn new(kind: &'static str, elements: Vec<u8>) -> Self {
        Self { kind, elements, valid: None, words: None }
    }

    /// NaN means that there is no value.
    pub(crate) fn reals(values: impl Iterator<Item = f64>) -> Self {
        Self::new("f8", bytes(values, f64::to_ne_bytes))
    }

    pub(crate) fn wholes(values: impl Iterator<Item = usize>) -> Self {
        Self::new("i8", bytes(values, |value| (value as i64).to_ne_bytes()))
    }

    /// Whole numbers that come as floats.
    pub(crate) fn wholes_of(values: impl Iterator<Item = f64>) -> Self {
        Self::new("i8", bytes(values, |value| (value as i64).to_ne_bytes()))
    }

    pub(crate) fn some_wholes(values: impl Iterator<Item = Option<usize>> + Clone) -> Self {
        let valid = values.clone().map(|value| u8::from(value.is_some())).collect();
        Self { valid: Some(valid), ..Self::wholes(values.map(Option::unwrap_or_default)) }
    }

    /// Small whole numbers; NaN means that there is no value.
    pub(crate) fn small(values: &[f64]) -> Self {
        let valid = values.iter().map(|value| u8::from(!value.is_nan())).collect();
        let elements = bytes(values.iter(), |value| (*value as i8).to_ne_bytes());
        Self { valid: Some(valid), ..Self::new("i1", elements) }
    }

    pub(crate) fn ratings(values: &[Option<u8>]) -> Self {
        let valid = values.iter().map(|value| u8::from(value.is_some())).collect();
        let elements = values.iter().map(|value| value.unwrap_or_default()).collect();
        Self { valid: Some(valid), ..Self::new("i1", elements) }
    }

    pub(crate) fn truths(values: impl Iterator<Item = bool>) -> Self {
        Self::new("?", values.map(u8::from).collect())
    }

    pub(crate) fn words(places: impl Iterator<Item = usize>, words: Vec<String>) -> Self {
        Self { words: Some(words), ..Self::wholes(places) }
    }

    pub(crate) fn some_words(
        places: impl Iterator<Item = Option<usize>> + Clone,
        words: Vec<String>,
    ) -> Self {
        Self { words: Some(words), ..Self::some_wholes(places) }
    }

    /// Words of a small fixed set.
    pub(crate) fn named(values: impl Iterator<Item = &'static str>) -> Self {
        let mut known: Vec<&'static str> = Vec::new();
        let places: Vec<usize> = values
            .map(|word| {
                known.iter().position(|each| *each == word).unwrap_or_else(|| {
                    known.push(word);
                    known.len() - 1
                })
            })
            .collect();
        Self::words(places.into_iter(), known.into_iter().map(str::to_owned).collect())
    }
}

/// Table name to column name to `(kind, elements, valid, words)`.
pub(crate) fn to_python<'py>(py: Python<'py>, tables: Vec<(&str, Table)>) -> PyResult<Bound<'py, PyDict>> {
    let all = PyDict::new(py);
    for (name, table) in tables {
        let columns = PyDict::new(py);
        for (name, Column { kind, elements, valid, words }) in table {
            let valid = valid.map(|valid| PyBytes::new(py, &valid));
            columns.set_item(name, (kind, PyBytes::new(py, &elements), valid, words))?;
        }
        all.set_item(name, columns)?;
    }
    Ok(all)
}
