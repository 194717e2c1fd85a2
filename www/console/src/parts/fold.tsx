/** A card that can be closed. On a phone it begins closed: what is in it is for whoever looks for it. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { ChevronIcon } from "./icons.js";
import { useNarrow } from "./narrow.js";

interface Props {
  title: string;
  /** What stands beside the title, closed or not. */
  note?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}

export function Fold({ title, note, class: name = "", children }: Props) {
  const isNarrow = useNarrow();
  const [chosen, setChosen] = useState<boolean | null>(null);
  return (
    <details
      class={`card fold ${name}`}
      open={chosen ?? !isNarrow}
      onToggle={({ currentTarget: { open } }) => {
        if (open !== (chosen ?? !isNarrow)) setChosen(open);
      }}
    >
      <summary>
        <ChevronIcon />
        <h2>{title}</h2>
        {note && <span class="quiet">{note}</span>}
      </summary>
      {children}
    </details>
  );
}
