//! Options of an accepted socket that control how data is sent.

use std::io;
use std::net::IpAddr;
use tokio::net::TcpStream;

/// Disables Nagle's algorithm, and pacing for clients on this computer (a reverse proxy, a tunnel).
///
/// # Errors
/// If the connection is closed already.
pub fn apply(stream: &TcpStream, client: IpAddr) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if client.to_canonical().is_loopback() {
        unpaced(stream);
    }
    Ok(())
}

/// Between two programs on one computer no packet is lost and nothing queues. If the system default is a congestion
/// control that measures the path and paces (BBR), it measures the scheduler and waits for timers: a local reader gets
/// two thirds of the speed (docs/adr/0011). Reno does neither, and every kernel has it. Network connections keep the
/// system default.
#[cfg(target_os = "linux")]
fn unpaced(stream: &TcpStream) {
    if let Err(error) = rustix::net::sockopt::set_tcp_congestion(stream, "reno") {
        tracing::debug!(%error, "connections from this computer keep the system's congestion control");
    }
}

/// No pacing of local connections is known on the other systems.
#[cfg(not(target_os = "linux"))]
fn unpaced(_: &TcpStream) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::net::sockopt::tcp_congestion;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn only_readers_on_this_computer_are_not_paced() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let (client, accepted) =
            tokio::join!(TcpStream::connect(listener.local_addr().expect("is bound")), listener.accept());
        let (_client, (stream, remote)) = (client.expect("connects"), accepted.expect("accepts"));
        let system = tcp_congestion(&stream).expect("asks");
        apply(&stream, IpAddr::from([192, 0, 2, 1])).expect("applies");
        assert_eq!(tcp_congestion(&stream).expect("asks"), system);
        apply(&stream, remote.ip()).expect("applies");
        assert_eq!(tcp_congestion(&stream).expect("asks"), "reno");
        assert!(stream.nodelay().expect("asks"));
    }
}
