/** A network is removed and restored before anything is judged. */
import { seededRandom } from "../../core/common/index.ts";
import { notApplicable, sameNames } from "./relation.ts";
import type { Relation } from "./relation.ts";

export const leaveAndRejoin: Relation = {
  name: "removing and restoring a network",
  precondition: "the farm's own timeline lets nobody come or go",
  apply(document, seed) {
    const names = Object.keys(document.networks ?? {});
    const timeline = document.timeline ?? [];
    if (names.length === 0) return notApplicable("there is no network");
    if (timeline.some(({ join, leave }) => join !== undefined || leave !== undefined))
      return notApplicable("its timeline has changes already");
    const rejoins = seededRandom(seed, "rejoins").pick(names);
    return { document, renamed: sameNames, rejoins };
  },
};
