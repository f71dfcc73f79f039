//! How people find the server: which addresses this machine has, QR codes that carry one, mDNS, and which network this is.
//!
//! No task and no runtime: what has to be waited for is waited for in threads. Only [`mdns`] and
//! [`network::greet`] send packets, and only when they are asked to.
#![warn(missing_docs)]

pub mod adapters;
pub mod interfaces;
pub mod mdns;
pub mod names;
pub mod neighbours;
pub mod network;
pub mod qr;
pub mod service;
