//! Programs that run on these machines: Potluck servers and listeners.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::server::binary;
use tempfile::TempDir;

use crate::namespaces::Machine;

/// Upper limit of any wait; probing, announcing and a name conflict take about four seconds on an idle machine.
pub const TIMEOUT: Duration = Duration::from_secs(40);

/// A running program, killed when dropped, with its output.
pub struct Program {
    child: Child,
    log: PathBuf,
    /// Its working folder, removed when dropped.
    _dir: TempDir,
}

impl Program {
    /// Starts `command` in a folder of its own.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(mut command: Command) -> Self {
        let dir = tempfile::Builder::new().prefix("potluck-lan-").tempdir().expect("a temporary folder");
        let log = dir.path().join("log");
        let out = File::create(&log).expect("a file");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", dir.path().join("home"));
        command.stdin(Stdio::null()).stdout(out.try_clone().expect("a file")).stderr(out).current_dir(dir.path());
        Self { child: command.spawn().expect("the program starts"), log, _dir: dir }
    }

    /// Returns its output so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Waits until its output contains `text`.
    ///
    /// # Panics
    /// If that takes too long; the message has the output.
    pub fn wait_for(&self, text: &str) {
        wait_until(|| self.log().contains(text), || format!("no {text:?} in:\n{}", self.log()));
    }

    /// Sends SIGTERM and waits until it has ended.
    ///
    /// # Panics
    /// If it fails.
    pub fn stop(&mut self) {
        let status = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill starts");
        assert!(status.success(), "it had already ended");
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{status}:\n{}", self.log());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- output of a program ---\n{}---", self.log());
        }
    }
}

/// Waits until `is_done` returns true.
///
/// # Panics
/// With the message `why`, if that takes too long.
pub fn wait_until(mut is_done: impl FnMut() -> bool, why: impl Fn() -> String) {
    let deadline = Instant::now() + TIMEOUT;
    while !is_done() {
        assert!(Instant::now() < deadline, "{}", why());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Starts a Potluck server on `machine`, port 3923, which shares a folder as `secret-plans`. Returns when it is
/// listening.
pub fn server(machine: &Machine, args: &[&str]) -> Program {
    let mut command = machine.command(binary());
    command.args(["-p", "3923", "-v", ".:secret-plans:r", "--state-folder", "state"]).args(args);
    let server = Program::start(command);
    server.wait_for("listening on");
    server
}

/// Returns the lines that `--nearby` prints on `machine`, one for each server.
///
/// # Panics
/// If it fails.
pub fn nearby(machine: &Machine, args: &[&str]) -> Vec<String> {
    let output = machine.command(binary()).args(["--nearby", "2"]).args(args).output().expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// Waits until `is_done` returns true for the lines of `--nearby`.
///
/// # Panics
/// If that takes too long.
pub fn wait_for_nearby(machine: &Machine, is_done: impl Fn(&[String]) -> bool) {
    let mut seen = Vec::new();
    let deadline = Instant::now() + TIMEOUT;
    while !is_done(&seen) {
        assert!(Instant::now() < deadline, "the neighbours are {seen:#?}");
        seen = nearby(machine, &[]);
    }
}

/// Returns the system's Python if it has zeroconf; otherwise `None` after recording a skip.
pub fn python_with_zeroconf() -> Option<&'static Path> {
    let python = Path::new("/usr/bin/python3");
    let asked = Command::new(python).args(["-c", "import zeroconf"]).stderr(Stdio::null()).status();
    if !asked.is_ok_and(|status| status.success()) {
        support::skip::note("python3-zeroconf");
        return None;
    }
    Some(python)
}
