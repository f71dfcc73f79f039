//! Senders can delete their own uploads and no others; an account that may not learn taken names learns nothing by
//! trying.

use super::*;
use crate::volume::uploads_of;
use model::settings::Settings;
use store::ledger::Ledger;
use vfs::Client;
use vfs::error::{UnpostRefused, UploadError};

fn site(grants: &str, change: impl FnOnce(&mut Settings)) -> Site {
    Site::with(&[("v", "v", grants)], change)
}

fn ledger(person: &Person) -> Arc<Ledger> {
    uploads_of(&person.access.snapshot().tree.volumes[0].storage).ledger.clone()
}

/// The same account at another address.
pub(super) fn elsewhere(person: &Person) -> Person {
    let access = person.access.clone().with_client(Client { address: [10, 0, 0, 9].into() });
    Person { uploads: person.uploads.clone(), access }
}

impl Person {
    async fn take_back(&self, path: &str) -> Result<()> {
        self.uploads.unpost(&self.access, &vpath(path)).await
    }
    async fn own(&self) -> Vec<(String, Option<u8>)> {
        let own = self.uploads.own_uploads(&self.access).await.expect("lists");
        own.into_iter().map(|one| (one.path.display(), one.unfinished)).collect()
    }
    async fn put(&self, folder: &str, name: &str, content: &[u8]) -> Stored {
        sinks::put(self, sinks::request(folder, name), content).await.expect("stores")
    }
}

