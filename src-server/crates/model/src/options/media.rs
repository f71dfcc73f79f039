//! Thumbnails and transcoding.

use super::field::Field;
use super::spec::{Kind, Spec};
use crate::settings::Settings;
use crate::thumbnail_settings::{Choice, ThumbnailFlags};
use crate::transcode_settings::Mp3Quality;
use crate::volume::VolumeFlags;

/// The field of a way that visitors may choose or not.
macro_rules! choice_field {
    ($field:ident) => {
        Field::Custom {
            set: |flags: &mut VolumeFlags, text| {
                flags.thumbnails.$field = choice(text)?;
                Ok(())
            },
            get: |flags| Some(flags.thumbnails.$field.as_str().into()),
            reset: |flags, defaults| flags.thumbnails.$field = defaults.thumbnails.$field,
        }
    };
}

pub(super) const ROWS: &[Spec] = &[
    Spec::switch("no-thumb", &[], "no thumbnails")
        .flag(&["dthumb"])
        .sets_flag(Field::Switch(|f| &mut f.thumbnails.off)),
    Spec::switch("no-vthumb", &[], "no thumbnails of videos")
        .flag(&["dvthumb"])
        .sets_flag(Field::Switch(|f| &mut f.thumbnails.no_videos)),
    Spec::switch("no-athumb", &[], "no pictures of sound files")
        .flag(&["dathumb"])
        .sets_flag(Field::Switch(|f| &mut f.thumbnails.no_audio)),
    Spec::switch("no-ithumb", &[], "no thumbnails of pictures")
        .flag(&["dithumb"])
        .sets_flag(Field::Switch(|f| &mut f.thumbnails.no_pictures)),
    Spec::value("th-size", &[], Kind::Text, "WxH", "320x256", "size of thumbnails").flag(&["thsize"]).sets_flag(
        Field::Custom {
            set: set_size,
            get: |f| Some(format!("{}x{}", f.thumbnails.size.0, f.thumbnails.size.1)),
            reset: |f, defaults| f.thumbnails.size = defaults.thumbnails.size,
        },
    ),
    Spec::value(
        "th-crop",
        &[],
        Kind::Choice(&["y", "n", "fy", "fn"]),
        "HOW",
        "y",
        "whether thumbnails are cropped; f = the visitor cannot choose",
    )
    .flag(&["crop"])
    .sets_flag(choice_field!(crop)),
    Spec::switch("th-no-crop", &[], "thumbnails show the whole picture")
        .sets(Field::Switch(|s| &mut s.behaviour.thumbnails.no_crop)),
    Spec::value("th-x3", &[], Kind::Choice(&["y", "n", "fy", "fn"]), "HOW", "n", "thumbnails of three times the size")
        .flag(&["th3x"])
        .sets_flag(choice_field!(triple)),
    Spec::value("th-qv", &[], Kind::Number, "0-100", "40", "quality of thumbnails").flag(&["th_qv"]).sets_flag(
        Field::Custom {
            set: set_quality,
            get: |f| Some(f.thumbnails.quality.to_string()),
            reset: |f, defaults| f.thumbnails.quality = defaults.thumbnails.quality,
        },
    ),
    Spec::value("th-mt", &[], Kind::Number, "N", "", "number of thumbnails generated in parallel").sets(Field::custom(
        |s, text| {
            let number = text.trim().parse().map_err(|_| format!("'{text}' is not a whole number that fits here."))?;
            s.behaviour.thumbnails.at_once = number;
            Ok(())
        },
        |s| Some(s.behaviour.thumbnails.at_once).filter(|&number| number > 0).map(|number| number.to_string()),
    )),
    Spec::value("th-convt", &[], Kind::Number, "SEC", "60", "time limit for one thumbnail")
        .flag(&["convt"])
        .sets_flag(Field::U64(|f| &mut f.thumbnails.time_limit_secs)),
    Spec::value("th-ram-max", &[], Kind::Number, "GIB", "", "copyparty: memory for generating thumbnails").not_here(),
    Spec::switch("th-no-jpg", &[], "no thumbnails as JPEG")
        .sets(Field::Switch(|s| &mut s.behaviour.thumbnails.no_jpeg)),
    Spec::switch("th-no-webp", &[], "no thumbnails as WebP")
        .sets(Field::Switch(|s| &mut s.behaviour.thumbnails.no_webp)),
    Spec::switch("th-no-jxl", &[], "copyparty: no thumbnails as JPEG XL; here there are none").not_here(),
    Spec::switch("th-ff-jpg", &[], "thumbnails of videos as JPEG")
        .sets(Field::Switch(|s| &mut s.behaviour.thumbnails.videos_as_jpeg)),
    Spec::switch("th-ff-swr", &[], "copyparty: a workaround for old FFmpeg").not_here(),
    Spec::value("th-poke", &[], Kind::Number, "SEC", "300", "how often the use of a thumbnail is recorded")
        .sets(Field::U64(|s| &mut s.behaviour.thumbnails.poke_secs)),
    Spec::value("th-clean", &[], Kind::Number, "SEC", "43200", "how often old thumbnails are removed; 0 = never")
        .sets(Field::U64(|s| &mut s.behaviour.thumbnails.clean_secs)),
    Spec::value("th-maxage", &[], Kind::Number, "SEC", "604800", "thumbnails unused this long are deleted")
        .sets(Field::U64(|s| &mut s.behaviour.thumbnails.max_age_secs)),
    Spec::value(
        "th-covers",
        &[],
        Kind::List,
        "NAME,..",
        "folder.png,folder.jpg,cover.png,cover.jpg",
        "files that are used as the thumbnail of their folder",
    )
    .flag(&["th_covers"])
    .sets_flag(Field::List(|f| &mut f.thumbnails.covers)),
    Spec::value("th-dec", &[], Kind::List, "LIB,..", "", "copyparty: which libraries decode pictures").not_here(),
    Spec::value("ac-convt", &[], Kind::Number, "SEC", "150", "time limit for transcoding one file")
        .flag(&["aconvt"])
        .sets_flag(Field::U64(|f| &mut f.thumbnails.audio_time_limit_secs)),
    Spec::value("ac-maxage", &[], Kind::Number, "SEC", "86400", "transcoded files unused this long are deleted")
        .sets(Field::U64(|s| &mut s.behaviour.transcoding.max_age_secs)),
    Spec::value("q-opus", &[], Kind::Number, "KBPS", "128", "bit rate of transcoded Opus and AAC")
        .sets(Field::custom(set_opus, |s| Some(s.behaviour.transcoding.opus_kbps.to_string()))),
    Spec::value(
        "q-mp3",
        &[],
        Kind::Text,
        "QUALITY",
        "192k",
        "quality of transcoded MP3: a rate, or q0 to q9 (players then show a wrong length)",
    )
    .sets(Field::custom(set_mp3, |s| Some(s.behaviour.transcoding.mp3.as_str().into()))),
    Spec::switch("no-acode", &[], "no transcoding of sound").sets(Field::Switch(|s| &mut s.behaviour.transcoding.off)),
    Spec::switch("no-bacode", &[], "copyparty: no transcoding of sound in bulk, which there is none of here")
        .not_here(),
    Spec::switch("allow-flac", &[], "transcoding to FLAC")
        .sets(Field::Switch(|s| &mut s.behaviour.transcoding.allow_flac)),
    Spec::switch("allow-wav", &[], "transcoding to WAV")
        .sets(Field::Switch(|s| &mut s.behaviour.transcoding.allow_wav)),
    Spec::switch("no-caf", &[], "no transcoding to CAF").sets(Field::Switch(|s| &mut s.behaviour.transcoding.no_caf)),
    Spec::switch("no-owa", &[], "no transcoding to WebM").sets(Field::Switch(|s| &mut s.behaviour.transcoding.no_owa)),
    Spec::switch("dethumb", &[], "no thumbnails from external programs")
        .flag_only(&["dethumb"])
        .sets_flag(Field::Switch(|f| &mut f.thumbnails.no_programs)),
    Spec::switch("pngquant", &[], "copyparty: smaller pictures of sound files").flag_only(&["pngquant"]).not_here(),
];

