/**
 * `npm run docs`: builds the documentation site from the declarations and the guides, and
 * serves it on this machine. `--check` builds it and checks every link, without serving it.
 */
import { createReadStream, existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { basename, extname, join, posix, relative, sep } from "node:path";
import { parseArgs } from "node:util";

import { build } from "./build.mjs";
import { writeReference } from "./reference.mjs";
import { Missing, ROOT, main } from "./setup.mjs";

const SITE = join(ROOT, "build", "docs");
const SOURCE = join(ROOT, "www", "docs");
const HOST = "127.0.0.1";
const PORT = 8789;

/** The pages of each folder, in the order in which they are read. */
const FOLDERS = /** @type {Record<string, { group: string, pages: string[] }>} */ ({
  guides: {
    group: "Guides",
    pages: [
      "first-distribute",
      "code-lists",
      "recipients",
      "jobs",
      "resuming",
      "journals",
      "webhooks",
      "webhook-events",
      "codes-in-use",
      "what-can-go-wrong",
      "errors",
      "retries",
      "tokens",
      "sign-in",
      "edge-worker",
      "browser",
      "deploying",
      "operating",
      "notices",
      "limits-and-costs",
      "data-and-secrets",
      "testing",
      "sandbox-server",
      "hosts",
      "migrating",
      "rust",
    ],
  },
  reference: { group: "Reference", pages: ["error-codes", "options", "worker-routes"] },
  decisions: {
    group: "Decisions",
    pages: ["core", "size-and-speed", "reading-codes", "sending", "journal", "worker", "project"],
  },
});

/** Other documents of the repository, with their titles on the site. */
const PAGES = /** @type {Record<string, string>} */ ({
  "README.md": "Readme",
  "ARCHITECTURE.md": "Architecture",
  "CONTRIBUTING.md": "Contributing",
  "SECURITY.md": "Security",
  "BENCHMARKS.md": "Benchmarks",
  "benches/results/full-run.md": "Benchmarks: the full run",
  "CHANGELOG.md": "Changelog",
});

/** The entry points of the package. */
const ENTRY_POINTS = [
  "uber-vouchers",
  "distribute",
  "worker",
  "worker-client",
  "journal",
  "sandbox",
];

const SEARCH_BOOST = 3;

/** Builds the site; throws at the first warning. */
export async function buildDocs() {
  if (!existsSync(join(ROOT, "build", "js", "entry", "index.d.ts"))) {
    throw new Missing("There are no declarations. Build them: npm run build");
  }
  /** @type {Map<string, { group: string, title?: string }>} */
  const documents = new Map();
  for (const [folder, { group, pages }] of Object.entries(FOLDERS)) {
    for (const page of pages) documents.set(join(SOURCE, folder, `${page}.md`), { group });
    for (const file of readdirSync(join(SOURCE, folder))) {
      if (!pages.includes(file.replace(".md", "")))
        throw new Error(`${file} is not listed in scripts/docs.mjs`);
    }
  }
  for (const [page, title] of Object.entries(PAGES)) {
    documents.set(join(ROOT, page), { group: "More", title });
  }
  const byName = new Map([...documents].map(([file, what]) => [basename(file, ".md"), what]));
  const { Application, ConsoleLogger, Converter, DocumentReflection, LogLevel, ReflectionKind } =
    await import("typedoc");
  /** Members of an anonymous type need no documentation. */
  class Told extends ConsoleLogger {
    faults = 0;
    /** @override @param {string} message @param {Exclude<import("typedoc").LogLevel, 4>} level */
    log(message, level) {
      if (/\.__type\b.* does not have any documentation/.test(message)) return;
      if (level >= LogLevel.Warn) this.faults += 1;
      super.log(message, level);
    }
  }
  const app = await Application.bootstrap({
    name: "uber-vouchers",
    entryPoints: ENTRY_POINTS.map((entry) => join(SOURCE, "doors", `${entry}.ts`)),
    tsconfig: join(SOURCE, "tsconfig.json"),
    basePath: ROOT,
    readme: join(SOURCE, "index.md"),
    projectDocuments: [...documents.keys()],
    out: SITE,
    favicon: join(ROOT, "www", "console", "public", "favicon.svg"),
    customCss: join(SOURCE, "site.css"),
    customJs: join(SOURCE, "site.js"),
    // Readers need the declarations, not their locations.
    disableSources: true,
    disableGit: true,
    hideGenerator: true,
    githubPages: false,
    sort: ["source-order"],
    sortEntryPoints: false,
    kindSortOrder: [
      "Document",
      "Module",
      "Function",
      "Class",
      "Interface",
      "TypeAlias",
      "Variable",
    ].map((kind) => /** @type {any} */ (kind)),
    groupOrder: [
      "Guides",
      "Reference",
      "Modules",
      "Decisions",
      "More",
      "Functions",
      "Classes",
      "*",
    ],
    navigation: { includeGroups: true, includeCategories: false, excludeReferences: true },
    searchInComments: true,
    searchInDocuments: true,
    highlightLanguages: ["ts", "js", "jsonc", "json", "sh", "csv", "http", "rust", "html"],
    // Listed in the text of `SandboxFault`.
    intentionallyNotExported: ["EVENT_FORMS", "FAULTS"],
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    validation: { notExported: true, invalidLink: true, invalidPath: true, notDocumented: true },
    requiredToBeDocumented: [
      "Class",
      "Function",
      "Interface",
      "Method",
      "Property",
      "Accessor",
      "TypeAlias",
      "Variable",
    ],
    logLevel: LogLevel.Warn,
  });
  const told = new Told();
  told.level = LogLevel.Warn;
  app.logger = told;
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    for (const page of context.project.getReflectionsByKind(ReflectionKind.Document)) {
      if (!(page instanceof DocumentReflection)) continue;
      const { group, title } = byName.get(page.name) ?? {};
      if (group !== undefined) page.frontmatter["group"] = group;
      if (title !== undefined) page.name = title;
      // A page about a subject ranks like the members of that name, not after all of them.
      page.relevanceBoost = SEARCH_BOOST;
    }
  });
  const project = await app.convert();
  if (project === undefined) throw new Error("TypeDoc failed");
  app.validate(project);
  rmSync(SITE, { recursive: true, force: true });
  await app.generateDocs(project, SITE);
  if (told.faults > 0) throw new Error(`TypeDoc reported ${told.faults} warnings or errors`);
}

