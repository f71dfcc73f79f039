//! The wire format of up2k: JSON of the handshake, headers of a chunk (docs/up2k.md "Handshake" and "Chunks").
//! File names are bytes. JSON cannot express all of them, so bytes that are not UTF-8 are written as lone surrogates
//! U+DC80 to U+DCFF, as Python's clients do.

use bytes::Bytes;
use engine::uploads::{ChunkSelection, Handshake, HandshakeReply, Hit};
use model::vpath::{percent_decode, push_percent_encoded};
use model::{ChunkHash, OnConflict, UnixMillis, VPath};
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};
use serde_json::Value;
use std::fmt::{self, Write as _};

/// Longest JSON body, in bytes.
pub const JSON_MAX: usize = 1 << 20;
/// Longest name, in characters.
const NAME_MAX_CHARS: usize = 1024;

/// Reason why a handshake is invalid, with the text for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireFault {
    /// 422
    NotJson(String),
    /// 400
    BadField(String),
}

/// A parsed JSON body.
#[derive(Debug)]
pub enum HandshakeBody {
    /// An upload.
    Upload(Handshake),
    /// Files with exactly this content.
    Search {
        /// Bytes.
        size: u64,
        /// All chunk hashes.
        hashes: Vec<ChunkHash>,
    },
}

#[derive(Deserialize)]
struct RawHandshake {
    name: Option<JsonBytes>,
    size: Option<Value>,
    lmod: Option<Value>,
    hash: Option<Vec<Value>>,
    srch: Option<Value>,
    life: Option<Value>,
    rand: Option<Value>,
    umod: Option<Value>,
    replace: Option<Value>,
}

/// What the request of a handshake reveals about the client's version (docs/up2k.md "Handshake").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientHint {
    /// The URL ended in `handshake.php`: `name` may contain folders.
    LegacyUrl,
    /// The media type is `application/json`, which old servers refused: `name` contains no folders, and a `\` is an
    /// ordinary character.
    JsonType,
    /// Nothing; the fields of the JSON decide.
    None,
}

/// Parses the JSON of a handshake.
///
/// # Errors
/// The text for the client, which some clients compare.
pub fn parse_handshake(body: &[u8], hint: ClientHint) -> Result<HandshakeBody, WireFault> {
    let raw = serde_json::from_slice(body).map_err(|_| not_json(body))?;
    check_handshake(raw, hint)
}

fn not_json(body: &[u8]) -> WireFault {
    WireFault::NotJson(format!("you POSTed {} bytes of invalid json", body.len()))
}

fn check_handshake(raw: RawHandshake, hint: ClientHint) -> Result<HandshakeBody, WireFault> {
    let bad = |text: &str| WireFault::BadField(text.to_owned());
    let size = raw.size.as_ref().and_then(whole_number).ok_or_else(|| bad("need the size of the file, in bytes"))?;
    let hashes = parse_hashes(&raw.hash.ok_or_else(|| bad("need the list of chunk hashes"))?)?;
    if truthy(raw.srch.as_ref()) {
        return Ok(HandshakeBody::Search { size, hashes });
    }
    let name = raw.name.ok_or_else(|| bad("need the name of the file"))?.0;
    let newer_fields = [&raw.life, &raw.rand, &raw.umod, &raw.replace].into_iter().any(Option::is_some);
    let folders_in_name = match hint {
        ClientHint::LegacyUrl => true,
        ClientHint::JsonType => false,
        ClientHint::None => !newer_fields,
    };
    check_name(&name, folders_in_name)?;
    let on_conflict = match &raw.replace {
        Some(Value::Bool(true)) => OnConflict::Replace,
        Some(Value::String(text)) if text == "mt" => OnConflict::ReplaceOlder,
        Some(Value::String(text)) if text == "skip" => OnConflict::Skip,
        Some(other) if truthy(Some(other)) => OnConflict::Replace,
        _ => OnConflict::Rename,
    };
    let lmod = match &raw.lmod {
        None | Some(Value::Null) => None,
        Some(value) => Some(seconds(value).ok_or_else(|| bad("lmod is not a time in seconds"))?),
    };
    Ok(HandshakeBody::Upload(Handshake {
        name,
        size,
        lmod,
        hashes,
        on_conflict,
        lifetime_secs: raw.life.as_ref().and_then(whole_number).filter(|secs| *secs > 0),
        random_name: truthy(raw.rand.as_ref()),
        touch_existing: truthy(raw.umod.as_ref()),
        folders_in_name,
    }))
}

/// Most parts of a bundle.
pub const PARTS_MAX: usize = 256;

