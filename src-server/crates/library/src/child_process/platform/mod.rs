//! All that depends on the operating system.
//!
//! | | Linux | other unixes | Windows |
//! |---|---|---|---|
//! | killed at the end of its time | process group; all descendants of plugins | process group | the process |
//! | killed with the server | yes | no | no |
//! | memory, processor time, files | yes | processor time, files | no |
//! | sandbox of decoders | Landlock, seccomp | no | no |

#[cfg(target_os = "linux")]
mod namespaces;
#[cfg(not(unix))]
mod other;
#[cfg(target_os = "linux")]
mod sandbox;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use other::{
    HAS_LIMITS, environment, execute, is_executable, kill_group, own_program, prepare, restrict, wait_for_end,
};
#[cfg(unix)]
pub(super) use unix::{
    HAS_LIMITS, environment, execute, is_executable, kill_group, own_program, prepare, restrict, wait_for_end,
};
