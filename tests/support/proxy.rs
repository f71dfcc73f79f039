//! A forwarding proxy that counts bytes: shows how much a real client has sent.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Forwards connections to a server. Runs until the process ends; each test has its own.
pub struct Proxy {
    /// The address that clients connect to.
    pub addr: SocketAddr,
    sent: Arc<AtomicU64>,
}

impl Proxy {
    /// Listens on a free port and forwards to `server`.
    ///
    /// If there is no free port.
    /// When there is no free port.
    pub fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("a bound socket has an address");
        let sent = Arc::new(AtomicU64::new(0));
        let counter = sent.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(upstream) = TcpStream::connect(server) else { continue };
                let (Ok(client2), Ok(upstream2)) = (client.try_clone(), upstream.try_clone()) else { continue };
                let counter = counter.clone();
                std::thread::spawn(move || pump(client, upstream, &counter));
                std::thread::spawn(move || pump(upstream2, client2, &AtomicU64::new(0)));
            }
        });
        Self { addr, sent }
    }

    /// Returns the number of bytes that clients have sent so far, including request heads.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        count.fetch_add(n as u64, Ordering::SeqCst);
        if to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    // Either side may have closed already.
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}
