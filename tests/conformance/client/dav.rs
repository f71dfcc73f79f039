//! WebDAV, as a client that takes care of the files of others: it looks before it replaces, and makes missing folders.

use support::TestServer;
use support::http::Response;

use super::{Client, Entry, Http, ProtocolResult, Refusal, WriteOptions, folder_url, join, send_partly, url};

/// Tells the server that this client is another program than the other ones here.
const AGENT: (&str, &str) = ("User-Agent", "conformance-dav");

/// PROPFIND, MKCOL, PUT, MOVE ...
pub(super) struct Dav(Http);

impl Dav {
    /// A new connection, after a request from which the server has learned that its client speaks WebDAV.
    pub(super) fn new(server: &TestServer) -> Self {
        let mut new = Self(Http::new(server));
        new.ask("PROPFIND", "/", &[("Depth", "0")], b"");
        new
    }

    fn ask(&mut self, method: &str, target: &str, more: &[(&str, &str)], body: &[u8]) -> Response {
        self.0.send(method, target, &[&[AGENT], more].concat(), body)
    }

    fn check(&mut self, method: &str, target: &str, more: &[(&str, &str)], body: &[u8]) -> ProtocolResult<Response> {
        judge(self.ask(method, target, more, body))
    }

    /// Sends a request that creates `path`. If the folder around it is missing, it is made first.
    fn create(
        &mut self,
        path: &[u8],
        (method, target): (&str, &str),
        more: &[(&str, &str)],
        body: &[u8],
    ) -> ProtocolResult<()> {
        let reply = self.ask(method, target, more, body);
        if reply.status != 409 {
            return judge(reply).map(drop);
        }
        let names: Vec<&[u8]> = path.split(|&b| b == b'/').collect();
        for end in 1..names.len() {
            match self.check("MKCOL", &folder_url(&names[..end].join(&b'/')), &[], b"") {
                Ok(_) | Err(Refusal::Taken) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        self.check(method, target, more, body).map(drop)
    }

    fn put(&mut self, path: &[u8], more: &[(&str, &str)], data: &[u8]) -> ProtocolResult<()> {
        self.create(path, ("PUT", &url(path)), more, data)
    }

    /// Whether something has the name, as far as the client may know.
    fn sees(&mut self, path: &[u8]) -> bool {
        self.ask("PROPFIND", &url(path), &[("Depth", "0")], b"").status == 207
    }

    fn relocate(&mut self, method: &str, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        let more = [("Destination", &*url(to)), ("Overwrite", "F")];
        self.create(to, (method, &url(from)), &more, b"")
    }
}

fn judge(reply: Response) -> ProtocolResult<Response> {
    match reply.status {
        200..=299 => Ok(reply),
        401 | 403 => Err(Refusal::Denied),
        404 => Err(Refusal::Absent),
        405 | 409 | 412 => Err(Refusal::Taken),
        status => Err(Refusal::Other(status, reply.text())),
    }
}

/// `abc-1.bin`, with a length that every file system allows.
fn numbered(name: &[u8], number: usize) -> Vec<u8> {
    let dot = name.iter().rposition(|&b| b == b'.').filter(|at| *at > 0).unwrap_or(name.len());
    let (stem, rest) = name.split_at(dot);
    let number = format!("-{number}");
    let room = 255 - rest.len() - number.len();
    [&stem[..stem.len().min(room)], number.as_bytes(), rest].concat()
}

/// Returns the text between two marks.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(inner, _)| inner)
}

fn entry(row: &str) -> Entry {
    let href = between(row, "<D:href>", "</D:href>").expect("every row has a URL");
    let name = href.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let date = between(row, "<D:creationdate>", "Z</D:creationdate>").unwrap_or("1970-01-01T00:00:00");
    Entry {
        name: model::vpath::percent_decode(name.as_bytes()),
        folder: row.contains("<D:collection/>"),
        size: between(row, "<D:getcontentlength>", "<").map_or(0, |size| size.parse().expect("a number")),
        modified: seconds(date),
    }
}

/// Seconds since 1970 of `2001-09-09T01:46:40`.
fn seconds(date: &str) -> i64 {
    let parts: Vec<i64> = date.split(['-', 'T', ':']).map(|part| part.parse().expect("a number")).collect();
    let (year, month, day) = (parts[0], parts[1], parts[2]);
    let leap_days = |year: i64| year / 4 - year / 100 + year / 400;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let months = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let in_year: i64 = months[..month as usize - 1].iter().sum();
    let days = (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969) + in_year + day - 1;
    days * 86_400 + parts[3] * 3600 + parts[4] * 60 + parts[5]
}

impl Client for Dav {
    fn protocol(&self) -> &'static str {
        "dav"
    }

