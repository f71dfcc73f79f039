//! A session: what a client has said so far, and the loop over its commands.

mod accounts;
mod connections;
mod download;
mod failure;
mod listings;
mod names;
mod upload;

use crate::command::{Command, CommandFault, Protection};
use crate::control::{Control, ControlEnd};
use crate::data::{DataMode, Ends};
use crate::error;
use crate::host::{Encryption, FtpConfig, Host, Life};
use crate::listing::WantedFacts;
use crate::reply::Reply;
use engine::accounts::Login;
use engine::{Access, Client, Engine};
use failure::Failure;
use model::VPath;
use names::RenameSource;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// How long a client of an implicit port may take to begin TLS before it is greeted. It does so at once, with the packet
/// that opens the connection; a client that means AUTH TLS waits for the greeting.
const HELLO_PATIENCE: Duration = Duration::from_secs(1);
/// Greeting without `--ftp-banner`.
const BANNER: &str = "Potluck FTP server ready.";

/// A session.
struct Session {
    engine: Engine,
    config: Arc<FtpConfig>,
    host: Arc<dyn Host>,
    control: Control,
    ends: Ends,
    /// When it began.
    began: Instant,
    /// The last `USER`.
    user: Option<Vec<u8>>,
    login: Option<Login>,
    /// Wrong passwords so far.
    wrong_passwords: u32,
    /// The current folder.
    folder: VPath,
    /// Protection of data connections.
    protection: Protection,
    data: DataMode,
    /// After `EPSV ALL`.
    only_extended_passive: bool,
    /// Bytes that the next transfer leaves out (REST).
    restart: u64,
    /// Size of the next stored file, if the client has announced it (ALLO).
    announced: Option<u64>,
    /// What RNTO will rename.
    rename: Option<RenameSource>,
    facts: WantedFacts,
}

/// Whether a session goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Line,
    End,
}

/// Serves a client until it leaves, is idle for too long, or the server ends the session.
pub async fn serve(engine: Engine, stream: TcpStream, config: Arc<FtpConfig>, host: Arc<dyn Host>) {
    let (Ok(client), Ok(server)) = (stream.peer_addr(), stream.local_addr()) else { return };
    let socket = socket2::SockRef::from(&stream);
    // Replies are short and waited for. ABOR may be marked as urgent, and belongs to the other bytes nevertheless.
    let _unsupported = (socket.set_tcp_nodelay(true), socket.set_out_of_band_inline(true));
    let (life, ends_soon) = watch::channel(host.life());
    let session = async {
        let mut control = Control::new(stream, host.clone());
        if config.encryption == Encryption::Implicit && control.begins_with_tls(HELLO_PATIENCE).await {
            let Some(tls) = host.tls().await else { return };
            if let Err(error) = control.encrypt(tls.control).await {
                tracing::debug!(%client, %error, "TLS could not begin");
                return;
            }
        }
        let session = Session::new(engine, config, host.clone(), control, Ends::new(client, server));
        session.run(ends_soon).await;
    };
    tokio::pin!(session);
    loop {
        tokio::select! {
            biased;
            () = &mut session => return,
            () = host.life_changed() => match host.life() {
                Life::Ended => return,
                now => _ = life.send_replace(now),
            },
        }
    }
}

/// Returns what a client gets that the server cannot serve.
pub fn rejection(sentence: &str) -> Vec<u8> {
    Reply::new(421, sentence).to_bytes()
}

impl Session {
    fn new(engine: Engine, config: Arc<FtpConfig>, host: Arc<dyn Host>, control: Control, ends: Ends) -> Self {
        Self {
            engine,
            config,
            host,
            control,
            ends,
            began: Instant::now(),
            user: None,
            login: None,
            wrong_passwords: 0,
            folder: VPath::root(),
            protection: Protection::Clear,
            data: DataMode::Unset,
            only_extended_passive: false,
            restart: 0,
            announced: None,
            rename: None,
            facts: WantedFacts::ALL,
        }
    }

    async fn run(mut self, mut ends_soon: watch::Receiver<Life>) {
        let banner = if self.config.banner.is_empty() { BANNER } else { &self.config.banner };
        let mut next = match self.control.send(&Reply::new(220, banner)).await {
            Ok(()) => Next::Line,
            Err(_) => Next::End,
        };
        while next == Next::Line {
            next = self.step(&mut ends_soon).await;
        }
        self.control.close().await;
    }

