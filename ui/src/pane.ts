// What the panes have in common: the store, words for what went wrong, and the way back.
import { LitElement } from "lit";
import type { Call, ControlError, FaultAt } from "../../web/kit/types.gen.ts";
import { type Answer, type Native, Refused } from "./api.ts";
import { sentenceOf } from "./errors.ts";
import { trouble, waiting } from "./fields.ts";
import { type Store, type Topic, Watch } from "./store.ts";

/** What the window does for its panes. */
export interface Frame {
  /** Says something once, at the foot of the window, perhaps with a way back. */
  notify(sentence: string, undo?: { label: string; press: () => void }): void;
  /** Opens another pane; `detail` is for that pane. */
  go(pane: string, detail?: unknown): void;
}

/** An element in the light DOM that watches topics. Whoever makes one sets `store` and `frame` first. */
export abstract class Pane extends LitElement {
  store!: Store;
  frame!: Frame;
  /** What another pane sent along. */
  detail: unknown = undefined;
  /** What the server found wrong, for the fields. */
  protected faults: readonly FaultAt[] = [];
  /** What went wrong as a whole; empty: nothing. */
  protected trouble = "";
  /** What kind of refusal that was. */
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
   * Has the desktop do something, and says at the foot of the window why it cannot. Undefined if it failed, or in a
   * browser. The only way in which panes ask the desktop, so that no failure is silent.
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

  /** Instead of what is not known yet: why, or that it takes a moment. */
  protected pending(topic: Topic): unknown {
    const refusal = this.store.refusal(topic);
    return refusal === undefined ? waiting() : trouble(refusal);
  }

  /**
   * Does something that may be refused; what was wrong then stands in `trouble` and `faults`. Undefined if it failed.
   */
  protected async attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    this.busy = true;
    this.trouble = "";
    this.faults = [];
    this.refusedAs = undefined;
    this.requestUpdate();
    try {
      return await action();
    } catch (reason) {
      this.trouble = sentenceOf(reason);
      this.faults = reason instanceof Refused ? reason.faults : [];
      this.refusedAs = reason instanceof Refused ? reason.code : undefined;
      return undefined;
    } finally {
      this.busy = false;
      this.requestUpdate();
    }
  }

  /** Asks the server and says what went wrong at the foot of the window. */
  protected async tryAsk<C extends Call>(call: C): Promise<Answer<C> | undefined> {
    try {
      return await this.store.ask(call);
    } catch (reason) {
      this.frame.notify(sentenceOf(reason));
      return undefined;
    }
  }
}
