//! An invitation works once, by the long code of a QR code or by six digits; the guest's device gets a name and access
//! to the folder of the invitation, and to nothing else.

use crate::site::{Answer, BROWSER, Site, site, site_with};
use engine::accounts::{Codes, DeviceInfo};
use model::{PermSet, VPath};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const PHONE: (&str, &str) = ("user-agent", "Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0");

fn invite(site: &Site, mount: &str, letters: &str) -> Codes {
    let rights = PermSet::parse(letters).expect("letters");
    site.engine.accounts.invite(&VPath::parse(mount.as_bytes()).expect("mount"), rights, 60)
}

async fn send(site: &Site, path: &str, body: &str) -> Answer {
    site.send("POST", path, &[("host", "vm"), ("origin", "http://vm"), FORM, PHONE], body.as_bytes()).await
}

async fn devices(site: &Site) -> Vec<DeviceInfo> {
    site.engine.accounts.devices().await.expect("devices")
}

fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().expect("a pair").to_owned()
}

/// Digits that belong to no invitation.
fn wrong(codes: &Codes) -> String {
    format!("{:06}", (codes.digits.parse::<u32>().expect("digits") + 1) % 1_000_000)
}

#[tokio::test]
async fn opening_the_page_does_not_use_the_invitation() {
    let site = site(&[("", "r")]).await;
    let page = site.browse("/.potluck/join/abc").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<form class=\"card\" id=\"join\" method=\"post\" action=\"/.potluck/join/abc\">"));
    assert_eq!(page.header("set-cookie"), "");
    let wrong = site.ask("POST", "/.potluck/join/abc", &[("user-agent", BROWSER)]).await;
    assert_eq!((wrong.status, wrong.header("set-cookie")), (403, ""));
    let address = format!("/.potluck/join/{}", invite(&site, "", "rw").code);
    for method in ["GET", "HEAD", "GET"] {
        assert_eq!(site.ask(method, &address, &[("user-agent", BROWSER)]).await.status, 200);
    }
    let foreign = [("host", "vm"), ("origin", "http://evil.org")];
    assert_eq!(site.ask("POST", &address, &foreign).await.status, 403);
    let joined = site.ask("POST", &address, &[("host", "vm"), ("origin", "http://vm")]).await;
    assert_eq!((joined.status, joined.header("location")), (303, "/"));
    let page = site.ask("GET", "/", &[("cookie", &cookie(&joined)), ("user-agent", BROWSER)]).await.text();
    assert!(page.contains("data-enhance=\"uploader\"") && page.contains("Sign out"), "{page}");
    let another = format!("/.potluck/join/{}", invite(&site, "", "r").code);
    let page = site.ask("GET", &another, &[("cookie", &cookie(&joined)), ("user-agent", BROWSER)]).await.text();
    assert!(page.contains("This browser already uses another invitation or link. If you continue"), "{page}");
    assert!(!site.browse(&another).await.text().contains("If you continue"));
    assert_eq!(site.ask("POST", &address, &[]).await.status, 403, "a code works once");
    assert_eq!(site.browse("/.potluck/join/%3Cx%3E").await.status, 404);
    assert_eq!(site.browse("/?invite=%3Cx%3E").await.status, 404);
}

#[tokio::test]
async fn digits_give_access_to_the_folder_of_the_invitation() {
    let site = site(&[("", ""), ("photos", "")]).await;
    site.put("photos/a.jpg", b"a");
    for path in ["/.potluck/join", "/.potluck/join/"] {
        let page = site.ask("GET", path, &[PHONE]).await.text();
        assert!(page.contains("name=\"code\" inputmode=\"numeric\""), "{page}");
        assert!(page.contains("name=\"device\"") && page.contains("value=\"Firefox on Android\""), "{page}");
        assert!(page.contains("action=\"/.potluck/join\"") && page.matches("<button").count() == 1, "{page}");
    }
    let codes = invite(&site, "photos", "r");
    let (first, second) = codes.digits.split_at(3);
    let joined = send(&site, "/.potluck/join", &format!("code=+{first}-{second}&device=Kim%27s+phone")).await;
    assert_eq!((joined.status, joined.header("location")), (303, "/photos/"));
    let session = cookie(&joined);
    assert_eq!(site.ask("GET", "/photos/a.jpg", &[("cookie", &session)]).await.status, 200);
    assert_eq!(
        site.ask("PUT", "/photos/b.jpg", &[("cookie", &session)]).await.status,
        403,
        "only the rights of the invitation"
    );
    let known = devices(&site).await;
    let [device] = known.as_slice() else { panic!("{known:?}") };
    assert_eq!((device.name.as_str(), &device.account), ("Kim's phone", &None));
    assert_eq!(device.address, Some([192, 0, 2, 7].into()));
    assert_eq!(send(&site, "/.potluck/join", &format!("code={}", codes.digits)).await.status, 403, "once");

    site.engine.accounts.revoke_device(&device.id).await.expect("revokes").expect("was there");
    assert_eq!(
        site.ask("GET", "/photos/a.jpg", &[("cookie", &session)]).await.status,
        403,
        "a revoked device loses access at once"
    );
}

