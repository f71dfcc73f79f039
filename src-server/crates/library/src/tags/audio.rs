//! Fields of audio files.
//!
//! lofty's own names of fields are not used: `-mtm` names fields as files do, also those that no format defines.

use super::fields::Fields;
use lofty::aac::AacFile;
use lofty::ape::{ApeFile, ApeTag};
use lofty::config::ParseOptions;
use lofty::file::{AudioFile, FileType};
use lofty::flac::FlacFile;
use lofty::id3::v1::Id3v1Tag;
use lofty::id3::v2::{Frame, Id3v2Tag};
use lofty::iff::aiff::AiffFile;
use lofty::iff::wav::{RiffInfoList, WavFile};
use lofty::mp4::{AtomData, AtomIdent, Ilst, Mp4Codec, Mp4File};
use lofty::mpeg::{Layer, MpegFile};
use lofty::musepack::MpcFile;
use lofty::ogg::tag::VorbisComments;
use lofty::ogg::{OpusFile, SpeexFile, VorbisFile};
use lofty::probe::Probe;
use lofty::properties::FileProperties;
use lofty::wavpack::WavPackFile;
use std::io::{self, Read, Seek};
use store::index::TagValue;

/// Shorter sounds are a frame or two: their rate says nothing.
const SHORTEST_SECS: f64 = 0.1;

/// Adds the fields of a file. The format is that of its content, or of its extension if the content does not tell.
///
/// # Errors
/// The file cannot be decoded.
pub fn read<R: Read + Seek>(mut reader: &mut R, extension: &str, size: u64, fields: &mut Fields) -> io::Result<()> {
    let probe = Probe::new(&mut reader).guess_file_type().map_err(io::Error::other)?;
    let Some(format) = probe.file_type().or_else(|| FileType::from_ext(extension)) else { return Ok(()) };
    reader.rewind()?;
    let options = ParseOptions::new().read_cover_art(false);
    let (fmt, codec, properties) = match format {
        FileType::Mpeg => {
            let file = MpegFile::read_from(reader, options).map_err(io::Error::other)?;
            push_three(fields, file.id3v2(), file.ape(), file.id3v1());
            let codec = match file.properties().layer() {
                Layer::Layer1 => "mp1",
                Layer::Layer2 => "mp2",
                Layer::Layer3 => "mp3",
            };
            (codec, codec, (*file.properties()).into())
        }
        FileType::Aac => {
            let file = AacFile::read_from(reader, options).map_err(io::Error::other)?;
            push_three(fields, file.id3v2(), None, file.id3v1());
            ("aac", "aac", (*file.properties()).into())
        }
        FileType::Flac => {
            let file = FlacFile::read_from(reader, options).map_err(io::Error::other)?;
            file.vorbis_comments().into_iter().for_each(|tag| push_comments(fields, tag));
            push_three(fields, file.id3v2(), None, None);
            ("flac", "flac", (*file.properties()).into())
        }
        FileType::Opus => {
            let file = OpusFile::read_from(reader, options).map_err(io::Error::other)?;
            push_comments(fields, file.vorbis_comments());
            ("ogg", "opus", (*file.properties()).into())
        }
        FileType::Vorbis => {
            let file = VorbisFile::read_from(reader, options).map_err(io::Error::other)?;
            push_comments(fields, file.vorbis_comments());
            ("ogg", "vorbis", (*file.properties()).into())
        }
        FileType::Speex => {
            let file = SpeexFile::read_from(reader, options).map_err(io::Error::other)?;
            push_comments(fields, file.vorbis_comments());
            ("ogg", "speex", (*file.properties()).into())
        }
        FileType::Mp4 => {
            let file = Mp4File::read_from(reader, options).map_err(io::Error::other)?;
            file.ilst().into_iter().for_each(|tag| push_atoms(fields, tag));
            ("mp4", file.properties().codec().map_or("", mp4_codec), file.properties().clone().into())
        }
        FileType::Wav => {
            let file = WavFile::read_from(reader, options).map_err(io::Error::other)?;
            push_three(fields, file.id3v2(), None, None);
            file.riff_info().into_iter().for_each(|tag| push_riff(fields, tag));
            ("wav", "wave", (*file.properties()).into())
        }
        FileType::Aiff => {
            let file = AiffFile::read_from(reader, options).map_err(io::Error::other)?;
            push_three(fields, file.id3v2(), None, None);
            if let Some(chunks) = file.text_chunks() {
                push_all(fields, [("title", chunks.name.as_deref()), ("artist", chunks.author.as_deref())]);
            }
            ("aiff", "aiff", file.properties().clone().into())
        }
        FileType::Ape => {
            let file = ApeFile::read_from(reader, options).map_err(io::Error::other)?;
            push_three(fields, file.id3v2(), file.ape(), file.id3v1());
            ("ape", "ape", file.properties().clone().into())
        }
        FileType::WavPack => {
            let file = WavPackFile::read_from(reader, options).map_err(io::Error::other)?;
            push_three(fields, None, file.ape(), file.id3v1());
            ("wv", "wavpack", (*file.properties()).into())
        }
        FileType::Mpc => {
            let file = MpcFile::read_from(reader, options).map_err(io::Error::other)?;
            push_three(fields, file.id3v2(), file.ape(), file.id3v1());
            ("mpc", "musepack", file.properties().clone().into())
        }
        _ => return Ok(()),
    };
    push_properties(fields, fmt, codec, &properties, size);
    Ok(())
}

