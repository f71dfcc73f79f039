//! SVG, drawn in a process of its own: a small file can ask for any amount of work. References to other files and to the
//! network are ignored; pictures inside of the file (`data:`) are shown.
//!
//! The process answers with width and height, four bytes each, and the pixels (RGBA).

use super::ffmpeg::failed;
use super::spec::{Decoded, Fit, Limits, Spec, ThumbnailError};
use crate::child_process::{ChildCommand, ChildLimits, ChildProcesses, Input, OwnTask, Program};
use image::metadata::Orientation;
use image::{DynamicImage, RgbaImage};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{ImageHrefResolver, Options, Tree};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;
use store::disk::OpenFile;

/// The task that draws what it reads from standard input. Arguments: width and height of the box, `crop` or `width`.
pub(crate) const SVG_TASK: OwnTask = ("svg", task);

/// Most bytes of an SVG, and of one that was compressed.
const BYTES_MAX: u64 = 16 << 20;
/// Longest time of a drawing. Usual ones take some hundredths of a second.
const TIME: Duration = Duration::from_secs(5);
/// Memory of the process.
const MEMORY: u64 = 512 << 20;
/// Largest side of a drawing whose height is free.
const SIDE_MAX: f32 = 4096.0;
/// Bytes before the pixels.
const HEADER: usize = 8;

/// Draws the file, at least as large as `spec` needs.
pub(super) fn draw(
    children: &ChildProcesses,
    file: &Arc<OpenFile>,
    spec: &Spec,
    limits: &Limits,
) -> Result<Decoded, ThumbnailError> {
    if file.meta.size > BYTES_MAX {
        return Err(ThumbnailError::TooLarge("bytes"));
    }
    let own = ChildLimits {
        time: limits.time.min(TIME),
        processor_time: limits.time.min(TIME),
        memory: MEMORY,
        output: HEADER as u64 + 4 * limits.pixels,
    };
    let command = ChildCommand::new(&Program::own_task(SVG_TASK.0))
        .args([spec.width.to_string(), spec.height.to_string(), spec.fit.as_str().to_owned()])
        .input(Input::File(file.clone()))
        .limits(own);
    let output = children.run(command).map_err(failed)?;
    read_answer(output.stdout).ok_or_else(|| ThumbnailError::Damaged("it was not drawn".into()))
}

fn read_answer(mut answer: Vec<u8>) -> Option<Decoded> {
    let side = |bytes: &[u8]| Some(u32::from_le_bytes(bytes.try_into().ok()?));
    let size = (side(answer.get(..4)?)?, side(answer.get(4..HEADER)?)?);
    answer.drain(..HEADER);
    let picture = DynamicImage::ImageRgba8(RgbaImage::from_raw(size.0, size.1, answer)?);
    Some(Decoded { picture, orientation: Orientation::NoTransforms, size })
}

fn task(args: &[OsString]) -> Result<(), String> {
    let text = |index: usize| args.get(index).and_then(|arg| arg.to_str()).ok_or("too few arguments");
    let side = |index| text(index)?.parse::<u32>().map_err(|_| "not a number");
    let (width, height) = (side(0)?, side(1)?);
    let fit = Fit::parse(text(2)?);
    let mut data = Vec::new();
    io::stdin().take(BYTES_MAX).read_to_end(&mut data).map_err(|error| error.to_string())?;
    let drawn = draw_bytes(&data, (width, height), fit)?;
    let mut answer = [drawn.width().to_le_bytes(), drawn.height().to_le_bytes()].concat();
    answer.extend_from_slice(drawn.as_raw());
    io::stdout().write_all(&answer).map_err(|error| error.to_string())
}

/// Draws an SVG. Public for tests of any bytes; others run it in a process of its own.
///
/// # Errors
/// Why it cannot be drawn.
pub fn draw_bytes(data: &[u8], (width, height): (u32, u32), fit: Fit) -> Result<RgbaImage, String> {
    let options = options(has_text(data));
    let tree = Tree::from_data(data, &options).map_err(|error| error.to_string())?;
    let size = tree.size();
    let (x, y) = (width as f32 / size.width(), height as f32 / size.height());
    // Drawings have no size of their own, so that small ones are enlarged.
    let scale = if fit == Fit::Crop { x.max(y) } else { x };
    let scale = scale.min(SIDE_MAX / size.width().max(size.height()));
    let side = |side: f32| (side * scale).round().clamp(1.0, SIDE_MAX) as u32;
    let (width, height) = (side(size.width()), side(size.height()));
    let mut pixmap = Pixmap::new(width, height).ok_or("too large")?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    RgbaImage::from_raw(width, height, pixmap.take_demultiplied()).ok_or_else(|| "too few pixels".into())
}

