//! Wrong credentials give nothing, right ones exactly the account; sessions end everywhere at logout and when the
//! password changes.

use crate::accounts::*;
use crate::{Client, Engine, EngineError, EngineOptions};
use model::VPath;
use model::account::{Account, Secret};
use model::volume::{Grant, Principal};
use model::{Perm, PermSet, Settings, Volume, VolumeFlags};
use std::path::{Path, PathBuf};
use vfs::error::TooMany;

struct Scratch(PathBuf);
impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("potluck-accounts-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("data")).expect("temp folder");
        Self(path)
    }
}
impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn settings(folder: &Path, password: &str) -> Settings {
    let account = |name: &str, secret| Account { name: name.into(), secret };
    let grant =
        |perms: &str, to| Grant { perms: PermSet::parse(perms).expect("letters"), to: vec![to], except: vec![] };
    Settings {
        accounts: vec![
            account("ed", Secret::Plain(password.into())),
            account("k", Secret::Argon2(hash_password("kk").expect("hashes"))),
        ],
        volumes: vec![Volume {
            source: folder.join("data"),
            mount: VPath::root(),
            grants: vec![grant("r", Principal::Everyone), grant("w", Principal::Account("ed".into()))],
            flags: VolumeFlags::default(),
        }],
        ..Settings::default()
    }
}

const HERE: Client = Client { address: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST) };

async fn engine(scratch: &Scratch) -> Engine {
    let options = EngineOptions { state_folder: scratch.0.join("state") };
    Engine::start(settings(&scratch.0, "pw"), options).await.expect("starts")
}

#[tokio::test]
async fn proofs_give_exactly_their_account() {
    let scratch = Scratch::new("proofs");
    let engine = engine(&scratch).await;
    let who = async |proofs: Credential<'_>| {
        engine.accounts.access(&proofs, HERE).await.expect("access").account().as_str().to_owned()
    };
    let password = |text| Credential::password(text);
    assert_eq!(who(Credential::Anonymous).await, "*");
    assert_eq!(who(password("pw")).await, "ed");
    assert_eq!(who(password("kk")).await, "k");
    assert_eq!(who(password("nope")).await, "*");
    let huge = "x".repeat(100_000);
    assert_eq!(who(password(&huge)).await, "*");
    assert_eq!(who(Credential::login("ed", "pw")).await, "ed");
    assert_eq!(who(Credential::login("k", "pw")).await, "*");
    assert_eq!(who(Credential::kept("kk", false)).await, "k");
    let access = engine.accounts.access(&password("pw"), HERE).await.expect("access");
    assert!(access.rights_at(&VPath::root()).has(Perm::Write));
    assert!(!engine.accounts.anonymous(HERE).rights_at(&VPath::root()).has(Perm::Write));
}

#[tokio::test]
async fn sessions_survive_a_restart_and_end_everywhere() {
    let scratch = Scratch::new("sessions");
    let token = {
        let engine = engine(&scratch).await;
        engine.accounts.login(None, "pw", DeviceName::default(), HERE).await.expect("logs in").token
    };
    let engine = engine(&scratch).await;
    let cookie = Credential::kept(&token, false);
    let access = engine.accounts.access(&cookie, HERE).await.expect("access");
    assert_eq!(access.account().as_str(), "ed");
    let other = engine.accounts.login(Some("ed"), "pw", DeviceName::default(), HERE).await.expect("logs in").token;
    engine.accounts.logout(&access).await.expect("logs out");
    for token in [&token, &other] {
        let cookie = Credential::kept(token, false);
        assert!(engine.accounts.access(&cookie, HERE).await.expect("access").account().is_anonymous());
    }
}

