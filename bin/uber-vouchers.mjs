#!/usr/bin/env node
/** `npx uber-vouchers <command>`: the command line of the package. */
import process from "node:process";

const HELP = `uber-vouchers: voucher codes of Uber for Business, in bulk.

  npx uber-vouchers sandbox [options]   serves a simulation of Uber's voucher API
  npx uber-vouchers sandbox --help      lists the options
`;

const command = process.argv[2];
if (command === "sandbox") {
  await import("./sandbox.mjs");
} else if (command === undefined || command === "help" || command === "--help") {
  console.log(HELP);
} else {
  console.error(`There is no command "${command}".\n\n${HELP}`);
  process.exitCode = 1;
}
