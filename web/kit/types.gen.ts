// Made from src-server/src/control by `cargo test -p server`. Do not edit.

export type Status = { 
/**
 * Version of the program.
 */
version: string, 
/**
 * When the server started, milliseconds since 1970.
 */
since_ms: number, 
/**
 * Number of the settings in force; 1 at the start, one more with each change.
 */
generation: number, 
/**
 * Addresses at which the server can be reached, the most useful first.
 */
addresses: Array<Address>, 
/**
 * Open connections, oldest first.
 */
connections: Array<Connection>, 
/**
 * The mounted volumes.
 */
volumes: Array<VolumeStatus>, };

export type Address = { 
/**
 * `http://192.168.1.20:3923/`, or the path of a unix socket.
 */
url: string, 
/**
 * Who can reach it.
 */
reach: Reach, 
/**
 * The network interface, if the address belongs to one.
 */
interface: string | null, };

export type Reach = "lan" | "vpn" | "virtual" | "link_local" | "loopback" | "socket";

export type Connection = { 
/**
 * Number of the connection, for [`Kick::Connection`].
 */
id: number, 
/**
 * Address and port of the other end; `unix` for sockets.
 */
peer: string, 
/**
 * The account of its last request; none before the first one, `*` for anonymous.
 */
account: string | null, 
/**
 * Whether it is encrypted.
 */
tls: boolean, 
/**
 * When it was accepted, milliseconds since 1970.
 */
since_ms: number, 
/**
 * Requests so far.
 */
requests: number, 
/**
 * Requests that are being answered.
 */
in_flight: number, 
/**
 * Bytes from the client.
 */
received: number, 
/**
 * Bytes to the client.
 */
sent: number, };

export type VolumeStatus = { 
/**
 * Mount point.
 */
mount: string, 
/**
 * The folder on this computer.
 */
folder: string, };

export type Kick = { "whom": "connection", 
/**
 * Its number.
 */
id: number, } | { "whom": "account", 
/**
 * Its name.
 */
name: string, } | { "whom": "peer", 
/**
 * The address without port.
 */
address: string, };

export type Applied = { 
/**
 * The number of the settings now in force.
 */
generation: number, 
/**
 * Addresses at which the server can be reached now.
 */
addresses: Array<Address>, };

export type Invitation = { 
/**
 * The URL to open, for each address of the server, the most useful first.
 */
urls: Array<string>, 
/**
 * Six digits for a device that cannot scan the QR code: its user types them on the server's page.
 */
digits: string, 
/**
 * Seconds until the code expires, if it is not used.
 */
seconds: number, };

export type Notice = { "kind": "upload_started" } & Transfer | { "kind": "progress", 
/**
 * The transfer.
 */
id: number, 
/**
 * Bytes so far.
 */
done: number, } | { "kind": "upload_finished" } & Transfer | { "kind": "transfer_failed", 
/**
 * The transfer.
 */
id: number, 
/**
 * One plain sentence.
 */
reason: string, } | { "kind": "download_started" } & Transfer | { "kind": "download_ended", 
/**
 * The transfer.
 */
id: number, 
/**
 * Bytes that were sent.
 */
done: number, } | { "kind": "message", 
/**
 * The text, as sent.
 */
text: string, 
/**
 * Account of the sender.
 */
account: string, 
/**
 * Address of the sender.
 */
address: string, } | { "kind": "settings_changed" } | { "kind": "device_joined", 
/**
 * The device.
 */
id: string, 
/**
 * Its friendly name.
 */
name: string, } | { "kind": "index_progress", 
/**
 * Mount point of the share.
 */
mount: string, 
/**
 * Whether names are compared or contents read. False: nothing is left, or the work waits.
 */
is_working: boolean, 
/**
 * Files that the present or last scan has seen.
 */
scanned: number, 
/**
 * Bytes of contents that were read.
 */
hashed: number, 
/**
 * Bytes of contents to be read in all.
 */
hashed_total: number, } | { "kind": "problem", 
/**
 * One plain sentence with what to do next.
 */
sentence: string, } | { "kind": "connected", 
/**
 * Its number.
 */
id: number, 
/**
 * Address and port of the other end.
 */
peer: string, } | { "kind": "disconnected", 
/**
 * Its number.
 */
id: number, } | { "kind": "missed", 
/**
 * How many.
 */
count: number, };

