// In-memory fake server for development and tests of the window: `?fake`, `?fake=new` for the first start, `?fake=empty` for a
// server without shares, `&desktop` for the desktop program. Not part of the product.
import type {
  Answers,
  Call,
  ControlError,
  Job,
  Link,
  LinkDraft,
  Notice,
  PersonDraft,
  Share,
  ShareIndex,
} from "../../web/kit/types.gen.ts";
import { type AdminApi, type Answer, ConnectionLost, type Desktop, Failed, type Native, Refused } from "./api.ts";
import * as data from "./fake/data.ts";
import { fakeFindings, fakeIndexes, fakeSkipped } from "./fake/indexes.ts";
import { fakeOptions } from "./fake/options.ts";
import { fakePicture } from "./fake/picture.ts";
import { fakePreview, faultsOf, rightsOf } from "./fake/preview.ts";

type Handlers = { [C in Call["call"]]: (call: Extract<Call, { call: C }>) => Answers[C] };

/** The fake server, with switches that tests set. */
export class FakeServer {
  /** All calls so far, oldest first. */
  readonly calls: Call[] = [];
  /** Actions of the desktop program so far, as text. */
  readonly actions: string[] = [];
  /** Simulates a server that cannot be reached. */
  isAway = false;
  /** Refuses every call with this sentence, if it is not empty. */
  refusal = "";
  /** Milliseconds before an answer. */
  delay = 20;
  show: (pane: string) => void = () => {};
  sharePaths: (paths: string[]) => void = () => {};
  private readonly listeners = new Set<(notice: Notice) => void>();
  private serial = 100;

  /** Shares that were removed, by mount point. */
  private readonly removed = new Map<string, Share>();
  /** Error sentence of every desktop call; empty: calls succeed. */
  failure = "";

  shares = data.fakeShares();
  overview = data.fakeOverview(this.shares);
  people = data.fakePeople();
  jobs: Job[] = [
    { id: 1, name: "Delete expired files", state: { is: "idle" }, done: 2, total: 2, can_cancel: false },
    { id: 2, name: "Remove abandoned uploads", state: { is: "idle" }, done: 2, total: 2, can_cancel: false },
  ];
  indexes = fakeIndexes(this.shares);
  links = data.fakeLinks();
  activity = data.fakeActivity();
  lan = data.fakeLan();
  checks = data.fakeChecks();
  settings: Answers["settings"] = {
    options: fakeOptions(),
    safety: "home",
    command_line: "potluck-server -v '/home/anna/Pictures:photos:r,ben,clara' --name 'Kitchen PC' --dedup",
    toml: '[general]\nname = "Kitchen PC"\n\n[[volume]]\nmount = "/photos"\nfolder = "/home/anna/Pictures"\n',
    file: "/home/anna/.config/potluck/potluck.toml",
  };

  constructor(scenario: string) {
    if (scenario === "port") {
      const code = "port_taken" as const;
      const sentence =
        "Port 3923 belongs to the program copyparty, so Potluck uses 3924 instead. To use 3923 again, quit that program and restart Potluck.";
      this.overview.problems = [{ code, sentence }];
    }
    const isNew = scenario === "new" || scenario === "port";
    if (isNew || scenario === "empty") this.shares = [];
    if (isNew) {
      this.overview = {
        ...this.overview,
        is_new: true,
        sharing: { is: "off" },
        problems: scenario === "port" ? this.overview.problems : [],
        connected: 0,
        transfers: 0,
      };
      if (this.lan.network) this.lan.network.trust = "unknown";
    }
  }

  emit(notice: Notice): void {
    for (const listener of this.listeners) listener(notice);
  }

