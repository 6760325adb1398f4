//! One misbehavior a test, and the message that it gets.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use insta::assert_snapshot;
use um_bridge::{Client, Model, Settings};

use crate::http::{Next, respond};
use crate::mock::{Mock, POINT, good, hang, hurried, open, open_with, raw, unhurried};

/// What is said where /Evaluate misbehaves.
fn at_evaluate(mock: &Mock) -> String {
    let model = mock.open().unwrap();
    mock.redact(&model.evaluate(&POINT).unwrap_err().to_string())
}

/// What is said where /Evaluate keeps the client waiting.
fn waiting(mock: &Mock) -> String {
    let model = open_with(&[&mock.url], hurried()).unwrap();
    mock.redact(&model.evaluate(&POINT).unwrap_err().to_string())
}

/// What is said where the model can't even be opened.
fn at_open(mock: &Mock) -> String {
    mock.redact(&mock.open().unwrap_err().to_string())
}

fn answered(body: &'static str) -> String {
    at_evaluate(&Mock::answering("/Evaluate", body))
}

fn with_status(status: &'static str, body: &'static str) -> String {
    at_evaluate(&Mock::faulty("/Evaluate", move |stream| {
        respond(stream, status, body)
    }))
}

fn sent(bytes: &'static str) -> String {
    at_evaluate(&Mock::faulty("/Evaluate", move |stream| {
        raw(stream, bytes.as_bytes())
    }))
}

#[test]
fn nothing_listens() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = open(&[&format!("http://127.0.0.1:{port}")])
        .unwrap_err()
        .to_string();
    assert_snapshot!(error.replace(&port.to_string(), "PORT"), @"GET http://127.0.0.1:PORT/Info: no connection: the host refused it; is the server running, and is the URL right? (tried 3 times)");
}

#[test]
fn no_such_host() {
    // What a resolver says is not ours to fix.
    let error = open(&["http://no-such-host.invalid:4242"])
        .unwrap_err()
        .to_string();
    let start = "GET http://no-such-host.invalid:4242/Info: no connection: ";
    assert!(error.starts_with(start), "{error}");
}

#[test]
fn closed_at_once() {
    assert_snapshot!(sent(""), @"POST http://127.0.0.1:PORT/Evaluate: the server closed the connection before its answer was complete (received of its body: nothing); did it crash? Check its own output (tried 3 times)");
}

#[test]
fn hangs_forever() {
    assert_snapshot!(waiting(&Mock::faulty("/Evaluate", |_| hang())), @"POST http://127.0.0.1:PORT/Evaluate: no complete answer within 1 s (received of its body: nothing); if the model needs longer, raise the time-out, otherwise check whether the server hangs");
}

#[test]
fn accepts_nothing() {
    // The system takes the connection for it; nobody ever reads.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let error = open_with(&[&format!("http://127.0.0.1:{port}")], hurried()).unwrap_err();
    assert_snapshot!(error.to_string().replace(&port.to_string(), "PORT"), @"GET http://127.0.0.1:PORT/Info: no complete answer within 1 s (received of its body: nothing); if the model needs longer, raise the time-out, otherwise check whether the server hangs");
}

#[test]
fn headers_and_then_nothing() {
    let mock = Mock::faulty("/Evaluate", |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n")?;
        hang()
    });
    assert_snapshot!(waiting(&mock), @"POST http://127.0.0.1:PORT/Evaluate: no complete answer within 1 s (received of its body: nothing); if the model needs longer, raise the time-out, otherwise check whether the server hangs");
}

#[test]
fn a_byte_at_a_time() {
    let mock = Mock::faulty("/Evaluate", |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")?;
        for _ in 0..5000 {
            // Two or three within the time-out.
            stream.write_all(b"1")?;
            std::thread::sleep(Duration::from_millis(400));
        }
        Ok(Next::Close)
    });
    let text = waiting(&mock);
    let text = text
        .replace("`111`", "`1…`")
        .replace("`11`", "`1…`")
        .replace("`1`", "`1…`");
    assert_snapshot!(text, @"POST http://127.0.0.1:PORT/Evaluate: no complete answer within 1 s (received of its body: `1…`); if the model needs longer, raise the time-out, otherwise check whether the server hangs");
}

