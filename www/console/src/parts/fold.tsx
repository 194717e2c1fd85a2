/** A card that can be collapsed. On a phone it starts collapsed. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { ChevronIcon } from "./icons.js";
import { useNarrow } from "./narrow.js";

interface Props {
  title: string;
  /** Shown beside the title, collapsed or not. */
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
