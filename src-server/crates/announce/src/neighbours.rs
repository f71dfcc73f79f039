//! The list of other servers: one entry for each server, however many records it sends.
//!
//! All records come from untrusted machines. Their number is bounded, control characters are removed from names, and
//! URLs are built only from validated parts.

use crate::service::ServiceKind;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Upper limit of records; further ones are ignored until some are removed.
const MAX_RECORDS: usize = 256;
/// Longest name in characters.
const MAX_NAME: usize = 63;

/// Software of another server. If several match, the first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// This program.
    Potluck,
    /// copyparty.
    Copyparty,
    /// Any WebDAV server.
    Webdav,
    /// Any other web server.
    Web,
}

/// Another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// Its software.
    pub program: Program,
    /// Its URL for a browser.
    pub url: String,
}

/// A service of another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Kind of the service.
    pub kind: ServiceKind,
    /// Instance name, without the type.
    pub instance: String,
    /// Host name, such as `kitchen.local`.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// All addresses of the host.
    pub addresses: Vec<IpAddr>,
    /// Path of the start page.
    pub path: Option<String>,
    /// Id of the server, if it is a Potluck server.
    pub id: Option<String>,
}

/// Identity of this server, which must not be listed as its own neighbour.
#[derive(Clone, Copy, Debug)]
pub struct OwnIdentity<'a> {
    /// Our id.
    pub id: &'a str,
    /// Our host name, such as `kitchen.local`.
    pub host: &'a str,
    /// Our ports.
    pub ports: &'a [u16],
}

/// Records that were received and not withdrawn.
#[derive(Debug, Default)]
pub struct Neighbours {
    records: BTreeMap<(ServiceKind, String), Record>,
}

impl Neighbours {
    /// Adds a service or updates it.
    pub fn insert(&mut self, record: Record) {
        let key = (record.kind, record.instance.clone());
        if self.records.len() < MAX_RECORDS || self.records.contains_key(&key) {
            self.records.insert(key, record);
        }
    }

    /// Removes a service.
    pub fn remove(&mut self, kind: ServiceKind, instance: &str) {
        self.records.remove(&(kind, instance.to_owned()));
    }

    /// Returns the other servers: Potluck servers first, then by name.
    pub fn list(&self, own: OwnIdentity<'_>) -> Vec<Neighbour> {
        let mut all: Vec<_> = self
            .servers()
            .into_values()
            .filter(|records| !is_own(records, own))
            .filter_map(|records| neighbour(&records))
            .collect();
        all.sort_by(|a, b| (a.program, &a.name, &a.url).cmp(&(b.program, &b.name, &b.url)));
        all.dedup();
        all
    }

    /// Whether our own announcement was received.
    pub fn has_own(&self, own: OwnIdentity<'_>) -> bool {
        self.records.values().any(|record| record.id.as_deref() == Some(own.id))
    }

    /// Groups the records by server.
    fn servers(&self) -> BTreeMap<(String, u16), Vec<&Record>> {
        let mut servers: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for record in self.records.values() {
            servers.entry((record.host.to_ascii_lowercase(), record.port)).or_default().push(record);
        }
        servers
    }
}

/// Whether the records are our own. If they have ids, only these count: during a name conflict two hosts have the same
/// name.
fn is_own(records: &[&Record], own: OwnIdentity<'_>) -> bool {
    let mut ids = records.iter().filter_map(|record| record.id.as_deref()).peekable();
    if ids.peek().is_some() {
        return ids.any(|id| id == own.id);
    }
    records.iter().any(|record| record.host.eq_ignore_ascii_case(own.host) && own.ports.contains(&record.port))
}

/// Returns the entry of a server; `None` if it has no usable address.
fn neighbour(records: &[&Record]) -> Option<Neighbour> {
    let best = records.iter().min_by_key(|record| (program(record), record.kind))?;
    let has_plain = records.iter().any(|record| matches!(record.kind, ServiceKind::Http | ServiceKind::Webdav));
    let has_tls = records.iter().any(|record| record.kind.is_encrypted());
    let scheme = if has_tls && !has_plain { "https" } else { "http" };
    let path = best.path.as_deref().filter(|path| is_plain_path(path)).unwrap_or("/");
    let url = format!("{scheme}://{}{path}", authority(best)?);
    Some(Neighbour { name: name(best), program: program(best), url })
}

/// Returns the name of a copyparty server, whose services are called `NAME-c-http` and the like (copyparty 1.20
/// `mdns.py`, `build_svcs`).
fn copyparty_name(record: &Record) -> Option<&str> {
    record.instance.strip_suffix(record.kind.label())?.strip_suffix("-c-")
}

fn program(record: &Record) -> Program {
    match record.kind {
        ServiceKind::Potluck => Program::Potluck,
        _ if copyparty_name(record).is_some() => Program::Copyparty,
        ServiceKind::Webdav | ServiceKind::Webdavs => Program::Webdav,
        // The last three are not browsed for.
        ServiceKind::Http | ServiceKind::Https | ServiceKind::Ftp | ServiceKind::Ftps | ServiceKind::Sftp => {
            Program::Web
        }
    }
}

