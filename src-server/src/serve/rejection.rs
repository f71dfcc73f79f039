//! The answer for a client that gets no further than its first bytes.

use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// First byte of every TLS handshake record (RFC 8446 5.1); no HTTP request begins with it.
pub(super) const TLS_HELLO: u8 = 0x16;

/// Answers a plain HTTP client without hyper, then closes. A TLS client gets no answer, to save the handshake.
pub(super) async fn send_plain_error(
    mut stream: TcpStream,
    status: &str,
    headers: &str,
    sentence: &str,
) -> io::Result<()> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 0 || first[0] == TLS_HELLO {
        return Ok(());
    }
    let body = format!("<pre>{sentence}\r\n");
    let answer = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // Unread bytes would turn the close into a reset, which may destroy the answer in flight.
    let mut sink = [0; 2048];
    while stream.read(&mut sink).await? > 0 {}
    Ok(())
}
