//! `--nearby`: other servers in the local network.

use super::output;
use announce::adapters::AdapterFilter;
use announce::mdns::{Announcer, MdnsEvent};
use announce::neighbours::Program;
use announce::service::Announcement;
use model::config::Serve;
use std::net::Ipv6Addr;
use std::process::ExitCode;
use std::time::Duration;

/// Listens for the given time without announcing this server, then prints one line per server: kind, address, name.
pub fn print(serve: &Serve) -> ExitCode {
    let lan = &serve.settings.lan;
    let (only, except) = (lan.only.clone(), lan.except.clone());
    let adapters = AdapterFilter { listening: vec![Ipv6Addr::UNSPECIFIED.into()], only, except, family: lan.family };
    let wanted = Announcement { adapters, ..Announcement::default() };
    let on_event = |event| {
        if let MdnsEvent::Failed(text) = event {
            tracing::warn!("mDNS: {text}");
        }
    };
    let announcer = match Announcer::start(wanted, Box::new(on_event)) {
        Ok(announcer) => announcer,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    std::thread::sleep(Duration::from_secs(serve.nearby_secs.unwrap_or_default()));
    let neighbours = announcer.neighbours();
    announcer.stop();
    for neighbour in &neighbours {
        let kind = match neighbour.program {
            Program::Potluck => "potluck",
            Program::Copyparty => "copyparty",
            Program::Webdav => "webdav",
            Program::Web => "web",
        };
        output::print(&format!("{kind:<9}  {}  {}\n", neighbour.url, neighbour.name));
    }
    if neighbours.is_empty() {
        eprintln!("no server was found");
    }
    ExitCode::SUCCESS
}
