//! The hashes of a file's chunks, as our servers tell them (`?manifest`, docs/http-api.md "Checksums").

use crate::fault::Fault;
use crate::remote::RemoteFile;
use crate::server::Server;
use serde::Deserialize;
use std::io::{BufRead, BufReader, Read};
use ureq::http::header;

/// Most bytes of an answer: the hashes of the largest files take a tenth of it.
const ANSWER_MAX: u64 = 64 << 20;

/// What a server tells of a file.
#[derive(Debug, Deserialize)]
pub struct Manifest {
    /// Size in bytes.
    pub size: u64,
    /// Bytes of each chunk but the last.
    pub chunk_size: u64,
    /// The hashes.
    pub chunks: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    File(Manifest),
    Failed {
        message: String,
    },
    #[serde(other)]
    Other,
}

/// Asks for the hashes of a file; the server reads it meanwhile. `None`: it is a server that does not tell them.
///
/// # Errors
/// Refusals and lost connections.
pub fn of(server: &Server, file: &RemoteFile) -> Result<Option<Manifest>, Fault> {
    let sign = if file.href.contains('?') { '&' } else { '?' };
    let answer = server.get(&format!("{}{sign}manifest", file.href), &[])?;
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if kind != Some("application/x-ndjson") {
        // It has begun to send the file itself.
        return Ok(None);
    }
    for line in BufReader::new(answer.into_body().into_reader().take(ANSWER_MAX)).lines() {
        let line = line.map_err(|error| Fault::Connection(error.to_string()))?;
        match serde_json::from_str(&line).unwrap_or(Line::Other) {
            Line::File(manifest) => return Ok(Some(manifest)),
            Line::Failed { message } => return Err(Fault::Answer(message)),
            Line::Other => {}
        }
    }
    Err(Fault::Connection("the list of hashes was cut off".into()))
}