/// A part of a bundle.
#[derive(Debug)]
pub struct Part {
    /// Its folder, below the one that the bundle is posted to.
    pub below: VPath,
    /// What it asks for.
    pub asked: PartKind,
}

/// What a part of a bundle asks for.
#[derive(Debug)]
pub enum PartKind {
    /// An upload; of a file with one chunk perhaps the bytes of that chunk, which are taken if they are missing.
    Handshake(Handshake, Option<Bytes>),
    /// One whole chunk, with its bytes.
    Chunk(String, ChunkHash, Bytes),
}

#[derive(Deserialize)]
struct RawPart {
    /// Percent-encoded.
    #[serde(rename = "in")]
    below: Option<String>,
    handshake: Option<RawHandshake>,
    wark: Option<String>,
    hash: Option<String>,
    size: Option<usize>,
}

/// Parses a bundle: a line of JSON that lists the parts, then the bytes of all chunks, in the order of the list. The inner
/// errors belong to one part each (docs/up2k.md "Bundles").
///
/// # Errors
/// The bundle as a whole cannot be understood.
pub fn parse_bundle(body: &Bytes) -> Result<Vec<Result<Part, WireFault>>, WireFault> {
    let bad = |text: &str| WireFault::BadField(text.to_owned());
    let end = body.iter().position(|byte| *byte == b'\n').ok_or_else(|| bad("the list of parts has no end"))?;
    let parts: Vec<RawPart> = serde_json::from_slice(&body[..end]).map_err(|_| not_json(&body[..end]))?;
    if parts.len() > PARTS_MAX {
        return Err(bad("the bundle has too many parts"));
    }
    let mut contents = body.slice(end + 1..);
    let size = parts.iter().try_fold(0usize, |sum, part| sum.checked_add(part.size.unwrap_or(0)));
    if size != Some(contents.len()) {
        return Err(bad("the chunks of the bundle have other sizes than its list says"));
    }
    let each = |part: RawPart| {
        let content = contents.split_to(part.size.unwrap_or(0));
        check_part(part, content)
    };
    Ok(parts.into_iter().map(each).collect())
}

fn check_part(part: RawPart, content: Bytes) -> Result<Part, WireFault> {
    let bad = |text: &str| WireFault::BadField(text.to_owned());
    let below = percent_decode(part.below.unwrap_or_default().as_bytes());
    let below = VPath::parse(&below).map_err(|_| bad("the folder of a part is not a path"))?;
    let asked = match (part.handshake, part.wark, part.hash) {
        (Some(handshake), None, None) => match check_handshake(handshake, ClientHint::JsonType)? {
            HandshakeBody::Upload(handshake) => {
                let content = Some(content).filter(|content| !content.is_empty());
                let is_only_chunk =
                    |content: &Bytes| handshake.hashes.len() == 1 && handshake.size == content.len() as u64;
                if !content.as_ref().is_none_or(is_only_chunk) {
                    return Err(bad("a handshake may carry the only chunk of its file, and nothing else"));
                }
                PartKind::Handshake(handshake, content)
            }
            HandshakeBody::Search { .. } => return Err(bad("a search cannot be part of a bundle")),
        },
        (None, Some(wark), Some(hash)) => {
            let hash = ChunkHash::parse(&hash).map_err(|_| bad("a chunk hash is not according to spec"))?;
            PartKind::Chunk(wark, hash, content)
        }
        _ => return Err(bad("a part is a handshake, or wark and hash of a chunk")),
    };
    Ok(Part { below, asked })
}

fn parse_hashes(list: &[Value]) -> Result<Vec<ChunkHash>, WireFault> {
    if list.len() as u64 > model::chunking::MAX_CHUNKS {
        return Err(WireFault::BadField("too many chunks".into()));
    }
    let one = |value: &Value| {
        let parsed = value.as_str().and_then(|text| ChunkHash::parse(text).ok());
        parsed.ok_or_else(|| WireFault::BadField(format!("at least one hash is not according to spec: {value:.60}")))
    };
    list.iter().map(one).collect()
}

fn check_name(name: &[u8], folders_in_name: bool) -> Result<(), WireFault> {
    let shown = String::from_utf8_lossy(name);
    let too_long = shown.chars().count() > NAME_MAX_CHARS;
    let last = name.rsplit(|&b| b == b'/').next().unwrap_or_default();
    let invalid = last.iter().all(|b| b.is_ascii_whitespace()) || last == b"." || last == b"..";
    if too_long {
        return Err(WireFault::BadField("filename too long".into()));
    }
    if invalid || (!folders_in_name && name.contains(&b'/')) {
        let short: String = shown.chars().take(200).collect();
        return Err(WireFault::BadField(format!("filename contains '/' or is invalid: {short}")));
    }
    Ok(())
}

