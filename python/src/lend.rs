//! Score columns handed to Arrow libraries without a copy.

use std::ptr::NonNull;
use std::sync::Arc;

use arrow_array::Float64Array;
use arrow_array::array::Array;
use arrow_array::ffi::to_ffi;
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// A float column whose memory belongs to numpy arrays, with the Arrow interface.
#[pyclass(frozen, module = "alliance._native")]
pub(crate) struct Lent {
    column: Float64Array,
}

/// Keeps a numpy array's memory alive; dropping it gives the memory back.
struct Owner {
    _buffer: PyUntypedBuffer,
}

#[pymethods]
impl Lent {
    /// `values`: contiguous float64; `defined`: bitmap of the values that exist, or None if all do.
    #[new]
    #[pyo3(signature = (values, defined=None))]
    fn new(values: &Bound<'_, PyAny>, defined: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let (values, bytes) = lend(values)?;
        let count = bytes / size_of::<f64>();
        let nulls = match defined {
            None => None,
            Some(bits) => {
                let (bits, bytes) = lend(bits)?;
                if bytes * 8 < count {
                    return Err(PyValueError::new_err("the bitmap is shorter than the values"));
                }
                Some(NullBuffer::new(BooleanBuffer::new(bits, 0, count)))
            }
        };
        if values.as_ptr().align_offset(align_of::<f64>()) != 0 {
            return Err(PyValueError::new_err("the values are not aligned"));
        }
        Ok(Self { column: Float64Array::new(ScalarBuffer::new(values, 0, count), nulls) })
    }

    /// The Arrow C array interface.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        // The protocol lets a producer that has one type only ignore the request.
        let _ = requested_schema;
        let (array, schema) = to_ffi(&self.column.to_data())
            .map_err(|_| PyValueError::new_err("the column cannot be handed to Arrow"))?;
        Ok((
            PyCapsule::new_with_value(py, schema, c"arrow_schema")?,
            PyCapsule::new_with_value(py, array, c"arrow_array")?,
        ))
    }
}

/// The memory of a contiguous buffer, and its length in bytes.
fn lend(object: &Bound<'_, PyAny>) -> PyResult<(Buffer, usize)> {
    let buffer = PyUntypedBuffer::get(object)?;
    if !buffer.is_c_contiguous() {
        return Err(PyValueError::new_err("the array is not contiguous"));
    }
    let bytes = buffer.len_bytes();
    let Some(start) = NonNull::new(buffer.buf_ptr().cast::<u8>()).filter(|_| bytes > 0) else {
        return Ok((Buffer::from(&[0_u8; 0]), 0));
    };
    // SAFETY: the buffer is contiguous, as long as said, and kept by its owner.
    let lent = unsafe { Buffer::from_custom_allocation(start, bytes, Arc::new(Owner { _buffer: buffer })) };
    Ok((lent, bytes))
}
