//! The trash of a volume: what was deleted or replaced, until it is restored or purged. ADR 0025.
//!
//! ```text
//! TOP/.hist/trash/            TOP: the topmost folder of the volume on the file system of the removed file
//!   places                    folders of the volume with a trash of their own (only in the volume's top folder)
//!   clock                     how much time the trash has seen
//!   0199…-4f…/                an entry: what one operation removed
//!     record.json             when, by whom, why, and the former path of each item; written before names change
//!     0, 1, …                 the items: files, folders and symlinks, renamed or linked there
//!     0.size                  number and size of the files in a folder, once they were counted
//!   purge/                    items on their way out; whatever is in it is removed
//! ```
//!
//! The disk is the truth. An item is in the trash if it is in the folder of its entry, which one rename decides: of
//! two restores, or a restore and a purge, one finds it and the other one finds nothing. An entry without items is a
//! leftover of an interrupted operation, and is removed unless the operation still runs.
//!
//! | module | |
//! |---|---|
//! | `entry_id` | identifiers of entries and items |
//! | `record` | the record of an entry |
//! | `layout` | the folders and files above |
//! | `clock` | the time by which entries grow old |
//! | `state` | what is kept in memory for each volume |
//! | `keep` | moves or links files into the trash |
//! | `read` | finds items |
//! | `recover` | completes entries after a crash |
//! | `purge` | removes items for good |
//! | `shortage` | purges what a full disk needs |
//! | `version` | keeps a file before it is replaced |

pub mod clock;
pub mod entry_id;
pub mod keep;
pub mod layout;
pub mod purge;
pub mod read;
pub mod record;
pub mod recover;
pub mod shortage;
pub mod state;
pub mod version;
