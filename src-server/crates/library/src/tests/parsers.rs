//! Parsers of tags (`mtp`): run once for each content, on the files that their flags name, within their limits.
#![cfg(unix)]

use super::World;
use crate::child_process::Program;
use crate::{BackgroundWork, Next, TagValue};
use model::settings::Settings;
use model::tag_flags::TagMode;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

const SONG: &[u8] = include_bytes!("../../tests/data/a.flac");

/// A world with programs in its folder `p`, and a volume `v` that uses `parsers` (`$p` stands for the folder).
fn world(programs: &[(&str, &str)], parsers: &[&str]) -> World {
    let world = World::with(&[("v", "v", "rwmd. *")], |settings| {
        let tags = &mut settings.volumes[0].flags.tags;
        tags.mode = TagMode::All;
        tags.set_names("+a,b,c,d,mood,run");
    });
    for (name, script) in programs {
        world.write(&format!("p/{name}"), script);
        let path = world.path(&format!("p/{name}"));
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("sets the mode");
    }
    world.set_parsers(parsers);
    world
}

impl World {
    fn set_parsers(&self, parsers: &[&str]) {
        let folder = self.path("p");
        self.site.change(|settings: &mut Settings| {
            let tags = &mut settings.volumes[0].flags.tags;
            tags.parsers.clear();
            for parser in parsers {
                tags.add_parsers(&parser.replace("$p", folder.to_str().expect("is UTF-8"))).expect("is a parser");
            }
        });
    }

    /// How often the programs that write into `log` have run.
    fn log(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path("p/log")).unwrap_or_default();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }
}

fn text(all: &BTreeMap<String, BTreeMap<String, TagValue>>, file: &str, tag: &str) -> String {
    match all[file].get(tag) {
        Some(TagValue::Text(text)) => format!("'{text}'"),
        Some(TagValue::Integer(number)) => number.to_string(),
        Some(TagValue::Real(number)) => number.to_string(),
        Some(TagValue::Null) => "null".into(),
        None => "-".into(),
    }
}

#[tokio::test]
async fn flags_choose_files_and_what_is_stored() {
    let echo = |text: &str| format!("#!/bin/sh\nprintf '{text}'\n");
    let programs = [
        ("all", echo(" two\\n lines \\n")),
        ("key", echo("99.5")),
        ("bpm", echo("7")),
        ("fails", "#!/bin/sh\necho kept; echo a message >&2; exit 3\n".into()),
        ("empty", "#!/bin/sh\n".into()),
        ("json", echo("{\"a\": \" A \", \"b\": 12.5, \"c\": null, \"x\": 1}")),
        ("nojson", echo("no JSON")),
        ("where", "#!/bin/sh\nprintf %s \"$(pwd) $#\"\n".into()),
    ];
    let programs: Vec<_> = programs.iter().map(|(name, script)| (*name, script.as_str())).collect();
    for (parsers, want) in [
        // Text inside a value stays; numbers are numbers only where the tag is one.
        (&["mood=ad,$p/all"][..], &[("s.flac", "mood", "'two\n lines'"), ("t.txt", "mood", "'two\n lines'")][..]),
        (&["mood=$p/all"], &[("s.flac", "mood", "'two\n lines'"), ("t.txt", "mood", "-"), ("i.png", "mood", "-")]),
        (&["mood=ay,$p/all"], &[("s.flac", "mood", "'two\n lines'"), ("t.txt", "mood", "-")]),
        (
            &["mood=an,$p/all"],
            &[("s.flac", "mood", "-"), ("t.txt", "mood", "'two\n lines'"), ("i.png", "mood", "'two\n lines'")],
        ),
        (
            &["mood=ad,etxt,ejpg,$p/all"],
            &[("s.flac", "mood", "-"), ("t.txt", "mood", "'two\n lines'"), ("i.png", "mood", "-")],
        ),
        // What is known stays without `f`.
        (&[".bpm=$p/bpm", "key=f,$p/key"], &[("s.flac", ".bpm", "172"), ("s.flac", "key", "'99.5'")]),
        (&[".bpm=f,$p/bpm"], &[("s.flac", ".bpm", "7"), ("s.flac", "key", "'8A'")]),
        (&["a=$p/fails", "b=$p/empty"], &[("s.flac", "a", "'kept'"), ("s.flac", "b", "-")]),
        (&["a=c0,$p/all", "b=$p/missing"], &[("s.flac", "a", "-"), ("s.flac", "b", "-"), ("s.flac", "title", "'Ttl'")]),
        (
            &["a,b,c,d=$p/json"],
            &[("s.flac", "a", "' A '"), ("s.flac", "b", "12.5"), ("s.flac", "c", "null"), ("s.flac", "d", "-")],
        ),
        (&["a,b=$p/nojson"], &[("s.flac", "a", "-"), ("s.flac", "b", "-")]),
    ] {
        let mut world = world(&programs, parsers);
        world.write("v/s.flac", SONG);
        world.write("v/t.txt", "a text");
        world.write("v/i.png", include_bytes!("../../tests/data/a.png"));
        world.settle().await;
        let all = world.all_tags().await;
        for (file, tag, want) in want {
            assert_eq!(text(&all, &format!("/v/{file}"), tag), *want, "{parsers:?} {file} {tag}: {all:?}");
        }
    }
    let mut world = world(&programs, &["a=$p/where"]);
    world.write("v/s.flac", SONG);
    world.settle().await;
    let want = format!("'{} 1'", world.path("v").canonicalize().expect("exists").display());
    assert_eq!(text(&world.all_tags().await, "/v/s.flac", "a"), want, "the folder of the volume, and one argument");
}

