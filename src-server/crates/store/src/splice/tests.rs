//! Where there are pipes to be had; elsewhere a handle never opens.
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

struct Bell(mpsc::Sender<()>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        let _nobody_listens = self.0.send(());
    }
}

fn bell() -> (Waker, mpsc::Receiver<()>) {
    let (rung, heard) = mpsc::channel();
    (Arc::new(Bell(rung)).into(), heard)
}

fn partial(dir: &tempfile::TempDir) -> Partial {
    let folder = Folder::open_root(dir.path()).expect("opens");
    Partial::create(&folder, &FileName::new(b"p").expect("a name"), 0o600).expect("made")
}

/// Of a body of 10 bytes hyper had 3, of which 1 was taken; the other 7 are carried, and what comes after them stays.
#[test]
fn carries_the_rest_of_the_body_and_no_more() {
    let (dir, (mut client, server), (waker, woken)) = (tempfile::tempdir().expect("temp"), pair(), bell());
    let partial = partial(&dir);
    let handle = SpliceHandle::default();
    let (asked, turns) = mpsc::channel();
    let receiver = handle.open(10, move |transfer| asked.send(transfer).expect("heard")).expect("a pipe");
    let look =
        |transfer: &SpliceTransfer, left| transfer.next_read(&waker, left, 4, || server.as_fd().try_clone_to_owned());
    assert_eq!(receiver.count_received(1), Some(1));
    let transfer = handle.transfer().expect("open");
    assert_eq!(look(&transfer, 7), NextRead::Wait, "two real bytes are to be taken first");
    assert_eq!(receiver.count_received(2), Some(2));
    woken.try_recv().expect("is woken then");
    assert_eq!(look(&transfer, 7), NextRead::CheckSocket);
    client.write_all(b"defghijNEXT").expect("sends");

    transfer.start_batch();
    let turn = turns.try_recv().expect("a turn");
    assert_eq!(look(&transfer, 7), NextRead::Wait);
    assert_eq!(partial.splice_from(&turn, 3, 5).expect("carries"), SpliceOutcome::Bytes(5));
    turn.end_batch(true);
    woken.try_recv().expect("is woken");
    assert_eq!([look(&transfer, 7), look(&transfer, 3)], [NextRead::Placeholders(4), NextRead::Placeholders(1)]);
    assert_eq!(receiver.count_received(5), Some(0));

    assert_eq!(look(&transfer, 2), NextRead::CheckSocket);
    transfer.start_batch();
    assert_eq!(partial.splice_from(&turn, 8, 100).expect("carries"), SpliceOutcome::Bytes(2));
    assert_eq!(partial.splice_from(&turn, 10, 100).expect("ends"), SpliceOutcome::End);
    turn.end_batch(false);
    assert_eq!(look(&transfer, 2), NextRead::Placeholders(2));
    let mut here = [0; 7];
    partial.read_exact_at(&mut here, 3).expect("reads");
    assert_eq!(&here, b"defghij");
    server.set_nonblocking(false).expect("set");
    let mut next = [0; 4];
    std::io::Read::read_exact(&mut &server, &mut next).expect("reads");
    assert_eq!(&next, b"NEXT");
}

#[test]
fn an_empty_socket_is_not_waited_for_and_a_closed_one_ends_it() {
    let (dir, (client, server), (waker, _)) = (tempfile::tempdir().expect("temp"), pair(), bell());
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

/// A receiver that gives up: what was carried is still shown, or the next request would be taken for the rest.
#[test]
fn stand_ins_are_shown_also_when_nobody_receives_any_more() {
    let (dir, (mut client, server), (waker, woken)) = (tempfile::tempdir().expect("temp"), pair(), bell());
    let partial = partial(&dir);
    let handle = SpliceHandle::default();
    let receiver = handle.open(8, |_| {}).expect("a pipe");
    let transfer = handle.transfer().expect("open");
    let look = |left| transfer.next_read(&waker, left, 9, || server.as_fd().try_clone_to_owned());
    assert_eq!(look(8), NextRead::CheckSocket);
    client.write_all(b"12345678").expect("sends");
    transfer.start_batch();
    assert_eq!(look(8), NextRead::Wait);
    assert_eq!(partial.splice_from(&transfer, 0, 3).expect("carries"), SpliceOutcome::Bytes(3));
    drop(receiver);
    woken.try_recv().expect("is woken");
    assert_eq!(partial.splice_from(&transfer, 3, 5).expect("carries no more"), SpliceOutcome::End);
    transfer.end_batch(true);
    assert_eq!([look(8), look(5)], [NextRead::Placeholders(3), NextRead::Direct]);
    handle.close();
    assert!(handle.transfer().is_none());
}

/// Then the connection reads on in the usual way, and what comes so must not be taken for stand-ins.
#[test]
fn without_a_handle_it_breaks_off_and_says_so() {
    let (waker, _) = bell();
    let handle = SpliceHandle::default();
    let receiver = handle.open(10, |_| unreachable!("there is nothing to carry")).expect("a pipe");
    let transfer = handle.transfer().expect("open");
    assert_eq!(transfer.next_read(&waker, 6, 9, || Err(io::ErrorKind::Other.into())), NextRead::Direct);
    assert_eq!(receiver.count_received(4), Some(4), "these came before");
    assert_eq!(receiver.count_received(1), None);
}

#[test]
fn there_are_never_more_pipes_than_the_bound() {
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
