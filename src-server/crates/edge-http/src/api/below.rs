//! `GET folder?below`: all files in a folder and below it, in one list.

use super::folder::{file_entry, name_order, number, tag_info};
use super::ndjson::{self, ClientLeft, Lines, Sending};
use super::places::Places;
use super::types_search::{BelowEnd, BelowHead, BelowLine, FoundFile};
use super::{paths, rights};
use crate::failure::RouteResult;
use crate::request::Request;
use crate::routes::browse;
use engine::listing::{Below, FOLDERS_BELOW_MAX, ListOptions, Listing};

/// Most files that are listed.
pub const ROWS_BELOW_MAX: usize = 100_000;

/// Lists everything below `path`; the error of the folder itself is the answer's.
pub async fn list(request: &Request) -> RouteResult {
    let path = paths::from_query(request, "path")?;
    let limit = number(request, "limit")?.unwrap_or(ROWS_BELOW_MAX).min(ROWS_BELOW_MAX);
    let options =
        ListOptions { dotfiles: browse::wants_dotfiles(request), without_texts: true, ..ListOptions::default() };
    let mut walk = request.engine().listings.below(&request.access, &path, options)?;
    let Some(top) = walk.next().await.transpose()? else {
        return Err(engine::EngineError::NotFound(path).into());
    };
    let own = request.clone();
    Ok(ndjson::reply(request, Sending::Rows, |mut lines| async move {
        // If the client has left there is no one to tell.
        let _left = Writer { request: own, places: Places::default(), limit, rows: 0, folders: 0 }
            .write(top, walk, &mut lines)
            .await;
        lines
    }))
}

struct Writer {
    request: Request,
    places: Places,
    limit: usize,
    rows: usize,
    folders: usize,
}

impl Writer {
    async fn write(mut self, top: Listing, mut walk: Below, lines: &mut Lines) -> Result<(), ClientLeft> {
        lines.send(&BelowLine::Below(self.head(&top))).await?;
        let (mut next, mut truncated) = (Some(top), false);
        while let Some(listing) = next {
            self.folders += 1;
            if !self.files(&listing, lines).await? {
                truncated = true;
                break;
            }
            // What is known is shown while the disk is read.
            lines.flush().await?;
            next = tokio::select! {
                found = walk.next() => found.and_then(Result::ok),
                () = lines.left() => return Err(ClientLeft),
            };
        }
        truncated |= self.folders >= FOLDERS_BELOW_MAX;
        lines.send(&BelowLine::End(BelowEnd { rows: self.rows, folders: self.folders, truncated })).await
    }

    fn head<'a>(&self, top: &'a Listing) -> BelowHead<'a> {
        let t = self.request.texts();
        BelowHead {
            path: paths::encoded(&top.path),
            name: paths::last_name(&top.path),
            rights: rights::list(top.rights),
            may: rights::may(&self.request, top.rights),
            order: name_order(top),
            tags: top.tags.iter().map(|column| tag_info(t, column)).collect(),
            limit: self.limit,
        }
    }

    /// Sends the files of one folder. Returns false if there are more than the list may have.
    async fn files(&mut self, listing: &Listing, lines: &mut Lines) -> Result<bool, ClientLeft> {
        if listing.files.is_empty() {
            return Ok(true);
        }
        let (place, line) = self.places.number(&self.request, listing.rights);
        if let Some(line) = line {
            lines.add(&BelowLine::Place(line)).await?;
        }
        let folder = paths::encoded(&listing.path);
        for entry in &listing.files {
            if self.rows == self.limit {
                return Ok(false);
            }
            self.rows += 1;
            let file = FoundFile { folder: folder.clone(), place, entry: file_entry(entry, &listing.tags) };
            lines.add(&BelowLine::File(file)).await?;
        }
        Ok(true)
    }
}
