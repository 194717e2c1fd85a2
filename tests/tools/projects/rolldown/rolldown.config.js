export default {
  input: "main.js",
  platform: "browser",
  output: { dir: "dist" },
  experimental: { resolveNewUrlToAsset: true },
};
