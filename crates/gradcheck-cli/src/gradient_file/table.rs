//! A table of numbers as a gradient.
//!
//! Knows no header and no label. NaN and infinity are numbers here.

use crate::csv::{CsvProblem, Delimiter, Lines};
use crate::gradient_file::{GradientError, GradientProblem, NamedBlock, UNNAMED};
use crate::input_error::{Located, Place};

/// The table in `bytes`: a vector if it is one line or one column, else a matrix.
pub(super) fn block(bytes: &[u8], place: &Place) -> Result<NamedBlock, GradientError> {
    let (shape, values) = table(bytes, place).map_err(Located::widen)?;
    if values.is_empty() {
        return Err(place.clone().error(GradientProblem::NoNumbers));
    }
    Ok(NamedBlock {
        name: UNNAMED.to_owned(),
        shape,
        values,
    })
}

fn table(bytes: &[u8], place: &Place) -> Result<(Vec<usize>, Vec<f64>), Located<CsvProblem>> {
    let mut lines = Lines::new(bytes, place.file.as_deref().unwrap_or_default());
    let mut first: Option<(u64, usize, Delimiter)> = None;
    let (mut rows, mut values) = (0, Vec::new());
    while let Some((line, text)) = lines.next()? {
        let at = |problem: CsvProblem| {
            Place {
                line: Some(line),
                ..place.clone()
            }
            .error(problem)
        };
        // numpy.savetxt writes its header so.
        if text.trim_start().starts_with('#') {
            continue;
        }
        let delimiter = first.map_or_else(|| Delimiter::of(text), |(_, _, delimiter)| delimiter);
        let cells = delimiter
            .split(text)
            .map_err(|_| at(CsvProblem::OpenQuote))?;
        let got = cells.len();
        let (first, expected, _) = *first.get_or_insert((line, got, delimiter));
        if got != expected {
            return Err(at(CsvProblem::Ragged {
                expected,
                got,
                first,
            }));
        }
        for (column, cell) in cells.iter().enumerate() {
            let value = cell.parse::<f64>().map_err(|_| {
                let place = Place {
                    line: Some(line),
                    ..place.clone()
                }
                .column(column + 1);
                place.error(match cell.is_empty() {
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
