//! Rules for existing files: a name collision keeps both files, overwriting needs the delete permission, modification
//! times are kept.

use crate::client::{Refusal, WriteOptions, clients, folder_of, join};
use crate::open_server;
use support::up2k::Source;

const REPLACE: WriteOptions = WriteOptions { replace: true, modified: None };

#[test]
fn a_taken_name_keeps_both() {
    let server = open_server();
    for mut client in clients(&server) {
        let protocol = client.protocol();
        let folder = folder_of(&*client, "");
        let first = client.write(&folder, b"abc.bin", b"first", WriteOptions::default()).expect("a file");
        let second = client.write(&folder, b"abc.bin", b"second", WriteOptions::default()).expect("another");
        let third = client.write(&folder, b"abc.bin", b"third", WriteOptions::default()).expect("a third");
        assert_eq!(first, join(&folder, b"abc.bin"), "{protocol}");
        assert!(second != first && third != second && third != first, "{protocol}");
        for (path, data) in [(&first, b"first" as &[u8]), (&second, b"second"), (&third, b"third")] {
            assert_eq!(client.read(path).expect("read"), data, "{protocol}: {}", String::from_utf8_lossy(path));
        }
        let shown = String::from_utf8_lossy(&second).into_owned();
        let name = shown.rsplit('/').next().unwrap_or("");
        assert!(name.starts_with("abc") && name.ends_with(".bin"), "{protocol}: {name} still looks like abc.bin");
        assert_eq!(client.list(&folder).expect("a listing").len(), 3, "{protocol}");
        // A name of maximum length has no room for a suffix; the server still keeps both files.
        let long = [b'y'; 255];
        let one = client.write(&folder, &long, b"1", WriteOptions::default()).expect("a long name");
        let two = client.write(&folder, &long, b"2", WriteOptions::default()).expect("the long name again");
        assert_ne!(one, two, "{protocol}");
        assert_eq!((client.read(&one).expect("1"), client.read(&two).expect("2")), (b"1".to_vec(), b"2".to_vec()));
    }
}

/// A file does not replace a folder of the same name, nor the other way round.
#[test]
fn files_and_folders_do_not_replace_each_other() {
    let server = open_server();
    for mut client in clients(&server) {
        let protocol = client.protocol();
        let folder = folder_of(&*client, "");
        client.write(&folder, b"file", b"data", WriteOptions::default()).expect("a file");
        assert!(client.mkdir(&folder, b"file").is_err(), "{protocol}: a folder over a file");
        let inside = client.write(&join(&folder, b"file"), b"x", b"y", WriteOptions::default());
        assert!(inside.is_err(), "{protocol}: a file below a file: {inside:?}");
        assert_eq!(client.read(&join(&folder, b"file")).expect("read"), b"data", "{protocol}");
        client.mkdir(&folder, b"dir").expect("a folder");
        client.write(&join(&folder, b"dir"), b"kept", b"1", WriteOptions::default()).expect("a file in it");
        // The server refuses the file, stores it beside the folder or (PUT) inside it, but does not replace the folder.
        let other = client.write(&folder, b"dir", b"data", REPLACE);
        assert_ne!(other, Ok(join(&folder, b"dir")), "{protocol}");
        assert_eq!(client.read(&join(&folder, b"dir/kept")).expect("read"), b"1", "{protocol}");
    }
}

#[test]
fn overwriting_takes_the_right_to_delete() {
    let server = crate::start(["-a", "ed:hunter1", "-v", "{root}::rwmd,ed:rw", "-e2d"]);
    for mut client in clients(&server) {
        let protocol = client.protocol();
        let folder = folder_of(&*client, "");
        let path = client.write(&folder, b"a", b"old", WriteOptions::default()).expect("a file");
        let other = client.write(&folder, b"a", b"new", REPLACE);
        let count = match client.refuses_to_replace() {
            true => {
                assert_eq!(other, Err(Refusal::Denied), "{protocol}");
                1
            }
            false => {
                assert_ne!(other.expect("stored under another name"), path, "{protocol}: anonymous may not replace");
                2
            }
        };
        assert_eq!(client.read(&path).expect("read"), b"old", "{protocol}");
        assert_eq!(client.delete(&path), Err(Refusal::Denied), "{protocol}");
        assert_eq!(client.rename(&path, &join(&folder, b"b")), Err(Refusal::Denied), "{protocol}");

        client.login("hunter1");
        let same = client.write(&folder, b"a", b"new", REPLACE).expect("an overwrite");
        assert_eq!(same, path, "{protocol}: delete permission allows replacing");
        assert_eq!(client.read(&path).expect("read"), b"new", "{protocol}");
        assert_eq!(client.list(&folder).expect("a listing").len(), count, "{protocol}");
    }
}

