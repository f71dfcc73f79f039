//! How people find the server: addresses of this machine, QR codes, announcements by mDNS and SSDP, and identification
//! of networks.
//!
//! No async tasks: calls that wait block their thread. Only [`mdns`], [`ssdp`] and [`network::probe_router`] send
//! packets, and only when called.
#![warn(missing_docs)]

pub mod adapters;
pub mod interfaces;
pub mod mdns;
pub mod names;
pub mod neighbours;
pub mod network;
pub mod qr;
pub mod service;
pub mod ssdp;
