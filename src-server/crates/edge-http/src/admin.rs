//! The administrator's desk: the control door, as JSON over HTTP, for accounts that the settings name (`--admins`).
//!
//! What is asked and told is none of this edge's business; whoever makes the routes hands in a [`AdminApi`]. This edge sees
//! that nobody else comes near it: an administrator who has signed in on a page of ours, and for changes a request that
//! no stranger's page can make.

use bytes::Bytes;
use engine::Access;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

/// The control door, as far as this edge knows it.
pub trait AdminApi: Send + Sync {
    /// Does what a call in JSON says, for `caller`. Both answers are JSON: what was asked for, or what was wrong.
    /// `asked_at`: the address by which the caller reaches this server, `http://host/`.
    fn call(&self, call: Bytes, caller: Access, asked_at: String) -> BoxFuture<'static, Result<String, String>>;
    /// What happens from now on, each notice in JSON without line breaks. Ends with the server.
    fn notices(&self) -> BoxStream<'static, String>;
}