export type Transfer = { 
/**
 * Number of this transfer, unique while the program runs; 0 if no bytes had to be sent.
 */
id: number, 
/**
 * Virtual path.
 */
path: string, 
/**
 * Bytes in total, if known.
 */
size: number | null, 
/**
 * The account.
 */
account: string, 
/**
 * Address of the client.
 */
address: string, };

export type Overview = { 
/**
 * Version of the program.
 */
version: string, 
/**
 * Name of the server as shown on its pages.
 */
name: string, 
/**
 * Number of the settings in force; 1 at the start, one more with each change.
 */
generation: number, 
/**
 * Whether clients may connect.
 */
sharing: Sharing, 
/**
 * Addresses at which the server can be reached, the most useful first.
 */
addresses: Array<Address>, 
/**
 * Every shared folder, including those that are off.
 */
shares: Array<Share>, 
/**
 * Number of connected clients: accounts, and addresses without an account.
 */
connected: number, 
/**
 * Number of running transfers.
 */
transfers: number, 
/**
 * Problems that a person should solve.
 */
problems: Array<Problem>, 
/**
 * Text that all pages show for a while.
 */
banner: Banner | null, 
/**
 * True while the first-run questions are unanswered.
 */
is_new: boolean, 
/**
 * Suggested folder for received files: `Inbox` in the downloads folder of this user; empty if there is none.
 */
suggested_inbox: string, 
/**
 * Fingerprint of the key by which SFTP clients know the server, `SHA256:…`; none while SFTP is off.
 */
sftp_fingerprint: string | null, };

export type Sharing = { "is": "on" } | { "is": "paused", 
/**
 * When sharing resumes, milliseconds since 1970.
 */
until_ms: number, } | { "is": "off" } | { "is": "waiting" };

export type SharingRequest = { "is": "on" } | { "is": "pause", 
/**
 * For how long.
 */
seconds: number, } | { "is": "off" };

export type Banner = { 
/**
 * The text.
 */
text: string, 
/**
 * When it disappears, milliseconds since 1970.
 */
until_ms: number, };

export type Problem = { 
/**
 * For programs.
 */
code: ProblemCode, 
/**
 * One plain sentence with what to do next.
 */
sentence: string, };

export type ProblemCode = "folder_missing" | "disk_full" | "port_taken" | "settings_damaged" | "other";

export type Who = { "is": "only_me" } | { "is": "people", 
/**
 * Their names; at least one.
 */
names: Array<string>, } | { "is": "everyone" } | { "is": "custom" };

export type May = "look" | "add" | "change" | "drop_off" | "custom";

export type Limits = { 
/**
 * Largest file, bytes.
 */
max_file: number | null, 
/**
 * Total size of all files, bytes.
 */
max_total: number | null, 
/**
 * Free space to leave on the disk, bytes.
 */
min_free: number | null, 
/**
 * Days after which files are deleted.
 */
keep_days: number | null, };

export type Share = { 
/**
 * Mount point, such as `/photos`; identifies the share.
 */
mount: string, 
/**
 * The folder on this computer.
 */
folder: string, 
/**
 * Whether the share is on.
 */
on: boolean, 
/**
 * Whether the folder exists now.
 */
is_there: boolean, 
/**
 * Who may use it.
 */
who: Who, 
/**
 * What they may do.
 */
may: May, 
/**
 * The grants in the letters of the command line, such as `r *, rw ann`.
 */
rights: string, 
/**
 * When the share turns itself off, milliseconds since 1970.
 */
until_ms: number | null, 
/**
 * Limits on uploads.
 */
limits: Limits, 
/**
 * Whether names that begin with a dot are shown.
 */
show_hidden: boolean, 
/**
 * Uploads are sorted into folders by month.
 */
by_month: boolean, 
/**
 * Whether the share has an index, for searches and sizes of folders.
 */
index: boolean, };

