//! Small answers: session, volumes, one entry, the tree of folders, the client's own uploads.

use super::types::{
    AccountInfo, AccountKind, EntryInfo, EntryKind, Limits, ServerInfo, Session, Tree, TreeFolder, UploadInfo, Uploads,
    VolumeInfo, Volumes,
};
use super::{answer, limits, paths, rights};
use crate::failure::{Failure, RouteResult};
use crate::render::layout;
use crate::request::Request;
use engine::files::read::{Download, Found};
use engine::links::may_link;
use engine::listing::TreeNode;
use http::StatusCode;
use model::{FileName, PermSet, UnixMillis, VPath, vpath};
use warp::reply::Response;

/// `GET session`.
pub fn session(request: &Request) -> Response {
    let behaviour = &request.settings().behaviour;
    let limits = Limits {
        name_bytes: vpath::NAME_MAX,
        path_bytes: vpath::PATH_MAX,
        path_depth: vpath::DEPTH_MAX,
        request_bytes: limits::BODY_MAX,
        upload_request_bytes: behaviour.uploader.request_mib.map(|mib| u64::from(mib) << 20),
    };
    let session = Session {
        server: ServerInfo { name: layout::server_name(request).to_owned(), version: env!("CARGO_PKG_VERSION") },
        account: account(request),
        can_sign_in: layout::has_accounts(request),
        is_admin: request.is_admin(),
        delete_own_uploads_secs: if request.unpost_is_on() { behaviour.unpost_secs } else { 0 },
        limits,
    };
    answer::json(StatusCode::OK, &session)
}

fn account(request: &Request) -> AccountInfo {
    let access = &request.access;
    let kind = match () {
        () if access.link().is_some() => AccountKind::Link,
        () if access.is_guest() => AccountKind::Guest,
        () if access.account().is_anonymous() => AccountKind::Anonymous,
        () => AccountKind::Account,
    };
    AccountInfo { kind, name: (kind == AccountKind::Account).then(|| access.account().as_str().to_owned()) }
}

/// `GET volumes`.
pub fn volumes(request: &Request) -> Response {
    let mut volumes: Vec<VolumeInfo> = request
        .access
        .entry_points()
        .into_iter()
        .map(|(path, rights)| VolumeInfo {
            path: paths::encoded(&path),
            name: paths::last_name(&path),
            rights: rights::list(rights),
            may: rights::may(request, rights),
            links: may_link(&request.access, &path),
        })
        .collect();
    volumes.sort_by(|one, other| one.path.cmp(&other.path));
    answer::json(StatusCode::OK, &Volumes { volumes })
}

/// `GET entry?path=`, with `k` where files need keys.
pub async fn entry(request: &Request) -> RouteResult {
    let path = paths::from_query(request, "path")?;
    let key = request.query.text("k");
    let info = match request.engine().reader.open(&request.access, &path, key.as_deref()).await? {
        Found::File(file) => file_info(request, &path, &file),
        Found::Folder { rights, modified, .. } => {
            entry_info(request, EntryKind::Folder, &path, rights, modified.unwrap_or(UnixMillis(0)))
        }
    };
    Ok(answer::json(StatusCode::OK, &info))
}

fn entry_info(request: &Request, kind: EntryKind, path: &VPath, rights: PermSet, modified: UnixMillis) -> EntryInfo {
    EntryInfo {
        kind,
        path: paths::encoded(path),
        name: paths::last_name(path),
        size: 0,
        modified_ms: modified.0,
        etag: None,
        key: None,
        rights: rights::list(rights),
        may: rights::may(request, rights),
    }
}

/// Returns what is known of an opened file.
pub(super) fn file_info(request: &Request, path: &VPath, file: &Download) -> EntryInfo {
    EntryInfo {
        size: file.size,
        etag: Some(file.etag.clone()),
        key: request.engine().reader.key(&request.access, path, file.size, file.ino()),
        ..entry_info(request, EntryKind::File, path, file.rights, file.modified)
    }
}

/// `GET tree?path=`: the folders in a folder; with `top` those from there down to it.
pub async fn tree(request: &Request) -> RouteResult {
    let path = paths::from_query(request, "path")?;
    let only_children = !request.query.has("top");
    let top = if only_children { path.clone() } else { paths::from_query(request, "top")? };
    if !path.is_within(&top) {
        return Err(Failure::text(StatusCode::BAD_REQUEST, "path is not below top"));
    }
    let node = request.engine().listings.tree(&request.access, &top, &path, only_children).await?;
    Ok(answer::json(StatusCode::OK, &tree_of(node)))
}

fn tree_of(node: TreeNode) -> Tree {
    let TreeNode { order, closed, open } = node;
    let mut folders: Vec<TreeFolder> =
        closed.iter().map(|folder| tree_folder(&folder.name, folder.is_leaf, None)).collect();
    if let Some((name, inner)) = open {
        let at = closed.partition_point(|other| order.compare(other.name.as_bytes(), name.as_bytes()).is_lt());
        folders.insert(at, tree_folder(&name, false, Some(Box::new(tree_of(*inner)))));
    }
    Tree { folders }
}

fn tree_folder(name: &FileName, leaf: bool, open: Option<Box<Tree>>) -> TreeFolder {
    let (name, encoded) = paths::split_name(name);
    TreeFolder { name: name.into_owned(), encoded, leaf, open }
}

/// `GET uploads`.
pub async fn uploads(request: &Request) -> RouteResult {
    let own = request.engine().uploads.own_uploads(&request.access).await?;
    let uploads = own.iter().map(|upload| UploadInfo {
        path: paths::encoded(&upload.path),
        name: paths::last_name(&upload.path),
        size: upload.size,
        at_ms: upload.at.0,
        percent: upload.unfinished,
    });
    Ok(answer::json(StatusCode::OK, &Uploads { uploads: uploads.collect() }))
}
