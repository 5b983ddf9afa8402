/** `docs/surroundings.md`: its tables are the presets and what was measured of them. `npx vitest run --project unit topologies -u` writes it anew. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { natPresetNames, natPresets } from "../../core/farm/index.ts";

const preset = (name: (typeof natPresetNames)[number]): string => {
  const { filtering, hairpin, mapping, overloading, ports, timeouts } = natPresets[name];
  const { tcpEstablished, tcpTransitory, udp, udpStream } = timeouts;
  const cells = [
    `\`${name}\``,
    mapping,
    filtering,
    hairpin,
    ports,
    overloading ? "yes" : "no",
    `${udp} / ${udpStream}`,
    `${tcpTransitory} / ${tcpEstablished}`,
  ];
  return `| ${cells.join(" | ")} |`;
};

const introduction = `# The surroundings: routers that translate

Nodes at home sit behind routers that the farm does not own. A farm file says how each of them translates: \`nat:\` names a preset,
\`nat-overrides:\` what differs from it, \`port-forwards:\` what comes in, and \`behind:\` a carrier that translates once more
(\`carriers:\`, CGNAT). \`topologies/behind-nat.farm.yml\` has one of each; \`farm-file.md\` has every key.

\`\`\`yaml
carriers:
  isp: { lan4: 100.64.0.1/10, wan4: 203.0.113.90, nat: cgnat }
home-routers:
  home-c: { segment: lan-c, lan4: 192.168.1.1/24, wan4: 100.64.0.10, behind: isp, nat: symmetric, nat-overrides: { timeouts: { udp: 20 } } }
\`\`\`

## Presets

The words are those of RFC 4787: mapping says for which destinations a host's port keeps its external port, filtering from whom a mapping
lets packets in, hairpin with which source a host reaches another of its LAN by the external address. Timeouts are seconds: for UDP after a
first exchange / in a stream, for TCP while opening or closing / established. There is no UPnP in any of them. Without \`nat:\` a home
router is \`home\`, what Linux does out of the box; a carrier is \`cgnat\`, what RFC 6888 wants.

| preset | mapping | filtering | hairpin | ports | overloading | UDP | TCP |
| --- | --- | --- | --- | --- | --- | --- | --- |
`;

const explanation = `
- Ports that are preserved are the same for every destination, so only endpoint-independent mapping goes with them, and two hosts that use
  the same port cannot both have it: the second gets any other, unless \`overloading\` lets them share it towards different destinations.
- What hairpins is not filtered: whoever is on the LAN is no stranger.
- \`sequential\` draws from 1024 ports a protocol, from 50000 on.
- An echo's timeout is the kernel's 30 s. Fragments are put together before they are translated, as conntrack does.

Each router is one nftables table (\`topologies/surroundings/nat/\`, a file a dimension) in a namespace of its own; \`farmlab exec LAB ROUTER
-- nft list ruleset\` shows it with all mappings. Conntrack's own SNAT is what \`home\` has; for all else the rules remember each mapping in
maps that they fill once the kernel has chosen a port.

## Measured

That a router behaves as its preset says is law XC-9. \`emulator/nat\` measures from a host behind the router and from a far side with two
addresses and two ports, as RFC 5780 has it, over UDP and TCP, and only from packets: the ruleset is never looked at. A packet that must not
come in is looked for at the host's interface until one that may has come after it. Every preset measured, in a lab of fourteen routers:

\`\`\`text
`;

const ending = `\`\`\`

Lifetimes are measured in a lab of routers whose timeouts are seconds: as many mappings are opened at once as there are moments to look at,
and each is asked once, since a look may keep it alive. On a farm, \`farmlab run FILE --law XC-9\` measures every router that has a node
behind it, carriers from their customers' side, and every port forward to a node; it takes half a second. Not measured: an
echo's timeout, and whether fragments pass.
`;

it("docs/surroundings.md says what the presets are and what was measured", async () => {
  const measured = readFileSync(new URL("lab/golden/measured.txt", import.meta.url), "utf8");
  const table = natPresetNames.map((name) => `${preset(name)}\n`).join("");
  await expect(`${introduction}${table}${explanation}${measured}${ending}`).toMatchFileSnapshot("../../docs/surroundings.md");
});
