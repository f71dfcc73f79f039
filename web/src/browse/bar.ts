// The bar above the list: view, order, counts and download; while rows are selected, what can be done with them.

import { html, nothing, type TemplateResult } from "lit";
import { sentences } from "../../kit/locale.ts";
import { t } from "../../kit/words.ts";
import type { UnsearchedVolume } from "../api/types.gen.ts";
import { isNarrow } from "../parts/device.ts";
import { icon } from "../parts/icon.ts";
import { type MenuItem, openMenu } from "../parts/menu.ts";
import { Part } from "../parts/part.ts";
import type { App } from "./app.ts";
import { columnsOf, inMenu, isShown, toggled } from "./columns.ts";
import { decoded } from "./decoded.ts";
import { hasIndexPage, indexChoice, keepIndexChoice } from "./index-page.ts";
import { example, NOTATION_NAMES, notation } from "./key-notation.ts";
import { rowMenu } from "./row-menu.ts";
import type { Row } from "./rows.ts";
import type { Question } from "./search-store.ts";
import { apart, counts, sumText } from "./texts.ts";

/** Most actions that the selection bar shows as buttons; the others are in its menu. */
const BUTTONS_MAX = 6;
const BUTTONS_MAX_NARROW = 2;

export class FolderBar extends Part {
  app!: App;
  /** how many actions the selection bar shows as buttons, so that they have room in one line of a wide window; found by drawing more */
  private most = BUTTONS_MAX;
  private width = 0;

  protected override updated(): void {
    const bar = this.querySelector<HTMLElement>(".selection");
    const button = bar?.querySelector<HTMLElement>("button");
    if (!bar || !button) {
      this.width = 0;
    } else if (this.most > 0 && !isNarrow() && bar.clientHeight > button.offsetHeight * 1.5) {
      this.most = Math.min(this.most, bar.querySelectorAll(".tool:not([aria-haspopup])").length) - 1;
      this.requestUpdate();
    }
  }

  protected override render(): unknown {
    const isStale = this.app.isStale.value;
    const selected = isStale ? [] : this.app.selection.rows.value;
    return html`<p class="sr" role="status">${isStale ? this.summary() : ""}</p><div class="bar ${selected.length > 0 ? "selecting" : ""}" ?inert=${isStale}>
      ${selected.length > 0 ? this.selection(selected) : this.folder()}
    </div>`;
  }

  private folder(): TemplateResult {
    const { app } = this;
    const view = app.view.value.value;
    const button = (mode: "list" | "grid"): TemplateResult =>
      html`<button type="button" aria-pressed=${view.mode === mode ? "true" : "false"} @click=${() => app.view.change({ mode })}>
        ${icon(mode)}<span>${t(`view.${mode}`)}</span>
      </button>`;
    const question = app.search.question.value;
    return html`${question ? this.search(question) : nothing}<div class="segmented" role="group" aria-label=${t("view.label")}>${button("list")}${button("grid")}</div>
      <button class="tool" type="button" aria-haspopup="menu" @click=${(event: Event) => this.sortMenu(event.currentTarget as Element)}>
        ${icon("sort")}<span>${this.sortText()}</span>
      </button>
      <button class="tool" type="button" aria-haspopup="menu" @click=${(event: Event) => this.viewMenu(event.currentTarget as Element)}>
        ${icon("settings")}<span>${t("view.options")}</span>
      </button>
      ${this.folderActions()}
      ${question ? nothing : html`<p class="summary">${this.summary()}</p>`}
      ${this.download()}`;
  }

  /** What can be done with the folder itself. */
  private folderActions(): unknown {
    const actions = this.app.folderActions.filter((action) => action.when());
    const rest = actions.filter(({ inBar }) => !inBar);
    const open = (event: Event): void =>
      openMenu(
        event.currentTarget as Element,
        t("folder.actions"),
        rest.map((action) => ({
          label: action.label(),
          icon: action.icon,
          ...(action.hint === undefined ? {} : { hint: action.hint }),
          run: () => void action.run(),
        })),
      );
    return html`${
      rest.length > 0
        ? html`<button class="icon" type="button" aria-haspopup="menu" aria-label=${t("folder.actions")} title=${t("folder.actions")} @click=${open}>
            ${icon("more")}
          </button>`
        : nothing
    }
    ${actions
      .filter(({ inBar }) => inBar)
      .map(
        (action) =>
          html`<button class="tool" type="button" @click=${() => void action.run()}>${icon(action.icon)}<span>${action.label()}</span></button>`,
      )}`;
  }

