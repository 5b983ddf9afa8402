/** Which machine is the node of a name, and who hosts an exit node that has standbys (EX-14). */

/** As the store holds it, for as long as the host's lease lives. No such record: nobody hosts it now. */
export interface ExitNodeHost {
  readonly allocationNumber: number;
  /** The x of the seed. */
  readonly exitNode: number;
  readonly node: string;
  /** The host's lease: the store's number of it, in decimal. */
  readonly lease: string;
  /** A node that comes before the host in the order of candidates and is there again: it is to be given the record, on its own lease. */
  readonly claim?: { readonly node: string; readonly lease: string };
}

/** The machine that goes by a node's name, as the store holds it for as long as its lease lives. */
export interface NodeAgent {
  readonly node: string;
  /** Of the machine, in hexadecimal: the same after a restart of its agent and after a reboot. */
  readonly identity: string;
  /** Of the agent's process alone, in hexadecimal. */
  readonly life: string;
  /** The store's number of its lease, in decimal. */
  readonly lease: string;
}
