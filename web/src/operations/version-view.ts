// Looks at an earlier version of a picture or a text before it is restored.
import { html, nothing } from "lit";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { VersionInfo } from "../api/types.gen.ts";
import type { App } from "../browse/app.ts";
import { kindOfName } from "../browse/rows.ts";
import { openDialog } from "../parts/dialog.ts";

/** Most bytes of a text that are shown. */
const SHOWN_MAX = 512 << 10;

/** Whether versions of a file with this name can be looked at here. */
export function canView(name: string): boolean {
  return ["picture", "markdown", "text", "playlist"].includes(kindOfName(name));
}

/** Shows a version in a dialog over the others. `time`: as the list of versions says it. */
export async function viewVersion(
  app: App,
  path: string,
  name: string,
  version: VersionInfo,
  time: string,
): Promise<void> {
  const title = t("versions.viewTitle", { name: shownName(name), time });
  const dialog = openDialog<void>(title, true);
  const href = app.api.versionHref(path, version.id);
  const draw = (content: unknown): void => {
    if (dialog.element.isConnected) dialog.draw(html`<div class="dialog-body version-view">${content}</div>`);
  };
  const fail = (text: string): void => draw(html`<p class="answer bad" role="alert">${text}</p>`);
  if (kindOfName(name) === "picture") {
    const broken = (): void => fail(t("viewer.broken"));
    draw(html`<img src=${href} alt=${title} @error=${broken} />`);
    return;
  }
  draw(html`<progress aria-label=${t("list.loading")}></progress>`);
  try {
    const response = await fetch(href, { headers: { Range: `bytes=0-${SHOWN_MAX - 1}` } });
    // Of an empty text, no range can be sent.
    const isEmpty = response.status === 416;
    if (!response.ok && !isEmpty) {
      fail(t(response.status === 410 || response.status === 404 ? "editor.versionGone" : "browse.lost"));
      return;
    }
    const bytes = isEmpty ? new Uint8Array() : new Uint8Array(await response.arrayBuffer());
    const isCut = version.size > SHOWN_MAX;
    draw(
      html`${isCut ? html`<p class="hint">${t("versions.cut")}</p>` : nothing}
        <pre tabindex="0" aria-label=${title}>${decode(bytes.subarray(0, SHOWN_MAX), isCut)}</pre>`,
    );
  } catch {
    fail(t("ops.lost"));
  }
}

/** UTF-8 if it is, else the encoding of western Windows. `isCut`: the last character may be incomplete. */
function decode(bytes: Uint8Array, isCut: boolean): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: isCut });
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
