//! The JSON keys that scripts rely on: all there, of the right type.

use serde_json::{Value, json};

use crate::tool::{Folder, checks, mlp_json, run};

/// Holds `value` against a template: a string names the types allowed (`number|null`), an object lists
/// keys that must be there, a list has the template of every entry. `*` is every key there is.
fn fits(template: &Value, value: &Value, place: &str) {
    match template {
        Value::String(types) => {
            let found = type_of(value);
            assert!(
                types.split('|').any(|t| found.contains(&t)),
                "{place}: {value} is no {types}"
            );
        }
        Value::Array(templates) => {
            let entries = value.as_array();
            for (i, entry) in entries
                .unwrap_or_else(|| panic!("{place}: {value}"))
                .iter()
                .enumerate()
            {
                fits(&templates[0], entry, &format!("{place}[{i}]"));
            }
        }
        Value::Object(keys) => {
            let object = value
                .as_object()
                .unwrap_or_else(|| panic!("{place}: {value}"));
            for (key, template) in keys {
                if key == "*" {
                    for (key, value) in object {
                        fits(template, value, &format!("{place}.{key}"));
                    }
                    continue;
                }
                let value = object
                    .get(key)
                    .unwrap_or_else(|| panic!("{place} has no {key}"));
                fits(template, value, &format!("{place}.{key}"));
            }
        }
        literal => assert_eq!(value, literal, "{place}"),
    }
}

fn type_of(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Null => &["null"],
        Value::Bool(_) => &["bool"],
        Value::Number(number) if number.is_u64() => &["number", "count"],
        Value::Number(_) => &["number"],
        Value::String(word) if ["agree", "disagree", "inconclusive"].contains(&word.as_str()) => {
            &["string", "verdict"]
        }
        Value::String(_) => &["string"],
        Value::Array(_) => &["list"],
        Value::Object(_) => &["object"],
    }
}

fn check_template() -> Value {
    let counts = json!({ "agree": "count", "disagree": "count", "inconclusive": "count" });
    json!({
        "stage": "string", "verdict": "verdict", "difference": "number|null", "cost": "number|null",
        "parameters": "count", "evaluations": "count", "seconds": "number", "scheme": "string",
        "engine": "string|null",
        "power": "object|null",
        "counts": counts,
        "first_wrong_layer": "count|null",
        "directional": "object|null",
        "blocks": [{
            "name": "string", "shape": ["count"], "layer": "count|null", "verdict": "verdict",
            "difference": "number|null", "counts": counts,
            "worst": "object|null",
            "inconclusive_reasons": { "*": "count", "kink": "count" },
            "diagnosis": "object|null",
        }],
    })
}

fn check_document(report: &Value, template: &Value) {
    fits(template, report, "report");
    for (i, check) in checks(report).iter().enumerate() {
        let place = format!("checks[{i}]");
        fits(&check_template(), check, &place);
        if !check["power"].is_null() {
            let power = json!({ "single_coordinate": "number", "block": "number" });
            fits(&power, &check["power"], &place);
        }
        if !check["directional"].is_null() {
            let directional = json!({
                "verdict": "verdict", "agreement": "string", "because": "string|null",
                "blocks_without_direction": "count", "evaluations": "count",
                "directions": [{
                    "block": "string|null", "verdict": "verdict", "reason": "string|null",
                    "error": "number|null", "error_bar": "number|null", "step": "number|null",
                    "size": "number|null", "would_have_seen": "number|null",
                    "failure": "string|null",
                }],
            });
            fits(
                &directional,
                &check["directional"],
                &format!("{place}.directional"),
            );
        }
        let mut sums = [0; 3];
        for block in check["blocks"].as_array().unwrap() {
            let worst = json!({
                "index": ["count"], "analytic": "number|null", "numeric": "number|null",
                "error_bar": "number|null",
            });
            if !block["worst"].is_null() {
                fits(
                    &worst,
                    &block["worst"],
                    &format!("{place}, {}", block["name"]),
                );
                let dimensions = block["shape"].as_array().unwrap().len();
                assert_eq!(
                    block["worst"]["index"].as_array().unwrap().len(),
                    dimensions
                );
            }
            if !block["diagnosis"].is_null() {
                let diagnosis = json!({
                    "cause": "string", "message": "string", "factor": "number|null",
                    "residual": "number|null",
                });
                fits(&diagnosis, &block["diagnosis"], &place);
            }
            for (sum, key) in sums.iter_mut().zip(["agree", "disagree", "inconclusive"]) {
                *sum += block["counts"][key].as_u64().unwrap();
            }
            let reasons = block["inconclusive_reasons"].as_object().unwrap();
            let undecided: u64 = reasons.values().map(|n| n.as_u64().unwrap()).sum();
            assert_eq!(block["counts"]["inconclusive"], undecided, "{block}");
        }
        let counts = &check["counts"];
        assert_eq!(
            json!(sums),
            json!([counts["agree"], counts["disagree"], counts["inconclusive"]])
        );
    }
}

