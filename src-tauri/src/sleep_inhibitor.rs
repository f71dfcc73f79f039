//! Prevents the computer from going to sleep during transfers.

use keepawake::KeepAwake;
use std::fmt::Display;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// How long sleep is prevented after the last transfer: the next of many files may follow soon.
const LINGER: Duration = Duration::from_secs(30);

/// Handle of the thread that prevents sleep. `None`: the thread could not be started.
pub struct SleepInhibitor(Option<Sender<bool>>);

impl SleepInhibitor {
    /// Starts the thread. On Windows the request belongs to the thread that makes it, so one thread makes all of them.
    pub fn start() -> Self {
        let (sender, receiver) = channel();
        match std::thread::Builder::new().name("awake".into()).spawn(move || watch(&receiver, LINGER, inhibit_sleep)) {
            Ok(_) => Self(Some(sender)),
            Err(error) => {
                tracing::warn!(%error, "no thread can keep this computer awake");
                Self(None)
            }
        }
    }

    /// Sets whether transfers are running.
    pub fn set(&self, busy: bool) {
        // The thread ends only with the program, so sending cannot fail while it matters.
        let _gone = self.0.as_ref().map(|sender| sender.send(busy));
    }
}

/// Holds what `inhibit_sleep` gives while something is on its way and for `after` longer.
fn watch<T, E: Display>(states: &Receiver<bool>, linger: Duration, inhibit_sleep: impl Fn() -> Result<T, E>) {
    let mut guard = None;
    // If the desktop refuses, it is asked again with the next transfer, but the refusal is logged only once.
    let mut complained = false;
    while let Ok(mut busy) = states.recv() {
        if busy && guard.is_none() {
            guard = inhibit_sleep().map_err(|error| {
                if !std::mem::replace(&mut complained, true) {
                    tracing::info!(%error, "this computer may fall asleep during transfers: nothing here prevents it");
                }
            }).ok();
        }
        while !busy && guard.is_some() {
            match states.recv_timeout(linger) {
                Ok(again) => busy = again,
                Err(_) => guard = None,
            }
        }
    }
}

fn inhibit_sleep() -> keepawake::Result<KeepAwake> {
    keepawake::Builder::default()
        .idle(true)
        .sleep(true)
        .reason("Files are being transferred")
        .app_name("Potluck")
        .app_reverse_domain("app.potluck.desktop")
        .create()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
    use std::time::Instant;

    /// Sets the flag while it exists.
    struct FakeInhibitor<'a>(&'a AtomicBool);

    impl<'a> FakeInhibitor<'a> {
        fn new(is_held: &'a AtomicBool, count: &AtomicU32) -> Result<Self, String> {
            count.fetch_add(1, SeqCst);
            is_held.store(true, SeqCst);
            Ok(Self(is_held))
        }
    }

    impl Drop for FakeInhibitor<'_> {
        fn drop(&mut self) {
            self.0.store(false, SeqCst);
        }
    }

    fn until(what: impl Fn() -> bool) {
        let began = Instant::now();
        while !what() {
            assert!(began.elapsed() < Duration::from_secs(20), "it did not happen");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn the_inhibitor_is_held_during_transfers_and_released_after() {
        let (is_held, count) = (AtomicBool::new(false), AtomicU32::new(0));
        let inhibit_sleep = || FakeInhibitor::new(&is_held, &count);
        let (sender, receiver) = channel();
        std::thread::scope(|scope| {
            scope.spawn(move || watch(&receiver, Duration::from_millis(50), inhibit_sleep));
            for round in 1..=2 {
                sender.send(true).unwrap();
                until(|| is_held.load(SeqCst));
                sender.send(false).unwrap();
                until(|| !is_held.load(SeqCst));
                assert_eq!(count.load(SeqCst), round);
            }
            drop(sender);
        });
    }

    #[test]
    fn the_inhibitor_is_kept_between_close_transfers() {
        let (is_held, count) = (AtomicBool::new(false), AtomicU32::new(0));
        let inhibit_sleep = || FakeInhibitor::new(&is_held, &count);
        let (sender, receiver) = channel();
        for busy in [true, false, true] {
            sender.send(busy).unwrap();
        }
        std::thread::scope(|scope| {
            scope.spawn(move || watch(&receiver, Duration::from_secs(60), inhibit_sleep));
            until(|| is_held.load(SeqCst));
            drop(sender);
        });
        assert_eq!((is_held.load(SeqCst), count.load(SeqCst)), (false, 1));
    }

    #[test]
    fn a_refused_inhibitor_is_requested_again() {
        let count = AtomicU32::new(0);
        let refuse = || {
            count.fetch_add(1, SeqCst);
            Err::<(), _>("no")
        };
        let (sender, receiver) = channel();
        for busy in [true, false, true] {
            sender.send(busy).unwrap();
        }
        drop(sender);
        watch(&receiver, Duration::from_secs(60), refuse);
        assert_eq!(count.load(SeqCst), 2);
    }
}
