//! Identity of the current boot of the machine: after a reboot, data that was only in the page cache may be lost.

use std::sync::OnceLock;

/// Returns an id that is the same for all programs of one boot and differs between boots. Systems without such a number
/// get one that differs between starts of the program, which only costs some hashing.
pub fn boot_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| {
        let of_kernel = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
        of_kernel.map(|id| id.trim().to_owned()).ok().filter(|id| !id.is_empty()).unwrap_or_else(random)
    })
}

fn random() -> String {
    let mut bytes = [0; 16];
    // Without random bytes the process id is used, which makes an accidental match with a stored id unlikely.
    if getrandom::fill(&mut bytes).is_err() {
        return format!("process-{}", std::process::id());
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
