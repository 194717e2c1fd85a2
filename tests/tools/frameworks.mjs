/** Frameworks with a server of their own: built, served, and called to run the suite. */
import { join } from "node:path";

import { freePort } from "../free-port.mjs";
import { ask } from "../hosts/places.mjs";
import { serving, withSandbox } from "../hosts/processes.mjs";
import { bin, command, env, inChromium, installed, named, place, project } from "./project.mjs";

/**
 * Serves a build, and calls its route.
 * @param {string} folder
 * @param {(port: number) => string[]} line
 * @param {string} [path] of the route
 */
async function asked(folder, line, path = "/run") {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const [program = "", ...args] = line(port);
  const options = { cwd: folder, env: { ...env, PORT: `${port}`, HOST: "127.0.0.1" } };
  return withSandbox(installed, (base) =>
    serving(join(bin, program), args, url, () => ask(url + path, base), options),
  );
}

/** @param {string} file below the folder */
const withNode = (file) => () => ["node", file];

/** @param {string[]} more */
const withWrangler =
  (...more) =>
  (/** @type {number} */ port) => [
    ...["wrangler", "dev", "--ip", "127.0.0.1", "--port", `${port}`, "--inspector-port", "0"],
    ...more,
  ];

async function next() {
  const folder = project("next");
  await command(folder, "next build");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ["start", "--hostname", "127.0.0.1", "--port", `${port}`];
  const run = () =>
    withSandbox(installed, async (base) => [
      ...named("client component", await inChromium(url)),
      ...named("server component", await rendered(`${url}/component`, base)),
      ...named("server action", await inChromium(url, undefined, "/action")),
      ...named("route", await ask(`${url}/server`, base)),
      ...named("edge route", await ask(`${url}/edge`, base)),
    ]);
  return serving(join(bin, "next"), args, url, run, { cwd: folder, env });
}

/**
 * The results that a server component has put into its page.
 *
 * @param {string} url
 * @param {string} base
 */
async function rendered(url, base) {
  const html = await (await fetch(`${url}?base=${encodeURIComponent(base)}`)).text();
  const [, results] = /data-results="([^"]+)"/.exec(html) ?? [];
  if (results === undefined) throw new Error(html.slice(0, 4_000));
  return JSON.parse(decodeURIComponent(results));
}

/** @param {string[]} parts @param {string} line */
async function built(parts, line) {
  const folder = project(...parts);
  await command(folder, line);
  return folder;
}

export const nextJs = place(
  "Next.js",
  "`next build`, `next start`: client component, server component, server action, route, edge route",
  next,
  "next",
);

export const frameworks = [
  place(
    "OpenNext",
    "on workerd, with serverExternalPackages and webpack",
    async () => {
      const folder = project("opennext");
      await command(folder, "opennextjs-cloudflare build");
      return asked(folder, withWrangler());
    },
    "@opennextjs/cloudflare",
  ),
  place(
    "SvelteKit",
    "adapter-node, with noExternal",
    async () => asked(await built(["sveltekit"], "vite build"), withNode("build/index.js")),
    "@sveltejs/kit",
  ),
  place("Astro", "@astrojs/node, with noExternal", async () =>
    asked(await built(["astro"], "astro build"), withNode("dist/server/entry.mjs")),
  ),
  place("Nuxt", "`nuxt build`", async () => {
    const folder = await built(["nuxt"], "nuxt build");
    return asked(folder, withNode(".output/server/index.mjs"));
  }),
  place(
    "Nuxt, for an edge",
    "`cloudflare_module`, with `nitro.experimental.wasm`",
    async () => {
      const folder = await built(["nuxt", "nuxt-edge"], "nuxt build");
      return asked(
        folder,
        withWrangler(
          ...[".output/server/index.mjs", "--assets", ".output/public"],
          ...["--compatibility-date", "2026-04-01", "--compatibility-flags", "nodejs_compat"],
        ),
      );
    },
    "nuxt",
  ),
  place(
    "React Router",
    "with Cloudflare's Vite plugin",
    async () => {
      const folder = await built(["react-router"], "react-router build");
      return asked(folder, withWrangler("--config", "build/server/wrangler.json"));
    },
    "@react-router/dev",
  ),
  place(
    "Vitest's pool for workers",
    "`vitest run`",
    () =>
      withSandbox(installed, async (base) => {
        await command(project("vitest-workers"), "vitest run", { BASE: base });
        return [{ name: "vitest run" }];
      }),
    "@cloudflare/vitest-plugin",
  ),
  place(
    "Angular",
    "`ng build`, with `assets`",
    async () => {
      const folder = project("angular");
      await command(folder, "ng build");
      return inChromium(join(folder, "dist"));
    },
    "@angular/build",
  ),
];
