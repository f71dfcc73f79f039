//! Who uploaded a file, as far as the one who asks may know; `GET recent`.

use super::types_control::{RecentFile, RecentUploads, UploadedBy};
use super::{answer, paths};
use crate::failure::RouteResult;
use crate::request::Request;
use engine::uploads::{RecentUpload, Uploader};
use http::StatusCode;
use model::{Perm, VPath};

/// Most recent uploads.
const RECENT_MAX: usize = 500;

/// Returns what the client may know of the uploader of the file at `path`: names are for people with an account, addresses
/// for administrators.
pub fn shown(request: &Request, path: &VPath, uploader: &Uploader) -> UploadedBy {
    let access = &request.access;
    let administers = access.rights_at(path).has(Perm::Admin);
    let has_account = !access.account().is_anonymous() && !access.is_guest();
    tell(request, uploader, administers || has_account, administers)
}

fn tell(request: &Request, uploader: &Uploader, with_name: bool, with_address: bool) -> UploadedBy {
    UploadedBy {
        at_ms: uploader.at.0,
        own: uploader.is_self,
        by: if with_name || uploader.is_self { request.name_of(&uploader.account, &uploader.address) } else { None },
        address: with_address.then(|| uploader.address.clone()),
    }
}

/// `GET recent?path=`.
pub async fn recent(request: &Request) -> RouteResult {
    let path = paths::from_query(request, "path")?;
    let all = request.engine().uploads.recent(&request.access, &path, RECENT_MAX).await?;
    if all.is_empty() {
        // Who may not open the folder learns that, and not that there are none.
        request.engine().reader.open(&request.access, &path, None).await?;
    }
    let uploads = all.iter().map(|one| recent_file(request, one)).collect();
    Ok(answer::json(StatusCode::OK, &RecentUploads { uploads }))
}

/// As in copyparty's list, who uploaded a file is told to administrators and to the uploader.
fn recent_file(request: &Request, one: &RecentUpload) -> RecentFile {
    RecentFile {
        path: paths::encoded(&one.path),
        name: paths::last_name(&one.path),
        size: one.size,
        uploaded: tell(request, &one.by, one.administers, one.administers),
        may_delete: one.may_delete,
    }
}
