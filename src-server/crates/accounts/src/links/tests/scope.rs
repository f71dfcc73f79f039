//! An account with a part of a volume can use it by every operation, and nothing outside it.

use super::*;

/// A volume with files beside, above, inside and behind symlinks; `open` is readable for everyone, `inner` is another
/// volume inside.
fn links_site() -> LinkSite {
    let site = Site::new(&[("v", "v", ""), ("inner", "v/box/inner", ""), ("open", "open", "r *")]);
    for file in ["v/secret.txt", "v/box/a.txt", "v/box/sub/deep/b.txt", "v/boxes/c.txt", "v/other/d.txt"] {
        site.file(file, file);
    }
    site.file("inner/i.txt", "inner");
    site.file("open/o.txt", "open");
    site.link("../secret.txt", "v/box/to_secret");
    site.link("../other", "v/box/to_other");
    site.link("sub", "v/box/to_sub");
    site.link("../../open", "v/box/to_open");
    site.link("box", "v/alias");
    site.link("../../inner", "v/box/to_inner");
    LinkSite::new(site)
}

/// Returns what a reader gets: the content, `folder`, or the error.
async fn read(links_site: &LinkSite, access: &Access, path: &str) -> String {
    match (Reader::new(links_site.site.core.clone())).open(access, &vpath(path), None).await {
        Ok(Found::File(file)) => {
            let size = file.size;
            let mut body = file.stream(0..size, BodyKind::Buffered);
            let mut text = Vec::new();
            while let Some(piece) = body.next().await {
                text.extend_from_slice(&piece.expect("flows"));
            }
            String::from_utf8(text).expect("text")
        }
        Ok(Found::Folder { .. }) => "folder".into(),
        Err(error) => kind::<()>(Err(error)),
    }
}

async fn list(links_site: &LinkSite, access: &Access, path: &str) -> String {
    let listings = Listings::new(links_site.site.core.clone());
    match listings.list(access, &vpath(path), ListOptions { dotfiles: true, ..ListOptions::default() }).await {
        Ok(listing) => {
            let folders = listing.folders.iter().map(|entry| format!("{}/", entry.name.display()));
            folders.chain(listing.files.iter().map(|entry| entry.name.display())).collect::<Vec<_>>().join(" ")
        }
        Err(error) => kind::<()>(Err(error)),
    }
}

async fn tree(links_site: &LinkSite, access: &Access, path: &str) -> String {
    fn draw(node: &TreeNode) -> String {
        let closed = node.closed.iter().map(|folder| folder.name.display()).collect::<Vec<_>>().join(" ");
        match &node.open {
            Some((name, below)) => format!("{{{}: {}}} {closed}", name.display(), draw(below)),
            None => closed,
        }
    }
    let listings = Listings::new(links_site.site.core.clone());
    match listings.tree(access, &vpath(""), &vpath(path), false).await {
        Ok(node) => draw(&node).trim().to_owned(),
        Err(error) => kind::<()>(Err(error)),
    }
}

/// Returns the names in a zip, as they appear in its bytes.
async fn zip(links_site: &LinkSite, access: &Access, path: &str) -> String {
    let archives = Archives::new(links_site.site.core.clone());
    let format = Format::Zip(ZipNames::Utf8);
    let request = ArchiveRequest { folder: vpath(path), only: None, format, dotfiles: true, top: None };
    match archives.pack(access, request).await {
        Ok(mut body) => {
            let mut bytes = Vec::new();
            while let Some(piece) = body.next().await {
                bytes.extend_from_slice(&piece.expect("flows"));
            }
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let names = ["secret.txt", "a.txt", "b.txt", "c.txt", "d.txt", "i.txt", "o.txt"];
            names.into_iter().filter(|name| text.contains(name)).collect::<Vec<_>>().join(" ")
        }
        Err(error) => kind::<()>(Err(error)),
    }
}

