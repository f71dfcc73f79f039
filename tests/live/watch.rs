//! Connections are listed, can be closed, and are gone when the server has stopped.

use super::*;
use server::control::{ErrorCode, Kick, Notice};

/// Opens a connection that has sent one request and stays open.
fn visit(addr: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(format!("GET /?ls HTTP/1.1\r\nHost: {addr}\r\n\r\n").as_bytes()).unwrap();
    let mut some = [0; 512];
    assert_ne!(stream.read(&mut some).unwrap(), 0);
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_listed_and_kicked() {
    let live = Live::start().await;
    let mut notices = live.control.subscribe();
    let mut visitor = visit(live.addr());
    // Bytes are counted after they were sent, which the client may notice first.
    while live.control.status().connections[0].sent == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let status = live.control.status();
    let [connection] = status.connections.as_slice() else { panic!("{status:?}") };
    assert_eq!(connection.requests, 1);
    assert_eq!(connection.account.as_deref(), Some("*"));
    assert!(connection.peer.starts_with("127.0.0.1:") && connection.received > 20 && connection.sent > 20);
    assert_eq!(notices.next().await, Some(Notice::Connected { id: connection.id, peer: connection.peer.clone() }));

    let unknown = live.control.kick(&Kick::Account { name: "unknown".into() }).unwrap_err();
    assert_eq!(unknown.code, ErrorCode::NotFound);
    assert_eq!(live.control.kick(&Kick::Connection { id: connection.id }), Ok(1));
    let mut rest = Vec::new();
    let _ = visitor.read_to_end(&mut rest);
    assert_eq!(notices.next().await, Some(Notice::Disconnected { id: connection.id }));
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_leaves_nothing_behind() {
    let live = Live::start().await;
    let addr = live.addr();
    let _visitors: Vec<_> = (0..5).map(|_| visit(addr)).collect();
    let begun = std::time::Instant::now();
    live.control.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(2), "idle connections do not delay the stop: {:?}", begun.elapsed());
    assert!(live.control.status().connections.is_empty());
    assert!(live.control.addresses().is_empty());
    assert!(TcpStream::connect(addr).is_err());
    assert!(std::net::TcpListener::bind(addr).is_ok(), "the port is free");
    live.control.stop().await;

    // The next server can use the same folders.
    let again = server::start(live.settings.clone(), StartOptions::default()).await.unwrap();
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_does_not_end_is_closed() {
    let live = Live::start().await;
    std::fs::write(live.dir.path().join("files/big"), vec![7; 64 << 20]).unwrap();
    let mut stuck = TcpStream::connect(live.addr()).unwrap();
    stuck.write_all(format!("GET /big HTTP/1.1\r\nHost: {}\r\n\r\n", live.addr()).as_bytes()).unwrap();
    let mut byte = [0];
    stuck.read_exact(&mut byte).unwrap();
    let begun = std::time::Instant::now();
    live.control.stop().await;
    let took = begun.elapsed();
    assert!((3..5).contains(&took.as_secs()), "{took:?}");
    assert!(live.control.status().connections.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_logs_one_device_in() {
    let live = Live::start().await;
    let rights = PermSet::parse("rw").unwrap();
    let invitation = live.control.invite(&VPath::root(), rights, 60);
    let url = &invitation.urls[0];
    let path = url.strip_prefix(&format!("http://{}", live.addr())).unwrap();
    let (status, text) = get(live.addr(), path);
    assert_eq!(status, 200, "{text}");
    live.control.stop().await;
}
