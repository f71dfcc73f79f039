//! How links begin and end: faults, PINs, uses, times, limits, and owners who lose their rights.

use super::*;

fn desk() -> Desk {
    let accounts = |settings: &mut Settings| {
        settings.accounts.push(Account { name: "ann".into(), secret: Secret::Plain("x".into()) });
        settings.login.ban_passwords = None;
    };
    let site = Site::with(&[("v", "v", "rw ann"), ("w", "w", "r ann")], accounts);
    site.file("v/box/a.txt", "a");
    site.file("w/b.txt", "b");
    Desk::new(site)
}

fn faults<T>(answer: Result<T>) -> Vec<String> {
    match answer {
        Err(EngineError::BadSettings(faults)) => faults.into_iter().map(|fault| fault.at).collect(),
        Err(error) => panic!("{error:?}"),
        Ok(_) => Vec::new(),
    }
}

async fn state(desk: &Desk, info: &LinkInfo) -> LinkState {
    let all = desk.links.list().await.expect("lists");
    all.into_iter().find(|other| other.link.id == info.link.id).expect("is listed").state
}

async fn entry(desk: &Desk, info: &LinkInfo, pin: Option<&str>) -> String {
    match desk.links.open(&info.link.token, pin, Default::default(), HERE).await {
        Ok(LinkLogin::LoggedIn(_)) => "in".into(),
        Ok(other) => format!("{other:?}"),
        Err(error) => kind::<()>(Err(error)),
    }
}

#[tokio::test]
async fn wishes_that_cannot_be_are_told_by_field() {
    let desk = desk();
    let soon = Some(UnixMillis(super::super::link::now().0 + 60_000));
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
        (LinkDraft { pin: PinChange::New("é".repeat(40)), ..show("v/box", "r") }, vec!["pin"]),
        (LinkDraft { expires: Some(UnixMillis(5)), ..show("v/box", "r") }, vec!["expires_ms"]),
        (LinkDraft { max_uses: Some(0), ..request("v/box") }, vec!["max_uses"]),
        (LinkDraft { max_bytes: Some(0), ..request("v/box") }, vec!["max_bytes"]),
        (LinkDraft { note: "x".repeat(3000), ..request("v/none") }, vec!["note", "target"]),
        (
            LinkDraft { expires: soon, max_uses: Some(1), pin: PinChange::New("1234".into()), ..show("v", "rwmd") },
            vec![],
        ),
    ] {
        let said = format!("{draft:?}");
        assert_eq!(faults(desk.links.make(None, draft).await), want, "{said}");
    }
    let ann = || Some("ann".into());
    assert_eq!(faults(desk.links.make(ann(), show("v/box", "rwmd")).await), ["target"]);
    assert_eq!(faults(desk.links.make(ann(), request("w")).await), ["target"]);
    assert_eq!(faults(desk.links.make(Some("ben".into()), show("v/box", "r")).await), ["target"]);
    assert_eq!(faults(desk.links.make(ann(), request("v/box")).await), Vec::<String>::new());
}

#[tokio::test]
async fn an_account_has_so_many_links_and_no_more() {
    let desk = desk();
    let book = desk.site.core.links.loaded(&desk.site.core.pool).await.expect("opens").clone();
    let first = desk.links.make(Some("ann".into()), show("v/box", "r")).await.expect("makes");
    for number in 1..super::super::registry::LINKS_PER_OWNER {
        let id = crate::links::LinkId::from(format!("id{number}").as_str());
        let link = Link { id, token: format!("token{number}"), ..(*first.link).clone() };
        book.keep(link);
    }
    let more = desk.links.make(Some("ann".into()), show("v/box", "r")).await;
    let Err(EngineError::BadSettings(refused)) = more else { panic!("{more:?}") };
    assert_eq!(
        refused[0].sentence,
        "ann has 1000 links, and no more can be made; remove some that are no longer needed."
    );
    // Others are not kept from making theirs, and hers can be changed and removed.
    assert_eq!(faults(desk.links.make(None, show("v/box", "r")).await), Vec::<String>::new());
    desk.links.change(&first.link.id, show("v/box", "r")).await.expect("changes");
    desk.links.revoke(&first.link.id).await.expect("removes");
    assert_eq!(faults(desk.links.make(Some("ann".into()), show("v/box", "r")).await), Vec::<String>::new());
}

#[tokio::test]
async fn a_link_to_a_link_is_one_to_its_target() {
    let desk = desk();
    desk.site.link("box", "v/alias");
    let info = desk.make(show("v/alias", "r")).await;
    assert_eq!(info.link.scope.path(), vpath("v/box"));
    assert_eq!(desk.access(&desk.open(&info).await).await.rights_at(&vpath("v/box/a.txt")).letters(), "r");
}

