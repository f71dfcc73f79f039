//! FTP: nothing before the login, no connections to others, no file of a client that was killed; sessions are listed and end
//! with their password, their port or a kick.

use super::*;
use model::account::{Account, Secret};
use model::settings::{BanRule, Encryption};
use server::control::{ErrorCode, Kick};
use support::ftp::FtpConn;

/// A server with FTP; ed has all rights, others read and write.
struct FtpServer {
    live: Live,
    ftp: SocketAddr,
}

fn free_port() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port")
}

fn ed(password: &str) -> Account {
    Account { name: "ed".into(), secret: Secret::Plain(password.into()) }
}

impl FtpServer {
    async fn start(change: impl FnOnce(&mut Settings)) -> Self {
        let ftp = free_port();
        let live = Live::start_with(|settings| {
            settings.network.ftp.port = Some(ftp.port());
            settings.accounts.push(ed("pw"));
            let all = PermSet::parse("rwmd").expect("letters");
            let grant = Grant { perms: all, to: vec![Principal::Account("ed".into())], except: Vec::new() };
            settings.volumes[0].grants.push(grant);
            change(settings);
        });
        Self { live: live.await, ftp }
    }

    fn open(&self) -> FtpConn {
        FtpConn::open(self.ftp).expect("the server accepts")
    }

    fn log_in(&self) -> FtpConn {
        let (conn, reply) = FtpConn::log_in(self.ftp, Some("pw")).expect("the server accepts");
        assert_eq!(reply.code, 230, "{}", reply.shown());
        conn
    }

    fn files(&self) -> std::path::PathBuf {
        self.live.dir.path().join("files")
    }
}

fn code(conn: &mut FtpConn, command: &str) -> u16 {
    conn.ask(command.as_bytes()).expect("a reply").code
}

