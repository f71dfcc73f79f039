//! Files of every size read back as written, whole and in ranges; folders, moves and copies work the same way.

use crate::client::{Refusal, WriteOptions, clients, folder_of, join};
use crate::open_server;
use support::data::noise;

const MIB: usize = 1 << 20;

/// Sizes around every edge of the chunking, and chunks that repeat.
fn contents() -> Vec<(&'static str, Vec<u8>)> {
    let chunk = noise(7, MIB);
    vec![
        ("empty.bin", Vec::new()),
        ("one.bin", b"x".to_vec()),
        ("mib.bin", noise(1, MIB)),
        ("mib and one.bin", noise(2, MIB + 1)),
        ("repeats.bin", [&chunk[..], &chunk, &chunk].concat()),
        ("repeats and more.bin", [&chunk[..], b"tail", &chunk[..MIB - 4], &chunk, b"end"].concat()),
    ]
}

#[test]
fn written_and_read_back() {
    let server = open_server();
    for mut client in clients(&server) {
        let folder = folder_of(&*client, "");
        for (name, data) in contents() {
            let path = client.write(&folder, name.as_bytes(), &data, WriteOptions::default()).expect(name);
            assert_eq!(path, join(&folder, name.as_bytes()), "{}: stored under the requested name", client.protocol());
            assert!(client.read(&path).expect(name) == data, "{}: {name} differs", client.protocol());
            let stored = std::fs::read(server.root().join(client.protocol()).join(name)).expect("a file on disk");
            assert!(stored == data, "{}: {name} differs on disk", client.protocol());
        }
        let mut listed: Vec<_> = client.list(&folder).expect("a listing");
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        let mut wanted: Vec<_> = contents();
        wanted.sort_by(|a, b| a.0.cmp(b.0));
        let pairs = |size: u64, name: &[u8]| (String::from_utf8_lossy(name).into_owned(), size);
        assert_eq!(
            listed.iter().map(|e| pairs(e.size, &e.name)).collect::<Vec<_>>(),
            wanted.iter().map(|(n, d)| pairs(d.len() as u64, n.as_bytes())).collect::<Vec<_>>(),
            "{}: nothing more and nothing less is listed",
            client.protocol()
        );
        let data = &contents()[3].1;
        let path = join(&folder, b"mib and one.bin");
        for (from, to) in [(0, 1), (MIB - 1, MIB + 1), (5, 70_000), (MIB, MIB + 1)] {
            let got = client.read_range(&path, from, to).expect("a range");
            assert!(got == data[from..to], "{}: bytes {from}..{to} differ", client.protocol());
        }
    }
}

#[test]
fn folders_moves_copies_and_deletes() {
    let server = open_server();
    for mut client in clients(&server) {
        let protocol = client.protocol();
        let folder = folder_of(&*client, "");
        client.write(&folder, b"a.bin", b"first", WriteOptions::default()).expect("a file");
        client.mkdir(&folder, b"sub").expect("a folder");
        assert_eq!(client.mkdir(&folder, b"sub"), Err(Refusal::Taken), "{protocol}: a folder is made once");
        let path = |name: &str| join(&folder, name.as_bytes());

        client.rename(&path("a.bin"), &path("sub/b.bin")).expect("a move");
        assert_eq!(client.read(&path("a.bin")), Err(Refusal::Absent), "{protocol}");
        assert_eq!(client.read(&path("sub/b.bin")).expect("moved"), b"first", "{protocol}");

        client.copy(&path("sub"), &path("deep/er/copy")).expect("a copy of a folder, with folders above it");
        assert_eq!(client.read(&path("deep/er/copy/b.bin")).expect("copied"), b"first", "{protocol}");
        assert_eq!(client.copy(&path("sub/b.bin"), &path("deep/er/copy/b.bin")), Err(Refusal::Taken), "{protocol}");
        assert_eq!(client.rename(&path("sub/b.bin"), &path("deep/er/copy/b.bin")), Err(Refusal::Taken), "{protocol}");
        assert!(client.rename(&path("deep"), &path("deep/er/x")).is_err(), "{protocol}: into itself");
        assert_eq!(client.rename(&path("none"), &path("other")), Err(Refusal::Absent), "{protocol}");
        assert_eq!(client.copy(&path("none"), &path("other")), Err(Refusal::Absent), "{protocol}");

        client.delete(&path("sub/b.bin")).expect("a delete");
        assert_eq!(client.delete(&path("sub/b.bin")), Err(Refusal::Absent), "{protocol}: gone is gone");
        assert_eq!(client.read(&path("sub/b.bin")), Err(Refusal::Absent), "{protocol}");
        client.delete(&path("deep")).expect("a folder with its contents");
        let left: Vec<_> = client.list(&folder).expect("a listing").into_iter().map(|e| e.name).collect();
        assert_eq!(left, [b"sub".to_vec()], "{protocol}");
    }
}

/// A copy is a file of its own: changing one leaves the other.
#[test]
fn identical_files_stay_apart() {
    let server = open_server();
    for mut client in clients(&server) {
        let folder = folder_of(&*client, "");
        let data = noise(11, 70_000);
        let one = client.write(&folder, b"one", &data, WriteOptions::default()).expect("a file");
        let two = client.write(&folder, b"two", &data, WriteOptions::default()).expect("the same again");
        let three = join(&folder, b"three");
        client.copy(&one, &three).expect("a copy");
        let replace = WriteOptions { replace: true, ..WriteOptions::default() };
        let path = client.write(&folder, b"one", b"new", replace).expect("an overwrite");
        assert_eq!(path, one, "{}", client.protocol());
        assert_eq!(client.read(&one).expect("read"), b"new");
        assert!(client.read(&two).expect("read") == data && client.read(&three).expect("read") == data);
        client.delete(&two).expect("a delete");
        assert!(client.read(&three).expect("read") == data, "{}", client.protocol());
    }
}
