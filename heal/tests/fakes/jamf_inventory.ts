/**
 * What the stand-in for Jamf Pro answers about computers.
 *
 * @module
 */

import { type InventoryVersion, type JamfComputer, toInventory } from "./jamf_computer.ts";
import type { Answer, SeenRequest } from "./misbehaviour.ts";
import { type Filter, parseRsql } from "./rsql.ts";

/**
 * A page of the computers that a filter finds.
 *
 * @param computers All there are.
 */
export function searchAnswer(
  computers: Iterable<JamfComputer>,
  request: SeenRequest,
  version: InventoryVersion,
): Answer {
  const page = numberOf(request, "page", 0);
  const size = numberOf(request, "page-size", 100);
  if (page === undefined || size === undefined) {
    return apiError(400, "INVALID_FIELD", "Cannot read the page or its size", "page");
  }
  let found = [...computers];
  try {
    const filter = filterOf(request);
    if (filter !== undefined) found = found.filter(filter);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return apiError(400, "INVALID_FIELD", error.message, "filter");
  }
  const sections = sectionsOf(request);
  const results = found.slice(page * size, (page + 1) * size)
    .map((computer) => toInventory(computer, sections, version));
  return { status: 200, body: { totalCount: found.length, results } };
}

/** One computer. */
export function computerAnswer(
  computer: JamfComputer,
  request: SeenRequest,
  version: InventoryVersion,
): Answer {
  return { status: 200, body: toInventory(computer, sectionsOf(request), version) };
}

/** What is answered for an id that no computer has. */
export function noSuchComputer(id: string): Answer {
  return apiError(404, "INVALID_ID", "Computer with given id does not exist", null, id);
}

/** An error as the API tells it; without a code, as it does for a token or a path that it does not know. */
export function apiError(
  httpStatus: number,
  code?: string,
  description?: string,
  field: string | null = null,
  id = "0",
): Answer {
  const errors = code === undefined ? [] : [{ code, description, id, field }];
  return { status: httpStatus, body: { httpStatus, errors } };
}

function filterOf({ query }: SeenRequest): Filter<JamfComputer> | undefined {
  const text = query.get("filter") ?? "";
  return text === "" ? undefined : parseRsql(text, fieldOf);
}

/** Of the many fields that a filter may name, those a test has use for. */
function fieldOf(computer: JamfComputer, field: string): string | null | undefined {
  switch (field) {
    case "id":
      return computer.id;
    case "general.name":
      return computer.name;
    case "hardware.serialNumber":
      return computer.serialNumber;
    case "general.remoteManagement.managed":
      return `${computer.managed}`;
    case "general.mdmCapable.capable":
      return `${computer.mdmCapable}`;
    default:
      return undefined;
  }
}

function sectionsOf({ query }: SeenRequest): string[] {
  const asked = query.getAll("section");
  return asked.length === 0 ? ["GENERAL"] : asked;
}

function numberOf({ query }: SeenRequest, name: string, otherwise: number): number | undefined {
  const text = query.get(name) ?? `${otherwise}`;
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}
