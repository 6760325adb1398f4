//! Servers that misbehave in one way and are good in all others.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use um_bridge::{Client, Error, Model, Settings};

use crate::http::{Next, Request, respond, serve};
use crate::model::{Wrong, answer};

pub(crate) struct Mock {
    pub(crate) url: String,
    port: u16,
    /// How many requests came.
    pub(crate) requests: Arc<AtomicUsize>,
}

impl Mock {
    /// A server on a port of its own; it lives as long as the test's process.
    pub(crate) fn start(
        handle: impl Fn(&Request, &mut TcpStream) -> io::Result<Next> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        std::thread::spawn(move || {
            serve(&listener, move |request, stream| {
                counter.fetch_add(1, Ordering::Relaxed);
                handle(request, stream)
            });
        });
        Self {
            url: format!("http://127.0.0.1:{port}"),
            port,
            requests,
        }
    }

    pub(crate) fn good() -> Self {
        Self::start(good)
    }

    /// Good, but for `path`.
    pub(crate) fn faulty(
        path: &'static str,
        fault: impl Fn(&mut TcpStream) -> io::Result<Next> + Send + Sync + 'static,
    ) -> Self {
        Self::start(move |request, stream| {
            if request.path == path {
                fault(stream)
            } else {
                good(request, stream)
            }
        })
    }

    /// Good, but answers `body` with 200 at `path`.
    pub(crate) fn answering(path: &'static str, body: &'static str) -> Self {
        Self::faulty(path, move |stream| respond(stream, "200 OK", body))
    }

    pub(crate) fn open(&self) -> Result<Model, Error> {
        open(&[&self.url])
    }

    /// A text without the port, which is another one each time.
    pub(crate) fn redact(&self, text: &str) -> String {
        text.replace(&self.port.to_string(), "PORT")
    }
}

pub(crate) fn good(request: &Request, stream: &mut TcpStream) -> io::Result<Next> {
    let (status, body) = answer(&request.path, &request.body, Wrong::default());
    respond(stream, status, &body)
}

/// Writes as it is, and closes.
pub(crate) fn raw(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<Next> {
    stream.write_all(bytes)?;
    stream.shutdown(Shutdown::Both)?;
    Ok(Next::Close)
}

/// Longer than any time-out of these tests; the thread ends with the process.
pub(crate) fn hang() -> io::Result<Next> {
    std::thread::sleep(Duration::from_secs(600));
    Ok(Next::Close)
}

pub(crate) fn hurried() -> Settings {
    Settings {
        timeout: Duration::from_secs(1),
        connect_timeout: Duration::from_secs(1),
        retries: 2,
        backoff: Duration::from_millis(5),
        ..Settings::default()
    }
}

/// For servers that are to answer: they may be kept waiting by other tests.
pub(crate) fn unhurried() -> Settings {
    Settings {
        timeout: Duration::from_secs(20),
        connect_timeout: Duration::from_secs(20),
        ..hurried()
    }
}

pub(crate) fn open_with(urls: &[&str], settings: Settings) -> Result<Model, Error> {
    Model::open(Client::new(urls, settings)?, None, serde_json::Map::new())
}

pub(crate) fn open(urls: &[&str]) -> Result<Model, Error> {
    open_with(urls, unhurried())
}

pub(crate) const POINT: [&[f64]; 2] = [&[1.0, 2.0, 3.0], &[0.0, 1.0]];
