//! Every misbehavior of the table at every call: an error that says where, in time, and nothing that moves a cursor.

pub(crate) mod table;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use finite_diff::printable::is_hidden;
use um_bridge::{Client, Error, Model, Problem, Settings};

use crate::http::{Next, respond, serve};
use crate::mock::POINT;
use table::{Misbehavior, misbehaviors};

/// Callers at a time.
const CALLERS: usize = 8;

/// A misbehavior at one call.
struct Case {
    misbehavior: Misbehavior,
    call: &'static str,
}

fn cases() -> Vec<Case> {
    let at_each = |misbehavior: Misbehavior| {
        misbehavior.at.iter().map(move |call| Case {
            misbehavior: misbehavior.clone(),
            call,
        })
    };
    misbehaviors().into_iter().flat_map(at_each).collect()
}

/// The answer of a good server to a call.
fn good(path: &str) -> &'static str {
    match path {
        "/Info" => r#"{"protocolVersion": 1.0, "models": ["forward"]}"#,
        "/ModelInfo" => {
            r#"{"support": {"Evaluate": true, "Gradient": true, "ApplyJacobian": true, "ApplyHessian": true}}"#
        }
        "/InputSizes" => r#"{"inputSizes": [3, 2]}"#,
        "/OutputSizes" => r#"{"outputSizes": [3, 1]}"#,
        "/Evaluate" => r#"{"output": [[1, 2, 3], [4]]}"#,
        _ => r#"{"output": [1, 2, 3]}"#,
    }
}

/// A server that misbehaves as the number says that its path begins with.
fn start() -> u16 {
    let cases = cases();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        serve(
            &listener,
            move |request, stream: &mut TcpStream| -> io::Result<Next> {
                let rest = &request.path[1..];
                let slash = rest.find('/').unwrap();
                let (number, path) = rest.split_at(slash);
                let case = &cases[number.parse::<usize>().unwrap()];
                if path != case.call {
                    return respond(stream, "200 OK", good(path));
                }
                case.misbehavior.act.perform(stream)?;
                Ok(match case.misbehavior.act {
                    table::Act::Body(_) => Next::Keep,
                    _ => Next::Close,
                })
            },
        );
    });
    port
}

/// Every call of the protocol once.
fn use_all(url: &str, settings: Settings) -> Result<(), Error> {
    let model = Model::open(Client::new(&[url], settings)?, None, serde_json::Map::new())?;
    model.evaluate(&POINT)?;
    model.gradient(0, 0, &POINT, &[1.0; 3])?;
    model.apply_jacobian(0, 0, &POINT, &[1.0; 3])?;
    model.apply_hessian(0, [0, 0], &POINT, &[1.0; 3], &[1.0; 3])?;
    Ok(())
}

/// What kind of error it is.
fn kind(error: &Error) -> &'static str {
    let Error::Call(call) = error else {
        return match error {
            Error::Version { .. } => "version",
            Error::WhichModel { .. } => "which model",
            Error::Oversize { .. } => "oversize",
            Error::Unsupported { .. } => "unsupported",
            other => panic!("{other}"),
        };
    };
    match call.problem {
        Problem::Connect { .. } => "connect",
        Problem::Closed { .. } => "closed",
        Problem::Timeout { .. } => "timeout",
        Problem::Http { .. } => "no HTTP",
        Problem::TooLarge { .. } => "too large",
        Problem::Redirect { .. } => "redirect",
        Problem::Status { .. } => "status",
        Problem::Refused { .. } => "refused",
        Problem::Json { .. } => "no JSON",
        Problem::Shape { .. } => "shape",
        Problem::Sizes { .. } => "sizes",
        ref other => panic!("{other}"),
    }
}

/// What an error must say, whatever it is about.
fn is_sound(error: &Error, case: &Case, url: &str) {
    let said = error.to_string();
    let what = (case.misbehavior.name, case.call);
    assert!(!said.contains(is_hidden), "{what:?}: {said:?}");
    assert!(said.chars().count() <= 2500, "{what:?}: {}", said.len());
    assert!(said.contains(url), "{what:?}: {said}");
    if let Error::Call(call) = error
        && !case.misbehavior.act.waits()
    {
        assert_eq!(call.call.path(), case.call, "{what:?}: {said}");
        assert!(said.contains(case.call), "{what:?}: {said}");
    }
}

#[test]
fn each_has_its_error() {
    let cases = cases();
    let port = start();
    let next = AtomicUsize::new(0);
    let outcomes: Mutex<Vec<(usize, &'static str)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                while let Some((number, case)) = {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    cases.get(number).map(|case| (number, case))
                } {
                    let url = format!("http://127.0.0.1:{port}/{number}");
                    // Those that answer may be kept waiting by other tests.
                    let timeout = Duration::from_millis(match case.misbehavior.act.waits() {
                        true => 200,
                        false => 30_000,
                    });
                    let settings = Settings {
                        timeout,
                        retries: 0,
                        ..Settings::default()
                    };
                    let kind = match use_all(&url, settings) {
                        Ok(()) => "taken",
                        Err(error) => {
                            is_sound(&error, case, &url);
                            kind(&error)
                        }
                    };
                    outcomes.lock().unwrap().push((number, kind));
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    assert_eq!(outcomes.len(), cases.len());
    // One line a misbehavior: at how many calls it came to what.
    let mut counts: Vec<BTreeMap<&str, usize>> = Vec::new();
    let mut names: Vec<(&str, &str)> = Vec::new();
    let mut outcomes: Vec<_> = outcomes.into_iter().collect();
    outcomes.sort_unstable();
    for (number, kind) in outcomes {
        let misbehavior = &cases[number].misbehavior;
        let name = (misbehavior.kind, misbehavior.name);
        if names.last() != Some(&name) {
            names.push(name);
            counts.push(BTreeMap::new());
        }
        if let Some(counts) = counts.last_mut() {
            *counts.entry(kind).or_default() += 1;
        }
    }
    let lines = names.iter().zip(&counts).map(|((kind, name), counts)| {
        let counts: Vec<String> = counts
            .iter()
            .map(|(what, n)| format!("{what} {n}"))
            .collect();
        format!("{kind}: {name}: {}\n", counts.join(", "))
    });
    let table = format!("{} cases\n{}", cases.len(), lines.collect::<String>());
    insta::assert_snapshot!("hostile", table);
}
