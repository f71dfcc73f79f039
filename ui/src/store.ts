// Caches the server's state for the window. Panes watch topics; a watched topic is reloaded when a notice says that it may have
// changed. Notices are coalesced.
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Answers, Call, Notice } from "../../web/kit/types.gen.ts";
import { type AdminApi, type Answer, ConnectionLost } from "./api.ts";

/** Calls without arguments whose answers are kept. */
export type Topic =
  | "overview"
  | "shares"
  | "people"
  | "links"
  | "activity"
  | "settings"
  | "lan"
  | "self_check"
  | "indexes";

/** Topics that a notice may have changed. Progress changes transfers only. */
const TOPICS_CHANGED_BY: Record<Notice["kind"], readonly Topic[]> = {
  upload_started: ["activity", "overview"],
  progress: ["activity"],
  upload_finished: ["activity", "overview", "links"],
  transfer_failed: ["activity", "overview"],
  download_started: ["activity", "overview"],
  download_ended: ["activity", "overview"],
  message: ["activity"],
  settings_changed: ["overview", "shares", "people", "links", "settings", "lan", "self_check", "indexes"],
  device_joined: ["people", "links", "overview"],
  index_progress: ["indexes"],
  problem: ["overview"],
  connected: ["overview"],
  disconnected: ["overview"],
  missed: ["overview", "shares", "people", "links", "activity", "settings", "lan", "indexes"],
};

/** The topic whose new state the answer to a call is. */
const TOPIC_OF_ANSWER: { [C in Call["call"]]?: Topic } = {
  overview: "overview",
  set_sharing: "overview",
  welcomed: "overview",
  set_banner: "overview",
  shares: "shares",
  save_share: "shares",
  switch_share: "shares",
  remove_share: "shares",
  restore_share: "shares",
  people: "people",
  save_person: "people",
  remove_person: "people",
  rename_device: "people",
  revoke_device: "people",
  unban: "people",
  links: "links",
  revoke_link: "links",
  activity: "activity",
  clear_activity: "activity",
  pause_transfer: "activity",
  stop_transfer: "activity",
  settings: "settings",
  change_settings: "settings",
  set_safety: "settings",
  lan: "lan",
  trust_network: "lan",
  self_check: "self_check",
  indexes: "indexes",
  rescan: "indexes",
  pause_index: "indexes",
  verify_contents: "indexes",
  cancel_verification: "indexes",
};

/** Milliseconds during which notices are coalesced. */
const GATHER_MS = 250;
/** Milliseconds between attempts to reach an unreachable server. */
const RETRY_MS = 2000;

export type Change = { topic: Topic } | { lost: boolean } | { notice: Notice };

export class Store {
  readonly api: AdminApi;
  /** True while the server cannot be reached. */
  lost = false;
  private readonly answers: Partial<Answers> = {};
  /** Sequence numbers of calls: an answer to an older call than the last answered one is ignored. */
  private asked = 0;
  private readonly answered = new Map<Topic, number>();
  private readonly refusals = new Map<Topic, string>();
  private readonly watchers = new Map<Topic, number>();
  private readonly listeners = new Set<(change: Change) => void>();
  private readonly stale = new Set<Topic>();
  private refreshTimer: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly unsubscribe: () => void;

  constructor(api: AdminApi) {
    this.api = api;
    this.unsubscribe = api.notices((notice) => this.handleNotice(notice));
  }

  /** Stops timers and notices; for tests. */
  close(): void {
    this.unsubscribe();
    clearTimeout(this.refreshTimer);
    clearTimeout(this.retryTimer);
  }

  /** Returns the last answer for a topic. */
  get<T extends Topic>(topic: T): Answers[T] | undefined {
    return this.answers[topic];
  }

  /** Returns why the last call for a topic was refused; undefined if it was not. */
  refusal(topic: Topic): string | undefined {
    return this.refusals.get(topic);
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Keeps a topic up to date until the returned function is called. */
  watch(topic: Topic): () => void {
    this.watchers.set(topic, (this.watchers.get(topic) ?? 0) + 1);
    void this.refresh(topic);
    return () => this.watchers.set(topic, (this.watchers.get(topic) ?? 1) - 1);
  }

  /** Calls the server and caches an answer that is the state of a topic. Rejects as `AdminApi.call` does. */
  async ask<C extends Call>(call: C): Promise<Answer<C>> {
    const question = ++this.asked;
    try {
      const answer = await this.api.call(call);
      this.setLost(false);
      const topic = TOPIC_OF_ANSWER[call.call];
      if (topic && question > (this.answered.get(topic) ?? 0)) {
        this.answered.set(topic, question);
        this.setAnswer(topic, answer as Answers[Topic]);
      }
      return answer;
    } catch (reason) {
      if (reason instanceof ConnectionLost) this.setLost(true);
      throw reason;
    }
  }

  async refresh(topic: Topic): Promise<void> {
    try {
      await this.ask({ call: topic });
    } catch (reason) {
      // Unreachable: reloaded as soon as the server answers again. Refused: the old answer is kept.
      if (reason instanceof ConnectionLost) return void this.stale.add(topic);
      this.refusals.set(topic, reason instanceof Error ? reason.message : String(reason));
      this.emit({ topic });
    }
  }

  private setAnswer(topic: Topic, answer: Answers[Topic]): void {
    this.refusals.delete(topic);
    Object.assign(this.answers, { [topic]: answer });
    this.emit({ topic });
  }

  private emit(change: Change): void {
    for (const listener of [...this.listeners]) listener(change);
  }

  private handleNotice(notice: Notice): void {
    for (const topic of TOPICS_CHANGED_BY[notice.kind] ?? []) this.stale.add(topic);
    this.emit({ notice });
    this.refreshTimer ??= setTimeout(() => {
      this.refreshTimer = undefined;
      this.refreshStale();
    }, GATHER_MS);
  }

  private refreshStale(): void {
    const topics = [...this.stale];
    this.stale.clear();
    for (const topic of topics) {
      if ((this.watchers.get(topic) ?? 0) > 0) void this.refresh(topic);
    }
  }

  private setLost(lost: boolean): void {
    if (lost && !this.retryTimer) {
      this.retryTimer = setTimeout(() => {
        this.retryTimer = undefined;
        void this.refresh("overview");
      }, RETRY_MS);
    }
    if (lost === this.lost) return;
    this.lost = lost;
    if (!lost) this.refreshStale();
    this.emit({ lost });
  }
}

/** Redraws an element whenever one of its topics has changed. */
export class Watch implements ReactiveController {
  private readonly host: ReactiveControllerHost;
  private readonly store: Store;
  private readonly topics: readonly Topic[];
  private unsubscribers: (() => void)[] = [];

  constructor(host: ReactiveControllerHost, store: Store, topics: readonly Topic[]) {
    this.host = host;
    this.store = store;
    this.topics = topics;
    host.addController(this);
  }

  hostConnected(): void {
    const draw = (change: Change): void => {
      if ("lost" in change || ("topic" in change && this.topics.includes(change.topic))) this.host.requestUpdate();
    };
    this.unsubscribers = [this.store.subscribe(draw), ...this.topics.map((topic) => this.store.watch(topic))];
  }

  hostDisconnected(): void {
    for (const end of this.unsubscribers) end();
    this.unsubscribers = [];
  }
}