fn set_opus(settings: &mut Settings, text: &str) -> Result<(), String> {
    let rate = text.trim().parse().ok().filter(|rate| (6..=510).contains(rate));
    settings.behaviour.transcoding.opus_kbps =
        rate.ok_or_else(|| format!("'{text}' is not a number from 6 to 510."))?;
    Ok(())
}

fn set_mp3(settings: &mut Settings, text: &str) -> Result<(), String> {
    let quality = Mp3Quality::parse(text);
    settings.behaviour.transcoding.mp3 =
        quality.ok_or_else(|| format!("'{text}' is none of q0 to q9, or 8k to 320k."))?;
    Ok(())
}

fn choice(text: &str) -> Result<Choice, String> {
    Choice::parse(text).ok_or_else(|| format!("'{text}' is none of y, n, fy, fn."))
}

fn set_size(flags: &mut VolumeFlags, text: &str) -> Result<(), String> {
    let side = |text: &str| text.trim().parse().ok().filter(|side| (16..=ThumbnailFlags::SIDE_MAX).contains(side));
    let size = text.split_once('x').and_then(|(width, height)| Some((side(width)?, side(height)?)));
    let wrong = || format!("'{text}' is not a size from 16x16 to {0}x{0}, like 320x256.", ThumbnailFlags::SIDE_MAX);
    flags.thumbnails.size = size.ok_or_else(wrong)?;
    Ok(())
}

fn set_quality(flags: &mut VolumeFlags, text: &str) -> Result<(), String> {
    let quality = text.trim().parse().ok().filter(|quality| *quality <= 100);
    flags.thumbnails.quality = quality.ok_or_else(|| format!("'{text}' is not a number from 0 to 100."))?;
    Ok(())
}
