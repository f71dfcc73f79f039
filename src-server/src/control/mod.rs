//! The admin API: everything that the tray app, the headless binary and the administrator's page can ask of the server.
//!
//! ```text
//! let control = start(settings, StartOptions::default()).await?;
//! control.apply(new_settings).await?;      // all or nothing
//! control.stop().await;                    // drains, with a deadline
//! ```

mod activity;
pub mod admin;
mod call;
mod change;
mod error;
mod files;
mod http;
mod lan;
mod links;
mod options;
mod overview;
mod people;
mod shares;
mod types;

pub use call::Origin;
pub use error::{ControlError, ErrorCode, FaultAt};
pub use types::*;

pub(crate) use activity::ActivityLog;
pub(crate) use http::HttpAdminApi;
pub(crate) use overview::Problems;
pub(crate) use shares::RemovedShares;

use crate::app::App;
use crate::connections::{Conn, ConnEvent, Phase};
use engine::{Access, Client};
use model::{AccountName, PermSet, Settings, VPath};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::broadcast::{self, error::RecvError};

/// Options of [`start`] that are not settings.
#[derive(Clone, Debug)]
pub struct StartOptions {
    /// How long [`Control::stop`] waits for requests under way.
    pub drain: Duration,
    /// Settings file that this program owns: it always holds the settings in force. `None`: the caller keeps the
    /// settings itself.
    pub settings_file: Option<PathBuf>,
    /// Record transfers ([`Control::activity`]) and watch for folders that appear and disappear, for clients of the
    /// admin API. Costs a little for each file.
    pub track_activity: bool,
    /// The program asks questions at its first start. Until they are answered ([`Control::welcomed`]) or something is
    /// shared, only this computer can connect, and no firewall has a reason to ask.
    pub wait_for_setup: bool,
}

impl Default for StartOptions {
    fn default() -> Self {
        // The program promises to end within five seconds; the steps after the connections need a part of that.
        Self { drain: Duration::from_millis(3500), settings_file: None, track_activity: false, wait_for_setup: false }
    }
}

/// Starts the server. Must be called inside a tokio runtime with time and net enabled.
///
/// # Errors
/// `BadSettings` with every fault, `CannotListen`, `CannotStart`, `CannotSave`; nothing is left running then.
pub async fn start(settings: Settings, options: StartOptions) -> Result<Control, ControlError> {
    let app = Arc::new(App::start(settings, options).await?);
    app.start_scheduler();
    app.watch_proofs();
    let control = Control::of(app);
    control.app.admin_api.open(&control);
    Ok(control)
}