export type ShareDraft = { 
/**
 * Mount point, such as `/photos`.
 */
mount: string, 
/**
 * Absolute path of the folder on this computer.
 */
folder: string, 
/**
 * Whether the share is on.
 */
on: boolean, 
/**
 * Who may use it.
 */
who: Who, 
/**
 * What they may do.
 */
may: May, 
/**
 * When the share turns itself off, milliseconds since 1970.
 */
until_ms: number | null, 
/**
 * Limits on uploads.
 */
limits: Limits, 
/**
 * Whether names that begin with a dot are shown.
 */
show_hidden: boolean, 
/**
 * Uploads are sorted into folders by month.
 */
by_month: boolean, 
/**
 * Whether the share has an index of all its files; `null`: as before, off for a new share.
 */
index: boolean | null, 
/**
 * Grants and flags as lines, written as on the command line. If given, `who`, `may`, `until_ms` and `limits` are
 * ignored.
 */
rules: Array<string> | null, 
/**
 * Creates the folder if it is missing. Without this, a draft with a new folder that does not exist is refused with
 * `NoFolder`.
 */
make_folder: boolean, };

export type Viewer = { "is": "guest" } | { "is": "invited" } | { "is": "person", 
/**
 * Its name.
 */
name: string, };

export type Preview = { 
/**
 * The top of the tree in listing order, at most two levels deep.
 */
rows: Array<PreviewRow>, 
/**
 * True if there are more entries than `rows` holds.
 */
is_cut: boolean, 
/**
 * Consequences that the owner may not expect.
 */
warnings: Array<ShareWarning>, 
/**
 * Faults of the draft. A draft with faults cannot be saved.
 */
faults: Array<FaultAt>, 
/**
 * The same share as arguments of the headless program; `null` if a command line cannot express it.
 */
command_line: string | null, 
/**
 * Grants and flags of the draft as lines; empty if the draft has faults.
 */
rules: Array<string>, };

export type PreviewRow = { 
/**
 * Its name.
 */
name: string, 
/**
 * Depth, from 0.
 */
depth: number, 
/**
 * Whether it is a folder.
 */
is_folder: boolean, 
/**
 * True if it belongs to the share that is edited.
 */
is_here: boolean, 
/**
 * True if no listing shows it to the viewer, but a request for its name is answered.
 */
is_hidden: boolean, 
/**
 * The viewer's rights on it, in the letters of the command line.
 */
rights: string, 
/**
 * The same rights as words: `look`, `add`, `change`, `delete`, `get` (fetch by name); empty: the folder only leads
 * to something visible.
 */
words: Array<string>, };

export type ShareWarning = { 
/**
 * True if the owner should reconsider before saving.
 */
is_serious: boolean, 
/**
 * One plain sentence.
 */
sentence: string, };

export type ShareIndex = { 
/**
 * Mount point of the share.
 */
mount: string, 
/**
 * What is done now.
 */
state: IndexState, 
/**
 * Files in the index.
 */
files: number, 
/**
 * Folders in the index.
 */
folders: number, 
/**
 * Bytes of these files.
 */
bytes: number, 
/**
 * Files of which the content is not read yet.
 */
to_hash: number, 
/**
 * Files that could not be read.
 */
unreadable: number, 
/**
 * Size of the database.
 */
database_bytes: number, 
/**
 * Files that the present or last scan has seen.
 */
scanned: number, 
/**
 * Files that it is likely to see in all; `null`: unknown.
 */
scanned_total: number | null, 
/**
 * Bytes of contents that were read.
 */
hashed: number, 
/**
 * Bytes of contents to be read in all.
 */
hashed_total: number, 
/**
 * Numbers of names that are not in the index, by reason.
 */
skipped: Array<SkipCount>, 
/**
 * The last verification.
 */
verification: ShareVerification | null, };

export type IndexState = { "is": "off" } | { "is": "paused" } | { "is": "waiting_for_disk" } | { "is": "failed", 
/**
 * Why.
 */
sentence: string, } | { "is": "scanning" } | { "is": "hashing" } | { "is": "up_to_date" };

export type SkipReason = "unreadable" | "changing" | "special" | "link" | "excluded" | "other_file_system" | "too_deep" | "bad_name";

export type SkipCount = { 
/**
 * The reason.
 */
reason: SkipReason, 
/**
 * How many.
 */
count: number, };

export type SkippedName = { 
/**
 * Its path in the share.
 */
path: string, 
/**
 * Why.
 */
reason: SkipReason, 
/**
 * The error of the operating system, if there was one.
 */
error: string | null, 
/**
 * When, milliseconds since 1970.
 */
at_ms: number, };

