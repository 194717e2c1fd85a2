/** Whether each word of what is looked for is somewhere in these texts. */
export function matches(query: string, texts: readonly (string | null)[]): boolean {
  const text = texts.join(" ").toLocaleLowerCase();
  return query
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
