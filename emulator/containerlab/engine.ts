/** The container engine's API, over dockerode. */
import Docker from "dockerode";

export function engineAt(socket: string): Docker {
  return new Docker({ socketPath: socket });
}

const hasStatus = (error: unknown, status: number): boolean =>
  error instanceof Error && "statusCode" in error && error.statusCode === status;

/** The API's answer for what is not there, or is no longer. */
export const isNotFound = (error: unknown): boolean => hasStatus(error, 404);

/** The API's answer for what is being done already, as the removal of a container. */
export const isConflict = (error: unknown): boolean => hasStatus(error, 409);
