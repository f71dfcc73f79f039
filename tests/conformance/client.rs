//! `Client`: the operations of a file client, without terms of any protocol, and one implementation per protocol.
//!
//! Paths and names are bytes, not encoded, without leading or trailing slashes. Each implementation encodes them for
//! its protocol.

mod dav;
mod ftp;
mod ietf;

use std::io;

use serde_json::{Value, json};
use support::TestServer;
use support::data::encode_bytes;
use support::form::{FORM, field, file, form};
use support::http::{Conn, Response};
use support::up2k::Source;

/// Why the server refused a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The right is missing (401, 403).
    Denied,
    /// The path does not exist (404).
    Absent,
    /// The name is taken (405, 409, or 400 with a text that says so).
    Taken,
    /// Any other answer.
    Other(u16, String),
}

/// The result of one operation.
pub type ProtocolResult<T> = Result<T, Refusal>;

/// An entry of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name in the folder.
    pub name: Vec<u8>,
    /// Whether it is a folder.
    pub folder: bool,
    /// Bytes; unspecified for a folder.
    pub size: u64,
    /// Seconds since the epoch.
    pub modified: i64,
}

/// Options of a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Modification time to set, in seconds since the epoch.
    pub modified: Option<i64>,
    /// Replace an existing file of this name.
    pub replace: bool,
}

/// One client of one protocol.
pub trait Client {
    /// The protocol's name, for messages and as the name of this client's folder.
    fn protocol(&self) -> &'static str;
    /// Sends this password with all later requests.
    fn login(&mut self, password: &str);
    /// Lists a folder.
    fn list(&mut self, folder: &[u8]) -> ProtocolResult<Vec<Entry>>;
    /// Reads a whole file.
    fn read(&mut self, path: &[u8]) -> ProtocolResult<Vec<u8>>;
    /// Reads bytes `from..to` of a file.
    fn read_range(&mut self, path: &[u8], from: usize, to: usize) -> ProtocolResult<Vec<u8>>;
    /// Adds a file. Returns the path under which the server stored it.
    fn write(&mut self, folder: &[u8], name: &[u8], data: &[u8], options: WriteOptions) -> ProtocolResult<Vec<u8>>;
    /// Starts to add a file and closes the connection in the middle of its bytes.
    fn write_interrupted(&mut self, folder: &[u8], name: &[u8], data: &[u8]);
    /// Makes a folder.
    fn mkdir(&mut self, folder: &[u8], name: &[u8]) -> ProtocolResult<()>;
    /// Deletes a file or folder.
    fn delete(&mut self, path: &[u8]) -> ProtocolResult<()>;
    /// Moves or renames.
    fn rename(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()>;
    /// Copies.
    fn copy(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()>;
    /// Returns the name as this protocol transmits it; `None` if the protocol cannot express it. With every protocol but
    /// WebDAV the server strips blanks at both ends of the names of received files.
    fn sendable_name(&self, name: &[u8]) -> Option<Vec<u8>>;
    /// Whether the protocol transmits the modification time.
    fn sends_mtime(&self) -> bool;
    /// Whether a request to replace a file without the right to is refused. Otherwise the file is stored under another
    /// name.
    fn refuses_to_replace(&self) -> bool {
        false
    }
}

/// Returns one client per protocol.
pub fn clients(server: &TestServer) -> Vec<Box<dyn Client>> {
    vec![
        Box::new(Verbs(Http::new(server))),
        Box::new(Forms(Http::new(server))),
        Box::new(Up2k(Http::new(server))),
        Box::new(Api(Http::new(server))),
        Box::new(ietf::Ietf::new(server)),
        Box::new(dav::Dav::new(server)),
        Box::new(ftp::Ftp::new(server)),
    ]
}

/// Returns the folder below `top` for this client, so that clients of different protocols do not share a folder.
pub fn folder_of(client: &dyn Client, top: &str) -> Vec<u8> {
    format!("{top}/{}", client.protocol()).trim_matches('/').as_bytes().to_vec()
}

/// `folder/name`.
pub fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}

/// The connection and the requests that all clients over HTTP share.
struct Http {
    conn: Conn,
    addr: std::net::SocketAddr,
    password: Option<String>,
}

/// `/a%20b/c`.
pub fn url(path: &[u8]) -> String {
    let parts: Vec<String> = path.split(|&b| b == b'/').map(encode_bytes).collect();
    format!("/{}", parts.join("/"))
}

/// `/a%20b/`.
fn folder_url(path: &[u8]) -> String {
    let mut url = url(path);
    if !url.ends_with('/') {
        url.push('/');
    }
    url
}

impl Http {
    fn new(server: &TestServer) -> Self {
        Self { conn: server.connect(), addr: server.addr, password: None }
    }

