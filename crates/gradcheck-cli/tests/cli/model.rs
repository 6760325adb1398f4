//! `gradcheck model` against model servers in threads of the test: reports, refusals, exit codes.

mod claims;
mod hessian;
mod hostile;
pub(crate) mod mock;
mod secrets;
mod several;

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::tool::{Folder, Run, blocks, checks, refusal, run, text, without_times, wrong_blocks};
use mock::{Fault, Mock};

const NAMES: &str = "--block position:3 --block speed:2";

fn model(mock: &Mock, line: &str) -> Run {
    run(&format!("model {} {line}", mock.url))
}

/// The report of a run that ends with `code`, the port and the times left out.
#[track_caller]
fn said(mock: &Mock, line: &str, code: i32) -> String {
    let run = model(mock, line);
    assert_eq!(run.code, code, "{}\n{}", run.stdout, run.stderr);
    for text in run.stdout.lines() {
        let whole = text.starts_with("Reproduce with:");
        assert!(whole || text.chars().count() <= 90, "too wide: {text}");
    }
    let text: String = run.stdout.lines().map(steady).collect();
    mock.redact(&(text + &run.stderr))
}

/// A line without what the clock or the processor's rounding decides: numbers below 1e-5, how often the model was
/// evaluated.
fn steady(line: &str) -> String {
    if line.contains("evaluations of the model in") {
        return "  # evaluations of the model in # s\n".to_owned();
    }
    if let Some((before, after)) = line.split_once(" attempts failed") {
        let (before, _) = before.rsplit_once(' ').unwrap();
        return format!("{before} # attempts failed{after}\n");
    }
    let words = line.split_inclusive(' ').map(|part| {
        let number = part.trim_end_matches([' ', ',', '.', ';', ')']);
        let tiny = |value: f64| value.abs() < 1e-5 && value != 0.0;
        match number.parse() {
            Ok(value) if tiny(value) => part.replace(number, "#"),
            _ => part.to_owned(),
        }
    });
    words.collect::<String>() + "\n"
}

fn report(mock: &Mock, line: &str, code: i32) -> Value {
    model(mock, &format!("--format json {line}"))
        .expect(code)
        .json()
}

/// The message of a run that is refused: nothing on standard output.
#[track_caller]
fn refused(mock: &Mock, line: &str) -> String {
    let run = model(mock, line);
    refusal(&run, line);
    mock.redact(&run.stderr)
}

