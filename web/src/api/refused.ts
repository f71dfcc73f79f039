// Tells the page that the server has refused something: the session may have ended in another tab.

const NAME = "potluck-refused";

/** Codes of answers to what the visitor may not do, or may not know of. */
const REFUSALS = [401, 403, 404];

/** To be called with the status of every answer. */
export function heard(status: number): void {
  if (REFUSALS.includes(status)) window.dispatchEvent(new Event(NAME));
}

export const onRefused = (listener: () => void): void => window.addEventListener(NAME, listener);
