//! FTP: STOU keeps what is there, STOR replaces it; copies are read and written again by the client.

use std::io::Write;
use std::net::SocketAddr;

use support::TestServer;
use support::ftp::{FtpConn, FtpReply};

use super::{Client, Entry, ProtocolResult, Refusal, WriteOptions, join};

/// A session, which is logged in.
pub(super) struct Ftp {
    server: SocketAddr,
    conn: Option<FtpConn>,
    password: Option<String>,
}

impl Ftp {
    /// Connects with the first command.
    pub(super) fn new(server: &TestServer) -> Self {
        Self { server: server.ftp.expect("a server with FTP"), conn: None, password: None }
    }

    /// The session. Without rights anywhere there is none, which counts as denied.
    fn conn(&mut self) -> ProtocolResult<&mut FtpConn> {
        if self.conn.is_none() {
            let (conn, reply) = FtpConn::log_in(self.server, self.password.as_deref()).expect("the server accepts");
            judge(reply)?;
            self.conn = Some(conn);
        }
        Ok(self.conn.as_mut().expect("was made above"))
    }

    fn ask(&mut self, verb: &str, path: &[u8]) -> ProtocolResult<FtpReply> {
        let command = command(verb, path);
        judge(self.conn()?.ask(&command).expect("a reply"))
    }

    fn fetch(&mut self, verb: &str, path: &[u8]) -> ProtocolResult<Vec<u8>> {
        let command = command(verb, path);
        let (reply, bytes) = self.conn()?.fetch(&command).expect("a reply");
        judge(reply).map(|_| bytes)
    }

    fn store(&mut self, verb: &str, path: &[u8], data: &[u8]) -> ProtocolResult<FtpReply> {
        let command = command(verb, path);
        let reply = self.conn()?.store(&command, data).expect("a reply");
        if reply.shown().contains("No such folder") {
            self.make_folders(path)?;
            return judge(self.conn()?.store(&command, data).expect("a reply"));
        }
        judge(reply)
    }

