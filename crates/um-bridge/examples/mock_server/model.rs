//! A small model with derivatives by hand, and the protocol around it.
//!
//! F_0(x, y) = (x_0·y_0, x_1·y_1, sin x_2) and F_1(x, y) = Σ x_i² + Σ exp y_j, x of 3 numbers, y of 2.
//! With `{"power": p}` in its configuration, F_1 has Σ x_i^p.

use serde_json::{Value, json};

/// How the server differs from a good one.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wrong {
    /// The gradient with respect to y has the wrong sign.
    pub(crate) sign: bool,
    /// There is no gradient.
    pub(crate) no_gradient: bool,
}

pub(crate) const NAME: &str = "forward";

/// The answer to a request, with its HTTP status.
pub(crate) fn answer(path: &str, body: &[u8], wrong: Wrong) -> (&'static str, String) {
    const BAD: &str = "400 Bad Request";
    if path == "/Info" {
        return (
            "200 OK",
            json!({"protocolVersion": 1.0, "models": [NAME]}).to_string(),
        );
    }
    let Ok(request) = serde_json::from_slice::<Value>(body) else {
        return (BAD, error("InvalidInput", "the request is no JSON"));
    };
    if request["name"] != NAME {
        return (
            BAD,
            error("ModelNotFound", "there is only the model `forward`"),
        );
    }
    match respond(path, &request, wrong) {
        Some(answer) => ("200 OK", answer.to_string()),
        None => (
            BAD,
            error("InvalidInput", "the request does not fit the model"),
        ),
    }
}

fn error(kind: &str, message: &str) -> String {
    json!({"error": {"type": kind, "message": message}}).to_string()
}

fn respond(path: &str, request: &Value, wrong: Wrong) -> Option<Value> {
    let power = match &request["config"]["power"] {
        Value::Null => 2.0,
        power => power.as_f64()?,
    };
    Some(match path {
        "/ModelInfo" => json!({"support": {
            "Evaluate": true,
            "Gradient": !wrong.no_gradient,
            "ApplyJacobian": !wrong.no_gradient,
            "ApplyHessian": false,
        }}),
        "/InputSizes" => json!({"inputSizes": [3, 2]}),
        "/OutputSizes" => json!({"outputSizes": [3, 1]}),
        "/Evaluate" => json!({"output": evaluate(&point(request)?, power)}),
        "/Gradient" => {
            let (out_wrt, in_wrt) = (index(request, "outWrt")?, index(request, "inWrt")?);
            let jacobian = jacobian(out_wrt, in_wrt, &point(request)?, power)?;
            let sens = numbers(&request["sens"], jacobian.len())?;
            let sign = if wrong.sign && in_wrt == 1 { -1.0 } else { 1.0 };
            let columns = 0..jacobian[0].len();
            let gradient: Vec<f64> = columns
                .map(|column| {
                    let terms = jacobian.iter().zip(&sens).map(|(row, s)| s * row[column]);
                    sign * terms.sum::<f64>()
                })
                .collect();
            json!({"output": gradient})
        }
        "/ApplyJacobian" => {
            let (out_wrt, in_wrt) = (index(request, "outWrt")?, index(request, "inWrt")?);
            let jacobian = jacobian(out_wrt, in_wrt, &point(request)?, power)?;
            let vec = numbers(&request["vec"], jacobian[0].len())?;
            let image: Vec<f64> = jacobian
                .iter()
                .map(|row| row.iter().zip(&vec).map(|(a, b)| a * b).sum())
                .collect();
            json!({"output": image})
        }
        _ => return None,
    })
}

fn evaluate((x, y): &(Vec<f64>, Vec<f64>), power: f64) -> Vec<Vec<f64>> {
    let powers: f64 = x.iter().map(|x| x.powf(power)).sum();
    let exponentials: f64 = y.iter().map(|y| y.exp()).sum();
    vec![
        vec![x[0] * y[0], x[1] * y[1], x[2].sin()],
        vec![powers + exponentials],
    ]
}

/// ∂F_out/∂θ_in, row by row.
fn jacobian(
    out_wrt: usize,
    in_wrt: usize,
    (x, y): &(Vec<f64>, Vec<f64>),
    power: f64,
) -> Option<Vec<Vec<f64>>> {
    Some(match (out_wrt, in_wrt) {
        (0, 0) => vec![
            vec![y[0], 0.0, 0.0],
            vec![0.0, y[1], 0.0],
            vec![0.0, 0.0, x[2].cos()],
        ],
        (0, 1) => vec![vec![x[0], 0.0], vec![0.0, x[1]], vec![0.0, 0.0]],
        (1, 0) => vec![x.iter().map(|x| power * x.powf(power - 1.0)).collect()],
        (1, 1) => vec![y.iter().map(|y| y.exp()).collect()],
        _ => return None,
    })
}

fn point(request: &Value) -> Option<(Vec<f64>, Vec<f64>)> {
    let inputs = request["input"]
        .as_array()
        .filter(|inputs| inputs.len() == 2)?;
    Some((numbers(&inputs[0], 3)?, numbers(&inputs[1], 2)?))
}

fn numbers(value: &Value, length: usize) -> Option<Vec<f64>> {
    let list = value.as_array().filter(|list| list.len() == length)?;
    list.iter().map(Value::as_f64).collect()
}

fn index(request: &Value, key: &str) -> Option<usize> {
    usize::try_from(request[key].as_u64()?).ok()
}
