//! `gradcheck faults`.

use anyhow::Result;
use mlp::Activation;

use super::{Forms, emit};
use crate::args::OutputArgs;
use crate::exit;
use crate::network::prepare;
use crate::output::{Sink, json, text};
use crate::{NetworkOptions, Widths};

pub(crate) fn run(args: &OutputArgs) -> Result<u8> {
    let sink = Sink::open(args.output.as_deref(), &[])?;
    let faults: Vec<json::FaultEntry> = mlp_faults::all()
        .iter()
        .map(|fault| json::FaultEntry {
            name: fault.name(),
            description: fault.description(),
            example: example(fault.name()),
        })
        .collect();
    emit(
        args,
        sink,
        &Forms {
            text: &|_| render(&faults),
            short: &|| {
                faults
                    .iter()
                    .map(|fault| format!("{}\n", fault.name))
                    .collect()
            },
            json: &|| json::FaultList {
                schema: json::SCHEMA,
                faults: faults.clone(),
            },
        },
    )?;
    Ok(exit::AGREE)
}

fn render(faults: &[json::FaultEntry]) -> String {
    let mut out = String::new();
    for fault in faults {
        let name = text::styled(text::STRONG, fault.name);
        let example = text::styled(text::FAINT, &fault.example);
        out.push_str(&format!("{name}\n"));
        for line in textwrap::wrap(fault.description, 78) {
            out.push_str(&format!("  {line}\n"));
        }
        out.push_str(&format!("  {example}\n"));
    }
    out
}

/// The command that shows a fault, on the first of a few networks that it applies to.
fn example(fault: &str) -> String {
    let plain = NetworkOptions {
        fault: Some(fault.to_owned()),
        ..NetworkOptions::default()
    };
    let candidates = [
        plain.clone(),
        NetworkOptions {
            activation: Activation::Tanh,
            ..plain.clone()
        },
        NetworkOptions {
            layers: Some(Widths(vec![30, 6, 6, 1])),
            ..plain.clone()
        },
        NetworkOptions {
            layers: Some(Widths(vec![30, 6, 6, 1])),
            activation: Activation::Tanh,
            ..plain.clone()
        },
        NetworkOptions {
            layers: Some(Widths(vec![30, 6, 6, 6, 1])),
            ..plain.clone()
        },
        NetworkOptions {
            data: "digits".to_owned(),
            ..plain.clone()
        },
        NetworkOptions {
            keep_prob: 0.8,
            frozen_masks: true,
            ..plain.clone()
        },
    ];
    let shown = candidates
        .iter()
        .find(|spec| prepare(spec).is_ok())
        .unwrap_or(&plain);
    shown.command_line()
}
