/**
 * The scroll position of a long table. Browsers limit the height of an element (Chromium to 33.5
 * million px, Firefox to 17.9), so a taller table is drawn on a shorter element: its scroll thumb
 * moves in proportion, and the wheel moves as many pixels as usual.
 */
export const LONGEST_PX = 10_000_000;

export interface Scrolled {
  /** The scroll position of the element. */
  top: number;
  /** The position in the whole table of the first visible pixel. */
  at: number;
}

export const START: Scrolled = { top: 0, at: 0 };

interface Heights {
  /** The height of all rows. */
  whole: number;
  /** The visible height. */
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
  // On screens with finer pixels, half a pixel is lost.
  if (top >= mostTop - 1) return { top, at: most };
  const moved = top - before.top;
  const isJump = Math.abs(moved) > seen;
  const at = isJump ? (top / mostTop) * most : before.at + moved;
  return { top, at: Math.min(Math.max(at, 0), most) };
}

/** The scroll position of the element at which the table is shown from `at`. */
export function topFor(at: number, { whole, seen }: Heights): Scrolled {
  const drawn = drawnHeight(whole);
  if (whole <= drawn) return { top: at, at };
  return { top: Math.round((at / (whole - seen)) * (drawn - seen)), at };
}
