//! What sound can be converted to.

use model::transcode_settings::TranscodeSettings;

/// A kind of sound file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AudioFormat {
    /// Opus in Ogg.
    Opus,
    /// Opus in WebM, for browsers that do not know Ogg.
    Owa,
    /// Opus in Apple's Core Audio Format. Known when it is complete only.
    Caf,
    /// MP3.
    Mp3,
    /// AAC as a stream of ADTS frames.
    Aac,
    /// FLAC.
    Flac,
    /// Samples of 16 bits.
    Wav,
}

impl AudioFormat {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Opus, Self::Owa, Self::Caf, Self::Mp3, Self::Aac, Self::Flac, Self::Wav];

    /// Returns the word of `?th=`; also the extension of files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Owa => "owa",
            Self::Caf => "caf",
            Self::Mp3 => "mp3",
            Self::Aac => "aac",
            Self::Flac => "flac",
            Self::Wav => "wav",
        }
    }

    /// Returns the media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Opus => "audio/ogg; codecs=opus",
            Self::Owa => "audio/webm; codecs=opus",
            Self::Caf => "audio/x-caf",
            Self::Mp3 => "audio/mpeg",
            Self::Aac => "audio/aac",
            Self::Flac => "audio/flac",
            Self::Wav => "audio/wav",
        }
    }

    /// Returns the best format that an `Accept` header names; MP3, which all browsers play, if it names none.
    pub fn accepted(accept: &str) -> Self {
        let names = |kind: &str| accept.contains(kind);
        match () {
            () if names("audio/ogg") || names("codecs=opus") && !names("audio/webm") => Self::Opus,
            () if names("audio/webm") => Self::Owa,
            () if names("audio/aac") => Self::Aac,
            () => Self::Mp3,
        }
    }

    /// Whether the settings allow it.
    pub fn is_allowed(self, settings: &TranscodeSettings) -> bool {
        let own = match self {
            Self::Caf => !settings.no_caf,
            Self::Owa => !settings.no_owa,
            Self::Flac => settings.allow_flac,
            Self::Wav => settings.allow_wav,
            Self::Opus | Self::Mp3 | Self::Aac => true,
        };
        own && !settings.off
    }

    /// Returns FFmpeg's encoder.
    pub(super) fn encoder(self) -> &'static str {
        match self {
            Self::Opus | Self::Owa | Self::Caf => "libopus",
            Self::Mp3 => "libmp3lame",
            Self::Aac => "aac",
            Self::Flac => "flac",
            Self::Wav => "pcm_s16le",
        }
    }

    /// Returns the options of FFmpeg's output, the output included.
    pub(super) fn options(self, settings: &TranscodeSettings) -> Vec<String> {
        let rate = format!("{}k", settings.opus_kbps.clamp(6, 510));
        let muxer = match self {
            Self::Opus | Self::Caf => "ogg",
            Self::Owa => "webm",
            Self::Mp3 => "mp3",
            Self::Aac => "adts",
            Self::Flac => "flac",
            Self::Wav => "wav",
        };
        let own: Vec<&str> = match self {
            Self::Opus | Self::Owa | Self::Caf => vec!["-b:a", &rate, "-vbr", "on", "-frame_duration", "20"],
            // Its table of contents could only be written at the end, at the start of the file.
            Self::Mp3 => vec![settings.mp3.option(), settings.mp3.value(), "-write_xing", "0", "-id3v2_version", "3"],
            Self::Aac => vec!["-b:a", &rate],
            Self::Flac | Self::Wav => vec![],
        };
        // More channels than two are of no use in a browser, and WebM allows no pictures.
        let common = ["-map", "0:a:0", "-ac", "2", "-c:a", self.encoder()];
        let words = common.into_iter().chain(own).chain(["-f", muxer, "-"]);
        words.map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_what_they_accept() {
        for (accept, expected) in [
            ("audio/webm,audio/ogg,audio/wav,audio/*;q=0.9,*/*;q=0.5", AudioFormat::Opus),
            ("audio/webm", AudioFormat::Owa),
            ("audio/aac, audio/mpeg", AudioFormat::Aac),
            ("*/*", AudioFormat::Mp3),
            ("", AudioFormat::Mp3),
        ] {
            assert_eq!(AudioFormat::accepted(accept), expected, "{accept}");
        }
    }

    #[test]
    fn settings_allow_formats() {
        let allowed = |settings: &TranscodeSettings| AudioFormat::ALL.map(|format| format.is_allowed(settings));
        let usual = TranscodeSettings::default();
        assert_eq!(allowed(&usual), [true, true, true, true, true, false, false]);
        let all = TranscodeSettings { allow_flac: true, allow_wav: true, no_caf: true, no_owa: true, ..usual.clone() };
        assert_eq!(allowed(&all), [true, false, false, true, true, true, true]);
        assert_eq!(allowed(&TranscodeSettings { off: true, ..usual }), [false; 7]);
    }
}
