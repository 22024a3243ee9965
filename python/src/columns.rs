//! Columns of a Python frame, borrowed where they lie.

use std::fmt::Write as _;
use std::slice;

use alliance_scoring::{AnswerSource, Answers, Chunk, Column, Labels, Place, Strided, Validity};
use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use arrow_schema::DataType;
use pyo3::buffer::{ElementType, PyUntypedBuffer};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyCapsule, PyFloat, PyInt, PyList, PyString};
use sha2::{Digest, Sha256};

use crate::error::coded;
use crate::text::{Cells, CodedCells, TextCells};

/// Blocks are turned into bytes for hashing in pieces of this many numbers.
const NUMBERS_PER_PIECE: usize = 1024;

/// Memory of one run of a column, kept alive while the crates read it.
enum Held<'l> {
    Arrow(ArrayRef),
    Buffer { values: PyUntypedBuffer, kind: ElementType, mask: Option<PyUntypedBuffer> },
    Source(Box<dyn AnswerSource + Send + 'l>),
}

/// A column of the caller's frame.
pub(crate) struct HeldColumn<'l> {
    pub(crate) name: String,
    runs: Vec<Held<'l>>,
}

/// What Python hands over for a column: its name, its values and, for masked arrays, the mask.
pub(crate) type Given<'py> = (String, Bound<'py, PyAny>, Option<Bound<'py, PyAny>>);

impl<'l> HeldColumn<'l> {
    /// Borrows a column: an Arrow stream, a one-dimensional buffer with or without a mask, or a list of cells.
    pub(crate) fn borrow(py: Python<'_>, given: Given<'_>, labels: &'l Labels) -> PyResult<Self> {
        let (name, values, mask) = given;
        let runs = if let Ok(cells) = values.cast::<PyList>() {
            vec![Held::Source(Box::new(Cells(read_cells(cells, labels))))]
        } else if values.hasattr("__arrow_c_stream__")? {
            arrow_runs(py, &name, &values, labels)?
        } else {
            vec![buffer_run(py, &name, &values, mask.as_ref())?]
        };
        Ok(Self { name, runs })
    }

    /// The column as the crates read it.
    pub(crate) fn column(&self) -> Option<Column<'_>> {
        let chunks: Option<Vec<Chunk<'_>>> = self.runs.iter().map(Held::chunk).collect();
        Some(Column::new(&self.name, chunks?))
    }
}

/// Borrows all columns.
pub(crate) fn borrow_all<'l>(
    py: Python<'_>,
    given: Vec<Given<'_>>,
    labels: &'l Labels,
) -> PyResult<Vec<HeldColumn<'l>>> {
    given.into_iter().map(|column| HeldColumn::borrow(py, column, labels)).collect()
}

/// The columns as the crates read them.
pub(crate) fn view_all<'h>(py: Python<'_>, held: &'h [HeldColumn<'_>]) -> PyResult<Vec<Column<'h>>> {
    held.iter()
        .map(|column| column.column().ok_or_else(|| unsupported(py, &column.name, "its memory layout")))
        .collect()
}

/// The error for a column that cannot be read.
pub(crate) fn unsupported(py: Python<'_>, column: &str, what: &str) -> PyErr {
    let message = format!(
        "column `{column}` cannot be read: {what} is not supported. Answers are integers, floats or text with `labels`"
    );
    coded(py, "unsupported-column", message, Some(&Place::in_column(column)))
}

/// The name of a type, without the names of fields or categories in it: they may be anybody's.
pub(crate) fn type_name(kind: &DataType) -> &'static str {
    match kind {
        DataType::Boolean => "a boolean",
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => "a date",
        DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_) | DataType::Interval(_) => "a time",
        DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => "a decimal number",
        DataType::Float16 => "a half-precision float",
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "bytes"
        }
        DataType::Struct(_) | DataType::Map(..) | DataType::Union(..) => "a structure",
        _ => "a list or another nested type",
    }
}

/// The runs of anything with the Arrow stream interface.
fn arrow_runs<'l>(
    py: Python<'_>,
    name: &str,
    values: &Bound<'_, PyAny>,
    labels: &'l Labels,
) -> PyResult<Vec<Held<'l>>> {
    let mut runs = Vec::new();
    for cells in read_stream(py, name, values)? {
        let kind = cells.data_type();
        runs.push(if is_number(kind) {
            Held::Arrow(cells)
        } else if TextCells::reads(kind) {
            Held::Source(Box::new(TextCells { cells, labels }))
        } else if matches!(kind, DataType::Dictionary(..)) {
            let coded = CodedCells::of(&cells, labels);
            Held::Source(Box::new(coded.ok_or_else(|| unsupported(py, name, "a category that is no text"))?))
        } else if *kind == DataType::Null {
            Held::Source(Box::new(Cells(vec![f64::NAN; cells.len()])))
        } else {
            return Err(unsupported(py, name, type_name(kind)));
        });
    }
    Ok(runs)
}

