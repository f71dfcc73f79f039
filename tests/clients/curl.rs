//! curl: every kind of upload, partial downloads, archives into tar, resume, HTTPS and HTTP/2.

use std::fs;
use std::process::Command;

use ring::digest::{SHA512, digest};
use support::{TestServer, data, skip};

use crate::{run, run_with_input};

/// Returns curl without the user's configuration; errors make it exit with a code.
fn curl() -> Option<Command> {
    let mut command = Command::new(skip::need("curl")?);
    command.args(["--disable", "--silent", "--show-error", "--max-time", "60"]);
    Some(command)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// Returns the first 56 hex digits of SHA-512, as upload replies show them.
fn short_sha512(bytes: &[u8]) -> String {
    digest(&SHA512, bytes).as_ref().iter().take(28).map(|b| format!("{b:02x}")).collect()
}

#[test]
fn put_stores_the_file_and_answers_with_size_checksum_and_url() {
    let Some(mut curl) = curl() else { return };
    let server = TestServer::writable();
    let content = data::noise(1, 300_000);
    let source = server.dir.path().join("source");
    fs::write(&source, &content).expect("a file");
    let reply = run(curl.args(["-w", "%{http_code}", "-T"]).arg(&source).arg(server.url("new/a%20b.bin")));
    let reply = text(&reply);
    let lines: Vec<&str> = reply.lines().collect();
    assert_eq!(lines[0], "300000", "{reply}");
    assert_eq!(lines[2], short_sha512(&content), "{reply}");
    assert_eq!(lines[3], server.url("new/a%20b.bin"), "{reply}");
    assert_eq!(lines[4], "201", "{reply}");
    assert!(fs::read(server.root().join("new/a b.bin")).expect("it is there") == content);
}

#[test]
fn put_of_a_pipe_is_chunked() {
    let Some(mut curl) = curl() else { return };
    let server = TestServer::writable();
    let content = data::noise(2, 3_000_001);
    let reply = run_with_input(curl.args(["-T", "-", "-w", "%{http_code}"]).arg(server.url("piped.bin")), &content);
    assert!(text(&reply.stdout).ends_with("201"), "{}", text(&reply.stdout));
    assert!(fs::read(server.root().join("piped.bin")).expect("it is there") == content);
}

#[test]
fn put_without_checksum_returns_none() {
    let Some(mut curl) = curl() else { return };
    let server = TestServer::writable();
    let reply = run_with_input(curl.args(["-T", "-", "-H", "CK: no"]).arg(server.url("fast.bin?j")), b"quick");
    let reply: serde_json::Value = serde_json::from_slice(&reply.stdout).expect("JSON");
    assert_eq!(reply["filesz"], 5, "{reply}");
    assert!(reply.get("sha512").is_none(), "{reply}");
    assert_eq!(fs::read(server.root().join("fast.bin")).expect("it is there"), b"quick");
}

#[test]
fn an_existing_file_is_not_overwritten_by_default() {
    let Some(mut curl) = curl() else { return };
    let server = TestServer::writable();
    fs::write(server.root().join("a.txt"), "first").expect("a file");
    let reply = text(&run_with_input(curl.args(["-T", "-"]).arg(server.url("a.txt")), b"second").stdout);
    assert_eq!(fs::read(server.root().join("a.txt")).expect("it is there"), b"first");
    let url = reply.lines().nth(3).expect("an address");
    assert!(url.ends_with("/a%20%282%29.txt"), "{reply}");
    assert_eq!(fs::read(server.root().join("a (2).txt")).expect("is beside it"), b"second");
}

/// Returns the arguments with which curl does what ShareX does with a custom uploader, for a file at `path`.
fn as_share_x(uploader: &serde_json::Value, path: &std::path::Path, password: &str) -> Vec<String> {
    let text = |key: &str| uploader[key].as_str().unwrap_or_else(|| panic!("{key}: {uploader}")).to_owned();
    let pairs = |key: &str| -> Vec<(String, String)> {
        let fields = uploader[key].as_object().into_iter().flatten();
        fields.map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned())).collect()
    };
    assert_eq!(text("Body"), "MultipartFormData");
    let query: Vec<_> = pairs("Parameters").iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut arguments = vec!["-X".to_owned(), text("RequestMethod")];
    for (name, value) in pairs("Headers") {
        arguments.extend(["-H".to_owned(), format!("{name}: {}", value.replace("PASSWORD", password))]);
    }
    // The fields first, then the file.
    for (name, value) in pairs("Arguments") {
        arguments.extend(["--form-string".to_owned(), format!("{name}={value}")]);
    }
    arguments.extend(["-F".to_owned(), format!("{}=@{}", text("FileFormName"), path.display())]);
    arguments.push(format!("{}?{}", text("RequestURL"), query.join("&")));
    arguments
}

