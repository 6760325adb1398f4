//! `cargo xtask ci`: every check that a change must pass, cheapest first.
//!
//! A step prints the command it runs, then one line with its result and its seconds. The first
//! failure ends the run with a remedy. The checks are in the modules below.
//!
//! Invariant: knows nothing of the checks except their order.

mod arrows;
mod graph;
mod optional;
mod package;
mod sources;
mod trees;

use std::time::Instant;

use anyhow::bail;
use clap::ValueEnum;

use crate::Outcome;
use crate::workspace::{Cargo, Workspace};

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave out the slow steps that rarely fail.
    #[arg(long)]
    quick: bool,

    /// Run only this step; may be given more than once.
    #[arg(long, value_name = "STEP")]
    only: Vec<Step>,

    /// Leave out this step; may be given more than once.
    #[arg(long, value_name = "STEP")]
    skip: Vec<Step>,
}

/// The steps, in the order in which they run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Step {
    /// The formatting is rustfmt's.
    Fmt,
    /// Every source file states its purpose; only the command line prints.
    Sources,
    /// The dependencies between our crates go in the allowed directions.
    Arrows,
    /// The dependencies that come with finite-diff, gradient-check and mlp.
    Trees,
    /// No warning from clippy, with all features.
    Clippy,
    /// No warning from rustdoc, with all features.
    Docs,
    /// All tests of the product.
    Test,
    /// All tests of the developers' tools: xtask and evaluation.
    Workshop,
    /// mlp and gradient-check compile without their optional features.
    Features,
    /// Every published crate can be packed, with its readme and its license.
    Package,
    /// Public interfaces changed only as their versions permit, by cargo-semver-checks if it is installed.
    Semver,
    /// No advisory, license or duplicate that deny.toml forbids, by cargo-deny if it is installed.
    Deny,
    /// The oldest Rust that the manifests promise compiles the product, if that toolchain is installed.
    Msrv,
    /// Every benchmark runs, once and untimed, and their own tests pass.
    Bench,
    /// The adapters, a workspace of their own: formatting, lints, docs and tests, each framework compiled.
    Adapters,
}

/// The result of a step.
enum Finding {
    /// The step passed, with a short summary.
    Fine(String),
    /// The step could not be run here, and why.
    Skipped(String),
    /// Something is wrong: what, and what to do about it.
    Wrong { what: String, remedy: String },
}

