//! SFTP as a protocol of the registry: its socket, its configuration, the key of the server, and what a connection sees of the
//! server.
//!
//! ```text
//! crate::protocols ─► SftpProtocol ─► edge_sftp::serve, a task for each client ─► ConnectionHost ─► Conn
//!                         └ host_key: read or made when SFTP is turned on
//! ```

mod host;
mod host_key;
mod protocol;

pub use protocol::SftpProtocol;
