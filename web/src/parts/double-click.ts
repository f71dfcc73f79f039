// The second click of a double click on a button that closes a dialog or menu: without this it would open what lies below.

/** Milliseconds and pixels within which two clicks are a double click. */
const SECOND_MS = 500;
const SECOND_PX = 8;

const LAYERS = "dialog, .menu-pop, .viewer";
const EVENTS = ["mousedown", "mouseup", "pointerup", "click", "dblclick"] as const;

/** The last press in a layer. */
let first: { layer: Element; time: number; x: number; y: number } | undefined;
/** whether the events of the current press are those of a second click outside of the layer that the first one was in */
let isStray = false;

function press(event: PointerEvent): void {
  const { target, timeStamp, clientX, clientY } = event;
  const isSecond =
    first !== undefined &&
    timeStamp - first.time < SECOND_MS &&
    Math.hypot(clientX - first.x, clientY - first.y) < SECOND_PX;
  isStray = isSecond && first?.layer.contains(target as Node) === false;
  stop(event);
  const layer = target instanceof Element ? target.closest(LAYERS) : null;
  if (!isStray) first = layer ? { layer, time: timeStamp, x: clientX, y: clientY } : undefined;
}

function stop(event: UIEvent): void {
  // Clicks of scripts and of the keyboard have no count, and no press.
  if (!isStray || (event.type === "click" && event.detail === 0)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** Makes the second click of a double click that began in a dialog or menu do nothing anywhere else. */
export function ignoreStrayClicks(): void {
  window.addEventListener("pointerdown", press, true);
  for (const name of EVENTS) window.addEventListener(name, stop, true);
}