/**
 * Checks every link within the site: the page, and the anchor in it, must exist. Returns the
 * number of links.
 */
export function checkLinks() {
  const files = /** @type {string[]} */ (readdirSync(SITE, { recursive: true }))
    .map((file) => file.split(sep).join("/"))
    .filter((file) => statSync(join(SITE, file)).isFile());
  const known = new Set(files);
  /** @type {Map<string, Set<string>>} */
  const anchors = new Map();
  const pages = files.filter((file) => file.endsWith(".html"));
  for (const page of pages) {
    const html = readFileSync(join(SITE, page), "utf8");
    anchors.set(
      page,
      new Set([...html.matchAll(/\s(?:id|name)="([^"]+)"/g)].map(([, id]) => text(id))),
    );
  }
  /** @type {string[]} */
  const broken = [];
  let count = 0;
  for (const page of pages) {
    const html = readFileSync(join(SITE, page), "utf8");
    for (const [, found] of html.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      const link = text(found);
      if (/^(https?|mailto|data):/.test(link)) continue;
      count += 1;
      const [path = "", anchor = ""] = link.split("#").map(decodeURIComponent);
      const target =
        path === ""
          ? page
          : posix.normalize(posix.join(posix.dirname(page), path.replace(/\?.*/, "")));
      const isThere = known.has(target);
      const isPlace = anchor === "" || anchors.get(target)?.has(anchor) === true;
      if (!isThere || (target.endsWith(".html") && !isPlace)) broken.push(`${page}: ${link}`);
      // A document that only the repository displays.
      if (isThere && target.endsWith(".md"))
        broken.push(`${page}: ${link} is not a page of the site`);
    }
  }
  if (broken.length > 0) throw new Error(`Broken links:\n${[...new Set(broken)].join("\n")}`);
  return count;
}

/** @param {string | undefined} attribute */
function text(attribute) {
  return String(attribute)
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

const TYPES = /** @type {Record<string, string>} */ ({
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
});

/** @param {number} port */
function serve(port) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(String(request.url), `http://${HOST}`);
    const path = join(
      SITE,
      decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname),
    );
    const isOurs = !relative(SITE, path).startsWith("..");
    if (!isOurs || !existsSync(path) || !statSync(path).isFile()) {
      response.writeHead(404, { "Content-Type": "text/plain" }).end("Not found.\n");
      return;
    }
    const type = TYPES[extname(path)] ?? "text/plain; charset=utf-8";
    response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store" });
    createReadStream(path).pipe(response);
  });
  server.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
    console.error(
      error.code === "EADDRINUSE"
        ? `Port ${port} is in use. Choose another: npm run docs -- --port ${port + 1}`
        : String(error),
    );
    process.exit(1);
  });
  server.listen(port, HOST, () => {
    console.log(`The documentation is at http://${HOST}:${port}/ (Ctrl+C stops it)`);
  });
}

if (process.argv[1] === import.meta.filename) {
  await main(async () => {
    const { values: flags } = parseArgs({
      options: { check: { type: "boolean" }, port: { type: "string" } },
    });
    if (!flags.check) await build();
    await writeReference(flags.check === true);
    await buildDocs();
    console.log(`${checkLinks()} links checked`);
    if (!flags.check) serve(Number(flags.port ?? process.env["PORT"] ?? PORT));
  });
}
