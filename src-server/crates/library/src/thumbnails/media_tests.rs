//! Files of every kind become thumbnails, in the sandbox that the server uses; broken ones are errors in time. What needs
//! FFmpeg is skipped, and says so, without it.

use super::{Fit, Format, Limits, MediaKind, Spec, Thumbnail, ThumbnailError, make};
use crate::child_process::{ChildProcesses, tests::processes};
use crate::media_tools::MediaTools;
use crate::media_tools::tests::{make as ffmpeg, open, sandboxed_tools};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use std::path::Path;
use std::time::Duration;

const SPEC: Spec = Spec { width: 64, height: 48, fit: Fit::Crop, format: Format::Jpeg, quality: 90 };
/// Tests run beside others on slow machines.
const LIMITS: Limits =
    Limits { bytes: 256 << 20, pixels: 100_000_000, memory: 400 << 20, time: Duration::from_secs(200) };

fn of(tools: &MediaTools, folder: &Path, name: &str, kind: MediaKind) -> Result<Thumbnail, ThumbnailError> {
    make(&open(folder, name), kind, (tools, true), &SPEC, &LIMITS)
}

/// Whether most of the thumbnail has that colour.
fn is_mostly(thumbnail: &Thumbnail, expected: [u8; 3]) -> bool {
    let picture = image::load_from_memory(&thumbnail.bytes).expect("decodes").to_rgb8();
    let is_close = |pixel: &&Rgb<u8>| pixel.0.iter().zip(expected).all(|(&a, b)| a.abs_diff(b) < 60);
    picture.pixels().filter(is_close).count() * 2 > picture.pixels().count()
}

fn jpeg(width: u32, height: u32, color: [u8; 3]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgb8(RgbImage::from_pixel(width, height, Rgb(color)));
    picture.write_to(&mut bytes, ImageFormat::Jpeg).expect("encodes");
    bytes.into_inner()
}

#[test]
fn a_frame_of_a_video_is_shown() {
    let Some(tools) = sandboxed_tools() else { return };
    let tmp = tempfile::tempdir().expect("a folder");
    // Red, then blue from the third of the time on.
    let filter =
        "color=red:size=320x240:rate=10:duration=3[a];color=blue:size=320x240:rate=10:duration=6[b];[a][b]concat";
    for (name, codec) in [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.webm", "libvpx"), ("a.avi", "mpeg4")] {
        ffmpeg(tmp.path(), name, &["-f", "lavfi", "-i", filter, "-c:v", codec, "-g", "10", "-pix_fmt", "yuv420p"]);
        let thumbnail = of(&tools, tmp.path(), name, MediaKind::Video).expect("a thumbnail");
        assert!(is_mostly(&thumbnail, [0, 0, 255]), "{name}");
        assert_eq!((thumbnail.placeholder.width, thumbnail.placeholder.height), (320, 240), "{name}");
    }
    // Turned by 90 degrees, and with pixels that are not square.
    ffmpeg(tmp.path(), "turned.mp4", &["-i", "a.mp4", "-metadata:s:v", "rotate=90", "-c", "copy"]);
    let turned = of(&tools, tmp.path(), "turned.mp4", MediaKind::Video).expect("a thumbnail").placeholder;
    assert!(turned.height > turned.width, "{turned:?}");
    // Cut off in the middle, with its index at the start; and at its end.
    let source = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=9", "-pix_fmt", "yuv420p"];
    ffmpeg(tmp.path(), "fast.mp4", &[&source[..], &["-c:v", "libx264", "-movflags", "faststart"]].concat());
    let whole = std::fs::read(tmp.path().join("fast.mp4")).expect("reads");
    std::fs::write(tmp.path().join("cut.mp4"), &whole[..whole.len() / 2]).expect("writes");
    of(&tools, tmp.path(), "cut.mp4", MediaKind::Video).expect("a thumbnail of what is there");
    std::fs::write(tmp.path().join("start.mp4"), &whole[..20]).expect("writes");
    assert!(matches!(of(&tools, tmp.path(), "start.mp4", MediaKind::Video), Err(ThumbnailError::Damaged(_))));
    std::fs::write(tmp.path().join("list.mp4"), "#EXTM3U\n#EXTINF:1,\na.mp4\n").expect("writes");
    assert!(matches!(of(&tools, tmp.path(), "list.mp4", MediaKind::Video), Err(ThumbnailError::Damaged(_))));
}

