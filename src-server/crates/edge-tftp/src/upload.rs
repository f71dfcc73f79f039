//! WRQ: a file that the client sends.

use crate::error::{ErrorCode, TftpError};
use crate::exchange::{Failure, Heard, Transfer, hear};
use crate::netascii::Decoder;
use crate::options::Proposal;
use crate::packet::{DATA_HEADER, Direction, Mode, Packet};
use crate::receive::{Arrival, Receiver};
use crate::socket::TransferSocket;
use bytes::BytesMut;
use engine::EngineError;
use engine::files::target::Target;
use engine::uploads::{SinkRequest, UploadSink};
use model::{Operation, Verdict};
use std::time::Duration;
use tokio::time::Instant;

/// Bytes that are collected before they are handed on.
const PIECE: usize = 64 << 10;
/// How long a last acknowledgement that was lost is repeated.
const LINGER: Duration = Duration::from_secs(3);
/// How often it is repeated.
const LINGER_REPEATS: usize = 4;

/// Receives a file. Returns its bytes; the last acknowledgement has been sent then. An upload that ends early leaves nothing.
pub(crate) async fn run(transfer: &mut Transfer, socket: &mut TransferSocket) -> Result<u64, Failure> {
    let mut incoming = Incoming::open(transfer).await?;
    let proposal = Proposal::of(&transfer.request);
    let agreed = proposal.agree(Direction::Write, None, socket.make_room());
    let mut receiver = Receiver::new(&agreed);
    // One byte more than agreed shows that a block is too long.
    let mut buffer = vec![0; DATA_HEADER + agreed.block_size + 1];
    loop {
        send(&mut receiver, socket).await?;
        let deadline = Instant::now() + receiver.wait();
        let is_last = loop {
            let (block, bytes) = match hear(socket, &mut buffer, deadline).await? {
                Heard::Packet(Packet::Data { block, bytes }) => (block, bytes),
                Heard::Packet(_) => continue,
                Heard::Silence if receiver.expired() => {
                    transfer.log_repeat(receiver.wait());
                    break false;
                }
                Heard::Silence => return Err(Failure::Silent),
            };
            transfer.host.add_received((DATA_HEADER + bytes.len()) as u64);
            match receiver.data(block, bytes) {
                Arrival::TooLong => {
                    return Err(TftpError::new(ErrorCode::Illegal, "The block is longer than agreed.").into());
                }
                Arrival::Bytes(bytes) => {
                    transfer.answered();
                    incoming.add(bytes).await?;
                    break false;
                }
                Arrival::Last(bytes) => {
                    transfer.answered();
                    incoming.add(bytes).await?;
                    break true;
                }
                Arrival::Nothing => send(&mut receiver, socket).await?,
            }
        };
        if is_last {
            let total = incoming.finish().await?;
            receiver.stored();
            transfer.last_ack = receiver.next_datagram();
            let last = transfer.last_ack.as_deref().unwrap_or_default();
            socket.send(last).await.map_err(Failure::Socket)?;
            return Ok(total);
        }
    }
}

async fn send(receiver: &mut Receiver, socket: &TransferSocket) -> Result<(), Failure> {
    while let Some(datagram) = receiver.next_datagram() {
        socket.send(&datagram).await.map_err(Failure::Socket)?;
    }
    Ok(())
}

/// Repeats the last acknowledgement for a client that repeats its last block, since it did not get it.
pub(crate) async fn repeat_last_ack(mut socket: TransferSocket, last: Vec<u8>) {
    let deadline = Instant::now() + LINGER;
    let mut buffer = [0; DATA_HEADER];
    let mut repeats = 0;
    while repeats < LINGER_REPEATS {
        match hear(&mut socket, &mut buffer, deadline).await {
            Ok(Heard::Packet(Packet::Data { block, .. })) if last.ends_with(&block.to_be_bytes()) => {
                repeats += 1;
                if socket.send(&last).await.is_err() {
                    return;
                }
            }
            Ok(Heard::Packet(_)) => {}
            Ok(Heard::Silence) | Err(_) => return,
        }
    }
}

/// Where the bytes go.
struct Incoming {
    sink: UploadSink,
    /// Of a file in netascii.
    decoder: Option<Decoder>,
    /// Bytes that the client has announced.
    announced: Option<u64>,
    received: u64,
    piece: BytesMut,
}

impl Incoming {
    /// Asks the engine for a file under exactly the name that was sent.
    async fn open(transfer: &Transfer) -> Result<Self, Failure> {
        let (access, path) = (transfer.access(), transfer.path()?);
        let target = transfer.engine.reader.target(&access, &path).await?;
        let Some((folder, name)) = path.split_last().filter(|_| !target.is_folder()) else {
            return Err(TftpError::new(ErrorCode::Undefined, "A folder has that name.").into());
        };
        if matches!(target, Target::NoFolder) {
            return Err(TftpError::new(ErrorCode::NotFound, "No such folder.").into());
        }
        let may_add = access.verdict(&path, Operation::Upload) == Verdict::Allow;
        let on_conflict = target.on_conflict(&access, &path).map_err(|error| match (error, &target) {
            (EngineError::Denied(_), Target::There(_)) if may_add => {
                TftpError::new(ErrorCode::Exists, "You may not replace this file.")
            }
            (error, _) => error.into(),
        })?;
        // In netascii more bytes travel than are stored.
        let announced = Proposal::of(&transfer.request).size.filter(|_| transfer.request.mode == Mode::Octet);
        let order =
            SinkRequest { size: announced, ..SinkRequest::exact(folder, Some(name.as_bytes().to_vec()), on_conflict) };
        Ok(Self {
            sink: transfer.engine.uploads.sink(&access, order).await?,
            decoder: (transfer.request.mode == Mode::Netascii).then(Decoder::default),
            announced,
            received: 0,
            piece: BytesMut::new(),
        })
    }

    async fn add(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.received += bytes.len() as u64;
        if self.announced.is_some_and(|announced| self.received > announced) {
            return Err(TftpError::new(ErrorCode::Undefined, "The file is longer than announced.").into());
        }
        match &mut self.decoder {
            Some(decoder) => self.piece.extend_from_slice(&decoder.decode(bytes)),
            None => self.piece.extend_from_slice(bytes),
        }
        if self.piece.len() >= PIECE {
            self.sink.push(self.piece.split().freeze()).await?;
        }
        Ok(())
    }

    /// Stores the file; it would survive a loss of power then. Returns its size.
    async fn finish(mut self) -> Result<u64, Failure> {
        if self.announced.is_some_and(|announced| self.received < announced) {
            return Err(TftpError::new(ErrorCode::Undefined, "The file is shorter than announced.").into());
        }
        if let Some(decoder) = self.decoder.take() {
            self.piece.extend_from_slice(decoder.finish());
        }
        if !self.piece.is_empty() {
            self.sink.push(self.piece.split().freeze()).await?;
        }
        Ok(self.sink.finish().await?.size)
    }
}
