// Made from src-server/src/control by `cargo test -p server`. Do not edit.

export type Status = { 
/**
 * Of the program.
 */
version: string, 
/**
 * When it started, milliseconds since 1970.
 */
since_ms: number, 
/**
 * Counts the settings that were in force, from 1.
 */
generation: number, 
/**
 * How the server is reached, the most useful first.
 */
addresses: Array<Address>, 
/**
 * Open connections, oldest first.
 */
connections: Array<Connection>, 
/**
 * The volumes on offer.
 */
volumes: Array<VolumeStatus>, };

export type Address = { 
/**
 * `http://192.168.1.20:3923/`, or the path of a unix socket.
 */
url: string, 
/**
 * Who can use it.
 */
reach: Reach, 
/**
 * The network interface, if it is one in particular.
 */
interface: string | null, };

export type Reach = "lan" | "vpn" | "virtual" | "link_local" | "loopback" | "socket";

export type Connection = { 
/**
 * For [`Kick::Connection`].
 */
id: number, 
/**
 * Address and port of the other end; `unix` for sockets.
 */
peer: string, 
/**
 * The account of its last request; none before one, `*` for anonymous.
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
 * Where it appears.
 */
mount: string, 
/**
 * The folder.
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
 * Without port.
 */
address: string, };

export type Applied = { 
/**
 * The number of the settings now in force.
 */
generation: number, 
/**
 * How the server is reached now.
 */
addresses: Array<Address>, };

export type Invitation = { 
/**
 * What to open, for each address of the server, the most useful first.
 */
urls: Array<string>, 
/**
 * Six digits for those who cannot scan; they open the server's page and type them.
 */
digits: string, 
/**
 * When it ends if nobody uses it, seconds from now.
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
 * Bytes that went out.
 */
done: number, } | { "kind": "message", 
/**
 * The text, as sent.
 */
text: string, 
/**
 * Who.
 */
account: string, 
/**
 * From where.
 */
address: string, } | { "kind": "settings_changed" } | { "kind": "device_joined", 
/**
 * The device.
 */
id: string, 
/**
 * Its friendly name.
 */
name: string, } | { "kind": "problem", 
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
 * Number of this transfer, unique while the program runs; 0 if nothing had to be sent.
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
 * Whose.
 */
account: string, 
/**
 * The other end.
 */
address: string, };

export type Overview = { 
/**
 * Of the program.
 */
version: string, 
/**
 * What the server calls itself in pages.
 */
name: string, 
/**
 * Counts the settings that were in force, from 1.
 */
generation: number, 
/**
 * Whether anybody gets in.
 */
sharing: Sharing, 
/**
 * How the server is reached, the most useful first.
 */
addresses: Array<Address>, 
/**
 * Every shared folder, also those that are off.
 */
shares: Array<Share>, 
/**
 * How many others are connected: accounts, and addresses without one.
 */
connected: number, 
/**
 * Files on their way.
 */
transfers: number, 
/**
 * What needs a person.
 */
problems: Array<Problem>, 
/**
 * A text that pages show for a while.
 */
banner: Banner | null, 
/**
 * Nobody has answered the questions of the first start yet.
 */
is_new: boolean, 
/**
 * Where received files could go: `Inbox` in the downloads folder of this person; empty if there is none.
 */
suggested_inbox: string, };

export type Sharing = { "is": "on" } | { "is": "paused", 
/**
 * When it goes on by itself, milliseconds since 1970.
 */
until_ms: number, } | { "is": "off" } | { "is": "waiting" };

export type SharingRequest = { "is": "on" } | { "is": "pause", 
/**
 * How long.
 */
seconds: number, } | { "is": "off" };

export type Banner = { 
/**
 * The text.
 */
text: string, 
/**
 * Until then, milliseconds since 1970.
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
 * All files together, bytes.
 */
max_total: number | null, 
/**
 * Keep this much of the disk free, bytes.
 */
min_free: number | null, 
/**
 * Files are deleted after this many days.
 */
keep_days: number | null, };

