//! SFTP with OpenSSH's sftp and scp, rclone, lftp, curl, paramiko and sshfs: trees with awkward names are copied both ways, by
//! password and by key, and transfers go on where they ended.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::{TestServer, data, skip};

use crate::{run, run_with_input};

/// A server where ed has all rights, and logs in with a password or the key `{dir}/id`; `None` without OpenSSH.
fn server() -> Option<TestServer> {
    let keygen = skip::need("ssh-keygen")?;
    let dir = tempfile::Builder::new().prefix("potluck-test-").tempdir().expect("a temporary folder");
    fs::create_dir(dir.path().join("files")).expect("a folder to serve");
    let key = dir.path().join("id");
    run(Command::new(keygen).args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key));
    let public = fs::read_to_string(key.with_extension("pub")).expect("a key");
    let key = format!("ed {}", public.trim());
    let args = ["-a", "ed:pw", "-v", "{root}::rwmd.,ed", "--sftp", "{sftp}", "--sftp-pw", "--sftp-key", &key];
    Some(TestServer::start_in(dir, args))
}

fn port(server: &TestServer) -> String {
    server.sftp.expect("SFTP").port().to_string()
}

fn text(path: &Path) -> String {
    path.to_str().expect("a plain path").to_owned()
}

/// Small files, awkward names, an empty file and an empty folder.
fn make_tree(folder: &Path, is_fit: impl Fn(&str) -> bool) {
    data::tree(folder, 60, 900);
    let odd = folder.join("odd # names & %41");
    fs::create_dir_all(odd.join("empty folder")).expect("a folder");
    for name in data::NASTY_NAMES.iter().filter(|name| name.len() <= 255 && is_fit(name)) {
        fs::write(odd.join(name), name).expect("a file");
    }
    fs::write(folder.join("empty"), "").expect("a file");
}

fn modified_secs(path: &Path) -> u64 {
    let modified = path.metadata().and_then(|meta| meta.modified()).expect("a date");
    modified.duration_since(std::time::UNIX_EPOCH).expect("a date").as_secs()
}

/// Options for OpenSSH's programs: the key of ed, and no configuration of this machine.
fn ssh_options(server: &TestServer) -> Vec<String> {
    let dir = server.dir.path();
    let option = |text: String| ["-o".to_owned(), text];
    [
        ["-F".to_owned(), "/dev/null".to_owned()],
        option(format!("IdentityFile={}", dir.join("id").display())),
        option(format!("UserKnownHostsFile={}", dir.join("known").display())),
        option("IdentitiesOnly=yes".to_owned()),
        option("StrictHostKeyChecking=accept-new".to_owned()),
        option("BatchMode=yes".to_owned()),
    ]
    .concat()
}

