//! The server is announced on the selected adapters only, sends goodbyes, and takes another name after a conflict.

use crate::namespaces::{lan, lan_without_addresses};
use crate::programs::{Program, nearby, python_with_zeroconf, server, wait_for_nearby};

/// Prints a line for every service that appears or disappears.
const LISTEN: &str = r#"
import sys, time
from zeroconf import Zeroconf, ServiceBrowser
class Listener:
    def add_service(self, net, kind, name):
        found = net.get_service_info(kind, name, 5000)
        if found:
            entries = sorted((k.decode(), (v or b"").decode()) for k, v in found.properties.items())
            print("+", name, found.server, found.port, ",".join(found.parsed_addresses()), entries, flush=True)
    def update_service(self, net, kind, name):
        pass
    def remove_service(self, net, kind, name):
        print("-", name, flush=True)
net = Zeroconf(interfaces=[sys.argv[1]])
ServiceBrowser(net, [f"_{kind}._tcp.local." for kind in ("potluck", "http", "https", "webdav", "webdavs", "ftp", "ftps")], Listener())
print("listening", flush=True)
time.sleep(120)
"#;

/// Prints the length of every packet that is sent to the multicast group.
const COUNT: &str = r#"
import socket, struct
listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.bind(("224.0.0.251", 5353))
group = socket.inet_aton("224.0.0.251") + socket.inet_aton("10.77.0.2")
listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
print("listening", flush=True)
while True:
    print("packet", len(listener.recv(9000)), flush=True)
"#;

#[test]
fn zeroconf_sees_announcements_and_goodbyes() {
    let Some((lan, python)) = lan().zip(python_with_zeroconf()) else { return };
    let mut command = lan.there.command(python);
    command.args(["-c", LISTEN, "10.77.0.2"]);
    let listener = Program::start(command);
    listener.wait_for("listening");
    let mut ours = server(&lan.here, &["-z"]);
    for kind in ["potluck", "http", "https", "webdav", "webdavs"] {
        listener.wait_for(&format!("+ Potluck on kitchen._{kind}._tcp.local. kitchen.local. 3923 10.77.0.1 "));
    }
    let line = listener.log().lines().find(|line| line.contains("_potluck")).expect("it was announced").to_owned();
    for entry in ["('id', '", "('path', '/')", "('tls', '1')", "('version', '"] {
        assert!(line.contains(entry), "no {entry} in {line}");
    }
    assert!(!listener.log().contains("secret"), "share names are not announced:\n{}", listener.log());
    ours.stop();
    for kind in ["potluck", "http", "https", "webdav", "webdavs"] {
        listener.wait_for(&format!("- Potluck on kitchen._{kind}._tcp.local."));
    }
}

#[test]
fn ftp_is_announced_with_its_folder_and_user() {
    let Some((lan, python)) = lan().zip(python_with_zeroconf()) else { return };
    let mut command = lan.there.command(python);
    command.args(["-c", LISTEN, "10.77.0.2"]);
    let listener = Program::start(command);
    listener.wait_for("listening");
    let _ours =
        server(&lan.here, &["-z", "--name", "Attic", "--ftp", "3921", "--ftps", "3990", "--zm-lf", "/secret-plans/"]);
    for (kind, port) in [("ftp", 3921), ("ftps", 3990)] {
        listener.wait_for(&format!(
            "+ Attic._{kind}._tcp.local. attic.local. {port} 10.77.0.1 [('path', '/secret-plans/'), ('u', 'anonymous')]"
        ));
    }
}

#[test]
fn without_announcing_it_sends_nothing() {
    let Some((lan, python)) = lan().zip(python_with_zeroconf()) else { return };
    let mut command = lan.there.command(python);
    command.args(["-c", COUNT]);
    let listener = Program::start(command);
    listener.wait_for("listening");
    let _silent = server(&lan.here, &[]);
    let _loopback = server(&lan.here, &["-z", "-p", "3924", "-i", "127.0.0.1"]);
    assert_eq!(nearby(&lan.here, &["--z-off", "eth0"]), [""; 0]);
    assert!(!listener.log().contains("packet"), "{}", listener.log());
    // The listener works: it hears an announcement.
    let _announced = server(&lan.here, &["-z", "-p", "3925"]);
    listener.wait_for("packet");
}

#[test]
fn the_second_server_takes_another_name() {
    let Some(lan) = lan() else { return };
    let first = server(&lan.here, &["-z"]);
    wait_for_nearby(&lan.there, |seen| seen.len() == 1);
    let second = server(&lan.there, &["-z", "--zmv"]);
    second.wait_for("another machine is called kitchen.local; this one is announced as kitchen-2.local");
    let both = [
        "potluck    http://10.77.0.1:3923/  Potluck on kitchen",
        "potluck    http://10.77.0.2:3923/  Potluck on kitchen-2",
    ];
    wait_for_nearby(&lan.here, |seen| seen == both);
    assert!(!first.log().contains("WARN"), "{}", first.log());
    // Each server has found the other.
    second.wait_for("heard \"Potluck on kitchen (potluck)\"");
    // The server accepts its present name in the Host header, and no other.
    let ask = |host: &str| {
        let header = format!("Host: {host}:3923");
        let mut curl = lan.there.command("curl");
        curl.args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", &header, "http://10.77.0.2:3923/"]);
        String::from_utf8_lossy(&curl.output().expect("curl starts").stdout).into_owned()
    };
    assert_eq!((ask("kitchen-2.local").as_str(), ask("kitchen-9.local").as_str()), ("200", "421"));
}

#[test]
fn of_two_simultaneous_servers_one_takes_another_name() {
    let Some(lan) = lan() else { return };
    let _ours = [server(&lan.here, &["-z"]), server(&lan.there, &["-z"])];
    let host =
        |line: &String| line.split("Potluck on ").nth(1).and_then(|name| name.split(' ').next().map(str::to_owned));
    wait_for_nearby(&lan.here, |seen| {
        let mut hosts: Vec<_> = seen.iter().filter_map(host).collect();
        hosts.sort();
        hosts == ["kitchen", "kitchen-2"]
    });
}

#[test]
fn two_servers_on_one_machine_share_its_host_name() {
    let Some(lan) = lan() else { return };
    let _first = server(&lan.here, &["-z"]);
    wait_for_nearby(&lan.there, |seen| seen.len() == 1);
    let second = server(&lan.here, &["-z", "-p", "3924"]);
    second.wait_for("another server has our name; this one is announced as 'Potluck on kitchen (2)'");
    let both = [
        "potluck    http://10.77.0.1:3923/  Potluck on kitchen",
        "potluck    http://10.77.0.1:3924/  Potluck on kitchen (2)",
    ];
    wait_for_nearby(&lan.there, |seen| seen == both);
}

#[test]
fn address_changes_are_announced() {
    let Some(lan) = lan_without_addresses() else { return };
    let _ours = server(&lan.here, &["-z", "--zm-fqdn", "larder.local", "--name", "Food"]);
    lan.there.ip("addr add 10.77.0.2/24 dev eth0");
    assert_eq!(nearby(&lan.there, &[]), [""; 0]);
    lan.here.ip("addr add 10.77.0.1/24 dev eth0");
    wait_for_nearby(&lan.there, |seen| seen == ["potluck    http://10.77.0.1:3923/  Food on larder"]);
    lan.here.ip("addr del 10.77.0.1/24 dev eth0");
    lan.here.ip("addr add 10.77.0.9/24 dev eth0");
    wait_for_nearby(&lan.there, |seen| seen == ["potluck    http://10.77.0.9:3923/  Food on larder"]);
}
