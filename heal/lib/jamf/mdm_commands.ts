// Reads MDM commands, which tell whether a Mac has taken what was sent to it.

import * as z from "zod";
import { formatTimestamp } from "../../../lib/shared/timestamp.ts";
import { parseReply } from "../http/reply.ts";
import type { JamfPro } from "./jamf_pro.ts";

/** The privilege that the requests need. It is optional. */
export const COMMANDS_PRIVILEGE = "View MDM command information in Jamf Pro API";

export interface MdmCommand {
  readonly uuid: string;
  /** `PENDING`, `NOT_NOW`, `ACKNOWLEDGED` or `ERROR`. */
  readonly state: string;
  /** Such as `DEVICE_INFORMATION`; `""` if it cannot be read. */
  readonly type: string;
  /** In seconds since 1970; `undefined` if it cannot be read. */
  readonly sentAt: number | undefined;
}

const PAGE_SIZE = 100;
/** Jamf Pro answers 401 or 403 without the privilege, also to a token that it accepts; an older one does not know it. */
const REFUSALS = [401, 403, 404];

const pageSchema = z.object({
  results: z.array(
    z.object({
      uuid: z.string().max(100),
      commandState: z.string(),
      commandType: z.string().catch(""),
      dateSent: z.string().nullish(),
    })
      .transform(({ uuid, commandState: state, commandType: type, dateSent }): MdmCommand => {
        const sentAt = Math.floor(Date.parse(dateSent ?? "") / 1000);
        return { uuid, state, type, sentAt: Number.isNaN(sentAt) ? undefined : sentAt };
      }),
  ),
});

/** Reads the commands that a filter finds; `undefined` if the API client may not see them. */
export type ReadCommands = (
  filter: string,
  signal?: AbortSignal,
) => Promise<MdmCommand[] | undefined>;

/** {@linkcode ReadCommands} of one Jamf Pro. */
export async function readCommands(
  jamf: JamfPro,
  filter: string,
  signal?: AbortSignal,
): Promise<MdmCommand[] | undefined> {
  const query = new URLSearchParams({ filter, page: "0", "page-size": `${PAGE_SIZE}` });
  const reply = await jamf.send({ method: "GET", path: "api/v2/mdm/commands", query, signal });
  if (REFUSALS.includes(reply.status)) return undefined;
  return parseReply("Jamf Pro", reply, 200, pageSchema).results;
}

/** The beginning of a sentence about a command that has waited for a day: MDM does not reach a Mac that is online. */
export function longWait(waiting: readonly MdmCommand[], now: number): string | undefined {
  const old = waiting.find(({ sentAt = now }) => sentAt <= now - 86_400);
  return old && `a command of ${formatTimestamp(old.sentAt!)} waits in Jamf Pro`;
}

/** Whether it may be a redeploy, which is Apple's `InstallEnterpriseApplication`; Jamf does not document its name. */
export function isRedeploy({ type }: MdmCommand): boolean {
  return type === "" || /enterprise.?application|package$/i.test(type);
}

/** A filter for one command. */
export function withUuid(uuid: string): string {
  return equal("uuid", uuid);
}

/** A filter for those that wait for a computer to take them. */
export function waitingFor(managementId: string): string {
  return `${equal("clientManagementId", managementId)};status==Pending`;
}

/** A filter for those that were sent to a computer from one time to another, in seconds since 1970. */
export function sentTo(managementId: string, from: number, to: number): string {
  const [first, last] = [from, to].map((at) => new Date(at * 1000).toISOString());
  const times = `dateSent=ge="${first}";dateSent=le="${last}"`;
  return `${equal("clientManagementId", managementId)};${times}`;
}

/** What a server sent as an id must not be able to change the rest of a filter. */
function equal(field: string, id: string): string {
  return `${field}=="${id.replace(/[^\w-]/g, "")}"`;
}
