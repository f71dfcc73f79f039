// "Sign in" in the header opens the form on this page and focuses its first field. Without script the link leads to the same page
// with the form open.

/** Upgrades a link marked `data-enhance="login"`. */
export function enhance(link: HTMLElement): void {
  link.addEventListener("click", (event) => {
    const details = document.querySelector<HTMLDetailsElement>("details#login");
    if (!details) return;
    event.preventDefault();
    details.open = true;
    details.scrollIntoView({ block: "nearest" });
    details.querySelector<HTMLInputElement>('input:not([type="hidden"])')?.focus();
  });
}
