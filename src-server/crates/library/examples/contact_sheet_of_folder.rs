//! Makes the thumbnails of all files in a folder, as the server does, and puts them into one picture, to be looked at:
//! `cargo run -p library --example contact_sheet_of_folder -- FOLDER sheet.png`.
//!
//! A grey tile is a file of which none was made; the reason is printed.

use image::{Rgba, RgbaImage, imageops};
use library::child_process::ChildProcesses;
use library::media_tools::MediaTools;
use library::thumbnails::{Fit, Format, Limits, Spec, kind_of, make};
use model::{FileName, VPath};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use store::disk::{Folder, Node};

const TILE: (u32, u32) = (160, 128);
const COLUMNS: u32 = 8;

fn main() -> ExitCode {
    // Drawings and FFmpeg run in processes of this program.
    if let Some(code) = library::run_if_launcher() {
        return code;
    }
    let mut args = std::env::args_os().skip(1);
    let (folder, out) = (args.next().expect("a folder"), args.next().expect("the name of the picture to write"));
    let folder = Folder::open_root(Path::new(&folder)).expect("opens");
    let mut names: Vec<FileName> = folder.entries().expect("lists").into_iter().map(|entry| entry.name).collect();
    names.sort();
    names.retain(|name| kind_of(name).is_some());
    let tools = MediaTools::new(ChildProcesses::new(2));
    let rows = u32::try_from(names.len()).expect("few files").div_ceil(COLUMNS);
    let mut sheet = RgbaImage::from_pixel((TILE.0 + 8) * COLUMNS, (TILE.1 + 8) * rows, Rgba([40, 40, 48, 255]));
    let spec = Spec { width: TILE.0, height: TILE.1, fit: Fit::Crop, format: Format::WebP, quality: 40 };
    for (number, name) in (0..).zip(&names) {
        let Ok(Node::File(file)) = folder.open(&VPath::root().join(name)) else { continue };
        let (started, kind) = (Instant::now(), kind_of(name).expect("was kept"));
        let made = make(&Arc::new(file), kind, (&tools, true), &spec, &Limits::default());
        let took = started.elapsed().as_millis();
        let tile = match &made {
            Ok(thumbnail) => image::load_from_memory(&thumbnail.bytes).expect("decodes").to_rgba8(),
            Err(_) => RgbaImage::from_pixel(TILE.0, TILE.1, Rgba([120, 120, 120, 255])),
        };
        let told = made.map_or_else(|error| error.to_string(), |_| format!("{kind:?}"));
        println!("{},{} {}: {took} ms, {told:.160}", number / COLUMNS, number % COLUMNS, name.display());
        let at = (number % COLUMNS * (TILE.0 + 8) + 4, number / COLUMNS * (TILE.1 + 8) + 4);
        imageops::overlay(&mut sheet, &tile, at.0.into(), at.1.into());
    }
    sheet.save(&out).expect("writes");
    ExitCode::SUCCESS
}
