//! Servers of our own: this test's executable, run again in the role that a variable names.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use um_bridge::{Server, SpawnError, SpawnSettings};

use crate::http::serve;
use crate::mock::{POINT, good, open};

/// Not a test: what the processes that the tests start do.
#[test]
#[ignore = "run by the other tests, in a process of its own"]
fn role() {
    let port: u16 = std::env::var("PORT").map_or(0, |port| port.parse().unwrap());
    match std::env::var("UM_BRIDGE_ROLE").unwrap_or_default().as_str() {
        "server" => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
            serve(&listener, good);
        }
        // Starts a server, says its number, and waits to be killed.
        "parent" => {
            let server = Server::spawn(&command("server", ""), &patient()).unwrap();
            println!("\nid {}", server.id());
            std::thread::sleep(Duration::from_secs(600));
        }
        // Starts a server, and leaves in a way that drops nothing.
        "leaver" => {
            let server = Server::spawn(&command("server", ""), &patient()).unwrap();
            println!("\nid {}", server.id());
            Server::end_all();
            std::process::exit(0);
        }
        _ => {}
    }
}

/// The command that runs [`role`] as `name`, after `before` in a shell.
fn command(name: &str, before: &str) -> String {
    let exe = std::env::current_exe().unwrap();
    let exe = exe.to_str().unwrap();
    let script = format!("{before} exec '{exe}' --exact spawn::role --ignored --nocapture");
    format!(
        "env UM_BRIDGE_ROLE={name} sh -c {}",
        shlex::try_quote(&script).unwrap()
    )
}

fn patient() -> SpawnSettings<'static> {
    SpawnSettings {
        wait: Duration::from_secs(60),
        grace: Duration::from_millis(300),
        cancel: None,
    }
}

/// Whether any process of the group is there and no zombie.
fn lives(group: u32) -> bool {
    let output = Command::new("ps")
        .args(["-A", "-o", "pgid=,stat="])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).lines().any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some(&group.to_string()) && !words.next().unwrap_or("Z").starts_with('Z')
    })
}

