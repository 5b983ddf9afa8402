/** Who hosts an exit node that has standbys (EX-14). */

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