  /** What is searched for, and where; with the way back. */
  private search(question: Question): TemplateResult {
    const { app } = this;
    const { results, running } = app.search;
    const found = results.value;
    const count = found ? t(found.truncated ? "search.foundMore" : "search.found", { n: found.rows.length }) : "";
    const scope = (everywhere: boolean): TemplateResult =>
      html`<button type="button" aria-pressed=${String(everywhere === question.everywhere)} @click=${() => this.rescope(everywhere)}>
        ${t(everywhere ? "search.everywhere" : "search.here")}
      </button>`;
    return html`<div class="results">
      <p role="status">${running.value ? t("search.running") : count}</p>
      ${found?.truncated && question.limit === undefined && !running.value ? html`<button class="tool" type="button" @click=${() => void app.search.more()}>${icon("plus")}<span>${t("control.more")}</span></button>` : nothing}
      ${found && found.unsearched.length > 0 ? html`<p class="note bad">${unsearchedText(found.unsearched)}</p>` : nothing}
      <div class="segmented" role="group" aria-label=${t("search.scope")}>${scope(false)}${scope(true)}</div>
      <button class="tool" type="button" @click=${() => app.endSearch()}>${icon("x")}<span>${t("search.close")}</span></button>
    </div>`;
  }

  private rescope(everywhere: boolean): void {
    const { app } = this;
    app.router.replace({ everywhere });
    app.searchFor(app.router.place.peek());
  }

  private summary(): unknown {
    const { app } = this;
    const listing = app.folder.listing.value;
    if (app.isStale.value) return apart([app.title.value, t("list.loading")]);
    if (!listing) return "";
    const { head, complete, rows, truncated } = listing;
    // What is below says so.
    if (head.folders + head.files === 0 && rows.length === 0) return "";
    const parts = [counts(head.folders, head.files), sumText(rows, complete ? undefined : head.bytes)];
    if (!complete) parts.push(t("list.loading"));
    if (truncated) parts.push(t("list.more"));
    return apart(parts.filter(Boolean));
  }

  private download(): unknown {
    const { app } = this;
    const head = app.head.value;
    if (!head?.may.archive || app.search.question.value || head.folders + head.files === 0) return nothing;
    const here = app.base + app.path.value;
    const open = (event: Event): void =>
      openMenu(event.currentTarget as Element, t("list.download"), [
        { label: t("list.zip"), icon: "archive", href: `${here}?zip` },
        { label: t("list.tar"), icon: "archive", href: `${here}?tar` },
        { label: t("list.tgz"), icon: "archive", href: `${here}?tar=gz` },
        { label: t("list.zip.old"), icon: "archive", href: `${here}?zip=dos`, separated: true },
        { label: t("list.zip.crc"), icon: "archive", href: `${here}?zip=crc` },
      ]);
    return html`<button class="btn ${head.may.upload ? "" : "primary"}" type="button" id="download" aria-haspopup="menu" @click=${open}>
      ${icon("download")}${t("list.download")}${icon("down")}
    </button>`;
  }

  private sortText(): string {
    const [first] = this.app.levels.value;
    if (!first && this.app.search.question.value) return t("search.best");
    const id = first?.column ?? "name";
    const column = columnsOf(this.app.tags.value).find((one) => one.id === id);
    return t("view.sort", { column: column?.label ?? t("list.name") });
  }

  private sortMenu(anchor: Element): void {
    const { app } = this;
    const { view } = app;
    const { foldersFirst } = view.value.peek();
    const current = app.levels.peek()[0] ?? { column: "name", descending: false };
    const columns = [{ id: "name", label: t("list.name") }, ...inMenu(columnsOf(app.tags.peek()))];
    openMenu(anchor, t("view.order"), [
      ...columns.map(({ id, label }) => ({
        label,
        checked: id === current.column,
        run: () => app.sortBy(id),
      })),
      {
        label: t("view.descending"),
        checked: current.descending,
        separated: true,
        run: () => app.sortBy(current.column),
      },
      { label: t("view.foldersFirst"), checked: foldersFirst, run: () => view.change({ foldersFirst: !foldersFirst }) },
    ]);
  }

