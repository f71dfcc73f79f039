/** Returns the tags of the languages that `folder` has texts in. */
export function tagsIn(folder: string): string[];
/** Returns the texts of a program in one language. */
export function messages(folder: string, tag: string): Record<string, unknown>;
/** Returns what is wrong with the messages in `folder`, in sentences. */
export function messageFaults(folder: string): string[];
