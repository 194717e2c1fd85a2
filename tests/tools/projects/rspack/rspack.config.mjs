export default {
  mode: "production",
  entry: { main: "./main.js" },
  output: { path: `${import.meta.dirname}/dist`, filename: "[name].js" },
};
