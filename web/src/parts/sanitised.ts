// HTML that the server has rendered from a text of users, cleaned once more in the browser.
import DOMPurify from "dompurify";

/** Styles in attributes are refused by the page's policy, and forms have no business in a text. */
export function sanitised(text: string): DocumentFragment {
  return DOMPurify.sanitize(text, {
    RETURN_DOM_FRAGMENT: true,
    FORBID_TAGS: ["style", "form", "button", "textarea", "select", "iframe"],
    FORBID_ATTR: ["style", "srcset", "action", "formaction"],
    ALLOW_UNKNOWN_PROTOCOLS: false,
  });
}
