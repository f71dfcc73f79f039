//! Programs that hang, write without end, take all memory, crash or leave others behind end within their limits.
//!
//! The programs are tools of the system, so these tests are for unixes; most are for Linux, where all limits hold.
#![cfg(unix)]

use super::{ChildCommand, ChildError, ChildLimits, ChildProcesses, Input, Isolation, Program, launcher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;
use store::disk::{Folder, Node, OpenFile};

/// Long enough for every test on a loaded machine.
const LONG: Duration = Duration::from_secs(100);

/// Uses the example `child_launcher` as the program that sets limits.
pub(crate) fn processes() -> ChildProcesses {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let launcher = launcher_path();
        assert!(launcher.exists(), "build the examples first: {} is missing", launcher.display());
        launcher::use_launcher(launcher);
    });
    ChildProcesses::new(4)
}

fn launcher_path() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    own.parent().and_then(Path::parent).expect("a folder of programs").join("examples/child_launcher")
}

fn tool(name: &str) -> ChildCommand {
    let program = Program::find(name).unwrap_or_else(|| panic!("{name} is missing"));
    ChildCommand::new(&program)
        .isolation(Isolation::Plugin)
        .limits(ChildLimits { time: LONG, ..ChildLimits::default() })
}

fn shell(script: &str) -> ChildCommand {
    tool("sh").args(["-c", script])
}

fn limited(command: ChildCommand, change: fn(&mut ChildLimits)) -> ChildCommand {
    let mut limits = command.limits;
    change(&mut limits);
    command.limits(limits)
}

fn file(bytes: &[u8]) -> (tempfile::TempDir, Arc<OpenFile>) {
    let tmp = tempfile::tempdir().expect("a folder");
    std::fs::write(tmp.path().join("file"), bytes).expect("writes");
    let folder = Folder::open_root(tmp.path()).expect("opens");
    let Ok(Node::File(file)) = folder.open(&model::VPath::parse(b"file").expect("a path")) else { panic!("no file") };
    (tmp, Arc::new(file))
}

#[test]
fn output_input_and_status_arrive() {
    let processes = processes();
    let output = processes.run(shell("echo out; echo err >&2")).expect("runs");
    assert_eq!((&output.stdout[..], &*output.stderr), (&b"out\n"[..], "err"));
    let output = processes.run(tool("cat").input(Input::Bytes(vec![b'x'; 300_000]))).expect("runs");
    assert_eq!(output.stdout, vec![b'x'; 300_000]);
    assert_eq!(processes.run(tool("cat")).expect("runs").stdout, b"");
    // It does not read its input.
    processes.run(tool("true").input(Input::Bytes(vec![0; 300_000]))).expect("runs");
    let error = processes.run(shell("echo why >&2; exit 3")).expect_err("fails");
    assert!(matches!(&error, ChildError::Failed { status, stderr } if status.code() == Some(3) && stderr == "why"));
    for isolation in [Isolation::Decoder, Isolation::Plugin] {
        let error = processes.run(shell("kill -SEGV $$").isolation(isolation)).expect_err("crashes, or may not");
        assert!(matches!(error, ChildError::Failed { .. }), "{error}");
    }
}

#[test]
fn a_program_that_cannot_be_started_is_an_error() {
    let missing = Program::at(Path::new("/nonexistent/tool")).expect("absolute");
    let error = processes().run(ChildCommand::new(&missing)).expect_err("fails");
    assert!(matches!(&error, ChildError::Failed { status, .. } if status.code() == Some(127)), "{error}");
}

#[test]
fn files_are_read_from_their_start_by_many_at_once() {
    let (_tmp, file) = file(&b"0123456789".repeat(20_000));
    let processes = processes();
    let run = || {
        for isolation in [Isolation::Decoder, Isolation::Plugin] {
            let command = tool("cat").isolation(isolation).input(Input::File(file.clone()));
            assert_eq!(processes.run(command).expect("runs").stdout.len(), 200_000);
        }
        let by_name = tool("cat").isolation(Isolation::Decoder).args(["/dev/stdin"]).input(Input::File(file.clone()));
        assert_eq!(processes.run(by_name).expect("runs").stdout.len(), 200_000);
    };
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(run))));
}

