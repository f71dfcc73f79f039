//! Every multipart body sent to a folder is stored or refused, never answered with 500.
#![no_main]

use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use edge_http::{HttpOptions, Peer, PeerAddr};
use engine::{Engine, EngineOptions};
use libfuzzer_sys::fuzz_target;
use model::{Grant, PermSet, Principal, Settings, VPath, Volume, VolumeFlags};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use warp::filters::BoxedFilter;

struct Site {
    runtime: Runtime,
    folder: TempDir,
    routes: BoxedFilter<(warp::reply::Response,)>,
}

fn site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| {
        let runtime = Runtime::new().expect("a runtime");
        let folder = TempDir::new().expect("a folder");
        let source = folder.path().join("files");
        fs::create_dir(&source).expect("a folder");
        let perms = PermSet::parse("rwmd").expect("letters");
        let everyone = Grant { perms, to: vec![Principal::Everyone], except: Vec::new() };
        let volume = Volume { source, mount: VPath::root(), grants: vec![everyone], flags: VolumeFlags::default() };
        let settings = Settings { volumes: vec![volume], ..Settings::default() };
        let options = EngineOptions { state_folder: folder.path().join("state") };
        let engine = runtime.block_on(Engine::start(settings, options)).expect("an engine");
        Site {
            runtime,
            folder,
            routes: edge_http::routes(engine, HttpOptions { host_names: vec!["vm".into()], ..HttpOptions::default() }),
        }
    })
}

fuzz_target!(|bytes: &[u8]| {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let site = site();
    let addr = PeerAddr::Ip("192.0.2.7:4000".parse().expect("an address"));
    let request = warp::test::request()
        .method("POST")
        .path("/sub/?j")
        .header("host", "vm")
        .header("content-type", "multipart/form-data; boundary=b")
        .extension(Peer { addr, local: None, tls: false })
        .body(bytes);
    let reply = site.runtime.block_on(request.reply(&site.routes));
    assert_ne!(reply.status(), 500, "{}", String::from_utf8_lossy(reply.body()));
    if COUNT.fetch_add(1, Ordering::Relaxed) % 500 == 0 {
        // A long run must not fill the disk.
        for entry in fs::read_dir(site.folder.path().join("files")).into_iter().flatten().flatten() {
            let _ = fs::remove_dir_all(entry.path()).or_else(|_| fs::remove_file(entry.path()));
        }
    }
});
