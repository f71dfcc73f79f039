//! The icon of each state, as `cargo xtask icons` drew it, in the colours of this desktop.

use super::State;
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

fn index(state: State) -> usize {
    match state {
        State::On => 0,
        State::Transferring => 1,
        State::Paused => 2,
        State::Waiting => 3,
        State::Attention => 4,
        State::Off => 5,
    }
}

/// macOS paints it: 22 points at twice the pixels.
#[cfg(target_os = "macos")]
fn bytes(state: State) -> &'static [u8] {
    pictures!("template", "44")[index(state)]
}

/// Panels scale it to their height.
#[cfg(target_os = "linux")]
fn bytes(state: State) -> &'static [u8] {
    pictures!("colour", "44")[index(state)]
}

/// The taskbar has a theme of its own, apart from the one of windows.
#[cfg(not(any(target_os = "macos", target_os = "linux")))]
fn bytes(state: State) -> &'static [u8] {
    let dark = crate::platform::is_taskbar_dark();
    if dark { pictures!("dark", "32")[index(state)] } else { pictures!("light", "32")[index(state)] }
}

/// The picture of a state.
///
/// # Errors
/// If it is no PNG.
pub fn of(state: State) -> tauri::Result<Image<'static>> {
    Image::from_bytes(bytes(state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_picture_of_its_own() {
        let all = [State::On, State::Transferring, State::Paused, State::Waiting, State::Attention, State::Off];
        let drawn: Vec<Vec<u8>> = all.iter().map(|state| of(*state).unwrap().rgba().to_vec()).collect();
        for (index, picture) in drawn.iter().enumerate() {
            assert!(drawn[..index].iter().all(|other| other != picture), "{:?}", all[index]);
        }
    }
}
