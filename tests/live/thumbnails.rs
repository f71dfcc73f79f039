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
