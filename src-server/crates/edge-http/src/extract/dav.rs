//! Which requests are WebDAV's.

use super::head::Head;
use crate::request::Request;
use crate::site::Policy;
use http::{HeaderName, header};
use model::VPath;

/// Headers that only clients of WebDAV send.
const DAV_HEADERS: [HeaderName; 5] = [
    HeaderName::from_static("depth"),
    HeaderName::from_static("if"),
    HeaderName::from_static("lock-token"),
    HeaderName::from_static("timeout"),
    HeaderName::from_static("translate"),
];

/// Whether there is WebDAV for a request.
pub fn is_on(head: &Head, policy: &Policy) -> bool {
    let dav = &policy.snapshot.settings.dav;
    let is_off_here = || head.peer.local.is_some_and(|local| dav.off_on_ports.contains(&local.port()));
    let is_off_for = || policy.agents_without_dav.as_ref().is_some_and(|agents| agents.is_match(agent(head)));
    !dav.off && !is_off_here() && !is_off_for()
}

/// Splits the path of a request into the names by which ownCloud's clients reach files, if it has them, and the path of the
/// file.
pub fn split_alias(head: &Head, path: VPath, policy: &Policy) -> (Option<VPath>, VPath) {
    match edge_dav::aliases::split_alias(&path).filter(|_| is_on(head, policy)) {
        Some((alias, path)) => (Some(alias), path),
        None => (None, path),
    }
}

/// Whether `edge-dav` answers a change: its method is one that only WebDAV has, or its client speaks WebDAV.
pub fn is_change_of_dav(request: &Request) -> bool {
    let method = request.method().as_str();
    if edge_dav::OWN_METHODS.contains(&method) {
        return is_on(&request.head, &request.policy);
    }
    edge_dav::SHARED_METHODS.contains(&method) && is_dav_client(request)
}

/// Whether the client of a request speaks WebDAV: it used a method, a port, a path or a header that only such clients use.
pub fn is_dav_client(request: &Request) -> bool {
    let head = &request.head;
    let has_header = || DAV_HEADERS.iter().any(|name| head.headers.contains_key(name));
    let is_known = || request.site.dav_clients.knows(request.connection.client, agent(head));
    let has_sign = || request.dav_alias.is_some() || is_on_dav_port(request) || has_header() || is_known();
    is_on(head, &request.policy) && has_sign()
}

/// Notes that the client of a request speaks WebDAV.
pub fn note_client(request: &Request) {
    request.site.dav_clients.note(request.connection.client, agent(&request.head));
}

/// Whether a program that looks like a browser is asked for a password as programs are, instead of being shown a page.
pub fn asks_as_program(request: &Request) -> bool {
    let is_listed = || request.policy.asked_agents.as_ref().is_some_and(|agents| agents.is_match(agent(&request.head)));
    is_listed() || is_dav_client(request)
}

fn is_on_dav_port(request: &Request) -> bool {
    let ports = &request.settings().network.dav_ports;
    !ports.is_empty() && request.head.peer.local.is_some_and(|local| ports.contains(&local.port()))
}

fn agent(head: &Head) -> &[u8] {
    head.headers.get(header::USER_AGENT).map_or(b"", |agent| agent.as_bytes())
}
