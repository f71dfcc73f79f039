//! Shared folders: a preview shows what can be fetched, a typing error creates no folder, and undo restores a share
//! with all its grants and flags.

use super::admin::{admin_server, call, draft};
use super::people::{exchange, join};
use super::*;
use serde_json::{Value, json};
use server::control::ErrorCode;
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_what_invited_devices_can_fetch_and_warns_of_keys() {
    let live = admin_server(|settings| settings.volumes.clear()).await;
    let folder = live.dir.path().join("Anna");
    std::fs::create_dir_all(folder.join(".ssh")).expect("made");
    std::fs::write(folder.join(".ssh/id_rsa"), "secret").expect("written");
    std::fs::write(folder.join("cat.jpg"), "meow").expect("written");
    let share = draft(&folder, "only_me", "look");
    let preview = async |viewer: &str, share: &Value| {
        let viewer = json!({ "is": viewer });
        let ask = json!({ "call": "preview_share", "was": null, "share": share, "viewer": viewer });
        call(&live, ask).await.expect("previewed")
    };
    assert_eq!(preview("guest", &share).await["rows"], json!([]));
    let invited = preview("invited", &share).await;
    let rows: Vec<_> =
        invited["rows"].as_array().expect("rows").iter().map(|row| (&row["name"], &row["is_hidden"])).collect();
    let (yes, no) = (json!(true), json!(false));
    assert_eq!(rows, [(&json!("inbox"), &no), (&json!(".ssh"), &yes), (&json!("cat.jpg"), &no)], "{invited}");
    let warned = invited["warnings"].as_array().expect("warnings").iter();
    let warned = warned.filter(|one| one["is_serious"] == yes && one["sentence"].as_str().unwrap().contains(".ssh"));
    assert_eq!(warned.count(), 1, "{invited}");

    // Names shown to every reader are not marked as hidden; for rights to fetch by name they are; with rights to add
    // nothing is shown.
    let mut open = share.clone();
    (open["show_hidden"], open["who"]) = (json!(true), json!({ "is": "everyone" }));
    assert_eq!(preview("guest", &open).await["rows"][1]["is_hidden"], no);
    open["rules"] = json!(["g,*"]);
    let named = preview("guest", &open).await;
    assert_eq!((&named["rows"][0]["words"], &named["rows"][0]["is_hidden"]), (&json!(["get"]), &yes), "{named}");
    let drop_off = preview("invited", &draft(&folder, "only_me", "drop_off")).await;
    assert_eq!(drop_off["rows"].as_array().map(Vec::len), Some(1), "{drop_off}");

    // The preview is correct: an invited device fetches by name what no listing shows.
    call(&live, json!({ "call": "save_share", "was": null, "share": share })).await.expect("saved");
    let ask = json!({ "call": "invite", "mount": "/inbox", "may": "look", "seconds": 60 });
    let digits = call(&live, ask).await.expect("invited")["digits"].as_str().expect("digits").to_owned();
    let cookie = join(live.addr(), &digits, "phone");
    let fetch = |path: &str| exchange(live.addr(), &format!("GET {path} HTTP/1.1\r\nCookie: {cookie}"), "");
    assert!(fetch("/inbox/.ssh/id_rsa").ends_with("secret"));
    assert!(!fetch("/inbox/?ls").contains(".ssh"));
    assert_eq!(get(live.addr(), "/inbox/.ssh/id_rsa").0, 401);
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_folder_is_created_only_on_request() {
    let live = admin_server(|settings| settings.volumes.clear()).await;
    let folder = live.dir.path().join("Pictrues");
    let save = |was: Value, folder: &Path, makes: bool| {
        let mut share = draft(folder, "everyone", "look");
        share["make_folder"] = json!(makes);
        json!({ "call": "save_share", "was": was, "share": share })
    };
    let error = call(&live, save(Value::Null, &folder, false)).await.expect_err("a typing error");
    assert_eq!((error.code, error.faults[0].at.as_str()), (ErrorCode::NoFolder, "folder"), "{error:?}");
    assert!(!folder.exists() && live.control.shares().is_empty());
    call(&live, save(Value::Null, &folder, true)).await.expect("made");
    assert!(folder.is_dir());
    let other = live.dir.path().join("Other");
    let error = call(&live, save(json!("/inbox"), &other, false)).await.expect_err("changed to a missing folder");
    assert_eq!(error.code, ErrorCode::NoFolder);
    let nested = live.dir.path().join("none/of these");
    let error = call(&live, save(json!("/inbox"), &nested, true)).await.expect_err("its parent is missing");
    assert_eq!(error.code, ErrorCode::BadSettings);
    // A folder that was shared before may be on an unplugged disk.
    std::fs::remove_dir(&folder).expect("removed");
    call(&live, save(json!("/inbox"), &folder, false)).await.expect("the share waits for its disk");
    assert!(!folder.exists());
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_share_is_restored_with_all_grants_and_flags() {
    let live = admin_server(|settings| settings.volumes.clear()).await;
    let folder = live.dir.path().join("Inbox");
    let plain = draft(&folder, "everyone", "look");
    let mut custom = plain.clone();
    custom["rules"] = json!(["r,*", "rw,@acct", "c,nodupe", "c,sz=1k-3m"]);
    for share in [plain, custom] {
        let before = call(&live, json!({ "call": "save_share", "was": null, "share": share })).await.expect("saved");
        let settings = live.control.status().volumes;
        call(&live, json!({ "call": "remove_share", "mount": "/inbox" })).await.expect("removed");
        assert_eq!(get(live.addr(), "/inbox/").0, 401);
        let restore = json!({ "call": "restore_share", "mount": "/inbox" });
        assert_eq!(call(&live, restore.clone()).await.expect("restored"), before);
        assert_eq!(live.control.status().volumes, settings);
        let form = call(&live, json!({ "call": "settings" })).await.expect("settings");
        let has_rule = form["toml"].as_str().expect("text").contains("nodupe");
        assert_eq!(has_rule, !share["rules"].is_null(), "{form}");
        let error = call(&live, restore).await.expect_err("it is there");
        assert_eq!(error.code, ErrorCode::BadSettings);
        call(&live, json!({ "call": "remove_share", "mount": "/inbox" })).await.expect("removed");
    }
    let error = call(&live, json!({ "call": "restore_share", "mount": "/never" })).await.expect_err("never was");
    assert_eq!(error.code, ErrorCode::NotFound);
    live.control.stop().await;
}
