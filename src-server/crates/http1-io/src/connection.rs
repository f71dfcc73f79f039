//! What the guard tells about its connection, and what it asks.

use crate::refusal::Refusals;
use std::fmt::Display;
use std::time::Duration;

/// The connection that a [`crate::guard::Guard`] belongs to. Called at every read and write: implementations may not
/// block or allocate.
pub trait Connection: Send + Sync + 'static {
    /// Counts bytes that the client sent, after decryption.
    fn add_received(&self, bytes: u64);

    /// Counts bytes that were sent to the client, before encryption.
    fn add_sent(&self, bytes: u64);

    /// Records whether the client fails to accept data. Called when that changes.
    fn set_blocked(&self, blocked: bool);

    /// Returns where the guard records what it refuses.
    fn refusals(&self) -> &Refusals;

    /// Returns true if the connection is to end after the current request.
    fn is_draining(&self) -> bool;

    /// Returns the time since the last request ended; zero while a request is under way.
    fn idle_for(&self) -> Duration;

    /// Returns the client's name in log lines.
    fn client(&self) -> impl Display + '_;
}
