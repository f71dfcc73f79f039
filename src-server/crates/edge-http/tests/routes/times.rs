//! An implausible modification time is replaced by the time of arrival and not reported as accepted, for every kind of
//! upload.

use crate::site::{Site, site, site_with};
use model::volume::UploadTime;
use std::fs;
use std::time::SystemTime;

/// Implausible times: the zero of Windows, of Apple and of cameras, 1901, 2106, 9999, and numbers out of range.
const IMPLAUSIBLE: [&str; 9] =
    ["-11644473600", "-2082844800", "0", "-2147483648", "4294967296", "253402300799", "1e300", "-1e300", "0.5"];

fn changed(site: &Site, name: &str) -> SystemTime {
    fs::metadata(site.folder.path().join("top").join(name)).expect("is there").modified().expect("has a time")
}

fn is_now(site: &Site, name: &str, before: SystemTime) -> bool {
    // Handshakes have whole seconds.
    changed(site, name) + std::time::Duration::from_secs(1) >= before && changed(site, name) <= SystemTime::now()
}

#[tokio::test]
async fn times_of_bodies_and_forms() {
    let site = site(&[("", "rwd")]).await;
    let form = "multipart/form-data; boundary=B";
    let part = b"--B\r\nContent-Disposition: form-data; name=f; filename=form\r\n\r\nx\r\n--B--\r\n";
    for time in IMPLAUSIBLE.into_iter().chain(["inf", "nan"]) {
        let before = SystemTime::now();
        let answer = site.send("PUT", "/put", &[("x-oc-mtime", time)], b"x").await;
        assert_eq!((answer.status, answer.header("x-oc-mtime"), answer.text().as_str()), (201, "", ""), "{time}");
        assert!(is_now(&site, "put", before), "{time}: {:?}", changed(&site, "put"));
        let headers = [("content-type", form), ("x-oc-mtime", time)];
        assert_eq!(site.send("POST", "/", &headers, part).await.status, 201, "{time}");
        assert!(is_now(&site, "form", before), "{time}: {:?}", changed(&site, "form"));
    }
    for time in ["1", "1700000000", "1700000000.25", "4294967295"] {
        let answer = site.send("PUT", "/put", &[("x-oc-mtime", time)], b"x").await;
        assert_eq!((answer.status, answer.header("x-oc-mtime")), (201, "accepted"), "{time}");
        let since = changed(&site, "put").duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        assert_eq!(since.as_secs_f64(), time.parse::<f64>().expect("a number"), "{time}");
    }
}

#[tokio::test]
async fn times_are_accepted_only_if_the_volume_keeps_them() {
    let site =
        site_with(&[("", "rwd")], Box::new(|settings| settings.volumes[0].flags.upload_time = UploadTime::Arrival));
    let answer = site.await.send("PUT", "/put", &[("x-oc-mtime", "1700000000")], b"x").await;
    assert_eq!((answer.status, answer.header("x-oc-mtime")), (201, ""));
}

#[tokio::test]
async fn times_of_handshakes() {
    let site = site(&[("", "rwd")]).await;
    for (number, time) in IMPLAUSIBLE.into_iter().enumerate() {
        let before = SystemTime::now();
        let ask = format!(r#"{{"name":"f{number}","size":0,"lmod":{time},"life":0,"hash":[]}}"#);
        for _ in 0..2 {
            let answer = site.send("POST", "/", &[("content-type", "text/plain;charset=UTF-8")], ask.as_bytes()).await;
            let reply = answer.json();
            assert_eq!((answer.status, &reply["name"]), (200, &format!("f{number}").into()), "{time}: {reply}");
            assert!(reply["lmod"].as_u64().is_some_and(|lmod| lmod > 1_700_000_000), "{time}: {reply}");
        }
        assert!(is_now(&site, &format!("f{number}"), before), "{time}");
    }
    // A file is never "older" than an implausible time.
    site.put("top/old", b"what was there");
    let ask = r#"{"name":"old","size":0,"lmod":253402300799,"replace":"mt","hash":[]}"#;
    let answer = site.send("POST", "/", &[("content-type", "text/plain;charset=UTF-8")], ask.as_bytes()).await;
    assert_eq!((answer.status, &answer.json()["name"]), (200, &"old (2)".into()));
    assert_eq!(fs::read(site.folder.path().join("top/old")).expect("reads"), b"what was there");
}
