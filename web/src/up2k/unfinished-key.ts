// Where the names of unfinished files are kept; the page looks there before it loads the uploader.

export const UNFINISHED_KEY = "potluck.unfinished";
