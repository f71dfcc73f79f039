// The forms of a page that sign out. What that takes is loaded then.

/** Watches the forms of a page that sign out. */
export function watchSignOut(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.querySelector('input[name="act"]')?.getAttribute("value") !== "logout") return;
    event.preventDefault();
    signOut(form);
  });
}

/** Signs out, and forgets what this browser keeps about files. */
export function signOut(form: HTMLFormElement): void {
  import("./sign-out.ts").then(
    (loaded) => loaded.signOut(form),
    // The server was updated, or is away, which the browser tells.
    () => form.submit(),
  );
}
