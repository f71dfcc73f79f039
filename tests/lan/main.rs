//! The server announces itself in trusted networks only, and withdraws the announcement when it stops. Each test runs
//! in network namespaces that it creates; no packet leaves them.
//!
//! Needs root, util-linux and iproute2; without them the tests are reported as skipped.

mod mdns;
mod namespaces;
mod others;
mod programs;
mod ssdp;
mod trust;
