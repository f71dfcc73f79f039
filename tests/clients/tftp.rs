//! TFTP with curl, tftp-hpa and atftp: small and large files, with options and over IPv6, awkward names, and files of which only
//! one side has enough.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use support::{TestServer, data, skip};

use crate::{run, run_with_input};

/// A server where everyone has all rights.
fn server() -> TestServer {
    TestServer::start(["-v", "{root}::rwmd.", "--tftp", "{tftp}"])
}

fn text(path: &Path) -> String {
    path.to_str().expect("a plain path").to_owned()
}

fn url(at: SocketAddr, name: &str) -> String {
    format!("tftp://{at}/{}", data::encode(name))
}

fn curl(program: &Path, args: &[&str]) -> Vec<u8> {
    run(Command::new(program).args(["-sS", "--max-time", "100"]).args(args))
}

#[test]
fn curl_goes_both_ways_with_every_size_of_blocks() {
    let Some(program) = skip::need("curl") else { return };
    let server = server();
    let at = server.tftp.expect("TFTP");
    let (local, back) = (server.dir.path().join("local.bin"), server.dir.path().join("back.bin"));
    for (size, block) in [(0, "512"), (512 * 3, "512"), (1 << 20, "8"), (3 << 20, "1428"), (5 << 20, "65464")] {
        let content = data::noise(size as u64, if block == "8" { size / 32 } else { size });
        fs::write(&local, &content).expect("a file");
        let url = url(at, &format!("file{block}"));
        curl(&program, &["--tftp-blksize", block, "-T", &text(&local), &url]);
        assert!(fs::read(server.root().join(format!("file{block}"))).expect(block) == content, "{block}: stored");
        curl(&program, &["--tftp-blksize", block, "-o", &text(&back), &url]);
        assert!(fs::read(&back).expect("a file") == content, "{block}: fetched");
        curl(&program, &["--tftp-no-options", "-o", &text(&back), &url]);
        assert!(fs::read(&back).expect("a file") == content, "{block}: fetched without options");
    }
    let refused = Command::new(&program).args(["-sS", &url(at, "missing")]).output().expect("curl starts");
    assert_eq!(refused.status.code(), Some(68), "no such file");
}

#[test]
fn curl_sends_awkward_names() {
    let Some(program) = skip::need("curl") else { return };
    let server = server();
    fs::create_dir(server.root().join("names")).expect("a folder");
    let back = server.dir.path().join("back");
    for name in data::NASTY_NAMES.iter().filter(|name| name.len() <= 255) {
        fs::write(server.root().join("names").join(name), name).expect("a file");
        let folder = server.tftp.map(|at| format!("tftp://{at}/names/{}", data::encode(name))).expect("TFTP");
        curl(&program, &["-o", &text(&back), &folder]);
        assert_eq!(fs::read(&back).expect("a file"), name.as_bytes(), "{name:?}");
    }
}

#[test]
fn a_file_with_more_blocks_than_numbers_arrives() {
    let Some(program) = skip::need("curl") else { return };
    let server = server();
    let at = server.tftp.expect("TFTP");
    let back = server.dir.path().join("back.bin");
    // 512 bytes times 65,536 is 32 MiB.
    let content = data::noise(1, 40 << 20);
    fs::write(server.root().join("many"), &content).expect("a file");
    curl(&program, &["-o", &text(&back), &url(at, "many")]);
    assert!(fs::read(&back).expect("a file") == content);
    // 300 MiB in blocks of 1 KiB.
    let content = data::noise(2, 300 << 20);
    fs::write(server.root().join("large"), &content).expect("a file");
    curl(&program, &["--tftp-blksize", "1024", "-o", &text(&back), &url(at, "large")]);
    assert!(fs::read(&back).expect("a file") == content);
    curl(&program, &["--tftp-blksize", "1428", "-T", &text(&back), &url(at, "stored")]);
    assert!(fs::read(server.root().join("stored")).expect("a file") == content);
}

#[test]
fn curl_fetches_two_thousand_small_files_over_both_kinds_of_addresses() {
    let Some(program) = skip::need("curl") else { return };
    let port = std::net::UdpSocket::bind("[::1]:0").and_then(|free| free.local_addr()).map(|address| address.port());
    let Ok(port) = port else { return skip::note("IPv6") };
    let server = TestServer::start(["-i", "127.0.0.1,::1", "-v", "{root}::r", "--tftp", &port.to_string()]);
    data::tree(&server.root(), 1000, 700);
    let back = server.dir.path().join("back");
    for host in ["127.0.0.1", "[::1]"] {
        let files = data::files(&server.root());
        let list = files.iter().map(|path| {
            let name = path.to_str().expect("a plain path");
            format!(
                "url = \"tftp://{host}:{port}/{}\"\noutput = \"{}\"\n",
                data::encode(name).replace("%2F", "/"),
                text(&back.join(name))
            )
        });
        let list: String = list.collect();
        let mut command = Command::new(&program);
        command.args(["-sS", "--create-dirs", "--max-time", "100", "--parallel", "--parallel-max", "8", "-K", "-"]);
        let output = run_with_input(&mut command, list.as_bytes());
        assert!(output.status.success(), "{host}: {}", String::from_utf8_lossy(&output.stderr));
        data::assert_same_tree(&server.root(), &back);
        fs::remove_dir_all(&back).expect("a folder");
    }
}

#[test]
fn tftp_hpa_goes_both_ways_in_both_modes() {
    let Some(program) = skip::need("tftp") else { return };
    let server = server();
    let at = server.tftp.expect("TFTP");
    let (local, back) = (server.dir.path().join("local"), server.dir.path().join("back"));
    let content = [&data::noise(1, 200_000)[..], b"\r\n\n\r\0\r"].concat();
    fs::write(&local, &content).expect("a file");
    for mode in ["binary", "netascii"] {
        let tftp = |args: &[&str]| {
            let address = [at.ip().to_string(), at.port().to_string()];
            run(Command::new(&program).args(["-m", mode]).args(address).arg("-c").args(args));
        };
        tftp(&["put", &text(&local), mode]);
        assert!(fs::read(server.root().join(mode)).expect("a file") == content, "{mode}: stored");
        tftp(&["get", mode, &text(&back)]);
        assert!(fs::read(&back).expect("a file") == content, "{mode}: fetched");
    }
}

#[test]
fn atftp_goes_both_ways_with_windows() {
    let Some(program) = skip::need("atftp") else { return };
    let server = server();
    let at = server.tftp.expect("TFTP");
    let (local, back) = (server.dir.path().join("local"), server.dir.path().join("back"));
    let content = data::noise(1, 20 << 20);
    fs::write(&local, &content).expect("a file");
    let atftp = |options: &[&str], way: &str, remote: &str, local: &Path| {
        let mut command = Command::new(&program);
        for option in options {
            command.args(["--option", option]);
        }
        command.args([way, "-r", remote, "-l"]).arg(local).args([at.ip().to_string(), at.port().to_string()]);
        run(&mut command);
    };
    let ways: [&[&str]; 4] = [
        &["blksize 1428"],
        &["blksize 8192", "windowsize 32"],
        &["blksize 1428", "windowsize 8", "timeout 2"],
        &["windowsize 64", "tsize 0"],
    ];
    for (index, options) in ways.into_iter().enumerate() {
        let remote = format!("file{index}");
        atftp(options, "-p", &remote, &local);
        assert!(fs::read(server.root().join(&remote)).expect("a file") == content, "{options:?}: stored");
        atftp(options, "-g", &remote, &back);
        assert!(fs::read(&back).expect("a file") == content, "{options:?}: fetched");
    }
}
