//! The same command gives the same report, whatever the number of threads, and the report's own command
//! gives it once more.

use crate::tool::{Folder, mlp_json, redacted, run, text, without_times};

#[test]
fn a_run_can_be_repeated_bit_for_bit() {
    for line in [
        "--seed 7",
        "--fault last-example-dropped --seed 3 --sample 99",
        "--data digits --layers 64,8,10 --sample 60 --batch-size 16 --optimizer adam",
        "--keep-prob 0.7 --frozen-masks --activation tanh",
        "--data synthetic --scheme complex-step",
    ] {
        let report = |line: &str| {
            let run = run(&format!("mlp --format json {line}"));
            (run.code, without_times(run.json()))
        };
        let first = report(&format!("{line} --threads 1"));
        for again in [
            format!("{line} --threads 1"),
            format!("{line} --threads 2"),
            line.to_owned(),
        ] {
            assert_eq!(report(&again), first, "{line}");
        }
    }
}

#[test]
fn the_seed_matters() {
    let costs: Vec<_> = ["--seed 0", "--seed 1", "--seed 18446744073709551615"]
        .iter()
        .map(|seed| mlp_json(&format!("{seed} --steps 0"), 0)["checks"][0]["cost"].clone())
        .collect();
    assert!(costs[0] != costs[1] && costs[1] != costs[2], "{costs:?}");
}

#[test]
fn the_command_of_a_report_gives_the_report_again() {
    let folder = Folder::new()
        .with("it's a table.csv", TABLE)
        .with("-d.csv", TABLE)
        .with("sub/ü\n.csv", TABLE)
        .with(
            "sub/net.toml",
            "data = \"ü\\n.csv\"\nloss = \"mse\"\nlabel = 1\nl2 = 1e-9\n",
        );
    for line in [
        "",
        "--layers 30,4,1 --activation gelu --loss mse --l2 0 --init xavier --seed 5 --steps 3",
        "--data digits --layers 64,4,10 --rows 20 --batch-size 7 --optimizer momentum --learning-rate 0.001",
        "--scheme course --epsilon 1e-6 --sample 40 --precision f32 --steps 1",
        "--scheme five-point --epsilon 0.001 --steps 1 --memory-limit 0.75 --engine full",
        "--keep-prob 0.875 --frozen-masks --l2 1e-300 --standardize false --rows 9 --learning-rate 1e-8",
        "--data 'it'\\''s a table.csv' --header yes --label '$y' --steps 2",
        "--data=-d.csv --header auto --label 2 --loss mse --steps 2",
        "--config sub/net.toml --steps 2",
        "--fault stale --steps 1 --sample 30",
    ] {
        let first = folder.shell(&format!("gradcheck mlp --format json {line}"));
        assert_eq!(first.stderr, "", "{line}");
        let report = first.json();
        let command = text(&report["command"]);
        let again = folder.shell(&format!("{command} --format json"));
        assert_eq!(again.code, first.code, "{command}\n{}", again.stderr);
        assert_eq!(
            without_times(again.json()),
            without_times(report.clone()),
            "{command}"
        );
        let said = folder.shell(command);
        said.says(&[&format!("\nReproduce with: {command}\n")]);
    }
}

const TABLE: &str = "a,b,$y\n1,2,0\n3,4.5,1\n5,7,1\n-2,0,0\n";

#[test]
fn the_command_leaves_out_what_is_so_by_default() {
    let report = mlp_json(
        "--seed 0 --rows 64 --steps 50 --l2 0.5 --activation relu",
        0,
    );
    assert_eq!(report["command"], "gradcheck mlp --rows 64");
}

#[test]
fn the_text_of_a_run() {
    insta::assert_snapshot!(redacted(&run("mlp").expect(0).stdout), @r#"
    30-16-8-1 relu, bce, λ = # · breast-cancer (64 examples) · 641 parameters
    seed 0

    At initialization
    agree: all 641 coordinates; relative error # (course: "likely right")
    detection limit: # of block RMS (one coordinate), # (whole block)
    directional test: 7 of 7 directions agree (detection limit # of g·u)

    After 50 steps of training
    agree: all 641 coordinates; relative error # (course: "likely right")
    detection limit: # of block RMS (one coordinate), # (whole block)
    directional test: 7 of 7 directions agree (detection limit # of g·u)

    The gradient is right at initialization and after 50 steps, up to the detection
    limits above.
    # evaluations of the cost in # s; central differences, layerwise engine
    Gradient checking is slow: use it for debugging, never in training.
    Reproduce with: gradcheck mlp
    "#);
    insta::assert_snapshot!(redacted(&run("mlp --fault course --steps 1").expect(1).stdout), @r#"
    30-16-8-1 relu, bce, λ = # · breast-cancer (64 examples) · 641 parameters
    seed 0 · planted fault: course

    At initialization
    W2 (layer 2) is wrong in 128 of 128 entries, by up to # at W2[#]
    error by row ▇▆▁▄▁█▁▁ by column ▄▁▂▃▄▁▂▂▂▁▅▄▂▃█▃
    b1 (layer 1) is wrong in 16 of 16 entries, by up to # at b1[#]
    next: start with layer 2, the wrong layer nearest to the output: errors
    block shape verdict rel. err worst analytic numeric ± error
    W1 16×30 agree # [#] # # #
    b1 16 disagree # [#] # # #
    W2 8×16 disagree # [#] # # #
    b2 8 agree # [#] # # #
    W3 1×8 agree # [#] # # #
    b3 1 agree # [#] # # #
    relative error # over all coordinates (course: "a bug")
    detection limit: # of block RMS (one coordinate), # (whole block)
    directional test: also fails, along b1, W2 and all blocks together, by up to
    # of g·u
    in layer 2: dZ2 is correct, so inspect the step from dZ2 to dW2
    confirmed by full forward passes: 6 random coordinates and all 144 that
    disagreed

    After 1 step of training
    W2 (layer 2) is wrong in 128 of 128 entries, by up to # at W2[#]
    error by row █▇▁▅▂█▁▁ by column ▅▁▂▂▄▂▂▂▂▁▄▄▂▄█▄
    b1 (layer 1) is wrong in 16 of 16 entries, by up to # at b1[#]
    next: start with layer 2, the wrong layer nearest to the output: errors
    block shape verdict rel. err worst analytic numeric ± error
    W1 16×30 agree # [#] # # #
    b1 16 disagree # [#] # # #
    W2 8×16 disagree # [#] # # #
    b2 8 agree # [#] # # #
    W3 1×8 agree # [#] # # #
    b3 1 agree # [#] # # #
    relative error # over all coordinates (course: "a bug")
    detection limit: # of block RMS (one coordinate), # (whole block)
    directional test: also fails, along b1, W2 and all blocks together, by up to
    # of g·u
    in layer 2: dZ2 is correct, so inspect the step from dZ2 to dW2
    confirmed by full forward passes: 6 random coordinates and all 144 that
    disagreed

    The gradient is wrong at initialization and after 1 step.
    # evaluations of the cost in # s; central differences, layerwise engine
    Gradient checking is slow: use it for debugging, never in training.
    Reproduce with: gradcheck mlp --fault course --steps 1
    "#);
}
