//! Resumable uploads of the IETF: every file is sent in two requests. All else is done as by other clients over HTTP.

use support::TestServer;

use super::{Client, Entry, Http, ProtocolResult, WriteOptions, check_status, join, path_of, send_partly, url};

pub(super) struct Ietf(Http);

impl Ietf {
    pub(super) fn new(server: &TestServer) -> Self {
        Self(Http::new(server))
    }
}

impl Client for Ietf {
    fn protocol(&self) -> &'static str {
        "ietf"
    }

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

    fn write(&mut self, folder: &[u8], name: &[u8], data: &[u8], options: WriteOptions) -> ProtocolResult<Vec<u8>> {
        let (target, length, modified) = (url(&join(folder, name)), data.len().to_string(), options.modified);
        let modified = modified.map(|modified| modified.to_string());
        let mut headers = vec![("Upload-Complete", "?0"), ("Upload-Length", &length)];
        headers.extend(options.replace.then_some(("Replace", "1")));
        headers.extend(modified.as_deref().map(|modified| ("X-OC-MTime", modified)));
        let (first, rest) = data.split_at(data.len() / 2);
        let begun = self.0.check("PUT", &target, &headers, first)?;
        let reply = match begun.header("upload-complete") {
            Some("?1") => begun,
            _ => {
                let address = begun.header("location").expect("an upload has an address").to_owned();
                let path = address.splitn(4, '/').nth(3).expect("the address has a path");
                let offset = first.len().to_string();
                let kind = ("Content-Type", "application/partial-upload");
                let mut headers = vec![("Upload-Complete", "?1"), ("Upload-Offset", &*offset), kind];
                headers.extend(modified.as_deref().map(|modified| ("X-OC-MTime", modified)));
                check_status(self.0.send("PATCH", &format!("/{path}"), &headers, rest))?
            }
        };
        match modified {
            Some(_) => Ok(join(folder, name)),
            None => Ok(path_of(reply.text().lines().last().expect("the answer ends with the address"))),
        }
    }

    fn write_interrupted(&mut self, folder: &[u8], name: &[u8], data: &[u8]) {
        let head = format!("PUT {} HTTP/1.1\r\nUpload-Complete: ?1\r\n", url(&join(folder, name)));
        send_partly(&mut self.0, &head, &[], data, data.len() / 2);
    }

    fn mkdir(&mut self, folder: &[u8], name: &[u8]) -> ProtocolResult<()> {
        self.0.mkdir(folder, name)
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
