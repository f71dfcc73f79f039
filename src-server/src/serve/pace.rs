//! What a socket is told before its first byte: how to send.

use super::conn::Remote;
use std::io;
use tokio::net::TcpStream;

/// Answers go at once; and to a reader on this computer (a reverse proxy, a tunnel) without being paced.
///
/// # Errors
/// The connection is gone.
pub(super) fn settle(stream: &TcpStream, remote: &Remote) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if remote.ip().is_some_and(|ip| ip.is_loopback()) {
        unpaced(stream);
    }
    Ok(())
}

/// Between two programs of one computer nothing gets lost and nothing queues. Where the system was told to use an
/// algorithm that measures a path and spreads what is sent over time (BBR), it measures the scheduler and waits for
/// timers: a reader here gets two thirds of the speed (docs/adr/0011). Reno does neither, and is in every kernel. What
/// the system chose for the network stays as it is.
#[cfg(target_os = "linux")]
fn unpaced(stream: &TcpStream) {
    if let Err(error) = rustix::net::sockopt::set_tcp_congestion(stream, "reno") {
        tracing::debug!(%error, "connections from this computer keep the system's congestion control");
    }
}

/// The other systems are not known to pace here.
#[cfg(not(target_os = "linux"))]
fn unpaced(_: &TcpStream) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::net::sockopt::tcp_congestion;
    use std::net::SocketAddr;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn only_readers_on_this_computer_are_not_paced() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let (client, accepted) =
            tokio::join!(TcpStream::connect(listener.local_addr().expect("is bound")), listener.accept());
        let (_client, (stream, remote)) = (client.expect("connects"), accepted.expect("accepts"));
        let system = tcp_congestion(&stream).expect("asks");
        settle(&stream, &Remote::Ip(SocketAddr::from(([192, 0, 2, 1], 7)))).expect("settles");
        assert_eq!(tcp_congestion(&stream).expect("asks"), system);
        settle(&stream, &Remote::Ip(remote)).expect("settles");
        assert_eq!(tcp_congestion(&stream).expect("asks"), "reno");
        assert!(stream.nodelay().expect("asks"));
    }
}
