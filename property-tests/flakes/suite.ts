/** What the quick lab suite is: the farms that it brings up side by side, each judged by every property. */

/** Names of files in `topologies/`: the first farm, and the one with the most kinds of NAT between its nodes. */
export const quickFarms: readonly string[] = ["exit-node", "behind-nat"];

/** The count from which a rate counts as known: without a flake it is below 1.5 % then. */
export const repeatsWanted = 200;
