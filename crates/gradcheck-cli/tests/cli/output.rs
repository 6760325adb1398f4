//! Where results go, and in which colors.

use std::fs;
use std::process::Stdio;

use crate::tool::{Folder, Run, refusal, run};

const ESCAPE: char = '\u{1b}';

#[test]
fn a_pipe_gets_no_colors_unless_it_asks() {
    let folder = Folder::new();
    for line in [
        "mlp --steps 0",
        "mlp --fault nan --steps 0",
        "course",
        "scalar",
        "faults",
    ] {
        let plain = folder.run(line);
        assert!(!plain.stdout.contains(ESCAPE), "{line}");
        let never = folder.run(&format!("{line} --color never"));
        assert!(!never.stdout.contains(ESCAPE), "{line}");
        let always = folder.run(&format!("{line} --color always"));
        assert!(always.stdout.contains(ESCAPE), "{line}");
        assert_eq!(plain.stderr + &never.stderr + &always.stderr, "", "{line}");
    }
    // The flag may come before the command too.
    assert!(folder.run("--color always scalar").stdout.contains(ESCAPE));
}

#[test]
fn no_color_is_honoured_and_the_flag_wins() {
    let folder = Folder::new();
    let with = |line: &str, variables: &[(&str, &str)]| {
        let mut command = folder.command(line);
        command.envs(variables.iter().copied());
        Run::of(command.output().unwrap()).stdout.contains(ESCAPE)
    };
    assert!(with("scalar", &[("CLICOLOR_FORCE", "1")]));
    assert!(!with(
        "scalar",
        &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]
    ));
    assert!(!with("scalar --color never", &[("CLICOLOR_FORCE", "1")]));
    assert!(with("scalar --color always", &[("NO_COLOR", "1")]));
}

#[test]
fn messages_have_colors_by_the_same_rules() {
    assert!(run("mlp --rows 0 --color always").stderr.contains(ESCAPE));
    assert!(!run("mlp --rows 0").stderr.contains(ESCAPE));
}

#[test]
fn json_and_files_have_no_colors_whatever_is_asked() {
    let folder = Folder::new();
    for line in ["mlp --steps 0", "course", "scalar", "faults"] {
        let json = folder.run(&format!("{line} --format json --color always"));
        assert!(!json.stdout.contains(ESCAPE), "{line}");
        folder
            .run(&format!("{line} --output out.txt --color always"))
            .expect(0);
        let text = folder.read("out.txt");
        assert!(!text.contains(ESCAPE) && text.len() > 100, "{line}: {text}");
    }
}

#[test]
fn a_file_gets_what_standard_output_would() {
    let folder = Folder::new();
    for line in ["course", "scalar", "faults", "course --format json"] {
        let expected = folder.run(line).expect(0).stdout;
        let run = folder.run(&format!("{line} --output out")).expect(0);
        assert_eq!(run.stdout, "");
        assert_eq!(folder.read("out"), expected);
        assert_eq!(folder.content().len(), 1, "{:?}", folder.content());
    }
}

#[test]
fn an_older_file_is_replaced_whole_or_not_at_all() {
    let folder = Folder::new().with("out.json", "the older one");
    for line in [
        "mlp --rows 0 --output out.json",
        "mlp --layers 31,1 --output out.json",
        "mlp --data nowhere.csv --output out.json",
        "mlp --fault nothing --output out.json",
        "scalar --epsilon 0 --output out.json",
        "compare a.npy b.npy --output out.json",
    ] {
        folder.refused(line);
        assert_eq!(folder.read("out.json"), "the older one", "{line}");
    }
    // A wrong gradient is a result like any other.
    let line = "mlp --fault nan --steps 0 --format json --output out.json";
    folder.run(line).expect(1);
    let report: serde_json::Value = serde_json::from_str(&folder.read("out.json")).unwrap();
    assert_eq!(report["verdict"], "disagree");
    assert_eq!(folder.content().len(), 1);
}

#[cfg(unix)]
#[test]
fn a_replaced_file_keeps_its_permissions_and_its_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new().with("real.txt", "older");
    let path = folder.path().join("real.txt");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.txt", folder.path().join("link.txt")).unwrap();
    folder.run("scalar --output link.txt").expect(0);
    assert!(folder.read("real.txt").contains("The gradient is correct!"));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    let link = folder.path().join("link.txt");
    assert!(link.symlink_metadata().unwrap().is_symlink());
    folder.run("scalar --output new.txt").expect(0);
    let mode = |name: &str| {
        folder
            .path()
            .join(name)
            .metadata()
            .unwrap()
            .permissions()
            .mode()
    };
    fs::write(folder.path().join("usual.txt"), "").unwrap();
    assert_eq!(mode("new.txt"), mode("usual.txt"));
}

#[test]
fn no_progress_where_standard_error_is_no_terminal() {
    // `expect` holds standard error to be empty; the run is long enough for a bar.
    run("mlp --data digits --layers 64,10,10 --format json")
        .expect(0)
        .json();
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let folder = Folder::new();
    for (line, code) in [
        ("mlp --steps 0", 0),
        ("mlp --fault nan --steps 0", 1),
        ("faults", 0),
        ("course", 0),
        ("--help", 0),
    ] {
        let mut child = folder
            .command(line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        Run::of(child.wait_with_output().unwrap()).expect(code);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said() {
    let folder = Folder::new();
    let full = || {
        fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    for line in [
        "scalar",
        "mlp --steps 0",
        "mlp --format json --steps 0",
        "faults",
    ] {
        let output = folder.command(line).stdout(full()).output().unwrap();
        let run = Run::of(output);
        refusal(&run, line);
        insta::allow_duplicates! {
            insta::assert_snapshot!(run.stderr, @"error: standard output can't be written (No space left on device (os error 28)): check where it goes, or use --output");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn devices_and_pipes_are_written_in_place() {
    let folder = Folder::new();
    let run = folder.run("scalar --output /dev/stdout").expect(0);
    run.says(&["The gradient is correct!"]);
    folder.run("scalar --output /dev/null").expect(0);
    assert!(
        fs::metadata("/dev/null").unwrap().file_type()
            != fs::metadata(folder.path()).unwrap().file_type()
    );
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}
