//! The server is found by SSDP, as Windows Explorer does it: searches are answered in the networks of the adapters only,
//! and lead to a description with the address of the page.

use crate::namespaces::{Machine, lan};
use crate::programs::{Program, server, wait_until};
use std::path::Path;
use std::process::Command;

/// Searches from the address in the first argument for the target in the second, and prints the answers of a second and a
/// half. The third: where to send it.
const SEARCH: &str = r#"
import socket, sys, time
own, target, to = sys.argv[1:4]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((own, 0))
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
ask = f'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: {target}\r\n\r\n'
for _ in range(int(sys.argv[4])):
    s.sendto(ask.encode(), (to, 1900))
end = time.time() + 1.5
while time.time() < end:
    s.settimeout(max(end - time.time(), 0.01))
    try:
        print(s.recvfrom(2000)[0].decode().replace("\r\n", "|"), flush=True)
    except TimeoutError:
        pass
"#;

/// Prints what is sent to the group.
const LISTEN: &str = r#"
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("239.255.255.250", 1900))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.255.255.250") + socket.inet_aton("10.77.0.2"))
print("listening", flush=True)
while True:
    print(s.recv(2000).decode().replace("\r\n", "|"), flush=True)
"#;

const GROUP: &str = "239.255.255.250";

fn python(machine: &Machine, script: &str, args: &[&str]) -> Command {
    let mut command = machine.command(Path::new("/usr/bin/python3"));
    command.args(["-c", script]).args(args);
    command
}

/// Returns the answers to a search, sent `count` times.
fn search(machine: &Machine, own: &str, target: &str, to: &str, count: u32) -> Vec<String> {
    let output = python(machine, SEARCH, &[own, target, to, &count.to_string()]).output().expect("python starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn curl(machine: &Machine, url: &str) -> String {
    let output = machine.command("curl").args(["-s", "-w", "|%{http_code}", url]).output().expect("curl starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns the value of a header of a printed message.
fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let line = message.split('|').find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {message}"))
}

#[test]
fn searches_lead_to_the_page() {
    let Some(lan) = lan() else { return };
    let listener = Program::start(python(&lan.there, LISTEN, &[]));
    listener.wait_for("listening");
    let mut ours = server(&lan.here, &["--zs", "--name", "Anna's <Files>", "--zsv"]);
    // Announced without being asked, for all three targets.
    let alive = |log: String| log.lines().filter(|line| line.contains("|NTS: ssdp:alive|")).count();
    wait_until(|| alive(listener.log()) == 3, || listener.log());
    let found = search(&lan.there, "10.77.0.2", "ssdp:all", GROUP, 1);
    assert_eq!(found.len(), 3, "{found:#?}");
    let found = search(&lan.there, "10.77.0.2", "upnp:rootdevice", GROUP, 1);
    assert_eq!(found.len(), 1, "{found:#?}");
    let location = header(&found[0], "LOCATION");
    assert_eq!(location, "http://10.77.0.1:3923/.potluck/device.xml");
    let description = curl(&lan.there, location);
    assert!(description.ends_with("|200"), "{description}");
    let id = header(&found[0], "USN").split("::").next().expect("an id");
    for text in [
        format!("<UDN>{id}</UDN>"),
        "<presentationURL>http://10.77.0.1:3923/</presentationURL>".into(),
        "(annas-files)</friendlyName>".into(),
    ] {
        assert!(description.contains(&text), "no {text} in {description}");
    }
    assert!(!description.contains("<Files>") && !description.contains("secret"), "{description}");
    assert_eq!(search(&lan.there, "10.77.0.2", id, GROUP, 1).len(), 1);
    assert_eq!(search(&lan.there, "10.77.0.2", "urn:schemas-upnp-org:device:MediaServer:1", GROUP, 1), [""; 0]);
    ours.stop();
    let bye = |log: String| log.lines().filter(|line| line.contains("|NTS: ssdp:byebye|")).count();
    wait_until(|| bye(listener.log()) == 3, || listener.log());
    // The same server has the same id after a restart with the same state; another has another.
    let _other = server(&lan.here, &["-z"]);
    wait_until(|| alive(listener.log()) == 6, || listener.log());
    assert_ne!(
        header(&search(&lan.there, "10.77.0.2", "upnp:rootdevice", GROUP, 1)[0], "USN").split("::").next(),
        Some(id)
    );
}

#[test]
fn other_networks_and_floods_get_nothing() {
    let Some(lan) = lan() else { return };
    // An address of another network on the same cable, which the server could answer.
    lan.there.ip("addr add 172.31.5.5/24 dev eth0");
    lan.here.ip("route add 172.31.5.0/24 dev eth0");
    let ours = server(&lan.here, &["--zs", "--zsv"]);
    ours.wait_for("SSDP: announced in the network of 10.77.0.1");
    assert_eq!(search(&lan.there, "172.31.5.5", "upnp:rootdevice", "10.77.0.1", 3), [""; 0]);
    assert_eq!(search(&lan.there, "10.77.0.2", "upnp:rootdevice", "10.77.0.1", 1).len(), 1);
    let answers = search(&lan.there, "10.77.0.2", "ssdp:all", GROUP, 500).len();
    assert!((1..=60).contains(&answers), "{answers} answers");
}

#[test]
fn only_what_is_asked_for_is_announced() {
    let Some(lan) = lan() else { return };
    let listener = Program::start(python(&lan.there, LISTEN, &[]));
    listener.wait_for("listening");
    let silent = [
        server(&lan.here, &["--zm"]),
        server(&lan.here, &["--zs", "--https-only", "-p", "3924"]),
        server(&lan.here, &["--zs", "-i", "127.0.0.1", "-p", "3925"]),
        server(&lan.here, &["--zs", "--zs-off", "eth0", "-p", "3926"]),
    ];
    assert_eq!(search(&lan.there, "10.77.0.2", "ssdp:all", GROUP, 1), [""; 0]);
    assert!(!listener.log().contains("NOTIFY"), "{}", listener.log());
    assert!(curl(&lan.there, "http://10.77.0.1:3923/.potluck/device.xml").ends_with("|404"));
    for server in &silent {
        assert!(!server.log().contains("WARN"), "{}", server.log());
    }
}
