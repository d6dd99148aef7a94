// Serial numbers.

/** Whether a text is a serial number. It is sent to Jamf Pro inside a filter, so it may have no other characters. */
export function isSerial(text: string): boolean {
  return /^[A-Za-z0-9-]{1,64}$/.test(text);
}
