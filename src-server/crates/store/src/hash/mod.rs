//! SHA-512 of many messages at once.
//!
//! up2k names every chunk by its SHA-512, so the speed of uploads and of the index is the speed of this hash. One
//! message cannot be split, but chunks are independent: vector instructions hash several of them in lockstep, one
//! in each lane. On a CPU with AVX-512 eight lanes give nearly five times the rate of one message alone.
//!
//! - [`Sha512State`] is a running hash that can move between threads and lanes; [`LoneSha512`] is for one stream.
//! - [`update_many`] and [`finish_many`] hash what the caller has in hand, on its own thread.
//! - [`HashService`] collects pieces of many callers into lanes.
//! - [`hash_file_chunks`] hashes a file on disk, eight chunks side by side.
//!
//! `rounds` and the three `avx` files are the kernels (the only `unsafe` here), `engine` picks one for the number
//! of messages, `state` does the bookkeeping of blocks. `sha2` is the portable way and the referee of the tests.

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
pub use service::{HashService, InFlight, Stream};
pub use state::{LoneSha512, Sha512State, finish_many, finish_many_with, update_many, update_many_with};
