//! `?th=` answers with a thumbnail of what the account may read, and with an icon for everything else.

use crate::site::{Answer, Site, site, site_with};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use model::Settings;
use model::thumbnail_settings::Choice;
use std::io::Cursor;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

fn picture(width: u32, height: u32, color: [u8; 3], format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgb8(RgbImage::from_pixel(width, height, Rgb(color)));
    picture.write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

fn red(width: u32, height: u32) -> Vec<u8> {
    picture(width, height, [255, 0, 0], ImageFormat::Png)
}

/// Media type, width and height of an answer; an icon has no size.
fn kind(answer: &Answer) -> (String, u32, u32) {
    assert_eq!(answer.status, 200);
    let mime = answer.header("content-type").to_owned();
    let image = image::load_from_memory(answer.response.body()).map_or((0, 0), |image| (image.width(), image.height()));
    (mime, image.0, image.1)
}

fn is_icon(answer: &Answer) -> bool {
    (answer.status, answer.header("content-type")) == (200, "image/svg+xml")
}

/// The colour in the middle.
fn color(answer: &Answer) -> [bool; 3] {
    let image = image::load_from_memory(answer.response.body()).expect("a picture").to_rgb8();
    image.get_pixel(image.width() / 2, image.height() / 2).0.map(|channel| channel > 128)
}

/// The derived files of a volume.
fn kept(site: &Site, volume: &str) -> Vec<PathBuf> {
    let top = site.folder.path().join(volume).join(".hist/th");
    let folders = std::fs::read_dir(top).into_iter().flatten().map(|entry| entry.expect("an entry").path());
    folders
        .flat_map(|folder| std::fs::read_dir(folder).expect("a folder"))
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

#[tokio::test]
async fn formats_sizes_and_crops() {
    let site = site(&[("", "r")]).await;
    site.put("top/a.png", &red(1920, 1080));
    for (query, mime, width, height) in [
        ("th=w", "image/webp", 320, 256),
        ("th=j", "image/jpeg", 320, 256),
        ("th", "image/jpeg", 320, 256),
        ("th=zzz", "image/jpeg", 320, 256),
        ("th=wf", "image/webp", 320, 180),
        ("th=jf", "image/jpeg", 320, 180),
        ("th=w3", "image/webp", 960, 768),
        ("th=jf3", "image/jpeg", 960, 540),
        ("th=j3f", "image/jpeg", 960, 540),
    ] {
        assert_eq!(kind(&site.get(&format!("/a.png?{query}")).await), (mime.into(), width, height), "{query}");
    }
    let accept = [("accept", "image/avif,image/webp,*/*;q=0.8")];
    for (query, mime) in [("th", "image/webp"), ("th=j", "image/jpeg")] {
        let answer = site.ask("GET", &format!("/a.png?{query}"), &accept).await;
        assert_eq!((kind(&answer).0.as_str(), answer.header("vary").contains("Accept")), (mime, query == "th"));
    }
}

#[tokio::test]
async fn a_changed_picture_has_another_thumbnail() {
    let site = site(&[("", "r")]).await;
    site.put("top/a.png", &red(400, 400));
    let first = site.get("/a.png?th=w").await;
    assert_eq!(color(&first), [true, false, false]);
    let tag = first.header("etag").to_owned();
    let known = [("if-none-match", tag.as_str())];
    let again = site.ask("GET", "/a.png?th=w", &known).await;
    assert_eq!((again.status, again.response.body().len(), again.header("etag")), (304, 0, tag.as_str()));
    let date = first.header("last-modified").to_owned();
    assert_eq!(site.ask("GET", "/a.png?th=w", &[("if-modified-since", &date)]).await.status, 304);
    assert_eq!(first.header("cache-control"), "no-cache");
    assert_eq!(site.get("/a.png?th=w&cache=i").await.header("cache-control"), "max-age=604869");
    assert_eq!(kept(&site, "top").len(), 1);

    site.put("top/a.png", &picture(400, 400, [0, 255, 0], ImageFormat::Png));
    let second = site.ask("GET", "/a.png?th=w", &known).await;
    assert_eq!((second.status, color(&second)), (200, [false, true, false]));
    assert_ne!(second.header("etag"), tag);
}

#[tokio::test]
async fn what_was_asked_for_lately_is_in_memory() {
    let site = site(&[("", "r")]).await;
    site.put("top/a.png", &red(400, 400));
    let first = site.get("/a.png?th=w").await;
    std::fs::write(kept(&site, "top").remove(0), b"damaged").expect("writes");
    assert_eq!(site.get("/a.png?th=w").await.response.body(), first.response.body());
    // Rights and the picture itself are looked at nevertheless.
    std::fs::remove_file(site.folder.path().join("top/a.png")).expect("removes");
    assert!(is_icon(&site.get("/a.png?th=w").await));
}

#[tokio::test]
async fn thumbnails_are_kept_and_failures_too() {
    // Each use is recorded on disk, so that none comes from memory.
    let change = |settings: &mut Settings| settings.behaviour.thumbnails.poke_secs = 0;
    let site = site_with(&[("", "r")], Box::new(change)).await;
    site.put("top/a.png", &red(400, 400));
    let whole = picture(40, 40, [255, 0, 0], ImageFormat::Jpeg);
    let cut = [&whole[..3], &vec![0; whole.len() - 3]].concat();
    site.put("top/broken.jpg", &cut);
    site.put("top/empty.png", b"");
    let first = site.get("/a.png?th=w").await;
    assert!(is_icon(&site.get("/broken.jpg?th=w").await) && is_icon(&site.get("/empty.png?th=w").await));
    let sizes: Vec<u64> = kept(&site, "top").iter().map(|path| path.metadata().expect("is there").len()).collect();
    assert_eq!((sizes.len(), sizes.iter().filter(|&&size| size == 0).count()), (3, 2));
    // What is kept is used: the next answer is what lies in the folder.
    let path = kept(&site, "top").into_iter().find(|path| path.metadata().expect("is there").len() > 0).expect("one");
    assert_eq!(std::fs::read(&path).expect("reads"), first.response.body()[..]);
    let other = site.get("/a.png?th=j").await.response.into_body();
    std::fs::write(&path, &other).expect("writes");
    assert_eq!(site.get("/a.png?th=w").await.response.body(), &other);
    // A failure is not tried again, even if the picture could be decoded now; with another time it is.
    let broken = site.folder.path().join("top/broken.jpg");
    let time = broken.metadata().and_then(|meta| meta.modified()).expect("a time");
    let set_time = |time| std::fs::File::options().append(true).open(&broken).and_then(|file| file.set_modified(time));
    std::fs::write(&broken, &whole).expect("writes");
    set_time(time).expect("sets the time");
    assert!(is_icon(&site.get("/broken.jpg?th=w").await));
    set_time(time + Duration::from_secs(1)).expect("sets the time");
    assert_eq!(kind(&site.get("/broken.jpg?th=w").await).0, "image/webp");
}

#[tokio::test]
async fn old_thumbnails_are_removed() {
    let site = site(&[("", "r")]).await;
    for name in ["a", "b"] {
        site.put(&format!("top/{name}.png"), &red(40, 40));
        site.get(&format!("/{name}.png?th=w")).await;
    }
    let old = kept(&site, "top").pop().expect("two");
    let file = std::fs::File::options().append(true).open(&old).expect("opens");
    file.set_modified(SystemTime::now() - Duration::from_secs(604_801)).expect("sets the time");
    assert_eq!(site.engine.library.thumbnails().clean().await.expect("cleans"), 1);
    assert!(!old.exists() && kept(&site, "top").len() == 1);
}

#[tokio::test]
async fn many_clients_cause_one_thumbnail() {
    let site = site(&[("", "r")]).await;
    site.put("top/a.png", &red(1000, 1000));
    let answers = (0..20).map(|_| site.get("/a.png?th=w"));
    let answers = futures_util::future::join_all(answers).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.response.body() == answers[0].response.body()));
    assert_eq!(kept(&site, "top").len(), 1);
}

