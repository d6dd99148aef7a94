// Which version of the program this is.

import config from "../deno.json" with { type: "json" };
import { parseTimestamp, type UnixSeconds } from "./shared/timestamp.ts";

/** As in deno.json. */
export const VERSION: string = config.version;

/** No right clock is earlier. Raised with each release. */
export const RELEASED: UnixSeconds = parseTimestamp("2026-11-01T00:00:00Z")!;
