/** Another host on a segment, that asks all the while who has an address there, and keeps every answer: of two who answer it hears both. */
import { formatAddress, startDeadline } from "../../core/common/index.ts";
import type { Address, Clock } from "../../core/common/index.ts";
import type { Lab } from "../../emulator/lab.ts";
import { HarnessError } from "../laws/law.ts";

export interface NeighbourAnswer {
  /** Seconds of the machine's clock. */
  readonly at: number;
  readonly mac: string;
  /** Told to all, which nobody asks for. */
  readonly toAll: boolean;
  /** RFC 5952. */
  readonly address: string;
}

export interface NeighbourWatch {
  /** In the order in which they came. */
  stop(): Promise<readonly NeighbourAnswer[]>;
}

export interface Asked {
  /** Link-local or global; both are asked for by neighbour discovery. */
  readonly ipv6: readonly Address[];
  readonly ipv4?: Address;
}

/**
 * Constant; the addresses follow as arguments. It is a namespace on a port of its own, which forgets what it has learnt before it asks again: else it would
 * ask one neighbour only, the one it knows.
 */
const script = `
in="/usr/lib/farmlab/native in watcher"
stop=/tmp/watcher.stop; seen=/tmp/watcher.seen; rm -f $stop
ip netns add watcher && ip link add watcher type veth peer name eth0 netns watcher && ip link set watcher master br0 up || exit 1
$in ip link set eth0 up && $in ip -6 address add fe80::7a/64 dev eth0 nodad || exit 1
four=$1; shift
for six in "$@"; do $in ip -6 route replace $six dev eth0; done
$in tcpdump -l -e -n -tt --immediate-mode -i eth0 'arp or icmp6' > $seen 2> /dev/null & reader=$!
until [ -e $stop ]; do
  $in ip -6 neigh flush dev eth0
  for six in "$@"; do $in ping -6 -q -c 1 -W 0.05 -I eth0 $six > /dev/null 2>&1; done
  if [ "$four" != - ]; then $in busybox arping -q -D -c 1 -w 1 -I eth0 $four > /dev/null 2>&1 & fi
  sleep 0.05
done
kill $reader; wait $reader
ip netns delete watcher; ip link delete watcher 2> /dev/null
cat $seen
`;

const mostMs = 300_000;
const usableWaitMs = 5000;

/** The answers among what tcpdump has printed: neighbour advertisements, ARP replies, and what nobody asked for of both. */
export function readAnswers(text: string): readonly NeighbourAnswer[] {
  return text.split("\n").flatMap((line): NeighbourAnswer[] => {
    const [, at = "", mac = "", to = ""] = /^(\S+) (\S+) > ([0-9a-f:]+)/.exec(line) ?? [];
    const address =
      /neighbor advertisement, tgt is ([0-9a-f:]+)/.exec(line)?.[1] ??
      /: Reply (\S+) is-at /.exec(line)?.[1] ??
      /: Request who-has (\S+) tell \1,/.exec(line)?.[1];
    return address === undefined || mac === "" ? [] : [{ at: Number(at), mac, toAll: /^(ff:ff|33:33)/.test(to), address }];
  });
}

/** Begins on a segment's node; resolves when it is there. Throws a HarnessError where it cannot be. */
export async function watchNeighbours(lab: Lab, segment: string, { ipv6, ipv4 }: Asked, clock: Clock): Promise<NeighbourWatch> {
  const node = lab.node(segment);
  const addresses = [ipv4 === undefined ? "-" : formatAddress(ipv4), ...ipv6.map(formatAddress)];
  const running = node.exec(["sh", "-c", script, "sh", ...addresses], { timeoutMs: mostMs });
  let ended: string | undefined;
  void running.then(
    ({ code, stderr }) => (ended = `it ended with ${code}: ${stderr.trim()}`),
    (error: unknown) => (ended = String(error)),
  );
  await startDeadline(clock, usableWaitMs).until(
    "somebody to be asked",
    async () => {
      if (ended !== undefined) throw new HarnessError(`nobody can be asked on ${segment}: ${ended}`);
      const { code } = await node.exec(["test", "-s", "/tmp/watcher.seen"]);
      return code === 0 ? { done: true } : { seen: "nothing was heard" };
    },
    20,
  );
  return {
    async stop() {
      await node.exec(["touch", "/tmp/watcher.stop"]);
      const { code, stdout, stderr } = await running;
      if (code !== 0) throw new HarnessError(`what was answered on ${segment} is not known: ${stderr.trim()}`);
      return readAnswers(stdout);
    },
  };
}
