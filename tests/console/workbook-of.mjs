/** Makes a workbook (.xlsx) of some sheets. */

/** @typedef {string | number} Cell */

/** @param {[name: string, rows: Cell[][]][]} sheets */
export function workbookOf(sheets) {
  const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
  const RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
  const HEAD = '<?xml version="1.0" encoding="UTF-8"?>';
  const numbered = sheets.map(([name, rows], index) => ({ name, rows, id: index + 1 }));
  const each = (/** @type {(sheet: (typeof numbered)[number]) => string} */ write) =>
    numbered.map(write).join("");
  return zipOf([
    [
      "[Content_Types].xml",
      `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>`,
    ],
    [
      "_rels/.rels",
      `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="r1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ],
    [
      "xl/workbook.xml",
      `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets>${each(({ name, id }) => `<sheet name="${name}" sheetId="${id}" r:id="r${id}"/>`)}</sheets></workbook>`,
    ],
    [
      "xl/_rels/workbook.xml.rels",
      `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${each(({ id }) => `<Relationship Id="r${id}" Type="${RELATIONS}/worksheet" Target="worksheets/sheet${id}.xml"/>`)}</Relationships>`,
    ],
    ["xl/styles.xml", `${HEAD}<styleSheet xmlns="${MAIN}"/>`],
    ...numbered.map(
      ({ id, rows }) =>
        /** @type {[string, string]} */ ([
          `xl/worksheets/sheet${id}.xml`,
          `${HEAD}<worksheet xmlns="${MAIN}"><sheetData>${rows.map(rowOf).join("")}</sheetData></worksheet>`,
        ]),
    ),
  ]);
}

/** @param {Cell[]} cells @param {number} index */
function rowOf(cells, index) {
  const written = cells.map((cell, column) => {
    const name = `${String.fromCharCode(65 + column)}${index + 1}`;
    if (cell === "") return "";
    // As Excel writes a long number.
    return typeof cell === "number"
      ? `<c r="${name}"><v>${cell.toExponential().replace("e+", "E")}</v></c>`
      : `<c r="${name}" t="inlineStr"><is><t>${cell}</t></is></c>`;
  });
  return `<row r="${index + 1}">${written.join("")}</row>`;
}

/** A ZIP archive whose entries are stored uncompressed. @param {[name: string, text: string][]} entries */
export function zipOf(entries) {
  /** @type {Buffer[]} */
  const files = [];
  /** @type {Buffer[]} */
  const directory = [];
  let offset = 0;
  for (const [name, text] of entries) {
    const [path, data] = [Buffer.from(name), Buffer.from(text)];
    const local = Buffer.alloc(30);
    local.write("PK\u0003\u0004", "latin1");
    local.writeUInt32LE(data.length, 18);
    local.writeUInt32LE(data.length, 22);
    local.writeUInt16LE(path.length, 26);
    const central = Buffer.alloc(46);
    central.write("PK\u0001\u0002", "latin1");
    central.writeUInt32LE(data.length, 20);
    central.writeUInt32LE(data.length, 24);
    central.writeUInt16LE(path.length, 28);
    central.writeUInt32LE(offset, 42);
    files.push(local, path, data);
    directory.push(central, path);
    offset += local.length + path.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006", "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, ...directory, end]);
}
