//! A server that creates share links on request, for browser tests, which cannot call the admin API.
//!
//! Arguments: a folder, and the host name under which a browser reaches the server. Everyone may read and write `music`
//! in that folder; `inbox` and `albums` are accessible through links only. The first output line is the server's
//! address. Each input line is the draft of a link (JSON) or the id of a link to revoke; each answer is a line of JSON.
//! The server stops at the end of its input.

use model::settings::{Listen, Network};
use model::volume::{Grant, Principal, Volume, VolumeFlags};
use model::{PermSet, Settings, VPath};
use server::StartOptions;
use std::error::Error;
use std::io::{BufRead, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(host)) = (arguments.next(), arguments.next()) else {
        return Err("a folder and a host name are needed".into());
    };
    let control = server::start(settings(&PathBuf::from(folder), host)?, StartOptions::default()).await?;
    let address = control.addresses().into_iter().next().ok_or("no address")?;
    println!("{}", address.url);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let answer = match serde_json::from_str(&line) {
            Ok(draft) => serde_json::to_string(&control.make_link(&draft).await?)?,
            Err(_) => serde_json::to_string(&control.revoke_link(line.trim()).await?)?,
        };
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    control.stop().await;
    Ok(())
}

fn settings(folder: &Path, host: String) -> Result<Settings, Box<dyn Error>> {
    let network = Network {
        listen: vec![Listen::Ip(Ipv4Addr::LOCALHOST.into())],
        ports: vec![0],
        hosts: vec![host],
        ..Network::default()
    };
    let mut settings = Settings { state_folder: Some(folder.join("state")), network, ..Settings::default() };
    settings.logging.quiet = true;
    for (name, letters) in [("music", "rw"), ("inbox", ""), ("albums", "")] {
        let source = folder.join(name);
        std::fs::create_dir_all(&source)?;
        let perms = PermSet::parse(letters).map_err(|letter| format!("no right is called {letter}"))?;
        let grants = vec![Grant { perms, to: vec![Principal::Everyone], except: Vec::new() }];
        let mount = VPath::parse(name.as_bytes())?;
        settings.volumes.push(Volume { source, mount, grants, flags: VolumeFlags::default() });
    }
    Ok(settings)
}
