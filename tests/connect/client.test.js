// The server, called by connect-node with generated code: DAYBOOK_URL names it, ./gen holds the code.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { compressionGzip, createConnectTransport } from "@connectrpc/connect-node";
import { Admin, Audit, Events, Ledger, Views } from "./gen/daybook/v1/service_pb.js";
import { RefusalCode, RefusalSchema, RequestSchema } from "./gen/daybook/v1/request_pb.js";

const baseUrl = process.env.DAYBOOK_URL;
// More than a double holds exactly: money is 64-bit integers all the way.
const large = 9007199254740993n;

const transport = (options) => createConnectTransport({ baseUrl, httpVersion: "1.1", ...options });
const request = (customer, command, extra = {}) =>
  create(RequestSchema, {
    key: randomBytes(16),
    actor: "node",
    customer,
    effectiveOn: "2024-03-01",
    command,
    ...extra,
  });
const open = (customer) => request(customer, { case: "openCustomer", value: {} }, { effectiveOn: "2024-01-01" });
const deposit = (customer, lot, amountMinor) =>
  request(customer, { case: "receiveDeposit", value: { lot, amountMinor } });
const charge = (customer, charge, amountMinor) =>
  request(customer, { case: "postCharge", value: { charge, amountMinor, category: "goods" } });

const encodings = [
  ["protobuf", { useBinaryFormat: true }],
  ["JSON", { useBinaryFormat: false }],
  ["protobuf, gzip both ways", { useBinaryFormat: true, sendCompression: compressionGzip, compressMinBytes: 0 }],
  ["JSON, gzip both ways", { useBinaryFormat: false, sendCompression: compressionGzip, compressMinBytes: 0 }],
  ["protobuf, GET where it may", { useBinaryFormat: true, useHttpGet: true }],
  ["JSON, GET where it may", { useBinaryFormat: false, useHttpGet: true }],
];

for (const [name, options] of encodings) {
  const ledger = createClient(Ledger, transport(options));
  const views = createClient(Views, transport(options));
  const who = `连接-${name}`;

  test(`${name}: a batch, refusals as values, and reading what was written`, async () => {
    const requests = [open(who), deposit(who, "L1", large), deposit("nobody", "L1", 1n), charge(who, "C1", 993n)];
    const answered = await ledger.submit({ requests });
    assert.equal(answered.answers.length, 4);
    assert.equal(answered.answers[2].refusal.code, RefusalCode.UNKNOWN_CUSTOMER);
    assert.equal(answered.answers[2].firstSequence, 0n);
    assert.deepEqual(Buffer.from(answered.answers[1].key), Buffer.from(requests[1].key));
    assert.equal(answered.position, answered.answers[3].lastSequence);

    const balance = await views.getBalance({ customer: who, at: { minPosition: answered.position } });
    assert.ok(balance.position.knownAt >= answered.position);
    assert.equal(balance.rows.length, 1);
    assert.equal(balance.rows[0].customer, who);
    assert.equal(balance.rows[0].depositMinor, large - 993n);
    assert.equal(balance.rows[0].lifetimeChargedMinor, 993n);

    const again = await ledger.submit({ requests: [requests[1]] });
    assert.equal(again.answers[0].repeated, true);
    assert.equal(again.answers[0].firstSequence, answered.answers[1].firstSequence);
  });

  test(`${name}: one request, and its refusal as an error with its detail`, async () => {
    const answer = await ledger.post(deposit(who, "L2", 5n));
    assert.equal(answer.firstSequence, answer.lastSequence);
    await assert.rejects(ledger.post(deposit(who, "L2", 5n)), (error) => {
      assert.ok(error instanceof ConnectError);
      assert.equal(error.code, Code.AlreadyExists);
      const [refusal] = error.findDetails(RefusalSchema);
      assert.equal(refusal.code, RefusalCode.DUPLICATE_DOCUMENT);
      assert.equal(refusal.document, "L2");
      return true;
    });
  });

  test(`${name}: a group is taken whole or not at all`, async () => {
    const before = await views.getBalance({ customer: who });
    const answered = await ledger.submit({ atomic: true, requests: [deposit(who, "G1", 1n), charge(who, "C1", 1n)] });
    assert.equal(answered.answers[0].refusal.code, RefusalCode.GROUP_REFUSED);
    assert.equal(answered.answers[1].refusal.code, RefusalCode.DUPLICATE_DOCUMENT);
    assert.equal(answered.position, 0n);
    const after = await views.getBalance({ customer: who });
    assert.deepEqual(after.rows, before.rows);
    assert.equal(after.position.knownAt, before.position.knownAt);
  });

  test(`${name}: a dry run shows its events and appends nothing`, async () => {
    const answered = await ledger.submit({ dryRun: true, requests: [charge(who, "D1", 7n)] });
    assert.ok(answered.answers[0].wouldAppend.some((event) => event.body.case === "chargePosted"));
    const history = await views.getHistory({ customer: who });
    assert.ok(history.rows.every((row) => row.event.body.value.charge !== "D1"));
  });

  test(`${name}: a question that cannot be asked so`, async () => {
    await assert.rejects(views.getBalance({ at: { asOf: "2024-02-30" } }), (error) => {
      assert.equal(error.code, Code.InvalidArgument);
      assert.match(error.message, /2024-02-30/);
      return true;
    });
    await assert.rejects(views.getKpis({}), { code: Code.InvalidArgument });
  });
}

