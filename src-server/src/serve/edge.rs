//! Interface to the routes: requests carry the identity of the client, responses carry the account for the access log.

use crate::connections::{Conn, Remote};
use edge_http::{AccessLine, InterimSender, Peer, PeerAddr};
use http::{Extensions, Request};
use http1_io::interim::InterimSlot;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use store::disk::FileMaps;
use store::splice::SpliceHandle;

/// Header field of requests whose client may want to know early how to resume an upload.
pub const UPLOAD_COMPLETE: &str = "upload-complete";

/// Attaches the identity and the abilities of the connection to a request, in the form that the routes expect.
pub fn attach_peer<B>(
    mut request: Request<B>,
    conn: &Conn,
    (splice, interim): (Option<&Arc<SpliceHandle>>, Option<&InterimSlot>),
    file_maps: Option<FileMaps>,
) -> Request<B> {
    request.extensions_mut().insert(conn.proofs.clone());
    if let Some(splice) = splice {
        request.extensions_mut().insert(splice.clone());
    }
    if let Some(slot) = interim.cloned() {
        request.extensions_mut().insert(InterimSender::new(move |status, headers| slot.put(status, headers)));
    }
    let addr = match conn.remote {
        Remote::Ip(address) => PeerAddr::Ip(address),
        Remote::Unix => PeerAddr::Unix,
    };
    edge_http::with_head(request, Peer { addr, local: conn.local, tls: conn.tls.load(Relaxed) }, file_maps)
}

/// What the routes report about a request.
#[derive(Default)]
pub struct Note {
    /// Its account; `None` if the routes did not get that far.
    pub account: Option<Arc<str>>,
    /// The client's address, behind trusted proxies.
    pub client: Option<IpAddr>,
}

/// Reads the report from a response.
pub fn note(extensions: &Extensions) -> Note {
    let line = extensions.get::<AccessLine>();
    line.map_or_else(Note::default, |line| Note { account: Some(line.account.0.clone()), client: Some(line.client) })
}
