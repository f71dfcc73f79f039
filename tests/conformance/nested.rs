//! Nested volumes: the rights of the innermost volume apply, and it hides the outer volume's files below its mount
//! point.

use crate::client::{Client, Refusal, WriteOptions, clients, join};
use support::TestServer;
use tempfile::TempDir;

/// Starts a server: folder `p` at `/p` with all rights for everyone, its subfolder `sub` also at `/p/sub` for account u
/// only, `q` at `/p/x/y` read-only for everyone, `inbox` at `/p/inbox` write-only for everyone.
fn nested() -> TestServer {
    let dir: TempDir = tempfile::Builder::new().prefix("potluck-test-").tempdir().expect("a temporary folder");
    let root = dir.path();
    for folder in ["files", "p/sub/deep", "p/plain", "p/subway", "q", "inbox"] {
        std::fs::create_dir_all(root.join(folder)).expect("a folder");
    }
    for file in
        ["p/a.txt", "p/sub/s.txt", "p/sub/deep/d.txt", "p/plain/f.txt", "p/subway/w.txt", "q/q.txt", "inbox/i.txt"]
    {
        std::fs::write(root.join(file), file).expect("a file");
    }
    crate::start_in(
        dir,
        [
            "-a",
            "u:upw",
            "-v",
            "{dir}/p:p:rwmd",
            "-v",
            "{dir}/p/sub:p/sub:rwmd,u",
            "-v",
            "{dir}/q:p/x/y:r",
            "-v",
            "{dir}/inbox:p/inbox:w",
            "-e2d",
        ],
    )
}

fn names(client: &mut dyn Client, folder: &str) -> Result<Vec<String>, Refusal> {
    let list = client.list(folder.as_bytes())?;
    let mut names: Vec<_> = list.iter().map(|entry| String::from_utf8_lossy(&entry.name).into_owned()).collect();
    names.sort();
    Ok(names)
}

#[test]
fn an_inner_volume_hides_files_of_the_outer_one() {
    let server = nested();
    for mut client in clients(&server) {
        let protocol = client.protocol();
        assert_eq!(
            names(&mut *client, "p"),
            Ok(["a.txt", "inbox", "plain", "subway", "x"].map(String::from).to_vec()),
            "{protocol}"
        );
        // `x` does not exist on disk; it leads to a volume that the client may read.
        assert_eq!(names(&mut *client, "p/x"), Ok(vec!["y".to_owned()]), "{protocol}");
        for path in ["p/sub", "p/sub/deep", "p/sub/none"] {
            assert_eq!(names(&mut *client, path), Err(Refusal::Denied), "{protocol}: {path}");
        }
        assert_eq!(client.read(b"p/sub/s.txt"), Err(Refusal::Denied), "{protocol}");
        assert_eq!(client.read(b"p/sub/none.txt"), Err(Refusal::Denied), "{protocol}");
        assert_eq!(client.read(b"p/plain/../sub/s.txt"), Err(Refusal::Denied), "{protocol}");
        // A mount point matches whole path components, not prefixes.
        assert_eq!(client.read(b"p/subway/w.txt").expect("read"), b"p/subway/w.txt", "{protocol}");
        assert_eq!(client.read(b"p/x/y/q.txt").expect("read"), b"q/q.txt", "{protocol}");
        assert_eq!(
            client.write(b"p/x/y", b"n", b"n", WriteOptions::default()),
            Err(Refusal::Denied),
            "{protocol}: q is read-only"
        );
        assert_eq!(client.write(b"p/sub", b"n", b"n", WriteOptions::default()), Err(Refusal::Denied), "{protocol}");
        assert_eq!(client.mkdir(b"p/sub", b"n"), Err(Refusal::Denied), "{protocol}");
        assert!(client.mkdir(b"p", b"sub").is_err(), "{protocol}: the name belongs to a volume");
        client.login("upw");
        assert_eq!(names(&mut *client, "p/sub"), Ok(["deep", "s.txt"].map(String::from).to_vec()), "{protocol}");
        assert_eq!(client.read(b"p/sub/s.txt").expect("u reads"), b"p/sub/s.txt", "{protocol}");
    }
}

/// A recursive operation on a folder does not affect nested volumes in which the client has no right.
#[test]
fn recursive_operations_skip_forbidden_volumes() {
    for index in 0..3 {
        let server = nested();
        let mut client = clients(&server).swap_remove(index);
        let protocol = client.protocol();
        let dir = server.dir.path().to_path_buf();
        client.copy(b"p", b"p2").expect_err("writing outside of volumes is refused");
        client.copy(b"p", b"p/inbox/all").ok();
        assert!(!dir.join("inbox/all/sub").exists(), "{protocol}: a copy of p holds nothing of sub");
        let deleted = client.delete(b"p");
        assert!(dir.join("p/sub/s.txt").exists() && dir.join("p/sub/deep/d.txt").exists(), "{protocol}: {deleted:?}");
        assert!(dir.join("q/q.txt").exists() && dir.join("inbox/i.txt").exists(), "{protocol}");
        assert!(dir.join("p").exists(), "{protocol}: the folder of a volume stays");
        let moved = client.rename(b"p/sub", b"p/mine");
        assert!(moved.is_err() && dir.join("p/sub/s.txt").exists(), "{protocol}: {moved:?}");
        assert!(client.delete(b"p/sub").is_err(), "{protocol}");
        assert!(client.delete(b"p/x").is_err() && dir.join("q/q.txt").exists(), "{protocol}");
        client.write(b"p", b"new", b"n", WriteOptions::default()).expect("p works as before");
    }
}

#[test]
fn archives_hold_readable_files_only() {
    let server = nested();
    let body = server.get("/p/?tar").body;
    let has = |name: &str| body.windows(name.len()).any(|w| w == name.as_bytes());
    assert!(has("p/a.txt") && has("q/q.txt") && has("f.txt"), "all readable files");
    assert!(!has("s.txt") && !has("d.txt") && !has("i.txt"), "no other files");
    let reply = server.connect().send("GET", "/p/?tar", &[("PW", "upw")], b"").expect("a reply");
    let has = |name: &str| reply.body.windows(name.len()).any(|w| w == name.as_bytes());
    assert!(has("s.txt") && has("d.txt"), "u may read more");
}

/// Content that exists in one volume is not used as a duplicate in another.
#[test]
fn duplicates_are_found_in_their_own_volume_only() {
    let server = nested();
    for mut client in clients(&server) {
        client.login("upw");
        let name = format!("{}.bin", client.protocol());
        let data = format!("content of {name}").into_bytes();
        client.write(b"p/sub", name.as_bytes(), &data, WriteOptions::default()).expect("a file");
        let source = support::up2k::Source::new("probe", data);
        let answer = source.handshake(&mut server.connect(), "/p/plain/").expect("a reply").expect("accepted");
        assert_eq!(answer.missing.len(), 1, "{name} of /p/sub is unknown to strangers in /p");
        assert_eq!(client.read(&join(b"p/sub", name.as_bytes())).expect("read"), source.data);
    }
}
