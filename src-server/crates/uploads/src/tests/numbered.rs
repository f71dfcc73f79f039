//! A file whose name is taken gets a numbered name if its sender may list the folder; other senders learn nothing.

use super::sinks::{put, request};
use super::*;

#[tokio::test]
async fn a_file_whose_name_is_taken_is_numbered() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    site.file("v/Invoice 007.pdf", "another");
    site.file("v/a.tar.gz", "another");
    std::fs::create_dir_all(site.at("v/folder")).expect("mkdir");
    // By up2k, by a whole body, and without content.
    let reply = ann.upload("v", "Invoice 007.pdf", &Sent::noise(1, 3000)).await.expect("uploads");
    assert_eq!(reply.name, b"Invoice 007 (2).pdf");
    let stored = put(&ann, request("v", "Invoice 007.pdf"), b"third").await.expect("stores");
    assert_eq!(stored.name.display(), "Invoice 007 (3).pdf");
    let empty = Sent::noise(0, 0);
    assert_eq!(ann.ask("v", empty.ask("a.tar.gz")).await.expect("at once").name, b"a (2).tar.gz");
    assert_eq!(ann.upload("v", "folder", &Sent::noise(2, 10)).await.expect("uploads").name, b"folder (2)");
    let several_chunks = ann.upload("v", "a.tar.gz", &Sent::noise(3, 2_500_000)).await.expect("uploads");
    assert_eq!(several_chunks.name, b"a (3).tar.gz");
    assert_eq!(
        all_in(&site.at("v")),
        [
            ".hist",
            "Invoice 007 (2).pdf",
            "Invoice 007 (3).pdf",
            "Invoice 007.pdf",
            "a (2).tar.gz",
            "a (3).tar.gz",
            "a.tar.gz",
            "folder",
            "folder (2)"
        ]
    );
}

#[tokio::test]
async fn write_only_accounts_get_unguessable_names() {
    let site = Site::new(&[("v", "v", "w *, wg get, wG upget, rw ed")]);
    site.file("v/a.bin", "another");
    for name in ["*", "get", "upget"] {
        let person = Person::new(&site, name);
        let before = all_in(&site.at("v"));
        person.upload("v", "a.bin", &Sent::noise(name.len() as u64, 3000)).await.expect("uploads");
        put(&person, request("v", "a.bin"), name.as_bytes()).await.expect("stores");
        let new: Vec<_> = all_in(&site.at("v")).into_iter().filter(|name| !before.contains(name)).collect();
        let new: Vec<_> = new.into_iter().filter(|name| name != ".hist").collect();
        assert_eq!(new.len(), 2, "{new:?}");
        assert!(new.iter().all(|name| name.starts_with("a.bin-1") && name.ends_with(".bin")), "{new:?}");
    }
    let ed = Person::new(&site, "ed");
    assert_eq!(ed.upload("v", "a.bin", &Sent::noise(9, 30)).await.expect("uploads").name, b"a (2).bin");
}

#[tokio::test]
async fn concurrent_uploads_of_one_name_get_different_numbers() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = std::sync::Arc::new(Person::new(&site, "*"));
    let bodies = (0..24u64).map(|sender| {
        let ann = ann.clone();
        tokio::spawn(async move {
            let sent = Sent::noise(sender + 1, 2000);
            match sender % 2 {
                0 => drop(ann.upload("v", "same.txt", &sent).await.expect("uploads")),
                _ => drop(put(&ann, request("v", "same.txt"), &sent.content).await.expect("stores")),
            }
        })
    });
    for body in bodies.collect::<Vec<_>>() {
        body.await.expect("runs");
    }
    let names = names_in(&site.at("v"));
    assert_eq!(names.len(), 24, "{names:?}");
    let is_expected = |name: &String| name == "same.txt" || name.starts_with("same (") && name.ends_with(").txt");
    assert!(names.iter().all(is_expected), "{names:?}");
}

#[tokio::test]
async fn a_numbered_upload_is_resumed_and_stored_once() {
    let mut site = Site::new(&[("v", "v", "rw *")]);
    site.file("v/a.bin", "another");
    let sent = Sent::noise(6, 2_500_000);
    {
        let ann = Person::new(&site, "*");
        let reply = ann.ask("v", sent.ask("a.bin")).await.expect("new");
        assert_eq!((reply.name.as_slice(), reply.missing.len()), (&b"a (2).bin"[..], 3));
        ann.send_chunk("v", &reply.wark, &sent, &sent.hashes[0]).await.expect("chunk");
    }
    // Under either name, also after a restart.
    for name in ["a.bin", "a (2).bin"] {
        site = restarted(site);
        let ann = Person::new(&site, "*");
        let reply = ann.ask("v", sent.ask(name)).await.expect("resumes");
        assert_eq!((reply.name.as_slice(), reply.missing.len()), (&b"a (2).bin"[..], 2), "{name}");
    }
    // Another program takes the reserved name meanwhile.
    site.file("v/a (2).bin", "and another");
    let ann = Person::new(&site, "*");
    let wark = ann.ask("v", sent.ask("a.bin")).await.expect("resumes").wark;
    for hash in &sent.hashes[1..] {
        ann.send_chunk("v", &wark, &sent, hash).await.expect("chunk");
    }
    let done = ann.ask("v", sent.ask("a.bin")).await.expect("is there");
    assert_eq!((done.name.as_slice(), done.missing.len()), (&b"a (3).bin"[..], 0));
    drop(ann);
    // Sent again, it is not stored again.
    site = restarted(site);
    let ann = Person::new(&site, "*");
    for _ in 0..2 {
        assert_eq!(ann.upload("v", "a.bin", &sent).await.expect("known").name, b"a (3).bin");
    }
    assert_eq!(names_in(&site.at("v")), ["a (2).bin", "a (3).bin", "a.bin"]);
    // If the name is free again the file gets it.
    std::fs::remove_file(site.at("v/a.bin")).expect("removes");
    assert_eq!(ann.upload("v", "a.bin", &sent).await.expect("copies").name, b"a.bin");
}
