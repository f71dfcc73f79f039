//! Hooks: external programs that run on events.

use super::spec::{Kind, Spec};

pub(super) const ROWS: &[Spec] = &[
    guarding_hook("xbu", &["xbu"], "run a program before an upload; if it fails, the upload is refused"),
    hook("xau", &["xau"], "run a program after an upload"),
    hook("xiu", &["xiu"], "run a program after uploads, when the server is idle"),
    guarding_hook("xbc", &["xbc"], "run a program before a copy"),
    hook("xac", &["xac"], "run a program after a copy"),
    guarding_hook("xbr", &["xbr"], "run a program before a rename or move"),
    hook("xar", &["xar"], "run a program after a rename or move"),
    guarding_hook("xbd", &["xbd"], "run a program before a deletion"),
    hook("xad", &["xad"], "run a program after a deletion"),
    hook("xm", &["xm"], "run a program on a message"),
    hook("xban", &["xban"], "run a program when a client is banned"),
    Spec::switch("hook-v", &[], "copyparty: log more about hooks").not_here(),
];

const fn hook(name: &'static str, flags: &'static [&'static str], help: &'static str) -> Spec {
    Spec::value(name, &[], Kind::Repeat, "[OPTS,]CMD", "", help).flag(flags).not_yet()
}

/// A hook that can refuse the operation.
const fn guarding_hook(name: &'static str, flags: &'static [&'static str], help: &'static str) -> Spec {
    hook(name, flags, help).not_yet_guarding()
}
