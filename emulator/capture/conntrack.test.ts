import { describe, expect, it } from "vitest";
import { formatAddress, parseAddress } from "../../core/common/index.ts";
import { readConntrack, recordedTranslation, type FlowTuple } from "./conntrack.ts";

// As conntrack 1.4.8 prints them, with and without `-o extended`, and with what it says besides.
const answer = `ipv4     2 udp      17 25 src=192.168.1.10 dst=185.69.166.3 sport=6956 dport=6844 [UNREPLIED] src=185.69.166.3 dst=203.0.113.7 sport=6844 dport=7000 mark=0 use=1
tcp      6 431999 ESTABLISHED src=10.0.0.2 dst=192.0.2.1 sport=40000 dport=80 src=192.0.2.1 dst=10.0.0.2 sport=80 dport=40000 [ASSURED] mark=0 use=1
ipv6     10 icmpv6   58 29 src=2001:db8::1 dst=2001:db8::2 type=128 code=0 id=77 src=2001:db8::2 dst=2001:db8:9::1 type=129 code=0 id=78 mark=0 use=1
conntrack v1.4.8 (conntrack-tools): 3 flow entries have been shown.
`;

const tuple = (source: string, sourcePort: number, destination: string, destinationPort: number): FlowTuple => ({
  source: parseAddress(source)!,
  destination: parseAddress(destination)!,
  sourcePort,
  destinationPort,
});
const text = (one: FlowTuple): string =>
  `${formatAddress(one.source)} ${one.sourcePort} > ${formatAddress(one.destination)} ${one.destinationPort}`;

describe("conntrack's table", () => {
  const flows = readConntrack("home-a", answer);

  it("is read in both formats and families", () => {
    expect(flows.map(({ protocol, original, reply }) => [protocol, text(original), text(reply)])).toEqual([
      ["udp", "192.168.1.10 6956 > 185.69.166.3 6844", "185.69.166.3 6844 > 203.0.113.7 7000"],
      ["tcp", "10.0.0.2 40000 > 192.0.2.1 80", "192.0.2.1 80 > 10.0.0.2 40000"],
      ["icmpv6", "2001:db8::1 77 > 2001:db8::2 77", "2001:db8::2 78 > 2001:db8:9::1 78"],
    ]);
    expect(readConntrack("x", "nothing of the kind\nudp src=1.2.3.4\n")).toEqual([]);
  });

  it("has a translation on record, with the flow and against it, in its node alone", () => {
    const before = tuple("192.168.1.10", 6956, "185.69.166.3", 6844);
    const after = tuple("203.0.113.7", 7000, "185.69.166.3", 6844);
    expect(recordedTranslation(flows, "home-a", before, after)).toBe(flows[0]);
    const answered = [tuple("185.69.166.3", 6844, "203.0.113.7", 7000), tuple("185.69.166.3", 6844, "192.168.1.10", 6956)] as const;
    expect(recordedTranslation(flows, "home-a", ...answered)).toBe(flows[0]);
    expect(recordedTranslation(flows, "home-b", before, after)).toBeUndefined();
    expect(recordedTranslation(flows, "home-a", before, tuple("203.0.113.7", 7001, "185.69.166.3", 6844))).toBeUndefined();
  });
});
