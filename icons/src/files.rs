//! The list of pictures and the names of their files.

use crate::draw::{STATES, VARIANTS, square, tray};
use resvg::tiny_skia::Pixmap;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Pictures by file name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The app's icon as PNG, pixels a side.
const APP: &[u32] = &[16, 24, 32, 48, 64, 128, 256, 512];
/// In the icon of a Windows program: every size that Explorer and the taskbar ask for at 100 to 200 %.
const ICO: &[u32] = &[16, 20, 24, 32, 40, 48, 64, 256];
/// In the icon of a macOS program.
const ICNS: &[u32] = &[16, 32, 64, 128, 256, 512];
/// Tray icons: Windows at 100, 125, 150 and 200 %, menu bars and panels of up to 22 points at 200 %.
const TRAY: &[u32] = &[16, 20, 24, 32, 44];
/// macOS requires a margin around the tile: 824 of 1024.
const MAC_MARGIN: f32 = 100.0 / 1024.0;
/// Below this many pixels the app's icon loses its gaps, and the bolder pot of the tray stands in the tile instead.
const SMALL: u32 = 32;

/// Every picture.
///
/// # Errors
/// A sentence, if a source is missing or wrong.
pub fn all(icons: &Path) -> Result<Files, String> {
    let app = read(&icons.join("potluck.svg"))?;
    let source = read(&icons.join("tray.svg"))?;
    let mut files = Files::new();
    for &size in APP {
        files.insert(format!("app-{size}.png"), png(&tile(&app, &source, size)?)?);
    }
    files.insert("potluck.ico".into(), windows(&app, &source)?);
    files.insert("potluck.icns".into(), mac(&app)?);
    for (state, parts) in STATES {
        for (variant, colour) in VARIANTS {
            let svg = tray(&source, parts, colour);
            for &size in TRAY {
                files.insert(format!("tray-{state}-{variant}-{size}.png"), png(&square(&svg, size, 0.0)?)?);
            }
        }
    }
    Ok(files)
}

/// Writes new pictures and removes obsolete ones. Returns the number of pictures.
///
/// # Errors
/// A sentence, if the folder cannot be written.
pub fn write(folder: &Path, files: &Files) -> Result<usize, String> {
    let fault = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(fault)?;
    for entry in fs::read_dir(folder).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        if !files.contains_key(&*entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path()).map_err(fault)?;
        }
    }
    for (name, bytes) in files {
        let path = folder.join(name);
        if fs::read(&path).is_ok_and(|there| there == *bytes) {
            continue;
        }
        fs::write(&path, bytes).map_err(fault)?;
    }
    Ok(files.len())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn png(pixels: &Pixmap) -> Result<Vec<u8>, String> {
    pixels.encode_png().map_err(|error| format!("a PNG cannot be made: {error}"))
}

/// The app's icon.
fn tile(app: &str, tray_source: &str, size: u32) -> Result<Pixmap, String> {
    if size >= SMALL {
        return square(app, size, 0.0);
    }
    let (_, whole) = STATES[0];
    let pot = tray(tray_source, whole, "#fbede7");
    let ground = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#b93815"/></svg>"##;
    let mut pixels = square(ground, size, 0.0)?;
    // Whole pixels, so that the pot's edges stay sharp.
    let margin = (size / 8).max(2);
    let pot = square(&pot, size - 2 * margin, 0.0)?;
    let at = i32::try_from(margin).map_err(|error| error.to_string())?;
    pixels.draw_pixmap(at, at, pot.as_ref(), &Default::default(), Default::default(), None);
    Ok(pixels)
}

fn rgba(pixels: &Pixmap) -> Vec<u8> {
    let straight = pixels.pixels().iter().map(|pixel| pixel.demultiply());
    straight.flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()]).collect()
}

fn windows(app: &str, tray_source: &str) -> Result<Vec<u8>, String> {
    let mut icon = ico::IconDir::new(ico::ResourceType::Icon);
    for &size in ICO {
        let image = ico::IconImage::from_rgba_data(size, size, rgba(&tile(app, tray_source, size)?));
        icon.add_entry(ico::IconDirEntry::encode(&image).map_err(|error| format!("the .ico cannot be made: {error}"))?);
    }
    let mut out = Vec::new();
    icon.write(&mut out).map_err(|error| format!("the .ico cannot be made: {error}"))?;
    Ok(out)
}

fn mac(app: &str) -> Result<Vec<u8>, String> {
    let fault = |error: std::io::Error| format!("the .icns cannot be made: {error}");
    let mut family = icns::IconFamily::new();
    for &size in ICNS {
        let pixels = square(app, size, size as f32 * MAC_MARGIN)?;
        let image = icns::Image::from_data(icns::PixelFormat::RGBA, size, size, rgba(&pixels)).map_err(fault)?;
        family.add_icon(&image).map_err(fault)?;
    }
    let mut out = Vec::new();
    family.write(&mut out).map_err(fault)?;
    Ok(out)
}

#[cfg(test)]
mod tests;
