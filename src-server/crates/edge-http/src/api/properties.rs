//! `POST properties` and `checksum`: everything that is known of one file, sums of several files and folders, and the checksum of
//! a file. What takes long tells its progress, and ends when the client leaves.

use super::limits::TICK;
use super::ndjson::{self, ClientLeft, Lines, Sending};
use super::types::FileTags;
use super::types_control::{
    ChecksumFailed, ChecksumLine, ChecksumProgress, ChecksumRequest, ChecksumResult, Counted, FileProperties,
    PropertiesLine, PropertiesRequest,
};
use super::types_many::ChangeFailed;
use super::{batch, error, paths, reads, uploaders};
use crate::failure::{Failure, RouteResult};
use crate::request::Request;
use engine::EngineError;
use engine::error::Conflict;
use engine::files::checksum::{Checksum, ChecksumNews};
use engine::files::read::Found;
use engine::listing::{FOLDERS_BELOW_MAX, ListOptions, SIZES_ONLY, Single, TagValue};
use http::StatusCode;
use model::VPath;
use std::time::Instant;

/// Most paths of one request.
pub const PATHS_MAX: usize = 1000;

/// `POST properties`.
pub async fn properties(request: &Request, body: PropertiesRequest) -> RouteResult {
    let bad = |text: &'static str| Failure::text(StatusCode::BAD_REQUEST, text);
    match body.paths.as_slice() {
        [] => return Err(bad("'paths' names nothing")),
        all if all.len() > PATHS_MAX => return Err(bad("'paths' names more than 1000 files and folders")),
        // The error of the only path is the answer's.
        [only] => {
            let path = paths::from_body(only)?;
            let single = request.engine().listings.single(&request.access, &path, ListOptions::default()).await?;
            if !single.is_folder {
                return one_file(request, &path, &single).await;
            }
        }
        _ => {}
    }
    let own = request.clone();
    Ok(ndjson::reply(request, Sending::Live, |mut lines| async move {
        // If the client has left there is no one to tell.
        let _left = Counting::new(own).count_all(&body.paths, &mut lines).await;
        lines
    }))
}

/// The properties of a file, and the sum of it alone.
async fn one_file(request: &Request, path: &VPath, single: &Single) -> RouteResult {
    let engine = request.engine();
    let key = single.entry.key.as_deref();
    let Found::File(file) = engine.reader.open(&request.access, path, key).await? else {
        return Err(EngineError::Conflict(Conflict::IsAFolder(path.clone())).into());
    };
    let tags: Vec<(String, TagValue)> = engine.library.file_tags(&request.access, path).await?;
    let uploader = engine.uploads.uploader(&request.access, path).await?;
    let properties = FileProperties {
        entry: reads::file_info(request, path, &file),
        wark: uploader.as_ref().and_then(|uploader| uploader.wark.as_ref()).map(|wark| wark.as_str().to_owned()),
        picture: single.entry.picture.as_deref().map(batch::shown),
        tags: FileTags::Named(&tags),
        uploaded: uploader.map(|uploader| uploaders::shown(request, path, &uploader)),
        versions: engine.trash.versions(&request.access, path).await.ok().map(|versions| versions.len()),
    };
    let (mut text, mut buffer) = (String::new(), Vec::new());
    ndjson::push_line(&mut text, &mut buffer, &PropertiesLine::File(Box::new(properties)));
    let total = Counted { files: 1, folders: Some(0), bytes: single.entry.size, truncated: false };
    ndjson::push_line(&mut text, &mut buffer, &PropertiesLine::Total(total));
    Ok(crate::reply::typed(StatusCode::OK, crate::reply::mime::NDJSON, text))
}

/// Counts files and folders.
struct Counting {
    request: Request,
    sum: Counted,
    told: Instant,
}

impl Counting {
    fn new(request: Request) -> Self {
        let sum = Counted { folders: Some(0), ..Counted::default() };
        Self { request, sum, told: Instant::now() }
    }

    async fn count_all(mut self, all: &[String], lines: &mut Lines) -> Result<(), ClientLeft> {
        for entry in all {
            if let Err(failure) = self.count(entry, lines).await? {
                let (_, error) = error::told(&self.request, failure).await;
                lines.send(&PropertiesLine::Failed(ChangeFailed { path: entry, error })).await?;
            }
        }
        lines.send(&PropertiesLine::Total(self.sum)).await
    }

