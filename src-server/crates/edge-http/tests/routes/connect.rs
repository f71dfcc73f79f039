//! The page that says how programs connect: real addresses, the account's name, never a password; only what works here.

use crate::site::{BROWSER, Site, grant, site_with};
use model::{Principal, Settings, VPath};

fn with_ben(settings: &mut Settings) {
    let secret = model::account::Secret::Plain("poppy".into());
    settings.accounts.push(model::account::Account { name: "ben".into(), secret });
    settings.volumes[0].grants.push(grant("r", Principal::Account("ben".into())));
    settings.volumes[1].grants.push(grant("w", Principal::Account("ben".into())));
}

async fn with_folders(change: impl FnOnce(&mut Settings) + 'static) -> Site {
    let prepare = |settings: &mut Settings| {
        with_ben(settings);
        change(settings);
    };
    site_with(&[("music", ""), ("in box", ""), ("none", "")], Box::new(prepare)).await
}

async fn ask(site: &Site, password: &str, path: &str, more: &[(&str, &str)]) -> String {
    let who = [("user-agent", BROWSER), ("accept", "text/html"), ("pw", password), ("host", "vm:3923")];
    let who: Vec<_> =
        who.into_iter().filter(|(name, _)| *name != "host" || !more.iter().any(|(n, _)| n == name)).collect();
    let answer = site.ask("GET", path, &[&who[..], more].concat()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().replace("&quot;", "\"").replace("&#39;", "'")
}

#[tokio::test]
async fn commands_have_address_and_name_and_no_password() {
    let site = with_folders(|_| {}).await;
    let page = ask(&site, "poppy", "/in%20box/?hc", &[]).await;
    for command in [
        "curl -u ben -T photo.jpg \"http://vm:3923/in%20box/\"",
        "curl.exe -u ben -T photo.jpg \"http://vm:3923/in%20box/\"",
        "python3 u2c.py -a PASSWORD \"http://vm:3923/in%20box/\" photos",
    ] {
        assert!(page.contains(command), "{command}: {page}");
    }
    assert!(!page.contains("poppy") && !page.contains("sesame"), "{page}");
    assert!(!page.contains("rclone") && !page.contains("?zip"), "ben may not read there: {page}");
    assert!(page.contains("<img src=\"/in%20box/?qr\""), "{page}");
    let music = ask(&site, "poppy", "/music/2026/?hc", &[]).await;
    for command in [
        "curl -u ben -o 2026.zip \"http://vm:3923/music/2026/?zip\"",
        "wget -r -np -nH --cut-dirs=1 -e robots=off -R \"index.html*\" --reject-regex \"[?]\" --user=ben --ask-password --auth-no-challenge \"http://vm:3923/music/2026/\"",
        "rclone config create 2026 http \"url=http://vm:3923/music/2026/\" \"headers=PW,PASSWORD\"",
    ] {
        assert!(music.contains(command), "{command}: {music}");
    }
    assert!(!music.contains("-T photo.jpg") && !music.contains("ShareX"), "ben may not add files there: {music}");
    // What the server does not serve is not mentioned.
    for protocol in ["WebDAV", "webdav", "ftp", "FTP", "sftp", "smb"] {
        assert!(!page.contains(protocol) && !music.contains(protocol), "{protocol}");
    }
}

#[tokio::test]
async fn visitors_need_no_password() {
    let open = |settings: &mut Settings| settings.volumes[1].grants.push(grant("rw", Principal::Everyone));
    let site = with_folders(open).await;
    let page = ask(&site, "", "/?hc", &[]).await;
    assert!(page.contains("curl -T photo.jpg \"http://vm:3923/in%20box/\""), "the first usable folder: {page}");
    assert!(!page.contains("PASSWORD") && !page.contains("/none") && !page.contains("/music"), "{page}");
}

#[tokio::test]
async fn commands_fit_the_settings_and_the_address() {
    let site = with_folders(|settings| {
        settings.network.base = VPath::parse(b"sub/x").expect("a path");
        settings.login.usernames_required = true;
        settings.login.no_basic = true;
        settings.behaviour.no_archives = true;
        settings.network.hosts = vec!["*".into()];
    })
    .await;
    let page = ask(&site, "ann:sesame", "/sub/x/music/?hc", &[]).await;
    assert!(page.contains("curl -H \"PW: ann:PASSWORD\" -T photo.jpg \"http://vm:3923/sub/x/music/\""), "{page}");
    assert!(page.contains("\"headers=PW,ann:PASSWORD\"") && !page.contains("?zip"), "{page}");
    // A host that means something to a shell does not get into a command.
    let odd = ask(&site, "ann:sesame", "/sub/x/music/?hc", &[("host", "a$(id)")]).await;
    assert!(!odd.contains("$(id)") && odd.contains("http://localhost/sub/x/music/"), "{odd}");
    // Neither does a name.
    let site = site_with(
        &[("", "")],
        Box::new(|settings| {
            let secret = model::account::Secret::Plain("rose".into());
            settings.accounts.push(model::account::Account { name: "d$(id)".into(), secret });
            settings.volumes[0].grants.push(grant("rw", Principal::Account("d$(id)".into())));
        }),
    )
    .await;
    let odd = ask(&site, "rose", "/?hc", &[]).await;
    assert!(odd.contains("curl -u NAME -T"), "{odd}");
}

#[tokio::test]
async fn the_folder_of_a_file_is_used() {
    let site = with_folders(|_| {}).await;
    site.put("music/song.mp3", b"x");
    let page = ask(&site, "poppy", "/music/song.mp3?hc", &[]).await;
    assert!(page.contains("\"http://vm:3923/music/?zip\""), "{page}");
    // Without a right nothing about a path is told.
    let [there, missing] =
        [ask(&site, "poppy", "/none/?hc", &[]).await, ask(&site, "poppy", "/nowhere/?hc", &[]).await];
    assert_eq!(there.replace("/none/", "/nowhere/"), missing);
}

#[tokio::test]
async fn the_system_of_the_visitor_is_open() {
    let site = with_folders(|_| {}).await;
    let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
    let answer =
        site.ask("GET", "/music/?hc", &[("user-agent", windows), ("accept", "text/html"), ("pw", "sesame")]).await;
    let page = answer.text();
    assert!(page.contains("id=\"windows\" open") && page.matches(" open>").count() == 1, "{page}");
}

#[tokio::test]
async fn share_x_gets_a_file() {
    let site = with_folders(|_| {}).await;
    let headers = [("pw", "poppy"), ("host", "vm:3923")];
    let answer = site.ask("GET", "/in%20box/?hc=sharex", &headers).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"in-box.sxcu\"");
    let uploader = answer.json();
    assert_eq!(uploader["RequestURL"], "http://vm:3923/in%20box/");
    assert_eq!(uploader["Headers"]["PW"], "PASSWORD");
    assert!(!answer.text().contains("poppy"));
    assert_eq!(site.ask("GET", "/music/?hc=sharex", &headers).await.status, 403, "ben may not add files there");
    assert!(matches!(site.ask("GET", "/none/?hc=sharex", &headers[1..]).await.status, 401 | 403));
}
