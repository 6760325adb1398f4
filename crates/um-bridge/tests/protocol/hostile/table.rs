//! What servers do that are broken, or mean it: each misbehavior at each call that it can happen at.
//!
//! Knows no client and no expectation.

use std::io::{self, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The calls of the protocol in the order in which a check makes them.
pub(crate) const CALLS: [&str; 8] = [
    "/Info",
    "/ModelInfo",
    "/InputSizes",
    "/OutputSizes",
    "/Evaluate",
    "/Gradient",
    "/ApplyJacobian",
    "/ApplyHessian",
];

/// Calls that are answered with one vector.
const VECTORS: &[&str] = &["/Gradient", "/ApplyJacobian", "/ApplyHessian"];

/// What is done in place of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// These bytes, and the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes, and nothing ever after.
    Hangs(Vec<u8>),
    /// These bytes, then those for ever, with a pause after each time.
    Forever(Vec<u8>, Vec<u8>, Duration),
    /// A whole answer with status 200 and this body.
    Body(Vec<u8>),
}

/// One misbehavior at some calls.
#[derive(Debug, Clone)]
pub(crate) struct Misbehavior {
    /// What kind of thing goes wrong.
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
    pub(crate) at: &'static [&'static str],
    pub(crate) act: Act,
}

impl Act {
    /// Whether only a time-out ends it.
    pub(crate) fn waits(&self) -> bool {
        match self {
            Self::Hangs(_) => true,
            Self::Forever(_, _, pause) => !pause.is_zero(),
            _ => false,
        }
    }

    pub(crate) fn perform(&self, stream: &mut TcpStream) -> io::Result<()> {
        match self {
            Self::Bytes(bytes) => stream.write_all(bytes),
            Self::Hangs(bytes) => {
                stream.write_all(bytes)?;
                // Longer than any time-out of these tests; the thread ends with the process.
                std::thread::sleep(Duration::from_secs(600));
                Ok(())
            }
            Self::Forever(first, then, pause) => {
                stream.write_all(first)?;
                loop {
                    stream.write_all(then)?;
                    std::thread::sleep(*pause);
                }
            }
            Self::Body(body) => {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all(&[head.as_bytes(), body].concat())
            }
        }
    }
}

/// All of them.
pub(crate) fn misbehaviors() -> Vec<Misbehavior> {
    [
        wire(),
        waiting(),
        bodies(),
        sizes(),
        declarations(),
        vectors(),
    ]
    .concat()
}

fn list(
    kind: &'static str,
    at: &'static [&'static str],
    acts: Vec<(&'static str, Act)>,
) -> Vec<Misbehavior> {
    let misbehavior = |(name, act)| Misbehavior {
        kind,
        name,
        at,
        act,
    };
    acts.into_iter().map(misbehavior).collect()
}

