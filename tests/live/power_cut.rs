//! The power fails at any moment: everything acknowledged is on the disk afterwards, and no file is incomplete.
//!
//! The server works on an ext4 of its own, whose disk loses unflushed blocks (`support::block_device`).

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use support::block_device::{Cut, Device, Image};
use support::server::{TestServer, binary};
use support::skip;
use support::workload::{Client, Promises};

const CLIENTS: usize = 3;
const POWER_CUTS: usize = 12;
const MANY: usize = 10_000;
const MEBIBYTES: usize = 96;
/// Environment variable for the half of the test that may mount.
const INSIDE: &str = "POTLUCK_TEST_NAMESPACE";

#[test]
fn the_power_fails_amid_changes() {
    in_a_namespace("power_cut::on_a_disk_that_forgets");
}

#[test]
fn the_power_fails_amid_changes_of_shared_contents() {
    in_a_namespace("power_cut::on_a_disk_that_forgets_with_shared_contents");
}

fn in_a_namespace(test: &str) {
    for program in ["unshare", "losetup", "mkfs.ext4", "mount"] {
        if skip::need(program).is_none() {
            return;
        }
    }
    let id = Command::new("id").arg("-u").output().expect("it starts").stdout;
    if id.trim_ascii() != b"0" {
        return skip::note("root, for a loop device: a power cut");
    }
    if !Path::new("/dev/fuse").exists() || !Path::new("/dev/loop-control").exists() {
        return skip::note("FUSE and loop devices: a power cut");
    }
    let me = std::env::current_exe().expect("a test knows its own path");
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]).arg(me).args([test, "--exact", "--ignored", "--nocapture"]);
    let status = command.env(INSIDE, "1").env("POTLUCK_SERVER", binary()).status();
    assert!(status.expect("it starts").success());
}

#[test]
#[ignore = "mounts a disk: run by a test above, in a namespace"]
fn on_a_disk_that_forgets() {
    check_power_cuts(&["-v", "{root}::rwmda"]);
}

#[test]
#[ignore = "mounts a disk: run by a test above, in a namespace"]
fn on_a_disk_that_forgets_with_shared_contents() {
    check_power_cuts(&["-v", "{root}::rwmda:c,dedup"]);
}

fn check_power_cuts(args: &[&str]) {
    assert!(std::env::var_os(INSIDE).is_some(), "only in a namespace of its own");
    let cuts = std::env::var("POTLUCK_POWER_CUTS").ok().and_then(|n| n.parse().ok()).unwrap_or(POWER_CUTS);
    let seed = std::env::var("POTLUCK_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let bench = tempfile::tempdir().expect("a temporary folder");
    let [fuse, disk] = ["fuse", "disk"].map(|name| bench.path().join(name));
    for folder in [&fuse, &disk] {
        fs::create_dir(folder).expect("a folder");
    }
    let mut image = Device::formatted(bench.path(), MEBIBYTES).expect("an image");
    let mut clients: Vec<Client> = (0..CLIENTS).map(|number| Client::new(seed, number)).collect();
    for round in 0..cuts {
        new_boot(bench.path(), round);
        let device = Device::mount(image, &fuse, &disk).expect("a disk");
        image = run_until_power_cut(args, &device, &disk, &mut clients, &mut random);
    }
}

/// Runs the server until the power fails. Returns the contents of the disk at that moment.
fn run_until_power_cut(
    args: &[&str],
    device: &Device,
    disk: &Path,
    clients: &mut [Client],
    random: &mut fastrand::Rng,
) -> Image {
    let home = disk.join("home");
    fs::create_dir_all(home.join("files")).expect("a folder to serve");
    let _shown_on_failure = Found(listing(disk));
    let server = TestServer::start_kept(home, args.iter().copied());
    let mut conn = server.connect();
    clients.iter_mut().for_each(|client| client.check(&mut conn));
    drop(conn);
    let (image, then) = cut_amid_work(server, device, clients, random);
    for (client, promises) in clients.iter_mut().zip(then) {
        client.go_back_to(promises);
    }
    image
}

/// Names on the disk before the server recovered anything; printed if the test fails.
struct Found(String);

impl Drop for Found {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- on the disk after the cut ---\n{}---", self.0);
        }
    }
}

fn listing(disk: &Path) -> String {
    let mut find = Command::new("find");
    find.arg(disk.join("home")).args(["-printf", "%i %n %y %s %TT %P -> %l\\n"]);
    find.output().map_or_else(|error| error.to_string(), |found| String::from_utf8_lossy(&found.stdout).into_owned())
}

/// Lets the clients work, cuts the power at some moment, and ends everything that continues after it.
fn cut_amid_work(
    mut server: TestServer,
    device: &Device,
    clients: &mut [Client],
    random: &mut fastrand::Rng,
) -> (Image, Vec<Promises>) {
    let addr = server.addr;
    let pause = Duration::from_millis(random.u64(20..400));
    let cut = Cut::random(random);
    let (image, then) = std::thread::scope(|scope| {
        let promises: Vec<_> = clients.iter().map(Client::share_promises).collect();
        let threads: Vec<_> = clients.iter_mut().map(|client| scope.spawn(move || client.work(addr, MANY))).collect();
        std::thread::sleep(pause);
        // No answer is recorded between these two steps: everything that counts as acknowledged was acknowledged before
        // the cut.
        let held: Vec<_> = promises.iter().map(|shared| shared.lock()).collect();
        let unflushed = device.unflushed();
        let image = device.image_after(cut, random);
        let then: Vec<Promises> = held.iter().map(|promises| Promises::clone(promises)).collect();
        drop(held);
        eprintln!("{cut:?} after {pause:?}, {unflushed} blocks not flushed");
        server.kill();
        for thread in threads {
            let _ended = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
        (image, then)
    });
    (image, then)
}

/// Gives the kernel a new boot id in this namespace, as a start after a power cut does.
fn new_boot(folder: &Path, round: usize) {
    let file = folder.join("boot_id");
    let of = "/proc/sys/kernel/random/boot_id";
    if round > 0 {
        let _first = Command::new("umount").arg(of).status();
    }
    fs::write(&file, format!("00000000-0000-4000-8000-{round:012}\n")).expect("a file");
    let status = Command::new("mount").args(["--bind"]).arg(&file).arg(of).status();
    assert!(status.expect("it starts").success(), "the boot id cannot be changed");
}
