//! A model server on this machine, started from a command line and ended whatever happens.
//!
//! Invariant: knows nothing of the protocol, except that a server that answers /Info is ready.

mod group;
mod tail;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::answer::field;
use crate::workers::Workers;
use crate::{Call, Client, Settings};
use group::Group;
use tail::Tail;

/// How often a starting server is asked whether it is ready.
const ASKED_EVERY: Duration = Duration::from_millis(50);
/// How long one such request may take: a starting server may accept connections but not answer yet.
const ASKED_FOR: Duration = Duration::from_secs(1);

/// How long to wait for a server, at its start and at its end.
#[derive(Debug, Clone)]
pub struct SpawnSettings<'a> {
    /// The time from the start until it must answer.
    pub wait: Duration,
    /// The time from the request to end until it is killed.
    pub grace: Duration,
    /// Once true, the start is given up.
    pub cancel: Option<&'a AtomicBool>,
}

impl Default for SpawnSettings<'_> {
    /// A minute to start (an interpreter that compiles first needs half of it), two seconds to end.
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(60),
            grace: Duration::from_secs(2),
            cancel: None,
        }
    }
}

/// Why a server could not be started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// The command is empty, or a quotation mark is not closed.
    #[error(
        "the command `{command}` can't be split into words: it is empty, has an unclosed quotation mark, or ends \
         in a backslash; it is split as a shell would split it, but is not run by a shell"
    )]
    Words {
        /// The command.
        command: String,
    },
    /// No free port was found.
    #[error("no free port for the server: {source}")]
    Port {
        /// The operating system's message.
        source: io::Error,
    },
    /// The program can't be started.
    #[error(
        "`{program}` can't be started: {source}; it is looked up in PATH and is not run by a shell"
    )]
    Start {
        /// The first word of the command.
        program: String,
        /// The operating system's message.
        source: io::Error,
    },
    /// The program ended before it answered.
    #[error("the server `{command}` ended ({how}) before it answered; {lines}")]
    Ended {
        /// The command.
        command: String,
        /// Its exit code or signal.
        how: String,
        /// What it wrote last.
        lines: String,
    },
    /// The server did not answer in time, and was ended.
    #[error(
        "the server `{command}` did not answer at {url} within {} s, so it was ended: {problem}; it must \
         listen on the port in the environment variable PORT, or on {{port}} in its command: in Python, \
         umbridge.serve_models([model], int(os.environ[\"PORT\"])); {lines}",
        limit.as_secs_f64()
    )]
    Silent {
        /// The command.
        command: String,
        /// The URL at which it should have answered.
        url: String,
        /// The time limit.
        limit: Duration,
        /// The problem of the last request.
        problem: String,
        /// What it wrote last.
        lines: String,
    },
    /// The caller gave up.
    #[error("the start of the server `{command}` was interrupted")]
    Cancelled {
        /// The command.
        command: String,
    },
}

/// A running server with its process group, which are ended when this is dropped: first asked (SIGTERM), then
/// killed after the grace period, so that one that ignores the request ends too.
///
/// It also ends when this process panics, aborts or is killed: on Unix a second process watches this one. A
/// process that calls [`std::process::exit`] should call [`end_all`](Self::end_all) before, which is
/// faster. Only what leaves the process group on purpose (a daemon) outlives it; on systems without
/// process groups (Windows), so do the server's own child processes.
#[derive(Debug)]
pub struct Server {
    command: String,
    url: String,
    tail: Tail,
    group: Group,
    grace: Duration,
}