    fn headers<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut headers = more.to_vec();
        if let Some(password) = &self.password {
            headers.push(("PW", password));
        }
        headers
    }

    /// Sends a request. Reconnects if the server closed the connection after an error.
    fn send(&mut self, method: &str, target: &str, more: &[(&str, &str)], body: &[u8]) -> Response {
        let password = self.password.clone();
        let mut headers = more.to_vec();
        if let Some(password) = &password {
            headers.push(("PW", password));
        }
        let reply = self.conn.send(method, target, &headers, body).unwrap_or_else(|error| {
            self.conn = Conn::open(self.addr).expect("the server accepts");
            let again = self.conn.send(method, target, &headers, body);
            again.unwrap_or_else(|second| panic!("{method} {target}: {error}, then {second}"))
        });
        if reply.header("connection").is_some_and(|v| v.eq_ignore_ascii_case("close")) {
            self.conn = Conn::open(self.addr).expect("the server accepts");
        }
        reply
    }

    fn check(&mut self, method: &str, target: &str, more: &[(&str, &str)], body: &[u8]) -> ProtocolResult<Response> {
        let reply = self.send(method, target, more, body);
        check_status(reply)
    }

    fn list(&mut self, folder: &[u8]) -> ProtocolResult<Vec<Entry>> {
        let reply = self.check("GET", &format!("{}?ls&dots", folder_url(folder)), &[], b"")?;
        let listing = reply.json();
        let entries = |kind: &str, folder: bool| -> Vec<Entry> {
            let list = listing[kind].as_array().unwrap_or_else(|| panic!("no {kind} in {listing}"));
            list.iter().map(|node| entry(node, folder)).collect()
        };
        Ok([entries("dirs", true), entries("files", false)].concat())
    }

    fn read(&mut self, path: &[u8]) -> ProtocolResult<Vec<u8>> {
        Ok(self.check("GET", &format!("{}?raw", url(path)), &[], b"")?.body)
    }

    fn read_range(&mut self, path: &[u8], from: usize, to: usize) -> ProtocolResult<Vec<u8>> {
        let range = format!("bytes={from}-{}", to - 1);
        let reply = self.check("GET", &url(path), &[("Range", &range)], b"")?;
        assert_eq!(reply.status, 206, "a range is answered with 206");
        Ok(reply.body)
    }

    fn put(&mut self, folder: &[u8], name: &[u8], data: &[u8], options: WriteOptions) -> ProtocolResult<Vec<u8>> {
        let target = url(&join(folder, name));
        if let Some(modified) = options.modified {
            // ownCloud's header; such a PUT replaces the file, and the answer carries no name.
            self.check("PUT", &target, &[("X-OC-MTime", &modified.to_string())], data)?;
            return Ok(join(folder, name));
        }
        let headers: &[(&str, &str)] = if options.replace { &[("Replace", "1")] } else { &[] };
        let reply = self.check("PUT", &target, headers, data)?;
        Ok(path_of(reply.header("location").expect("a PUT says where the file is")))
    }

    fn put_interrupted(&mut self, folder: &[u8], name: &[u8], data: &[u8]) {
        let head = format!("PUT {} HTTP/1.1\r\n", url(&join(folder, name)));
        send_partly(self, &head, &[], data, data.len() / 2);
    }

    fn mkdir(&mut self, folder: &[u8], name: &[u8]) -> ProtocolResult<()> {
        let body = form(&[field("act", b"mkdir"), field("name", name)]);
        self.check("POST", &folder_url(folder), &[FORM], &body).map(drop)
    }
}

impl Http {
    fn delete(&mut self, path: &[u8]) -> ProtocolResult<()> {
        self.check("DELETE", &url(path), &[], b"").map(drop)
    }

    /// MOVE or COPY.
    fn relocate(&mut self, method: &str, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        self.check(method, &url(from), &[("Destination", &url(to))], b"").map(drop)
    }
}