#[tokio::test]
async fn links_survive_a_restart_and_so_do_their_sessions() {
    let desk = desk();
    let info = desk.make(LinkDraft { note: "Hello".into(), max_bytes: Some(100), ..request("v/box") }).await;
    let session = desk.open(&info).await;
    let guest = desk.access(&session).await;
    desk.put(&guest, "v/box", "f", &[b'x'; 30]).await.expect("fits");
    // Counts are written without anybody waiting for them, a change with: it comes after all that was counted before.
    let same = LinkDraft { note: "Hello".into(), max_bytes: Some(100), ..request("v/box") };
    desk.links.change(&info.link.id, same).await.expect("changes");
    let before = desk.links.list().await.expect("lists");
    let Desk { site, links, accounts } = desk;
    drop((links, accounts, guest));
    let desk = Desk::new(site.restarted());
    assert_eq!(desk.links.list().await.expect("lists"), before);
    assert_eq!((before[0].uses, before[0].received), (1, 30));
    let guest = desk.access(&session).await;
    assert_eq!(guest.link(), Some(&info.link.id));
    assert_eq!(kind(desk.put(&guest, "v/box", "g", &[b'x'; 71]).await), "LinkFull");
    assert_eq!(kind(desk.put(&guest, "v/box", "g", &[b'x'; 70]).await), "ok");
}

#[tokio::test]
async fn uses_are_counted_when_somebody_comes_in() {
    let desk = desk();
    let info = desk.make(LinkDraft { max_uses: Some(2), ..show("v/box", "r") }).await;
    let nobody = desk.accounts.anonymous(HERE);
    for _ in 0..5 {
        assert!(desk.links.preview(&info.link.token, &nobody).await.expect("looks").is_ok());
    }
    let first = desk.access(&desk.open(&info).await).await;
    assert_eq!(state(&desk, &info).await, LinkState::Works);
    // The last use, wished for by many at once, is one.
    let many = futures_util::future::join_all((0..8).map(|_| entry(&desk, &info, None))).await;
    assert_eq!(many.iter().filter(|entry| *entry == "in").count(), 1, "{many:?}");
    assert_eq!(state(&desk, &info).await, LinkState::UsedUp);
    assert_eq!(entry(&desk, &info, None).await, "Ended(UsedUp)");
    let preview = async |access| desk.links.preview(&info.link.token, access).await.expect("looks").err();
    assert_eq!(preview(&nobody).await, Some(LinkEnd::UsedUp));
    assert_eq!(preview(&first).await, None, "who is in stays in");
    // Renewed: the same address works again.
    let more = desk.links.change(&info.link.id, LinkDraft { max_uses: Some(3), ..show("v/box", "r") }).await;
    assert_eq!(more.expect("changes").link.token, info.link.token);
    assert_eq!(entry(&desk, &info, None).await, "in");
}

#[tokio::test]
async fn revoking_ends_what_runs() {
    let desk = desk();
    desk.site.file("v/box/big", vec![7; 8 << 20]);
    let info = desk.make(show("v/box", "rw")).await;
    let session = desk.open(&info).await;
    let guest = desk.access(&session).await;
    let reader = Reader { core: desk.site.core.clone() };
    let Ok(Found::File(file)) = reader.open(&guest, &vpath("v/box/big"), None).await else { panic!("opens") };
    let mut body = file.stream(0..8 << 20, BodyKind::Buffered);
    assert!(body.next().await.expect("flows").is_ok());
    let uploads = Uploads { core: desk.site.core.clone() };
    let request = SinkRequest {
        folder: vpath("v/box"),
        name: Some(b"half".to_vec()),
        size: Some(1 << 20),
        lmod: None,
        on_conflict: OnConflict::Rename,
        append: false,
        lifetime_secs: None,
        random_name: None,
        checksum: Default::default(),
        digests: Vec::new(),
        condition: crate::files::condition::Condition::default(),
    };
    let mut sink = uploads.sink(&guest, request).await.expect("begins");
    sink.push(vec![1; 1 << 19].into()).await.expect("takes");

    desk.links.revoke(&info.link.id).await.expect("revokes");
    assert_eq!(kind(sink.push(vec![1; 1 << 19].into()).await), "Denied");
    let mut ended = false;
    while let Some(piece) = body.next().await {
        ended |= piece.is_err();
    }
    assert!(ended, "a download under way ends");
    let after = desk.access(&session).await;
    assert!(after.account().is_anonymous() && after.rights_at(&vpath("v/box")).is_empty());
    assert_eq!(entry(&desk, &info, None).await, "Ended(Unknown)");
    assert_eq!(kind(desk.links.revoke(&info.link.id).await), "UnknownLink");
    assert_eq!(kind(desk.links.change(&info.link.id, show("v/box", "r")).await), "UnknownLink");
}

