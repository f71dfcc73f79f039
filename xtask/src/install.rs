//! Installs the dependencies of tests and benchmarks: Debian packages by apt, tools by cargo, copyparty by pip.
//!
//! Nothing is installed when `POTLUCK_NO_INSTALL` is set, or without root or a password-less sudo; then the caller gets
//! the list of missing programs and skips the steps that need them. Tools go to the cache by version, never into the
//! checkout, so that a fresh clone finds them and two versions of the project do not fight.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::proc::{self, print_line};
use crate::workspace::{Workspace, cargo};

/// A system program: how to detect it, and the packages that contain it.
pub struct Program {
    /// Program names; one of them in PATH is enough.
    pub any_of: &'static [&'static str],
    /// A command that ends with 0 if the dependency is installed; for dependencies that are not programs in PATH.
    pub probe: &'static [&'static str],
    /// The Debian packages.
    pub apt: &'static [&'static str],
}

const fn program(any_of: &'static [&'static str], apt: &'static [&'static str]) -> Program {
    Program { any_of, probe: &[], apt }
}

const PYTHON: Program = program(&["python3"], &["python3"]);
const VENV: Program =
    Program { any_of: &["python3"], probe: &["python3", "-c", "import venv, ensurepip"], apt: &["python3-venv"] };

/// Programs for `cargo xtask test`.
pub const FOR_TESTS: &[Program] = &[
    program(&["c++"], &["g++"]),
    PYTHON,
    VENV,
    program(&["curl"], &["curl"]),
    program(&["wget"], &["wget"]),
    program(&["w3m"], &["w3m"]),
    program(&["lynx"], &["lynx"]),
    program(&["bsdtar"], &["libarchive-tools"]),
    program(&["cadaver"], &["cadaver"]),
    program(&["litmus"], &["litmus"]),
    program(&["rclone"], &["rclone"]),
    program(&["lftp"], &["lftp"]),
    program(&["ncftpput"], &["ncftp"]),
    program(&["sftp"], &["openssh-client"]),
    program(&["sshfs"], &["sshfs"]),
    Program { any_of: &["python3"], probe: &["/usr/bin/python3", "-c", "import paramiko"], apt: &["python3-paramiko"] },
    program(&["tftp"], &["tftp-hpa"]),
    program(&["atftp"], &["atftp"]),
    program(&["ffmpeg"], &["ffmpeg"]),
    program(&["links"], &["links"]),
    program(&["ip"], &["iproute2"]),
    program(&["nsenter"], &["util-linux"]),
    program(&["dbus-daemon"], &["dbus-daemon"]),
    program(&["avahi-browse"], &["avahi-utils"]),
    Program { any_of: &["python3"], probe: &["/usr/bin/python3", "-c", "import zeroconf"], apt: &["python3-zeroconf"] },
    program(&["chromium", "chromium-browser", "google-chrome"], &["chromium", "fonts-dejavu-core"]),
    program(&["firefox-esr", "firefox"], &["firefox-esr"]),
    program(&["WebKitWebDriver"], &["webkit2gtk-driver"]),
    program(&["Xvfb"], &["xvfb"]),
];

/// Libraries of the desktop app.
pub const FOR_DESKTOP: &[Program] = &[
    program(&["pkg-config"], &["pkg-config"]),
    Program {
        any_of: &["pkg-config"],
        probe: &["pkg-config", "--exists", "webkit2gtk-4.1"],
        apt: &["libwebkit2gtk-4.1-dev"],
    },
];

/// An assembler for the vector code of libjpeg, which is built without it and slower otherwise.
pub const FOR_SPEED: &[Program] =
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) { &[program(&["nasm"], &["nasm"])] } else { &[] };

/// Programs for the tests of the desktop app: a display, a bus, a window manager, a panel, disks, networks, a clock,
/// and Debian's own Python with the libraries for them.
pub const FOR_DESKTOP_TESTS: &[Program] = &[
    program(&["Xvfb"], &["xvfb"]),
    program(&["dbus-daemon"], &["dbus"]),
    program(&["xfwm4"], &["xfwm4"]),
    program(&["xfce4-panel"], &["xfce4-panel"]),
    program(&["WebKitWebDriver"], &["webkit2gtk-driver"]),
    program(&["xdotool"], &["xdotool"]),
    program(&["xclip"], &["xclip"]),
    program(&["ip"], &["iproute2"]),
    program(&["mount"], &["mount"]),
    program(&["curl"], &["curl"]),
    program(&["faketime"], &["faketime"]),
    program(&["pgrep"], &["procps"]),
    Program {
        any_of: &["python3"],
        probe: &["/usr/bin/python3", "-c", "import dbus, gi, Xlib"],
        apt: &["python3-dbus", "python3-gi", "python3-xlib"],
    },
];

/// Programs for the type check for macOS on other systems; the Rust toolchain is that for Windows.
pub const FOR_MACOS_CHECK: &[Program] = &[PYTHON, VENV];

/// Programs that cargo-deb uses to find the libraries of a program.
pub const FOR_DEB: &[Program] = &[program(&["dpkg-shlibdeps"], &["dpkg-dev"])];