    /// Makes the folders around `path` that do not exist.
    fn make_folders(&mut self, path: &[u8]) -> ProtocolResult<()> {
        let names: Vec<&[u8]> = path.split(|&b| b == b'/').collect();
        for end in 1..names.len() {
            match self.ask("MKD", &names[..end].join(&b'/')) {
                Ok(_) | Err(Refusal::Taken) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(())
    }

    fn is_folder(&mut self, path: &[u8]) -> ProtocolResult<bool> {
        Ok(self.ask("MLST", path)?.shown().contains("type=dir;"))
    }

    /// Copies a file, or a folder with its contents.
    fn copy_tree(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        if !self.is_folder(from)? {
            let data = self.read(from)?;
            return self.store("STOR", to, &data).map(drop);
        }
        self.make_folders(&join(to, b"x"))?;
        for entry in self.list(from)? {
            self.copy_tree(&join(from, &entry.name), &join(to, &entry.name))?;
        }
        Ok(())
    }
}

fn command(verb: &str, path: &[u8]) -> Vec<u8> {
    [verb.as_bytes(), b" /", path].concat()
}

fn judge(reply: FtpReply) -> ProtocolResult<FtpReply> {
    let text = reply.shown();
    match reply.code {
        200..=399 => Ok(reply),
        530 => Err(Refusal::Denied),
        _ if text.contains("Permission denied") || text.contains("may not") => Err(Refusal::Denied),
        _ if text.contains("No such") => Err(Refusal::Absent),
        _ if text.contains("has that name") => Err(Refusal::Taken),
        code => Err(Refusal::Other(code, text)),
    }
}

/// Reads `type=file;size=5;modify=20231114221320;perm=r; name`.
fn entry(line: &[u8]) -> Entry {
    let blank = line.iter().position(|&byte| byte == b' ').expect("facts end with a blank");
    let facts = String::from_utf8_lossy(&line[..blank]).into_owned();
    let fact = |name: &str| facts.split(';').find_map(|fact| fact.strip_prefix(name)?.strip_prefix('='));
    Entry {
        name: line[blank + 1..].to_vec(),
        folder: fact("type") == Some("dir"),
        size: fact("size").map_or(0, |size| size.parse().expect("a number")),
        modified: fact("modify").map_or(0, seconds),
    }
}

/// Seconds since 1970 of `20010909014640`.
fn seconds(time: &str) -> i64 {
    let part = |from: usize, to: usize| time[from..to].parse::<i64>().expect("a number");
    let days = model::calendar::days_since_1970(part(0, 4), part(4, 6), part(6, 8));
    days * 86_400 + part(8, 10) * 3600 + part(10, 12) * 60 + part(12, 14)
}

/// `20010909014640`
fn time(seconds: i64) -> String {
    let (year, month, day) = model::calendar::date_of(seconds.div_euclid(86_400));
    let rest = seconds.rem_euclid(86_400);
    format!("{year:04}{month:02}{day:02}{:02}{:02}{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

impl Client for Ftp {
    fn protocol(&self) -> &'static str {
        "ftp"
    }

    fn login(&mut self, password: &str) {
        self.password = Some(password.to_owned());
        self.conn = None;
    }

    fn list(&mut self, folder: &[u8]) -> ProtocolResult<Vec<Entry>> {
        let lines = self.fetch("MLSD", folder)?;
        Ok(lines.split(|&byte| byte == b'\n').filter_map(|line| Some(entry(line.strip_suffix(b"\r")?))).collect())
    }

    fn read(&mut self, path: &[u8]) -> ProtocolResult<Vec<u8>> {
        self.fetch("RETR", path)
    }

    fn read_range(&mut self, path: &[u8], from: usize, to: usize) -> ProtocolResult<Vec<u8>> {
        judge(self.conn()?.ask(format!("REST {from}").as_bytes()).expect("a reply"))?;
        let mut rest = self.fetch("RETR", path)?;
        rest.truncate(to - from);
        Ok(rest)
    }

    fn write(&mut self, folder: &[u8], name: &[u8], data: &[u8], options: WriteOptions) -> ProtocolResult<Vec<u8>> {
        let mut path = join(folder, name);
        if options.replace {
            self.store("STOR", &path, data)?;
        } else {
            let reply = self.store("STOU", &path, data)?;
            let stored = reply.text.strip_prefix(b"226 FILE: ").and_then(|text| text.strip_suffix(b"\r\n"));
            path = join(folder, stored.expect("a name"));
        }
        if let Some(modified) = options.modified {
            self.ask(&format!("MFMT {}", time(modified)), &path)?;
        }
        Ok(path)
    }

    fn write_interrupted(&mut self, folder: &[u8], name: &[u8], data: &[u8]) {
        let command = command("STOR", &join(folder, name));
        let mut conn = self
            .conn
            .take()
            .unwrap_or_else(|| FtpConn::log_in(self.server, self.password.as_deref()).expect("the server accepts").0);
        let mut sent = conn.passive().expect("a data connection");
        assert_eq!(conn.ask(&command).expect("a reply").code, 150);
        sent.write_all(&data[..data.len() / 2]).expect("the server takes the first half");
        // As when a program is killed.
        drop(conn);
        drop(sent);
    }

    fn mkdir(&mut self, folder: &[u8], name: &[u8]) -> ProtocolResult<()> {
        let path = join(folder, name);
        match self.ask("MKD", &path) {
            Err(Refusal::Absent) => {
                self.make_folders(&path)?;
                self.ask("MKD", &path).map(drop)
            }
            made => made.map(drop),
        }
    }

    fn delete(&mut self, path: &[u8]) -> ProtocolResult<()> {
        match self.ask("DELE", path) {
            Err(Refusal::Other(550, text)) if text.contains("use RMD") => {
                for entry in self.list(path)? {
                    self.delete(&join(path, &entry.name))?;
                }
                self.ask("RMD", path).map(drop)
            }
            done => done.map(drop),
        }
    }

    /// Does not replace, though a server would if it may.
    fn rename(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        self.ask("RNFR", from)?;
        if self.ask("MLST", to).is_ok() {
            return Err(Refusal::Taken);
        }
        self.ask("RNFR", from)?;
        match self.ask("RNTO", to) {
            Err(Refusal::Absent) => {
                self.make_folders(to)?;
                self.ask("RNFR", from)?;
                self.ask("RNTO", to).map(drop)
            }
            done => done.map(drop),
        }
    }

    fn copy(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        self.is_folder(from)?;
        if self.ask("MLST", to).is_ok() {
            return Err(Refusal::Taken);
        }
        self.copy_tree(from, to)
    }

    /// A line end would end the command.
    fn sendable_name(&self, name: &[u8]) -> Option<Vec<u8>> {
        (!name.iter().any(|byte| matches!(byte, b'\r' | b'\n'))).then(|| name.to_vec())
    }

    fn sends_mtime(&self) -> bool {
        true
    }

    fn refuses_to_replace(&self) -> bool {
        true
    }
}