fn check_status(reply: Response) -> ProtocolResult<Response> {
    match reply.status {
        200..=299 => Ok(reply),
        401 | 403 => Err(Refusal::Denied),
        404 => Err(Refusal::Absent),
        405 | 409 => Err(Refusal::Taken),
        400 if reply.text().contains("exists") => Err(Refusal::Taken),
        status => Err(Refusal::Other(status, reply.text())),
    }
}

fn entry(node: &Value, folder: bool) -> Entry {
    let href = node["href"].as_str().expect("href");
    let name = href.split('?').next().unwrap_or("").trim_end_matches('/');
    Entry {
        name: model::vpath::percent_decode(name.as_bytes()),
        folder,
        size: node["sz"].as_u64().unwrap_or(0),
        modified: node["ts"].as_i64().unwrap_or(0),
    }
}

/// Returns the path in a URL of this server.
fn path_of(address: &str) -> Vec<u8> {
    let path = address.split_once("://").map_or(address, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    model::vpath::percent_decode(path.split('?').next().unwrap_or("").trim().trim_matches('/').as_bytes())
}

/// The methods of `Client` that are the same for all clients over HTTP.
macro_rules! common_methods {
    () => {
        fn login(&mut self, password: &str) {
            self.0.password = Some(password.to_owned());
        }
        fn list(&mut self, folder: &[u8]) -> ProtocolResult<Vec<Entry>> {
            self.0.list(folder)
        }
        fn read(&mut self, path: &[u8]) -> ProtocolResult<Vec<u8>> {
            self.0.read(path)
        }
        fn read_range(&mut self, path: &[u8], from: usize, to: usize) -> ProtocolResult<Vec<u8>> {
            self.0.read_range(path, from, to)
        }
        fn mkdir(&mut self, folder: &[u8], name: &[u8]) -> ProtocolResult<()> {
            self.0.mkdir(folder, name)
        }
    };
}

/// PUT, GET, DELETE, MOVE, COPY.
struct Verbs(Http);

impl Client for Verbs {
    common_methods!();

    fn protocol(&self) -> &'static str {
        "verbs"
    }

    fn write(&mut self, folder: &[u8], name: &[u8], data: &[u8], options: WriteOptions) -> ProtocolResult<Vec<u8>> {
        self.0.put(folder, name, data, options)
    }

    fn write_interrupted(&mut self, folder: &[u8], name: &[u8], data: &[u8]) {
        self.0.put_interrupted(folder, name, data);
    }

    fn delete(&mut self, path: &[u8]) -> ProtocolResult<()> {
        self.0.delete(path)
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        self.0.relocate("MOVE", from, to)
    }

    fn copy(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        self.0.relocate("COPY", from, to)
    }

    fn sendable_name(&self, name: &[u8]) -> Option<Vec<u8>> {
        Some(name.trim_ascii().to_vec())
    }

    fn sends_mtime(&self) -> bool {
        true
    }
}

/// The page API; files are sent and read as by [`Verbs`], since the API has no content.
struct Api(Http);

impl Api {
    fn change(&mut self, name: &str, body: &Value) -> ProtocolResult<()> {
        let kind = [("Content-Type", "application/json")];
        let reply = self.0.send("POST", &format!("/.potluck/api/v1/{name}"), &kind, body.to_string().as_bytes());
        check_code(reply).map(drop)
    }
}

/// Judges an answer by its code alone.
fn check_code(reply: Response) -> ProtocolResult<Response> {
    if reply.status < 300 {
        return Ok(reply);
    }
    match reply.json()["code"].as_str().expect("every error has a code") {
        "denied" | "key_needed" => Err(Refusal::Denied),
        "not_found" => Err(Refusal::Absent),
        "exists" => Err(Refusal::Taken),
        _ => Err(Refusal::Other(reply.status, reply.text())),
    }
}

/// Returns an entry from a line of a listing.
fn entry_of(line: &Value) -> Entry {
    let name = match line["encoded"].as_str() {
        Some(encoded) => model::vpath::percent_decode(encoded.as_bytes()),
        None => line["name"].as_str().expect("a name").as_bytes().to_vec(),
    };
    Entry {
        name,
        folder: line["kind"] == "folder",
        size: line["size"].as_u64().unwrap_or(0),
        modified: line["modified_ms"].as_i64().unwrap_or(0).div_euclid(1000),
    }
}

