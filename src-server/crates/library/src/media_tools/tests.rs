//! FFmpeg reads the file that it is given and nothing else, whatever the file says. Skipped, and said so, without it.

use super::{MediaTool, MediaTools, encoders_of, reading_standard_input};
use crate::child_process::{ChildLimits, ChildProcesses, Program};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use store::disk::{Folder, Node, OpenFile};

fn tools() -> Option<MediaTools> {
    if Program::find("ffmpeg").is_none() || Program::find("ffprobe").is_none() {
        eprintln!("skipped: FFmpeg is not installed");
        return None;
    }
    Some(MediaTools::new(ChildProcesses::new(2)))
}

/// The tools in the sandbox, as in the server. Playlists below must be refused without it, too.
pub(crate) fn sandboxed_tools() -> Option<MediaTools> {
    tools().map(|_| MediaTools::new(crate::child_process::tests::processes()))
}

pub(crate) fn open(folder: &Path, name: &str) -> Arc<OpenFile> {
    let folder = Folder::open_root(folder).expect("opens");
    let path = model::VPath::parse(name.as_bytes()).expect("a path");
    let Ok(Node::File(file)) = folder.open(&path) else { panic!("no file") };
    Arc::new(file)
}

/// Makes a file with FFmpeg, by hand.
pub(crate) fn make(folder: &Path, name: &str, args: &[&str]) {
    let made =
        Command::new("ffmpeg").current_dir(folder).args(["-v", "error", "-nostdin"]).args(args).arg(name).status();
    assert!(made.expect("starts").success(), "{name}");
}

/// Reads the first frame of the file as raw pixels.
fn first_frame(tools: &MediaTools, ffmpeg: &MediaTool, file: Arc<OpenFile>) -> Result<usize, String> {
    let after = ["-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"];
    let limits = ChildLimits { time: Duration::from_secs(100), ..ChildLimits::default() };
    let ran = tools.children().run(ffmpeg.read(file, &[], &after).limits(limits));
    ran.map(|output| output.stdout.len()).map_err(|error| error.to_string())
}

#[test]
fn videos_are_read_whatever_their_name() {
    let Some(tools) = sandboxed_tools() else { return };
    let tmp = tempfile::tempdir().expect("a folder");
    make(tmp.path(), "a.mp4", &["-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=2"]);
    let ffmpeg = tools.ffmpeg().expect("works");
    for name in ["-i", "concat:a.mp4|b.mp4", "http:a", "a%03d.png", "-f", "pipe:", "\u{fc}\n"] {
        std::fs::copy(tmp.path().join("a.mp4"), tmp.path().join(name)).expect("copies");
        assert_eq!(first_frame(&tools, ffmpeg, open(tmp.path(), name)), Ok(64 * 48 * 3), "{name}");
    }
    let show = ["-show_entries", "format=duration", "-of", "csv=p=0"];
    let probe = tools.ffprobe().expect("works").read(open(tmp.path(), "a.mp4"), &[], &show);
    let output = tools.children().run(probe).expect("runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "2.000000");
}

#[test]
fn playlists_are_not_followed() {
    let Some(tools) = tools() else { return };
    let tmp = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    listener.set_nonblocking(true).expect("does not wait");
    let url = format!("http://{}/a.ts", listener.local_addr().expect("has an address"));
    make(tmp.path(), "a.ts", &["-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=2"]);
    make(tmp.path(), "a.png", &["-f", "lavfi", "-i", "testsrc=size=64x48", "-frames:v", "1"]);
    let video = tmp.path().join("a.ts").display().to_string();
    let list = |target: &str| format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{target}\n#EXT-X-ENDLIST\n");
    let scripts = [
        list(&video),
        list(&url),
        list(&format!("file:{video}")),
        list(&format!("concat:{video}|/etc/passwd")),
        list(&format!("subfile,,start,0,end,0,,:{video}")),
        format!("ffconcat version 1.0\nfile '{video}'\n"),
        format!("ffconcat version 1.0\nfile '{url}'\n"),
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=a\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n".into(),
        format!(
            "<?xml version='1.0'?><MPD><Period><AdaptationSet><BaseURL>{url}</BaseURL></AdaptationSet></Period></MPD>"
        ),
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink' width='9' height='9'><image x:href='{}/a.png' width='9' height='9'/></svg>",
            tmp.path().display()
        ),
    ];
    let ffmpeg = tools.ffmpeg().expect("works");
    for (number, script) in scripts.iter().enumerate() {
        // Also behind a name that promises a video.
        for name in [format!("{number}.m3u8"), format!("{number}.mp4"), format!("{number}.concat")] {
            std::fs::write(tmp.path().join(&name), script).expect("writes");
            let read = first_frame(&tools, ffmpeg, open(tmp.path(), &name));
            assert!(read.is_err(), "{name}: {script}");
        }
    }
    assert!(listener.accept().is_err(), "FFmpeg has connected to a server");
}

#[test]
fn lists_of_ffmpeg_are_understood() {
    assert_eq!(reading_standard_input("Input:\n  async\n  fd\n  file\n"), Some(("fd", "fd:")));
    assert_eq!(reading_standard_input("Input:\n  pipe\n"), None);
    if cfg!(unix) {
        assert_eq!(reading_standard_input("Input:\n  file\n"), Some(("file", "file:/dev/stdin")));
    }
    let list = "Encoders:\n V..... = Video\n ------\n V....D libx264   H.264\n A....D libopus   Opus\n";
    assert_eq!(encoders_of(list), ["libx264", "libopus"]);
}
