/**
 * Command lines as containerlab reads them: words of a shell's quoting and comments, and nothing else of a shell. The rules are those of
 * Go's github.com/google/shlex, which containerlab splits `exec` and `cmd` with.
 */

const space = " \t\r\n";

/** The words of a command line; undefined where a quote is not closed or a backslash ends it. */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  const characters = Array.from(line);
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? "";
    if (quote === "'" || quote === '"') {
      if (character === quote) quote = "";
      else if (character === "\\" && quote === '"') {
        index += 1;
        if (index === characters.length) return undefined;
        word = `${word ?? ""}${characters[index] ?? ""}`;
      } else word = `${word ?? ""}${character}`;
    } else if (space.includes(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "#" && word === undefined) {
      while (index + 1 < characters.length && characters[index + 1] !== "\n") index += 1;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (character === "\\") {
      index += 1;
      if (index === characters.length) return undefined;
      word = `${word ?? ""}${characters[index] ?? ""}`;
    } else word = `${word ?? ""}${character}`;
  }
  if (quote !== "") return undefined;
  if (word !== undefined) words.push(word);
  return words;
}

function quoteWord(word: string): string {
  const quoted = /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
  // containerlab replaces names such as `__clabNodeName__` before it splits; quotes in their middle keep them as they are.
  return quoted.replaceAll("__clab", "_''_clab");
}

/** A command line that splits into these words. */
export function joinWords(words: readonly string[]): string {
  return words.map(quoteWord).join(" ");
}