#[tokio::test]
async fn rights_are_those_of_the_file() {
    let site = site(&[("", "r"), ("none", ""), ("drop", "w"), ("get", "g")]).await;
    for volume in ["top", "none", "drop", "get"] {
        site.put(&format!("{volume}/a.png"), &red(400, 400));
    }
    assert_eq!(kind(&site.get("/get/a.png?th=w").await).0, "image/webp");
    for path in
        ["/none/a.png?th=w", "/drop/a.png?th=w", "/missing.png?th=w", "/none/?th=w", "/drop/?th=w", "/get/?th=w"]
    {
        assert!(is_icon(&site.get(path).await), "{path}");
    }
    // Also once it was made for another account.
    let ann = [("pw", "sesame")];
    assert_eq!(kind(&site.ask("GET", "/none/a.png?th=w", &ann).await).0, "image/webp");
    assert_eq!(kind(&site.ask("GET", "/none/?th=w", &ann).await).0, "image/webp");
    assert!(is_icon(&site.get("/none/a.png?th=w").await) && is_icon(&site.get("/none/?th=w").await));
}

#[tokio::test]
async fn folders_show_their_cover_or_first_picture() {
    let site = site(&[("", "r")]).await;
    assert!(is_icon(&site.get("/?th=w").await));
    site.put("top/x/a.txt", b"text");
    assert!(is_icon(&site.get("/x/?th=w").await));
    site.put("top/x/b10.png", &picture(40, 40, [0, 0, 255], ImageFormat::Png));
    site.put("top/x/.a.png", &picture(40, 40, [255, 255, 255], ImageFormat::Png));
    assert_eq!(color(&site.get("/x?th=w").await), [false, false, true]);
    site.put("top/x/b9.png", &picture(40, 40, [0, 255, 0], ImageFormat::Png));
    assert_eq!(color(&site.get("/x/?th=w").await), [false, true, false]);
    site.put("top/x/cover.jpg", &picture(40, 40, [255, 0, 0], ImageFormat::Jpeg));
    assert_eq!(color(&site.get("/x/?th=w").await), [true, false, false]);
    site.put("top/x/folder.png", &picture(40, 40, [255, 255, 255], ImageFormat::Png));
    assert_eq!(color(&site.get("/x/?th=w").await), [true, true, true]);
}

