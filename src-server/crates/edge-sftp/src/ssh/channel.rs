//! A channel: the task between russh and a session.

use crate::host::Life;
use crate::input::PacketBuffer;
use crate::session::{Answer, Ended, Session};
use bytes::Bytes;
use russh::server::{Handle, Msg};
use russh::{Channel, ChannelId, ChannelMsg, ChannelReadHalf};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// The subsystem that is served.
pub(super) const SUBSYSTEM: &str = "sftp";
/// Bytes of packets that are collected while an answer waits for the network. A client may have that many requests on
/// their way without reading answers; with more, it has to read.
const COLLECTED_MAX: usize = 2 << 20;
/// Bytes that are handed to russh at once.
const PIECE: usize = 32 << 10;
/// What a client is told that wants to run a program.
const REFUSAL: &[u8] = b"This server offers SFTP only: no shell and no commands. Use sftp, or scp without -O.\r\n";

/// Why nothing more comes.
enum Closed {
    ByClient,
    /// What follows a packet that is too long cannot be understood.
    TooLong,
}

/// Serves a channel until the client closes it, or the connection ends.
pub(super) async fn run(
    channel: Channel<Msg>,
    handle: Handle,
    session: Session,
    mut life: watch::Receiver<Life>,
    stall_timeout: Duration,
) {
    let id = channel.id();
    let (reader, _writer) = channel.split();
    let output = Output { handle: handle.clone(), id, stall_timeout };
    let ends_soon = life.clone();
    tokio::select! {
        biased;
        () = reached(&mut life, Life::Ended) => return,
        status = serve(reader, output, session, ends_soon) => {
            // scp fails without it.
            let _gone = handle.exit_status_request(id, status).await;
        }
    }
    let _gone = (handle.eof(id).await, handle.close(id).await);
}

/// Serves a channel until the client closes it. Returns the exit status.
async fn serve(reader: ChannelReadHalf, output: Output, mut session: Session, mut life: watch::Receiver<Life>) -> u32 {
    let mut input = Input { reader, buffer: PacketBuffer::default(), is_closed: false };
    if !wait_for_subsystem(&mut input, &output).await {
        return 1;
    }
    loop {
        let packet = tokio::select! {
            biased;
            packet = input.packet() => packet,
            () = reached(&mut life, Life::Draining), if session.is_idle() => {
                let _gone = output.disconnect("The server ends this session.").await;
                return 0;
            }
        };
        let packet = match packet {
            Ok(packet) => packet,
            Err(Closed::ByClient) => return 0,
            Err(Closed::TooLong) => {
                let _gone = output.disconnect("A packet is too long.").await;
                return 1;
            }
        };
        let answered = {
            let work = async {
                let answer = session.answer(packet).await?;
                output.send(answer).await
            };
            tokio::pin!(work);
            loop {
                tokio::select! {
                    biased;
                    done = &mut work => break done,
                    () = input.collect() => {}
                }
            }
        };
        if let Err(Ended(why)) = answered {
            tracing::debug!(why, "an SFTP session ended");
            let _gone = output.disconnect(why).await;
            return 1;
        }
    }
}

/// Waits until the connection may go on no longer than `wanted` says, or has ended.
async fn reached(life: &mut watch::Receiver<Life>, wanted: Life) {
    let _ended = life.wait_for(|life| *life >= wanted).await.is_err();
}

/// Waits until the client asks for SFTP. Returns false if it asks for something else.
async fn wait_for_subsystem(input: &mut Input, output: &Output) -> bool {
    loop {
        match input.reader.wait().await {
            Some(ChannelMsg::RequestSubsystem { name, .. }) => return name == SUBSYSTEM,
            Some(ChannelMsg::Exec { .. } | ChannelMsg::RequestShell { .. }) => {
                let _gone = output.handle.extended_data(output.id, 1, Bytes::from_static(REFUSAL)).await;
                return false;
            }
            Some(ChannelMsg::Close | ChannelMsg::Eof | ChannelMsg::Data { .. }) | None => return false,
            Some(_) => {}
        }
    }
}

/// Packets from the client.
struct Input {
    reader: ChannelReadHalf,
    buffer: PacketBuffer,
    is_closed: bool,
}

impl Input {
    /// Returns the next packet. Can be dropped at any time without losing bytes.
    async fn packet(&mut self) -> Result<Bytes, Closed> {
        loop {
            if let Some(packet) = self.buffer.take().map_err(|_| Closed::TooLong)? {
                return Ok(packet);
            }
            if self.is_closed {
                return Err(Closed::ByClient);
            }
            self.receive().await;
        }
    }

    /// Waits for more bytes; without end if there are enough. Can be dropped at any time.
    async fn collect(&mut self) {
        match self.is_closed || self.buffer.len() >= COLLECTED_MAX {
            true => std::future::pending().await,
            false => self.receive().await,
        }
    }

    async fn receive(&mut self) {
        match self.reader.wait().await {
            Some(ChannelMsg::Data { data }) => self.buffer.push(data),
            Some(ChannelMsg::Eof | ChannelMsg::Close) | None => self.is_closed = true,
            Some(_) => {}
        }
    }
}

/// Answers to the client.
struct Output {
    handle: Handle,
    id: ChannelId,
    stall_timeout: Duration,
}

impl Output {
    /// Sends an answer; each part of it in time.
    async fn send(&self, (mut head, rest): Answer) -> Result<(), Ended> {
        // The head travels with the beginning of the rest: a packet of SSH for a few bytes would cost more than the copy.
        let first = rest.len().min(PIECE.saturating_sub(head.len()));
        head.extend_from_slice(&rest[..first]);
        self.send_piece(head.into()).await?;
        let mut rest = rest.slice(first..);
        while !rest.is_empty() {
            let piece = rest.split_to(rest.len().min(PIECE));
            self.send_piece(piece).await?;
        }
        Ok(())
    }

    async fn send_piece(&self, piece: Bytes) -> Result<(), Ended> {
        match timeout(self.stall_timeout, self.handle.data(self.id, piece)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ended("the connection has ended")),
            Err(_) => Err(Ended("the client reads no answers")),
        }
    }

    async fn disconnect(&self, why: &str) -> Result<(), russh::Error> {
        self.handle.disconnect(russh::Disconnect::ByApplication, why.to_owned(), "en".to_owned()).await
    }
}
