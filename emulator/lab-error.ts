/** What a backend refused or could not do, whichever it is. */

/** `code` is the word for it that callers may act on: `name-taken`, `no-namespaces`, `lab-gone`, `netlink`, ... */
export class LabError extends Error {
  readonly code: string;
  /** What was said of the request itself, without which request it was. */
  readonly words: string;
  /** The way out, where it is known. */
  readonly hint: string | undefined;
  constructor(code: string, message: string, words: string = message, hint?: string) {
    super(message);
    this.name = "LabError";
    this.code = code;
    this.words = words;
    this.hint = hint;
  }
}
