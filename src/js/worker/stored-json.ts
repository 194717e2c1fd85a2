/** JSON in the columns of the objects' tables. */

declare const content: unique symbol;

/** The JSON of a `T`: the type of a column. */
export type JsonText<T> = string & { readonly [content]?: T };

export function parseStored<T>(text: JsonText<T>): T {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- Only this worker writes the tables.
  return JSON.parse(text) as T;
}
