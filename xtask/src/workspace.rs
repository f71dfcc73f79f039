//! Locations: the checkout, cargo's target folder, and the cache, which is outside the checkout.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders that every command needs.
pub struct Workspace {
    /// The checkout: the folder of the root `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target folder, wherever the environment or cargo's configuration put it.
    pub target: PathBuf,
    /// Tools that take long to build, by version; outside the checkout, so that a fresh clone finds them.
    pub cache: PathBuf,
}

impl Workspace {
    /// Asks cargo and the environment.
    ///
    /// # Errors
    /// When cargo cannot read the workspace.
    pub fn find() -> Result<Self, String> {
        // Set by `cargo run`. The compiled-in path would be that of another clone when two share a target folder.
        let here =
            env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = here.parent().ok_or("xtask stands in no workspace")?.to_path_buf();
        let target = metadata(&root, &["--no-deps"])?["target_directory"]
            .as_str()
            .map(PathBuf::from)
            .ok_or("cargo metadata names no target folder")?;
        Ok(Self { cache: cache_folder(&root), root, target })
    }

    /// Returns the output of `cargo metadata` with `args`.
    ///
    /// # Errors
    /// When cargo cannot read the workspace.
    pub fn metadata(&self, args: &[&str]) -> Result<serde_json::Value, String> {
        metadata(&self.root, args)
    }

    /// A folder below the cache for one tool, named with its version.
    pub fn tool(&self, name: &str) -> PathBuf {
        self.cache.join("tools").join(name)
    }

    /// The built server of a cargo profile's folder, `debug` or `release`.
    pub fn server(&self, profile: &str) -> PathBuf {
        self.program(profile, "potluck-server")
    }

    /// A built program of a cargo profile's folder.
    pub fn program(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }
}

fn metadata(root: &Path, args: &[&str]) -> Result<serde_json::Value, String> {
    let out = Command::new(cargo())
        .args(["metadata", "--format-version", "1"])
        .args(args)
        .current_dir(root)
        .output()
        .map_err(|e| format!("cannot start cargo: {e}"))?;
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).trim().to_owned());
    }
    serde_json::from_slice(&out.stdout).map_err(|e| format!("cargo metadata: {e}"))
}

/// The cargo that started us, so that a `+toolchain` holds for what we start.
pub fn cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

fn cache_folder(root: &Path) -> PathBuf {
    let full = |name: &str| env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    full("POTLUCK_CACHE")
        .or_else(|| full("XDG_CACHE_HOME").map(|p| p.join("potluck-dev")))
        .or_else(|| full("HOME").map(|p| p.join(".cache/potluck-dev")))
        .or_else(|| full("LOCALAPPDATA").map(|p| p.join("potluck-dev")))
        .unwrap_or_else(|| root.join("target/potluck-dev"))
}
