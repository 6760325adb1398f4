//! Model servers of the UM-Bridge protocol in threads of the test, right and wrong.
//!
//! F(x, y) = x_0² + 2x_1² + x_0·y_0 + sin x_2 + |y_1|, x of 3 numbers, y of 2, all times the number `factor` of the
//! model's configuration.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

/// What is wrong with a server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// ∂F/∂y_0 is doubled.
    Gradient,
    /// /ModelInfo says that there is no gradient.
    NoGradient,
    /// F is NaN.
    NanValue,
    /// ∂F/∂y is NaN.
    NanGradient,
    /// /Evaluate never answers.
    Hangs,
    /// /Evaluate answers with 500 from the n-th call on.
    Breaks(usize),
    /// So, and ∂F/∂y_0 is doubled.
    WrongAndBreaks(usize),
    /// /Evaluate answers something else each time.
    Random,
    /// /Evaluate takes a while.
    Slow,
    /// So, and /ModelInfo says that there is no gradient.
    SlowWithoutGradient,
    /// /Evaluate fails unless 0 < x_0 and y_1 < 1.
    Bounded,
    /// So, and /ModelInfo says that there is no gradient.
    BoundedWithoutGradient,
    /// There are two models.
    TwoModels,
    /// There is nothing to differentiate.
    NoOutputs,
    /// ∂F is too large by this part of itself.
    Off(f64),
    /// /ApplyHessian is offered, and this many times what it should be.
    Hessian(f64),
    /// So, and ∂F/∂y_0 is doubled.
    GradientAndHessian,
    /// /ApplyHessian is offered, and answers with 500.
    NoHessian,
    /// There are so many outputs, F_k = 10^(6 − 12k/(m − 1))·(sin(x_0 + k·y_0) + x_1·x_2·y_1).
    Several(usize),
    /// So, and ∂F_k/∂x of the second of these is doubled.
    OneOfSeveral(usize, usize),
    /// So, and everything but the first entry of the cotangent is forgotten.
    FirstOfSeveral(usize),
    /// There are two outputs, x_0·y_0 + x_1·y_1 and x_0² + x_1·x_2.
    Alike,
}

impl Fault {
    /// How many outputs there are.
    fn outputs(self) -> usize {
        match self {
            Self::NoOutputs => 0,
            Self::Several(m) | Self::OneOfSeveral(m, _) | Self::FirstOfSeveral(m) => m,
            Self::Alike => 2,
            _ => 1,
        }
    }
}

/// The status and the answer to a call and its request, the n-th to be evaluated; none where there is to be none.
type Answers = dyn Fn(&str, &Value, usize) -> Option<(u16, Value)>;

pub(crate) struct Mock {
    pub(crate) url: String,
    port: u16,
    /// How often it was evaluated.
    pub(crate) evaluations: Arc<AtomicUsize>,
    /// How many requests get no answer.
    pub(crate) hangs: Arc<AtomicUsize>,
}

impl Mock {
    /// A server on a port of its own, which lives as long as the test's process.
    pub(crate) fn start(fault: Fault) -> Self {
        Self::with(move |path, request, calls| Some(answer(path, request, fault, calls)))
    }

    /// A right one whose model is called `name`.
    pub(crate) fn named(name: &str) -> Self {
        let name = name.to_owned();
        Self::with(move |path, request, calls| {
            Some(match path {
                "/Info" => (200, json!({"protocolVersion": 1.0, "models": [name]})),
                _ => answer(path, request, Fault::None, calls),
            })
        })
    }

    /// One that refuses to evaluate with `words`.
    pub(crate) fn refusing(words: &str) -> Self {
        let words = words.to_owned();
        Self::with(move |path, request, calls| {
            Some(match path {
                "/Evaluate" => (400, json!({"error": {"type": words, "message": words}})),
                _ => answer(path, request, Fault::None, calls),
            })
        })
    }

