// The OpenAPI document, by a validator that nobody here wrote, against the calls that there are and what they answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv from "ajv/dist/2020.js";
import { Admin, Audit, Events, Ledger, Views } from "./gen/daybook/v1/service_pb.js";

const url = process.env.DAYBOOK_URL;
const document = await (await fetch(`${url}/openapi.json`)).json();
const pages = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/events"];

test("it is a valid OpenAPI 3.1 document", async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(document.openapi, "3.1.0");
});

test("it has every call of the schema, as it is asked, and the pages", () => {
  const expected = new Map(pages.map((page) => [page, ["get"]]));
  for (const service of [Ledger, Views, Events, Admin, Audit]) {
    for (const method of service.methods) {
      const isSafe = method.methodKind === "unary" && method.idempotency === Level.NO_SIDE_EFFECTS;
      expected.set(`/${service.typeName}/${method.name}`, isSafe ? ["get", "post"] : ["post"]);
    }
  }
  const found = new Map(Object.entries(document.paths).map(([path, item]) => [path, Object.keys(item).sort()]));
  assert.deepEqual(new Map([...found].sort()), new Map([...expected].sort()));
});

test("it says who needs a token", () => {
  assert.equal(document.components.securitySchemes.token.scheme, "bearer");
  assert.deepEqual(document.security, [{ token: [] }]);
  const open = pages.filter((page) => document.paths[page].get.security?.some((way) => Object.keys(way).length === 0));
  assert.deepEqual(open, ["/healthz", "/readyz", "/metrics"]);
});

const ajv = new Ajv({ strict: false, validateFormats: false });
ajv.addSchema({ $id: "doc", components: document.components });
const check = (name, value) => {
  const isRight = ajv.getSchema(`doc#/components/schemas/${name}`);
  assert.ok(isRight(value), `${name}: ${JSON.stringify(isRight.errors)} in ${JSON.stringify(value).slice(0, 500)}`);
};
const post = async (call, body) => {
  const response = await fetch(`${url}/daybook.v1.${call}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return response.json();
};
const request = (key, command) => ({ key: btoa(key), actor: "api", customer: "API", effectiveOn: "2024-03-01", ...command });

test("requests and answers are what it says", async () => {
  const requests = [
    request("api-1", { openCustomer: { profile: { name: "接口" } } }),
    request("api-2", { receiveDeposit: { lot: "L1", amountMinor: "9007199254740993", priority: { value: 0 } } }),
    request("api-3", { postCharge: { charge: "C1", amountMinor: 5, category: "goods" } }),
    request("api-4", { postCharge: { charge: "C1", amountMinor: "5" } }),
  ];
  check("daybook.v1.SubmitRequest", { requests });
  const answered = await post("Ledger/Submit", { requests });
  check("daybook.v1.SubmitResponse", answered);
  assert.equal(answered.answers[3].refusal.code, "REFUSAL_CODE_DUPLICATE_DOCUMENT");
  check("connect.error", await post("Ledger/Post", request("api-5", requests[3])));

  const questions = {
    "Views/GetBalance": {}, "Views/GetAging": {}, "Views/ListOpenItems": {}, "Views/ListCustomers": {},
    "Views/GetTrialBalance": {}, "Views/ListPostings": {}, "Views/ListLots": {}, "Views/ListProposals": {},
    "Views/GetHistory": { customer: "API" }, "Views/GetCredit": { customer: "API" },
    "Views/GetKpis": { from: "2024-01-01", to: "2024-12-31" }, "Views/ListStatements": {},
    "Events/List": {}, "Admin/GetStatus": {}, "Admin/GetDigest": {}, "Audit/GetCheckpoint": {}, "Audit/ListRefusals": {},
  };
  for (const [call, question] of Object.entries(questions)) {
    const { requestBody, responses } = document.paths[`/daybook.v1.${call}`].post;
    const nameOf = (media) => media.content["application/json"].schema.$ref.split("/").at(-1);
    check(nameOf(requestBody), question);
    const answer = await post(call, question);
    assert.equal(answer.code, undefined, `${call}: ${answer.message}`);
    check(nameOf(responses["200"]), answer);
  }
});

test("what it does not have is refused by both", async () => {
  const isRequest = ajv.getSchema("doc#/components/schemas/daybook.v1.BalanceQuery");
  for (const wrong of [{ custome: "A" }, { customer: 5 }, { at: { minPosition: true } }]) {
    assert.ok(!isRequest(wrong));
    assert.equal((await post("Views/GetBalance", wrong)).code, "invalid_argument");
  }
});