/// What is no HTTP, or not all of it.
fn wire() -> Vec<Misbehavior> {
    let sent = |text: &str| Act::Bytes(text.replace('\n', "\r\n").into_bytes());
    let header = |text: &str| sent(&format!("HTTP/1.1 200 OK\n{text}\n\n{{}}"));
    let acts = vec![
        ("closes at once", sent("")),
        ("half a status line", sent("HTTP/1.1 2")),
        ("half a header", sent("HTTP/1.1 200 OK\nContent-Le")),
        ("no status", sent("HTTP/1.1\n\n")),
        ("status 99", sent("HTTP/1.1 99 Low\n\n")),
        ("status 9999", sent("HTTP/1.1 9999 High\n\n")),
        ("HTTP/0.9", sent("{\"output\": [1, 2, 3]}")),
        ("HTTP/9.9", sent("HTTP/9.9 200 OK\n\n")),
        ("zeros", Act::Bytes(vec![0; 5000])),
        (
            "control characters",
            sent("\u{1b}]0;title\u{7}\u{1b}[2J\n\n"),
        ),
        ("negative length", header("Content-Length: -1")),
        ("length in words", header("Content-Length: \u{1b}[2Jtwo")),
        (
            "length beyond 64 bits",
            header("Content-Length: 99999999999999999999"),
        ),
        (
            "length of an exabyte",
            header("Content-Length: 1000000000000000000"),
        ),
        (
            "two lengths",
            header("Content-Length: 2\nContent-Length: 5"),
        ),
        ("length too long", header("Content-Length: 20")),
        (
            "length and chunks",
            header("Content-Length: 2\nTransfer-Encoding: chunked"),
        ),
        ("unknown transfer", header("Transfer-Encoding: \u{1b}[2J")),
        (
            "chunk of no size",
            header("Transfer-Encoding: chunked\n\nzz"),
        ),
        (
            "chunk of 2^64",
            sent("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nffffffffffffffff\n{}"),
        ),
        (
            "chunk beyond 64 bits",
            sent("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n1ffffffffffffffff\n{}"),
        ),
        (
            "chunk cut off",
            sent("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n20\n{}"),
        ),
        (
            "chunk without an end",
            sent("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\n{}xx"),
        ),
        (
            "negative chunk",
            sent("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n-2\n{}"),
        ),
        (
            "garbage in gzip",
            header("Content-Encoding: gzip\nContent-Length: 2"),
        ),
        ("header without a colon", header("Content-Length 2")),
        ("header of control characters", header("X-\u{1b}[2J: \u{7}")),
        (
            "header of a megabyte",
            header(&format!("X-A: {}", "a".repeat(1 << 20))),
        ),
        ("thousand headers", header(&"X-A: a\n".repeat(1000))),
        (
            "redirection to itself",
            sent("HTTP/1.1 302 Found\nLocation: /\nContent-Length: 0\n\n"),
        ),
        (
            "redirection to a file",
            sent("HTTP/1.1 307 .\nLocation: file:///etc/passwd\nContent-Length: 0\n\n"),
        ),
        (
            "redirection nowhere",
            sent("HTTP/1.1 301 .\nContent-Length: 0\n\n"),
        ),
        (
            "redirection with controls",
            sent("HTTP/1.1 308 .\nLocation: http://\u{e2}\u{80}\u{ae}x\nContent-Length: 0\n\n"),
        ),
        (
            "another protocol",
            sent("HTTP/1.1 101 Switching Protocols\nUpgrade: x\n\n"),
        ),
        (
            "continue and no more",
            sent(&"HTTP/1.1 100 Continue\n\n".repeat(200)),
        ),
        ("no content", sent("HTTP/1.1 204 No Content\n\n")),
        ("not modified", sent("HTTP/1.1 304 Not Modified\n\n")),
        (
            "who are you",
            sent("HTTP/1.1 401 .\nWWW-Authenticate: Basic\nContent-Length: 0\n\n"),
        ),
        (
            "failed with controls",
            sent("HTTP/1.1 500 \u{1b}[2J\nContent-Length: 8\n\n\u{1b}[2J\u{7}\u{9b}x"),
        ),
        (
            "a teapot",
            sent("HTTP/1.1 418 .\nContent-Length: 5\n\nshort"),
        ),
    ];
    list("wire", &CALLS, acts)
}

/// What only a time-out ends.
fn waiting() -> Vec<Misbehavior> {
    let pause = Duration::from_millis(5);
    let drip = |head: &[u8], then: &[u8]| Act::Forever(head.to_vec(), then.to_vec(), pause);
    let length = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
    let chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let acts = vec![
        ("never answers", Act::Hangs(Vec::new())),
        ("headers and no more", Act::Hangs(length.to_vec())),
        (
            "a chunk and no more",
            Act::Hangs([&chunks[..], b"2\r\n{}\r\n"].concat()),
        ),
        ("a byte at a time", drip(length, b" ")),
        ("a chunk at a time", drip(chunks, b"1\r\n \r\n")),
        (
            "continue at a time",
            drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ),
        ("status line at a time", drip(b"HTTP/1.1 200 ", b"O")),
    ];
    list("waiting", &CALLS, acts)
}

