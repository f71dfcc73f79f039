//! Wrong proofs give nothing, right ones give exactly the account; sessions end everywhere at logout and when the
//! password changes.

use super::*;
use crate::{Engine, EngineOptions};
use model::account::{Account, Secret};
use model::volume::{Grant, Principal};
use model::{Perm, Settings, Volume, VolumeFlags};
use std::path::{Path, PathBuf};

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
    let who = async |proofs: Proofs<'_>| {
        engine.accounts.access(&proofs, HERE).await.expect("access").account().as_str().to_owned()
    };
    let password = |text| Proofs { password: Some(vec![text]), ..Proofs::default() };
    assert_eq!(who(Proofs::default()).await, "*");
    assert_eq!(who(password("pw")).await, "ed");
    assert_eq!(who(password("kk")).await, "k");
    assert_eq!(who(password("nope")).await, "*");
    let huge = "x".repeat(100_000);
    assert_eq!(who(password(&huge)).await, "*");
    assert_eq!(who(Proofs { password: Some(vec!["pw"]), name: Some("ed"), ..Proofs::default() }).await, "ed");
    assert_eq!(who(Proofs { password: Some(vec!["pw"]), name: Some("k"), ..Proofs::default() }).await, "*");
    assert_eq!(who(Proofs { cookie: Some("kk"), ..Proofs::default() }).await, "k");
    let access = engine.accounts.access(&password("pw"), HERE).await.expect("access");
    assert!(access.at(&VPath::root()).has(Perm::Write));
    assert!(!engine.accounts.anonymous(HERE).at(&VPath::root()).has(Perm::Write));
}

#[tokio::test]
async fn sessions_survive_a_restart_and_end_everywhere() {
    let scratch = Scratch::new("sessions");
    let token = {
        let engine = engine(&scratch).await;
        engine.accounts.login(None, "pw", HERE).await.expect("logs in").token
    };
    let engine = engine(&scratch).await;
    let cookie = Proofs { cookie: Some(&token), ..Proofs::default() };
    let access = engine.accounts.access(&cookie, HERE).await.expect("access");
    assert_eq!(access.account().as_str(), "ed");
    let other = engine.accounts.login(Some("ed"), "pw", HERE).await.expect("logs in").token;
    engine.accounts.logout(&access).await.expect("logs out");
    for token in [&token, &other] {
        let cookie = Proofs { cookie: Some(token), ..Proofs::default() };
        assert!(engine.accounts.access(&cookie, HERE).await.expect("access").account().is_anonymous());
    }
}

#[tokio::test]
async fn a_changed_password_ends_sessions() {
    let scratch = Scratch::new("changed");
    let engine = engine(&scratch).await;
    let token = engine.accounts.login(None, "pw", HERE).await.expect("logs in").token;
    let next = engine.prepare(settings(&scratch.0, "other")).await.expect("prepares");
    engine.commit(next);
    let cookie = Proofs { cookie: Some(&token), ..Proofs::default() };
    assert!(engine.accounts.access(&cookie, HERE).await.expect("access").account().is_anonymous());
    assert!(matches!(engine.accounts.login(None, "pw", HERE).await, Err(EngineError::WrongPassword)));
}

#[tokio::test]
async fn an_invitation_adds_rights_in_one_volume_once() {
    let scratch = Scratch::new("invite");
    let engine = engine(&scratch).await;
    let code = engine.accounts.invite(&VPath::root(), PermSet::parse("w").expect("letters"), 60);
    let token = engine.accounts.redeem(&code, HERE).await.expect("redeems").token;
    assert!(matches!(engine.accounts.redeem(&code, HERE).await, Err(EngineError::WrongPassword)));
    let cookie = Proofs { cookie: Some(&token), ..Proofs::default() };
    let access = engine.accounts.access(&cookie, HERE).await.expect("access");
    assert_eq!(access.at(&VPath::root()).letters(), "rw");
    engine.accounts.logout(&access).await.expect("logs out");
    assert_eq!(engine.accounts.access(&cookie, HERE).await.expect("access").at(&VPath::root()).letters(), "r");
}

#[tokio::test]
async fn guessing_ends_in_a_ban() {
    let scratch = Scratch::new("ban");
    let mut with_rule = settings(&scratch.0, "pw");
    with_rule.login.ban_passwords = Some(model::settings::BanRule { count: 2, window_mins: 60, ban_mins: 1 });
    let options = EngineOptions { state_folder: scratch.0.join("state") };
    let engine = Engine::start(with_rule, options).await.expect("starts");
    for guess in ["a", "b", "c"] {
        assert!(matches!(engine.accounts.login(None, guess, HERE).await, Err(EngineError::WrongPassword)));
    }
    assert!(matches!(engine.accounts.login(None, "pw", HERE).await, Err(EngineError::Banned { .. })));
}