#[test]
fn the_environment_is_almost_empty() {
    let output = processes().run(tool("env")).expect("runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut names: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    names.retain(|name| !["PATH", "HOME", "TZ", "LC_ALL"].contains(name));
    assert_eq!(names, [""; 0], "CARGO's own variables are inherited by this test, for example");
}

#[test]
fn what_hangs_is_killed() {
    let command = limited(tool("sleep").args(["1000"]), |limits| limits.time = Duration::from_millis(300));
    assert!(matches!(processes().run(command), Err(ChildError::TimedOut)));
    // It has closed its output, and hangs.
    let command = limited(shell("exec >&- 2>&-; sleep 1000"), |limits| limits.time = Duration::from_millis(300));
    assert!(matches!(processes().run(command), Err(ChildError::TimedOut)));
}

#[test]
fn endless_output_ends() {
    let command = limited(tool("yes"), |limits| limits.output = 3 << 20);
    assert!(matches!(processes().run(command), Err(ChildError::TooMuchOutput)));
    // Only the end of standard error is kept.
    let output = processes().run(shell("yes | head -c 3000000 >&2; echo end >&2")).expect("runs");
    assert!(output.stderr.len() < 10_000 && output.stderr.ends_with("end"), "{}", output.stderr.len());
    // A reader that does not read makes the program wait.
    let mut child = processes().start(tool("yes")).expect("starts");
    assert!(child.read().expect("reads").is_some());
}

#[test]
fn cancelling_ends_a_program() {
    let mut child = processes().start(shell("echo started; exec sleep 1000")).expect("starts");
    assert_eq!(child.read().expect("reads").as_deref(), Some(&b"started\n"[..]));
    let canceller = child.canceller();
    std::thread::spawn(move || canceller.cancel());
    assert!(matches!(child.read(), Err(ChildError::Cancelled)));
}

#[test]
fn a_bounded_number_runs_at_once() {
    processes();
    let (two, tmp) = (ChildProcesses::new(2), tempfile::tempdir().expect("a folder"));
    // Each tells how many run with it.
    let script = "own=$(mktemp -d -p \"$0\"); sleep 0.05; ls \"$0\" | wc -l; rmdir \"$own\"";
    let run = || {
        let output = two.run(shell(script).args([tmp.path()])).expect("runs");
        String::from_utf8(output.stdout).expect("UTF-8").trim().parse::<usize>().expect("a number")
    };
    let most = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().expect("ends")).max()
    });
    assert!(most.is_some_and(|most| (1..=2).contains(&most)), "{most:?}");
}

#[cfg(target_os = "linux")]
mod linux {
    use super::super::program::Kind;
    use super::*;

    /// Numbers of processes with that text in their arguments, zombies not included.
    fn running(text: &str) -> Vec<String> {
        let holds = |entry: std::io::Result<std::fs::DirEntry>| {
            let entry = entry.ok()?;
            let arguments = std::fs::read(entry.path().join("cmdline")).ok()?;
            let is_it = arguments.windows(text.len()).any(|part| part == text.as_bytes());
            is_it.then(|| entry.file_name().to_string_lossy().into_owned())
        };
        std::fs::read_dir("/proc").expect("lists").filter_map(holds).collect()
    }