export type ShareVerification = { 
/**
 * Whether it is under way, or about to begin.
 */
is_running: boolean, 
/**
 * When it began, milliseconds since 1970; `null`: it is about to begin.
 */
started_ms: number | null, 
/**
 * When it ended, milliseconds since 1970.
 */
ended_ms: number | null, 
/**
 * Whether it was cancelled before its end.
 */
is_cancelled: boolean, 
/**
 * Files that were read.
 */
files: number, 
/**
 * Bytes that were read.
 */
bytes: number, 
/**
 * Bytes to be read in all.
 */
bytes_total: number, 
/**
 * Files of which the content differs.
 */
differing: number, 
/**
 * Files that could not be read.
 */
unreadable: number, };

export type FindingKind = "differs" | "updated" | "unreadable";

export type Finding = { 
/**
 * Its path in the share.
 */
path: string, 
/**
 * What is wrong.
 */
kind: FindingKind, 
/**
 * Its size in bytes.
 */
size: number, 
/**
 * Its date, milliseconds since 1970.
 */
modified_ms: number, 
/**
 * When it was found, milliseconds since 1970.
 */
found_ms: number, };

export type Job = { 
/**
 * Identifies the job until the program ends.
 */
id: number, 
/**
 * Its name.
 */
name: string, 
/**
 * What it is doing.
 */
state: JobState, 
/**
 * Units that are done in the present round, such as files.
 */
done: number, 
/**
 * Units of the present round; `null`: unknown.
 */
total: number | null, 
/**
 * Whether it can be cancelled: it has not ended, and the server does not depend on it.
 */
can_cancel: boolean, };

export type JobState = { "is": "busy" } | { "is": "throttled" } | { "is": "idle" } | { "is": "paused" } | { "is": "done" } | { "is": "cancelled" } | { "is": "failed", 
/**
 * What went wrong.
 */
sentence: string, };

export type People = { 
/**
 * Accounts.
 */
people: Array<Person>, 
/**
 * Groups of accounts.
 */
groups: Array<GroupInfo>, 
/**
 * Devices that are logged in, the last seen first.
 */
devices: Array<Device>, 
/**
 * Addresses that are banned after wrong passwords.
 */
bans: Array<Ban>, };

export type Person = { 
/**
 * Its name.
 */
name: string, 
/**
 * Mount points of shares where it has more rights than everyone.
 */
shares: Array<string>, 
/**
 * Devices that are logged in.
 */
devices: number, 
/**
 * May change the settings of this server over the network.
 */
is_admin: boolean, 
/**
 * True for the account that made this call.
 */
is_you: boolean, };

export type PersonDraft = { 
/**
 * Its name.
 */
name: string, 
/**
 * A new password; `null` keeps the current one.
 */
password: string | null, 
/**
 * May change the settings of this server over the network.
 */
is_admin: boolean, };

export type GroupInfo = { 
/**
 * Its name, without `@`.
 */
name: string, 
/**
 * Names of its members.
 */
members: Array<string>, };

export type Device = { 
/**
 * Identifies the device; grants nothing.
 */
id: string, 
/**
 * A friendly name, such as "Firefox on Android", until a person renames it.
 */
name: string, 
/**
 * Its account; `null` for a guest.
 */
account: string | null, 
/**
 * What the guest may do; `null` for accounts.
 */
guest: Guest | null, 
/**
 * Its last address.
 */
address: string, 
/**
 * When it logged in, milliseconds since 1970.
 */
first_seen_ms: number, 
/**
 * When it last sent a request, milliseconds since 1970; accurate to a minute.
 */
last_seen_ms: number, 
/**
 * When its login ends, milliseconds since 1970.
 */
expires_ms: number, 
/**
 * True for the device that made this call.
 */
is_this: boolean, };

export type Guest = { 
/**
 * Virtual path of its scope.
 */
path: string, 
/**
 * What the guest may do there.
 */
may: May, 
/**
 * The share link that was used, if any.
 */
link: string | null, };

export type Ban = { 
/**
 * The address or network.
 */
address: string, 
/**
 * When it ends, milliseconds since 1970.
 */
until_ms: number, };

export type HostFile = { 
/**
 * Absolute path without symbolic links.
 */
path: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Whether it is a folder.
 */
is_folder: boolean, 
/**
 * Bytes; 0 for folders.
 */
size: number, };

