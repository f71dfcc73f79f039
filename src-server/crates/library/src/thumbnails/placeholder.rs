//! What a page shows until a thumbnail arrives: the shape of the picture, and about 25 bytes of its colours (ThumbHash).

use image::{DynamicImage, imageops::FilterType};

/// Longest side of the picture that is hashed.
const SIDE_MAX: u32 = 100;

/// The shape and the colours of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// Width of the whole picture in pixels, the right way up; of some formats that of the thumbnail.
    pub width: u32,
    /// The height that belongs to it.
    pub height: u32,
    /// ThumbHash of the thumbnail: 5 to 25 bytes (<https://evanw.github.io/thumbhash/>).
    pub hash: Vec<u8>,
}

impl Placeholder {
    /// `size`: that of the whole picture. `thumbnail`: what is hashed.
    pub(super) fn of((width, height): (u32, u32), thumbnail: &DynamicImage) -> Self {
        let is_small = thumbnail.width() <= SIDE_MAX && thumbnail.height() <= SIDE_MAX;
        let small = match is_small {
            true => thumbnail.to_rgba8(),
            false => thumbnail.resize(SIDE_MAX, SIDE_MAX, FilterType::Triangle).to_rgba8(),
        };
        let hash = thumbhash::rgba_to_thumb_hash(small.width() as usize, small.height() as usize, small.as_raw());
        Self { width, height, hash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgba, RgbaImage};

    #[test]
    fn the_hash_gives_back_shape_and_colours() {
        for (width, height, color) in
            [(320, 200, [200, 30, 30, 255]), (20, 300, [20, 40, 220, 255]), (1, 1, [9, 9, 9, 0])]
        {
            let picture = DynamicImage::ImageRgba8(RgbaImage::from_pixel(width, height, Rgba(color)));
            let placeholder = Placeholder::of((width * 10, height * 10), &picture);
            assert_eq!((placeholder.width, placeholder.height), (width * 10, height * 10));
            assert!((5..=25).contains(&placeholder.hash.len()), "{} bytes", placeholder.hash.len());
            let (r, g, b, a) = thumbhash::thumb_hash_to_average_rgba(&placeholder.hash).expect("a hash");
            let close = |found: f32, expected: u8| (found * 255.0 - f32::from(expected)).abs() < 16.0;
            assert!(close(a, color[3]), "{a}");
            assert!(color[3] == 0 || close(r, color[0]) && close(g, color[1]) && close(b, color[2]), "{r} {g} {b}");
        }
    }
}