/// Ends once a file is there; after twenty seconds by itself.
const PARSER_THAT_WAITS: &str = "#!/bin/sh\nn=0\nwhile [ ! -e \"$(dirname \"$0\")/go\" ] && [ $n -lt 200 ]; do\n  sleep 0.1\n  \
                                 n=$((n + 1))\ndone\necho calm\n";

#[tokio::test]
async fn slow_parsers_of_one_volume_do_not_delay_the_tags_of_others() {
    let mut world = World::with(&[("a", "a", "r. *"), ("z", "z", "r. *")], |settings| {
        settings.volumes.iter_mut().for_each(|volume| {
            volume.flags.tags.mode = TagMode::All;
            volume.flags.tags.set_names("+mood");
        });
    });
    world.write("p/slow", PARSER_THAT_WAITS);
    let slow = world.path("p/slow");
    std::fs::set_permissions(&slow, PermissionsExt::from_mode(0o755)).expect("sets the mode");
    world.site.change(|settings: &mut Settings| {
        let tags = &mut settings.volumes[0].flags.tags;
        tags.add_parsers(&format!("mood=ad,etxt,{}", slow.display())).expect("is a parser");
    });
    world.write("a/t.txt", "a text");
    world.write("z/s.flac", SONG);
    for indexer in &mut world.indexers {
        while indexer.step().await.expect("works") == Next::Step {}
    }
    while world.hasher.step(Arc::default()).await.expect("works") == Next::Step {}
    let mut tagger = world.library.tagger();
    let tagging = tokio::spawn(async move { while tagger.step(Arc::default()).await.expect("works") == Next::Step {} });
    while text(&world.all_tags().await, "/z/s.flac", "title") == "-" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(text(&world.all_tags().await, "/a/t.txt", "mood"), "-", "the parser still waits");
    world.write("p/go", "");
    tagging.await.expect("tags");
    world.settle().await;
    assert_eq!(text(&world.all_tags().await, "/a/t.txt", "mood"), "'calm'");
}