#[tokio::test]
async fn a_changed_password_ends_sessions() {
    let scratch = Scratch::new("changed");
    let engine = engine(&scratch).await;
    let token = engine.accounts.login(None, "pw", DeviceName::default(), HERE).await.expect("logs in").token;
    let next = engine.prepare(settings(&scratch.0, "other")).await.expect("prepares");
    engine.commit(next);
    let cookie = Credential::kept(&token, false);
    assert!(engine.accounts.access(&cookie, HERE).await.expect("access").account().is_anonymous());
    assert!(matches!(
        engine.accounts.login(None, "pw", DeviceName::default(), HERE).await,
        Err(EngineError::WrongPassword)
    ));
}

#[tokio::test]
async fn an_invitation_adds_rights_in_one_volume_once() {
    let scratch = Scratch::new("invite");
    let engine = engine(&scratch).await;
    let code = engine.accounts.invite(&VPath::root(), PermSet::parse("w").expect("letters"), 60).code;
    let token = engine.accounts.redeem(&code, DeviceName::default(), HERE).await.expect("redeems").token;
    assert!(matches!(
        engine.accounts.redeem(&code, DeviceName::default(), HERE).await,
        Err(EngineError::WrongPassword)
    ));
    let cookie = Credential::kept(&token, false);
    let access = engine.accounts.access(&cookie, HERE).await.expect("access");
    assert_eq!(access.rights_at(&VPath::root()).letters(), "rw");
    engine.accounts.logout(&access).await.expect("logs out");
    assert_eq!(engine.accounts.access(&cookie, HERE).await.expect("access").rights_at(&VPath::root()).letters(), "r");
}

#[tokio::test]
async fn guessing_ends_in_a_ban() {
    let scratch = Scratch::new("ban");
    let mut with_rule = settings(&scratch.0, "pw");
    with_rule.login.ban_passwords = Some(model::settings::BanRule { count: 2, window_mins: 60, ban_mins: 1 });
    let options = EngineOptions { state_folder: scratch.0.join("state") };
    let engine = Engine::start(with_rule, options).await.expect("starts");
    for guess in ["a", "b", "c"] {
        assert!(matches!(
            engine.accounts.login(None, guess, DeviceName::default(), HERE).await,
            Err(EngineError::WrongPassword)
        ));
    }
    assert!(matches!(
        engine.accounts.login(None, "pw", DeviceName::default(), HERE).await,
        Err(EngineError::TooMany(TooMany::Guesses { .. }))
    ));
}

fn named(name: &str) -> DeviceName {
    DeviceName::parse(name).expect("a name")
}

async fn whose(engine: &Engine, token: &str) -> String {
    let cookie = Credential::kept(token, false);
    engine.accounts.access(&cookie, HERE).await.expect("access").account().as_str().to_owned()
}

#[tokio::test]
async fn devices_are_listed_renamed_and_logged_out() {
    let scratch = Scratch::new("devices");
    let engine = engine(&scratch).await;
    let accounts = &engine.accounts;
    let mine = accounts.login(None, "pw", named("Firefox on Linux"), HERE).await.expect("logs in").token;
    let mut events = engine.events().subscribe();
    let rights = PermSet::parse("w").expect("letters");
    let codes = accounts.invite(&VPath::root(), rights, 60);
    let typed = format!("{} {}", &codes.digits[..3], &codes.digits[3..]);
    let guest = accounts.redeem(&typed, named("Safari on iPhone"), HERE).await.expect("redeems");
    assert_eq!(guest.landing, VPath::root());

    let devices = accounts.devices().await.expect("devices");
    let of_guest = devices.iter().find(|device| device.account.is_none()).expect("the guest's").clone();
    let of_ed = devices.iter().find(|device| device.account.is_some()).expect("ed's").clone();
    assert_eq!((devices.len(), of_ed.name.as_str(), of_ed.guest), (2, "Firefox on Linux", None));
    assert_eq!(of_guest.guest, Some(GuestInfo { path: VPath::root(), rights, link: None }));
    assert_eq!(of_guest.address, Some(HERE.address));
    assert!(of_guest.first_seen_ms > 0 && of_guest.expires_ms > of_guest.last_seen_ms);
    let joined = model::Event::DeviceJoined { id: of_guest.id.to_string(), name: "Safari on iPhone".into() };
    assert_eq!(events.try_recv(), Ok(joined));

    assert!(accounts.rename_device(&of_guest.id, named("Kim's phone")).await.expect("renames"));
    assert!(!accounts.rename_device("unknown", named("x")).await.expect("finds nothing"));
    let names = async || -> Vec<String> {
        accounts.devices().await.expect("devices").iter().map(|device| device.name.as_str().into()).collect()
    };
    assert!(names().await.contains(&"Kim's phone".to_owned()));

    let cookie = Credential::kept(&guest.token, false);
    let key = SessionKey::of(&accounts.access(&cookie, HERE).await.expect("access"));
    assert_eq!(accounts.revoke_device(&of_guest.id).await.expect("revokes"), key);
    assert_eq!(accounts.revoke_device(&of_guest.id).await.expect("finds nothing"), None);
    assert_eq!((whose(&engine, &guest.token).await, whose(&engine, &mine).await), ("*".into(), "ed".into()));
    assert_eq!(names().await, ["Firefox on Linux"]);
    assert_eq!(accounts.revoke_account(&"ed".into()).await.expect("revokes").len(), 1);
    assert_eq!(whose(&engine, &mine).await, "*");
}

