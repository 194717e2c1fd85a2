import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [
    cloudflareTest({
      miniflare: {
        modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
        compatibilityFlags: ["nodejs_compat"],
        compatibilityDate: "2026-04-01",
        bindings: { BASE: process.env.BASE },
      },
    }),
  ],
});
