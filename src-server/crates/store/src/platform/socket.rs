//! Types of sockets.

/// A borrowed socket.
#[cfg(unix)]
pub type SocketRef<'a> = std::os::fd::BorrowedFd<'a>;
/// A borrowed socket.
#[cfg(windows)]
pub type SocketRef<'a> = std::os::windows::io::BorrowedSocket<'a>;

/// A socket handle owned by this crate.
#[cfg(unix)]
pub type OwnedSocket = std::os::fd::OwnedFd;
/// A socket handle owned by this crate.
#[cfg(windows)]
pub type OwnedSocket = std::os::windows::io::OwnedSocket;
