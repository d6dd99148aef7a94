// Finds the computer in Jamf Pro.

import type { HostDetail } from "../fleet/schemas.ts";
import type { Computer } from "../jamf/inventory.ts";
import { isSerial } from "../serial.ts";
import type { Target } from "./target.ts";

/** The queries in Jamf Pro and Fleet. */
export interface Servers {
  readonly withSerial: (serial: string, signal?: AbortSignal) => Promise<Computer[]>;
  readonly withId: (id: string, signal?: AbortSignal) => Promise<Computer | undefined>;
  readonly host: (id: number, signal?: AbortSignal) => Promise<HostDetail | undefined>;
}

/** One computer, or the reason why there is not exactly one. */
export type Found =
  | { readonly computer: Computer; readonly problem?: never }
  | { readonly computer?: never; readonly problem: string };

/**
 * Finds the computer that a person named.
 *
 * @throws {ServerError} A server gives no usable answer.
 */
export async function findComputer(
  servers: Servers,
  { kind, value }: Target,
  signal?: AbortSignal,
): Promise<Found> {
  switch (kind) {
    case "serial":
      return await findBySerial(servers, value, signal);
    case "computer-id": {
      const computer = await servers.withId(value, signal);
      return computer ? { computer } : { problem: `Jamf Pro has no computer with id "${value}"` };
    }
    case "fleet-host": {
      const host = await servers.host(Number(value), signal);
      if (host === undefined) return { problem: `Fleet shows no host with id "${value}"` };
      if (host.platform !== "darwin") {
        return { problem: `Fleet host "${value}" is no Mac: its platform is "${host.platform}"` };
      }
      return await findBySerial(servers, host.serial, signal);
    }
  }
}

/**
 * Finds the computer with a serial number.
 *
 * @throws {ServerError} Jamf Pro gives no usable answer.
 */
export async function findBySerial(
  { withSerial }: Pick<Servers, "withSerial">,
  serial: string,
  signal?: AbortSignal,
): Promise<Found> {
  if (!isSerial(serial)) return { problem: `"${serial}" is not a serial number` };
  const [computer, second] = await withSerial(serial, signal);
  if (computer === undefined) {
    return { problem: `Jamf Pro has no computer with serial number "${serial}"` };
  }
  if (second !== undefined) {
    const ids = `${computer.id} and ${second.id}`;
    return {
      problem: `Jamf Pro has more than one computer with serial number "${serial}": ids ${ids}`,
    };
  }
  return { computer };
}

/**
 * Why a redeploy cannot arrive at a computer; `undefined` if it can.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const computer = { id: "1", name: "", serial: "A", isManaged: true, isMdmCapable: false, checkIn: undefined };
 * assertEquals(unreachable(computer), "Jamf Pro cannot reach it by MDM: enrol this Mac again");
 * ```
 */
export function unreachable({ isManaged, isMdmCapable }: Computer): string | undefined {
  if (!isManaged) return "not managed by Jamf Pro: enrol this Mac again";
  return isMdmCapable ? undefined : "Jamf Pro cannot reach it by MDM: enrol this Mac again";
}
