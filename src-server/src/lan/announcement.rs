//! Builds the mDNS announcement from the settings in force and the open sockets.

use super::config::LanConfig;
use announce::adapters::AdapterFilter;
use announce::interfaces;
use announce::service::{Announcement, Service, ServiceKind};
use model::settings::Encryption;
use std::net::SocketAddr;

/// Returns the announcement that should be made; `None` if the settings do not ask for one or no other device could
/// connect.
pub(super) fn desired(config: &LanConfig, id: &str) -> Option<Announcement> {
    let lan = &config.lan;
    let outside: Vec<_> = config.listen_addrs.iter().filter(|listen_addr| !listen_addr.ip().is_loopback()).collect();
    if !lan.is_announced() || outside.is_empty() {
        return None;
    }
    let mut listening: Vec<_> = outside.iter().map(|listen_addr| listen_addr.ip()).collect();
    listening.sort();
    listening.dedup();
    let adapters = AdapterFilter { listening, only: lan.only.clone(), except: lan.except.clone(), family: lan.family };
    Some(Announcement {
        host: lan.host_name.clone().unwrap_or_else(interfaces::host_name),
        title: config.title.clone(),
        id: id.to_owned(),
        version: env!("CARGO_PKG_VERSION").into(),
        services: services(config, &outside),
        adapters,
    })
}

fn services(config: &LanConfig, listen_addrs: &[&SocketAddr]) -> Vec<Service> {
    let lan = &config.lan;
    let path_of = |wanted: &Option<String>| {
        wanted.clone().or_else(|| Some(format!("{}/", config.base))).filter(|path| path != "/")
    };
    let (pages, dav) = (path_of(&lan.http_path), path_of(&lan.dav_path));
    let mut services = Vec::new();
    let mut offer = |kind, path: &Option<String>, is_spoken, letter, port: Option<u16>, usual| {
        let port = port.or_else(|| open_port(listen_addrs, usual)).filter(|port| *port != 0);
        if let Some(port) = port
            && is_spoken
            && lan.wants(letter)
        {
            services.push(Service { kind, port, path: path.clone() });
        }
    };
    let (has_plain, has_tls) = (config.encryption != Encryption::TlsOnly, config.encryption != Encryption::PlainOnly);
    offer(ServiceKind::Http, &pages, has_plain, 'h', lan.http_port, 80);
    offer(ServiceKind::Https, &pages, has_tls, 'H', lan.https_port, 443);
    offer(ServiceKind::Webdav, &dav, has_plain && config.has_dav, 'd', lan.http_port, 80);
    offer(ServiceKind::Webdavs, &dav, has_tls && config.has_dav, 'D', lan.https_port, 443);
    services
}

/// Returns the usual port if it is open, else the first open one.
fn open_port(listen_addrs: &[&SocketAddr], usual: u16) -> Option<u16> {
    let mut ports = listen_addrs.iter().map(|listen_addr| listen_addr.port());
    ports.clone().find(|port| *port == usual).or_else(|| ports.next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::settings::Lan;

    fn config(listen_addrs: &[&str]) -> LanConfig {
        LanConfig {
            lan: Lan { announce: true, ..Lan::default() },
            title: "Potluck".into(),
            encryption: Encryption::Both,
            has_dav: false,
            base: String::new(),
            listen_addrs: listen_addrs.iter().map(|listen_addr| listen_addr.parse().expect("an address")).collect(),
        }
    }

    fn offered(config: &LanConfig) -> Vec<(ServiceKind, u16)> {
        let wanted = desired(config, "me").expect("an announcement");
        wanted.services.iter().map(|service| (service.kind, service.port)).collect()
    }

    #[test]
    fn what_is_open_is_announced() {
        let mut now = config(&["[::]:3923", "[::]:80"]);
        assert_eq!(offered(&now), [(ServiceKind::Http, 80), (ServiceKind::Https, 3923)]);
        now.encryption = Encryption::TlsOnly;
        assert_eq!(offered(&now), [(ServiceKind::Https, 3923)]);
        now.encryption = Encryption::Both;
        now.lan.services = "h".into();
        assert_eq!(offered(&now), [(ServiceKind::Http, 80)]);
        now.lan.services = "hH".into();
        now.lan.http_port = Some(0);
        now.lan.https_port = Some(8443);
        assert_eq!(offered(&now), [(ServiceKind::Https, 8443)]);
        now.lan.http_path = Some("/pub/".into());
        assert_eq!(desired(&now, "me").expect("some").services[0].path.as_deref(), Some("/pub/"));
        now.lan.http_path = None;
        now.base = "/files".into();
        assert_eq!(desired(&now, "me").expect("some").services[0].path.as_deref(), Some("/files/"));
    }

    #[test]
    fn webdav_is_announced_beside_pages() {
        let mut now = config(&["[::]:3923"]);
        now.has_dav = true;
        now.lan.dav_path = Some("/pub/".into());
        let all = desired(&now, "me").expect("some").services;
        let all: Vec<_> = all.iter().map(|service| (service.kind, service.path.as_deref())).collect();
        assert_eq!(
            all,
            [
                (ServiceKind::Http, None),
                (ServiceKind::Https, None),
                (ServiceKind::Webdav, Some("/pub/")),
                (ServiceKind::Webdavs, Some("/pub/")),
            ]
        );
        now.lan.services = "hD".into();
        assert_eq!(offered(&now), [(ServiceKind::Http, 3923), (ServiceKind::Webdavs, 3923)]);
    }

    #[test]
    fn nothing_is_announced_that_other_devices_cannot_reach() {
        assert_eq!(desired(&config(&[]), "me"), None);
        assert_eq!(desired(&config(&["127.0.0.1:3923", "[::1]:3923"]), "me"), None);
        let mut quiet = config(&["[::]:3923"]);
        quiet.lan.announce = false;
        assert_eq!(desired(&quiet, "me"), None);
        let some = desired(&config(&["127.0.0.1:1", "10.0.0.1:2", "10.0.0.1:3"]), "me").expect("some");
        assert_eq!(some.adapters.listening, ["10.0.0.1".parse::<std::net::IpAddr>().expect("an address")]);
        assert_eq!(some.services[0].port, 2);
    }
}
