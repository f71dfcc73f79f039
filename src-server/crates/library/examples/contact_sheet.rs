//! Draws 100 pictures of every format, size and orientation, broken ones among them, and puts their thumbnails into one
//! picture, to be looked at: `cargo run -p library --example contact_sheet -- sheet.png`.
//!
//! Every picture shows a disc on a gradient, a red corner at its upper left, and a green one at its upper right. A grey
//! tile is a picture that was refused.

use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage, imageops};
use library::thumbnails::{Fit, Format, Limits, Source, Spec, render};
use std::io::Cursor;

const TILE: (u32, u32) = (160, 128);
const COLUMNS: u32 = 10;

fn drawing(width: u32, height: u32, number: u32, has_alpha: bool) -> DynamicImage {
    let (w, h, r) = (width as f32, height as f32, width.min(height) as f32 / 3.0);
    let hue = [number * 53 % 256, number * 97 % 256, number * 31 % 256].map(|value| value as u8);
    DynamicImage::ImageRgba8(RgbaImage::from_fn(width, height, |x, y| {
        let (fx, fy) = (x as f32, y as f32);
        let corner = r / 2.0;
        let is_inside = ((fx - w / 2.0).powi(2) + (fy - h / 2.0).powi(2)).sqrt() < r;
        match () {
            () if fy < corner && fx < corner => Rgba([230, 30, 30, 255]),
            () if fy < corner && fx > w - corner => Rgba([30, 200, 30, 255]),
            () if is_inside => Rgba([hue[0], hue[1], hue[2], 255]),
            () => Rgba([(fx / w * 255.0) as u8, (fy / h * 255.0) as u8, 160, if has_alpha { 60 } else { 255 }]),
        }
    }))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = if format == ImageFormat::Jpeg { picture.to_rgb8().into() } else { picture.clone() };
    picture.write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

/// A JPEG that is stored turned, with EXIF data that says so.
fn turned(picture: &DynamicImage, value: u8) -> Vec<u8> {
    let mut stored = picture.clone();
    stored.apply_orientation(match Orientation::from_exif(value).expect("1 to 8") {
        Orientation::Rotate90 => Orientation::Rotate270,
        Orientation::Rotate270 => Orientation::Rotate90,
        same => same,
    });
    let jpeg = encoded(&stored, ImageFormat::Jpeg);
    let tiff = [&b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..], &[value], &[0; 6]].concat();
    let length = (8 + tiff.len() as u16).to_be_bytes();
    [&jpeg[..2], b"\xff\xe1", &length, b"Exif\0\0", &tiff, &jpeg[2..]].concat()
}

fn picture(number: u32) -> Vec<u8> {
    const FORMATS: [ImageFormat; 6] =
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff];
    const SIZES: [(u32, u32); 8] =
        [(400, 300), (300, 400), (1600, 900), (900, 1600), (1200, 100), (100, 1200), (60, 40), (1000, 1000)];
    let (width, height) = SIZES[(number / 6) as usize % SIZES.len()];
    let drawing = drawing(width, height, number, number.is_multiple_of(5));
    let mut bytes = match number {
        // The first row shows all orientations.
        1..=8 => turned(&drawing, number as u8),
        _ => encoded(&drawing, FORMATS[number as usize % FORMATS.len()]),
    };
    // The last row: cut off, damaged, empty, no picture.
    match number {
        90..=94 => bytes.truncate(bytes.len() / 2),
        95..=97 => bytes.iter_mut().skip(12).step_by(7).for_each(|byte| *byte ^= 0xa5),
        98 => bytes.clear(),
        99 => bytes = b"#EXTM3U\nhttp://localhost/".to_vec(),
        _ => {}
    }
    bytes
}

fn main() {
    let out = std::env::args().nth(1).expect("the name of the picture to write");
    let rows = 100 / COLUMNS;
    let mut sheet = RgbaImage::from_pixel((TILE.0 + 8) * COLUMNS, (TILE.1 + 8) * rows, Rgba([40, 40, 48, 255]));
    let (limits, mut refused) = (Limits::default(), 0);
    for number in 0..100 {
        let fit = if number % 20 >= 10 { Fit::Width } else { Fit::Crop };
        let format = if number % 2 == 0 { Format::WebP } else { Format::Jpeg };
        let spec = Spec { width: TILE.0, height: TILE.1, fit, format, quality: 40 };
        let bytes = picture(number);
        let tile = match render(Source::of_bytes(&bytes, &limits), &spec, &limits) {
            Ok(thumbnail) => image::load_from_memory(&thumbnail.bytes).expect("decodes").to_rgba8(),
            Err(error) => {
                println!("{number}: {error}");
                refused += 1;
                RgbaImage::from_pixel(TILE.0, TILE.1, Rgba([120, 120, 120, 255]))
            }
        };
        // Those of free height are cut for the sheet.
        let shown = imageops::crop_imm(&tile, 0, 0, tile.width().min(TILE.0), tile.height().min(TILE.1)).to_image();
        let (column, row) = (number % COLUMNS, number / COLUMNS);
        let at = (i64::from(column * (TILE.0 + 8) + 4), i64::from(row * (TILE.1 + 8) + 4));
        imageops::overlay(&mut sheet, &shown, at.0, at.1);
    }
    sheet.save(&out).expect("writes");
    println!("{out}: {} thumbnails, {refused} refused", 100 - refused);
}
