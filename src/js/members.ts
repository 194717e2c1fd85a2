/** Access to the members of unknown values. */
export type Members = Readonly<Record<PropertyKey, unknown>>;

/** The members of a value from foreign code: any of them may be present, or throw when read. */
export function membersOf(value: unknown): Members {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Nothing is claimed: every member is unknown.
  return Object(value) as Members;
}
