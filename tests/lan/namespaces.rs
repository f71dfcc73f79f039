//! Machines that are only namespaces, each with a name and a network adapter of its own, joined by a cable.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::skip;

/// A machine. It is gone with the test, however that ends: what holds it waits for the end of its input.
pub struct Machine {
    holder: Child,
}

impl Machine {
    /// A machine called `name`, with nothing but a loopback.
    fn start(name: &str) -> Option<Self> {
        let script = format!("hostname {name} && ip link set lo up && echo ready && exec cat");
        let mut holder = Command::new("unshare")
            .args(["--net", "--uts", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut line = String::new();
        let told = BufReader::new(holder.stdout.as_mut()?).read_line(&mut line);
        let machine = Self { holder };
        (told.is_ok() && line == "ready\n").then_some(machine)
    }

    fn pid(&self) -> String {
        self.holder.id().to_string()
    }

    /// A command that will run on this machine.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.pid(), "--net", "--uts"]).arg(program.as_ref());
        command
    }

    /// Runs `ip` here.
    ///
    /// # Panics
    /// When it fails.
    pub fn ip(&self, args: &str) {
        let status = self.command("ip").args(args.split_whitespace()).status().expect("nsenter starts");
        assert!(status.success(), "ip {args}: {status}");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Two machines, both called `kitchen`, at the two ends of a cable: `10.77.0.1` and `10.77.0.2`.
pub struct Lan {
    /// The first.
    pub here: Machine,
    /// The second.
    pub there: Machine,
}

/// Two machines; `None` after noting that this cannot be done here.
pub fn lan() -> Option<Lan> {
    let lan = lan_without_addresses()?;
    lan.here.ip("addr add 10.77.0.1/24 dev eth0");
    lan.there.ip("addr add 10.77.0.2/24 dev eth0");
    Some(lan)
}

/// The same without addresses.
pub fn lan_without_addresses() -> Option<Lan> {
    for program in ["unshare", "nsenter", "ip"] {
        skip::need(program)?;
    }
    let Some((here, there)) = Machine::start("kitchen").zip(Machine::start("kitchen")) else {
        skip::note("the right to make network namespaces");
        return None;
    };
    here.ip(&format!("link add eth0 type veth peer name eth0 netns {}", there.pid()));
    for machine in [&here, &there] {
        machine.ip("link set eth0 up");
    }
    Some(Lan { here, there })
}
