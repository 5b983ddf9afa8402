/** Why a property is silent on a farm whose file has none of what the property is about. */
export const noTimeline = "this farm has no timeline";
export const noExpectations = "this farm file expects nothing of its own";
export const noStandby = "this farm has no exit node with a standby";

/** Whether a property was skipped since the file has nothing of the kind, which is no want of the host or of the harness. */
export const isSilent = (why: string | null): boolean => why === noTimeline || why === noExpectations || why === noStandby;
