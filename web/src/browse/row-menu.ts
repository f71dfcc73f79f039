// The menu of rows: what can be done with them.
import type { MenuItem } from "../parts/menu.ts";
import type { App } from "./app.ts";
import { keepFolder, type Row } from "./rows.ts";

export function rowMenu(app: App, rows: readonly Row[]): MenuItem[] {
  keepFolder(rows, app.listed());
  return app.actionsFor(rows).map((action) => ({
    label: action.label(rows),
    icon: action.icon,
    ...(action.hint === undefined ? {} : { hint: action.hint }),
    separated: action.separated ?? false,
    bad: action.bad ?? false,
    run: () => app.run(action, rows),
  }));
}
