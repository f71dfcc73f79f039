//! The admin API as JSON over HTTP, for accounts that the settings name (`--admins`).
//! This crate does not know the calls and their answers; the server hands in an [`AdminApi`]. The routes here only
//! control the access to it: the account must be an administrator, and a change must be a request that no page of
//! another site can send.

use crate::texts::Texts;
use bytes::Bytes;
use engine::Access;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use model::AccountName;

/// The admin API as seen by this crate.
pub trait AdminApi: Send + Sync {
    /// Executes one call in JSON for the account `caller`. Returns JSON in both cases: the result, or the error.
    /// `asked_at`: the URL at which the caller reached this server, `http://host/`. `texts`: the language of errors.
    fn call(
        &self,
        call: Bytes,
        caller: Access,
        asked_at: String,
        texts: Texts,
    ) -> BoxFuture<'static, Result<String, String>>;
    /// Changes the password of an account for the person to whom it belongs, who has proved the present one, and ends all its
    /// sessions. Returns the refusal as a sentence in the language of `texts`.
    fn change_password(
        &self,
        account: AccountName,
        password: String,
        texts: Texts,
    ) -> BoxFuture<'static, Result<(), String>>;
    /// Returns the notices from now on, each as JSON without line breaks. The stream ends when the server stops.
    fn notices(&self) -> BoxStream<'static, String>;
}