export type Share = { 
/**
 * Where it appears, such as `/photos`; identifies it.
 */
mount: string, 
/**
 * The folder on this computer.
 */
folder: string, 
/**
 * Whether it is offered.
 */
on: boolean, 
/**
 * Whether the folder is there just now.
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
 * The rights in the letters of the command line, such as `r *, rw ann`.
 */
rights: string, 
/**
 * When it turns itself off, milliseconds since 1970.
 */
until_ms: number | null, 
/**
 * Limits.
 */
limits: Limits, 
/**
 * Whether names that begin with a dot are shown.
 */
show_hidden: boolean, 
/**
 * Uploads are sorted into folders by month.
 */
by_month: boolean, };

export type ShareDraft = { 
/**
 * Where it shall appear, such as `/photos`.
 */
mount: string, 
/**
 * The folder on this computer, absolute.
 */
folder: string, 
/**
 * Whether it is offered.
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
 * When it turns itself off, milliseconds since 1970.
 */
until_ms: number | null, 
/**
 * Limits.
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
 * Rights and flags by hand, a line each, as on the command line; then what stands above of who, what, until when
 * and limits does not count.
 */
rules: Array<string> | null, 
/**
 * Make the folder if it is missing. Else saving a draft whose folder is new and missing is refused with `NoFolder`.
 */
make_folder: boolean, };

export type Viewer = { "is": "guest" } | { "is": "invited" } | { "is": "person", 
/**
 * Its name.
 */
name: string, };

export type Preview = { 
/**
 * The top of the tree as that person sees it, in order, at most two levels deep.
 */
rows: Array<PreviewRow>, 
/**
 * There is more than `rows` shows.
 */
is_cut: boolean, 
/**
 * What an owner would not expect.
 */
warnings: Array<ShareWarning>, 
/**
 * What is wrong with the draft; then nothing of it can be saved.
 */
faults: Array<FaultAt>, 
/**
 * Arguments of the headless program for the same share, if a command line can say it.
 */
command_line: string | null, 
/**
 * The draft's rights and flags as lines; empty if the draft is wrong.
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
 * It belongs to the share that is being edited.
 */
is_here: boolean, 
/**
 * No listing shows it to that person, but a request that names it fetches it.
 */
is_hidden: boolean, 
/**
 * Rights of that person there, in the letters of the command line.
 */
rights: string, 
/**
 * The same in words: `look`, `add`, `change`, `delete`, `get` (fetch by name); empty: it only leads on.
 */
words: Array<string>, };

export type ShareWarning = { 
/**
 * Whether it should be thought over before saving.
 */
is_serious: boolean, 
/**
 * One plain sentence.
 */
sentence: string, };

export type People = { 
/**
 * Accounts.
 */
people: Array<Person>, 
/**
 * Accounts under one name.
 */
groups: Array<GroupInfo>, 
/**
 * Who is logged in, the last seen first.
 */
devices: Array<Device>, 
/**
 * Who is turned away because of wrong passwords.
 */
bans: Array<Ban>, };

export type Person = { 
/**
 * Its name.
 */
name: string, 
/**
 * Mount points of the shares that it reaches beyond what everyone does.
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
 * It is the account that asks.
 */
is_you: boolean, };

export type PersonDraft = { 
/**
 * Its name.
 */
name: string, 
/**
 * A new password; `null`: as it is.
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
 * Identifies it; gives no access.
 */
id: string, 
/**
 * A friendly name, such as "Firefox on Android", until somebody gives it another.
 */
name: string, 
/**
 * Whose; `null`: a guest's.
 */
account: string | null, 
/**
 * What a guest may do.
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
 * When it last asked for something, milliseconds since 1970; a minute inexact.
 */
last_seen_ms: number, 
/**
 * When its login ends, milliseconds since 1970.
 */
expires_ms: number, 
/**
 * It is the device that asks.
 */
is_this: boolean, };

export type Guest = { 
/**
 * Virtual path that it is for.
 */
path: string, 
/**
 * What it allows there.
 */
may: May, 
/**
 * The link that it came by, if it did.
 */
link: string | null, };

export type Ban = { 
/**
 * From where.
 */
address: string, 
/**
 * When it ends, milliseconds since 1970.
 */
until_ms: number, };

