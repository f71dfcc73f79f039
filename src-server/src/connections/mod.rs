//! The open connections: state of each, limits on their number, and which one is closed to admit another.

mod address;
mod conn;
mod eviction;
mod list;

pub use address::{ClientKey, Endpoint, ListenAddr, Remote};
pub use conn::{Conn, Phase};
pub use list::{Admitted, ConnEvent, ConnLimits, Conns, TooMany};
