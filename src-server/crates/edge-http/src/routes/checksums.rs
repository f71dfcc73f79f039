//! Lists of checksums for programs that compare files with those of the server: `?sha512` for `sha512sum -c`, `?manifest` with the
//! hashes of chunks (docs/http-api.md "Checksums").

use crate::failure::{Failure, RouteResult};
use crate::reply::file::attachment;
use crate::reply::headers::{UNBUFFERED, X_ACCEL_BUFFERING};
use crate::reply::{mime, streamed};
use crate::request::Request;
use crate::urls;
use bytes::Bytes;
use engine::EngineError;
use engine::files::digests::{DigestKind, Digester};
use engine::files::read::{Download, Found};
use engine::listing::{Below, FOLDERS_BELOW_MAX, ListOptions, Listing, SIZES_ONLY};
use http::{HeaderValue, header};
use model::{ChunkHash, VPath};
use serde::Serialize;
use std::time::Duration;
use tokio::sync::mpsc;

/// Bytes of lines that are sent together, and the size of a file before which lines do not wait any more.
const PIECE_LEN: usize = 16 << 10;
const LARGE: u64 = 4 << 20;
/// Time between two news of a large file.
const TICK: Duration = Duration::from_secs(2);

/// What a list contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumForm {
    /// Lines of `sha512sum`.
    Sha512,
    /// Lines of JSON with the hashes of chunks.
    Manifest,
}

/// Returns the list that a request asks for.
pub fn requested(request: &Request) -> Option<ChecksumForm> {
    let query = &request.query;
    let form = |parameter, form| query.has(parameter).then_some(form);
    form(urls::SHA512, ChecksumForm::Sha512).or_else(|| form(urls::CHUNKS, ChecksumForm::Manifest))
}

/// Sends the line of one file.
pub fn of_file(request: &Request, file: Download) -> RouteResult {
    let form = requested(request).unwrap_or(ChecksumForm::Sha512);
    let path = VPath::root().join(&file.name);
    let writer = Writer::new(request, form)?;
    Ok(reply(request, form, |sender| async move {
        // If the client has left there is no one to tell.
        let _left = writer.send_file(sender, path, file).await;
    }))
}

/// Sends the lines of all files in the requested folder and below it that the visitor may list and read.
pub async fn of_folder(request: &Request, form: ChecksumForm) -> RouteResult {
    let options = ListOptions { dotfiles: !request.query.has("nodot"), ..SIZES_ONLY };
    let mut walk = request.engine().listings.below(&request.access, &request.path, options)?;
    let Some(top) = walk.next().await.transpose()? else {
        return Err(EngineError::NotFound(request.path.clone()).into());
    };
    let writer = Writer::new(request, form)?;
    Ok(reply(request, form, |sender| async move {
        let _left = writer.send_folder(sender, top, walk).await;
    }))
}

fn reply<F: Future<Output = ()> + Send + 'static>(
    request: &Request,
    form: ChecksumForm,
    work: impl FnOnce(mpsc::Sender<Bytes>) -> F,
) -> warp::reply::Response {
    let name = request.path.name().map(|name| name.as_bytes().to_vec()).unwrap_or_else(|| b"files".to_vec());
    let mut response = streamed(request, work);
    let headers = response.headers_mut();
    headers.insert(X_ACCEL_BUFFERING, UNBUFFERED);
    let mime = match form {
        ChecksumForm::Sha512 => {
            headers.insert(header::CONTENT_DISPOSITION, attachment(&[&name[..], b".sha512"].concat()));
            "text/plain; charset=utf-8"
        }
        ChecksumForm::Manifest => mime::NDJSON,
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    response
}

/// The client has left.
struct ClientLeft;

/// A line of a manifest.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum ManifestLine<'a> {
    File(ManifestFile<'a>),
    Progress { path: String, read: u64, size: u64 },
    Failed { path: String, message: String },
    End(ManifestEnd),
}

#[derive(Serialize)]
struct ManifestFile<'a> {
    /// Percent-encoded, below the requested folder; of a file its name.
    path: String,
    size: u64,
    modified_ms: i64,
    etag: &'a str,
    chunk_size: u64,
    chunks: &'a [ChunkHash],
}

#[derive(Clone, Copy, Default, Serialize)]
struct ManifestEnd {
    files: u64,
    bytes: u64,
    failed: u64,
    /// Whether folders are missing: there are too many.
    truncated: bool,
}

/// Makes the lines.
struct Writer {
    request: Request,
    form: ChecksumForm,
    digester: Digester,
    lines: Vec<u8>,
    end: ManifestEnd,
}

impl Writer {
    fn new(request: &Request, form: ChecksumForm) -> Result<Self, Failure> {
        let digester = request.engine().reader.digester(&request.access)?;
        Ok(Self { request: request.clone(), form, digester, lines: Vec::new(), end: ManifestEnd::default() })
    }

    async fn send_file(mut self, sender: mpsc::Sender<Bytes>, path: VPath, file: Download) -> Result<(), ClientLeft> {
        self.add_file(&sender, &path, file).await?;
        self.finish(&sender).await
    }

    async fn send_folder(
        mut self,
        sender: mpsc::Sender<Bytes>,
        top: Listing,
        mut walk: Below,
    ) -> Result<(), ClientLeft> {
        let (mut next, mut folders) = (Some(top), 0);
        while let Some(listing) = next {
            folders += 1;
            for entry in &listing.files {
                self.add_entry(&sender, &listing.path.join(&entry.name), entry.key.as_deref(), entry.size).await?;
            }
            next = tokio::select! {
                found = walk.next() => found.and_then(Result::ok),
                () = sender.closed() => return Err(ClientLeft),
            };
        }
        self.end.truncated = folders >= FOLDERS_BELOW_MAX;
        self.finish(&sender).await
    }

