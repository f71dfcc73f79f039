//! FFmpeg and FFprobe, as far as they are installed, with an input that cannot lead them anywhere else.
//!
//! FFmpeg guesses from an input's name and content what it is, and playlists, scripts and session descriptions name
//! other files and URLs. So the input is always standard input; only the demuxers of [`DEMUXERS`] are allowed, of which
//! none refers to other files; and only the one protocol that reads standard input. The process may not do more either
//! ([`Isolation::Decoder`]).

#[cfg(test)]
pub(crate) mod tests;

use crate::child_process::{ChildCommand, ChildLimits, ChildOutput, ChildProcesses, Input, Isolation, Program};
use crate::cores::processors;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use store::disk::OpenFile;

/// Demuxers that read one file and nothing else, by FFmpeg's names.
///
/// Missing on purpose: `hls`, `dash`, `concat`, `sdp`, `rtsp`, `imf`, `image2` (names with patterns), `lavfi` (filters as
/// input), `svg_pipe` (references), and whatever reads devices.
const DEMUXERS: &[&str] = &[
    "aac,ac3,eac3,adts,aiff,alac,amr,amrnb,amrwb,ape,apng,asf,au,avi,av1,bink,caf,cdxl,daud,dff,dsf,dts,dtshd,dv,ea",
    "f4v,flac,flic,flv,gif,gxf,h261,h263,h264,hca,hevc,ico,iff,ivf,iv8,jpegxl_anim,kux,libgme,libmodplug,libopenmpt,loas",
    "m4v,matroska,webm,mjpeg,mlp,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpc,mpc8,mpeg,mpegts,mpegvideo,mpjpeg,msf,mtv,mv,mxf,nsv,nut",
    "obu,oga,ogg,oma,pva,qcp,r3d,rm,roq,rso,sbc,shn,smk,smush,sox,spdif,svag,swf,tak,thp,truehd,tta,vc1,voc,vqf,w64,wav",
    "wsd,wtv,wv,wve,xa,xmv,xwma,yop,yuv4mpegpipe",
    "bmp_pipe,dds_pipe,dpx_pipe,exr_pipe,gif_pipe,hdr_pipe,j2k_pipe,jpeg_pipe,jpegls_pipe,jpegxl_pipe,pam_pipe,pbm_pipe",
    "pcx_pipe,pgm_pipe,pgx_pipe,phm_pipe,photocd_pipe,pictor_pipe,png_pipe,ppm_pipe,psd_pipe,qdraw_pipe,qoi_pipe,sgi_pipe",
    "sunrast_pipe,tiff_pipe,vbn_pipe,webp_pipe,xbm_pipe,xpm_pipe,xwd_pipe",
];

/// How long a tool may take to tell what it can do.
const ASKING: Duration = Duration::from_secs(20);

/// FFmpeg and FFprobe. Cheap to clone.
#[derive(Clone)]
pub struct MediaTools(Arc<Inner>);

struct Inner {
    children: ChildProcesses,
    decoders: ChildProcesses,
    drawings: ChildProcesses,
    ffmpeg: OnceLock<Option<MediaTool>>,
    ffprobe: OnceLock<Option<MediaTool>>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct MediaTool {
    program: Program,
    /// The protocol that reads standard input, and its URL.
    protocol: &'static str,
    url: &'static str,
    is_ffmpeg: bool,
    /// Names of encoders; empty for FFprobe.
    encoders: Arc<[String]>,
}

impl MediaTools {
    /// Looks for the tools when they are asked for.
    pub fn new(children: ChildProcesses) -> Self {
        Self(Arc::new(Inner {
            children,
            decoders: ChildProcesses::new(processors()),
            drawings: ChildProcesses::new(1),
            ffmpeg: OnceLock::new(),
            ffprobe: OnceLock::new(),
        }))
    }

