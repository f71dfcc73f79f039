//! Plain, serializable requests and answers of the admin API. [`typescript`] generates `web/kit/types.gen.ts` from
//! these.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Running state of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Status {
    /// Version of the program.
    pub version: String,
    /// When the server started, milliseconds since 1970.
    pub since_ms: i64,
    /// Number of the settings in force; 1 at the start, one more with each change.
    pub generation: u64,
    /// Addresses at which the server can be reached, the most useful first.
    pub addresses: Vec<Address>,
    /// Open connections, oldest first.
    pub connections: Vec<Connection>,
    /// The mounted volumes.
    pub volumes: Vec<VolumeStatus>,
}

/// An address at which the server can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Address {
    /// `http://192.168.1.20:3923/`, or the path of a unix socket.
    pub url: String,
    /// Who can reach it.
    pub reach: Reach,
    /// The network interface, if the address belongs to one.
    pub interface: Option<String>,
}

/// Who can reach an address. Ordered by usefulness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Devices in the same network.
    Lan,
    /// Members of a VPN.
    Vpn,
    /// Containers and virtual machines on this computer.
    Virtual,
    /// Devices on the same link; does not always work.
    LinkLocal,
    /// This computer only.
    Loopback,
    /// Programs on this computer, through a unix socket.
    Socket,
}

/// An open connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Connection {
    /// Number of the connection, for [`Kick::Connection`].
    pub id: u64,
    /// Address and port of the other end; `unix` for sockets.
    pub peer: String,
    /// The account of its last request; none before the first one, `*` for anonymous.
    pub account: Option<String>,
    /// Whether it is encrypted.
    pub tls: bool,
    /// When it was accepted, milliseconds since 1970.
    pub since_ms: i64,
    /// Requests so far.
    pub requests: u64,
    /// Requests that are being answered.
    pub in_flight: u32,
    /// Bytes from the client.
    pub received: u64,
    /// Bytes to the client.
    pub sent: u64,
}

/// A mounted volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VolumeStatus {
    /// Mount point.
    pub mount: String,
    /// The folder on this computer.
    pub folder: String,
}

/// Which connections to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "whom", rename_all = "snake_case")]
pub enum Kick {
    /// One connection.
    Connection {
        /// Its number.
        id: u64,
    },
    /// Every connection of an account.
    Account {
        /// Its name.
        name: String,
    },
    /// Every connection from an IP address.
    Peer {
        /// The address without port.
        address: String,
    },
}

/// Result of [`super::Control::apply`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Applied {
    /// The number of the settings now in force.
    pub generation: u64,
    /// Addresses at which the server can be reached now.
    pub addresses: Vec<Address>,
}

/// A code that logs one device in, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Invitation {
    /// The URL to open, for each address of the server, the most useful first.
    pub urls: Vec<String>,
    /// Six digits for a device that cannot scan the QR code: its user types them on the server's page.
    pub digits: String,
    /// Seconds until the code expires, if it is not used.
    pub seconds: u64,
}

/// A notice to subscribers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// An upload has started.
    UploadStarted(Transfer),
    /// A transfer has made progress.
    Progress {
        /// The transfer.
        id: u64,
        /// Bytes so far.
        done: u64,
    },
    /// A file has been received completely and is on stable storage.
    UploadFinished(Transfer),
    /// A transfer failed.
    TransferFailed {
        /// The transfer.
        id: u64,
        /// One plain sentence.
        reason: String,
    },
    /// A download has started.
    DownloadStarted(Transfer),
    /// A download has ended.
    DownloadEnded {
        /// The transfer.
        id: u64,
        /// Bytes that were sent.
        done: u64,
    },
    /// A client left a message.
    Message {
        /// The text, as sent.
        text: String,
        /// Account of the sender.
        account: String,
        /// Address of the sender.
        address: String,
    },
    /// New settings are in force, or sharing was turned on or off.
    SettingsChanged,
    /// An invitation was used: a device has logged in.
    DeviceJoined {
        /// The device.
        id: String,
        /// Its friendly name.
        name: String,
    },
    /// A problem that a person should solve.
    Problem {
        /// One plain sentence with what to do next.
        sentence: String,
    },
    /// A connection was accepted.
    Connected {
        /// Its number.
        id: u64,
        /// Address and port of the other end.
        peer: String,
    },
    /// A connection ended.
    Disconnected {
        /// Its number.
        id: u64,
    },
    /// This subscriber was too slow and has missed notices.
    Missed {
        /// How many.
        count: u64,
    },
}

