//! What a client asks for, and what that means under the settings of the volume and the server.

use super::kind::MediaKind;
use super::spec::{Fit, Format, Limits, Spec};
use model::VolumeFlags;
use model::settings::Behaviour;
use model::thumbnail_settings::ThumbnailFlags;
use std::time::Duration;

/// A thumbnail as a client asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThumbnailRequest {
    /// The format that it prefers.
    pub format: Format,
    /// Whether the thumbnail fills its box; `None`: as the server likes.
    pub crop: Option<bool>,
    /// Whether it has three times the size; `None`: as the server likes.
    pub triple: Option<bool>,
}

/// Memory that one picture may take beside others.
const MEMORY: u64 = 128 << 20;

/// Returns what `request` means for a file of that kind; `None` if the settings allow no thumbnail of it.
pub(super) fn spec_of(
    request: ThumbnailRequest,
    kind: MediaKind,
    flags: &VolumeFlags,
    behaviour: &Behaviour,
) -> Option<Spec> {
    let (own, all) = (&flags.thumbnails, &behaviour.thumbnails);
    let is_off = match kind {
        MediaKind::Video => own.no_videos,
        MediaKind::Audio => own.no_audio,
        _ => own.no_pictures,
    };
    if own.off || is_off || own.no_programs && matches!(kind, MediaKind::Video | MediaKind::Audio) {
        return None;
    }
    let wanted = if kind == MediaKind::Video && all.videos_as_jpeg { Format::Jpeg } else { request.format };
    let format = match (wanted, all.no_jpeg, all.no_webp) {
        (_, true, true) => return None,
        (Format::Jpeg, true, false) => Format::WebP,
        (Format::WebP, false, true) => Format::Jpeg,
        (format, ..) => format,
    };
    let is_cropped = match all.no_crop {
        true => own.crop == model::thumbnail_settings::Choice::ForcedYes,
        false => own.crop.decide(request.crop),
    };
    let times = if own.triple.decide(request.triple) { 3 } else { 1 };
    Some(Spec {
        width: own.size.0 * times,
        height: own.size.1 * times,
        fit: if is_cropped { Fit::Crop } else { Fit::Width },
        format,
        quality: own.quality,
    })
}

/// Returns what decoding one picture of the volume may take, beside others.
pub(super) fn limits_of(flags: &ThumbnailFlags) -> Limits {
    let time = Duration::from_secs(flags.time_limit_secs.clamp(1, 3600));
    Limits { memory: MEMORY, time, ..Limits::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::thumbnail_settings::Choice;

    #[test]
    fn options_take_effect() {
        let of_picture =
            |request, flags: &VolumeFlags, all: &Behaviour| spec_of(request, MediaKind::Picture, flags, all);
        let request = |crop, triple| ThumbnailRequest { format: Format::WebP, crop, triple };
        let check =
            |change: fn(&mut VolumeFlags, &mut Behaviour), request, expected: Option<(u32, Fit, Format, u8)>| {
                let (mut flags, mut behaviour) = (VolumeFlags::default(), Behaviour::default());
                change(&mut flags, &mut behaviour);
                let spec = of_picture(request, &flags, &behaviour);
                assert_eq!(spec.map(|spec| (spec.width, spec.fit, spec.format, spec.quality)), expected);
            };
        let usual = (320, Fit::Crop, Format::WebP, 40);
        check(|_, _| {}, request(None, None), Some(usual));
        check(|_, _| {}, request(Some(false), Some(true)), Some((960, Fit::Width, Format::WebP, 40)));
        check(|f, _| f.thumbnails.off = true, request(None, None), None);
        check(|f, _| f.thumbnails.no_pictures = true, request(None, None), None);
        check(|f, _| f.thumbnails.size = (64, 64), request(None, None), Some((64, Fit::Crop, Format::WebP, 40)));
        check(|f, _| f.thumbnails.quality = 80, request(None, None), Some((320, Fit::Crop, Format::WebP, 80)));
        let whole = Some((320, Fit::Width, Format::WebP, 40));
        check(|f, _| f.thumbnails.crop = Choice::No, request(None, None), whole);
        check(|f, _| f.thumbnails.crop = Choice::ForcedNo, request(Some(true), None), whole);
        check(|f, _| f.thumbnails.crop = Choice::ForcedYes, request(Some(false), None), Some(usual));
        check(|_, b| b.thumbnails.no_crop = true, request(None, None), whole);
        check(|f, _| f.thumbnails.triple = Choice::ForcedNo, request(None, Some(true)), Some(usual));
        check(|f, _| f.thumbnails.triple = Choice::Yes, request(None, None), Some((960, Fit::Crop, Format::WebP, 40)));
        check(|_, b| b.thumbnails.no_webp = true, request(None, None), Some((320, Fit::Crop, Format::Jpeg, 40)));
        let neither = |_: &mut VolumeFlags, b: &mut Behaviour| {
            (b.thumbnails.no_webp, b.thumbnails.no_jpeg) = (true, true);
        };
        check(neither, request(None, None), None);
    }

    #[test]
    fn kinds_of_files_are_switched_off_each() {
        let request = ThumbnailRequest { format: Format::WebP, crop: None, triple: None };
        let kinds =
            [MediaKind::Picture, MediaKind::Vector, MediaKind::OtherPicture, MediaKind::Video, MediaKind::Audio];
        let check = |change: fn(&mut ThumbnailFlags), expected: [bool; 5]| {
            let mut flags = VolumeFlags::default();
            change(&mut flags.thumbnails);
            let made = kinds.map(|kind| spec_of(request, kind, &flags, &Behaviour::default()).is_some());
            assert_eq!(made, expected);
        };
        check(|_| {}, [true; 5]);
        check(|flags| flags.off = true, [false; 5]);
        check(|flags| flags.no_pictures = true, [false, false, false, true, true]);
        check(|flags| flags.no_videos = true, [true, true, true, false, true]);
        check(|flags| flags.no_audio = true, [true, true, true, true, false]);
        check(|flags| flags.no_programs = true, [true, true, true, false, false]);
        let mut behaviour = Behaviour::default();
        behaviour.thumbnails.videos_as_jpeg = true;
        let format = |kind| spec_of(request, kind, &VolumeFlags::default(), &behaviour).expect("allowed").format;
        assert_eq!((format(MediaKind::Video), format(MediaKind::Picture)), (Format::Jpeg, Format::WebP));
    }
}
