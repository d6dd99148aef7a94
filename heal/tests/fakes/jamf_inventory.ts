// What the fake of Jamf Pro answers about computers.

import { type InventoryVersion, type JamfComputer, toInventory } from "./jamf_computer.ts";
import type { Answer, SeenRequest } from "./misbehaviour.ts";

/** The one filter that the program sends. */
const FILTER = /^hardware\.serialNumber=="([^"\\*]*)"$/;

/**
 * The first page of the computers that a filter finds.
 *
 * @param computers All there are.
 */
export function searchAnswer(
  computers: Iterable<JamfComputer>,
  request: SeenRequest,
  version: InventoryVersion,
): Answer {
  const filter = request.query.get("filter");
  const serial = FILTER.exec(filter ?? "")?.[1];
  if (filter !== null && serial === undefined) {
    return apiError(400, "INVALID_FIELD", "Cannot read the filter", "filter");
  }
  const found = [...computers].filter(({ serialNumber }) =>
    (serial ?? serialNumber) === serialNumber
  );
  const sections = sectionsOf(request);
  const results = found.slice(0, Number(request.query.get("page-size") ?? "100"))
    .map((computer) => toInventory(computer, sections, version));
  return { status: 200, body: { totalCount: found.length, results } };
}

/** The answer for an unknown id. */
export function noSuchComputer(id: string): Answer {
  return apiError(404, "INVALID_ID", "Computer with given id does not exist", null, id);
}

/** An error of the API. For an unknown token or path, it has no code. */
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

function sectionsOf({ query }: SeenRequest): string[] {
  const sections = query.getAll("section");
  return sections.length === 0 ? ["GENERAL"] : sections;
}