    /// One that gives these answers, and none ever where there is none.
    pub(crate) fn with(
        answer: impl Fn(&str, &Value, usize) -> Option<(u16, Value)> + Send + Sync + 'static,
    ) -> Self {
        let answer = Arc::new(answer);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let evaluations = Arc::new(AtomicUsize::new(0));
        let hangs = Arc::new(AtomicUsize::new(0));
        let counters = [Arc::clone(&evaluations), Arc::clone(&hangs)];
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (counters, answer) = (counters.clone(), Arc::clone(&answer));
                // A client that goes away is none of our business.
                std::thread::spawn(move || drop(serve(stream, &*answer, &counters)));
            }
        });
        Self {
            url: format!("http://127.0.0.1:{port}"),
            port,
            evaluations,
            hangs,
        }
    }

    /// A text without the port, which is another one each time.
    pub(crate) fn redact(&self, text: &str) -> String {
        text.replace(&format!("127.0.0.1:{}", self.port), "127.0.0.1:PORT")
    }
}

fn serve(
    mut stream: TcpStream,
    answer: &Answers,
    [evaluations, hangs]: &[Arc<AtomicUsize>; 2],
) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body)?;
        let request = serde_json::from_slice(&body).unwrap_or_default();
        let calls = match path == "/Evaluate" {
            true => evaluations.fetch_add(1, Ordering::Relaxed),
            false => 0,
        };
        let Some((status, answer)) = answer(&path, &request, calls) else {
            hangs.fetch_add(1, Ordering::Relaxed);
            // Longer than any test; the thread ends with the process.
            std::thread::sleep(Duration::from_secs(600));
            return Ok(());
        };
        let answer = answer.to_string();
        let length = answer.len();
        let answer = format!("HTTP/1.1 {status} .\r\nContent-Length: {length}\r\n\r\n{answer}");
        stream.write_all(answer.as_bytes())?;
    }
}