/// Waits for what another process does in its own time; the bound is a guard against hanging.
fn eventually(what: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while !what() {
        if begun.elapsed() > Duration::from_secs(30) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

#[test]
fn a_server_is_started_used_and_ended() {
    let mut server = Server::spawn(&command("server", ""), &patient()).unwrap();
    let model = open(&[server.url()]).unwrap();
    assert_eq!(model.evaluate(&POINT).unwrap()[0][1], 2.0);
    assert_eq!(server.ended(), None);
    let id = server.id();
    assert!(lives(id));
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    drop(server);
    assert!(!lives(id));
    let error = model.evaluate(&POINT).unwrap_err().to_string();
    assert_snapshot!(error.replace(&port, "PORT"), @"POST http://127.0.0.1:PORT/Evaluate: no connection: the host refused it; is the server running, and is the URL right? (tried 3 times)");
}

#[test]
fn the_port_may_stand_in_the_command() {
    let server = Server::spawn(&command("server", "export PORT={port};"), &patient()).unwrap();
    assert!(open(&[server.url()]).is_ok());
}

#[test]
fn what_it_started_ends_too_and_what_ignores_the_request_is_killed() {
    let before = "trap '' TERM; (trap '' TERM; sleep 600) & ";
    let server = Server::spawn(&command("server", before), &patient()).unwrap();
    let id = server.id();
    drop(server);
    assert!(!lives(id));
}

#[test]
fn it_ends_with_a_panic() {
    let id = std::sync::Mutex::new(0);
    let outcome = std::panic::catch_unwind(|| {
        let server = Server::spawn(&command("server", ""), &patient()).unwrap();
        *id.lock().unwrap() = server.id();
        std::panic::resume_unwind(Box::new("on purpose"));
    });
    assert!(outcome.is_err());
    assert!(!lives(
        *id.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    ));
}

/// Starts a process in that role, and reads the number of the server that it started.
fn with_a_server(role: &str) -> (Child, u32) {
    let words = shlex::split(&command(role, "")).unwrap();
    let mut parent = Command::new(&words[0])
        .args(&words[1..])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let id = lines
        .map(Result::unwrap)
        .find_map(|line| line.strip_prefix("id ")?.parse::<u32>().ok())
        .unwrap();
    (parent, id)
}

#[test]
fn it_ends_when_this_process_is_killed() {
    let (mut parent, id) = with_a_server("parent");
    assert!(lives(id));
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert!(eventually(|| !lives(id)));
}

#[test]
fn it_ends_when_this_process_leaves_without_dropping() {
    let (mut parent, id) = with_a_server("leaver");
    parent.wait().unwrap();
    assert!(eventually(|| !lives(id)));
}

#[test]
fn a_server_that_dies_says_how_and_its_last_words() {
    let error = Server::spawn(
        "sh -c 'echo loading; echo Traceback >&2; echo \"ImportError: numpy\" >&2; exit 3'",
        &patient(),
    )
    .unwrap_err();
    let SpawnError::Ended { how, lines, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(how, "exit code 3");
    // The two pipes are read side by side.
    for line in ["loading", "Traceback", "ImportError: numpy"] {
        assert!(lines.contains(&format!("\n  | {line}")), "{lines}");
    }
    assert_snapshot!(Server::spawn("sh -c 'echo oops >&2; kill -9 $$'", &patient()).unwrap_err(), @r"
    the server `sh -c 'echo oops >&2; kill -9 $$'` ended (signal 9) before it answered; the last lines it wrote:
      | oops
    ");
}

#[test]
fn one_that_never_answers_is_ended() {
    let settings = SpawnSettings {
        wait: Duration::from_millis(300),
        ..patient()
    };
    let error = Server::spawn(
        "sh -c 'echo Running on http://0.0.0.0:4242; sleep 600'",
        &settings,
    )
    .unwrap_err();
    let SpawnError::Silent { url, .. } = &error else {
        panic!("{error}")
    };
    assert_snapshot!(error.to_string().replace(url, "http://127.0.0.1:PORT"), @r#"
    the server `sh -c 'echo Running on http://0.0.0.0:4242; sleep 600'` did not answer at http://127.0.0.1:PORT within 0.3 s, so it was ended: no connection: the host refused it; is the server running, and is the URL right?; it must listen on the port in the environment variable PORT, or on {port} in its command: in Python, umbridge.serve_models([model], int(os.environ["PORT"])); the last lines it wrote:
      | Running on http://0.0.0.0:4242
    "#);
}

#[test]
fn commands_that_are_none() {
    assert_snapshot!(Server::spawn("", &patient()).unwrap_err(), @"the command `` can't be split into words: it is empty, has an unclosed quotation mark, or ends in a backslash; it is split as a shell would split it, but is not run by a shell");
    assert_snapshot!(Server::spawn("python 'model.py", &patient()).unwrap_err(), @"the command `python 'model.py` can't be split into words: it is empty, has an unclosed quotation mark, or ends in a backslash; it is split as a shell would split it, but is not run by a shell");
    assert_snapshot!(Server::spawn("no-such-program-here model.py", &patient()).unwrap_err(), @"`no-such-program-here` can't be started: No such file or directory (os error 2); it is looked up in PATH and is not run by a shell");
}

#[test]
fn a_start_can_be_interrupted() {
    let cancel = AtomicBool::new(false);
    let settings = SpawnSettings {
        cancel: Some(&cancel),
        ..patient()
    };
    std::thread::scope(|scope| {
        let start = scope.spawn(|| Server::spawn("sleep 600", &settings));
        cancel.store(true, Ordering::Relaxed);
        assert_snapshot!(start.join().unwrap().unwrap_err(), @"the start of the server `sleep 600` was interrupted");
    });
}
