// Opens files in the viewer, which is loaded with the first one.
import type { App } from "../browse/app.ts";
import { holdKeys } from "../browse/opening.ts";
import type { Place } from "../browse/place.ts";
import type { Kind, Row } from "../browse/rows.ts";

const KINDS: readonly Kind[] = ["picture", "video", "pdf", "markdown", "text"];

export function addViewer(app: App): void {
  let viewer: Promise<import("./viewer.ts").Viewer> | undefined;
  const loaded = (): Promise<import("./viewer.ts").Viewer> => {
    viewer ??= import("./viewer.ts").then(({ Viewer }) => new Viewer(app));
    return viewer;
  };
  let endHold = (): void => {};
  const open = async (row: Row): Promise<void> => {
    let isCancelled = false;
    const folder = app.path.peek();
    endHold();
    endHold = holdKeys(() => {
      isCancelled = true;
      void viewer?.then((one) => one.close());
    });
    try {
      const one = await loaded();
      if (!isCancelled && app.path.peek() === folder) one.open(row);
    } catch {
      endHold();
      // The connection is lost, or the server was updated: the browser shows the file itself.
      viewer = undefined;
      if (!isCancelled) location.assign(app.hrefOf(row));
    }
  };
  app.opens(KINDS, open);
  app.onPlace((place: Place) => {
    if (place.shown === undefined) endHold();
    const names = place.shown !== undefined || /^#gf-[0-9a-f]{8}/.test(place.fragment);
    if (viewer || names) {
      loaded().then(
        (one) => one.follow(place),
        () => {
          viewer = undefined;
        },
      );
    }
  });
}
