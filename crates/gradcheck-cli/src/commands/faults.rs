//! `gradcheck faults`.

use anyhow::Result;

use crate::args::{Format, OutputArgs};
use crate::exit;
use crate::output::{Sink, json, text};

pub(crate) fn run(args: &OutputArgs) -> Result<u8> {
    let sink = Sink::open(args.output.as_deref(), &[])?;
    let faults = mlp_faults::all();
    sink.write(&match args.format {
        Format::Text => {
            let rows = faults
                .iter()
                .map(|fault| vec![fault.name().to_owned(), fault.description().to_owned()])
                .collect();
            let table = text::table(&["fault", "what is wrong on purpose"], rows, 2);
            format!(
                "{table}\nSee one caught: gradcheck mlp --fault {}\n",
                faults[0].name()
            )
        }
        Format::Json => json::render(&json::FaultList {
            schema: json::SCHEMA,
            faults: faults
                .iter()
                .map(|fault| json::FaultEntry {
                    name: fault.name(),
                    description: fault.description(),
                })
                .collect(),
        })?,
    })?;
    Ok(exit::AGREE)
}
