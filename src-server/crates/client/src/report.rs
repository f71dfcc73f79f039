//! What is told while files are transferred: a bar on a terminal, lines elsewhere, or lines of JSON for programs.

use crate::fault::Fault;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

/// How progress is told.
#[derive(Clone, Copy, Debug)]
pub struct ReportOptions {
    /// As lines of JSON on stdout.
    pub json: bool,
    /// Not at all, but for errors.
    pub quiet: bool,
}

/// What was done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was sent.
    Sent,
    /// It was received, and has the hashes that the server told.
    Verified,
    /// It was received; the server told no hashes.
    Received,
    /// It was there already.
    Same,
    /// It was left alone, as asked for.
    Skipped,
    /// It was deleted.
    Deleted,
    /// It would be sent or received.
    WouldTransfer,
    /// It would be deleted.
    WouldDelete,
}

impl Done {
    const ALL: [(Done, &'static str, &'static str); 8] = [
        (Done::Sent, "sent", "sent"),
        (Done::Verified, "verified", "received and verified"),
        (Done::Received, "received", "received"),
        (Done::Same, "same", "there already"),
        (Done::Skipped, "skipped", "skipped"),
        (Done::Deleted, "deleted", "deleted"),
        (Done::WouldTransfer, "would_transfer", "would be transferred"),
        (Done::WouldDelete, "would_delete", "would be deleted"),
    ];

    fn words(self) -> (usize, &'static str, &'static str) {
        let at = Self::ALL.iter().position(|(one, ..)| *one == self).unwrap_or(0);
        (at, Self::ALL[at].1, Self::ALL[at].2)
    }
}

/// Tells progress, and counts.
pub struct Report {
    options: ReportOptions,
    started: Instant,
    bar: ProgressBar,
    counts: [AtomicU64; 8],
    failed: AtomicU64,
    bytes: AtomicU64,
    /// Lines are written whole.
    output: Mutex<()>,
}

impl Report {
    /// Starts to tell.
    pub fn new(options: ReportOptions) -> Self {
        let has_bar = !options.json && !options.quiet && std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(
            Some(0),
            if has_bar { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() },
        );
        if let Ok(style) =
            ProgressStyle::with_template("{percent:>3}% {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta} {msg}")
        {
            bar.set_style(style);
        }
        Self {
            options,
            started: Instant::now(),
            bar,
            counts: Default::default(),
            failed: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            output: Mutex::new(()),
        }
    }

    /// So many bytes more are to be transferred.
    pub fn expect(&self, bytes: u64) {
        self.bar.inc_length(bytes);
    }

    /// So many bytes of what was expected are there.
    pub fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// So many bytes were transferred in vain: they are transferred again.
    pub fn take_back(&self, bytes: u64) {
        self.bar.set_position(self.bar.position().saturating_sub(bytes));
    }

    /// A file is done. `bytes`: its size.
    pub fn done(&self, what: Done, path: &str, bytes: u64) {
        let (at, code, words) = what.words();
        self.counts[at].fetch_add(1, Relaxed);
        if matches!(what, Done::Sent | Done::Verified | Done::Received) {
            self.bytes.fetch_add(bytes, Relaxed);
        }
        if self.options.json {
            self.line(&json!({"event": code, "path": path, "bytes": bytes}).to_string());
        } else if !self.options.quiet && what != Done::Same {
            self.line(&clean(&format!("{words}: {path}")));
        }
    }

    /// A file failed; others go on.
    pub fn failed(&self, path: &str, fault: &Fault) {
        self.failed.fetch_add(1, Relaxed);
        if self.options.json {
            self.line(&json!({"event": "failed", "path": path, "message": fault.to_string()}).to_string());
        } else {
            self.bar.suspend(|| eprintln!("{}", clean(&format!("failed: {path}: {fault}"))));
        }
    }

    /// Something that the person should know.
    pub fn note(&self, text: &str) {
        if self.options.json {
            self.line(&json!({"event": "note", "message": text}).to_string());
        } else if !self.options.quiet {
            self.bar.suspend(|| eprintln!("{}", clean(text)));
        }
    }

    /// Tells the sums, unless the command ended early. Returns how many files failed.
    pub fn finish(&self, is_whole: bool) -> u64 {
        self.bar.finish_and_clear();
        let failed = self.failed.load(Relaxed);
        let counts: Vec<(&str, &str, u64)> = Done::ALL
            .iter()
            .zip(&self.counts)
            .map(|((_, code, words), count)| (*code, *words, count.load(Relaxed)))
            .collect();
        let (secs, bytes) = (self.started.elapsed().as_secs_f64(), self.bytes.load(Relaxed));
        if self.options.json {
            let mut sums: serde_json::Map<String, serde_json::Value> =
                counts.iter().map(|(code, _, count)| ((*code).to_owned(), json!(count))).collect();
            sums.extend([
                ("event".to_owned(), json!("end")),
                ("failed".to_owned(), json!(failed)),
                ("bytes".to_owned(), json!(bytes)),
                ("secs".to_owned(), json!(secs)),
                ("complete".to_owned(), json!(is_whole && failed == 0)),
            ]);
            self.line(&serde_json::Value::Object(sums).to_string());
        } else if !self.options.quiet && is_whole {
            let mut parts: Vec<String> = counts
                .iter()
                .filter(|(.., count)| *count > 0)
                .map(|(_, words, count)| format!("{count} {words}"))
                .collect();
            if failed > 0 {
                parts.push(format!("{failed} failed"));
            }
            let said = if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") };
            eprintln!("{said}; {:.1} MiB in {secs:.1} s", bytes as f64 / f64::from(1 << 20));
        }
        failed
    }

    fn line(&self, text: &str) {
        let _whole = self.output.lock();
        // A reader that has gone wants no more lines.
        self.bar.suspend(|| {
            let _ = writeln!(std::io::stdout().lock(), "{text}");
        });
    }
}

/// Tells why a command ended early.
pub fn tell_end(options: ReportOptions, fault: &Fault) {
    if options.json {
        println!("{}", json!({"event": "error", "message": fault.to_string()}));
    } else {
        eprintln!("{}", clean(&format!("error: {fault}")));
    }
}

/// Returns a text without what a terminal would obey: names and sentences of a server are not trusted.
fn clean(text: &str) -> String {
    let is_safe =
        |letter: char| !letter.is_control() && !matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|letter| if is_safe(letter) { letter } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_told_no_commands() {
        assert_eq!(clean("a\u{1b}[2Jb\r\nü\u{202e}x"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}ü\u{fffd}x");
    }
}
