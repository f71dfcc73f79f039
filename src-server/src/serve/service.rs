//! The tower service around the routes: attaches the client to requests, answers stand-ins of the guard, counts, logs.

use super::edge;
use crate::access_log::{AccessLog, Entry};
use crate::connections::Conn;
use bytes::{Buf, Bytes};
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use http1_io::interim::InterimSlot;
use http1_io::refusal::Refusal;
use http1_io::request;
use hyper::body::Incoming;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use store::disk::FileMaps;
use store::splice::SpliceHandle;

/// Bound of the routes; `warp::service(routes)` satisfies it.
pub trait Routes:
    tower_service::Service<Request<RequestBody>, Error = Infallible> + Clone + Send + Sync + 'static
{
}
impl<S> Routes for S where
    S: tower_service::Service<Request<RequestBody>, Error = Infallible> + Clone + Send + Sync + 'static
{
}

/// What the kernel copies for a connection.
pub struct KernelCopies {
    /// Large request bodies, into files.
    pub splice: Option<Arc<SpliceHandle>>,
    /// Files, into responses.
    pub file_maps: Option<FileMaps>,
}

/// The service of one connection.
pub struct ConnService<S> {
    routes: S,
    conn: Arc<Conn>,
    log: AccessLog,
    splice: Option<Arc<SpliceHandle>>,
    /// Where response bodies map the files that the kernel sends.
    file_maps: Option<FileMaps>,
    /// Where routes put interim responses.
    interim: Option<InterimSlot>,
    /// True if bodies record the progress of the connection; for HTTP/1 the guard does that.
    watch_bodies: bool,
}

impl<S: Routes> ConnService<S> {
    /// Creates the service of one connection.
    pub fn new(
        routes: S,
        conn: Arc<Conn>,
        log: AccessLog,
        copies: KernelCopies,
        interim: Option<InterimSlot>,
        watch_bodies: bool,
    ) -> Self {
        let KernelCopies { splice, file_maps } = copies;
        Self { routes, conn, log, splice, file_maps, interim, watch_bodies }
    }
}

type Answer<B> = Response<ResponseBody<B>>;

impl<S, B> hyper::service::Service<Request<Incoming>> for ConnService<S>
where
    S: Routes + tower_service::Service<Request<RequestBody>, Response = Response<B>>,
    S::Future: Send,
    B: Body<Data = Bytes> + Unpin + Send + 'static,
{
    type Response = Answer<B>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer<B>, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let in_flight_guard = InFlightGuard::new(self.conn.clone(), self.watch_bodies);
        let entry = self.log.is_on().then(|| Entry::begin(&self.conn.remote, &request));
        let log_guard =
            RequestLogGuard { entry, log: self.log.clone(), begun: Instant::now(), bytes: 0, in_flight_guard };

        if let Some(refusal) = request::check(&request, &self.conn.refusals) {
            let response = log_guard.refuse(&refusal);
            return Box::pin(async move { Ok(response) });
        }
        request::normalize_authority(&mut request);
        let watched_conn = self.watch_bodies.then(|| self.conn.clone());
        // Most requests have no body and need no handle.
        let splice = self.splice.as_ref().filter(|_| !request.body().is_end_stream());
        // Only programs that continue interrupted uploads wait for an interim response.
        let interim = self.interim.as_ref().filter(|_| request.headers().contains_key(edge::UPLOAD_COMPLETE));
        let request = edge::attach_peer(request, &self.conn, (splice, interim), self.file_maps.clone());
        let request = request.map(|inner| RequestBody { inner, conn: watched_conn, waiting: false });
        let mut routes = self.routes.clone();
        Box::pin(async move {
            let Ok(()) = poll_fn(|cx| routes.poll_ready(cx)).await;
            let working = BusyGuard::new(&log_guard.in_flight_guard.conn);
            let Ok(response) = routes.call(request).await;
            drop(working);
            Ok(log_guard.answer(response))
        })
    }
}

/// Counts a request as in flight until dropped.
struct InFlightGuard {
    conn: Arc<Conn>,
    watch_bodies: bool,
}