export type HostFile = { 
/**
 * Where it is, absolute, without symbolic links.
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
 * Identifies it; gives no access.
 */
id: string, 
/**
 * What it is for.
 */
kind: LinkKind, 
/**
 * Virtual path of its target.
 */
target: string, 
/**
 * What was chosen, for a link to files that are not in a shared folder: paths on this computer. Else empty.
 */
files: Array<string>, 
/**
 * What to open, for each address of the server, the most useful first.
 */
urls: Array<string>, 
/**
 * What its visitors read first.
 */
note: string, 
/**
 * What they may do.
 */
may: May, 
/**
 * Whether it asks for a PIN.
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
 * How often it may be used; `null`: any number.
 */
max_uses: number | null, 
/**
 * Most bytes that may arrive by it; `null`: any number.
 */
max_bytes: number | null, 
/**
 * Bytes that have arrived by it.
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
 * What it is for.
 */
kind: LinkKind, 
/**
 * Virtual path of its target: for a request, a folder.
 */
target: string, 
/**
 * What its visitors read first; may be empty.
 */
note: string, 
/**
 * What they may do: for `show` look, add or change; for `request` drop_off.
 */
may: May, 
/**
 * Whether it asks for a PIN.
 */
pin: Pin, 
/**
 * When it ends, milliseconds since 1970; `null`: never.
 */
expires_ms: number | null, 
/**
 * How often it may be used; `null`: any number.
 */
max_uses: number | null, 
/**
 * Most bytes that may arrive by it; `null`: any number.
 */
max_bytes: number | null, };

export type Pin = { "is": "none" } | { "is": "keep" } | { "is": "new", 
/**
 * At least four characters.
 */
pin: string, };

export type Activity = { 
/**
 * Transfers that are going on, oldest first.
 */
now: Array<ActiveTransfer>, 
/**
 * What has ended, latest first; some hundreds.
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
 * It comes to us.
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
 * The other end: the name of its device if it has one, else its address.
 */
who: string, 
/**
 * Its address.
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
 * Bytes in a second, over the last few.
 */
speed: number, 
/**
 * Somebody has paused it.
 */
is_paused: boolean, 
/**
 * When it began, milliseconds since 1970.
 */
since_ms: number, };

export type PastTransfer = { 
/**
 * When, milliseconds since 1970.
 */
at_ms: number, 
/**
 * How.
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
 * The other end: the name of its device if it has one, else its address.
 */
who: string, 
/**
 * Its address.
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
 * Whether neighbours are told that we are here.
 */
is_announced: boolean, 
/**
 * The name under which they find us, such as `kitchen.local`; empty while we are not announced.
 */
name: string, 
/**
 * Others that were heard, by name.
 */
neighbours: Array<Neighbour>, 
/**
 * The network that this computer is in, if there is one.
 */
network: CurrentNetwork | null, };

export type Neighbour = { 
/**
 * What it calls itself.
 */
name: string, 
/**
 * What kind it is.
 */
kind: NeighbourKind, 
/**
 * Its address for a browser.
 */
url: string, };

export type NeighbourKind = "potluck" | "copyparty" | "webdav" | "web";

export type CurrentNetwork = { 
/**
 * Identifies it: made from the router's hardware address and the address range, never from the name of a Wi-Fi.
 */
id: string, 
/**
 * For people, such as `192.168.1.0/24 behind 192.168.1.1`.
 */
name: string, 
/**
 * Whether we share there.
 */
trust: Trust, };

export type Trust = "trusted" | "refused" | "unknown";

export type CheckResult = { 
/**
 * The question, such as "Is the server listening?".
 */
title: string, 
/**
 * The answer.
 */
state: CheckState, 
/**
 * The answer as a plain sentence.
 */
sentence: string, 
/**
 * What to do about it; empty: nothing.
 */
advice: string, };

export type CheckState = "good" | "unsure" | "bad";

export type SettingsForm = { 
/**
 * Every option that acts and can be given for the whole server, in the order of `--help`.
 */
options: Array<OptionInfo>, 
/**
 * How careful the server is.
 */
safety: SafetyLevel, 
/**
 * The settings as arguments of the headless program, if a command line can say them.
 */
command_line: string | null, 
/**
 * The settings as a configuration file; passwords stand in it as hashes.
 */
toml: string, 
/**
 * Where the settings are kept; `null`: nowhere, they end with the program.
 */
file: string | null, };

