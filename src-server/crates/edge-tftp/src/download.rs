//! RRQ: a file, or the listing of a folder.

use crate::error::{ErrorCode, TftpError};
use crate::exchange::{Failure, Heard, Transfer, hear};
use crate::listing;
use crate::options::{Proposal, RECEIVE_ROOM};
use crate::packet::{Direction, Packet};
use crate::send::{Progress, Sender};
use crate::socket::TransferSocket;
use crate::source::Source;
use engine::files::read::Found;
use engine::{Access, EngineError};
use model::VPath;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Acknowledgements and errors fit in; longer ones are cut.
const ANSWER_MAX: usize = 1 << 10;

/// Pause between bursts: a client takes what it has received meanwhile.
const PAUSE: Duration = Duration::from_millis(2);

/// Sends the requested file or listing. Returns its number of bytes.
pub(crate) async fn run(transfer: &mut Transfer, socket: &mut TransferSocket) -> Result<u64, Failure> {
    let mut source = find(transfer).await?;
    let agreed = Proposal::of(&transfer.request).agree(Direction::Read, source.size(), RECEIVE_ROOM);
    let mut sender = Sender::new(&agreed);
    let mut buffer = [0; ANSWER_MAX];
    let mut total = 0;
    loop {
        while sender.wants_block() {
            let block = source.next_block(agreed.block_size).await?;
            total += block.len() as u64;
            sender.push(block);
        }
        let mut at_once = 0;
        while let Some(datagram) = sender.next_datagram() {
            if at_once >= sender.burst() {
                at_once = 0;
                sleep(PAUSE).await;
            }
            at_once += 1;
            socket.send(&datagram).await.map_err(Failure::Socket)?;
            transfer.host.add_sent(datagram.len() as u64);
        }
        let deadline = Instant::now() + sender.wait();
        let moved = loop {
            match hear(socket, &mut buffer, deadline).await? {
                Heard::Silence => break Progress::Nothing,
                Heard::Packet(Packet::Ack(number)) => match sender.ack(number) {
                    Progress::Nothing => {}
                    moved => break moved,
                },
                Heard::Packet(_) => {}
            }
        };
        match moved {
            Progress::Complete => return Ok(total),
            Progress::Moved => transfer.answered(),
            Progress::Nothing => {
                if !sender.expired() {
                    return Err(Failure::Silent);
                }
                transfer.log_repeat(sender.wait());
            }
        }
    }
}

/// Opens the requested file, or makes the listing.
async fn find(transfer: &Transfer) -> Result<Source, Failure> {
    let (access, path, mode) = (transfer.access(), transfer.path()?, transfer.request.mode);
    match transfer.engine.reader.open(&access, &path, None).await {
        Ok(Found::File(file)) => Ok(Source::file(file.into_handle(), mode)),
        Ok(Found::Folder { .. }) if transfer.config.hides_folders => {
            Err(TftpError::new(ErrorCode::Denied, "That is a folder.").into())
        }
        Ok(Found::Folder { opened, .. }) => {
            let text = listing::opened(&transfer.engine.listings, &access, &path, opened).await?;
            Ok(Source::text(text, mode))
        }
        Err(error @ (EngineError::NotFound(_) | EngineError::Denied(_))) => match listing_meant(transfer, &path) {
            Some(folder) => Ok(Source::text(list(transfer, &access, &folder).await?, mode)),
            None => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    }
}

/// Returns the folder whose listing is meant by a name that is not there.
fn listing_meant(transfer: &Transfer, path: &VPath) -> Option<VPath> {
    transfer.config.listing_names.as_ref()?.folder_of(path)
}

async fn list(transfer: &Transfer, access: &Access, folder: &VPath) -> Result<Vec<u8>, Failure> {
    match transfer.engine.reader.open(access, folder, None).await? {
        Found::Folder { opened, .. } => Ok(listing::opened(&transfer.engine.listings, access, folder, opened).await?),
        Found::File(_) => Err(EngineError::NotFound(folder.clone()).into()),
    }
}
