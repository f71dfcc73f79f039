//! Builds the announcements by mDNS and SSDP from the settings in force and the open sockets.

use super::config::LanConfig;
use crate::serve::HTTP;
use announce::adapters::AdapterFilter;
use announce::interfaces;
use announce::names::host_label;
use announce::service::{Announcement, Service, ServiceKind};
use announce::ssdp::{SsdpAnnouncement, device_id};
use edge_http::announced::{DEVICE_PATH, Device};
use model::settings::{Behaviour, Encryption};
use std::net::SocketAddr;

/// Returns what should be announced by mDNS; `None` if the settings do not ask for it or no other device could connect.
pub(super) fn desired(config: &LanConfig, id: &str) -> Option<Announcement> {
    let sockets = outside(config);
    if !config.lan.has_mdns() || sockets.is_empty() {
        return None;
    }
    Some(Announcement {
        host: host_name(config),
        title: config.title.clone(),
        id: id.to_owned(),
        version: env!("CARGO_PKG_VERSION").into(),
        services: services(config, &sockets),
        adapters: adapters(config, &sockets),
    })
}

/// Returns what should be announced by SSDP, and the device that it leads to; `None` if the settings do not ask for it, or
/// no other device could connect without TLS: the description of a device has no other address.
pub(super) fn desired_ssdp(config: &LanConfig, id: &str) -> Option<(SsdpAnnouncement, Device)> {
    let lan = &config.lan;
    let sockets: Vec<_> = outside(config).into_iter().filter(|(protocol, _)| *protocol == HTTP).collect();
    let port = plain_port(config, &sockets).filter(|port| *port != 0)?;
    if !lan.has_ssdp() || sockets.is_empty() || config.encryption == Encryption::TlsOnly {
        return None;
    }
    let id = lan.ssdp_id.clone().unwrap_or_else(|| device_id(id));
    let page = match &lan.ssdp_page {
        Some(page) if page.starts_with('/') => format!("{}{page}", config.base),
        Some(url) => url.clone(),
        None => format!("{}/", config.base),
    };
    let announcement = SsdpAnnouncement {
        id: id.clone(),
        port,
        path: format!("{}/{DEVICE_PATH}", config.base),
        version: env!("CARGO_PKG_VERSION").into(),
        adapters: adapters(config, &sockets),
    };
    Some((announcement, Device { id, host: host_name(config), page }))
}

