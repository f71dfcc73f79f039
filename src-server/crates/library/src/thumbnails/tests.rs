//! Every format becomes a thumbnail; what is broken, cut off or far too large is refused.

use super::{Fit, Format, Limits, Source, Spec, ThumbnailError, render};
use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use std::io::Cursor;
use std::time::Duration;

const JPEG: Spec = Spec { width: 32, height: 24, fit: Fit::Crop, format: Format::Jpeg, quality: 90 };
const WEBP: Spec = Spec { format: Format::WebP, ..JPEG };

/// Four quarters: red and green above, blue and white below.
fn quarters(width: u32, height: u32) -> DynamicImage {
    let color = |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => Rgb([255, 0, 0]),
        (false, true) => Rgb([0, 255, 0]),
        (true, false) => Rgb([0, 0, 255]),
        (false, false) => Rgb([255, 255, 255]),
    };
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, color))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

fn make(bytes: &[u8], spec: &Spec) -> Result<DynamicImage, ThumbnailError> {
    let limits = Limits::default();
    let thumbnail = render(Source::of_bytes(bytes, &limits), spec, &limits)?.bytes;
    let format = image::guess_format(&thumbnail).expect("a picture");
    assert_eq!(format == ImageFormat::Jpeg, spec.format == Format::Jpeg);
    Ok(image::load_from_memory(&thumbnail).expect("decodes"))
}

/// The corners, read from left to right and from above: r, g, b, w.
fn corners(picture: &DynamicImage) -> String {
    let pixels = picture.to_rgb8();
    let (right, below) = (pixels.width() - 2, pixels.height() - 2);
    let name = |(x, y)| match pixels.get_pixel(x, y).0.map(|channel| channel > 128) {
        [true, false, false] => 'r',
        [false, true, false] => 'g',
        [false, false, true] => 'b',
        [true, true, true] => 'w',
        _ => '?',
    };
    [(1, 1), (right, 1), (1, below), (right, below)].into_iter().map(name).collect()
}

#[test]
fn every_format_becomes_a_thumbnail() {
    let formats = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp];
    for format in formats.into_iter().chain([ImageFormat::Tiff]) {
        for spec in [JPEG, WEBP] {
            let thumbnail = make(&encoded(&quarters(400, 300), format), &spec).expect("a thumbnail");
            assert_eq!((thumbnail.width(), thumbnail.height()), (32, 24), "{format:?}");
            assert_eq!(corners(&thumbnail), "rgbw", "{format:?} {spec:?}");
        }
    }
}

#[test]
fn other_kinds_of_pixels_become_thumbnails() {
    let grey = DynamicImage::ImageLuma8(image::GrayImage::from_pixel(64, 48, image::Luma([255])));
    let deep = DynamicImage::ImageRgb16(quarters(64, 48).to_rgb16());
    for picture in [grey.clone(), deep, DynamicImage::ImageLuma16(grey.to_luma16())] {
        let thumbnail = make(&encoded(&picture, ImageFormat::Png), &JPEG).expect("a thumbnail");
        assert_eq!(thumbnail.to_rgb8().get_pixel(30, 22).0.map(|channel| channel > 240), [true; 3]);
    }
    let thumbnail = make(&encoded(&grey, ImageFormat::Jpeg), &WEBP).expect("a thumbnail");
    assert_eq!((thumbnail.width(), thumbnail.height()), (32, 24));
}

#[test]
fn transparency_stays_in_webp_and_is_white_in_jpeg() {
    let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(64, 48, Rgba([255, 0, 0, 0])));
    let bytes = encoded(&clear, ImageFormat::Png);
    assert_eq!(make(&bytes, &WEBP).expect("a thumbnail").to_rgba8().get_pixel(5, 5).0[3], 0);
    assert!(make(&bytes, &JPEG).expect("a thumbnail").to_rgb8().get_pixel(5, 5).0.iter().all(|&channel| channel > 250));
}

/// EXIF data with an orientation and, if there is one, an embedded thumbnail.
fn exif(orientation: u8, thumbnail: &[u8]) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, value: u32| {
        let value = if kind == 3 { (value << 16).to_be_bytes() } else { value.to_be_bytes() };
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &1u32.to_be_bytes(), &value].concat()
    };
    let second = if thumbnail.is_empty() { 0u32 } else { 26 };
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01".to_vec();
    tiff.extend(entry(0x112, 3, u32::from(orientation)));
    tiff.extend(second.to_be_bytes());
    if second > 0 {
        tiff.extend(3u16.to_be_bytes());
        tiff.extend(entry(0x103, 3, 6));
        tiff.extend(entry(0x201, 4, 26 + 2 + 36 + 4));
        tiff.extend(entry(0x202, 4, thumbnail.len() as u32));
        tiff.extend(0u32.to_be_bytes());
        tiff.extend(thumbnail);
    }
    tiff
}

fn with_exif(jpeg: &[u8], tiff: &[u8]) -> Vec<u8> {
    let length = (2 + 6 + tiff.len()) as u16;
    [&jpeg[..2], b"\xff\xe1", &length.to_be_bytes(), b"Exif\0\0", tiff, &jpeg[2..]].concat()
}

