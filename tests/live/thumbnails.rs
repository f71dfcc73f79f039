//! A thumbnail is made once, kept in the volume's state folder, and served from there after a restart.

use super::people::exchange;
use super::*;
use std::path::Path;

/// A BMP file of one color (blue, green, red).
fn bmp(width: u32, height: u32, color: [u8; 3]) -> Vec<u8> {
    let row: Vec<u8> =
        color.repeat(width as usize).into_iter().chain([0; 3]).take((width * 3).next_multiple_of(4) as usize).collect();
    let pixels = row.repeat(height as usize);
    let mut bytes = b"BM".to_vec();
    bytes.extend((54 + pixels.len() as u32).to_le_bytes());
    bytes.extend([0; 4]);
    for number in [54, 40, width, height] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend([1, 0, 24, 0]);
    bytes.extend([0; 4]);
    bytes.extend((pixels.len() as u32).to_le_bytes());
    bytes.extend([0; 16]);
    bytes.extend(pixels);
    bytes
}

fn kept(top: &Path) -> usize {
    let folders =
        std::fs::read_dir(top.join(".hist/th")).into_iter().flatten().map(|entry| entry.expect("an entry").path());
    folders.map(|folder| std::fs::read_dir(folder).expect("a folder").count()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn thumbnails_are_made_once_and_survive_a_restart() {
    let live = Live::start().await;
    let top = live.dir.path().join("files");
    std::fs::write(top.join("a.bmp"), bmp(640, 480, [0, 0, 255])).expect("writes");
    std::fs::write(top.join("broken.bmp"), b"BM and nothing else").expect("writes");
    let (status, answer) = get(live.addr(), "/a.bmp?th=w");
    assert_eq!(status, 200, "{answer}");
    assert!(answer.to_lowercase().contains("content-type: image/webp") && answer.contains("RIFF"), "{answer}");
    let tag = answer.split_once("etag: ").and_then(|(_, rest)| rest.split_once("\r\n")).expect("a tag").0.to_owned();
    let known = exchange(live.addr(), &format!("GET /a.bmp?th=w HTTP/1.1\r\nIf-None-Match: {tag}"), "");
    assert!(known.starts_with("HTTP/1.1 304 "), "{known}");
    let (status, icon) = get(live.addr(), "/broken.bmp?th=w");
    assert!(status == 200 && icon.contains("image/svg+xml"), "{icon}");
    let (_, folder) = get(live.addr(), "/?th=w");
    assert!(folder.contains(&tag), "the folder shows its first picture: {folder}");
    assert_eq!(kept(&top), 2);

    // What was kept is served: marked here, so that it can be told from one that is made again.
    let Live { control, dir, .. } = live;
    control.stop().await;
    for folder in std::fs::read_dir(top.join(".hist/th")).expect("a folder") {
        for file in std::fs::read_dir(folder.expect("an entry").path()).expect("a folder") {
            let path = file.expect("an entry").path();
            let mut bytes = std::fs::read(&path).expect("reads");
            if !bytes.is_empty() {
                bytes.extend(b"marked");
                std::fs::write(&path, bytes).expect("writes");
            }
        }
    }
    let live = Live::start_in(dir, StartOptions::default(), |_| {}).await;
    let (status, answer) = get(live.addr(), "/a.bmp?th=w");
    assert!(status == 200 && answer.contains(&tag) && answer.ends_with("marked"), "{answer}");
    live.control.stop().await;
}

/// Starts a server whose folder holds what FFmpeg makes; `None`, said so, without FFmpeg.
async fn with_media(names: &[(&str, &[&str])]) -> Option<Live> {
    let live = Live::start().await;
    let top = live.dir.path().join("files");
    for (name, args) in names {
        let made = std::process::Command::new("ffmpeg")
            .current_dir(&top)
            .args(["-v", "error", "-nostdin", "-f", "lavfi", "-i"])
            .args(*args)
            .arg(format!("file:{name}"))
            .status();
        match made {
            Ok(status) => assert!(status.success(), "{name}"),
            Err(_) => {
                eprintln!("skipped: FFmpeg is not installed");
                return None;
            }
        }
    }
    Some(live)
}

#[tokio::test(flavor = "multi_thread")]
async fn videos_drawings_and_sounds_have_thumbnails_whatever_their_name() {
    let video: &[&str] = &["testsrc=size=320x240:duration=3", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-f", "mp4"];
    let sound: &[&str] = &["sine=d=2", "-f", "mp3"];
    let names = [("a.mp4", video), ("-i.mp4", video), ("concat:a.mp4", video), ("http:a.mkv", video), ("a.mp3", sound)];
    let Some(live) = with_media(&names).await else { return };
    let top = live.dir.path().join("files");
    for (name, _) in names {
        let (status, answer) = get(live.addr(), &format!("/{}?th=j", name.replace(':', "%3A")));
        assert!(status == 200 && answer.to_lowercase().contains("content-type: image/jpeg"), "{name}: {answer}");
    }
    let secret = top.join("a.mp4").display().to_string();
    std::fs::write(top.join("list.mp4"), format!("#EXTM3U\n#EXTINF:1,\n{secret}\n")).expect("writes");
    let (_, icon) = get(live.addr(), "/list.mp4?th=j");
    assert!(icon.contains("image/svg+xml"), "{icon}");
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_tell_the_shape_of_pictures_that_have_a_thumbnail() {
    let live = Live::start().await;
    let top = live.dir.path().join("files");
    std::fs::write(top.join("a b.bmp"), bmp(640, 480, [0, 0, 255])).expect("writes");
    let listed = |path: &str| get(live.addr(), path).1;
    assert!(!listed("/?ls").contains("\"pic\""));
    get(live.addr(), "/a%20b.bmp?th=w");
    assert!(listed("/?ls").contains("\"pic\": [640, 480, \""), "{}", listed("/?ls"));
    let lines = listed("/.potluck/api/v1/folder?path=/");
    assert!(lines.contains("\"picture\":{\"width\":640,\"height\":480,\"thumbhash\":\""), "{lines}");
    // Another picture of that name.
    std::fs::write(top.join("a b.bmp"), bmp(64, 48, [0, 0, 255])).expect("writes");
    assert!(!listed("/?ls").contains("\"pic\""));
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sounds_are_converted_while_they_are_sent_and_kept() {
    let noise: &[&str] = &["anoisesrc=d=20:a=0.5", "-f", "flac"];
    let Some(live) = with_media(&[("a.flac", noise)]).await else { return };
    let top = live.dir.path().join("files");
    std::fs::write(top.join("broken.flac"), "fLaC and nothing else").expect("writes");
    for (kind, media_type, start) in
        [("opus", "audio/ogg; codecs=opus", "OggS"), ("mp3", "audio/mpeg", "ID3"), ("caf", "audio/x-caf", "caff")]
    {
        let (status, first) = get(live.addr(), &format!("/a.flac?th={kind}"));
        assert!(status == 200 && first.contains(&format!("content-type: {media_type}\r\n")), "{kind}: {first:.300}");
        assert!(first.contains(start), "{kind}");
        // The second is answered from the file that was kept: with its length, and in parts.
        let known = exchange(live.addr(), &format!("GET /a.flac?th={kind} HTTP/1.1\r\nRange: bytes=0-3"), "");
        assert!(known.starts_with("HTTP/1.1 206 ") && known.contains(start.get(..3).expect("three")), "{known:.300}");
        assert!(known.contains(&format!("content-type: {media_type}\r\n")), "{known:.300}");
    }
    for (path, expected) in [
        ("/a.flac?th=flac", 415),
        ("/broken.flac?th=mp3", 415),
        ("/broken.flac?th=mp3", 415),
        ("/broken.flac?th=p", 404),
        ("/missing.flac?th=mp3", 404),
        ("/?th=p", 404),
        ("/?th=opus", 404),
    ] {
        assert_eq!(get(live.addr(), path).0, expected, "{path}");
    }
    let (status, peaks) = get(live.addr(), "/a.flac?th=peaks");
    assert!(status == 200 && peaks.contains("content-length: 2048\r\n"), "{peaks:.300}");
    let (status, picture) = get(live.addr(), "/a.flac?th=p");
    assert!(status == 200 && picture.contains("content-type: image/png\r\n"), "{picture:.300}");
    live.control.stop().await;
}
