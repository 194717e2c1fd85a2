/** One figure of a job, with what it rests on. */
import type { ComponentChildren } from "preact";

import { Hint } from "../parts/hints.js";

interface Props {
  name: string;
  /** What it means. */
  text: string;
  children: ComponentChildren;
}

export function Fact({ name, text, children }: Props) {
  return (
    <div>
      <dt>
        <Hint text={text}>{name}</Hint>
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
