// Finds the computer in Jamf Pro.

import type { Computer, Inventory } from "../jamf/inventory.ts";
import { isSerial } from "../serial.ts";
import type { Target } from "./target.ts";

/** One computer, or the reason why there is not exactly one. */
export type Found =
  | { readonly computer: Computer; readonly problem?: never }
  | { readonly computer?: never; readonly problem: string };

/** Finds the computer that a person named. */
export async function findComputer(
  inventory: Pick<Inventory, "withSerial" | "withId">,
  { kind, value }: Target,
): Promise<Found> {
  if (kind === "serial") return await findBySerial(inventory, value);
  const computer = await inventory.withId(value);
  return computer ? { computer } : { problem: `Jamf Pro has no computer with id "${value}"` };
}

export async function findBySerial(
  inventory: Pick<Inventory, "withSerial">,
  serial: string,
  signal?: AbortSignal,
): Promise<Found> {
  if (!isSerial(serial)) return { problem: `"${serial}" is not a serial number` };
  const [computer, second] = await inventory.withSerial(serial, signal);
  if (computer === undefined) {
    return { problem: `Jamf Pro has no computer with serial number "${serial}"` };
  }
  if (second === undefined) return { computer };
  const ids = `ids ${computer.id} and ${second.id}`;
  const problem = `Jamf Pro has more than one computer with serial number "${serial}": ${ids}`;
  return { problem };
}

/** Why a redeploy cannot arrive at a computer; `undefined` if it can. */
export function unreachable({ isManaged, isMdmCapable }: Computer): string | undefined {
  if (!isManaged) return "not managed by Jamf Pro: enrol this Mac again";
  return isMdmCapable ? undefined : "Jamf Pro cannot reach it by MDM: enrol this Mac again";
}