/// The name of a protocol, and an open socket of it.
type OpenSocket = (&'static str, SocketAddr);

/// Returns the sockets that other devices can reach.
fn outside(config: &LanConfig) -> Vec<OpenSocket> {
    config.sockets.iter().filter(|(_, address)| !address.ip().is_loopback()).copied().collect()
}

fn adapters(config: &LanConfig, sockets: &[OpenSocket]) -> AdapterFilter {
    let lan = &config.lan;
    let mut listening: Vec<_> = sockets.iter().map(|(_, address)| address.ip()).collect();
    listening.sort();
    listening.dedup();
    AdapterFilter { listening, only: lan.only.clone(), except: lan.except.clone(), family: lan.family }
}

/// Returns the first label of the announced host name: that of `--zm-fqdn`, else one after the name of the server if it
/// was given one (`--name`, as in copyparty), else that of this machine.
fn host_name(config: &LanConfig) -> String {
    let is_named = config.title != Behaviour::default().name;
    let after_title = || host_label(&config.title).filter(|_| is_named);
    config.lan.host_name.clone().or_else(after_title).unwrap_or_else(interfaces::host_name)
}

fn services(config: &LanConfig, sockets: &[OpenSocket]) -> Vec<Service> {
    let lan = &config.lan;
    let path_of = |wanted: &Option<String>| {
        wanted.clone().or_else(|| Some(format!("{}/", config.base))).filter(|path| path != "/")
    };
    let (pages, dav) = (path_of(&lan.http_path), path_of(&lan.dav_path));
    let mut services = Vec::new();
    let mut offer = |kind, path: &Option<String>, is_spoken: bool, letter, port: Option<u16>| {
        if let Some(port) = port.filter(|port| *port != 0 && is_spoken && lan.wants(letter)) {
            services.push(Service { kind, port, path: path.clone(), user: None });
        }
    };
    let (has_plain, has_tls) = (config.encryption != Encryption::TlsOnly, config.encryption != Encryption::PlainOnly);
    let plain = plain_port(config, sockets);
    let tls = lan.https_port.or_else(|| open_port(sockets, HTTP, 443));
    offer(ServiceKind::Http, &pages, has_plain, 'h', plain);
    offer(ServiceKind::Https, &pages, has_tls, 'H', tls);
    offer(ServiceKind::Webdav, &dav, has_plain && config.has_dav, 'd', plain);
    offer(ServiceKind::Webdavs, &dav, has_tls && config.has_dav, 'D', tls);
    offer(ServiceKind::Ftp, &lan.ftp_path, true, 'f', open_port(sockets, "ftp", 21));
    offer(ServiceKind::Ftps, &lan.ftp_path, true, 'F', open_port(sockets, "ftps", 990));
    offer(ServiceKind::Sftp, &lan.ftp_path, true, 's', open_port(sockets, "sftp", 22));
    let user = config.has_anonymous.then_some("anonymous");
    let is_ftp = |service: &&mut Service| matches!(service.kind, ServiceKind::Ftp | ServiceKind::Ftps);
    services.iter_mut().filter(is_ftp).for_each(|service| service.user = user);
    services
}

/// Returns the port to announce for HTTP without TLS; 0: none.
fn plain_port(config: &LanConfig, sockets: &[OpenSocket]) -> Option<u16> {
    config.lan.http_port.or_else(|| open_port(sockets, HTTP, 80))
}

/// Returns the usual port of a protocol if it is open, else its first open one.
fn open_port(sockets: &[OpenSocket], protocol: &str, usual: u16) -> Option<u16> {
    let mut ports = sockets.iter().filter(|(name, _)| *name == protocol).map(|(_, address)| address.port());
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
            has_anonymous: false,
            base: String::new(),
            sockets: listen_addrs.iter().map(|address| (HTTP, address.parse().expect("an address"))).collect(),
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

    #[test]
    fn other_protocols_are_announced_when_they_are_on() {
        let mut now = config(&["[::]:3923"]);
        let mut open = |protocol, address: &str| now.sockets.push((protocol, address.parse().expect("an address")));
        open("ftp", "[::]:3921");
        open("ftps", "127.0.0.1:3990");
        open("sftp", "[::]:3922");
        now.lan.ftp_path = Some("/pub/".into());
        now.has_anonymous = true;
        now.lan.services = "fFs".into();
        let ftp = |kind, port, user| Service { kind, port, path: Some("/pub/".into()), user };
        assert_eq!(
            desired(&now, "me").expect("some").services,
            [ftp(ServiceKind::Ftp, 3921, Some("anonymous")), ftp(ServiceKind::Sftp, 3922, None)]
        );
    }

    #[test]
    fn the_host_is_called_after_the_server() {
        let host = |title: &str, own: Option<&str>| {
            let mut now = config(&["[::]:3923"]);
            (now.title, now.lan.host_name) = (title.into(), own.map(str::to_owned));
            desired(&now, "me").expect("some").host
        };
        assert_eq!(host("Potluck", None), interfaces::host_name());
        assert_eq!(host("\u{5199}", None), interfaces::host_name());
        assert_eq!(host("Anna's Files", None), "annas-files");
        assert_eq!(host("Anna's Files", Some("attic")), "attic");
    }

    #[test]
    fn devices_are_announced_with_plain_http() {
        let mut now = config(&["[::]:3923"]);
        now.lan.host_name = Some("attic".into());
        let (announcement, device) = desired_ssdp(&now, "me").expect("some");
        assert_eq!((announcement.port, announcement.path.as_str()), (3923, "/.potluck/device.xml"));
        assert_eq!(device, Device { id: device_id("me"), host: "attic".into(), page: "/".into() });
        (now.base, now.lan.ssdp_page, now.lan.ssdp_id) = ("/files".into(), Some("/?h".into()), Some("x".into()));
        let (announcement, device) = desired_ssdp(&now, "me").expect("some");
        assert_eq!((announcement.path.as_str(), announcement.id.as_str()), ("/files/.potluck/device.xml", "x"));
        assert_eq!(device.page, "/files/?h");
        now.lan.ssdp_page = Some("https://a.example/".into());
        assert_eq!(desired_ssdp(&now, "me").expect("some").1.page, "https://a.example/");
        now.encryption = Encryption::TlsOnly;
        assert_eq!(desired_ssdp(&now, "me"), None);
        now.encryption = Encryption::Both;
        (now.lan.announce, now.lan.mdns) = (false, true);
        assert_eq!(desired_ssdp(&now, "me"), None);
        now.lan.ssdp = true;
        now.sockets[0].0 = "ftp";
        assert_eq!(desired_ssdp(&now, "me"), None);
        assert_eq!(desired_ssdp(&config(&["127.0.0.1:3923"]), "me"), None);
    }
}
