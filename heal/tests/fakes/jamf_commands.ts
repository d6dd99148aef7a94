// The MDM commands of the fake of Jamf Pro.

import { apiError } from "./jamf_inventory.ts";
import type { Answer, SeenRequest } from "./misbehaviour.ts";

/** A command; a test may set its state and its time. */
export interface JamfCommand {
  readonly uuid: string;
  readonly managementId: string;
  sentAt: Date;
  state: "PENDING" | "NOT_NOW" | "ACKNOWLEDGED" | "ERROR";
}

type Condition = (command: JamfCommand) => boolean;

/** The comparisons that the program sends. */
const COMPARISON = /^(uuid|clientManagementId|status|dateSent)(==|=ge=|=le=)"?([^"]*)"?$/;

/** The commands that a filter finds: `;` is and. */
export function commandsAnswer(commands: readonly JamfCommand[], { query }: SeenRequest): Answer {
  const conditions = (query.get("filter") ?? "").split(";").map(conditionOf);
  if (conditions.includes(undefined)) {
    return apiError(400, "INVALID_FIELD", "Cannot read the filter", "filter");
  }
  const found = commands.filter((command) => conditions.every((holds) => holds!(command)));
  const results = found.slice(0, Number(query.get("page-size"))).map((
    { uuid, managementId, sentAt, state },
  ) => ({
    uuid,
    dateSent: sentAt.toISOString(),
    commandState: state,
    commandType: "INSTALL_ENTERPRISE_APPLICATION",
    client: { managementId, clientType: "COMPUTER" },
  }));
  return { status: 200, body: { totalCount: found.length, results } };
}

function conditionOf(text: string): Condition | undefined {
  const [, field, operator, value] = COMPARISON.exec(text) ?? [];
  if (field === "uuid" && operator === "==") return ({ uuid }) => uuid === value;
  if (field === "clientManagementId") return ({ managementId }) => managementId === value;
  if (field === "status" && value === "Pending") return ({ state }) => state === "PENDING";
  const at = Date.parse(value ?? "");
  if (field !== "dateSent" || Number.isNaN(at)) return undefined;
  if (operator === "=ge=") return ({ sentAt }) => sentAt.getTime() >= at;
  return operator === "=le=" ? ({ sentAt }) => sentAt.getTime() <= at : undefined;
}
