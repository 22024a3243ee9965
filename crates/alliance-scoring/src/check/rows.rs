//! Forms one after the other, out of columns.

use crate::Column;
use crate::column::BLOCK;

/// Calls `visit` with each row's position and values, one per column, NaN where missing.
///
/// Stops at the end of the shortest column. Memory is that of one block of rows.
pub(super) fn for_each_row(columns: &[&Column<'_>], mut visit: impl FnMut(usize, &[f64])) {
    let rows = columns.iter().map(|column| column.len()).min().unwrap_or(0);
    let width = columns.len();
    let mut cursors: Vec<_> = columns.iter().map(|column| column.cursor(0)).collect();
    let mut values = vec![f64::NAN; BLOCK.min(rows) * width];
    let mut part = [f64::NAN; BLOCK];
    let mut first = 0;
    while first < rows {
        let count = BLOCK.min(rows - first);
        for (column, cursor) in cursors.iter_mut().enumerate() {
            let mut cells = values.iter_mut().skip(column).step_by(width).take(count);
            let mut filled = 0;
            while filled < count {
                let Some((chunk, within)) = cursor.next_part(count - filled) else { break };
                filled += within.len();
                let Some(part) = part.get_mut(..within.len()) else { break };
                chunk.read_numbers(within, part);
                // The shorter one first: `zip` would take a cell too many before it sees the end.
                for (value, cell) in part.iter().zip(cells.by_ref()) {
                    *cell = *value;
                }
            }
        }
        for (row, values) in (first..first + count).zip(values.chunks_exact(width)) {
            visit(row, values);
        }
        first += count;
    }
}
