//! The page: ratios first, the floors beside them, then everything else that was measured.
//!
//! A pure function of the plan and the measurements. Refuses to know where they come from.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use benches::{
    ALONE, Engine, Extent, Floor, Id, MEMORY_SIZE, ONE, PEER, REFERENCE, Rates, Series, Size, TWO,
    Work,
};
use gradcheck_cli::output::text::thousands;

use super::aims::{Against, aim};
use super::measurements::{Measured, Measurements};
use super::numbers::{count, figures, ratio, time};
use super::plan::Plan;
use super::plot::{Curve, Plot};
use super::table::table;

/// What is written to docs/.
pub(super) struct Page {
    /// benchmarks.md.
    pub(super) text: String,
    /// The plots, by their paths in the same folder.
    pub(super) plots: Vec<(String, String)>,
}

/// What all sections are made from.
struct Source<'a> {
    plan: &'a Plan,
    found: &'a Measurements,
}

impl Page {
    /// The whole page.
    ///
    /// # Errors
    /// A benchmark that was not run, with the command that runs it.
    pub(super) fn new(plan: &Plan, found: &Measurements) -> Result<Self> {
        let source = Source { plan, found };
        let mut text = source.head();
        text.push_str(&source.ratios()?);
        text.push_str(&source.floors()?);
        text.push_str(&source.threads()?);
        let (growth, plots) = source.growth()?;
        text.push_str(&growth);
        text.push_str(&source.memory()?);
        text.push_str(&source.samples()?);
        text.push_str(&source.medians()?);
        Ok(Self { text, plots })
    }
}

