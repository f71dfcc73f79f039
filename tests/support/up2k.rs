//! An up2k client (docs/up2k.md) that sends one request at a time.

use std::io;

use model::chunking::{Generation, chunk_size};
use model::{Bytes, ChunkHash};
use ring::digest::{SHA512, digest};
use serde_json::{Value, json};

use crate::data;
use crate::http::{Conn, Response};

/// A file to upload: its name in the folder, its contents, and the hashes of its chunks in file order.
#[derive(Clone)]
pub struct Source {
    /// The name sent in the handshake.
    pub name: String,
    /// The complete contents.
    pub data: Vec<u8>,
    /// One hash per chunk, including repeated ones.
    pub hashes: Vec<String>,
}

/// The answer to a handshake.
#[derive(Debug)]
pub struct Answer {
    /// The name that the file has or will have.
    pub name: String,
    /// The folder to send chunks to, percent-encoded for a request line. (The protocol has it unencoded.)
    pub purl: String,
    /// The wark of the upload.
    pub wark: String,
    /// Hashes of missing chunks; empty if the file is complete.
    pub missing: Vec<String>,
}

/// Returns the hash of a chunk as the protocol writes it.
pub fn hash(chunk: &[u8]) -> String {
    let digest = digest(&SHA512, chunk);
    ChunkHash::from_sha512(digest.as_ref().try_into().expect("SHA-512 has 64 bytes")).to_string()
}

impl Source {
    /// Splits `data` into chunks and hashes them.
    pub fn new(name: impl Into<String>, data: Vec<u8>) -> Self {
        let hashes = chunks(&data).map(hash).collect();
        Self { name: name.into(), data, hashes }
    }

    /// Returns the first chunk with this hash.
    pub fn chunk(&self, wanted: &str) -> Option<&[u8]> {
        let at = self.hashes.iter().position(|h| h == wanted)?;
        chunks(&self.data).nth(at)
    }

    /// Sends a handshake. The outer error is an I/O error, the inner one a refusal.
    ///
    /// # Errors
    /// If the connection ends early.
    pub fn handshake(&self, conn: &mut Conn, folder: &str) -> io::Result<Result<Answer, Response>> {
        self.ask(conn, folder, json!({}))
    }

    /// Sends a handshake with additional fields, for example `{"replace": true}`.
    ///
    /// # Errors
    /// Like [`Source::handshake`].
    pub fn ask(&self, conn: &mut Conn, folder: &str, more: Value) -> io::Result<Result<Answer, Response>> {
        self.ask_with(conn, folder, more, &[])
    }

    /// Sends a handshake with additional fields and headers.
    ///
    /// # Errors
    /// Like [`Source::handshake`].
    pub fn ask_with(
        &self,
        conn: &mut Conn,
        folder: &str,
        more: Value,
        headers: &[(&str, &str)],
    ) -> io::Result<Result<Answer, Response>> {
        let mut body =
            json!({ "name": self.name, "size": self.data.len(), "lmod": 1_700_000_000, "hash": self.hashes });
        for (key, value) in more.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        let headers = [headers, &[("Content-Type", "application/json")]].concat();
        let reply = conn.send("POST", folder, &headers, body.to_string().as_bytes())?;
        if reply.status != 200 {
            return Ok(Err(reply));
        }
        let got = reply.json();
        let text = |key: &str| got[key].as_str().unwrap_or_else(|| panic!("no {key} in {got}")).to_owned();
        let missing = got["hash"].as_array().unwrap_or_else(|| panic!("no hash list in {got}"));
        let missing = missing.iter().map(|h| h.as_str().expect("a hash is text").to_owned()).collect();
        Ok(Ok(Answer { name: text("name"), purl: encode_path(&text("purl")), wark: text("wark"), missing }))
    }

    /// Sends one chunk.
    ///
    /// # Errors
    /// If the connection ends early.
    ///
    /// # Panics
    /// If this file has no chunk with this hash.
    pub fn send_chunk(&self, conn: &mut Conn, answer: &Answer, hash: &str) -> io::Result<Response> {
        let chunk = self.chunk(hash).expect("the server asks for chunks of this file only");
        conn.send(
            "POST",
            &answer.purl,
            &[("Content-Type", "application/octet-stream"), ("X-Up2k-Wark", &answer.wark), ("X-Up2k-Hash", hash)],
            chunk,
        )
    }

    /// Does the whole upload on one connection: handshake, chunks, closing handshake.
    ///
    /// # Errors
    /// If the connection ends early.
    ///
    /// # Panics
    /// If the server refuses a request.
    pub fn upload(&self, conn: &mut Conn, folder: &str) -> io::Result<Answer> {
        let refused = |r: Response| -> Answer { panic!("{} refused with {}: {}", self.name, r.status, r.text()) };
        let answer = self.handshake(conn, folder)?.unwrap_or_else(refused);
        for wanted in &answer.missing {
            let reply = self.send_chunk(conn, &answer, wanted)?;
            assert_eq!((reply.status, reply.text().as_str()), (200, "thank"), "{}", self.name);
        }
        let end = self.handshake(conn, folder)?.unwrap_or_else(refused);
        assert_eq!(end.missing, [""; 0], "{} is not whole", self.name);
        Ok(end)
    }
}

fn encode_path(path: &str) -> String {
    path.split('/').map(data::encode).collect::<Vec<_>>().join("/")
}

/// Splits contents into chunks as up2k does.
fn chunks(data: &[u8]) -> std::slice::Chunks<'_, u8> {
    let size = chunk_size(Bytes(data.len() as u64), Generation::G2).0;
    data.chunks(usize::try_from(size).expect("a chunk of what is in memory"))
}
