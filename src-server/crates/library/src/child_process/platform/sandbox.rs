//! The sandbox of decoders: Landlock bounds what they read, seccomp forbids what they do not need.
//!
//! Both need no privileges and no namespaces, so they work in containers, too. Where the kernel lacks one (Landlock
//! before 5.13), the other remains.

use landlock::{ABI, Access, AccessFs, PathBeneath, Ruleset, RulesetAttr, RulesetCreatedAttr, path_beneath_rules};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};
use std::collections::BTreeMap;
use std::path::Path;

/// What programs of the system consist of: libraries, their settings, fonts, devices.
const SYSTEM: &[&str] = &[
    "/bin",
    "/dev",
    "/etc",
    "/gnu",
    "/home/linuxbrew/.linuxbrew",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/opt",
    "/proc",
    "/run/current-system",
    "/sbin",
    "/snap",
    "/sys",
    "/usr",
];

/// Restricts this process, and what it executes, for the rest of its life, as far as the system allows that: a service
/// manager may forbid the calls, and has restricted the server then. The rest is told on standard error.
pub fn enter(program: &Path) {
    if let Err(error) = bound_files(program) {
        eprintln!("it may read other files: {error}");
    }
    if let Err(error) = forbid_calls() {
        eprintln!("it may use all system calls: {error}");
    }
}

/// Reading is possible in the system's folders, beside the program, and from standard input also by name
/// (`/dev/stdin`). Nothing can be written by name. Kernels without Landlock ignore all this.
fn bound_files(program: &Path) -> Result<(), landlock::RulesetError> {
    let abi = ABI::V5;
    let read = AccessFs::from_read(abi);
    let beside = program.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
    let folders = SYSTEM.iter().map(Path::new).chain(beside.as_deref());
    let rules = Ruleset::default().handle_access(AccessFs::from_all(abi))?.create()?;
    let rules = rules.add_rules(path_beneath_rules(folders, read))?;
    // Pipes need no rule, and get none.
    let rules = match rustix::fs::fstat(std::io::stdin()).is_ok_and(|stat| is_regular(&stat)) {
        true => rules.add_rule(PathBeneath::new(std::io::stdin(), AccessFs::ReadFile))?,
        false => rules,
    };
    rules.restrict_self().map(drop)
}

fn is_regular(stat: &rustix::fs::Stat) -> bool {
    rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::RegularFile
}

/// Forbids system calls by seccomp. Processors that the filter is not made for go without.
fn forbid_calls() -> Result<(), seccompiler::Error> {
    let Ok(arch) = std::env::consts::ARCH.try_into() else { return Ok(()) };
    let apply = |rules: BTreeMap<i64, Vec<SeccompRule>>, errno: i32| -> Result<(), seccompiler::Error> {
        let errno = SeccompAction::Errno(errno.unsigned_abs());
        let filter: BpfProgram = SeccompFilter::new(rules, SeccompAction::Allow, errno, arch)?.try_into()?;
        seccompiler::apply_filter(&filter)
    };
    // The C library starts threads by `clone` then, whose arguments a filter can read.
    apply(with_x32([(libc::SYS_clone3, vec![])]), libc::ENOSYS)?;
    apply(with_x32(forbidden()?), libc::EACCES)
}

/// Adds each rule for the x32 numbers of the same calls.
fn with_x32(rules: impl IntoIterator<Item = (i64, Vec<SeccompRule>)>) -> BTreeMap<i64, Vec<SeccompRule>> {
    const X32: i64 = 0x4000_0000;
    let is_x86 = cfg!(target_arch = "x86_64");
    rules
        .into_iter()
        .flat_map(|(call, rules)| [Some((call, rules.clone())), is_x86.then_some((call | X32, rules))])
        .flatten()
        .collect()
}

/// The forbidden calls, each with the arguments that are forbidden; none: all.
fn forbidden() -> Result<Vec<(i64, Vec<SeccompRule>)>, seccompiler::Error> {
    let own = u64::from(std::process::id());
    let condition = |index, op, value| SeccompCondition::new(index, SeccompCmpArgLen::Dword, op, value);
    let one = |index, op, value| SeccompRule::new(vec![condition(index, op, value)?]);
    // Opening for writing. The kernel looks at these bits alone.
    let writing = |index| -> Result<Vec<SeccompRule>, seccompiler::Error> {
        let bits = [libc::O_CREAT, libc::O_TRUNC].map(|bit| bit as u64);
        let modes = [libc::O_WRONLY, libc::O_RDWR].map(|mode| (libc::O_ACCMODE as u64, mode as u64));
        let masks = bits.into_iter().map(|bit| (bit, bit)).chain(modes);
        masks.map(|(mask, value)| Ok(one(index, SeccompCmpOp::MaskedEq(mask), value)?)).collect()
    };
    let mut calls: Vec<(i64, Vec<SeccompRule>)> = ALWAYS.iter().map(|&call| (call, Vec::new())).collect();
    let threads = libc::CLONE_THREAD as u64;
    calls.push((libc::SYS_clone, vec![one(0, SeccompCmpOp::MaskedEq(threads), 0)?]));
    calls.push((libc::SYS_openat, writing(2)?));
    // Signals to and limits of other processes.
    calls.push((libc::SYS_tgkill, vec![one(0, SeccompCmpOp::Ne, own)?]));
    let others = vec![condition(0, SeccompCmpOp::Ne, own)?, condition(0, SeccompCmpOp::Ne, 0)?];
    calls.push((libc::SYS_prlimit64, vec![SeccompRule::new(others)?]));
    #[cfg(target_arch = "x86_64")]
    calls.push((libc::SYS_open, writing(1)?));
    Ok(calls)
}

/// Calls that are forbidden whatever their arguments: network, files, processes, and large parts of the kernel that
/// decoders do not need.
const ALWAYS: &[i64] = &[
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_io_uring_setup,
    libc::SYS_openat2,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_mkdirat,
    libc::SYS_mknodat,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_truncate,
    libc::SYS_utimensat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_send_signal,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_userfaultfd,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_creat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    libc::SYS_renameat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rmdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mknod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_link,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_symlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
];
