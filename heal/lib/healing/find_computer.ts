/**
 * From what is known of a Mac to the computer in Jamf Pro.
 *
 * @module
 */

import type { FleetHost } from "../fleet/fleet.ts";
import type { Computer } from "../jamf/inventory.ts";
import type { Target } from "./target.ts";

/** Who can be asked. */
export interface Servers {
  readonly withSerial: (serial: string, signal?: AbortSignal) => Promise<Computer[]>;
  readonly withId: (id: string, signal?: AbortSignal) => Promise<Computer | undefined>;
  readonly host: (id: number, signal?: AbortSignal) => Promise<FleetHost | undefined>;
}

/** The one computer that is meant, or why there is none to be had. */
export type Found =
  | { readonly computer: Computer }
  | { readonly computer?: never; readonly problem: string };

/**
 * Finds the computer that a person named.
 *
 * @throws {ServerError} A server does not tell.
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
      return computer ? { computer } : { problem: `Jamf Pro has no computer with id ${value}` };
    }
    case "fleet-host": {
      const host = await servers.host(Number(value), signal);
      if (host === undefined) return { problem: `Fleet has no host with id ${value}` };
      return await findBySerial(servers, host.serial, signal);
    }
  }
}

/**
 * Finds the computer with a serial number.
 *
 * @throws {ServerError} Jamf Pro does not tell.
 */
export async function findBySerial(
  { withSerial }: Servers,
  serial: string,
  signal?: AbortSignal,
): Promise<Found> {
  if (!/^[A-Za-z0-9-]+$/.test(serial)) return { problem: `"${serial}" is no serial number` };
  const [computer, second] = await withSerial(serial, signal);
  if (computer === undefined) {
    return { problem: `Jamf Pro has no computer with serial number ${serial}` };
  }
  if (second !== undefined) {
    const ids = `${computer.id} and ${second.id}`;
    return {
      problem: `Jamf Pro has more than one computer with serial number ${serial}: ids ${ids}`,
    };
  }
  return { computer };
}
