//! Every request is parsed from what its sections say, and from nothing shorter or longer.

use super::*;
use crate::attributes::Changes;
use model::UnixMillis;

/// Encodes a string.
fn s(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
}

/// Encodes a request with the number 7.
fn request(kind: u8, fields: &[&[u8]]) -> Vec<u8> {
    [&[kind, 0, 0, 0, 7][..], &fields.concat()].concat()
}

fn check(packet: &[u8], expected: Request) {
    let parsed = Packet::parse(Bytes::copy_from_slice(packet));
    assert_eq!(parsed, Ok(Packet::Request(7, expected.clone())), "{packet:?}");
    // Each field is needed, and nothing follows the last one.
    for length in 1..packet.len() {
        let cut = Packet::parse(Bytes::copy_from_slice(&packet[..length]));
        let may_end = matches!(expected, Request::MakeFolder(_) | Request::Unsupported);
        assert!(cut == Err(Malformed) || may_end, "{length} bytes of {packet:?}: {cut:?}");
    }
    if !matches!(expected, Request::MakeFolder(_) | Request::Unsupported) {
        let longer = [packet, &[0]].concat();
        assert_eq!(Packet::parse(longer.into()), Err(Malformed), "{packet:?} and a byte");
    }
}

#[test]
fn requests() {
    let (path, handle) = (|| Bytes::from_static(b"a/b"), HandleId(5));
    let (p, h) = (s(b"a/b"), s(&[0, 0, 0, 5]));
    let (offset, none) = (77u64.to_be_bytes(), [0; 4]);
    let extended = |name: &str, fields: &[&[u8]]| request(200, &[&s(name.as_bytes()), &fields.concat()]);
    let all = OpenFlags { read: true, write: true, append: true, create: true, truncate: true, exclusive: true };
    check(
        &request(3, &[&p, &[0, 0, 0, 0x3f], &none]),
        Request::Open { path: path(), flags: all, changes: Changes::default() },
    );
    check(&request(4, &[&h]), Request::Close(handle));
    check(&request(5, &[&h, &offset, &[0, 0, 1, 0]]), Request::Read { handle, offset: 77, length: 256 });
    let data = Bytes::from_static(b"data");
    check(&request(6, &[&h, &offset, &s(b"data")]), Request::Write { handle, offset: 77, data });
    check(&request(7, &[&p]), Request::Stat(path()));
    check(&request(17, &[&p]), Request::Stat(path()));
    check(&request(8, &[&h]), Request::HandleStat(handle));
    check(&request(9, &[&p, &none]), Request::SetStat(path(), Changes::default()));
    check(&request(10, &[&h, &none]), Request::HandleSetStat(handle, Changes::default()));
    check(&request(11, &[&p]), Request::OpenFolder(path()));
    check(&request(12, &[&h]), Request::ReadFolder(handle));
    check(&request(13, &[&p]), Request::Remove(path()));
    check(&request(14, &[&p, &none]), Request::MakeFolder(path()));
    check(&request(15, &[&p]), Request::RemoveFolder(path()));
    check(&request(16, &[&p]), Request::RealPath(path()));
    let rename = |replaces| Request::Rename { from: path(), to: path(), replaces };
    check(&request(18, &[&p, &p]), rename(false));
    check(&extended("posix-rename@openssh.com", &[&p, &p]), rename(true));
    check(&extended("statvfs@openssh.com", &[&p]), Request::Space(path()));
    check(&extended("fstatvfs@openssh.com", &[&h]), Request::HandleSpace(handle));
    check(&extended("fsync@openssh.com", &[&h]), Request::Sync(handle));
    check(&extended("limits@openssh.com", &[]), Request::Limits);
    check(&extended("lsetstat@openssh.com", &[&p, &none]), Request::SetStat(path(), Changes::default()));
    check(&extended("expand-path@openssh.com", &[&s(b"~/a")]), Request::RealPath(Bytes::from_static(b"/a")));
    check(&extended("expand-path@openssh.com", &[&s(b"~ed")]), Request::RealPath(Bytes::from_static(b"~ed")));
    check(&extended("hardlink@openssh.com", &[&p, &p]), Request::Unsupported);
    check(&request(19, &[&p]), Request::Unsupported);
    check(&request(99, &[]), Request::Unsupported);
}

#[test]
fn attributes_that_clients_set() {
    let fields: [&[u8]; 6] = [
        &[0x80, 0, 0, 0x0f],
        &9u64.to_be_bytes(),
        &[0; 8],
        &0o644u32.to_be_bytes(),
        &[0, 0, 0, 1, 0x3b, 0x9a, 0xca, 0],
        &[&[0, 0, 0, 1][..], &s(b"x"), &s(b"y")].concat(),
    ];
    let changes = Changes { size: Some(9), modified: Some(UnixMillis(1_000_000_000_000)) };
    check(&request(10, &[&s(&[0, 0, 0, 5]), &fields.concat()]), Request::HandleSetStat(HandleId(5), changes));
    // Numbers of pairs that no packet has.
    let many = request(10, &[&s(&[0, 0, 0, 5]), &[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]]);
    assert_eq!(Packet::parse(many.into()), Err(Malformed));
}

#[test]
fn handles_of_others() {
    let close = |handle: &[u8]| Packet::parse(request(4, &[&s(handle)]).into());
    assert_eq!(close(b""), Ok(Packet::Request(7, Request::Close(HandleId(u32::MAX)))));
    assert_eq!(close(&[1; 256]), Ok(Packet::Request(7, Request::Close(HandleId(u32::MAX)))));
    assert_eq!(close(&[1; 257]), Err(Malformed));
}

#[test]
fn the_first_packet() {
    assert_eq!(Packet::parse(Bytes::from_static(&[1, 0, 0, 0, 6])), Ok(Packet::Init(6)));
    assert_eq!(Packet::parse(Bytes::from_static(&[1, 0, 0, 0])), Err(Malformed));
    assert_eq!(Packet::parse(Bytes::new()), Err(Malformed));
}
