import { Component, provideZonelessChangeDetection } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import * as uberVouchers from "uber-vouchers";
import * as journal from "uber-vouchers/journal";

// @ts-ignore: of the tests, without types.
import { runSuite } from "../tests/hosts/suite.mjs";

@Component({ selector: "app-root", template: "" })
class App {
  constructor() {
    void this.run();
  }

  async run() {
    const results = await runSuite(uberVouchers, journal, location.origin);
    await fetch("/report", { method: "POST", body: JSON.stringify(results) });
  }
}

await bootstrapApplication(App, { providers: [provideZonelessChangeDetection()] });