    fn wait_until_none_runs(text: &str) {
        while !running(text).is_empty() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn descendants_are_killed_with_a_program() {
        // One in the process group, one that left it; names that no other process has.
        let own = std::process::id();
        let (group, left) = (format!("1111.{own}"), format!("2222.{own}"));
        let script = format!("sleep {group} & setsid sleep {left} & echo started; wait");
        let mut child = processes().start(shell(&script)).expect("starts");
        assert_eq!(child.read().expect("reads").as_deref(), Some(&b"started\n"[..]));
        drop(child);
        wait_until_none_runs(&format!("sleep\0{group}"));
        wait_until_none_runs(&format!("sleep\0{left}"));
        // Also when the program ends by itself.
        let script = format!("sleep {group} >&- 2>&- & setsid sleep {left} >&- 2>&- & exit 0");
        processes().run(shell(&script)).expect("runs");
        wait_until_none_runs(&format!("sleep\0{group}"));
        wait_until_none_runs(&format!("sleep\0{left}"));
    }

    #[test]
    fn a_fork_bomb_ends() {
        let marker = format!("bomb{}", std::process::id());
        let script = format!("bomb() {{ sh -c ': {marker}; sleep 1000' & }}; while :; do bomb; bomb; sleep 0.02; done");
        let command = limited(shell(&script), |limits| limits.time = Duration::from_millis(700));
        assert!(matches!(processes().run(command), Err(ChildError::TimedOut)));
        wait_until_none_runs(&marker);
    }

    #[test]
    fn memory_is_bounded() {
        let dd = || tool("dd").args(["if=/dev/zero", "of=/dev/null", "count=1", "bs=400M"]);
        processes().run(dd()).expect("400 MB are allowed");
        let error = processes().run(limited(dd(), |limits| limits.memory = 300 << 20)).expect_err("too much");
        assert!(matches!(&error, ChildError::Failed { .. }), "{error}");
    }

    #[test]
    fn processor_time_is_bounded() {
        let command =
            limited(shell("while :; do :; done"), |limits| limits.processor_time = Duration::from_millis(500));
        let error = processes().run(command).expect_err("too long");
        assert!(matches!(&error, ChildError::Failed { .. }), "{error}");
    }

    fn decoder(name: &str, args: &[&str]) -> Result<super::super::ChildOutput, ChildError> {
        processes().run(tool(name).isolation(Isolation::Decoder).args(args))
    }

    #[test]
    fn decoders_start_no_processes() {
        assert!(decoder("sh", &["-c", "echo works"]).is_ok());
        assert!(decoder("sh", &["-c", "/bin/sleep 0; echo works"]).is_err());
        let threads = "import threading; t=threading.Thread(target=print); t.start(); t.join()";
        for (script, is_allowed) in [(threads, true), ("import os; os.fork()", false)] {
            let ran = processes().run(python(script).isolation(Isolation::Decoder));
            assert_eq!(ran.is_ok(), is_allowed, "{script}: {ran:?}");
        }
    }

    /// The system's Python: others are scripts that start it.
    fn python(script: &str) -> ChildCommand {
        let program = Program::at(Path::new("/usr/bin/python3")).expect("absolute");
        ChildCommand::new(&program).args(["-c", script])
    }

    #[test]
    fn decoders_reach_no_network() {
        let script = "import socket; socket.create_connection(('127.0.0.1', 9))";
        for (isolation, why) in [(Isolation::Decoder, "Permission denied"), (Isolation::Plugin, "refused")] {
            let error = processes().run(python(script).isolation(isolation)).expect_err("fails");
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    #[test]
    fn decoders_change_no_files() {
        let tmp = tempfile::tempdir().expect("a folder");
        let path = tmp.path().join("file");
        std::fs::write(&path, "before").expect("writes");
        let name = path.to_str().expect("UTF-8");
        for (tool, args) in [
            ("sh", vec!["-c", "echo after > \"$0\"", name]),
            ("rm", vec!["-f", name]),
            ("mv", vec![name, "/tmp/moved"]),
            ("ln", vec![name, "/tmp/linked"]),
            ("chmod", vec!["777", name]),
            ("touch", vec![name]),
            ("mkdir", vec!["/tmp/made"]),
            ("truncate", vec!["-s", "0", name]),
        ] {
            assert!(decoder(tool, &args).is_err(), "{tool}");
        }
        assert_eq!(std::fs::read(&path).expect("is there"), b"before");
    }

    #[test]
    fn decoders_read_the_systems_files_alone() {
        let tmp = tempfile::tempdir().expect("a folder");
        let path = tmp.path().join("secret");
        std::fs::write(&path, "secret").expect("writes");
        assert!(decoder("cat", &["/etc/hostname"]).is_ok());
        let read = decoder("cat", &[path.to_str().expect("UTF-8")]);
        let is_enforced = landlock_is_enforced();
        assert_eq!(read.is_err(), is_enforced, "Landlock: {is_enforced}");
    }

    /// Whether this kernel has Landlock, asked in the simplest way.
    fn landlock_is_enforced() -> bool {
        use landlock::{AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr};
        let rules = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
        rules.handle_access(AccessFs::ReadFile).is_ok_and(|rules| rules.create().is_ok())
    }

    #[test]
    fn programs_end_with_the_server() {
        // The launcher is killed as the server would be: its parent thread ends, here with the whole process.
        let marker = format!("3333.{}", std::process::id());
        for isolation in [Isolation::Decoder, Isolation::Plugin] {
            let script = "\"$0\" --potluck-run-limited \"$1\" 100 1000000000 $$ \"$2\" \"$3\" & read line; exit 0";
            let Kind::File(sleep) = Program::find("sleep").expect("is there").0 else { panic!("a file") };
            let mut server = std::process::Command::new("sh")
                .args(["-c", script])
                .arg(launcher_path())
                .arg(isolation.as_str())
                .arg(&sleep)
                .arg(&marker)
                .stdin(std::process::Stdio::piped())
                .spawn()
                .expect("starts");
            while running(&format!("/sleep\0{marker}")).is_empty() {
                std::thread::yield_now();
            }
            server.kill().expect("is killed");
            server.wait().expect("ends");
            wait_until_none_runs(&marker);
        }
    }
}
