//! A server process on a free port, with a folder of its own, that ends with the test.

use parking_lot::Mutex;
use std::env;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{http, skip};

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// A running server. Dropping it kills the process and removes its folders.
pub struct TestServer {
    /// The address on which it listens.
    pub addr: SocketAddr,
    /// The address for FTP, if the arguments contain `{ftp}`.
    pub ftp: Option<SocketAddr>,
    /// The address for FTPS, if the arguments contain `{ftps}`.
    pub ftps: Option<SocketAddr>,
    /// The address for SFTP, if the arguments contain `{sftp}`.
    pub sftp: Option<SocketAddr>,
    /// The address for TFTP, if the arguments contain `{tftp}`.
    pub tftp: Option<SocketAddr>,
    /// The folder that contains all its files.
    pub dir: Home,
    args: Vec<String>,
    program: Program,
    child: Child,
    log: Arc<Mutex<String>>,
}

/// The folder of a server.
pub enum Home {
    /// Removed with the server.
    Own(TempDir),
    /// Not removed.
    Persistent(PathBuf),
}

impl Home {
    /// Returns its path.
    pub fn path(&self) -> &Path {
        match self {
            Self::Own(dir) => dir.path(),
            Self::Persistent(path) => path,
        }
    }
}

impl TestServer {
    /// Starts a server with these arguments and waits until it listens.
    ///
    /// In arguments, `{root}` is replaced by the served folder, `{dir}` by the folder around it, `{ftp}`, `{ftps}`, `{sftp}`
    /// and `{tftp}` by a free port each. Address, port and state folder are added. The environment contains only PATH, and the working directory is `{dir}`.
    ///
    /// # Panics
    /// If it does not start; the message contains its log.
    pub fn start<A: AsRef<str>>(args: impl IntoIterator<Item = A>) -> Self {
        let dir = tempfile::Builder::new().prefix("potluck-test-").tempdir().expect("a temporary folder");
        std::fs::create_dir(dir.path().join("files")).expect("a folder to serve");
        Self::start_in(dir, args)
    }

    /// Like [`TestServer::start`], with a prepared folder; it must contain a folder `files`.
    pub fn start_in<A: AsRef<str>>(dir: TempDir, args: impl IntoIterator<Item = A>) -> Self {
        Self::start_at(Home::Own(dir), args, Program::default())
    }

    /// Like [`TestServer::start_in`], as a user without privileges, who owns only the state folder. Returns `None`, and notes the
    /// skip, if this test may not change its user.
    pub fn start_as_unprivileged_user<A: AsRef<str>>(dir: TempDir, args: impl IntoIterator<Item = A>) -> Option<Self> {
        let setpriv = skip::need("setpriv")?;
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0");
        if !is_root {
            skip::note("root: a server of another user");
            return None;
        }
        // In a folder that the other user can read.
        let copy = dir.path().join("potluck-server");
        std::fs::copy(binary(), &copy).expect("a copy of the server");
        std::fs::create_dir_all(dir.path().join("state")).expect("a folder for databases");
        for (mode, path) in [("755", dir.path()), ("755", &copy), ("777", &dir.path().join("state"))] {
            let changed = Command::new("chmod").arg(mode).arg(path).status();
            assert!(changed.expect("it starts").success());
        }
        let before = ["--reuid=65534", "--regid=65534", "--clear-groups"].map(str::to_owned).to_vec();
        let program = Program { starter: Some((setpriv, before)), server: Some(copy) };
        Some(Self::start_at(Home::Own(dir), args, program))
    }

    /// Like [`TestServer::start_in`], with a folder that is not removed.
    pub fn start_kept<A: AsRef<str>>(dir: PathBuf, args: impl IntoIterator<Item = A>) -> Self {
        Self::start_at(Home::Persistent(dir), args, Program::default())
    }

    fn start_at<A: AsRef<str>>(dir: Home, args: impl IntoIterator<Item = A>, program: Program) -> Self {
        let place = dir.path().to_str().expect("a temporary folder with a plain name");
        let fill = |a: A| a.as_ref().replace("{root}", &format!("{place}/files")).replace("{dir}", place);
        let mut args: Vec<String> = args.into_iter().map(fill).collect();
        let (ftp, ftps) = (fill_port(&mut args, "{ftp}"), fill_port(&mut args, "{ftps}"));
        let sftp = fill_port(&mut args, "{sftp}");
        let tftp = fill_udp_port(&mut args);
        let log = Arc::default();
        let (child, addr) = spawn(&program, dir.path(), &args, 0, &log);
        Self { addr, ftp, ftps, sftp, tftp, dir, args, program, child, log }
    }

    /// Starts a server with a volume at the root where everyone may read, write, move and delete, indexed.
    pub fn writable() -> Self {
        Self::start(["-v", "{root}::rwmd", "-e2dsa"])
    }

