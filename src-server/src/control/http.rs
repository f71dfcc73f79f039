//! The admin API as JSON over HTTP, for administrators of a server without a screen (`edge-http/src/admin.rs`).

use super::admin::{Call, ControlError, ErrorCode};
use super::handle::{Control, Origin};
use super::subscription::Subscription;
use crate::app::App;
use bytes::Bytes;
use edge_http::texts::Texts;
use engine::Access;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream, StreamExt};
use model::AccountName;
use std::sync::{Arc, OnceLock, Weak};

/// The admin API for `edge-http`. The routes are created before the server runs, so it is connected to the server
/// later.
#[derive(Default)]
pub struct HttpAdminApi {
    app: OnceLock<Weak<App>>,
}

impl HttpAdminApi {
    /// Connects to the running server; from now on calls are answered. Holds only a weak reference.
    pub fn open(&self, control: &Control) {
        // A second call would change nothing: there is one server.
        let _opened = self.app.set(Arc::downgrade(&control.app));
    }

    fn control(&self) -> Option<Control> {
        self.app.get()?.upgrade().map(Control::of)
    }
}

impl edge_http::AdminApi for HttpAdminApi {
    fn call(
        &self,
        call: Bytes,
        caller: Access,
        asked_at: String,
        texts: Texts,
    ) -> BoxFuture<'static, Result<String, String>> {
        let control = self.control();
        async move {
            let answer = answer(control, &call, caller, asked_at).await;
            answer.map(|value| value.to_string()).map_err(|error| to_json(&error.in_language(texts.tag())))
        }
        .boxed()
    }

    fn change_password(
        &self,
        account: AccountName,
        password: String,
        texts: Texts,
    ) -> BoxFuture<'static, Result<(), String>> {
        let control = self.control();
        async move {
            let changed = match control {
                Some(control) => control.change_own_password(&account, password).await,
                None => Err(starting()),
            };
            changed.map_err(|error| {
                let error = error.in_language(texts.tag());
                let fault = error.faults.into_iter().next();
                fault.map_or(error.sentence, |fault| fault.sentence)
            })
        }
        .boxed()
    }

    fn notices(&self) -> BoxStream<'static, String> {
        let Some(control) = self.control() else { return stream::empty().boxed() };
        let (notices, stopping) = (control.subscribe(), control.app.stopping.subscribe());
        drop(control);
        let next = |(mut notices, mut stopping): (Subscription, tokio::sync::watch::Receiver<bool>)| async move {
            let notice = tokio::select! {
                notice = notices.next() => notice?,
                _ = stopping.wait_for(|stopping| *stopping) => return None,
            };
            Some((serde_json::to_string(&notice).expect("plain values"), (notices, stopping)))
        };
        stream::unfold((notices, stopping), next).boxed()
    }
}

async fn answer(
    control: Option<Control>,
    call: &[u8],
    caller: Access,
    asked_at: String,
) -> Result<serde_json::Value, ControlError> {
    let control = control.ok_or_else(starting)?;
    let call: Call = serde_json::from_slice(call).map_err(|error| {
        // For programmers.
        ControlError::new(ErrorCode::BadCall, format!("The server doesn't understand this call: {error}."))
    })?;
    Control { caller: Some(caller), asked_at: Some(asked_at.into()), ..control }.call(call, Origin::Network).await
}

fn starting() -> ControlError {
    ControlError::said(ErrorCode::CannotStart, |t| t.fault_starting().into())
}

fn to_json(error: &ControlError) -> String {
    serde_json::to_string(error).expect("plain values")
}
