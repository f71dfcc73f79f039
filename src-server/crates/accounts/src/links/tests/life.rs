//! The life of a link: faults, PINs, uses, expiry, limits, and owners who lose their rights.

use super::*;
use vfs::error::TooMany;

fn links_site() -> LinkSite {
    let accounts = |settings: &mut Settings| {
        settings.accounts.push(Account { name: "ann".into(), secret: Secret::Plain("x".into()) });
        settings.login.ban_passwords = None;
    };
    let site = Site::with(&[("v", "v", "rw ann"), ("w", "w", "r ann")], accounts);
    site.file("v/box/a.txt", "a");
    site.file("w/b.txt", "b");
    LinkSite::new(site)
}

fn faults<T>(answer: Result<T>) -> Vec<String> {
    match answer {
        Err(EngineError::BadSettings(faults)) => faults.into_iter().map(|fault| fault.at).collect(),
        Err(error) => panic!("{error:?}"),
        Ok(_) => Vec::new(),
    }
}

async fn state(links_site: &LinkSite, info: &LinkInfo) -> LinkState {
    let all = links_site.links.list().await.expect("lists");
    all.into_iter().find(|other| other.link.id == info.link.id).expect("is listed").state
}

async fn entry(links_site: &LinkSite, info: &LinkInfo, pin: Option<&str>) -> String {
    match links_site.links.open(&info.link.token, pin, Default::default(), HERE).await {
        Ok(LinkLogin::LoggedIn(_)) => "in".into(),
        Ok(other) => format!("{other:?}"),
        Err(error) => kind::<()>(Err(error)),
    }
}

#[tokio::test]
async fn invalid_drafts_are_reported_by_field() {
    let links_site = links_site();
    let soon = Some(UnixMillis(vfs::clock::now().0 + 60_000));
    for (draft, want) in [
        (show("v/none", "r"), vec!["target"]),
        (show("nowhere", "r"), vec!["target"]),
        (request("v/box/a.txt"), vec!["target"]),
        (show("v/box/a.txt", "rw"), vec!["target"]),
        (show("v/.hist", "r"), vec!["target"]),
        (draft(LinkKind::Request, "v/box", "rw"), vec!["may"]),
        (show("v/box", "w"), vec!["may"]),
        (show("v/box", "ra"), vec!["may"]),
        (LinkDraft { pin: PinChange::New("123".into()), ..show("v/box", "r") }, vec!["pin"]),
        (LinkDraft { pin: PinChange::New("é".repeat(65)), ..show("v/box", "r") }, vec!["pin"]),
        (LinkDraft { expires: Some(UnixMillis(5)), ..show("v/box", "r") }, vec!["expires_ms"]),
        (LinkDraft { max_uses: Some(0), ..request("v/box") }, vec!["max_uses"]),
        (LinkDraft { max_bytes: Some(0), ..request("v/box") }, vec!["max_bytes"]),
        (LinkDraft { note: "x".repeat(3000), ..request("v/none") }, vec!["note", "target"]),
        (
            LinkDraft { expires: soon, max_uses: Some(1), pin: PinChange::New("é".repeat(64)), ..show("v", "rwmd") },
            vec![],
        ),
    ] {
        let said = format!("{draft:?}");
        assert_eq!(faults(links_site.links.make(None, draft).await), want, "{said}");
    }
    let ann = || Some("ann".into());
    assert_eq!(faults(links_site.links.make(ann(), show("v/box", "rwmd")).await), ["target"]);
    assert_eq!(faults(links_site.links.make(ann(), request("w")).await), ["target"]);
    assert_eq!(faults(links_site.links.make(Some("ben".into()), show("v/box", "r")).await), ["target"]);
    assert_eq!(faults(links_site.links.make(ann(), request("v/box")).await), Vec::<String>::new());
}

