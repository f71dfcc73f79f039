//! A server inside this process, with its admin API: for what no argument of the headless program can do.

use crate::http;
use model::settings::{Listen, Network};
use model::volume::{Grant, Principal, Volume, VolumeFlags};
use model::{AccountName, PermSet, Settings, VPath};
use server::control::admin::{Link, LinkDraft, LinkKind, May, Pin};
use server::{Control, ControlError, StartOptions};
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The server; it ends when dropped.
pub struct InProcessServer {
    /// Its admin API.
    pub control: Control,
    /// Holds its volumes and its state.
    pub dir: TempDir,
    /// What it runs under.
    pub settings: Settings,
    runtime: Runtime,
}

impl InProcessServer {
    /// Serves folders of their own: `(mount, "r *, rw ann")`, named as they are mounted. They are made if missing.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start(volumes: &[(&str, &str)], change: impl FnOnce(&mut Settings)) -> Self {
        let dir = tempfile::Builder::new().prefix("potluck-test-").tempdir().expect("a temporary folder");
        let mut settings = Settings {
            state_folder: Some(dir.path().join("state")),
            network: Network {
                listen: vec![Listen::Ip(Ipv4Addr::LOCALHOST.into())],
                ports: vec![0],
                ..Network::default()
            },
            ..Settings::default()
        };
        settings.logging.quiet = true;
        settings.volumes = volumes.iter().map(|(mount, grants)| volume(dir.path(), mount, grants)).collect();
        change(&mut settings);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let control = runtime.block_on(server::start(settings.clone(), StartOptions::default())).expect("it starts");
        Self { control, dir, settings, runtime }
    }

    /// Waits for something that the admin API was asked.
    pub fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// Puts changed settings into force.
    ///
    /// # Panics
    /// When they cannot be.
    pub fn apply(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings.clone();
        change(&mut settings);
        self.wait(self.control.apply(settings)).expect("the settings can be in force");
    }

    /// Makes a link.
    ///
    /// # Errors
    /// Those of the admin API.
    pub fn make(&self, draft: &LinkDraft) -> Result<Link, ControlError> {
        self.wait(self.control.make_link(draft))
    }

    /// Where it listens.
    ///
    /// # Panics
    /// When it does not.
    pub fn addr(&self) -> SocketAddr {
        let addresses = self.control.addresses();
        let url = &addresses.first().expect("an address").url;
        url.trim_start_matches("http://").trim_end_matches('/').parse().expect("address and port")
    }

    /// A path on this computer below the folder of everything: `inbox/a.txt`.
    pub fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// One request on a connection of its own, as a browser that opens a page.
    ///
    /// # Panics
    /// When there is no whole reply.
    pub fn ask(&self, method: &str, path: &str, cookie: &str, kind: &str, body: &[u8]) -> http::Response {
        let mut headers = vec![("User-Agent", "Mozilla/5.0"), ("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate")];
        headers.extend((!cookie.is_empty()).then_some(("Cookie", cookie)));
        headers.extend((!kind.is_empty()).then_some(("Content-Type", kind)));
        http::Conn::open(self.addr()).and_then(|mut conn| conn.send(method, path, &headers, body)).expect("a reply")
    }
}

impl Drop for InProcessServer {
    fn drop(&mut self) {
        self.runtime.block_on(self.control.stop());
    }
}

/// A link to `target` without any limit.
pub fn draft(kind: LinkKind, target: &str) -> LinkDraft {
    LinkDraft {
        kind,
        target: target.into(),
        note: String::new(),
        may: if kind == LinkKind::Request { May::DropOff } else { May::Look },
        pin: Pin::None,
        expires_ms: None,
        max_uses: None,
        max_bytes: None,
    }
}

fn volume(dir: &Path, mount: &str, grants: &str) -> Volume {
    let source = dir.join(if mount.is_empty() { "top" } else { mount });
    std::fs::create_dir_all(&source).expect("a folder");
    let grant = |text: &str| {
        let (letters, who) = text.trim().split_once(' ').expect("letters and a name");
        let to = match who {
            "*" => Principal::Everyone,
            name => Principal::Account(AccountName::from(name)),
        };
        Grant { perms: PermSet::parse(letters).expect("letters"), to: vec![to], except: Vec::new() }
    };
    let grants = grants.split(',').filter(|text| !text.trim().is_empty()).map(grant).collect();
    Volume { source, mount: VPath::parse(mount.as_bytes()).expect("a path"), grants, flags: VolumeFlags::default() }
}