// Whoever adds a call to the schema finds here whether the server answers it.
for (const service of [Views, Admin, Audit, Events]) {
  for (const method of service.methods.filter((m) => m.methodKind === "unary")) {
    test(`every call is answered: ${service.typeName}/${method.name}`, async () => {
      const client = createClient(service, transport({ useBinaryFormat: true }));
      try {
        const answer = await client[method.localName]({});
        assert.equal(answer.$typeName, method.output.typeName);
      } catch (error) {
        // Some need to be told of whom.
        assert.ok([Code.InvalidArgument, Code.NotFound].includes(error.code), `${error}`);
      }
    });
  }
}

/** The first `count` events that the wish gives, heartbeats left out. */
async function take(client, wish, count) {
  const items = [];
  const aborting = new AbortController();
  try {
    for await (const item of client.follow(wish, { signal: aborting.signal })) {
      if (item.event !== undefined) {
        items.push(item);
      }
      if (items.length === count) {
        break;
      }
    }
  } finally {
    aborting.abort();
  }
  return items;
}

for (const [name, options] of encodings.slice(0, 2)) {
  const events = createClient(Events, transport(options));
  const ledger = createClient(Ledger, transport(options));
  const views = createClient(Views, transport(options));

  test(`${name}: a follower has every event once, in order, over any cut`, async () => {
    const { journalHead } = await events.list({ limit: 1 });
    const head = Number(journalHead);
    const whole = await take(events, {}, head);
    assert.deepEqual(whole.map((item) => Number(item.event.sequence)), Array.from({ length: head }, (_, i) => i + 1));
    const cut = Math.floor(head / 2);
    const first = await take(events, {}, cut);
    const rest = await take(events, { fromSequence: first.at(-1).sequence + 1n }, head - cut);
    assert.deepEqual([...first, ...rest].map((i) => i.event), whole.map((i) => i.event));
    assert.deepEqual([...first, ...rest].map((i) => i.after), whole.map((i) => i.after));
  });

  test(`${name}: the balance after an event is the one that history tells`, async () => {
    const who = "连接-protobuf";
    const history = await views.getHistory({ customer: who, at: { asOf: "9999-12-31" } });
    const items = await take(events, { customer: who }, history.rows.length);
    assert.deepEqual(items.map((i) => i.event.sequence), history.rows.map((r) => r.event.sequence));
    assert.deepEqual(items.map((i) => i.after), history.rows.map((r) => r.after));
  });

  test(`${name}: a follower waits for what comes, and has heartbeats meanwhile`, async () => {
    const who = `later-${name}`;
    const { journalHead } = await events.list({ limit: 1 });
    const seen = [];
    const leaving = new AbortController(); // Whoever only stops reading keeps the stream open.
    const wish = { fromSequence: journalHead + 1n, heartbeatMs: 100, customer: who };
    for await (const item of events.follow(wish, { signal: leaving.signal })) {
      seen.push(item);
      if (item.event === undefined && seen.length === 2) {
        assert.equal(item.sequence, journalHead);
        await ledger.submit({ requests: [open(`other-${name}`), open(who), deposit(who, "L1", 3n)] });
      }
      if (item.event?.body.case === "depositReceived") {
        break;
      }
    }
    leaving.abort();
    const found = seen.filter((item) => item.event !== undefined);
    assert.deepEqual(found.map((item) => item.event.body.case), ["customerOpened", "depositReceived"]);
    assert.equal(found[1].after.depositMinor, 3n);
  });

  test(`${name}: kinds and currencies leave out what is not wanted`, async () => {
    const { events: all } = await events.list({ limit: 100000 });
    const charges = all.filter((e) => e.body.case === "chargePosted");
    const items = await take(events, { kinds: ["charge_posted"], currency: "CNY" }, charges.length);
    assert.deepEqual(items.map((i) => i.event.sequence), charges.map((e) => e.sequence));
  });

  test(`${name}: a stream's error is said in the stream`, async () => {
    await assert.rejects(take(events, { kinds: ["charge_postponed"] }, 1), (error) => {
      assert.equal(error.code, Code.InvalidArgument);
      assert.match(error.message, /charge_postponed/);
      return true;
    });
  });
}

