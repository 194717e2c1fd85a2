/** `npm run deploy`: builds the package and the console, then runs wrangler with the given flags. */
import { join } from "node:path";

import { build } from "./build.mjs";
import { buildConsole } from "./bundle.mjs";
import { ROOT, main, run } from "./setup.mjs";

await main(async () => {
  await build();
  await buildConsole(join(ROOT, "build"));
  const flags = ["deploy", "--config", join("www", "worker", "wrangler.jsonc")];
  run(join(ROOT, "node_modules", ".bin", "wrangler"), [...flags, ...process.argv.slice(2)]);
});
