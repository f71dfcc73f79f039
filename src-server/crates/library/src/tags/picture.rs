//! Size and EXIF fields of pictures. No pixels are decoded.

use super::fields::Fields;
use exif::{Exif, In, Reader, Tag, Value};
use std::io::{self, BufRead, Seek, SeekFrom};

/// Bytes that tell the format.
const HEADER: usize = 64;

/// Adds the fields of a picture. Fields that cannot be read are left out.
///
/// # Errors
/// The file cannot be read, or it is not a picture.
pub fn read<R: BufRead + Seek>(reader: &mut R, fields: &mut Fields) -> io::Result<()> {
    let header = reader.fill_buf()?;
    let format = imagesize::image_type(&header[..header.len().min(HEADER)]).map_err(io::Error::other)?;
    let size = imagesize::reader_size(&mut *reader).map_err(io::Error::other)?;
    let (fmt, codec) = names(format);
    fields.push_technical("fmt", Some(fmt));
    fields.push_technical("vc", Some(codec));
    fields.push_technical("res", Some(format!("{}x{}", size.width, size.height)));
    fields.push_technical(".resw", i64::try_from(size.width).ok());
    fields.push_technical(".resh", i64::try_from(size.height).ok());
    reader.seek(SeekFrom::Start(0))?;
    // Many pictures have none, and damaged ones are not worth a message: the size is known.
    if let Ok(exif) = Reader::new().read_from_container(reader) {
        push_exif(fields, &exif);
    }
    Ok(())
}

fn names(format: imagesize::ImageType) -> (&'static str, &'static str) {
    use imagesize::{Compression, ImageType as Type};
    match format {
        Type::Jpeg => ("jpg", "mjpeg"),
        Type::Png => ("png", "png"),
        Type::Gif => ("gif", "gif"),
        Type::Webp => ("webp", "webp"),
        Type::Bmp => ("bmp", "bmp"),
        Type::Tiff => ("tiff", "tiff"),
        Type::Heif(Compression::Av1) => ("avif", "av1"),
        Type::Heif(_) => ("heif", "hevc"),
        Type::Jxl => ("jxl", "jpegxl"),
        Type::Psd => ("psd", "psd"),
        Type::Qoi => ("qoi", "qoi"),
        Type::Tga => ("tga", "targa"),
        Type::Ico => ("ico", "ico"),
        _ => ("image", "image"),
    }
}

fn push_exif(fields: &mut Fields, exif: &Exif) {
    let text = |tag| match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(parts) => {
            let text = String::from_utf8_lossy(parts.first()?);
            Some(text.trim_matches(['\0', ' ']).to_owned()).filter(|text| !text.is_empty())
        }
        _ => None,
    };
    let number = |tag| exif.get_field(tag, In::PRIMARY).and_then(|field| field.value.get_uint(0));
    let (make, model) = (text(Tag::Make), text(Tag::Model));
    // Most models begin with the name of the maker.
    let camera = match (make, model) {
        (Some(make), Some(model)) if !model.to_lowercase().starts_with(&make.to_lowercase()) => {
            Some([make, model].join(" "))
        }
        (make, model) => model.or(make),
    };
    fields.push_technical("camera", camera);
    let taken = [Tag::DateTimeOriginal, Tag::DateTimeDigitized, Tag::DateTime].into_iter().find_map(text);
    fields.push_technical("taken", taken.map(|taken| date(&taken)));
    fields.push_technical(".orientation", number(Tag::Orientation).map(i64::from));
    fields.push_technical("place", place(exif));
}

/// Writes `2026:11:29 17:30:00` with hyphens in the date, so that it compares like other dates.
fn date(text: &str) -> String {
    match text.split_once(' ') {
        Some((day, time)) => [&day.replace(':', "-"), " ", time].concat(),
        None => text.to_owned(),
    }
}

/// Returns latitude and longitude in degrees with five digits, about a metre.
fn place(exif: &Exif) -> Option<String> {
    let degrees = |tag, reference, negative: u8| {
        let Value::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
        let [degrees, minutes, seconds] = parts.get(..3)? else { return None };
        let size = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3600.0;
        let is_negative = match &exif.get_field(reference, In::PRIMARY)?.value {
            Value::Ascii(parts) => parts.first()?.first() == Some(&negative),
            _ => return None,
        };
        Some(if is_negative { -size } else { size }).filter(|degrees| degrees.is_finite())
    };
    let latitude = degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, b'S')?;
    let longitude = degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, b'W')?;
    Some(format!("{latitude:.5},{longitude:.5}"))
}