#[tokio::test]
async fn wrong_digits_can_be_corrected() {
    let site = site(&[("", "")]).await;
    let codes = invite(&site, "", "r");
    let page = send(&site, "/.potluck/join", &format!("code={}&device=mine", wrong(&codes))).await;
    assert_eq!((page.status, page.header("set-cookie")), (403, ""));
    let text = page.text();
    assert!(text.contains("role=\"alert\"") && text.contains("value=\"mine\""), "{text}");
    assert!(text.contains(&format!("value=\"{}\"", wrong(&codes))), "{text}");
    let odd = send(&site, "/.potluck/join", "code=%22%3E%3Cx%3E&device=%22%3E%3Cx%3E").await.text();
    assert!(!odd.contains("<x>") && odd.contains("&lt;x&gt;"), "{odd}");
    for nothing in ["", "code=", "code=+&device=x", &format!("code={}", "1".repeat(200))] {
        assert_eq!(send(&site, "/.potluck/join", nothing).await.status, 422, "{nothing}");
    }
    assert_eq!(send(&site, "/.potluck/join", &"x".repeat(5000)).await.status, 413);
    // A long code pasted into the field for the digits works, too.
    assert_eq!(send(&site, "/.potluck/join", &format!("code={}", codes.code)).await.status, 303);
}

#[tokio::test]
async fn an_invalid_device_name_does_not_use_the_invitation() {
    let site = site(&[("", "")]).await;
    let codes = invite(&site, "", "r");
    let address = format!("/.potluck/join/{}", codes.code);
    for name in ["a%0Ab", "%00", &"x".repeat(61), "%E2%80%AEx"] {
        let page = send(&site, &address, &format!("device={name}")).await;
        assert_eq!((page.status, page.header("set-cookie")), (422, ""), "{name}");
        assert!(page.text().contains("role=\"alert\""));
    }
    assert!(devices(&site).await.is_empty());
    assert_eq!(send(&site, &address, "device=+").await.status, 303);
    assert_eq!(devices(&site).await[0].name.as_str(), "Firefox on Android", "without a name the suggested one is used");
}

#[tokio::test]
async fn guests_with_write_only_get_the_upload_page() {
    let site = site(&[("", ""), ("inbox", "")]).await;
    site.put("inbox/secret.txt", b"x");
    let joined = send(&site, "/.potluck/join", &format!("code={}", invite(&site, "inbox", "w").digits)).await;
    assert_eq!((joined.status, joined.header("location")), (303, "/inbox/"));
    let headers = [("cookie", &*cookie(&joined)), ("user-agent", BROWSER), ("accept", "text/html")];
    let page = site.ask("GET", joined.header("location"), &headers).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("data-guest") && !page.text().contains("secret"), "{}", page.text());
}

#[tokio::test]
async fn pages_of_invitations_use_the_base_path() {
    let base = |settings: &mut model::Settings| settings.network.base = VPath::parse(b"files").expect("base");
    let site = site_with(&[("", "r"), ("a b", "")], Box::new(base)).await;
    let page = site.browse("/files/?h").await.text();
    assert!(page.contains("<a href=\"/files/.potluck/join\">I have a code</a>"), "{page}");
    let page = site.browse("/files/.potluck/join").await.text();
    assert!(page.contains("action=\"/files/.potluck/join\""), "{page}");
    let joined = send(&site, "/files/.potluck/join", &format!("code={}", invite(&site, "a b", "r").digits)).await;
    assert_eq!((joined.status, joined.header("location")), (303, "/files/a%20b/"));
}

#[tokio::test]
async fn signing_in_registers_a_device() {
    let site = site(&[("", "")]).await;
    let form = "--x\r\nContent-Disposition: form-data; name=\"act\"\r\n\r\nlogin\r\n--x\r\nContent-Disposition: form-data; \
                name=\"cppwd\"\r\n\r\nsesame\r\n--x--\r\n";
    let headers = [("host", "vm"), ("content-type", "multipart/form-data; boundary=x"), PHONE];
    assert_eq!(site.send("POST", "/", &headers, form.as_bytes()).await.status, 200);
    let known = devices(&site).await;
    assert_eq!((known.len(), known[0].name.as_str()), (1, "Firefox on Android"));
    assert_eq!(known[0].account.as_ref().map(|name| name.as_str()), Some("ann"));
}
