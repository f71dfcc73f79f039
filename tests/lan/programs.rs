//! Programs on these machines: servers of ours, and what listens to them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::server::binary;
use tempfile::TempDir;

use crate::namespaces::Machine;

/// How long anything may take: probing, announcing and giving way are about four seconds on an idle machine.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// A running program, killed when dropped, with all that it has printed.
pub struct Program {
    child: Child,
    log: PathBuf,
    /// Its folder, which goes with it.
    _dir: TempDir,
}

impl Program {
    /// Starts `command` in a folder of its own.
    ///
    /// # Panics
    /// When it does not start.
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

    /// Everything that it has printed so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Waits until it has printed `text`.
    ///
    /// # Panics
    /// When that takes too long; the message has what it printed instead.
    pub fn wait_for(&self, text: &str) {
        wait_until(|| self.log().contains(text), || format!("no {text:?} in:\n{}", self.log()));
    }

    /// Asks it to end, and waits for that.
    ///
    /// # Panics
    /// When it does not.
    pub fn stop(&mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill starts");
        assert!(asked.success(), "it has ended before");
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{status}:\n{}", self.log());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- what a program printed ---\n{}---", self.log());
        }
    }
}

/// Waits until `is_so`.
///
/// # Panics
/// With `why`, when that takes too long.
pub fn wait_until(mut is_so: impl FnMut() -> bool, why: impl Fn() -> String) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{}", why());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A server of ours on `machine`, port 3923, over a folder called `secret-plans`. It is up when this returns.
pub fn server(machine: &Machine, args: &[&str]) -> Program {
    let mut command = machine.command(binary());
    command.args(["-p", "3923", "-v", ".:secret-plans:r", "--state-folder", "state"]).args(args);
    let server = Program::start(command);
    server.wait_for("listening on");
    server
}

/// What `--nearby` prints on `machine`, one line for each server.
///
/// # Panics
/// When it fails.
pub fn nearby(machine: &Machine, args: &[&str]) -> Vec<String> {
    let output = machine.command(binary()).args(["--nearby", "2"]).args(args).output().expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// Waits until `--nearby` prints lines for which `is_so`.
///
/// # Panics
/// When that takes too long.
pub fn wait_for_nearby(machine: &Machine, is_so: impl Fn(&[String]) -> bool) {
    let mut seen = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    while !is_so(&seen) {
        assert!(Instant::now() < deadline, "the neighbours are {seen:#?}");
        seen = nearby(machine, &[]);
    }
}

/// The system's Python if it has zeroconf, or `None` after noting that it has not.
pub fn python_with_zeroconf() -> Option<&'static Path> {
    let python = Path::new("/usr/bin/python3");
    let asked = Command::new(python).args(["-c", "import zeroconf"]).stderr(Stdio::null()).status();
    if !asked.is_ok_and(|status| status.success()) {
        support::skip::note("python3-zeroconf");
        return None;
    }
    Some(python)
}
