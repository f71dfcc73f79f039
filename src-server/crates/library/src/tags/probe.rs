//! Fields of any media file, from the description that FFprobe prints.

use super::fields::Fields;
use super::read::MediaKind;
use serde_json::Value;
use std::io;

/// What FFprobe is asked to print.
pub const ARGUMENTS: &[&str] = &[
    "-of",
    "json",
    "-show_entries",
    "format=format_name,duration,bit_rate:format_tags:stream=codec_type,codec_name,width,height,avg_frame_rate,\
     r_frame_rate,bit_rate,channel_layout,sample_rate,pix_fmt:stream_tags:stream_disposition=attached_pic",
];

/// Shorter sounds and videos are a frame or two: their rate says nothing.
const SHORTEST_SECS: f64 = 0.1;
/// More frames a second are an error of the file.
const FPS_MAX: f64 = 1000.0;

/// Adds what FFprobe says of a file. A file without sound and picture has no fields.
///
/// # Errors
/// `printed` is not what FFprobe prints.
pub fn read(printed: &[u8], kind: MediaKind, fields: &mut Fields) -> io::Result<()> {
    let all: Value = serde_json::from_slice(printed).map_err(io::Error::other)?;
    let streams = all["streams"].as_array().map_or(&[][..], Vec::as_slice);
    let of_type = |name: &str| streams.iter().find(|stream| stream["codec_type"] == name && is_media(stream));
    // Of a sound file, what looks like a video is a picture of its cover.
    let (audio, video) = (of_type("audio"), of_type("video").filter(|_| kind != MediaKind::Audio));
    if audio.is_none() && video.is_none() {
        return Ok(());
    }
    let format = &all["format"];
    let tags = [format, audio.unwrap_or(&Value::Null), video.unwrap_or(&Value::Null)];
    for (name, value) in tags.into_iter().filter_map(|part| part["tags"].as_object()).flatten() {
        value.as_str().into_iter().for_each(|value| fields.push(name, value));
    }
    fields.push_technical("fmt", format["format_name"].as_str().map(container));
    audio.into_iter().for_each(|stream| push_audio(fields, stream));
    video.into_iter().for_each(|stream| push_video(fields, stream, kind));
    let secs = number(&format["duration"]).filter(|secs| *secs >= SHORTEST_SECS && kind != MediaKind::Picture);
    if let Some(secs) = secs {
        fields.push_technical(".dur", Some(secs as i64));
        fields.push_technical(".q", kbits(format));
    }
    Ok(())
}

/// Whether a stream is sound or moving pictures: not the picture of a cover, and not a text that is drawn.
fn is_media(stream: &Value) -> bool {
    stream["disposition"]["attached_pic"] != 1 && stream["codec_name"] != "ansi"
}

/// Returns one name of a container of which FFprobe lists all.
fn container(names: &str) -> String {
    match names.split(',').next().unwrap_or_default() {
        "mov" => "mp4".into(),
        name => name.trim_end_matches("_pipe").into(),
    }
}

fn push_audio(fields: &mut Fields, stream: &Value) {
    fields.push_technical("ac", stream["codec_name"].as_str());
    fields.push_technical(".aq", kbits(stream));
    fields.push_technical(".hz", number(&stream["sample_rate"]).map(|rate| rate as i64));
    fields.push_technical("chs", stream["channel_layout"].as_str());
}

fn push_video(fields: &mut Fields, stream: &Value, kind: MediaKind) {
    fields.push_technical("vc", stream["codec_name"].as_str());
    fields.push_technical(".vq", kbits(stream));
    fields.push_technical("pixfmt", stream["pix_fmt"].as_str());
    if let (Some(width), Some(height)) = (stream["width"].as_i64(), stream["height"].as_i64()) {
        fields.push_technical("res", Some(format!("{width}x{height}")));
        fields.push_technical(".resw", Some(width));
        fields.push_technical(".resh", Some(height));
    }
    let rate = ["avg_frame_rate", "r_frame_rate"].into_iter().find_map(|name| ratio(stream[name].as_str()?));
    let rate = rate.filter(|rate| *rate > 0.0 && *rate <= FPS_MAX && kind != MediaKind::Picture);
    fields.push_technical(".fps", rate.map(|rate| super::normalise::of_float((rate * 1000.0).round() / 1000.0)));
}

fn kbits(part: &Value) -> Option<i64> {
    number(&part["bit_rate"]).map(|rate| (rate / 1000.0) as i64).filter(|rate| *rate > 0)
}

/// FFprobe prints most numbers as texts.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|number: &f64| number.is_finite())
}

/// Returns the value of `30000/1001`.
fn ratio(text: &str) -> Option<f64> {
    let (above, below) = text.split_once('/')?;
    let (above, below): (f64, f64) = (above.parse().ok()?, below.parse().ok()?);
    (below > 0.0).then_some(above / below)
}
