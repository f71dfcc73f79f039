// What a queue is given when it is made.
import type { WhenTaken } from "./handshake.ts";
import type { Hasher } from "./hasher.ts";
import type { Item, Source } from "./item.ts";
import type { Peek } from "./peek.ts";
import type { Transport } from "./transport.ts";

export interface QueueOptions {
  hasher: Hasher;
  post: Transport;
  /** path the server is hosted under, "" or "/sub/path" */
  base: string;
  /** whether small files share requests; default: false */
  bundles?: boolean;
  /** maximum number of concurrent requests, at least 1 */
  parallel: number;
  whenTaken: WhenTaken;
  /** maximum bytes per request, if the server states one */
  limit?: number;
  /** milliseconds before the first retry after a lost connection */
  pause?: number;
  /** transport for deleting cancelled uploads, also while the page is being left; default: `post` */
  keepalive?: Transport;
  /** milliseconds during which cancelling can be undone */
  grace?: number;
  /** called when a file is added, and when it is done, skipped or cancelled; the rest can be asked for after a reload */
  unfinished?: { add(source: Source): void; remove(source: Source): void };
  /** whether files are hashed while others are sent; default: true */
  hashAhead?: boolean;
  /** looks whether a file of the same name, size and date is there already, for files that ask for it (`Source.quick`) */
  peek?: Peek;
  /** called when a file is complete */
  finished?: (item: Item) => void;
}
