/** One cold start: `node node.mjs <contestant> <where it sends>`. Times are the system's, to compare with the other process's. */
import process from "node:process";

const [name, url] = /** @type {[string, string]} */ (
  /** @type {unknown} */ (process.argv.slice(2))
);
const began = process.hrtime.bigint();
const { send } = await import(`./${name}.mjs`);
const imported = process.hrtime.bigint();
await send(url);
process.stdout.write(JSON.stringify({ began: String(began), imported: String(imported) }));
