//! Where there are pipes to be had; elsewhere a tap never opens.
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
    let tap = Tap::default();
    let (asked, turns) = mpsc::channel();
    let receiver = tap.open(10, move |siphon| asked.send(siphon).expect("heard")).expect("a pipe");
    let look = |siphon: &Siphon, left| siphon.look(&waker, left, 4, || server.as_fd().try_clone_to_owned());
    assert_eq!(receiver.took(1), Some(1));
    let siphon = tap.siphon().expect("open");
    assert_eq!(look(&siphon, 7), Look::Wait, "two real bytes are to be taken first");
    assert_eq!(receiver.took(2), Some(2));
    woken.try_recv().expect("is woken then");
    assert_eq!(look(&siphon, 7), Look::Ask);
    client.write_all(b"defghijNEXT").expect("sends");

    siphon.start();
    let turn = turns.try_recv().expect("a turn");
    assert_eq!(look(&siphon, 7), Look::Wait);
    assert_eq!(partial.carry(&turn, 3, 5).expect("carries"), Carried::Bytes(5));
    turn.rest(true);
    woken.try_recv().expect("is woken");
    assert_eq!([look(&siphon, 7), look(&siphon, 3)], [Look::StandIns(4), Look::StandIns(1)]);
    assert_eq!(receiver.took(5), Some(0));

    assert_eq!(look(&siphon, 2), Look::Ask);
    siphon.start();
    assert_eq!(partial.carry(&turn, 8, 100).expect("carries"), Carried::Bytes(2));
    assert_eq!(partial.carry(&turn, 10, 100).expect("ends"), Carried::End);
    turn.rest(false);
    assert_eq!(look(&siphon, 2), Look::StandIns(2));
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
    let tap = Tap::default();
    let _receiver = tap.open(5, |_| {}).expect("a pipe");
    let siphon = tap.siphon().expect("open");
    assert_eq!(siphon.look(&waker, 5, 9, || server.as_fd().try_clone_to_owned()), Look::Ask);
    siphon.start();
    assert_eq!(partial.carry(&siphon, 0, 5).expect("nothing"), Carried::Nothing);
    drop(client);
    assert_eq!(partial.carry(&siphon, 0, 5).expect("the end"), Carried::End);
    siphon.rest(false);
    assert_eq!(siphon.look(&waker, 5, 9, || unreachable!("it has one")), Look::Read);
}

/// A receiver that gives up: what was carried is still shown, or the next request would be taken for the rest.
#[test]
fn stand_ins_are_shown_also_when_nobody_receives_any_more() {
    let (dir, (mut client, server), (waker, woken)) = (tempfile::tempdir().expect("temp"), pair(), bell());
    let partial = partial(&dir);
    let tap = Tap::default();
    let receiver = tap.open(8, |_| {}).expect("a pipe");
    let siphon = tap.siphon().expect("open");
    let look = |left| siphon.look(&waker, left, 9, || server.as_fd().try_clone_to_owned());
    assert_eq!(look(8), Look::Ask);
    client.write_all(b"12345678").expect("sends");
    siphon.start();
    assert_eq!(look(8), Look::Wait);
    assert_eq!(partial.carry(&siphon, 0, 3).expect("carries"), Carried::Bytes(3));
    drop(receiver);
    woken.try_recv().expect("is woken");
    assert_eq!(partial.carry(&siphon, 3, 5).expect("carries no more"), Carried::End);
    siphon.rest(true);
    assert_eq!([look(8), look(5)], [Look::StandIns(3), Look::Read]);
    tap.shut();
    assert!(tap.siphon().is_none());
}

/// Then the connection reads on in the usual way, and what comes so must not be taken for stand-ins.
#[test]
fn without_a_handle_it_breaks_off_and_says_so() {
    let (waker, _) = bell();
    let tap = Tap::default();
    let receiver = tap.open(10, |_| unreachable!("there is nothing to carry")).expect("a pipe");
    let siphon = tap.siphon().expect("open");
    assert_eq!(siphon.look(&waker, 6, 9, || Err(io::ErrorKind::Other.into())), Look::Read);
    assert_eq!(receiver.took(4), Some(4), "these came before");
    assert_eq!(receiver.took(1), None);
}

#[test]
fn there_are_never_more_pipes_than_the_bound() {
    let tap = Tap::default();
    let all: Vec<_> = std::iter::from_fn(|| {
        let tap = Tap::default();
        tap.open(1, |_| {}).map(|receiver| (tap, receiver))
    })
    .collect();
    // Other tests may hold some.
    assert!(!all.is_empty() && all.len() <= MOST && tap.open(1, |_| {}).is_none());
    drop(all);
    assert!(tap.open(1, |_| {}).is_some());
}
