/**
 * Faults on schedule: carries one out against a lab, says when what happened, and heals everything at the end. What faults there are is
 * core/farm's; how a lab does its part (nodes, the wire) is the backend's.
 */
export { FaultError, type FaultLab, type FaultNode } from "./fault-lab.ts";
export { withFaults, type FaultContext, type FaultRun, type Happened, type ScheduleRules } from "./with-faults.ts";
