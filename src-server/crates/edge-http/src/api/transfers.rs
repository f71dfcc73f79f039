//! `GET transfers`.

use super::types_control::{TransferInfo, Transfers};
use super::{answer, paths};
use crate::request::Request;
use engine::transfers::KnownTransfer;
use http::StatusCode;
use warp::reply::Response;

/// Returns the transfers that the account may know of.
pub fn list(request: &Request) -> Response {
    let known = request.engine().transfers(&request.access);
    let transfers = known.iter().map(|one| transfer_info(request, one)).collect();
    answer::json(StatusCode::OK, &Transfers { transfers })
}

fn transfer_info(request: &Request, known: &KnownTransfer) -> TransferInfo {
    let (now, start) = (&known.now, &known.now.start);
    let left = start.size.map(|size| size.saturating_sub(now.done));
    TransferInfo {
        upload: start.is_upload,
        path: paths::encoded(&start.path),
        name: paths::last_name(&start.path),
        own: known.is_own,
        who: request.name_of(&start.account, &start.address),
        address: known.administers.then(|| start.address.clone()),
        begun_ms: now.begun.0,
        bytes_done: now.done,
        bytes_total: start.size,
        rate: now.rate,
        eta_secs: left.and_then(|left| left.checked_div(now.rate)),
    }
}
