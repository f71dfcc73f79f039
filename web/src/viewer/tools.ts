// What can be done with the shown file: tools of the viewer, those of the file's kind, and the actions of the list.
import { t } from "../../kit/words.ts";
import type { Action } from "../browse/app.ts";
import { type Kind, kindOf } from "../browse/rows.ts";
import type { MenuItem } from "../parts/menu.ts";
import { isMedia } from "./sequence.ts";
import { SPEEDS } from "./slide-show.ts";
import type { Tool } from "./view.ts";
import type { Viewer } from "./viewer.ts";

/** Actions with buttons of their own, in this order. */
const BUTTONS = ["download", "share", "link", "delete"];
/** Actions that make no sense here. */
const LEFT_OUT = new Set(["open", "zip", "tar", "cut", "view-text"]);

/** Runs an action of the list on the shown file, if it may be done. */
export function runAction(viewer: Viewer, id: string): void {
  const row = viewer.row.peek();
  if (!row) return;
  const action = viewer.app.actionsFor([row]).find((one) => one.id === id);
  if (action) viewer.app.run(action, [row]);
}

/** Returns the tools that have a button where there is room for it, the most important ones first. */
export function toolsOf(viewer: Viewer): Tool[] {
  const row = viewer.row.value;
  if (!row) return [];
  const own = viewer.view.value?.tools.value ?? [];
  const actions = viewer.app.actionsFor([row]);
  const buttons = BUTTONS.flatMap((id) => {
    const found = actions.find((action) => action.id === id);
    return found && !(id === "link" && actions.some((one) => one.id === "share")) ? [toolOf(viewer, found)] : [];
  });
  return [...own, ...musicTool(viewer), infoTool(viewer), ...buttons];
}

/** Whether keys and tools are about the music player: what is shown does not sound itself. */
export function hasMusic({ app, row }: Viewer): boolean {
  const shown = row.value;
  return app.music.value !== undefined && shown !== undefined && !["video", "audio"].includes(kindOf(shown));
}

function musicTool(viewer: Viewer): Tool[] {
  const music = viewer.app.music.value;
  if (!music || !hasMusic(viewer)) return [];
  const name = music.isPlaying.value ? "pause" : "play";
  return [{ id: "music", label: t(`player.${name}`), icon: name, hint: "P", run: music.toggle }];
}

/** Returns what the menu holds besides: choices of the viewer, and the other actions. */
export function menuOf(viewer: Viewer): MenuItem[] {
  const row = viewer.row.peek();
  if (!row) return [];
  const shown = new Set(toolsOf(viewer).map(({ id }) => id));
  const rest = viewer.app.actionsFor([row]).filter(({ id }) => !shown.has(id) && !LEFT_OUT.has(id));
  return [
    ...(viewer.files.peek().length > 1 && isMedia(kindOf(row)) ? sequenceItems(viewer, kindOf(row)) : []),
    {
      label: t("viewer.select"),
      checked: viewer.app.selection.has(row),
      hint: "S",
      run: () => viewer.app.selection.toggle(row),
    },
    ...(canFullScreen()
      ? [{ label: t("viewer.full"), checked: isFullScreen(), hint: "F", run: () => void toggleFullScreen() }]
      : []),
    { label: t("viewer.original"), icon: "external", href: viewer.app.hrefOf(row), separated: true },
    ...rest.map((action) => ({
      label: action.label([row]),
      icon: action.icon,
      bad: action.bad ?? false,
      run: () => viewer.app.run(action, [row]),
    })),
  ];
}

function sequenceItems(viewer: Viewer, kind: Kind): MenuItem[] {
  const { slideShow } = viewer;
  // Films are shown as long as they are.
  const speeds = kind === "picture" ? SPEEDS : [];
  return [
    { label: t("viewer.slides"), checked: slideShow.isOn.peek(), run: () => slideShow.toggle() },
    ...speeds.map((seconds) => ({
      label: t("viewer.seconds", { n: seconds }),
      checked: slideShow.seconds.peek() === seconds,
      run: () => {
        slideShow.seconds.value = seconds;
      },
    })),
    {
      label: t("viewer.strip"),
      checked: viewer.stripShown.peek(),
      separated: true,
      run: () => {
        viewer.stripShown.value = !viewer.stripShown.peek();
      },
    },
  ];
}

function toolOf(viewer: Viewer, action: Action): Tool {
  const row = viewer.row.peek();
  const rows = row ? [row] : [];
  return {
    id: action.id,
    label: action.label(rows),
    icon: action.icon,
    ...(action.hint === undefined ? {} : { hint: action.hint }),
    bad: action.bad ?? false,
    run: () => viewer.app.run(action, rows),
  };
}

function infoTool(viewer: Viewer): Tool {
  return {
    id: "info",
    label: t("viewer.info"),
    icon: "info",
    hint: "Shift+I",
    pressed: viewer.infoShown.value,
    run: () => {
      viewer.infoShown.value = !viewer.infoShown.peek();
    },
  };
}

/** Safari up to 16.3 has the functions with a prefix, phones of Apple have none. */
interface Prefixed {
  webkitFullscreenElement?: Element | null;
  webkitExitFullscreen?: () => void;
  webkitRequestFullscreen?: () => void;
}

export function canFullScreen(): boolean {
  const root = document.documentElement as HTMLElement & Prefixed;
  return root.requestFullscreen !== undefined || root.webkitRequestFullscreen !== undefined;
}

export function isFullScreen(): boolean {
  return (document.fullscreenElement ?? (document as Document & Prefixed).webkitFullscreenElement ?? null) !== null;
}

/** The whole page, so that menus and notices are shown, too. */
export async function toggleFullScreen(): Promise<void> {
  const root = document.documentElement as HTMLElement & Prefixed;
  const page = document as Document & Prefixed;
  try {
    if (isFullScreen()) await (page.exitFullscreen?.() ?? page.webkitExitFullscreen?.());
    else await (root.requestFullscreen?.() ?? root.webkitRequestFullscreen?.());
  } catch {
    // The browser refuses, in a frame for example.
  }
}
