//! What any protocol deletes or replaces goes into the trash, comes back whole, and is served by no protocol meanwhile.

use crate::client::{Client, Refusal, WriteOptions, clients, folder_of, join, url};
use crate::open_server;
use serde_json::Value;
use support::TestServer;

/// Returns the ids of what is in the trash below a folder, the newest first.
fn trash_of(server: &TestServer, folder: &[u8]) -> Vec<String> {
    let reply = server.get(&format!("{}/?trash", url(folder)));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let items = reply.json()["trash"].as_array().cloned().unwrap_or_default();
    items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)).collect()
}

fn restore(server: &TestServer, ids: &[String]) -> Value {
    let body = serde_json::to_vec(ids).expect("a list of texts");
    let reply = server.connect().send("POST", "/?trash", &[("content-type", "application/json")], &body);
    let reply = reply.expect("an answer");
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[test]
fn deleted_files_and_folders_are_restored() {
    let server = open_server();
    for mut client in clients(&server) {
        let (protocol, folder) = (client.protocol(), folder_of(&*client, "trash"));
        let client: &mut dyn Client = &mut *client;
        let path = client.write(&folder, b"a.txt", b"one", WriteOptions::default()).expect("writes");
        let inner = join(&folder, b"sub");
        let deep = client.write(&inner, b"b.txt", b"two", WriteOptions::default()).expect("writes");
        client.delete(&path).expect("deletes");
        assert_eq!(client.read(&path), Err(Refusal::Absent), "{protocol}");
        client.delete(&inner).expect("deletes");
        assert_eq!(client.list(&folder).expect("lists"), [], "{protocol}: the trash is not listed");
        let ids = trash_of(&server, &folder);
        // A client of FTP deletes what is in a folder first.
        assert_eq!(ids.len(), if protocol == "ftp" { 3 } else { 2 }, "{protocol}");
        for hidden in [".hist".to_owned(), ".hist/trash".into(), format!(".hist/trash/{}", ids[0].replace('.', "/"))] {
            assert!(client.list(hidden.as_bytes()).is_err(), "{protocol}: {hidden}");
            assert!(client.read(hidden.as_bytes()).is_err(), "{protocol}: {hidden}");
            assert!(client.delete(hidden.as_bytes()).is_err(), "{protocol}: {hidden}");
            assert!(client.rename(hidden.as_bytes(), &join(&folder, b"x")).is_err(), "{protocol}: {hidden}");
        }
        let restored = restore(&server, &ids);
        assert_eq!(restored["restored"].as_array().map(Vec::len), Some(ids.len()), "{protocol}: {restored}");
        assert_eq!(client.read(&path).expect("reads"), b"one", "{protocol}");
        assert_eq!(client.read(&deep).expect("reads"), b"two", "{protocol}");
        assert_eq!(trash_of(&server, &folder), [""; 0], "{protocol}");
    }
}

#[test]
fn replaced_files_become_versions() {
    let server = open_server();
    for mut client in clients(&server) {
        let (protocol, folder) = (client.protocol(), folder_of(&*client, "versions"));
        let path = client.write(&folder, b"a.txt", b"first", WriteOptions::default()).expect("writes");
        let replacing = WriteOptions { replace: true, ..WriteOptions::default() };
        let Ok(second) = client.write(&folder, b"a.txt", b"second one", replacing) else { continue };
        if second != path {
            // This protocol does not replace files; it gave the second one another name.
            continue;
        }
        let versions = server.get(&format!("{}?versions", url(&path))).json();
        let all = versions["versions"].as_array().cloned().unwrap_or_default();
        assert_eq!((all.len(), all[0]["sz"].as_u64()), (1, Some(5)), "{protocol}: {versions}");
        let body = format!("replace={}", all[0]["id"].as_str().unwrap_or_default());
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let reply = server.connect().send("POST", &format!("{}?versions", url(&path)), &form, body.as_bytes());
        assert_eq!(reply.expect("an answer").status, 200, "{protocol}");
        assert_eq!(client.read(&path).expect("reads"), b"first", "{protocol}");
    }
}
