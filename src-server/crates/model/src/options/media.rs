//! Thumbnails and transcoding.

use super::spec::{Kind, Spec};

pub(super) const ROWS: &[Spec] = &[
    Spec::switch("no-thumb", &[], "no thumbnails").flag(&["dthumb"]).not_yet(),
    Spec::switch("no-vthumb", &[], "no thumbnails of videos").flag(&["dvthumb"]).not_yet(),
    Spec::switch("no-athumb", &[], "no pictures of sound files").flag(&["dathumb"]).not_yet(),
    Spec::switch("no-ithumb", &[], "no thumbnails of pictures").flag(&["dithumb"]).not_yet(),
    Spec::value("th-size", &[], Kind::Text, "WxH", "320x256", "size of thumbnails").flag(&["thsize"]).not_yet(),
    Spec::value(
        "th-crop",
        &[],
        Kind::Choice(&["y", "n", "fy", "fn"]),
        "HOW",
        "y",
        "whether thumbnails are cropped; f = the visitor cannot choose",
    )
    .flag(&["crop"])
    .not_yet(),
    Spec::switch("th-no-crop", &[], "thumbnails show the whole picture").not_yet(),
    Spec::value("th-x3", &[], Kind::Choice(&["y", "n", "fy", "fn"]), "HOW", "n", "thumbnails of three times the size")
        .flag(&["th3x"])
        .not_yet(),
    Spec::value("th-qv", &[], Kind::Number, "0-100", "40", "quality of thumbnails").flag(&["th_qv"]).not_yet(),
    Spec::value("th-mt", &[], Kind::Number, "N", "", "number of thumbnails generated in parallel").not_yet(),
    Spec::value("th-convt", &[], Kind::Number, "SEC", "60", "time limit for one thumbnail").flag(&["convt"]).not_yet(),
    Spec::value("th-ram-max", &[], Kind::Number, "GIB", "", "copyparty: memory for generating thumbnails").not_here(),
    Spec::switch("th-no-jpg", &[], "no thumbnails as JPEG").not_yet(),
    Spec::switch("th-no-webp", &[], "no thumbnails as WebP").not_yet(),
    Spec::switch("th-no-jxl", &[], "no thumbnails as JPEG XL").not_yet(),
    Spec::switch("th-ff-jpg", &[], "thumbnails of videos as JPEG").not_yet(),
    Spec::switch("th-ff-swr", &[], "copyparty: a workaround for old FFmpeg").not_here(),
    Spec::value("th-poke", &[], Kind::Number, "SEC", "300", "how often the use of a thumbnail is recorded").not_yet(),
    Spec::value("th-clean", &[], Kind::Number, "SEC", "43200", "how often old thumbnails are removed; 0 = never")
        .not_yet(),
    Spec::value("th-maxage", &[], Kind::Number, "SEC", "604800", "thumbnails unused this long are deleted").not_yet(),
    Spec::value(
        "th-covers",
        &[],
        Kind::List,
        "NAME,..",
        "folder.png,folder.jpg,cover.png,cover.jpg",
        "files that are used as the thumbnail of their folder",
    )
    .flag(&["th_covers"])
    .not_yet(),
    Spec::value("th-dec", &[], Kind::List, "LIB,..", "", "copyparty: which libraries decode pictures").not_here(),
    Spec::value("ac-convt", &[], Kind::Number, "SEC", "150", "time limit for transcoding one file")
        .flag(&["aconvt"])
        .not_yet(),
    Spec::value("ac-maxage", &[], Kind::Number, "SEC", "86400", "transcoded files unused this long are deleted")
        .not_yet(),
    Spec::value("q-opus", &[], Kind::Number, "KBPS", "128", "bit rate of transcoded Opus").not_yet(),
    Spec::value("q-mp3", &[], Kind::Text, "QUALITY", "q2", "quality of transcoded MP3").not_yet(),
    Spec::switch("no-acode", &[], "no transcoding of sound").not_yet(),
    Spec::switch("no-bacode", &[], "no transcoding of sound to seekable files").not_yet(),
    Spec::switch("allow-flac", &[], "transcoding to FLAC").not_yet(),
    Spec::switch("allow-wav", &[], "transcoding to WAV").not_yet(),
    Spec::switch("no-caf", &[], "no transcoding to CAF").not_yet(),
    Spec::switch("no-owa", &[], "no transcoding to WebM").not_yet(),
    Spec::switch("dethumb", &[], "no thumbnails from external programs").flag_only(&["dethumb"]).not_yet(),
    Spec::switch("pngquant", &[], "smaller pictures of sound files").flag_only(&["pngquant"]).not_yet(),
];
