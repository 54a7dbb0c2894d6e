// A server that wants tokens, called by connect-node: TOKENS holds one a role, by name, and DAYBOOK_URL names the server.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Admin, Audit, Events, Ledger, Views } from "./gen/daybook/v1/service_pb.js";
import { RefusalCode, RefusalSchema, RequestSchema } from "./gen/daybook/v1/request_pb.js";

const tokens = JSON.parse(process.env.TOKENS);

// A client whose every call brings the token; without one, none does.
const as = (service, token, options) => {
  const bring = (next) => (request) => {
    if (token !== undefined) {
      request.header.set("Authorization", `Bearer ${token}`);
    }
    return next(request);
  };
  const transport = { baseUrl: process.env.DAYBOOK_URL, httpVersion: "1.1", interceptors: [bring], ...options };
  return createClient(service, createConnectTransport(transport));
};
const request = (customer, command) =>
  create(RequestSchema, { key: randomBytes(16), customer, effectiveOn: "2024-03-01", command });
const open = (customer) => request(customer, { case: "openCustomer", value: {} });
const charge = (customer, charge) =>
  request(customer, { case: "postCharge", value: { charge, amountMinor: 5n, category: "goods" } });
const payment = (customer, payment) =>
  request(customer, { case: "receivePayment", value: { payment, amountMinor: 2n } });
const fails = (promise, code) => assert.rejects(promise, (error) => error instanceof ConnectError && error.code === code);
const firstOf = async (stream) => {
  for await (const item of stream) {
    return item;
  }
};

for (const [name, useBinaryFormat] of [["protobuf", true], ["JSON", false]]) {
  const options = { useBinaryFormat };
  const who = `guarded-${name}`;

  test(`${name}: nobody is let in without a token, or with a false one`, async () => {
    for (const token of [undefined, `${tokens.admin.slice(0, -1)}x`]) {
      await fails(as(Views, token, options).getBalance({}), Code.Unauthenticated);
      await fails(as(Ledger, token, options).post(open(who)), Code.Unauthenticated);
      await fails(firstOf(as(Events, token, options).follow({ heartbeatMs: 100 })), Code.Unauthenticated);
    }
  });

  test(`${name}: each records what its role may, under its own name`, async () => {
    await as(Ledger, tokens.admin, options).post(open(who));
    await as(Ledger, tokens.accountant, options).post(charge(who, "C1"));
    const { lastSequence } = await as(Ledger, tokens.cashier, options).post(payment(who, "P1"));
    const { events } = await as(Events, tokens.auditor, options).list({ fromSequence: lastSequence, limit: 1 });
    assert.equal(events[0].actor, "cashier");
    assert.equal(events[0].body.case, "paymentReceived");
  });

  test(`${name}: a refusal by role is an error with its detail, or a value in a batch`, async () => {
    const wrong = charge(who, "C2");
    await assert.rejects(as(Ledger, tokens.cashier, options).post(wrong), (error) => {
      assert.equal(error.code, Code.PermissionDenied);
      assert.equal(error.findDetails(RefusalSchema)[0].code, RefusalCode.ROLE_NOT_ALLOWED);
      return true;
    });
    const { answers } = await as(Ledger, tokens.cashier, options).submit({ requests: [wrong, payment(who, "P2")] });
    assert.deepEqual(answers.map((answer) => answer.refusal?.code), [RefusalCode.ROLE_NOT_ALLOWED, undefined]);
  });

  test(`${name}: calls that a role may not make`, async () => {
    await fails(as(Admin, tokens.cashier, options).listTokens({}), Code.PermissionDenied);
    await fails(as(Audit, tokens.accountant, options).listRefusals({}), Code.PermissionDenied);
    const { rows } = await as(Audit, tokens.auditor, options).listRefusals({});
    assert.ok(rows.some((row) => row.actor === "cashier"));
  });

  test(`${name}: a stream ends when its token is revoked`, async () => {
    const admin = as(Admin, tokens.admin, options);
    const expiresAtUs = BigInt(Date.now() + 3600000) * 1000n;
    const made = await admin.createToken({ name: `short-${name}`, role: 4, expiresAtUs });
    const follow = async () => {
      for await (const item of as(Events, made.secret, options).follow({ heartbeatMs: 100, customer: who })) {
        if (item.event === undefined) {
          await admin.revokeToken({ name: `short-${name}` });
        }
      }
    };
    await fails(follow(), Code.Unauthenticated);
    await fails(as(Views, made.secret, options).getBalance({}), Code.Unauthenticated);
  });
}
