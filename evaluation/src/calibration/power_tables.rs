//! `cargo xtask power`: tables of a test of the reported detection limit.

use anyhow::Result;
use clap::Args;
use gradcheck_cli::output::text::thousands;
use gradcheck_cli::progress::Bar;

use super::fate::{Fates, SIZES, Target};
use super::measured::{Measured, share};
use super::power::{Powers, power};
use crate::Outcome;

/// Options of `power`.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    measured: Measured,
}

/// Measures and prints the tables. Fails if an error of three times the reported detection limit, or larger, passes
/// where it is hardest to detect.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let options = arguments.measured.options()?;
    let bar = Bar::new(false);
    let powers = power(&options, &|p| bar.show("networks", p))?;
    bar.finish();
    print!("{}", tables(&powers, &arguments.measured));
    let all = powers.overall();
    let largest = SIZES.len() - 1;
    let missed = [
        all.weakest_coordinate,
        all.every_coordinate,
        all.weakest_block,
        all.every_block,
    ]
    .iter()
    .map(|fates| fates[largest].planted() - fates[largest].rejected)
    .sum::<usize>();
    Ok(match missed {
        0 => Outcome::Passed,
        _ => Outcome::Failed,
    })
}

fn tables(powers: &Powers, measured: &Measured) -> String {
    let all = powers.overall();
    let mut head = vec!["share called wrong".to_owned(), "planted".to_owned()];
    head.extend(SIZES.map(|size| format!("{size:.2} × limit")));
    head.push("passed at 1.01".to_owned());
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let row = |name: &str, fates: &Fates| {
        let mut cells = vec![name.to_owned(), thousands(fates[0].planted() as u64)];
        cells.extend(fates.map(|fate| share(fate.rejection())));
        cells.push(fates[3].passed.to_string());
        cells
    };
    let mut said = measured.table(
        &head,
        vec![
            row(
                "one coordinate, where the limit is determined",
                &all.weakest_coordinate,
            ),
            row("one coordinate, any", &all.every_coordinate),
            row(
                "a whole block, where the limit is determined",
                &all.weakest_block,
            ),
            row("a whole block, any", &all.every_block),
        ],
    );
    said.push('\n');
    let head = [
        "a coordinate off by",
        "planted",
        "1e-8, central",
        "of the rest: d uncertain",
        "g within rounding",
        "above the limit",
        "1e-12, complex step",
        "of the rest: d uncertain",
        "g within rounding",
        "above the limit",
    ];
    let cells = |name: String, central: &Target, complex: &Target| {
        let mut cells = vec![name, thousands(central.fate.planted() as u64)];
        for target in [central, complex] {
            cells.push(share(target.fate.rejection()));
            let why = [target.numeric, target.rounding, target.unsaid];
            cells.extend(why.map(|count| thousands(count as u64)));
        }
        cells
    };
    let mut rows = vec![cells("all".to_owned(), &all.central, &all.complex)];
    let groups = powers.groups();
    rows.extend(
        groups
            .into_iter()
            .map(|(name, found)| cells(name, &found.central, &found.complex)),
    );
    said.push_str(&measured.table(&head, rows));
    said
}
