// The search box in the header: words and keys, with completions while one types. On narrow screens it opens over the header.
import { effect, type ReadonlySignal, signal } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../../kit/words.ts";
import type { Suggestion } from "../api/types.gen.ts";
import { icon } from "../parts/icon.ts";
import { Part } from "../parts/part.ts";
import type { App } from "./app.ts";
import { focusList, isFocusElsewhere } from "./focus.ts";

/** Milliseconds after the last key until completions are asked for, and until the search starts. */
const SUGGEST_MS = 120;
const SEARCH_MS = 400;

export class SearchBox extends Part {
  app!: App;
  private readonly suggestions = signal<readonly Suggestion[]>([]);
  /** position of the chosen completion; -1: none */
  private readonly chosen = signal(-1);
  /** whether the box covers the header of a narrow screen */
  private readonly isOpen = signal(false);
  private timers: number[] = [];
  private asking: AbortController | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.app.onPlace((place) => {
      const { input } = this;
      if (input && document.activeElement !== input) input.value = place.search ?? "";
    });
  }

  /** From then on the text is the visitor's: a drawing must not replace what is being typed. */
  protected override firstUpdated(): void {
    if (this.input) this.input.value = this.app.router.place.peek().search ?? "";
  }

  private get input(): HTMLInputElement | null {
    return this.querySelector("input");
  }

  /** Puts the cursor into the box. */
  override focus(): void {
    this.isOpen.value = true;
    void this.updateComplete.then(() => {
      this.input?.focus();
      this.input?.select();
    });
  }

  protected override render(): unknown {
    const { search } = this.app;
    const list = this.suggestions.value;
    const chosen = this.chosen.value;
    return html`<button class="icon find-open" type="button" aria-label=${t("search.open")} title=${t("search.open")} @click=${() => this.focus()}>
        ${icon("search")}
      </button>
      <form class="find ${this.isOpen.value ? "open" : ""}" role="search" @submit=${this.submit} @focusout=${this.leave}>
        ${icon("search")}
        <input
          type="search"
          dir="auto"
          name="q"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          role="combobox"
          aria-label=${t("search.label")}
          aria-autocomplete="list"
          aria-expanded=${list.length > 0 ? "true" : "false"}
          aria-controls="find-list"
          aria-activedescendant=${chosen >= 0 ? `find-${chosen}` : nothing}
          aria-invalid=${search.failure.value ? "true" : nothing}
          placeholder=${t("search.hint")}
          title=${t("search.key")}
          @input=${this.type}
          @keydown=${this.key}
        />
        <button class="tool" type="button" aria-haspopup="dialog" @click=${this.form}>${icon("settings")}<span>${t("search.form")}</span></button>
        <ul id="find-list" role="listbox" aria-label=${t("search.suggestions")} ?hidden=${list.length === 0}>
          ${list.map((suggestion, at) => this.suggestion(suggestion, at, at === chosen))}
        </ul>
      </form>`;
  }

  private suggestion({ label, text, kind }: Suggestion, at: number, isChosen: boolean): TemplateResult {
    // Before the box loses the focus.
    const take = (event: Event): void => {
      event.preventDefault();
      this.complete(text, kind === "value");
    };
    return html`<li id="find-${at}" role="option" aria-selected=${isChosen ? "true" : "false"} @pointerdown=${take}><bdi>${label}</bdi></li>`;
  }

  private readonly type = (): void => {
    const text = this.input?.value ?? "";
    for (const timer of this.timers) clearTimeout(timer);
    const later = (ms: number, run: () => void): number => setTimeout(run, ms) as unknown as number;
    this.timers = [later(SUGGEST_MS, () => void this.suggest(text)), later(SEARCH_MS, () => this.search(text, false))];
  };

  private async suggest(text: string): Promise<void> {
    this.asking?.abort();
    this.asking = new AbortController();
    try {
      const list = text.trim() === "" ? [] : await this.app.api.suggest(text, this.app.path.peek(), this.asking.signal);
      if (this.input?.value !== text || document.activeElement !== this.input) return;
      this.chosen.value = -1;
      this.suggestions.value = list;
    } catch {
      // Completions are a help; the search itself says what is wrong.
      this.suggestions.value = [];
    }
  }

  private complete(text: string, whole: boolean): void {
    const { input } = this;
    if (!input) return;
    input.value = whole ? `${text} ` : text;
    input.focus();
    this.suggestions.value = [];
    this.type();
  }

  private readonly key = (event: KeyboardEvent): void => {
    const list = this.suggestions.value;
    const at = this.chosen.value;
    if (event.key === "ArrowDown" && list.length > 0) this.chosen.value = (at + 1) % list.length;
    else if (event.key === "ArrowUp" && list.length > 0) this.chosen.value = (at <= 0 ? list.length : at) - 1;
    else if ((event.key === "Enter" || event.key === "Tab") && list[at])
      this.complete(list[at].text, list[at].kind === "value");
    else if (event.key === "Escape" && list.length > 0) this.suggestions.value = [];
    else if (event.key === "Escape") this.end();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  private readonly submit = (event: Event): void => {
    event.preventDefault();
    this.search(this.input?.value ?? "", true);
    this.input?.blur();
    void this.focusFound();
  };

  /** Moves the focus to the first result once it is here, unless the visitor has gone elsewhere meanwhile. */
  private async focusFound(): Promise<void> {
    const { running, question } = this.app.search;
    await settled(running);
    const [first] = this.app.rows.peek();
    if (question.peek() && first && !isFocusElsewhere()) this.app.selection.moveTo(first);
    await focusList(this.app);
  }

  private readonly leave = (event: FocusEvent): void => {
    if (event.relatedTarget instanceof Node && this.contains(event.relatedTarget)) return;
    this.suggestions.value = [];
    this.isOpen.value = false;
  };

  /** Starts a search. The first one adds an entry to the history; the next ones change it, so that "back" leaves the search. */
  private search(text: string, now: boolean): void {
    for (const timer of this.timers) clearTimeout(timer);
    if (now) this.suggestions.value = [];
    const { router } = this.app;
    const place = router.place.peek();
    const words = text.trim() === "" ? undefined : text.trim();
    if (words === place.search) return;
    if (words === undefined) this.app.endSearch();
    else if (place.search === undefined) router.go({ ...place, search: words, shown: undefined, fragment: "" });
    else {
      router.replace({ search: words });
      this.app.searchFor(router.place.peek());
    }
  }

  private end(): void {
    const { input } = this;
    if (input) input.value = "";
    input?.blur();
    this.app.endSearch();
  }

  private readonly form = (): void => {
    void import("../search/form.ts").then(({ openSearchForm }) => openSearchForm(this.app));
  };
}

/** Resolves when a signal is false. */
function settled(running: ReadonlySignal<boolean>): Promise<void> {
  return new Promise((resolve) => {
    let stop: (() => void) | undefined;
    stop = effect(() => {
      if (running.value) return;
      queueMicrotask(() => stop?.());
      resolve();
    });
  });
}

customElements.define("pl-search", SearchBox);
