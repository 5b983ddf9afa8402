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

/** What `exec` and `shell` end with for failures of their own: the other codes are those of the program that they run. */
export const enterFailedCode = 125;
