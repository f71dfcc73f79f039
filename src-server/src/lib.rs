//! The server library: `start(Settings) -> Control`.
//!
//! The only crate that connects all parts. The tray app and the headless binary use nothing but its public items.
#![warn(missing_docs)]

pub mod access_log;
mod app;
mod blocking;
pub mod connections;
pub mod control;
pub mod environment;
mod ftp;
pub mod lan;
mod own_passwords;
pub mod protocols;
pub mod serve;
pub mod settings_file;
mod sftp;
pub mod sharing;
mod tftp;

pub use app::default_state_folder;
/// Runs `push`, `pull` or `sync`, if the arguments name one of them.
pub use client::run as run_client;
pub use control::{Control, ControlError, StartOptions, start};
/// Must be called first in `main`: child processes re-execute this program.
pub use engine::library::run_if_launcher;
