/** The contestants in workerd. Its clock stands still while it computes, so that it measures nothing itself. */
import { prepare, repeat } from "./host.mjs";

export default {
  /** @param {Request} request */
  async fetch(request) {
    if (request.method === "POST") return Response.json(await prepare(await request.json()));
    const { searchParams } = new URL(request.url);
    await repeat(String(searchParams.get("name")), Number(searchParams.get("calls")));
    return new Response("done");
  },
};
