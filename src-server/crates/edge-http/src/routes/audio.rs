//! `?th=` of sounds: their waveform, and the same sound in another format (docs/http-api.md "Sound").

use super::derived::{self, Shown};
use crate::failure::{Failure, RouteResult};
use crate::reply;
use crate::request::Request;
use crate::urls;
use engine::files::read::{Download, Found};
use engine::library::audio::{AudioFormat, GrowingAudio, Transcoded, waveform};
use futures_util::stream;
use http::{HeaderValue, StatusCode, header};
use model::FileName;
use warp::reply::{Reply, Response};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The waveform as a picture.
    Waveform,
    /// The waveform as bytes.
    Peaks,
    /// The sound in this format, which `Accept` has chosen or not.
    Sound(AudioFormat, IsNegotiated),
}

/// Whether `Accept` has decided.
type IsNegotiated = bool;

/// Returns what `?th=<kind>` asks for; `None`: no sound.
pub fn requested(kind: &str, accept: Option<&str>) -> Option<Asked> {
    match kind {
        "p" => Some(Asked::Waveform),
        "peaks" => Some(Asked::Peaks),
        "audio" => Some(Asked::Sound(AudioFormat::accepted(accept.unwrap_or_default()), true)),
        _ => {
            let format = AudioFormat::ALL.into_iter().find(|format| format.word() == kind)?;
            Some(Asked::Sound(format, false))
        }
    }
}

/// Sends it.
///
/// # Errors
/// 404: no such file, or no waveform of it. 415: it is no sound that can be converted to this format here.
pub async fn send(request: &Request, asked: Asked) -> RouteResult {
    let key = request.query.text(urls::KEY);
    let file = match request.engine().reader.open(&request.access, &request.path, key.as_deref()).await? {
        Found::File(file) => file,
        Found::Folder { .. } => return Err(no_waveform()),
    };
    match asked {
        Asked::Waveform | Asked::Peaks => peaks(request, &file, asked == Asked::Waveform).await,
        Asked::Sound(format, is_negotiated) => {
            let mut response = sound(request, file, format).await?;
            if is_negotiated {
                response.headers_mut().insert(header::VARY, derived::VARY);
            }
            Ok(response)
        }
    }
}

fn no_waveform() -> Failure {
    Failure::text(StatusCode::NOT_FOUND, "there is no waveform of this")
}

async fn peaks(request: &Request, file: &Download, as_picture: bool) -> RouteResult {
    let thumbnails = request.engine().library.thumbnails();
    let candidate = thumbnails.peaks_of(&request.access, &request.path, file).ok_or_else(no_waveform)?;
    let shown = match as_picture {
        true => Shown { media_type: "image/png", of: |peaks| waveform(&peaks).into() },
        false => Shown { media_type: candidate.media_type, of: |peaks| peaks },
    };
    derived::send(request, candidate, shown, false).await.ok_or_else(no_waveform)?
}

async fn sound(request: &Request, file: Download, format: AudioFormat) -> RouteResult {
    let transcoder = request.engine().library.transcoder();
    // A client that wants a part gets one of the whole: players that can seek ask so.
    let whole = request.head.text(header::RANGE).is_some_and(|range| range.trim() != "bytes=0-");
    let made = transcoder.get(&request.access, &request.path, &file, format, whole).await?;
    match made {
        None => Err(Failure::text(StatusCode::UNSUPPORTED_MEDIA_TYPE, "this cannot be converted to that format here")),
        Some(Transcoded::Ready(made)) => {
            let name = renamed(&file.name, format);
            let mut response = reply::file::send(request, file.answered_by(made, name))?;
            if response.headers().contains_key(header::CONTENT_TYPE) && response.status().is_success() {
                put_type(&mut response, format);
            }
            Ok(response)
        }
        Some(Transcoded::Growing(growing)) if request.is_head() => {
            drop(growing);
            let mut response = Response::new("".into());
            put_type(&mut response, format);
            Ok(response)
        }
        Some(Transcoded::Growing(growing)) => {
            let mut response = warp::reply::stream(pieces(growing)).into_response();
            put_type(&mut response, format);
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, reply::headers::FILE_POLICY);
            Ok(response)
        }
    }
}

/// Returns the sound as a stream; an error ends the connection before the end of the body.
fn pieces(growing: GrowingAudio) -> impl stream::Stream<Item = Result<bytes::Bytes, engine::EngineError>> + Send {
    stream::unfold(Some(growing), |growing| async {
        let mut growing = growing?;
        let piece = growing.next().await?;
        let next = piece.is_ok().then_some(growing);
        Some((piece, next))
    })
}

fn put_type(response: &mut Response, format: AudioFormat) {
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
}

/// Returns the name of the converted file.
fn renamed(name: &FileName, format: AudioFormat) -> FileName {
    let bytes = name.as_bytes();
    let stem = name.extension().map_or(bytes, |extension| &bytes[..bytes.len() - extension.len() - 1]);
    FileName::new([stem, b".", format.word().as_bytes()].concat().as_slice()).unwrap_or_else(|_| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_sound_are_known() {
        for (kind, expected) in [
            ("p", Some(Asked::Waveform)),
            ("peaks", Some(Asked::Peaks)),
            ("opus", Some(Asked::Sound(AudioFormat::Opus, false))),
            ("audio", Some(Asked::Sound(AudioFormat::Mp3, true))),
            ("w", None),
            ("j", None),
            ("", None),
            ("pf", None),
        ] {
            assert_eq!(requested(kind, None), expected, "{kind}");
        }
    }

    #[test]
    fn converted_files_have_the_extension_of_their_format() {
        for (name, expected) in [("a.b.wma", "a.b.opus"), ("a", "a.opus")] {
            let renamed = renamed(&FileName::new(name.as_bytes()).expect("a name"), AudioFormat::Opus);
            assert_eq!(renamed.as_bytes(), expected.as_bytes());
        }
    }
}
