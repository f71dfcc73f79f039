//! Kinds of announced services, and their TXT records.

use crate::adapters::AdapterFilter;

/// A kind of service in DNS-SD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceKind {
    /// This program.
    Potluck,
    /// Web pages.
    Http,
    /// Web pages with TLS.
    Https,
    /// WebDAV.
    Webdav,
    /// WebDAV with TLS.
    Webdavs,
    /// FTP.
    Ftp,
    /// FTP with TLS.
    Ftps,
    /// File transfer over SSH.
    Sftp,
}

impl ServiceKind {
    /// The kinds that other servers are found by.
    pub const BROWSED: [Self; 5] = [Self::Potluck, Self::Http, Self::Https, Self::Webdav, Self::Webdavs];

    /// Returns its label, such as `http`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Potluck => "potluck",
            Self::Http => "http",
            Self::Https => "https",
            Self::Webdav => "webdav",
            Self::Webdavs => "webdavs",
            Self::Ftp => "ftp",
            Self::Ftps => "ftps",
            // The name of SFTP in the registry of service names.
            Self::Sftp => "sftp-ssh",
        }
    }

    /// Returns its type, such as `_http._tcp.local.`.
    pub fn type_name(self) -> String {
        format!("_{}._tcp.local.", self.label())
    }

    /// Whether it uses TLS. A Potluck service may use either.
    pub const fn is_encrypted(self) -> bool {
        matches!(self, Self::Https | Self::Webdavs | Self::Ftps)
    }

    /// Whether browsers or WebDAV use it.
    const fn is_http(self) -> bool {
        matches!(self, Self::Potluck | Self::Http | Self::Https | Self::Webdav | Self::Webdavs)
    }
}

/// A service of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its kind.
    pub kind: ServiceKind,
    /// Its TCP port.
    pub port: u16,
    /// Path of the start page or folder; `None`: `/`.
    pub path: Option<String>,
    /// The user name that programs should offer; `None`: they ask.
    pub user: Option<&'static str>,
}

/// Everything that is announced. Names of shares are not included, because every machine in the network can read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announcement {
    /// The first label of the host name, such as `kitchen`.
    pub host: String,
    /// Title of the server.
    pub title: String,
    /// Random letters that tell this server from others, also from those with the same name.
    pub id: String,
    /// Version of the program.
    pub version: String,
    /// The services; empty: nothing is announced, other servers are only browsed for.
    pub services: Vec<Service>,
    /// Adapters to announce on.
    pub adapters: AdapterFilter,
}

impl Announcement {
    /// Returns the services to register: a Potluck service with the port and path of the first one of HTTP, then the
    /// others.
    pub(crate) fn all_services(&self) -> Vec<Service> {
        let first = self.services.iter().find(|service| service.kind.is_http());
        let own = first.map(|first| Service { kind: ServiceKind::Potluck, ..first.clone() });
        own.into_iter().chain(self.services.iter().cloned()).collect()
    }

    /// Returns the TXT record of a service.
    pub(crate) fn txt_record(&self, service: &Service) -> Vec<(&'static str, String)> {
        let mut entries = Vec::new();
        if service.kind == ServiceKind::Potluck {
            let is_encrypted =
                self.services.iter().any(|service| service.kind.is_http() && service.kind.is_encrypted());
            entries.push(("id", self.id.clone()));
            entries.push(("version", self.version.clone()));
            entries.push(("tls", u8::from(is_encrypted).to_string()));
        }
        if let Some(user) = service.user {
            entries.push(("u", user.to_owned()));
        }
        // Some file managers do not open the service without it.
        entries.push(("path", service.path.clone().unwrap_or_else(|| "/".into())));
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_type_refers_to_the_first_service() {
        let service = |kind, port| Service { kind, port, path: None, user: None };
        let mut announcement = Announcement { id: "abc".into(), version: "1".into(), ..Announcement::default() };
        assert_eq!(announcement.all_services(), []);
        announcement.services = vec![service(ServiceKind::Http, 80), service(ServiceKind::Https, 443)];
        let all = announcement.all_services();
        assert_eq!(all.iter().map(|service| service.port).collect::<Vec<_>>(), [80, 80, 443]);
        let entries = announcement.txt_record(&all[0]);
        assert_eq!(entries, [("id", "abc".into()), ("version", "1".into()), ("tls", "1".into()), ("path", "/".into())]);
        assert_eq!(announcement.txt_record(&all[1]), [("path", "/".to_owned())]);
        announcement.services = vec![Service { user: Some("anonymous"), ..service(ServiceKind::Ftp, 21) }];
        assert_eq!(announcement.all_services(), announcement.services);
        let entries = announcement.txt_record(&announcement.services[0]);
        assert_eq!(entries, [("u", "anonymous".to_owned()), ("path", "/".to_owned())]);
    }
}
