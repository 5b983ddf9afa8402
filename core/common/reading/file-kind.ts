/** What is to be read, in words for messages and hints. */
export interface FileKind {
  /** With its article, `a farm file`. */
  readonly name: string;
  /** Where to learn what such a file looks like, a clause that holds the name. */
  readonly advice: string;
  /** What an empty one lacks. */
  readonly content: string;
  /** Levels of nesting that such a file needs, for a hint. */
  readonly levels: number;
  /**
   * `values`: YAML 1.2, numbers and truth are values. `text`: every value is text as it is written, and `<<` merges maps, for formats
   * whose readers know YAML 1.1 and take types from their own schema.
   */
  readonly scalars: "values" | "text";
}

/** A hint for what can hardly be such a file. */
export function isThisOne({ name, advice }: FileKind): string {
  return `is this ${name}? ${advice.replace(name, "one")}`;
}
