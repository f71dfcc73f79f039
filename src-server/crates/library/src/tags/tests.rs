//! Tags of files of all formats, and their normal forms.

use super::normalise::normalise;
use super::{BoundedReader, MediaKind, TagRules, read_fields};
use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use lofty::config::{ParseOptions, WriteOptions};
use lofty::file::AudioFile;
use lofty::mp4::{Atom, AtomData, AtomIdent, Mp4File};
use model::FileName;
use model::tag_flags::TagFlags;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::time::{Duration, Instant};
use store::index::TagValue;

const ALL: &str = "+chs,.hz,genre,comment,place,.resw,.resh,mood,date";

fn rules(list: &str, mappings: &str) -> TagRules {
    let mut flags = TagFlags::default();
    flags.set_names(list);
    flags.add_mappings(mappings).expect("are mappings");
    TagRules::new(&flags)
}

fn try_read(name: &str, content: &[u8], rules: &TagRules) -> std::io::Result<BTreeMap<String, String>> {
    let name = FileName::new(name.as_bytes()).expect("is a name");
    let kind = MediaKind::of(&name).expect("is a media file");
    let reader = BoundedReader::new(Cursor::new(content), Instant::now() + Duration::from_secs(600));
    let tags = rules.tags(&read_fields(&name, kind, content.len() as u64, reader)?);
    assert!(tags.is_sorted_by(|one, other| one.0 < other.0), "each once: {tags:?}");
    Ok(tags.into_iter().map(|(name, value)| (name, shown(&value))).collect())
}

fn read(name: &str, content: &[u8], rules: &TagRules) -> BTreeMap<String, String> {
    try_read(name, content, rules).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Texts are in quotes.
fn shown(value: &TagValue) -> String {
    match value {
        TagValue::Integer(number) => number.to_string(),
        TagValue::Real(number) => number.to_string(),
        TagValue::Text(text) => format!("'{text}'"),
        TagValue::Null => "null".into(),
    }
}

#[test]
fn numbers_and_keys_have_normal_forms() {
    for (tag, cases) in [
        (
            "key",
            [
                ("Am", "'8A'"),
                ("8A", "'8A'"),
                ("A minor", "'A minor'"),
                ("C#", "'3B'"),
                ("Dbm", "'12A'"),
                ("1d", "'8B'"),
                ("Ebmin", "'2A'"),
                ("foo", "'foo'"),
                ("Cmaj", "'8B'"),
                ("A", "'11B'"),
            ],
        ),
        (
            ".bpm",
            [
                ("172.50", "172.5"),
                ("0172", "172"),
                ("BPM 172", "'BPM 172'"),
                ("172bpm", "'172bpm'"),
                ("-5", "-5"),
                ("0", "0"),
                ("", "0"),
                ("1e3", "1000"),
                ("172/4", "172"),
                ("12,5", "'12,5'"),
            ],
        ),
        (
            ".tn",
            [
                ("07", "7"),
                ("3/12", "3"),
                ("A1", "'A1'"),
                ("0", "0"),
                ("1.5", "1.5"),
                ("001", "1"),
                ("", "0"),
                ("x", "'x'"),
                ("12", "12"),
                ("5", "5"),
            ],
        ),
        (
            ".x",
            [
                ("nan", "'nan'"),
                ("inf", "'inf'"),
                ("1e999", "'1e999'"),
                ("/3", "0"),
                (" 4 ", "4"),
                ("00.5", "0.5"),
                ("99999999999999999999", "100000000000000000000"),
                ("+7", "7"),
                ("e", "'e'"),
                ("-", "'-'"),
            ],
        ),
    ] {
        for (text, want) in cases {
            assert_eq!(shown(&normalise(tag, text)), want, "{tag} {text:?}");
        }
    }
    for (text, want) in [("F# / x", "F# / x"), ("gbM", "11A"), (" B b ", "6B"), ("12D", "7B"), ("10b", "10B")] {
        assert_eq!(normalise("key", text), TagValue::Text(want.into()), "{text}");
    }
}

#[test]
fn audio_files_of_all_formats_have_equal_tags() {
    let rules = rules(ALL, "");
    let data = |name: &str| std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).expect("reads");
    for (name, fmt, codec, key, dur) in [
        ("a.mp3", "mp3", "mp3", Some("'8A'"), "1"),
        ("a.m4a", "mp4", "aac", None, "1"),
        ("a.ogg", "ogg", "vorbis", Some("'8A'"), "0"),
        ("a.opus", "ogg", "opus", Some("'8A'"), "0"),
        ("a.flac", "flac", "flac", Some("'8A'"), "0"),
        ("a.aif", "aiff", "aiff", Some("'8A'"), "0"),
    ] {
        let tags = read(name, &data(name), &rules);
        let get = |tag: &str| tags.get(tag).map(String::as_str);
        for (tag, want) in [
            ("title", "'Ttl'"),
            ("artist", "'Art'"),
            ("album", "'Alb'"),
            ("circle", "'AlbArt'"),
            (".tn", "3"),
            ("tdate", "'2019-05-06'"),
            ("date", "'2019-05-06'"),
            ("chs", "'mono'"),
            (".dur", dur),
        ] {
            assert_eq!(get(tag), Some(want), "{name} {tag}: {tags:?}");
        }
        assert_eq!(get("fmt"), Some(&*format!("'{fmt}'")), "{name}");
        assert_eq!(get("ac"), Some(&*format!("'{codec}'")), "{name}");
        assert_eq!((get(".bpm"), get("key")), (Some("172"), key), "{name}");
        assert!(tags[".q"].parse::<u32>().is_ok_and(|rate| rate > 0), "{name}: {tags:?}");
        assert!(matches!(get(".hz"), Some("8000" | "48000")), "{name}: {tags:?}");
    }
    let wav = read("a.wav", &data("a.wav"), &rules);
    assert_eq!((&*wav["artist"], &*wav[".tn"], &*wav["ac"], &*wav["tdate"]), ("'Art'", "3", "'wave'", "'2019-05-06'"));
    // What a file is called does not matter, as long as it is called a sound.
    assert_eq!(read("A.MP3", &data("a.flac"), &rules)["ac"], "'flac'");
}

