//! `cargo xtask coverage`: tables of how often error bars cover the true error.

use anyhow::Result;
use clap::Args;
use gradcheck_cli::output::text::{short, thousands};
use gradcheck_cli::progress::Bar;

use super::coverage::{BlockError, Coverage, Row, coverage, quantile};
use super::look::Look;
use super::measured::{Measured, share};
use crate::Outcome;

/// Options of `coverage`.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    measured: Measured,
    /// Estimate that the grouped tables show in detail
    #[arg(long, default_value_t = Look::Reported, value_name = "LOOK", value_parser = look)]
    look: Look,
    /// Show the distribution of the errors of whole blocks instead
    #[arg(long)]
    blocks: bool,
    /// List each coordinate whose true derivative lies outside a reported error bar
    #[arg(long)]
    outside: bool,
}

fn look(name: &str) -> Result<Look, String> {
    let find = Look::ALL.into_iter().find(|look| look.to_string() == name);
    find.ok_or_else(|| {
        format!(
            "one of: {}",
            Look::ALL.map(|look| look.to_string()).join("; ")
        )
    })
}

/// The fraction of reported error bars that must cover the truth, in every row of every table.
const WANTED: f64 = 0.999;

/// Measures and prints the tables; fails if a row of the reported error bars falls short.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let options = arguments.measured.options()?;
    let bar = Bar::new(false);
    let coverage = coverage(&options, &|p| bar.show("networks", p))?;
    bar.finish();
    if arguments.blocks {
        print!("{}", blocks(&coverage, &arguments.measured));
        return Ok(Outcome::Passed);
    }
    print!("{}", tables(&coverage, arguments));
    if arguments.outside {
        for o in &coverage.outside {
            println!(
                "{}, J × {:e}: {} {}: d {:e}, truth {:e}, off by {:.2} B, B = {:e}",
                o.place,
                o.factor,
                o.look,
                o.coordinate,
                o.numeric,
                o.truth,
                (o.numeric - o.truth).abs() / o.error_bar,
                o.error_bar,
            );
        }
    }
    let short_of: Vec<Row> = GROUPS
        .into_iter()
        .flat_map(|(_, rows)| rows(&coverage, Look::Reported))
        .filter(|row| row.bars > 0 && row.coverage() < WANTED)
        .collect();
    for row in &short_of {
        println!("falls short: {}, {}", row.group, share(row.coverage()));
    }
    Ok(if short_of.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Failed
    })
}

type Rows = fn(&Coverage, Look) -> Vec<Row>;

const GROUPS: [(&str, Rows); 5] = [
    ("all", |c, look| vec![c.overall(look)]),
    ("activation", Coverage::by_activation),
    ("loss", Coverage::by_loss),
    ("scale of the cost", Coverage::by_factor),
    ("situation", Coverage::by_situation),
];

fn tables(coverage: &Coverage, arguments: &Arguments) -> String {
    let head = [
        "estimate",
        "error bars",
        "within B",
        "within 2B",
        "median error/B",
        "99.9 % error/B",
        "median B/s",
        "kinks",
        "no value",
        "zero derivative",
    ];
    let row = |look: Look| {
        let row = coverage.overall(look);
        vec![
            look.to_string(),
            thousands(row.bars as u64),
            share(row.coverage()),
            share(row.coverage_twice()),
            format!("{:.3}", row.median_ratio),
            format!("{:.2}", row.high_ratio),
            short(row.median_width),
            thousands(row.kinks as u64),
            thousands(row.nothing as u64),
            thousands(row.flat as u64),
        ]
    };
    let mut said = format!(
        "{} coordinates\n\n",
        thousands(coverage.coordinates() as u64)
    );
    let table = arguments.measured.table(&head, Look::ALL.map(row).to_vec());
    said.push_str(&table);
    for (name, rows) in GROUPS.into_iter().skip(1) {
        said.push('\n');
        said.push_str(&grouped(coverage, name, rows, arguments));
    }
    said
}

/// A table with the chosen estimate in full, and for each estimate the fraction within B.
fn grouped(coverage: &Coverage, name: &str, rows: Rows, arguments: &Arguments) -> String {
    let looks = Look::ALL.map(|look| rows(coverage, look));
    let mut head = vec![name.to_owned(), "error bars".to_owned()];
    head.extend(Look::ALL.map(|look| look.to_string()));
    head.extend(["within 2B", "99.9 % error/B", "median B/s", "kinks"].map(str::to_owned));
    let reported = &looks[arguments.look as usize];
    let lines = reported.iter().enumerate().map(|(i, row)| {
        let mut cells = vec![row.group.clone(), thousands(row.bars as u64)];
        cells.extend(looks.iter().map(|rows| share(rows[i].coverage())));
        cells.extend([
            share(row.coverage_twice()),
            format!("{:.2}", row.high_ratio),
            short(row.median_width),
            thousands(row.kinks as u64),
        ]);
        cells
    });
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    arguments.measured.table(&head, lines.collect())
}

/// The distribution of Z and of the root mean square of e/t, by estimate and by the size of the block.
fn blocks(coverage: &Coverage, measured: &Measured) -> String {
    let head = [
        "estimate",
        "coordinates",
        "blocks",
        "Z: median",
        "99 %",
        "99.9 %",
        "largest",
        "beyond 2",
        "RMS: median",
        "99 %",
        "largest",
        "median gain",
    ];
    let sizes = [1..2, 2..8, 8..32, 32..usize::MAX];
    let mut rows = Vec::new();
    for look in Look::ALL {
        for size in &sizes {
            let wanted = |b: &&BlockError| b.look == look && size.contains(&b.coordinates);
            let some: Vec<_> = coverage.blocks.iter().filter(wanted).collect();
            let of = |value: fn(&BlockError) -> f64, q: f64| {
                quantile(&mut some.iter().map(|b| value(b)).collect::<Vec<_>>(), q)
            };
            let z = |q| format!("{:.2}", of(|b| b.projection.abs(), q));
            let rms = |q| format!("{:.2}", of(|b| b.root_mean_square, q));
            let beyond = some.iter().filter(|b| b.projection.abs() > 2.0).count();
            let range = match size.end {
                usize::MAX => format!("{} and more", size.start),
                end => format!("{} to {}", size.start, end - 1),
            };
            rows.push(vec![
                look.to_string(),
                range,
                thousands(some.len() as u64),
                z(0.5),
                z(0.99),
                z(0.999),
                z(1.0),
                beyond.to_string(),
                rms(0.5),
                rms(0.99),
                rms(1.0),
                format!("{:.1}", of(|b| b.gain, 0.5)),
            ]);
        }
    }
    measured.table(&head, rows)
}
