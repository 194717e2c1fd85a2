export default {
  mode: "production",
  target: "node20",
  entry: { main: "./main.mjs" },
  output: {
    path: `${import.meta.dirname}/out`,
    filename: "[name].mjs",
    module: true,
    chunkFormat: "module",
  },
};
