/** A long table that draws only its visible rows, which all have the same height. */
import type { ComponentChildren, HTMLAttributes } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { START, drawnHeight, scrolledTo, topFor } from "./long-scroll.js";

const BEYOND = 8;
const LEAST_SEEN = 24;

interface Props {
  label: string;
  role: "table" | "grid";
  /** The number of all rows. */
  count: number;
  /** The height of a row, in pixels. */
  rowHeight: number;
  head: ComponentChildren;
  /** The row of this index, which gets these properties. */
  row(index: number, properties: RowProperties): ComponentChildren;
  /** Called with the range of drawn rows. */
  onRange?(first: number, end: number): void;
  /** Scroll to this row. */
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
  const [scrolled, setScrolled] = useState(START);
  const [height, setHeight] = useState(LEAST_SEEN * rowHeight);
  const whole = count * rowHeight;
  const { top, at } = scrolled;
  const first = Math.max(0, Math.min(Math.floor(at / rowHeight) - BEYOND, count - 1));
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
    const seen = seenHeight(current);
    const [from, to] = [show * rowHeight, (show + 1) * rowHeight];
    if (from >= at && to <= at + seen) return;
    const next = topFor(from < at ? from : to - seen, { whole, seen });
    setScrolled(next);
    current.scrollTop = next.top;
  }, [show, rowHeight]);
  // The number of rows has changed: the browser has kept the position as well as it could.
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    setScrolled(scrolledTo(current.scrollTop, START, { whole, seen: seenHeight(current) }));
  }, [whole]);

  const rows: ComponentChildren[] = [];
  for (let index = first; index < end; index += 1) {
    rows.push(
      row(index, {
        key: index,
        role: "row",
        "aria-rowindex": index + 2,
        style: { transform: `translateY(${index * rowHeight - at + top}px)` },
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
      onScroll={({ currentTarget }) => {
        const seen = seenHeight(currentTarget);
        setScrolled((before) => scrolledTo(currentTarget.scrollTop, before, { whole, seen }));
      }}
    >
      <div class="rows-head" role="rowgroup">
        {head}
      </div>
      <div class="rows-space" role="rowgroup" style={{ height: `${drawnHeight(whole)}px` }}>
        {rows}
      </div>
    </div>
  );
}

/** The height of the rows: the header stays above them. */
function seenHeight(rows: HTMLElement): number {
  return rows.clientHeight - (rows.querySelector<HTMLElement>(".rows-head")?.offsetHeight ?? 0);
}
