import "./style/tokens.css";
import "./style/base.css";
import "./style/layout.css";
import "./style/controls.css";
import "./style/words.css";
import "./style/bar.css";
import "./style/callouts.css";
import "./style/fold.css";
import "./style/decisions.css";
import "./style/audit.css";
import "./style/dialogs.css";
import "./style/jobs.css";
import "./style/events.css";
import "./style/frame.css";
import "./style/programs.css";
import "./style/distribution.css";
import "./style/review.css";
import "./style/lists.css";
import "./style/rows.css";
import "./style/job.css";
import "./style/charts.css";

import { render } from "preact";

import { App } from "./app.js";

const root = document.getElementById("app");
if (root) render(<App />, root);
