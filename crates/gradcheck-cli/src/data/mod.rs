//! The data a network is checked on: two public data sets, a synthetic one, or the user's CSV file.
//!
//! Gives plain numbers, one example a column, and labels fit for the task. Invariant: knows nothing of networks,
//! losses and matrices, except what a [`Task`] requires of its labels.

mod builtin;
mod csv_file;
mod labels;
mod problem;
mod source;
mod standardize;
mod synthetic;
#[cfg(test)]
mod tests;

pub use labels::{Task, check_labels};
pub use problem::TableProblem;
pub use source::{LabelColumn, Source};

use crate::input_error::{Located, Place};
use crate::source_file::{self, ReadLimit, Room};

/// Data that can't be used, and where.
pub type DataError = Located<TableProblem>;

/// Examples and their labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// The data set's name, or the path as the user wrote it.
    pub name: String,
    /// The names of the features, without the label's; `None` if there was no header.
    pub feature_names: Option<Vec<String>>,
    /// How many features an example has.
    pub features: usize,
    /// How many examples there are.
    pub examples: usize,
    /// The features: `features` × `examples`, row-major, so one example a column.
    pub x: Vec<f64>,
    /// The label of every example.
    pub labels: Vec<f64>,
    /// What each class is called, class 0 first. For a file with text labels this is the mapping, in
    /// order of first appearance; `None` where the labels were numbers and have no names.
    pub label_names: Option<Vec<String>>,
    /// The line of every example, counted from 1; `None` for what is no file.
    pub lines: Option<Vec<u64>>,
    /// Whom to credit, and the licence.
    pub attribution: Option<&'static str>,
    /// How many features have the same value in every example used: they tell nothing apart, and
    /// standardising makes them 0.
    pub constant_features: usize,
}

/// Whether the first line of a file holds column names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Header {
    /// It does if a cell of it is text where the second line has a number, and none is a number but the
    /// column's own, counted from 0. A sole line with text in it is a header too; a mark for a missing value
    /// (`?`, `NA`, …) is not taken for a name.
    #[default]
    Auto,
    /// It does.
    Yes,
    /// It doesn't.
    No,
}

impl Header {
    /// Each of them, the default first.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Yes, Self::No];

    /// `auto`, `yes` or `no`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Yes => "yes",
            Self::No => "no",
        }
    }
}

impl std::fmt::Display for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// How to read the user's file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CsvOptions {
    /// Whether there are column names.
    pub header: Header,
    /// Which column is the label.
    pub label: LabelColumn,
}

/// How many examples, in file order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rows {
    /// All there are; of the synthetic set, which has no end, 64.
    #[default]
    All,
    /// The first this many, or all where there are fewer.
    UpTo(usize),
    /// The first this many; fewer are an error.
    Exactly(usize),
}

impl Rows {
    /// The number past which nothing is read.
    fn limit(self) -> Option<usize> {
        match self {
            Self::All => None,
            Self::UpTo(rows) | Self::Exactly(rows) => Some(rows),
        }
    }
}

/// What to load of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadOptions {
    /// How many examples.
    pub rows: Rows,
    /// How to read the user's file.
    pub csv: CsvOptions,
    /// Whether to bring every feature to mean 0 and standard deviation 1 over the examples used.
    pub standardize: bool,
    /// The seed of the synthetic data set.
    pub seed: u64,
    /// How many features the synthetic data set has.
    pub synthetic_features: usize,
    /// What the labels are for.
    pub task: Task,
    /// How much is read and kept of the user's file.
    pub limit: ReadLimit,
}

/// Examples as they are read, before they are turned and standardised.
#[derive(Debug, Default)]
struct Table {
    feature_names: Option<Vec<String>>,
    features: usize,
    /// One example after another.
    values: Vec<f64>,
    labels: Vec<f64>,
    label_names: Option<Vec<String>>,
    lines: Option<Vec<u64>>,
}

/// Loads `source` and checks that its labels fit the task.
///
/// A standardised feature is `(x − mean) / deviation`, both over the examples used, the deviation
/// being that of the population (divided by the number of examples, not one less).
///
/// # Errors
/// When the source can't be opened or holds something else than a table of finite numbers, when it
/// has fewer examples than were asked for, and what [`check_labels`] says about the labels.
pub fn load(source: &Source, options: &LoadOptions) -> Result<Dataset, DataError> {
    let name = source.to_string();
    if options.rows.limit() == Some(0) {
        return Err(Place::file(name).error(TableProblem::NoRows));
    }
    if options.task == Task::Classes(0) {
        return Err(Place::file(name).error(TableProblem::NoClasses));
    }
    let table = match source {
        Source::BreastCancer => builtin::breast_cancer(options.rows)?,
        Source::Digits => builtin::digits(options.rows)?,
        Source::Synthetic => synthetic::table(options)?,
        Source::File(path) => {
            let file = source_file::open(path, options.limit).map_err(Located::widen)?;
            let room = Room::new(options.limit);
            csv_file::read(file, &name, options.rows, &options.csv, options.task, room)?
        }
    };
    let dataset = finish(
        name,
        table,
        builtin::attribution(source),
        options.standardize,
    );
    check_labels(&dataset, options.task)?;
    Ok(dataset)
}

/// Turns a table so that an example is a column, and standardises it if asked.
fn finish(
    name: String,
    table: Table,
    attribution: Option<&'static str>,
    standardize: bool,
) -> Dataset {
    let examples = table.labels.len();
    let mut x = Vec::with_capacity(table.values.len());
    for feature in 0..table.features {
        x.extend(table.values.iter().skip(feature).step_by(table.features));
    }
    let constant_features = standardize::constant_rows(&x, examples);
    if standardize {
        standardize::rows(&mut x, examples);
    }
    Dataset {
        name,
        feature_names: table.feature_names,
        features: table.features,
        examples,
        x,
        labels: table.labels,
        label_names: table.label_names,
        lines: table.lines,
        attribution,
        constant_features,
    }
}