export type Link = { 
/**
 * Identifies the link; grants nothing.
 */
id: string, 
/**
 * Kind of the link.
 */
kind: LinkKind, 
/**
 * Virtual path of its target.
 */
target: string, 
/**
 * For a link to files outside the shared folders: the chosen paths on this computer. Else empty.
 */
files: Array<string>, 
/**
 * The URL to open, for each address of the server, the most useful first.
 */
urls: Array<string>, 
/**
 * Text that guests read first.
 */
note: string, 
/**
 * What guests may do.
 */
may: May, 
/**
 * True if guests need a PIN.
 */
has_pin: boolean, 
/**
 * When it was made, milliseconds since 1970.
 */
created_ms: number, 
/**
 * When it ends, milliseconds since 1970; `null`: never.
 */
expires_ms: number | null, 
/**
 * How often it was used.
 */
uses: number, 
/**
 * How often it may be used; `null`: no limit.
 */
max_uses: number | null, 
/**
 * Total bytes that guests may upload; `null`: no limit.
 */
max_bytes: number | null, 
/**
 * Bytes that guests have uploaded.
 */
received: number, 
/**
 * Whether it still works.
 */
state: LinkState, };

export type LinkKind = "show" | "request";

export type LinkState = "works" | "expired" | "used_up" | "dead";

export type LinkDraft = { 
/**
 * Kind of the link.
 */
kind: LinkKind, 
/**
 * Virtual path of its target; a folder if the link is a request.
 */
target: string, 
/**
 * Text that guests read first; may be empty.
 */
note: string, 
/**
 * What guests may do: look, add or change for `show`; drop_off for `request`.
 */
may: May, 
/**
 * The PIN.
 */
pin: Pin, 
/**
 * When it ends, milliseconds since 1970; `null`: never.
 */
expires_ms: number | null, 
/**
 * How often it may be used; `null`: no limit.
 */
max_uses: number | null, 
/**
 * Total bytes that guests may upload; `null`: no limit.
 */
max_bytes: number | null, };

export type Pin = { "is": "none" } | { "is": "keep" } | { "is": "new", 
/**
 * At least four characters.
 */
pin: string, };

export type Activity = { 
/**
 * Running transfers, oldest first.
 */
now: Array<ActiveTransfer>, 
/**
 * Past transfers, latest first; a few hundred at most.
 */
past: Array<PastTransfer>, 
/**
 * Open connections, oldest first.
 */
connections: Array<Connection>, };

export type ActiveTransfer = { 
/**
 * Number of this transfer.
 */
id: number, 
/**
 * True for uploads, false for downloads.
 */
is_upload: boolean, 
/**
 * Virtual path.
 */
path: string, 
/**
 * The account, or `*`.
 */
account: string, 
/**
 * The client for people: the name of its device if it has one, else its address.
 */
who: string, 
/**
 * The client's address.
 */
address: string, 
/**
 * Bytes in total, if known.
 */
size: number | null, 
/**
 * Bytes so far.
 */
done: number, 
/**
 * Bytes per second over the last few seconds.
 */
speed: number, 
/**
 * Paused by a person.
 */
is_paused: boolean, 
/**
 * When it started, milliseconds since 1970.
 */
since_ms: number, };

export type PastTransfer = { 
/**
 * When it ended, milliseconds since 1970.
 */
at_ms: number, 
/**
 * How it ended.
 */
outcome: Outcome, 
/**
 * Virtual path; empty for messages.
 */
path: string, 
/**
 * The account, or `*`.
 */
account: string, 
/**
 * The client for people: the name of its device if it has one, else its address.
 */
who: string, 
/**
 * The client's address.
 */
address: string, 
/**
 * Bytes.
 */
size: number, };

export type Outcome = { "is": "arrived" } | { "is": "sent" } | { "is": "failed", 
/**
 * One plain sentence.
 */
reason: string, } | { "is": "message", 
/**
 * The text.
 */
text: string, };

export type Lan = { 
/**
 * True while this server is announced.
 */
is_announced: boolean, 
/**
 * The announced host name, such as `kitchen.local`; empty while the server is not announced.
 */
name: string, 
/**
 * Other servers that were heard, by name.
 */
neighbours: Array<Neighbour>, 
/**
 * The network that this computer is in, if any.
 */
network: CurrentNetwork | null, };

export type Neighbour = { 
/**
 * Its announced name.
 */
name: string, 
/**
 * Kind of server.
 */
kind: NeighbourKind, 
/**
 * Its URL for a browser.
 */
url: string, };