#[tokio::test]
async fn a_folder_can_be_read_and_nothing_around_it() {
    let links_site = links_site();
    let guest = links_site.guest(show("v/box", "r")).await;
    for (path, want) in [
        ("v/box", "folder"),
        ("v/box/a.txt", "v/box/a.txt"),
        ("v/box/sub/deep/b.txt", "v/box/sub/deep/b.txt"),
        ("v/box/to_sub/deep/b.txt", "v/box/sub/deep/b.txt"),
        ("v/box/to_open/o.txt", "open"),
        ("v/secret.txt", "Right"),
        ("v/none", "Right"),
        ("v/boxes/c.txt", "Right"),
        ("v/boxes", "Right"),
        ("v/other/d.txt", "Right"),
        ("v/alias/a.txt", "Right"),
        ("v/box/to_secret", "NotFound"),
        ("v/box/to_other", "NotFound"),
        ("v/box/to_other/d.txt", "NotFound"),
        ("v/box/to_inner/i.txt", "NotFound"),
        ("v/box/none", "NotFound"),
        ("v/box/inner/i.txt", "Right"),
        ("v", "folder"),
        ("", "folder"),
    ] {
        assert_eq!(read(&links_site, &guest, path).await, want, "{path}");
    }
    for (path, want) in [
        ("", "open/ v/"),
        ("v", "box/"),
        ("v/box", "sub/ to_open/ to_sub/ a.txt"),
        ("v/box/to_other", "NotFound"),
        ("v/boxes", "Right"),
        ("v/box/inner", "Right"),
    ] {
        assert_eq!(list(&links_site, &guest, path).await, want, "{path}");
    }
    assert_eq!(tree(&links_site, &guest, "v/box").await, "{v: {box: sub to_open to_sub} } open");
    assert_eq!(tree(&links_site, &guest, "v/other").await, "Right");
    assert_eq!(zip(&links_site, &guest, "v/box").await, "a.txt b.txt o.txt");
    for path in ["v", "v/other", "v/boxes"] {
        assert_eq!(zip(&links_site, &guest, path).await, "Right", "{path}");
    }
    let places: Vec<_> =
        guest.entry_points().into_iter().map(|(path, rights)| (path.display(), rights.letters())).collect();
    assert_eq!(places, [("/open".into(), "r".into()), ("/v/box".into(), "r".to_owned())]);
    let anonymous = links_site.accounts.anonymous(HERE);
    assert_eq!(read(&links_site, &anonymous, "v/box/a.txt").await, "Right");
    assert_eq!(list(&links_site, &anonymous, "").await, "open/");
}

#[tokio::test]
async fn a_link_to_a_file_gives_that_file_only() {
    let links_site = links_site();
    let guest = links_site.guest(show("v/box/a.txt", "r")).await;
    for (path, want) in [
        ("v/box/a.txt", "v/box/a.txt"),
        ("v/box/sub/deep/b.txt", "Right"),
        ("v/box/a.txt.bak", "Right"),
        ("v/box/to_sub", "Right"),
        ("v/secret.txt", "Right"),
    ] {
        assert_eq!(read(&links_site, &guest, path).await, want, "{path}");
    }
    for (path, want) in [("v", "box/"), ("v/box", "a.txt"), ("v/box/sub", "Right")] {
        assert_eq!(list(&links_site, &guest, path).await, want, "{path}");
    }
    assert_eq!(zip(&links_site, &guest, "v/box").await, "Right");
    std::fs::remove_file(links_site.site.at("v/box/a.txt")).expect("removes");
    assert_eq!(list(&links_site, &guest, "v/box").await, "");
    assert_eq!(read(&links_site, &guest, "v/box/a.txt").await, "NotFound");
}

