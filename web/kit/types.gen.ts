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

export type Reach = "Lan" | "Vpn" | "Virtual" | "LinkLocal" | "Loopback" | "Socket";

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

export type Kick = { "Connection": { 
/**
 * Its number.
 */
id: number, } } | { "Account": { 
/**
 * Its name.
 */
name: string, } } | { "Peer": { 
/**
 * Without port.
 */
address: string, } };

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
 * When it ends if nobody uses it, seconds from now.
 */
seconds: number, };

export type Notice = { "UploadStarted": Transfer } | { "Progress": { 
/**
 * The transfer.
 */
id: number, 
/**
 * Bytes so far.
 */
done: number, } } | { "UploadFinished": Transfer } | { "TransferFailed": { 
/**
 * The transfer.
 */
id: number, 
/**
 * One plain sentence.
 */
reason: string, } } | { "DownloadStarted": Transfer } | { "DownloadEnded": { 
/**
 * The transfer.
 */
id: number, 
/**
 * Bytes that went out.
 */
done: number, } } | { "Message": { 
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
address: string, } } | "SettingsChanged" | { "Problem": { 
/**
 * One plain sentence with what to do next.
 */
sentence: string, } } | { "Connected": { 
/**
 * Its number.
 */
id: number, 
/**
 * Address and port of the other end.
 */
peer: string, } } | { "Disconnected": { 
/**
 * Its number.
 */
id: number, } } | { "Missed": { 
/**
 * How many.
 */
count: number, } };

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

export type ErrorCode = "BadSettings" | "CannotListen" | "CannotStart" | "CannotSave" | "NotFound";

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
