// A computer as the fake of Jamf Pro keeps it, and as it shows it.

/** What a test may set, at any time. */
export interface JamfComputer {
  /** A text of digits. */
  readonly id: string;
  name: string;
  serialNumber: string;
  managed: boolean;
  mdmCapable: boolean;
  /** When the agent last checked in; `null` if it never has. */
  lastContactTime: Date | null;
  /** By which MDM commands name it. */
  managementId: string;
}

/** Versions of the inventory's path that Jamf Pro has had. */
export type InventoryVersion = 1 | 2 | 3 | 4;

/**
 * A computer as the inventory shows it.
 *
 * @param sections The requested ones; any other is `null`.
 * @param version From 4 on, the last check-in has another name.
 */
export function toInventory(
  computer: JamfComputer,
  sections: readonly string[],
  version: InventoryVersion,
): Record<string, unknown> {
  const { id, serialNumber } = computer;
  return {
    id,
    general: sections.includes("GENERAL") ? generalOf(computer, version) : null,
    hardware: sections.includes("HARDWARE") ? { serialNumber } : null,
  };
}

/** A serial number of ten letters and digits, always the same for a number. */
export function serialOf(number: number): string {
  return `C${number.toString(36).toUpperCase().padStart(9, "0")}`;
}

function generalOf(computer: JamfComputer, version: InventoryVersion): Record<string, unknown> {
  const { name, managed, mdmCapable, lastContactTime, managementId } = computer;
  // Without zeros at the end of the fraction.
  const timestamp = lastContactTime?.toISOString().replace(/\.?0*Z$/, "Z") ?? null;
  return {
    name,
    remoteManagement: { managed },
    supervised: managed,
    mdmCapable: { capable: mdmCapable },
    reportDate: timestamp,
    managementId,
    // From version 4 on, `lastContact` is any contact, also by MDM, and can be null although there was a check-in.
    ...(version < 4
      ? { lastContactTime: timestamp }
      : { lastCheckIn: timestamp, lastContact: null }),
  };
}