#[tokio::test]
async fn what_changes_holds_at_the_next_request() {
    let desk = desk();
    desk.site.file("v/two/c.txt", "c");
    let info = desk.make(show("v/box", "r")).await;
    let session = desk.open(&info).await;
    let letters = async |path| desk.access(&session).await.rights_at(&vpath(path)).letters();
    assert_eq!(letters("v/box").await, "r");
    desk.links.change(&info.link.id, show("v/box", "rw")).await.expect("changes");
    assert_eq!(letters("v/box").await, "rw");
    // Another place or another PIN asks everybody in anew.
    desk.links.change(&info.link.id, show("v/two", "r")).await.expect("changes");
    assert_eq!((letters("v/box").await, letters("v/two").await), (String::new(), String::new()));
    assert_eq!(desk.access(&desk.open(&info).await).await.rights_at(&vpath("v/two")).letters(), "r");
}

#[tokio::test]
async fn a_link_ends_with_its_time() {
    let desk = desk();
    let ends = |from_now: i64| Some(UnixMillis(super::super::link::now().0 + from_now));
    let info = desk.make(LinkDraft { expires: ends(3_600_000), ..show("v/box", "r") }).await;
    let session = desk.open(&info).await;
    assert_eq!(desk.access(&session).await.rights_at(&vpath("v/box")).letters(), "r");
    // Its owner lets it end sooner.
    let sooner = LinkDraft { expires: ends(2000), ..show("v/box", "r") };
    desk.links.change(&info.link.id, sooner).await.expect("changes");
    let ended = async {
        while !desk.access(&session).await.rights_at(&vpath("v/box")).is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), ended).await.expect("ends");
    assert_eq!(state(&desk, &info).await, LinkState::Expired);
    assert_eq!(entry(&desk, &info, None).await, "Ended(Expired)");
    desk.links.change(&info.link.id, show("v/box", "r")).await.expect("renews");
    assert_eq!(entry(&desk, &info, None).await, "in");
}

