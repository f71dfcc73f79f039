//! The LAN service: announces the server, lists other servers, and remembers which networks are trusted.
//!
//! One thread does all of this, because every step blocks: reading the routing and neighbour tables, writing a file,
//! sending goodbyes. It executes commands and checks the network every few seconds in between:
//!
//! ```text
//!  apply, trust, stop ──► [lan] ──► announcers (announce::mdns, announce::ssdp)
//!                           │ ────► lan.json
//!                           ▼
//!                         LanState ──► lan(), is_allowed(), changes()      (never waits)
//! ```
//!
//! This module opens and closes no sockets: `changes()` reports when a network becomes trusted or untrusted.

mod announcement;
mod config;
mod firewall;
mod known;
mod probe;
mod self_check;
mod service;
mod ssdp;
mod state;
mod worker;

pub(crate) use config::LanConfig;
pub(crate) use service::LanService;
pub use state::NetworkView;