pub(super) fn why(answer: Result<()>) -> UnpostRefused {
    match answer {
        Err(EngineError::Upload(UploadError::UnpostRefused(why))) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn senders_delete_their_own_files_only() {
    let site = site("rw *", |_| {});
    let (ann, ben, guest) = (Person::new(&site, "ann"), Person::new(&site, "ben"), Person::new(&site, "*"));
    site.file("v/old.txt", "from before");
    ann.upload("v/d", "a", &Sent::noise(1, 3000)).await.expect("uploads");
    ann.put("v", "b", b"bbb").await;
    guest.put("v", "g", b"ggg").await;
    assert_eq!(ann.own().await, [("/v/b".into(), None), ("/v/d/a".into(), None)]);
    assert_eq!(elsewhere(&ann).own().await.len(), 2, "an account is the same everywhere");
    assert_eq!(elsewhere(&guest).own().await, [], "a visitor is an address");

    for (person, path, want) in [
        (&ben, "v/b", UnpostRefused::NotYours),
        (&ben, "v/g", UnpostRefused::NotYours),
        (&elsewhere(&guest), "v/g", UnpostRefused::NotYours),
        (&ann, "v/old.txt", UnpostRefused::Unknown),
        (&ann, "v/d", UnpostRefused::Unknown),
        (&ann, "v/none/x", UnpostRefused::Unknown),
        (&ann, "v/.hist/potluck.db", UnpostRefused::Unknown),
    ] {
        assert_eq!(why(person.take_back(path).await), want, "{path}");
    }
    for (person, path) in [(&ann, "v/b"), (&elsewhere(&ann), "v/d/a"), (&guest, "v/g")] {
        person.take_back(path).await.expect("is their own upload");
        assert_eq!(why(person.take_back(path).await), UnpostRefused::Unknown, "once");
    }
    assert_eq!((names_in(&site.at("v")), names_in(&site.at("v/d")).len()), (vec!["d".into(), "old.txt".into()], 0));
    assert_eq!(ledger(&ann).totals().expect("counts").files, 0);
}

#[tokio::test]
async fn uploads_can_be_deleted_for_a_limited_time() {
    let site = site("rw *", |settings| settings.behaviour.unpost_secs = 60);
    let ann = Person::new(&site, "ann");
    ann.put("v", "a", b"aaa").await;
    let name = FileName::new(b"a").expect("is a name");
    let row = ledger(&ann).file_at(&VPath::root(), &name).expect("reads").expect("is known");
    let aged = |secs: i64| {
        let row = store::ledger::FileRow { uploaded_at: UnixMillis(row.uploaded_at.0 - 1000 * secs), ..row.clone() };
        ledger(&ann).finish_upload(row, None).expect("queues").wait().expect("writes");
    };
    aged(61);
    assert_eq!(why(ann.take_back("v/a").await), UnpostRefused::TooLate);
    assert_eq!(ann.own().await, []);
    aged(50);
    // Another program replaced the file: it is not the uploaded one.
    site.file("v/a", "longer");
    assert_eq!(why(ann.take_back("v/a").await), UnpostRefused::Unknown);
    site.file("v/a", "bbb");
    ann.take_back("v/a").await.expect("in time");
    assert!(!site.at("v/a").exists());
}

#[tokio::test]
async fn files_without_a_sender_belong_to_no_account() {
    let site = site("rw *", |_| {});
    let eve = Person::new(&site, "eve");
    let sent = Sent::noise(7, 5000);
    site.file("v/treasure", &sent.content);
    let claim = Handshake { lifetime_secs: Some(1), ..sent.ask("treasure") };
    assert!(eve.ask("v", claim).await.expect("is here").missing.is_empty());
    assert_eq!(why(eve.take_back("v/treasure").await), UnpostRefused::NotYours);
    assert_eq!(eve.own().await, []);
    let storage = eve.access.snapshot().tree.volumes[0].storage.clone();
    let later = UnixMillis(vfs::clock::now().0 + 3_600_000);
    sweep_all(&storage, later, std::time::Duration::from_secs(60));
    assert!(site.at("v/treasure").exists(), "a cancel request ends only what the client sent");
}

#[tokio::test]
async fn unpost_can_be_disabled() {
    for (unpost, no_delete) in [(0, false), (60, true)] {
        let site = site("rw *", |settings| {
            (settings.behaviour.unpost_secs, settings.behaviour.no_delete) = (unpost, no_delete);
        });
        let ann = Person::new(&site, "ann");
        ann.put("v", "a", b"aaa").await;
        assert_eq!(kind(ann.take_back("v/a").await), "SwitchedOff");
        assert!(site.at("v/a").exists());
    }
    let site = site("rw ann,r ben", |_| {});
    let ben = Person::new(&site, "ben");
    assert_eq!(kind(ben.take_back("v/a").await), "Right");
}

#[tokio::test]
async fn unfinished_uploads_can_be_canceled() {
    let site = site("rw *", |settings| settings.behaviour.unpost_secs = 0);
    let (ann, ben) = (Person::new(&site, "ann"), Person::new(&site, "ben"));
    let sent = Sent::noise(1, 4 << 20);
    let wark = ann.ask("v/d", sent.ask("a")).await.expect("new").wark;
    ann.send_chunk("v", &wark, &sent, &sent.hashes[0]).await.expect("chunk");
    assert_eq!(ann.own().await, [("/v/d/a".into(), Some(25))]);
    assert_eq!(kind(ben.take_back("v/d/a").await), "SwitchedOff", "not his");
    let (folder, second) = (vpath("v"), ChunkSelection::One(sent.hashes[1], None));
    let lease = ann.uploads.claim(&ann.access, &folder, &wark, second, 1 << 20).await.expect("claims");
    ann.take_back("v/d/a").await.expect("is her own upload");
    drop(lease);
    assert_eq!((ann.own().await, all_in(&site.at("v/d"))), (vec![], vec![]));
    assert_eq!(kind(ann.send_chunk("v", &wark, &sent, &sent.hashes[1]).await), "UnknownWark");
    drop((ann, ben));
    assert_eq!(Person::new(&restarted(site), "ann").own().await, []);
}

#[tokio::test]
async fn write_only_accounts_learn_no_names() {
    let site = site("w *,rw ann", |_| {});
    let guest = Person::new(&site, "*");
    site.file("v/taken.txt", "from before");
    guest.put("v", "taken.txt", b"mine").await;
    guest.put("v", "free.txt", b"mine").await;
    guest.upload("v", "taken.txt", &Sent::noise(1, 300)).await.expect("uploads");
    assert_eq!(names_in(&site.at("v")).len(), 4);
    let mut own = guest.own().await;
    own.sort();
    assert_eq!(own, [("/v/free.txt".into(), None), ("/v/taken.txt".into(), None), ("/v/taken.txt".into(), None)]);
    guest.take_back("v/free.txt").await.expect("is their own upload");
    guest.take_back("v/taken.txt").await.expect("the one of theirs that they call so");
    guest.take_back("v/taken.txt").await.expect("the other one");
    for path in ["v/taken.txt", "v/free.txt", "v/never.txt"] {
        assert_eq!(why(guest.take_back(path).await), UnpostRefused::Unknown, "{path}");
    }
    assert_eq!(std::fs::read(site.at("v/taken.txt")).expect("reads"), b"from before");
    assert_eq!(names_in(&site.at("v")), ["taken.txt"]);

    // Unfinished uploads, too.
    let sent = Sent::noise(2, 2 << 20);
    guest.ask("v", sent.ask("taken.txt")).await.expect("new");
    assert_eq!(guest.own().await, [("/v/taken.txt".into(), Some(0))]);
    guest.take_back("v/taken.txt").await.expect("is their own upload");
    assert_eq!(guest.own().await, []);
}

#[tokio::test]
async fn links_to_a_deleted_upload_keep_their_content() {
    let site = site("rw *", |settings| settings.volumes[0].flags.dedup = model::volume::DedupMode::Symlink);
    let (ann, ben) = (Person::new(&site, "ann"), Person::new(&site, "ben"));
    let sent = Sent::noise(1, 50_000);
    ann.upload("v", "one", &sent).await.expect("uploads");
    ben.ask("v", sent.ask("two")).await.expect("links");
    ann.take_back("v/one").await.expect("is her own upload");
    assert_eq!(std::fs::read(site.at("v/two")).expect("reads"), sent.content);
    ben.take_back("v/two").await.expect("is his own upload");
    assert!(names_in(&site.at("v")).is_empty());
}

#[tokio::test]
async fn write_only_accounts_see_a_renamed_folder_under_the_requested_name() {
    use vfs::files::read::{Found, Reader};
    use vfs::listing::{ListOptions, Listings};
    let site = site("w *, rw ed", |_| {});
    let (guest, ed) = (Person::new(&site, "*"), Person::new(&site, "ed"));
    site.file("v/taken", "a file");
    site.file("v/sub/taken", "another");
    let reader = Reader::new(site.core.clone());
    let listings = Listings::new(site.core.clone());
    // A taken name and a free one look alike, before and after a file was sent to it.
    for folder in ["taken", "free", "sub/taken", "sub/free", "taken/deep/er", "free/deep/er"] {
        let path = vpath(&format!("v/{folder}"));
        guest.put(&path.display()[1..], "x.bin", b"content").await;
        let found = reader.open(&guest.access, &path, None).await;
        assert!(matches!(found, Ok(Found::Folder { .. })), "{folder}");
        listings.list(&guest.access, &path, ListOptions::default()).await.expect("is a folder");
        let reply = guest.upload(&path.display()[1..], "y.bin", &Sent::noise(1, 3000)).await.expect("uploads");
        assert!(reply.missing.is_empty(), "{folder}");
        let mut own: Vec<String> = guest.own().await.into_iter().map(|(path, _)| path).collect();
        own.sort();
        assert_eq!(own, [format!("/v/{folder}/x.bin"), format!("/v/{folder}/y.bin")]);
        for name in ["x.bin", "y.bin"] {
            guest.take_back(&format!("v/{folder}/{name}")).await.expect("takes back");
        }
    }
    assert_eq!(std::fs::read(site.at("v/taken")).expect("reads"), b"a file");
    // An account that may read sees the real file.
    assert!(matches!(reader.open(&ed.access, &vpath("v/taken"), None).await, Ok(Found::File(_))));
    assert_eq!(kind(listings.list(&ed.access, &vpath("v/taken"), ListOptions::default()).await), "NotAFolder");
}