impl Client for Api {
    fn protocol(&self) -> &'static str {
        "api"
    }

    fn login(&mut self, password: &str) {
        self.0.password = Some(password.to_owned());
    }

    fn list(&mut self, folder: &[u8]) -> ProtocolResult<Vec<Entry>> {
        let target = format!("/.potluck/api/v1/folder?path={}&dots", url(folder));
        let text = check_code(self.0.send("GET", &target, &[], b""))?.text();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.last().map(|line| &line["kind"]), Some(&json!("end")), "{text}");
        Ok(lines[1..lines.len() - 1].iter().map(entry_of).collect())
    }

    fn read(&mut self, path: &[u8]) -> ProtocolResult<Vec<u8>> {
        self.0.read(path)
    }

    fn read_range(&mut self, path: &[u8], from: usize, to: usize) -> ProtocolResult<Vec<u8>> {
        self.0.read_range(path, from, to)
    }

    fn write(&mut self, folder: &[u8], name: &[u8], data: &[u8], options: WriteOptions) -> ProtocolResult<Vec<u8>> {
        self.0.put(folder, name, data, options)
    }

    fn write_interrupted(&mut self, folder: &[u8], name: &[u8], data: &[u8]) {
        self.0.put_interrupted(folder, name, data);
    }

    fn mkdir(&mut self, folder: &[u8], name: &[u8]) -> ProtocolResult<()> {
        self.change("make-folder", &json!({"path": url(&join(folder, name))}))
    }

    fn delete(&mut self, path: &[u8]) -> ProtocolResult<()> {
        self.change("delete", &json!({"path": url(path)}))
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        self.change("move", &json!({"from": url(from), "to": url(to)}))
    }

    fn copy(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        self.change("copy", &json!({"from": url(from), "to": url(to)}))
    }

    fn sendable_name(&self, name: &[u8]) -> Option<Vec<u8>> {
        Some(name.trim_ascii().to_vec())
    }

    fn sends_mtime(&self) -> bool {
        true
    }
}

/// Multipart forms, and actions by URL parameter.
struct Forms(Http);

impl Client for Forms {
    common_methods!();

    fn protocol(&self) -> &'static str {
        "forms"
    }

    fn write(&mut self, folder: &[u8], name: &[u8], data: &[u8], options: WriteOptions) -> ProtocolResult<Vec<u8>> {
        let body = form(&[field("act", b"bput"), file(name, data)]);
        let replace = if options.replace { "&replace" } else { "" };
        let reply = self.0.check("POST", &format!("{}?j{replace}", folder_url(folder)), &[FORM], &body)?.json();
        Ok(path_of(reply["files"][0]["url"].as_str().unwrap_or_else(|| panic!("no url in {reply}"))))
    }

    fn write_interrupted(&mut self, folder: &[u8], name: &[u8], data: &[u8]) {
        let body = form(&[field("act", b"bput"), file(name, data)]);
        let head = format!("POST {} HTTP/1.1\r\n", folder_url(folder));
        send_partly(&mut self.0, &head, &[FORM], &body, body.len() / 2);
    }

    fn delete(&mut self, path: &[u8]) -> ProtocolResult<()> {
        match std::str::from_utf8(path) {
            Ok(path) => {
                let list = json!([path]).to_string();
                self.0.check("POST", "/?delete", &[("Content-Type", "application/json")], list.as_bytes()).map(drop)
            }
            Err(_) => self.0.check("POST", &format!("{}?delete", url(path)), &[], b"").map(drop),
        }
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        self.0.check("POST", &format!("{}?move={}", url(from), url(to)), &[], b"").map(drop)
    }

    fn copy(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        self.0.check("POST", &format!("{}?copy={}", url(from), url(to)), &[], b"").map(drop)
    }

    /// The server drops everything up to the last backslash: old browsers on Windows send whole paths. Control
    /// characters other than line ends and tabs, which browsers encode, are not valid in the head of a part.
    fn sendable_name(&self, name: &[u8]) -> Option<Vec<u8>> {
        if name.iter().any(|&b| b.is_ascii_control() && !b"\r\n\t".contains(&b)) {
            return None;
        }
        name.rsplit(|&b| b == b'\\').next().map(|name| name.trim_ascii().to_vec())
    }

    fn sends_mtime(&self) -> bool {
        false
    }
}

