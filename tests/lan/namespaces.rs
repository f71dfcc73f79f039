//! Virtual machines made of Linux namespaces, each with its own host name and network adapter, joined by a virtual
//! cable.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::skip;

/// A set of namespaces, which ends with the test in any case: its process waits for the end of its standard input.
pub struct Machine {
    holder: Child,
}

impl Machine {
    /// Starts a machine called `name` that has only a loopback interface.
    fn start(name: &str) -> Option<Self> {
        let script = format!("hostname {name} && ip link set lo up && echo ready && exec cat");
        let mut holder = Command::new("unshare")
            .args(["--net", "--uts", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut line = String::new();
        let read = BufReader::new(holder.stdout.as_mut()?).read_line(&mut line);
        let machine = Self { holder };
        (read.is_ok() && line == "ready\n").then_some(machine)
    }

    fn pid(&self) -> String {
        self.holder.id().to_string()
    }

    /// Returns a command that runs on this machine.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.pid(), "--net", "--uts"]).arg(program.as_ref());
        command
    }

    /// Runs `ip` on this machine.
    ///
    /// # Panics
    /// If it fails.
    pub fn ip(&self, args: &str) {
        let status = self.command("ip").args(args.split_whitespace()).status().expect("nsenter starts");
        assert!(status.success(), "ip {args}: {status}");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Two machines, both called `kitchen`, at the ends of a cable: `10.77.0.1` and `10.77.0.2`.
pub struct Lan {
    /// The first.
    pub here: Machine,
    /// The second.
    pub there: Machine,
}

/// Creates two machines; `None` after recording a skip if that is not possible.
pub fn lan() -> Option<Lan> {
    let lan = lan_without_addresses()?;
    lan.here.ip("addr add 10.77.0.1/24 dev eth0");
    lan.there.ip("addr add 10.77.0.2/24 dev eth0");
    Some(lan)
}

/// Like [`lan`], without addresses.
pub fn lan_without_addresses() -> Option<Lan> {
    for program in ["unshare", "nsenter", "ip"] {
        skip::need(program)?;
    }
    let Some((here, there)) = Machine::start("kitchen").zip(Machine::start("kitchen")) else {
        skip::note("permission to create network namespaces");
        return None;
    };
    here.ip(&format!("link add eth0 type veth peer name eth0 netns {}", there.pid()));
    for machine in [&here, &there] {
        machine.ip("link set eth0 up");
    }
    Some(Lan { here, there })
}
