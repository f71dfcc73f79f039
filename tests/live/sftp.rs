//! SFTP: nothing before the login and nothing besides files, no file of a client that was killed, floods that cost a bounded amount;
//! connections are listed and end with their password, their key, their port, a ban or a kick.

use super::*;
use model::account::{Account, Secret};
use model::settings::BanRule;
use russh::keys::{Algorithm, PrivateKey};
use server::control::{ErrorCode, Kick};
use std::time::{Duration, Instant};
use support::sftp::{APPEND, CREATE, EXCLUSIVE, Proof, READ, SftpConn, TRUNCATE, WRITE, string};

const STAT: u8 = 17;

/// A server with SFTP; ed has all rights, everyone reads and writes.
struct SftpServer {
    live: Live,
    sftp: SocketAddr,
    key: PrivateKey,
}

fn ed(password: &str) -> Account {
    Account { name: "ed".into(), secret: Secret::Plain(password.into()) }
}

fn new_key() -> PrivateKey {
    PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).expect("a key")
}

impl SftpServer {
    async fn start(change: impl FnOnce(&mut Settings)) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let key = new_key();
        let line = format!("ed {}", key.public_key().to_openssh().expect("a line"));
        let live = Live::start_with(|settings| {
            let sftp = &mut settings.network.sftp;
            (sftp.port, sftp.passwords, sftp.anonymous_name) = (Some(free.port()), true, Some("any".to_owned()));
            sftp.keys.push(line.parse().expect("a key"));
            settings.accounts.push(ed("pw"));
            let all = PermSet::parse("rwmd").expect("letters");
            let grant = Grant { perms: all, to: vec![Principal::Account("ed".into())], except: Vec::new() };
            settings.volumes[0].grants.push(grant);
            change(settings);
        });
        Self { live: live.await, sftp: free, key }
    }

    fn try_log_in(&self, password: &str) -> Option<SftpConn> {
        SftpConn::log_in(self.sftp, "ed", &Proof::Password(password))
    }

    fn log_in(&self) -> SftpConn {
        self.try_log_in("pw").expect("a login")
    }

    fn files(&self) -> std::path::PathBuf {
        self.live.dir.path().join("files")
    }

    /// Waits until nothing but `names` is in the folder, and no partial file.
    fn assert_only(&self, names: &[&str]) {
        let until = Instant::now() + Duration::from_secs(30);
        let is_state = |path: &std::path::Path| {
            path.extension().is_some_and(|end| end == "db" || end == "db-wal" || end == "db-shm")
        };
        loop {
            let all = support::data::files(&self.files());
            let partial = all
                .iter()
                .any(|path| path.to_string_lossy().contains(".partial") || path.to_string_lossy().contains("PARTIAL"));
            let visible: Vec<_> = all.iter().filter(|path| !path.starts_with(".hist") && !is_state(path)).collect();
            if !partial && visible.len() == names.len() && names.iter().all(|name| self.files().join(name).exists()) {
                return;
            }
            assert!(Instant::now() < until, "{all:?}");
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logins() {
    let server = SftpServer::start(|_| {}).await;
    let log_in = |user: &str, proof: Proof<'_>| SftpConn::log_in(server.sftp, user, &proof).is_some();
    assert!(log_in("ed", Proof::Password("pw")));
    assert!(log_in("pw", Proof::Password("x")), "a password is accepted as either half of a login");
    assert!(!log_in("ed", Proof::Password("wrong")));
    assert!(!log_in("ed", Proof::Nothing));
    assert!(log_in("any", Proof::Nothing) && log_in("any", Proof::Password("x")), "the name of everyone");
    assert!(log_in("ed", Proof::Key(&server.key)));
    assert!(!log_in("ed", Proof::Key(&new_key())), "another key");
    assert!(!log_in("kim", Proof::Key(&server.key)), "the key of another account");
    let server = SftpServer::start(|settings| {
        (settings.network.sftp.passwords, settings.network.sftp.anonymous_name) = (false, None);
    })
    .await;
    let log_in = |user: &str, proof: Proof<'_>| SftpConn::log_in(server.sftp, user, &proof).is_some();
    assert!(!log_in("ed", Proof::Password("pw")) && !log_in("any", Proof::Nothing) && !log_in("", Proof::Nothing));
    assert!(log_in("ed", Proof::Key(&server.key)));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_count_for_bans() {
    let rule = BanRule { count: 3, window_mins: 60, ban_mins: 60 };
    let server = SftpServer::start(|settings| settings.login.ban_passwords = Some(rule)).await;
    let conn = server.log_in();
    let mut sftp = conn.sftp();
    for guess in 0..4 {
        assert!(server.try_log_in(&format!("wrong{guess}")).is_none());
    }
    assert!(server.try_log_in("pw").is_none(), "the right one is not checked");
    assert!(SftpConn::log_in(server.sftp, "ed", &Proof::Key(&server.key)).is_none(), "nor a key");
    assert_ne!(get(server.live.addr(), "/").0, 200, "over HTTP, too");
    sftp.send_request(STAT, &string(b"/"));
    assert_eq!(sftp.answer(), None, "the connections of a banned address end");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_no_commands_and_no_forwarding() {
    let server = SftpServer::start(|_| {}).await;
    let conn = server.log_in();
    let (said, status) = conn.channel().expect("a channel").exec("scp -t /");
    assert!(String::from_utf8_lossy(&said).contains("SFTP only") && status == Some(1), "{status:?}");
    assert!(!conn.may_forward());
    assert_eq!(conn.sftp().path(STAT, b"/"), -1, "the connection goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_leaves_no_file() {
    let server = SftpServer::start(|_| {}).await;
    for size in [10, 300_000, 3 << 20] {
        let conn = server.log_in();
        let mut sftp = conn.sftp();
        let handle = sftp.open(b"a", WRITE | CREATE | TRUNCATE).expect("a handle");
        for offset in (0..size).step_by(100_000) {
            assert_eq!(sftp.write(&handle, offset, &[7; 100_000]), 0);
        }
        drop(sftp);
        drop(conn);
        server.assert_only(&[]);
        // A client that says goodbye without closing the file, too.
        let conn = server.log_in();
        let mut sftp = conn.sftp();
        let handle = sftp.open(b"a", WRITE | CREATE | TRUNCATE).expect("a handle");
        assert_eq!(sftp.write(&handle, 0, &vec![7; 200_000]), 0);
        drop(sftp);
        conn.disconnect();
        server.assert_only(&[]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_in_any_order() {
    let server = SftpServer::start(|_| {}).await;
    let conn = server.log_in();
    let mut sftp = conn.sftp();
    let piece = |number: u8| vec![number; 50_000];
    let handle = sftp.open(b"a", WRITE | READ | CREATE | TRUNCATE).expect("a handle");
    for number in [3, 1, 0, 2, 5, 4] {
        assert_eq!(sftp.write(&handle, u64::from(number) * 50_000, &piece(number)), 0);
    }
    assert!(sftp.read(&handle, 149_999, 3) == Ok(vec![2, 3, 3]), "what was written is read");
    assert_eq!(sftp.close(&handle), 0);
    let want: Vec<u8> = (0..6).flat_map(piece).collect();
    assert!(std::fs::read(server.files().join("a")).expect("a file") == want);
    // Into a file that is there, keeping the rest.
    let handle = sftp.open(b"a", WRITE).expect("a handle");
    assert_eq!((sftp.write(&handle, 10, b"xy"), sftp.close(&handle)), (0, 0));
    let changed = std::fs::read(server.files().join("a")).expect("a file");
    assert!(changed[..10] == want[..10] && changed[10..12] == *b"xy" && changed[12..] == want[12..]);
    // At its end, whatever the offset; and only if nothing has the name.
    let handle = sftp.open(b"a", WRITE | APPEND).expect("a handle");
    assert_eq!((sftp.write(&handle, 0, b"end"), sftp.close(&handle)), (0, 0));
    assert!(std::fs::read(server.files().join("a")).expect("a file").ends_with(b"\x05end"));
    assert_eq!(sftp.open(b"a", WRITE | CREATE | EXCLUSIVE), Err(4));
    // A file far away would be empty space for the most part; readers of it would take for ever.
    let handle = sftp.open(b"b", WRITE | CREATE).expect("a handle");
    assert_eq!(sftp.write(&handle, 1 << 40, b"x"), 4);
    assert_eq!(sftp.write(&handle, u64::MAX, b"x"), 4);
    assert_eq!(sftp.write(&handle, 0, b"fine"), 0, "the upload goes on");
    assert_eq!(sftp.close(&handle), 0);
    assert_eq!(std::fs::read(server.files().join("b")).expect("a file"), b"fine");
}

#[tokio::test(flavor = "multi_thread")]
async fn senseless_packets_end_the_connection() {
    let server = SftpServer::start(|_| {}).await;
    let long_handle = [&[4, 0, 0, 0, 1][..], &string(&[0; 300])].concat();
    for packet in [&[0xff, 0xff, 0xff, 0xff][..], &[0, 0, 0, 0], &[0, 4, 0x80, 0], &[0, 0, 0, 2, 3, 0]]
        .map(<[u8]>::to_vec)
        .into_iter()
        .chain([[&(long_handle.len() as u32).to_be_bytes()[..], &long_handle].concat()])
    {
        let conn = server.log_in();
        let mut sftp = conn.sftp();
        assert!(sftp.send_raw(packet.clone()));
        if packet[..4] == [0, 4, 0x80, 0] {
            // The longest packets that are too long must not be waited for.
            sftp.send_raw(vec![0; 1000]);
        }
        assert_eq!(sftp.receive(), None, "{packet:?}");
    }
    // Before the version was agreed nothing else makes sense.
    let conn = server.log_in();
    let mut channel = conn.channel().expect("a channel");
    channel.request_sftp();
    channel.send_request(STAT, &string(b"/"));
    assert_eq!(channel.receive(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_and_handles_have_a_limit() {
    let server = SftpServer::start(|_| {}).await;
    std::fs::write(server.files().join("a"), "x").expect("a file");
    let conn = server.log_in();
    let channels: Vec<_> = (0..8).map(|_| conn.channel().expect("a channel")).collect();
    assert!(conn.channel().is_none(), "one too many");
    drop(channels);
    let conn = server.log_in();
    let mut sftp = conn.sftp();
    let handles: Vec<_> = (0..64).map(|_| sftp.open(b"a", READ).expect("a handle")).collect();
    assert_eq!(sftp.open(b"a", READ), Err(4), "one too many");
    assert_eq!(sftp.names(b"/"), Err(4), "a folder, too");
    assert_eq!(sftp.close(&handles[7]), 0);
    assert_eq!(sftp.close(&handles[7]), 4, "closed twice");
    assert!(sftp.open(b"a", READ).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_answers_is_not_answered_for_ever() {
    let server = SftpServer::start(|_| {}).await;
    std::fs::write(server.files().join("a"), vec![7; 1 << 20]).expect("a file");
    let conn = server.log_in();
    let mut sftp = conn.sftp();
    let handle = sftp.open(b"a", READ).expect("a handle");
    // As many requests as the server takes without an answer being read, and all answers afterwards.
    let read = [&string(&handle)[..], &0u64.to_be_bytes(), &(200_000u32).to_be_bytes()].concat();
    for _ in 0..300 {
        sftp.send_request(5, &read);
    }
    for number in 0..300 {
        let answer = sftp.answer().expect("an answer");
        assert_eq!((answer.kind, answer.string().len()), (103, 200_000), "{number}");
    }
    assert_eq!(sftp.path(STAT, b"a"), -1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_nothing_is_not_waited_for() {
    let server = SftpServer::start(|settings| settings.network.sftp.handshake_timeout_secs = 1).await;
    let mut silent = TcpStream::connect(server.sftp).expect("accepted");
    silent.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
    let mut said = Vec::new();
    silent.read_to_end(&mut said).expect("closed");
    assert!(said.starts_with(b"SSH-2.0-Potluck"), "{}", String::from_utf8_lossy(&said));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_listed_and_end_with_a_kick_their_proof_or_their_port() {
    let server = SftpServer::start(|_| {}).await;
    let conn = server.log_in();
    let mut sftp = conn.sftp();
    let handle = sftp.open(b"a", WRITE | CREATE).expect("a handle");
    assert_eq!(sftp.write(&handle, 0, &vec![7; 200_000]), 0);
    let status = server.live.control.status();
    let [listed] = status.connections.as_slice() else { panic!("{status:?}") };
    assert_eq!((listed.account.as_deref(), listed.tls), (Some("ed"), true));
    assert_eq!(server.live.control.kick(&Kick::Account { name: "ed".into() }), Ok(1));
    conn.assert_closed();
    server.assert_only(&[]);

    // A login ends with its password, or with its key.
    let by_password = server.log_in();
    let by_key = SftpConn::log_in(server.sftp, "ed", &Proof::Key(&server.key)).expect("a login");
    let (mut first, mut second) = (by_password.sftp(), by_key.sftp());
    let mut settings = server.live.settings.clone();
    settings.accounts[0] = ed("another");
    server.live.control.apply(settings.clone()).await.expect("applied");
    first.send_request(STAT, &string(b"/"));
    assert_eq!(first.answer(), None);
    assert_eq!(second.path(STAT, b"/"), -1, "the key is as good as before");
    settings.network.sftp.keys.clear();
    server.live.control.apply(settings.clone()).await.expect("applied");
    second.send_request(STAT, &string(b"/"));
    assert_eq!(second.answer(), None);

    // A port that cannot be opened changes nothing; without a port, clients end when their files are closed.
    let conn = server.try_log_in("another").expect("a login");
    let mut sftp = conn.sftp();
    let handle = sftp.open(b"a", WRITE | CREATE).expect("a handle");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut moved = settings.clone();
    moved.network.sftp.port = taken.local_addr().ok().map(|address| address.port());
    let error = server.live.control.apply(moved).await.unwrap_err();
    assert!(error.code == ErrorCode::CannotListen && error.sentence.contains("--sftp"), "{error}");
    settings.network.sftp.port = None;
    let apply = server.live.control.apply(settings);
    let upload = async {
        assert_eq!(sftp.write(&handle, 0, b"whole"), 0);
        assert_eq!(sftp.close(&handle), 0);
    };
    let (applied, ()) = tokio::join!(apply, upload);
    applied.expect("applied");
    conn.assert_closed();
    assert!(TcpStream::connect(server.sftp).is_err());
    assert_eq!(std::fs::read(server.files().join("a")).expect("a file"), b"whole");
}