    fn login(&mut self, password: &str) {
        self.0.password = Some(password.to_owned());
    }

    fn list(&mut self, folder: &[u8]) -> ProtocolResult<Vec<Entry>> {
        let text = self.check("PROPFIND", &folder_url(folder), &[("Depth", "1")], b"")?.text();
        assert!(text.ends_with("</D:multistatus>\n"), "{text}");
        let rows: Vec<&str> = text.split("<D:response>").skip(1).collect();
        assert_eq!(
            between(rows[0], "<D:href>", "</D:href>"),
            Some(&*folder_url(folder)),
            "the folder is the first row"
        );
        Ok(rows[1..].iter().map(|row| entry(row)).collect())
    }

    fn read(&mut self, path: &[u8]) -> ProtocolResult<Vec<u8>> {
        Ok(self.check("GET", &url(path), &[], b"")?.body)
    }

    fn read_range(&mut self, path: &[u8], from: usize, to: usize) -> ProtocolResult<Vec<u8>> {
        let range = format!("bytes={from}-{}", to - 1);
        let reply = self.check("GET", &url(path), &[("Range", &range)], b"")?;
        assert_eq!(reply.status, 206, "a range is answered with 206");
        Ok(reply.body)
    }

    fn write(&mut self, folder: &[u8], name: &[u8], data: &[u8], options: WriteOptions) -> ProtocolResult<Vec<u8>> {
        let date = options.modified.map(|modified| modified.to_string());
        let dated: Vec<(&str, &str)> = date.iter().map(|date| ("X-OC-Mtime", date.as_str())).collect();
        let mut path = join(folder, name);
        if options.replace {
            return self.put(&path, &dated, data).map(|()| path);
        }
        let only_new = [&dated[..], &[("If-None-Match", "*")]].concat();
        for number in 1.. {
            match self.put(&path, &only_new, data) {
                Err(Refusal::Taken) if self.sees(&path) => path = join(folder, &numbered(name, number)),
                // The name may be taken, but this client may not know it.
                Err(Refusal::Taken) => return self.put(&path, &dated, data).map(|()| path),
                done => return done.map(|()| path),
            }
        }
        unreachable!("some number is free")
    }

    fn write_interrupted(&mut self, folder: &[u8], name: &[u8], data: &[u8]) {
        let head = format!("PUT {} HTTP/1.1\r\n", url(&join(folder, name)));
        send_partly(&mut self.0, &head, &[AGENT], data, data.len() / 2);
    }

    fn mkdir(&mut self, folder: &[u8], name: &[u8]) -> ProtocolResult<()> {
        let path = join(folder, name);
        self.create(&path, ("MKCOL", &folder_url(&path)), &[], b"")
    }

    fn delete(&mut self, path: &[u8]) -> ProtocolResult<()> {
        self.check("DELETE", &url(path), &[], b"").map(drop)
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        self.relocate("MOVE", from, to)
    }

    fn copy(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        self.relocate("COPY", from, to)
    }

    fn sendable_name(&self, name: &[u8]) -> Option<Vec<u8>> {
        Some(name.to_vec())
    }

    fn sends_mtime(&self) -> bool {
        true
    }

    fn refuses_to_replace(&self) -> bool {
        true
    }
}
