//! Authentication: turns the credentials of a request into an `Access`. The only crate that creates `Access` values.
//!
//! `credential` is what a client presents; `credentials` stores the accounts' secrets and runs Argon2; `sessions` stores sessions; `bans` slows down guessing;
//! `rights` computes and caches what an account may do under a snapshot; `authentication` brings them together.
//! `devices` presents sessions to people and `invitations` logs guests in. Locks here are short and never held across an
//! await; none is taken while another is held.
#![warn(missing_docs)]

mod authentication;
mod bans;
mod credential;
mod credentials;
mod device_name;
mod devices;
mod invitation_codes;
mod invitations;
pub mod links;
mod login;
mod revalidate;
mod rights;
mod session_key;
mod sessions;

pub use authentication::{Accounts, Session};
pub use bans::BanInfo;
pub use credential::{Credential, Password};
pub use credentials::{Credentials, PASSWORD_MAX, credentials_of, hash_password, password_fits};
pub use device_name::{DEVICE_NAME_MAX, DeviceName};
pub use devices::{DeviceInfo, GuestInfo};
pub use invitation_codes::Codes;
pub use login::Login;
pub use revalidate::AccessProof;
pub use session_key::SessionKey;
pub use sessions::PER_ACCOUNT_MAX as SESSIONS_PER_ACCOUNT_MAX;
