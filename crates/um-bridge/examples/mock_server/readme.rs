// The server of the README's example: F(x) = x² on three numbers, one request a connection. Included there.

use std::io::{BufRead, BufReader, Read, Write};
pub fn serve() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.incoming().flatten().for_each(answer));
    url
}
fn answer(mut stream: std::net::TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
    let head = head.to_lowercase();
    let length = head
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.lines().next());
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    let request: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let x = |i: usize| request["input"][0][i].as_f64().unwrap();
    let s = |i: usize| request["sens"][i].as_f64().unwrap();
    let answer = match head.split(' ').nth(1).unwrap() {
        "/info" => serde_json::json!({"protocolVersion": 1.0, "models": ["square"]}),
        "/modelinfo" => serde_json::json!({"support": {"Evaluate": true, "Gradient": true}}),
        "/inputsizes" => serde_json::json!({"inputSizes": [3]}),
        "/outputsizes" => serde_json::json!({"outputSizes": [3]}),
        "/evaluate" => serde_json::json!({"output": [[x(0) * x(0), x(1) * x(1), x(2) * x(2)]]}),
        _ => serde_json::json!({"output": [2. * x(0) * s(0), 2. * x(1) * s(1), 2. * x(2) * s(2)]}),
    }
    .to_string();
    let length = answer.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{answer}"
    )
    .unwrap();
}