#[test]
fn the_file_for_share_x_uploads_and_names_where_the_address_is() {
    let Some(mut curl) = curl() else { return };
    let server = TestServer::start(["-a", "ann:wark", "-v", "{root}::r:rw,ann"]);
    let source = server.dir.path().join("shot 1.png");
    fs::write(&source, b"picture").expect("a file");
    let file = run(curl.args(["-u", "ann:wark"]).arg(server.url("new%20folder/?hc=sharex")));
    let uploader: serde_json::Value = serde_json::from_slice(&file).expect("JSON");
    // The fields and values that getsharex.com/docs/custom-uploader names.
    let known = [
        "Version",
        "Name",
        "DestinationType",
        "RequestMethod",
        "RequestURL",
        "Parameters",
        "Headers",
        "Body",
        "Arguments",
        "FileFormName",
        "URL",
    ];
    let keys: Vec<_> = uploader.as_object().expect("an object").keys().map(String::as_str).collect();
    assert!(keys.iter().all(|key| known.contains(key)), "{keys:?}");
    let kinds = uploader["DestinationType"].as_str().expect("a text").split(", ");
    assert!(kinds.clone().all(|kind| ["ImageUploader", "TextUploader", "FileUploader"].contains(&kind)), "{uploader}");
    let (Some(mut curl), arguments) = (self::curl(), as_share_x(&uploader, &source, "wark")) else { return };
    let reply: serde_json::Value = serde_json::from_slice(&run(curl.args(&arguments))).expect("JSON");
    let place =
        uploader["URL"].as_str().and_then(|url| url.strip_prefix("{json:")?.strip_suffix('}')).expect("a place");
    let address = reply[place].as_str().unwrap_or_else(|| panic!("{place}: {reply}"));
    assert_eq!(address, server.url("new%20folder/shot%201.png"));
    let Some(mut curl) = self::curl() else { return };
    assert_eq!(run(curl.arg(address)), b"picture");
}

#[test]
fn a_form_uploads_several_files_and_is_answered_in_json() {
    let Some(mut curl) = curl() else { return };
    let server = TestServer::writable();
    let (one, two) = (server.dir.path().join("one.txt"), server.dir.path().join("two.bin"));
    fs::write(&one, "eins").expect("a file");
    fs::write(&two, data::noise(3, 200_000)).expect("a file");
    let part = |path: &std::path::Path| format!("f=@{}", path.display());
    let reply = run(curl.args(["-F", "act=bput", "-F", &part(&one), "-F", &part(&two)]).arg(server.url("form/?j")));
    let reply: serde_json::Value = serde_json::from_slice(&reply).expect("JSON");
    assert_eq!(reply["status"], "OK", "{reply}");
    assert_eq!(reply["files"].as_array().map(Vec::len), Some(2), "{reply}");
    assert_eq!(reply["files"][0]["sha512"], short_sha512(b"eins"), "{reply}");
    assert_eq!(reply["files"][1]["sz"], 200_000, "{reply}");
    assert_eq!(reply["files"][0]["url"], server.url("form/one.txt"), "{reply}");
    assert!(fs::read(server.root().join("form/two.bin")).expect("it is there") == data::noise(3, 200_000));
}