impl Server {
    /// Starts `command` and waits until it answers.
    ///
    /// The command is split into words as a shell would, but no shell runs it. It gets its port, a free one,
    /// in the environment variable `PORT`; `{port}` in the command is replaced by it too. The end of its output is
    /// kept ([`last_lines`](Self::last_lines)); nothing of it is printed.
    ///
    /// # Errors
    /// [`SpawnError`]; nothing that was started is left running then.
    pub fn spawn(command: &str, settings: &SpawnSettings<'_>) -> Result<Self, SpawnError> {
        let words = shlex::split(command).filter(|words| !words.is_empty());
        let Some(words) = words else {
            return Err(SpawnError::Words {
                command: command.to_owned(),
            });
        };
        let port = free_port().map_err(|source| SpawnError::Port { source })?;
        let words: Vec<String> = words
            .iter()
            .map(|word| word.replace("{port}", &port.to_string()))
            .collect();
        let mut process = Command::new(&words[0]);
        process
            .args(&words[1..])
            .env("PORT", port.to_string())
            // Else what a Python server printed is lost in its buffer when it is killed.
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut group = Group::spawn(&mut process).map_err(|source| SpawnError::Start {
            program: words[0].clone(),
            source,
        })?;
        let (stdout, stderr) = group.outputs();
        let tail = Tail::new();
        if let Some(stdout) = stdout {
            tail.follow(stdout);
        }
        if let Some(stderr) = stderr {
            tail.follow(stderr);
        }
        let mut server = Self {
            command: command.to_owned(),
            url: format!("http://127.0.0.1:{port}"),
            tail,
            group,
            grace: settings.grace,
        };
        // From here on every return drops the server, and so ends it.
        server.wait_until_ready(settings)?;
        Ok(server)
    }

    /// The URL at which it answers, such as `http://127.0.0.1:43817`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The number of its process, and of its process group.
    pub fn id(&self) -> u32 {
        self.group.id()
    }

    /// How the server ended, as text, if it ended by itself.
    pub fn ended(&mut self) -> Option<String> {
        self.group.ended()
    }

    /// The last lines that it wrote, to standard output or standard error, the newest at the end.
    pub fn last_lines(&self) -> Vec<String> {
        self.tail.lines()
    }

    /// Kills every server that this process has started and not ended, at once and without grace. May be
    /// called from any thread, such as that of a Ctrl-C handler, before it ends the process.
    pub fn end_all() {
        group::kill_all();
    }

    fn wait_until_ready(&mut self, settings: &SpawnSettings<'_>) -> Result<(), SpawnError> {
        let begun = Instant::now();
        let workers = Workers::default();
        let command = self.command.clone();
        let mut problem = "it has not been asked yet".to_owned();
        loop {
            if settings
                .cancel
                .is_some_and(|flag| flag.load(Ordering::Relaxed))
            {
                return Err(SpawnError::Cancelled { command });
            }
            let left = settings.wait.saturating_sub(begun.elapsed());
            let ready = match left.is_zero() {
                true => Err(problem.clone()),
                false => {
                    let (url, limit) = (self.url.clone(), left.min(ASKED_FOR));
                    let question = move || ask(&url, limit);
                    match settings.cancel {
                        // The loop sees the interruption before the next request.
                        Some(cancel) => (workers.run(cancel, question))
                            .unwrap_or_else(|_| Err("the question was interrupted".to_owned())),
                        None => question(),
                    }
                }
            };
            // Checked after the request: otherwise another server on that port could pass for this one.
            if let Some(how) = self.ended() {
                self.tail.settle();
                return Err(SpawnError::Ended {
                    command,
                    how,
                    lines: self.tail.words(),
                });
            }
            match ready {
                Ok(()) => return Ok(()),
                Err(_) if left.is_zero() => {
                    return Err(SpawnError::Silent {
                        command,
                        url: self.url.clone(),
                        limit: settings.wait,
                        problem,
                        lines: self.tail.words(),
                    });
                }
                Err(why) => problem = why,
            }
            std::thread::sleep(ASKED_EVERY.min(left));
        }
    }
}

/// Succeeds if /Info is answered as the protocol specifies; the version is not checked here.
fn ask(url: &str, limit: Duration) -> Result<(), String> {
    let settings = Settings {
        timeout: limit,
        connect_timeout: limit,
        retries: 0,
        ..Settings::default()
    };
    let client = Client::new(&[url], settings).map_err(|error| error.to_string())?;
    let answer = client.call(&[0], Call::Info, String::new(), 0, |answer| {
        field(answer, "protocolVersion")?;
        Ok(())
    });
    answer.map_err(|error| match error {
        crate::Error::Call(error) => error.problem.to_string(),
        other => other.to_string(),
    })
}

impl Drop for Server {
    fn drop(&mut self) {
        self.group.end(self.grace);
    }
}

/// A port that was free a moment ago. Another program may take it before the server does; it then ends with
/// an error of its own.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
