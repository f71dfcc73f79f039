//! Composition root: the only module that creates the engine, the routes, the sockets and the logs and connects them.

mod activity;
mod addresses;
mod clock;
mod options;
mod prepare;
mod problems;
mod removed_shares;
mod running;
mod scheduler;
mod start;
mod transition;

pub use options::StartOptions;
pub use prepare::default_state_folder;
pub(crate) use running::App;
pub(crate) use transition::Change;