/// Programs that list the libraries of a program as RPM dependencies.
pub const FOR_RPM: &[Program] =
    &[Program { any_of: &["rpm"], probe: &["test", "-x", "/usr/lib/rpm/find-requires"], apt: &["rpm"] }];

/// Programs that link and pack programs for Windows.
pub const FOR_WINDOWS: &[Program] =
    &[program(&["x86_64-w64-mingw32-gcc"], &["gcc-mingw-w64-x86-64"]), program(&["makensis"], &["nsis"])];

/// A Rust with the source of std, for systems that rustup has no std of here.
pub const FOR_WINDOWS_STD: &[Program] = &[
    Program { any_of: &["cargo"], probe: &["test", "-x", "/usr/bin/cargo"], apt: &["cargo-web", "rustc-web"] },
    Program { any_of: &["cargo"], probe: &["test", "-d", "/usr/lib/rustlib/src/rust/library"], apt: &["rust-web-src"] },
];

/// Programs for `cargo xtask bench`: tools and other servers.
pub const FOR_BENCH: &[Program] = &[
    program(&["cc"], &["gcc"]),
    program(&["make"], &["make"]),
    Program {
        any_of: &["cc"],
        probe: &["sh", "-c", "echo '#include <openssl/evp.h>' | cc -E -"],
        apt: &["libssl-dev"],
    },
    PYTHON,
    VENV,
    program(&["curl"], &["curl"]),
    program(&["wrk"], &["wrk"]),
    program(&["nginx"], &["nginx-light"]),
    program(&["caddy"], &["caddy"]),
    program(&["rclone"], &["rclone"]),
    program(&["iperf3"], &["iperf3"]),
    program(&["ffmpeg"], &["ffmpeg"]),
    program(&["vipsthumbnail"], &["libvips-tools"]),
];

impl Program {
    fn is_installed(&self) -> bool {
        let probed = || {
            self.probe.split_first().is_none_or(|(name, args)| proc::output(Command::new(name).args(args)).is_some())
        };
        self.any_of.iter().any(|name| proc::find(name).is_some()) && probed()
    }

    fn name(&self) -> &'static str {
        if self.probe.is_empty() { self.any_of[0] } else { self.apt[0] }
    }
}

/// Returns true if `POTLUCK_NO_INSTALL` is set.
pub fn is_disabled() -> bool {
    env::var_os("POTLUCK_NO_INSTALL").is_some_and(|v| v != "0" && !v.is_empty())
}

/// Returns whether all of them are installed.
pub fn are_installed(wanted: &[Program]) -> bool {
    wanted.iter().all(Program::is_installed)
}

/// Installs the missing ones. Returns the names of those that are still missing.
pub fn programs(wanted: &[Program]) -> Vec<&'static str> {
    let missing = || wanted.iter().filter(|p| !p.is_installed());
    let packages: Vec<&str> = missing().flat_map(|p| p.apt).copied().collect();
    if !packages.is_empty()
        && let Err(why) = apt(&packages)
    {
        print_line(&format!("   not installed: {} ({why})", packages.join(" ")));
    }
    missing().map(Program::name).collect()
}

/// Runs its arguments while packages may not start services: Avahi would announce this machine in its network, and
/// the tests want it in networks of their own only. See policy-rc.d in invoke-rc.d(8).
const WITHOUT_SERVICES: &str = r#"
rule=/usr/sbin/policy-rc.d
if ! [ -e $rule ]; then
    trap 'rm -f $rule' EXIT
    printf '#!/bin/sh\nexit 101\n' > $rule && chmod 755 $rule || exit 1
fi
"$@"
"#;

fn apt(packages: &[&str]) -> Result<(), String> {
    if is_disabled() {
        return Err("POTLUCK_NO_INSTALL is set".to_owned());
    }
    if proc::find("apt-get").is_none() {
        return Err("this is not Debian: install them by hand".to_owned());
    }
    let sudo = match proc::output(Command::new("id").arg("-u")) {
        Some(id) if id.trim() == "0" => false,
        _ if proc::output(Command::new("sudo").args(["-n", "true"])).is_some() => true,
        _ => return Err("neither root nor sudo without a password".to_owned()),
    };
    let apt_get = |args: &[&str]| {
        let mut command = if sudo { Command::new("sudo") } else { Command::new("env") };
        command.args(if sudo { &["-n", "env"][..] } else { &[][..] });
        command
            .args(["DEBIAN_FRONTEND=noninteractive", "sh", "-c", WITHOUT_SERVICES, "sh"])
            .args(["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"])
            .args(args);
        proc::run(&mut command)
    };
    print_line(&format!("   installing Debian packages: {}", packages.join(" ")));
    if !has_package_lists() {
        apt_get(&["update"])?;
    }
    let install = [&["install", "--no-install-recommends"], packages].concat();
    // Retried once: old lists name packages that no longer exist, and another apt may have emptied the archive folder.
    apt_get(&install).or_else(|_| apt_get(&["update"]).and_then(|()| apt_get(&install)))
}

fn has_package_lists() -> bool {
    fs::read_dir("/var/lib/apt/lists")
        .is_ok_and(|entries| entries.flatten().any(|e| e.file_name().to_string_lossy().contains("_Packages")))
}

