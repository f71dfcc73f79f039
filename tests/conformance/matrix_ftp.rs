//! The table of permissions and operations through FTP: the last reply of every command with every set of rights.

use crate::matrix::{COLUMNS, server};
use support::ftp::FtpConn;

/// A command, and its last reply for each column of the table.
struct Row {
    what: &'static str,
    ask: fn(&mut FtpConn, &str) -> u16,
    want: [u16; 12],
}

fn command(conn: &mut FtpConn, text: String) -> u16 {
    conn.ask(text.as_bytes()).expect("a reply").code
}

fn store(conn: &mut FtpConn, text: String) -> u16 {
    conn.store(text.as_bytes(), b"x").expect("a reply").code
}

fn rows() -> Vec<Row> {
    let row = |what, ask, want| Row { what, ask, want };
    vec![
        row(
            "MLSD",
            |conn, at| {
                let (reply, lines) = conn.fetch(format!("MLSD /{at}").as_bytes()).expect("a reply");
                let sees = String::from_utf8_lossy(&lines).contains("f.txt");
                assert_eq!(sees, at.starts_with('r'), "MLSD with {at}");
                reply.code
            },
            [226, 226, 226, 226, 226, 226, 550, 550, 550, 226, 226, 550],
        ),
        row(
            "CWD",
            |conn, at| command(conn, format!("CWD /{at}")),
            [250, 250, 250, 250, 250, 250, 550, 550, 250, 250, 250, 550],
        ),
        row(
            "RETR",
            |conn, at| conn.fetch(format!("RETR /{at}/f.txt").as_bytes()).expect("a reply").0.code,
            [226, 550, 226, 226, 226, 226, 226, 550, 226, 226, 550, 550],
        ),
        row(
            "SIZE",
            |conn, at| command(conn, format!("SIZE /{at}/f.txt")),
            [213, 550, 213, 213, 213, 213, 213, 550, 213, 213, 550, 550],
        ),
        row("SIZE of a missing file", |conn, at| command(conn, format!("SIZE /{at}/missing")), [550; 12]),
        row(
            "MKD",
            |conn, at| command(conn, format!("MKD /{at}/made")),
            [550, 257, 257, 550, 550, 257, 550, 550, 550, 257, 257, 550],
        ),
        row(
            "STOR",
            |conn, at| store(conn, format!("STOR /{at}/new")),
            [550, 226, 226, 550, 550, 226, 550, 550, 550, 226, 226, 550],
        ),
        row(
            "STOR over a file",
            |conn, at| store(conn, format!("STOR /{at}/f.txt")),
            [550, 226, 550, 550, 550, 226, 550, 550, 550, 550, 226, 550],
        ),
        row(
            "STOU",
            |conn, at| store(conn, format!("STOU /{at}/f.txt")),
            [550, 226, 226, 550, 550, 226, 550, 550, 550, 226, 226, 550],
        ),
        row(
            "APPE",
            |conn, at| store(conn, format!("APPE /{at}/f.txt")),
            [550, 550, 550, 550, 550, 226, 550, 550, 550, 550, 550, 550],
        ),
        row(
            "MFMT",
            |conn, at| command(conn, format!("MFMT 20010909014640 /{at}/f.txt")),
            [550, 550, 550, 550, 550, 213, 550, 550, 550, 550, 550, 550],
        ),
        row(
            "RNTO",
            |conn, at| {
                let first = command(conn, format!("RNFR /{at}/move0"));
                if first == 350 { command(conn, format!("RNTO /{at}/moved")) } else { first }
            },
            [550, 550, 550, 550, 550, 250, 550, 550, 550, 550, 550, 550],
        ),
        row(
            "DELE",
            |conn, at| command(conn, format!("DELE /{at}/del0")),
            [550, 550, 550, 550, 250, 250, 550, 550, 550, 550, 550, 550],
        ),
        row("RMD of a folder that is not empty", |conn, at| command(conn, format!("RMD /{at}/sub")), [550; 12]),
        row("RMD of a volume", |conn, at| command(conn, format!("RMD /{at}")), [550; 12]),
    ]
}

#[test]
fn rights_and_operations_of_ftp() {
    let server = server();
    let (mut conn, reply) = FtpConn::log_in(server.ftp.expect("FTP"), None).expect("the server accepts");
    assert_eq!(reply.code, 230, "{}", reply.shown());
    let mut wrong = Vec::new();
    for row in rows() {
        for ((column, _, _), want) in COLUMNS.iter().zip(row.want) {
            let got = (row.ask)(&mut conn, column);
            if got != want {
                wrong.push(format!("{} with {column}: {got}, not {want}", row.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The account k has no right anywhere; a login proves who it is nevertheless.
    let (mut conn, reply) = FtpConn::log_in(server.ftp.expect("FTP"), Some("kpw")).expect("the server accepts");
    assert_eq!(reply.code, 230);
    assert_eq!(conn.ask(b"CWD /r").expect("a reply").code, 550);
}