#[test]
fn headers_a_byte_at_a_time() {
    let mock = Mock::faulty("/Evaluate", |stream| {
        for byte in b"HTTP/1.1 200 OK\r\n".iter().cycle() {
            stream.write_all(&[*byte])?;
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(Next::Close)
    });
    assert_snapshot!(waiting(&mock), @"POST http://127.0.0.1:PORT/Evaluate: no complete answer within 1 s (received of its body: nothing); if the model needs longer, raise the time-out, otherwise check whether the server hangs");
}

#[test]
fn status_500() {
    assert_snapshot!(
        with_status("500 Internal Server Error", "500 Internal Server Error\n\nServer got itself in trouble"),
        @r#"POST http://127.0.0.1:PORT/Evaluate: the answer has HTTP status 500 and the body `500 Internal Server Error\n\nServer got itself in trouble`; the model failed on the server: check the server's own output"#
    );
}

#[test]
fn status_404() {
    assert_snapshot!(with_status("404 Not Found", "404: Not Found"), @"POST http://127.0.0.1:PORT/Evaluate: the answer has HTTP status 404 and the body `404: Not Found`; is this a model server of protocol 1.0, and does the URL end just before /Info?");
}

#[test]
fn status_503_is_tried_again() {
    assert_snapshot!(with_status("503 Service Unavailable", "<h1>No server is available</h1>"), @"POST http://127.0.0.1:PORT/Evaluate: the answer has HTTP status 503 and the body `<h1>No server is available</h1>`; the server, or a proxy in front of it, is overloaded or not ready (tried 3 times)");
}

/// A load balancer, or a server that is starting, may say so in the protocol's own error object.
#[test]
fn status_503_with_the_error_object_is_tried_again() {
    let body = r#"{"error": {"type": "NotReady", "message": "starting"}}"#;
    let message = with_status("503 Service Unavailable", body);
    assert!(
        message.contains("starting") && message.ends_with("(tried 3 times)"),
        "{message}"
    );
}

#[test]
fn the_error_object() {
    let body = r#"{"error": {"type": "InvalidInput", "message": "Input 0 must be positive"}}"#;
    assert_snapshot!(with_status("400 Bad Request", body), @"POST http://127.0.0.1:PORT/Evaluate: the server returned the error InvalidInput: Input 0 must be positive");
    // Some servers send it with 200, and one may leave out a part.
    assert_snapshot!(answered(r#"{"error": {"type": "FeatureUnsupported"}}"#), @"POST http://127.0.0.1:PORT/Evaluate: the server returned the error FeatureUnsupported: (no message)");
}

#[test]
fn a_web_page() {
    assert_snapshot!(answered("<!DOCTYPE html>\n<html><head><title>Welcome</title></head></html>"), @r#"POST http://127.0.0.1:PORT/Evaluate: the answer is not valid JSON (expected value at line 1 column 1): `<!DOCTYPE html>\n<html><head><title>Welcome</title></head></html>`; it looks like a web page: is this the URL of a model server?"#);
}

#[test]
fn json_that_stops() {
    assert_snapshot!(answered(r#"{"output": [[1.0, 2.0"#), @r#"POST http://127.0.0.1:PORT/Evaluate: the answer is not valid JSON (EOF while parsing a list at line 1 column 21): `{"output": [[1.0, 2.0`"#);
}

#[test]
fn python_that_is_no_json() {
    assert_snapshot!(answered("{\"output\": [[np.float64(1.0), 2.0, 3.0], [4.0]] }"), @r#"POST http://127.0.0.1:PORT/Evaluate: the answer is not valid JSON (expected ident at line 1 column 15): `{"output": [[np.float64(1.0), 2.0, 3.0], [4.0]] }`; return lists of plain numbers, such as `.tolist()` of a NumPy array"#);
    assert_snapshot!(answered("{\"output\": [[None, 2.0, 3.0], [4.0]] }"), @r#"POST http://127.0.0.1:PORT/Evaluate: the answer is not valid JSON (expected value at line 1 column 14): `{"output": [[None, 2.0, 3.0], [4.0]] }`"#);
}

#[test]
fn wrong_number_of_outputs() {
    assert_snapshot!(answered(r#"{"output": [[1.0, 2.0, 3.0]]}"#), @r#"POST http://127.0.0.1:PORT/Evaluate: the answer has outputs of the sizes [3], but the model declares [3, 1]: `{"output": [[1.0, 2.0, 3.0]]}`"#);
}

#[test]
fn wrong_length_of_a_vector() {
    assert_snapshot!(answered(r#"{"output": [[1.0, 2.0], [3.0]]}"#), @r#"POST http://127.0.0.1:PORT/Evaluate: the answer has outputs of the sizes [2, 1], but the model declares [3, 1]: `{"output": [[1.0, 2.0], [3.0]]}`"#);
}

#[test]
fn wrong_length_of_a_gradient() {
    let mock = Mock::answering("/Gradient", r#"{"output": [1.0, 2.0]}"#);
    let error = mock
        .open()
        .unwrap()
        .gradient(1, 0, &POINT, &[1.0])
        .unwrap_err();
    assert_snapshot!(mock.redact(&error.to_string()), @r#"POST http://127.0.0.1:PORT/Gradient: the answer has 2 numbers, but the model declares 3 for input 0: `{"output": [1.0, 2.0]}`"#);
}

#[test]
fn wrong_length_of_a_jacobian_action() {
    let mock = Mock::answering("/ApplyJacobian", r#"{"output": [[1.0, 2.0, 3.0]]}"#);
    let error = mock
        .open()
        .unwrap()
        .apply_jacobian(0, 1, &POINT, &[1.0, 0.0])
        .unwrap_err();
    assert_snapshot!(mock.redact(&error.to_string()), @r#"POST http://127.0.0.1:PORT/ApplyJacobian: in the answer, `output[0]` should be a number, but is a list: `{"output": [[1.0, 2.0, 3.0]]}`"#);
}

#[test]
fn a_list_where_lists_should_be() {
    assert_snapshot!(answered(r#"{"output": [1.0, 2.0, 3.0]}"#), @r#"POST http://127.0.0.1:PORT/Evaluate: in the answer, `output[0]` should be a list of numbers, but is the number 1.0: `{"output": [1.0, 2.0, 3.0]}`"#);
    assert_snapshot!(answered(r#"{"outputs": [[1.0, 2.0, 3.0], [4.0]]}"#), @r#"POST http://127.0.0.1:PORT/Evaluate: in the answer, `output` should be there, but is missing: `{"outputs": [[1.0, 2.0, 3.0], [4.0]]}`"#);
    assert_snapshot!(answered("[]"), @"POST http://127.0.0.1:PORT/Evaluate: in the answer, the top level should be an object, but is a list: `[]`");
}

#[test]
fn numbers_in_quotes() {
    assert_snapshot!(answered(r#"{"output": [[1.0, "2.0", 3.0], [4.0]]}"#), @r#"POST http://127.0.0.1:PORT/Evaluate: in the answer, `output[0][1]` should be a number, but is the string "2.0": `{"output": [[1.0, "2.0", 3.0], [4.0]]}`"#);
}

#[test]
fn values_that_are_no_numbers_are_not_garbage() {
    for (body, expected) in [
        (
            "{\"output\": [[nan, inf, -inf], [0.1]] }",
            "[[NaN, inf, -inf], [0.1]]",
        ),
        (
            "{\"output\": [[NaN, Infinity, -Infinity], [0.1]]}",
            "[[NaN, inf, -inf], [0.1]]",
        ),
        (
            "{\"output\": [[\"NaN\", \"Infinity\", \"-inf\"], [0.1]]}",
            "[[NaN, inf, -inf], [0.1]]",
        ),
        (
            "{\"output\": [[null, 1, 2], [0.1]]}",
            "[[NaN, 1.0, 2.0], [0.1]]",
        ),
    ] {
        let mock = Mock::answering("/Evaluate", body);
        let outputs = mock.open().unwrap().evaluate(&POINT).unwrap();
        assert_eq!(format!("{outputs:?}"), expected, "{body}");
    }
}

#[test]
fn a_huge_body() {
    let mock = Mock::faulty("/Evaluate", |stream| {
        stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n{\"output\": [[1,",
        )?;
        hang()
    });
    assert_snapshot!(at_evaluate(&mock), @"POST http://127.0.0.1:PORT/Evaluate: the answer was rejected because it has more than 1048960 bytes, more than any answer to this call needs: check what the model returns");
    // One that does not say so beforehand.
    let mock = Mock::faulty("/Evaluate", |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"output\": [[")?;
        loop {
            stream.write_all(&[b'1'; 4096])?;
        }
    });
    assert_snapshot!(at_evaluate(&mock), @"POST http://127.0.0.1:PORT/Evaluate: the answer was rejected because it has more than 1048960 bytes, more than any answer to this call needs: check what the model returns");
}

#[test]
fn another_version() {
    let mock = Mock::answering(
        "/Info",
        r#"{"protocolVersion": 0.9, "support": {"Evaluate": true}}"#,
    );
    assert_snapshot!(at_open(&mock), @"GET http://127.0.0.1:PORT/Info: the server uses version 0.9 of the UM-Bridge protocol, but this client needs 1.0; serve the model with a library for protocol 1.0");
    let mock = Mock::answering(
        "/Info",
        r#"{"protocolVersion": "1.0", "models": ["forward"]}"#,
    );
    assert_snapshot!(at_open(&mock), @r#"GET http://127.0.0.1:PORT/Info: in the answer, `protocolVersion` should be a number, but is the string "1.0": `{"protocolVersion": "1.0", "models": ["forward"]}`"#);
}

#[test]
fn another_model() {
    let mock = Mock::good();
    let client = Client::new(&[&mock.url], unhurried()).unwrap();
    let error = Model::open(client, Some("posterior"), serde_json::Map::new()).unwrap_err();
    assert_snapshot!(mock.redact(&error.to_string()), @"http://127.0.0.1:PORT does not offer a model `posterior`; choose from `forward`");
}

#[test]
fn two_models_and_none() {
    let two = Mock::answering(
        "/Info",
        r#"{"protocolVersion": 1.0, "models": ["a", "forward"]}"#,
    );
    assert_snapshot!(at_open(&two), @"http://127.0.0.1:PORT offers 2 models; choose from `a`, `forward`");
    let client = Client::new(&[&two.url], unhurried()).unwrap();
    let model = Model::open(client, Some("forward"), serde_json::Map::new()).unwrap();
    assert_eq!(model.name(), "forward");
    let none = Mock::answering("/Info", r#"{"protocolVersion": 1.0, "models": []}"#);
    assert_snapshot!(at_open(&none), @"http://127.0.0.1:PORT offers no model; check the list passed to its `serve_models`");
}

#[test]
fn no_gradient() {
    let mock = Mock::answering(
        "/ModelInfo",
        r#"{"support": {"Evaluate": true, "Gradient": false}}"#,
    );
    let model = mock.open().unwrap();
    assert!(model.evaluate(&POINT).is_ok());
    let error = model.gradient(0, 0, &POINT, &[1.0, 1.0, 1.0]).unwrap_err();
    assert_snapshot!(mock.redact(&error.to_string()), @"the model `forward` at http://127.0.0.1:PORT does not support Gradient: its /ModelInfo says so; in Python, `supports_gradient` must return True");
    let error = model
        .apply_jacobian(0, 0, &POINT, &[1.0, 1.0, 1.0])
        .unwrap_err();
    assert_snapshot!(mock.redact(&error.to_string()), @"the model `forward` at http://127.0.0.1:PORT does not support ApplyJacobian: its /ModelInfo says so; in Python, `supports_apply_jacobian` must return True");
}

#[test]
fn odd_declarations() {
    let mock = Mock::answering("/ModelInfo", r#"{"support": {"Evaluate": "yes"}}"#);
    assert_snapshot!(at_open(&mock), @r#"POST http://127.0.0.1:PORT/ModelInfo: in the answer, `Evaluate` should be true or false, but is the string "yes": `{"support": {"Evaluate": "yes"}}`"#);
    let mock = Mock::answering("/InputSizes", r#"{"inputSizes": [3, -2]}"#);
    assert_snapshot!(at_open(&mock), @r#"POST http://127.0.0.1:PORT/InputSizes: in the answer, `inputSizes[1]` should be a nonnegative integer, but is the number -2: `{"inputSizes": [3, -2]}`"#);
    let mock = Mock::answering("/OutputSizes", r#"{"inputSizes": [3]}"#);
    assert_snapshot!(at_open(&mock), @r#"POST http://127.0.0.1:PORT/OutputSizes: in the answer, `outputSizes` should be there, but is missing: `{"inputSizes": [3]}`"#);
}

#[test]
fn no_inputs() {
    let mock = Mock::start(|request, stream| {
        let body = match request.path.as_str() {
            "/InputSizes" => r#"{"inputSizes": []}"#,
            "/OutputSizes" => r#"{"outputSizes": [2.0, 0]}"#,
            "/Evaluate" => r#"{"output": [[1, 2], []]}"#,
            _ => return good(request, stream),
        };
        respond(stream, "200 OK", body)
    });
    let model = mock.open().unwrap();
    assert!(model.input_sizes().is_empty());
    let none: [&[f64]; 0] = [];
    assert_eq!(model.evaluate(&none).unwrap(), [vec![1.0, 2.0], vec![]]);
    assert_snapshot!(model.evaluate(&[[1.0]]).unwrap_err(), @"Evaluate of the model `forward`: the number of input vectors is 1, but must be 0");
    assert_snapshot!(model.gradient(0, 0, &none, &[1.0, 1.0]).unwrap_err(), @"Gradient of the model `forward`: there is no input 0; the model has 0 inputs");
}

#[test]
fn arguments_that_do_not_fit_are_not_sent() {
    let mock = Mock::good();
    let model = mock.open().unwrap();
    let sent = mock.requests.load(Ordering::Relaxed);
    let short: [&[f64]; 2] = [&[1.0, 2.0], &[0.0, 1.0]];
    assert_snapshot!(model.evaluate(&short).unwrap_err(), @"Evaluate of the model `forward`: input 0 has 2 numbers, but must have 3");
    let infinite: [&[f64]; 2] = [&[1.0, f64::INFINITY, 2.0], &[0.0, 1.0]];
    assert_snapshot!(model.evaluate(&infinite).unwrap_err(), @"Evaluate of the model `forward`: input 0 holds inf at [1], which JSON can't represent");
    assert_snapshot!(model.gradient(2, 0, &POINT, &[1.0]).unwrap_err(), @"Gradient of the model `forward`: there is no output 2; the model has 2 outputs");
    assert_snapshot!(model.gradient(1, 0, &POINT, &[1.0, 2.0]).unwrap_err(), @"Gradient of the model `forward`: sens has 2 numbers, but must have 1");
    assert_snapshot!(model.apply_jacobian(1, 0, &POINT, &[]).unwrap_err(), @"ApplyJacobian of the model `forward`: vec has 0 numbers, but must have 3");
    assert_eq!(mock.requests.load(Ordering::Relaxed), sent);
}

#[test]
fn a_length_that_is_too_long() {
    assert_snapshot!(
        sent("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"output\": [[1.0, 2.0, 3.0], [4.0]]}"),
        @r#"POST http://127.0.0.1:PORT/Evaluate: the server closed the connection before its answer was complete (received of its body: `{"output": [[1.0, 2.0, 3.0], [4.0]]}`); did it crash? Check its own output (tried 3 times)"#
    );
}

#[test]
fn a_length_that_is_too_short_spoils_no_other_answer() {
    let calls = AtomicUsize::new(0);
    let mock = Mock::start(move |request, stream| {
        if request.path != "/Evaluate" || calls.fetch_add(1, Ordering::Relaxed) > 0 {
            return good(request, stream);
        }
        stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"output\": [[1.0, 2.0, 3.0], [4.0]]}",
        )?;
        Ok(Next::Keep)
    });
    let model = mock.open().unwrap();
    let error = model.evaluate(&POINT).unwrap_err();
    assert_snapshot!(mock.redact(&error.to_string()), @r#"POST http://127.0.0.1:PORT/Evaluate: the answer is not valid JSON (EOF while parsing a value at line 1 column 20): `{"output": [[1.0, 2.`"#);
    let outputs = model.evaluate(&POINT).unwrap();
    assert_eq!(outputs[0][..2], [0.0, 2.0]);
}

#[test]
fn a_redirection() {
    let mock = Mock::faulty("/Evaluate", |stream| {
        raw(
            stream,
            b"HTTP/1.1 307 Temporary Redirect\r\nLocation: https://elsewhere/Evaluate\r\nContent-Length: 0\r\n\r\n",
        )
    });
    assert_snapshot!(at_evaluate(&mock), @"POST http://127.0.0.1:PORT/Evaluate: the answer is a redirection (307) to https://elsewhere/Evaluate, which this client does not follow: give that URL instead");
}

#[test]
fn no_http_at_all() {
    assert_snapshot!(sent("SSH-2.0-OpenSSH_9.7\r\n"), @"POST http://127.0.0.1:PORT/Evaluate: the answer can't be read as HTTP (protocol: http parse fail: invalid HTTP version); is this the URL of a model server?");
    assert_snapshot!(sent("\0\x01\x02\r\n\r\n\r\n"), @"POST http://127.0.0.1:PORT/Evaluate: the answer can't be read as HTTP (protocol: http parse fail: invalid HTTP version); is this the URL of a model server?");
}

#[test]
fn endless_headers() {
    let mock = Mock::faulty("/Evaluate", |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            stream.write_all(
                b"X-Filler: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
            )?;
        }
    });
    assert_snapshot!(at_evaluate(&mock), @"POST http://127.0.0.1:PORT/Evaluate: the answer can't be read as HTTP (protocol: http parse resulted in too many headers); is this the URL of a model server?");
}

#[test]
fn dies_in_the_middle_of_a_run() {
    let good_calls = AtomicUsize::new(0);
    let mock = Mock::faulty("/Evaluate", move |stream| {
        if good_calls.fetch_add(1, Ordering::Relaxed) < 2 {
            return respond(stream, "200 OK", r#"{"output": [[1, 2, 3], [4]]}"#);
        }
        raw(stream, b"")
    });
    let model = mock.open().unwrap();
    assert!(model.evaluate(&POINT).is_ok());
    assert!(model.evaluate(&POINT).is_ok());
    let error = model.evaluate(&POINT).unwrap_err();
    assert_snapshot!(mock.redact(&error.to_string()), @"POST http://127.0.0.1:PORT/Evaluate: the server closed the connection before its answer was complete (received of its body: nothing); did it crash? Check its own output (tried 3 times)");
    let troubles = model.client().troubles();
    assert_snapshot!(mock.redact(&troubles[0].to_string()), @"http://127.0.0.1:PORT: 3 of 9 attempts failed, down at the end; last, at Evaluate: the server closed the connection before its answer was complete (received of its body: nothing); did it crash? Check its own output");
}

#[test]
fn dies_and_comes_back() {
    let calls = AtomicUsize::new(0);
    let mock = Mock::faulty("/Evaluate", move |stream| {
        match calls.fetch_add(1, Ordering::Relaxed) {
            1 | 2 => raw(
                stream,
                b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"out",
            ),
            _ => respond(stream, "200 OK", r#"{"output": [[1, 2, 3], [4]]}"#),
        }
    });
    let model = mock.open().unwrap();
    for _ in 0..3 {
        assert!(model.evaluate(&POINT).is_ok());
    }
    let troubles = model.client().troubles();
    assert_snapshot!(mock.redact(&troubles[0].to_string()), @r#"http://127.0.0.1:PORT: 2 of 9 attempts failed, back at the end; last, at Evaluate: the server closed the connection before its answer was complete (received of its body: `{"out`); did it crash? Check its own output"#);
}

#[test]
fn slow_but_fine() {
    let mock = Mock::start(|request, stream| {
        let mut answer = Vec::new();
        let (status, body) =
            crate::model::answer(&request.path, &request.body, crate::model::Wrong::default());
        write!(
            answer,
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        for part in answer.chunks(40) {
            stream.write_all(part)?;
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Next::Keep)
    });
    let model = mock.open().unwrap();
    assert_eq!(model.evaluate(&POINT).unwrap()[0][1], 2.0);
    assert!(model.client().troubles().is_empty());
}

#[test]
fn answers_in_chunks_are_read() {
    let mock = Mock::faulty("/Evaluate", |stream| {
        raw(
            stream,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
              12\r\n{\"output\": [[1.0, \r\n11\r\n2.0, 3.0], [4.0]]\r\n1\r\n}\r\n0\r\n\r\n",
        )
    });
    assert_eq!(mock.open().unwrap().evaluate(&POINT).unwrap()[1], [4.0]);
}

#[test]
fn a_call_that_hangs_can_be_interrupted() {
    static CANCEL: AtomicBool = AtomicBool::new(false);
    let mock = Mock::faulty("/Evaluate", |_| {
        CANCEL.store(true, Ordering::Relaxed);
        hang()
    });
    // Without it this would take ten minutes.
    let settings = Settings {
        timeout: Duration::from_secs(600),
        ..hurried()
    };
    let client = Client::new(&[&mock.url], settings).unwrap().until(&CANCEL);
    let model = Model::open(client, None, serde_json::Map::new()).unwrap();
    for _ in 0..2 {
        let error = model.evaluate(&POINT).unwrap_err();
        let expected = "POST http://127.0.0.1:PORT/Evaluate: the call was interrupted";
        assert_eq!(mock.redact(&error.to_string()), expected);
    }
    // It is nobody's fault, and the second was not even sent.
    assert!(model.client().troubles().is_empty());
    assert_eq!(mock.requests.load(Ordering::Relaxed), 5);
}

#[test]
fn the_limit_is_for_all_vectors_together() {
    let sized = |sizes: &'static str| {
        let mock = Mock::answering("/InputSizes", sizes);
        let settings = Settings {
            size_limit: 10_000,
            ..unhurried()
        };
        let outcome = open_with(&[&mock.url], settings).map(|model| model.input_sizes().len());
        outcome.map_err(|error| mock.redact(&error.to_string()))
    };
    assert_eq!(sized(r#"{"inputSizes": [10000]}"#), Ok(1));
    assert_eq!(sized(r#"{"inputSizes": [9000, 2]}"#), Ok(2));
    // Each counts as a thousand.
    assert_eq!(
        sized(r#"{"inputSizes": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}"#),
        Ok(10)
    );
    assert_snapshot!(sized(r#"{"inputSizes": [9001, 2]}"#).unwrap_err(), @"the model `forward` at http://127.0.0.1:PORT declares 2 input vectors with 9003 numbers in all, which exceeds the limit of 10000 numbers (a vector counts as at least 1000): if the model really is that large, raise the limit");
    assert_snapshot!(sized(r#"{"inputSizes": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}"#).unwrap_err(), @"the model `forward` at http://127.0.0.1:PORT declares 11 input vectors with 11 numbers in all, which exceeds the limit of 10000 numbers (a vector counts as at least 1000): if the model really is that large, raise the limit");
}