/// Bodies that fit no call.
fn bodies() -> Vec<Misbehavior> {
    let body = |text: &str| Act::Body(text.as_bytes().to_vec());
    let forever = |head: &str, then: &str| {
        let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n");
        Act::Forever(
            head.into_bytes(),
            then.repeat(1000).into_bytes(),
            Duration::ZERO,
        )
    };
    let utf16: Vec<u8> = "{\"a\": 1}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let acts = vec![
        ("nothing", body("")),
        ("blanks", body("   \n\t ")),
        ("null", body("null")),
        ("a number", body("3")),
        ("a string with controls", body("\"\\u001b[2J\\u202e\"")),
        ("raw controls in a string", body("\"\u{1b}[2J\u{7}\"")),
        ("a list", body("[1, 2, 3]")),
        ("an empty object", body("{}")),
        ("another key", body("{\"\u{202e}outputs\": []}")),
        ("half a JSON", body("{\"output\": [[1, 2")),
        ("more behind it", body("{} {}")),
        (
            "not UTF-8",
            Act::Body(b"{\"output\": \"\xff\xfe\"}".to_vec()),
        ),
        ("half a character", Act::Body(b"\"\xf0\x9f".to_vec())),
        ("UTF-16", Act::Body(utf16)),
        ("a mark before it", body("\u{feff}{}")),
        ("zero bytes", Act::Body(vec![0; 100])),
        ("half a surrogate", body("\"\\ud800\"")),
        (
            "a page",
            body("<!DOCTYPE html><title>\u{1b}]0;x\u{7}</title>"),
        ),
        ("Python", body("{'output': [array([1.])]}")),
        ("lists in lists", body(&"[".repeat(200_000))),
        ("objects in objects", body(&"{\"a\":".repeat(100_000))),
        (
            "lists in lists, closed",
            body(&("[".repeat(1000) + &"]".repeat(1000))),
        ),
        (
            "a million empty lists",
            body(&format!("[{}[]]", "[],".repeat(300_000))),
        ),
        (
            "a million keys",
            body(&format!("{{{}\"b\":0}}", "\"a\":0,".repeat(100_000))),
        ),
        ("two megabytes of blanks", body(&" ".repeat(2 << 20))),
        (
            "a string of two megabytes",
            body(&format!("\"{}\"", "a".repeat(2 << 20))),
        ),
        ("a number of a megabyte", body(&"1".repeat(1 << 20))),
        ("a body without end", forever("Connection: close", "[1,")),
        ("a string without end", forever("Connection: close", "\"")),
        (
            "chunks without end",
            forever("Transfer-Encoding: chunked", "3\r\n[1,\r\n"),
        ),
        (
            "a length without end",
            forever("Content-Length: 1048576000", "1"),
        ),
        (
            "an error with controls",
            body("{\"error\": {\"type\": \"\\u001b[2J\", \"message\": \"a\\nerror: \\u202eb\"}}"),
        ),
        (
            "an error of a megabyte",
            body(&format!(
                "{{\"error\": {{\"message\": \"{}\"}}}}",
                "a".repeat(1_000_000)
            )),
        ),
        ("an error that is a list", body("{\"error\": [1, 2]}")),
        ("an error that is null", body("{\"error\": null}")),
    ];
    list("body", &CALLS, acts)
}

/// Sizes that no model has.
fn sizes() -> Vec<Misbehavior> {
    let of = |list: &str| {
        let text = format!("{{\"inputSizes\": {list}, \"outputSizes\": {list}}}");
        Act::Body(text.into_bytes())
    };
    let many =
        |size: &str, count: usize| of(&format!("[{}{size}]", format!("{size},").repeat(count - 1)));
    let acts = vec![
        ("-1", of("[-1]")),
        ("-0.5", of("[-0.5]")),
        ("1.5", of("[3, 1.5]")),
        ("a string", of("[\"3\"]")),
        ("a string with controls", of("[\"\\u001b[2J\\u0007\"]")),
        ("null", of("[null]")),
        ("NaN", of("[NaN]")),
        ("infinity", of("[Infinity]")),
        ("true", of("[true]")),
        ("a list in it", of("[[3]]")),
        ("no list", of("3")),
        ("an object", of("{\"0\": 3}")),
        ("1e12", of("[1000000000000]")),
        ("1e12 as a float", of("[1e12]")),
        ("1e18", of("[1000000000000000000]")),
        ("1e18 as a float", of("[1e18]")),
        ("2^64 - 1", of("[18446744073709551615]")),
        ("2^64", of("[18446744073709551616]")),
        ("1e400", of("[1e400]")),
        ("3e8", of("[300000000]")),
        ("one more than the limit", of("[1000001]")),
        (
            "two of 2^63",
            of("[9223372036854775808, 9223372036854775808]"),
        ),
        (
            "four that add up to 2^64",
            of(
                "[4611686018427387904, 4611686018427387904, 4611686018427387904, 4611686018427387904]",
            ),
        ),
        ("a million of 0", many("0", 1_000_000)),
        ("100001 of 1", many("1", 100_001)),
        ("1001 of 1", many("1", 1001)),
        (
            "ten thousand of 2^64 - 1",
            many("18446744073709551615", 10_000),
        ),
    ];
    list("sizes", &["/InputSizes", "/OutputSizes"], acts)
}