    /// Waits for a command and runs it.
    async fn step(&mut self, ends_soon: &mut watch::Receiver<Life>) -> Next {
        let limit = match self.login {
            Some(_) => Instant::now() + self.config.idle_timeout,
            None => self.began + self.config.login_timeout,
        };
        let end = tokio::select! {
            biased;
            line = self.control.line() => match line {
                Ok(line) => return self.answer(&line).await,
                Err(ControlEnd::Closed) => return Next::End,
                Err(ControlEnd::LineTooLong) => Reply::new(500, "The line is too long."),
            },
            () = is_draining(ends_soon) => Reply::new(421, "The server ends this session."),
            () = sleep_until(limit) => Reply::new(421, "Nothing was asked for a while; the session ends."),
        };
        let _gone = self.control.send(&end).await;
        Next::End
    }

    /// Runs a command and sends its last reply.
    async fn answer(&mut self, line: &[u8]) -> Next {
        self.host.command_begins();
        let parsed = Command::parse(line);
        self.log(line, &parsed);
        let (reply, next) = match self.execute(parsed).await {
            Ok((reply, next)) => (Some(reply), next),
            Err(Failure::Reply(reply)) => (Some(reply), Next::Line),
            Err(Failure::Engine(error)) => (Some(error::reply_of(&error)), Next::Line),
            Err(Failure::Answered) => (None, Next::Line),
            Err(Failure::LoginEnded) => (Some(Reply::new(421, "This login is not valid any more.")), Next::End),
            Err(Failure::Closed) => (None, Next::End),
        };
        let sent = match &reply {
            Some(reply) => {
                if self.config.verbose {
                    tracing::info!(client = %self.ends.client, code = reply.code, "ftp reply");
                }
                self.control.send(reply).await
            }
            None => Ok(()),
        };
        self.host.command_ends();
        if sent.is_ok() { next } else { Next::End }
    }

    async fn execute(&mut self, parsed: Result<Command, CommandFault>) -> Result<(Reply, Next), Failure> {
        let command = parsed.map_err(fault)?;
        if command == Command::Quit {
            return Ok((Reply::new(221, "Goodbye."), Next::End));
        }
        if self.login.is_none() && !command.needs_no_login() {
            return Err(Failure::reply(530, "Log in with USER and PASS first."));
        }
        if !command.needs_no_login() {
            // Also before commands that touch no file: a login that has ended is told at once.
            self.access()?;
        }
        let is_rename = matches!(command, Command::RenameTo(_));
        let reply = self.dispatch(command).await;
        if is_rename {
            self.rename = None;
        }
        match reply {
            // Passwords are guessed more slowly if each few need a new connection.
            Ok(reply) if self.wrong_passwords >= accounts::WRONG_PASSWORDS_MAX => Ok((reply, Next::End)),
            reply => reply.map(|reply| (reply, Next::Line)),
        }
    }

    async fn dispatch(&mut self, command: Command) -> Result<Reply, Failure> {
        use Command as C;
        match command {
            C::User(name) => Ok(self.user(name)),
            C::Password(password) => self.password(&password).await,
            C::AuthTls => self.auth_tls().await,
            C::BufferSize => self.buffer_size(),
            C::Protect(protection) => self.protect(protection),
            C::ClearControl => Err(Failure::reply(534, "The control connection stays encrypted.")),
            C::Active(address) => self.active(address),
            C::Passive => self.passive(),
            C::ExtendedPassive { all } => self.extended_passive(all),
            C::ChangeFolder(name) => self.change_folder(&name).await,
            C::ToParent => self.change_folder(b"..").await,
            C::CurrentFolder => Ok(self.current_folder()),
            C::MakeFolder(name) => self.make_folder(&name).await,
            C::RemoveFolder(name) => self.remove_folder(&name).await,
            C::Delete(name) => self.delete(&name).await,
            C::RenameFrom(name) => self.rename_from(&name).await,
            C::RenameTo(name) => self.rename_to(&name).await,
            C::Size(name) => self.size(&name).await,
            C::ModificationTime(name) => self.modification_time(&name).await,
            C::SetModificationTime(time, name) => self.set_modification_time(time, &name).await,
            C::Facts(name) => self.facts_of(name).await,
            C::List(kind, name) => self.list(kind, name).await,
            C::Retrieve(name) => self.retrieve(&name).await,
            C::Store(kind, name) => self.store(kind, &name).await,
            C::StoreUnique(name) => self.store_unique(name.as_deref()).await,
            C::Restart(offset) => {
                self.restart = offset;
                Ok(Reply::new(350, format!("The next transfer goes on at {offset}.")))
            }
            C::Allocate(size) => {
                self.announced = size;
                Ok(Reply::new(200, "Fine."))
            }
            C::FactOptions(wanted) => {
                self.facts = WantedFacts::parse(&wanted);
                Ok(Reply::new(200, format!("MLST OPTS {}", self.facts.names())))
            }
            C::Features => Ok(self.features()),
            C::Abort => Ok(Reply::new(226, "There is no transfer.")),
            C::Account => Ok(Reply::new(202, "No account is needed besides the user.")),
            C::ClientName | C::Nothing | C::Representation => Ok(Reply::new(200, "Fine.")),
            C::Utf8 => Ok(Reply::new(200, "Names are always UTF-8.")),
            C::Help => Ok(Reply::new(214, "See RFC 959, 2228, 2428, 3659 and 4217.")),
            C::System => Ok(Reply::new(215, "UNIX Type: L8")),
            C::Status => Ok(self.status()),
            C::Quit => Ok(Reply::new(221, "Goodbye.")),
        }
    }

