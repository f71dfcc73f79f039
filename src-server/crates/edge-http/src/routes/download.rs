//! A file that somebody asked for by its path.

use crate::extract::Request;
use crate::reply::{self, Outcome};
use engine::files::read::Download;

/// Sends it.
pub async fn file(request: &Request, download: Download) -> Outcome {
    reply::file::send(request, download)
}