    /// Returns FFmpeg; `None` if it is not in `PATH`, or cannot read standard input as a file. The first call starts it
    /// and blocks.
    pub fn ffmpeg(&self) -> Option<&MediaTool> {
        self.0.ffmpeg.get_or_init(|| self.look("ffmpeg")).as_ref()
    }

    /// Returns FFprobe; as [`MediaTools::ffmpeg`].
    pub fn ffprobe(&self) -> Option<&MediaTool> {
        self.0.ffprobe.get_or_init(|| self.look("ffprobe")).as_ref()
    }

    /// Returns what runs them.
    pub fn children(&self) -> &ChildProcesses {
        &self.0.children
    }

    /// Returns what runs the decoders of this program, which take some hundredths of a second: they wait for no other program.
    pub(crate) fn decoders(&self) -> &ChildProcesses {
        &self.0.decoders
    }

    /// Returns what draws SVG, one at a time: a small file may ask for any amount of work, and keeps nothing else waiting.
    pub(crate) fn drawings(&self) -> &ChildProcesses {
        &self.0.drawings
    }

    fn look(&self, name: &str) -> Option<MediaTool> {
        let program = Program::find(name)?;
        let ask = |what: &str| self.ask(&program, what);
        let protocols = ask("-protocols")?;
        let is_ffmpeg = name == "ffmpeg";
        let (protocol, url) = reading_standard_input(&protocols)?;
        let encoders = if is_ffmpeg { encoders_of(&ask("-encoders")?) } else { Vec::new() };
        tracing::debug!(name, url, "found");
        Some(MediaTool { program, protocol, url, is_ffmpeg, encoders: encoders.into() })
    }

    fn ask(&self, program: &Program, what: &str) -> Option<String> {
        let limits = ChildLimits { time: ASKING, output: 1 << 20, ..ChildLimits::default() };
        let command = ChildCommand::new(program).args(["-hide_banner", what]).limits(limits);
        let said: Result<ChildOutput, _> = self.0.children.run(command);
        said.map_or_else(
            |error| {
                tracing::warn!(%error, what, "FFmpeg is not used");
                None
            },
            |output| Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        )
    }
}

/// Returns the protocol that reads standard input, and its URL.
fn reading_standard_input(protocols: &str) -> Option<(&'static str, &'static str)> {
    let has = |name| protocols.lines().any(|line| line.trim() == name);
    // Since FFmpeg 6. Before, it opens the file again by the system's name for its own standard input.
    if has("fd") {
        return Some(("fd", "fd:"));
    }
    (cfg!(unix) && has("file")).then_some(("file", "file:/dev/stdin"))
}

/// Reads the list that `-encoders` prints: flags, name, description.
fn encoders_of(list: &str) -> Vec<String> {
    let rows = list.lines().skip_while(|line| !line.trim_start().starts_with("---")).skip(1);
    rows.filter_map(|line| line.split_whitespace().nth(1).map(str::to_owned)).collect()
}

impl MediaTool {
    /// Returns a command that reads `file` and nothing else. `before`: options of the input; `after`: options of the
    /// output and the output, or what FFprobe is to show. No text from outside belongs into either.
    pub fn read(&self, file: Arc<OpenFile>, before: &[&str], after: &[&str]) -> ChildCommand {
        let demuxers = DEMUXERS.join(",");
        let general: &[&str] = if self.is_ffmpeg { &["-nostdin", "-threads", "2"] } else { &[] };
        let input = ["-protocol_whitelist", self.protocol, "-format_whitelist", &demuxers, "-i", self.url];
        ChildCommand::new(&self.program)
            .args(["-hide_banner", "-v", "error"])
            .args(general)
            .args(before)
            .args(input)
            .args(after)
            .input(Input::File(file))
            .isolation(Isolation::Decoder)
    }

    /// Returns whether it has an encoder of that name.
    pub fn encodes(&self, encoder: &str) -> bool {
        self.encoders.iter().any(|known| known == encoder)
    }
}
