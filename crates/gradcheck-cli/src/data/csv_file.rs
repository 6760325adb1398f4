//! The user's table of examples, read as a stream.
//!
//! Finds the header and the label column and requires every cell to be a finite number. Invariant: knows nothing of
//! the task, except whether text labels may be classes; does not check whether a label is in range.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;

use crate::csv::{CsvProblem, Delimiter, Lines};
use crate::data::{CsvOptions, DataError, Header, LabelColumn, Rows, Table, TableProblem, Task};
use crate::input_error::{Located, Place, excerpt};
use crate::source_file::{FileProblem, Room};
use crate::suggest::nearest;

/// Reads the first `rows` examples of `reader`, keeping no more than fits into `room`.
pub(super) fn read(
    reader: impl BufRead,
    file: &str,
    rows: Rows,
    options: &CsvOptions,
    task: Task,
    mut room: Room,
) -> Result<Table, DataError> {
    let mut lines = Lines::new(reader, file);
    let whole = lines.file();
    let mut next = || lines.next_row();
    let Some(first) = next()? else {
        return Err(whole.error(FileProblem::Empty).widen());
    };
    let second = next()?;
    let delimiter = Delimiter::of(&first.text);
    let has_header = match options.header {
        Header::Yes => true,
        Header::No => false,
        Header::Auto => looks_like_header(&first, second.as_ref(), delimiter)?,
    };
    if has_header && second.is_none() {
        return Err(first.place.error(TableProblem::OnlyHeader));
    }

    let columns = Columns::find(&first, delimiter, has_header, &options.label, &mut room)?;
    let mut table = Table {
        feature_names: columns.feature_names(),
        features: columns.width - 1,
        lines: Some(Vec::new()),
        ..Table::default()
    };
    let mut labels = Labels::new(task);
    let mut pending = [(!has_header).then_some(first), second]
        .into_iter()
        .flatten();
    while rows.limit().is_none_or(|limit| table.labels.len() < limit) {
        let row = match pending.next() {
            Some(row) => row,
            None => match next()? {
                Some(row) => row,
                None => break,
            },
        };
        columns.append(&row, &mut table, &mut labels, &mut room)?;
    }
    let available = table.labels.len();
    match rows {
        Rows::Exactly(asked) if asked > available => {
            Err(whole.error(TableProblem::TooFewRows { asked, available }))
        }
        _ => Ok(Table {
            label_names: labels.names,
            ..table
        }),
    }
}

/// One line, not yet split: it may have millions of cells.
struct Row {
    place: Place,
    line: u64,
    text: String,
}

impl<R: BufRead> Lines<R> {
    fn next_row(&mut self) -> Result<Option<Row>, DataError> {
        let found = self.next().map_err(Located::widen)?;
        let Some((line, text)) = found.map(|(line, text)| (line, text.to_owned())) else {
            return Ok(None);
        };
        let place = self.place(line);
        Ok(Some(Row { place, line, text }))
    }
}

impl Row {
    /// The cells with their columns, counted from 0.
    fn cells(
        &self,
        delimiter: Delimiter,
    ) -> impl Iterator<Item = Result<(usize, Cow<'_, str>), DataError>> {
        let open = |_| self.place.clone().error(CsvProblem::OpenQuote).widen();
        delimiter
            .split(&self.text)
            .enumerate()
            .map(move |(column, cell)| Ok((column, cell.map_err(open)?)))
    }
}

/// Whether the first line has names where the second has numbers: see [`Header::Auto`].
fn looks_like_header(
    first: &Row,
    second: Option<&Row>,
    delimiter: Delimiter,
) -> Result<bool, DataError> {
    const MISSING: [&str; 9] = ["", "?", "-", ".", "na", "n/a", "null", "none", "missing"];
    let is_number = |cell: &str| cell.parse::<f64>().is_ok();
    let is_name = |cell: &str| {
        !is_number(cell) && !MISSING.iter().any(|mark| mark.eq_ignore_ascii_case(cell))
    };
    let mut below = second.map(|row| row.cells(delimiter));
    let mut name: Option<(usize, String)> = None;
    let mut numbers = false;
    for cell in first.cells(delimiter) {
        let (column, cell) = cell?;
        let below = below.as_mut().and_then(Iterator::next).transpose()?;
        if is_name(&cell) {
            if below.is_none_or(|(_, below)| !is_name(&below)) && name.is_none() {
                name = Some((column, cell.into_owned()));
            }
        } else {
            // Columns without a name are named by their number, as pandas does.
            numbers |= is_number(&cell) && cell.parse() != Ok(column);
        }
    }
    match name {
        Some((column, cell)) if numbers => Err(first
            .place
            .clone()
            .column(column + 1)
            .error(TableProblem::WordAmongNumbers(cell))),
        name => Ok(name.is_some()),
    }
}

/// The columns of a table.
struct Columns {
    delimiter: Delimiter,
    width: usize,
    label: usize,
    first_line: u64,
    names: Option<Vec<String>>,
}

