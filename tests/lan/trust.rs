//! In an unknown network nothing is announced until a person trusts it; the decision is remembered; another router is
//! another network. The self-check reports the states in between.
//!
//! The server runs inside this test program, which starts itself again on a machine of the test.

use std::path::Path;
use std::time::Duration;

use model::Settings;
use model::config::Action;
use model::settings::Listen;
use server::control::admin::{CheckState, Neighbour, NeighbourKind, Trust};
use server::{Control, StartOptions};

use crate::namespaces::lan;
use crate::programs::{Program, TIMEOUT, nearby, server as server_on, wait_for_nearby};

/// Environment variable with the state folder of the inner test; only set on the machine of the test.
const INSIDE: &str = "POTLUCK_LAN_TEST_STATE";

#[test]
fn only_trusted_networks_get_announcements() {
    let Some(lan) = lan() else { return };
    // The other machine is the router, and has a server as well.
    lan.here.ip("route add default via 10.77.0.2");
    let _neighbour = server_on(&lan.there, &["-z", "--zm-fqdn", "pantry.local"]);
    wait_for_nearby(&lan.there, |seen| seen.len() == 1);
    let state = tempfile::tempdir().expect("a temporary folder");
    let test_program = std::env::current_exe().expect("a test knows its own path");
    let mut command = lan.here.command("env");
    command.arg(format!("{INSIDE}={}", state.path().display())).arg(test_program);
    command.args(["--exact", "trust::inner_server", "--ignored", "--nocapture"]);
    let inside = Program::start(command);
    inside.wait_for("[asked]");
    assert_eq!(nearby(&lan.there, &[]).len(), 1, "the neighbour alone");
    inside.wait_for("[open]");
    let mut connect = lan.there.command("bash");
    connect.args(["-c", "exec 3<>/dev/tcp/10.77.0.1/3923 && sleep 60"]);
    let _connection = Program::start(connect);
    inside.wait_for("[trusted]");
    wait_for_nearby(&lan.there, |seen| seen.len() == 2);
    // Another router with the same address.
    lan.there.ip("link set eth0 address 02:00:00:00:00:99");
    lan.here.ip("neigh flush dev eth0");
    inside.wait_for("[asked again]");
    wait_for_nearby(&lan.there, |seen| seen.len() == 1);
    inside.wait_for("test result: ok");
}

#[tokio::test]
#[ignore = "runs on a machine of the test, started by only_trusted_networks_get_announcements"]
async fn inner_server() {
    let state = std::env::var_os(INSIDE)
        .expect("started by the outer test only: started by hand it would announce itself on this machine");
    let settings = settings(Path::new(&state));
    let control = start(&settings).await;
    let asked = network(&control);
    assert_eq!((asked.name.as_str(), asked.trust), ("10.77.0.0/24 behind 10.77.0.2", Trust::Unknown));
    assert!(!control.network_changes().borrow().is_allowed && !control.lan().is_announced);
    assert_eq!(check(&control, "trusted").await, CheckState::Bad);
    println!("[asked]");
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(control.trust_network("no such network", true).await.is_err());
    let id = wait_for_id(&control).await;
    let lan = control.trust_network(&id, true).await.expect("it is remembered");
    assert_eq!(lan.network.map(|network| network.trust), Some(Trust::Trusted));
    assert!(control.network_changes().borrow().is_allowed);
    wait_for_announcement(&control).await;
    assert_eq!(control.lan().name, "kitchen.local");
    wait_for_check(&control, "by name").await;
    assert_eq!(check(&control, "trusted").await, CheckState::Good);
    assert_eq!(check(&control, "running").await, CheckState::Good);
    assert_eq!(check(&control, "answer").await, CheckState::Good);
    assert_eq!(check(&control, "connected").await, CheckState::Unsure);
    println!("[open]");
    wait_for_check(&control, "connected").await;
    let name = "Potluck on pantry".to_owned();
    let other = Neighbour { name, kind: NeighbourKind::Potluck, url: "http://10.77.0.2:3923/".into() };
    let heard = async {
        while control.lan().neighbours != [other.clone()] {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, heard).await.expect("the neighbour is found");
    control.stop().await;

    // The next start remembers the decision.
    let control = start(&settings).await;
    assert!(control.network_changes().borrow().is_allowed);
    wait_for_announcement(&control).await;
    let mut changes = control.network_changes();
    changes.mark_unchanged();
    println!("[trusted]");
    let changed = tokio::time::timeout(TIMEOUT, changes.wait_for(|view| !view.is_allowed)).await;
    changed.expect("the other router is noticed").expect("the server runs");
    tokio::time::timeout(TIMEOUT, async {
        while network(&control).trust != Trust::Unknown || control.lan().is_announced {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("the announcement is withdrawn");
    assert_ne!(network(&control).id, id);
    println!("[asked again]");
    tokio::time::sleep(Duration::from_secs(4)).await;
    let other = wait_for_id(&control).await;
    let lan = control.trust_network(&other, false).await.expect("it is remembered");
    assert_eq!(lan.network.map(|network| network.trust), Some(Trust::Refused));
    assert!(!control.network_changes().borrow().is_allowed);
    control.stop().await;
}

fn settings(state: &Path) -> Settings {
    let args = ["-z", "--ask-networks", "-p", "3923", "--state-folder"].map(Into::into);
    let args: Vec<std::ffi::OsString> = args.into_iter().chain([state.into()]).collect();
    let parsed = server::environment::with(|env| model::config::parse_args(&args, env)).expect("settings");
    let Action::Serve(serve) = parsed.action else { panic!("it is to serve") };
    let mut settings = serve.settings;
    settings.network.listen = vec![Listen::Ip(std::net::Ipv4Addr::UNSPECIFIED.into())];
    settings
}

async fn start(settings: &Settings) -> Control {
    server::start(settings.clone(), StartOptions::default()).await.expect("it starts")
}

fn network(control: &Control) -> server::control::admin::CurrentNetwork {
    control.lan().network.expect("the machine is in a network")
}

/// The router's hardware address may not be known at once.
async fn wait_for_id(control: &Control) -> String {
    let known = async {
        while network(control).id.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, known).await.expect("the router has an identity");
    network(control).id
}

async fn wait_for_announcement(control: &Control) {
    let announced = async {
        while !control.lan().is_announced {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, announced).await.expect("it is announced");
}

async fn check(control: &Control, word: &str) -> CheckState {
    let checks = control.self_check().await;
    checks.iter().find(|check| check.title.contains(word)).unwrap_or_else(|| panic!("no {word} in {checks:?}")).state
}

async fn wait_for_check(control: &Control, word: &str) {
    let good = async {
        while check(control, word).await != CheckState::Good {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, good).await.unwrap_or_else(|_| panic!("{word} does not become good"));
}
