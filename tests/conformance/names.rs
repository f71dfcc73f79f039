//! Unusual names round-trip byte for byte. Where a protocol cannot express a name, the form that it can express does.

use crate::client::{WriteOptions, clients, folder_of, join};
use crate::open_server;
use support::data::NASTY_NAMES;

fn names() -> Vec<Vec<u8>> {
    let fitting = NASTY_NAMES.iter().filter(|name| name.len() <= 255);
    let mut names: Vec<Vec<u8>> = fitting.map(|name| name.as_bytes().to_vec()).collect();
    names.extend([
        b"caf\xe9 \xff\xfe.bin".to_vec(),
        b"\xc0\xaf overlong".to_vec(),
        b"#?%&<>\"".to_vec(),
        b"%2e%2e%2f".to_vec(),
        b"...".to_vec(),
        b". .".to_vec(),
        b"ends with blanks  ".to_vec(),
        b"C:".to_vec(),
        b"file::$DATA".to_vec(),
        b"CON".to_vec(),
        b"NUL.txt".to_vec(),
        b"LPT1".to_vec(),
        b"--help".to_vec(),
        b"carriage\rreturn".to_vec(),
        b"bell\x07 and \x1b[31mred".to_vec(),
        b"\xe2\x80\xaegnp.exe".to_vec(),
        b"dotless \xc4\xb1 and \xc4\xb0".to_vec(),
        [b'x'; 255].to_vec(),
        "é".repeat(127).into_bytes(),
    ]);
    names
}

#[test]
fn odd_names_round_trip() {
    let server = open_server();
    for mut client in clients(&server) {
        let folder = folder_of(&*client, "");
        let mut wanted = Vec::new();
        for (index, name) in names().into_iter().enumerate() {
            let Some(name) = client.sendable_name(&name) else { continue };
            let shown = String::from_utf8_lossy(&name).into_owned();
            let data = format!("content {index}").into_bytes();
            let path = client.write(&folder, &name, &data, WriteOptions::default());
            let path = path.unwrap_or_else(|refusal| panic!("{}: {shown:?} refused: {refusal:?}", client.protocol()));
            assert_eq!(
                String::from_utf8_lossy(&path),
                String::from_utf8_lossy(&join(&folder, &name)),
                "{}: stored under its name",
                client.protocol()
            );
            assert_eq!(client.read(&path).ok().as_deref(), Some(&*data), "{}: {shown:?}", client.protocol());
            wanted.push(name);
        }
        let mut listed: Vec<_> = client.list(&folder).expect("a listing").into_iter().map(|e| e.name).collect();
        listed.sort();
        wanted.sort();
        assert_eq!(
            listed.iter().map(|n| String::from_utf8_lossy(n)).collect::<Vec<_>>(),
            wanted.iter().map(|n| String::from_utf8_lossy(n)).collect::<Vec<_>>(),
            "{}",
            client.protocol()
        );
        assert!(listed == wanted, "{}: the same bytes", client.protocol());
        // Rename and delete find the names, too.
        for (index, name) in wanted.iter().enumerate() {
            let to = join(&folder, format!("renamed {index}").as_bytes());
            client.rename(&join(&folder, name), &to).expect("a rename");
            client.rename(&to, &join(&folder, name)).expect("a rename to an odd name");
            client.delete(&join(&folder, name)).expect("a delete");
        }
        assert_eq!(client.list(&folder), Ok(Vec::new()), "{}", client.protocol());
    }
}

#[test]
fn folders_have_odd_names_too() {
    let server = open_server();
    for mut client in clients(&server) {
        let top = folder_of(&*client, "");
        for (index, name) in names().into_iter().enumerate() {
            let is_sendable = client.sendable_name(&name).is_some();
            if name.starts_with(b".") || std::str::from_utf8(&name).is_err() || !is_sendable {
                continue;
            }
            let data = format!("{index}").into_bytes();
            client
                .mkdir(&top, &name)
                .unwrap_or_else(|refusal| panic!("{}: mkdir {name:?}: {refusal:?}", client.protocol()));
            let folder = join(&top, &name);
            let path = client.write(&folder, b"x", &data, WriteOptions::default()).expect("a file in it");
            assert!(path == join(&folder, b"x"), "{}: {path:?}", client.protocol());
            assert_eq!(client.read(&path).ok(), Some(data), "{}: {name:?}", client.protocol());
            assert_eq!(client.list(&folder).expect("a listing").len(), 1);
        }
    }
}

/// Names that differ only in their Unicode normalisation are two names if the file system distinguishes them; neither
/// replaces the other.
#[test]
fn names_that_differ_only_in_normalization_stay_apart() {
    let server = open_server();
    for mut client in clients(&server) {
        let folder = folder_of(&*client, "");
        let composed = client.write(&folder, "é".as_bytes(), b"nfc", WriteOptions::default()).expect("a file");
        let decomposed =
            client.write(&folder, "e\u{301}".as_bytes(), b"nfd", WriteOptions::default()).expect("its twin");
        assert_ne!(composed, decomposed);
        assert_eq!(client.read(&composed).expect("read"), b"nfc", "{}", client.protocol());
        assert_eq!(client.read(&decomposed).expect("read"), b"nfd", "{}", client.protocol());
    }
}

/// Names that are not UTF-8 are sent as lone surrogates in the handshake and are returned in the same form.
#[test]
fn up2k_carries_names_that_are_not_utf8() {
    let server = open_server();
    let (data, hash) = (b"content", support::up2k::hash(b"content"));
    let body = format!(r#"{{"name": "caf\udce9 \udcff.bin", "size": {}, "lmod": 1, "hash": ["{hash}"]}}"#, data.len());
    let mut conn = server.connect();
    let mut ask = || conn.send("POST", "/", &[("Content-Type", "application/json")], body.as_bytes()).expect("a reply");
    let text = ask().text();
    assert!(text.contains(r#""name": "caf\udce9 \udcff.bin""#), "{text}");
    let (_, rest) = text.split_once(r#""wark": ""#).expect("a wark");
    let wark = &rest[..44];
    let headers = [("Content-Type", "application/octet-stream"), ("X-Up2k-Wark", wark), ("X-Up2k-Hash", &hash)];
    assert_eq!(server.connect().send("POST", "/", &headers, data).expect("a reply").text(), "thank");
    assert!(ask().text().contains(r#""hash": []"#), "complete");
    assert_eq!(server.get("/caf%E9%20%FF.bin").body, data);
}
