//! Test fixture: a folder, settings, and the routes.

use bytes::Bytes;
use edge_http::{HttpOptions, Peer, PeerAddr};
use engine::{Engine, EngineOptions};
use http::Response;
use model::account::{Account, Secret};
use model::{Grant, PermSet, Principal, Settings, VPath, Volume, VolumeFlags};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use warp::filters::BoxedFilter;

pub const BROWSER: &str = "Mozilla/5.0";

/// Changes to the default settings of the fixture.
pub type Change = Box<dyn FnOnce(&mut Settings)>;

pub struct Site {
    pub folder: TempDir,
    pub engine: Engine,
    pub routes: BoxedFilter<(warp::reply::Response,)>,
}

/// `volumes`: `(mount, letters for everyone)`. Each volume has its own folder below `folder`, named like its mount
/// (root: `top`).
pub async fn site(volumes: &[(&str, &str)]) -> Site {
    site_with(volumes, Box::new(|_| {})).await
}

pub async fn site_with(volumes: &[(&str, &str)], change: Change) -> Site {
    let folder = TempDir::new().expect("folder");
    let mut settings = Settings { volumes: Vec::new(), ..Settings::default() };
    for (mount, letters) in volumes {
        let source = folder.path().join(if mount.is_empty() { "top" } else { mount });
        fs::create_dir_all(&source).expect("volume");
        let volume = Volume {
            source,
            mount: VPath::parse(mount.as_bytes()).expect("mount"),
            grants: vec![grant(letters, Principal::Everyone), grant("rwmd.a", Principal::Account("ann".into()))],
            flags: VolumeFlags::default(),
        };
        settings.volumes.push(volume);
    }
    settings.accounts = vec![Account { name: "ann".into(), secret: Secret::Plain("sesame".into()) }];
    change(&mut settings);
    let options = EngineOptions { state_folder: folder.path().join("state") };
    let engine = Engine::start(settings, options).await.expect("engine");
    let routes =
        edge_http::routes(engine.clone(), HttpOptions { host_names: vec!["vm".into()], ..HttpOptions::default() });
    Site { folder, engine, routes }
}

pub fn grant(letters: &str, to: Principal) -> Grant {
    Grant { perms: PermSet::parse(letters).expect("letters"), to: vec![to], except: Vec::new() }
}

/// A response with its whole body.
pub struct Answer {
    pub status: u16,
    pub response: Response<Bytes>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).map_or("", |value| value.to_str().expect("text"))
    }
    pub fn text(&self) -> String {
        String::from_utf8(self.response.body().to_vec()).expect("UTF-8")
    }
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(self.response.body()).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

impl Site {
    pub fn put(&self, path: &str, content: &[u8]) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("folder");
        fs::write(path, content).expect("file");
    }
    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }
    pub async fn browse(&self, path: &str) -> Answer {
        self.ask("GET", path, &[("user-agent", BROWSER), ("accept", "text/html")]).await
    }
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(method, path, headers, b"").await
    }
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let addr = PeerAddr::Ip("192.0.2.7:4000".parse().expect("address"));
        let peer = Peer { addr, local: None, tls: false };
        self.send_from(peer, method, path, headers, body).await
    }
    pub async fn send_from(
        &self,
        peer: Peer,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = warp::test::request().method(method).path(path).extension(peer);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_empty() {
            request = request.body(body);
        }
        let response = request.reply(&self.routes).await;
        Answer { status: response.status().as_u16(), response }
    }
}