impl Source<'_> {
    fn head(&self) -> String {
        let machine = &self.found.machine;
        let cores = match machine.cores {
            1 => "1 core".to_owned(),
            cores => format!("{cores} cores"),
        };
        let (processor, features, compiler) = (
            &machine.processor,
            machine.features.join(", "),
            &machine.compiler,
        );
        let arguments = machine.arguments.join(" ");
        let load = machine.load.map_or_else(String::new, |load| {
            format!(" The load average was {load:.1}, of which 1 is the benchmarks' own.")
        });
        let mut said = format!(
            "# Benchmarks\n\n\
             <!-- Written by `cargo xtask bench-report`. Explanations belong in benchmarks-notes.md. -->\n\n\
             [benchmarks-notes.md](benchmarks-notes.md) explains what is measured, how to read it and where \
             the time goes.\n\n\
             All figures are from one run of\n\n\
             ```sh\n\
             cargo bench -p benches --locked -- {arguments}\n\
             ```\n\n\
             on {processor}, {cores} ({features}), {compiler}, release build, default target-cpu. Times are \
             criterion's medians.{load} `cargo xtask bench-report --run` repeats the measurements and writes this page; \
             `cargo bench -p benches --` followed by the entry of the column *command* measures one figure.\n\n"
        );
        let rows: Vec<Vec<String>> = self
            .plan
            .engines
            .iter()
            .map(|engine| {
                let evaluations = engine.evaluations.map_or("-".to_owned(), |k| k.to_string());
                vec![
                    format!("`{}`", engine.name),
                    engine.is.to_owned(),
                    evaluations,
                ]
            })
            .collect();
        said.push_str(&table(
            &["engine", "description", "evaluations per coordinate"],
            &rows,
        ));
        said
    }

    fn ratios(&self) -> Result<String> {
        let mut said = "\n## Speedup, one thread\n".to_owned();
        let _ = write!(
            said,
            "\nA gradient is all P derivatives. Where a sample was measured, the time is scaled to all of \
             them. The last ratio divides each side by its evaluations, since `{PEER}` takes 2 per \
             coordinate and our engines 4, two of them for the error bar.\n"
        );
        for size in self.plan.sizes {
            let reference = self.gradient(self.engine(REFERENCE)?, size)?;
            let peer = self.engine(PEER)?;
            let peer_time = self.gradient(peer, size)?;
            let mut rows = Vec::new();
            for engine in self.plan.engines {
                let gradient = self.gradient(engine, size)?;
                let an_evaluation = match (peer.evaluations, engine.evaluations) {
                    (Some(theirs), Some(ours)) => {
                        ratio((peer_time / f64::from(theirs)) / (gradient / f64::from(ours)))
                    }
                    _ => "-".to_owned(),
                };
                let aim = |name| aim(size.name, engine.name, Against::Engine(name));
                rows.push(vec![
                    format!("`{}`", engine.name),
                    ratio(reference / gradient),
                    aim(REFERENCE),
                    ratio(peer_time / gradient),
                    aim(PEER),
                    an_evaluation,
                    time(gradient),
                    measured_of(engine, size),
                    self.command(engine, size),
                ]);
            }
            let _ = write!(said, "\n### {}\n\n", heading(size));
            let full = format!("against `{REFERENCE}`");
            let peer = format!("against `{PEER}`, a gradient");
            said.push_str(&table(
                &[
                    "engine",
                    &full,
                    "aim",
                    &peer,
                    "aim",
                    "an evaluation",
                    "a gradient",
                    "measured",
                    "command",
                ],
                &rows,
            ));
        }
        Ok(said)
    }

    fn floors(&self) -> Result<String> {
        let mut said = "\n## Against the floor, one thread\n\n\
             The floor is the time of the work that cannot be omitted for all P derivatives, counted in \
             `benches/src/work.rs`, at the rates that this machine reached in the same run.\n\n"
            .to_owned();
        said.push_str(&self.machine_rates()?);
        let mut rows = Vec::new();
        for size in self.plan.sizes {
            let problem = size.problem(Extent::All)?;
            let rates = self.rates(size)?;
            for engine in self.plan.engines {
                let work = (engine.floor)(&problem)?;
                let (floor, gradient) = (work.seconds(&rates), self.gradient(engine, size)?);
                let Work {
                    flops,
                    terms,
                    backward_passes,
                } = work;
                rows.push(vec![
                    format!("{} `{}`", size.name, engine.name),
                    ratio(gradient / floor),
                    aim(size.name, engine.name, Against::Floor),
                    time(floor),
                    time(flops / rates.flops),
                    time(terms * rates.term),
                    unless_none(backward_passes, time(backward_passes * rates.backward)),
                    count(flops),
                    count(terms),
                    unless_none(backward_passes, backward_passes.to_string()),
                ]);
            }
        }
        said.push('\n');
        said.push_str(&table(
            &[
                "",
                "takes × its floor",
                "aim",
                "floor",
                "of which operations",
                "cost terms",
                "backward passes",
                "operations",
                "cost terms",
                "backward passes",
            ],
            &rows,
        ));
        Ok(said)
    }

    /// What the floors are made of.
    fn machine_rates(&self) -> Result<String> {
        let product = self.found.get(&Floor::Product.id())?;
        let [n, k, p] = Floor::PRODUCT;
        let mut rows = vec![vec![
            format!("product of {n}×{k} and {k}×{p}"),
            format!("{} GFLOP/s", figures(1e-9 / product.each())),
            command(&Floor::Product.id()),
        ]];
        for (name, _) in self.plan.terms {
            let id = Floor::Terms(name).id();
            rows.push(vec![
                format!("a cost term, softplus by {name}"),
                time(self.found.get(&id)?.each()),
                command(&id),
            ]);
        }
        let mut said = table(&["the machine", "", "command"], &rows);
        let mut rows = Vec::new();
        for size in self.plan.sizes {
            let mut row = vec![heading(size)];
            for floor in [
                Floor::Forward(*size),
                Floor::ForwardAndBackward(*size),
                Floor::Backward(*size),
                Floor::Copy(*size),
            ] {
                row.push(time(self.found.get(&floor.id())?.median));
            }
            let forward = benches::forward(size.widths, size.examples).seconds(&self.rates(size)?);
            row.insert(
                2,
                ratio(self.found.get(&Floor::Forward(*size).id())?.median / forward),
            );
            row.push(format!("`'floor/.*{} '`", size.name));
            rows.push(row);
        }
        said.push('\n');
        said.push_str(&table(
            &[
                "size",
                "J",
                "J × its floor",
                "forward and backward",
                "backward",
                "copy of θ",
                "command",
            ],
            &rows,
        ));
        Ok(said)
    }

    fn threads(&self) -> Result<String> {
        let id = Floor::ProductsOnTwoThreads.id();
        let (one, two) = (self.found.get(&Floor::Product.id())?, self.found.get(&id)?);
        // As many products on one thread.
        let as_many = one.each() * two.elements as f64;
        let mut rows = vec![vec![
            "the machine itself, by products".to_owned(),
            ratio(as_many / two.median),
            String::new(),
            time(as_many),
            time(two.median),
            command(&id),
        ]];
        for size in self.plan.sizes {
            for engine in self
                .plan
                .engines
                .iter()
                .filter(|e| e.threads.contains(&TWO))
            {
                let one = self.found.get(&Id::engine(engine, size, ONE))?;
                let two = self.found.get(&Id::engine(engine, size, TWO))?;
                rows.push(vec![
                    format!("{} `{}`", size.name, engine.name),
                    ratio(one.median / two.median),
                    aim(size.name, engine.name, Against::OneThread),
                    time(one.median),
                    time(two.median),
                    self.command(engine, size),
                ]);
            }
        }
        let head = [
            "",
            "two against one",
            "aim",
            "one thread",
            "two threads",
            "command",
        ];
        let table = table(&head, &rows);
        Ok(format!(
            "\n## Two threads\n\nTimes refer to the coordinates measured, a sample or all. \
             The first row shows the gain from a second thread in this run; if other programs run on the machine it \
             is less than two, and no engine can exceed it.\n\n{table}"
        ))
    }

    fn growth(&self) -> Result<(String, Vec<(String, String)>)> {
        let mut said =
            "\n## Growth, one thread\n\nTimes are those of a gradient; samples are scaled. The last row \
             is the exponent between the two largest sizes.\n"
                .to_owned();
        let mut plots = Vec::new();
        for series in self.plan.growth {
            let file = format!("benchmarks/growth-in-{}.svg", series.name);
            let curves = self.curves(series)?;
            let _ = write!(
                said,
                "\n### In {}\n\n![{}]({file})\n\n{}\nCommand: `cargo bench -p benches -- 'growth in {}/'`\n",
                series.name,
                series.axis,
                growth_table(series, &curves),
                series.name,
            );
            let plot = Plot {
                axis: series.axis,
                curves,
            };
            plots.push((file, plot.svg()?));
        }
        Ok((said, plots))
    }

    fn curves(&self, series: &Series) -> Result<Vec<Curve>> {
        let curve = |engine: &Engine| {
            let point = |size: &Size| {
                let measured = self.found.get(&Id::growth(series, engine, size))?;
                let along = (series.along)(size) as f64;
                Ok((along, measured.each() * size.parameters() as f64))
            };
            Ok(Curve {
                name: engine.name,
                points: series.sizes.iter().map(point).collect::<Result<_>>()?,
            })
        };
        self.plan.engines.iter().map(curve).collect()
    }

    fn memory(&self) -> Result<String> {
        let none = self.found.memory(ALONE)?;
        let mut rows = vec![vec![
            "the problem alone".to_owned(),
            mebibytes(none),
            String::new(),
        ]];
        for engine in self.plan.engines {
            let peak = self.found.memory(engine.name)?;
            rows.push(vec![
                format!("`{}`", engine.name),
                mebibytes(peak),
                mebibytes(peak.saturating_sub(none)),
            ]);
        }
        Ok(format!(
            "\n## Memory\n\nPeak resident memory (`VmHWM`) of a process that computes one gradient of {} on one \
             thread, including the whole program. Command: `cargo bench -p benches -- memory/`\n\n{}",
            heading(&MEMORY_SIZE),
            table(&["", "peak", "above the problem"], &rows)
        ))
    }

    /// Whether samples tell the truth.
    fn samples(&self) -> Result<String> {
        let sample = self.plan.sampling;
        let whole = self.plan.sizes.iter().find(|size| size.name == sample.name);
        let whole = whole.context("the size of the samples' check is none of the sizes")?;
        let mut rows = Vec::new();
        for engine in self
            .plan
            .engines
            .iter()
            .filter(|e| e.extent == Extent::Sample)
        {
            let all = self.gradient(engine, whole)?;
            let scaled = self.gradient(engine, &sample)?;
            rows.push(vec![
                format!("`{}`", engine.name),
                ratio(scaled / all),
                time(scaled),
                time(all),
                self.command(engine, whole),
            ]);
        }
        let (count, all) = (sample.measured(Extent::Sample), sample.parameters());
        Ok(format!(
            "\n## Whether a sample represents all coordinates\n\n{} by {count} of its {all} coordinates, scaled, compared with \
             all of them:\n\n{}",
            heading(&sample),
            table(
                &["engine", "sample against all", "scaled", "all", "command"],
                &rows
            )
        ))
    }

    fn medians(&self) -> Result<String> {
        let mut rows = Vec::new();
        for size in self.plan.sizes {
            for engine in self.plan.engines {
                for &threads in engine.threads {
                    let id = Id::engine(engine, size, threads);
                    let Measured {
                        median, low, high, ..
                    } = *self.found.get(&id)?;
                    rows.push(vec![
                        format!("{} `{}`", size.name, engine.name),
                        threads.to_string(),
                        time(median),
                        format!("{} to {}", time(low), time(high)),
                        measured_of(engine, size),
                        self.command(engine, size),
                    ]);
                }
            }
        }
        let head = [
            "",
            "threads",
            "median",
            "95 % interval",
            "coordinates",
            "command",
        ];
        Ok(format!(
            "\n## Medians\n\nThese are the times measured, not scaled.\n\n{}",
            table(&head, &rows)
        ))
    }

    fn engine(&self, name: &str) -> Result<&'static Engine> {
        let found = self.plan.engines.iter().find(|engine| engine.name == name);
        found.with_context(|| format!("the engines of the report lack {name}"))
    }

    /// Seconds for all P derivatives on one thread.
    fn gradient(&self, engine: &Engine, size: &Size) -> Result<f64> {
        let measured = self.found.get(&Id::engine(engine, size, ONE))?;
        Ok(measured.each() * size.parameters() as f64)
    }

    /// The machine's product, its fastest way to a cost term, and a backward pass of this size.
    fn rates(&self, size: &Size) -> Result<Rates> {
        let mut term = f64::INFINITY;
        for (name, _) in self.plan.terms {
            term = term.min(self.found.get(&Floor::Terms(name).id())?.each());
        }
        Ok(Rates {
            flops: 1.0 / self.found.get(&Floor::Product.id())?.each(),
            term,
            backward: self.found.get(&Floor::Backward(*size).id())?.median,
        })
    }

    fn command(&self, engine: &Engine, size: &Size) -> String {
        format!("`'^{}/{} '`", engine.name, size.name)
    }
}

