//! QR codes of URLs, as SVG and for terminals.

use qrcode::render::{svg, unicode};
use qrcode::{EcLevel, QrCode};

/// The text is too long for a QR code (about 2,000 bytes).
#[derive(Debug, thiserror::Error)]
#[error("this text is too long for a QR code")]
pub struct TooLong;

/// Returns a scalable SVG image: dark on white with a quiet zone, so that it also works on a dark page.
///
/// # Errors
/// [`TooLong`].
pub fn svg(text: &str) -> Result<String, TooLong> {
    let code = code(text)?;
    let mut picture = code.render::<svg::Color>();
    Ok(picture.min_dimensions(256, 256).dark_color(svg::Color("#000")).light_color(svg::Color("#fff")).build())
}

/// Returns lines of half-block characters for a terminal with light text on a dark background, the usual case: the text
/// draws the light modules. Modern scanners also read the inverse.
///
/// # Errors
/// [`TooLong`].
pub fn terminal(text: &str) -> Result<String, TooLong> {
    let code = code(text)?;
    let mut picture = code.render::<unicode::Dense1x2>();
    let picture = picture.dark_color(unicode::Dense1x2::Light).light_color(unicode::Dense1x2::Dark);
    Ok(picture.build())
}

/// Uses the lowest level of error correction, which makes the smallest code: screens are clean, and terminals small.
fn code(text: &str) -> Result<QrCode, TooLong> {
    QrCode::with_error_correction_level(text, EcLevel::L).map_err(|_| TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_drawn() {
        let address = "http://192.168.1.20:3923/?invite=ABCDEFGHIJ";
        assert!(svg(address).unwrap().contains("<svg"));
        let drawn = terminal(address).unwrap();
        let widths: Vec<_> = drawn.lines().map(|line| line.chars().count()).collect();
        assert!(widths.iter().all(|&width| width == widths[0]), "{widths:?}");
        assert!(widths[0] <= 45 && drawn.lines().count() <= 24, "fits a terminal of 80 by 24: {widths:?}");
        assert!(terminal(&"x".repeat(9000)).is_err());
    }
}