#[test]
fn the_key_of_mp4_is_read() {
    let mut content = Cursor::new(include_bytes!("../../tests/data/a.m4a").to_vec());
    let mut file = Mp4File::read_from(&mut content, ParseOptions::new()).expect("reads");
    let tag = file.ilst_mut().expect("has tags");
    let ident = AtomIdent::Freeform { mean: "com.apple.iTunes".into(), name: "initialkey".into() };
    tag.insert(Atom::new(ident, AtomData::UTF8("Am".into())));
    content.set_position(0);
    file.save_to(&mut content, WriteOptions::default()).expect("writes");
    let tags = read("a.m4a", content.get_ref(), &rules(ALL, ""));
    assert_eq!((&*tags[".bpm"], &*tags["key"], &*tags[".tn"]), ("172", "'8A'", "3"));
}

#[test]
fn rules_choose_tags_and_fields() {
    let flac = include_bytes!("../../tests/data/a.flac");
    assert_eq!(read("a.flac", flac, &rules("title", "")).into_keys().collect::<Vec<_>>(), ["title"]);
    assert!(read("a.flac", flac, &rules("", "")).is_empty());
    // Rows replace those of the same tag, and the first field that there is counts.
    let own = rules("artist,mood,.x", "artist=nothing;mood=none,album-artist;.x=key");
    let tags = read("a.flac", flac, &own);
    assert_eq!(tags, BTreeMap::from([("mood".into(), "'AlbArt'".into()), (".x".into(), "'Am'".into())]));
}

#[test]
fn pictures_have_their_size_and_exif_fields() {
    let rules = rules(ALL, "");
    let png = read("a.png", include_bytes!("../../tests/data/a.png"), &rules);
    assert_eq!((&*png["res"], &*png["vc"], &*png["fmt"], &*png[".resh"]), ("'64x48'", "'png'", "'png'", "48"));
    assert_eq!(png.get("camera"), None);
    let photo = with_exif(include_bytes!("../../tests/data/a.jpg"));
    let tags = read("a.JPG", &photo, &rules);
    for (tag, want) in [
        ("camera", "'Maker M1'"),
        ("taken", "'2024-05-06 07:08:09'"),
        (".orientation", "6"),
        ("place", "'-12.50000,1.75000'"),
        ("vc", "'mjpeg'"),
        ("res", "'64x48'"),
    ] {
        assert_eq!(tags.get(tag).map(String::as_str), Some(want), "{tag}: {tags:?}");
    }
    let usual = TagRules::new(&TagFlags::default());
    assert_eq!(read("a.jpg", &photo, &usual).get("place"), None, "only if it is asked for");
}

