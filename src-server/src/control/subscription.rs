//! The notices of the server and of its engine as one stream.

use super::admin::Notice;
use crate::app::App;
use crate::connections::ConnEvent;
use tokio::sync::broadcast::{self, error::RecvError};

/// A stream of notices.
pub struct Subscription {
    engine: broadcast::Receiver<model::Event>,
    conns: broadcast::Receiver<ConnEvent>,
    app: broadcast::Receiver<Notice>,
}

impl Subscription {
    /// Subscribes to notices from now on.
    pub(super) fn of(app: &App) -> Self {
        Self { engine: app.engine.events().subscribe(), conns: app.conns.subscribe(), app: app.notices() }
    }

    /// Returns the next notice; `None` once the server has ended. Cancel safe: no notice is lost.
    pub async fn next(&mut self) -> Option<Notice> {
        tokio::select! {
            event = self.engine.recv() => match event {
                Ok(event) => Some(event.into()),
                Err(RecvError::Lagged(count)) => Some(Notice::Missed { count }),
                Err(RecvError::Closed) => None,
            },
            event = self.conns.recv() => received(event.map(Notice::from)),
            notice = self.app.recv() => received(notice),
        }
    }
}

fn received(notice: Result<Notice, RecvError>) -> Option<Notice> {
    match notice {
        Ok(notice) => Some(notice),
        Err(RecvError::Lagged(count)) => Some(Notice::Missed { count }),
        Err(RecvError::Closed) => None,
    }
}

impl From<ConnEvent> for Notice {
    fn from(event: ConnEvent) -> Self {
        match event {
            ConnEvent::Opened { id, remote } => Self::Connected { id, peer: remote.to_string() },
            ConnEvent::Closed { id } => Self::Disconnected { id },
        }
    }
}