#[test]
fn a_folder_is_listed_as_plain_text() {
    let Some(mut curl) = curl() else { return };
    let server = TestServer::writable();
    fs::create_dir(server.root().join("folder")).expect("a folder");
    fs::write(server.root().join("readable name.txt"), "x").expect("a file");
    let page = text(&run(curl.arg(server.url(""))));
    assert!(page.contains("readable name.txt") && page.contains("folder/"), "{page}");
    assert!(!page.contains("<a "), "{page}");
}

#[test]
fn ranges_of_a_file_are_served() {
    let server = TestServer::writable();
    let content = data::noise(4, 100_000);
    fs::write(server.root().join("a.bin"), &content).expect("a file");
    let check = |range: &str, expected: &[u8]| {
        let Some(mut curl) = curl() else { return };
        let got = run(curl.args(["-r", range, "-w", "%{stderr}%{http_code}"]).arg(server.url("a.bin")));
        assert!(got == expected, "range {range}: {} bytes", got.len());
    };
    check("100-199", &content[100..200]);
    check("-50", &content[99_950..]);
    check("99990-", &content[99_990..]);
    check("99990-200000", &content[99_990..]);
}

#[test]
fn several_ranges_are_served_as_parts_or_whole() {
    let Some(mut curl) = curl() else { return };
    let server = TestServer::writable();
    let content = data::noise(5, 10_000);
    fs::write(server.root().join("a.bin"), &content).expect("a file");
    let got = run(curl.args(["-i", "-r", "10-19,100-149"]).arg(server.url("a.bin")));
    let has = |part: &[u8]| got.windows(part.len()).any(|w| w == part);
    assert!(has(b" 206 ") && has(b"multipart/byteranges"), "{}", String::from_utf8_lossy(&got[..300.min(got.len())]));
    assert!(has(&content[10..20]) && has(&content[100..150]) && got.len() < 1_500);
    assert!(has(b"10-19/10000") && has(b"100-149/10000"));
}

#[test]
fn an_interrupted_download_is_resumed() {
    let Some(mut curl) = curl() else { return };
    let server = TestServer::writable();
    let content = data::noise(6, 500_000);
    fs::write(server.root().join("a.bin"), &content).expect("a file");
    let half = server.dir.path().join("half.bin");
    fs::write(&half, &content[..123_456]).expect("a file");
    run(curl.args(["-C", "-", "-o"]).arg(&half).arg(server.url("a.bin")));
    assert!(fs::read(&half).expect("it is there") == content);
}

#[test]
fn a_current_copy_is_not_sent_again() {
    let server = TestServer::writable();
    fs::write(server.root().join("a.txt"), "text").expect("a file");
    let tags = server.dir.path().join("etag");
    let fetch = || {
        let mut curl = curl()?;
        let reply = run(curl
            .arg("--etag-save")
            .arg(&tags)
            .arg("--etag-compare")
            .arg(&tags)
            .args(["-w", "%{http_code}"])
            .arg(server.url("a.txt")));
        Some(text(&reply))
    };
    fs::write(&tags, "").expect("a file");
    let Some(first) = fetch() else { return };
    assert_eq!(first, "text200");
    assert_eq!(fetch().as_deref(), Some("304"));
}