export type NeighbourKind = "potluck" | "copyparty" | "webdav" | "web";

export type CurrentNetwork = { 
/**
 * Identifies the network: a hash of the router's hardware address and the address range, never the name of a
 * Wi-Fi.
 */
id: string, 
/**
 * A name for people, such as `192.168.1.0/24 behind 192.168.1.1`.
 */
name: string, 
/**
 * Whether this computer shares in it.
 */
trust: Trust, };

export type Trust = "trusted" | "refused" | "unknown";

export type CheckResult = { 
/**
 * The question, such as "Is the server running?".
 */
title: string, 
/**
 * The answer.
 */
state: CheckState, 
/**
 * The answer in one plain sentence.
 */
sentence: string, 
/**
 * What to do about it; empty if nothing.
 */
advice: string, };

export type CheckState = "good" | "unsure" | "bad";

export type SettingsForm = { 
/**
 * Every option that has an effect and can be given for the whole server, in the order of `--help`.
 */
options: Array<OptionInfo>, 
/**
 * Security level that the options amount to.
 */
safety: SafetyLevel, 
/**
 * The settings as arguments of the headless program; `null` if a command line cannot express them.
 */
command_line: string | null, 
/**
 * The settings as a configuration file; passwords appear as hashes.
 */
toml: string, 
/**
 * Path of the settings file; `null`: the settings are not saved and end with the program.
 */
file: string | null, };

export type OptionInfo = { 
/**
 * Its name in configuration files.
 */
name: string, 
/**
 * Its group, such as `network`.
 */
group: string, 
/**
 * What kind of value it takes.
 */
kind: OptionKind, 
/**
 * The values to choose from, for `choice`.
 */
choices: Array<string>, 
/**
 * Placeholder for the value in the help.
 */
unit: string, 
/**
 * One line of help.
 */
help: string, 
/**
 * The value in force as text; `yes` or `no` for switches.
 */
value: string, 
/**
 * The default as text.
 */
default: string, 
/**
 * True if a change takes effect only after a restart of the program.
 */
needs_restart: boolean, };

export type OptionKind = "switch" | "number" | "size" | "text" | "path" | "list" | "choice";

export type SafetyLevel = "home" | "careful" | "public" | "custom";