/** Everything that a job gives, in its order. */
async function gather(stream) {
  const items = [];
  for await (const { item } of stream) {
    items.push(item);
  }
  return items;
}

for (const [name, options] of encodings.slice(0, 2)) {
  const admin = createClient(Admin, transport(options));
  const audit = createClient(Audit, transport(options));
  const views = createClient(Views, transport(options));

  test(`${name}: a backup comes as bytes, and its result last`, async () => {
    const items = await gather(admin.backup({}));
    const bytes = Buffer.concat(items.filter((i) => i.case === "data").map((i) => Buffer.from(i.value)));
    const { case: kind, value: result } = items.at(-1);
    assert.equal(kind, "backup");
    assert.equal(result.sizeBytes, BigInt(bytes.length));
    assert.equal(bytes.subarray(0, 8).toString(), "DAYBKUP\n");
    const digest = createHash("sha256").update(bytes.subarray(0, -32)).digest();
    assert.deepEqual(bytes.subarray(-32), digest);
    const { root } = await audit.getCheckpoint({ size: result.lastSequence });
    assert.deepEqual(Buffer.from(result.root), Buffer.from(root));
  });

  test(`${name}: an audit, a doctor and a what-if end with their answers`, async () => {
    const verified = (await gather(audit.verify({ withoutNote: true }))).at(-1);
    assert.equal(verified.case, "verify");
    assert.ok(verified.value.certificate.checks.every((check) => check.result === "ok"));
    const examined = (await gather(admin.examine({}))).at(-1);
    assert.equal(examined.case, "doctor");
    assert.ok(examined.value.findings.some((finding) => finding.area === "journal"));
    const replayed = (await gather(views.replay({}))).at(-1);
    assert.equal(replayed.case, "replay");
    assert.equal(replayed.value.same, replayed.value.requests);
  });

  test(`${name}: a job that cannot be done says why at the stream's end`, async () => {
    await assert.rejects(gather(audit.makeBundle({ from: 7n, to: 3n })), (error) => error instanceof ConnectError);
    await assert.rejects(gather(views.replay({ differences: -2n })), { code: Code.InvalidArgument });
  });
}
