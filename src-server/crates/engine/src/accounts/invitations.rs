//! Single-use codes that log a guest in: what a QR code carries. They live in memory only; a restart ends them.

use model::{PermSet, VPath};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Seconds that a guest's session lives: a long day.
pub(super) const GUEST_SECS: u64 = 16 * 3600;
/// Codes at once; making one more forgets the oldest.
const CODES_MAX: usize = 256;

struct Invitation {
    code: String,
    mount: VPath,
    rights: PermSet,
    ends: Instant,
}

#[derive(Default)]
pub(super) struct Invitations {
    open: Mutex<Vec<Invitation>>,
}

impl Invitations {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Invitation>> {
        self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// 20 letters and digits that are not mistaken for each other: 100 bits.
    pub(super) fn make(&self, mount: &VPath, rights: PermSet, secs: u64) -> String {
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut bytes = [0; 20];
        getrandom::fill(&mut bytes).expect("the machine gives random numbers; the secrets were made with them");
        let code: String = bytes.iter().map(|byte| LETTERS[usize::from(byte % 32)] as char).collect();
        let mut open = self.lock();
        let now = Instant::now();
        open.retain(|invitation| invitation.ends > now);
        if open.len() >= CODES_MAX {
            open.remove(0);
        }
        let ends = now + Duration::from_secs(secs.min(366 * 86_400));
        open.push(Invitation { code: code.clone(), mount: mount.clone(), rights, ends });
        code
    }

    /// Takes a code away, if it is open.
    pub(super) fn take(&self, code: &str) -> Option<(VPath, PermSet)> {
        let mut open = self.lock();
        let at = open.iter().position(|invitation| invitation.code == code)?;
        let invitation = open.swap_remove(at);
        (invitation.ends > Instant::now()).then_some((invitation.mount, invitation.rights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_works_once_and_not_after_its_end() {
        let invitations = Invitations::default();
        let rights = PermSet::parse("rw").expect("letters");
        let code = invitations.make(&VPath::root(), rights, 60);
        assert_eq!(invitations.take("other"), None);
        assert_eq!(invitations.take(&code), Some((VPath::root(), rights)));
        assert_eq!(invitations.take(&code), None);
        let ended = invitations.make(&VPath::root(), rights, 0);
        assert_eq!(invitations.take(&ended), None);
    }
}