#[tokio::test]
async fn links_per_account_are_limited() {
    let links_site = links_site();
    let book = links_site.site.services.links.loaded(&links_site.site.core.pool).await.expect("opens").clone();
    let first = links_site.links.make(Some("ann".into()), show("v/box", "r")).await.expect("makes");
    for number in 1..super::super::registry::LINKS_PER_OWNER {
        let id = crate::links::LinkId::from(format!("id{number}").as_str());
        let link = Link { id, token: format!("token{number}"), ..(*first.link).clone() };
        book.keep(link);
    }
    let more = links_site.links.make(Some("ann".into()), show("v/box", "r")).await;
    let Err(EngineError::BadSettings(refused)) = more else { panic!("{more:?}") };
    assert_eq!(
        refused[0].sentence,
        "ann has 1000 links, and no more can be made; remove some that are no longer needed."
    );
    // Other owners can still create links, and ann's can be changed and removed.
    assert_eq!(faults(links_site.links.make(None, show("v/box", "r")).await), Vec::<String>::new());
    links_site.links.change(&first.link.id, show("v/box", "r")).await.expect("changes");
    links_site.links.revoke(&first.link.id).await.expect("removes");
    assert_eq!(faults(links_site.links.make(Some("ann".into()), show("v/box", "r")).await), Vec::<String>::new());
}

#[tokio::test]
async fn a_link_to_a_link_is_one_to_its_target() {
    let links_site = links_site();
    links_site.site.link("box", "v/alias");
    let info = links_site.make(show("v/alias", "r")).await;
    assert_eq!(info.link.scope.path(), vpath("v/box"));
    assert_eq!(links_site.access(&links_site.open(&info).await).await.rights_at(&vpath("v/box/a.txt")).letters(), "r");
}

#[tokio::test]
async fn links_survive_a_restart_and_so_do_their_sessions() {
    let links_site = links_site();
    let info = links_site.make(LinkDraft { note: "Hello".into(), max_bytes: Some(100), ..request("v/box") }).await;
    let session = links_site.open(&info).await;
    let guest = links_site.access(&session).await;
    links_site.put(&guest, "v/box", "f", &[b'x'; 30]).await.expect("fits");
    // Counters are written without waiting, a change with waiting: it is stored after all earlier counts.
    let same = LinkDraft { note: "Hello".into(), max_bytes: Some(100), ..request("v/box") };
    links_site.links.change(&info.link.id, same).await.expect("changes");
    let before = links_site.links.list().await.expect("lists");
    let LinkSite { site, links, accounts } = links_site;
    drop((links, accounts, guest));
    let links_site = LinkSite::new(site.restarted());
    assert_eq!(links_site.links.list().await.expect("lists"), before);
    assert_eq!((before[0].uses, before[0].received), (1, 30));
    let guest = links_site.access(&session).await;
    assert_eq!(guest.link(), Some(&info.link.id));
    assert_eq!(kind(links_site.put(&guest, "v/box", "g", &[b'x'; 71]).await), "Link");
    assert_eq!(kind(links_site.put(&guest, "v/box", "g", &[b'x'; 70]).await), "ok");
}

#[tokio::test]
async fn uses_are_counted_when_a_visitor_opens_the_link() {
    let links_site = links_site();
    let info = links_site.make(LinkDraft { max_uses: Some(2), ..show("v/box", "r") }).await;
    let anonymous = links_site.accounts.anonymous(HERE);
    for _ in 0..5 {
        assert!(links_site.links.preview(&info.link.token, &anonymous).await.expect("looks").is_ok());
    }
    let first = links_site.access(&links_site.open(&info).await).await;
    assert_eq!(state(&links_site, &info).await, LinkState::Works);
    // Of many concurrent attempts at the last use, one succeeds.
    let many = futures_util::future::join_all((0..8).map(|_| entry(&links_site, &info, None))).await;
    assert_eq!(many.iter().filter(|entry| *entry == "in").count(), 1, "{many:?}");
    assert_eq!(state(&links_site, &info).await, LinkState::UsedUp);
    assert_eq!(entry(&links_site, &info, None).await, "Ended(UsedUp)");
    let preview = async |access| links_site.links.preview(&info.link.token, access).await.expect("looks").err();
    assert_eq!(preview(&anonymous).await, Some(LinkEnd::UsedUp));
    assert_eq!(preview(&first).await, None, "an existing session continues");
    // Renewed: the same URL works again.
    let more = links_site.links.change(&info.link.id, LinkDraft { max_uses: Some(3), ..show("v/box", "r") }).await;
    assert_eq!(more.expect("changes").link.token, info.link.token);
    assert_eq!(entry(&links_site, &info, None).await, "in");
}

