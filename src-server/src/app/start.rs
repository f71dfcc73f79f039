//! The start: creates the engine, the routes, the protocols and the logs and connects them.

use super::activity::ActivityLog;
use super::clock::Deadline;
use super::options::StartOptions;
use super::prepare::{PreparedSettings, state_folder};
use super::problems::Problems;
use super::removed_shares::RemovedShares;
use super::running::App;
use super::transition::Change;
use crate::access_log::AccessLog;
use crate::blocking::blocking;
use crate::control::admin::{ControlError, ErrorCode, Notice, Problem, ProblemCode};
use crate::ftp::{FtpPort, FtpProtocol, PlainPasswords};
use crate::lan::{LanConfig, LanService};
use crate::own_passwords;
use crate::protocols::{Admission, AdmissionRules, Registry};
use crate::serve::{Config, Server, http_config};
use crate::sftp::SftpProtocol;
use crate::sharing;
use crate::tftp::TftpProtocol;
use announce::interfaces;
use engine::{Engine, EngineOptions};
use model::Settings;
use parking_lot::Mutex as StdMutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::{Mutex, broadcast, watch};

impl App {
    /// Creates and connects all parts, then starts accepting connections.
    ///
    /// # Errors
    /// See [`crate::control::start`].
    pub async fn start(
        settings: Settings,
        options: StartOptions,
        admin_api: Arc<dyn edge_http::AdminApi>,
    ) -> Result<Self, ControlError> {
        store::limit_heap_retention();
        let state_folder = state_folder(&settings)?;
        let settings = match options.settings_file {
            Some(_) => settings,
            None => {
                let folder = state_folder.clone();
                blocking(move || own_passwords::apply(settings, &folder)).await?
            }
        };
        let prepared = PreparedSettings::new(&options, settings, None).await?;
        let (network, folder) = (prepared.settings.network.clone(), state_folder.clone());
        let http = blocking(move || http_config(&network, &folder)).await?;
        let engine_options = EngineOptions { state_folder: state_folder.clone() };
        let engine = Engine::start(prepared.settings.clone(), engine_options).await?;
        let started = async {
            let app = Self::connect(engine.clone(), &prepared.settings, options, state_folder, http, admin_api).await?;
            app.apply(Change::Start(prepared)).await?;
            Ok(app)
        };
        let started = started.await;
        if started.is_err() {
            engine.stop().await;
        }
        started
    }

    /// Connects all parts around a started engine. No socket is open yet.
    async fn connect(
        engine: Engine,
        settings: &Settings,
        mut options: StartOptions,
        state_folder: PathBuf,
        http: Config,
        admin_api: Arc<dyn edge_http::AdminApi>,
    ) -> Result<Self, ControlError> {
        // Administrators who connect over the network see the list of transfers too.
        options.track_activity |= !settings.login.admins.is_empty();
        let log = AccessLog::start().map_err(|error| {
            ControlError::new(ErrorCode::CannotStart, format!("No thread can be created for the access log: {error}."))
        })?;
        let announced: Arc<edge_http::announced::Announced> = Arc::default();
        let admission = Arc::new(Admission::new(AdmissionRules::new(&settings.network)));
        let conns = admission.conns().clone();
        let activity = start_activity_log(&options, &engine, &state_folder).await?;
        let lan_config = LanConfig::new(settings, &[]);
        let lan = LanService::start(lan_config, state_folder.clone(), conns.clone(), Arc::clone(&announced)).await?;
        let folder = state_folder.clone();
        let sharing_state = blocking(move || Ok(sharing::load(&folder))).await?;

        let mut registry = Registry::new(admission, state_folder.clone());
        let host_names = vec![interfaces::host_name().to_ascii_lowercase()];
        let http_options = edge_http::HttpOptions { host_names, admin: Some(admin_api), announced };
        let routes = warp::service(edge_http::routes(engine.clone(), http_options));
        let http = Server::new(routes, http, log.clone());
        let (problems, notices) = (Problems::default(), broadcast::channel(64).0);
        let plain_passwords = PlainPasswords::new(reporter(problems.clone(), notices.clone()), lan.changes());
        let tftp = TftpProtocol::new(engine.clone(), &settings.network, reporter(problems.clone(), notices.clone()));
        let (for_sftp, network, folder) = (engine.clone(), settings.network.clone(), state_folder.clone());
        let sftp = blocking(move || SftpProtocol::new(for_sftp, &network, &folder)).await?;
        let ftp = |port| {
            FtpProtocol::new(port, engine.clone(), &settings.network, http.certificates(), plain_passwords.clone())
        };
        let (plain_ftp, ftps) = (ftp(FtpPort::Plain), ftp(FtpPort::Tls));
        registry.register(http);
        registry.register(plain_ftp);
        registry.register(ftps);
        registry.register(sftp.clone());
        registry.register(tftp);

        Ok(Self {
            engine,
            conns,
            since: SystemTime::now(),
            lan,
            log,
            options,
            state_folder,
            sharing_state: StdMutex::new(sharing_state),
            deadline: StdMutex::new(Deadline::of(sharing_state.decision, sharing::now_ms())),
            began_empty: settings.volumes.is_empty(),
            activity,
            problems,
            removed: RemovedShares::default(),
            stopping: watch::channel(false).0,
            notices,
            scheduler: StdMutex::default(),
            settings_change: Mutex::default(),
            sftp,
            registry: Mutex::new(registry),
            endpoints: StdMutex::default(),
        })
    }
}

/// Returns what reports a problem while the server runs. Each is announced once, until people have seen it.
fn reporter(problems: Problems, notices: broadcast::Sender<Notice>) -> impl Fn(String) + Send + Sync + 'static {
    move |sentence| {
        let problem = Problem { code: ProblemCode::Other, sentence: sentence.clone() };
        let is_known = problems.list().contains(&problem);
        problems.add(problem);
        if !is_known {
            let _no_subscriber = notices.send(Notice::Problem { sentence });
        }
    }
}

/// Starts recording transfers, if `options` ask for it; else returns an empty log.
async fn start_activity_log(
    options: &StartOptions,
    engine: &Engine,
    folder: &std::path::Path,
) -> Result<ActivityLog, ControlError> {
    if !options.track_activity {
        return Ok(ActivityLog::default());
    }
    let (from, to) = (folder.to_owned(), folder.to_owned());
    let activity = blocking(move || Ok(ActivityLog::load(&from))).await?;
    tokio::spawn(activity.clone().follow(engine.clone(), to));
    Ok(activity)
}
