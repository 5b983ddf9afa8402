import { describe, expect, it } from "vitest";
import { wayToNamespaces } from "./namespaces.ts";

describe("a user who may make no namespaces", () => {
  const way = (settings: Readonly<Record<string, string>>): string | undefined => wayToNamespaces((setting) => settings[setting]);

  it("is told of the setting that forbids it", () => {
    const open = {
      "user/max_user_namespaces": "96365",
      "kernel/unprivileged_userns_clone": "1",
      "kernel/apparmor_restrict_unprivileged_userns": "0",
    };
    expect(way(open)).toBeUndefined();
    expect(way({})).toBeUndefined();
    expect(way({ ...open, "user/max_user_namespaces": "0" })).toMatch(/^sysctl user\.max_user_namespaces=/);
    expect(way({ ...open, "kernel/unprivileged_userns_clone": "0" })).toMatch(/^sysctl kernel\.unprivileged_userns_clone=1/);
    // As on Ubuntu 24.04.
    expect(way({ ...open, "kernel/apparmor_restrict_unprivileged_userns": "1" })).toMatch(
      /^sysctl kernel\.apparmor_restrict_unprivileged_userns=0/,
    );
  });
});