/// The arrays of an object with `__arrow_c_stream__`.
pub(crate) fn read_stream(py: Python<'_>, name: &str, values: &Bound<'_, PyAny>) -> PyResult<Vec<ArrayRef>> {
    let capsule = values.call_method0("__arrow_c_stream__")?;
    let capsule = capsule.cast::<PyCapsule>().map_err(|_| unsupported(py, name, "its Arrow stream"))?;
    let pointer = capsule
        .pointer_checked(Some(c"arrow_array_stream"))
        .map_err(|_| unsupported(py, name, "its Arrow stream"))?;
    // SAFETY: a capsule of this name holds an Arrow C stream, which may be moved out once.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.cast::<FFI_ArrowArrayStream>().as_ptr()) };
    let reader = ArrayStreamReader::try_new(stream).map_err(|_| unsupported(py, name, "its Arrow stream"))?;
    reader.map(|cells| cells.map_err(|_| unsupported(py, name, "its Arrow stream"))).collect()
}

fn is_number(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            | DataType::UInt64
            | DataType::Float32
            | DataType::Float64
    )
}

/// A one-dimensional buffer of numbers.
fn buffer_run<'l>(
    py: Python<'_>,
    name: &str,
    values: &Bound<'_, PyAny>,
    mask: Option<&Bound<'_, PyAny>>,
) -> PyResult<Held<'l>> {
    let buffer = |object: &Bound<'_, PyAny>| {
        // An error of the producer may quote a cell, so it is not chained.
        PyUntypedBuffer::get(object).map_err(|_| unsupported(py, name, "its type"))
    };
    let values = buffer(values)?;
    let kind = ElementType::from_format(values.format());
    let readable = matches!(
        kind,
        ElementType::SignedInteger { .. }
            | ElementType::UnsignedInteger { .. }
            | ElementType::Float { bytes: 4 | 8 }
    );
    // The standard's letters for the other byte order; numpy writes its own order without one.
    let is_foreign =
        matches!(values.format().to_bytes().first(), Some(b'>' | b'!')) != cfg!(target_endian = "big");
    if !readable || (is_foreign && values.item_size() > 1) {
        return Err(unsupported(py, name, "its element type"));
    }
    let mask = mask.map(buffer).transpose()?;
    if mask.as_ref().is_some_and(|mask| mask.item_size() != 1) {
        return Err(unsupported(py, name, "its mask"));
    }
    Ok(Held::Buffer { values, kind, mask })
}

impl Held<'_> {
    fn chunk(&self) -> Option<Chunk<'_>> {
        match self {
            Self::Arrow(cells) => arrow_chunk(cells),
            Self::Source(source) => Chunk::new(Answers::Source(source.as_ref()), Validity::All),
            Self::Buffer { values, kind, mask } => {
                let validity = match mask {
                    None => Validity::All,
                    Some(mask) => Validity::Missing(strided::<u8>(mask)?),
                };
                let answers = match kind {
                    ElementType::SignedInteger { bytes: 1 } => Answers::I8(strided(values)?),
                    ElementType::SignedInteger { bytes: 2 } => Answers::I16(strided(values)?),
                    ElementType::SignedInteger { bytes: 4 } => Answers::I32(strided(values)?),
                    ElementType::SignedInteger { bytes: 8 } => Answers::I64(strided(values)?),
                    ElementType::UnsignedInteger { bytes: 1 } => Answers::U8(strided(values)?),
                    ElementType::UnsignedInteger { bytes: 2 } => Answers::U16(strided(values)?),
                    ElementType::UnsignedInteger { bytes: 4 } => Answers::U32(strided(values)?),
                    ElementType::UnsignedInteger { bytes: 8 } => Answers::U64(strided(values)?),
                    ElementType::Float { bytes: 4 } => Answers::F32(strided(values)?),
                    ElementType::Float { bytes: 8 } => Answers::F64(strided(values)?),
                    _ => return None,
                };
                Chunk::new(answers, validity)
            }
        }
    }
}

