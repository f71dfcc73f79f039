// Earlier versions of a file: what was replaced or deleted under its name.
import { html, nothing, type TemplateResult } from "lit";
import { size } from "../../kit/format.ts";
import { shownName } from "../../kit/names.ts";
import { t } from "../../kit/words.ts";
import type { VersionInfo } from "../api/types.gen.ts";
import { folderName } from "../browse/decoded.ts";
import type { Row } from "../browse/rows.ts";
import { openDialog } from "../parts/dialog.ts";
import { loadStyle } from "../parts/style.ts";
import { textOf } from "./changes.ts";
import type { Operations } from "./operations.ts";
import { type VersionTexts, versionTexts } from "./version-texts.ts";
import { canView, viewVersion } from "./version-view.ts";

export function openVersions(operations: Operations, row: Row): Promise<void> {
  return openVersionsOf(operations, operations.app.pathOf(row), row.name);
}

export async function openVersionsOf(operations: Operations, path: string, name: string): Promise<void> {
  await loadStyle("operations.css");
  const { app } = operations;
  const dialog = openDialog<void>(t("versions.title", { name: shownName(name) }), true);
  let versions: readonly VersionInfo[] | undefined;
  let [text, isBad, busy] = ["", false, false];
  const load = async (): Promise<void> => {
    try {
      versions = await app.api.versions(path);
    } catch (error) {
      [text, isBad, versions] = [textOf(error) || t("ops.lost"), true, versions ?? []];
    }
    draw();
  };
  const restore = async (version: VersionInfo, beside: boolean): Promise<void> => {
    if (busy) return;
    busy = true;
    draw();
    try {
      const { paths } = await app.api.restoreVersion(path, version.id, beside);
      [text, isBad] = [
        t("versions.restored", {
          name: folderName(paths[0] ?? path),
          time: versionTexts(versions ?? []).time(version),
        }),
        false,
      ];
      await operations.refresh(false);
    } catch (error) {
      [text, isBad] = [textOf(error) || t("ops.lost"), true];
    }
    busy = false;
    await load();
  };
  const line = (version: VersionInfo, texts: VersionTexts): TemplateResult => {
    const time = texts.time(version);
    return html`<li>
      <span class="what"><b>${time}</b><small>${size(version.size)} · ${texts.how(version)}</small></span>
      ${
        canView(name)
          ? html`<button class="btn" type="button" aria-label=${t("versions.viewOf", { time })} @click=${() => void viewVersion(app, path, name, version, time)}>${t("versions.view")}</button>`
          : html`<a class="btn" href=${`${app.api.versionHref(path, version.id)}&dl`} download aria-label=${t("versions.downloadOf", { time })}>${t("action.download")}</a>`
      }
      <button class="btn" type="button" ?disabled=${busy} aria-label=${t("versions.restoreOf", { time })} @click=${() => void restore(version, false)}>${t("trash.restore")}</button>
      <button class="btn" type="button" ?disabled=${busy} aria-label=${t("versions.besideOf", { time })} @click=${() => void restore(version, true)}>${t("versions.beside")}</button>
    </li>`;
  };
  const draw = (): void => {
    if (!dialog.element.isConnected) return;
    const texts = versionTexts(versions ?? []);
    dialog.draw(
      html`<div class="dialog-body">
        <p class="hint">${t("versions.lead")}</p>
        <p class="answer ${isBad ? "bad" : "good"}" role="status">${text}</p>
        ${versions === undefined ? html`<progress aria-label=${t("list.loading")}></progress>` : nothing}
        ${versions?.length === 0 && !isBad ? html`<p>${t("versions.none")}</p>` : nothing}
        ${versions && versions.length > 0 ? html`<ul class="entries">${versions.map((version) => line(version, texts))}</ul>` : nothing}
      </div>`,
    );
  };
  draw();
  await load();
}