#[tokio::test]
async fn a_link_dies_with_its_owners_right_and_with_its_volume() {
    let desk = desk();
    let info = desk.links.make(Some("ann".into()), show("v/box", "rw")).await.expect("makes");
    let session = desk.open(&info).await;
    let grants = desk.site.core.snapshot.load().settings.volumes[0].grants.clone();
    let source = desk.site.core.snapshot.load().settings.volumes[0].source.clone();
    let grant = |letters: &str| {
        vec![Grant {
            perms: PermSet::parse(letters).expect("letters"),
            to: vec![Principal::Account("ann".into())],
            except: vec![],
        }]
    };
    type Change = Box<dyn Fn(&mut Settings)>;
    let (before, elsewhere) = (grants.clone(), desk.site.at("w"));
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
        desk.change(end);
        assert_eq!(state(&desk, &info).await, LinkState::Dead, "{what}");
        assert!(desk.access(&session).await.account().is_anonymous(), "{what}");
        assert_eq!(entry(&desk, &info, None).await, "Ended(Unknown)", "{what}");
        desk.change(mend);
        assert_eq!(state(&desk, &info).await, LinkState::Works, "{what}");
        assert_eq!(desk.access(&session).await.rights_at(&vpath("v/box")).letters(), "rw", "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn pins_are_guessed_slowly_and_not_for_long() {
    let desk = desk();
    let info = desk.make(LinkDraft { pin: PinChange::New("4711".into()), ..show("v/box", "r") }).await;
    assert!(info.link.has_pin());
    assert_eq!(entry(&desk, &info, None).await, "PinNeeded");
    assert_eq!(entry(&desk, &info, Some("")).await, "PinNeeded");
    assert_eq!(entry(&desk, &info, Some("4711")).await, "in");
    // From as many addresses as there are guesses.
    let mut said = Vec::new();
    for guess in 0..32u8 {
        let client = Client { address: [10, 1, 2, guess].into() };
        said.push(
            match desk.links.open(&info.link.token, Some(&format!("00{guess:02}")), Default::default(), client).await {
                Ok(LinkLogin::PinWrong) => "wrong",
                Err(EngineError::Banned { retry_secs: 1.. }) => "banned",
                other => panic!("{other:?}"),
            },
        );
    }
    assert_eq!(said.iter().filter(|said| **said == "wrong").count(), 30);
    assert_eq!(entry(&desk, &info, Some("4711")).await, "Banned", "nor does the right one tell");
    let record = LinkDraft { pin: PinChange::Keep, ..show("v/box", "r") };
    assert!(desk.links.change(&info.link.id, record).await.expect("changes").link.has_pin());
    let none = LinkDraft { pin: PinChange::None, ..show("v/box", "r") };
    assert!(!desk.links.change(&info.link.id, none).await.expect("changes").link.has_pin());
    assert_eq!(entry(&desk, &info, None).await, "in");
}

#[tokio::test]
async fn an_address_that_guesses_pins_is_banned() {
    let desk = desk();
    desk.change(|settings| {
        settings.login.ban_passwords = Some(BanRule { count: 2, window_mins: 60, ban_mins: 1 });
    });
    let info = desk.make(LinkDraft { pin: PinChange::New("4711".into()), ..show("v/box", "r") }).await;
    for guess in ["1111", "2222", "3333"] {
        assert_eq!(entry(&desk, &info, Some(guess)).await, "PinWrong");
    }
    assert_eq!(entry(&desk, &info, Some("4711")).await, "Banned");
}

#[tokio::test]
async fn what_may_arrive_is_bounded_however_it_comes() {
    let desk = desk();
    let info = desk.make(LinkDraft { max_bytes: Some(100_000), ..request("v/box") }).await;
    let guest = desk.access(&desk.open(&info).await).await;
    assert_eq!(kind(desk.put(&guest, "v/box", "small", &[1; 40_000]).await), "ok");
    assert_eq!(kind(desk.put(&guest, "v/box", "large", &[1; 70_000]).await), "LinkFull");
    // Many at once: each would fit alone.
    let puts = (0..4u8).map(|n| {
        let (desk, guest) = (&desk, &guest);
        async move { kind(desk.put(guest, "v/box", &format!("f{n}"), &[n; 25_000]).await) }
    });
    let mut said = futures_util::future::join_all(puts).await;
    said.sort();
    assert_eq!(said, ["LinkFull", "LinkFull", "ok", "ok"]);
    let counted = desk.links.list().await.expect("lists")[0].received;
    assert_eq!(counted, 90_000);
    let names = std::fs::read_dir(desk.site.at("v/box")).expect("lists").count();
    assert_eq!(names, 4, "what was refused left nothing behind");
}

/// Room is promised at the handshake, given back when the upload is given up, and still taken after a restart if anything
/// of it has come.
#[tokio::test]
async fn a_handshake_takes_room() {
    use crate::uploads::Handshake;
    use sha2::Digest;
    let desk = desk();
    let info = desk.make(LinkDraft { max_bytes: Some(5 << 20), ..request("v/box") }).await;
    let session = desk.open(&info).await;
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
    let ask = async |desk: &Desk, name: &str, seed| {
        let guest = desk.access(&session).await;
        let uploads = Uploads { core: desk.site.core.clone() };
        kind(uploads.handshake(&guest, &vpath("v/box"), handshake(name, seed)).await)
    };
    assert_eq!(ask(&desk, "a", 1).await, "ok");
    assert_eq!(ask(&desk, "a", 1).await, "ok", "the same again");
    assert_eq!(ask(&desk, "b", 20).await, "LinkFull");
    let guest = desk.access(&session).await;
    {
        let uploads = Uploads { core: desk.site.core.clone() };
        let reply = uploads.handshake(&guest, &vpath("v/box"), handshake("a", 1)).await.expect("the same again");
        let selection = crate::uploads::ChunkSelection::One(hash(1), None);
        let lease = uploads.claim(&guest, &vpath("v/box"), &reply.wark, selection, 1 << 20).await.expect("is free");
        let body = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(chunk(1))]);
        lease.receive(body).await.expect("a chunk of it comes");
    }
    let Desk { site, links, accounts } = desk;
    drop((links, accounts));
    let desk = Desk::new(site.restarted());
    assert_eq!(ask(&desk, "b", 20).await, "LinkFull");
    let uploads = Uploads { core: desk.site.core.clone() };
    let guest = desk.access(&session).await;
    uploads.abandon(&guest, &vpath("v/box/a"), None).await.expect("gives up");
    assert_eq!(ask(&desk, "b", 20).await, "ok");
    assert_eq!(ask(&desk, "c", 40).await, "LinkFull");
    uploads.abandon(&guest, &vpath("v/box/b"), None).await.expect("gives up");
    assert_eq!(ask(&desk, "c", 40).await, "ok");
}
