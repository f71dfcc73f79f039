//! The change feed of a volume: what was created, replaced, removed or moved in it, in order and without gaps.
//!
//! ```text
//! file operations ─► VolumeStorage::prepare ─► names change on disk ─► PendingChange::commit ─┐
//! uploads (which record their files themselves) ─► ChangeFeed::publish ───────────────────────┤
//!                                                                                             ▼
//!                                                  queue of each Subscription (index, thumbnails, hooks)
//! ```
//!
//! A change is published by the code that made it visible, before the lock of the name is released: subscribers see the
//! changes of one name in the order in which they took effect. One exception: an upload that takes a free name holds no
//! lock and is published when it is durable, so its removal a moment later may be told first. A subscriber therefore
//! looks at the disk before it records a created file. Publishing never waits for a subscriber. The queue of a
//! subscriber is bounded; when it is full, its changes are replaced by one [`Notice::Rescan`] of the folder that
//! contains all of them.

use model::VPath;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use store::disk::Kind;
use tokio::sync::Notify;

/// A change that is visible on disk. Paths are relative to the volume's top folder, with symlinks above the name
/// resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A file, folder or symlink has a name that was free. A created folder may have contents.
    Created {
        /// Its path.
        path: VPath,
        /// Its kind.
        kind: Kind,
    },
    /// The name may have had another file or folder before, which is gone; or its content is new.
    Replaced {
        /// Its path.
        path: VPath,
        /// The present kind.
        kind: Kind,
    },
    /// A file, symlink or folder is gone, with everything below it.
    Removed {
        /// The path that it had.
        path: VPath,
        /// The kind that it had.
        kind: Kind,
    },
    /// A file, symlink or folder moved within the volume, with everything below it. What `to` named before is gone.
    Moved {
        /// The path that it had.
        from: VPath,
        /// Its path.
        to: VPath,
        /// Its kind.
        kind: Kind,
        /// Its inode number, which a rename keeps; 0 on platforms without.
        ino: u64,
    },
}

impl Change {
    /// Returns the innermost folder that contains every path of the change.
    fn folder(&self) -> VPath {
        let above = |path: &VPath| path.split_last().map_or_else(VPath::root, |(folder, _)| folder);
        match self {
            Self::Created { path, .. } | Self::Replaced { path, .. } | Self::Removed { path, .. } => above(path),
            Self::Moved { from, to, .. } => common_folder(&above(from), &above(to)),
        }
    }
}

/// An item of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A change.
    Change(Change),
    /// Changes at or below this folder are not told one by one: compare what is known with the disk.
    Rescan(VPath),
}

impl Notice {
    fn folder(&self) -> VPath {
        match self {
            Self::Change(change) => change.folder(),
            Self::Rescan(folder) => folder.clone(),
        }
    }
}

/// The publishing side.
#[derive(Default)]
pub struct ChangeFeed {
    /// Locked while a notice is handed to all queues, so that all subscribers see one order.
    subscribers: Mutex<Vec<Weak<Queue>>>,
    /// Whether there was a subscriber when last checked. Lets publishers skip the lock.
    has_subscribers: AtomicBool,
}

impl ChangeFeed {
    /// Subscribes to all changes from now on. At most `capacity` notices wait for the subscriber.
    pub fn subscribe(&self, capacity: usize) -> Subscription {
        let queue = Arc::new(Queue { capacity: capacity.max(1), state: Mutex::default(), arrived: Notify::new() });
        let mut subscribers = self.subscribers.lock();
        subscribers.push(Arc::downgrade(&queue));
        self.has_subscribers.store(true, Ordering::Release);
        Subscription { queue }
    }

    /// Whether anything is subscribed; lets publishers skip building frequent changes.
    pub fn has_subscribers(&self) -> bool {
        self.has_subscribers.load(Ordering::Acquire)
    }

    /// Publishes a change that is visible on disk. The caller still holds the lock of its names. Never waits for a
    /// subscriber.
    pub fn publish(&self, change: impl FnOnce() -> Change) {
        if self.has_subscribers() {
            self.hand_out(&Notice::Change(change()));
        }
    }

    /// Announces that changes at or below `folder` were not published one by one.
    pub fn publish_rescan(&self, folder: &VPath) {
        if self.has_subscribers() {
            self.hand_out(&Notice::Rescan(folder.clone()));
        }
    }

    fn hand_out(&self, notice: &Notice) {
        let mut subscribers = self.subscribers.lock();
        subscribers.retain(|subscriber| match subscriber.upgrade() {
            Some(queue) => {
                queue.push(notice.clone());
                true
            }
            None => false,
        });
        self.has_subscribers.store(!subscribers.is_empty(), Ordering::Release);
    }
}

impl Drop for ChangeFeed {
    fn drop(&mut self) {
        for queue in self.subscribers.get_mut().iter().filter_map(Weak::upgrade) {
            queue.state.lock().closed = true;
            queue.arrived.notify_one();
        }
    }
}