/// Returns true if the URL leads to the client's own machine, on whichever machine it is opened.
fn is_local(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/');
    let name = edge_http::extract::host::without_port(authority).trim_start_matches('[').trim_end_matches(']');
    let is_loopback = name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
    is_loopback || name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

/// Handle of a running server. Cheap to clone; dropping it does not stop the server.
#[derive(Clone)]
pub struct Control {
    app: Arc<App>,
    /// Where the current call comes from.
    origin: Origin,
    /// The account that makes the current call; `None` for the window on this computer, or the program itself.
    caller: Option<Access>,
    /// The address (`http://host/`, without base path) by which the caller reaches this server.
    asked_at: Option<Arc<str>>,
}

impl Control {
    fn of(app: Arc<App>) -> Self {
        Self { app, origin: Origin::Desktop, caller: None, asked_at: None }
    }

    /// Returns the running state in detail.
    pub fn status(&self) -> Status {
        let snapshot = self.app.engine.snapshot();
        let volumes = snapshot.settings.volumes.iter();
        Status {
            version: env!("CARGO_PKG_VERSION").into(),
            since_ms: millis(self.app.since),
            generation: snapshot.generation,
            addresses: self.addresses(),
            connections: self.app.conns.list().iter().map(|conn| describe(conn)).collect(),
            volumes: volumes
                .map(|volume| VolumeStatus {
                    mount: volume.mount.display(),
                    folder: volume.source.display().to_string(),
                })
                .collect(),
        }
    }

    /// Returns the addresses at which the server can be reached, the most useful first.
    pub fn addresses(&self) -> Vec<Address> {
        self.app.addresses()
    }

    /// Returns the addresses to give to other people, the most useful first: the public one (`--site`), else the
    /// address that the calling administrator uses, then those of the network adapters. Each ends with a slash.
    pub fn addresses_for_others(&self) -> Vec<Address> {
        let site = self.app.engine.snapshot().settings.network.site.as_deref().map(|site| format!("{site}/"));
        let asked_at = || self.asked_at.as_deref().filter(|url| !is_local(url)).map(str::to_owned);
        let first = site.or_else(asked_at);
        let adapters = self.addresses().into_iter().filter(|address| address.reach != Reach::Socket);
        let Some(url) = first else { return adapters.collect() };
        // Where the server has a public name, addresses that work only on this machine are left out.
        let others = adapters.filter(|address| address.reach < Reach::Loopback && address.url != url);
        let known = Address { url: url.clone(), reach: Reach::Lan, interface: None };
        std::iter::once(known).chain(others).collect()
    }

    /// Replaces the settings as a whole or not at all, in force and in the settings file, if there is one. Requests
    /// under way finish with the old settings; connections of removed listen addresses get five seconds for that. The
    /// change runs to its end even if the caller drops the future.
    ///
    /// # Errors
    /// `BadSettings` with every fault, `CannotListen`, `CannotStart`, `CannotSave`; nothing has changed then.
    pub async fn apply(&self, settings: Settings) -> Result<Applied, ControlError> {
        let app = self.app.clone();
        let change = tokio::spawn(async move { app.apply(settings).await });
        change.await.map_err(|error| {
            ControlError::new(ErrorCode::CannotStart, format!("The settings couldn't be changed: {error}."))
        })??;
        Ok(Applied { generation: self.app.engine.snapshot().generation, addresses: self.addresses() })
    }

    /// Subscribes to notices from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription {
            engine: self.app.engine.events().subscribe(),
            conns: self.app.conns.subscribe(),
            app: self.app.notices(),
        }
    }

    /// Ends connections at once. Returns how many.
    ///
    /// # Errors
    /// `NotFound` if no connection matched.
    pub fn kick(&self, whom: &Kick) -> Result<usize, ControlError> {
        let is_meant = |conn: &Conn| match whom {
            Kick::Connection { id } => conn.id == *id,
            Kick::Account { name } => conn.account().as_deref() == Some(name),
            Kick::Peer { address } => conn.remote.ip().is_some_and(|ip| ip.to_string() == *address),
        };
        match self.app.conns.enter(Phase::Killed, is_meant) {
            0 => Err(ControlError::new(ErrorCode::NotFound, "That connection has already ended.")),
            count => Ok(count),
        }
    }

    /// Creates a code that logs one device in, once, with `rights` in the volume at `mount` beside the rights of
    /// everyone.
    pub fn invite(&self, mount: &VPath, rights: PermSet, seconds: u64) -> Invitation {
        let codes = self.app.engine.accounts.invite(mount, rights, seconds);
        let base = self.app.engine.snapshot().settings.network.base.clone();
        let below = if base.is_root() { String::new() } else { format!("{}/", base.to_url()) };
        let urls = self.addresses_for_others().into_iter();
        let urls = urls.map(|address| format!("{}{below}.potluck/join/{}", address.url, codes.code)).collect();
        Invitation { urls, digits: codes.digits, seconds }
    }

    /// Returns the engine, and an access for `account` from this computer: for `--ls` and previews.
    pub fn view(&self, account: &AccountName) -> (engine::Engine, engine::Access) {
        let local = Client { address: std::net::Ipv4Addr::LOCALHOST.into() };
        (self.app.engine.clone(), self.app.engine.accounts.as_account(account, local))
    }

    /// Stops the server: closes the sockets at once, lets requests under way finish until [`StartOptions::drain`] has
    /// passed, ends the rest, and writes what is not yet saved. May be called again.
    pub async fn stop(&self) {
        self.app.stop().await;
    }
}

fn describe(conn: &Conn) -> Connection {
    Connection {
        id: conn.id,
        peer: conn.remote.to_string(),
        account: conn.account().map(|name| name.to_string()),
        tls: conn.tls.load(Relaxed),
        since_ms: millis(conn.opened),
        requests: conn.requests.load(Relaxed),
        in_flight: conn.in_flight.load(Relaxed),
        received: conn.received.load(Relaxed),
        sent: conn.sent.load(Relaxed),
    }
}

fn millis(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A stream of notices.
pub struct Subscription {
    engine: broadcast::Receiver<model::Event>,
    conns: broadcast::Receiver<ConnEvent>,
    app: broadcast::Receiver<Notice>,
}

impl Subscription {
    /// Returns the next notice; `None` once the server has ended. Cancel safe: no notice is lost.
    pub async fn next(&mut self) -> Option<Notice> {
        tokio::select! {
            event = self.engine.recv() => match event {
                Ok(event) => Some(event.into()),
                Err(RecvError::Lagged(count)) => Some(Notice::Missed { count }),
                Err(RecvError::Closed) => None,
            },
            event = self.conns.recv() => received(event.map(Notice::from)),
            notice = self.app.recv() => received(notice),
        }
    }
}

impl From<ConnEvent> for Notice {
    fn from(event: ConnEvent) -> Self {
        match event {
            ConnEvent::Opened { id, remote } => Self::Connected { id, peer: remote.to_string() },
            ConnEvent::Closed { id } => Self::Disconnected { id },
        }
    }
}

fn received(notice: Result<Notice, RecvError>) -> Option<Notice> {
    match notice {
        Ok(notice) => Some(notice),
        Err(RecvError::Lagged(count)) => Some(Notice::Missed { count }),
        Err(RecvError::Closed) => None,
    }
}
