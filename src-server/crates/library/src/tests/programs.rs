//! FFprobe reads what the decoders of this program cannot. Skipped, and said so, without FFmpeg.

use super::World;
use crate::TagValue;
use crate::child_process::Program;
use model::tag_flags::TagMode;
use std::process::Command;

/// A world whose volume `v` reads all tags, with this file of each name made by FFmpeg; `None` if it is not installed.
fn world(files: &[(&str, &[&str])]) -> Option<World> {
    if Program::find("ffmpeg").is_none() || Program::find("ffprobe").is_none() {
        eprintln!("skipped: FFmpeg is not installed");
        return None;
    }
    let world = World::with(&[("v", "v", "rwmd. *")], |settings| {
        settings.volumes[0].flags.tags.mode = TagMode::All;
        settings.volumes[0].flags.tags.set_names("+genre");
    });
    for (name, args) in files {
        let made = Command::new("ffmpeg")
            .current_dir(world.path("v"))
            .args(["-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=25:duration=1"])
            .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=1"])
            .args(["-metadata", "title=Ttl", "-metadata", "artist=Art", "-metadata", "album_artist=AlbArt"])
            .args(["-metadata", "track=03/12", "-metadata", "date=2019-05-06"])
            .args(*args)
            .arg(name)
            .status();
        assert!(made.expect("starts").success(), "{name}");
    }
    Some(world)
}

const VIDEO: &[&str] = &["-map", "0:v", "-map", "1:a"];

fn with<'a>(first: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [first, more].concat()
}

#[tokio::test]
async fn videos_and_rare_sounds_are_described() {
    let webm = with(VIDEO, &["-c:v", "libvpx", "-c:a", "libopus"]);
    let mkv = with(VIDEO, &["-c:v", "libx264", "-c:a", "aac"]);
    let mp4 = with(&mkv, &["-movflags", "use_metadata_tags", "-metadata", "tmpo=172"]);
    let wma = ["-map", "1:a", "-c:a", "wmav2"];
    let cover = [
        "-map",
        "1:a",
        "-map",
        "0:v",
        "-frames:v",
        "1",
        "-c:v",
        "png",
        "-c:a",
        "aac",
        "-disposition:v",
        "attached_pic",
    ];
    let jp2 = ["-map", "0:v", "-frames:v", "1", "-c:v", "jpeg2000", "-f", "image2"];
    let files: [(&str, &[&str]); 6] =
        [("a.webm", &webm), ("a.mkv", &mkv), ("a.mp4", &mp4), ("a.wma", &wma), ("cover.mka", &cover), ("a.jp2", &jp2)];
    let Some(mut world) = world(&files) else { return };
    world.write("v/text.mkv", "no video at all, only text");
    world.write("v/list.ts", "#EXTM3U\n#EXTINF:1\nhttp://127.0.0.1:1/a.ts\n");
    world.settle().await;
    let all = world.all_tags().await;
    let text = |file: &str, tag: &str| match all[&format!("/v/{file}")].get(tag) {
        Some(TagValue::Text(text)) => text.clone(),
        Some(TagValue::Integer(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    for (file, want) in [
        ("a.webm", &[("vc", "vp8"), ("ac", "opus"), ("res", "64x48"), (".fps", "25"), ("fmt", "matroska")][..]),
        ("a.mkv", &[("vc", "h264"), ("ac", "aac"), ("res", "64x48"), (".fps", "25"), (".dur", "1")]),
        ("a.mp4", &[("vc", "h264"), ("ac", "aac"), ("res", "64x48"), (".fps", "25"), ("fmt", "mp4"), (".dur", "1")]),
        (
            "a.wma",
            &[("ac", "wmav2"), ("vc", "None"), (".dur", "1"), (".tn", "3"), ("circle", "AlbArt"), ("fmt", "asf")],
        ),
        ("cover.mka", &[("ac", "aac"), ("vc", "None"), ("res", "None"), (".fps", "None")]),
        ("a.jp2", &[("vc", "jpeg2000"), ("res", "64x48"), (".fps", "None"), (".dur", "None"), (".q", "None")]),
    ] {
        for (tag, want) in want {
            assert_eq!(text(file, tag), *want, "{file} {tag}: {:?}", all[&format!("/v/{file}")]);
        }
    }
    for file in ["a.webm", "a.mkv", "a.mp4", "a.wma"] {
        assert_eq!((text(file, "title"), text(file, "artist")), ("Ttl".into(), "Art".into()), "{file}");
    }
    for file in ["text.mkv", "list.ts"] {
        assert!(all[&format!("/v/{file}")].is_empty(), "{file}: {all:?}");
    }
}

#[tokio::test]
async fn files_are_read_again_once_ffprobe_may_be_used() {
    let mkv = with(VIDEO, &["-c:v", "libx264", "-c:a", "aac"]);
    let Some(mut world) = world(&[("a.mkv", &mkv), ("b.mp4", &mkv)]) else { return };
    std::fs::copy(world.path("v/b.mp4"), world.path("v/copy.mp4")).expect("copies");
    world.site.change(|settings| settings.behaviour.no_ffprobe = true);
    world.settle().await;
    let all = world.all_tags().await;
    assert!(all["/v/a.mkv"].is_empty(), "{all:?}");
    for name in ["/v/b.mp4", "/v/copy.mp4"] {
        assert_eq!(all[name].get("title"), Some(&"Ttl".into()), "{name}: {all:?}");
        assert_eq!(all[name].get("vc"), None, "{name}");
    }
    world.site.change(|settings| settings.behaviour.no_ffprobe = false);
    world.settle().await;
    let all = world.all_tags().await;
    for name in ["/v/a.mkv", "/v/b.mp4", "/v/copy.mp4"] {
        assert_eq!(all[name].get("vc"), Some(&"h264".into()), "{name}: {all:?}");
    }
    assert_eq!(all["/v/b.mp4"].get("title"), Some(&"Ttl".into()), "what was known stays");
}

#[tokio::test]
async fn ffprobe_alone_reads_sounds_if_the_settings_want_it() {
    let flac = ["-map", "1:a", "-metadata", "bpm=172", "-metadata", "genre=Techno"];
    let Some(mut world) = world(&[("a.flac", &flac), ("a.wav", &["-map", "1:a"])]) else { return };
    world.site.change(|settings| settings.behaviour.only_ffprobe = true);
    world.settle().await;
    let all = world.all_tags().await;
    // This program calls the codec `wave`.
    assert_eq!(all["/v/a.wav"].get("ac"), Some(&"pcm_s16le".into()), "{all:?}");
    assert_eq!(all["/v/a.wav"].get("title"), Some(&"Ttl".into()), "{all:?}");
    assert_eq!(all["/v/a.flac"].get(".bpm"), Some(&TagValue::Integer(172)), "{all:?}");
    assert_eq!(all["/v/a.flac"].get("genre"), Some(&"Techno".into()), "{all:?}");
}
