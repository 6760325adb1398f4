//! The user's table of examples, read streaming.
//!
//! Finds the header and the label column and holds every cell to being a finite number. Knows the
//! task only to decide whether text labels may be classes; whether a label is in range is not its
//! business.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;

use crate::csv::{CsvProblem, Delimiter, Lines};
use crate::data::{
    CsvOptions, DataError, Header, LabelColumn, MOST_NUMBERS, Rows, Table, TableProblem, Task,
};
use crate::input_error::{Located, Place, excerpt};
use crate::source_file::FileProblem;
use crate::suggest::nearest;

/// Reads the first `rows` examples of `reader`.
pub(super) fn read(
    reader: impl BufRead,
    file: &str,
    rows: Rows,
    options: &CsvOptions,
    task: Task,
) -> Result<Table, DataError> {
    let mut lines = Lines::new(reader, file);
    let mut delimiter = None;
    let whole = lines.file();
    let Some(first) = next_row(&mut lines, &mut delimiter).map_err(Located::widen)? else {
        return Err(whole.error(FileProblem::Empty).widen());
    };
    let second = next_row(&mut lines, &mut delimiter).map_err(Located::widen)?;
    let has_header = match options.header {
        Header::Yes => true,
        Header::No => false,
        Header::Auto => looks_like_header(&first, second.as_ref()),
    };
    if has_header && second.is_none() {
        return Err(first.place.error(TableProblem::OnlyHeader));
    }

    let columns = Columns::find(&first, has_header, &options.label)?;
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
            None => match next_row(&mut lines, &mut delimiter).map_err(Located::widen)? {
                Some(row) => row,
                None => break,
            },
        };
        columns.append(&row, &mut table, &mut labels)?;
        if table.values.len() > MOST_NUMBERS {
            let limit = MOST_NUMBERS;
            return Err(whole.error(TableProblem::TooManyNumbers { limit }));
        }
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

/// One line, split.
struct Row {
    place: Place,
    line: u64,
    cells: Vec<String>,
}

fn next_row(
    lines: &mut Lines<impl BufRead>,
    delimiter: &mut Option<Delimiter>,
) -> Result<Option<Row>, Located<CsvProblem>> {
    let Some((line, text)) = lines.next()? else {
        return Ok(None);
    };
    let split = delimiter
        .get_or_insert_with(|| Delimiter::of(text))
        .split(text);
    let cells = split.map(|cells| cells.into_iter().map(Cow::into_owned).collect());
    let place = lines.place(line);
    match cells {
        Ok(cells) => Ok(Some(Row { place, line, cells })),
        Err(_) => Err(place.error(CsvProblem::OpenQuote)),
    }
}

/// Text where the line below has a number: see [`Header::Auto`].
fn looks_like_header(first: &Row, second: Option<&Row>) -> bool {
    const MISSING: [&str; 9] = ["", "?", "-", ".", "na", "n/a", "null", "none", "missing"];
    let is_name = |cell: &str| {
        cell.parse::<f64>().is_err() && !MISSING.contains(&cell.to_lowercase().as_str())
    };
    first.cells.iter().enumerate().any(|(column, cell)| {
        let below = second.and_then(|row| row.cells.get(column));
        is_name(cell) && below.is_none_or(|below| !is_name(below))
    })
}

/// The columns of a table.
struct Columns {
    width: usize,
    label: usize,
    first_line: u64,
    names: Option<Vec<String>>,
}

impl Columns {
    fn find(first: &Row, has_header: bool, label: &LabelColumn) -> Result<Self, DataError> {
        let width = first.cells.len();
        let names = has_header.then(|| first.cells.clone());
        let problem = match (label, &names) {
            _ if width == 1 => TableProblem::NoFeatures,
            (LabelColumn::Last, _) => return Ok(Self::new(first, width - 1, names)),
            (&LabelColumn::Number(number), _) => {
                if (1..=width).contains(&number) {
                    return Ok(Self::new(first, number - 1, names));
                }
                TableProblem::LabelNumber {
                    number,
                    columns: width,
                }
            }
            (LabelColumn::Name(name), None) => TableProblem::NamelessColumns(name.clone()),
            (LabelColumn::Name(name), Some(known)) => {
                if let Some(column) = known.iter().position(|known| known == name) {
                    return Ok(Self::new(first, column, names));
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

    fn new(first: &Row, label: usize, names: Option<Vec<String>>) -> Self {
        Self {
            width: first.cells.len(),
            label,
            first_line: first.line,
            names,
        }
    }

    fn feature_names(&self) -> Option<Vec<String>> {
        let mut names = self.names.clone()?;
        names.remove(self.label);
        Some(names)
    }

    /// Appends the example on `row` to `table`.
    fn append(&self, row: &Row, table: &mut Table, labels: &mut Labels) -> Result<(), DataError> {
        let got = row.cells.len();
        if got != self.width {
            let (expected, first) = (self.width, self.first_line);
            return Err(row
                .place
                .clone()
                .error(CsvProblem::Ragged {
                    expected,
                    got,
                    first,
                })
                .widen());
        }
        for (column, cell) in row.cells.iter().enumerate() {
            let value = if column == self.label {
                labels.value(cell)
            } else {
                number(cell)
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

    fn value(&mut self, cell: &str) -> Result<f64, TableProblem> {
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