fn truthy(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(yes)) => *yes,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(_) => true,
    }
}

fn whole_number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            let float = number.as_f64()?;
            (float.fract() == 0.0 && (0.0..9.0e15).contains(&float)).then_some(float as u64)
        }),
        _ => None,
    }
    .filter(|number| i64::try_from(*number).is_ok())
}

/// Converts Unix seconds; a fraction is dropped.
fn seconds(value: &Value) -> Option<UnixMillis> {
    // Out-of-range numbers are clamped; the engine does not accept such times.
    value.as_f64().map(|secs| UnixMillis::from_secs(secs as i64))
}

/// Formats the answer to a handshake. `base`: base path of the site, without a slash at its end.
pub fn print_handshake(reply: &HandshakeReply, base: &str) -> String {
    let mut out = String::with_capacity(256 + reply.missing.len() * 48);
    out.push_str("{\"name\": ");
    push_json_bytes(&mut out, &reply.name);
    out.push_str(", \"purl\": ");
    let mut folder = base.as_bytes().to_vec();
    folder.push(b'/');
    folder.extend_from_slice(reply.folder.as_bytes());
    if !reply.folder.is_root() {
        folder.push(b'/');
    }
    push_json_bytes(&mut out, &folder);
    write!(
        out,
        ", \"size\": {}, \"lmod\": {}, \"sprs\": {}, \"hash\": [",
        reply.size,
        reply.lmod.secs(),
        reply.any_order
    )
    .expect("writing to a string cannot fail");
    for (i, hash) in reply.missing.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        write!(out, "{comma}\"{hash}\"").expect("writing to a string cannot fail");
    }
    write!(out, "], \"dwrk\": \"{0}\", \"wark\": \"{0}\"", reply.wark).expect("writing to a string cannot fail");
    if let Some(key) = &reply.key {
        write!(out, ", \"fk\": \"{key}\"").expect("writing to a string cannot fail");
    }
    out.push('}');
    out
}

/// Formats the result of a search by content. It never has a `name`: clients tell the two answers apart by that.
pub fn print_hits(hits: &[Hit]) -> String {
    let mut out = String::from("{\"hits\": [");
    for (i, hit) in hits.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        write!(out, "{comma}{{\"ts\": {}, \"sz\": {}, \"rp\": \"", hit.modified.secs(), hit.size)
            .expect("writing to a string cannot fail");
        push_percent_encoded(&mut out, hit.path.as_bytes());
        out.push_str("\", \"tags\": {}}");
    }
    out.push_str("], \"tag_order\": [], \"trunc\": false}");
    out
}

/// Parses `X-Up2k-Hash` and `X-Up2k-Subc`.
///
/// # Errors
/// The text for the client (400).
pub fn parse_selection(hashes: &str, offset: Option<&str>) -> Result<ChunkSelection, WireFault> {
    let bad = |text: &str| WireFault::BadField(text.to_owned());
    let parse = |text: &str| ChunkHash::parse(text.trim()).map_err(|_| bad("a chunk hash is not according to spec"));
    let offset = match offset {
        None => None,
        Some(text) => Some(text.trim().parse::<u64>().map_err(|_| bad("X-Up2k-Subc is not an offset"))?),
    };
    let parts: Vec<&str> = hashes.split(',').collect();
    match parts[..] {
        [one] => Ok(ChunkSelection::One(parse(one)?, offset)),
        _ if offset.is_some() => Err(bad("pieces of a chunk cannot be stitched")),
        [first, length, prefixes] if length.trim().len() == 1 => {
            let length = length.trim().parse::<usize>().ok().filter(|length| *length > 0);
            let length = length.ok_or_else(|| bad("the length of the prefixes is not a digit"))?;
            let prefixes = prefixes.trim();
            if prefixes.is_empty() || !prefixes.is_ascii() || !prefixes.len().is_multiple_of(length) {
                return Err(bad("the prefixes of sibling chunks are incomplete"));
            }
            let prefixes = (0..prefixes.len()).step_by(length).map(|at| prefixes[at..at + length].to_owned()).collect();
            Ok(ChunkSelection::Compact(parse(first)?, prefixes))
        }
        _ if parts.len() as u64 > model::chunking::MAX_CHUNKS => Err(bad("too many chunks")),
        _ => Ok(ChunkSelection::Full(parts.into_iter().map(parse).collect::<Result<_, _>>()?)),
    }
}

/// A JSON string as the bytes of a file name.
struct JsonBytes(Vec<u8>);