pub(crate) fn answer(path: &str, request: &Value, fault: Fault, calls: usize) -> (u16, Value) {
    if let Fault::Breaks(from) | Fault::WrongAndBreaks(from) = fault
        && path == "/Evaluate"
        && calls >= from
    {
        return (500, json!("the solver did not converge"));
    }
    if fault == Fault::Hangs && path == "/Evaluate" {
        std::thread::sleep(Duration::from_secs(600));
    }
    if matches!(fault, Fault::Slow | Fault::SlowWithoutGradient) && path == "/Evaluate" {
        std::thread::sleep(Duration::from_millis(20));
    }
    let factor = match &request["config"]["factor"] {
        Value::Null => 1.0,
        Value::Number(factor) => factor.as_f64().unwrap(),
        other => {
            let message = format!("factor is {other}, but must be a number");
            return (
                400,
                json!({"error": {"type": "InvalidInput", "message": message}}),
            );
        }
    };
    let numbers = |value: &Value| -> Vec<f64> {
        let numbers = value.as_array().into_iter().flatten();
        numbers.map(|number| number.as_f64().unwrap()).collect()
    };
    let (x, y) = (numbers(&request["input"][0]), numbers(&request["input"][1]));
    let answer = match path {
        "/Info" => match fault {
            Fault::TwoModels => json!({"protocolVersion": 1.0, "models": ["forward", "backward"]}),
            _ => json!({"protocolVersion": 1.0, "models": ["forward"]}),
        },
        "/ModelInfo" => {
            let gradient = !matches!(
                fault,
                Fault::NoGradient | Fault::SlowWithoutGradient | Fault::BoundedWithoutGradient
            );
            let hessian = matches!(
                fault,
                Fault::Hessian(_) | Fault::GradientAndHessian | Fault::NoHessian
            );
            json!({"support": {"Evaluate": true, "Gradient": gradient, "ApplyHessian": hessian}})
        }
        "/InputSizes" => json!({"inputSizes": [3, 2]}),
        "/OutputSizes" => match fault {
            Fault::NoOutputs => json!({"outputSizes": []}),
            _ => json!({"outputSizes": [fault.outputs()]}),
        },
        "/Evaluate" if fault == Fault::Alike => {
            json!({"output": [[x[0] * y[0] + x[1] * y[1], x[0] * x[0] + x[1] * x[2]]]})
        }
        "/Gradient" if fault == Fault::Alike => {
            let s = numbers(&request["sens"]);
            json!({"output": match request["inWrt"] == 0 {
                true => vec![s[0] * y[0] + s[1] * 2.0 * x[0], s[0] * y[1] + s[1] * x[2], s[1] * x[1]],
                false => vec![s[0] * x[0], s[0] * x[1]],
            }})
        }
        "/Evaluate" if fault.outputs() > 1 => {
            let outputs = (0..fault.outputs()).map(|k| several(k, fault.outputs(), &x, &y).0);
            json!({"output": [outputs.collect::<Vec<_>>()]})
        }
        "/Gradient" if fault.outputs() > 1 => {
            let sens = numbers(&request["sens"]);
            let is_x = request["inWrt"] == 0;
            let mut gradient = vec![0.0; if is_x { 3 } else { 2 }];
            for (k, sens) in sens.iter().enumerate() {
                let (_, of_x, of_y) = several(k, fault.outputs(), &x, &y);
                let factor = match fault {
                    Fault::OneOfSeveral(_, wrong) if wrong == k && is_x => 2.0,
                    Fault::FirstOfSeveral(_) if k > 0 => 0.0,
                    _ => 1.0,
                };
                let row = if is_x { &of_x[..] } else { &of_y[..] };
                for (entry, d) in gradient.iter_mut().zip(row) {
                    *entry += factor * sens * d;
                }
            }
            json!({"output": gradient})
        }
        "/ApplyHessian" if fault == Fault::NoHessian => return (500, json!("not written yet")),
        "/ApplyHessian" => {
            let u = numbers(&request["vec"]);
            let times = match fault {
                Fault::Hessian(times) => times,
                _ => 1.0,
            };
            let sens = times * factor * request["sens"][0].as_f64().unwrap();
            // ∂²F/∂x∂x, ∂²F/∂x∂y, ∂²F/∂y∂x and ∂²F/∂y∂y, which is 0.
            let pair = (request["inWrt1"].as_u64(), request["inWrt2"].as_u64());
            let image = match pair {
                (Some(0), Some(0)) => vec![2.0 * u[0], 4.0 * u[1], -x[2].sin() * u[2]],
                (Some(0), _) => vec![u[0], 0.0, 0.0],
                (_, Some(0)) => vec![u[0], 0.0],
                _ => vec![0.0, 0.0],
            };
            json!({"output": image.iter().map(|h| sens * h).collect::<Vec<_>>()})
        }
        "/Evaluate" => {
            let value = x[0] * x[0] + 2.0 * x[1] * x[1] + x[0] * y[0] + x[2].sin() + y[1].abs();
            match fault {
                Fault::Bounded | Fault::BoundedWithoutGradient if x[0] <= 0.0 || y[1] >= 1.0 => {
                    return (500, json!("outside"));
                }
                Fault::NanValue => json!({"output": [["NaN"]]}),
                Fault::Random => json!({"output": [[value + calls as f64]]}),
                _ => json!({"output": [[factor * value]]}),
            }
        }
        "/Gradient" => {
            let off = match fault {
                Fault::Off(off) => off,
                _ => 0.0,
            };
            let sens = factor * (1.0 + off) * request["sens"][0].as_f64().unwrap();
            match (request["inWrt"].as_u64(), fault) {
                (Some(0), _) => {
                    json!({"output": [sens * (2.0 * x[0] + y[0]), sens * 4.0 * x[1], sens * x[2].cos()]})
                }
                (_, Fault::NanGradient) => json!({"output": [null, null]}),
                (_, Fault::Gradient | Fault::WrongAndBreaks(_) | Fault::GradientAndHessian) => {
                    json!({"output": [2.0 * sens * x[0], sens * y[1].signum()]})
                }
                _ => json!({"output": [sens * x[0], sens * y[1].signum()]}),
            }
        }
        _ => return (404, json!("nothing here")),
    };
    (200, answer)
}

/// F_k of m, ∂F_k/∂x and ∂F_k/∂y.
fn several(k: usize, m: usize, x: &[f64], y: &[f64]) -> (f64, [f64; 3], [f64; 2]) {
    let k = k as f64;
    let unit = 10f64.powf(6.0 - 12.0 * k / (m - 1) as f64);
    let (sin, cos) = (x[0] + k * y[0]).sin_cos();
    let value = unit * (sin + x[1] * x[2] * y[1]);
    let of_x = [cos, x[2] * y[1], x[1] * y[1]];
    let of_y = [k * cos, x[1] * x[2]];
    (value, of_x.map(|d| unit * d), of_y.map(|d| unit * d))
}
