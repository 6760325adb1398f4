//! Several servers of one model, and many threads that call them.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use insta::assert_snapshot;

use crate::http::{Next, Request, respond};
use crate::mock::{Mock, POINT, good, hang, hurried, open, open_with, raw, unhurried};

fn calls_on_threads(model: &um_bridge::Model, threads: usize, each: usize) {
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..each {
                    assert_eq!(model.evaluate(&POINT).unwrap()[0][1], 2.0);
                }
            });
        }
    });
}

#[test]
fn the_work_is_shared_and_nobody_waits_for_a_busy_server() {
    let (a, b) = (Mock::good(), Mock::good());
    let model = open(&[&a.url, &b.url]).unwrap();
    calls_on_threads(&model, 4, 25);
    // Four calls each to open, and 100 in all.
    let counts = [&a, &b].map(|mock| mock.requests.load(Ordering::Relaxed) - 4);
    assert_eq!(counts.iter().sum::<usize>(), 100);
    assert!(counts.iter().all(|count| *count >= 10), "{counts:?}");
    assert!(model.client().troubles().is_empty());
}

/// Four threads at two servers: never three calls at one of them.
#[test]
fn the_least_busy_is_next() {
    let largest = Arc::new(AtomicUsize::new(0));
    let counting = || {
        let (busy, largest) = (AtomicUsize::new(0), Arc::clone(&largest));
        Mock::start(
            move |request: &Request, stream: &mut TcpStream| -> io::Result<Next> {
                if request.path == "/Evaluate" {
                    let now = busy.fetch_add(1, Ordering::SeqCst) + 1;
                    largest.fetch_max(now, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    busy.fetch_sub(1, Ordering::SeqCst);
                }
                good(request, stream)
            },
        )
    };
    let (a, b) = (counting(), counting());
    let model = open(&[&a.url, &b.url]).unwrap();
    calls_on_threads(&model, 4, 10);
    assert!(largest.load(Ordering::SeqCst) <= 2);
}

#[test]
fn one_of_two_dies_in_the_middle() {
    let dead = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&dead);
    let dying = Mock::start(move |request, stream| {
        if flag.load(Ordering::Relaxed) {
            raw(stream, b"")
        } else {
            good(request, stream)
        }
    });
    let living = Mock::good();
    let model = open(&[&dying.url, &living.url]).unwrap();
    calls_on_threads(&model, 2, 5);
    dead.store(true, Ordering::Relaxed);
    calls_on_threads(&model, 4, 20);
    let troubles = model.client().troubles();
    assert_eq!(troubles.len(), 1);
    assert_eq!(troubles[0].url, dying.url);
    assert!(troubles[0].at_the_end);
    // It rests longer and longer, so that it is hardly asked any more.
    assert!(troubles[0].failures < 40, "{}", troubles[0].failures);
}

#[test]
fn one_of_two_hangs() {
    let hanging = Mock::faulty("/Evaluate", |_| hang());
    let living = Mock::good();
    let model = open_with(&[&hanging.url, &living.url], hurried()).unwrap();
    calls_on_threads(&model, 2, 5);
    assert!(!model.client().troubles().is_empty());
}

#[test]
fn one_of_two_talks_nonsense() {
    let wrong = Mock::answering("/Evaluate", r#"{"output": [[1.0]]}"#);
    let living = Mock::good();
    let model = open(&[&wrong.url, &living.url]).unwrap();
    calls_on_threads(&model, 2, 5);
    let text = wrong.redact(&model.client().troubles()[0].to_string());
    let (_, problem) = text.split_once("last, ").unwrap();
    assert_snapshot!(problem, @r#"at Evaluate: the answer has outputs of the sizes [1], but the model declares [3, 1]: `{"output": [[1.0]]}`"#);
}

#[test]
fn one_of_three_is_not_there_at_the_start() {
    let (a, b) = (Mock::good(), Mock::good());
    let gone = Mock::start(|_, stream| raw(stream, b""));
    let model = open(&[&gone.url, &a.url, &b.url]).unwrap();
    assert!(model.evaluate(&POINT).is_ok());
    assert_eq!(model.client().troubles()[0].url, gone.url);
}

#[test]
fn all_of_two_are_gone() {
    let gone = || Mock::faulty("/Evaluate", |stream| raw(stream, b""));
    let (a, b) = (gone(), gone());
    let model = open(&[&a.url, &b.url]).unwrap();
    let error = model.evaluate(&POINT).unwrap_err().to_string();
    assert_snapshot!(a.redact(&b.redact(&error)), @"POST http://127.0.0.1:PORT/Evaluate: the server closed the connection before its answer was complete (received of its body: nothing); did it crash? Check its own output (tried 4 times at 2 servers)");
    assert_eq!(model.client().troubles().len(), 2);
}

/// A refusal is the model's word: asking its twin would only repeat it.
#[test]
fn a_refusal_is_not_tried_elsewhere() {
    let refusing = || {
        Mock::faulty("/Evaluate", |stream| {
            respond(
                stream,
                "400 Bad Request",
                r#"{"error": {"type": "T", "message": "M"}}"#,
            )
        })
    };
    let (a, b) = (refusing(), refusing());
    let model = open(&[&a.url, &b.url]).unwrap();
    let before = a.requests.load(Ordering::Relaxed) + b.requests.load(Ordering::Relaxed);
    assert!(model.evaluate(&POINT).is_err());
    let after = a.requests.load(Ordering::Relaxed) + b.requests.load(Ordering::Relaxed);
    assert_eq!(after - before, 1);
    assert!(model.client().troubles().is_empty());
}

#[test]
fn different_models_are_not_mixed() {
    let a = Mock::good();
    let b = Mock::answering("/InputSizes", r#"{"inputSizes": [4, 2]}"#);
    let error = open(&[&a.url, &b.url]).unwrap_err().to_string();
    assert_snapshot!(a.redact(&b.redact(&error)), @"the model `forward` at http://127.0.0.1:PORT (inputs [4, 2], outputs [3, 1], supports Evaluate, Gradient, ApplyJacobian) differs from the one at http://127.0.0.1:PORT (inputs [3, 2], outputs [3, 1], supports Evaluate, Gradient, ApplyJacobian): give only servers of the same model");
}

#[test]
fn attempts_are_counted() {
    let (a, b) = (Mock::good(), Mock::good());
    for (status, expected) in [
        ("503 Service Unavailable", 4),
        ("500 Internal Server Error", 2),
    ] {
        let failing =
            |_: &Mock| Mock::faulty("/Evaluate", move |stream| respond(stream, status, ""));
        let (a, b) = (failing(&a), failing(&b));
        let model = open_with(&[&a.url, &b.url], unhurried()).unwrap();
        let um_bridge::Error::Call(error) = model.evaluate(&POINT).unwrap_err() else {
            panic!("no call failed")
        };
        assert_eq!((error.tries, error.servers), (expected, 2));
    }
}

#[test]
fn no_url_no_client() {
    assert_snapshot!(open(&[]).unwrap_err(), @"no URL of a model server: give at least one, such as http://localhost:4242");
}
