//! The table of permissions and operations through SFTP: the code of the status of every request with every set of rights, -1 for
//! another answer. Contents and names travel both ways as they are.

use crate::matrix::{COLUMNS, server};
use crate::{on_disk, open_server};
use std::net::SocketAddr;
use support::data::{NASTY_NAMES, noise};
use support::sftp::{APPEND, CREATE, Proof, READ, SftpChannel, SftpConn, WRITE, string};

/// A request, and its code for each column of the table.
struct Row {
    what: &'static str,
    ask: fn(&mut SftpChannel<'_>, &str) -> i32,
    want: [i32; 12],
}

/// Kinds of requests.
mod kind {
    pub const SET_STAT: u8 = 9;
    pub const REMOVE: u8 = 13;
    pub const MAKE_FOLDER: u8 = 14;
    pub const REMOVE_FOLDER: u8 = 15;
    pub const STAT: u8 = 17;
    pub const RENAME: u8 = 18;
}

fn path(conn: &mut SftpChannel<'_>, kind: u8, path: String) -> i32 {
    conn.path(kind, path.as_bytes())
}

fn write_into(conn: &mut SftpChannel<'_>, path: String, flags: u32) -> i32 {
    match conn.open(path.as_bytes(), flags) {
        Ok(handle) => {
            let written = conn.write(&handle, 0, b"x");
            let closed = conn.close(&handle);
            if written == 0 { closed } else { written }
        }
        Err(code) => code,
    }
}

fn rows() -> Vec<Row> {
    let row = |what, ask, want| Row { what, ask, want };
    vec![
        row(
            "OPENDIR",
            |conn, at| {
                let names = conn.names(format!("/{at}").as_bytes());
                let sees = names.as_ref().is_ok_and(|names| names.iter().any(|name| name == b"f.txt"));
                assert_eq!(sees, at.starts_with('r'), "OPENDIR with {at}");
                names.map_or_else(|code| code, |_| 0)
            },
            [0, 0, 0, 0, 0, 0, 3, 3, 3, 0, 0, 3],
        ),
        row(
            "READ",
            |conn, at| conn.get(format!("/{at}/f.txt").as_bytes()).map_or_else(|code| code, |_| 0),
            [0, 3, 0, 0, 0, 0, 0, 3, 0, 0, 3, 3],
        ),
        row(
            "STAT",
            |conn, at| path(conn, kind::STAT, format!("/{at}/f.txt")),
            [-1, 3, -1, -1, -1, -1, -1, 3, -1, -1, 3, 3],
        ),
        row(
            "MKDIR",
            |conn, at| path(conn, kind::MAKE_FOLDER, format!("/{at}/made")),
            [3, 0, 0, 3, 3, 0, 3, 3, 3, 0, 0, 3],
        ),
        row("WRITE", |conn, at| conn.put(format!("/{at}/new").as_bytes(), b"x"), [3, 0, 0, 3, 3, 0, 3, 3, 3, 0, 0, 3]),
        row(
            "WRITE over a file",
            |conn, at| conn.put(format!("/{at}/f.txt").as_bytes(), b"x"),
            [3, 0, 3, 3, 3, 0, 3, 3, 3, 3, 0, 3],
        ),
        row(
            "WRITE into a file",
            |conn, at| write_into(conn, format!("/{at}/f.txt"), WRITE | READ),
            [3, 3, 3, 3, 3, 0, 3, 3, 3, 3, 3, 3],
        ),
        row(
            "WRITE at the end of a file",
            |conn, at| write_into(conn, format!("/{at}/f.txt"), WRITE | CREATE | APPEND),
            [3, 3, 3, 3, 3, 0, 3, 3, 3, 3, 3, 3],
        ),
        row(
            "SETSTAT of the time",
            |conn, at| {
                let fields = [&string(format!("/{at}/f.txt").as_bytes())[..], &[0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 9]];
                conn.ask(kind::SET_STAT, &fields.concat()).code()
            },
            [3, 3, 3, 3, 3, 0, 3, 3, 3, 3, 3, 3],
        ),
        row(
            "SETSTAT of the size",
            |conn, at| {
                let fields = [&string(format!("/{at}/f.txt").as_bytes())[..], &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]];
                conn.ask(kind::SET_STAT, &fields.concat()).code()
            },
            [3, 3, 3, 3, 3, 0, 3, 3, 3, 3, 3, 3],
        ),
        row(
            "RENAME",
            |conn, at| {
                let names = [string(format!("/{at}/move0").as_bytes()), string(format!("/{at}/moved").as_bytes())];
                conn.ask(kind::RENAME, &names.concat()).code()
            },
            [3, 3, 3, 3, 3, 0, 3, 3, 3, 3, 3, 3],
        ),
        row("REMOVE", |conn, at| path(conn, kind::REMOVE, format!("/{at}/del0")), [3, 3, 3, 3, 0, 0, 3, 3, 3, 3, 3, 3]),
        row(
            "RMDIR of a folder that is not empty",
            |conn, at| path(conn, kind::REMOVE_FOLDER, format!("/{at}/sub")),
            [4, 3, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3],
        ),
        row("RMDIR of a volume", |conn, at| path(conn, kind::REMOVE_FOLDER, format!("/{at}")), [3; 12]),
    ]
}