impl InFlightGuard {
    fn new(conn: Arc<Conn>, watch_bodies: bool) -> Self {
        conn.in_flight.fetch_add(1, Relaxed);
        conn.requests.fetch_add(1, Relaxed);
        if watch_bodies {
            conn.record_progress();
        }
        Self { conn, watch_bodies }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.conn.record_progress();
        self.conn.in_flight.fetch_sub(1, Relaxed);
    }
}

/// Counts the server as busy (and the client as waiting) until dropped.
struct BusyGuard(Arc<Conn>);

impl BusyGuard {
    fn new(conn: &Arc<Conn>) -> Self {
        conn.busy.fetch_add(1, Relaxed);
        Self(conn.clone())
    }
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Relaxed);
    }
}

/// State of a request until its end; dropping it writes the access log.
struct RequestLogGuard {
    entry: Option<Box<Entry>>,
    log: AccessLog,
    begun: Instant,
    bytes: u64,
    in_flight_guard: InFlightGuard,
}

impl RequestLogGuard {
    fn answer<B>(mut self, response: Response<B>) -> Answer<B> {
        if let Some(refusal) = self.in_flight_guard.conn.refusals.body()
            && response.status().as_u16() >= 400
        {
            // The routes report a broken body in their own words; the refusal is the cause.
            return self.refuse(&refusal);
        }
        let note = edge::note(response.extensions());
        if let Some(account) = &note.account {
            self.in_flight_guard.conn.set_account(account);
        }
        if let Some(entry) = &mut self.entry {
            entry.status = response.status().as_u16();
            entry.account = note.account;
            entry.client = note.client;
        }
        response.map(|inner| ResponseBody { inner: Inner::Routes(inner), log_guard: self, working: None })
    }

    fn refuse<B>(mut self, refusal: &Refusal) -> Answer<B> {
        let response = refusal.reason.answer(&refusal.target);
        if let Some(entry) = &mut self.entry {
            entry.status = response.status().as_u16();
            entry.refused = Some((refusal.reason.code(), refusal.target.clone()));
        }
        response.map(|inner| ResponseBody { inner: Inner::Own(inner), log_guard: self, working: None })
    }
}

impl Drop for RequestLogGuard {
    fn drop(&mut self) {
        if let Some(mut entry) = self.entry.take() {
            entry.bytes = self.bytes;
            entry.took = self.begun.elapsed();
            self.log.write(entry);
        }
    }
}

/// A response body that counts its bytes.
pub struct ResponseBody<B> {
    inner: Inner<B>,
    log_guard: RequestLogGuard,
    working: Option<BusyGuard>,
}

enum Inner<B> {
    Routes(B),
    Own(Full<Bytes>),
}

impl<B: Body<Data = Bytes> + Unpin> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        let polled = match &mut this.inner {
            Inner::Routes(body) => Pin::new(body).poll_frame(cx),
            Inner::Own(body) => Pin::new(body).poll_frame(cx).map_err(|never| match never {}),
        };
        let watched = this.log_guard.in_flight_guard.watch_bodies;
        if polled.is_pending() {
            if watched && this.working.is_none() {
                this.working = Some(BusyGuard::new(&this.log_guard.in_flight_guard.conn));
            }
            return Poll::Pending;
        }
        this.working = None;
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            this.log_guard.bytes += data.remaining() as u64;
            if watched {
                this.log_guard.in_flight_guard.conn.record_progress();
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Routes(body) => body.is_end_stream(),
            Inner::Own(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Routes(body) => body.size_hint(),
            Inner::Own(body) => body.size_hint(),
        }
    }
}

/// A request body. While its reader waits for the client, the server does not count as busy.
pub struct RequestBody {
    inner: Incoming,
    conn: Option<Arc<Conn>>,
    waiting: bool,
}

impl RequestBody {
    fn wait(&mut self, waiting: bool) {
        if let Some(conn) = &self.conn
            && self.waiting != waiting
        {
            self.waiting = waiting;
            if waiting {
                conn.busy.fetch_sub(1, Relaxed);
                conn.bodies_awaited.fetch_add(1, Relaxed);
            } else {
                conn.busy.fetch_add(1, Relaxed);
                conn.bodies_awaited.fetch_sub(1, Relaxed);
            }
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_frame(cx);
        this.wait(polled.is_pending());
        let polled = ready!(polled);
        if let (Some(Ok(_)), Some(conn)) = (&polled, &this.conn) {
            conn.record_progress();
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.wait(false);
    }
}