  private viewMenu(anchor: Element): void {
    const { app } = this;
    const { view } = app;
    const now = view.value.peek();
    // Narrow screens show size and date below the name, and no columns.
    const columns = now.mode === "list" && !isNarrow() ? columnsOf(app.tags.peek()) : [];
    const { below } = app.router.place.peek();
    openMenu(anchor, t("view.options"), [
      ...inMenu(columns).map((column) => ({
        label: t("view.column", { column: column.label }),
        checked: isShown(column, now),
        run: () => view.change(toggled(column, now)),
      })),
      ...(now.mode === "grid"
        ? [
            { label: t("view.larger"), icon: "plus", hint: "Shift+D", run: () => view.zoom(1) },
            { label: t("view.smaller"), icon: "minus", hint: "Shift+A", run: () => view.zoom(-1) },
            {
              label: t("view.thumbnails"),
              checked: now.thumbnails,
              run: () => view.change({ thumbnails: !now.thumbnails }),
            },
          ]
        : []),
      ...(columns.some(({ id }) => id === "tag:key") ? keyNotations() : []),
      {
        label: t("view.below"),
        checked: below,
        separated: columns.length > 0 || now.mode === "grid",
        run: () => app.router.go({ ...app.router.place.peek(), below: !below, shown: undefined }),
      },
      ...(app.may.peek().dotfiles
        ? [
            {
              label: t("view.dots"),
              checked: now.dots,
              run: () => {
                view.change({ dots: !now.dots });
                void app.refresh();
              },
            },
          ]
        : []),
      ...this.ownPage(),
      {
        label: t("view.keep"),
        checked: view.isKept.peek(),
        separated: true,
        run: () => view.keep(!view.isKept.peek()),
      },
      {
        label: t("view.more"),
        icon: "none",
        run: () => void import("./view-options.ts").then(({ openViewOptions }) => openViewOptions(app)),
      },
    ]);
  }

  /** The choice between the list of a folder and its own page: where there is one, and everywhere once pages are chosen. */
  private ownPage(): MenuItem[] {
    const { base, folder, path, search } = this.app;
    const listing = folder.listing.peek();
    const isHere = !search.question.peek() && listing !== undefined && hasIndexPage(listing);
    const checked = indexChoice() === "y";
    const run = (): void => {
      keepIndexChoice(base, checked ? "n" : "y");
      if (isHere && !checked) location.assign(base + path.peek());
    };
    return isHere || checked ? [{ label: t("view.index"), checked, run }] : [];
  }

  private selection(rows: readonly Row[]): TemplateResult {
    const { app } = this;
    const sum = app.selection.isGrowing() ? t("list.loading") : sumText(rows);
    const actions = app.actionsFor(rows);
    if (this.width !== window.innerWidth)
      [this.width, this.most] = [window.innerWidth, isNarrow() ? BUTTONS_MAX_NARROW : BUTTONS_MAX];
    // A link for others is shared; the one to copy, for people who may open it anyway, is in the menu then.
    const isShared = actions.some(({ id }) => id === "share");
    const buttons = actions.filter(({ id, inBar }) => inBar && !(isShared && id === "link")).slice(0, this.most);
    const rest = actions.filter((action) => !buttons.includes(action));
    const everything =
      rows.length < app.rows.value.length
        ? [
            { label: t("select.all"), icon: "check", hint: "Ctrl+A", separated: true, run: () => app.selection.all() },
            { label: t("select.invert"), icon: "none", run: () => app.selection.invert() },
          ]
        : [];
    return html`<div class="selection" role="toolbar" aria-label=${t("select.bar")}>
      <button class="icon" type="button" aria-label=${t("select.none")} title=${t("select.none")} @click=${() => app.selection.clear()}>
        ${icon("x")}
      </button>
      <b aria-live="polite">${t("select.count", { n: rows.length })}${sum ? html`<small><bdi>${sum}</bdi></small>` : nothing}</b>
      ${buttons.map(
        (action) =>
          html`<button class="tool ${action.bad ? "bad" : ""}" type="button" @click=${() => app.run(action, rows)}>
            ${icon(action.icon)}<span>${action.label(rows)}</span>
          </button>`,
      )}
      ${
        rest.length > 0
          ? html`<button
              class="tool"
              type="button"
              aria-haspopup="menu"
              @click=${(event: Event) => openMenu(event.currentTarget as Element, t("select.more"), [...rowMenu(app, rows), ...everything])}
            >
              ${icon("more")}<span>${t("select.more")}</span>
            </button>`
          : nothing
      }
    </div>`;
  }
}

/** Says which volumes could not be searched, and why. */
function unsearchedText(volumes: readonly UnsearchedVolume[]): string {
  const named = volumes.map(({ path, why }) => t("search.unsearched.one", { name: decoded(path), why }));
  return sentences([t("search.unsearched", { n: volumes.length }), ...named]);
}

/** How musical keys are written; choosing the current one again shows them as the files have them. */
const keyNotations = (): MenuItem[] =>
  NOTATION_NAMES.map((name, at) => ({
    label: t("view.keys", { example: example(name) }),
    checked: notation.peek() === name,
    separated: at === 0,
    run: () => {
      notation.value = notation.peek() === name ? undefined : name;
    },
  }));

customElements.define("pl-bar", FolderBar);