#[test]
fn a_folder_unpacks_from_tar_and_zip() {
    let server = TestServer::writable();
    let tree = server.root().join("tree");
    data::tree(&tree, 250, 1_000);
    fs::write(tree.join("d000/smile 😀.txt"), "unicode").expect("a file");
    fs::write(tree.join("long.bin"), data::noise(7, 3_000_000)).expect("a file");
    let unpack = |query: &str, program: &str, args: &[&str]| {
        let (Some(mut curl), Some(program)) = (curl(), skip::need(program)) else { return };
        let out = server.dir.path().join(format!("out-{query}"));
        fs::create_dir(&out).expect("a folder");
        let archive = out.with_extension("archive");
        run(curl.args(["-f", "-o"]).arg(&archive).arg(server.url(&format!("tree/?{query}"))));
        let fill = |a: &&str| {
            a.replace("ARCHIVE", archive.to_str().expect("plain")).replace("OUT", out.to_str().expect("plain"))
        };
        run(Command::new(program).args(args.iter().map(fill)));
        data::assert_same_tree(&tree, &out.join("tree"));
    };
    unpack("tar", "tar", &["-xf", "ARCHIVE", "-C", "OUT"]);
    unpack("tar=pax", "tar", &["-xf", "ARCHIVE", "-C", "OUT"]);
    unpack("tar=gz", "tar", &["-xzf", "ARCHIVE", "-C", "OUT"]);
    unpack("zip", "python3", &["-m", "zipfile", "-e", "ARCHIVE", "OUT"]);
}

#[test]
fn a_password_gives_access_to_a_private_volume() {
    let server = TestServer::start(["-a", "ed:s3cret", "-v", "{root}::r,ed"]);
    fs::write(server.root().join("a.txt"), "hidden").expect("a file");
    let ask = |args: &[&str], path: &str| {
        let mut curl = curl()?;
        Some(text(&run(curl.args(args).args(["-w", "|%{http_code}"]).arg(server.url(path)))))
    };
    let Some(closed) = ask(&[], "a.txt") else { return };
    // No text or a page for people: copyparty answers curl with 403 and other programs with 401.
    assert!(closed.ends_with("|401") || closed.ends_with("|403"), "{closed}");
    assert!(!closed.contains("hidden"), "{closed}");
    assert_eq!(ask(&["-u", "ed:s3cret"], "a.txt").as_deref(), Some("hidden|200"));
    assert_eq!(ask(&["-u", ":s3cret"], "a.txt").as_deref(), Some("hidden|200"));
    assert_eq!(ask(&["-H", "PW: s3cret"], "a.txt").as_deref(), Some("hidden|200"));
    assert_eq!(ask(&[], "a.txt?pw=s3cret").as_deref(), Some("hidden|200"));
    let wrong = ask(&["-u", "ed:wrong"], "a.txt").expect("curl is here");
    assert!(!wrong.contains("hidden"), "{wrong}");
}

#[test]
fn one_port_serves_https_and_http2_too() {
    let server = TestServer::writable();
    fs::write(server.root().join("a.bin"), data::noise(8, 400_000)).expect("a file");
    let check = |args: &[&str], scheme: &str| {
        let Some(mut curl) = curl() else { return };
        let url = server.url("a.bin").replace("http:", scheme);
        let got = run(curl.args(args).arg(url));
        assert!(got == data::noise(8, 400_000), "{args:?}: {} bytes", got.len());
    };
    check(&["--http2-prior-knowledge"], "http:");
    check(&["--insecure", "--http1.1"], "https:");
    check(&["--insecure", "--http2"], "https:");
}

#[test]
fn nasty_names_are_uploaded_and_downloaded() {
    let server = TestServer::writable();
    for (i, name) in (100..).zip(data::NASTY_NAMES) {
        let Some(mut up) = curl() else { return };
        let content = data::noise(i, 500);
        let url = server.url(&format!("names/{}", data::encode(name)));
        let reply = run_with_input(up.args(["--path-as-is", "-T", "-", "-w", "%{http_code}"]).arg(&url), &content);
        let reply = text(&reply.stdout);
        assert!(reply.ends_with("201"), "{name:?}: {reply}");
        let stored = reply.lines().nth(3).expect("an address").to_owned();
        // Leading and trailing blanks are removed, as in copyparty: people could not tell such names apart.
        let expected = server.url(&format!("names/{}", data::encode(name.trim())));
        assert_eq!(stored, expected, "{name:?} was stored under another name");
        let got = run(curl().expect("it was here just now").args(["-f", "--path-as-is"]).arg(&stored));
        assert!(got == content, "{name:?} has other contents");
    }
    assert_eq!(data::files(&server.root().join("names")).len(), data::NASTY_NAMES.len());
}