#[tokio::test]
async fn a_content_is_parsed_once_and_names_are_no_commands() {
    let script = "#!/bin/sh\nbasename \"$1\" >> \"$(dirname \"$0\")/log\"\ntest -f \"$1\" && echo yes\n";
    let mut world = world(&[("count", script)], &["run=ad,$p/count"]);
    world.write("v/$(touch ..;x) 'a\" -n;.flac", SONG);
    world.write("v/-n.txt", "-n");
    world.write("v/copy of n.txt", "-n");
    world.settle().await;
    assert_eq!(world.log().len(), 2, "{:?}", world.log());
    let all = world.all_tags().await;
    assert_eq!(all.len(), 3);
    for file in all.keys() {
        assert_eq!(text(&all, file, "run"), "'yes'", "{all:?}");
    }
    // Neither renames, nor copies, nor a restart run it again; a changed content does.
    std::fs::rename(world.path("v/-n.txt"), world.path("v/n.txt")).expect("renames");
    std::fs::copy(world.path("v/n.txt"), world.path("v/late copy.txt")).expect("copies");
    world.settle_until("run = yes and name like late*", &["/v/late copy.txt"]).await;
    let mut world = world.restarted_after(|_| {});
    world.settle().await;
    assert_eq!(world.log().len(), 2, "{:?}", world.log());
    world.write("v/n.txt", "changed");
    for _ in 0..600 {
        world.settle().await;
        if world.log().len() > 2 {
            break;
        }
        // Real time: the operating system tells of changes.
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(world.log(), ["$(touch ..;x) 'a\" -n;.flac", "-n.txt", "n.txt"].map(str::to_owned).as_slice());
    // Reading all again runs it again.
    world.site.change(|settings| settings.volumes[0].flags.tags.mode = TagMode::Again);
    world.settle().await;
    assert_eq!(world.log().len(), 6, "one for each content: {:?}", world.log());
}

#[tokio::test]
async fn parsers_end_within_their_limits_and_are_not_tried_again() {
    let run = "#!/bin/sh\necho $1 >> \"$(dirname \"$0\")/log\"\n";
    let slow = format!("{run}sleep 1000 & sleep 1000\necho late\n");
    let long = format!("{run}yes\n");
    let mut world = world(&[("slow", &slow), ("long", &long)], &["a=t1,$p/slow", "b=$p/long"]);
    world.write("v/s.flac", SONG);
    world.settle().await;
    let all = world.all_tags().await;
    assert_eq!((text(&all, "/v/s.flac", "a"), text(&all, "/v/s.flac", "b")), ("-".into(), "-".into()));
    assert_eq!(text(&all, "/v/s.flac", "title"), "'Ttl'");
    world.settle().await;
    assert_eq!(world.log().len(), 2, "{:?}", world.log());
}

#[tokio::test]
async fn later_parsers_get_the_tags_so_far() {
    let first = "#!/bin/sh\necho 0.5\n";
    let copy = "#!/bin/sh\ncat\n";
    let mut world = world(&[("first", first), ("copy", copy)], &["mood=p2,$p/copy", "a=$p/copy", "b=p1,$p/first"]);
    world.write("v/s.flac", SONG);
    world.settle().await;
    let all = world.all_tags().await;
    assert_eq!(text(&all, "/v/s.flac", "a"), "-", "no input");
    let Some(TagValue::Text(given)) = all["/v/s.flac"].get("mood") else { panic!("{all:?}") };
    let given: serde_json::Value = serde_json::from_str(given).expect("is JSON");
    for (tag, want) in
        [("b", "0.5".into()), ("title", "Ttl".into()), (".bpm", 172.into()), ("key", serde_json::json!("8A"))]
    {
        assert_eq!(given[tag], want, "{given}");
    }
}

/// A program as people write them: decodes with FFmpeg, finds the distance of the beats.
const BPM: &str = r#"
import array, subprocess, sys
raw = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", "file:" + sys.argv[1], "-ac", "1", "-ar", "8000", "-f", "s16le", "-"],
                     stdout=subprocess.PIPE).stdout
samples = array.array("h", raw)
step = 80
energy = [sum(abs(s) for s in samples[i:i + step]) for i in range(0, len(samples) - step, step)]
limit = max(energy) / 2
onsets = [i for i in range(1, len(energy)) if energy[i] >= limit > energy[i - 1]]
gaps = sorted(b - a for a, b in zip(onsets, onsets[1:]))
print(round(60 / (gaps[len(gaps) // 2] * step / 8000)))
"#;

#[tokio::test]
async fn a_program_that_counts_beats() {
    if Program::find("ffmpeg").is_none() || Program::find("python3").is_none() {
        eprintln!("skipped: FFmpeg or Python is not installed");
        return;
    }
    let mut world = world(&[("bpm.py", BPM)], &[".bpm=f,t100,$p/bpm.py"]);
    // A click of 20 ms every half second.
    let click = "aevalsrc=if(lt(mod(t\\,0.5)\\,0.02)\\,sin(2*PI*1000*t)\\,0):s=8000:d=8";
    let made = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-f", "lavfi", "-i", click, "-metadata", "title=Clicks"])
        .arg(world.path("v/clicks.flac"))
        .status();
    assert!(made.expect("starts").success());
    world.write("v/damaged.flac", &SONG[..SONG.len() / 3]);
    world.settle().await;
    let all = world.all_tags().await;
    assert_eq!(text(&all, "/v/clicks.flac", ".bpm"), "120", "{all:?}");
    assert_eq!(world.find("*", ".bpm > 119 and .bpm < 121").await, ["/v/clicks.flac"]);
}
