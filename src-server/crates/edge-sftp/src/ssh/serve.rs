//! A connection from its first byte to its end.

use super::algorithms;
use super::connection::{Connection, Stage};
use super::transport::{Cutter, Transport};
use crate::host::{Host, Life, SftpConfig};
use engine::{Client, Engine};
use russh::server::{self, Config};
use russh::{MethodKind, MethodSet, SshId};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

/// Time until a client must have logged in; a person may have to look for the password.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(120);
/// Silence after which the client is asked whether it is still there, and how often. One that is may stay as long as it
/// likes, as with OpenSSH: a mounted folder is not used all the time.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVES_MAX: usize = 4;
/// How long a connection that must end may take for it.
const END_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes on their way to the server, for each channel.
const WINDOW: u32 = 2 << 20;
/// Most bytes of a packet of SSH that carries them.
const SSH_PACKET: u32 = 64 << 10;
/// Packets of SSH that wait for the task of their channel.
const WAITING_PACKETS: usize = 16;

/// Serves a client until it leaves, does not answer any more, or the server ends the connection.
pub async fn serve(engine: Engine, stream: TcpStream, config: Arc<SftpConfig>, host: Arc<dyn Host>) {
    let Ok(peer) = stream.peer_addr() else { return };
    let client = Client { address: peer.ip().to_canonical() };
    if engine.accounts.check_not_banned(client).is_err() {
        return;
    }
    let _unsupported = socket2::SockRef::from(&stream).set_tcp_nodelay(true);
    let cutter = Cutter::default();
    let transport = Transport::new(stream, host.clone(), cutter.clone(), config.stall_timeout);
    let (life, channels_life) = watch::channel(host.life());
    let (stage, mut reached) = watch::channel(Stage::Plain);
    let connection = Connection::new(engine, client, config.clone(), host.clone(), channels_life, stage);
    let began = Instant::now();
    let ssh = ssh_config(&config);
    let session = async {
        match server::run_stream(ssh, transport, connection).await {
            Ok(running) => running.await,
            Err(error) => Err(error),
        }
    };
    tokio::pin!(session);
    let ended = loop {
        let stage = *reached.borrow_and_update();
        let limit = match stage {
            Stage::Plain => began + config.handshake_timeout,
            Stage::Encrypted => began + config.handshake_timeout + LOGIN_TIMEOUT,
            Stage::LoggedIn => Instant::now() + Duration::from_secs(86_400),
        };
        tokio::select! {
            biased;
            ended = &mut session => break Some(ended),
            () = host.life_changed() => {
                let now = host.life();
                life.send_replace(now);
                if now == Life::Ended || now == Life::Draining && stage != Stage::LoggedIn {
                    break None;
                }
            }
            Ok(()) = reached.changed() => {}
            () = sleep_until(limit), if stage != Stage::LoggedIn => break None,
        }
    };
    // Ends the tasks of channels, for which russh's task may be waiting.
    life.send_replace(Life::Ended);
    cutter.cut();
    match ended {
        Some(Err(error)) => tracing::debug!(%peer, %error, "an SFTP connection broke"),
        Some(Ok(())) => {}
        None => _ = timeout(END_TIMEOUT, session).await,
    }
}

fn ssh_config(config: &SftpConfig) -> Arc<Config> {
    Arc::new(Config {
        server_id: SshId::Standard(concat!("SSH-2.0-Potluck_", env!("CARGO_PKG_VERSION")).into()),
        methods: methods(config),
        auth_rejection_time: Duration::from_millis(500),
        // Clients begin with it to learn which methods there are.
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![config.host_key.private().clone()],
        window_size: WINDOW,
        maximum_packet_size: SSH_PACKET,
        channel_buffer_size: WAITING_PACKETS,
        event_buffer_size: 4,
        preferred: algorithms::preferred(),
        max_auth_attempts: 20,
        inactivity_timeout: None,
        keepalive_interval: Some(KEEPALIVE),
        keepalive_max: KEEPALIVES_MAX,
        ..Config::default()
    })
}

/// Returns the ways to log in.
fn methods(config: &SftpConfig) -> MethodSet {
    let mut methods = MethodSet::empty();
    if config.anonymous_name.is_some() {
        methods.push(MethodKind::None);
    }
    if config.keys {
        methods.push(MethodKind::PublicKey);
    }
    if config.passwords || config.anonymous_name.is_some() {
        methods.push(MethodKind::Password);
    }
    methods
}