/// Runs commands in OpenSSH's sftp.
fn sftp(server: &TestServer, commands: &str) -> Option<String> {
    let program = skip::need("sftp")?;
    let mut command = Command::new(program);
    command.args(ssh_options(server)).args(["-P", &port(server), "-b", "-", "ed@127.0.0.1"]);
    command.current_dir(server.dir.path());
    let output = run_with_input(&mut command, commands.as_bytes());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{commands} ended with {}: {said}", output.status);
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn openssh_copies_a_tree_both_ways() {
    let Some(server) = server() else { return };
    let (source, back) = (server.dir.path().join("source"), server.dir.path().join("back"));
    // Its commands have quotes, backslashes and patterns, but no line ends; a folder is copied without its names being written.
    make_tree(&source, |name| !name.contains('\n'));
    fs::create_dir(&back).expect("a folder");
    let commands = "put -pR source tree\nget -pR tree back\nls -l tree\n";
    let Some(listed) = sftp(&server, commands) else { return };
    data::assert_same_tree(&source, &server.root().join("tree"));
    data::assert_same_tree(&source, &back.join("tree"));
    assert!(listed.contains(" empty"), "{listed}");
    assert_eq!(modified_secs(&server.root().join("tree/empty")), modified_secs(&source.join("empty")), "dates travel");
}

#[test]
fn openssh_goes_on_where_a_transfer_ended() {
    let Some(server) = server() else { return };
    let content = data::noise(1, 3 << 20);
    fs::write(server.dir.path().join("local"), &content).expect("a file");
    fs::write(server.root().join("half"), &content[..1 << 20]).expect("a file");
    fs::write(server.dir.path().join("back"), &content[..1 << 20]).expect("a file");
    let commands =
        "reput local half\nreget half back\nmkdir d\nrename half d/whole\nput -f local d/synced\nrm d/synced\ndf\n";
    if sftp(&server, commands).is_none() {
        return;
    }
    assert!(fs::read(server.root().join("d/whole")).expect("a file") == content, "the rest is appended");
    assert!(fs::read(server.dir.path().join("back")).expect("a file") == content, "the rest is fetched");
    assert!(!server.root().join("d/synced").exists());
}

#[test]
fn scp_goes_both_ways() {
    let Some(server) = server() else { return };
    let Some(program) = skip::need("scp") else { return };
    let source = server.dir.path().join("source");
    make_tree(&source, |name| !name.contains('\n'));
    let copy = |from: &str, to: &str| {
        let mut command = Command::new(&program);
        // Older versions speak SFTP if they are told to.
        command.args(ssh_options(&server)).args(["-s", "-q", "-r", "-P", &port(&server), from, to]);
        run(command.current_dir(server.dir.path()));
    };
    copy("source", "ed@127.0.0.1:tree");
    data::assert_same_tree(&source, &server.root().join("tree"));
    copy("ed@127.0.0.1:/tree", "back");
    data::assert_same_tree(&source, &server.dir.path().join("back"));
}

#[test]
fn commands_are_refused_with_a_sentence() {
    let Some(server) = server() else { return };
    let Some(program) = skip::need("ssh") else { return };
    for command in [&["uname"][..], &[]] {
        let output = Command::new(&program)
            .args(ssh_options(&server))
            .args(["-p", &port(&server), "ed@127.0.0.1"])
            .args(command)
            .stdin(Stdio::null())
            .output()
            .expect("ssh starts");
        assert!(!output.status.success() && output.stdout.is_empty(), "{command:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("SFTP only"), "{command:?}: {said}");
    }
}

#[test]
fn rclone_copies_two_thousand_files_both_ways() {
    let Some(program) = skip::need("rclone") else { return };
    let Some(server) = server() else { return };
    let (source, back) = (server.dir.path().join("source"), server.dir.path().join("back"));
    // rclone writes control characters in another way.
    make_tree(&source, |name| !name.contains(char::is_control));
    for number in 0..2000 {
        let folder = source.join(format!("many/{}", number % 20));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(format!("{number}.txt")), number.to_string()).expect("a file");
    }
    let obscured = run(Command::new(&program).args(["obscure", "pw"]));
    let password = String::from_utf8_lossy(&obscured).trim().to_owned();
    let remote = format!(":sftp,host=127.0.0.1,port={},user=ed,pass={password},shell_type=none:tree", port(&server));
    let rclone = |args: &[&str]| {
        let mut command = Command::new(&program);
        command.env("HOME", server.dir.path()).args(["--config", "/dev/null", "--retries", "1", "--transfers", "8"]);
        run(command.args(args));
    };
    rclone(&["copy", "--create-empty-src-dirs", &text(&source), &remote]);
    data::assert_same_tree(&source, &server.root().join("tree"));
    rclone(&["check", "--download", &text(&source), &remote]);
    rclone(&["copy", "--create-empty-src-dirs", &remote, &text(&back)]);
    data::assert_same_tree(&source, &back);
    assert_eq!(modified_secs(&server.root().join("tree/empty")), modified_secs(&source.join("empty")), "dates travel");
    rclone(&["purge", &remote]);
    assert!(!server.root().join("tree").exists());
}

#[test]
fn lftp_mirrors_a_tree_both_ways() {
    let Some(program) = skip::need("lftp") else { return };
    let Some(server) = server() else { return };
    let (source, back) = (server.dir.path().join("source"), server.dir.path().join("back"));
    make_tree(&source, |name| !name.contains('\n'));
    let connect = format!("ssh -a -x {}", ssh_options(&server).join(" "));
    let commands = format!(
        "set net:max-retries 1; set net:timeout 30; set cmd:fail-exit yes; set sftp:connect-program \"{connect}\"; \
         open -p {} -u ed, sftp://127.0.0.1; mirror -R --parallel=4 {} tree; mirror --parallel=4 tree {}; exit",
        port(&server),
        source.display(),
        back.display(),
    );
    let mut command = Command::new(program);
    run(command.args(["--norc", "-c", &commands]).env("HOME", server.dir.path()));
    data::assert_same_tree(&source, &server.root().join("tree"));
    data::assert_same_tree(&source, &back);
}

#[test]
fn curl_goes_both_ways() {
    let Some(program) = skip::need("curl") else { return };
    let version = run(Command::new(&program).arg("--version"));
    if !String::from_utf8_lossy(&version).contains(" sftp ") {
        return skip::note("curl: with SFTP");
    }
    let Some(server) = server() else { return };
    let (local, back) = (server.dir.path().join("local.bin"), server.dir.path().join("back.bin"));
    let content = data::noise(1, 3 << 20);
    fs::write(&local, &content).expect("a file");
    let url = format!("sftp://127.0.0.1:{}/folder/a%20b.bin", port(&server));
    let curl =
        |args: &[&str]| run(Command::new(&program).args(["-sS", "-k", "-u", "ed:pw", "--max-time", "60"]).args(args));
    curl(&["--ftp-create-dirs", "-T", &text(&local), &url]);
    assert!(fs::read(server.root().join("folder/a b.bin")).expect("a file") == content, "stored");
    curl(&["-o", &text(&back), &url]);
    assert!(fs::read(&back).expect("a file") == content, "fetched");
    fs::write(&back, &content[..1 << 20]).expect("a file");
    curl(&["-C", "-", "-o", &text(&back), &url]);
    assert!(fs::read(&back).expect("a file") == content, "fetching goes on");
    let listed = curl(&[&url.replace("a%20b.bin", "")]);
    assert!(String::from_utf8_lossy(&listed).contains(" a b.bin"));
}

/// Writes in any order, reads what it has written, truncates, and asks for attributes meanwhile.
const PARAMIKO: &str = r"
import sys, paramiko
transport = paramiko.Transport(('127.0.0.1', int(sys.argv[1])))
transport.connect(username='ed', password='pw')
sftp = paramiko.SFTPClient.from_transport(transport)
with sftp.open('f', 'w+') as f:
    f.write(b'0123456789')
    f.seek(20); f.write(b'end')
    f.seek(2); f.write(b'AB')
    f.seek(0)
    assert f.read() == b'01AB456789' + bytes(10) + b'end', 'what was written is read'
    assert sftp.stat('f').st_size == 23, 'the upload is seen by its client'
    f.truncate(5)
    assert f.stat().st_size == 5
with sftp.open('f', 'r+') as f:
    f.seek(1); f.write(b'x')
with sftp.open('f', 'a') as f:
    f.write(b'!')
sftp.utime('f', (1000000000, 1000000000))
assert sftp.stat('f').st_mtime == 1000000000
sftp.truncate('f', 4)
assert sftp.open('f').read() == b'0xAB', 'cut off'
with sftp.open('piped', 'w') as f:
    f.set_pipelined(True)
    for number in range(400):
        f.write(bytes([number % 256]) * 30000)
assert sftp.stat('piped').st_size == 12000000
sftp.posix_rename('piped', 'f')
assert sftp.listdir('.') == ['f']
for refused in (lambda: sftp.symlink('f', 'g'), lambda: sftp.open('f', 'x'), lambda: sftp.open('no/f', 'w')):
    try:
        refused()
    except OSError:
        continue
    raise SystemExit('not refused')
sftp.mkdir('d'); sftp.rmdir('d')
print(sftp.normalize('a/../b'))
";

#[test]
fn paramiko_writes_in_any_order() {
    let Some(server) = server() else { return };
    let Some(python) = skip::need("python3").filter(|_| has_paramiko()) else { return skip::note("paramiko") };
    let python = if Path::new("/usr/bin/python3").exists() { PathBuf::from("/usr/bin/python3") } else { python };
    let printed = run(Command::new(python).args(["-c", PARAMIKO, &port(&server)]));
    assert_eq!(printed, b"/b\n");
    let stored = fs::read(server.root().join("f")).expect("a file");
    assert!(stored.chunks(30_000).enumerate().all(|(number, piece)| piece.iter().all(|&b| b == (number % 256) as u8)));
}

fn has_paramiko() -> bool {
    let probe = Command::new("/usr/bin/python3").args(["-c", "import paramiko"]).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

/// A folder mounted by sshfs; unmounted when it is dropped.
struct Mounted {
    folder: PathBuf,
    sshfs: Child,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _unmounted = Command::new("fusermount3").args(["-u", "-z"]).arg(&self.folder).status();
        let _ended = (self.sshfs.kill(), self.sshfs.wait());
    }
}

fn mount(server: &TestServer) -> Option<Mounted> {
    let program = skip::need("sshfs")?;
    if !Path::new("/dev/fuse").exists() {
        skip::note("sshfs: /dev/fuse");
        return None;
    }
    let folder = server.dir.path().join("mounted");
    fs::create_dir(&folder).expect("a folder");
    let mut command = Command::new(program);
    command.args(ssh_options(server)).args(["-f", "-p", &port(server), "ed@127.0.0.1:"]).arg(&folder);
    let sshfs = command.stdin(Stdio::null()).spawn().expect("sshfs starts");
    let mounted = Mounted { folder, sshfs };
    let until = Instant::now() + Duration::from_secs(30);
    fs::write(server.root().join("is-mounted"), "").expect("a file");
    while !mounted.folder.join("is-mounted").exists() {
        if Instant::now() > until {
            skip::note("sshfs: mounting");
            return None;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    fs::remove_file(server.root().join("is-mounted")).expect("removed");
    Some(mounted)
}

#[test]
fn sshfs_is_a_folder_like_others() {
    let Some(server) = server() else { return };
    let Some(mounted) = mount(&server) else { return };
    let (source, at) = (server.dir.path().join("source"), mounted.folder.clone());
    make_tree(&source, |_| true);
    run(Command::new("cp").args(["-r", "--preserve=timestamps"]).arg(&source).arg(at.join("tree")));
    data::assert_same_tree(&source, &server.root().join("tree"));
    data::assert_same_tree(&source, &at.join("tree"));
    // sshfs closes a file after the program that has written it.
    let holds = |name: &str, want: &[u8]| {
        let until = Instant::now() + Duration::from_secs(30);
        while fs::read(server.root().join(name)).ok().as_deref() != Some(want) {
            assert!(Instant::now() < until, "{name} is {:?}, not {want:?}", fs::read(server.root().join(name)));
            std::thread::park_timeout(Duration::from_millis(10));
        }
    };
    // A file is edited in place, extended, cut off and replaced.
    let file = at.join("f");
    fs::write(&file, "0123456789").expect("written");
    holds("f", b"0123456789");
    run(Command::new("dd")
        .args(["conv=notrunc", "bs=1", "seek=3", "status=none", &format!("of={}", file.display())])
        .arg("if=/dev/zero")
        .arg("count=2"));
    holds("f", b"012\0\x0056789");
    run(Command::new("truncate").args(["-s", "2"]).arg(&file));
    holds("f", b"01");
    fs::write(&file, "another").expect("written");
    holds("f", b"another");
    fs::write(at.join("g"), "new").expect("written");
    fs::rename(at.join("g"), &file).expect("renamed over another file");
    holds("f", b"new");
    assert_eq!(fs::read(&file).expect("a file"), b"new");
    fs::remove_dir_all(at.join("tree")).expect("removed");
    assert!(!server.root().join("tree").exists());
}

#[test]
fn a_killed_program_leaves_no_file() {
    let Some(server) = server() else { return };
    let Some(program) = skip::need("sftp") else { return };
    let local = server.dir.path().join("local");
    fs::File::create(&local).and_then(|file| file.set_len(2 << 30)).expect("a file");
    let mut command = Command::new(program);
    // Slow enough to be interrupted: 16 MiB each second.
    command.args(ssh_options(&server)).args(["-l", "131072", "-P", &port(&server), "-b", "-", "ed@127.0.0.1"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("sftp starts");
    let commands = format!("put {} half\n", local.display());
    std::io::Write::write_all(child.stdin.as_mut().expect("piped"), commands.as_bytes()).expect("written");
    let partial = || {
        data::files(&server.root())
            .iter()
            .any(|path| server.root().join(path).metadata().is_ok_and(|meta| meta.len() > 1 << 20))
    };
    let until = Instant::now() + Duration::from_secs(60);
    while !partial() {
        assert!(Instant::now() < until, "nothing arrives");
        std::thread::park_timeout(Duration::from_millis(10));
    }
    child.kill().and_then(|()| child.wait()).expect("killed");
    while partial() {
        assert!(Instant::now() < until, "the partial file stays");
        std::thread::park_timeout(Duration::from_millis(10));
    }
    assert!(!server.root().join("half").exists(), "no file under the name");
}
