//! What is announced: kinds of services, and the facts that go with ours.

use crate::adapters::Adapters;

/// A kind of service, as DNS-SD names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One of ours.
    Potluck,
    /// Web pages.
    Http,
    /// Web pages with TLS.
    Https,
    /// WebDAV.
    Webdav,
    /// WebDAV with TLS.
    Webdavs,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Potluck, Self::Http, Self::Https, Self::Webdav, Self::Webdavs];

    /// Its label, such as `http`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Potluck => "potluck",
            Self::Http => "http",
            Self::Https => "https",
            Self::Webdav => "webdav",
            Self::Webdavs => "webdavs",
        }
    }

    /// Its type, such as `_http._tcp.local.`.
    pub fn type_name(self) -> String {
        format!("_{}._tcp.local.", self.label())
    }

    /// Whether it is spoken with TLS. Ours may be either.
    pub const fn is_encrypted(self) -> bool {
        matches!(self, Self::Https | Self::Webdavs)
    }
}

/// A service of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// What it is.
    pub kind: Kind,
    /// Its TCP port.
    pub port: u16,
    /// The path to begin at; `None`: the top.
    pub path: Option<String>,
}

/// All that is announced, and where. Names of shares are not in it: whoever is in the network may read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announcement {
    /// The first label of the host name, such as `kitchen`.
    pub host: String,
    /// What the server calls itself.
    pub title: String,
    /// Tells this server from others, also those of the same name. Random letters.
    pub id: String,
    /// The version of the program.
    pub version: String,
    /// Empty: nothing is announced, only others are listened for.
    pub services: Vec<Service>,
    /// Where.
    pub adapters: Adapters,
}

impl Announcement {
    /// What is registered: the services, and before them our own type, which leads to the first of them.
    pub(crate) fn all_services(&self) -> Vec<Service> {
        let own = self.services.first().map(|first| Service { kind: Kind::Potluck, ..first.clone() });
        own.into_iter().chain(self.services.iter().cloned()).collect()
    }

    /// The TXT record of a service.
    pub(crate) fn facts(&self, service: &Service) -> Vec<(&'static str, String)> {
        let mut facts = Vec::new();
        if service.kind == Kind::Potluck {
            let is_encrypted = self.services.iter().any(|service| service.kind.is_encrypted());
            facts.push(("id", self.id.clone()));
            facts.push(("version", self.version.clone()));
            facts.push(("tls", u8::from(is_encrypted).to_string()));
        }
        // Some file managers do not find their way without it.
        facts.push(("path", service.path.clone().unwrap_or_else(|| "/".into())));
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_stands_for_the_others() {
        let service = |kind, port| Service { kind, port, path: None };
        let mut announcement = Announcement { id: "abc".into(), version: "1".into(), ..Announcement::default() };
        assert_eq!(announcement.all_services(), []);
        announcement.services = vec![service(Kind::Http, 80), service(Kind::Https, 443)];
        let all = announcement.all_services();
        assert_eq!(all.iter().map(|service| service.port).collect::<Vec<_>>(), [80, 80, 443]);
        let facts = announcement.facts(&all[0]);
        assert_eq!(facts, [("id", "abc".into()), ("version", "1".into()), ("tls", "1".into()), ("path", "/".into())]);
        assert_eq!(announcement.facts(&all[1]), [("path", "/".to_owned())]);
    }
}