fn log_in(server: SocketAddr, user: &str, proof: &Proof<'_>) -> SftpConn {
    SftpConn::log_in(server, user, proof).expect("a login")
}

#[test]
fn rights_and_operations_of_sftp() {
    let server = server();
    let at = server.sftp.expect("SFTP");
    let conn = log_in(at, "any", &Proof::Nothing);
    let mut sftp = conn.sftp();
    let mut wrong = Vec::new();
    for row in rows() {
        for ((column, _, _), want) in COLUMNS.iter().zip(row.want) {
            let got = (row.ask)(&mut sftp, column);
            if got != want {
                wrong.push(format!("{} with {column}: {got}, not {want}", row.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The account k has no right anywhere; a login proves who it is nevertheless.
    let conn = log_in(at, "k", &Proof::Password("kpw"));
    assert_eq!(conn.sftp().names(b"/r"), Err(3));
}

#[test]
fn contents_travel_both_ways() {
    let server = open_server();
    let conn = log_in(server.sftp.expect("SFTP"), "any", &Proof::Nothing);
    let mut sftp = conn.sftp();
    for size in [0, 1, 32_767, 32_768, 32_769, 65_536, 65_537, 1_000_000] {
        let content = noise(size as u64, size);
        assert_eq!(sftp.put(b"file", &content), 0, "{size}: sent, replacing the one before");
        assert!(std::fs::read(server.root().join("file")).expect("a file") == content, "{size}: stored");
        assert!(sftp.get(b"/file") == Ok(content), "{size}: received");
    }
}

#[test]
fn names_travel_both_ways() {
    let server = open_server();
    let conn = log_in(server.sftp.expect("SFTP"), "any", &Proof::Nothing);
    let mut sftp = conn.sftp();
    assert_eq!(sftp.path(kind::MAKE_FOLDER, b"names"), 0);
    let mut names: Vec<Vec<u8>> = vec![b".".to_vec(), b"..".to_vec()];
    for name in NASTY_NAMES.iter().filter(|name| name.len() <= 255) {
        let path = format!("names/{name}");
        assert_eq!(sftp.put(path.as_bytes(), name.as_bytes()), 0, "{name:?}");
        assert_eq!(std::fs::read(server.root().join("names").join(name)).expect(name), name.as_bytes());
        assert_eq!(sftp.get(path.as_bytes()).as_deref(), Ok(name.as_bytes()), "{name:?}");
        names.push(name.as_bytes().to_vec());
    }
    let mut listed = sftp.names(b"names").expect("a listing");
    listed.sort();
    names.sort();
    assert_eq!(listed, names);
    // Ways out of the shared folders.
    let before = on_disk(&server);
    for path in [&b"../../../etc/passwd"[..], b"/etc/passwd", b"names/../../x/passwd", b"names/\0"] {
        assert_eq!(sftp.get(path), Err(2), "{path:?}");
    }
    assert_eq!(before, on_disk(&server));
}