/// A running transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Transfer {
    /// Number of this transfer, unique while the program runs; 0 if no bytes had to be sent.
    pub id: u64,
    /// Virtual path.
    pub path: String,
    /// Bytes in total, if known.
    pub size: Option<u64>,
    /// The account.
    pub account: String,
    /// Address of the client.
    pub address: String,
}

impl From<model::Event> for Notice {
    fn from(event: model::Event) -> Self {
        use model::Event as E;
        let name = |account: model::AccountName| account.as_str().to_owned();
        match event {
            E::UploadStarted { id, path, size, account, address } => {
                Self::UploadStarted(Transfer { id, path, size, account: name(account), address })
            }
            E::Progress { id, done } => Self::Progress { id, done },
            E::UploadFinished { id, path, size, account, address } => {
                Self::UploadFinished(Transfer { id, path, size: Some(size), account: name(account), address })
            }
            E::TransferFailed { id, reason } => Self::TransferFailed { id, reason },
            E::DownloadStarted { id, path, size, account, address } => {
                Self::DownloadStarted(Transfer { id, path, size, account: name(account), address })
            }
            E::DownloadEnded { id, done } => Self::DownloadEnded { id, done },
            E::Message { text, account, address } => Self::Message { text, account: name(account), address },
            E::DeviceJoined { id, name } => Self::DeviceJoined { id, name },
            E::SettingsChanged => Self::SettingsChanged,
            E::Problem { sentence } => Self::Problem { sentence },
        }
    }
}

/// Returns all types of the admin API as one TypeScript module.
pub fn typescript() -> String {
    let config = ts_rs::Config::default().with_large_int("number");
    let mut out = String::from("// Made from src-server/src/control by `cargo test -p server`. Do not edit.\n");
    let mut declare = |declaration: String| {
        out.push_str("\nexport ");
        out.push_str(&declaration);
        out.push('\n');
    };
    declare(Status::decl(&config));
    declare(Address::decl(&config));
    declare(Reach::decl(&config));
    declare(Connection::decl(&config));
    declare(VolumeStatus::decl(&config));
    declare(Kick::decl(&config));
    declare(Applied::decl(&config));
    declare(Invitation::decl(&config));
    declare(Notice::decl(&config));
    declare(Transfer::decl(&config));
    {
        use super::admin::*;
        declare(Overview::decl(&config));
        declare(Sharing::decl(&config));
        declare(SharingRequest::decl(&config));
        declare(Banner::decl(&config));
        declare(Problem::decl(&config));
        declare(ProblemCode::decl(&config));
        declare(Who::decl(&config));
        declare(May::decl(&config));
        declare(Limits::decl(&config));
        declare(Share::decl(&config));
        declare(ShareDraft::decl(&config));
        declare(Viewer::decl(&config));
        declare(Preview::decl(&config));
        declare(PreviewRow::decl(&config));
        declare(ShareWarning::decl(&config));
        declare(People::decl(&config));
        declare(Person::decl(&config));
        declare(PersonDraft::decl(&config));
        declare(GroupInfo::decl(&config));
        declare(Device::decl(&config));
        declare(Guest::decl(&config));
        declare(Ban::decl(&config));
        declare(HostFile::decl(&config));
        declare(Link::decl(&config));
        declare(LinkKind::decl(&config));
        declare(LinkState::decl(&config));
        declare(LinkDraft::decl(&config));
        declare(Pin::decl(&config));
        declare(Activity::decl(&config));
        declare(ActiveTransfer::decl(&config));
        declare(PastTransfer::decl(&config));
        declare(Outcome::decl(&config));
        declare(Lan::decl(&config));
        declare(Neighbour::decl(&config));
        declare(NeighbourKind::decl(&config));
        declare(CurrentNetwork::decl(&config));
        declare(Trust::decl(&config));
        declare(CheckResult::decl(&config));
        declare(CheckState::decl(&config));
        declare(SettingsForm::decl(&config));
        declare(OptionInfo::decl(&config));
        declare(OptionKind::decl(&config));
        declare(SafetyLevel::decl(&config));
        declare(Call::decl(&config));
        declare(answers(&config));
    }
    declare(super::error::ErrorCode::decl(&config));
    declare(super::error::FaultAt::decl(&config));
    declare(super::error::ControlError::decl(&config));
    out
}

#[cfg(test)]
mod tests {
    /// The types used by the pages are those of the server. A stale file is rewritten, and the test fails so that it is
    /// noticed.
    #[test]
    fn typescript_is_up_to_date() {
        let path = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where"))
            .join("../web/kit/types.gen.ts");
        let fresh = super::typescript();
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        if stored != fresh {
            std::fs::write(&path, &fresh).unwrap();
            panic!("web/kit/types.gen.ts was stale and has been rewritten; commit it");
        }
    }
}
