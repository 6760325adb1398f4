//! Kinks by name: unit, layer, example and distance along the coordinate.

use serde_json::{Value, json};

use crate::tool::{Folder, checks, mlp_json, redacted, text};

const HEAD: &str = "a,b,c,label\n";
const REST: &str = "1.5,-0.5,2,0\n-1,0.3,0.7,1\n0.4,1.1,-2,0\n";
const LINE: &str = "mlp --data it.csv --standardize false --layers 3,4,3,1 --steps 0 --engine full";

/// Four examples of three features, of which the first is `first`.
fn folder(first: &str) -> Folder {
    Folder::new().with("it.csv", format!("{HEAD}{first}{REST}"))
}

fn check(folder: &Folder, more: &str) -> Value {
    let run = folder.run(&format!("{LINE} {more} --format json"));
    checks(&run.json())[0].clone()
}

/// Zero biases and a blank example: each unit of the first layer is exactly at its kink there.
#[test]
fn an_exact_kink_is_named() {
    let folder = folder("0,0,0,1\n");
    let right = check(&folder, "");
    assert_eq!(right["verdict"], "agree");
    assert_eq!(right["counts"]["subgradients"], 7);
    let kinks = right["kinks"].as_array().unwrap();
    assert_eq!(kinks[0]["block"], "b1");
    assert_eq!(kinks[0]["index"], json!([0]));
    let nearest = &kinks[0]["kinks"][0];
    assert_eq!(nearest["name"], "unit[0] of layer 1 for example[0]");
    assert_eq!(nearest["distance"].as_f64(), Some(0.0));
    let blocks: Vec<&str> = kinks.iter().map(|kink| text(&kink["block"])).collect();
    assert!(blocks.contains(&"b2"), "{blocks:?}");

    // Far outside of both slopes is no subgradient, and never agrees; the kinks are named all the same.
    let wrong = check(&folder, "--fault sign-flipped");
    assert_eq!(wrong["counts"]["subgradients"], 0);
    for block in wrong["blocks"].as_array().unwrap() {
        assert_eq!(block["counts"]["agree"], 0, "{block}");
    }
    assert_eq!(wrong["kinks"][0]["kinks"][0]["name"], nearest["name"]);

    let said = folder.run(LINE).expect(0).stdout;
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("kink along"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    kink along b1[0]: unit[0] of layer 1 for example[0], at the point; 3 more
    kink along b2[0]: unit[0] of layer 2 for example[0], at the point
    kink along b1[1]: unit[1] of layer 1 for example[0], at the point; 3 more
    ");
}

/// The first example almost blank: the units are a few 1e-8 from their kinks along their biases.
#[test]
fn a_kink_nearer_than_the_steps_is_named_with_its_distance() {
    let folder = folder("1e-7,-2e-7,0,1\n");
    let check = check(&folder, "");
    assert_eq!(check["counts"]["disagree"], 0);
    let kinks = check["kinks"].as_array().unwrap();
    let first = kinks.iter().find(|kink| kink["block"] == "b1").unwrap();
    let nearest = &first["kinks"][0];
    let name = text(&nearest["name"]);
    assert!(name.ends_with(" of layer 1 for example[0]"), "{name}");
    let distance = nearest["distance"].as_f64().unwrap().abs();
    assert!(0.0 < distance && distance < 1e-6, "{distance:e}");

    let said = folder.run(LINE).stdout;
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("kink along"))
        .collect();
    assert!((1..=3).contains(&lines.len()), "{said}");
    insta::assert_snapshot!(redacted(&lines.join("\n")), @r"
    kink along b1[#]: unit[#] of layer 1 for example[#], # below
    kink along b2[#]: unit[#] of layer 2 for example[#], # below
    kink along b1[#]: unit[#] of layer 1 for example[#], # above; 1 more
    ");
}

/// Blank pixels on real data move nothing and are nobody's kinks; those that a step crosses are named.
#[test]
fn blank_pixels_have_no_kinks() {
    let report = mlp_json("--data digits --sample 200 --steps 500", 0);
    for check in checks(&report) {
        for kink in check["kinks"].as_array().unwrap() {
            let pixel = kink["index"][1].as_u64();
            // The first pixel of each row of digits is blank throughout.
            assert!(kink["block"] != "W1" || pixel != Some(0), "{kink}");
            let distance = kink["kinks"][0]["distance"].as_f64().unwrap().abs();
            assert!(distance < 1e-4, "{kink}");
        }
    }
}

#[test]
fn smooth_activations_have_no_kinks() {
    let report = mlp_json("--activation tanh --steps 0", 0);
    assert_eq!(checks(&report)[0]["kinks"], json!([]));
}
