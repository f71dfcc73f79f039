//! Architecture tests: permitted dependencies between crates and modules, and words that may occur in certain files
//! only.
//!
//! The tables here are those of ARCHITECTURE.md in machine-readable form. A rule that is in the way is
//! changed in both, with an ADR that says why.

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

/// Returns a path as seen from the checkout, with slashes.
fn relative(root: &Path, file: &Path) -> String {
    file.strip_prefix(root).unwrap_or(file).to_string_lossy().replace('\\', "/")
}