/// Handshakes and chunks of up2k; everything else as copyparty's page does it.
struct Up2k(Http);

impl Up2k {
    fn source(name: &[u8], data: &[u8]) -> Source {
        Source::new(String::from_utf8(name.to_vec()).expect("a name that JSON can carry"), data.to_vec())
    }

    fn handshake(
        &mut self,
        source: &Source,
        folder: &[u8],
        options: WriteOptions,
    ) -> ProtocolResult<support::up2k::Answer> {
        let mut more = json!({});
        if options.replace {
            more["replace"] = json!(true);
        }
        if let Some(modified) = options.modified {
            more["lmod"] = json!(modified);
        }
        let headers = self.0.headers(&[]);
        // A connection of its own: handshakes are few, and a refusal may close it.
        let mut conn = Conn::open(self.0.addr).expect("the server accepts");
        let asked = source.ask_with(&mut conn, &folder_url(folder), more, &headers);
        match asked.expect("a reply to the handshake") {
            Ok(answer) => Ok(answer),
            Err(reply) => Err(check_status(reply).expect_err("a refusal")),
        }
    }
}

impl Client for Up2k {
    common_methods!();

    fn protocol(&self) -> &'static str {
        "up2k"
    }

    fn write(&mut self, folder: &[u8], name: &[u8], data: &[u8], options: WriteOptions) -> ProtocolResult<Vec<u8>> {
        let mut source = Self::source(name, data);
        let answer = self.handshake(&source, folder, options)?;
        for hash in &answer.missing {
            let chunk = source.chunk(hash).expect("the server asks for chunks of this file only").to_vec();
            let headers = [
                ("Content-Type", "application/octet-stream"),
                ("X-Up2k-Wark", &*answer.wark),
                ("X-Up2k-Hash", &**hash),
            ];
            let reply = self.0.check("POST", &answer.purl, &headers, &chunk)?;
            assert_eq!(reply.text(), "thank");
        }
        // Clients take over the name and the folder from the answer.
        source.name = answer.name.clone();
        let target = path_of(&answer.purl);
        let end = self.handshake(&source, &target, WriteOptions { replace: false, ..options })?;
        assert_eq!(end.missing, [""; 0], "complete after its last chunk");
        Ok(join(&target, end.name.as_bytes()))
    }

    fn write_interrupted(&mut self, folder: &[u8], name: &[u8], data: &[u8]) {
        let source = Self::source(name, data);
        let answer = self.handshake(&source, folder, WriteOptions::default()).expect("a handshake");
        let hash = &answer.missing[0];
        let chunk = source.chunk(hash).expect("a chunk of this file").to_vec();
        let headers =
            [("Content-Type", "application/octet-stream"), ("X-Up2k-Wark", &*answer.wark), ("X-Up2k-Hash", &**hash)];
        send_partly(&mut self.0, &format!("POST {} HTTP/1.1\r\n", answer.purl), &headers, &chunk, chunk.len() / 2);
    }

    fn delete(&mut self, path: &[u8]) -> ProtocolResult<()> {
        self.0.check("POST", &format!("{}?delete", url(path)), &[], b"").map(drop)
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        self.0.check("POST", &format!("{}?move={}", url(from), url(to)), &[], b"").map(drop)
    }

    fn copy(&mut self, from: &[u8], to: &[u8]) -> ProtocolResult<()> {
        self.0.check("POST", &format!("{}?copy={}", url(from), url(to)), &[], b"").map(drop)
    }

    /// Names are JSON.
    fn sendable_name(&self, name: &[u8]) -> Option<Vec<u8>> {
        std::str::from_utf8(name).ok().map(|name| name.as_bytes().trim_ascii().to_vec())
    }

    fn sends_mtime(&self) -> bool {
        true
    }
}

/// Sends a head that announces all of `body`, then the first `sent` bytes of it, and closes the connection.
fn send_partly(http: &mut Http, first: &str, more: &[(&str, &str)], body: &[u8], sent: usize) {
    let mut head = format!("{first}Host: {}\r\nContent-Length: {}\r\n", http.addr, body.len());
    for (name, value) in http.headers(more) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let go = || -> io::Result<()> {
        let mut conn = Conn::open(http.addr)?;
        conn.write(head.as_bytes())?;
        conn.write(&body[..sent])
    };
    go().expect("the server takes the first half");
}
