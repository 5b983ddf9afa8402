/** The hardware address of an interface in the lab. */
import type { Session, WatchPlace } from "../run/session.ts";
import { HarnessError } from "./law.ts";

interface Shown {
  readonly address?: string;
}

/** `02:...` with colons. Throws a HarnessError where the interface has none. */
export async function linkAddressOf(session: Session, place: WatchPlace): Promise<string> {
  const [shown] = JSON.parse(await session.read(place, ["ip", "-json", "link", "show", "dev", place.interface])) as readonly Shown[];
  if (shown?.address === undefined) throw new HarnessError(`${place.interface} of ${place.namespace ?? place.node} has no MAC address`);
  return shown.address;
}
