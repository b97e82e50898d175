/** What the viewer may do: nobody sees a control that they may not use. A page that does not say whose it is leaves everything there. */
const ROLES = ["reader", "user", "admin", "superadmin"];
const rank = ROLES.indexOf(document.documentElement.dataset["role"] ?? "superadmin");

/** See whose face is where, and rate. */
export const MAY_RATE = rank >= 1;
/** Name people, write captions, decide about pairs. */
export const MAY_EDIT = rank >= 2;
/** Start and stop scans. */
export const MAY_SCAN = rank >= 3;
