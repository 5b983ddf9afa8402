/** containerlab's model of a lab, as data. Makes nothing and knows nothing of farms. */
export type * from "./topology.ts";
