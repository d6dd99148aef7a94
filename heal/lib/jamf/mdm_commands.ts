// Reads MDM commands, which tell whether a Mac has taken what was sent to it.

import * as z from "zod";
import { parseReply } from "../http/reply.ts";
import type { JamfPro } from "./jamf_pro.ts";

/** The privilege that the requests need. It is optional. */
export const COMMANDS_PRIVILEGE = "View MDM command information in Jamf Pro API";

/** A command. */
export interface MdmCommand {
  readonly uuid: string;
  /** `PENDING`, `NOT_NOW`, `ACKNOWLEDGED` or `ERROR`. */
  readonly state: string;
  /** In seconds since 1970; `undefined` if it cannot be read. */
  readonly sentAt: number | undefined;
}

/** Commands in one request: the filter is a part of its URL. */
const MAX_UUIDS = 40;
const MAX_COMMANDS = 100;
/** Jamf Pro answers 401 or 403 without the privilege, also to a token that it accepts; an older one does not know it. */
const REFUSALS = [401, 403, 404];

const pageSchema = z.object({
  results: z.array(
    z.object({ uuid: z.string(), commandState: z.string(), dateSent: z.string().nullish() })
      .transform(({ uuid, commandState, dateSent }): MdmCommand => {
        const sentAt = Date.parse(dateSent ?? "") / 1000;
        return { uuid, state: commandState, sentAt: Number.isNaN(sentAt) ? undefined : sentAt };
      }),
  ),
});

/** The MDM commands. Each method returns `undefined` if the API client may not see them. */
export class MdmCommands {
  constructor(private readonly jamf: JamfPro) {}

  /**
   * Commands by their ids, of all computers; those that Jamf Pro does not show are missing.
   *
   * @throws {ServerError} Jamf Pro gives no usable answer.
   */
  async withUuids(
    uuids: readonly string[],
    signal?: AbortSignal,
  ): Promise<MdmCommand[] | undefined> {
    const found: MdmCommand[] = [];
    for (let first = 0; first < uuids.length; first += MAX_UUIDS) {
      const part = uuids.slice(first, first + MAX_UUIDS);
      const commands = await this.#read(part.map((uuid) => equal("uuid", uuid)).join(","), signal);
      if (commands === undefined) return undefined;
      found.push(...commands);
    }
    return found;
  }

  /**
   * Commands that wait for a computer to take them.
   *
   * @throws {ServerError} Jamf Pro gives no usable answer.
   */
  async waiting(managementId: string, signal?: AbortSignal): Promise<MdmCommand[] | undefined> {
    const filter = `${equal("clientManagementId", managementId)};status==Pending`;
    return await this.#read(filter, signal);
  }

  /**
   * Commands that were sent to a computer from one time to another, in seconds since 1970.
   *
   * @throws {ServerError} Jamf Pro gives no usable answer.
   */
  async sentBetween(
    managementId: string,
    times: readonly [number, number],
    signal?: AbortSignal,
  ): Promise<MdmCommand[] | undefined> {
    const [from, to] = times.map((at) => new Date(at * 1000).toISOString());
    const filter = `${
      equal("clientManagementId", managementId)
    };dateSent=ge="${from}";dateSent=le="${to}"`;
    return await this.#read(filter, signal);
  }

  async #read(filter: string, signal?: AbortSignal): Promise<MdmCommand[] | undefined> {
    const query = new URLSearchParams({ filter, page: "0", "page-size": `${MAX_COMMANDS}` });
    const request = { method: "GET", path: "api/v2/mdm/commands", query, signal } as const;
    const reply = await this.jamf.send(request);
    if (REFUSALS.includes(reply.status)) return undefined;
    return parseReply("Jamf Pro", reply, 200, pageSchema).results;
  }
}

/** A part of a filter. What a server sent as an id must not be able to change the rest. */
function equal(field: string, id: string): string {
  return `${field}=="${id.replace(/[^\w-]/g, "")}"`;
}
