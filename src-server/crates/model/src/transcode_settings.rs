//! Settings of converting sound.

/// Settings of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscodeSettings {
    /// `--no-acode`: sound is not converted.
    pub off: bool,
    /// `--no-caf`
    pub no_caf: bool,
    /// `--no-owa`
    pub no_owa: bool,
    /// `--allow-flac`
    pub allow_flac: bool,
    /// `--allow-wav`
    pub allow_wav: bool,
    /// `--q-opus`: kilobits a second, also of AAC.
    pub opus_kbps: u32,
    /// `--q-mp3`
    pub mp3: Mp3Quality,
    /// `--ac-maxage`: seconds after which an unused result is removed.
    pub max_age_secs: u64,
}

impl Default for TranscodeSettings {
    fn default() -> Self {
        Self {
            off: false,
            no_caf: false,
            no_owa: false,
            allow_flac: false,
            allow_wav: false,
            opus_kbps: 128,
            // Not of variable rate: such a file tells its length only in a header, which could be written at the end only.
            mp3: Mp3Quality("192k".into()),
            max_age_secs: 86_400,
        }
    }
}

/// Quality of MP3: `q0` (best) to `q9`, or kilobits a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mp3Quality(String);

impl Mp3Quality {
    /// Parses `q2`, `192`, `192k`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_quality = text.strip_prefix('q').is_some_and(|level| level.parse::<u8>().is_ok_and(|level| level <= 9));
        let rate = text.strip_suffix('k').unwrap_or(text);
        let is_rate = rate.parse::<u32>().is_ok_and(|rate| (8..=320).contains(&rate));
        (is_quality || is_rate).then(|| Self(if is_rate { format!("{rate}k") } else { text.to_owned() }))
    }

    /// Returns the text that [`Mp3Quality::parse`] reads.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns FFmpeg's option for it.
    pub fn option(&self) -> &'static str {
        if self.0.starts_with('q') { "-q:a" } else { "-b:a" }
    }

    /// Returns the value of that option.
    pub fn value(&self) -> &str {
        self.0.strip_prefix('q').unwrap_or(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualities_are_understood() {
        for (text, expected) in [
            ("q2", Some(("-q:a", "2"))),
            ("192", Some(("-b:a", "192k"))),
            (" 96k ", Some(("-b:a", "96k"))),
            ("q10", None),
            ("9999", None),
            ("-i", None),
        ] {
            let quality = Mp3Quality::parse(text);
            assert_eq!(quality.as_ref().map(|quality| (quality.option(), quality.value())), expected, "{text}");
            assert_eq!(quality.as_ref().and_then(|quality| Mp3Quality::parse(quality.as_str())), quality);
        }
    }
}