#[tokio::test]
async fn devices_survive_a_restart() {
    let scratch = Scratch::new("kept");
    let elsewhere = Client { address: [192, 0, 2, 9].into() };
    let (token, seen) = {
        let engine = engine(&scratch).await;
        let token = engine.accounts.login(None, "pw", named("curl"), HERE).await.expect("logs in").token;
        let cookie = Credential::kept(&token, false);
        engine.accounts.access(&cookie, elsewhere).await.expect("access");
        let seen = engine.accounts.devices().await.expect("devices");
        engine.stop().await;
        (token, seen)
    };
    assert_eq!(seen[0].address, Some(elsewhere.address), "in memory at once");
    let engine = engine(&scratch).await;
    assert_eq!(engine.accounts.devices().await.expect("devices"), seen);
    assert_eq!(whose(&engine, &token).await, "ed");
}

/// Last requests are written in the background, a minute after the first; no request waits for it.
#[tokio::test(start_paused = true)]
async fn last_requests_are_written_once_a_minute() {
    let scratch = Scratch::new("signs");
    let engine = engine(&scratch).await;
    let token = engine.accounts.login(None, "pw", named("curl"), HERE).await.expect("logs in").token;
    let stored = || {
        let table = store::sessions::Sessions::open(&scratch.0.join("state")).expect("opens");
        table.load(0).expect("loads")[0].last_seen.address.clone()
    };
    let cookie = Credential::kept(&token, false);
    for last in 1..=3 {
        let client = Client { address: [192, 0, 2, last].into() };
        engine.accounts.access(&cookie, client).await.expect("access");
        assert_eq!(stored().as_deref(), Some("127.0.0.1"));
    }
    let begun = std::time::Instant::now();
    while stored().as_deref() != Some("192.0.2.3") {
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "never written");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

#[tokio::test]
async fn settings_with_hashes_end_no_session() {
    let scratch = Scratch::new("hashes");
    let engine = engine(&scratch).await;
    let token = engine.accounts.login(None, "pw", named("curl"), HERE).await.expect("logs in").token;
    let settings = engine.settings().await.expect("settings");
    assert!(settings.accounts.iter().all(|account| matches!(account.secret, Secret::Argon2(_))));
    let next = engine.prepare(settings).await.expect("prepares");
    engine.commit(next);
    assert_eq!(whose(&engine, &token).await, "ed");
    assert_eq!(engine.accounts.devices().await.expect("devices").len(), 1);
    assert!(engine.accounts.login(None, "pw", named("curl"), HERE).await.is_ok());
}

#[tokio::test]
async fn wrong_digits_are_guesses() {
    let scratch = Scratch::new("digits");
    let mut with_rule = settings(&scratch.0, "pw");
    with_rule.login.ban_passwords = Some(model::settings::BanRule { count: 2, window_mins: 60, ban_mins: 1 });
    let options = EngineOptions { state_folder: scratch.0.join("state") };
    let engine = Engine::start(with_rule, options).await.expect("starts");
    let codes = engine.accounts.invite(&VPath::root(), PermSet::parse("w").expect("letters"), 60);
    let wrong = |nth: u32| format!("{:06}", (codes.digits.parse::<u32>().expect("digits") + nth) % 1_000_000);
    for nth in 1..=3 {
        let guess = engine.accounts.redeem(&wrong(nth), DeviceName::default(), HERE).await;
        assert!(matches!(guess, Err(EngineError::WrongPassword)));
    }
    let banned = engine.accounts.redeem(&codes.digits, DeviceName::default(), HERE).await;
    assert!(matches!(banned, Err(EngineError::TooMany(TooMany::Guesses { .. }))));
    assert_eq!(engine.accounts.bans().len(), 1);
    assert!(engine.accounts.unban(HERE.address) && engine.accounts.bans().is_empty());
    assert!(engine.accounts.redeem(&codes.digits, DeviceName::default(), HERE).await.is_ok());
}

/// An account that logs in repeatedly ends only sessions of its own, and keeps no more than its limit, in memory and on
/// disk.
#[tokio::test]
async fn an_account_that_logs_in_repeatedly_ends_only_its_own_sessions() {
    let scratch = Scratch::new("crowd");
    let who = async |engine: &Engine, tokens: &[&String]| {
        let mut who = Vec::new();
        for token in tokens {
            let cookie = Credential::kept(token, false);
            who.push(engine.accounts.access(&cookie, HERE).await.expect("access").account().as_str().to_owned());
        }
        who
    };
    let tokens = {
        let engine = engine(&scratch).await;
        let login = async |password| {
            engine.accounts.login(None, password, DeviceName::default(), HERE).await.expect("logs in").token
        };
        let other = login("kk").await;
        let mut tokens = Vec::new();
        for _ in 0..=SESSIONS_PER_ACCOUNT_MAX {
            tokens.push(login("pw").await);
        }
        assert_eq!(who(&engine, &[&other, &tokens[SESSIONS_PER_ACCOUNT_MAX]]).await, ["k", "ed"]);
        assert_eq!(engine.accounts.devices().await.expect("devices").len(), SESSIONS_PER_ACCOUNT_MAX + 1);
        tokens
    };
    // On disk, too.
    let engine = engine(&scratch).await;
    let left = who(&engine, &tokens.iter().collect::<Vec<_>>()).await;
    assert_eq!(left.iter().filter(|who| *who == "ed").count(), SESSIONS_PER_ACCOUNT_MAX);
}

#[tokio::test]
async fn a_proof_is_valid_until_its_basis_ends() {
    let scratch = Scratch::new("in-force");
    let engine = engine(&scratch).await;
    let token = engine.accounts.login(None, "pw", DeviceName::default(), HERE).await.expect("logs in").token;
    let cookie = Credential::kept(&token, false);
    let by_session = engine.accounts.access(&cookie, HERE).await.expect("access");
    let by_password = Credential::password("pw");
    let by_password = engine.accounts.access(&by_password, HERE).await.expect("access");
    let proofs = [&by_session, &by_password, &engine.accounts.anonymous(HERE)].map(AccessProof::of);
    let holds = || proofs.each_ref().map(|proof| engine.accounts.is_still_valid(proof));
    assert_eq!(holds(), [true, true, true]);
    engine.accounts.logout(&by_session).await.expect("logs out");
    assert_eq!(holds(), [false, true, true]);
    let next = engine.prepare(settings(&scratch.0, "other")).await.expect("prepares");
    engine.commit(next);
    assert_eq!(holds(), [false, false, true]);
}