    async fn count(&mut self, entry: &str, lines: &mut Lines) -> Result<Result<(), Failure>, ClientLeft> {
        let found = match paths::from_body(entry) {
            Ok(path) => self
                .request
                .engine()
                .listings
                .single(&self.request.access, &path, SIZES_ONLY)
                .await
                .map(|single| (path, single)),
            Err(error) => Err(error),
        };
        let (path, single) = match found {
            Ok(found) => found,
            Err(error) => return Ok(Err(error.into())),
        };
        match single.entry.files_below {
            _ if !single.is_folder => self.add(1, single.entry.size),
            // The index knows the size and not the number of folders.
            Some(files) => {
                self.add(files, single.entry.size);
                self.sum.folders = None;
            }
            None => return self.walk(&path, lines).await,
        }
        Ok(Ok(()))
    }

    fn add(&mut self, files: u64, bytes: u64) {
        self.sum.files += files;
        self.sum.bytes = self.sum.bytes.saturating_add(bytes);
    }

    /// Reads a folder and everything below it.
    async fn walk(&mut self, path: &VPath, lines: &mut Lines) -> Result<Result<(), Failure>, ClientLeft> {
        let options = ListOptions { dotfiles: true, ..SIZES_ONLY };
        let mut walk = match self.request.engine().listings.below(&self.request.access, path, options) {
            Ok(walk) => walk,
            Err(error) => return Ok(Err(error.into())),
        };
        let mut folders = 0;
        loop {
            let listing = tokio::select! {
                listing = walk.next() => listing,
                () = lines.left() => return Err(ClientLeft),
            };
            let listing = match listing.transpose() {
                Ok(Some(listing)) => listing,
                Ok(None) => break,
                Err(error) => return Ok(Err(error.into())),
            };
            folders += 1;
            self.sum.folders = self.sum.folders.map(|sum| sum + 1);
            for entry in &listing.files {
                self.add(1, entry.size);
            }
            if self.told.elapsed() >= TICK {
                self.told = Instant::now();
                lines.send(&PropertiesLine::Counted(self.sum)).await?;
            }
        }
        self.sum.truncated |= folders >= FOLDERS_BELOW_MAX;
        Ok(Ok(()))
    }
}

/// `POST checksum`.
pub async fn checksum(request: &Request, body: ChecksumRequest) -> RouteResult {
    let path = paths::from_body(&body.path)?;
    let Found::File(file) = request.engine().reader.open(&request.access, &path, body.k.as_deref()).await? else {
        return Err(EngineError::Conflict(Conflict::IsAFolder(path)).into());
    };
    let (checksum, total) = (request.engine().reader.checksum(&file)?, file.size);
    let own = request.clone();
    Ok(ndjson::reply(request, Sending::Live, move |mut lines| async move {
        // If the client has left there is no one to tell.
        let _left = tell_checksum(&own, checksum, total, &mut lines).await;
        lines
    }))
}

async fn tell_checksum(
    request: &Request,
    mut checksum: Checksum,
    bytes_total: u64,
    lines: &mut Lines,
) -> Result<(), ClientLeft> {
    let mut told = Instant::now();
    loop {
        let news = tokio::select! {
            news = checksum.next() => news,
            () = lines.left() => return Err(ClientLeft),
        };
        match news {
            Some(ChecksumNews::Read(bytes_done)) if told.elapsed() >= TICK => {
                told = Instant::now();
                lines.send(&ChecksumLine::Progress(ChecksumProgress { bytes_done, bytes_total })).await?;
            }
            Some(ChecksumNews::Read(_)) => {}
            Some(ChecksumNews::Done(hash, bytes)) => {
                let sha512 = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                return lines.send(&ChecksumLine::End(ChecksumResult { sha512, bytes })).await;
            }
            Some(ChecksumNews::Failed(error)) => {
                let (_, error) = error::told(request, error.into()).await;
                return lines.send(&ChecksumLine::Failed(ChecksumFailed { error })).await;
            }
            None => return Ok(()),
        }
    }
}
