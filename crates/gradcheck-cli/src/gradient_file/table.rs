//! A table of numbers as a gradient.
//!
//! Invariant: knows nothing of headers and labels. NaN and infinity are numbers here.

use std::io::BufRead;

use crate::csv::{CsvProblem, Delimiter, Lines};
use crate::gradient_file::{GradientError, GradientProblem, NamedBlock, StoredAs, UNNAMED};
use crate::input_error::{Located, Place};
use crate::source_file::Room;

/// The block in the table that `reader` gives: a vector if it is one line or one column, else a matrix.
pub(super) fn block(
    reader: impl BufRead,
    place: &Place,
    room: &mut Room,
) -> Result<NamedBlock, GradientError> {
    let (shape, values) = table(reader, place, room).map_err(Located::widen)?;
    if values.is_empty() {
        return Err(place.clone().error(GradientProblem::NoNumbers));
    }
    Ok(NamedBlock {
        name: UNNAMED.to_owned(),
        shape,
        values,
        stored: StoredAs::F64,
    })
}

fn table(
    reader: impl BufRead,
    place: &Place,
    room: &mut Room,
) -> Result<(Vec<usize>, Vec<f64>), Located<CsvProblem>> {
    let mut lines = Lines::new(reader, place.file.as_deref().unwrap_or_default());
    let mut first: Option<(u64, usize, Delimiter)> = None;
    let (mut rows, mut values) = (0, Vec::new());
    while let Some((line, text)) = lines.next()? {
        let here = || Place {
            line: Some(line),
            ..place.clone()
        };
        // numpy.savetxt writes its header this way.
        if text.trim_start().starts_with('#') {
            continue;
        }
        let delimiter = first.map_or_else(|| Delimiter::of(text), |(_, _, delimiter)| delimiter);
        let got = delimiter
            .split(text)
            .try_fold(0, |count, cell| cell.map(|_| count + 1))
            .map_err(|_| here().error(CsvProblem::OpenQuote))?;
        let (first, expected, _) = *first.get_or_insert((line, got, delimiter));
        if got != expected {
            return Err(here().error(CsvProblem::Ragged {
                expected,
                got,
                first,
            }));
        }
        room.take::<f64>(got)
            .map_err(|problem| here().error(problem).widen())?;
        for (column, cell) in delimiter.split(text).flatten().enumerate() {
            let value = cell.parse::<f64>().map_err(|_| {
                here().column(column + 1).error(match cell.is_empty() {
                    true => CsvProblem::EmptyCell,
                    false => CsvProblem::NotNumber(cell.clone().into_owned()),
                })
            })?;
            values.push(value);
        }
        rows += 1;
    }
    let columns = first.map_or(0, |(_, columns, _)| columns);
    let shape = if rows == 1 || columns == 1 {
        vec![values.len()]
    } else {
        vec![rows, columns]
    };
    Ok((shape, values))
}
