/** Text of a file: shown in messages, and with the names that containerlab puts in. */

export interface NodeNames {
  readonly node: string;
  readonly lab: string;
}

export const quoted = (text: string): string => `"${text.length > 50 ? `${text.slice(0, 50)}...` : text}"`;

/** `__clabNodeName__` and `__clabLabName__` replaced. */
export function withNames(text: string, { node, lab }: NodeNames): string {
  return text.replaceAll("__clabNodeName__", node).replaceAll("__clabLabName__", lab);
}
