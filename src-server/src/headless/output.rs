//! Output of the program after the start: its addresses and an invitation for the first phone.

use model::{Perm, PermSet, VPath};
use server::Control;
use server::control::Reach;
use server::control::admin::{IndexState, ShareIndex};
use std::io::Write;

/// Lifetime of the invitation, seconds.
const INVITATION_SECS: u64 = 15 * 60;

/// Prints to stdout. Ignores a closed pipe.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _closed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints `listening on URL`, one line each. Tests and scripts wait for these lines, so they are printed with -q too.
pub fn addresses(control: &Control) {
    let mut text = String::new();
    for address in control.addresses() {
        text.push_str(&format!("listening on {}\n", address.url));
    }
    print(&text);
}

/// Logs the state of each index, one line each.
pub async fn indexes(control: &Control) {
    let Ok(all) = control.indexes().await else { return };
    for index in all.iter().filter(|index| index.state != IndexState::Off) {
        let state = match &index.state {
            IndexState::WaitingForDisk => "waits for its disk".to_owned(),
            IndexState::Failed { sentence } => sentence.clone(),
            _ if index.files == 0 => "is new".to_owned(),
            _ => format!("has {} files in {} folders", index.files, index.folders),
        };
        tracing::info!(share = index.mount, "the index {state}");
    }
}

/// Returns a sentence for each share whose index cannot be completed now.
pub async fn incomplete_indexes(control: &Control) -> Vec<String> {
    let all = match control.indexes().await {
        Ok(all) => all,
        Err(error) => return vec![error.sentence],
    };
    let fault = |index: ShareIndex| {
        let why = match index.state {
            IndexState::WaitingForDisk => "Its folder is not there.".to_owned(),
            IndexState::Failed { sentence } => sentence,
            _ => return None,
        };
        Some(format!("The index of the share '{}' is not complete. {why}", index.mount))
    };
    all.into_iter().filter_map(fault).collect()
}

/// Prints a QR code that logs one device in, with the right to read and add files.
pub fn invitation(control: &Control) {
    let rights = PermSet::from(Perm::Read) | PermSet::from(Perm::Write);
    let invitation = control.invite(&VPath::root(), rights, INVITATION_SECS);
    let best = control.addresses_for_others().into_iter().next();
    let Some((url, best)) = invitation.urls.first().zip(best) else { return };
    let mut text = String::new();
    if let Ok(code) = announce::qr::terminal(url) {
        text.push_str(&format!("\n{code}\n"));
    }
    text.push_str(&format!(
        "Scan this to see the folder and add files to it. It works once, for {} minutes:\n{url}\n",
        INVITATION_SECS / 60
    ));
    if let Some((page, _)) = url.rsplit_once('/') {
        text.push_str(&format!("If you cannot scan it, open {page} and type {}.\n", invitation.digits));
    }
    if best.reach != Reach::Lan {
        text.push_str("No address of a local network was found: phones may not reach this one.\n");
    }
    print(&text);
}
