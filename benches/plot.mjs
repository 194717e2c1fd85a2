/** Lines over two logarithmic axes, as SVG: no library is needed for that. */

/**
 * @typedef {object} Plot
 * @property {string} file its name, without its ending
 * @property {string} title
 * @property {string} x what stands below
 * @property {string} y what stands at the side
 * @property {{ name: string, points: [number, number][] }[]} lines
 */

const [WIDTH, HEIGHT] = [840, 460];
const PLACE = { left: 78, right: 260, top: 44, bottom: 52 };
/** Told apart by colour-blind people too (Okabe and Ito). */
const COLOURS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"];
const UNITS = ["", "k", "M", "G", "T"];

/** @param {Plot} what */
export function plot({ title, x, y, lines }) {
  const xs = lines.flatMap(({ points }) => points.map(([at]) => at));
  const ys = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const across = axis(xs, PLACE.left, WIDTH - PLACE.right);
  const up = axis(ys, HEIGHT - PLACE.bottom, PLACE.top);
  const right = WIDTH - PLACE.right;
  const bottom = HEIGHT - PLACE.bottom;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" role="img">`,
    `<title>${escape(title)}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${PLACE.left}" y="24" font-size="15" font-weight="600">${escape(title)}</text>`,
  ];
  for (const value of across.marks) {
    const at = across.of(value);
    parts.push(
      `<path d="M${at} ${PLACE.top}V${bottom}" stroke="#ddd"/>`,
      `<text x="${at}" y="${bottom + 18}" text-anchor="middle">${short(value)}</text>`,
    );
  }
  for (const value of up.marks) {
    const at = up.of(value);
    parts.push(
      `<path d="M${PLACE.left} ${at}H${right}" stroke="#ddd"/>`,
      `<text x="${PLACE.left - 8}" y="${at + 4}" text-anchor="end">${short(value)}</text>`,
    );
  }
  parts.push(
    `<text x="${(PLACE.left + right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escape(x)}</text>`,
    `<text transform="translate(18 ${(PLACE.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escape(y)}</text>`,
  );
  lines.forEach(({ name, points }, place) => {
    const colour = COLOURS[place % COLOURS.length];
    const path = points.map(([at, value]) => `${across.of(at)} ${up.of(value)}`).join("L");
    parts.push(
      `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...points.map(
        ([at, value]) =>
          `<circle cx="${across.of(at)}" cy="${up.of(value)}" r="3" fill="${colour}"/>`,
      ),
      `<rect x="${right + 14}" y="${PLACE.top + place * 22}" width="12" height="12" fill="${colour}"/>`,
      `<text x="${right + 32}" y="${PLACE.top + place * 22 + 10}">${escape(name)}</text>`,
    );
  });
  return `${parts.join("\n")}\n</svg>\n`;
}

/** Places between two ends, by powers of ten. @param {number[]} values @param {number} from @param {number} to */
function axis(values, from, to) {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  const of = (/** @type {number} */ value) =>
    Number((from + ((Math.log10(value) - first) / (last - first)) * (to - from)).toFixed(1));
  return {
    of,
    marks: Array.from({ length: last - first + 1 }, (_, place) => 10 ** (first + place)),
  };
}

/** @param {number} value */
function short(value) {
  if (value < 1) return String(Number(value.toPrecision(1)));
  const step = Math.floor(Math.log10(value) / 3 + 1e-9);
  return `${Math.round(value / 1000 ** step)}${UNITS[step]}`;
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
