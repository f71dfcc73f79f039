//! The server library inside this process: settings change as a whole or not at all, and a stopped server leaves
//! nothing behind.

mod admin;
mod apply;
mod files;
mod ftp;
#[cfg(target_os = "linux")]
mod full_disk;
#[cfg(unix)]
mod index;
#[cfg(target_os = "linux")]
mod mounts;
mod people;
#[cfg(target_os = "linux")]
mod power_cut;
mod program;
mod saved;
mod search;
mod sftp;
mod shares;
mod tftp;
mod thumbnails;
mod transitions;
#[cfg(target_os = "linux")]
mod trash;
mod watch;

use model::Settings;
use model::settings::Listen;
use model::volume::{Grant, Principal, Volume, VolumeFlags};
use model::{PermSet, VPath};
use server::{Control, StartOptions};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;
use tempfile::TempDir;

/// A server inside this process, with folders of its own.
struct Live {
    control: Control,
    dir: TempDir,
    settings: Settings,
}

impl Live {
    /// Starts a server with one volume at the root that everyone may read and write.
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary folder"), StartOptions::default(), change).await
    }

    async fn start_in(dir: TempDir, options: StartOptions, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = support::admin::local_settings(dir.path());
        settings.volumes.push(volume(&dir, "files", ""));
        change(&mut settings);
        let control = server::start(settings.clone(), options).await.expect("it starts");
        Self { control, dir, settings }
    }

    fn addr(&self) -> SocketAddr {
        support::admin::addr_of(&self.control)
    }
}

/// Returns a volume for a folder below `dir`, mounted at `mount`.
fn volume(dir: &TempDir, folder: &str, mount: &str) -> Volume {
    let source = dir.path().join(folder);
    std::fs::create_dir_all(&source).expect("a folder");
    let rights = PermSet::parse("rw").expect("letters");
    let grant = Grant { perms: rights, to: vec![Principal::Everyone], except: Vec::new() };
    Volume {
        source,
        mount: VPath::parse(mount.as_bytes()).expect("a path"),
        grants: vec![grant],
        flags: VolumeFlags::default(),
    }
}

/// Sends one GET on a new connection. Returns the status (0: no answer) and everything received.
fn get(addr: SocketAddr, path: &str) -> (u16, String) {
    let Ok(mut stream) = TcpStream::connect(addr) else { return (0, String::new()) };
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    let mut text = Vec::new();
    let sent = stream.write_all(request.as_bytes());
    // A reset after the answer counts as its end.
    let _ = sent.and_then(|()| stream.read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text).into_owned();
    (text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0), text)
}