impl Columns {
    fn find(
        first: &Row,
        delimiter: Delimiter,
        has_header: bool,
        label: &LabelColumn,
        room: &mut Room,
    ) -> Result<Self, DataError> {
        let mut width = 0;
        let mut names = has_header.then(Vec::new);
        for cell in first.cells(delimiter) {
            let (_, cell) = cell?;
            width += 1;
            if let Some(names) = &mut names {
                // Once here, and once among the names of the features.
                room.take::<String>(2)
                    .and_then(|()| room.take::<u8>(2 * cell.len()))
                    .map_err(|problem| first.place.clone().error(problem).widen())?;
                names.push(cell.into_owned());
            }
        }
        let found = |label, names| Self {
            delimiter,
            width,
            label,
            first_line: first.line,
            names,
        };
        let problem = match (label, &names) {
            _ if width == 1 => TableProblem::NoFeatures,
            (LabelColumn::Last, _) => return Ok(found(width - 1, names)),
            (&LabelColumn::Number(number), _) => {
                if (1..=width).contains(&number) {
                    return Ok(found(number - 1, names));
                }
                TableProblem::LabelNumber {
                    number,
                    columns: width,
                }
            }
            (LabelColumn::Name(name), None) => TableProblem::NamelessColumns(name.clone()),
            (LabelColumn::Name(name), Some(known)) => {
                if let Some(column) = known.iter().position(|known| known == name) {
                    return Ok(found(column, names));
                }
                let suggestion = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
                TableProblem::UnknownLabel {
                    name: name.clone(),
                    suggestion,
                    known: list(known),
                }
            }
        };
        Err(first.place.clone().error(problem))
    }

    fn feature_names(&self) -> Option<Vec<String>> {
        let mut names = self.names.clone()?;
        names.remove(self.label);
        Some(names)
    }

    /// Appends the example on `row` to `table`.
    fn append(
        &self,
        row: &Row,
        table: &mut Table,
        labels: &mut Labels,
        room: &mut Room,
    ) -> Result<(), DataError> {
        let got = row
            .cells(self.delimiter)
            .try_fold(0, |count, cell| cell.map(|_| count + 1))?;
        if got != self.width {
            let (expected, first) = (self.width, self.first_line);
            let ragged = CsvProblem::Ragged {
                expected,
                got,
                first,
            };
            return Err(row.place.clone().error(ragged).widen());
        }
        // The numbers of the line, its label among them, and its line number.
        room.take::<f64>(self.width + 1)
            .map_err(|problem| row.place.clone().error(problem).widen())?;
        for cell in row.cells(self.delimiter) {
            let (column, cell) = cell?;
            let value = if column == self.label {
                labels.value(&cell, room)
            } else {
                number(&cell)
            };
            let value = value.map_err(|problem| {
                let name = self
                    .names
                    .as_ref()
                    .and_then(|names| names.get(column))
                    .cloned();
                Place {
                    column_name: name,
                    ..row.place.clone().column(column + 1)
                }
                .error(problem)
            })?;
            if column == self.label {
                table.labels.push(value);
            } else {
                table.values.push(value);
            }
        }
        table.lines.get_or_insert_default().push(row.line);
        Ok(())
    }
}

/// Turns cells of the label column into numbers. If the first of them is text, and the task has
/// classes, each text is a class, numbered in order of first appearance.
struct Labels {
    text_allowed: bool,
    names: Option<Vec<String>>,
    numbers: HashMap<String, usize>,
    any: bool,
}

impl Labels {
    fn new(task: Task) -> Self {
        let text_allowed = task != Task::Regression;
        Self {
            text_allowed,
            names: None,
            numbers: HashMap::new(),
            any: false,
        }
    }

    fn value(&mut self, cell: &str, room: &mut Room) -> Result<f64, TableProblem> {
        let is_text = matches!(
            number(cell),
            Err(TableProblem::Csv(CsvProblem::NotNumber(_)))
        );
        if !self.any && self.text_allowed && is_text {
            self.names = Some(Vec::new());
        }
        self.any = true;
        let Some(names) = &mut self.names else {
            return number(cell);
        };
        if cell.is_empty() {
            return Err(CsvProblem::EmptyCell.into());
        }
        if let Some(&class) = self.numbers.get(cell) {
            return Ok(class as f64);
        }
        let class = names.len();
        room.take::<(String, String, usize)>(1)?;
        room.take::<u8>(2 * cell.len())?;
        names.push(cell.to_owned());
        self.numbers.insert(cell.to_owned(), class);
        Ok(class as f64)
    }
}

fn number(cell: &str) -> Result<f64, TableProblem> {
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(TableProblem::NotFinite(cell.to_owned())),
        Err(_) if cell.is_empty() => Err(CsvProblem::EmptyCell.into()),
        Err(_) => Err(CsvProblem::NotNumber(cell.to_owned()).into()),
    }
}

/// The first few names.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| excerpt(name)).collect();
    if names.len() > SHOWN {
        shown.push(format!("… ({} in all)", names.len()));
    }
    shown.join(", ")
}
