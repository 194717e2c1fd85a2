import { route } from "@react-router/dev/routes";

export default [route("run", "routes/run.js")];
