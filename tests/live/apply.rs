//! A change of settings that fails changes nothing; one that succeeds lets running requests finish.

use super::*;
use server::control::ErrorCode;
use std::net::TcpListener;

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_rolls_back() {
    let live = Live::start().await;
    std::fs::write(live.dir.path().join("files/a.txt"), "a").unwrap();
    let before = live.addr();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut settings = live.settings.clone();
    settings.network.ports = vec![0, taken.local_addr().unwrap().port()];
    settings.volumes = vec![volume(&live.dir, "other", "")];
    let error = live.control.apply(settings).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::CannotListen);
    assert!(error.sentence.contains("already taken"), "{error}");

    assert_eq!(live.addr(), before);
    assert_eq!(live.control.status().generation, 1);
    assert_eq!(live.control.status().volumes[0].folder, live.settings.volumes[0].source.display().to_string());
    assert_eq!(get(before, "/a.txt").0, 200, "the old volume is still there");
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_settings_name_every_fault() {
    let live = Live::start().await;
    let mut settings = live.settings.clone();
    settings.volumes.push(volume(&live.dir, "other", ""));
    settings.volumes.push(volume(&live.dir, "third", ""));
    let error = live.control.apply(settings).await.unwrap_err();
    assert_eq!((error.code, error.faults.len()), (ErrorCode::BadSettings, 2));

    let mut settings = live.settings.clone();
    settings.network.cert = Some(live.dir.path().join("no.pem"));
    let error = live.control.apply(settings).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::BadSettings);
    assert!(error.sentence.contains("no.pem"), "{error}");

    let mut settings = live.settings.clone();
    settings.logging.skip_urls = Some("(".into());
    let error = live.control.apply(settings).await.unwrap_err();
    assert_eq!(error.faults[0].at, "--lf-url");
    assert_eq!(live.control.status().generation, 1);
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_volume_ends_and_a_new_one_is_served() {
    let live = Live::start().await;
    std::fs::write(live.dir.path().join("files/a.txt"), "a").unwrap();
    let mut settings = live.settings.clone();
    settings.volumes = vec![volume(&live.dir, "new", "new")];
    std::fs::write(live.dir.path().join("new/b.txt"), "b").unwrap();
    assert_eq!(get(live.addr(), "/a.txt").0, 200);
    let applied = live.control.apply(settings).await.unwrap();
    assert_eq!(applied.generation, 2);
    assert_ne!(get(live.addr(), "/a.txt").0, 200);
    assert_eq!(get(live.addr(), "/new/b.txt").0, 200);
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_port_closes_the_old_one_and_lets_downloads_finish() {
    let live = Live::start().await;
    let size = 64 << 20;
    std::fs::write(live.dir.path().join("files/big"), vec![7; size]).unwrap();
    let old = live.addr();
    let mut download = TcpStream::connect(old).unwrap();
    download.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let request = format!("GET /big HTTP/1.1\r\nHost: {old}\r\nConnection: close\r\n\r\n");
    download.write_all(request.as_bytes()).unwrap();
    let mut first = vec![0; 1 << 16];
    download.read_exact(&mut first).unwrap();

    let mut settings = live.settings.clone();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    settings.network.ports = vec![free];
    live.control.apply(settings).await.unwrap();
    assert_ne!(live.addr(), old);
    assert!(TcpStream::connect(old).is_err(), "the old port is closed");
    assert_eq!(get(live.addr(), "/?ls").0, 200);
    let mut others = Vec::new();
    download.read_to_end(&mut others).unwrap();
    assert!(first.len() + others.len() > size, "{}", others.len());
    live.control.stop().await;
}
