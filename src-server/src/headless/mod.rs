//! The headless program: parses arguments, starts the server, runs until a signal arrives.

mod listing;
mod nearby;
mod output;
mod password;

use model::Settings;
use model::config::{Action, ExitAfter, ListRequest, Parsed, Serve, parse_args};
use model::settings::Fault;
use server::control::ErrorCode;
use server::{Control, ControlError, StartOptions, environment};
use std::ffi::OsString;
use std::process::ExitCode;

/// Exit code: the configuration is wrong.
const EXIT_CONFIG: u8 = 1;
/// Exit code: an address or port cannot be opened.
const EXIT_LISTEN: u8 = 2;
/// Exit code: `-e2vp` found a content that differs from the index.
const EXIT_DIFFERS: u8 = 3;
/// Exit code: `--exit idx` could not complete an index.
const EXIT_INCOMPLETE: u8 = 4;

/// Runs the program and returns its exit code.
pub fn run(args: Vec<OsString>) -> ExitCode {
    start_log();
    let parsed = match environment::with(|env| parse_args(&args, env)) {
        Ok(parsed) => parsed,
        Err(faults) => return refuse(&faults),
    };
    for line in parsed.warnings.iter().map(|text| format!("warning: {text}")).chain(parsed.notes.clone()) {
        eprintln!("{line}");
    }
    match parsed.action {
        Action::Help(text) => output::print(&text),
        Action::Version => output::print(&format!("potluck-server {}\n", env!("CARGO_PKG_VERSION"))),
        Action::HashPassword(password) => return password::print_hash(password),
        Action::Serve(serve) if serve.exit_after == Some(ExitAfter::Config) => {}
        Action::Serve(serve) if serve.nearby_secs.is_some() => return nearby::print(&serve),
        Action::Serve(serve) => return run_server(*serve, &args),
    }
    ExitCode::SUCCESS
}

fn refuse(faults: &[Fault]) -> ExitCode {
    for fault in faults {
        eprintln!("error: {}: {}", fault.at, fault.sentence);
    }
    ExitCode::from(EXIT_CONFIG)
}

/// Logs to stderr; `RUST_LOG` sets the filter.
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_target(false)
        .init();
}

fn run_server(serve: Serve, args: &[OsString]) -> ExitCode {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(cores).thread_name("serve").enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no threads can be created: {error}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    let code = runtime.block_on(serve_until_signal(serve, args));
    // Blocking work that still runs (a hash, a slow disk) must not keep the program from ending.
    runtime.shutdown_timeout(std::time::Duration::from_millis(100));
    code
}

async fn serve_until_signal(serve: Serve, args: &[OsString]) -> ExitCode {
    // Registered first, so that a signal during the start is not lost.
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => {
            eprintln!("error: signals cannot be received: {error}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    let mut settings = serve.settings.clone();
    if serve.list.is_some() {
        // No client may connect before the list of what they would see has been printed.
        settings.network.listen.clear();
    }
    let control = match server::start(settings, StartOptions::default()).await {
        Ok(control) => control,
        Err(error) => return print_error(&error),
    };
    if let Some(request) = &serve.list
        && let Err(code) = list_first(&control, request, &serve.settings).await
    {
        control.stop().await;
        return code;
    }
    if serve.exit_after == Some(ExitAfter::Index) {
        return index_only(&control, &mut signals).await;
    }
    output::addresses(&control);
    if serve.implicit_volume {
        output::invitation(&control);
    }
    output::indexes(&control).await;
    let differs = loop {
        tokio::select! {
            signal = signals.next() => match signal {
                Signal::End => break None,
                Signal::Reload => reload(&control, args).await,
            },
            reason = control.end_wanted() => break Some(reason),
        }
    };
    control.stop().await;
    differs.map_or(ExitCode::SUCCESS, |reason| differs_code(&reason))
}

/// `--exit idx`: waits until every index is complete, stops the server, and returns the exit code.
async fn index_only(control: &Control, signals: &mut Signals) -> ExitCode {
    let differs = tokio::select! {
        biased;
        reason = control.end_wanted() => Some(reason),
        () = control.wait_until_indexed() => None,
        _ = signals.next() => None,
    };
    let faults = output::incomplete_indexes(control).await;
    control.stop().await;
    if let Some(reason) = differs {
        return differs_code(&reason);
    }
    if !faults.is_empty() {
        faults.iter().for_each(|fault| eprintln!("error: {fault}"));
        return ExitCode::from(EXIT_INCOMPLETE);
    }
    output::print("The server started without errors. It ends now because of --exit idx.\n");
    ExitCode::SUCCESS
}

/// `-e2vp`: says why the program ends, and returns the exit code.
fn differs_code(reason: &str) -> ExitCode {
    eprintln!("error: {reason} The program ends because of -e2vp.");
    ExitCode::from(EXIT_DIFFERS)
}

/// `--ls`: prints the list, then opens the listeners, or returns the exit code.
async fn list_first(control: &Control, request: &ListRequest, settings: &Settings) -> Result<(), ExitCode> {
    if let Some(fault) = listing::unknown(request, settings) {
        eprintln!("error: --ls: {fault}");
        return Err(ExitCode::from(EXIT_CONFIG));
    }
    if !listing::print(control, request, settings).await {
        return Err(ExitCode::from(EXIT_CONFIG));
    }
    if !request.then_serve {
        return Err(ExitCode::SUCCESS);
    }
    control.apply(settings.clone()).await.map(drop).map_err(|error| print_error(&error))
}

fn print_error(error: &ControlError) -> ExitCode {
    match error.faults.as_slice() {
        [] => eprintln!("error: {}", error.sentence),
        faults => faults.iter().for_each(|fault| eprintln!("error: {}: {}", fault.at, fault.sentence)),
    }
    ExitCode::from(if error.code == ErrorCode::CannotListen { EXIT_LISTEN } else { EXIT_CONFIG })
}

/// Parses arguments and files again and applies them. Faults are logged, and the old settings stay in force.
async fn reload(control: &Control, args: &[OsString]) {
    let parsed = match environment::with(|env| parse_args(args, env)) {
        Ok(Parsed { action: Action::Serve(serve), .. }) => serve,
        Ok(_) => return,
        Err(faults) => {
            for fault in faults {
                tracing::error!("not reloaded: {}: {}", fault.at, fault.sentence);
            }
            return;
        }
    };
    match control.apply(parsed.settings).await {
        Ok(applied) => tracing::info!(generation = applied.generation, "settings were read again"),
        Err(error) => tracing::error!("not reloaded: {error}"),
    }
}

enum Signal {
    End,
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is no such signal"))]
    Reload,
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    reload: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            reload: signal(SignalKind::user_defined1())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::End,
            _ = self.terminate.recv() => Signal::End,
            _ = self.reload.recv() => Signal::Reload,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        // An error means that no signal can arrive; the program then runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::End
    }
}
