//! Locks are taken with the right to write, named by the path in the tree, and their tokens stay with their client.

use super::*;
use crate::access::Client;
use crate::testing::{Site, error_name, vpath};
use crate::volumes::lock_table::LockToken;

fn wanted(depth: LockDepth) -> WantedLock {
    WantedLock { depth, mode: LockMode::Exclusive, note: "ann's editor".into(), time: Duration::from_secs(60) }
}

#[tokio::test]
async fn a_lock_is_seen_at_what_it_covers_and_its_token_by_its_client_only() -> Result<()> {
    let site = Site::new(&[("v", "m/v", "rw *, rw ann")]);
    site.file("v/d/f", "x");
    let (locks, ann) = (ClientLocks::new(site.core.clone()), site.access("ann"));
    let folder = vpath("m/v/d");
    let taken = locks.lock(&ann, &folder, wanted(LockDepth::Tree), LockToken::from("one")).await?;
    assert!(taken.is_own && taken.path == folder);
    let name = vpath("f").name().expect("a name");
    for (who, is_own) in [(&ann, true), (&site.access("*"), false)] {
        let at_file = locks.list(who, &folder.join(&name)).await?;
        assert_eq!(at_file.iter().map(|lock| lock.is_own).collect::<Vec<_>>(), [is_own]);
        assert_eq!(locks.list_in(who, &folder).await?.of(&name).count(), 1);
        assert_eq!(locks.list_in(who, &vpath("m/v")).await?.of(&vpath("d").name().expect("a name")).count(), 1);
    }
    let (other, token) = (site.access("*"), || LockToken::from("one"));
    assert!(!locks.unlock(&other, &folder, token()).await?, "another owner");
    assert!(!locks.unlock(&ann, &vpath("m/v/e"), token()).await?, "another path");
    assert!(locks.refresh(&ann, &folder, Duration::from_secs(9)).await?.is_none(), "without its token");
    let presenting = ann.clone().with_lock_tokens([token()].into());
    assert!(locks.refresh(&presenting, &folder.join(&name), Duration::from_secs(9)).await?.is_some());
    assert!(locks.unlock(&ann, &folder.join(&name), token()).await?);
    assert!(locks.list(&ann, &folder).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn visitors_without_account_are_told_apart_by_address() -> Result<()> {
    let site = Site::new(&[("v", "v", "rw *")]);
    let (locks, here) = (ClientLocks::new(site.core.clone()), site.access("*"));
    locks.lock(&here, &vpath("v/f"), wanted(LockDepth::Entry), LockToken::from("one")).await?;
    let elsewhere = here.clone().with_client(Client { address: [10, 0, 0, 9].into() });
    assert!(!locks.list(&elsewhere, &vpath("v/f")).await?[0].is_own);
    assert!(locks.list(&here, &vpath("v/f")).await?[0].is_own);
    Ok(())
}

#[tokio::test]
async fn readers_take_no_locks() {
    let site = Site::new(&[("v", "v", "r *")]);
    let locks = ClientLocks::new(site.core.clone());
    for path in ["v/f", "v", ""] {
        let taken = locks.lock(&site.access("*"), &vpath(path), wanted(LockDepth::Entry), LockToken::from("one")).await;
        assert_eq!(error_name(&taken.expect_err("is refused")), "Right", "{path}");
    }
}
