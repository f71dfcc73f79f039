//! The table of permissions and operations through TFTP: the code of the error of every request with every set of rights, -1 for
//! none. Clients have the rights of everyone. Contents and names travel both ways as they are.

use crate::matrix::{COLUMNS, server};
use crate::{on_disk, open_server};
use std::net::SocketAddr;
use support::data::{NASTY_NAMES, noise};
use support::tftp::{TftpResult, read, write};

/// A request, and its error for each column of the table.
struct Row {
    what: &'static str,
    ask: fn(SocketAddr, &str) -> i32,
    want: [i32; 12],
}

fn code<T>(answer: TftpResult<T>) -> i32 {
    answer.map_or_else(|(code, _)| code.into(), |_| -1)
}

fn rows() -> Vec<Row> {
    let row = |what, ask, want| Row { what, ask, want };
    vec![
        row(
            "RRQ",
            |at, column| code(read(at, format!("{column}/f.txt").as_bytes())),
            [-1, 2, -1, -1, -1, -1, -1, 2, -1, -1, 2, 2],
        ),
        row(
            "RRQ of a missing file",
            |at, column| code(read(at, format!("{column}/missing").as_bytes())),
            [1, 2, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2],
        ),
        row(
            "RRQ of a folder",
            |at, column| {
                let listing = read(at, format!("{column}/").as_bytes());
                let sees = listing.as_ref().is_ok_and(|text| String::from_utf8_lossy(text).contains("f.txt"));
                assert_eq!(sees, column.starts_with('r'), "listing with {column}");
                code(listing)
            },
            [-1, -1, -1, -1, -1, -1, 2, 2, 2, -1, -1, 2],
        ),
        row(
            "WRQ",
            |at, column| code(write(at, format!("{column}/tftp.new").as_bytes(), b"x")),
            [2, -1, -1, 2, 2, -1, 2, 2, 2, -1, -1, 2],
        ),
        row(
            "WRQ over a file",
            |at, column| code(write(at, format!("{column}/f.txt").as_bytes(), b"x")),
            [2, -1, 6, 2, 2, -1, 2, 2, 2, 6, -1, 2],
        ),
        row(
            "WRQ into a missing folder",
            |at, column| code(write(at, format!("{column}/no/such").as_bytes(), b"x")),
            [2, -1, 1, 2, 2, 1, 2, 2, 2, -1, -1, 2],
        ),
    ]
}

#[test]
fn rights_and_requests_of_tftp() {
    let server = server();
    let at = server.tftp.expect("TFTP");
    let mut wrong = Vec::new();
    for row in rows() {
        for ((column, _, _), want) in COLUMNS.iter().zip(row.want) {
            let got = (row.ask)(at, column);
            if got != want {
                wrong.push(format!("{} with {column}: {got}, not {want}", row.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn contents_travel_both_ways() {
    let server = open_server();
    let at = server.tftp.expect("TFTP");
    for size in [0, 1, 511, 512, 513, 5120, 100_000] {
        let content = noise(size as u64, size);
        assert_eq!(write(at, b"file", &content), Ok(()), "{size}: sent, replacing the one before");
        assert!(std::fs::read(server.root().join("file")).expect("a file") == content, "{size}: stored");
        assert!(read(at, b"file") == Ok(content), "{size}: received");
    }
}

#[test]
fn names_travel_both_ways() {
    let server = open_server();
    let at = server.tftp.expect("TFTP");
    std::fs::create_dir(server.root().join("names")).expect("a folder");
    for name in NASTY_NAMES.iter().filter(|name| name.len() <= 255) {
        let path = format!("names/{name}");
        assert_eq!(write(at, path.as_bytes(), name.as_bytes()), Ok(()), "{name:?}");
        assert_eq!(std::fs::read(server.root().join("names").join(name)).expect(name), name.as_bytes());
        assert_eq!(read(at, path.as_bytes()).as_deref(), Ok(name.as_bytes()), "{name:?}");
    }
    // Paths of boot programs of Windows, and ways out of the shared folders.
    assert_eq!(write(at, b"names\\windows", b"x"), Ok(()));
    assert_eq!(read(at, b"names/windows").as_deref(), Ok(&b"x"[..]));
    let before = on_disk(&server);
    for path in [&b"../../../etc/passwd"[..], b"..\\..\\etc\\passwd", b"/etc/passwd", b"names/../../x/passwd"] {
        assert_eq!(read(at, path).map_err(|(code, _)| code), Err(1), "{path:?}");
    }
    assert_eq!(before, on_disk(&server));
}
