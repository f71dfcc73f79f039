//! Forms in every legal spelling, split anywhere, are parsed alike; forms without an end are refused early.

use super::*;
use futures_util::stream;
use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;

type Parts = Vec<(PartHead, Vec<u8>)>;

/// Parses a body that arrives in pieces of `size` bytes.
fn read(body: &[u8], size: usize) -> Result<Parts, FormFault> {
    let pieces: Vec<Result<Bytes, Infallible>> =
        body.chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let mut form = Multipart::new(stream::iter(pieces), b"b");
    futures_util::FutureExt::now_or_never(async {
        let mut parts = Vec::new();
        while let Some(head) = form.next_part().await? {
            let mut data = Vec::new();
            while let Some(piece) = form.chunk().await? {
                data.extend_from_slice(&piece);
            }
            parts.push((head, data));
        }
        Ok(parts)
    })
    .expect("the future completes at once")
}

fn head(name: &str, file_name: Option<&str>) -> PartHead {
    PartHead { name: Some(name.into()), file_name: file_name.map(|name| name.as_bytes().to_vec()) }
}

#[test]
fn parts_do_not_depend_on_how_the_body_is_split() {
    let tricky = b"line\r\n--not\r\n-\r\n--bb\r\n\r\r\n--";
    let body = [
        b"remark\r\n--b \t\r\nContent-Disposition: form-data; name=\"act\"\r\n\r\nbput\r\n--b\r\n".as_slice(),
        b"content-type: x/y\r\nCONTENT-DISPOSITION: form-data;\r\n name=\"f\"; filename=\"a%22.txt\"\r\n\r\n",
        tricky,
        b"\r\n--b\r\nContent-Disposition: form-data; name=e\r\n\r\n\r\n--b--\r\nepilogue",
    ]
    .concat();
    // `--bb` begins with the boundary, which RFC 2046 forbids inside of data, so it is taken as a boundary.
    let act = (head("act", None), b"bput".to_vec());
    for size in [1, 2, 3, 7, 64, 10_000] {
        let fault = read(&body, size).expect_err("bytes after a boundary are refused");
        assert_eq!(fault, FormFault::Malformed, "{size}");
    }
    let body = String::from_utf8(body).expect("text").replace("\r\n--bb\r\n", "\r\n--c\r\n");
    for size in [1, 2, 3, 7, 64, 10_000] {
        let parts = read(body.as_bytes(), size).expect("a form");
        assert_eq!(parts[0], act, "{size}");
        assert_eq!(parts[1], (head("f", Some("a\".txt")), b"line\r\n--not\r\n-\r\n--c\r\n\r\r\n--".to_vec()), "{size}");
        assert_eq!(parts[2], (head("e", None), Vec::new()), "{size}");
        assert_eq!(parts.len(), 3);
    }
}

