/** What was found when a flow that broke a law was sent once more and looked at from four sides. Data only: a capsule holds it. */

/** In the order in which a packet depends on them. */
export type ViewName = "oracle" | "tables" | "kernel" | "wire";

export interface View {
  readonly view: ViewName;
  /** What this view says of the packet, a line each. */
  readonly says: readonly string[];
  /** Where the packet ends by this view, as `node/namespace`, or who gets it; null where the view cannot tell. */
  readonly ends: string | null;
}

/** Which routes and rules stand where the packet passes. */
export interface PathStep {
  /** `node`, or `node/namespace`. */
  readonly place: string;
  readonly routes: readonly string[];
  readonly rules: readonly string[];
}

export interface Evidence {
  readonly law: string;
  readonly property: string;
  /** The flow in words. */
  readonly flow: string;
  readonly story: string;
  readonly views: readonly View[];
  /** The layer that the first disagreement names, and why; null where all views agree. */
  readonly guilty: { readonly layer: "oracle" | "control plane" | "data plane" | "harness"; readonly because: string } | null;
  readonly path: readonly PathStep[];
  /** pcapng of the flow alone, base64. */
  readonly capture: string | null;
}
