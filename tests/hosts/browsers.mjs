/** Browsers, as a user starts them: they open a page, which reports its results. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";

import { Missing, run } from "../../scripts/setup.mjs";
import { withFront } from "./front.mjs";
import { start, within } from "./processes.mjs";

const PAGE_MS = 120_000;

const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// Nothing but the page is fetched, and no questions are shown.
const FIREFOX_PREFERENCES = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.aboutwelcome.enabled": false,
  "browser.safebrowsing.downloads.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,#remote-settings-dummy/v1",
  "toolkit.telemetry.reportingpolicy.firstRun": false,
  "browser.startup.page": 0,
  "browser.startup.homepage_override.mstone": "ignore",
};

/**
 * @typedef {object} Browser
 * @property {string} name
 * @property {() => string} version
 * @property {(home: string) => [command: string, args: string[]]} command the command that opens
 *   the URL appended to it
 */
/** @type {Browser[]} */
export const browsers = [
  {
    name: "Chromium",
    version: () => versionOf(chromium()),
    command: (home) => [chromium(), [...CHROMIUM_FLAGS, `--user-data-dir=${home}`]],
  },
  {
    name: "Firefox",
    version: () => versionOf(firefox()),
    command: (home) => {
      const lines = Object.entries(FIREFOX_PREFERENCES).map(
        (preference) => `user_pref(${preference.map((part) => JSON.stringify(part)).join(", ")});`,
      );
      writeFileSync(join(home, "user.js"), lines.join("\n"));
      return [firefox(), ["--headless", "--no-remote", "--profile", home]];
    },
  },
  {
    name: "WebKit",
    version: () => versionOf(...miniBrowser()),
    command: miniBrowser,
  },
];

const chromium = () =>
  find("Chromium", [process.env["CHROMIUM"], "chromium", "google-chrome"], "chromium");
const firefox = () =>
  find("Firefox", [process.env["FIREFOX"], "firefox-esr", "firefox"], "firefox-esr");

/**
 * The MiniBrowser that comes with WebKitGTK. It needs a screen.
 * @returns {[string, string[]]}
 */
function miniBrowser() {
  const path = find("WebKit", [process.env["WEBKIT"], "MiniBrowser"], "webkit2gtk-driver");
  return [find("xvfb-run", ["xvfb-run"], "xvfb xauth"), ["--auto-servernum", path]];
}

/** Folders of programs; WebKitGTK's is beside its libraries. */
function foldersOfPrograms() {
  const libraries = ["/usr/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"]
    .concat("/usr/lib64", "/usr/libexec")
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => /\/webkit2?gtk-[^/]*$/.test(path));
  return [...(process.env["PATH"] ?? "").split(delimiter), ...libraries];
}

/** @param {string} command @param {string[]} [args] */
function versionOf(command, args = []) {
  const printed = run(command, [...args, "--version"], { quiet: true });
  return /\d[\d.]+\d/.exec(printed)?.[0] ?? "unknown";
}

/** @param {string} what @param {(string | undefined)[]} names @param {string} packages of Debian */
function find(what, names, packages) {
  const look = () => {
    const folders = foldersOfPrograms();
    return names
      .filter((name) => name !== undefined)
      .flatMap((name) =>
        name.includes("/") ? [name] : folders.map((folder) => join(folder, name)),
      )
      .find((path) => existsSync(path));
  };
  const path = look() ?? (install(packages) ? look() : undefined);
  if (path) return path;
  throw new Missing(`${what} was not found (Debian: ${packages})`);
}

/** Installs packages if that is possible without a prompt. @param {string} packages */
function install(packages) {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return false;
  console.log(`Installing ${packages}`);
  const options = { env: { DEBIAN_FRONTEND: "noninteractive" }, quiet: true };
  try {
    run("apt-get", ["update"], options);
    run("apt-get", ["install", "-y", "--no-install-recommends", ...packages.split(" ")], options);
    return true;
  } catch {
    return false;
  }
}

/**
 * Opens a page from a folder, or from a server, with the sandbox, until it has reported
 * its results.
 * @param {Browser} browser
 * @param {{ base: string, from: string, policy?: string }} front
 * @param {string} path
 */
export function openPage(browser, front, path) {
  return withFront(front, async (url, reported) => {
    const home = mkdtempSync(join(tmpdir(), "uber-vouchers-browser-"));
    const [command, args] = browser.command(home);
    const env = { HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home };
    const { ended, said, stop } = start(command, [...args, url + path], { env });
    const why = () => `${browser.name} told nothing\n${said.stdout}${said.stderr}`.slice(0, 8_000);
    const failed = ended.then(() => {
      throw new Error(why());
    });
    try {
      return await within(Promise.race([reported, failed]), PAGE_MS, why);
    } finally {
      stop();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    }
  });
}
