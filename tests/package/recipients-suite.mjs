/**
 * Lists of recipients in every host, against the sandbox and its guests.
 *
 * @param {import("./harness.mjs").Test} test
 * @param {typeof import("./harness.mjs").assert} assert
 * @param {typeof import("uber-vouchers")} uberVouchers
 * @param {typeof import("uber-vouchers/sandbox")} sandboxModule
 */
export async function recipientsSuite(test, assert, uberVouchers, sandboxModule) {
  const { createClient, matchRecipients } = uberVouchers;
  const { createSandbox } = sandboxModule;
  const app = { clientId: "app", clientSecret: "secret" };

  /** @typedef {import("uber-vouchers").RecipientGuest} Guest */
  const ID = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";
  const OTHER_ID = "2f913a96-f52c-42a0-aa0b-a2ba53b2d632";
  /** @param {Partial<Guest>} members @returns {Guest} */
  const guest = (members) => ({
    email: null,
    phone: null,
    codeId: null,
    codeText: null,
    ...members,
  });
  const ada = guest({
    email: "Ada@Example.com",
    phone: "+1 (555) 010-0",
    codeId: ID,
    codeText: "ADA1TEXT",
  });
  const bob = guest({ email: "bob@example.com", codeId: OTHER_ID });
  const nobody = guest({ email: "none@example.com" });
  const guests = [ada, bob, nobody];

  /** @param {import("uber-vouchers").RecipientMatches} matches */
  const shape = ({ codes, unmatched, ambiguous, withoutCode }) => [
    [...codes],
    ...[unmatched, ambiguous, withoutCode].map((rows) =>
      rows.map(({ line, value, reason }) => [line, value, reason]),
    ),
  ];

  test("recipients become a list of codes that a client sends", async () => {
    const sandbox = await createSandbox({ seed: 3, organizationId: "org", ...app });
    const { programId, codes } = sandbox.createProgram({ codes: 20, guests: 15 });
    const client = createClient({
      ...{ organizationId: "org", auth: app, fetch: sandbox.fetch, clock: sandbox.clock },
      dangerouslyAllowBrowser: true,
    });
    const input = [
      ["Name", "E-Mail"],
      ["Ada", " GUEST-3@example.com "],
      ["B", '"guest-1@example.com"'],
      ["C", "guest-3@EXAMPLE.com"],
      ["D", "guest-16@example.com"],
      ["E", "+1 555 010 000 012"],
    ];
    const text = input.map((cells) => cells.join(";")).join("\r\n");
    const found = await matchRecipients(text, client.listGuests(programId, { pageSize: 4 }));
    assert.equal(shape(found), [
      [codes[2], codes[0], codes[11]],
      [[5, "guest-16@example.com", "no_guest"]],
      [],
      [],
    ]);
    assert.equal([found.codes.size, found.codes.duplicates, found.codes.rejectedCount], [3, 1, 0]);
    assert.equal(found.counts, { unmatched: 1, ambiguous: 0, withoutCode: 0 });
    await client.distribute(programId, found.codes);
    assert.equal([...sandbox.deliveries(programId).keys()].sort(), [...found.codes].sort());
    assert.ok(!JSON.stringify(found.codes).includes("@"));
  });

  test("each kind of row has its line, value and reason", async () => {
    const twin = guest({ email: "ada@example.com", codeId: OTHER_ID });
    const list =
      "bob@example.com\nADA@example.com\nnone@example.com\nx@example.com\n555 0100\nADA1TEXT";
    const found = await matchRecipients(list, [...guests, twin]);
    assert.equal(shape(found), [
      [OTHER_ID, ID],
      [
        [4, "x@example.com", "no_guest"],
        [5, "555 0100", "no_country_code"],
      ],
      [[2, "ADA@example.com", "several_guests"]],
      [[3, "none@example.com", "no_code"]],
    ]);
    assert.equal([...(found.ambiguous[0]?.codes ?? [])].sort(), [ID, OTHER_ID]);
    assert.ok(
      found.unmatched.every(({ message, codes }) => message.endsWith(".") && !codes.length),
    );
  });

  test("every form of input gives the same result", async () => {
    const text = "ada@example.com\r\n+1 555 0199\r\nbob@example.com\r\n";
    const bytes = new TextEncoder().encode(text);
    const expected = [[ID, OTHER_ID], [[2, "+1 555 0199", "no_guest"]], [], []];
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += 5) yield bytes.subarray(at, at + 5);
    }
    const inputs = [
      text,
      bytes,
      bytes.buffer,
      new Blob([bytes]),
      pieces(),
      text.trim().split("\r\n"),
    ];
    for (const input of inputs) {
      assert.equal(shape(await matchRecipients(input, guests)), expected);
    }
    async function* later() {
      for (const one of guests) yield await Promise.resolve(one);
    }
    for (const source of [guests, new Set(guests), later()]) {
      assert.equal(shape(await matchRecipients(text, source)), expected);
    }
  });

  test("the column: by its name, by its number, or two of them", async () => {
    const csv = "name,contact,email,phone\nAda,bob@example.com,ada@example.com,+15550100\n";
    const codesOf = async (/** @type {any} */ options) => [
      ...(await matchRecipients(csv, guests, options)).codes,
    ];
    assert.equal(await codesOf(undefined), [ID]);
    assert.equal(await codesOf({ column: "Contact" }), [OTHER_ID]);
    assert.equal(await codesOf({ column: 3 }), [ID]);
    const contrary = "email,phone\nbob@example.com,+15550100\n";
    const { codes, ambiguous } = await matchRecipients(contrary, guests);
    assert.equal([codes.size, ambiguous.map(({ line }) => line)], [0, [2]]);
    const unnamed = await matchRecipients("name,contact\nAda,ada@example.com\n", guests);
    assert.equal(shape(unnamed).slice(0, 2), [[], [[1, "name", "missing_column"]]]);
    await assert.rejects(matchRecipients(csv, guests, { column: /** @type {any} */ ({}) }), {
      code: "invalid_options",
    });
  });

  test("both columns are used, by their names or as they are given", async () => {
    const rows = "+1 555 010 0;;\n;x;bob@example.com\n0015550100;;new@example.com\n";
    const named = await matchRecipients(`Telefon;Name;Courriel\n${rows}`, guests);
    assert.equal(shape(named), [[ID, OTHER_ID], [], [], []]);
    assert.equal([named.codes.duplicates, named.header], [1, null]);
    for (const options of [
      { column: "Post", phoneColumn: "Anruf" },
      { column: 3, phoneColumn: 1 },
    ]) {
      const found = await matchRecipients(`Anruf;Wer;Post\n${rows}`, guests, options);
      assert.equal(shape(found), [[ID, OTHER_ID], [], [], []]);
    }
    const missing = await matchRecipients(`a;b;c\n${rows}`, guests, {
      column: 3,
      phoneColumn: "Anruf",
    });
    assert.equal(missing.unmatched[0]?.reason, "missing_column");
    const wrong = matchRecipients(rows, guests, { phoneColumn: /** @type {any} */ (true) });
    await assert.rejects(wrong, { code: "invalid_options" });
  });

  test("recipients are read as spreadsheets and mail programs give them", async () => {
    const found = await matchRecipients("Anruf\n+1 555 0100\n1.555E+12\nNOTEXT9", guests);
    assert.equal(shape(found), [
      [ID],
      [
        [3, "1.555E+12", "shortened_number"],
        [4, "NOTEXT9", "no_code_text"],
      ],
      [],
      [],
    ]);
    assert.equal(found.header, "Anruf");
    const to = 'Ada <ada@example.com>, "Keller, Bob" <bob@example.com>, Eve <eve@example.org>';
    assert.equal(shape(await matchRecipients(to, guests)), [
      [ID, OTHER_ID],
      [[3, "Eve <eve@example.org>", "no_guest"]],
      [],
      [],
    ]);
    const two = "ada@example.com;bob@example.com\n".repeat(2);
    assert.equal((await matchRecipients(two, guests)).unmatched[0]?.reason, "missing_column");
    const mixed = await matchRecipients(`code_id\n${OTHER_ID}\nada1text\n`, guests);
    assert.equal(shape(mixed), [[OTHER_ID, ID], [], [], []]);
  });

  test("unreadable rows are reported, and no error contains a recipient", async () => {
    const { unmatched } = await matchRecipients("%PDF-1.7\n", guests);
    assert.equal([unmatched[0]?.reason, unmatched.length], ["unsupported_format", 1]);
    assert.ok(unmatched[0]?.message.includes("PDF"));
    for (const nothing of [undefined, null]) {
      await assert.rejects(matchRecipients(/** @type {any} */ (nothing), guests), {
        name: "ValidationError",
        code: "empty_codes",
      });
    }
    for (const wrong of [undefined, null, 7, "ada@example.com", {}]) {
      await assert.rejects(matchRecipients("a@example.com", /** @type {any} */ (wrong)), {
        code: "invalid_options",
        queued: "no",
      });
    }
    const hostile = [
      null,
      7,
      "text",
      { email: 5, phone: {}, codeId: [] },
      {
        get email() {
          throw new Error("x");
        },
      },
      { email: "tab\tand\nline@example.com", codeId: "no uuid" },
      { email: "eve@example.com", codeId: "nil" },
    ];
    const found = await matchRecipients("eve@example.com", /** @type {any} */ (hostile));
    assert.equal(shape(found), [[], [], [], [[1, "eve@example.com", "no_code"]]]);
  });

  test("failing guests or an aborted signal end the read", async () => {
    let isStopped = false;
    async function* failing() {
      yield ada;
      throw new Error("gone");
    }
    const failed = await assert.rejects(matchRecipients("x@example.com", failing()), {
      name: "ConnectionError",
      code: "connection_failed",
    });
    assert.equal(/** @type {any} */ (failed).cause.message, "gone");
    assert.ok(!JSON.stringify(failed).includes("example.com"));
    const controller = new AbortController();
    const hanging = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => ((isStopped = true), { done: true, value: undefined }),
      }),
    };
    const waiting = matchRecipients("x@example.com", /** @type {any} */ (hanging), {
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(new Error("enough")), 5);
    await assert.rejects(waiting, { code: "aborted" });
    assert.ok(isStopped);
    const client = createClient({
      ...{ organizationId: "org", auth: { accessToken: "t" }, maxRetries: 0 },
      fetch: async () => new Response('{"code":"resource_not_found"}', { status: 404 }),
      dangerouslyAllowBrowser: true,
    });
    const missing = matchRecipients("x@example.com", client.listGuests("p"));
    await assert.rejects(missing, { name: "ApiError", code: "resource_not_found" });
  });

  test("many rows and guests, with progress", async () => {
    const COUNT = 20_000;
    const idOf = (/** @type {number} */ number) =>
      `${number.toString(16).padStart(8, "0")}-0000-4000-8000-000000000001`;
    function* many() {
      for (let number = 1; number <= COUNT; number += 1)
        yield guest({
          email: `guest-${number}@example.com`,
          phone: `+4930${String(number).padStart(7, "0")}`,
          codeId: idOf(number),
          codeText: `TEXT${number}`,
        });
    }
    const rows = Array.from({ length: 2 * COUNT }, (_, at) =>
      at % 2 === 0 ? `Guest-${at + 1}@Example.com` : `+49 30 ${String(at + 1).padStart(7, "0")}`,
    );
    /** @type {import("uber-vouchers").ParseProgress[]} */
    const told = [];
    const onProgress = (/** @type {import("uber-vouchers").ParseProgress} */ step) =>
      void told.push(step);
    const found = await matchRecipients(rows.join("\n"), many(), { onProgress });
    assert.equal([found.codes.size, found.counts.unmatched], [COUNT, COUNT]);
    assert.equal([...found.codes].slice(0, 3), [1, 2, 3].map(idOf));
    assert.equal(found.unmatched[0]?.line, COUNT + 1);
    const last = told.at(-1);
    assert.equal([last?.codes, last?.rejected], [COUNT, COUNT - 1]);
  });
}