#[test]
fn all_orientations_are_respected() {
    for value in 1..=8 {
        let orientation = Orientation::from_exif(value).expect("a value of EXIF");
        let back = match orientation {
            Orientation::Rotate90 => Orientation::Rotate270,
            Orientation::Rotate270 => Orientation::Rotate90,
            same => same,
        };
        let mut stored = quarters(400, 300);
        stored.apply_orientation(back);
        let bytes = with_exif(&encoded(&stored, ImageFormat::Jpeg), &exif(value, &[]));
        for spec in [JPEG, Spec { fit: Fit::Width, ..WEBP }] {
            let thumbnail = make(&bytes, &spec).expect("a thumbnail");
            assert_eq!((thumbnail.width(), thumbnail.height()), (32, 24), "{value}");
            assert_eq!(corners(&thumbnail), "rgbw", "{value}");
        }
    }
}

#[test]
fn the_embedded_thumbnail_is_used_while_it_is_large_enough() {
    let white = |width, height| DynamicImage::ImageRgb8(RgbImage::from_pixel(width, height, Rgb([255; 3])));
    let large = encoded(&quarters(400, 300), ImageFormat::Jpeg);
    for (embedded, spec, expected) in [
        (white(160, 120), JPEG, "wwww"),
        (white(16, 12), JPEG, "rgbw"),
        // That of another picture.
        (white(120, 120), JPEG, "rgbw"),
        (white(160, 120), Spec { width: 200, height: 150, ..JPEG }, "rgbw"),
    ] {
        let bytes = with_exif(&large, &exif(1, &encoded(&embedded, ImageFormat::Jpeg)));
        assert_eq!(corners(&make(&bytes, &spec).expect("a thumbnail")), expected, "{}", embedded.width());
    }
    let broken = with_exif(&large, &exif(1, b"\xff\xd8 this is none"));
    assert_eq!(corners(&make(&broken, &JPEG).expect("a thumbnail")), "rgbw");
}

#[test]
fn pictures_are_not_enlarged() {
    let thumbnail = make(&encoded(&quarters(20, 10), ImageFormat::Png), &JPEG).expect("a thumbnail");
    assert_eq!((thumbnail.width(), thumbnail.height()), (20, 10));
}

#[test]
fn broken_pictures_are_errors() {
    for format in
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff]
    {
        let whole = encoded(&quarters(100, 80), format);
        for length in [0, 1, 3, 8, 20, 30, 54, whole.len() / 3] {
            assert!(make(&whole[..length], &JPEG).is_err(), "{format:?} cut off after {length} bytes");
        }
        for position in 0..whole.len().min(400) {
            let mut damaged = whole.clone();
            damaged[position] ^= 0x55;
            // Either way; it neither ends the thread nor takes memory without end.
            let _result = make(&damaged, &JPEG);
        }
    }
    for text in [&b"hello"[..], b"#EXTM3U\nhttp://127.0.0.1/", b"<svg xmlns='http://www.w3.org/2000/svg'/>"] {
        assert!(matches!(make(text, &JPEG), Err(ThumbnailError::UnknownFormat)));
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

#[test]
fn bombs_are_refused_by_their_header() {
    let small = |format| encoded(&quarters(64, 64), format);
    let mut png = small(ImageFormat::Png);
    png[16..20].copy_from_slice(&60_000u32.to_be_bytes());
    png[20..24].copy_from_slice(&60_000u32.to_be_bytes());
    let sum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    let mut gif = small(ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    let mut bmp = small(ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&60_000u32.to_le_bytes());
    bmp[22..26].copy_from_slice(&60_000u32.to_le_bytes());
    let mut jpeg = small(ImageFormat::Jpeg);
    let start = jpeg.windows(2).position(|pair| pair == b"\xff\xc0").expect("a frame");
    jpeg[start + 5..start + 9].copy_from_slice(&[0xff, 0x00, 0xff, 0x00]);
    for bomb in [png, gif, bmp, jpeg] {
        let error = make(&bomb, &JPEG).expect_err("refused");
        assert!(matches!(error, ThumbnailError::TooLarge(_)), "{error}");
    }
}

#[test]
fn limits_of_bytes_and_time_hold() {
    let bytes = encoded(&quarters(400, 300), ImageFormat::Bmp);
    let few = Limits { bytes: 1000, ..Limits::default() };
    let error = render(Source::of_bytes(&bytes, &few), &JPEG, &few).expect_err("refused");
    assert!(matches!(error, ThumbnailError::TooLarge("bytes")), "{error}");
    let none = Limits { time: Duration::ZERO, ..Limits::default() };
    let error = render(Source::of_bytes(&bytes, &none), &JPEG, &none).expect_err("refused");
    assert!(matches!(error, ThumbnailError::TimedOut), "{error}");
    let narrow = Limits { memory: 1000, ..Limits::default() };
    let error = render(Source::of_bytes(&bytes, &narrow), &JPEG, &narrow).expect_err("refused");
    assert!(matches!(error, ThumbnailError::TooLarge(_)), "{error}");
}
