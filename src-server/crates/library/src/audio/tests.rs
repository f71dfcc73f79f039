//! What FFmpeg makes of sound, in the sandbox that the server uses. Skipped, and said so, without it.

use super::{AudioFormat, PEAKS, caf, peaks};
use crate::media_tools::tests::{make, open, sandboxed_tools};
use model::transcode_settings::TranscodeSettings;
use std::time::Duration;

const TIME: Duration = Duration::from_secs(200);

#[test]
fn the_waveform_of_a_sound_is_found() {
    let Some(tools) = sandboxed_tools() else { return };
    let tmp = tempfile::tempdir().expect("a folder");
    // Two seconds of silence, then two of a tone.
    let filter = "anullsrc=r=44100:cl=stereo:d=2[a];sine=f=440:d=2,aformat=cl=stereo,volume=8[b];[a][b]concat=v=0:a=1";
    for name in ["a.mp3", "a.flac", "a.opus", "a.m4a", "a.wma"] {
        make(tmp.path(), name, &["-f", "lavfi", "-i", filter]);
        let ffmpeg = tools.ffmpeg().expect("works");
        let peaks = peaks::peaks(ffmpeg, tools.children(), &open(tmp.path(), name), TIME).expect("decodes");
        assert_eq!(peaks.len(), PEAKS);
        assert!(peaks[PEAKS / 4] < 8 && peaks[PEAKS * 3 / 4] > 60, "{name}: {} {}", peaks[512], peaks[1536]);
    }
    for (name, content) in [("b.mp3", &b"no sound"[..]), ("c.mp3", b""), ("d.mp3", b"#EXTM3U\na.mp3\n")] {
        std::fs::write(tmp.path().join(name), content).expect("writes");
        let ffmpeg = tools.ffmpeg().expect("works");
        assert!(peaks::peaks(ffmpeg, tools.children(), &open(tmp.path(), name), TIME).is_err(), "{name}");
    }
}

#[test]
fn every_format_can_be_made() {
    let Some(tools) = sandboxed_tools() else { return };
    let tmp = tempfile::tempdir().expect("a folder");
    let cover = ["-f", "lavfi", "-i", "color=red:size=64x64", "-frames:v", "1"];
    make(tmp.path(), "cover.jpg", &cover);
    let attach = ["-map", "0", "-map", "1", "-disposition:v:0", "attached_pic"];
    make(tmp.path(), "a.mp3", &[&["-f", "lavfi", "-i", "sine=d=3", "-i", "cover.jpg"][..], &attach].concat());
    let ffmpeg = tools.ffmpeg().expect("works");
    for format in AudioFormat::ALL {
        assert!(ffmpeg.encodes(format.encoder()), "{format:?}");
        let options = format.options(&TranscodeSettings::default());
        let after: Vec<&str> = options.iter().map(String::as_str).collect();
        let command = ffmpeg.read(open(tmp.path(), "a.mp3"), &["-vn", "-sn", "-dn"], &after);
        let mut made = tools.children().run(command).expect("converts").stdout;
        if format == AudioFormat::Caf {
            made = caf::from_ogg(&made).expect("is Opus");
        }
        let name = format!("made.{}", format.word());
        std::fs::write(tmp.path().join(&name), &made).expect("writes");
        // FFmpeg reads it back, and finds the same length.
        let peaks = peaks::peaks(ffmpeg, tools.children(), &open(tmp.path(), &name), TIME).expect("decodes");
        assert!(peaks.iter().filter(|&&peak| peak > 10).count() > PEAKS * 9 / 10, "{format:?}");
        let show = ["-show_entries", "format=duration", "-of", "csv=p=0"];
        let probe = tools.ffprobe().expect("works").read(open(tmp.path(), &name), &[], &show);
        let duration = String::from_utf8(tools.children().run(probe).expect("reads").stdout).expect("UTF-8");
        let has_length = !matches!(format, AudioFormat::Owa | AudioFormat::Flac | AudioFormat::Aac);
        let seconds = duration.trim().parse::<f64>();
        assert!(!has_length || seconds.is_ok_and(|seconds| (2.9..3.2).contains(&seconds)), "{format:?}: {duration}");
    }
}