#[test]
fn dates_are_kept() {
    let server = open_server();
    for mut client in clients(&server).into_iter().filter(|client| client.sends_mtime()) {
        let folder = folder_of(&*client, "");
        for (name, modified) in [("old", 1_000_000_000), ("epoch", 1), ("2038", 2_200_000_000)] {
            let options = WriteOptions { modified: Some(modified), replace: false };
            client.write(&folder, name.as_bytes(), name.as_bytes(), options).expect("a file");
        }
        let mut dates: Vec<_> = client.list(&folder).expect("a listing").into_iter().map(|e| e.modified).collect();
        dates.sort_unstable();
        assert_eq!(dates, [1, 1_000_000_000, 2_200_000_000], "{}", client.protocol());
    }
}

/// The values of `replace` in a handshake (docs/up2k.md "Handshake").
#[test]
fn up2k_replace_decides_on_a_taken_name() {
    let server = open_server();
    let mut conn = server.connect();
    let upload = |name: &str, data: &[u8], more: serde_json::Value| {
        let mut conn = server.connect();
        let source = Source::new(name, data.to_vec());
        let answer = source.ask(&mut conn, "/", more).expect("a reply")?;
        for hash in &answer.missing {
            assert_eq!(source.send_chunk(&mut conn, &answer, hash).expect("a reply").text(), "thank");
        }
        Ok::<_, support::http::Response>(answer.name)
    };
    let ok = |answer: Result<String, support::http::Response>| answer.expect("accepted");
    assert_eq!(ok(upload("a", b"first", serde_json::json!({"lmod": 1_500_000_000}))), "a");
    let skipped = upload("a", b"second", serde_json::json!({"replace": "skip"})).expect_err("refused");
    assert_eq!(skipped.status, 409);
    assert!(skipped.text().contains("a file with that name already exists"), "{}", skipped.text());
    assert_ne!(ok(upload("a", b"older", serde_json::json!({"replace": "mt", "lmod": 1_400_000_000}))), "a");
    assert_eq!(ok(upload("a", b"newer", serde_json::json!({"replace": "mt", "lmod": 1_600_000_000}))), "a");
    assert_eq!(conn.send("GET", "/a?raw", &[], b"").expect("a reply").body, b"newer");
    assert_eq!(ok(upload("a", b"last", serde_json::json!({"replace": true}))), "a");
    assert_eq!(conn.send("GET", "/a?raw", &[], b"").expect("a reply").body, b"last");
}

#[test]
fn requests_without_the_right_change_nothing() {
    let server = crate::start(["-a", "ed:hunter1", "-v", "{root}::r:rwmd,ed", "-e2d"]);
    for mut client in clients(&server) {
        let protocol = client.protocol();
        let folder = b"".to_vec();
        client.login("hunter1");
        client.write(&folder, protocol.as_bytes(), b"kept", WriteOptions::default()).expect("a file");
    }
    for mut client in clients(&server) {
        let protocol = client.protocol();
        assert_eq!(client.write(b"", b"new", b"data", WriteOptions::default()), Err(Refusal::Denied), "{protocol}");
        assert_eq!(
            client.write(b"sub/deep", b"new", b"data", WriteOptions::default()),
            Err(Refusal::Denied),
            "{protocol}"
        );
        assert_eq!(client.mkdir(b"", b"new"), Err(Refusal::Denied), "{protocol}");
        assert_eq!(client.delete(protocol.as_bytes()), Err(Refusal::Denied), "{protocol}");
        assert_eq!(client.delete(b"absent"), Err(Refusal::Denied), "{protocol}");
        assert_eq!(client.rename(protocol.as_bytes(), b"new"), Err(Refusal::Denied), "{protocol}");
        assert_eq!(client.copy(protocol.as_bytes(), b"new"), Err(Refusal::Denied), "{protocol}");
        assert_eq!(client.read(protocol.as_bytes()).expect("read"), b"kept", "{protocol}");
        // A wrong password gives no rights.
        client.login("hunter2");
        assert_eq!(client.write(b"", b"new", b"data", WriteOptions::default()), Err(Refusal::Denied), "{protocol}");
    }
    assert_eq!(crate::on_disk(&server).len(), clients(&server).len());
}
