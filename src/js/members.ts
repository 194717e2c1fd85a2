/** Members of which nothing is known. */
export type Members = Readonly<Record<PropertyKey, unknown>>;

/** The members of whatever foreign code gives: any of them may be there, or throw. */
export function membersOf(value: unknown): Members {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Nothing is claimed: every member is unknown.
  return Object(value) as Members;
}
