/** The routes of the console's sandbox panel, for signed-in operators. */
import type { WorkerEnv } from "uber-vouchers/worker";

const PANEL = "/api/sandbox";
const DELIVERIES = /^\/api\/sandbox\/programs\/[^/]+\/deliveries$/;
const SAMPLE = /^\/api\/sandbox\/(programs\/[^/]+\/codes)\.csv$/;

/** The response, if it is a request of the panel. `serve` is the worker. */
export async function sandboxPanel(
  request: Request,
  { UBER: sandbox }: WorkerEnv,
  serve: (request: Request) => Promise<Response>,
): Promise<Response | undefined> {
  const url = new URL(request.url);
  const [, codes] = SAMPLE.exec(url.pathname) ?? [];
  const isAsked = url.pathname === PANEL || DELIVERIES.test(url.pathname) || codes !== undefined;
  if (sandbox === undefined || !isAsked) return undefined;
  const ask = (path: string) =>
    serve(new Request(new URL(path, url), { headers: request.headers }));
  if (codes !== undefined) {
    const response = await ask(`/api/${codes}`);
    return response.ok ? sample(response, url.searchParams.has("mistakes")) : response;
  }
  const asked = await ask("/api/session");
  if (!asked.ok) return asked;
  const isOwn = request.method === "GET" || request.headers.get("Origin") === url.origin;
  const reply = isOwn
    ? ((await sandbox.fetch(request)) as Response)
    : new Response(null, { status: 403 });
  return kept(reply.body, reply.status, "application/json");
}

/**
 * A program's codes as a file to drop on the console; with the usual mistakes in it, if requested.
 */
async function sample(response: Response, isWrong: boolean): Promise<Response> {
  const { codes } = (await response.json()) as {
    codes: { code: string; codeText: string | null }[];
  };
  const rows = codes.map(({ code, codeText }) => `${code},${codeText ?? ""}`);
  if (isWrong) {
    const text = codes[0]?.codeText ?? "RIDE2026";
    rows.splice(3, 0, `${text},${text}`, "00000000-0000-0000-0000-000000000000,");
    rows.splice(12, 0, rows[0] ?? "", rows[1] ?? "");
    rows.push("=1+1,not a code", `${codes[0]?.code.slice(0, 30)},cut off`);
  }
  const file = kept(
    ["code_id,code_text", ...rows, ""].join("\r\n"),
    200,
    "text/csv; charset=utf-8",
  );
  const name = `codes${isWrong ? "-with-mistakes" : ""}.csv`;
  file.headers.set("Content-Disposition", `attachment; filename="${name}"`);
  return file;
}

function kept(body: BodyInit | null, status: number, type: string): Response {
  const headers = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Content-Type": type,
    "X-Content-Type-Options": "nosniff",
  };
  return new Response(body, { status, headers });
}
