//! The icon of each state, drawn by `cargo xtask icons`, in the colours of this desktop.

use super::state::TrayState;
use tauri::image::Image;

/// One picture for each state, in the order of [`index`].
macro_rules! pictures {
    ($variant:literal, $size:literal) => {
        [
            picture!("on", $variant, $size),
            picture!("transferring", $variant, $size),
            picture!("paused", $variant, $size),
            picture!("waiting", $variant, $size),
            picture!("attention", $variant, $size),
            picture!("off", $variant, $size),
        ]
    };
}

macro_rules! picture {
    ($state:literal, $variant:literal, $size:literal) => {
        include_bytes!(concat!("../../../icons/generated/tray-", $state, "-", $variant, "-", $size, ".png")).as_slice()
    };
}

fn index(state: TrayState) -> usize {
    match state {
        TrayState::On => 0,
        TrayState::Transferring => 1,
        TrayState::Paused => 2,
        TrayState::Waiting => 3,
        TrayState::Attention => 4,
        TrayState::Off => 5,
    }
}

/// macOS colours the template: 22 points at double resolution.
#[cfg(target_os = "macos")]
fn bytes(state: TrayState) -> &'static [u8] {
    pictures!("template", "44")[index(state)]
}

/// Panels scale it to their height.
#[cfg(target_os = "linux")]
fn bytes(state: TrayState) -> &'static [u8] {
    pictures!("colour", "44")[index(state)]
}

/// The taskbar has its own theme, separate from that of windows.
#[cfg(not(any(target_os = "macos", target_os = "linux")))]
fn bytes(state: TrayState) -> &'static [u8] {
    let dark = crate::platform::is_taskbar_dark();
    if dark { pictures!("dark", "32")[index(state)] } else { pictures!("light", "32")[index(state)] }
}

/// Returns the icon of a state.
///
/// # Errors
/// The data is not a PNG.
pub fn icon_of(state: TrayState) -> tauri::Result<Image<'static>> {
    Image::from_bytes(bytes(state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_own_icon() {
        let all = [
            TrayState::On,
            TrayState::Transferring,
            TrayState::Paused,
            TrayState::Waiting,
            TrayState::Attention,
            TrayState::Off,
        ];
        let drawn: Vec<Vec<u8>> = all.iter().map(|state| icon_of(*state).unwrap().rgba().to_vec()).collect();
        for (index, picture) in drawn.iter().enumerate() {
            assert!(drawn[..index].iter().all(|other| other != picture), "{:?}", all[index]);
        }
    }
}
