//! QR codes.

use super::typed;
use crate::failure::{Failure, RouteResult};
use http::StatusCode;

/// Returns the QR code of an address, as SVG.
///
/// # Errors
/// The address is too long.
pub fn qr_code(address: &str) -> RouteResult {
    let code = qrcode::QrCode::new(address.as_bytes())
        .map_err(|_| Failure::text(StatusCode::URI_TOO_LONG, "the address is too long for a QR code"))?;
    let picture = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(240, 240).build();
    Ok(typed(StatusCode::OK, "image/svg+xml", picture))
}
