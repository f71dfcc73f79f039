// Base class of the panes: access to the store, error messages, and notifications.
import { LitElement } from "lit";
import type { Call, ControlError, FaultAt } from "../../web/kit/types.gen.ts";
import { type Answer, type Native, Refused } from "./api.ts";
import { sentenceOf } from "./errors.ts";
import { errorNote, loading } from "./fields.ts";
import { type Store, type Topic, Watch } from "./store.ts";

/** Functions of the window for its panes. */
export interface Frame {
  /** Shows a message at the bottom of the window for a short time, optionally with an undo button. */
  notify(sentence: string, undo?: { label: string; press: () => void }): void;
  /** Opens another pane; `detail` is for that pane. */
  go(pane: string, detail?: unknown): void;
}

/** An element in the light DOM that watches topics. `store` and `frame` must be set before it is connected. */
export abstract class Pane extends LitElement {
  store!: Store;
  frame!: Frame;
  /** Data from the pane that opened this one. */
  detail: unknown = undefined;
  /** Errors of the last refused call, by field. */
  protected faults: readonly FaultAt[] = [];
  /** Error of the last call; empty: none. */
  protected error = "";
  /** Code of the last refusal. */
  protected refusedAs: ControlError["code"] | undefined;
  protected busy = false;
  private watch: Watch | undefined;

  /** The topics that redraw it. */
  protected abstract readonly topics: readonly Topic[];

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    this.watch ??= new Watch(this, this.store, this.topics);
    super.connectedCallback();
  }

  protected get native(): Native | null {
    return this.store.api.native;
  }

  /**
   * Calls a function of the desktop program and shows its error at the bottom of the window. Resolves to undefined if it failed,
   * or in a browser. Panes call the desktop only through this, so that every failure is shown.
   */
  protected async callNative<T>(action: (native: Native) => Promise<T>): Promise<T | undefined> {
    const { native } = this;
    if (!native) return undefined;
    try {
      return await action(native);
    } catch (reason) {
      this.frame.notify(sentenceOf(reason));
      return undefined;
    }
  }

  /** Renders the refusal of a topic, or a placeholder while it is loading. */
  protected pending(topic: Topic): unknown {
    const refusal = this.store.refusal(topic);
    return refusal === undefined ? loading() : errorNote(refusal);
  }

  /**
   * Runs an action that may be refused. On failure sets `error` and `faults` and resolves to undefined.
   */
  protected async attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    this.busy = true;
    this.error = "";
    this.faults = [];
    this.refusedAs = undefined;
    this.requestUpdate();
    try {
      return await action();
    } catch (reason) {
      this.error = sentenceOf(reason);
      this.faults = reason instanceof Refused ? reason.faults : [];
      this.refusedAs = reason instanceof Refused ? reason.code : undefined;
      return undefined;
    } finally {
      this.busy = false;
      this.requestUpdate();
    }
  }

  /** Calls the server and shows an error at the bottom of the window; resolves to undefined on failure. */
  protected async tryAsk<C extends Call>(call: C): Promise<Answer<C> | undefined> {
    try {
      return await this.store.ask(call);
    } catch (reason) {
      this.frame.notify(sentenceOf(reason));
      return undefined;
    }
  }
}
