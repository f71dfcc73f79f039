//! The handshake of up2k: what the server has of a file, and where it puts it (docs/up2k.md).

use crate::args::IfExists;
use crate::fault::Fault;
use crate::names;
use crate::server::{Server, json};
use serde::Deserialize;
use serde_json::json as value;
use ureq::http::Method;

/// A file as the server knows it.
pub struct Offer<'a> {
    /// Its folder, encoded, with slashes at its ends.
    pub folder: String,
    /// Its name.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// Modification time, whole seconds since 1970.
    pub modified: i64,
    /// The hashes of its chunks.
    pub hashes: &'a [String],
    /// What happens if the name is taken.
    pub if_exists: IfExists,
}

/// What the server answers.
#[derive(Debug, Deserialize)]
pub struct Reply {
    /// The name that the file has there.
    name: String,
    /// Its folder, not encoded; absent from servers of the first generation.
    purl: Option<String>,
    /// The hashes that are missing, each once.
    pub hash: Vec<String>,
    /// Names the upload.
    pub wark: String,
    /// Whether chunks may arrive in any order.
    #[serde(default)]
    pub sprs: Option<bool>,
}

impl Offer<'_> {
    /// Makes the handshake, and takes over name and folder that the server has given the file.
    ///
    /// # Errors
    /// Refusals and lost connections.
    pub fn ask(&mut self, server: &Server) -> Result<Reply, Fault> {
        let mut body = value!({"name": self.name, "size": self.size, "lmod": self.modified, "hash": self.hashes});
        match self.if_exists {
            IfExists::KeepBoth => {}
            IfExists::Skip => body["replace"] = value!("skip"),
            IfExists::Replace => body["replace"] = value!(true),
        }
        let headers = [("content-type", "text/plain;charset=UTF-8")];
        let reply: Reply = json(server.request(Method::POST, &self.folder, &headers, body.to_string())?)?;
        self.name.clone_from(&reply.name);
        if let Some(folder) = &reply.purl {
            self.folder = folder.split('/').map(|part| names::encoded(part.as_bytes())).collect::<Vec<_>>().join("/");
        }
        Ok(reply)
    }
}
