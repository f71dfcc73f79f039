//! Settings of logs.

/// Logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logging {
    /// `-q`
    pub quiet: bool,
    /// `-lo PATH`, strftime codes allowed.
    pub file: Option<String>,
    /// `--log-json`
    pub json: bool,
    /// `--lf-url RE`: do not log requests whose URL matches.
    pub skip_urls: Option<String>,
}
