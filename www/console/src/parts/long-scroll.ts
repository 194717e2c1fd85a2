/**
 * Where a long table is scrolled to. A browser has a longest height (Chromium 33.5 million px, Firefox
 * 17.9), so that a table beyond it is drawn on a shorter one: its thumb is dragged in proportion, and
 * a turn of the wheel moves as many pixels as ever.
 */
export const LONGEST_PX = 10_000_000;

export interface Scrolled {
  /** Of the element. */
  top: number;
  /** Of the whole table: what is seen begins here. */
  at: number;
}

export const START: Scrolled = { top: 0, at: 0 };

interface Heights {
  /** Of all rows. */
  whole: number;
  /** Of what is seen. */
  seen: number;
}

export const drawnHeight = (whole: number): number => Math.min(whole, LONGEST_PX);

/** The element was scrolled to `top`. */
export function scrolledTo(top: number, before: Scrolled, { whole, seen }: Heights): Scrolled {
  const drawn = drawnHeight(whole);
  const most = Math.max(0, whole - seen);
  const mostTop = Math.max(0, drawn - seen);
  if (whole <= drawn) return { top, at: top };
  if (top <= 0) return START;
  // Half a pixel is lost where the screen's pixels are finer.
  if (top >= mostTop - 1) return { top, at: most };
  const moved = top - before.top;
  const isJump = Math.abs(moved) > seen;
  const at = isJump ? (top / mostTop) * most : before.at + moved;
  return { top, at: Math.min(Math.max(at, 0), most) };
}

/** Where the element has to be scrolled to for the table to be seen from `at`. */
export function topFor(at: number, { whole, seen }: Heights): Scrolled {
  const drawn = drawnHeight(whole);
  if (whole <= drawn) return { top: at, at };
  return { top: Math.round((at / (whole - seen)) * (drawn - seen)), at };
}
