//! What kind of file it is, by the extension: which way leads to its thumbnail.

use model::FileName;

/// The way to the thumbnail of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// A picture that is decoded here.
    Picture,
    /// A picture of lines and shapes, drawn here in a process of its own.
    Vector,
    /// A photo as the camera's sensor saw it: the JPEG in it is used.
    Raw,
    /// A picture that FFmpeg decodes; without it, a JPEG in it.
    OtherPicture,
    /// Its cover, or a frame of it, by FFmpeg.
    Video,
    /// Its cover, or a spectrogram, by FFmpeg.
    Audio,
}

use MediaKind::{Audio, OtherPicture, Picture, Raw, Vector, Video};

/// Extensions in lower case.
const EXTENSIONS: &[(MediaKind, &str)] = &[
    (Picture, "apng bmp dib gif jfif jpe jpeg jpg pjpeg png tif tiff webp"),
    (Vector, "svg svgz"),
    (Raw, "3fr arw cr2 cr3 crw dcr dng erf iiq kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl sr2 srf srw x3f"),
    (
        OtherPicture,
        "avif avifs dds dpx exr hdr heic heics heif heifs hif ico j2c j2k jp2 jpc jpf jpx jxl pam pbm pcx pfm pgm pnm ppm \
         psb psd qoi ras sgi xbm xpm",
    ),
    (
        Video,
        "3g2 3gp 3gpp amv asf av1 avi divx dv f4v flv h264 h265 hevc ivf m1v m2t m2ts m2v m4v mjpeg mjpg mkv mov mp4 mpe \
         mpeg mpg mpv mts mxf nut nuv obu ogm ogv rm rmvb roq swf ts vob webm wmv wtv y4m",
    ),
    (
        Audio,
        "8svx aac ac3 aif aifc aiff alac amr ape au caf dff dsf dts eac3 flac gsm it m4a m4b m4r mka mod mp1 mp2 mp3 mpc \
         mptm oga ogg okt oma opus ra s3m snd spx tak thd tta voc w64 wav weba wma wv xm",
    ),
];

/// Returns the kind of a file of that name; `None` if no file of that kind has thumbnails.
pub fn kind_of(name: &FileName) -> Option<MediaKind> {
    let extension = name.extension()?;
    let is_it = |known: &str| extension.eq_ignore_ascii_case(known.as_bytes());
    EXTENSIONS.iter().find(|(_, known)| known.split_ascii_whitespace().any(is_it)).map(|(kind, _)| *kind)
}

impl MediaKind {
    /// Whether it shows one picture: a folder may be shown by it.
    pub fn is_picture(self) -> bool {
        !matches!(self, Self::Video | Self::Audio)
    }

    /// Whether another program is needed.
    pub fn needs_programs(self) -> bool {
        matches!(self, Self::OtherPicture | Self::Video | Self::Audio)
    }

    /// Whether making it takes another process, which may take long.
    pub(super) fn runs_in_child(self) -> bool {
        self.needs_programs() || self == Self::Vector
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn kinds_are_known_by_extension() {
        for (name, expected) in [
            ("a.JPG", Some(Picture)),
            ("a.tiff", Some(Picture)),
            ("a.svg", Some(Vector)),
            ("a.CR2", Some(Raw)),
            ("a.heic", Some(OtherPicture)),
            ("a.b.mkv", Some(Video)),
            ("a.opus", Some(Audio)),
            ("jpg", None),
            ("a.txt", None),
            ("a.", None),
            ("a.m3u8", None),
        ] {
            assert_eq!(kind_of(&FileName::new(name.as_bytes()).expect("a name")), expected, "{name}");
        }
    }

    #[test]
    fn no_extension_has_two_kinds() {
        let mut all = HashSet::new();
        for extension in EXTENSIONS.iter().flat_map(|(_, known)| known.split_ascii_whitespace()) {
            assert!(all.insert(extension) && extension == extension.to_ascii_lowercase(), "{extension}");
        }
    }
}
