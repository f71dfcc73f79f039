// The words of CodeMirror's own controls.
import { t } from "../../kit/words.ts";

/** Of the bar that finds, and in editors replaces. */
export function searchPhrases(): Record<string, string> {
  return {
    Find: t("text.find"),
    Replace: t("text.replaceWith"),
    replace: t("text.replace"),
    "replace all": t("text.replaceAll"),
    "replaced match on line $": t("text.replacedLine"),
    "replaced $ matches": t("text.replacedMany"),
    next: t("text.findNext"),
    previous: t("text.findPrevious"),
    all: t("text.findAll"),
    "match case": t("text.findCase"),
    "by word": t("text.findWord"),
    regexp: t("text.findPattern"),
    close: t("dialog.close"),
    "current match": t("text.findCurrent"),
    "on line": t("text.findLine"),
    "Go to line": t("text.goToLine"),
    go: t("text.go"),
  };
}