    /// Returns the rights of the client under the settings in force.
    fn access(&self) -> Result<Access, Failure> {
        let login = self.login.as_ref().ok_or(Failure::LoginEnded)?;
        self.engine.accounts.access_of(login).ok_or(Failure::LoginEnded)
    }

    fn client(&self) -> Client {
        Client { address: self.ends.client.ip() }
    }

    /// Returns the path that a name in an argument means.
    fn path(&self, name: &[u8]) -> Result<VPath, Failure> {
        let path = match name.first() {
            Some(b'/') => VPath::parse(name),
            _ => VPath::parse(&[self.folder.as_bytes(), b"/", name].concat()),
        };
        path.map_err(|fault| Failure::Engine(fault.into()))
    }

    fn features(&self) -> Reply {
        let mut lines = vec!["EPRT", "EPSV", "MDTM", "MFMT", "REST STREAM", "SIZE", "TVFS", "UTF8"];
        if self.config.encryption != Encryption::Off {
            lines.extend(["AUTH TLS", "PBSZ", "PROT"]);
        }
        let mut lines: Vec<Vec<u8>> = lines.into_iter().map(|line| line.as_bytes().to_vec()).collect();
        lines.push(self.facts.feature().into_bytes());
        Reply::lines(211, "Features:", lines, "End")
    }

    fn status(&self) -> Reply {
        let account = self.login.as_ref().map_or("none", |login| login.account().as_str());
        let encrypted = if self.control.is_encrypted() { "encrypted" } else { "not encrypted" };
        let lines = vec![format!("Account: {account}").into_bytes(), format!("Connection: {encrypted}").into_bytes()];
        Reply::lines(211, "Potluck", lines, "End")
    }

    /// Logs a command, without its password.
    fn log(&self, line: &[u8], parsed: &Result<Command, CommandFault>) {
        let is_secret = matches!(parsed, Ok(Command::Password(_) | Command::User(_)))
            || line.len() < 4
            || line[..4].eq_ignore_ascii_case(b"PASS")
            || line[..4].eq_ignore_ascii_case(b"USER");
        // A password may be sent as the user name.
        let shown = if is_secret { b"USER or PASS ***" } else { line };
        let shown = String::from_utf8_lossy(shown);
        match self.config.verbose {
            true => tracing::info!(client = %self.ends.client, "ftp command {shown:?}"),
            false => tracing::debug!(client = %self.ends.client, "ftp command {shown:?}"),
        }
    }
}

/// Waits until the session should end soon.
async fn is_draining(ends_soon: &mut watch::Receiver<Life>) {
    if ends_soon.wait_for(|life| *life >= Life::Draining).await.is_err() {
        pending::<()>().await;
    }
}

fn fault(fault: CommandFault) -> Failure {
    match fault {
        CommandFault::Unknown => Failure::reply(502, "There is no such command here."),
        CommandFault::Argument => Failure::reply(501, "The argument of the command is missing or not valid."),
        CommandFault::ControlCharacter => Failure::reply(501, "No argument has line ends or NUL bytes in it."),
        CommandFault::Parameter => Failure::reply(504, "That is not possible here."),
    }
}
