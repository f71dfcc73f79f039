//! Process groups and resource limits.

use crate::child_process::launch::Launch;
use rustix::process::{Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions};
use std::ffi::OsString;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};

/// How much lower the priority of programs is, in steps of `nice`.
const NICENESS: i32 = 10;
/// Most open files of a process.
const FILES_MAX: u64 = 256;

pub fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Returns the path by which this program can be executed again.
pub fn own_program() -> Option<PathBuf> {
    // Also after an update has replaced the file: the link leads to the one that runs.
    let link = Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && link.exists() { Some(link.to_owned()) } else { std::env::current_exe().ok() }
}

/// Makes the process the leader of a process group, away from the server's working directory.
pub fn prepare(command: &mut Command) {
    command.process_group(0).current_dir("/");
}

/// What programs need to find others and to read names.
pub fn environment() -> Vec<(OsString, OsString)> {
    let kept = ["PATH", "HOME", "TZ"];
    let kept = kept.into_iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?)));
    kept.chain([("LC_ALL".into(), "C.UTF-8".into())]).collect()
}

/// Kills the group of the process `pid`, which must not have been reaped.
pub fn kill_group(pid: u32) {
    // Fails only if there is no process in it.
    let group = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let _ended = group.map(|group| rustix::process::kill_process_group(group, Signal::KILL));
}

/// Waits for the end of the process without reaping it.
pub fn wait_for_end(child: &Child) {
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while matches!(rustix::process::waitid(WaitId::Pid(pid), options), Err(rustix::io::Errno::INTR)) {}
}

/// Programs are started through the launcher, which sets limits.
pub const HAS_LIMITS: bool = true;

/// Sets the limits on this process. Returns an exit code if the program was run in a further process.
pub fn restrict(launch: &Launch) -> io::Result<Option<ExitCode>> {
    limit(launch)?;
    #[cfg(target_os = "linux")]
    {
        use crate::child_process::command::Isolation;
        super::namespaces::end_with_parent(launch)?;
        match launch.isolation {
            Isolation::Decoder => super::sandbox::enter(Path::new(&launch.program[0])),
            Isolation::Plugin => return super::namespaces::run_in_pid_namespace(launch),
        }
    }
    Ok(None)
}

/// Executes the program in place of this one. Returns only if that fails.
pub fn execute(launch: &Launch) -> io::Error {
    Command::new(&launch.program[0]).args(&launch.program[1..]).exec()
}

fn limit(launch: &Launch) -> io::Result<()> {
    // Its failure harms no one.
    let _raised = rustix::process::nice(NICENESS);
    // A service manager may forbid the call.
    let set = |resource, most| {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        match rustix::process::setrlimit(resource, limit) {
            Err(rustix::io::Errno::PERM) => Ok(()),
            set => set.map_err(io::Error::from),
        }
    };
    set(Resource::Core, 0)?;
    set(Resource::Cpu, launch.processor_secs)?;
    set(Resource::Nofile, FILES_MAX)?;
    #[cfg(target_os = "linux")]
    {
        set(Resource::Data, launch.memory)?;
        // Libraries and reserved, untouched memory count here: threads of glibc reserve 64 MiB each.
        set(Resource::As, launch.memory.saturating_add(ADDRESS_SPACE_MORE))?;
    }
    Ok(())
}

/// Address space beyond the memory that a process may allocate.
#[cfg(target_os = "linux")]
const ADDRESS_SPACE_MORE: u64 = 4 << 30;
