//! Notifications about received files: one for all files that arrive together.

use crate::texts::{counted, filled};
use server::control::Transfer;
use server::control::admin::PastTransfer;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A batch ends when no file was received for this long and no upload is running.
const BATCH_IDLE: Duration = Duration::from_secs(4);
/// Longest delay of the notification: an upload without progress must not delay it for ever.
const BATCH_MAX_WAIT: Duration = Duration::from_secs(60);

/// Files received since the last notification.
#[derive(Debug, Default)]
pub struct UploadBatch {
    arrived: Vec<Transfer>,
    /// Numbers of running uploads.
    under_way: BTreeSet<u64>,
    last: Option<Instant>,
}

/// The text of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The headline.
    pub title: String,
    /// The senders and the folders.
    pub body: String,
}

impl UploadBatch {
    /// Records that an upload started.
    pub fn started(&mut self, id: u64) {
        self.under_way.insert(id);
    }

    /// Records that an upload failed.
    pub fn failed(&mut self, id: u64) {
        self.under_way.remove(&id);
    }

    /// Records that a file was received.
    pub fn finished(&mut self, transfer: Transfer, now: Instant) {
        self.under_way.remove(&transfer.id);
        self.arrived.push(transfer);
        self.last = Some(now);
    }

    /// Returns the files when the batch has ended.
    pub fn due(&mut self, now: Instant) -> Option<Vec<Transfer>> {
        let quiet = now.saturating_duration_since(self.last?);
        let over = quiet >= BATCH_MAX_WAIT || (quiet >= BATCH_IDLE && self.under_way.is_empty());
        over.then(|| {
            self.last = None;
            std::mem::take(&mut self.arrived)
        })
    }
}

/// Returns the notification about received files; `past` has the names of devices.
pub fn message(arrived: &[Transfer], past: &[PastTransfer]) -> Message {
    let title = match arrived {
        [one] => filled("arrived.one", &[("name", split(&one.path).1)]),
        many => counted("arrived.many", many.len() as u64, &[]),
    };
    let folders: BTreeSet<&str> = arrived.iter().map(|transfer| split(&transfer.path).0).collect();
    let folder = match Vec::from_iter(folders)[..] {
        [one] => one.to_owned(),
        ref many => counted("arrived.folders", many.len() as u64, &[]),
    };
    let names: BTreeSet<String> = arrived.iter().map(|transfer| sender(transfer, past)).collect();
    let body = match Vec::from_iter(&names)[..] {
        [one] => filled("arrived.from", &[("who", one), ("folder", &folder)]),
        [one, two] => filled("arrived.fromTwo", &[("who", one), ("other", two), ("folder", &folder)]),
        ref many => {
            let people = counted("people", many.len() as u64, &[]);
            filled("arrived.from", &[("who", &people), ("folder", &folder)])
        }
    };
    Message { title, body }
}

/// Splits a virtual path into folder and name.
pub fn split(path: &str) -> (&str, &str) {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((folder, name)) => (folder, name),
        None => ("/", path),
    }
}

fn sender(transfer: &Transfer, past: &[PastTransfer]) -> String {
    let known = past.iter().find(|other| other.path == transfer.path && other.address == transfer.address);
    match known {
        Some(known) if !known.who.is_empty() => known.who.clone(),
        _ if transfer.account != "*" => transfer.account.clone(),
        _ => transfer.address.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use server::control::admin::Outcome;

    fn transfer(id: u64, path: &str) -> Transfer {
        Transfer { id, path: path.into(), size: Some(1), account: "*".into(), address: "192.168.1.7".into() }
    }

    fn seconds(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn files_that_come_together_are_one_batch() {
        let (start, mut batch) = (Instant::now(), UploadBatch::default());
        assert_eq!(batch.due(start), None);
        for id in 0..3 {
            batch.started(id);
        }
        batch.finished(transfer(0, "/inbox/a"), start);
        batch.finished(transfer(1, "/inbox/b"), seconds(start, 1));
        assert_eq!(batch.due(seconds(start, 30)), None, "one is still on its way");
        batch.finished(transfer(2, "/inbox/c"), seconds(start, 31));
        assert_eq!(batch.due(seconds(start, 33)), None, "another may follow");
        assert_eq!(batch.due(seconds(start, 35)).map(|files| files.len()), Some(3));
        assert_eq!(batch.due(seconds(start, 99)), None, "said once");
    }

    #[test]
    fn a_stalled_upload_does_not_delay_the_notification() {
        let (start, mut batch) = (Instant::now(), UploadBatch::default());
        batch.started(8);
        batch.started(9);
        batch.finished(transfer(8, "/a"), start);
        assert_eq!(batch.due(seconds(start, 59)), None);
        assert!(batch.due(seconds(start, 60)).is_some());
        batch.finished(transfer(0, "/b"), seconds(start, 61));
        batch.failed(9);
        assert!(batch.due(seconds(start, 66)).is_some());
    }

    #[test]
    fn the_notification_names_files_sender_and_folder() {
        let past = PastTransfer {
            at_ms: 0,
            outcome: Outcome::Arrived,
            path: "/inbox/a.heic".into(),
            account: "*".into(),
            who: "Anna's iPhone".into(),
            address: "192.168.1.7".into(),
            size: 1,
        };
        let check = |files: &[&str], title: &str, body: &str| {
            let arrived: Vec<_> = files.iter().map(|path| transfer(1, path)).collect();
            let said = message(&arrived, std::slice::from_ref(&past));
            assert_eq!((said.title.as_str(), said.body.as_str()), (title, body));
        };
        check(&["/inbox/a.heic"], "a.heic received", "From Anna's iPhone, in /inbox.");
        check(&["/b"], "b received", "From 192.168.1.7, in /.");
        let two = "From 192.168.1.7 and Anna's iPhone, in /inbox.";
        check(&["/inbox/a.heic", "/inbox/b"], "2 files received", two);
        check(&["/x/b", "/y/b"], "2 files received", "From 192.168.1.7, in 2 folders.");
    }
}
