//! Size, crop and orientation of a thumbnail.

use super::spec::{Fit, Spec, ThumbnailError, is_sideways};
use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, MulDiv, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage, RgbaImage};

/// Most pixels along a side, for pictures whose height is free. WebP allows 16,383.
const SIDE_MAX: u32 = 8192;

/// How a picture becomes a thumbnail, all before it is turned.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Plan {
    /// The part of the picture that is shown: left, top, width, height.
    shown: (f64, f64, f64, f64),
    /// Size of the thumbnail.
    out: (u32, u32),
    /// Size that the whole picture would have at the same scale.
    whole: (u32, u32),
}

fn plan((width, height): (u32, u32), orientation: Orientation, spec: &Spec) -> Plan {
    let is_turned = is_sideways(orientation);
    let (w, h) = (f64::from(width.max(1)), f64::from(height.max(1)));
    // The box and the free side are those of the turned picture.
    let boxed = (f64::from(spec.width), f64::from(spec.height));
    let boxed = if is_turned { (boxed.1, boxed.0) } else { boxed };
    let largest = f64::from(SIDE_MAX) / w.max(h);
    let scale = match spec.fit {
        Fit::Crop => (boxed.0 / w).max(boxed.1 / h),
        Fit::Width if is_turned => (boxed.1 / h).min(largest),
        Fit::Width => (boxed.0 / w).min(largest),
    };
    let scale = scale.min(1.0);
    let pixels = |side: f64| side.round().max(1.0);
    let whole = (pixels(w * scale), pixels(h * scale));
    let out = match spec.fit {
        Fit::Crop => (whole.0.min(boxed.0), whole.1.min(boxed.1)),
        Fit::Width => whole,
    };
    let shown = (w * out.0 / whole.0, h * out.1 / whole.1);
    Plan {
        shown: ((w - shown.0) / 2.0, (h - shown.1) / 2.0, shown.0, shown.1),
        out: (out.0 as u32, out.1 as u32),
        whole: (whole.0 as u32, whole.1 as u32),
    }
}

/// Returns the size to which a picture of `size` must be decoded at least, before it is turned.
pub(super) fn box_of(size: (u32, u32), orientation: Orientation, spec: &Spec) -> (u32, u32) {
    plan(size, orientation, spec).whole
}

/// Scales, crops and turns the picture.
pub(super) fn scale(
    picture: DynamicImage,
    orientation: Orientation,
    spec: &Spec,
) -> Result<DynamicImage, ThumbnailError> {
    let plan = plan((picture.width(), picture.height()), orientation, spec);
    let has_alpha = picture.color().has_alpha();
    let (width, height) = (picture.width(), picture.height());
    let is_same = (width, height) == plan.out;
    let mut small = if is_same {
        if has_alpha {
            DynamicImage::ImageRgba8(picture.into_rgba8())
        } else {
            DynamicImage::ImageRgb8(picture.into_rgb8())
        }
    } else {
        let (pixels, kind) = match has_alpha {
            true => (picture.into_rgba8().into_raw(), PixelType::U8x4),
            false => (picture.into_rgb8().into_raw(), PixelType::U8x3),
        };
        let mut from = Image::from_vec_u8(width, height, pixels, kind).map_err(failed)?;
        if has_alpha {
            // In place: the resizer would make a copy of the whole picture for it.
            MulDiv::default().multiply_alpha_inplace(&mut from).map_err(failed)?;
        }
        let mut to = Image::new(plan.out.0, plan.out.1, kind);
        let (left, top, shown_width, shown_height) = plan.shown;
        let options = ResizeOptions::new()
            .use_alpha(false)
            .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
            .crop(left, top, shown_width, shown_height);
        Resizer::new().resize(&from, &mut to, &options).map_err(failed)?;
        drop(from);
        if has_alpha {
            MulDiv::default().divide_alpha_inplace(&mut to).map_err(failed)?;
        }
        let image = match has_alpha {
            true => RgbaImage::from_raw(plan.out.0, plan.out.1, to.into_vec()).map(DynamicImage::ImageRgba8),
            false => RgbImage::from_raw(plan.out.0, plan.out.1, to.into_vec()).map(DynamicImage::ImageRgb8),
        };
        image.ok_or_else(|| ThumbnailError::Damaged("scaling lost pixels".into()))?
    };
    small.apply_orientation(orientation);
    Ok(small)
}

fn failed(error: impl std::error::Error) -> ThumbnailError {
    ThumbnailError::Damaged(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thumbnails::spec::Format;

    #[test]
    fn sizes_follow_the_box() {
        let spec = |width, height, fit| Spec { width, height, fit, format: Format::Jpeg, quality: 40 };
        let (crop, whole) = (spec(320, 256, Fit::Crop), spec(320, 256, Fit::Width));
        let triple = spec(960, 768, Fit::Crop);
        for (size, orientation, spec, out) in [
            ((4000, 3000), Orientation::NoTransforms, crop, (320, 256)),
            ((4000, 3000), Orientation::Rotate90, crop, (256, 320)),
            ((1920, 1080), Orientation::NoTransforms, whole, (320, 180)),
            ((1080, 1920), Orientation::Rotate90, whole, (180, 320)),
            ((1080, 1920), Orientation::NoTransforms, whole, (320, 569)),
            ((640, 360), Orientation::NoTransforms, triple, (640, 360)),
            ((2000, 100), Orientation::NoTransforms, crop, (320, 100)),
            ((1, 1), Orientation::NoTransforms, crop, (1, 1)),
            ((10_000, 1), Orientation::NoTransforms, whole, (320, 1)),
            ((300, 60_000), Orientation::NoTransforms, whole, (41, 8192)),
        ] {
            let plan = plan(size, orientation, &spec);
            assert_eq!(plan.out, out, "{size:?} {orientation:?} {spec:?}");
            let (left, top, width, height) = plan.shown;
            assert!(left >= 0.0 && top >= 0.0, "{plan:?}");
            assert!(left + width <= f64::from(size.0) && top + height <= f64::from(size.1), "{plan:?}");
        }
    }
}
