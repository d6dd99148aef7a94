// A log in its folder, before it is opened.

import type { UnixSeconds } from "../shared/timestamp.ts";

/** The name of the log that the agent writes to. */
export const LIVE_LOG = "jamf.log";

/** A log or a copy of it, as it was listed. */
export interface LogFile {
  readonly name: string;
  readonly path: string;
  /** In bytes, on the disk. */
  readonly size: number;
  /** When it was last written to. */
  readonly modified: UnixSeconds;
  readonly inode: number | null;
}

/** Something named like a log that is none or is not read, and why. */
export interface FileIssue {
  readonly name: string;
  readonly reason: string;
}
