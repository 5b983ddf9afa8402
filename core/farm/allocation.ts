/** What a prefix must be to serve as a farm's allocation (seed 1, "Network requirements and setup"). Knows no file and no place. */
import { contains, formatPrefix, hasHostBits, networkOf, wellKnown } from "../common/index.ts";
import type { Prefix, Severity } from "../common/index.ts";

type AllocationJudgementCode =
  | "allocation-not-48"
  | "allocation-host-bits"
  | "allocation-ula"
  | "allocation-link-local"
  | "allocation-not-global"
  | "documentation-prefix";

/** One thing to say of a prefix as an allocation; a `Problem` without its place. */
export interface AllocationJudgement {
  readonly severity: Severity;
  readonly code: AllocationJudgementCode;
  readonly message: string;
  readonly hint: string;
}

/** The length of every allocation, in bits. */
export const allocationLength = 48;

const judgement = (severity: Severity, code: AllocationJudgementCode, message: string, hint: string): AllocationJudgement => ({
  severity,
  code,
  message,
  hint,
});

const kindProblem = (prefix: Prefix): AllocationJudgement | undefined => {
  if (prefix.address.family === 4) {
    return judgement(
      "error",
      "allocation-not-global",
      `${formatPrefix(prefix)} is an IPv4 prefix; an allocation is an IPv6 /48`,
      "give the IPv6 /48; the routable IPv4 network stands beside it",
    );
  }
  if (contains(wellKnown.ula, prefix.address)) {
    return judgement(
      "error",
      "allocation-ula",
      `${formatPrefix(prefix)} is a unique local prefix (RFC 4193); the internet does not route it`,
      "use the /48 that the ISP or RIR assigned",
    );
  }
  if (contains(wellKnown.linkLocal, prefix.address)) {
    return judgement(
      "error",
      "allocation-link-local",
      `${formatPrefix(prefix)} is a link-local prefix (RFC 4291); no router forwards it`,
      "use the /48 that the ISP or RIR assigned",
    );
  }
  if (!contains(wellKnown.globalUnicast, prefix.address)) {
    return judgement(
      "error",
      "allocation-not-global",
      `${formatPrefix(prefix)} is not global unicast (2000::/3)`,
      "use the /48 that the ISP or RIR assigned",
    );
  }
  return undefined;
};

const shapeProblem = (prefix: Prefix): AllocationJudgement | undefined => {
  if (prefix.length !== allocationLength) {
    const suggestion = formatPrefix(networkOf({ address: prefix.address, length: allocationLength }));
    return judgement(
      "error",
      "allocation-not-48",
      `${formatPrefix(prefix)} is a /${prefix.length}; an allocation is always a /48`,
      `did you mean ${suggestion}?`,
    );
  }
  if (hasHostBits(prefix)) {
    return judgement(
      "error",
      "allocation-host-bits",
      `${formatPrefix(prefix)} has bits set beyond its 48`,
      `did you mean ${formatPrefix(networkOf(prefix))}?`,
    );
  }
  return undefined;
};

/**
 * What is wrong with a prefix as an allocation, in order of weight; empty where nothing is. An `error` refuses it; a documentation
 * prefix (RFC 3849, 9637) is allowed with a warning. At most one judgement of its kind and one of its shape.
 */
export function judgeAllocation(prefix: Prefix): readonly AllocationJudgement[] {
  const found = [kindProblem(prefix)];
  if (prefix.address.family === 6) found.push(shapeProblem(prefix));
  if (prefix.address.family === 6 && wellKnown.documentation.some((documentation) => contains(documentation, prefix.address))) {
    const message = `${formatPrefix(prefix)} is of a documentation prefix; the internet does not route it`;
    found.push(judgement("warning", "documentation-prefix", message, "fine in a lab; replace it before you deploy"));
  }
  return found.filter((one) => one !== undefined);
}
