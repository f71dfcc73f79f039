//! Access log: one line per request, to stdout and to a file.
//!
//! A thread of its own writes the lines. They reach it through a bounded channel on which no request ever waits: lines
//! that do not fit are dropped, counted and reported. Client data is escaped in every line, and passwords in URLs are
//! masked.

mod line;

pub use line::Entry;

use arc_swap::ArcSwapOption;
use model::settings::Logging;
use regex::Regex;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// Capacity of the channel, lines.
const QUEUE_LEN: usize = 4096;

/// Sender of log lines. Cheap to clone.
#[derive(Clone)]
pub struct AccessLog {
    shared: Arc<Shared>,
}

struct Shared {
    config: ArcSwapOption<Config>,
    sender: SyncSender<Message>,
    dropped: AtomicU64,
}

enum Message {
    Entry(Box<Entry>),
    /// Request to answer when all lines before it are written.
    Flush(SyncSender<()>),
}

/// Configuration of the log, from [`Logging`].
pub struct Config {
    to_stdout: bool,
    file: Option<String>,
    json: bool,
    skip: Option<Regex>,
}

impl Config {
    /// Takes the configuration from settings.
    ///
    /// # Errors
    /// If `--lf-url` is not a valid regular expression.
    pub fn new(logging: &Logging) -> Result<Self, regex::Error> {
        let skip = logging.skip_urls.as_deref().filter(|pattern| !pattern.is_empty()).map(Regex::new).transpose()?;
        Ok(Self { to_stdout: !logging.quiet, file: logging.file.clone(), json: logging.json, skip })
    }
}

impl Config {
    /// Opens the current log file as the writer thread will, to find errors at the start. Blocks.
    ///
    /// # Errors
    /// The path and the error of the system.
    pub fn try_file(&self) -> Result<(), (PathBuf, io::Error)> {
        let Some(pattern) = &self.file else { return Ok(()) };
        let path = PathBuf::from(line::local(std::time::SystemTime::now()).strftime(pattern).to_string());
        open_append(&path).map(drop).map_err(|error| (path, error))
    }
}

impl AccessLog {
    /// Starts the writer thread. It writes nothing until [`AccessLog::configure`].
    ///
    /// # Errors
    /// If the thread cannot be created.
    pub fn start() -> io::Result<Self> {
        let (sender, receiver) = sync_channel(QUEUE_LEN);
        let shared = Arc::new(Shared { config: ArcSwapOption::empty(), sender, dropped: AtomicU64::new(0) });
        // Weak, because the writer thread would never end if it kept its own sender alive.
        let weak = Arc::downgrade(&shared);
        std::thread::Builder::new().name("access-log".into()).spawn(move || {
            let mut writer = Writer::new(Box::new(io::stdout()));
            while let Some(message) = writer.next(&receiver) {
                let Some(shared) = weak.upgrade() else { break };
                writer.handle(message, &shared);
            }
            writer.flush();
        })?;
        Ok(Self { shared })
    }

    /// Changes the configuration; lines in the channel are still written.
    pub fn configure(&self, config: Config) {
        let on = config.to_stdout || config.file.is_some();
        self.shared.config.store(on.then(|| Arc::new(config)));
    }

    /// Returns true if lines are written anywhere; entries need not be created otherwise.
    pub fn is_on(&self) -> bool {
        self.shared.config.load().is_some()
    }

    /// Sends a line to the writer thread. Never waits.
    pub fn write(&self, entry: Box<Entry>) {
        match self.shared.sender.try_send(Message::Entry(entry)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.shared.dropped.fetch_add(1, Relaxed);
            }
        }
    }

    /// Waits until all lines so far are written, for half a second at most. Blocks.
    pub fn flush(&self) {
        let (sender, receiver) = sync_channel(1);
        if self.shared.sender.try_send(Message::Flush(sender)).is_ok() {
            // A writer that hangs (a full pipe) must not keep the program from ending.
            let _written = receiver.recv_timeout(std::time::Duration::from_millis(500));
        }
    }
}

/// State of the writer thread.
struct Writer {
    stdout: BufWriter<Box<dyn Write>>,
    file: Option<OpenFile>,
    /// Path that could not be opened, so that the error is logged once.
    broken: Option<PathBuf>,
    line: String,
}

struct OpenFile {
    /// The file name with its format codes, to detect a change of settings.
    pattern: String,
    path: PathBuf,
    /// Unix second of the last check of the name.
    checked_at: i64,
    out: BufWriter<File>,
}

impl Writer {
    fn new(stdout: Box<dyn Write>) -> Self {
        Self { stdout: BufWriter::new(stdout), file: None, broken: None, line: String::new() }
    }

    /// Returns the next message. Flushes before it blocks.
    fn next(&mut self, receiver: &Receiver<Message>) -> Option<Message> {
        if let Ok(message) = receiver.try_recv() {
            return Some(message);
        }
        self.flush();
        receiver.recv().ok()
    }