fn mp4_codec(codec: Mp4Codec) -> &'static str {
    match codec {
        Mp4Codec::AAC => "aac",
        Mp4Codec::ALAC => "alac",
        Mp4Codec::MP3 => "mp3",
        Mp4Codec::FLAC => "flac",
        _ => "",
    }
}

fn push_properties(fields: &mut Fields, fmt: &'static str, codec: &'static str, found: &FileProperties, size: u64) {
    let known = |number: Option<u32>| number.filter(|number| *number > 0).map(i64::from);
    let secs = found.duration().as_secs_f64();
    fields.push_technical("fmt", Some(fmt));
    fields.push_technical("ac", Some(codec).filter(|codec| !codec.is_empty()));
    fields.push_technical(".aq", known(found.audio_bitrate()));
    fields.push_technical(".hz", known(found.sample_rate()));
    fields.push_technical("chs", found.channels().map(channels));
    if secs >= SHORTEST_SECS {
        fields.push_technical(".dur", Some(secs as i64));
        fields.push_technical(".q", Some((size as f64 * 8.0 / secs / 1000.0) as i64));
    }
}

/// Returns the name of the usual layout of so many channels.
fn channels(count: u8) -> TagValue {
    TagValue::Text(match count {
        1 => "mono".into(),
        2 => "stereo".into(),
        6 => "5.1".into(),
        8 => "7.1".into(),
        count => format!("{count} channels"),
    })
}

fn push_all<'a>(fields: &mut Fields, all: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) {
    for (name, value) in all {
        value.into_iter().for_each(|value| fields.push(name, value));
    }
}

fn push_three(fields: &mut Fields, id3: Option<&Id3v2Tag>, ape: Option<&ApeTag>, old: Option<&Id3v1Tag>) {
    id3.into_iter().for_each(|tag| push_frames(fields, tag));
    ape.into_iter().for_each(|tag| push_items(fields, tag));
    let Some(old) = old else { return };
    let own = [("title", &old.title), ("artist", &old.artist), ("album", &old.album), ("comment", &old.comment)];
    push_all(fields, own.map(|(name, value)| (name, value.as_deref())));
    old.year.into_iter().for_each(|year| fields.push("year", &year.to_string()));
    old.track_number.into_iter().for_each(|track| fields.push("track", &track.to_string()));
}

fn push_frames(fields: &mut Fields, tag: &Id3v2Tag) {
    for frame in tag {
        match frame {
            Frame::Text(text) => fields.push(frame.id_str(), &text.value),
            Frame::UserText(text) => fields.push(&text.description, &text.content),
            Frame::Comment(comment) => fields.push("comm", &comment.content),
            Frame::Timestamp(time) => fields.push(frame.id_str(), &time.timestamp.to_string()),
            _ => {}
        }
    }
}

fn push_comments(fields: &mut Fields, tag: &VorbisComments) {
    tag.items().for_each(|(name, value)| fields.push(name, value));
}

fn push_items(fields: &mut Fields, tag: &ApeTag) {
    for item in tag {
        if let Some(value) = item.text_values().and_then(|mut values| values.next()) {
            fields.push(item.key(), value);
        }
    }
}

fn push_riff(fields: &mut Fields, tag: &RiffInfoList) {
    let names = [
        ("title", "INAM"),
        ("artist", "IART"),
        ("album", "IPRD"),
        ("date", "ICRD"),
        ("track", "IPRT"),
        ("track", "ITRK"),
        ("genre", "IGNR"),
        ("comment", "ICMT"),
    ];
    push_all(fields, names.map(|(name, id)| (name, tag.get(id))));
}

fn push_atoms(fields: &mut Fields, tag: &Ilst) {
    for atom in tag {
        let name = match atom.ident() {
            // The first byte of many is the copyright sign in Latin-1.
            AtomIdent::Fourcc(bytes) => bytes.iter().map(|&byte| char::from(byte)).collect::<String>(),
            AtomIdent::Freeform { name, .. } => name.to_string(),
        };
        let value = match atom.data().next() {
            Some(AtomData::UTF8(text) | AtomData::UTF16(text)) => text.clone(),
            Some(AtomData::SignedInteger(number)) => number.to_string(),
            Some(AtomData::UnsignedInteger(number)) => number.to_string(),
            // Number and total are the second and third 16 bits.
            Some(AtomData::Unknown { data, .. }) if name == "trkn" => match data[..] {
                [_, _, high, low, ..] => u16::from_be_bytes([high, low]).to_string(),
                _ => continue,
            },
            _ => continue,
        };
        fields.push(&name, &value);
    }
}