fn arrow_chunk(cells: &ArrayRef) -> Option<Chunk<'_>> {
    fn values<T: ArrowPrimitiveType>(cells: &ArrayRef) -> Option<Strided<'_, T::Native>> {
        cells.as_primitive_opt::<T>().map(PrimitiveArray::values).map(|values| Strided::from(&values[..]))
    }
    let validity = match cells.nulls() {
        Some(nulls) => Validity::Bitmap { bytes: nulls.validity(), offset: nulls.offset() },
        None => Validity::All,
    };
    let answers = match cells.data_type() {
        DataType::Int8 => Answers::I8(values::<Int8Type>(cells)?),
        DataType::Int16 => Answers::I16(values::<Int16Type>(cells)?),
        DataType::Int32 => Answers::I32(values::<Int32Type>(cells)?),
        DataType::Int64 => Answers::I64(values::<Int64Type>(cells)?),
        DataType::UInt8 => Answers::U8(values::<UInt8Type>(cells)?),
        DataType::UInt16 => Answers::U16(values::<UInt16Type>(cells)?),
        DataType::UInt32 => Answers::U32(values::<UInt32Type>(cells)?),
        DataType::UInt64 => Answers::U64(values::<UInt64Type>(cells)?),
        DataType::Float32 => Answers::F32(values::<Float32Type>(cells)?),
        DataType::Float64 => Answers::F64(values::<Float64Type>(cells)?),
        _ => return None,
    };
    Chunk::new(answers, validity)
}

/// The elements of a one-dimensional buffer, at any distance, forwards or backwards.
fn strided<T: Copy>(buffer: &PyUntypedBuffer) -> Option<Strided<'_, T>> {
    let ([count], [step]) = (buffer.shape(), buffer.strides()) else { return None };
    let (count, size) = (*count, size_of::<T>());
    let first = buffer.buf_ptr().cast::<T>();
    if count == 0 {
        return Strided::new(&[], 0, 1, 0);
    }
    if buffer.item_size() != size || !first.is_aligned() || step % size as isize != 0 {
        return None;
    }
    let stride = step / size as isize;
    let reach = (count - 1) as isize * stride;
    let (start, position) =
        if reach < 0 { (first.wrapping_offset(reach), reach.unsigned_abs()) } else { (first, 0) };
    // SAFETY: the buffer is held, spans these elements and has them aligned. Others may write to
    // them meanwhile, as they may under any numpy call that lets go of the interpreter.
    let values = unsafe { slice::from_raw_parts(start.cast_const(), reach.unsigned_abs() + 1) };
    Strided::new(values, position, stride, count)
}

/// Reads Python cells one by one: numbers, text, None and the various missing values.
fn read_cells(cells: &Bound<'_, PyList>, labels: &Labels) -> Vec<f64> {
    cells.iter().map(|cell| read_cell(&cell, labels)).collect()
}

fn read_cell(cell: &Bound<'_, PyAny>, labels: &Labels) -> f64 {
    if cell.is_none() {
        return f64::NAN;
    }
    if let Ok(text) = cell.cast::<PyString>() {
        return text.to_str().map_or(f64::INFINITY, |text| labels.number(text));
    }
    if cell.is_instance_of::<PyBool>() {
        return f64::INFINITY;
    }
    if cell.is_instance_of::<PyFloat>() || cell.is_instance_of::<PyInt>() {
        return cell.extract().unwrap_or(f64::INFINITY);
    }
    // numpy scalars are numbers; pandas' NA and NaT are not equal to themselves or cannot say.
    let is_missing = cell.eq(cell).map_or(true, |same| !same);
    if is_missing {
        return f64::NAN;
    }
    cell.call_method0("__float__").and_then(|number| number.extract()).unwrap_or(f64::INFINITY)
}

/// SHA-256 of the answers as they are read: names, then numbers column by column.
#[pyfunction]
pub(crate) fn input_hash(
    py: Python<'_>,
    columns: Vec<Given<'_>>,
    labels: Vec<(String, f64)>,
    missing: Vec<String>,
) -> PyResult<String> {
    let labels = Labels::new(labels, missing);
    let held = borrow_all(py, columns, &labels)?;
    let columns = view_all(py, &held)?;
    Ok(py.detach(|| {
        let mut hash = Sha256::new();
        let mut bytes = Vec::with_capacity(NUMBERS_PER_PIECE * 8);
        for column in &columns {
            hash.update(column.name().as_bytes());
            hash.update([0]);
            hash.update((column.len() as u64).to_le_bytes());
            column.for_each_block(|_, numbers| {
                bytes.clear();
                for number in numbers {
                    // All missing answers are one missing answer, and -0 is 0.
                    let number = if number.is_nan() { f64::NAN } else { number + 0.0 };
                    bytes.extend_from_slice(&number.to_le_bytes());
                }
                hash.update(&bytes);
            });
        }
        hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }))
}