#[tokio::test]
async fn settings_take_effect() {
    let change = |settings: &mut Settings| {
        settings.behaviour.thumbnails.no_webp = true;
        let [top, small, off] = &mut settings.volumes[..] else { panic!("three volumes") };
        top.flags.thumbnails.crop = Choice::ForcedNo;
        (small.flags.thumbnails.size, small.flags.thumbnails.triple) = ((64, 32), Choice::ForcedNo);
        small.flags.thumbnails.covers = vec!["art.png".into()];
        off.flags.thumbnails.off = true;
    };
    let site = site_with(&[("", "r"), ("small", "r"), ("off", "r")], Box::new(change)).await;
    for volume in ["top", "small", "off"] {
        site.put(&format!("{volume}/a.png"), &red(400, 300));
    }
    site.put("small/art.png", &picture(40, 40, [0, 255, 0], ImageFormat::Png));
    assert_eq!(kind(&site.get("/a.png?th=w").await), ("image/jpeg".into(), 320, 240));
    assert_eq!(kind(&site.get("/small/a.png?th=w3").await), ("image/jpeg".into(), 64, 32));
    assert_eq!(color(&site.get("/small/?th").await), [false, true, false]);
    assert!(is_icon(&site.get("/off/a.png?th=w").await) && is_icon(&site.get("/off/?th=w").await));
    assert!(kept(&site, "off").is_empty());
}

#[tokio::test]
async fn what_only_browsers_decode_is_sent_itself() {
    let site = site(&[("", "r")]).await;
    site.put("top/a.avif", b"only a browser knows");
    let answer = site.get("/a.avif?th=w").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/avif"));
    assert_eq!(answer.text(), "only a browser knows");
    let head = site.ask("HEAD", "/a.avif?th=w", &[]).await;
    assert_eq!((head.status, head.response.body().len()), (200, 0));
    // A drawing that takes too long here would take too long in the browser.
    site.put("top/a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>");
    let answer = site.get("/a.svg?th=w").await;
    assert_eq!(answer.header("cache-control"), "no-store, max-age=0", "it may be complete at the next request");
    assert!(is_icon(&answer));
}
