//! A server whose links are made line by line: for tests in a browser, which cannot reach the admin API.
//!
//! Arguments: a folder, and the name under which a browser finds it. `music` in that folder is everybody's to read and
//! write, `inbox` and `albums` are nobody's. The first line of output is its address. Every line of input is a link as
//! somebody wishes it (JSON), or the id of one that shall end; the answer is a line of JSON. It ends with its input.

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