/// Runs the chosen steps until one fails.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let steps = chosen(arguments);
    if steps.is_empty() {
        bail!("there is no step left to run: check --only, --skip and --quick");
    }
    check_tools(workspace, &steps)?;
    let start = Instant::now();
    for step in &steps {
        let name = step.name();
        println!("\n== {name}");
        let step_start = Instant::now();
        let finding = step.run(workspace)?;
        let seconds = step_start.elapsed().as_secs_f64();
        match finding {
            Finding::Fine(words) => println!("ok      {name} ({seconds:.1} s): {words}"),
            Finding::Skipped(why) => println!("skipped {name}: {why}"),
            Finding::Wrong { what, remedy } => {
                println!("FAILED  {name} ({seconds:.1} s): {what}");
                println!("        {remedy}");
                println!("        this step alone: cargo xtask ci --only {name}");
                return Ok(Outcome::Failed);
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("\nci: steps passed: {} in {seconds:.0} s", steps.len());
    Ok(Outcome::Passed)
}

fn chosen(arguments: &Arguments) -> Vec<Step> {
    Step::value_variants()
        .iter()
        .copied()
        .filter(|step| arguments.only.is_empty() || arguments.only.contains(step))
        .filter(|step| !arguments.skip.contains(step))
        .filter(|step| !(arguments.quick && step.is_slow()))
        .collect()
}

/// Fails if a tool is missing, before the first check, because that is not a failed check.
fn check_tools(workspace: &Workspace, steps: &[Step]) -> anyhow::Result<()> {
    for (step, subcommand, component) in [
        (Step::Fmt, "fmt", "rustfmt"),
        (Step::Clippy, "clippy", "clippy"),
    ] {
        let wanted = steps.contains(&step);
        if wanted
            && !workspace
                .cargo(&format!("{subcommand} --version"))
                .works_silently()
        {
            bail!("`cargo {subcommand}` is not installed: rustup component add {component}");
        }
    }
    Ok(())
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn is_slow(self) -> bool {
        matches!(
            self,
            Self::Workshop
                | Self::Package
                | Self::Semver
                | Self::Deny
                | Self::Msrv
                | Self::Bench
                | Self::Adapters
        )
    }

    fn run(self, workspace: &Workspace) -> anyhow::Result<Finding> {
        match self {
            Self::Fmt => all_succeed(
                // Rustfmt colors its differences in a file, too, unless told not to.
                [workspace.cargo(match workspace.is_colored() {
                    true => "fmt --all --check",
                    false => "fmt --all --check -- --color never",
                })],
                "the formatting is rustfmt's",
                "run `cargo fmt --all`",
            ),
            Self::Sources => sources::check(workspace),
            Self::Arrows => arrows::check(workspace),
            Self::Trees => trees::check(workspace),
            Self::Clippy => all_succeed(
                [workspace.cargo(
                    "clippy --workspace --all-targets --all-features --locked -- -D warnings",
                )],
                "no warning",
                "fix the code; an exception to a lint needs a reason",
            ),
            Self::Docs => all_succeed(
                [workspace
                    .cargo("doc --workspace --no-deps --all-features --locked")
                    .env("RUSTDOCFLAGS", "-D warnings")],
                "no warning",
                "fix the doc comments that rustdoc names above",
            ),
            Self::Test => all_succeed(
                [workspace.cargo("test --locked")],
                "all tests pass",
                "the tests that failed are named above",
            ),
            Self::Workshop => all_succeed(
                [workspace.cargo("test -p xtask -p evaluation --locked")],
                "all tests pass",
                "the tests that failed are named above",
            ),
            Self::Semver => optional::semver(workspace),
            Self::Deny => optional::deny(workspace),
            Self::Msrv => optional::msrv(workspace),
            Self::Features => all_succeed(
                [
                    // Alone and without dev-dependencies, which may switch on features that the crate
                    // itself forgot to ask for; then as tests. `test` runs them with all features,
                    // but for the reports that there are without any.
                    workspace.cargo("clippy -p mlp --locked -- -D warnings"),
                    workspace.cargo("clippy -p mlp --all-targets --locked -- -D warnings"),
                    workspace.cargo("clippy -p gradient-check --locked -- -D warnings"),
                    workspace.cargo(
                        "clippy -p gradient-check --no-default-features --locked -- -D warnings",
                    ),
                    workspace.cargo(
                        "clippy -p gradient-check --no-default-features --lib --tests --locked -- -D warnings",
                    ),
                    workspace
                        .cargo("test -p gradient-check --no-default-features --test brief --locked"),
                ],
                "mlp compiles without its feature `objective`, gradient-check with its default features alone and \
                 with none",
                "code that needs an optional crate belongs behind a `#[cfg(feature = …)]`",
            ),
            Self::Package => package::check(workspace),
            Self::Bench => all_succeed(
                // Apart from the other tests: criterion changes a feature of a crate below all of ours.
                [workspace.cargo("test -p benches --lib --benches --locked")],
                "every benchmark runs, and their tests pass",
                "the benchmark or test that failed is named above",
            ),
            Self::Adapters => all_succeed(
                [
                    workspace.cargo("fmt --manifest-path adapters/Cargo.toml --all --check"),
                    workspace.cargo(
                        "clippy --manifest-path adapters/Cargo.toml --workspace --all-targets --all-features \
                         --locked -- -D warnings",
                    ),
                    workspace
                        .cargo(
                            "doc --manifest-path adapters/Cargo.toml --workspace --no-deps --all-features --locked",
                        )
                        .env("RUSTDOCFLAGS", "-D warnings"),
                    workspace.cargo(
                        "test --manifest-path adapters/Cargo.toml --workspace --all-features --locked",
                    ),
                ],
                "the adapters build, and agree with their frameworks",
                "what failed is named above; it is a workspace of its own, in adapters/",
            ),
        }
    }
}

/// Runs the commands until one fails.
fn all_succeed(
    commands: impl IntoIterator<Item = Cargo>,
    fine: &str,
    remedy: &str,
) -> anyhow::Result<Finding> {
    for command in commands {
        let typed = command.typed().to_owned();
        if !command.succeeds()? {
            return Ok(Finding::Wrong {
                what: format!("`{typed}`"),
                remedy: remedy.to_owned(),
            });
        }
    }
    Ok(Finding::Fine(fine.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Step, chosen};

    fn check(quick: bool, only: &[Step], skip: &[Step], expected: &str) {
        let steps = chosen(&Arguments {
            quick,
            only: only.to_vec(),
            skip: skip.to_vec(),
        });
        let names: Vec<_> = steps.into_iter().map(Step::name).collect();
        assert_eq!(names.join(" "), expected);
    }

    #[test]
    fn all_steps_run_in_their_order() {
        check(
            false,
            &[],
            &[],
            "fmt sources arrows trees clippy docs test workshop features package semver deny msrv bench adapters",
        );
    }

    #[test]
    fn quick_leaves_out_the_slow_ones() {
        check(
            true,
            &[],
            &[],
            "fmt sources arrows trees clippy docs test features",
        );
    }

    #[test]
    fn steps_can_be_picked_and_left_out() {
        check(false, &[Step::Bench, Step::Fmt], &[], "fmt bench");
        check(
            true,
            &[],
            &[Step::Test, Step::Features],
            "fmt sources arrows trees clippy docs",
        );
    }
}