fn name(record: &Record) -> String {
    let name = copyparty_name(record).unwrap_or(&record.instance);
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(MAX_NAME).collect()
}

/// Returns host and port in a form that works on any device. Numeric addresses are preferred, because phones often
/// cannot resolve `.local`. Link-local IPv6 addresses are not used: they need the name of an adapter.
fn authority(record: &Record) -> Option<String> {
    let usable = |ip: &&IpAddr| match ip {
        IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_unspecified(),
        IpAddr::V6(v6) => !Ipv6Addr::is_unicast_link_local(v6) && !v6.is_loopback() && !v6.is_unspecified(),
    };
    if let Some(ip) = record.addresses.iter().filter(usable).min() {
        return Some(SocketAddr::new(*ip, record.port).to_string());
    }
    let well_formed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    let is_name = !record.host.is_empty() && record.host.bytes().all(well_formed);
    is_name.then(|| format!("{}:{}", record.host, record.port))
}

fn is_plain_path(path: &str) -> bool {
    path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\^`{|}".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: ServiceKind, instance: &str, host: &str, port: u16, ips: &[&str]) -> Record {
        let addresses = ips.iter().map(|ip| ip.parse().unwrap()).collect();
        Record { kind, instance: instance.into(), host: host.into(), port, addresses, path: None, id: None }
    }

    const OWN: OwnIdentity<'static> = OwnIdentity { id: "me", host: "kitchen.local", ports: &[3923] };

    fn listed(records: impl IntoIterator<Item = Record>) -> Vec<(String, Program, String)> {
        let mut all = Neighbours::default();
        records.into_iter().for_each(|record| all.insert(record));
        all.list(OWN).into_iter().map(|one| (one.name, one.program, one.url)).collect()
    }

    fn entry(name: &str, program: Program, url: &str) -> (String, Program, String) {
        (name.into(), program, url.into())
    }

    #[test]
    fn one_entry_for_each_server() {
        let mut ours = record(ServiceKind::Potluck, "Potluck on attic", "attic.local", 3923, &["fe80::1", "10.0.0.7"]);
        ours.id = Some("other".into());
        let found = listed([
            ours,
            record(ServiceKind::Http, "Potluck on attic", "attic.local", 3923, &["10.0.0.7"]),
            record(ServiceKind::Https, "Potluck on attic", "attic.local", 3923, &["10.0.0.7"]),
            record(ServiceKind::Webdav, "vault-c-webdav", "vault.local", 3923, &["10.0.0.8"]),
            record(ServiceKind::Webdavs, "vault-c-webdavs", "vault.local", 3923, &["10.0.0.8"]),
            record(ServiceKind::Https, "Printer", "printer.local", 443, &["fe80::9"]),
            record(ServiceKind::Webdav, "NAS", "nas.local", 5005, &["2001:db8::5"]),
        ]);
        assert_eq!(
            found,
            [
                entry("Potluck on attic", Program::Potluck, "http://10.0.0.7:3923/"),
                entry("vault", Program::Copyparty, "http://10.0.0.8:3923/"),
                entry("NAS", Program::Webdav, "http://[2001:db8::5]:5005/"),
                entry("Printer", Program::Web, "https://printer.local:443/"),
            ]
        );
    }

    #[test]
    fn this_server_is_not_listed() {
        let mut own_record = record(ServiceKind::Potluck, "Potluck on kitchen", "kitchen.local", 3923, &["10.0.0.1"]);
        own_record.id = Some("me".into());
        let http = record(ServiceKind::Http, "Potluck on kitchen", "Kitchen.local", 3923, &["10.0.0.1"]);
        assert_eq!(listed([own_record.clone(), http.clone()]), []);
        assert_eq!(listed([http.clone()]), []);
        // Another program on this machine, and another server that had our name first.
        let beside = record(ServiceKind::Http, "Wiki", "kitchen.local", 80, &["10.0.0.1"]);
        assert_eq!(listed([own_record.clone(), http, beside]), [entry("Wiki", Program::Web, "http://10.0.0.1:80/")]);
        let mut other = own_record.clone();
        other.id = Some("other".into());
        assert_eq!(listed([other]).len(), 1);
        let mut all = Neighbours::default();
        all.insert(own_record);
        assert!(all.has_own(OWN));
        all.remove(ServiceKind::Potluck, "Potluck on kitchen");
        assert!(!all.has_own(OWN));
    }

    #[test]
    fn hostile_records_are_harmless() {
        let mut evil = record(ServiceKind::Http, "a\u{1b}[2J\nb", "x/\"><script>", 80, &["10.0.0.2"]);
        evil.path = Some("/\"><script>".into());
        assert_eq!(listed([evil.clone()]), [entry("a\u{fffd}[2J\u{fffd}b", Program::Web, "http://10.0.0.2:80/")]);
        evil.addresses.clear();
        assert_eq!(listed([evil]), []);
        let many = (0..1000).map(|n| record(ServiceKind::Http, &format!("n{n}"), "h.local", n, &["10.0.0.2"]));
        assert_eq!(listed(many).len(), MAX_RECORDS);
    }
}
