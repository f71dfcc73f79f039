//! TFTP as a protocol of the registry: its socket, its configuration, and what a transfer sees of the server.
//!
//! ```text
//! crate::protocols ─► TftpProtocol ─► edge_tftp::serve ─► TftpServer: on_link, Admission ─► a task for each transfer ─► TransferHost ─► Conn
//! ```

mod host;
mod on_link;
mod protocol;

pub use protocol::TftpProtocol;