#[test]
fn mlp() {
    let template = json!({
        "schema": 1, "verdict": "verdict", "seed": "count", "command": "string", "checks": ["object"],
    });
    for (line, code) in [
        ("", 0),
        ("--fault course", 1),
        ("--fault nan", 1),
        ("--init zeros", 3),
        ("--sample 9 --steps 0", 0),
        ("--scheme complex-step --layers 30,1", 0),
    ] {
        let report = mlp_json(line, code);
        check_document(&report, &template);
        let verdict = ["agree", "disagree", "", "inconclusive"][code as usize];
        assert_eq!(report["verdict"], verdict, "{line}");
    }
}

#[test]
fn the_stages_and_sizes_of_the_default_run() {
    let report = mlp_json("", 0);
    let stages: Vec<&Value> = checks(&report)
        .iter()
        .map(|check| &check["stage"])
        .collect();
    assert_eq!(stages, ["initialization", "after 50 steps"]);
    assert_eq!(report["seed"], 0);
    for check in checks(&report) {
        assert_eq!(check["parameters"], 641);
        assert_eq!(check["counts"]["agree"], 641);
        assert_eq!(check["scheme"], "central");
        let names: Vec<&Value> = check["blocks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|b| &b["name"])
            .collect();
        assert_eq!(names, ["W1", "b1", "W2", "b2", "W3", "b3"]);
        assert_eq!(check["blocks"][0]["shape"], json!([16, 30]));
        assert_eq!(check["blocks"][1]["layer"], 1);
    }
    assert_eq!(
        checks(&mlp_json("--steps 1", 0))[1]["stage"],
        "after 1 step"
    );
}

#[test]
fn compare() {
    let folder = Folder::new()
        .with("a.json", "{\"W1\": [[1, 2], [3, 4]], \"b1\": [5, 6]}")
        .with("n.json", "{\"W1\": [[1, 2], [3, 4.5]], \"b1\": [NaN, 6]}");
    let template =
        json!({ "schema": 1, "verdict": "verdict", "command": "string", "checks": ["object"] });
    let report = folder
        .run("compare a.json a.json --format json")
        .expect(0)
        .json();
    check_document(&report, &template);
    let report = folder
        .run("compare a.json n.json --format json")
        .expect(1)
        .json();
    check_document(&report, &template);
    let block = &report["checks"][0]["blocks"][1];
    assert_eq!(block["worst"]["numeric"], Value::Null, "{block}");
    assert_eq!(report["command"], "gradcheck compare a.json n.json");
}

#[test]
fn scalar_and_course() {
    let template = json!({
        "schema": 1,
        "checks": [{
            "name": "string", "difference": "number|null", "published_difference": "number|null",
            "verdict": "verdict",
        }],
    });
    for (line, code) in [
        ("scalar", 0),
        ("scalar --x 0", 3),
        ("course", 0),
        ("course --epsilon 1e10", 0),
    ] {
        fits(
            &template,
            &run(&format!("{line} --format json")).expect(code).json(),
            line,
        );
    }
}

#[test]
fn faults() {
    let template = json!({
        "schema": 1, "faults": [{ "name": "string", "description": "string", "example": "string" }],
    });
    fits(
        &template,
        &run("faults --format json").expect(0).json(),
        "faults",
    );
}

#[test]
fn what_is_not_finite_is_null() {
    let report = mlp_json("--fault nan --steps 0", 1);
    let worst = &checks(&report)[0]["blocks"][4]["worst"];
    assert_eq!(worst["analytic"], Value::Null, "{worst}");
    assert!(worst["numeric"].is_number(), "{worst}");
    assert_eq!(checks(&report)[0]["difference"], Value::Null);
}
