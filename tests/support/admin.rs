//! A server inside this process with its admin API, for settings that no argument of the headless program can express.

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

/// A running server; it stops when dropped.
pub struct InProcessServer {
    /// Its admin API.
    pub control: Control,
    /// The folder that contains its volumes and its state.
    pub dir: TempDir,
    /// Its settings.
    pub settings: Settings,
    runtime: Runtime,
}

impl InProcessServer {
    /// Serves one folder per entry: `(mount, "r *, rw ann")`, named like its mount point. Missing folders are created.
    ///
    /// # Panics
    /// If the server does not start.
    pub fn start(volumes: &[(&str, &str)], change: impl FnOnce(&mut Settings)) -> Self {
        let dir = tempfile::Builder::new().prefix("potluck-test-").tempdir().expect("a temporary folder");
        let mut settings = local_settings(dir.path());
        settings.volumes = volumes.iter().map(|(mount, grants)| volume(dir.path(), mount, grants)).collect();
        change(&mut settings);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let control = runtime.block_on(server::start(settings.clone(), StartOptions::default())).expect("it starts");
        Self { control, dir, settings, runtime }
    }

    /// Blocks until a call of the admin API has completed.
    pub fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// Applies changed settings.
    ///
    /// # Panics
    /// If they are refused.
    pub fn apply(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings.clone();
        change(&mut settings);
        self.wait(self.control.apply(settings)).expect("the settings can be in force");
    }

    /// Creates a share link.
    ///
    /// # Errors
    /// Those of the call.
    pub fn make(&self, draft: &LinkDraft) -> Result<Link, ControlError> {
        self.wait(self.control.make_link(draft))
    }

    /// Returns the address on which it listens.
    ///
    /// # Panics
    /// If it does not listen.
    pub fn addr(&self) -> SocketAddr {
        addr_of(&self.control)
    }

    /// Returns the path on this computer of a path below its folder: `inbox/a.txt`.
    pub fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Sends one request on a new connection, as a browser that opens a page.
    ///
    /// # Panics
    /// If there is no complete reply.
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

/// Returns settings of a quiet server without volumes on a free port of 127.0.0.1, with its state in `dir`.
pub fn local_settings(dir: &Path) -> Settings {
    let mut settings = Settings {
        state_folder: Some(dir.join("state")),
        network: Network { listen: vec![Listen::Ip(Ipv4Addr::LOCALHOST.into())], ports: vec![0], ..Network::default() },
        ..Settings::default()
    };
    settings.logging.quiet = true;
    settings
}

/// Returns the address on which a server listens.
///
/// # Panics
/// If it does not listen.
pub fn addr_of(control: &Control) -> SocketAddr {
    let addresses = control.addresses();
    let url = &addresses.first().expect("an address").url;
    url.trim_start_matches("http://").trim_end_matches('/').parse().expect("address and port")
}

/// Returns a draft of a link to `target` without limits.
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