/// The receiving side. Dropping it ends the subscription.
pub struct Subscription {
    queue: Arc<Queue>,
}

impl Subscription {
    /// Waits for the next notice; `None` once the volume is closed and every notice was returned. After that, the
    /// volume may have been opened again with another disk: subscribe anew and rescan all of it.
    pub async fn next(&mut self) -> Option<Notice> {
        loop {
            let arrived = self.queue.arrived.notified();
            {
                let mut state = self.queue.state.lock();
                if let Some(notice) = state.notices.pop_front() {
                    return Some(notice);
                }
                if state.closed {
                    return None;
                }
            }
            arrived.await;
        }
    }

    /// Returns the next notice if one is waiting. Never blocks.
    pub fn try_next(&mut self) -> Option<Notice> {
        self.queue.state.lock().notices.pop_front()
    }
}

/// The notices that one subscriber has not taken yet.
struct Queue {
    capacity: usize,
    state: Mutex<QueueState>,
    arrived: Notify,
}

#[derive(Default)]
struct QueueState {
    /// The oldest first; at most `capacity`.
    notices: VecDeque<Notice>,
    closed: bool,
}

impl Queue {
    fn push(&self, notice: Notice) {
        let mut state = self.state.lock();
        if state.notices.len() >= self.capacity {
            let folder = state.notices.iter().map(Notice::folder).fold(notice.folder(), |a, b| common_folder(&a, &b));
            state.notices.clear();
            state.notices.push_back(Notice::Rescan(folder));
        } else {
            state.notices.push_back(notice);
        }
        drop(state);
        self.arrived.notify_one();
    }
}

/// Returns the innermost folder that is above, or equal to, both folders.
fn common_folder(one: &VPath, other: &VPath) -> VPath {
    let same = one.components().zip(other.components()).take_while(|(a, b)| a == b).count();
    let parts: Vec<&[u8]> = one.components().take(same).collect();
    VPath::parse(&parts.join(&b'/')).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> VPath {
        VPath::parse(text.as_bytes()).expect("parses")
    }

    fn created(at: &str) -> Change {
        Change::Created { path: path(at), kind: Kind::File }
    }

    #[test]
    fn every_subscriber_sees_all_changes_in_order() {
        let feed = ChangeFeed::default();
        feed.publish(|| unreachable!("without subscribers nothing is built"));
        let (mut one, mut other) = (feed.subscribe(8), feed.subscribe(8));
        let changes = [created("a/b"), Change::Removed { path: path("a"), kind: Kind::Folder }];
        changes.iter().for_each(|change| feed.publish(|| change.clone()));
        for subscription in [&mut one, &mut other] {
            for change in &changes {
                assert_eq!(subscription.try_next(), Some(Notice::Change(change.clone())));
            }
            assert_eq!(subscription.try_next(), None);
        }
        drop((one, other));
        feed.publish(|| created("x"));
        assert!(!feed.has_subscribers());
    }

    #[test]
    fn a_full_queue_becomes_one_rescan_and_goes_on() {
        let feed = ChangeFeed::default();
        let mut slow = feed.subscribe(3);
        for at in ["a/b/1", "a/b/c/2", "a/b/3", "a/b/4"] {
            feed.publish(|| created(at));
        }
        feed.publish(|| created("a/5"));
        assert_eq!(slow.try_next(), Some(Notice::Rescan(path("a/b"))));
        assert_eq!(slow.try_next(), Some(Notice::Change(created("a/5"))));
        let moved = Change::Moved { from: path("a/x"), to: path("b/x"), kind: Kind::File, ino: 1 };
        for _ in 0..4 {
            feed.publish(|| moved.clone());
        }
        assert_eq!(slow.try_next(), Some(Notice::Rescan(VPath::root())));
        assert_eq!(slow.try_next(), None);
    }

    #[test]
    fn a_rescan_covers_what_it_replaces() {
        let feed = ChangeFeed::default();
        let mut slow = feed.subscribe(2);
        feed.publish_rescan(&path("m/n"));
        feed.publish(|| created("m/n/o/1"));
        feed.publish(|| created("m/n/o/2"));
        assert_eq!(slow.try_next(), Some(Notice::Rescan(path("m/n"))));
    }

    #[tokio::test]
    async fn a_subscriber_waits_and_ends_with_the_volume() {
        let feed = Arc::new(ChangeFeed::default());
        let mut subscription = feed.subscribe(8);
        let publisher = feed.clone();
        let waiting = tokio::spawn(async move { (subscription.next().await, subscription.next().await) });
        tokio::task::yield_now().await;
        publisher.publish(|| created("a"));
        drop((feed, publisher));
        assert_eq!(waiting.await.expect("ends"), (Some(Notice::Change(created("a"))), None));
    }
}
