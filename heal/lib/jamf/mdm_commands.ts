// Reads MDM commands, which tell whether a Mac has taken what was sent to it.

import * as z from "zod";
import { parseReply, ReplyError } from "../http/reply.ts";
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
/** Jamf Pro answers either without the privilege, also to a token that it accepts. */
const REFUSALS = [401, 403];
/** What a filter may contain. */
const SAFE = /^[\w-]{1,64}$/;

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
   * Commands by their ids, of all computers; those that Jamf Pro no longer has are missing.
   *
   * @throws {ServerError} Jamf Pro gives no usable answer.
   */
  async withUuids(
    uuids: readonly string[],
    signal?: AbortSignal,
  ): Promise<MdmCommand[] | undefined> {
    const found: MdmCommand[] = [];
    const safe = uuids.filter((uuid) => SAFE.test(uuid));
    for (let first = 0; first < safe.length; first += MAX_UUIDS) {
      const part = safe.slice(first, first + MAX_UUIDS);
      const filter = part.map((uuid) => `uuid=="${uuid}"`).join(",");
      const commands = await this.#read(filter, signal);
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
    return await this.#ofComputer(managementId, "status==Pending", signal);
  }

  /**
   * Commands that were sent to a computer from one time to another, in seconds since 1970.
   *
   * @throws {ServerError} Jamf Pro gives no usable answer.
   */
  async sentBetween(
    managementId: string,
    [from, to]: readonly [number, number],
    signal?: AbortSignal,
  ): Promise<MdmCommand[] | undefined> {
    const [first, last] = [from, to].map((at) => new Date(at * 1000).toISOString());
    const filter = `dateSent=ge="${first}";dateSent=le="${last}"`;
    return await this.#ofComputer(managementId, filter, signal);
  }

  #ofComputer(
    managementId: string,
    filter: string,
    signal?: AbortSignal,
  ): Promise<MdmCommand[] | undefined> {
    if (!SAFE.test(managementId)) {
      throw new ReplyError(`Cannot use the answer of Jamf Pro: managementId "${managementId}"`);
    }
    return this.#read(`clientManagementId=="${managementId}";${filter}`, signal);
  }

  async #read(filter: string, signal?: AbortSignal): Promise<MdmCommand[] | undefined> {
    const query = new URLSearchParams({ filter, page: "0", "page-size": `${MAX_COMMANDS}` });
    const reply = await this.jamf.send({
      method: "GET",
      path: "api/v2/mdm/commands",
      query,
      signal,
    });
    if (REFUSALS.includes(reply.status)) return undefined;
    return parseReply("Jamf Pro", reply, 200, pageSchema).results;
  }
}
