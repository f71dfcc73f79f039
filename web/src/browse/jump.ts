// Finds a name in the list while it is typed. Letters alone are shortcuts, so a key of its own opens a small field.
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { App } from "./app.ts";
import type { Row } from "./rows.ts";
import type { RowsPart } from "./rows-part.ts";

/** Folded names: each letter that is typed looks at all of them. */
const foldedNames = new WeakMap<Row, string>();

function foldedName(row: Row): string {
  let name = foldedNames.get(row);
  if (name === undefined) {
    name = folded(row.name);
    foldedNames.set(row, name);
  }
  return name;
}

const folded = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/**
 * Returns the position of the next row whose name begins with `text`, from `from` on and around the end; else of the next that
 * contains it; -1: there is none. Case and accents make no difference.
 */
export function matching(rows: readonly Row[], text: string, from: number, step: 1 | -1 = 1): number {
  const wanted = folded(text);
  if (wanted === "" || rows.length === 0) return -1;
  let inside = -1;
  for (let count = 0; count < rows.length; count++) {
    const at = (from + step * count + rows.length * 2) % rows.length;
    const row = rows[at];
    if (!row) continue;
    const place = foldedName(row).indexOf(wanted);
    if (place === 0) return at;
    if (place > 0 && inside < 0) inside = at;
  }
  return inside;
}

/**
 * Opens the field. While it is open, the row that is found is marked, and its name, or that no name fits, is said to screen
 * readers. Enter opens that row, arrow keys go to the next and the previous one, Escape closes.
 */
export function jumpToName(app: App): void {
  if (document.querySelector(".jump")) return;
  const field = document.createElement("input");
  field.type = "search";
  field.autocomplete = "off";
  field.spellcheck = false;
  field.placeholder = t("jump.hint");
  field.setAttribute("aria-label", t("jump.label"));
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  said.className = "sr";
  const box = document.createElement("div");
  box.className = "jump";
  box.append(field, said);
  const list = (): RowsPart | null => document.querySelector<RowsPart>("pl-list, pl-grid");
  const go = (from: number, step: 1 | -1 = 1): void => {
    const rows = app.rows.peek();
    const found = matching(rows, field.value, from, step);
    const row = rows[found];
    const isNone = field.value !== "" && !row;
    box.classList.toggle("none", isNone);
    field.setAttribute("aria-invalid", String(isNone));
    // The list itself shows the row that is found.
    said.className = isNone ? "" : "sr";
    said.textContent = isNone ? t("jump.none", { text: field.value }) : row ? shownName(row.name) : "";
    document.documentElement.classList.toggle("jumping", row !== undefined);
    if (!row) return;
    app.selection.moveTo(row);
    list()?.revealCursor();
  };
  const end = (): void => {
    field.onblur = null;
    document.documentElement.classList.remove("jumping");
    box.remove();
  };
  const cursor = (): number => Math.max(0, app.selection.cursorIndex());
  field.addEventListener("input", () => go(cursor()));
  field.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) go(cursor() + step, step);
    else if (event.key === "Escape" || event.key === "Enter" || event.key === "Tab") {
      const row = app.rows.peek()[app.selection.cursorIndex()];
      end();
      list()?.focusCursor();
      if (event.key === "Enter" && row && field.value !== "") app.open(row);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  field.onblur = end;
  document.querySelector("main")?.append(box);
  field.focus({ preventScroll: true });
}
