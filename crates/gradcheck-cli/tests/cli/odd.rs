//! What nobody should do and somebody will.

use std::process::{Command, Stdio};

use crate::tool::{Folder, Run, checks, mlp_json, refusal, run};

#[test]
fn the_smallest_networks_and_data() {
    for line in [
        "--layers 30,1",
        "--rows 1",
        "--rows 1 --layers 30,1 --sample 1",
        "--data synthetic --layers 1,1",
        "--data synthetic --layers 1,1,1 --rows 2 --activation tanh",
        "--threads 64 --steps 1",
    ] {
        let report = mlp_json(line, 0);
        assert_eq!(report["verdict"], "agree", "{line}");
    }
    run("mlp --rows 1 --steps 0")
        .expect(0)
        .says(&["breast-cancer (1 example) ·"]);
}

#[test]
fn constant_labels_and_features() {
    let folder = Folder::new()
        .with("one class.csv", "1,2,1\n2,3,1\n4,4,1\n")
        .with("constant.csv", "1,2,1\n1,2,0\n1,2,1\n");
    folder
        .run("mlp --data 'one class.csv' --layers 2,3,1 --activation tanh")
        .expect(0);
    // Every feature standardised to 0: the weights of the first layer can't be tested.
    let run = folder
        .run("mlp --data constant.csv --layers 2,3,1 --activation tanh --l2 0")
        .expect(3);
    run.says(&["W1", "inconclusive", "Inconclusive:"]);
}

