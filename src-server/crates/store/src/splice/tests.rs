//! On Linux only; elsewhere a handle never opens.
#![cfg(target_os = "linux")]

use super::*;
use crate::disk::Folder;
use crate::partial::Partial;
use model::FileName;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::mpsc;
use std::task::{Wake, Waker};

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let client = TcpStream::connect(listener.local_addr().expect("bound")).expect("connects");
    let server = listener.accept().expect("accepts").0;
    server.set_nonblocking(true).expect("set");
    (client, server)
}

struct Signal(mpsc::Sender<()>);

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        let _test_has_ended = self.0.send(());
    }
}

fn signal() -> (Waker, mpsc::Receiver<()>) {
    let (sender, receiver) = mpsc::channel();
    (Arc::new(Signal(sender)).into(), receiver)
}

fn partial(dir: &tempfile::TempDir) -> Partial {
    let folder = Folder::open_root(dir.path()).expect("opens");
    Partial::create(&folder, &FileName::new(b"p").expect("a name"), 0o600).expect("made")
}

/// Of a body of 10 bytes hyper has read 3, of which the receiver got 1. The other 7 are spliced, and what follows the
/// body stays in the socket.
#[test]
fn splices_the_rest_of_the_body_and_no_more() {
    let (dir, (mut client, server), (waker, woken)) = (tempfile::tempdir().expect("temp"), pair(), signal());
    let partial = partial(&dir);
    let handle = SpliceHandle::default();
    let (requests, batches) = mpsc::channel();
    let receiver = handle.open(10, move |transfer| requests.send(transfer).expect("is received")).expect("a pipe");
    let next_read =
        |transfer: &SpliceTransfer, left| transfer.next_read(&waker, left, 4, || server.as_fd().try_clone_to_owned());
    assert_eq!(receiver.count_received(1), Some(1));
    let transfer = handle.transfer().expect("open");
    assert_eq!(next_read(&transfer, 7), NextRead::Wait, "two real bytes must be received first");
    assert_eq!(receiver.count_received(2), Some(2));
    woken.try_recv().expect("is woken then");
    assert_eq!(next_read(&transfer, 7), NextRead::CheckSocket);
    client.write_all(b"defghijNEXT").expect("sends");

    transfer.start_batch();
    let batch = batches.try_recv().expect("a batch");
    assert_eq!(next_read(&transfer, 7), NextRead::Wait);
    assert_eq!(partial.splice_from(&batch, 3, 5).expect("splices"), SpliceOutcome::Bytes(5));
    batch.end_batch(true);
    woken.try_recv().expect("is woken");
    assert_eq!(
        [next_read(&transfer, 7), next_read(&transfer, 3)],
        [NextRead::Placeholders(4), NextRead::Placeholders(1)]
    );
    assert_eq!(receiver.count_received(5), Some(0));

    assert_eq!(next_read(&transfer, 2), NextRead::CheckSocket);
    transfer.start_batch();
    assert_eq!(partial.splice_from(&batch, 8, 100).expect("splices"), SpliceOutcome::Bytes(2));
    assert_eq!(partial.splice_from(&batch, 10, 100).expect("ends"), SpliceOutcome::End);
    batch.end_batch(false);
    assert_eq!(next_read(&transfer, 2), NextRead::Placeholders(2));
    let mut here = [0; 7];
    partial.read_exact_at(&mut here, 3).expect("reads");
    assert_eq!(&here, b"defghij");
    server.set_nonblocking(false).expect("set");
    let mut next = [0; 4];
    std::io::Read::read_exact(&mut &server, &mut next).expect("reads");
    assert_eq!(&next, b"NEXT");
}

#[test]
fn an_empty_socket_does_not_block_and_a_closed_one_ends_the_transfer() {
    let (dir, (client, server), (waker, _)) = (tempfile::tempdir().expect("temp"), pair(), signal());
    let partial = partial(&dir);
    let handle = SpliceHandle::default();
    let _receiver = handle.open(5, |_| {}).expect("a pipe");
    let transfer = handle.transfer().expect("open");
    assert_eq!(transfer.next_read(&waker, 5, 9, || server.as_fd().try_clone_to_owned()), NextRead::CheckSocket);
    transfer.start_batch();
    assert_eq!(partial.splice_from(&transfer, 0, 5).expect("nothing"), SpliceOutcome::WouldBlock);
    drop(client);
    assert_eq!(partial.splice_from(&transfer, 0, 5).expect("the end"), SpliceOutcome::End);
    transfer.end_batch(false);
    assert_eq!(transfer.next_read(&waker, 5, 9, || unreachable!("it has one")), NextRead::Direct);
}

/// After the receiver gives up, placeholders for spliced bytes are still shown. Otherwise the HTTP layer would take the
/// next request for the rest of the body.
#[test]
fn placeholders_are_shown_after_the_receiver_is_dropped() {
    let (dir, (mut client, server), (waker, woken)) = (tempfile::tempdir().expect("temp"), pair(), signal());
    let partial = partial(&dir);
    let handle = SpliceHandle::default();
    let receiver = handle.open(8, |_| {}).expect("a pipe");
    let transfer = handle.transfer().expect("open");
    let next_read = |left| transfer.next_read(&waker, left, 9, || server.as_fd().try_clone_to_owned());
    assert_eq!(next_read(8), NextRead::CheckSocket);
    client.write_all(b"12345678").expect("sends");
    transfer.start_batch();
    assert_eq!(next_read(8), NextRead::Wait);
    assert_eq!(partial.splice_from(&transfer, 0, 3).expect("splices"), SpliceOutcome::Bytes(3));
    drop(receiver);
    woken.try_recv().expect("is woken");
    assert_eq!(partial.splice_from(&transfer, 3, 5).expect("splices no more"), SpliceOutcome::End);
    transfer.end_batch(true);
    assert_eq!([next_read(8), next_read(5)], [NextRead::Placeholders(3), NextRead::Direct]);
    handle.close();
    assert!(handle.transfer().is_none());
}

/// The connection then reads as usual, and these bytes must not be taken for placeholders.
#[test]
fn without_a_socket_handle_the_transfer_ends() {
    let (waker, _) = signal();
    let handle = SpliceHandle::default();
    let receiver = handle.open(10, |_| unreachable!("no batch may start")).expect("a pipe");
    let transfer = handle.transfer().expect("open");
    assert_eq!(transfer.next_read(&waker, 6, 9, || Err(io::ErrorKind::Other.into())), NextRead::Direct);
    assert_eq!(receiver.count_received(4), Some(4), "these were read before");
    assert_eq!(receiver.count_received(1), None);
}

#[test]
fn the_number_of_pipes_is_bounded() {
    let handle = SpliceHandle::default();
    let all: Vec<_> = std::iter::from_fn(|| {
        let handle = SpliceHandle::default();
        handle.open(1, |_| {}).map(|receiver| (handle, receiver))
    })
    .collect();
    // Other tests may hold some.
    assert!(!all.is_empty() && all.len() <= MAX_PIPES && handle.open(1, |_| {}).is_none());
    drop(all);
    assert!(handle.open(1, |_| {}).is_some());
}