/// A cargo subcommand of exactly this version: from PATH, from the cache, or built into the cache.
///
/// # Errors
/// `Err` with a sentence when it is missing and may not or cannot be installed.
pub fn cargo_tool(workspace: &Workspace, name: &str, version: &str) -> Result<PathBuf, String> {
    let home = workspace.tool(&format!("{name}-{version}"));
    let cached = home.join("bin").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    let is_right = |path: &Path| {
        proc::output(Command::new(path).arg("--version"))
            .is_some_and(|v| v.split_whitespace().any(|word| word == version))
    };
    if let Some(path) = proc::find(name).into_iter().chain([cached.clone()]).find(|p| is_right(p)) {
        return Ok(path);
    }
    if is_disabled() {
        return Err(format!("{name} {version} is not installed and POTLUCK_NO_INSTALL is set"));
    }
    print_line(&format!("   building {name} {version} into {}", home.display()));
    let scratch = workspace.tool("build");
    let built = proc::run(
        Command::new(cargo())
            .args(["install", "--quiet", "--locked", "--force", "--root"])
            .arg(&home)
            .arg(format!("{name}@{version}"))
            .current_dir(&workspace.cache)
            .env("CARGO_TARGET_DIR", &scratch)
            // It runs for seconds and compiles for minutes: spend as little on it as we can.
            .envs(
                [("OPT_LEVEL", "1"), ("LTO", "off"), ("CODEGEN_UNITS", "16")]
                    .map(|(k, v)| (format!("CARGO_PROFILE_RELEASE_{k}"), v)),
            ),
    );
    // Half a gigabyte that is not needed again. A failure to remove it does no harm.
    let _ = fs::remove_dir_all(&scratch);
    built.map(|()| cached)
}

/// copyparty, the reference for the wire protocol: its Python and its uploader.
pub struct Copyparty {
    /// A Python that can `-m copyparty`.
    pub python: PathBuf,
    /// The command-line uploader, `u2c.py`.
    pub u2c: PathBuf,
}

const COPYPARTY: &str = "1.20.26";

/// copyparty in a virtual environment of its own, in the cache.
///
/// # Errors
/// A sentence, when it is missing and may not or cannot be installed.
pub fn copyparty(workspace: &Workspace) -> Result<Copyparty, String> {
    if let Ok(found) = cached_copyparty(workspace) {
        return Ok(found);
    }
    let home = workspace.tool(&format!("copyparty-{COPYPARTY}"));
    let python = home.join("bin/python");
    if is_disabled() {
        return Err(format!("copyparty {COPYPARTY} is not installed and POTLUCK_NO_INSTALL is set"));
    }
    let system = proc::find("python3").ok_or("python3 is not installed")?;
    print_line(&format!("   installing copyparty {COPYPARTY} into {}", home.display()));
    proc::run(Command::new(system).args(["-m", "venv", "--clear"]).arg(&home))?;
    proc::run(Command::new(&python).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        &format!("copyparty=={COPYPARTY}"),
    ]))?;
    let u2c = find_u2c(&python).ok_or("copyparty's package has no u2c.py where we look for it")?;
    Ok(Copyparty { python, u2c })
}

const ZIGLANG: &str = "0.17.1";

/// A Python with zig in it, which compiles C for macOS.
///
/// # Errors
/// A sentence, when it is missing and may not or cannot be installed.
pub fn ziglang(workspace: &Workspace) -> Result<PathBuf, String> {
    let home = workspace.tool(&format!("ziglang-{ZIGLANG}"));
    let python = home.join("bin/python");
    if proc::output(Command::new(&python).args(["-m", "ziglang", "version"])).is_some() {
        return Ok(python);
    }
    if is_disabled() {
        return Err(format!("ziglang {ZIGLANG} is not installed and POTLUCK_NO_INSTALL is set"));
    }
    let system = proc::find("python3").ok_or("python3 is not installed")?;
    print_line(&format!("   installing ziglang {ZIGLANG} into {}", home.display()));
    proc::run(Command::new(system).args(["-m", "venv", "--clear"]).arg(&home))?;
    let wanted = format!("ziglang=={ZIGLANG}");
    proc::run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &wanted]))?;
    Ok(python)
}

/// Returns copyparty if it is in the cache.
///
/// # Errors
/// A sentence, when it is not.
pub fn cached_copyparty(workspace: &Workspace) -> Result<Copyparty, String> {
    let python = workspace.tool(&format!("copyparty-{COPYPARTY}")).join("bin/python");
    match find_u2c(&python) {
        Some(u2c) => Ok(Copyparty { python, u2c }),
        None => Err(format!("copyparty {COPYPARTY} is not installed")),
    }
}

fn find_u2c(python: &Path) -> Option<PathBuf> {
    let ask = "import copyparty, os; print(os.path.join(os.path.dirname(copyparty.__file__), 'web', 'a', 'u2c.py'))";
    let path = PathBuf::from(proc::output(Command::new(python).args(["-c", ask]))?.trim());
    path.is_file().then_some(path)
}