#[test]
fn covers_come_before_frames_and_spectrograms() {
    let Some(tools) = sandboxed_tools() else { return };
    let tmp = tempfile::tempdir().expect("a folder");
    std::fs::write(tmp.path().join("cover.jpg"), jpeg(300, 300, [20, 200, 20])).expect("writes");
    let sound = ["-f", "lavfi", "-i", "sine=duration=2"];
    ffmpeg(tmp.path(), "plain.mp3", &sound);
    let attach = ["-map", "0", "-map", "1", "-c", "copy", "-disposition:v:0", "attached_pic"];
    ffmpeg(tmp.path(), "cover.mp3", &[&["-i", "plain.mp3", "-i", "cover.jpg"], &attach[..]].concat());
    let thumbnail = of(&tools, tmp.path(), "cover.mp3", MediaKind::Audio).expect("a thumbnail");
    assert!(is_mostly(&thumbnail, [20, 200, 20]));
    for name in ["plain.mp3", "plain.flac", "plain.opus", "plain.wav"] {
        if name != "plain.mp3" {
            ffmpeg(tmp.path(), name, &sound);
        }
        let spectrogram = of(&tools, tmp.path(), name, MediaKind::Audio).expect("a thumbnail");
        assert!(!is_mostly(&spectrogram, [20, 200, 20]) && is_mostly(&spectrogram, [4, 4, 12]), "{name}");
    }
    let video = ["-f", "lavfi", "-i", "color=red:size=320x240:duration=2", "-i", "cover.jpg", "-map", "0", "-map", "1"];
    let attach = ["-c:v:0", "libx264", "-pix_fmt", "yuv420p", "-c:v:1", "copy", "-disposition:v:1", "attached_pic"];
    ffmpeg(tmp.path(), "cover.mp4", &[&video[..], &attach].concat());
    let thumbnail = of(&tools, tmp.path(), "cover.mp4", MediaKind::Video).expect("a thumbnail");
    assert!(is_mostly(&thumbnail, [20, 200, 20]));
}

#[test]
fn other_formats_are_decoded_by_ffmpeg() {
    let Some(tools) = sandboxed_tools() else { return };
    let tmp = tempfile::tempdir().expect("a folder");
    let picture = ["-f", "lavfi", "-i", "color=blue:size=320x240", "-frames:v", "1"];
    for (name, more) in [
        ("a.avif", &["-c:v", "libaom-av1", "-still-picture", "1", "-cpu-used", "8"][..]),
        ("a.jp2", &[]),
        ("a.ppm", &[]),
        ("a.exr", &["-pix_fmt", "gbrpf32le"]),
        ("a.jxl", &[]),
    ] {
        ffmpeg(tmp.path(), name, &[&picture[..], more].concat());
        let thumbnail = of(&tools, tmp.path(), name, MediaKind::OtherPicture).expect(name);
        assert!(is_mostly(&thumbnail, [0, 0, 255]), "{name}");
        let without = make(&open(tmp.path(), name), MediaKind::OtherPicture, (&tools, false), &SPEC, &LIMITS);
        assert!(matches!(without, Err(ThumbnailError::NoProgram)), "{name}: {without:?}");
    }
}

/// A Photoshop file of one colour: header, no resources, no layers, planes without compression.
fn psd(side: u32, color: [u8; 3]) -> Vec<u8> {
    let header =
        [&b"8BPS\0\x01\0\0\0\0\0\0\0\x03"[..], &side.to_be_bytes(), &side.to_be_bytes(), b"\0\x08\0\x03"].concat();
    let plane = |channel: u8| vec![channel; (side * side) as usize];
    [header, vec![0; 12 + 2], color.map(plane).concat()].concat()
}

