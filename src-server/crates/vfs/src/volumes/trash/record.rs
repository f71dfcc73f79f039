//! The record of an entry: a small JSON file that is written once, before names change.

use model::vpath::percent_decode;
use model::{UnixMillis, VPath};
use serde_json::{Value, json};
use store::disk::Kind;

/// Version of the format.
const VERSION: u64 = 1;
/// Most bytes of a record; larger ones are not read.
pub const BYTES_MAX: u64 = 64 << 20;

/// Why something is in the trash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It was deleted.
    Deleted,
    /// Something else took its name, or its content was changed.
    Replaced,
}

/// Who removed something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// The account; `*` for visitors.
    pub account: String,
    /// The address of the client.
    pub address: String,
}

/// An item as it was at its former path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its path below the volume's top folder, with symlinks resolved.
    pub path: VPath,
    /// Its kind.
    pub kind: Kind,
    /// Size of a file, bytes; 0 for others.
    pub size: u64,
    /// Modification time.
    pub mtime: UnixMillis,
    /// Where the item waits once it has lost its name, until it is renamed into the trash.
    pub waiting: Option<Waiting>,
}

/// A hidden place of an item that was exchanged with its successor. After a crash it goes into the trash from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The place, below the volume's top folder.
    pub path: VPath,
    /// The inode number of the item; another entry may be at the place before and after.
    pub ino: u64,
}

/// The record of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When the operation began, by the wall clock.
    pub at: UnixMillis,
    /// When it began, by the clock of the trash ([`super::clock`]).
    pub seen_ms: i64,
    /// Who did it.
    pub by: Actor,
    /// Why.
    pub cause: Cause,
    /// The items, by their numbers. Those that are restored or purged stay in the record.
    pub items: Vec<(u32, Item)>,
}

impl Record {
    /// Returns the item with this number.
    pub fn item(&self, number: u32) -> Option<&Item> {
        self.items.iter().find(|(at, _)| *at == number).map(|(_, item)| item)
    }

    /// Returns the text of the record.
    pub fn to_json(&self) -> Vec<u8> {
        let items: Vec<Value> = self
            .items
            .iter()
            .map(|(number, item)| {
                let waiting = item.waiting.as_ref();
                json!({
                    "item": number,
                    // Percent-encoded: names need not be UTF-8.
                    "path": item.path.to_url(),
                    "kind": kind_name(item.kind),
                    "size": item.size,
                    "mtime": item.mtime.0,
                    "waiting": waiting.map(|at| json!({ "path": at.path.to_url(), "ino": at.ino })),
                })
            })
            .collect();
        let cause = match self.cause {
            Cause::Deleted => "deleted",
            Cause::Replaced => "replaced",
        };
        let all = json!({
            "version": VERSION,
            "at": self.at.0,
            "seen": self.seen_ms,
            "account": self.by.account,
            "address": self.by.address,
            "cause": cause,
            "items": items,
        });
        all.to_string().into_bytes()
    }

    /// Reads the text of a record; `None` if it is none.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let all: Value = serde_json::from_slice(text).ok()?;
        if all["version"].as_u64()? != VERSION {
            return None;
        }
        let path_in = |one: &Value| VPath::parse(&percent_decode(one["path"].as_str()?.as_bytes())).ok();
        let waiting = |one: &Value| Some(Waiting { path: path_in(one)?, ino: one["ino"].as_u64()? });
        let item = |one: &Value| {
            let path = path_in(one)?;
            let item = Item {
                path: Some(path).filter(|path| !path.is_root())?,
                kind: kind_of(one["kind"].as_str()?),
                size: one["size"].as_u64()?,
                mtime: UnixMillis(one["mtime"].as_i64()?),
                waiting: waiting(&one["waiting"]),
            };
            Some((u32::try_from(one["item"].as_u64()?).ok()?, item))
        };
        let text = |key: &str| all[key].as_str().unwrap_or_default().to_owned();
        Some(Self {
            at: UnixMillis(all["at"].as_i64()?),
            seen_ms: all["seen"].as_i64()?,
            by: Actor { account: text("account"), address: text("address") },
            cause: if all["cause"] == "replaced" { Cause::Replaced } else { Cause::Deleted },
            items: all["items"].as_array()?.iter().map(item).collect::<Option<_>>()?,
        })
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Folder => "folder",
        Kind::Link => "link",
        Kind::Other => "other",
    }
}

fn kind_of(name: &str) -> Kind {
    [Kind::File, Kind::Folder, Kind::Link].into_iter().find(|kind| kind_name(*kind) == name).unwrap_or(Kind::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_read_back_also_names_that_are_not_utf8() {
        let item = |path: &[u8], kind| Item {
            path: VPath::parse(path).expect("parses"),
            kind,
            size: 7,
            mtime: UnixMillis(-5),
            waiting: (kind == Kind::Folder)
                .then(|| Waiting { path: VPath::parse(b"a/.up2k-x.PARTIAL/\xff").expect("parses"), ino: u64::MAX }),
        };
        let record = Record {
            at: UnixMillis(9),
            seen_ms: 11,
            by: Actor { account: "ed \"x\"".into(), address: "::1".into() },
            cause: Cause::Replaced,
            items: vec![
                (0, item(b"a/caf\xe9 %41\n", Kind::File)),
                (3, item(&[b'x'; 255], Kind::Folder)),
                (4, item("\u{202e}ü".as_bytes(), Kind::Link)),
                (5, item(b"f", Kind::Other)),
            ],
        };
        assert_eq!(Record::parse(&record.to_json()), Some(record.clone()));
        assert_eq!(record.item(3).map(|item| item.kind), Some(Kind::Folder));
        assert_eq!(record.item(1), None);
    }

    #[test]
    fn damaged_records_are_none() {
        let good = r#"{"version":1,"at":1,"seen":1,"cause":"deleted","items":[{"item":0,"path":"a","kind":"file","size":1,"mtime":1}]}"#;
        assert!(Record::parse(good.as_bytes()).is_some());
        for (from, to) in [
            ("1,\"at\"", "2,\"at\""),
            ("\"a\"", "\"\""),
            ("\"a\"", "\"..\""),
            ("0,\"path\"", "-1,\"path\""),
            ("}]}", "}]"),
            ("[{", "[3,{"),
        ] {
            assert_eq!(Record::parse(good.replace(from, to).as_bytes()), None, "{to}");
        }
        for text in ["", "null", "[]", "{}"] {
            assert_eq!(Record::parse(text.as_bytes()), None, "{text}");
        }
    }
}
