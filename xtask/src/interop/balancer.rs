//! Two servers of a slow model behind HAProxy: the same report as from one, and the speedup.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use um_bridge::{Server, SpawnSettings};

use super::gradcheck::Gradcheck;
use super::python::Python;
use crate::environment::{packages, silently};

/// Where Debian installs it; that folder is only in root's PATH.
const PLACES: [&str; 2] = ["haproxy", "/usr/sbin/haproxy"];

/// The path of the program, which is installed if it is missing and that is permitted.
pub(super) fn haproxy(install: bool) -> Result<PathBuf, String> {
    let found = || {
        let mut places = PLACES.iter();
        places.find(|place| silently(Command::new(place).arg("-v")))
    };
    if let Some(place) = found() {
        return Ok(PathBuf::from(place));
    }
    let failed = match install {
        true => packages(&["haproxy"]).err(),
        false => None,
    };
    if let Some(place) = found() {
        return Ok(PathBuf::from(place));
    }
    let why = failed.map_or_else(String::new, |error| format!(" ({error})"));
    Err(format!(
        "HAProxy is missing and could not be installed{why}: install the package haproxy, and run this command again"
    ))
}

/// Checks the slow model in one server, in two behind the balancer, and in the same two by their own URLs.
///
/// # Errors
/// If a server does not start; a report that differs is `Ok(Err(…))`.
pub(super) fn run(
    haproxy: &Path,
    python: &Python,
    gradcheck: &Gradcheck,
) -> anyhow::Result<Result<String, String>> {
    let server = || Server::spawn(&python.serving("more_models.py"), &SpawnSettings::default());
    let (first, second) = (server()?, server()?);
    let command = format!(
        "env MODEL_1={} MODEL_2={} '{}' -db -f '{}'",
        port(&first),
        port(&second),
        haproxy.display(),
        python.example("../haproxy.cfg"),
    );
    let balancer = Server::spawn(&command, &SpawnSettings::default())?;
    Ok(compared(
        gradcheck,
        [first.url(), second.url()],
        balancer.url(),
    ))
}

fn port(server: &Server) -> &str {
    server.url().rsplit(':').next().unwrap_or_default()
}

fn compared(
    gradcheck: &Gradcheck,
    [first, second]: [&str; 2],
    balancer: &str,
) -> Result<String, String> {
    let check = |urls: &[&str]| {
        let mut arguments: Vec<String> = urls.iter().map(|&url| url.to_owned()).collect();
        arguments.extend(["--model", "slow", "--jobs", "4"].map(str::to_owned));
        let said = gradcheck.model(&arguments)?;
        if said.code != Some(0) {
            return Err(format!(
                "exit code {:?} at {}: {}",
                said.code,
                urls.join(" "),
                said.error
            ));
        }
        Ok(said.report)
    };
    let one = check(&[first])?;
    let both = check(&[balancer])?;
    let direct = check(&[first, second])?;
    let [alone, balanced, by_url] = [&one, &both, &direct].map(seconds);
    let evaluations = &one["checks"][0]["evaluations"];
    println!("  {evaluations} evaluations and some gradients, --jobs 4");
    println!("  one server                  {alone:6.2} s");
    println!(
        "  two behind the balancer     {balanced:6.2} s  {:.2} times as fast",
        alone / balanced
    );
    println!(
        "  two by their own URLs       {by_url:6.2} s  {:.2} times as fast",
        alone / by_url
    );
    let one = comparable(one);
    for (report, place) in [(both, "behind the balancer"), (direct, "by their own URLs")] {
        let report = comparable(report);
        if report != one {
            return Err(format!(
                "the report of two servers {place} differs:\n{one}\n{report}"
            ));
        }
    }
    Ok(format!("{}, three times", one["verdict"]))
}

fn seconds(report: &Value) -> f64 {
    report["seconds"].as_f64().unwrap_or(f64::NAN)
}

/// A report without what may differ: its duration and its URL.
fn comparable(mut report: Value) -> Value {
    fn visit(value: &mut Value) {
        match value {
            Value::Object(object) => {
                for key in ["seconds", "command", "urls", "jobs"] {
                    object.remove(key);
                }
                object.values_mut().for_each(visit);
            }
            Value::Array(list) => list.iter_mut().for_each(visit),
            _ => {}
        }
    }
    visit(&mut report);
    report
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use serde_json::json;

    use super::comparable;

    #[test]
    fn only_what_is_measured_may_differ() {
        let report = json!({"verdict": "agree", "seconds": 1.0, "model": {"urls": ["a"], "jobs": 4, "name": "m"},
            "checks": [{"seconds": 2.0, "difference": 1e-9}]});
        let left =
            json!({"verdict": "agree", "model": {"name": "m"}, "checks": [{"difference": 1e-9}]});
        assert_eq!(comparable(report), left);
    }

    #[test]
    fn the_documents_show_the_configuration_that_is_tested() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let read = |path: &str| std::fs::read_to_string(format!("{root}/{path}")).unwrap();
        assert!(read("docs/how-to/large-models.md").contains(&read("examples/haproxy.cfg")));
    }
}
