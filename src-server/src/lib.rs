//! The whole server: `start(Settings) -> Control`.
//!
//! The one place where the parts meet. The shell (tray app, headless binary) names nothing but what stands here.
#![warn(missing_docs)]

pub mod access_log;
mod app;
pub mod control;
pub mod environment;
pub mod lan;
pub mod listeners;
pub mod serve;
pub mod settings_file;
pub mod sharing;

pub use control::{Control, ControlError, StartOptions, start};
