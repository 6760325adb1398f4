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

/// Why data can't be used, and where.
pub type DataError = Located<TableProblem>;

/// Examples and their labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// The data set's name, or the path as the user wrote it.
    pub name: String,
    /// The names of the features, without the label's; `None` if there was no header.
    pub feature_names: Option<Vec<String>>,
    /// The number of features of an example.
    pub features: usize,
    /// The number of examples.
    pub examples: usize,
    /// The features: `features` × `examples`, row-major, so that an example is a column.
    pub x: Vec<f64>,
    /// The label of every example.
    pub labels: Vec<f64>,
    /// The name of each class, class 0 first. For a file with text labels this is the mapping, in
    /// order of first appearance; `None` if the labels were numbers and have no names.
    pub label_names: Option<Vec<String>>,
    /// The line of every example, counted from 1; `None` if the data is not from a file.
    pub lines: Option<Vec<u64>>,
    /// The attribution and the license.
    pub attribution: Option<&'static str>,
    /// How many features have the same value in every example used: they distinguish nothing, and
    /// standardizing makes them 0.
    pub constant_features: usize,
}

/// Whether the first line of a file holds column names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Header {
    /// It does if a cell of it is text where the second line has a number, and none is a number except the
    /// column's own, counted from 0. A single line that contains text is a header too; a mark for a missing value
    /// (`?`, `NA`, …) does not count as a name.
    #[default]
    Auto,
    /// The first line holds column names.
    Yes,
    /// The first line is an example.
    No,
}

impl Header {
    /// All choices, the default first.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Yes, Self::No];

    /// The name: `auto`, `yes` or `no`.
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

/// Which examples to use, in file order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rows {
    /// All of them; 64 of the synthetic set, which has no end.
    #[default]
    All,
    /// The first N, or all if there are fewer.
    UpTo(usize),
    /// The first N; fewer are an error.
    Exactly(usize),
}

impl Rows {
    /// The number of examples after which nothing more is read.
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
    /// The number of features of the synthetic data set.
    pub synthetic_features: usize,
    /// What the labels are for.
    pub task: Task,
    /// The limit on what is read and kept of the user's file.
    pub limit: ReadLimit,
}

/// Examples as they are read, before they are transposed and standardized.
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
/// A standardized feature is `(x − mean) / deviation`, both over the examples used, the deviation
/// being that of the population (divided by the number of examples, not one less).
///
/// # Errors
/// If the source can't be opened or is not a table of finite numbers, if it has fewer examples than
/// were requested, and the errors of [`check_labels`].
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

/// Transposes a table so that an example is a column, and standardizes it if requested.
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