fn command(id: &Id) -> String {
    format!("`'{}/{}/{}'`", id.group, id.function, id.value)
}

/// `S4 784-64-32-1 m=128, P = 52,353`.
fn heading(size: &Size) -> String {
    let (name, shape) = (size.name, size.shape());
    format!(
        "{name} {shape}, P = {}",
        thousands(size.parameters() as u64)
    )
}

/// `all`, or `128 of 52,353`.
fn measured_of(engine: &Engine, size: &Size) -> String {
    let (count, all) = (size.measured(engine.extent), size.parameters());
    if count == all {
        "all".to_owned()
    } else {
        let [count, all] = [count, all].map(|n| thousands(n as u64));
        format!("{count} of {all}")
    }
}

fn unless_none(count: f64, said: String) -> String {
    if count == 0.0 { "-".to_owned() } else { said }
}

fn growth_table(series: &Series, curves: &[Curve]) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (place, size) in series.sizes.iter().enumerate() {
        let mut row = vec![format!(
            "{} ({})",
            thousands((series.along)(size) as u64),
            size.shape()
        )];
        row.extend(curves.iter().map(|curve| time(curve.points[place].1)));
        rows.push(row);
    }
    let mut exponents = vec!["exponent".to_owned()];
    exponents.extend(curves.iter().map(|curve| figures(curve.exponent())));
    rows.push(exponents);
    let names: Vec<String> = curves
        .iter()
        .map(|curve| format!("`{}`", curve.name))
        .collect();
    let head: Vec<&str> = [series.name]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .collect();
    table(&head, &rows)
}

fn mebibytes(kibibytes: u64) -> String {
    if kibibytes == 0 {
        return "-".to_owned();
    }
    format!("{} MiB", figures(kibibytes as f64 / 1024.0))
}

#[cfg(test)]
mod tests;
