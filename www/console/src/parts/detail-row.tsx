/** A name and its value, in a list of details. */
import type { ComponentChildren } from "preact";

export function DetailRow({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