    fn handle(&mut self, message: Message, shared: &Shared) {
        match message {
            Message::Entry(entry) => {
                if let Some(config) = shared.config.load_full() {
                    self.write(&entry, &config);
                    let dropped = shared.dropped.swap(0, Relaxed);
                    if dropped > 0 {
                        tracing::warn!(dropped, "requests came faster than they could be logged");
                    }
                }
            }
            Message::Flush(done) => {
                self.flush();
                let _gone = done.send(());
            }
        }
    }

    fn write(&mut self, entry: &Entry, config: &Config) {
        if config.skip.as_ref().is_some_and(|skip| skip.is_match(&entry.url())) {
            return;
        }
        let at = line::local(entry.at);
        self.line.clear();
        if config.json {
            entry.json(&at, &mut self.line)
        } else {
            entry.text(&at, &mut self.line)
        }
        self.line.push('\n');
        if config.to_stdout {
            // A closed terminal must not stop the server.
            let _closed = self.stdout.write_all(self.line.as_bytes());
        }
        match &config.file {
            Some(pattern) => self.open(pattern, &at),
            None => self.file = None,
        }
        if let Some(file) = &mut self.file
            && let Err(error) = file.out.write_all(self.line.as_bytes())
        {
            tracing::error!(%error, path = %file.path.display(), "the access log cannot be written");
            self.broken = self.file.take().map(|file| file.path);
        }
    }

    /// Opens the file with the name of this moment, unless it is open.
    fn open(&mut self, pattern: &str, at: &jiff::Zoned) {
        let second = at.timestamp().as_second();
        if self.file.as_ref().is_some_and(|file| file.pattern == pattern && file.checked_at == second) {
            return;
        }
        let path = PathBuf::from(at.strftime(pattern).to_string());
        if let Some(file) = &mut self.file
            && file.path == path
        {
            file.checked_at = second;
            return;
        }
        self.file = None;
        if self.broken.as_ref() == Some(&path) {
            return;
        }
        match open_append(&path) {
            Ok(file) => {
                let out = BufWriter::new(file);
                self.broken = None;
                self.file = Some(OpenFile { pattern: pattern.to_owned(), path, checked_at: second, out });
            }
            Err(error) => {
                tracing::error!(%error, path = %path.display(), "the access log cannot be opened");
                self.broken = Some(path);
            }
        }
    }

    fn flush(&mut self) {
        let _closed = self.stdout.flush();
        if let Some(file) = &mut self.file {
            let _full = file.out.flush();
        }
    }
}

/// Opens a log file, readable by its owner only, because addresses and file names are private.
fn open_append(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(uri: &str, at: &str) -> Box<Entry> {
        let request = http::Request::get(uri).header("user-agent", "t\"x").body(()).unwrap();
        let mut entry = Entry::begin(&crate::connections::Remote::Ip(([10, 0, 0, 7], 5).into()), &request);
        entry.at = at.parse::<jiff::Timestamp>().unwrap().into();
        entry.status = 200;
        entry
    }

    fn shared(logging: &Logging) -> Shared {
        let (sender, _receiver) = sync_channel(1);
        let shared = Shared { config: ArcSwapOption::empty(), sender, dropped: AtomicU64::new(0) };
        let log = AccessLog { shared: Arc::new(shared) };
        log.configure(Config::new(logging).unwrap());
        Arc::try_unwrap(log.shared).unwrap_or_else(|_| panic!("one owner"))
    }

    #[test]
    fn the_file_follows_the_date() {
        let folder = tempfile::tempdir().unwrap();
        let pattern = format!("{}/logs/%Y-%m-%dT%H.log", folder.path().display());
        let shared = shared(&Logging { quiet: true, file: Some(pattern), ..Logging::default() });
        let mut writer = Writer::new(Box::new(io::sink()));
        for at in ["2026-01-01T10:00:00Z", "2026-01-01T10:59:59Z", "2026-01-01T11:00:00Z"] {
            writer.handle(Message::Entry(entry("/a", at)), &shared);
        }
        writer.flush();
        let mut lines: Vec<_> = std::fs::read_dir(folder.path().join("logs"))
            .unwrap()
            .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap().lines().count())
            .collect();
        lines.sort();
        assert_eq!(lines, [1, 2]);
    }

    #[test]
    fn skipped_addresses_are_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let shared = shared(&Logging {
            quiet: true,
            file: Some(path.display().to_string()),
            skip_urls: Some(r"^/\.cpr/|\?th=[wj]$".into()),
            ..Logging::default()
        });
        let mut writer = Writer::new(Box::new(io::sink()));
        for uri in ["/.cpr/x.js", "/a?th=w", "/b?th=wx"] {
            writer.handle(Message::Entry(entry(uri, "2026-01-01T10:00:00Z")), &shared);
        }
        writer.flush();
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains("/b?th=wx"));
    }

    #[test]
    fn a_stuck_writer_never_blocks_a_request() {
        let log = AccessLog { shared: Arc::new(shared(&Logging::default())) };
        for _ in 0..10 {
            log.write(entry("/a", "2026-01-01T10:00:00Z"));
        }
        assert!(log.shared.dropped.load(Relaxed) >= 9);
    }
}
