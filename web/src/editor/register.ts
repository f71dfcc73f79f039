// Opens texts in the editor, which is loaded with the first one.
import { t } from "../../kit/words.ts";
import type { App } from "../browse/app.ts";
import { holdKeys } from "../browse/opening.ts";
import type { Place } from "../browse/place.ts";
import { kindOf, type Row } from "../browse/rows.ts";

const TEXTS = new Set(["markdown", "text", "playlist"]);

export function addEditor(app: App): void {
  let editor: Promise<import("./editor.ts").Editor> | undefined;
  app.edit = (path) => {
    const folder = app.path.peek();
    const isHere = path.startsWith(folder) && !path.slice(folder.length).includes("/");
    app.cover({ edited: isHere ? path.slice(folder.length) : path, shown: undefined, fragment: "" });
  };
  app.actions.push({
    id: "edit",
    label: () => t("viewer.edit"),
    icon: "rename",
    when: (rows) => rows.length === 1 && isText(rows[0]) && rows.every((row) => app.mayEdit(row)),
    run: ([row]) => row && app.edit(app.pathOf(row)),
  });
  let endHold = (): void => {};
  app.onPlace((place: Place) => {
    endHold();
    if (place.edited !== undefined) {
      endHold = holdKeys(() => {
        app.router.leave({ edited: undefined });
        void editor?.then((one) => one.follow({ ...place, edited: undefined }));
      });
    }
    if (!editor && place.edited === undefined) return;
    editor ??= import("./editor.ts").then(({ Editor }) => new Editor(app));
    editor.then(
      (one) => one.follow(place),
      () => {
        // The connection is lost, or the server was updated.
        editor = undefined;
        endHold();
        app.notices.show({ text: t("browse.lost"), bad: true });
        app.router.leave({ edited: undefined });
      },
    );
  });
}

function isText(row: Row | undefined): boolean {
  return row?.kind === "file" && TEXTS.has(kindOf(row));
}
