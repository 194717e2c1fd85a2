/** Joins the declarations of `build/js`: one file for each entry point, without internal ones. */
import { readdirSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { DIST, doorFiles, filesBelow } from "./join.mjs";
import { ROOT } from "./setup.mjs";

export async function joinDeclarations() {
  // Imported here and not above: the build may have to install it first.
  const { generateDtsBundle } = await import("dts-bundle-generator");
  const doors = doorFiles("d.ts");
  const texts = generateDtsBundle(
    doors.map((door) => ({
      filePath: door.in,
      // A declaration that is not exported keeps its name, but can't be imported.
      output: { noBanner: true, exportReferencedTypes: false },
    })),
    { preferredConfigPath: join(ROOT, "src", "js", "tsconfig.declarations.json") },
  );
  const files = new Set(doors.map(({ out }) => join(DIST, `${out}.d.ts`)));
  for (const [index, file] of [...files].entries()) writeFileSync(file, texts[index] ?? "");
  for (const path of filesBelow(DIST)) {
    if (path.endsWith(".d.ts") && !files.has(path)) rmSync(path);
  }
  removeEmptyFolders(DIST);
}

/** @param {string} folder */
function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
