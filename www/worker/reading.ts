/** What only reads: programs and codes. */
import type { SearchProgramsOptions } from "uber-vouchers";

import type { Call } from "./env.js";
import { readJson, refuseOtherOrigins } from "./guard.js";
import { readProblem } from "./problem.js";
import { ONCE, uber } from "./uber.js";

/** Search Voucher Programs, as Uber answers it. */
export async function searchPrograms(call: Call): Promise<Response> {
  const foreign = refuseOtherOrigins(call);
  if (foreign) return foreign;
  const body = await readJson(call.request);
  if ("refusal" in body) return body.refusal;
  const { program_status: status, limit, offset } = (body.json ?? {}) as Record<string, unknown>;
  // The client checks the values.
  const search = { ...ONCE, status, limit, offset } as SearchProgramsOptions;
  return reading(async () => {
    const found = await uber(call.env).searchPrograms(search);
    return Response.json({ voucher_programs: found.map(({ raw }) => raw) });
  });
}

/** Get Voucher Codes, as Uber answers it. */
export async function listCodes({ env, url }: Call, program: string): Promise<Response> {
  const includeUsage = url.searchParams.get("include_usage") === "true";
  return reading(async () => {
    const codes = await uber(env).listCodes(program, { ...ONCE, includeUsage });
    return Response.json({
      total_number_of_codes: codes.length,
      codes: codes.map(({ raw }) => raw),
    });
  });
}

/** How many codes a program has: a search doesn't tell, and the whole list is megabytes. */
export async function summary({ env }: Call, program: string): Promise<Response> {
  return reading(async () => {
    const codes = await uber(env).listCodes(program, ONCE);
    const canceled = codes.filter(({ canceledAt }) => canceledAt !== null).length;
    return Response.json({ codes: codes.length, canceled });
  });
}

/**
 * The sandbox's codes as a file to drop on the console; `?mistakes` puts in the
 * usual ones: what a rider types, a repeated row, a broken one.
 */
export async function sampleCsv({ env, url }: Call, program: string): Promise<Response> {
  const mistakes = url.searchParams.has("mistakes");
  return reading(async () => {
    const codes = await uber(env).listCodes(program, ONCE);
    const rows = codes.map(({ codeId, codeText }) => `${codeId},${codeText ?? ""}`);
    if (mistakes) {
      const text = codes[0]?.codeText ?? "RIDE2026";
      rows.splice(3, 0, `${text},${text}`, "00000000-0000-0000-0000-000000000000,");
      rows.splice(12, 0, rows[0] ?? "", rows[1] ?? "");
      rows.push("=1+1,not a code", `${codes[0]?.codeId.slice(0, 30)},cut off`);
    }
    return new Response(["code_id,code_text", ...rows, ""].join("\r\n"), {
      headers: {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": `attachment; filename="codes${mistakes ? "-with-mistakes" : ""}.csv"`,
      },
    });
  });
}

async function reading(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    return readProblem(error);
  }
}
