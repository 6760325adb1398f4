//! What the run ran on, and each engine's peak of resident memory, in a process of its own.
//!
//! Takes the arguments that criterion takes, since cargo gives the same to every benchmark; of them it
//! looks at `--test` and at the filter.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::process::Command;

use benches::{
    ALONE, ENGINES, Extent, FILE, Id, MEMORY_SIZE, Machine, Memory, ONE, output_folder, peak_memory,
};

/// Tells the process that it is a child, and what to run.
const CHILD: &str = "BENCHES_MEMORY_OF";
/// Those of criterion's flags that are followed by a value.
const WITH_VALUE: [&str; 17] = [
    "--color",
    "--colour",
    "--save-baseline",
    "--baseline",
    "--baseline-lenient",
    "--format",
    "--load-baseline",
    "--output-format",
    "--plotting-backend",
    "--profile-time",
    "--sample-size",
    "--warm-up-time",
    "--measurement-time",
    "--nresamples",
    "--noise-threshold",
    "--confidence-level",
    "--significance-level",
];

fn main() -> Result<(), Box<dyn Error>> {
    if let Ok(engine) = env::var(CHILD) {
        return child(&engine);
    }
    let arguments: Vec<String> = env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let filter = filter(&arguments);
    let is_wanted = |engine: &str| filter.is_none_or(|words| Id::memory(engine).contains(words));
    // Before the children add to the load.
    let here = Machine::here(arguments.clone(), Vec::new());
    let names = [ALONE]
        .into_iter()
        .chain(ENGINES.iter().map(|engine| engine.name));
    let mut memory = Vec::new();
    for engine in names.filter(|name| is_wanted(name)) {
        let peak = parent(engine)?;
        writeln!(io::stdout(), "{}: peak {peak} KiB", Id::memory(engine))?;
        memory.push(Memory {
            engine: engine.to_owned(),
            peak,
        });
    }
    // A part of the run would pass for the whole.
    if filter.is_some()
        || arguments
            .iter()
            .any(|word| word == "--test" || word == "--list")
    {
        return Ok(());
    }
    let folder = output_folder(&env::current_exe()?).ok_or("no folder to write to")?;
    fs::create_dir_all(&folder)?;
    let text = serde_json::to_string_pretty(&Machine { memory, ..here })?;
    fs::write(folder.join(FILE), text)?;
    Ok(())
}

/// The first word that is neither a flag nor a flag's value.
fn filter(arguments: &[String]) -> Option<&str> {
    let mut words = arguments.iter().map(String::as_str);
    while let Some(word) = words.next() {
        if WITH_VALUE.contains(&word) {
            words.next();
        } else if !word.starts_with('-') {
            return Some(word);
        }
    }
    None
}

/// Runs the engine in a process of its own and reads its peak.
fn parent(engine: &str) -> Result<u64, Box<dyn Error>> {
    let output = Command::new(env::current_exe()?)
        .env(CHILD, engine)
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{}: {error}", Id::memory(engine)).into());
    }
    Ok(text.trim().parse()?)
}

/// Runs it once and prints the peak; 0 where the system doesn't tell.
fn child(name: &str) -> Result<(), Box<dyn Error>> {
    if let Some(engine) = ENGINES.iter().find(|engine| engine.name == name) {
        (engine.run)(&MEMORY_SIZE.problem(engine.extent)?, ONE)?;
    } else {
        MEMORY_SIZE.problem(Extent::All)?;
    }
    writeln!(io::stdout(), "{}", peak_memory().unwrap_or(0))?;
    Ok(())
}