    async fn add_entry(
        &mut self,
        sender: &mpsc::Sender<Bytes>,
        path: &VPath,
        key: Option<&str>,
        size: u64,
    ) -> Result<(), ClientLeft> {
        if size >= LARGE || self.lines.len() >= PIECE_LEN {
            self.flush(sender).await?;
        }
        let below = path.strip_prefix(&self.request.path).unwrap_or_else(|| path.clone());
        match self.request.engine().reader.open(&self.request.access, path, key).await {
            Ok(Found::File(file)) => self.add_file(sender, &below, file).await?,
            // It has been deleted meanwhile, or is a folder now.
            Ok(Found::Folder { .. }) | Err(EngineError::NotFound(_)) => {}
            Err(error) => self.add_failure(&below, &error),
        }
        Ok(())
    }

    /// Adds the line of an open file. `path`: as the list names it.
    async fn add_file(&mut self, sender: &mpsc::Sender<Bytes>, path: &VPath, file: Download) -> Result<(), ClientLeft> {
        let made = tokio::select! {
            made = self.line_of(path, &file) => made,
            () = self.tell_progress(sender, path, file.size) => return Err(ClientLeft),
        };
        match made {
            Ok(Some(line)) => {
                self.end.files += 1;
                self.end.bytes += file.size;
                self.lines.extend(line);
            }
            Ok(None) => self.note_failure(path, "it was changed while it was read"),
            Err(error) => self.add_failure(path, &error),
        }
        Ok(())
    }

    /// Returns the line of a file; `None` if it was changed meanwhile.
    async fn line_of(&self, path: &VPath, file: &Download) -> Result<Option<Vec<u8>>, EngineError> {
        let source = file.digest_source()?;
        if self.form == ChecksumForm::Sha512 {
            let hash = self.digester.whole(&source, DigestKind::Sha512).await?;
            return Ok(hash.map(|hash| sum_line(&hash, path)));
        }
        let chunks = self.digester.chunks(&source).await?;
        Ok(chunks.map(|chunks| {
            json_line(&ManifestLine::File(ManifestFile {
                path: path.to_url(),
                size: file.size,
                modified_ms: file.modified.0,
                etag: &file.etag,
                chunk_size: chunks.chunk_size,
                chunks: &chunks.hashes,
            }))
        }))
    }

    /// Tells from time to time how much of a large file was read, until the client has left. That is noticed only when
    /// something is sent.
    async fn tell_progress(&self, sender: &mpsc::Sender<Bytes>, path: &VPath, size: u64) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                () = sender.closed() => return,
            }
            let read = self.digester.bytes_read().min(size);
            let line = match self.form {
                ChecksumForm::Sha512 => format!("# {}: {read} of {size} bytes read\n", path.to_url()).into_bytes(),
                ChecksumForm::Manifest => json_line(&ManifestLine::Progress { path: path.to_url(), read, size }),
            };
            if sender.send(line.into()).await.is_err() {
                return;
            }
        }
    }

    fn add_failure(&mut self, path: &VPath, error: &EngineError) {
        tracing::info!(?path, %error, "no checksum");
        self.note_failure(path, "it cannot be read");
    }

    fn note_failure(&mut self, path: &VPath, message: &str) {
        self.end.failed += 1;
        match self.form {
            ChecksumForm::Sha512 => self.lines.extend(format!("# {}: {message}\n", path.to_url()).as_bytes()),
            ChecksumForm::Manifest => {
                let line = ManifestLine::Failed { path: path.to_url(), message: message.to_owned() };
                self.lines.extend(json_line(&line));
            }
        }
    }

    async fn finish(mut self, sender: &mpsc::Sender<Bytes>) -> Result<(), ClientLeft> {
        match self.form {
            ChecksumForm::Manifest => self.lines.extend(json_line(&ManifestLine::End(self.end))),
            ChecksumForm::Sha512 if self.end.truncated => self.lines.extend(b"# There are too many folders.\n"),
            ChecksumForm::Sha512 => {}
        }
        self.flush(sender).await
    }

    async fn flush(&mut self, sender: &mpsc::Sender<Bytes>) -> Result<(), ClientLeft> {
        if self.lines.is_empty() {
            return Ok(());
        }
        sender.send(std::mem::take(&mut self.lines).into()).await.map_err(|_| ClientLeft)
    }
}

fn json_line(line: &ManifestLine<'_>) -> Vec<u8> {
    let mut text = serde_json::to_vec(line).expect("strings and numbers are always JSON");
    text.push(b'\n');
    text
}

/// Returns a line as `sha512sum` writes it: a backslash in front says that line breaks and backslashes in the name are escaped.
fn sum_line(hash: &[u8], path: &VPath) -> Vec<u8> {
    let name = path.as_bytes();
    let is_escaped = name.iter().any(|byte| b"\\\n\r".contains(byte));
    let mut line = if is_escaped { b"\\".to_vec() } else { Vec::new() };
    line.extend(hash.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()));
    line.extend(b"  ");
    for &byte in name {
        match byte {
            b'\\' => line.extend(b"\\\\"),
            b'\n' => line.extend(b"\\n"),
            b'\r' => line.extend(b"\\r"),
            _ => line.push(byte),
        }
    }
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_sha512sum_does() {
        let line = |name: &[u8]| sum_line(&[0xab, 1], &VPath::parse(name).expect("a path"));
        assert_eq!(line(b"a/b c"), b"ab01  a/b c\n");
        assert_eq!(line(b"a\\b"), b"\\ab01  a\\\\b\n");
        assert_eq!(line(b"\xff"), b"ab01  \xff\n");
    }
}
