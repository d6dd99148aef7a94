/**
 * What an answer in JSON looks like, as a table that a test holds answers against.
 *
 * @module
 */

/** The type of a field; `?` after it for one that may be missing or `null`. */
export type Shape =
  | "string"
  | "string?"
  | "stamp?"
  | "integer"
  | "integer?"
  | "boolean?"
  | readonly [Shape]
  | { readonly [field: string]: Shape };

/**
 * What in a value is not as described: a wrong type, a missing field, or one that the description does not have.
 *
 * @param value Parsed from JSON.
 * @param at Where it is, for the answer.
 */
export function mismatches(value: unknown, shape: Shape, at = ""): string[] {
  if (typeof shape === "string") return isOf(value, shape) ? [] : [`${at}: no ${shape}`];
  if (isList(shape)) {
    if (!Array.isArray(value)) return [`${at}: no list`];
    return value.flatMap((one, index) => mismatches(one, shape[0], `${at}[${index}]`));
  }
  // Sections that were not asked for, and the like.
  if (value === null) return [];
  if (typeof value !== "object" || Array.isArray(value)) return [`${at}: no object`];
  const fields: Record<string, unknown> = { ...value };
  const unknown = Object.keys(fields).filter((field) => !(field in shape));
  return [
    ...unknown.map((field) => `${at}.${field}: not described`),
    ...Object.entries(shape).flatMap(([field, inner]) => {
      return mismatches(fields[field], inner, `${at}.${field}`);
    }),
  ];
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function isOf(value: unknown, shape: Extract<Shape, string>): boolean {
  if (value === undefined || value === null) return shape.endsWith("?");
  const type: string = typeof value;
  switch (shape) {
    case "stamp?":
      return typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) &&
        !Number.isNaN(Date.parse(value));
    case "integer":
    case "integer?":
      return Number.isInteger(value);
    default:
      return type === shape.replace("?", "");
  }
}
