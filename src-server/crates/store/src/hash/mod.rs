//! SHA-512 of many messages at once.
//!
//! up2k identifies every chunk by its SHA-512, so this hash bounds the speed of uploads and of the index. One message
//! cannot be split, but chunks are independent: vector instructions hash several of them in lockstep, one in each lane.
//! On a CPU with AVX-512, eight lanes give nearly five times the rate of a single message.
//!
//! - [`Sha512State`] is a running hash that can move between threads and lanes; [`SingleSha512`] is for one stream.
//! - [`update_many`] and [`finish_many`] hash several messages of the caller, on its own thread.
//! - [`HashService`] collects pieces from many callers into lanes.
//! - [`hash_file_chunks`] hashes a file on disk, eight chunks side by side.
//!
//! `rounds` and the three `avx` files are the kernels (the only `unsafe` code here), `engine` picks one for the number
//! of messages, `state` keeps partial blocks. `sha2` is the portable implementation and the reference of the tests.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx512_one;
mod chunks;
mod engine;
mod rounds;
mod scalar;
mod service;
mod state;
#[cfg(test)]
mod tests;

pub use chunks::hash_file_chunks;
pub use engine::Engine;
pub use service::{HashService, PendingUpdate, StreamGuard};
pub use state::{Sha512State, SingleSha512, finish_many, finish_many_with, update_many, update_many_with};
