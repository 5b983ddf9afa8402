/** Link conditions by name. */
import type { PacketConditions } from "./fault.ts";

/** `up` is what the named end of a link sends, `down` what it gets. */
export interface LinkConditions {
  readonly up: PacketConditions;
  readonly down: PacketConditions;
}

const both = (conditions: PacketConditions): LinkConditions => ({ up: conditions, down: conditions });
const rates = (upKbit: number, downKbit: number, conditions: PacketConditions): LinkConditions => ({
  up: { ...conditions, rateKbit: upKbit },
  down: { ...conditions, rateKbit: downKbit },
});

export type ConditionName = "lan" | "wifi" | "wifi-bad" | "cable" | "dsl" | "4g" | "4g-slow" | "3g" | "satellite" | "satellite-geo";

/**
 * Delays are one way: half of a source's round trip. Rates of cable, dsl, 4g (LTE there), 4g-slow (4G there) and 3g, and their round
 * trips of 28, 50, 70, 170 and 300 ms: WebPageTest, www/settings/connectivity.ini.sample. Geostationary: 35786 km up and down again is
 * 240 ms, ITU-T G.114 counts 260 with the stations. The others are chosen to be plausible, and rest on no measurement of ours.
 */
export const namedConditions: Readonly<Record<ConditionName, LinkConditions>> = {
  lan: both({ delayMs: 0.25 }),
  wifi: rates(100_000, 100_000, { delayMs: 2, jitterMs: 2, loss: 0.001 }),
  "wifi-bad": rates(5000, 5000, { delayMs: 15, jitterMs: 15, loss: 0.03 }),
  cable: rates(1000, 5000, { delayMs: 14 }),
  dsl: rates(384, 1500, { delayMs: 25 }),
  "4g": rates(12_000, 12_000, { delayMs: 35, jitterMs: 5, loss: 0.001 }),
  "4g-slow": rates(9000, 9000, { delayMs: 85, jitterMs: 10, loss: 0.005 }),
  "3g": rates(768, 1600, { delayMs: 150, jitterMs: 15, loss: 0.01 }),
  satellite: rates(15_000, 100_000, { delayMs: 20, jitterMs: 8, loss: 0.005 }),
  "satellite-geo": rates(3000, 25_000, { delayMs: 260, jitterMs: 5, loss: 0.005 }),
};
