//! The task that serves one request, from its first answer to its end.

use crate::download;
use crate::error::{ErrorCode, TftpError};
use crate::exchange::{Failure, Transfer};
use crate::host::{Host, Life, Verbosity};
use crate::packet::{self, Direction};
use crate::socket::TransferSocket;
use crate::upload;
use std::sync::Arc;
use tokio::time::Instant;

/// Serves a request until its end.
pub(crate) async fn run(mut transfer: Transfer) {
    let (peer, verbosity) = (transfer.peer, transfer.config.verbosity);
    let socket = TransferSocket::open(transfer.local, peer, transfer.config.data_ports);
    let mut socket = match socket {
        Ok(socket) => socket,
        Err(error) => {
            tracing::warn!(%peer, %error, "no port for a transfer by TFTP");
            return;
        }
    };
    let (direction, name) = (transfer.request.direction, String::from_utf8_lossy(&transfer.request.name).into_owned());
    let began = Instant::now();
    let host = transfer.host.clone();
    let work = async {
        match direction {
            Direction::Read => download::run(&mut transfer, &mut socket).await,
            Direction::Write => upload::run(&mut transfer, &mut socket).await,
        }
    };
    let ended = tokio::select! {
        biased;
        () = killed(&host) => Err(Failure::Refused(TftpError::new(ErrorCode::Undefined, "The server has ended this transfer."))),
        ended = work => ended,
    };
    if let Err(Failure::Refused(TftpError { code, text })) = &ended {
        let _gone = socket.send(&packet::error(*code, text)).await;
    }
    if verbosity >= Verbosity::Requests {
        let millis = began.elapsed().as_millis();
        match &ended {
            Ok(bytes) => tracing::info!(%peer, ?direction, ?name, bytes, millis, "a transfer by TFTP is complete"),
            Err(why) => tracing::info!(%peer, ?direction, ?name, %why, millis, "a transfer by TFTP ended early"),
        }
    }
    if let Some(last) = transfer.last_ack.take()
        && let Some(_permit) = transfer.limits.linger()
    {
        // The transfer is over: it counts no more, and is in no list.
        drop(transfer);
        drop(host);
        upload::repeat_last_ack(socket, last).await;
    }
}

async fn killed(host: &Arc<dyn Host>) {
    while host.life() != Life::Ended {
        host.life_changed().await;
    }
}
