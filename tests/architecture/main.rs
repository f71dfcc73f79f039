//! The crate walls hold: who may depend on whom, and which words stand in one place only.
//!
//! The tables here are the ones of ARCHITECTURE.md in a form that a machine can hold. A wall that is in the way is
//! moved in both, with an ADR that says why.

mod circles;
mod crates;
mod documents;
mod modules;
mod packages;
mod rust;
mod settings;
mod words;

use std::path::{Path, PathBuf};

/// The checkout.
fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where");
    Path::new(&here).parent().expect("the package stands in a workspace").to_path_buf()
}
