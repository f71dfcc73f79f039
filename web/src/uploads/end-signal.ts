// Tells those who look elsewhere that uploads have ended: by a notification of the system, or a short sound.

/** What the browser says of notifications; "none": it has none here, as over plain http. */
export type Notices = NotificationPermission | "none";

export const notices = (): Notices =>
  window.isSecureContext && "Notification" in window ? Notification.permission : "none";

/** Asks for notifications, where the browser has some and was not asked before. Call it after a click only. */
export async function askForNotices(): Promise<void> {
  if (notices() === "default") await Notification.requestPermission();
}

/** Tells the end of a batch. `tell`: to those who look at another window or tab, by a sound if the browser shows no notification. */
export function signalEnd(result: string, { tell, sound }: { tell: boolean; sound: boolean }): void {
  const isElsewhere = document.hidden || !document.hasFocus();
  const isShown = tell && isElsewhere && showNotice(result);
  if (sound || (tell && isElsewhere && !isShown)) void playSound();
}

function showNotice(result: string): boolean {
  if (notices() !== "granted") return false;
  try {
    const notice = new Notification(document.title, { body: result, tag: "potluck-uploads" });
    notice.addEventListener("click", () => {
      window.focus();
      notice.close();
    });
    return true;
  } catch {
    // Chrome on Android shows only those of service workers.
    return false;
  }
}

/** Two tones, the second one higher: when they start (seconds), and their frequencies (Hz). */
const TONES = [
  [0, 660],
  [0.14, 880],
] as const;
const [TONE_S, LOUDNESS, END_S] = [0.22, 0.15, 0.5];

async function playSound(): Promise<void> {
  try {
    const context = new AudioContext();
    await context.resume();
    for (const [delay, frequency] of TONES) {
      const from = context.currentTime + delay;
      const tone = new OscillatorNode(context, { frequency });
      const gain = new GainNode(context, { gain: 0 });
      // Without a step, which is heard as a click.
      gain.gain.setValueAtTime(0, from);
      gain.gain.linearRampToValueAtTime(LOUDNESS, from + 0.02);
      gain.gain.linearRampToValueAtTime(0, from + TONE_S);
      tone.connect(gain).connect(context.destination);
      tone.start(from);
      tone.stop(from + TONE_S);
    }
    setTimeout(() => void context.close(), END_S * 1000);
  } catch {
    // No sound without a loudspeaker.
  }
}
