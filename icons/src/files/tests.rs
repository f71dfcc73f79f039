//! The committed pictures match their sources, and every state is distinguishable from every other, in every place.

use super::*;
use std::path::PathBuf;

fn icons() -> PathBuf {
    // Read at run time: another checkout may have built this program.
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where"))
}

/// Other processors may round the last bit differently.
const ROUNDING: u8 = 2;

fn same(name: &str, fresh: &[u8], stored: &[u8]) -> bool {
    if !name.ends_with(".png") {
        // Their pictures are the same as those of the PNG files; a change of layout shows in the length.
        return fresh.len().abs_diff(stored.len()) <= fresh.len() / 100;
    }
    let pixels = |bytes: &[u8]| Pixmap::decode_png(bytes).ok();
    let (Some(fresh), Some(stored)) = (pixels(fresh), pixels(stored)) else { return false };
    fresh.width() == stored.width() && fresh.data().iter().zip(stored.data()).all(|(a, b)| a.abs_diff(*b) <= ROUNDING)
}

#[test]
fn generated_pictures_are_up_to_date() {
    let fresh = all(&icons()).unwrap();
    let folder = icons().join("generated");
    let stored: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let stale: Vec<&String> = fresh
        .iter()
        .filter(|(name, bytes)| !fs::read(folder.join(name)).is_ok_and(|there| same(name, bytes, &there)))
        .map(|(name, _)| name)
        .chain(stored.iter().filter(|name| !fresh.contains_key(*name)))
        .collect();
    assert!(stale.is_empty(), "stale, run `cargo xtask icons`: {stale:?}");
}

/// Returns the part of the picture that differs in its alpha, 0 to 1; colours are ignored.
fn difference(a: &Pixmap, b: &Pixmap) -> f32 {
    let all = a.pixels().iter().zip(b.pixels());
    let sum: u32 = all.map(|(a, b)| u32::from(a.alpha().abs_diff(b.alpha()))).sum();
    sum as f32 / (a.pixels().len() as f32 * 255.0)
}

#[test]
fn states_differ_by_shape_at_every_size() {
    let source = read(&icons().join("tray.svg")).unwrap();
    for &size in TRAY {
        let drawn: Vec<_> = STATES
            .iter()
            .map(|(state, parts)| (state, square(&tray(&source, parts, "#000"), size, 0.0).unwrap()))
            .collect();
        for (index, (state, pixels)) in drawn.iter().enumerate() {
            for (other, others) in &drawn[..index] {
                let difference = difference(pixels, others);
                assert!(difference > 0.04, "{state} and {other} look alike at {size}: {difference}");
            }
        }
    }
}

#[test]
fn edges_are_sharp_at_sixteen_pixels() {
    let source = read(&icons().join("tray.svg")).unwrap();
    let (_, whole) = STATES[0];
    let pixels = square(&tray(&source, whole, "#000"), 16, 0.0).unwrap();
    let row = |y: u32| (0..16).map(|x| pixels.pixel(x, y).unwrap().alpha()).collect::<Vec<_>>();
    assert!(row(6).iter().all(|alpha| *alpha == 0), "the gap below the lid is one whole row: {:?}", row(6));
    let body = row(11);
    assert!(body[3..13].iter().all(|alpha| *alpha == 255), "{body:?}");
}

/// Returns the contrast by WCAG 2.2; it requires 3 for meaningful pictures.
fn contrast(a: [u8; 3], b: [u8; 3]) -> f32 {
    let light = |colour: [u8; 3]| {
        let part = |value: u8| {
            let value = f32::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(colour[0]) + 0.7152 * part(colour[1]) + 0.0722 * part(colour[2])
    };
    let (a, b) = (light(a) + 0.05, light(b) + 0.05);
    if a > b { a / b } else { b / a }
}

#[test]
fn every_variant_can_be_seen_where_it_is_shown() {
    let rgb = |hex: &str| {
        let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        [part(1), part(3), part(5)]
    };
    let grounds = |variant: &str| match variant {
        "light" | "template" => vec![[255, 255, 255], [228, 228, 228]],
        "dark" => vec![[32, 32, 32], [0, 0, 0]],
        _ => vec![[255, 255, 255], [0, 0, 0], [45, 45, 45]],
    };
    for (variant, colour) in VARIANTS {
        for ground in grounds(variant) {
            let contrast = contrast(rgb(colour), ground);
            assert!(contrast >= 3.0, "{variant} on {ground:?}: {contrast}");
        }
    }
}