#[test]
fn photoshop_files_and_wrong_extensions_are_understood() {
    let Some(tools) = sandboxed_tools() else { return };
    let tmp = tempfile::tempdir().expect("a folder");
    std::fs::write(tmp.path().join("a.psd"), psd(100, [200, 40, 40])).expect("writes");
    assert!(is_mostly(&of(&tools, tmp.path(), "a.psd", MediaKind::OtherPicture).expect("a thumbnail"), [200, 40, 40]));
    std::fs::write(tmp.path().join("a.heic"), jpeg(100, 100, [40, 40, 200])).expect("writes");
    std::fs::write(tmp.path().join("a.jpg"), psd(100, [200, 40, 40])).expect("writes");
    for (name, kind, color) in
        [("a.heic", MediaKind::OtherPicture, [40, 40, 200]), ("a.jpg", MediaKind::Picture, [200, 40, 40])]
    {
        assert!(is_mostly(&of(&tools, tmp.path(), name, kind).expect("a thumbnail"), color), "{name}");
    }
}

#[test]
fn the_jpeg_in_a_raw_photo_is_used() {
    let tools = MediaTools::new(ChildProcesses::new(1));
    let tmp = tempfile::tempdir().expect("a folder");
    // A TIFF header that says "turned by 90 degrees", noise, a small preview, noise, a large one, noise.
    let tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let noise: Vec<u8> = (0..2_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (small, large) = (jpeg(40, 30, [200, 40, 40]), jpeg(640, 480, [40, 40, 200]));
    let raw = [&tiff[..], b"\xff\xd8\xff\xc3 no JPEG", &noise, &small, &noise, &large, &noise].concat();
    std::fs::write(tmp.path().join("a.cr2"), &raw).expect("writes");
    let thumbnail = of(&tools, tmp.path(), "a.cr2", MediaKind::Raw).expect("a thumbnail");
    assert!(is_mostly(&thumbnail, [40, 40, 200]));
    assert_eq!((thumbnail.placeholder.width, thumbnail.placeholder.height), (480, 640), "turned");
    // The small one is enough for a small box; a start across two reads is found.
    let at = |position: usize| [&vec![0; position][..], &small].concat();
    for position in [(1 << 20) - 2, (1 << 20) - 1, 1 << 20] {
        std::fs::write(tmp.path().join("a.nef"), at(position)).expect("writes");
        assert!(is_mostly(&of(&tools, tmp.path(), "a.nef", MediaKind::Raw).expect("a thumbnail"), [200, 40, 40]));
    }
    std::fs::write(tmp.path().join("a.arw"), &noise).expect("writes");
    assert!(matches!(of(&tools, tmp.path(), "a.arw", MediaKind::Raw), Err(ThumbnailError::UnknownFormat)));
}

#[cfg(target_os = "linux")]
#[test]
fn drawings_are_made_in_a_process_with_limits() {
    let tools = MediaTools::new(processes());
    let tmp = tempfile::tempdir().expect("a folder");
    let svg = |body: &str| {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink' width='8' height='8'>{body}</svg>"
        )
    };
    let draw = |body: &str| {
        std::fs::write(tmp.path().join("a.svg"), svg(body)).expect("writes");
        make(
            &open(tmp.path(), "a.svg"),
            MediaKind::Vector,
            (&tools, true),
            &SPEC,
            &Limits { time: Duration::from_secs(3), ..LIMITS },
        )
    };
    assert!(is_mostly(&draw("<rect width='8' height='8' fill='blue'/>").expect("is drawn"), [0, 0, 255]));
    let text = draw("<text y='8' font-size='9'>W</text>").expect("is drawn");
    assert!(!text.bytes.is_empty());
    // Each level shows ten of the level before.
    let uses = |level: usize| (0..10).map(|_| format!("<use x:href='#l{}'/>", level - 1)).collect::<String>();
    let laughs: String = (1..12).map(|level| format!("<g id='l{level}'>{}</g>", uses(level))).collect();
    let bomb = format!("<defs><rect id='l0' width='8' height='8'/>{laughs}</defs><use x:href='#l11'/>");
    let blur =
        "<filter id='f' x='-9999' y='-9999' width='99999' height='99999'><feGaussianBlur stdDeviation='9999'/></filter>"
            .to_owned() + &"<rect width='8' height='8' filter='url(#f)'/>".repeat(20_000);
    for body in [bomb, blur, "<g>".repeat(100_000)] {
        // Either way, within its time.
        match draw(&body) {
            Ok(_) | Err(ThumbnailError::Damaged(_) | ThumbnailError::TimedOut) => {}
            Err(error) => panic!("{error}"),
        }
    }
}