/// Whether fonts are needed: looking for those of the system takes longer than drawing. Compressed files may have text.
fn has_text(data: &[u8]) -> bool {
    data.starts_with(&[0x1f, 0x8b]) || memchr::memmem::find(data, b"<text").is_some()
}

fn options(has_text: bool) -> Options<'static> {
    let mut options = Options {
        resources_dir: None,
        image_href_resolver: ImageHrefResolver {
            resolve_data: ImageHrefResolver::default_data_resolver(),
            // Other files and URLs.
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    };
    if has_text {
        let fonts = options.fontdb_mut();
        fonts.load_system_fonts();
        name_families(fonts);
    }
    options
}

/// Names a family that is installed for each generic one: the database's own are those of Windows. Every text falls back
/// to one of them.
fn name_families(fonts: &mut Database) {
    let installed: Vec<String> =
        fonts.faces().flat_map(|face| face.families.iter().map(|(name, _)| name.clone())).collect();
    let pick = |wanted: [&str; 4]| {
        let found = wanted.into_iter().find(|wanted| installed.iter().any(|name| name == wanted));
        found.or(installed.first().map(String::as_str)).unwrap_or_default().to_owned()
    };
    fonts.set_serif_family(pick(["Times New Roman", "DejaVu Serif", "Noto Serif", "Liberation Serif"]));
    fonts.set_sans_serif_family(pick(["Arial", "DejaVu Sans", "Noto Sans", "Liberation Sans"]));
    fonts.set_monospace_family(pick(["Courier New", "DejaVu Sans Mono", "Noto Sans Mono", "Liberation Mono"]));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(body: &str, fit: Fit) -> Result<RgbaImage, String> {
        let text = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink' width='20' height='10'>{body}</svg>"
        );
        draw_bytes(text.as_bytes(), (64, 64), fit)
    }

    #[test]
    fn drawings_fill_the_box() {
        let red = "<rect width='20' height='10' fill='red'/>";
        let picture = drawn(red, Fit::Crop).expect("is drawn");
        assert_eq!((picture.width(), picture.height(), picture.get_pixel(60, 30).0), (128, 64, [255, 0, 0, 255]));
        let picture = drawn(red, Fit::Width).expect("is drawn");
        assert_eq!((picture.width(), picture.height()), (64, 32));
        let clear = drawn("", Fit::Crop).expect("is drawn");
        assert_eq!(clear.get_pixel(3, 3).0[3], 0);
        assert!(draw_bytes(b"", (9, 9), Fit::Crop).is_err() && draw_bytes(b"<svg", (9, 9), Fit::Crop).is_err());
    }

    #[test]
    fn text_is_drawn_if_there_is_a_font() {
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        if fonts.is_empty() {
            eprintln!("skipped: no font is installed");
            return;
        }
        for family in ["", " font-family='No Such Font'", " font-family='sans-serif'", " font-family='monospace'"] {
            let picture =
                drawn(&format!("<text y='9' font-size='12'{family}>WWW</text>"), Fit::Crop).expect("is drawn");
            assert!(picture.pixels().any(|pixel| pixel.0[3] > 128), "{family}");
        }
    }

    #[test]
    fn other_files_are_not_shown() {
        let tmp = tempfile::tempdir().expect("a folder");
        let path = tmp.path().join("secret.svg");
        std::fs::write(
            &path,
            "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>",
        )
        .expect("writes");
        for reference in
            [path.display().to_string(), format!("file://{}", path.display()), "http://127.0.0.1:9/".into()]
        {
            let picture = drawn(&format!("<image x:href='{reference}' width='20' height='10'/>"), Fit::Crop);
            assert!(picture.expect("is drawn").pixels().all(|pixel| pixel.0[3] == 0), "{reference}");
        }
        let entity = format!(
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file://{}'>]><svg xmlns='http://www.w3.org/2000/svg'>&b;</svg>",
            path.display()
        );
        let _either_way = draw_bytes(entity.as_bytes(), (9, 9), Fit::Crop);
    }
}