#[tokio::test]
async fn revoking_ends_sessions_and_transfers() {
    let links_site = links_site();
    links_site.site.file("v/box/big", vec![7; 8 << 20]);
    let info = links_site.make(show("v/box", "rw")).await;
    let session = links_site.open(&info).await;
    let guest = links_site.access(&session).await;
    let reader = Reader::new(links_site.site.core.clone());
    let Ok(Found::File(file)) = reader.open(&guest, &vpath("v/box/big"), None).await else { panic!("opens") };
    let mut body = file.stream(0..8 << 20, BodyKind::Buffered);
    assert!(body.next().await.expect("flows").is_ok());
    let uploads = uploads_at(&links_site.site);
    let request = SinkRequest {
        folder: vpath("v/box"),
        exact_name: false,
        name: Some(b"half".to_vec()),
        size: Some(1 << 20),
        lmod: None,
        on_conflict: OnConflict::Rename,
        append: false,
        keeps_content: false,
        lifetime_secs: None,
        random_name: None,
        checksum: Default::default(),
        digests: Vec::new(),
        condition: vfs::files::condition::Condition::default(),
    };
    let mut sink = uploads.sink(&guest, request).await.expect("begins");
    sink.push(vec![1; 1 << 19].into()).await.expect("takes");

    links_site.links.revoke(&info.link.id).await.expect("revokes");
    assert_eq!(kind(sink.push(vec![1; 1 << 19].into()).await), "Right");
    let mut ended = false;
    while let Some(piece) = body.next().await {
        ended |= piece.is_err();
    }
    assert!(ended, "a running download ends");
    let after = links_site.access(&session).await;
    assert!(after.account().is_anonymous() && after.rights_at(&vpath("v/box")).is_empty());
    assert_eq!(entry(&links_site, &info, None).await, "Ended(Unknown)");
    assert_eq!(kind(links_site.links.revoke(&info.link.id).await), "Link");
    assert_eq!(kind(links_site.links.change(&info.link.id, show("v/box", "r")).await), "Link");
}

#[tokio::test]
async fn changes_apply_at_the_next_request() {
    let links_site = links_site();
    links_site.site.file("v/two/c.txt", "c");
    let info = links_site.make(show("v/box", "r")).await;
    let session = links_site.open(&info).await;
    let letters = async |path| links_site.access(&session).await.rights_at(&vpath(path)).letters();
    assert_eq!(letters("v/box").await, "r");
    links_site.links.change(&info.link.id, show("v/box", "rw")).await.expect("changes");
    assert_eq!(letters("v/box").await, "rw");
    // Another target or another PIN ends existing sessions.
    links_site.links.change(&info.link.id, show("v/two", "r")).await.expect("changes");
    assert_eq!((letters("v/box").await, letters("v/two").await), (String::new(), String::new()));
    assert_eq!(links_site.access(&links_site.open(&info).await).await.rights_at(&vpath("v/two")).letters(), "r");
}

#[tokio::test]
async fn a_link_ends_with_its_time() {
    let links_site = links_site();
    let ends = |from_now: i64| Some(UnixMillis(vfs::clock::now().0 + from_now));
    let info = links_site.make(LinkDraft { expires: ends(3_600_000), ..show("v/box", "r") }).await;
    let session = links_site.open(&info).await;
    assert_eq!(links_site.access(&session).await.rights_at(&vpath("v/box")).letters(), "r");
    // The owner lets it expire sooner.
    let sooner = LinkDraft { expires: ends(2000), ..show("v/box", "r") };
    links_site.links.change(&info.link.id, sooner).await.expect("changes");
    let ended = async {
        while !links_site.access(&session).await.rights_at(&vpath("v/box")).is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), ended).await.expect("ends");
    assert_eq!(state(&links_site, &info).await, LinkState::Expired);
    assert_eq!(entry(&links_site, &info, None).await, "Ended(Expired)");
    links_site.links.change(&info.link.id, show("v/box", "r")).await.expect("renews");
    assert_eq!(entry(&links_site, &info, None).await, "in");
}

