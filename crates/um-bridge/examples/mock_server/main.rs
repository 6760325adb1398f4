//! A small well-behaved model server, for trying the client and for tests:
//! `cargo run -p um-bridge --example mock_server -- [--port N] [--delay-ms N] [--parallel] [--wrong] [--no-gradient]`.
//!
//! The port is that of `--port`, else of the environment variable `PORT`, else 4242. Like a Python server it
//! works on one request at a time, unless `--parallel`; each takes `--delay-ms` longer than it needs.
#![allow(clippy::print_stdout, reason = "an example says where it listens")]

mod http;
mod model;

use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::Wrong;

fn main() -> ExitCode {
    let mut port = std::env::var("PORT").unwrap_or_else(|_| "4242".to_owned());
    let mut delay = Duration::ZERO;
    let mut parallel = false;
    let mut wrong = Wrong::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--port" => port = arguments.next().unwrap_or_default(),
            "--delay-ms" => {
                let milliseconds = arguments.next().and_then(|value| value.parse().ok());
                let Some(milliseconds) = milliseconds else {
                    println!("--delay-ms wants a whole number");
                    return ExitCode::from(2);
                };
                delay = Duration::from_millis(milliseconds);
            }
            "--parallel" => parallel = true,
            "--wrong" => wrong.sign = true,
            "--no-gradient" => wrong.no_gradient = true,
            other => {
                println!("unknown argument {other}");
                return ExitCode::from(2);
            }
        }
    }
    let port = port.parse::<u16>().unwrap_or_default();
    let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(listener) => listener,
        Err(error) => {
            println!("can't listen on port {port}: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("listening on port {port}");
    let one_at_a_time = Mutex::new(());
    http::serve(&listener, move |request, stream| {
        let works = matches!(
            (request.method.as_str(), request.path.as_str()),
            ("POST", "/Evaluate" | "/Gradient" | "/ApplyJacobian")
        );
        let (status, body) = {
            let _turn = (works && !parallel)
                .then(|| one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner));
            if works {
                std::thread::sleep(delay);
            }
            model::answer(&request.path, &request.body, wrong)
        };
        http::respond(stream, status, &body)
    });
    ExitCode::SUCCESS
}