#[test]
fn names_that_a_shell_would_stumble_over() {
    for name in [
        "ü ö.csv",
        "a\u{1b}[31mred.csv",
        "two\nlines.csv",
        "%s{}.csv",
        "\"quoted\".csv",
        "--data.csv",
    ] {
        let folder = Folder::new().with(name, "1,2,0\n2,3,1\n4,1,1\n");
        let mut command = folder.command("mlp --layers 2,2,1 --steps 0 --color always");
        let run = Run::of(command.arg(format!("--data={name}")).output().unwrap()).expect(0);
        assert!(!run.stdout.contains("\u{1b}[31mred"), "{}", run.stdout);
        let command = run.stdout.lines().last().unwrap();
        let command = command
            .split_once("Reproduce with: ")
            .unwrap()
            .1
            .replace("\u{1b}[0m", "");
        folder.shell(&command).expect(0);

        let mut command = folder.command("mlp");
        let run = Run::of(command.arg(format!("--data={name}?")).output().unwrap());
        refusal(&run, name);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
}

#[test]
fn huge_numbers_of_everything_are_refused_or_done() {
    let folder = Folder::new();
    for line in [
        "mlp --rows 18446744073709551615",
        "mlp --rows 18446744073709551615 --data synthetic",
        "mlp --rows 18446744073709551616",
        "mlp --layers 30,18446744073709551615,18446744073709551615,1",
        "mlp --seed 18446744073709551616",
        "mlp --layers 30,1,1,1,1,1,1,1,1,1,99999999999",
    ] {
        folder.refused(line);
    }
    mlp_json(
        "--batch-size 18446744073709551615 --sample 18446744073709551615 --steps 1",
        0,
    );
}

/// With half a gigabyte of addresses, whoever allocates first and refuses later is ended by the system.
#[cfg(target_os = "linux")]
#[test]
fn what_would_not_fit_is_refused_before_it_is_allocated() {
    let folder = Folder::new();
    for line in [
        "gradcheck mlp --layers 30,100000,100000,1",
        "gradcheck mlp --layers 30,9999999999,9999999999,1",
        "gradcheck mlp --layers 99999999999,1 --data synthetic",
        "gradcheck mlp --layers 4,1 --rows 99999999999 --data synthetic",
        "gradcheck mlp --rows 99999999999 --data synthetic",
        "gradcheck mlp --layers 30,999999999,1",
        "gradcheck mlp --config /dev/zero",
        "gradcheck mlp --data /dev/zero",
        "yes 1 | tr -d '\\n' | gradcheck mlp --data /dev/stdin",
    ] {
        refusal(&folder.shell(&format!("ulimit -v 524288; {line}")), line);
    }
}

#[test]
fn deep_networks() {
    let layers = "30".to_owned() + &",2".repeat(40) + ",1";
    for activation in ["tanh", "sigmoid", "gelu"] {
        let line = format!("--layers {layers} --activation {activation} --steps 0");
        // A gradient that has vanished on its way back is right or undecided, never wrong.
        let run = run(&format!("mlp --format json {line}"));
        assert!([0, 3].contains(&run.code), "{line}");
        assert_eq!(checks(&run.json())[0]["counts"]["disagree"], 0);
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    for line in [
        "--help",
        "-h",
        "help",
        "mlp --help",
        "scalar --help",
        "course -h",
        "compare --help",
        "faults --help",
        "help mlp",
    ] {
        let run = run(line).expect(0);
        run.says(&["Usage: gradcheck"]);
    }
    assert_eq!(
        run("--version").expect(0).stdout,
        format!("gradcheck {}\n", env!("CARGO_PKG_VERSION"))
    );
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        run(&format!("completions {shell}"))
            .expect(0)
            .says(&["gradcheck"]);
    }
}

#[test]
fn the_examples_of_the_help_work() {
    let folder = Folder::new().with(
        "net.toml",
        "layers = [30, 16, 8, 1]\nactivation = \"tanh\"\nlearning-rate = 0.05\n",
    );
    let help = folder.run("mlp --help").expect(0).stdout;
    for line in [
        "mlp --layers 30,16,8,1 --activation tanh --optimizer adam",
        "mlp --data digits --scheme complex-step --activation gelu",
        "mlp --config net.toml --seed 7",
        "mlp --keep-prob 0.8 --frozen-masks",
    ] {
        assert!(help.contains(line), "{line}");
        folder.run(line).expect(0);
    }
    let help = run("--help").expect(0).stdout;
    for (line, code) in [("mlp", 0), ("mlp --fault dw2-doubled", 1), ("course", 0)] {
        assert!(help.contains(line), "{line}");
        folder.run(line).expect(code);
    }
}

#[test]
fn an_option_may_be_given_once() {
    let folder = Folder::new();
    insta::assert_snapshot!(folder.refused("mlp --seed 1 --seed 2"), @r"
    error: the argument '--seed <N>' cannot be used multiple times

    Usage: gradcheck mlp [OPTIONS]

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(folder.refused("mlp --sed 1"), @r"
    error: unexpected argument '--sed' found

      tip: a similar argument exists: '--seed'

    Usage: gradcheck mlp --seed <N>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(folder.refused("mpl"), @r"
    error: unrecognized subcommand 'mpl'

      tip: a similar subcommand exists: 'completions'

    Usage: gradcheck [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn closed_streams_do_not_end_in_a_panic() {
    let folder = Folder::new();
    for line in [
        "gradcheck scalar >&-",
        "gradcheck mlp --rows 0 2>&-",
        "gradcheck mlp --steps 0 <&- 2>&- >&-",
    ] {
        let run = folder.shell(line);
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        assert!(run.code == 0 || run.code == 2, "{line}: {}", run.code);
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_gone_or_closed() {
    let folder = Folder::new();
    let run = folder
        .shell("mkdir gone && cd gone && rmdir ../gone && gradcheck scalar")
        .expect(0);
    run.says(&["The gradient is correct!"]);
    let run = folder.shell("mkdir gone && cd gone && rmdir ../gone && gradcheck scalar --output x");
    refusal(&run, "gone");
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    #[cfg(unix)]
    {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let folder = Folder::new();
        let mut command: Command = folder.command("mlp --data");
        command
            .arg(OsStr::from_bytes(b"a\xff.csv"))
            .stdin(Stdio::null());
        let run = Run::of(command.output().unwrap());
        refusal(&run, "no text");
    }
}

/// Steps so wide that nothing they give is a derivative: the second looks settle it, and no engine is blamed.
#[test]
fn no_engine_is_blamed_for_a_step_that_is_too_wide() {
    for line in [
        "mlp --epsilon 1000 --activation tanh --seed 1 --steps 0",
        "mlp --epsilon 1e5 --steps 0",
        "mlp --epsilon 0.05 --scheme forward --activation gelu --steps 0",
    ] {
        run(line).expect(0);
    }
}

/// One standardised row is all zeros, and the complex step's h² is all there is.
#[test]
fn a_gradient_of_exactly_zero_is_not_called_wrong() {
    // The gradient of the biases is 0 and computed as 4e-14: zero to within the bars, which are sharp beside the weights'.
    let text = run("mlp --rows 1 --loss mse --activation gelu").expect(0);
    assert!(
        text.stdout
            .contains("25 entries (b1, b2, b3) are zero to within their error bars")
    );
}
