//! The command against servers that are broken or mean it: exit code 2, one message, and nothing that moves a cursor.

#[path = "../../../../um-bridge/tests/protocol/hostile/table.rs"]
mod table;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use finite_diff::printable::is_hidden;
use serde_json::json;

use super::mock::{Fault, Mock, answer};
use super::refused;
use crate::tool::{Run, run};
use table::{Misbehavior, misbehaviors};

/// Runs at a time.
const RUNS: usize = 4;

/// Answers the requests of one connection: right ones, but for the call at which it misbehaves, as the path says.
fn serve(mut stream: TcpStream, cases: &[(Misbehavior, &str)]) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body)?;
        let target = head.split(' ').nth(1).unwrap_or_default();
        let (number, path) = target[1..].split_at(target[1..].find('/').unwrap());
        let (misbehavior, call) = &cases[number.parse::<usize>().unwrap()];
        if path == call.to_lowercase() {
            misbehavior.act.perform(&mut stream)?;
            if !matches!(misbehavior.act, table::Act::Body(_)) {
                return Ok(());
            }
            continue;
        }
        let path = table::CALLS
            .iter()
            .find(|known| known.to_lowercase() == path);
        let request = serde_json::from_slice(&body).unwrap_or_default();
        let (status, answer) = answer(path.unwrap(), &request, Fault::Hessian(1.0), 0);
        let answer = answer.to_string();
        let length = answer.len();
        let answer = format!("HTTP/1.1 {status} .\r\nContent-Length: {length}\r\n\r\n{answer}");
        stream.write_all(answer.as_bytes())?;
    }
}

/// Every misbehavior at one of its calls, each at the next one.
fn cases() -> Vec<(Misbehavior, &'static str)> {
    let all = misbehaviors().into_iter().enumerate();
    all.map(|(i, misbehavior)| {
        // This model has no Jacobian action.
        let calls = misbehavior
            .at
            .iter()
            .filter(|call| **call != "/ApplyJacobian");
        let calls: Vec<&'static str> = calls.copied().collect();
        (misbehavior, calls[i % calls.len()])
    })
    .collect()
}

fn start() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let cases = cases();
        std::thread::scope(|scope| {
            for stream in listener.incoming().flatten() {
                // A client that goes away is none of our business.
                scope.spawn(|| drop(serve(stream, &cases)));
            }
        });
    });
    port
}

#[test]
fn each_is_refused() {
    let cases = cases();
    assert!(cases.len() >= 140, "{}", cases.len());
    let port = start();
    let next = AtomicUsize::new(0);
    let failures: Mutex<Vec<String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..RUNS {
            scope.spawn(|| {
                while let Some((number, (misbehavior, call))) = {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    cases.get(number).map(|case| (number, case))
                } {
                    let timeout = if misbehavior.act.waits() { "0.3" } else { "60" };
                    let line =
                        format!("http://127.0.0.1:{port}/{number} --timeout {timeout} --retries 0");
                    let run = run(&format!("model {line}"));
                    if let Err(why) = judged(&run) {
                        let what = (misbehavior.kind, misbehavior.name, call);
                        failures.lock().unwrap().push(format!(
                            "{what:?}: {why}\n{}: {}{:?}",
                            run.code, run.stdout, run.stderr
                        ));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What is not as it should be.
fn judged(run: &Run) -> Result<(), &'static str> {
    let lines = || run.stdout.lines().chain(run.stderr.lines());
    let errors = run.stderr.matches("error: ").count();
    match () {
        () if run.code != 2 => Err("another exit code"),
        () if !run.stderr.starts_with("error: ") => Err("no message"),
        // A server's own word for its failure may be that one.
        () if errors > 2 || run.stderr.lines().count() != 1 => Err("more than one message"),
        () if run.stderr.contains("panicked") => Err("a panic"),
        () if lines().any(|line| line.contains(is_hidden)) => Err("control characters"),
        () if run.stderr.chars().count() > 3000 => Err("a long message"),
        () => Ok(()),
    }
}

#[test]
fn sizes_are_refused_before_anything_is_made_of_them() {
    let of = |sizes: serde_json::Value| {
        Mock::with(move |path, request, calls| {
            Some(match path {
                "/InputSizes" => (200, json!({"inputSizes": sizes})),
                _ => answer(path, request, Fault::None, calls),
            })
        })
    };
    let messages = [
        json!([1_000_000_000_000_u64]),
        json!([u64::MAX]),
        json!([1_u64 << 63, 1_u64 << 63]),
        json!(vec![1; 1001]),
        json!([-1]),
        json!([2.5]),
    ];
    let messages = messages.map(|sizes| refused(&of(sizes), ""));
    insta::assert_snapshot!(messages.concat(), @r#"
    error: the model `forward` at http://127.0.0.1:PORT declares 1 input vector with 1000000000000 numbers in all, which exceeds the limit of 1000000 numbers (a vector counts as at least 1000): if the model really is that large, raise the limit with --max-size
    error: the model `forward` at http://127.0.0.1:PORT declares 1 input vector with 18446744073709551615 numbers in all, which exceeds the limit of 1000000 numbers (a vector counts as at least 1000): if the model really is that large, raise the limit with --max-size
    error: the model `forward` at http://127.0.0.1:PORT declares 2 input vectors with 18446744073709551615 numbers in all, which exceeds the limit of 1000000 numbers (a vector counts as at least 1000): if the model really is that large, raise the limit with --max-size
    error: the model `forward` at http://127.0.0.1:PORT declares 1001 input vectors with 1001 numbers in all, which exceeds the limit of 1000000 numbers (a vector counts as at least 1000): if the model really is that large, raise the limit with --max-size
    error: POST http://127.0.0.1:PORT/InputSizes: in the answer, `inputSizes[0]` should be a nonnegative integer, but is the number -1: `{"inputSizes":[-1]}`
    error: POST http://127.0.0.1:PORT/InputSizes: in the answer, `inputSizes[0]` should be a nonnegative integer, but is the number 2.5: `{"inputSizes":[2.5]}`
    "#);
    // As large as one says that it may be.
    let large = of(json!([2_000_000]));
    assert!(refused(&large, "").contains("with --max-size"));
    let said = refused(&large, "--max-size 3000000 --timeout 20 --retries 0");
    assert!(!said.contains("--max-size"), "{said}");
}
