import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { farmText, loadFarm } from "../../core/farm/index.ts";
import { LabError } from "../../emulator/lab-error.ts";
import { largeFarm, smallerGateway } from "../../topologies/index.ts";
import { requireTunnelRoom } from "./live-farm.ts";

describe("requireTunnelRoom", () => {
  const { farm } = expectValue(loadFarm(farmText(largeFarm("gateway", smallerGateway)), "gateway.farm.yml"));
  const refusalAt = (limit: number | undefined): unknown => {
    try {
      return requireTunnelRoom(farm, limit);
    } catch (error) {
      return error;
    }
  };

  it("refuses a lab that would have more tunnels than a user may have, before anything of it is made", () => {
    expect(refusalAt(52)).toBeUndefined();
    expect(refusalAt(undefined)).toBeUndefined();
    const refusal = refusalAt(40);
    expect(refusal).toBeInstanceOf(LabError);
    const { code, message, hint } = refusal as LabError;
    expect([code, message, hint]).toEqual([
      "too-many-tunnels",
      "the lab would have 52 tunnels of wireguard-go, and this machine lets a user have about 40 (inotify instances)",
      "sysctl fs.inotify.max_user_instances=1024",
    ]);
  });
});
