/** A small strict reader of XML, for tests of what we write: throws where a real parser would refuse. */

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** Of the element itself, its children's not among it. */
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decoded(text: string): string {
  if (/[<]|&(?!(?:amp|lt|gt|quot|apos|#[0-9]+);)/.test(text)) throw new Error(`not escaped: ${text}`);
  return text.replace(/&(?:(#)([0-9]+)|([a-z]+));/g, (_, isCode: string | undefined, code: string, name: string) =>
    isCode === undefined ? (entities[name] ?? "") : String.fromCodePoint(Number(code)),
  );
}

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  const rest = text.replace(/\s+([\w:-]+)="([^"<]*)"/g, (_, name: string, value: string) => {
    if (Object.hasOwn(attributes, name)) throw new Error(`attribute ${name} twice`);
    attributes[name] = decoded(value);
    return "";
  });
  if (rest.trim() !== "") throw new Error(`no attributes: ${rest}`);
  return attributes;
}

/** The root element of a document without comments, CDATA or document type. */
export function readXml(text: string): Element {
  // XML 1.0, production [2].
  // oxlint-disable-next-line no-control-regex
  if (/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text)) throw new Error("a character that XML has not");
  const declaration = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/.exec(text);
  if (declaration === null) throw new Error("no declaration");
  const open: { name: string; attributes: Record<string, string>; children: Element[]; text: string }[] = [];
  let root: Element | undefined;
  const token = /<(\/?)([\w:-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  token.lastIndex = declaration[0].length;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const found = token.exec(text);
    if (found === null) throw new Error(`not well-formed at ${at}: ${text.slice(at, at + 60)}`);
    const [, closing, name = "", attributes = "", empty, characters] = found;
    const last = open.at(-1);
    if (characters !== undefined) {
      if (last !== undefined) last.text += decoded(characters);
      else if (characters.trim() !== "") throw new Error("text outside of the root");
      continue;
    }
    if (closing === "/") {
      if (last?.name !== name) throw new Error(`</${name}> closes ${last?.name ?? "nothing"}`);
      open.pop();
      (open.at(-1)?.children ?? []).push(last);
      if (open.length === 0) root = last;
      continue;
    }
    if (root !== undefined) throw new Error("a second root");
    const element = { name, attributes: attributesOf(attributes), children: [], text: "" };
    if (empty !== "/") open.push(element);
    else if (last === undefined) root = element;
    else last.children.push(element);
  }
  if (root === undefined || open.length > 0) throw new Error("it does not end");
  return root;
}