impl<'de> Deserialize<'de> for JsonBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = JsonBytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<JsonBytes, E> {
                Ok(JsonBytes(without_surrogates(bytes)))
            }
            fn visit_str<E>(self, text: &str) -> Result<JsonBytes, E> {
                Ok(JsonBytes(text.as_bytes().to_vec()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// Converts U+DC80 to U+DCFF (three bytes ED B2/B3 xx in the generalised UTF-8 of JSON) to the byte that they
/// represent. Other lone surrogates become U+FFFD.
fn without_surrogates(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at..] {
            [0xED, second @ 0xB2..=0xB3, third, ..] => {
                out.push(((second & 1) << 6) | (third & 0x3F) | 0x80);
                at += 3;
            }
            [0xED, 0xA0..=0xBF, _, ..] => {
                out.extend_from_slice("\u{FFFD}".as_bytes());
                at += 3;
            }
            [byte, ..] => {
                out.push(byte);
                at += 1;
            }
            [] => break,
        }
    }
    out
}

/// Appends bytes as an ASCII-only JSON string; bytes that are not UTF-8 become lone surrogates.
pub fn push_json_bytes(out: &mut String, bytes: &[u8]) {
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                ' '..='~' => out.push(c),
                _ => {
                    let mut units = [0; 2];
                    for unit in c.encode_utf16(&mut units) {
                        write!(out, "\\u{unit:04x}").expect("writing to a string cannot fail");
                    }
                }
            }
        }
        for byte in chunk.invalid() {
            write!(out, "\\udc{byte:02x}").expect("writing to a string cannot fail");
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05oh";

    fn upload(json: &str) -> Handshake {
        match parse_handshake(json.as_bytes(), ClientHint::None) {
            Ok(HandshakeBody::Upload(handshake)) => handshake,
            other => panic!("{json}: {other:?}"),
        }
    }

    #[test]
    fn both_generations_are_understood() {
        let new = upload(&format!(
            r#"{{"name":"a.bin","size":3,"lmod":1700000000.9,"life":0,"rand":true,"replace":"mt","hash":["{ABC}"]}}"#
        ));
        assert_eq!((new.name.as_slice(), new.size, new.hashes.len()), (&b"a.bin"[..], 3, 1));
        assert_eq!(new.lmod, Some(UnixMillis::from_secs(1_700_000_000)));
        assert_eq!((new.on_conflict, new.lifetime_secs, new.random_name), (OnConflict::ReplaceOlder, None, true));
        assert!(!new.folders_in_name);
        let far = upload(r#"{"name":"a","size":0,"lmod":-1e300,"hash":[]}"#);
        assert_eq!(far.lmod, Some(UnixMillis(i64::MIN)));
        let old = upload(&format!(r#"{{"name":"d/a.bin","size":3,"hash":["{ABC}"]}}"#));
        assert!(old.folders_in_name && old.lmod.is_none());
        let search = parse_handshake(format!(r#"{{"srch":1,"size":3,"hash":["{ABC}"]}}"#).as_bytes(), ClientHint::None);
        assert!(matches!(search, Ok(HandshakeBody::Search { size: 3, .. })));
    }

    #[test]
    fn invalid_json_is_refused_with_the_texts_that_clients_compare() {
        let fault = |json: &str| match parse_handshake(json.as_bytes(), ClientHint::None) {
            Err(WireFault::NotJson(text) | WireFault::BadField(text)) => text,
            Ok(asked) => panic!("{json}: {asked:?}"),
        };
        assert_eq!(fault("{nope"), "you POSTed 5 bytes of invalid json");
        assert_eq!(fault("[]"), "you POSTed 2 bytes of invalid json");
        assert!(fault(r#"{"name":"a","size":1,"size":2,"hash":[]}"#).contains("invalid json"), "duplicate key");
        for (json, want) in [
            (r#"{"name":"a","size":-1,"hash":[]}"#, "need the size"),
            (r#"{"name":"a","size":1e300,"hash":[]}"#, "need the size"),
            (r#"{"name":"a","size":99999999999999999999,"hash":[]}"#, "need the size"),
            (r#"{"name":"a","size":"3","hash":[]}"#, "need the size"),
            (r#"{"size":3,"hash":[]}"#, "need the name"),
            (r#"{"name":"a","size":3}"#, "need the list"),
            (r#"{"name":"a","size":3,"hash":["short"]}"#, "at least one hash is not according to spec"),
            (r#"{"name":"a","size":3,"hash":[7]}"#, "at least one hash is not according to spec"),
            (r#"{"name":"x/y","size":0,"life":0,"hash":[]}"#, "filename contains '/' or is invalid: x/y"),
            (r#"{"name":"..","size":0,"hash":[]}"#, "filename contains '/' or is invalid"),
            (r#"{"name":"","size":0,"hash":[]}"#, "filename contains '/' or is invalid"),
            (r#"{"name":"a","size":0,"lmod":"x","hash":[]}"#, "lmod is not"),
        ] {
            assert!(fault(json).starts_with(want), "{json}: {}", fault(json));
        }
    }

    #[test]
    fn names_of_any_bytes_round_trip() {
        let name = b"caf\xe9 \"\\ \xf0\x9f\x8e\x89\x01\xff";
        let mut json = String::from("{\"size\":0,\"life\":0,\"hash\":[],\"name\":");
        push_json_bytes(&mut json, name);
        json.push('}');
        assert_eq!(upload(&json).name, name);
        assert!(json.is_ascii());
    }

    #[test]
    fn parts_of_a_bundle() {
        let parse = |list: &str, contents: &str| parse_bundle(&Bytes::from(format!("{list}\n{contents}")));
        let list = format!(
            r#"[{{"in":"a/b%20c","handshake":{{"name":"x","size":0,"hash":[]}}}},{{"wark":"w","hash":"{ABC}","size":3}},{{"size":1}}]"#
        );
        let mut parts = parse(&list, "abcd").expect("a bundle").into_iter();
        let first = parts.next().expect("three").expect("a handshake");
        assert!(matches!(first, Part { below, asked: PartKind::Handshake(_, None) } if below.as_bytes() == b"a/b c"));
        let second = parts.next().expect("three").expect("a chunk");
        assert!(matches!(second.asked, PartKind::Chunk(wark, _, content) if wark == "w" && content == "abc"));
        assert!(parts.next().expect("three").is_err());
        let many = format!("[{}]", vec!["{}"; PARTS_MAX + 1].join(","));
        let huge = format!(r#"[{{"size":{0}}},{{"size":{0}}}]"#, usize::MAX);
        for (list, contents) in [(&*list, "abc"), (&list, "abcde"), (&many, ""), (&huge, ""), ("{}", ""), ("[", "")] {
            assert!(parse(list, contents).is_err(), "{list}");
        }
        assert!(parse_bundle(&Bytes::from_static(b"[]")).is_err());
        let one = |list: &str| parse(list, "").expect("a bundle").remove(0).is_err();
        assert!(one(r#"[{"in":"a%00","handshake":{"name":"x","size":0,"hash":[]}}]"#));
        assert!(one(r#"[{"handshake":{"srch":1,"name":"x","size":0,"hash":[]}}]"#));
        assert!(one(r#"[{"wark":"w","hash":"short"}]"#));
        let whole = |size: u64, contents: &str| {
            let handshake = format!(r#"{{"name":"x","size":{size},"hash":["{ABC}"]}}"#);
            let length = contents.len();
            parse(&format!(r#"[{{"handshake":{handshake},"size":{length}}}]"#), contents).expect("a bundle").remove(0)
        };
        let asked = whole(3, "abc").map(|part| part.asked);
        assert!(matches!(asked, Ok(PartKind::Handshake(_, Some(content))) if content == "abc"));
        assert!(matches!(whole(3, "").map(|part| part.asked), Ok(PartKind::Handshake(_, None))));
        assert!(whole(3, "ab").is_err() && whole(3, "abcd").is_err());
    }

    #[test]
    fn chunk_headers() {
        assert!(matches!(parse_selection(ABC, None), Ok(ChunkSelection::One(_, None))));
        assert!(matches!(parse_selection(ABC, Some("12")), Ok(ChunkSelection::One(_, Some(12)))));
        let compact = parse_selection(&format!("{ABC},9,uVbzgzwX1Ck428a73P"), None);
        assert!(matches!(compact, Ok(ChunkSelection::Compact(_, prefixes)) if prefixes == ["uVbzgzwX1", "Ck428a73P"]));
        assert!(
            matches!(parse_selection(&format!("{ABC},{ABC}"), None), Ok(ChunkSelection::Full(list)) if list.len() == 2)
        );
        for bad in
            ["", "x", &format!("{ABC},9,abc"), &format!("{ABC},0,abc"), &format!("{ABC},x,abc"), &format!("{ABC},2,é")]
        {
            assert!(parse_selection(bad, None).is_err(), "{bad}");
        }
        assert!(parse_selection(ABC, Some("-1")).is_err());
        assert!(parse_selection(&format!("{ABC},{ABC}"), Some("0")).is_err());
    }
}
