//! Process groups on Unix.
//!
//! A process keeps its number until it is reaped, and a group as long as it has a member. So the leader is
//! watched without being reaped, and reaped last: until then no signal can hit an unrelated process.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, kill_process_group, waitid,
};

/// How often a process that was asked to end is polled.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(10);
/// How long to wait for a killed process. One that is still stuck in the kernel after that is abandoned.
const AFTER_KILL: Duration = Duration::from_secs(5);

/// Kills a group once its own standard input ends, which it does when this process does, however that happens.
const WATCHER: &str = r#"read -r _; kill -s KILL -- "-$1""#;

/// The leaders of the groups that live and have not been reaped.
static LIVING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

#[derive(Debug)]
pub(in crate::server) struct Group {
    leader: Child,
    pid: Option<Pid>,
    watcher: Option<Child>,
}

impl Group {
    /// Starts the process as the leader of a group of its own, so that Ctrl-C in a terminal does not reach it.
    pub(in crate::server) fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
        let leader = command.process_group(0).spawn()?;
        let pid = i32::try_from(leader.id()).ok().and_then(Pid::from_raw);
        living.extend(pid);
        drop(living);
        // Without a watcher (no `sh`), the group is left behind only if this process is killed from outside.
        let watcher = Command::new("sh")
            .args(["-c", WATCHER, "sh", &leader.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .ok();
        Ok(Self {
            leader,
            pid,
            watcher,
        })
    }

    pub(in crate::server) fn outputs(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.leader.stdout.take(), self.leader.stderr.take())
    }

    pub(in crate::server) fn id(&self) -> u32 {
        self.leader.id()
    }

    /// How the leader ended, as text; it stays unreaped.
    pub(in crate::server) fn ended(&mut self) -> Option<String> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match waitid(WaitId::Pid(self.pid?), options) {
            Ok(status) => status.map(|status| words(&status)),
            Err(_) => Some("it is gone".to_owned()),
        }
    }

    /// Asks the group to end, kills what is left of it after `grace`, and reaps the leader.
    pub(in crate::server) fn end(&mut self, grace: Duration) {
        if let Some(pid) = self.pid {
            let _ = kill_process_group(pid, Signal::TERM);
            self.wait_for(grace);
            let _ = kill_process_group(pid, Signal::KILL);
            self.wait_for(AFTER_KILL);
        }
        if let Some(mut watcher) = self.watcher.take() {
            let _ = watcher.kill();
            let _ = watcher.wait();
        }
        let mut living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
        living.retain(|pid| Some(*pid) != self.pid);
        let _ = self.leader.try_wait();
    }

    fn wait_for(&mut self, limit: Duration) {
        let begun = Instant::now();
        while self.ended().is_none() && begun.elapsed() < limit {
            std::thread::sleep(LOOKED_AT_EVERY);
        }
    }
}

/// Kills every group that has not been ended.
pub(in crate::server) fn kill_all() {
    let living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
    for pid in living.iter() {
        let _ = kill_process_group(*pid, Signal::KILL);
    }
}

fn words(status: &WaitIdStatus) -> String {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "for an unknown reason".to_owned(),
    }
}
