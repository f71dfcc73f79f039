//! Neighbours find the server and lose it again, and strangers' networks do not: in network namespaces that each test
//! makes for itself. No packet leaves them.
//!
//! This needs root, and util-linux and iproute2; without them the tests are reported as skipped.

mod mdns;
mod namespaces;
mod others;
mod programs;
mod trust;
