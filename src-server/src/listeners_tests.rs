//! Listen addresses change as a whole or not at all, and sockets in both configurations are not touched.

use super::*;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::net::TcpStream;

type Started = Arc<Mutex<Vec<ListenAddr>>>;

fn listeners() -> (Listeners, Started) {
    let started = Started::default();
    let notes = started.clone();
    let accept = move |listener: Listener, listen_addr: ListenAddr| {
        notes.lock().push(listen_addr);
        tokio::spawn(async move {
            let Listener::Tcp(listener) = listener else { return std::future::pending().await };
            loop {
                let _ = listener.accept().await;
            }
        })
    };
    (Listeners::new(Box::new(accept)), started)
}

fn network(listen: &[&str], ports: &[u16]) -> Network {
    let listen = listen.iter().map(|ip| Listen::Ip(ip.parse().unwrap())).collect();
    Network { listen, ports: ports.to_vec(), ..Network::default() }
}

fn port(listen_addr: &ListenAddr) -> u16 {
    let ListenAddr::Ip(address) = listen_addr else { panic!("{listen_addr:?}") };
    address.port()
}

async fn change(listeners: &mut Listeners, network: &Network) -> Result<Vec<ListenAddr>, ListenError> {
    let prepared = listeners.prepare(network).await?;
    Ok(listeners.commit(prepared).await)
}

#[tokio::test]
async fn unchanged_sockets_are_not_touched() {
    let (mut listeners, started) = listeners();
    change(&mut listeners, &network(&["127.0.0.1"], &[0])).await.unwrap();
    let first = listeners.listen_addrs()[0].clone();
    let removed = change(&mut listeners, &network(&["127.0.0.1", "::1"], &[0])).await.unwrap();
    assert!(removed.is_empty());
    assert_eq!(listeners.listen_addrs()[0], first);
    assert_eq!(started.lock().len(), 2);
    let removed = change(&mut listeners, &network(&["::1"], &[0])).await.unwrap();
    assert_eq!(removed, std::slice::from_ref(&first));
    let ListenAddr::Ip(address) = first else { panic!() };
    assert!(TcpStream::connect(address).await.is_err(), "closed when commit returns");
}

#[tokio::test]
async fn a_taken_port_changes_nothing() {
    let (mut listeners, started) = listeners();
    change(&mut listeners, &network(&["127.0.0.1"], &[0])).await.unwrap();
    let before = listeners.listen_addrs();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = change(&mut listeners, &network(&["::1", "127.0.0.1"], &[port])).await.unwrap_err();
    assert!(error.to_string().contains(&format!("Port {port} is already taken")), "{error}");
    assert_eq!(listeners.listen_addrs(), before);
    let ListenAddr::Ip(address) = &before[0] else { panic!() };
    assert!(TcpStream::connect(address).await.is_ok());
    assert_eq!(started.lock().len(), 1);
    assert!(std::net::TcpListener::bind(("::1", port)).is_ok(), "the prepared socket is closed again");
}

#[tokio::test]
async fn narrower_and_wider_on_the_same_port() {
    let (mut listeners, _) = listeners();
    change(&mut listeners, &network(&["127.0.0.1"], &[0])).await.unwrap();
    let chosen = port(&listeners.listen_addrs()[0]);
    // A fixed port from here on, so that it can be requested again. IPv4 loopback stands for narrow, IPv6 for wide.
    change(&mut listeners, &network(&["127.0.0.1"], &[chosen])).await.unwrap();
    assert_eq!(port(&listeners.listen_addrs()[0]), chosen);
    change(&mut listeners, &network(&["127.0.0.1", "127.0.0.2"], &[chosen])).await.unwrap();
    assert_eq!(listeners.listen_addrs().len(), 2);

    // The same with a failure afterwards: the old socket is open again.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let other = taken.local_addr().unwrap().port();
    let mut bad = network(&["127.0.0.3"], &[chosen, other]);
    bad.listen.push(Listen::Ip("127.0.0.1".parse().unwrap()));
    assert!(change(&mut listeners, &bad).await.is_err());
    assert_eq!(listeners.listen_addrs().len(), 2);
    assert!(TcpStream::connect(("127.0.0.1", chosen)).await.is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn unix_sockets_have_a_mode_and_are_removed() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.sock");
    let wanted = |mode| Network {
        listen: vec![Listen::Unix { path: path.clone(), mode: Some(mode), group: None }],
        ports: vec![1],
        ..Network::default()
    };
    // The socket file of a killed server is replaced.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let (mut listeners, _) = listeners();
    change(&mut listeners, &wanted(0o770)).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o770);
    change(&mut listeners, &wanted(0o700)).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    listeners.close().await;
    assert!(!path.exists());

    // The socket file of a running server is not.
    let _other = std::os::unix::net::UnixListener::bind(&path).unwrap();
    assert!(change(&mut listeners, &wanted(0o700)).await.is_err());
}

#[test]
fn wanted_sockets() {
    let both = specs(&network(&["::", "0.0.0.0"], &[1, 2, 1]));
    assert_eq!(both.len(), 4);
    assert!(matches!(both[0], Spec::Tcp { only_v6: true, .. }), "IPv4 is listed by itself");
    assert!(matches!(specs(&network(&["::"], &[1]))[0], Spec::Tcp { only_v6: false, .. }));
}