export type Call = { "call": "overview" } | { "call": "status" } | { "call": "set_sharing", 
/**
 * The new state. 
 */
sharing: SharingRequest, } | { "call": "welcomed" } | { "call": "shares" } | { "call": "save_share", 
/**
 * Its current mount point; `null`: a new share. 
 */
was: string | null, 
/**
 * The new values. 
 */
share: ShareDraft, } | { "call": "switch_share", 
/**
 * Its mount point. 
 */
mount: string, 
/**
 * Whether it is on. 
 */
on: boolean, } | { "call": "remove_share", 
/**
 * Its mount point. 
 */
mount: string, } | { "call": "restore_share", 
/**
 * Its former mount point. 
 */
mount: string, } | { "call": "preview_share", 
/**
 * Its current mount point; `null`: a new share. 
 */
was: string | null, 
/**
 * The new values. 
 */
share: ShareDraft, 
/**
 * The viewer. 
 */
viewer: Viewer, } | { "call": "people" } | { "call": "save_person", 
/**
 * Its current name; `null`: a new account. 
 */
was: string | null, 
/**
 * The new values. 
 */
person: PersonDraft, } | { "call": "remove_person", 
/**
 * Its name. 
 */
name: string, } | { "call": "rename_device", 
/**
 * The device. 
 */
id: string, 
/**
 * Its new name. 
 */
name: string, } | { "call": "revoke_device", 
/**
 * The device. 
 */
id: string, } | { "call": "unban", 
/**
 * The banned address. 
 */
address: string, } | { "call": "invite", 
/**
 * Mount point of the share. 
 */
mount: string, 
/**
 * What the device may do there. 
 */
may: May, 
/**
 * How long the code works. 
 */
seconds: number, } | { "call": "links" } | { "call": "make_link", 
/**
 * Its values. 
 */
link: LinkDraft, } | { "call": "stat_files", 
/**
 * Absolute paths. 
 */
paths: Array<string>, } | { "call": "share_files", 
/**
 * Absolute paths. 
 */
paths: Array<string>, 
/**
 * The values of the link; its target is ignored. 
 */
link: LinkDraft, } | { "call": "change_link", 
/**
 * The link. 
 */
id: string, 
/**
 * The new values. 
 */
link: LinkDraft, } | { "call": "revoke_link", 
/**
 * The link. 
 */
id: string, } | { "call": "activity" } | { "call": "clear_activity" } | { "call": "set_banner", 
/**
 * The text. 
 */
text: string | null, 
/**
 * How long it is shown. 
 */
seconds: number, } | { "call": "pause_transfer", 
/**
 * The transfer. 
 */
id: number, 
/**
 * True: pause; false: resume. 
 */
paused: boolean, } | { "call": "stop_transfer", 
/**
 * The transfer. 
 */
id: number, } | { "call": "jobs" } | { "call": "pause_job", 
/**
 * The job. 
 */
id: number, 
/**
 * True: pause; false: resume. 
 */
paused: boolean, } | { "call": "cancel_job", 
/**
 * The job. 
 */
id: number, } | { "call": "indexes" } | { "call": "rescan", 
/**
 * Mount point of the share. 
 */
mount: string, } | { "call": "pause_index", 
/**
 * Mount point of the share. 
 */
mount: string, 
/**
 * True: pause; false: resume. 
 */
paused: boolean, } | { "call": "verify_contents", 
/**
 * Mount point of the share. 
 */
mount: string, } | { "call": "cancel_verification", 
/**
 * Mount point of the share. 
 */
mount: string, } | { "call": "skipped_names", 
/**
 * Mount point of the share. 
 */
mount: string, } | { "call": "findings", 
/**
 * Mount point of the share. 
 */
mount: string, } | { "call": "kick", 
/**
 * Which connections. 
 */
whom: Kick, } | { "call": "host_path", 
/**
 * Virtual path. 
 */
path: string, } | { "call": "settings" } | { "call": "change_settings", 
/**
 * Values by option name. 
 */
values: { [key in string]: string | null }, } | { "call": "set_safety", 
/**
 * The level. 
 */
level: SafetyLevel, } | { "call": "lan" } | { "call": "trust_network", 
/**
 * The network. 
 */
id: string, 
/**
 * Whether to share in it. 
 */
trusted: boolean, } | { "call": "self_check" } | { "call": "qr", 
/**
 * The text. 
 */
text: string, };

export interface Answers {
  overview: Overview;
  status: Status;
  set_sharing: Overview;
  welcomed: Overview;
  shares: Array<Share>;
  save_share: Array<Share>;
  switch_share: Array<Share>;
  remove_share: Array<Share>;
  restore_share: Array<Share>;
  preview_share: Preview;
  people: People;
  save_person: People;
  remove_person: People;
  rename_device: People;
  revoke_device: People;
  unban: People;
  invite: Invitation;
  links: Array<Link>;
  make_link: Link;
  stat_files: Array<HostFile>;
  share_files: Link;
  change_link: Link;
  revoke_link: Array<Link>;
  activity: Activity;
  clear_activity: Activity;
  set_banner: Overview;
  pause_transfer: Activity;
  stop_transfer: Activity;
  jobs: Array<Job>;
  pause_job: Array<Job>;
  cancel_job: Array<Job>;
  indexes: Array<ShareIndex>;
  rescan: Array<ShareIndex>;
  pause_index: Array<ShareIndex>;
  verify_contents: Array<ShareIndex>;
  cancel_verification: Array<ShareIndex>;
  skipped_names: Array<SkippedName>;
  findings: Array<Finding>;
  kick: number;
  host_path: string;
  settings: SettingsForm;
  change_settings: SettingsForm;
  set_safety: SettingsForm;
  lan: Lan;
  trust_network: Lan;
  self_check: Array<CheckResult>;
  qr: string;
}

export type ErrorCode = "bad_settings" | "cannot_listen" | "cannot_start" | "cannot_save" | "not_found" | "no_folder" | "bad_call" | "not_here";

export type FaultAt = { 
/**
 * The option, volume or line at fault.
 */
at: string, 
/**
 * One plain sentence that says what to do.
 */
sentence: string, };

export type ControlError = { 
/**
 * For programs.
 */
code: ErrorCode, 
/**
 * For people: what is wrong and what to do.
 */
sentence: string, 
/**
 * With `BadSettings`: every fault.
 */
faults: Array<FaultAt>, };
