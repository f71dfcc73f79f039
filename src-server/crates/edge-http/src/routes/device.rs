//! The description of this server as a device of UPnP, which Windows Explorer reads when it has heard of the server by
//! SSDP.

use crate::failure::{Failure, RouteResult};
use crate::render::device;
use crate::render::layout::server_name;
use crate::reply;
use crate::request::Request;
use http::StatusCode;

/// Handles `GET /.potluck/device.xml`. It says what SSDP tells every machine in the network, and no more.
///
/// # Errors
/// 404 while the server is not announced by SSDP.
pub fn description(request: &Request) -> RouteResult {
    let Some(announced) = request.site.options.announced.device.load_full() else {
        return Err(Failure::text(StatusCode::NOT_FOUND, "this server is not announced as a device (option --zs)"));
    };
    let is_path = announced.page.starts_with('/');
    let page = if is_path { request.absolute_url(&announced.page) } else { announced.page.clone() };
    let text = device::description(&announced, server_name(request), &page);
    Ok(reply::typed(StatusCode::OK, "text/xml; charset=\"utf-8\"", text))
}
