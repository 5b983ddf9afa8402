/** The exit codes of the command line's contract; `exec` passes its command's own code besides. */
export const exitCodes = {
  holds: 0,
  failed: 1,
  wrongInput: 2,
  hostCannot: 3,
  nothingSelected: 4,
  unknown: 5,
  internal: 70,
  interrupted: 130,
  terminated: 143,
} as const;
