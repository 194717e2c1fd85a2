/** One figure of a job, with its source. */
import type { ComponentChildren } from "preact";

import { Hint } from "../parts/hints.js";

interface Props {
  name: string;
  /** Its meaning. */
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
