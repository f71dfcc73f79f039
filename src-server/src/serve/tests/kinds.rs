//! Every kind of client gets the same answers: HTTP/1.1 and 2, plain and TLS on one port, unix sockets.

use super::*;
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};

async fn get_h2(io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, path: &str) -> (u16, Bytes) {
    let (mut send, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(io)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get(format!("http://x{path}")).body(Empty::<Bytes>::new()).unwrap();
    let response = timeout(LONG, send.send_request(request)).await.unwrap().unwrap();
    (response.status().as_u16(), response.into_body().collect().await.unwrap().to_bytes())
}

/// Opens a TLS connection that trusts only the server's own CA.
async fn secure(site: &Site, protocol: &str) -> tokio_rustls::client::TlsStream<TcpStream> {
    let ca = site.state.path().join("tls/ca.pem");
    // The server creates the CA at the first hello, when this client would not know it yet; so it is created before.
    let folder = super::super::certificate::Folder::new(site.state.path());
    let names = super::super::certificate::Names::of_this_machine(&[]);
    folder.pair(&names, super::super::certificate::today()).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from("127.0.0.1").unwrap();
    connector.connect(name, site.connect().await).await.expect("the certificate covers the address")
}

#[tokio::test]
async fn plain_and_tls_share_a_port() {
    let site = Site::start(|_| {}).await;
    let mut plain = site.connect().await;
    plain.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(answer(&mut plain).await.ends_with("hello"));

    let mut tls = secure(&site, "http/1.1").await;
    tls.write_all(b"GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut all = Vec::new();
    timeout(LONG, tls.read_to_end(&mut all)).await.unwrap().unwrap();
    assert!(all.len() > BIG);
    assert!(site.conns.list().iter().all(|conn| !conn.tls.load(std::sync::atomic::Ordering::Relaxed)), "TLS has ended");
}

#[tokio::test]
async fn http2_by_alpn_and_by_prior_knowledge() {
    let site = Site::start(|_| {}).await;
    assert_eq!(get_h2(secure(&site, "h2").await, "/hello").await, (200, Bytes::from_static(b"hello")));
    assert_eq!(get_h2(site.connect().await, "/hello").await, (200, Bytes::from_static(b"hello")));
    let (status, body) = get_h2(site.connect().await, "/big").await;
    assert_eq!((status, body.len()), (200, BIG));
}

#[tokio::test]
async fn http2_uploads() {
    let site = Site::start(|_| {}).await;
    let io = TokioIo::new(site.connect().await);
    let (mut send, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::post("http://x/count").body(Full::new(Bytes::from(vec![1; 5 << 20]))).unwrap();
    let response = timeout(LONG, send.send_request(request)).await.unwrap().unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), (5 << 20).to_string());
}

#[tokio::test]
async fn a_port_may_serve_only_one_of_them() {
    let site = Site::start(|network| network.encryption = Encryption::TlsOnly).await;
    let text = site.raw("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(text.starts_with("HTTP/1.1 400 ") && text.contains("https only"), "{text}");
    assert_eq!(get_h2(secure(&site, "h2").await, "/hello").await.0, 200);

    let site = Site::start(|network| network.encryption = Encryption::PlainOnly).await;
    let mut hello = site.connect().await;
    hello.write_all(&[0x16, 3, 1, 0, 1, 0]).await.unwrap();
    let mut byte = [0];
    assert!(!matches!(timeout(LONG, hello.read(&mut byte)).await.unwrap(), Ok(1)), "closed or reset");
    assert!(!site.state.path().join("tls").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn unix_sockets_are_served() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join("s");
    let config = Config::new(&Network::default(), state.path()).unwrap();
    let server = Server::new(warp::service(routes()), config, AccessLog::start().unwrap());
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let admission = Arc::new(Admission::new(AdmissionRules::new(&Network::default())));
    let endpoint = Endpoint { protocol: HTTP, address: ListenAddr::Unix(path.clone()) };
    let accept = server.start(BoundSocket::Streams(StreamListener::Unix(listener)), endpoint, &admission);
    let mut stream = tokio::net::UnixStream::connect(&path).await.unwrap();
    stream.write_all(b"GET /hello HTTP/1.0\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.ends_with("hello"), "{text}");
    assert_eq!(get_h2(tokio::net::UnixStream::connect(&path).await.unwrap(), "/hello").await.0, 200);
    accept.abort();
}

#[tokio::test]
async fn large_uploads_and_downloads_keep_the_connection() {
    let site = Site::start(|_| {}).await;
    let mut stream = site.connect().await;
    for _ in 0..3 {
        stream.write_all(b"POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n").await.unwrap();
        stream.write_all(&vec![b'\n'; 9_000_000]).await.unwrap();
        assert!(answer(&mut stream).await.ends_with("9000000"));
    }
    assert_eq!(site.conns.len(), 1);
}
