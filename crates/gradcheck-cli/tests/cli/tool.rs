//! Running the binary, and taking apart what it says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// What a run came to.
pub(crate) struct Run {
    /// The exit code; -1 for a process that a signal ended.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The run, which must have ended with `code` and without a word on standard error.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        assert_eq!(self.stderr, "", "{}", self.stdout);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }

    /// Whether all of `parts` are in the text on standard output, wherever its lines are broken.
    #[track_caller]
    pub(crate) fn says(&self, parts: &[&str]) {
        let in_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let stdout = in_one_line(&self.stdout);
        for part in parts {
            let said = stdout.contains(&in_one_line(part));
            assert!(said, "{part:?} is missing from\n{}", self.stdout);
        }
    }
}

/// The binary, with nothing of the tester's own that changes its output.
pub(crate) fn gradcheck() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradcheck"));
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null());
    command
}

/// Runs `gradcheck` with the words of `line` in an empty folder.
pub(crate) fn run(line: &str) -> Run {
    Folder::new().run(line)
}

/// Runs `gradcheck mlp --format json` with the words of `line`; the exit code must be `code`.
#[track_caller]
pub(crate) fn mlp_json(line: &str, code: i32) -> Value {
    run(&format!("mlp --format json {line}"))
        .expect(code)
        .json()
}

/// A temporary folder that runs take place in, so that messages show the names of files as they were
/// typed.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The same folder with one more file.
    pub(crate) fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Everything in it, hidden files too, with the sizes.
    pub(crate) fn content(&self) -> BTreeSet<(String, u64)> {
        fs::read_dir(self.path())
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let size = entry.metadata().unwrap().len();
                (entry.file_name().to_string_lossy().into_owned(), size)
            })
            .collect()
    }

    /// The binary with the words of `line`, about to run here.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = gradcheck();
        command.current_dir(self.path()).args(words(line));
        command
    }

    pub(crate) fn run(&self, line: &str) -> Run {
        Run::of(self.command(line).output().unwrap())
    }

    /// Runs a line as a shell does, with the binary in its path.
    pub(crate) fn shell(&self, line: &str) -> Run {
        let own = gradcheck();
        let bin = Path::new(own.get_program()).parent().unwrap().to_owned();
        let output = Command::new("bash")
            .args(["-c", line])
            .current_dir(self.path())
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env_remove("NO_COLOR")
            .output();
        Run::of(output.unwrap())
    }

    /// The message of a run that must be refused: exit code 2, exactly one message on standard error,
    /// nothing on standard output, no file left behind or changed in size.
    #[track_caller]
    pub(crate) fn refused(&self, line: &str) -> String {
        let before = self.content();
        let run = self.run(line);
        refusal(&run, line);
        assert_eq!(before, self.content(), "{line}");
        run.stderr
    }
}

#[track_caller]
pub(crate) fn refusal(run: &Run, line: &str) {
    let Run {
        code,
        stdout,
        stderr,
    } = run;
    assert_eq!(*code, 2, "{line}\n{stdout}\n{stderr}");
    assert_eq!(stdout, "", "{line}");
    assert!(stderr.starts_with("error: "), "{line}\n{stderr}");
    assert_eq!(stderr.matches("error: ").count(), 1, "{line}\n{stderr}");
    for forbidden in ["panicked", "RUST_BACKTRACE", "\u{1b}", "Some(", "Absolute("] {
        assert!(!stderr.contains(forbidden), "{line}\n{stderr}");
    }
}

/// The words of a line, parts in single quotes kept together.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut inside, mut quoted) = (false, false);
    for character in line.chars() {
        match character {
            '\'' => {
                quoted = !quoted;
                if !inside {
                    words.push(String::new());
                }
                inside = true;
            }
            ' ' if !quoted => inside = false,
            character => {
                if !inside {
                    words.push(String::new());
                }
                inside = true;
                words.last_mut().unwrap().push(character);
            }
        }
    }
    words
}

/// The checks of a JSON report.
pub(crate) fn checks(report: &Value) -> &[Value] {
    report["checks"].as_array().unwrap()
}

/// The blocks of a check.
pub(crate) fn blocks(check: &Value) -> &[Value] {
    check["blocks"].as_array().unwrap()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value}"))
}

/// The names of the blocks of a check that are wrong.
pub(crate) fn wrong_blocks(check: &Value) -> Vec<&str> {
    blocks(check)
        .iter()
        .filter(|block| block["verdict"] == "disagree")
        .map(|block| text(&block["name"]))
        .collect()
}

/// Every `seconds` in a report, set to nothing: the one thing that is not the same twice.
pub(crate) fn without_times(mut value: Value) -> Value {
    fn visit(value: &mut Value) {
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    if key == "seconds" {
                        *value = Value::Null;
                    } else {
                        visit(value);
                    }
                }
            }
            Value::Array(list) => list.iter_mut().for_each(visit),
            _ => {}
        }
    }
    visit(&mut value);
    value
}

/// A text with what depends on the clock or on the processor's rounding replaced by `#`: numbers with a
/// point or an exponent, counts of evaluations, indices of the coordinate that is furthest off. What the
/// judge makes of a mistake (`why:`) is left out.
pub(crate) fn redacted(text: &str) -> String {
    // What is wrapped after it is indented as far as its first word.
    let is_why = |line: &&str| line.starts_with("  why: ") || line.starts_with("       ");
    let told = text.lines().filter(|line| !is_why(line));
    let lines = told.map(|line| {
        let mut words: Vec<String> = line.split_whitespace().map(redacted_word).collect();
        if words.get(1).is_some_and(|word| word == "evaluations") {
            words[0] = "#".to_owned();
        }
        words.join(" ")
    });
    lines.map(|line| line + "\n").collect()
}

fn redacted_word(word: &str) -> String {
    if let Some((block, rest)) = word.split_once('[')
        && let Some((_, after)) = rest.split_once(']')
    {
        return format!("{block}[#]{after}");
    }
    if let Some(exponent) = word.strip_prefix("t^") {
        return format!("t^{}", redacted_word(exponent));
    }
    let number = word.trim_end_matches([',', ';', '.', ':', ')']);
    let after = &word[number.len()..];
    if number.contains(['.', 'e']) && number.parse::<f64>().is_ok() {
        return format!("#{after}");
    }
    word.to_owned()
}