#[tokio::test]
async fn a_link_to_a_whole_volume_is_like_an_invitation() {
    let links_site = links_site();
    let by_link = links_site.guest(show("v", "r")).await;
    let code = links_site.accounts.invite(&vpath("v"), PermSet::parse("r").expect("letters"), 60);
    let invited = links_site
        .access(&links_site.accounts.redeem(&code.code, Default::default(), HERE).await.expect("redeems"))
        .await;
    for guest in [by_link, invited] {
        assert_eq!(list(&links_site, &guest, "").await, "open/ v/");
        assert_eq!(list(&links_site, &guest, "v").await, "alias/ box/ boxes/ other/ secret.txt");
        assert_eq!(read(&links_site, &guest, "v/box/to_secret").await, "v/secret.txt");
        assert_eq!(read(&links_site, &guest, "v/box/inner/i.txt").await, "Right", "another volume stays closed");
        assert_eq!(zip(&links_site, &guest, "v/other").await, "d.txt");
        assert_eq!(guest.entry_points().len(), 2);
    }
}

#[tokio::test]
async fn only_entries_inside_can_be_changed() {
    let links_site = links_site();
    let guest = links_site.guest(show("v/box", "rwmd")).await;
    let ops = FileOps::new(links_site.site.core.clone());
    for (from, to, want) in [
        ("v/secret.txt", "v/box/mine", "Right"),
        ("v/box/a.txt", "v/out.txt", "Right"),
        ("v/box/a.txt", "v/box/inner/x", "Right"),
        ("v/box", "v/box2", "NotFound"),
        ("v/box/to_secret", "v/box/sub/s", "ok"),
        ("v/box/a.txt", "v/box/sub/a.txt", "ok"),
    ] {
        let moved = ops.move_to(&guest, &vpath(from), &vpath(to), IfExists::Refuse).await;
        assert_eq!(kind(moved), want, "{from} {to}");
    }
    assert_eq!(
        read(&links_site, &guest, "v/box/sub/s").await,
        "NotFound",
        "the symlink itself was moved, and is dangling"
    );
    for (from, to, want) in [
        ("v/secret.txt", "v/box/mine", "Right"),
        ("v/box/to_other/d.txt", "v/box/mine", "NotFound"),
        ("v/box/sub/a.txt", "v/box/to_other/mine", "Right"),
        ("v/box/sub/a.txt", "v/mine", "Right"),
        ("v/box/sub/a.txt", "v/box/mine", "ok"),
    ] {
        let copied = ops.copy_to(&guest, &vpath(from), &vpath(to), IfExists::Refuse).await;
        assert_eq!(kind(copied), want, "{from} {to}");
    }
    for (path, want) in [
        ("v/box", "NotFound"),
        ("v", "Right"),
        ("v/secret.txt", "Right"),
        ("v/box/to_other/d.txt", "NotFound"),
        ("v/box/to_other", "ok"),
        ("v/box/sub", "ok"),
    ] {
        assert_eq!(kind(ops.delete(&guest, &vpath(path)).await), want, "{path}");
    }
    for file in ["v/secret.txt", "v/other/d.txt", "v/boxes/c.txt", "inner/i.txt"] {
        assert!(links_site.site.at(file).exists(), "{file}");
    }
}

#[tokio::test]
async fn uploads_go_inside_only_and_are_seen_by_their_sender_only() {
    let links_site = links_site();
    let link = links_site.make(request("v/box")).await;
    let (ann, ben) = (links_site.open(&link).await, links_site.open(&link).await);
    let (ann, ben) = (links_site.access(&ann).await, links_site.access(&ben).await);
    let uploads = uploads_at(&links_site.site);
    for (folder, want) in [
        ("v", "Right"),
        ("v/boxes", "Right"),
        ("v/box/inner", "Right"),
        ("v/box/to_other", "Right"),
        ("v/alias", "Right"),
        ("v/box/new/folders", "ok"),
        ("v/box", "ok"),
    ] {
        assert_eq!(kind(links_site.put(&ann, folder, "f", b"from ann").await), want, "{folder}");
    }
    assert_eq!(kind(links_site.put(&ben, "v/box", "a.txt", b"from ben").await), "ok");
    let untouched = std::fs::read_to_string(links_site.site.at("v/box/a.txt")).expect("is there");
    assert_eq!(untouched, "v/box/a.txt", "nothing is overwritten");
    for path in ["v/box/f", "v/box/a.txt", "v/box/sub/deep/b.txt"] {
        assert_eq!(read(&links_site, &ann, path).await, "Right", "{path}");
    }
    assert_eq!(list(&links_site, &ann, "v/box").await, "");
    assert_eq!(zip(&links_site, &ann, "v/box").await, "Right");
    let own = async |access: &Access| {
        let own = uploads.own_uploads(access).await.expect("lists");
        own.into_iter().map(|one| one.path.display()).collect::<Vec<_>>()
    };
    assert_eq!(own(&ann).await, ["/v/box/f", "/v/box/new/folders/f"]);
    assert_eq!(own(&ben).await, ["/v/box/a.txt"]);
    assert_eq!(kind(uploads.unpost(&ben, &vpath("v/box/f")).await), "UnpostRefused");
    assert_eq!(kind(uploads.unpost(&ann, &vpath("v/box/f")).await), "ok");
    assert_eq!(own(&ann).await, ["/v/box/new/folders/f"]);
}