/// What no server offers, and no model supports.
fn declarations() -> Vec<Misbehavior> {
    let body = |text: String| Act::Body(text.into_bytes());
    let info = |version: &str, models: &str| {
        body(format!(
            "{{\"protocolVersion\": {version}, \"models\": {models}}}"
        ))
    };
    let offers = vec![
        ("version 0.9", info("0.9", "[\"forward\"]")),
        ("version 2", info("2", "[\"forward\"]")),
        ("version 1e308", info("1e308", "[\"forward\"]")),
        ("version NaN", info("NaN", "[\"forward\"]")),
        (
            "version in words",
            info("\"1.0\\u001b[2J\"", "[\"forward\"]"),
        ),
        ("no version", body("{\"models\": [\"forward\"]}".to_owned())),
        ("no models", body("{\"protocolVersion\": 1.0}".to_owned())),
        ("no model", info("1.0", "[]")),
        ("a model that is a number", info("1.0", "[1]")),
        ("a model that is a list", info("1.0", "[[\"forward\"]]")),
        ("models that are a string", info("1.0", "\"forward\"")),
        (
            "two models with controls",
            info("1.0", "[\"a\\u001b[2J\\nerror: b\", \"\\u202ec\\u200b\"]"),
        ),
        (
            "ten thousand models",
            info("1.0", &format!("[{}\"b\"]", "\"a\",".repeat(9000))),
        ),
        (
            "two names of 300 kilobytes",
            info("1.0", &format!("[\"{0}\", \"{0}b\"]", "a".repeat(300_000))),
        ),
    ];
    let support = |support: &str| body(format!("{{\"support\": {support}}}"));
    let supports = vec![
        ("no support", body("{\"Evaluate\": true}".to_owned())),
        (
            "support in words",
            support("{\"Evaluate\": \"\\u001b[2Jyes\"}"),
        ),
        ("support by number", support("{\"Evaluate\": 1}")),
        (
            "support of null",
            support("{\"Evaluate\": true, \"Gradient\": null}"),
        ),
        ("support as a list", support("[\"Evaluate\", \"Gradient\"]")),
        ("nothing supported", support("{\"Evaluate\": false}")),
    ];
    let mut all = list("offers", &["/Info"], offers);
    all.extend(list("support", &["/ModelInfo"], supports));
    all
}

/// Vectors of other shapes than the model declares.
fn vectors() -> Vec<Misbehavior> {
    let of = |list: &str| Act::Body(format!("{{\"output\": {list}}}").into_bytes());
    let acts = vec![
        ("no number", of("[]")),
        ("one too few", of("[1, 2]")),
        ("one too many", of("[1, 2, 3, 4]")),
        (
            "twenty thousand",
            of(&format!("[{}1]", "1,".repeat(20_000))),
        ),
        ("five thousand", of(&format!("[{}1]", "1,".repeat(5000)))),
        ("no list", of("3")),
        ("null", of("null")),
        ("an object", of("{\"0\": 1, \"1\": 2, \"2\": 3}")),
        ("a list in it", of("[1, 2, [3]]")),
        ("a word", of("[1, 2, \"three\\u001b[2J\"]")),
        ("a number in quotes", of("[1, 2, \"3\"]")),
        ("true", of("[1, 2, true]")),
        ("1e400", of("[1, 2, 1e400]")),
        ("hexadecimal", of("[1, 2, 0x3]")),
        ("NumPy", of("[np.float64(1.0), 2, 3]")),
    ];
    let lists = vec![
        ("no list of lists", of("[]")),
        ("one list too few", of("[[1, 2, 3]]")),
        ("one list too many", of("[[1, 2, 3], [4], []]")),
        ("one number too many", of("[[1, 2, 3], [4, 5]]")),
        ("lists that are swapped", of("[[4], [1, 2, 3]]")),
        ("one long list", of("[[1, 2, 3, 4]]")),
        ("no lists in it", of("[1, 2, 3, 4]")),
        ("lists too deep", of("[[[1, 2, 3]], [[4]]]")),
        (
            "five thousand lists",
            of(&format!("[{}[]]", "[],".repeat(5000))),
        ),
        ("an object for a list", of("[{\"0\": 1}, [4]]")),
        ("a list of null", of("[null, null]")),
        ("a word in it", of("[[1, 2, \"\\u202e3\"], [4]]")),
        ("1e400 in it", of("[[1, 2, 1e400], [4]]")),
    ];
    let mut all = list("vector", VECTORS, acts);
    all.extend(list("vectors", &["/Evaluate"], lists));
    all
}
