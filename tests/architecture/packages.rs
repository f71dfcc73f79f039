//! Packages are complete: every file that a package lists exists, both kinds of Linux package contain the same
//! files, and names and versions that are repeated in several places agree.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::root;

/// Files that `cargo xtask packages` generates in the folder of the profile.
const MADE: [&str; 4] = ["potluck", "potluck-server", "potluck-server.1.gz", "THIRD-PARTY.txt"];
/// The crates that become packages.
const PACKAGED: [&str; 2] = ["potluck", "server"];

/// The packages of the workspace by name, as cargo sees them.
fn crates() -> BTreeMap<String, Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    let out = command.args(["metadata", "--format-version", "1", "--no-deps"]).current_dir(root()).output();
    let out = out.expect("cargo starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages").clone();
    packages.into_iter().map(|p| (text(&p["name"]).to_owned(), p)).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Installed path -> (source, mode), from the metadata of either tool.
type Files = BTreeMap<String, (String, String)>;

fn deb_files(package: &Value) -> Files {
    let assets = package["metadata"]["deb"]["assets"].as_array().expect("a list of assets").iter();
    assets.map(|asset| file(text(&asset[0]), text(&asset[1]), text(&asset[2]))).collect()
}

fn rpm_files(package: &Value) -> Files {
    let assets = package["metadata"]["generate-rpm"]["assets"].as_array().expect("a list of assets").iter();
    assets.map(|asset| file(text(&asset["source"]), text(&asset["dest"]), text(&asset["mode"]))).collect()
}

fn file(source: &str, installed: &str, mode: &str) -> (String, (String, String)) {
    let name = if installed.ends_with('/') { source.rsplit('/').next().unwrap_or_default() } else { "" };
    (format!("/{}{name}", installed.trim_start_matches('/')), (source.to_owned(), mode.to_owned()))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Returns the text between the first `before` and the next `after`.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before:?}")).1;
    rest.split_once(after).unwrap_or_else(|| panic!("no {after:?} after {before:?}")).0
}

#[test]
fn every_part_of_a_package_is_there() {
    let crates = crates();
    for package in PACKAGED.map(|name| &crates[name]) {
        let home = Path::new(text(&package["manifest_path"])).parent().expect("a manifest lies in a folder");
        for (source, _) in deb_files(package).into_values().chain(rpm_files(package).into_values()) {
            match source.strip_prefix("target/release/") {
                Some(made) => assert!(MADE.contains(&made), "no command generates {made}"),
                None => assert!(home.join(&source).is_file(), "{source} of {} is not there", package["name"]),
            }
        }
    }
}

#[test]
fn both_kinds_of_package_hold_the_same_files() {
    const UNIT: &str = "/usr/lib/systemd/system/potluck-server.service";
    let crates = crates();
    for package in PACKAGED.map(|name| &crates[name]) {
        let (mut deb, rpm) = (deb_files(package), rpm_files(package));
        if package["name"] == "server" {
            // cargo-deb finds the unit by its name.
            deb.extend([(UNIT.to_owned(), ("../packaging/linux/potluck-server.service".to_owned(), "644".to_owned()))]);
        }
        assert_eq!(deb, rpm, "{}", package["name"]);
    }
}

#[test]
fn the_service_starts_what_its_package_installs() {
    let files = rpm_files(&crates()["server"]);
    let unit = read("packaging/linux/potluck-server.service");
    let mut start = between(&unit, "\nExecStart=", "\n").split(' ');
    assert!(files.contains_key(start.next().expect("a program")));
    assert_eq!(start.next(), Some("--config"));
    assert!(files.contains_key(start.next().expect("a file")));
    // Where the configuration keeps files, the service may write.
    let folder = "/var/lib/potluck-server/files";
    assert!(read("packaging/linux/potluck.toml").contains(&format!("source = \"{folder}\"")));
    assert!(between(&unit, "\nStateDirectory=", "\n").split(' ').any(|made| format!("/var/lib/{made}") == folder));
}

#[test]
fn the_configuration_of_the_service_is_valid_and_stays_on_this_computer() {
    use model::config::{Action, parse_args};
    use model::settings::Listen;
    let file = root().join("packaging/linux/potluck.toml");
    let args = ["-c".into(), file.into_os_string()];
    let parsed = server::environment::with(|env| parse_args(&args, env)).expect("a valid configuration");
    let Action::Serve(serve) = parsed.action else { panic!("it does not serve") };
    let network = serve.settings.network;
    assert!(network.listen.iter().all(|l| matches!(l, Listen::Ip(ip) if ip.is_loopback())), "{:?}", network.listen);
    assert_eq!(serve.settings.volumes.len(), 1);
}

#[test]
fn names_agree() {
    let config: Value = serde_json::from_str(&read("src-tauri/tauri.conf.json")).expect("JSON");
    let identifier = text(&config["identifier"]);
    let windows = read("packaging/windows/potluck.nsi");
    assert_eq!(between(&windows, "!define IDENTIFIER \"", "\""), identifier);
    let macos = read("packaging/macos/Info.plist");
    assert_eq!(between(&macos, "<key>CFBundleIdentifier</key>\n  <string>", "<"), identifier);
    let metainfo = read(format!("packaging/linux/{identifier}.metainfo.xml"));
    assert_eq!(between(&metainfo, "<id>", "<"), identifier);

    let files = rpm_files(&crates()["potluck"]);
    let launcher = between(&metainfo, "<launchable type=\"desktop-id\">", "<");
    assert!(files.contains_key(&format!("/usr/share/applications/{launcher}")));
    let desktop = read(format!("packaging/linux/{launcher}"));
    let program = between(&desktop, "\nExec=", " ");
    assert!(files.contains_key(&format!("/usr/bin/{program}")));
    let icon = between(&desktop, "\nIcon=", "\n");
    assert!(files.contains_key(&format!("/usr/share/icons/hicolor/48x48/apps/{icon}.png")));
}

#[test]
fn versions_agree() {
    let crates = crates();
    let version = text(&crates["server"]["version"]);
    for (name, package) in &crates {
        assert_eq!(text(&package["version"]), version, "{name}");
    }
    for folder in ["web", "ui"] {
        let package: Value = serde_json::from_str(&read(format!("{folder}/package.json"))).expect("JSON");
        assert_eq!(text(&package["version"]), version, "{folder}");
    }
    // Tauri takes the crate's.
    let config: Value = serde_json::from_str(&read("src-tauri/tauri.conf.json")).expect("JSON");
    assert!(config["version"].is_null());
    assert!(version.split('.').all(|part| part.parse::<u16>().is_ok()), "Windows wants numbers: {version}");
}

#[test]
fn the_macos_bundle_declares_every_announced_service() {
    let source = read("src-server/crates/announce/src/service.rs");
    let table = between(&source, "fn label(self)", "\n    }\n");
    let mut announced: Vec<_> = table.lines().filter_map(|l| l.split_once("=> \"")?.1.split_once('"')).collect();
    announced.sort();
    assert!(!announced.is_empty());
    let plist = read("packaging/macos/Info.plist");
    let listed = between(&plist, "<key>NSBonjourServices</key>", "</array>");
    let mut listed: Vec<_> =
        listed.lines().filter_map(|l| l.trim().strip_prefix("<string>_")?.split_once("._tcp<")).collect();
    listed.sort();
    let names = |pairs: &[(&str, &str)]| pairs.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&listed), names(&announced));
}