#[test]
fn names_of_files() {
    for (sent, want) in [
        (&br#"form-data; name="f"; filename="a b.txt""#[..], &b"a b.txt"[..]),
        (br#"form-data; name="f"; filename="a%22b.txt""#, br#"a"b.txt"#),
        (br#"form-data; name="f"; filename="a%2522b""#, b"a%2522b"),
        (br#"form-data; name="f"; filename="a\"b.txt""#, br#"a"b.txt"#),
        (br#"form-data; name="f"; filename="C:\dir\x.txt""#, b"x.txt"),
        (br#"form-data; name="f"; filename="../../etc/passwd""#, b"passwd"),
        (b"form-data; name=\"f\"; filename=\"caf\xe9\"", b"caf\xe9"),
        (b"form-data; name=f; filename=plain.txt; x=y", b"plain.txt"),
        (b"form-data; name=f; filename=plain; filename*=UTF-8''b%2Fn%C3%A9e", "n\u{e9}e".as_bytes()),
        (br#"form-data; name="f"; filename="""#, b""),
    ] {
        let line = [b"Content-Disposition: ", sent, b"\r\n"].concat();
        let parsed = parse_head(&line).expect("a head");
        assert_eq!(parsed.file_name.as_deref(), Some(want), "{}", String::from_utf8_lossy(sent));
        assert_eq!(parsed.name.as_deref(), Some("f"));
    }
    parse_head(b"Content-Transfer-Encoding: 8BIT\r\n").expect("an identity encoding is accepted");
    let none = parse_head(b"Content-Disposition: form-data; name=\"f\"\r\n").expect("a head");
    assert_eq!(none.file_name, None);
}

#[test]
fn each_fault_has_its_own_variant() {
    let part = b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx";
    for (body, want) in [
        (&b""[..], FormFault::Incomplete),
        (b"no boundary at all", FormFault::Incomplete),
        (&part[..], FormFault::Incomplete),
        (b"--b\r\nnonsense\r\n\r\nx\r\n--b--", FormFault::Malformed),
        (b"--b junk\r\n\r\nx\r\n--b--", FormFault::Malformed),
        (b"--b\r\ncontent-transfer-encoding: Base64\r\n\r\neA==\r\n--b--", FormFault::EncodedPart),
        (b"--b\r\nContent-Transfer-Encoding:quoted-printable\r\n\r\n=78\r\n--b--", FormFault::EncodedPart),
    ] {
        assert_eq!(read(body, 5).expect_err("is refused"), want, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn boundaries() {
    assert_eq!(boundary(b"Multipart/Form-Data; Boundary=B").as_deref(), Some(&b"B"[..]));
    assert_eq!(boundary(b"multipart/form-data; charset=x; boundary=\"a b\"").as_deref(), Some(&b"a b"[..]));
    assert_eq!(boundary(b"multipart/form-data; boundary="), None);
    assert_eq!(boundary(b"multipart/form-data"), None);
    assert_eq!(boundary(b"text/plain; boundary=b"), None);
    assert_eq!(boundary(&[b"multipart/form-data; boundary=".as_slice(), &[b'b'; 71]].concat()), None);
}

/// Returns an endless body and a counter of the bytes that were read from it.
fn endless(
    first: &'static [u8],
    fill: &'static [u8],
) -> (impl Stream<Item = Result<Bytes, Infallible>> + Unpin, Rc<Cell<usize>>) {
    let taken = Rc::new(Cell::new(0));
    let counted = taken.clone();
    let pieces = stream::iter(std::iter::once(first).chain(std::iter::repeat(fill)));
    let pieces = pieces.map(move |piece| {
        counted.set(counted.get() + piece.len());
        Ok(Bytes::from_static(piece))
    });
    (pieces, taken)
}

#[test]
fn preamble_and_part_headers_are_bounded() {
    const HEAD: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"";
    for (first, fill, want) in [
        (&b""[..], &b"zeros zeros zeros"[..], FormFault::LongPreamble),
        (b"", b"\r\n--", FormFault::LongPreamble),
        (HEAD, b"%22%22%22%22", FormFault::LongPartHead),
        (b"--b", b"        ", FormFault::LongPartHead),
        (b"--b\r\nA: b\r\n", b"C: d\r\n", FormFault::LongPartHead),
    ] {
        let (body, taken) = endless(first, fill);
        let mut form = Multipart::new(body, b"b");
        let fault = futures_util::FutureExt::now_or_never(form.next_part()).expect("it does not wait");
        assert_eq!(fault.expect_err("is refused"), want, "{}", String::from_utf8_lossy(fill));
        assert!(taken.get() <= PART_HEAD_MAX + 200, "{} bytes were taken", taken.get());
    }
}

#[test]
fn data_is_returned_as_it_arrives() {
    let (body, taken) = endless(b"--b\r\n\r\n", b"0123456789\r\n--bad luck");
    let mut form = Multipart::new(
        body.map(|piece: Result<Bytes, Infallible>| piece.map(|b| Bytes::from(b.to_vec()))),
        b"boundary",
    );
    assert!(
        futures_util::FutureExt::now_or_never(form.next_part()).expect("does not wait").is_err(),
        "another boundary"
    );
    let before = taken.get();
    assert!(before <= PREAMBLE_MAX + 100);

    let (body, taken) = endless(b"--b\r\n\r\n", b"0123456789\r\r\n-");
    let mut form = Multipart::new(body, b"b");
    let next = |form: &mut Multipart<_>| {
        futures_util::FutureExt::now_or_never(form.chunk()).expect("does not wait").expect("data").expect("more")
    };
    futures_util::FutureExt::now_or_never(form.next_part()).expect("does not wait").expect("a part");
    let mut given = 0;
    for _ in 0..1_000 {
        given += next(&mut form).len();
        assert!(taken.get() - given <= 40, "{} bytes are held back", taken.get() - given);
    }
}
