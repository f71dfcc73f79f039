//! A lock of one client forbids every change by others, by whichever operation; its holder goes on.

use super::sinks::{put, request};
use super::*;
use model::AccountName;
use std::time::Duration;
use vfs::access::Access;
use vfs::files::condition::Condition;
use vfs::files::ops::{FileOps, IfExists};
use vfs::volumes::lock_table::{LockDepth, LockMode, LockRequest, LockToken};

fn lock(access: &Access, path: &str, depth: LockDepth, owner: &str) -> LockToken {
    let token = LockToken::from(path);
    let (path, owner) = (vpath(path), AccountName::from(owner));
    let (mode, time) = (LockMode::Exclusive, Duration::from_secs(600));
    let address = access.client().address;
    let request = LockRequest { path, depth, mode, owner, address, note: String::new(), time };
    let table = &access.snapshot().tree.volumes[0].storage.state.lock_table;
    table.lock(request, token.clone()).expect("is taken").token
}

/// Tries every way to change `v/f` and `v/d/x`; returns which ways were allowed.
async fn allowed(site: &Site, access: &Access) -> Vec<&'static str> {
    let person = Person { uploads: uploads_at(site), access: access.clone() };
    let (ops, access) = (FileOps::new(site.core.clone()), &person.access);
    let mut allowed = Vec::new();
    let mut note = |name, is_ok| {
        if is_ok {
            allowed.push(name)
        }
    };
    let replace = |folder, name| SinkRequest { on_conflict: OnConflict::Replace, ..request(folder, name) };
    note("put", put(&person, replace("v", "f"), b"anew").await.is_ok());
    note("append", put(&person, SinkRequest { append: true, ..replace("v", "f") }, b"more").await.is_ok());
    let sent = Sent::noise(1, 3000);
    let ask = Handshake { on_conflict: OnConflict::Replace, ..sent.ask("f") };
    note("up2k", person.upload_as("v", &sent, ask).await.is_ok());
    note("put below", put(&person, request("v/d", "new"), b"x").await.is_ok());
    note("make folders below", put(&person, request("v/d/made", "new"), b"x").await.is_ok());
    note("make folder", ops.make_folder(access, &vpath("v/d"), b"folder").await.is_ok());
    note("make text", ops.new_text(access, &vpath("v/d"), b"t.md").await.is_ok());
    note("save text", ops.save_text(access, &vpath("v/d/x"), None, "text".into()).await.is_ok());
    note("set time", ops.set_mtime(access, &vpath("v/f"), UnixMillis(1)).await.is_ok());
    note("copy onto", ops.copy_to(access, &vpath("v/other"), &vpath("v/f"), IfExists::Replace).await.is_ok());
    note("move onto", ops.move_to(access, &vpath("v/spare"), &vpath("v/f"), IfExists::Replace).await.is_ok());
    note("move away", ops.move_to(access, &vpath("v/d"), &vpath("v/elsewhere"), IfExists::Refuse).await.is_ok());
    note("delete", ops.delete_if(access, &vpath("v/f"), &Condition::default()).await.is_ok());
    allowed
}

fn site() -> Site {
    let site = Site::new(&[("v", "v", "rwmd *, rwmd ann")]);
    for (path, content) in [("v/f", "f"), ("v/d/x", "x"), ("v/other", "other"), ("v/spare", "spare")] {
        site.file(path, content);
    }
    site
}

const WAYS: [&str; 13] = [
    "put",
    "append",
    "up2k",
    "put below",
    "make folders below",
    "make folder",
    "make text",
    "save text",
    "set time",
    "copy onto",
    "move onto",
    "move away",
    "delete",
];

#[tokio::test]
async fn nothing_is_changed_without_the_token() {
    let site = site();
    assert_eq!(allowed(&site, &site.access("ann")).await, WAYS, "without locks");
    for owner in ["ann", "*"] {
        let site = self::site();
        let access = site.access("ann");
        for (path, depth) in [("f", LockDepth::Entry), ("d", LockDepth::Tree)] {
            lock(&access, path, depth, owner);
        }
        assert_eq!(allowed(&site, &access).await, [""; 0]);
        assert_eq!(std::fs::read(site.at("v/f")).expect("is unchanged"), b"f");
        assert_eq!(names_in(&site.at("v/d")), ["x"]);
        let tokens = ["f", "d"].map(LockToken::from).into();
        let with_tokens = allowed(&site, &access.with_lock_tokens(tokens)).await;
        match owner {
            // Tokens of chunked uploads are not kept with the upload.
            "ann" => assert_eq!(with_tokens, WAYS.iter().copied().filter(|way| *way != "up2k").collect::<Vec<_>>()),
            _ => assert_eq!(with_tokens, [""; 0], "the tokens are those of another owner"),
        }
    }
}

#[tokio::test]
async fn a_lock_that_comes_during_an_upload_keeps_the_file_and_the_bytes() {
    let site = site();
    let ann = Person::new(&site, "ann");
    let sent = Sent::noise(2, 3000);
    let ask = Handshake { on_conflict: OnConflict::Replace, ..sent.ask("f") };
    let reply = ann.ask("v", ask.clone()).await.expect("begins");
    let token = lock(&ann.access, "f", LockDepth::Entry, "*");
    // The last chunk ends the upload.
    assert!(ann.send_chunk("v", &reply.wark, &sent, &sent.hashes[0]).await.is_err());
    assert!(ann.ask("v", ask.clone()).await.is_err());
    assert_eq!(std::fs::read(site.at("v/f")).expect("is unchanged"), b"f");
    ann.access.snapshot().tree.volumes[0].storage.state.lock_table.unlock(&token, &"*".into());
    let reply = ann.ask("v", ask).await.expect("goes on");
    assert!(reply.missing.is_empty(), "no byte is sent twice");
    assert_eq!(std::fs::read(site.at("v/f")).expect("is there"), sent.content);
}

#[tokio::test]
async fn a_lock_ends_with_its_path() {
    let site = site();
    let (ops, access) = (FileOps::new(site.core.clone()), site.access("ann"));
    let token = lock(&access, "d/x", LockDepth::Entry, "ann");
    let access = access.with_lock_tokens([token].into());
    ops.move_to(&access, &vpath("v/d"), &vpath("v/e"), IfExists::Refuse).await.expect("moves");
    let table = &access.snapshot().tree.volumes[0].storage.state.lock_table;
    assert!(table.is_empty());
}