/// Waits until the server has closed a session.
fn assert_closed(conn: &mut FtpConn) {
    while conn.reply().is_ok() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_possible_before_the_login() {
    let server = FtpServer::start(|_| {}).await;
    std::fs::write(server.files().join("a"), "x").expect("a file");
    let mut conn = server.open();
    for command in
        ["PWD", "LIST", "RETR a", "STOR b", "PASV", "EPSV", "PORT 127,0,0,1,200,1", "SIZE a", "CWD /", "STAT"]
    {
        assert_eq!(code(&mut conn, command), 530, "{command}");
    }
    assert_eq!(code(&mut conn, "PASS pw"), 503);
    assert_eq!(code(&mut conn, "FEAT"), 211);
    assert_eq!(code(&mut conn, "QUIT"), 221);
    assert_closed(&mut conn);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_end_the_session_and_count_for_bans() {
    let rule = BanRule { count: 3, window_mins: 60, ban_mins: 60 };
    let server = FtpServer::start(|settings| settings.login.ban_passwords = Some(rule)).await;
    let mut conn = server.open();
    for guess in 0..3 {
        code(&mut conn, "USER ed");
        assert_eq!(code(&mut conn, &format!("PASS wrong{guess}")), 530);
    }
    assert_closed(&mut conn);
    let mut conn = server.open();
    code(&mut conn, "USER ed");
    code(&mut conn, "PASS wrong4");
    code(&mut conn, "USER ed");
    let banned = conn.ask(b"PASS pw").expect("a reply");
    assert!(banned.code == 530 && banned.shown().contains("later"), "the right one is not checked: {}", banned.shown());
    assert_ne!(get(server.live.addr(), "/").0, 200, "over HTTP, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_cannot_be_smuggled_in() {
    let server = FtpServer::start(|_| {}).await;
    let mut conn = server.log_in();
    for bytes in [&b"RETR a\rDELE b\r\n"[..], b"MKD a\0b\r\n"] {
        conn.send(bytes).expect("sends");
        assert_eq!(conn.reply().expect("a reply").code, 501);
    }
    // A command that was sent before TLS begins must not be taken for one that was encrypted.
    let mut conn = server.open();
    conn.send(b"AUTH TLS\r\nUSER ed\r\n").expect("sends");
    assert_eq!(conn.reply().expect("a reply").code, 234);
    assert_closed(&mut conn);
    let mut conn = server.log_in();
    conn.send(&[b'a'; 5000]).expect("sends");
    assert_eq!(conn.reply().expect("a reply").code, 500);
    assert_closed(&mut conn);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_connects_to_its_client_only() {
    let server = FtpServer::start(|_| {}).await;
    let mut conn = server.log_in();
    for command in ["PORT 127,0,0,2,200,1", "PORT 10,0,0,1,0,25", "PORT 127,0,0,1,0,25", "EPRT |2|::1|5000|"] {
        assert_eq!(code(&mut conn, command), 504, "{command}");
    }
    assert_eq!(code(&mut conn, "LIST"), 425, "no connection was agreed");
    assert_eq!(code(&mut conn, "EPSV ALL"), 200);
    assert_eq!((code(&mut conn, "PASV"), code(&mut conn, "PORT 127,0,0,1,200,1")), (503, 503));
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_go_on_at_an_offset_within_the_file() {
    let server = FtpServer::start(|_| {}).await;
    std::fs::write(server.files().join("a"), "0123456789").expect("a file");
    let mut conn = server.log_in();
    for (offset, want) in [(0, Some("0123456789")), (4, Some("456789")), (10, Some("")), (11, None)] {
        assert_eq!(code(&mut conn, &format!("REST {offset}")), 350);
        let (reply, bytes) = conn.fetch(b"RETR a").expect("a reply");
        assert_eq!(reply.code, if want.is_some() { 226 } else { 554 });
        assert_eq!(bytes, want.unwrap_or_default().as_bytes());
    }
    for (offset, want) in [(9, 554), (11, 554), (10, 226)] {
        code(&mut conn, &format!("REST {offset}"));
        assert_eq!(conn.store(b"STOR a", b"abc").expect("a reply").code, want, "{offset}");
    }
    assert_eq!(conn.store(b"APPE a", b"def").expect("a reply").code, 226);
    assert_eq!(std::fs::read(server.files().join("a")).expect("a file"), b"0123456789abcdef");
    assert_eq!(conn.store(b"STOR a", b"new").expect("a reply").code, 226, "an offset holds for one transfer");
    assert_eq!(std::fs::read(server.files().join("a")).expect("a file"), b"new");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aborted_upload_leaves_no_file() {
    let server = FtpServer::start(|_| {}).await;
    let mut conn = server.log_in();
    let mut data = conn.passive().expect("a data connection");
    assert_eq!(code(&mut conn, "STOR a"), 150);
    data.write_all(&[7; 300_000]).expect("sends");
    // Telnet's bytes precede ABOR; the other command waits.
    conn.send(b"NOOP\r\n\xff\xf4\xff\xf2ABOR\r\n").expect("sends");
    let codes: Vec<u16> = (0..3).map(|_| conn.reply().expect("a reply").code).collect();
    assert_eq!(codes, [426, 226, 200]);
    assert_eq!(code(&mut conn, "SIZE a"), 550);
    assert!(support::data::files(&server.files()).iter().all(|path| !path.starts_with("a")));
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_end_with_a_kick_their_password_or_their_port() {
    let server = FtpServer::start(|_| {}).await;
    let mut conn = server.log_in();
    let status = server.live.control.status();
    let [listed] = status.connections.as_slice() else { panic!("{status:?}") };
    assert_eq!((listed.account.as_deref(), listed.tls), (Some("ed"), false));
    assert_eq!(server.live.control.kick(&Kick::Account { name: "ed".into() }), Ok(1));
    assert_closed(&mut conn);

    let mut conn = server.log_in();
    let mut settings = server.live.settings.clone();
    settings.accounts[0] = ed("another");
    server.live.control.apply(settings.clone()).await.expect("applied");
    // Either the next command tells, or the session has ended by then.
    assert!(conn.ask(b"PWD").is_ok_and(|reply| reply.code == 421) || conn.reply().is_err());
    assert_closed(&mut conn);

    let (mut conn, reply) = FtpConn::log_in(server.ftp, Some("another")).expect("the server accepts");
    assert_eq!(reply.code, 230);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    settings.network.ftp.tls_port = taken.local_addr().ok().map(|address| address.port());
    let error = server.live.control.apply(settings.clone()).await.unwrap_err();
    assert!(error.code == ErrorCode::CannotListen && error.sentence.contains("--ftps"), "{error}");
    assert_eq!(code(&mut conn, "PWD"), 257, "nothing has changed");
    settings.network.ftp = Default::default();
    server.live.control.apply(settings).await.expect("applied");
    assert_eq!(conn.reply().expect("a reply").code, 421);
    assert!(TcpStream::connect(server.ftp).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_encryption_there_is_no_login_where_it_is_required() {
    let server = FtpServer::start(|settings| settings.network.encryption = Encryption::TlsOnly).await;
    let mut conn = server.open();
    assert_eq!(code(&mut conn, "USER ed"), 530);
    assert_eq!(code(&mut conn, "PASS pw"), 530);
    let server = FtpServer::start(|settings| settings.network.encryption = Encryption::PlainOnly).await;
    let mut conn = server.open();
    assert_eq!(code(&mut conn, "AUTH TLS"), 502);
    assert!(!conn.ask(b"FEAT").expect("a reply").shown().contains("AUTH"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_nothing_is_not_waited_for() {
    let server = FtpServer::start(|settings| {
        settings.network.head_timeout_secs = 1;
        settings.network.idle_timeout_secs = 1;
    })
    .await;
    let mut silent = server.open();
    assert_eq!(silent.reply().expect("a reply").code, 421);
    assert_closed(&mut silent);
    let mut idle = server.log_in();
    assert_eq!(idle.reply().expect("a reply").code, 421);
    assert_closed(&mut idle);
}
