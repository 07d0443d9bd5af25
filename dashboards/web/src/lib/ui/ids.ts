const UUIDS = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** A text with each UUID cut to its last six digits: enough to tell it from others on a screen. */
export const shortIds = (text: string): string => text.replace(UUIDS, (id) => id.slice(-6));