/// An unfinished upload can be downloaded inside the scope, and nowhere else.
#[tokio::test]
async fn unfinished_uploads_are_visible_inside_only() {
    let links_site = links_site();
    let uploads = uploads_at(&links_site.site);
    let owner = links_site.accounts.as_operator();
    for (seed, folder) in [(1, "v/box"), (50, "v/other")] {
        let handshake = uploads::Handshake {
            name: b"growing".to_vec(),
            size: 3 << 20,
            lmod: None,
            hashes: (0..3).map(|n| model::ChunkHash::from_bytes([seed + n; 33])).collect(),
            on_conflict: OnConflict::Rename,
            lifetime_secs: None,
            random_name: false,
            touch_existing: false,
            folders_in_name: false,
        };
        uploads.handshake(&owner, &vpath(folder), handshake).await.expect("shakes hands");
    }
    let guest = links_site.guest(show("v/box", "r")).await;
    let reader = Reader::new(links_site.site.core.clone());
    for (path, want) in [("v/box/growing", "ok"), ("v/other/growing", "Right"), ("v/box/to_other/growing", "NotFound")]
    {
        assert_eq!(kind(reader.open(&guest, &vpath(path), None).await), want, "{path}");
    }
    assert!(uploads.own_uploads(&guest).await.expect("lists").is_empty(), "another visitor's uploads are not listed");
}

/// Knowing a hash grants nothing outside the scope: neither a dedup hit nor a copy.
#[tokio::test]
async fn content_outside_is_not_found_by_its_hash() {
    let links_site = links_site();
    let uploads = uploads_at(&links_site.site);
    let owner = links_site.accounts.as_operator();
    let content = vec![b'x'; 5000];
    let hashes = {
        use sha2::{Digest, Sha512};
        vec![model::ChunkHash::from_sha512(&Sha512::digest(&content).into())]
    };
    let handshake = uploads::Handshake {
        name: b"known".to_vec(),
        size: 5000,
        lmod: None,
        hashes: hashes.clone(),
        on_conflict: OnConflict::Rename,
        lifetime_secs: None,
        random_name: false,
        touch_existing: false,
        folders_in_name: false,
    };
    let reply = uploads.handshake(&owner, &vpath("v/other"), handshake.clone()).await.expect("shakes hands");
    let chunk = uploads::ChunkSelection::One(hashes[0], None);
    let lease = uploads.claim(&owner, &vpath("v/other"), &reply.wark, chunk, 5000).await.expect("claims");
    let body = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(bytes::Bytes::from(content))]);
    lease.receive(body).await.expect("receives");
    assert_eq!(uploads.find(&owner, 5000, &hashes).await.expect("searches").len(), 1);

    let guest = links_site.guest(show("v/box", "rw")).await;
    assert_eq!(uploads.find(&guest, 5000, &hashes).await.expect("searches").len(), 0);
    let reply = uploads.handshake(&guest, &vpath("v/box"), handshake).await.expect("shakes hands");
    assert_eq!(reply.missing, hashes, "it has to be sent");
}