  listen(listener: (notice: Notice) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async call<C extends Call>(call: C): Promise<Answer<C>> {
    await new Promise((done) => setTimeout(done, this.delay));
    if (this.isAway) throw new ConnectionLost("away");
    this.calls.push(call);
    if (this.refusal !== "") refuse("not_here", this.refusal);
    const handle = this.handlers[call.call] as (call: Call) => unknown;
    // Copied through JSON, as with a real server: the window shares no objects with it.
    return JSON.parse(JSON.stringify(handle(call))) as Answer<C>;
  }

  /** Indexes of the shares that there are now. */
  private shownIndexes(): ShareIndex[] {
    const known = new Map(this.indexes.map((index) => [index.mount, index]));
    this.indexes = fakeIndexes(this.shares).map((fresh) => {
      const before = known.get(fresh.mount);
      const isSame = before && (before.state.is === "off") === (fresh.state.is === "off");
      return isSame ? before : fresh;
    });
    return this.indexes;
  }

  private changeIndex(mount: string, change: Partial<ShareIndex>): ShareIndex[] {
    const before = this.shownIndexes().find((index) => index.mount === mount);
    if (!before || before.state.is === "off") refuse("not_found", "This shared folder has no index.");
    this.indexes = this.indexes.map((index) => (index.mount === mount ? { ...index, ...change } : index));
    return this.indexes;
  }

  private changed(): void {
    this.overview = { ...this.overview, generation: this.overview.generation + 1 };
    setTimeout(() => this.emit({ kind: "settings_changed" }), 30);
  }

  private readonly handlers: Handlers = {
    overview: () => ({ ...this.overview, shares: this.shares }),
    status: () => ({
      version: "0.1.0",
      since_ms: 0,
      generation: 1,
      addresses: data.addresses,
      connections: [],
      volumes: [],
    }),
    set_sharing: ({ sharing }) => {
      const is =
        sharing.is === "pause" ? { is: "paused" as const, until_ms: Date.now() + sharing.seconds * 1000 } : sharing;
      const waits = is.is === "on" && this.lan.network?.trust !== "trusted";
      this.overview = { ...this.overview, sharing: waits ? { is: "waiting" } : is };
      return { ...this.overview, shares: this.shares };
    },
    welcomed: () => {
      this.overview = { ...this.overview, is_new: false };
      return { ...this.overview, shares: this.shares };
    },
    set_banner: ({ text, seconds }) => {
      if (text !== null && text.trim() === "") refuse("bad_settings", "Enter a text to show.");
      const banner = text === null ? null : { text, until_ms: Date.now() + seconds * 1000 };
      this.overview = { ...this.overview, banner };
      return { ...this.overview, shares: this.shares };
    },
    shares: () => this.shares,
    save_share: ({ was, share }) => {
      const faults = faultsOf(share, was, this.shares);
      if (faults.length > 0) refuse("bad_settings", "The share was not saved: something is wrong with it.", faults);
      if (/missing/.test(share.folder) && !share.make_folder)
        refuse("no_folder", `There is no folder ${share.folder}.`, [
          { at: "folder", sentence: `There is no folder ${share.folder}. Check the spelling, or create it.` },
        ]);
      const rest = this.shares.filter(({ mount }) => mount !== was);
      const old = this.shares.find(({ mount }) => mount === was);
      const kept = share.rules
        ? share.rules.join(", ")
        : share.may === "custom" || share.who.is === "custom"
          ? (old?.rights ?? "r *")
          : rightsOf(share);
      this.shares = [...rest, data.made(share, kept)];
      this.changed();
      return this.shares;
    },
    switch_share: ({ mount, on }) => {
      this.shares = this.shares.map((share) => (share.mount === mount ? { ...share, on } : share));
      this.changed();
      return this.shares;
    },
    restore_share: ({ mount }) => {
      const share = this.removed.get(mount);
      if (!share) refuse("not_found", "This shared folder no longer exists.");
      this.shares = [...this.shares, share];
      this.changed();
      return this.shares;
    },
    remove_share: ({ mount }) => {
      for (const share of this.shares) if (share.mount === mount) this.removed.set(mount, share);
      this.shares = this.shares.filter((share) => share.mount !== mount);
      this.changed();
      return this.shares;
    },
    preview_share: ({ was, share, viewer }) => fakePreview(share, was, viewer, this.shares),
    people: () => this.people,
    save_person: ({ was, person }) => this.savePerson(was, person),
    remove_person: ({ name }) => {
      this.people.people = this.people.people.filter((person) => person.name !== name);
      this.people.devices = this.people.devices.filter(({ account }) => account !== name);
      this.changed();
      return this.people;
    },
    rename_device: ({ id, name }) => {
      for (const device of this.people.devices) if (device.id === id) device.name = name;
      return this.people;
    },
    revoke_device: ({ id }) => {
      this.people.devices = this.people.devices.filter((device) => device.id !== id);
      return this.people;
    },
    unban: ({ address }) => {
      this.people.bans = this.people.bans.filter((ban) => ban.address !== address);
      return this.people;
    },
    invite: ({ seconds }) => {
      this.serial++;
      const urls = data.addresses.map(({ url }) => `${url}.potluck/join/Xk3v9q2${this.serial}`);
      return {
        urls,
        digits: String(this.serial * 4217)
          .padStart(6, "0")
          .slice(-6),
        seconds,
      };
    },
    links: () => this.links,
    make_link: ({ link }) => {
      this.serial++;
      const made = this.linkFrom(link, `l${this.serial}`);
      this.links = [made, ...this.links];
      return made;
    },
    stat_files: ({ paths }) =>
      paths.map((path) => {
        const name = path.split("/").pop() ?? path;
        if (name === "gone.jpg") refuse("bad_settings", `${path} cannot be shared: there is no such file.`);
        const is_folder = !name.includes(".");
        return { path, name, is_folder, size: is_folder ? 0 : 1_234_567 };
      }),
    share_files: ({ paths, link }) => {
      this.serial++;
      const made = { ...this.linkFrom({ ...link, target: `/files-${this.serial}` }, `l${this.serial}`), files: paths };
      this.links = [made, ...this.links];
      return made;
    },
    change_link: ({ id, link }) => {
      const old = this.links.find((one) => one.id === id);
      if (!old) refuse("not_found", "This link is gone. Make a new one.");
      const pin = link.pin.is === "keep" ? old.has_pin : link.pin.is === "new";
      const changed = {
        ...this.linkFrom(link, id),
        urls: old.urls,
        files: old.files,
        uses: old.uses,
        received: old.received,
        has_pin: pin,
      };
      this.links = this.links.map((one) => (one.id === id ? changed : one));
      return changed;
    },
    revoke_link: ({ id }) => {
      this.links = this.links.filter((link) => link.id !== id);
      return this.links;
    },
    activity: () => this.activity,
    clear_activity: () => {
      this.activity = { ...this.activity, past: [] };
      return this.activity;
    },
    jobs: () => this.jobs,
    pause_job: ({ id, paused }) => this.changeJob(id, paused ? "paused" : "idle"),
    cancel_job: ({ id }) => this.changeJob(id, "cancelled"),
    indexes: () => this.shownIndexes(),
    rescan: ({ mount }) => this.changeIndex(mount, { state: { is: "scanning" }, scanned: 0 }),
    pause_index: ({ mount, paused }) =>
      this.changeIndex(mount, { state: paused ? { is: "paused" } : { is: "up_to_date" } }),
    verify_contents: ({ mount }) =>
      this.changeIndex(mount, {
        verification: {
          is_running: true,
          started_ms: Date.now(),
          ended_ms: null,
          is_cancelled: false,
          files: 3200,
          bytes: 17 * 2 ** 30,
          bytes_total: 96 * 2 ** 30,
          differing: 0,
          unreadable: 0,
        },
      }),
    cancel_verification: ({ mount }) => {
      const before = this.indexes.find((index) => index.mount === mount)?.verification ?? null;
      const verification = before && { ...before, is_running: false, is_cancelled: true, ended_ms: Date.now() };
      return this.changeIndex(mount, { verification });
    },
    skipped_names: () => fakeSkipped(),
    findings: () => fakeFindings(),
    pause_transfer: ({ id, paused }) => {
      const now = this.activity.now.map((one) => (one.id === id ? { ...one, is_paused: paused, speed: 0 } : one));
      this.activity = { ...this.activity, now };
      return this.activity;
    },
    stop_transfer: ({ id }) => {
      this.activity = { ...this.activity, now: this.activity.now.filter((transfer) => transfer.id !== id) };
      return this.activity;
    },
    kick: () => {
      this.activity = { ...this.activity, connections: [] };
      this.emit({ kind: "disconnected", id: 21 });
      return 1;
    },
    host_path: ({ path }) => {
      const share = this.shares.find(({ mount }) => path.startsWith(mount));
      if (!share) refuse("not_found", "This file is not shared any more.");
      return share.folder + path.slice(share.mount.length);
    },
    settings: () => this.settings,
    change_settings: ({ values }) => this.changeSettings(values),
    set_safety: ({ level }) => {
      this.settings = { ...this.settings, safety: level };
      this.changed();
      return this.settings;
    },
    lan: () => this.lan,
    trust_network: ({ trusted }) => {
      if (this.lan.network) this.lan.network.trust = trusted ? "trusted" : "refused";
      const { is } = this.overview.sharing;
      if (is === "waiting" || is === "on") this.overview.sharing = { is: trusted ? "on" : "waiting" };
      return this.lan;
    },
    self_check: () => this.checks,
    qr: ({ text }) => fakePicture(text),
  };

  private savePerson(was: string | null, person: PersonDraft): Answers["save_person"] {
    const taken = person.name !== was && this.people.people.some(({ name }) => name === person.name);
    if (taken)
      refuse("bad_settings", "The person was not saved.", [
        { at: "name", sentence: `${person.name} is there already.` },
      ]);
    const old = this.people.people.find(({ name }) => name === was);
    const now = { shares: [], devices: 0, is_you: false, ...old, name: person.name, is_admin: person.is_admin };
    this.people.people = [...this.people.people.filter(({ name }) => name !== was), now];
    this.changed();
    return this.people;
  }

  private changeJob(id: number, is: "paused" | "idle" | "cancelled"): Job[] {
    const job = this.jobs.find((one) => one.id === id && one.state.is !== "cancelled");
    if (!job) refuse("not_found", "This job has ended. Load the list of jobs again.");
    if (is === "cancelled" && !job.can_cancel) {
      refuse("not_here", "The server needs this job. It can be paused, and goes on after a restart.");
    }
    this.jobs = this.jobs.map((one) => (one.id === id ? { ...one, state: { is } } : one));
    return this.jobs;
  }

  private linkFrom(draft: LinkDraft, id: string): Link {
    const urls = data.addresses.map(({ url }) => `${url}s/q${id}vx83`);
    const { pin, ...rest } = draft;
    const has_pin = pin.is === "new";
    return { ...rest, id, urls, files: [], has_pin, created_ms: Date.now(), uses: 0, received: 0, state: "works" };
  }

  private changeSettings(values: Record<string, string | null>): Answers["settings"] {
    for (const [name, value] of Object.entries(values)) {
      const option = this.settings.options.find((one) => one.name === name);
      const isWrong =
        option?.kind === "number" ? !/^\d+$/.test(value ?? "0") : name === "ports" && /[^\d,-]/.test(value ?? "");
      if (isWrong)
        refuse("bad_settings", "Nothing was changed.", [
          { at: name, sentence: `“${value}” is no number. Write digits only.` },
        ]);
    }
    const options = this.settings.options.map((one) =>
      one.name in values ? { ...one, value: values[one.name] ?? one.default } : one,
    );
    this.settings = { ...this.settings, options };
    this.changed();
    return this.settings;
  }

  native(): Native {
    let desktop: Desktop = {
      start_at_login: false,
      start_hidden: false,
      close_to_tray: true,
      notify: true,
      language: "",
      has_tray: true,
    };
    const note = async (words: string): Promise<void> => {
      if (this.failure !== "") throw new Failed(this.failure);
      this.actions.push(words);
    };
    return {
      pickFolder: async () => "/home/anna/Videos",
      pickFiles: async () => ["/home/anna/Pictures/2026/cake.jpg"],
      openPath: (path) => note(`open ${path}`),
      showInFolder: (path) => note(`show ${path}`),
      openUrl: (url) => note(`browse ${url}`),
      copyText: (text) => note(`copy ${text}`),
      desktop: async () => desktop,
      setDesktop: async (now) => {
        desktop = now;
        await note("set desktop");
      },
      quit: () => note("quit"),
      onRequest: ({ show, share }) => {
        this.show = show;
        this.sharePaths = share;
      },
    };
  }
}

function refuse(code: ControlError["code"], sentence: string, faults: ControlError["faults"] = []): never {
  throw new Refused({ code, sentence, faults });
}

declare global {
  interface Window {
    /** For tests. */
    potluckFake?: FakeServer;
  }
}

export function fakeApi(query: URLSearchParams): AdminApi {
  const server = new FakeServer(query.get("fake") ?? "");
  window.potluckFake = server;
  return {
    call: (call) => server.call(call),
    notices: (listener) => server.listen(listener),
    native: query.has("desktop") ? server.native() : null,
  };
}
