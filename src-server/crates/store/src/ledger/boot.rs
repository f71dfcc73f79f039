//! Which boot of the machine this is: after another one, what was only in the page cache may be lost.

use std::sync::OnceLock;

/// Differs between boots, and is the same for all programs of one boot. Where the system has no such number: differs
/// between starts of the program, which only costs some hashing.
pub fn boot_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| {
        let of_kernel = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
        of_kernel.map(|id| id.trim().to_owned()).ok().filter(|id| !id.is_empty()).unwrap_or_else(random)
    })
}

fn random() -> String {
    let mut bytes = [0; 16];
    // Without randomness the id is the same as in no other place: "unknown" never equals a stored one.
    if getrandom::fill(&mut bytes).is_err() {
        return format!("process-{}", std::process::id());
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