    /// Returns the served folder.
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("files")
    }

    /// Returns `http://ADDRESS/` and `path`, which must be percent-encoded.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{}", self.addr, path.trim_start_matches('/'))
    }

    /// Opens a new connection.
    ///
    /// # Panics
    /// If the connection is refused.
    pub fn connect(&self) -> http::Conn {
        http::Conn::open(self.addr).expect("the server accepts a connection")
    }

    /// Sends one GET on a new connection.
    ///
    /// # Panics
    /// If there is no complete reply.
    pub fn get(&self, path: &str) -> http::Response {
        self.connect().send("GET", path, &[], b"").expect("a reply")
    }

    /// Returns its output so far.
    pub fn log(&self) -> String {
        self.log.lock().clone()
    }

    /// Returns its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process (SIGKILL): no handler runs and nothing is flushed.
    pub fn kill(&mut self) {
        // An error means that it has exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends SIGTERM and waits. Returns the exit code, or `None` if it had to be killed.
    pub fn stop(&mut self) -> Option<i32> {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        let deadline = Instant::now() + STOP_LIMIT;
        while asked.as_ref().is_ok_and(|s| s.success()) && Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                Ok(Some(status)) => return status.code(),
                Err(_) => break,
            }
        }
        self.kill();
        None
    }

    /// Starts it again over the same folders, with the same arguments, on the same port.
    ///
    /// # Panics
    /// Like [`TestServer::start`]. The process must have been killed or stopped.
    pub fn restart(&mut self) {
        self.kill();
        let (child, addr) = spawn(&self.program, self.dir.path(), &self.args, self.addr.port(), &self.log);
        (self.child, self.addr) = (child, addr);
    }
}

/// Replaces an argument by a port that was free a moment ago.
fn fill_port(args: &mut [String], placeholder: &str) -> Option<SocketAddr> {
    let place = args.iter_mut().find(|arg| *arg == placeholder)?;
    let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    *place = address.port().to_string();
    Some(address)
}

/// Replaces `{tftp}` by a UDP port that was free a moment ago.
fn fill_udp_port(args: &mut [String]) -> Option<SocketAddr> {
    let place = args.iter_mut().find(|arg| *arg == "{tftp}")?;
    let address = std::net::UdpSocket::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    *place = address.port().to_string();
    Some(address)
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- the server's log ---\n{}---", self.log());
        }
    }
}

/// How the server process is started.
#[derive(Default)]
struct Program {
    /// A wrapper program that starts it, with the wrapper's own arguments.
    starter: Option<(PathBuf, Vec<String>)>,
    /// A copy of the binary to run instead.
    server: Option<PathBuf>,
}

impl Program {
    fn command(&self) -> Command {
        let server = self.server.clone().unwrap_or_else(binary);
        match &self.starter {
            None => Command::new(server),
            Some((starter, before)) => {
                let mut command = Command::new(starter);
                command.args(before).arg(server);
                command
            }
        }
    }
}

fn spawn(program: &Program, dir: &Path, args: &[String], port: u16, log: &Arc<Mutex<String>>) -> (Child, SocketAddr) {
    let state = dir.join("state");
    std::fs::create_dir_all(&state).expect("a folder for databases");
    let mut child = program
        .command()
        .args(["-i", "127.0.0.1", "-p", &port.to_string(), "--hist"])
        .arg(&state)
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .envs(
            ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"].map(|name| (name, &state)),
        )
        .envs(env::var_os("RUST_LOG").map(|v| ("RUST_LOG", v)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the server's binary starts");
    let (tell, heard) = channel();
    follow(child.stdout.take().expect("a pipe"), log, &tell);
    follow(child.stderr.take().expect("a pipe"), log, &tell);
    drop(tell);
    match address(&heard) {
        Some(addr) => (child, addr),
        None => {
            let _ = child.kill();
            let status = child.wait();
            let log = log.lock().clone();
            panic!("the server did not come up ({status:?}):\n{log}");
        }
    }
}

/// Copies output lines into the log and sends them to `tell`, until the process ends.
fn follow(from: impl Read + Send + 'static, log: &Arc<Mutex<String>>, tell: &Sender<String>) {
    let (log, tell) = (log.clone(), tell.clone());
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            let text = String::from_utf8_lossy(&line).into_owned();
            line.clear();
            log.lock().push_str(&text);
            // The receiver is dropped once the address is known.
            let _ = tell.send(text);
        }
    });
}

/// Waits for `listening on http://127.0.0.1:PORT/`. `None` if the process ended or the time limit passed.
fn address(heard: &Receiver<String>) -> Option<SocketAddr> {
    let deadline = Instant::now() + START_LIMIT;
    loop {
        let left = deadline.checked_duration_since(Instant::now())?;
        let line = heard.recv_timeout(left).ok()?;
        let Some((_, rest)) = line.split_once("listening on http://") else { continue };
        let end = rest.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(rest.len());
        if let Ok(addr) = rest[..end].parse() {
            return Some(addr);
        }
    }
}

/// Returns the path of the server's binary: `POTLUCK_SERVER`, or one built here with the profile of this test.
///
/// # Panics
/// If it does not build.
pub fn binary() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    if let Some(path) = env::var_os("POTLUCK_SERVER") {
        return path.into();
    }
    BUILT
        .get_or_init(|| {
            let me = env::current_exe().expect("a test knows its own path");
            let profile = me.ancestors().nth(2).expect("tests lie in target/PROFILE/deps");
            let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            build.args(["build", "--quiet", "--package", "server", "--bin", "potluck-server"]);
            build
                .current_dir(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where"))
                .args(profile.ends_with("release").then_some("--release"));
            assert!(build.status().expect("cargo starts").success(), "the server does not build");
            profile.join(format!("potluck-server{}", env::consts::EXE_SUFFIX))
        })
        .clone()
}
