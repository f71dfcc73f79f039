//! Plain, serializable requests and answers of the admin API. TypeScript is made from these (`tests/types.rs`).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What runs just now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Status {
    /// Of the program.
    pub version: String,
    /// When it started, milliseconds since 1970.
    pub since_ms: i64,
    /// Counts the settings that were in force, from 1.
    pub generation: u64,
    /// How the server is reached, the most useful first.
    pub addresses: Vec<Address>,
    /// Open connections, oldest first.
    pub connections: Vec<Connection>,
    /// The volumes on offer.
    pub volumes: Vec<VolumeStatus>,
}

/// A way to reach the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Address {
    /// `http://192.168.1.20:3923/`, or the path of a unix socket.
    pub url: String,
    /// Who can use it.
    pub reach: Reach,
    /// The network interface, if it is one in particular.
    pub interface: Option<String>,
}

/// Who can use an address. In the order in which to offer them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The neighbours in the same network.
    Lan,
    /// Members of a private network.
    Vpn,
    /// Containers and virtual machines of this machine.
    Virtual,
    /// Neighbours, with some luck.
    LinkLocal,
    /// This machine only.
    Loopback,
    /// Programs on this machine, through a unix socket.
    Socket,
}

/// An open connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Connection {
    /// For [`Kick::Connection`].
    pub id: u64,
    /// Address and port of the other end; `unix` for sockets.
    pub peer: String,
    /// The account of its last request; none before one, `*` for anonymous.
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

/// A volume on offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VolumeStatus {
    /// Where it appears.
    pub mount: String,
    /// The folder.
    pub folder: String,
}

/// Whom to throw out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "whom", rename_all = "snake_case")]
pub enum Kick {
    /// One connection.
    Connection {
        /// Its number.
        id: u64,
    },
    /// Every connection of an account's.
    Account {
        /// Its name.
        name: String,
    },
    /// Every connection from an address.
    Peer {
        /// Without port.
        address: String,
    },
}

/// What [`super::Control::apply`] did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Applied {
    /// The number of the settings now in force.
    pub generation: u64,
    /// How the server is reached now.
    pub addresses: Vec<Address>,
}

/// A code that lets one person in, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Invitation {
    /// What to open, for each address of the server, the most useful first.
    pub urls: Vec<String>,
    /// Six digits for those who cannot scan; they open the server's page and type them.
    pub digits: String,
    /// When it ends if nobody uses it, seconds from now.
    pub seconds: u64,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// A file began to arrive.
    UploadStarted(Transfer),
    /// Some of a transfer is done.
    Progress {
        /// The transfer.
        id: u64,
        /// Bytes so far.
        done: u64,
    },
    /// A file is complete and safe.
    UploadFinished(Transfer),
    /// A transfer ended without success.
    TransferFailed {
        /// The transfer.
        id: u64,
        /// One plain sentence.
        reason: String,
    },
    /// Somebody downloads.
    DownloadStarted(Transfer),
    /// A download ended.
    DownloadEnded {
        /// The transfer.
        id: u64,
        /// Bytes that went out.
        done: u64,
    },
    /// A client left a message.
    Message {
        /// The text, as sent.
        text: String,
        /// Who.
        account: String,
        /// From where.
        address: String,
    },
    /// New settings are in force, or sharing was turned on or off.
    SettingsChanged,
    /// An invitation was used: somebody logged in on a device.
    DeviceJoined {
        /// The device.
        id: String,
        /// Its friendly name.
        name: String,
    },
    /// Something needs a person.
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
    /// This listener was too slow and missed so many.
    Missed {
        /// How many.
        count: u64,
    },
}

/// A file on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Transfer {
    /// Number of this transfer, unique while the program runs; 0 if nothing had to be sent.
    pub id: u64,
    /// Virtual path.
    pub path: String,
    /// Bytes in total, if known.
    pub size: Option<u64>,
    /// Whose.
    pub account: String,
    /// The other end.
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

/// All types of the door as one TypeScript module.
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
    /// The page's types are those of the server; a stale file is rewritten, and the test fails so that it is noticed.
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
