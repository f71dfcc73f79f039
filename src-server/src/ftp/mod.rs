//! FTP and FTPS as protocols of the registry: their sockets, their configuration, and what a session sees of the server.
//!
//! ```text
//! crate::protocols ─► FtpProtocol (one for each port) ─► edge_ftp::serve, a task for each client ─► SessionHost ─► Conn
//! ```

mod host;
mod plain_passwords;
mod protocol;

pub use plain_passwords::PlainPasswords;
pub use protocol::{FtpPort, FtpProtocol};
