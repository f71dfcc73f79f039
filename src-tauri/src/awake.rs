//! The computer does not fall asleep while something is on its way.

use keepawake::KeepAwake;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// How long it stays awake after the last transfer: the next file of many may be a moment away.
const AFTER: Duration = Duration::from_secs(30);

/// Whether it must stay awake, told to the thread that sees to it.
pub struct Awake(Option<Sender<bool>>);

impl Awake {
    /// Starts the thread. On Windows the wish is one of the thread that has it, so it stays the same one.
    pub fn start() -> Self {
        let (sender, receiver) = channel();
        match std::thread::Builder::new().name("awake".into()).spawn(move || watch(&receiver)) {
            Ok(_) => Self(Some(sender)),
            Err(error) => {
                tracing::warn!(%error, "no thread can keep this computer awake");
                Self(None)
            }
        }
    }

    /// Says whether something is on its way.
    pub fn set(&self, busy: bool) {
        // The thread ends only with the program.
        let _gone = self.0.as_ref().map(|sender| sender.send(busy));
    }
}

fn watch(wishes: &Receiver<bool>) {
    let mut held = None;
    // A desktop that does not let us is asked anew with the next transfer, and complained about once.
    let mut complained = false;
    while let Ok(mut busy) = wishes.recv() {
        if busy && held.is_none() {
            held = hold().map_err(|error| {
                if !std::mem::replace(&mut complained, true) {
                    tracing::info!(%error, "this computer may fall asleep during transfers: nothing here prevents it");
                }
            }).ok();
        }
        while !busy && held.is_some() {
            match wishes.recv_timeout(AFTER) {
                Ok(again) => busy = again,
                Err(_) => held = None,
            }
        }
    }
}

fn hold() -> keepawake::Result<KeepAwake> {
    keepawake::Builder::default()
        .idle(true)
        .sleep(true)
        .reason("Files are being transferred")
        .app_name("Potluck")
        .app_reverse_domain("app.potluck.desktop")
        .create()
}
