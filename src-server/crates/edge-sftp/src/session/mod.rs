//! A session: the requests of one channel, carried out one after the other in the order in which they came.

mod extensions;
mod failure;
mod files;
mod folders;
mod names;

use crate::error;
use crate::handles::{Handles, Opened};
use crate::host::{Host, SftpConfig};
use crate::packet::{Packet, Request};
use crate::reply::{self, Code, Reply};
use bytes::Bytes;
use engine::accounts::Login;
use engine::{Access, Engine};
use failure::Failure;
use model::VPath;
use std::sync::Arc;

/// An encoded answer, in two parts of which the second is large.
pub(crate) type Answer = (Vec<u8>, Bytes);

/// A session.
pub(crate) struct Session {
    engine: Engine,
    config: Arc<SftpConfig>,
    host: Arc<dyn Host>,
    login: Login,
    handles: Handles,
    /// `SSH_FXP_INIT` has been answered.
    has_begun: bool,
}

/// The session cannot go on: the login has ended, or what the client sends makes no sense. What was being uploaded is not
/// stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended(pub &'static str);

impl Session {
    pub fn new(engine: Engine, config: Arc<SftpConfig>, host: Arc<dyn Host>, login: Login) -> Self {
        Self { engine, config, host, login, handles: Handles::default(), has_begun: false }
    }

    /// Returns whether no file is open.
    pub fn is_idle(&self) -> bool {
        self.handles.is_empty()
    }

    /// Carries out what a packet asks for.
    ///
    /// # Errors
    /// The session must end.
    pub async fn answer(&mut self, packet: Bytes) -> Result<Answer, Ended> {
        match Packet::parse(packet) {
            Ok(Packet::Init(_)) if !self.has_begun => {
                self.has_begun = true;
                Ok((reply::version(), Bytes::new()))
            }
            Ok(Packet::Request(id, request)) if self.has_begun => {
                self.host.request_begins();
                self.log(&request);
                let reply = self.reply(request).await;
                self.host.request_ends();
                Ok(reply?.encode(id))
            }
            Ok(_) => Err(Ended("a packet came out of its order")),
            Err(_) => Err(Ended("a packet makes no sense")),
        }
    }

    async fn reply(&mut self, request: Request) -> Result<Reply, Ended> {
        let access = self.engine.accounts.access_of(&self.login).ok_or(Ended("the login is not valid any more"))?;
        Ok(match self.dispatch(&access, request).await {
            Ok(reply) | Err(Failure::Reply(reply)) => reply,
            Err(Failure::Engine(error)) => error::reply_of(&error),
        })
    }

    async fn dispatch(&mut self, access: &Access, request: Request) -> Result<Reply, Failure> {
        use Request as R;
        match request {
            R::Open { path, flags, changes } => self.open(access, &path, flags, changes).await,
            R::Close(handle) => self.close(handle).await,
            R::Read { handle, offset, length } => self.read(handle, offset, length).await,
            R::Write { handle, offset, data } => self.write(handle, offset, data).await,
            R::Stat(path) => self.stat(access, &path).await,
            R::HandleStat(handle) => self.handle_stat(access, handle).await,
            R::SetStat(path, changes) => self.set_stat(access, &path, changes).await,
            R::HandleSetStat(handle, changes) => self.handle_set_stat(access, handle, changes).await,
            R::OpenFolder(path) => self.open_folder(access, &path).await,
            R::ReadFolder(handle) => self.read_folder(handle),
            R::Remove(path) => self.remove(access, &path).await,
            R::MakeFolder(path) => self.make_folder(access, &path).await,
            R::RemoveFolder(path) => self.remove_folder(access, &path).await,
            R::RealPath(path) => self.real_path(access, &path).await,
            R::Rename { from, to, replaces } => self.rename(access, &from, &to, replaces).await,
            R::Space(path) => self.space(access, &path).await,
            R::HandleSpace(handle) => self.handle_space(access, handle).await,
            R::Sync(handle) => self.sync(handle).await,
            R::Limits => Ok(Reply::Limits { handles: crate::handles::HANDLES_MAX as u64 }),
            R::Unsupported => Err(Failure::reply(Code::Unsupported, "That is not possible here.")),
        }
    }

    /// Returns what a handle means.
    fn opened(&mut self, handle: crate::packet::HandleId) -> Result<&mut Opened, Failure> {
        self.handles.get(handle).ok_or_else(Failure::no_handle)
    }

    fn log(&self, request: &Request) {
        let is_bulk = matches!(request, Request::Read { .. } | Request::Write { .. } | Request::ReadFolder(_));
        if self.config.very_verbose || self.config.verbose && !is_bulk {
            let shown = match request {
                Request::Write { handle, offset, data } => format!("Write {handle:?} {offset} {} bytes", data.len()),
                request => format!("{request:?}"),
            };
            tracing::info!(account = self.login.account().as_str(), "sftp request {shown}");
        }
    }
}

/// Returns the path that a client means. Relative paths begin at the top folder, which is where clients begin.
fn parse_path(path: &[u8]) -> Result<VPath, Failure> {
    VPath::parse(path).map_err(|fault| Failure::Engine(fault.into()))
}