#[tokio::test]
async fn a_link_dies_with_its_owners_right_and_with_its_volume() {
    let links_site = links_site();
    let info = links_site.links.make(Some("ann".into()), show("v/box", "rw")).await.expect("makes");
    let session = links_site.open(&info).await;
    let grants = links_site.site.core.snapshot.load().settings.volumes[0].grants.clone();
    let source = links_site.site.core.snapshot.load().settings.volumes[0].source.clone();
    let grant = |letters: &str| {
        vec![Grant {
            perms: PermSet::parse(letters).expect("letters"),
            to: vec![Principal::Account("ann".into())],
            except: vec![],
        }]
    };
    type Change = Box<dyn Fn(&mut Settings)>;
    let (before, elsewhere) = (grants.clone(), links_site.site.at("w"));
    let steps: Vec<(&str, Change, Change)> = vec![
        ("fewer rights", Box::new(move |s| s.volumes[0].grants = grant("r")), {
            let grants = before.clone();
            Box::new(move |s| s.volumes[0].grants = grants.clone())
        }),
        ("no account", Box::new(|s| s.accounts.clear()), {
            Box::new(|s| s.accounts.push(Account { name: "ann".into(), secret: Secret::Plain("x".into()) }))
        }),
        ("another folder", Box::new(move |s| s.volumes[0].source = elsewhere.clone()), {
            let source = source.clone();
            Box::new(move |s| s.volumes[0].source = source.clone())
        }),
        (
            "a volume over it",
            Box::new(|s| {
                let mut over = s.volumes[1].clone();
                over.mount = vpath("v/box");
                s.volumes.push(over);
            }),
            Box::new(|s| s.volumes.truncate(2)),
        ),
        ("another name", Box::new(|s| s.volumes[0].mount = vpath("x")), Box::new(|s| s.volumes[0].mount = vpath("v"))),
    ];
    for (what, end, mend) in steps {
        links_site.change(end);
        assert_eq!(state(&links_site, &info).await, LinkState::Dead, "{what}");
        assert!(links_site.access(&session).await.account().is_anonymous(), "{what}");
        assert_eq!(entry(&links_site, &info, None).await, "Ended(Unknown)", "{what}");
        links_site.change(mend);
        assert_eq!(state(&links_site, &info).await, LinkState::Works, "{what}");
        assert_eq!(links_site.access(&session).await.rights_at(&vpath("v/box")).letters(), "rw", "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn pins_are_guessed_slowly_and_not_for_long() {
    let links_site = links_site();
    let info = links_site.make(LinkDraft { pin: PinChange::New("4711".into()), ..show("v/box", "r") }).await;
    assert!(info.link.has_pin());
    assert_eq!(entry(&links_site, &info, None).await, "PinNeeded");
    assert_eq!(entry(&links_site, &info, Some("")).await, "PinNeeded");
    assert_eq!(entry(&links_site, &info, Some("4711")).await, "in");
    // From as many addresses as there are guesses.
    let mut said = Vec::new();
    for guess in 0..32u8 {
        let client = Client { address: [10, 1, 2, guess].into() };
        said.push(
            match links_site
                .links
                .open(&info.link.token, Some(&format!("00{guess:02}")), Default::default(), client)
                .await
            {
                Ok(LinkLogin::PinWrong) => "wrong",
                Err(EngineError::TooMany(TooMany::Guesses { retry_secs: 1.. })) => "banned",
                other => panic!("{other:?}"),
            },
        );
    }
    assert_eq!(said.iter().filter(|said| **said == "wrong").count(), 30);
    assert_eq!(entry(&links_site, &info, Some("4711")).await, "Guesses", "the right PIN is not accepted either");
    let record = LinkDraft { pin: PinChange::Keep, ..show("v/box", "r") };
    assert!(links_site.links.change(&info.link.id, record).await.expect("changes").link.has_pin());
    let none = LinkDraft { pin: PinChange::None, ..show("v/box", "r") };
    assert!(!links_site.links.change(&info.link.id, none).await.expect("changes").link.has_pin());
    assert_eq!(entry(&links_site, &info, None).await, "in");
}

#[tokio::test]
async fn an_address_that_guesses_pins_is_banned() {
    let links_site = links_site();
    links_site.change(|settings| {
        settings.login.ban_passwords = Some(BanRule { count: 2, window_mins: 60, ban_mins: 1 });
    });
    let info = links_site.make(LinkDraft { pin: PinChange::New("4711".into()), ..show("v/box", "r") }).await;
    for guess in ["1111", "2222", "3333"] {
        assert_eq!(entry(&links_site, &info, Some(guess)).await, "PinWrong");
    }
    assert_eq!(entry(&links_site, &info, Some("4711")).await, "Guesses");
}

#[tokio::test]
async fn uploads_are_limited_by_every_way_of_sending() {
    let links_site = links_site();
    let info = links_site.make(LinkDraft { max_bytes: Some(100_000), ..request("v/box") }).await;
    let guest = links_site.access(&links_site.open(&info).await).await;
    assert_eq!(kind(links_site.put(&guest, "v/box", "small", &[1; 40_000]).await), "ok");
    assert_eq!(kind(links_site.put(&guest, "v/box", "large", &[1; 70_000]).await), "Link");
    // Concurrent uploads, of which each would fit alone.
    let puts = (0..4u8).map(|n| {
        let (links_site, guest) = (&links_site, &guest);
        async move { kind(links_site.put(guest, "v/box", &format!("f{n}"), &[n; 25_000]).await) }
    });
    let mut said = futures_util::future::join_all(puts).await;
    said.sort();
    assert_eq!(said, ["Link", "Link", "ok", "ok"]);
    let counted = links_site.links.list().await.expect("lists")[0].received;
    assert_eq!(counted, 90_000);
    let names = std::fs::read_dir(links_site.site.at("v/box")).expect("lists").count();
    assert_eq!(names, 4, "refused uploads leave no files");
}

/// Space is reserved at the handshake, released when the upload is cancelled, and still reserved after a restart if a
/// part of the upload was received.
#[tokio::test]
async fn a_handshake_reserves_space() {
    use sha2::Digest;
    use uploads::Handshake;
    let links_site = links_site();
    let info = links_site.make(LinkDraft { max_bytes: Some(5 << 20), ..request("v/box") }).await;
    let session = links_site.open(&info).await;
    let chunk = |seed: u8| bytes::Bytes::from(vec![seed; 1 << 20]);
    let hash = |seed: u8| model::ChunkHash::from_sha512(&sha2::Sha512::digest(chunk(seed)).into());
    let handshake = |name: &str, seed: u8| Handshake {
        name: name.as_bytes().to_vec(),
        size: 3 << 20,
        lmod: None,
        hashes: (0..3).map(|n| hash(seed + n)).collect(),
        on_conflict: OnConflict::Rename,
        lifetime_secs: None,
        random_name: false,
        touch_existing: false,
        folders_in_name: false,
    };
    let ask = async |links_site: &LinkSite, name: &str, seed| {
        let guest = links_site.access(&session).await;
        let uploads = uploads_at(&links_site.site);
        kind(uploads.handshake(&guest, &vpath("v/box"), handshake(name, seed)).await)
    };
    assert_eq!(ask(&links_site, "a", 1).await, "ok");
    assert_eq!(ask(&links_site, "a", 1).await, "ok", "the same again");
    assert_eq!(ask(&links_site, "b", 20).await, "Link");
    let guest = links_site.access(&session).await;
    {
        let uploads = uploads_at(&links_site.site);
        let reply = uploads.handshake(&guest, &vpath("v/box"), handshake("a", 1)).await.expect("the same again");
        let selection = uploads::ChunkSelection::One(hash(1), None);
        let lease = uploads.claim(&guest, &vpath("v/box"), &reply.wark, selection, 1 << 20).await.expect("is free");
        let body = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(chunk(1))]);
        lease.receive(body).await.expect("a chunk is received");
    }
    let LinkSite { site, links, accounts } = links_site;
    drop((links, accounts));
    let links_site = LinkSite::new(site.restarted());
    assert_eq!(ask(&links_site, "b", 20).await, "Link");
    let uploads = uploads_at(&links_site.site);
    let guest = links_site.access(&session).await;
    uploads.abandon(&guest, &vpath("v/box/a"), None).await.expect("gives up");
    assert_eq!(ask(&links_site, "b", 20).await, "ok");
    assert_eq!(ask(&links_site, "c", 40).await, "Link");
    uploads.abandon(&guest, &vpath("v/box/b"), None).await.expect("gives up");
    assert_eq!(ask(&links_site, "c", 40).await, "ok");
}
