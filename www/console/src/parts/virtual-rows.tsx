/** A long table of which only what is seen is drawn. Its rows are all of one height. */
import type { ComponentChildren, HTMLAttributes } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const BEYOND = 8;
const LEAST_SEEN = 24;

interface Props {
  label: string;
  role: "table" | "grid";
  /** Rows in all. */
  count: number;
  /** In pixels. */
  rowHeight: number;
  head: ComponentChildren;
  /** A row of this index, which takes these properties. */
  row(index: number, properties: RowProperties): ComponentChildren;
  /** Which rows are drawn. */
  onRange?(first: number, end: number): void;
  /** This row is to be seen. */
  show?: number | null;
  class?: string;
  properties?: HTMLAttributes<HTMLDivElement>;
}

export interface RowProperties {
  key: number;
  role: "row";
  "aria-rowindex": number;
  style: { transform: string };
}

export function VirtualRows({
  label,
  role,
  count,
  rowHeight,
  head,
  row,
  onRange,
  show = null,
  class: name = "",
  properties = {},
}: Props) {
  const element = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(LEAST_SEEN * rowHeight);
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight) - BEYOND, count - 1));
  const end = Math.min(count, first + Math.ceil(height / rowHeight) + 2 * BEYOND);

  useEffect(() => {
    const { current } = element;
    if (current === null) return undefined;
    const observer = new ResizeObserver(() => setHeight(current.clientHeight));
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => onRange?.(first, end), [first, end, onRange]);
  useEffect(() => {
    const { current } = element;
    if (current === null || show === null) return;
    const [from, to] = [show * rowHeight, (show + 1) * rowHeight];
    // The head stays in its place over the rows.
    const seen = current.clientHeight - headHeight(current);
    if (from < current.scrollTop) current.scrollTop = from;
    else if (to > current.scrollTop + seen) current.scrollTop = to - seen;
  }, [show, rowHeight]);

  const rows: ComponentChildren[] = [];
  for (let index = first; index < end; index += 1) {
    rows.push(
      row(index, {
        key: index,
        role: "row",
        "aria-rowindex": index + 2,
        style: { transform: `translateY(${index * rowHeight}px)` },
      }),
    );
  }
  return (
    <div
      tabIndex={0}
      {...properties}
      ref={element}
      class={`rows ${name}`}
      role={role}
      aria-label={label}
      aria-rowcount={count + 1}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div class="rows-head" role="rowgroup">
        {head}
      </div>
      <div class="rows-space" role="rowgroup" style={{ height: `${count * rowHeight}px` }}>
        {rows}
      </div>
    </div>
  );
}

function headHeight(rows: HTMLElement): number {
  return rows.querySelector<HTMLElement>(".rows-head")?.offsetHeight ?? 0;
}
