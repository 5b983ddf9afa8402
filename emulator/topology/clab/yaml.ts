/**
 * YAML that says the same to containerlab as to any other reader. Before containerlab parses a file it runs it through Go's text/template
 * and replaces `$NAME` and `${NAME}`; then it reads YAML 1.1, where `no` and `1:20` are no text.
 */
import { Document, isScalar, visit } from "yaml";

/** What must stand between double quotes, as an escape or so that it can be one: what containerlab replaces, and all but printable ASCII. */
const delicate = /\$|\{\{|[^ -~]/u;

/** `$` and `{{` are only found in text between double quotes, where YAML takes escapes; some characters would end a line there, or be no text. */
const escape = (text: string): string =>
  text
    .replaceAll("$", "\\x24")
    .replaceAll("{{", "\\x7b\\x7b")
    .replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff\ufffd-\uffff]/gu, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A value as YAML, without anything in it that containerlab would replace; ends with a line feed. */
export function clabYaml(value: unknown): string {
  const document = new Document(value, { version: "1.1", aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      if (isScalar(node) && typeof node.value === "string" && delicate.test(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return escape(document.toString({ lineWidth: 0, directives: false, blockQuote: false, doubleQuotedAsJSON: true }));
}

/** Text as a double-quoted scalar without anything that containerlab would replace. */
export function clabText(text: string): string {
  return escape(JSON.stringify(text));
}
