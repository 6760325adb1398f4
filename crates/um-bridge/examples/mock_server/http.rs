//! As much of an HTTP server as a model server needs: one thread a connection, requests with a length.
//!
//! Knows nothing of models.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// A request that was read to its end.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

/// Whether a connection is used again.
#[derive(PartialEq, Eq)]
pub(crate) enum Next {
    Keep,
    #[allow(dead_code, reason = "only servers that misbehave close")]
    Close,
}

/// Serves until the process ends. `handle` gets each request and writes the answer itself.
pub(crate) fn serve(
    listener: &TcpListener,
    handle: impl Fn(&Request, &mut TcpStream) -> io::Result<Next> + Send + Sync + 'static,
) {
    let handle = Arc::new(handle);
    for stream in listener.incoming().flatten() {
        let handle = Arc::clone(&handle);
        std::thread::spawn(move || {
            // A client that goes away is none of our business.
            let _ = connection(stream, &*handle);
        });
    }
}

/// Writes a complete answer.
pub(crate) fn respond(stream: &mut TcpStream, status: &str, body: &str) -> io::Result<Next> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // In one piece: else the second waits for the acknowledgement of the first.
    stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice())?;
    Ok(Next::Keep)
}

fn connection(
    mut stream: TcpStream,
    handle: &(impl Fn(&Request, &mut TcpStream) -> io::Result<Next> + ?Sized),
) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(request) = read(&mut reader)? {
        if handle(&request, &mut stream)? == Next::Close {
            break;
        }
    }
    Ok(())
}

fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let mut length = 0;
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Request { method, path, body }))
}
