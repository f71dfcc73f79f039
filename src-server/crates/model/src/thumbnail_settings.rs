//! Settings of thumbnails: those of a volume, and those of the server.

/// Which of two ways is taken, and whether visitors may choose (`y`, `n`, `fy`, `fn`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Yes, unless the request says otherwise.
    Yes,
    /// No, unless the request says otherwise.
    No,
    /// Always.
    ForcedYes,
    /// Never.
    ForcedNo,
}

impl Choice {
    /// Parses `y`, `n`, `fy`, `fn`.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Yes, Self::No, Self::ForcedYes, Self::ForcedNo].into_iter().find(|choice| choice.as_str() == text.trim())
    }

    /// Returns the text that [`Choice::parse`] reads.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "y",
            Self::No => "n",
            Self::ForcedYes => "fy",
            Self::ForcedNo => "fn",
        }
    }

    /// Returns the way for a request. `requested`: what it says; `None`: nothing.
    pub fn decide(self, requested: Option<bool>) -> bool {
        match self {
            Self::Yes => requested.unwrap_or(true),
            Self::No => requested.unwrap_or(false),
            Self::ForcedYes => true,
            Self::ForcedNo => false,
        }
    }
}

/// Settings of a volume's thumbnails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThumbnailFlags {
    /// `dthumb`: no thumbnails.
    pub off: bool,
    /// `dithumb`: no thumbnails of pictures.
    pub no_pictures: bool,
    /// `dvthumb`: no thumbnails of videos.
    pub no_videos: bool,
    /// `dathumb`: no thumbnails of sound files.
    pub no_audio: bool,
    /// `dethumb`: no thumbnails that need other programs.
    pub no_programs: bool,
    /// `thsize`: width and height in pixels, 16 to [`ThumbnailFlags::SIDE_MAX`].
    pub size: (u32, u32),
    /// `crop`: thumbnails fill their size.
    pub crop: Choice,
    /// `th3x`: thumbnails have three times the size.
    pub triple: Choice,
    /// `th_qv`: quality, 0 to 100.
    pub quality: u8,
    /// `convt`: seconds that one thumbnail may take.
    pub time_limit_secs: u64,
    /// `aconvt`: seconds that converting one sound may take.
    pub audio_time_limit_secs: u64,
    /// `th_covers`: names of files that are the thumbnail of their folder, the first that exists.
    pub covers: Vec<String>,
}

impl ThumbnailFlags {
    /// Largest width and height.
    pub const SIDE_MAX: u32 = 2048;
}

impl Default for ThumbnailFlags {
    fn default() -> Self {
        Self {
            off: false,
            no_pictures: false,
            no_videos: false,
            no_audio: false,
            no_programs: false,
            size: (320, 256),
            crop: Choice::Yes,
            triple: Choice::No,
            quality: 40,
            time_limit_secs: 60,
            audio_time_limit_secs: 150,
            covers: ["folder.png", "folder.jpg", "cover.png", "cover.jpg"].map(str::to_owned).to_vec(),
        }
    }
}

/// Settings of the server's thumbnails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThumbnailSettings {
    /// `--th-mt`: thumbnails that are made at once; 0: one for each processor.
    pub at_once: usize,
    /// `--th-no-crop`: thumbnails show the whole picture, except where a volume forces otherwise.
    pub no_crop: bool,
    /// `--th-no-jpg`
    pub no_jpeg: bool,
    /// `--th-no-webp`
    pub no_webp: bool,
    /// `--th-ff-jpg`: thumbnails of videos are JPEG.
    pub videos_as_jpeg: bool,
    /// `--th-poke`: seconds after which another use of a thumbnail is recorded.
    pub poke_secs: u64,
    /// `--th-clean`: seconds between two removals of old thumbnails; 0: never.
    pub clean_secs: u64,
    /// `--th-maxage`: seconds after which an unused thumbnail is removed.
    pub max_age_secs: u64,
}

impl Default for ThumbnailSettings {
    fn default() -> Self {
        Self {
            at_once: 0,
            no_crop: false,
            no_jpeg: false,
            no_webp: false,
            videos_as_jpeg: false,
            poke_secs: 300,
            clean_secs: 43_200,
            max_age_secs: 604_800,
        }
    }
}
