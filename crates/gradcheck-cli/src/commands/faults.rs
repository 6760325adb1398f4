//! `gradcheck faults`.

use anyhow::Result;
use mlp::Activation;
use mlp_faults::Fault;

use super::{Forms, emit};
use crate::args::OutputArgs;
use crate::exit;
use crate::network::{Prepared, prepare, why_not};
use crate::output::{Sink, json, text};
use crate::{NetworkOptions, Widths};

pub(crate) fn run(args: &OutputArgs) -> Result<u8> {
    let sink = Sink::open(args.output.as_deref(), &[])?;
    let candidates = candidates()?;
    let faults: Vec<json::FaultEntry> = mlp_faults::all()
        .iter()
        .map(|fault| json::FaultEntry {
            name: fault.name(),
            description: fault.description(),
            example: example(fault, &candidates),
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

/// A few networks, on each of which some fault shows that does not on those before it.
fn candidates() -> Result<Vec<Prepared>> {
    let plain = NetworkOptions::default();
    let layers = |widths: &[usize]| Some(Widths(widths.to_vec()));
    let candidates = [
        plain.clone(),
        NetworkOptions {
            activation: Activation::Tanh,
            ..plain.clone()
        },
        NetworkOptions {
            layers: layers(&[30, 6, 6, 1]),
            ..plain.clone()
        },
        NetworkOptions {
            layers: layers(&[30, 6, 6, 1]),
            activation: Activation::Tanh,
            ..plain.clone()
        },
        NetworkOptions {
            layers: layers(&[30, 6, 6, 6, 1]),
            ..plain.clone()
        },
        NetworkOptions {
            data: "digits".to_owned(),
            ..plain.clone()
        },
        NetworkOptions {
            keep_prob: 0.8,
            frozen_masks: true,
            ..plain
        },
    ];
    Ok(candidates.iter().map(prepare).collect::<Result<_, _>>()?)
}

/// The command that shows a fault, on the first of the candidates that it applies to.
fn example(fault: &Fault, candidates: &[Prepared]) -> String {
    let applies = |candidate: &&Prepared| {
        why_not(fault, &candidate.architecture, &candidate.options).is_none()
    };
    let mut shown = match candidates.iter().find(applies) {
        Some(candidate) => candidate.options.clone(),
        None => NetworkOptions::default(),
    };
    shown.fault = Some(fault.name().to_owned());
    shown.command_line()
}
