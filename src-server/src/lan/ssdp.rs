//! The announcement by SSDP: started, replaced and ended with the settings.

use announce::ssdp::{SsdpAnnouncement, SsdpEvent, SsdpResponder};
use edge_http::announced::{Announced, Device};
use std::sync::Arc;

/// What is announced by SSDP, with the responder and the description of the device that it leads to.
pub(super) struct Ssdp {
    published: Arc<Announced>,
    announced: Option<(SsdpAnnouncement, Device)>,
    responder: Option<SsdpResponder>,
}

impl Ssdp {
    /// `published`: where the description of the device is looked up.
    pub fn new(published: Arc<Announced>) -> Self {
        Self { published, announced: None, responder: None }
    }

    /// Announces `wanted`, unless that is the case already. Blocks for up to half a second when something is replaced.
    pub fn update(&mut self, wanted: Option<(SsdpAnnouncement, Device)>, verbose: bool) {
        let has_died = self.responder.as_ref().is_some_and(|responder| !responder.is_running());
        if wanted == self.announced && !has_died {
            return;
        }
        self.stop();
        let Some((announcement, device)) = wanted else { return };
        self.published.device.store(Some(Arc::new(device.clone())));
        match SsdpResponder::start(announcement.clone(), event_handler(verbose)) {
            Ok(responder) => self.responder = Some(responder),
            Err(error) => {
                tracing::warn!(%error, "the server is not announced by SSDP");
                self.published.device.store(None);
            }
        }
        // Set after an error, too: it is tried again only after a change.
        self.announced = Some((announcement, device));
    }

    /// Says goodbye and stops.
    pub fn stop(&mut self) {
        if let Some(responder) = self.responder.take() {
            responder.stop();
        }
        self.published.device.store(None);
        self.announced = None;
    }
}

fn event_handler(verbose: bool) -> Box<dyn Fn(SsdpEvent) + Send> {
    let last = parking_lot::Mutex::new(String::new());
    Box::new(move |event| match event {
        SsdpEvent::Failed(text) => {
            // Every adapter without multicast says it each time.
            if std::mem::replace(&mut *last.lock(), text.clone()) != text {
                tracing::warn!("SSDP: {text}");
            }
        }
        SsdpEvent::Announced(ip) if verbose => tracing::info!("SSDP: announced in the network of {ip}"),
        SsdpEvent::Answered(peer) if verbose => tracing::info!("SSDP: {peer} searches"),
        SsdpEvent::Announced(_) | SsdpEvent::Answered(_) => {}
    })
}
