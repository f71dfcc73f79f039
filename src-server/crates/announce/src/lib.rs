//! How people find the server: which addresses this machine has, and QR codes that carry one.
//!
//! Nothing here sends a packet.
#![warn(missing_docs)]

pub mod interfaces;
pub mod qr;
