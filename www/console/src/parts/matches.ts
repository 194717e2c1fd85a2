/** Whether each word of a query is in one of these texts. */
export function matches(query: string, texts: readonly (string | null)[]): boolean {
  const text = texts.join(" ").toLocaleLowerCase();
  return query
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
