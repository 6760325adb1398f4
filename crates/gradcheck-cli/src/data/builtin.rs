//! The two public data sets that are part of the program.
//!
//! Their licenses are in `data/README.md`.

use std::io::BufReader;

use flate2::bufread::GzDecoder;

use crate::data::{CsvOptions, DataError, Header, Rows, Source, Table, Task, csv_file};
use crate::source_file::{ReadLimit, Room};

const BREAST_CANCER: &str = include_str!("../../data/breast_cancer.csv");
const DIGITS: &[u8] = include_bytes!("../../data/digits.csv.gz");

const NO_HEADER: CsvOptions = CsvOptions {
    header: Header::No,
    label: super::source::LabelColumn::Last,
};

/// Whom to credit for `source`.
pub(super) fn attribution(source: &Source) -> Option<&'static str> {
    match source {
        Source::BreastCancer => Some(
            "Breast Cancer Wisconsin (Diagnostic), UCI Machine Learning Repository: \
             W. Wolberg, O. Mangasarian, N. Street, W. Street; CC BY 4.0",
        ),
        Source::Digits => Some(
            "Optical Recognition of Handwritten Digits, UCI Machine Learning Repository: \
             E. Alpaydin, C. Kaynak; CC BY 4.0",
        ),
        Source::Synthetic | Source::File(_) => None,
    }
}

/// The first `rows` examples of breast-cancer.
pub(super) fn breast_cancer(rows: Rows) -> Result<Table, DataError> {
    // The first line is `examples,features,name of label 0,name of label 1`.
    let (sizes, examples) = BREAST_CANCER.split_once('\n').unwrap_or_default();
    let mut table = read(examples.as_bytes(), "breast-cancer", rows)?;
    table.label_names = Some(sizes.trim().split(',').skip(2).map(str::to_owned).collect());
    Ok(table)
}

/// The first `rows` examples of digits.
pub(super) fn digits(rows: Rows) -> Result<Table, DataError> {
    read(BufReader::new(GzDecoder::new(DIGITS)), "digits", rows)
}

fn read(reader: impl std::io::BufRead, name: &str, rows: Rows) -> Result<Table, DataError> {
    let table = csv_file::read(
        reader,
        name,
        rows,
        &NO_HEADER,
        Task::Regression,
        Room::new(ReadLimit::default()),
    )?;
    // The user can't open these lines, so that errors name examples instead.
    Ok(Table {
        lines: None,
        ..table
    })
}