/// Returns a JPEG file with fields of EXIF.
fn with_exif(jpeg: &[u8]) -> Vec<u8> {
    let text = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
    let degrees = |all: [(u32, u32); 3]| Value::Rational(all.map(|(num, denom)| Rational { num, denom }).into());
    let fields: Vec<_> = [
        (Tag::Make, text("Maker")),
        (Tag::Model, text("M1")),
        (Tag::DateTimeOriginal, text("2024:05:06 07:08:09")),
        (Tag::Orientation, Value::Short(vec![6])),
        (Tag::GPSLatitude, degrees([(12, 1), (30, 1), (0, 1)])),
        (Tag::GPSLatitudeRef, text("S")),
        (Tag::GPSLongitude, degrees([(1, 1), (90, 2), (0, 1)])),
        (Tag::GPSLongitudeRef, text("E")),
    ]
    .into_iter()
    .map(|(tag, value)| Field { tag, ifd_num: In::PRIMARY, value })
    .collect();
    let (mut writer, mut exif) = (Writer::new(), Cursor::new(Vec::new()));
    fields.iter().for_each(|field| writer.push_field(field));
    writer.write(&mut exif, false).expect("writes");
    let exif = [b"Exif\0\0", exif.get_ref().as_slice()].concat();
    let length = u16::try_from(exif.len() + 2).expect("is short").to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

#[test]
fn damaged_files_are_errors_at_most() {
    let rules = rules(ALL, "");
    let mut random = fastrand::Rng::with_seed(15);
    for name in ["a.mp3", "a.m4a", "a.ogg", "a.opus", "a.flac", "a.aif", "a.wav", "a.png", "a.jpg"] {
        let good = std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).expect("reads");
        for round in 0..300 {
            let mut content = good.clone();
            content.truncate(if round % 2 == 0 { random.usize(..=good.len()) } else { good.len() });
            for _ in 0..random.usize(..8) {
                let length = content.len().min(random.choice([64, good.len()]).expect("not empty"));
                if length > 0 {
                    content[random.usize(..length)] = random.u8(..);
                }
            }
            // A panic of a decoder is caught by the tagger, but it would be news.
            let _tags_or_error = try_read(name, &content, &rules);
        }
    }
}

#[test]
fn reading_ends_at_the_limits() {
    let mut reader = BoundedReader::new(std::io::repeat(0), Instant::now() + Duration::from_secs(600));
    let copied = std::io::copy(&mut reader, &mut std::io::sink());
    assert!(copied.is_err_and(|error| error.to_string().contains("too much")));
    let mut late = BoundedReader::new(std::io::repeat(0), Instant::now());
    assert_eq!(late.read(&mut [0]).expect_err("is late").kind(), std::io::ErrorKind::TimedOut);
}

#[test]
fn what_ffprobe_prints_is_taken_with_care() {
    let rules = rules(ALL, "");
    let read = |kind, streams: &str, format: &str| {
        let printed = format!(r#"{{"streams": [{streams}], "format": {{{format}}}}}"#);
        let mut fields = super::Fields::default();
        super::read_printed(printed.as_bytes(), kind, &mut fields).expect("is JSON");
        rules.tags(&fields).into_iter().map(|(name, value)| (name, shown(&value))).collect::<BTreeMap<_, _>>()
    };
    let video = |rate: &str| format!(r#"{{"codec_type": "video", "codec_name": "vp8", "avg_frame_rate": "{rate}"}}"#);
    let long = r#""duration": "61.5", "bit_rate": "129999""#;
    for (rate, want) in [
        ("25/1", Some("25")),
        ("30000/1001", Some("29.97")),
        ("1000/1", Some("1000")),
        ("90000/1", None),
        ("0/0", None),
        ("1/0", None),
        ("-5/1", None),
        ("", None),
    ] {
        let tags = read(MediaKind::Video, &video(rate), long);
        assert_eq!(tags.get(".fps").map(String::as_str), want, "{rate}");
        assert_eq!((&*tags[".dur"], &*tags[".q"], &*tags["vc"]), ("61", "129", "'vp8'"));
    }
    // A still picture has no rate; a sound no picture; a frame no duration; a text is not a video.
    let still = read(MediaKind::Picture, &video("25/1"), long);
    assert_eq!(still.keys().collect::<Vec<_>>(), ["vc"]);
    assert!(read(MediaKind::Audio, &video("25/1"), long).is_empty());
    let short = read(MediaKind::Video, &video("25/1"), r#""duration": "0.09", "bit_rate": "129999""#);
    assert_eq!(short.keys().collect::<Vec<_>>(), [".fps", "vc"]);
    let ansi = r#"{"codec_type": "video", "codec_name": "ansi"}"#;
    assert!(read(MediaKind::Video, ansi, long).is_empty());
    let cover = r#"{"codec_type": "video", "codec_name": "png", "disposition": {"attached_pic": 1}}"#;
    assert!(read(MediaKind::Video, cover, long).is_empty());
    let audio = r#"{"codec_type": "audio", "codec_name": "opus", "tags": {"TITLE": "T", "x": 1}}"#;
    let both =
        read(MediaKind::Audio, &[cover, audio].join(","), r#""format_name": "mov,mp4", "tags": {"ARTIST": "A"}"#);
    assert_eq!((&*both["ac"], &*both["title"], &*both["artist"], &*both["fmt"]), ("'opus'", "'T'", "'A'", "'mp4'"));
    let mut fields = super::Fields::default();
    for wrong in ["", "{", "[[[["] {
        assert!(super::read_printed(wrong.as_bytes(), MediaKind::Audio, &mut fields).is_err(), "{wrong}");
    }
    for odd in ["1", "[]", "{}", r#"{"streams": {"a": 1}, "format": 7}"#, r#"{"streams": [1, null, "x"]}"#] {
        super::read_printed(odd.as_bytes(), MediaKind::Video, &mut fields).expect("is JSON");
    }
    assert!(fields.is_empty());
}