#[test]
fn a_right_gradient() {
    insta::assert_snapshot!(said(&Mock::start(Fault::None), NAMES, 0), @r#"
    model forward · inputs position[3] speed[2] · 1 output

    Gradient: agree
      agree: all 5 coordinates; relative error # (course: "likely right")
      detection limit: # of block RMS (one coordinate), # (whole block)
      directional test: 3 of 3 directions agree (detection limit # of g·u)

    The gradient is right at this point, up to the detection limits above.
    Checked at one point only. A gradient may be right only there: check also at
    another --seed, or --at with a point that occurs in use.
      # evaluations of the model in # s
    Reproduce with: gradcheck model http://127.0.0.1:PORT --block position:3 --block speed:2 --seed 0
    "#);
}

#[test]
fn a_wrong_gradient() {
    insta::assert_snapshot!(said(&Mock::start(Fault::Gradient), NAMES, 1), @r#"
    model forward · inputs position[3] speed[2] · 1 output

    Gradient: disagree
      speed is wrong in 1 of 2 entries, by up to 6.0e-01 at speed[0]
      why: dspeed: only 1 of 2 entries is wrong: speed[0] is 2× its numeric
           derivative; the other agrees. Every other block agrees.
      block    shape verdict  rel. err worst     analytic      numeric ± error
      position 3     agree    #  [1]   -4.92424e-01 -4.92424e-01 #
      speed    2     disagree 2.4e-01  [0]   +1.19629e+00 +5.98143e-01 #
      relative error 1.9e-01 over all coordinates (course: "a bug")
      detection limit: # of block RMS (one coordinate), # (whole block)
      directional test: also fails, along speed and all blocks together, by up to
        3.5e-01 of g·u

    The gradient is wrong at this point.
    Checked at one point only. A gradient may be right only there: check also at
    another --seed, or --at with a point that occurs in use.
      # evaluations of the model in # s
    Reproduce with: gradcheck model http://127.0.0.1:PORT --block position:3 --block speed:2 --seed 0
    "#);
    let report = report(&Mock::start(Fault::Gradient), NAMES, 1);
    assert_eq!(wrong_blocks(&checks(&report)[0]), ["speed"]);
    assert_eq!(report["verdict"], "disagree");
}

#[test]
fn no_gradient() {
    let folder = Folder::new().with("at.json", "[[1, 2, 3], [4, 0]]");
    let mock = Mock::start(Fault::NoGradient);
    let run = folder.run(&format!("model {} {NAMES} --at at.json", mock.url));
    assert_eq!(run.code, 2);
    let text: String = run.stdout.lines().map(steady).collect();
    insta::assert_snapshot!(mock.redact(&text), @r"
    model forward · inputs position[3] speed[2] · 1 output

    Forward pass only: the model does not offer Gradient
      value +1.31411e+01 (sum of the outputs), the same in a second evaluation
      noise of one evaluation #, # of the value
      5 coordinates examined: 1 with zero derivative, 1 at or near a kink
      kink at the point along speed[1]: one-sided derivatives -1.00000e+00 and +1.00000e+00

      # evaluations of the model in # s
    Reproduce with: gradcheck model http://127.0.0.1:PORT --at at.json --block position:3 --block speed:2 --seed 0
    ");
    insta::assert_snapshot!(run.stderr, @r"error: the model `forward` does not offer Gradient, so there is nothing to check: only its forward pass was examined. Implement its gradient, and report it (supports_gradient)");
}

#[test]
fn values_that_are_no_numbers() {
    insta::assert_snapshot!(said(&Mock::start(Fault::NanValue), "", 3), @r"
    model forward · inputs input0[3] input1[2] · 1 output

    Gradient: inconclusive
      inconclusive: 5 of 5 coordinates (input0, input1). The cost is NaN or
        infinite at the point or near it. If its domain ends there, set the bounds;
        otherwise fix the forward pass first.
      The cost is NaN at this point: the forward pass returns it, so no derivative
      exists to compare the gradient with.
      block   shape  verdict       rel. err  worst      analytic  numeric  ± error
      input0  3      inconclusive  NaN       [0]    +2.17118e-02     none  unknown
      input1  2      inconclusive  NaN       [0]    +5.98143e-01     none  unknown
      relative error NaN over all coordinates (course: undefined)

    Inconclusive: nothing is known to be wrong, but not everything could be checked.
    Checked at one point only. A gradient may be right only there: check also at
    another --seed, or --at with a point that occurs in use.
      # evaluations of the model in # s
    Reproduce with: gradcheck model http://127.0.0.1:PORT --seed 0
    ");
    let report = report(&Mock::start(Fault::NanGradient), "", 1);
    let block = &blocks(&checks(&report)[0])[1];
    assert_eq!(block["diagnosis"]["cause"], "non-finite");
    assert_eq!(block["worst"]["analytic"], Value::Null);
}

#[test]
fn a_model_that_is_another_one_each_time() {
    insta::assert_snapshot!(said(&Mock::start(Fault::Random), "", 3), @r"
    model forward · inputs input0[3] input1[2] · 1 output

    Gradient: inconclusive
      preliminary check: two forward passes at the same point return
        1.767153886766963 and 2.621691594480244. If dropout is on, turn it off or
        freeze its masks; fix every random seed.
      inconclusive: 5 of 5 coordinates (input0, input1). Two evaluations of the
        cost at the same point differ. If dropout is on, turn it off or freeze its
        masks; fix every random seed.
      block   shape  verdict       rel. err  worst      analytic  numeric  ± error
      input0  3      inconclusive  NaN       [0]    +2.17118e-02     none  unknown
      input1  2      inconclusive  NaN       [0]    +5.98143e-01     none  unknown
      relative error NaN over all coordinates (course: undefined)

    Inconclusive: nothing is known to be wrong, but not everything could be checked.
    Checked at one point only. A gradient may be right only there: check also at
    another --seed, or --at with a point that occurs in use.
      # evaluations of the model in # s
    Reproduce with: gradcheck model http://127.0.0.1:PORT --seed 0
    ");
}

#[test]
fn a_model_that_fails_on_the_way() {
    // The last evaluations are those along random directions: the coordinates have been judged then.
    let good = Mock::start(Fault::None);
    let all = checks(&report(&good, "", 0))[0]["evaluations"]
        .as_u64()
        .unwrap();
    let late = usize::try_from(all).unwrap() - 10;
    let mock = Mock::start(Fault::Breaks(late));
    insta::assert_snapshot!(said(&mock, "", 2), @r#"
    model forward · inputs input0[3] input1[2] · 1 output

    Gradient: inconclusive
      inconclusive: the check was interrupted before it was complete. Run it
        again.
      interrupted: 5 of 5 coordinates were checked
      block   shape  verdict  rel. err  worst      analytic       numeric  ± error
      input0  3      agree    #   [1]    -4.92424e-01  -4.92424e-01  #
      input1  2      agree    #   [0]    +5.98143e-01  +5.98143e-01  #
      relative error # over all coordinates (course: "likely right")
      detection limit: # of block RMS (one coordinate), # (whole block)
      server error: http://127.0.0.1:PORT: 3 of # attempts failed, down at the
      end; last, at Evaluate: the answer has HTTP status 500 and the body `"the
      solver did not converge"`; the model failed on the server: check the server's
      own output

    The model failed during the check: the model failed next to the point, along a
    random direction: POST http://127.0.0.1:PORT/Evaluate: the answer has HTTP
    status 500 and the body `"the solver did not converge"`; the model failed on the
    server: check the server's own output; if its domain ends there, give its
    --bounds. The results up to then are shown above.
    Inconclusive: nothing is known to be wrong, but not everything could be checked.
    Checked at one point only. A gradient may be right only there: check also at
    another --seed, or --at with a point that occurs in use.
      # evaluations of the model in # s
    Reproduce with: gradcheck model http://127.0.0.1:PORT --seed 0
    error: the model failed next to the point, along a random direction: POST http://127.0.0.1:PORT/Evaluate: the answer has HTTP status 500 and the body `"the solver did not converge"`; the model failed on the server: check the server's own output; if its domain ends there, give its --bounds. The results up to then are reported
    "#);
    let run = model(&Mock::start(Fault::Breaks(late)), "--format json");
    assert_eq!(run.code, 2);
    let report = run.json();
    assert_eq!(report["interrupted"], true);
    assert_eq!(report["verdict"], "inconclusive");
    assert!(text(&report["failure"]).contains("the solver did not converge"));
    assert_eq!(checks(&report)[0]["judged"], 5);
    insta::assert_snapshot!(refused(&Mock::start(Fault::Breaks(0)), ""), @r#"error: the model failed at the point itself: POST http://127.0.0.1:PORT/Evaluate: the answer has HTTP status 500 and the body `"the solver did not converge"`; the model failed on the server: check the server's own output; the point is random: if the model is not defined there, give a point with --at, or --bounds to draw it from"#);
}

#[test]
fn a_wrong_entry_that_was_seen_counts_though_the_model_fails_then() {
    let report = report(&Mock::start(Fault::Gradient), "", 1);
    let all = checks(&report)[0]["evaluations"].as_u64().unwrap();
    let late = usize::try_from(all).unwrap() - 10;
    let run = model(&Mock::start(Fault::WrongAndBreaks(late)), "--format json");
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert_eq!(wrong_blocks(&checks(&run.json())[0]), ["input1"]);
}

#[test]
fn one_that_hangs_is_left_in_time() {
    insta::assert_snapshot!(refused(&Mock::start(Fault::Hangs), "--timeout 0.3"), @r"error: the model failed at the point itself: POST http://127.0.0.1:PORT/Evaluate: no complete answer within 0.3 s (received of its body: nothing); if the model needs longer, raise the time-out, otherwise check whether the server hangs");
}

#[test]
fn servers_that_are_not_what_was_meant() {
    insta::assert_snapshot!(refused(&Mock::start(Fault::None), "--model backward"), @"error: http://127.0.0.1:PORT does not offer a model `backward`; choose from `forward`");
    insta::assert_snapshot!(refused(&Mock::start(Fault::TwoModels), ""), @"error: http://127.0.0.1:PORT offers 2 models; choose from `forward`, `backward`");
    insta::assert_snapshot!(refused(&Mock::start(Fault::NoOutputs), ""), @"error: the model `forward` has no outputs: there is nothing to differentiate");
    // Nothing listens on port 1.
    let run = run("model http://127.0.0.1:1 --retries 0");
    refusal(&run, "port 1");
    insta::assert_snapshot!(run.stderr, @"error: GET http://127.0.0.1:1/Info: no connection: the host refused it; is the server running, and is the URL right?");
    let run = crate::tool::run("model localhost:4242");
    refusal(&run, "no scheme");
    insta::assert_snapshot!(run.stderr, @"error: `localhost:4242` can't be used as the URL of a model server: it does not begin with http://; write it like http://localhost:4242");
}

#[test]
fn points() {
    let mock = Mock::start(Fault::None);
    let folder = Folder::new()
        .with("right.json", "[[1, 2, 3], [4, 5]]")
        .with("named.json", r#"{"speed": [4, 5], "position": [1, 2, 3]}"#)
        .with("few.json", "[[1, 2, 3]]")
        .with("short.json", "[[1, 2], [4, 5]]")
        .with("other.json", r#"{"position": [1, 2, 3], "sped": [4, 5]}"#)
        .with("nan.json", "[[1, NaN, 3], [4, 5]]")
        .with("words.json", "[[1, 2, \"three\"], [4, 5]]")
        .with("object.json", "{}")
        .with("half.json", "[[1, 2, 3], [4, ");
    let line = |file: &str| format!("model {} {NAMES} --at {file}", mock.url);
    let report = |file: &str| {
        let run = folder
            .run(&format!("{} --format json", line(file)))
            .expect(0);
        let mut report = without_times(run.json());
        report["command"] = Value::Null;
        report
    };
    assert_eq!(report("right.json"), report("named.json"));
    let files = [
        "few", "short", "other", "nan", "words", "object", "half", "missing",
    ];
    let messages = files.map(|file| folder.refused(&line(&format!("{file}.json"))));
    insta::assert_snapshot!(messages.concat(), @r#"
    error: few.json: it has 1 list, but the model has 2 inputs, position[3] speed[2]: give one list of numbers for each input
    error: short.json: `position` has 2 numbers, but that input of the model has 3: give it the length of the input
    error: other.json: it has no `speed`, but it has `position`, `sped`: name every input as its --block does
    error: nan.json: position[1] is NaN: give a point of finite numbers
    error: words.json, line 1, column 15: the text "three" is not a number: a point is a JSON list with one list of finite numbers for each input, such as [[0.5, -1.0], [2.0]]
    error: object.json: the file contains no numbers: check that the program that wrote it has finished
    error: half.json, line 1, column 16: EOF while parsing a value: a point is a JSON list with one list of finite numbers for each input, such as [[0.5, -1.0], [2.0]]
    error: missing.json: no such file: check the path
    "#);
}

#[test]
fn bounds_are_kept_and_what_is_fixed_is_left_out() {
    let mock = Mock::start(Fault::Bounded);
    let folder = Folder::new().with("at.json", "[[1e-9, 0.5, 3], [4, 0.999999999]]");
    let at = format!("model {} {NAMES} --at at.json", mock.url);
    insta::assert_snapshot!(mock.redact(&folder.refused(&at)), @r#"error: the model failed next to the point: POST http://127.0.0.1:PORT/Evaluate: the answer has HTTP status 500 and the body `"outside"`; the model failed on the server: check the server's own output; if its domain ends there, give its --bounds"#);
    let inside = "--bounds position[0]:0.. --bounds speed:-20..20 --bounds speed[1]:..1";
    folder.run(&format!("{at} {inside}")).expect(0);
    let fixed = format!("{at} {inside} --fixed position[1] --fixed speed");
    let run = folder.run(&fixed).expect(0);
    assert!(
        run.stdout
            .contains("3 coordinates are fixed and were not checked"),
        "{}",
        run.stdout
    );
    let again = run
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("Reproduce with: gradcheck "));
    let without_time = |run: Run| -> String { run.stdout.lines().map(steady).collect() };
    let repeated = folder.run(&again.unwrap().replace('\'', "")).expect(0);
    assert_eq!(without_time(repeated), without_time(run));

    for seed in 0..10 {
        model(&mock, &format!("{NAMES} {inside} --seed {seed}")).expect(0);
    }
    let forward = Mock::start(Fault::BoundedWithoutGradient);
    let line = format!("{NAMES} {inside} --fixed position[1]");
    let run = model(&forward, &line);
    assert_eq!(run.code, 2);
    assert!(
        run.stdout.contains("4 coordinates examined"),
        "{}",
        run.stdout
    );
}

#[test]
fn bounds_that_do_not_fit() {
    let mock = Mock::start(Fault::Bounded);
    let folder = Folder::new().with("at.json", "[[1, 2, 3], [4, 5]]");
    let messages = [
        "--bounds pos:0..",
        "--bounds position[3]:0..",
        "--bounds position[0,0]:0..",
        "--bounds position:0.. --bounds position[1]:..-1",
        "--fixed wheels",
        "--fixed position --fixed speed",
        "--at at.json --bounds speed:..1",
        "--bounds position:0",
        "--bounds position:1..0",
        "--bounds position:0..one",
        "--fixed position[a]",
    ];
    let messages =
        messages.map(|line| folder.refused(&format!("model {} {NAMES} {line}", mock.url)));
    insta::assert_snapshot!(mock.redact(&messages.concat()), @r#"
    error: there is no input or entry `pos` among position[3] speed[2]: name an input, or one entry of it such as W1[2,3]
    error: there is no input or entry `position[3]` among position[3] speed[2]: name an input, or one entry of it such as W1[2,3]
    error: there is no input or entry `position[0,0]` among position[3] speed[2]: name an input, or one entry of it such as W1[2,3]
    error: position[1]:..-1 leaves no value for position[1], whose other bounds exclude that range: give bounds that overlap
    error: there is no input or entry `wheels` among position[3] speed[2]: name an input, or one entry of it such as W1[2,3]
    error: the model failed at the point itself: POST http://127.0.0.1:PORT/Evaluate: the answer has HTTP status 500 and the body `"outside"`; the model failed on the server: check the server's own output; the point is random: if the model is not defined there, give a point with --at, or --bounds to draw it from
    error: speed[0] is 4, which is outside its bounds -inf..1: change --at or --bounds
    error: invalid value 'position:0' for '--bounds <NAME:LOW..HIGH>': `0` is not a range: write it like rates:0.., p:0..1 or theta[2]:..5

    For more information, try '--help'.
    error: invalid value 'position:1..0' for '--bounds <NAME:LOW..HIGH>': the lower bound 1 is above the upper bound 0: give the lower bound first

    For more information, try '--help'.
    error: invalid value 'position:0..one' for '--bounds <NAME:LOW..HIGH>': `one` is not a number: write it like rates:0.., p:0..1 or theta[2]:..5

    For more information, try '--help'.
    error: invalid value 'position[a]' for '--fixed <NAME>': `a` is not an index: write it like rates, rates[0] or W1[2,3]

    For more information, try '--help'.
    "#);
}

#[test]
fn blocks_that_do_not_fit() {
    let mock = Mock::start(Fault::None);
    let messages = [
        "--block x:3",
        "--block x:2 --block y:3",
        "--block x:3 --block x:2",
        "--block x:3 --block y:two",
        "--block :3 --block y:2",
    ];
    let messages = messages.map(|line| refused(&mock, line));
    insta::assert_snapshot!(messages.concat(), @r"
    error: the blocks x[3] have 3 numbers, but the inputs of `forward` have 3 and 2: give one --block for each input, in order
    error: the blocks x[2] y[3] have 2 and 3 numbers, but the inputs of `forward` have 3 and 2: give one --block for each input, in order
    error: two blocks are named `x`: give each block a different name
    error: invalid value 'y:two' for '--block <NAME:SHAPE>': `two` is not a dimension: write it like W1:5x4, b1:5, or c for a single number

    For more information, try '--help'.
    error: invalid value ':3' for '--block <NAME:SHAPE>': it has no name: write it like W1:5x4, b1:5, or c for a single number

    For more information, try '--help'.
    ");
}

#[test]
fn configurations() {
    let mock = Mock::start(Fault::None);
    let folder = Folder::new()
        .with("twice.json", r#"{"factor": 2}"#)
        .with("list.json", "[2]");
    let cost = |config: &str| {
        let line = format!("model {} --format json --config {config}", mock.url);
        checks(&folder.run(&line).expect(0).json())[0]["cost"]
            .as_f64()
            .unwrap()
    };
    assert_eq!(cost("'{}'") * 2.0, cost("twice.json"));
    assert_eq!(cost("twice.json"), cost("'{\"factor\": 2}'"));
    let messages = [
        "'{\"factor\": \"two\"}'",
        "'{\"factor\": }'",
        "list.json",
        "none.json",
    ];
    let messages = messages.map(|config| {
        let line = format!("model {} --config {config}", mock.url);
        mock.redact(&folder.refused(&line))
    });
    insta::assert_snapshot!(messages.concat(), @r#"
    error: POST http://127.0.0.1:PORT/InputSizes: the server returned the error InvalidInput: factor is "two", but must be a number
    error: --config: this is not valid JSON: expected value at line 1 column 12
    error: list.json: the configuration of a model is a JSON object, such as {"vtk_output": false}
    error: none.json: no such file: check the path; --config takes a JSON object, or the name of a file with one
    "#);
}

#[test]
fn flags_that_make_no_sense() {
    let lines = [
        "model",
        "model http://localhost:1 --spawn 'python model.py'",
        "model http://localhost:1 --timeout 0",
        "model http://localhost:1 --jobs 100000",
        "model http://localhost:1 --resolution 2",
        "model --spawn 'no-such-program'",
        "model --spawn 'python \"open'",
    ];
    let messages = lines.map(|line| Folder::new().refused(line));
    insta::assert_snapshot!(messages.concat(), @r#"
    error: the following required arguments were not provided:
      <URL>...

    Usage: gradcheck model [OPTIONS] <URL>...
           gradcheck model [OPTIONS] --spawn <COMMAND>

    For more information, try '--help'.
    error: the argument '[URL]...' cannot be used with '--spawn <COMMAND>'

    Usage: gradcheck model [OPTIONS] <URL>...
           gradcheck model [OPTIONS] --spawn <COMMAND>

    For more information, try '--help'.
    error: invalid value '0' for '--timeout <SECONDS>': it must be above 0 and at most a year: give seconds, such as 60

    For more information, try '--help'.
    error: invalid value '100000' for '--jobs <N>': this is too many: give at most 1024, or leave it out for one per URL

    For more information, try '--help'.
    error: invalid value '2' for '--resolution <NUMBER>': it must be between 0 and 1: give a fraction, such as 1e-6

    For more information, try '--help'.
    error: `no-such-program` can't be started: No such file or directory (os error 2); it is looked up in PATH and is not run by a shell
    error: the command `python "open` can't be split into words: it is empty, has an unclosed quotation mark, or ends in a backslash; it is split as a shell would split it, but is not run by a shell
    "#);
}

#[test]
fn several_servers_say_what_one_says() {
    let (first, second) = (Mock::start(Fault::Gradient), Mock::start(Fault::Gradient));
    let comparable = |line: &str| {
        let mut report = without_times(report(&first, line, 1));
        report["command"] = Value::Null;
        for key in ["urls", "jobs"] {
            report["model"][key] = Value::Null;
        }
        report
    };
    let one = comparable("");
    assert_eq!(one, comparable("--jobs 4"));
    assert_eq!(second.evaluations.load(Ordering::Relaxed), 0);
    assert_eq!(one, comparable(&format!("{} --jobs 4", second.url)));
    assert!(second.evaluations.load(Ordering::Relaxed) > 0);
}

#[test]
fn one_of_two_servers_breaks() {
    let (good, bad) = (Mock::start(Fault::None), Mock::start(Fault::Breaks(3)));
    let report = report(&good, &format!("{} --jobs 2", bad.url), 0);
    let troubles: Vec<&str> = report["troubles"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect();
    assert!(
        troubles.iter().any(|trouble| trouble.contains(&bad.url)),
        "{troubles:?}"
    );
}

#[test]
fn json() {
    let mock = Mock::start(Fault::None);
    let report = report(&mock, &format!("{NAMES} --sample 3 --seed 7"), 0);
    let keys: Vec<&String> = report.as_object().unwrap().keys().collect();
    insta::assert_snapshot!(format!("{keys:?}"), @r#"["checks", "command", "failure", "interrupted", "left_open", "model", "schema", "seconds", "seed", "troubles", "verdict"]"#);
    let command = format!(
        "gradcheck model {} --block position:3 --block speed:2 --sample 3 --seed 7",
        mock.url
    );
    assert_eq!(report["command"], command);
    assert_eq!(report["seed"], 7);
    assert_eq!(
        report["model"],
        json!({"name": "forward", "urls": [mock.url], "inputs": [3, 2], "outputs": [1], "jobs": 1})
    );
    let [check] = checks(&report) else {
        panic!("{report}")
    };
    assert_eq!(check["stage"], "gradient");
    assert_eq!(check["counts"]["agree"], 3);
    let names: Vec<&str> = blocks(check)
        .iter()
        .map(|block| text(&block["name"]))
        .collect();
    assert_eq!(names, ["position", "speed"]);
    // What it says to run again says the same.
    let again = run(&format!(
        "{} --format json",
        command.trim_start_matches("gradcheck ")
    ));
    assert_eq!(without_times(again.expect(0).json()), without_times(report));
}

/// Interrupts a check once the model was evaluated so often; with how often it was after that.
#[cfg(target_os = "linux")]
fn interrupted_after(evaluations: usize, fault: Fault) -> (Run, usize) {
    let folder = Folder::new();
    let mock = Mock::start(fault);
    let child = folder
        .command(&format!("model {}", mock.url))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let count = || mock.evaluations.load(Ordering::Relaxed);
    while count() < evaluations {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    crate::interrupt::signal(&child, "INT");
    let run = Run::of(child.wait_with_output().unwrap());
    (run, count() - evaluations)
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_check_asks_a_slow_model_nothing_more() {
    // That takes up what is measured before the first coordinate.
    for fault in [Fault::Slow, Fault::SlowWithoutGradient] {
        let (run, more) = interrupted_after(1, fault);
        assert!(more <= 5, "{fault:?}: {more} evaluations after it");
        assert_eq!(run.code, 2, "{}", run.stdout);
        assert_eq!(run.stdout, "");
        let error = "error: interrupted before there were any results\n";
        assert_eq!(run.stderr, error, "{fault:?}");
    }
    let (run, more) = interrupted_after(20, Fault::Slow);
    assert!(more <= 5, "{more} evaluations after it");
    assert_eq!(run.code, 2, "{}", run.stderr);
    // The last evaluations are those along random directions: all coordinates have been judged.
    let good = Mock::start(Fault::None);
    let all = checks(&report(&good, "", 0))[0]["evaluations"]
        .as_u64()
        .unwrap();
    let (run, more) = interrupted_after(all as usize - 8, Fault::Slow);
    assert!(more <= 5, "{more} evaluations after it");
    assert_eq!(run.code, 3, "{}", run.stderr);
    run.says(&[
        "interrupted: 5 of 5 coordinates were checked",
        "Inconclusive:",
    ]);
}

/// A check that was interrupted at a request that nobody answers: the run, and how many seconds it took from there.
#[cfg(target_os = "linux")]
fn called_away(mock: &Mock, more: &str) -> (Run, f64) {
    let child = Folder::new()
        .command(&format!("model {} {more}", mock.url))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while !(mock.hangs.load(Ordering::Relaxed) > 0 && crate::interrupt::listens(child.id())) {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let begun = std::time::Instant::now();
    crate::interrupt::signal(&child, "INT");
    let run = Run::of(child.wait_with_output().unwrap());
    (run, begun.elapsed().as_secs_f64())
}

#[cfg(target_os = "linux")]
#[test]
fn a_call_that_hangs_does_not_hold_an_interrupted_run() {
    let hanging = |at: &'static str, after: usize| {
        Mock::with(move |path, request, calls| {
            let hangs = path == at && calls >= after;
            (!hangs).then(|| mock::answer(path, request, Fault::Hessian(1.0), calls))
        })
    };
    // With the time-out and the retries that there are by default: minutes.
    for (at, after) in [
        ("/Info", 0),
        ("/InputSizes", 0),
        ("/Evaluate", 0),
        ("/Evaluate", 20),
        ("/Gradient", 0),
    ] {
        let (run, seconds) = called_away(&hanging(at, after), "");
        assert!(seconds < 60.0, "{at}: {seconds} s");
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{at}");
        let error = "error: interrupted before there were any results\n";
        assert_eq!(run.stderr, error, "{at}");
    }
    // What was measured before is reported.
    let (run, seconds) = called_away(&hanging("/ApplyHessian", 0), "");
    assert!(seconds < 60.0, "{seconds} s");
    assert_eq!((run.code, run.stderr.as_str()), (3, ""), "{}", run.stdout);
    run.says(&["Gradient: agree", "Inconclusive:"]);
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_start_leaves_no_process_behind() {
    // Told apart from those of other runs by how long they sleep.
    let marks = [1, 2, 3].map(|number| format!("{}.{number}", 600 + std::process::id()));
    let folder = Folder::new().with(
        "serve.sh",
        format!(
            "trap '' TERM\n(trap '' TERM; sleep {}) &\nsh -c 'sleep {}; true' &\nsleep {}\ntrue\n",
            marks[0], marks[1], marks[2]
        ),
    );
    let sleeping = || {
        let processes = std::process::Command::new("ps")
            .args(["-A", "-o", "stat=,args="])
            .output();
        let processes = String::from_utf8(processes.unwrap().stdout).unwrap();
        let lines = processes.lines().filter(|line| !line.starts_with('Z'));
        let marked = |line: &&str| {
            marks
                .iter()
                .any(|mark| line.ends_with(&format!("sleep {mark}")))
        };
        lines.filter(marked).count()
    };
    let child = folder
        .command("model --spawn 'sh serve.sh'")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while sleeping() < 3 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    crate::interrupt::signal(&child, "INT");
    let run = Run::of(child.wait_with_output().unwrap());
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert_eq!(
        run.stderr,
        "error: the start of the server `sh serve.sh` was interrupted\n"
    );
    // A signal takes its time; the bound is a guard against hanging.
    let gone = (0..1000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        sleeping() == 0
    });
    assert!(gone);
}
