//! Data connections: PORT, EPRT, PASV, EPSV, and waiting for a transfer and for ABOR at once.

use super::Session;
use super::failure::Failure;
use crate::address;
use crate::command::Protection;
use crate::data::{DataMode, Ends};
use crate::reply::Reply;
use crate::stream::FtpStream;
use rustls::ServerConfig;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// A data connection that is not open yet.
pub(super) struct DataPlan {
    ends: Ends,
    mode: DataMode,
    tls: Option<Arc<ServerConfig>>,
    patience: Duration,
}

impl DataPlan {
    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    pub async fn open(self) -> Result<FtpStream, Reply> {
        self.ends.open(self.mode, self.tls, self.patience).await.map_err(|error| {
            tracing::debug!(client = %self.ends.client, %error, "no data connection");
            Reply::new(425, "The data connection could not be opened.")
        })
    }
}

/// Returns the reply for a data connection that broke.
pub(super) fn broken(error: &io::Error) -> Reply {
    match error.kind() {
        io::ErrorKind::TimedOut => Reply::new(426, "The data connection stood still for too long."),
        _ => Reply::new(426, "The data connection broke."),
    }
}

impl Session {
    pub(super) fn active(&mut self, address: SocketAddr) -> Result<Reply, Failure> {
        self.refuse_after_epsv_all()?;
        if !self.ends.may_connect_to(address) {
            tracing::warn!(client = %self.ends.client, %address, "a data connection to another address was refused");
            return Err(Failure::reply(504, "Data connections go to your own address only."));
        }
        self.data = DataMode::Active(address);
        Ok(Reply::new(200, "Fine."))
    }

    pub(super) fn passive(&mut self) -> Result<Reply, Failure> {
        self.refuse_after_epsv_all()?;
        let IpAddr::V4(own) = self.ends.server.ip() else {
            return Err(Failure::reply(522, "Use EPSV: this connection is one of IPv6 (2)."));
        };
        let port = self.listen()?;
        Ok(Reply::new(227, address::passive_reply(self.config.external_address.unwrap_or(own), port)))
    }

    pub(super) fn extended_passive(&mut self, all: bool) -> Result<Reply, Failure> {
        if all {
            self.only_extended_passive = true;
            return Ok(Reply::new(200, "Fine."));
        }
        let port = self.listen()?;
        Ok(Reply::new(229, address::extended_passive_reply(port)))
    }

    fn refuse_after_epsv_all(&self) -> Result<(), Failure> {
        match self.only_extended_passive {
            true => Err(Failure::reply(503, "Only EPSV after EPSV ALL.")),
            false => Ok(()),
        }
    }

    fn listen(&mut self) -> Result<u16, Failure> {
        // Closes the socket of an earlier PASV, whose port may be the only one.
        self.data = DataMode::Unset;
        let (listener, port) = self.ends.listen(self.config.passive_ports).map_err(|error| {
            tracing::warn!(%error, "no port for a data connection");
            Failure::reply(425, "The server has no free port for a data connection; try again.")
        })?;
        self.data = DataMode::Passive(listener);
        Ok(port)
    }

    /// Takes what was agreed about the next data connection.
    pub(super) async fn plan(&mut self) -> Result<DataPlan, Failure> {
        let mode = std::mem::take(&mut self.data);
        if matches!(mode, DataMode::Unset) {
            return Err(Failure::reply(425, "Send PASV, EPSV, PORT or EPRT first."));
        }
        let tls = match self.protection {
            Protection::Private => match self.host.tls().await {
                Some(tls) => Some(tls.data),
                None => return Err(Failure::reply(431, "The server has no certificate.")),
            },
            Protection::Clear if self.config.encryption.is_required() => {
                return Err(Failure::reply(522, "Data connections must be encrypted, too (PROT P)."));
            }
            Protection::Clear => None,
        };
        Ok(DataPlan { ends: self.ends, mode, tls, patience: self.config.data_timeout.min(PATIENCE_MAX) })
    }

    /// Says that a transfer begins, and carries it out until it ends or the client aborts it.
    ///
    /// # Errors
    /// The reply of `work`; `Closed` if the control connection has ended, which also ends `work`.
    pub(super) async fn during<T>(
        &mut self,
        first: &str,
        work: impl Future<Output = Result<T, Reply>>,
    ) -> Result<T, Failure> {
        self.control.send(&Reply::new(150, first)).await.map_err(|_| Failure::Closed)?;
        tokio::select! {
            biased;
            done = work => return done.map_err(Failure::Reply),
            end = self.control.abort() => end.map_err(|_| Failure::Closed)?,
        }
        self.control.send(&Reply::new(426, "The transfer was aborted.")).await.map_err(|_| Failure::Closed)?;
        Err(Failure::reply(226, "Fine."))
    }
}

/// Longest time for a client to open its end.
const PATIENCE_MAX: Duration = Duration::from_secs(30);
