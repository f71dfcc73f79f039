//! TFTP: strangers do not disturb a transfer, requests are answered by one datagram, floods and clients that vanish cost little;
//! transfers are listed, and end with a kick; who is banned gets no answer.

use super::*;
use model::account::{Account, Secret};
use model::settings::BanRule;
use server::control::Kick;
use support::tftp::{TftpClient, ack, data, error_of, read, write};

/// Longer than the answer to a request takes, shorter than the first retransmission.
const MOMENT: Duration = Duration::from_millis(400);

/// A server with TFTP; everyone may read and write.
struct TftpServer {
    live: Live,
    tftp: SocketAddr,
}

impl TftpServer {
    async fn start(change: impl FnOnce(&mut Settings)) -> Self {
        let free = std::net::UdpSocket::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let live = Live::start_with(|settings| {
            settings.network.tftp.port = Some(free.port());
            change(settings);
        });
        Self { live: live.await, tftp: free }
    }

    fn client(&self) -> TftpClient {
        TftpClient::new(self.tftp)
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.live.dir.path().join("files").join(name)
    }

    fn transfers(&self) -> usize {
        self.live.control.status().connections.iter().filter(|conn| conn.in_flight == 1).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_neither_disturb_nor_take_a_transfer() {
    let server = TftpServer::start(|_| {}).await;
    std::fs::write(server.file("a"), vec![7; 1000]).expect("a file");
    let (mut client, mut stranger) = (server.client(), server.client());
    client.request(1, b"a", &[]);
    assert_eq!(client.receive().expect("a block"), data(1, &[7; 512]));
    stranger.send_to(client.transfer(), &ack(1));
    assert_eq!(error_of(&stranger.receive().expect("an error")).map(|(code, _)| code), Some(5));
    // Errors are not answered.
    stranger.send_to(client.transfer(), b"\0\x05\0\0no\0");
    assert!(stranger.is_silent_for(MOMENT));
    client.send(&ack(1));
    assert_eq!(client.receive().expect("a block"), data(2, &[7; 488]));
    client.send(&ack(2));

    client.request(2, b"b", &[]);
    assert_eq!(client.receive().expect("an answer"), ack(0));
    stranger.send_to(client.transfer(), &data(1, b"evil"));
    assert_eq!(error_of(&stranger.receive().expect("an error")).map(|(code, _)| code), Some(5));
    client.send(&data(1, b"good"));
    assert_eq!(client.receive().expect("an answer"), ack(1));
    assert_eq!(std::fs::read(server.file("b")).expect("a file"), b"good");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_datagram_answers_a_request_and_its_copies() {
    let server = TftpServer::start(|_| {}).await;
    std::fs::write(server.file("a"), vec![7; 100_000]).expect("a file");
    let mut client = server.client();
    for _ in 0..5 {
        client.request(1, b"a", &[("windowsize", "16")]);
    }
    assert_eq!(client.receive().expect("an answer"), b"\0\x06windowsize\x0016\0");
    assert!(client.is_silent_for(MOMENT));
    assert_eq!(server.transfers(), 1);
    client.send(&ack(0));
    for block in 1..=16 {
        assert_eq!(client.receive().expect("a block"), data(block, &[7; 512]));
    }
    assert!(client.is_silent_for(MOMENT), "no more than a window");
    // What is no request, or nonsense, is not answered; what is malformed is, once.
    let mut other = server.client();
    for datagram in [&b""[..], b"x", &ack(1), &data(1, b"x"), b"\0\x05\0\x01x\0", b"\0\x06a\0b\0", &[0xff; 9000]] {
        other.send_to(server.tftp, datagram);
    }
    assert!(other.is_silent_for(MOMENT));
    for datagram in [&b"\0\x01a\0mail\0"[..], b"\0\x01a\0octet", b"\0\x01a\0x\0", b"\0\x01\0octet\0"] {
        other.send_to(server.tftp, datagram);
        assert_eq!(error_of(&other.receive().expect("an error")).map(|(code, _)| code), Some(4), "{datagram:?}");
    }
    assert!(other.is_silent_for(MOMENT));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_requests_is_bounded_and_others_are_served() {
    let server = TftpServer::start(|_| {}).await;
    std::fs::write(server.file("a"), vec![7; 100_000]).expect("a file");
    let flood: Vec<_> = (0..200).map(|_| server.client()).collect();
    for client in &flood {
        client.request(1, b"a", &[]);
    }
    tokio::time::sleep(MOMENT).await;
    assert_eq!(server.transfers(), 32, "of one address");
    assert_eq!(get(server.live.addr(), "/a").0, 200, "HTTP is not affected");
    // An error ends a transfer at once.
    for mut client in flood {
        if !client.is_silent_for(Duration::from_millis(5)) {
            client.send(b"\0\x05\0\0enough\0");
        }
    }
    tokio::time::sleep(MOMENT).await;
    assert!(server.transfers() < 32);
    assert_eq!(read(server.tftp, b"a").map(|content| content.len()), Ok(100_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_stops_leaves_nothing() {
    let server = TftpServer::start(|_| {}).await;
    let mut client = server.client();
    client.request(2, b"half", &[("blksize", "8192"), ("tsize", "200000")]);
    assert_eq!(client.receive().expect("an answer"), b"\0\x06tsize\x00200000\0blksize\x008192\0");
    for block in 1..=20 {
        client.send(&data(block, &[7; 8192]));
        assert_eq!(client.receive().expect("an answer"), ack(block));
    }
    assert_eq!(server.transfers(), 1);
    client.send(b"\0\x05\0\0no more\0");
    while server.transfers() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!server.file("half").exists());
    assert_eq!(read(server.tftp, b"half").map_err(|(code, _)| code), Err(1));
    // One that is longer or shorter than announced is not stored either.
    for (announced, sent) in [("3", 5), ("9", 5)] {
        client.request(2, b"half", &[("tsize", announced)]);
        client.receive().expect("an answer");
        client.send(&data(1, &[7; 5][..sent]));
        assert!(error_of(&client.receive().expect("an error")).is_some(), "{announced}");
        assert!(!server.file("half").exists());
    }
    // Without the right to delete nothing is replaced.
    assert_eq!(write(server.tftp, b"whole", b"1"), Ok(()));
    assert_eq!(write(server.tftp, b"whole", b"2").map_err(|(code, _)| code), Err(6));
    assert_eq!(std::fs::read(server.file("whole")).expect("a file"), b"1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_before_it_travels() {
    let server = TftpServer::start(|settings| {
        settings.volumes[0].flags.limits.max_size = Some(model::Bytes(1000));
    })
    .await;
    let mut client = server.client();
    client.request(2, b"large", &[("tsize", "1001")]);
    assert_eq!(error_of(&client.receive().expect("an error")).map(|(code, _)| code), Some(3));
    assert_eq!(write(server.tftp, b"large", &[7; 1001]).map_err(|(code, _)| code), Err(3));
    assert_eq!(write(server.tftp, b"small", &[7; 1000]), Ok(()));
    assert!(!server.file("large").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_end_with_a_kick_or_with_the_port() {
    let server = TftpServer::start(|_| {}).await;
    std::fs::write(server.file("a"), vec![7; 100_000]).expect("a file");
    let mut client = server.client();
    client.request(1, b"a", &[]);
    client.receive().expect("a block");
    let kicked = server.live.control.kick(&Kick::Peer { address: client.address().ip().to_string() });
    assert_eq!(kicked, Ok(1));
    let told = client.receive().expect("an error");
    assert!(error_of(&told).is_some_and(|(code, _)| code == 0), "{told:?}");
    let mut settings = server.live.settings.clone();
    settings.network.tftp = Default::default();
    server.live.control.apply(settings).await.expect("applied");
    client.request(1, b"a", &[]);
    assert!(client.is_silent_for(MOMENT));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_banned_or_not_allowed_gets_no_answer() {
    let rule = BanRule { count: 2, window_mins: 60, ban_mins: 60 };
    let server = TftpServer::start(|settings| {
        settings.login.ban_passwords = Some(rule);
        settings.accounts.push(Account { name: "ed".into(), secret: Secret::Plain("pw".into()) });
    })
    .await;
    std::fs::write(server.file("a"), "x").expect("a file");
    assert_eq!(read(server.tftp, b"a").as_deref(), Ok(&b"x"[..]));
    for guess in 0..4 {
        get(server.live.addr(), &format!("/?pw=wrong{guess}"));
    }
    let mut client = server.client();
    client.request(1, b"a", &[]);
    assert!(client.is_silent_for(MOMENT));

    let allowed = model::Networks::parse(["192.0.2.0/24"]).expect("a network");
    let server = TftpServer::start(|settings| settings.network.tftp.allowed_peers = allowed).await;
    let mut client = server.client();
    client.request(1, b"a", &[]);
    assert!(client.is_silent_for(MOMENT));
}
