/** The kinds of text that a farm file holds: names, addresses, prefixes, services. Each says in the field's terms what is wrong with a value. */
import { z } from "zod";
import { parseAddress, parsePrefix } from "../../common/index.ts";
import type { Family } from "../../common/index.ts";
import { matching, shown, textOf } from "../../common/reading/index.ts";

export const name: z.ZodType<string> = matching({
  code: "bad-name",
  what: "a name",
  hint: "a name has 1 to 20 of a-z, 0-9 and hyphens, and neither begins nor ends with a hyphen",
  pattern: "^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$",
});

/** Without hyphens, so that a NIC never has the name of an interface that farmlab derives (they all have hyphens). */
export const nicName: z.ZodType<string> = matching({
  code: "bad-name",
  what: "a NIC's name",
  hint: "a NIC's name begins with a letter and has at most 15 of a-z and 0-9, as eth0; lo is taken",
  pattern: "^(?!lo$)[a-z][a-z0-9]{0,14}$",
});

/** The end of a link that is not a segment's or the internet's. */
export const plugText: z.ZodType<string> = matching({
  code: "bad-link",
  what: "a link's name",
  hint: "write NODE:INTERFACE; routers and internet hosts have wan, home routers lan too, upstream routers swp1",
  pattern: "^[a-z0-9-]{1,20}:[a-z][a-z0-9]{0,14}$",
  examples: ["home-a:wan", "node-1:eth0"],
});

const familyName = { 4: "IPv4", 6: "IPv6" } as const;
const addressExample = { 4: "192.0.2.10", 6: "2001:db8::10" } as const;
const interfaceExample = { 4: "192.0.2.10/24", 6: "2001:db8::10/64" } as const;
const prefixExample = { 4: "192.0.2.0/24", 6: "2001:db8::/48" } as const;

/** An address without prefix length. */
export function addressText(...families: readonly Family[]): z.ZodType<string> {
  const examples = families.map((family) => addressExample[family]);
  return textOf(
    {
      code: "bad-address",
      what: `an ${families.map((family) => familyName[family]).join(" or ")} address`,
      hint: `write it without a prefix length, as ${examples.join(" or ")}`,
      examples,
    },
    (text) => families.some((family) => parseAddress(text)?.family === family),
  );
}

/** An interface's address, host part and prefix length together. */
export function interfaceText(family: Family): z.ZodType<string> {
  return textOf(
    {
      code: "bad-address",
      what: `an ${familyName[family]} interface address`,
      hint: `write the address with its prefix length, as ${interfaceExample[family]}`,
      examples: [interfaceExample[family]],
    },
    (text) => parsePrefix(text)?.address.family === family,
  );
}

/** A network prefix; whether host bits are set is judged later, where there is more to say about it. */
export function prefixText(...families: readonly Family[]): z.ZodType<string> {
  const examples = families.map((family) => prefixExample[family]);
  return textOf(
    {
      code: "bad-prefix",
      what: `an ${families.map((family) => familyName[family]).join(" or ")} prefix`,
      hint: `write it as address/length, such as ${examples.join(" or ")}`,
      examples,
    },
    (text) => families.some((family) => parsePrefix(text)?.address.family === family),
  );
}

const servicePattern = /^(tcp|udp)\/([1-9][0-9]{0,4})$/u;

/** `tcp/80` taken apart; undefined when it is no service. Ports are 1..65535. */
export function parseService(text: string): { readonly protocol: "tcp" | "udp"; readonly port: number } | undefined {
  const found = servicePattern.exec(text);
  const port = Number(found?.[2]);
  if (found === null || port > 65535) return undefined;
  return { protocol: found[1] === "tcp" ? "tcp" : "udp", port };
}

export const service: z.ZodType<string> = textOf(
  {
    code: "bad-service",
    what: "a service",
    hint: "write tcp/PORT or udp/PORT with a port from 1 to 65535, as tcp/80",
    pattern: servicePattern.source.replaceAll("\\/", "/"),
    examples: ["tcp/80", "udp/53"],
  },
  (text) => parseService(text) !== undefined,
);

/** A whole number whose range a rule checks with more to say than a schema could; the range is for editors. */
export function wholeNumber(minimum: number, maximum: number, description: string): z.ZodType<number> {
  return z.int().meta({ minimum, maximum, description });
}

/** A list of so many entries. */
export function listBetween<T>(minimum: number, maximum: number, entry: z.ZodType<T>): z.ZodType<T[]> {
  return z.array(entry).refine((list) => list.length >= minimum && list.length <= maximum, {
    error: (issue) => `a list of ${(issue.input as readonly T[]).length} entries`,
    params: { code: "list-length", hint: `write ${minimum} to ${maximum} entries` },
  });
}

function inRange(schema: z.ZodType<number>, minimum: number, maximum: number, description: string, kind: string): z.ZodType<number> {
  return schema
    .refine((value) => value >= minimum && value <= maximum, {
      error: (issue) => `${shown(issue.input)} is not from ${minimum} to ${maximum}`,
      params: { code: "out-of-range", hint: `${description}: ${kind} from ${minimum} to ${maximum}` },
    })
    .meta({ minimum, maximum, description });
}

/** A whole number in a range. */
export function numberBetween(minimum: number, maximum: number, description: string): z.ZodType<number> {
  return inRange(z.int(), minimum, maximum, description, "a whole number");
}

/** A number in a range, whole or not. */
export function amountBetween(minimum: number, maximum: number, description: string): z.ZodType<number> {
  return inRange(z.number(), minimum, maximum, description, "a number");
}