export type OptionInfo = { 
/**
 * Its name in configuration files.
 */
name: string, 
/**
 * Its chapter, such as `network`.
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
 * How help calls the value.
 */
unit: string, 
/**
 * One line of help.
 */
help: string, 
/**
 * The value in force as text; switches have `yes` and `no`.
 */
value: string, 
/**
 * The default as text.
 */
default: string, 
/**
 * A change counts only after the program was started again.
 */
needs_restart: boolean, };

export type OptionKind = "switch" | "number" | "size" | "text" | "path" | "list" | "choice";

export type SafetyLevel = "home" | "careful" | "public" | "custom";

export type Call = { "call": "overview" } | { "call": "status" } | { "call": "set_sharing", 
/**
 * What to do. 
 */
sharing: SharingRequest, } | { "call": "welcomed" } | { "call": "shares" } | { "call": "save_share", 
/**
 * Its mount point until now; `null`: a new one. 
 */
was: string | null, 
/**
 * The wish. 
 */
share: ShareDraft, } | { "call": "switch_share", 
/**
 * Which. 
 */
mount: string, 
/**
 * Whether it is offered. 
 */
on: boolean, } | { "call": "remove_share", 
/**
 * Which. 
 */
mount: string, } | { "call": "restore_share", 
/**
 * Where it was. 
 */
mount: string, } | { "call": "preview_share", 
/**
 * Its mount point until now; `null`: a new one. 
 */
was: string | null, 
/**
 * The wish. 
 */
share: ShareDraft, 
/**
 * Through whose eyes. 
 */
viewer: Viewer, } | { "call": "people" } | { "call": "save_person", 
/**
 * Its name until now; `null`: a new one. 
 */
was: string | null, 
/**
 * The wish. 
 */
person: PersonDraft, } | { "call": "remove_person", 
/**
 * Whose. 
 */
name: string, } | { "call": "rename_device", 
/**
 * Which. 
 */
id: string, 
/**
 * The name. 
 */
name: string, } | { "call": "revoke_device", 
/**
 * Which. 
 */
id: string, } | { "call": "unban", 
/**
 * From where. 
 */
address: string, } | { "call": "invite", 
/**
 * The share. 
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
 * The wish. 
 */
link: LinkDraft, } | { "call": "stat_files", 
/**
 * Absolute. 
 */
paths: Array<string>, } | { "call": "share_files", 
/**
 * Which, absolute. 
 */
paths: Array<string>, 
/**
 * The wish; its target does not count. 
 */
link: LinkDraft, } | { "call": "change_link", 
/**
 * Which. 
 */
id: string, 
/**
 * The wish. 
 */
link: LinkDraft, } | { "call": "revoke_link", 
/**
 * Which. 
 */
id: string, } | { "call": "activity" } | { "call": "clear_activity" } | { "call": "set_banner", 
/**
 * The text. 
 */
text: string | null, 
/**
 * How long. 
 */
seconds: number, } | { "call": "pause_transfer", 
/**
 * Which. 
 */
id: number, 
/**
 * Pause it. 
 */
paused: boolean, } | { "call": "stop_transfer", 
/**
 * Which. 
 */
id: number, } | { "call": "kick", 
/**
 * Whose. 
 */
whom: Kick, } | { "call": "host_path", 
/**
 * Virtual path. 
 */
path: string, } | { "call": "settings" } | { "call": "change_settings", 
/**
 * Values by name. 
 */
values: { [key in string]: string | null }, } | { "call": "set_safety", 
/**
 * Which. 
 */
level: SafetyLevel, } | { "call": "lan" } | { "call": "trust_network", 
/**
 * Which. 
 */
id: string, 
/**
 * Whether. 
 */
trusted: boolean, } | { "call": "self_check" } | { "call": "qr", 
/**
 * What it carries. 
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
 * Which option, volume or line.
 */
at: string, 
/**
 * One plain sentence, with what to do.
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
