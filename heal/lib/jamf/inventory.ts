// Reads computers from the inventory of Jamf Pro.

import * as z from "zod";
import { parseReply, ReplyError } from "../http/reply.ts";
import { isSerial } from "../serial.ts";
import { isPathKnown, type JamfPro, Paths } from "./jamf_pro.ts";

/** Newest first. Since Jamf Pro 11.30 there is version 4, and the others are deprecated. */
const PATHS = ["v4", "v3", "v2", "v1"].map((version) => `api/${version}/computers-inventory`);

/** In whole seconds since 1970; `undefined` for what is no time. The offset may have no colon. */
const timeSchema = z.string()
  .transform((text) => text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"))
  .pipe(z.iso.datetime({ offset: true }))
  .transform((text) => Math.floor(Date.parse(text) / 1000))
  .optional().catch(undefined);

/** Jamf Pro omits a field that it does not know, or sends `null`. Such a computer counts as unmanaged. */
const computerSchema = z.object({
  id: z.string().regex(/^[1-9]\d*$/),
  general: z.object({
    name: z.string().nullish(),
    // Two names of one field, the newer first. `lastContact` is another field: it changes with every answer of the Mac to
    // MDM, so with the redeploy itself.
    lastCheckIn: timeSchema,
    lastContactTime: timeSchema,
    managementId: z.string().nullish(),
    mdmCapable: z.object({ capable: z.boolean().nullish() }).nullish(),
    remoteManagement: z.object({ managed: z.boolean().nullish() }).nullish(),
  }),
  hardware: z.object({ serialNumber: z.string().nullish() }),
}).transform(({ id, general, hardware }) => ({
  id,
  name: general.name ?? "",
  serial: hardware.serialNumber ?? "",
  isManaged: general.remoteManagement?.managed ?? false,
  isMdmCapable: general.mdmCapable?.capable ?? false,
  /** The last check-in of its agent, in seconds since 1970; `undefined` if there was none. */
  checkIn: general.lastCheckIn ?? general.lastContactTime,
  /** Whether `checkIn` is that of the agent alone: before version 4 of the inventory, it may be another contact. */
  isAgents: general.lastCheckIn !== undefined,
  /** By which MDM commands name it. */
  managementId: general.managementId ?? undefined,
}));

/** What is used of a computer. */
export type Computer = z.output<typeof computerSchema>;

/** One computer, or the reason why there is not exactly one. */
export type Found =
  | { readonly computer: Computer; readonly problem?: never }
  | { readonly computer?: never; readonly problem: string };

/** Why a redeploy cannot arrive at a computer; `undefined` if it can. */
export function unreachable({ isManaged, isMdmCapable }: Computer): string | undefined {
  if (!isManaged) return "not managed by Jamf Pro: enrol this Mac again";
  return isMdmCapable ? undefined : "Jamf Pro cannot reach it by MDM: enrol this Mac again";
}

/** @param computers Those with the serial number: none, one, or two of them if there are more. */
export function foundOf(serial: string, [computer, second]: readonly Computer[]): Found {
  if (computer === undefined) {
    return { problem: `Jamf Pro has no computer with serial number "${serial}"` };
  }
  if (second === undefined) return { computer };
  const ids = `ids ${computer.id} and ${second.id}`;
  const problem = `Jamf Pro has more than one computer with serial number "${serial}": ${ids}`;
  return { problem };
}

const pageSchema = z.object({ results: z.array(computerSchema) });

/** The inventory, by the newest version of its path that the server knows. */
export class Inventory {
  /** Older servers answer 404 or 400 to a version that they do not know. */
  readonly #paths = new Paths(
    PATHS,
    (reply) => reply.status === 400 || (reply.status === 404 && !isPathKnown(reply)),
  );

  constructor(private readonly jamf: JamfPro) {}

  async withSerial(serial: string, signal?: AbortSignal): Promise<Found> {
    if (!isSerial(serial)) {
      throw new RangeError(
        `Cannot look up serial number "${serial}": it may have only letters, digits and -`,
      );
    }
    const query = new URLSearchParams([
      ["section", "GENERAL"],
      ["section", "HARDWARE"],
      ["page", "0"],
      ["page-size", "2"],
      ["filter", `hardware.serialNumber=="${serial}"`],
    ]);
    const reply = await this.#paths.send((path) =>
      this.jamf.send({ method: "GET", path, query, signal })
    );
    const { results } = parseReply("Jamf Pro", reply, 200, pageSchema);
    const other = results.find((found) => found.serial.toLowerCase() !== serial.toLowerCase());
    if (other === undefined) return foundOf(serial, results);
    throw new ReplyError(
      `Cannot use the answer of Jamf Pro: requested serial number "${serial}", got "${other.serial}"`,
    );
  }
}
