// What the program exports, read by DuckDB and by hyparquet.
//   TABLES   a directory of test_tables.sh's: edges/, whole/, early-1/, late-1/, ..., months/, balance.json
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import * as r from "./readers.js";

const at = process.env.TABLES;
const tables = ["events", "postings", "balances", "open-items", "aging", "lots", "allocations", "customers",
  "daily-balances"];

const parquet = (directory, table) => r.fromParquet(`${at}/${directory}/${table}.parquet`);
const minors = async (sql) => new Map((await r.query(sql)).map((row) => [row[0] + " " + row[1], BigInt(row[2] ?? 0)]));

// ---- the edges of every type ----

const max = 9223372036854775807n, min = -9223372036854775808n;
const edges = [
  ["", "0", "0.0000", false, "1970-01-01", "1970-01-01 00:00:00+00", false],
  ["余额 有限公司", String(max), `${max}.0000`, true, "9999-12-31", "9999-12-31 23:59:59.999999+00", false],
  ["say \"hi\", and\r\n\tthen \\ 'go'", String(min), "-922337203685477.5808", false, "1970-01-02",
    "1970-01-01 00:00:00.000001+00", true],
  [" both ends ", "-1", "-0.0100", true, "2024-02-29", "2024-02-29 17:59:59.123456+00", false],
  ["null", "1", `${min}.0000`, false, "2024-03-01", "1969-12-31 23:59:59.999999+00", false],
  ["😀\u0080\uffff", "9007199254740993", "9007199254740.9930", true, "2024-10-04", "2024-02-29 18:00:00+00", true],
].map((row) => row.slice(0, 6).flatMap((value) => [value, row[6] ? null : value]));
const edgeTypes = ["VARCHAR", "BIGINT", "DECIMAL(23,4)", "BOOLEAN", "DATE", "TIMESTAMP WITH TIME ZONE"];
const edgeColumns = ["text", "int64", "decimal(23,4)", "bool", "date", "timestamp(us,utc)"].flatMap((type, i) => {
  const name = ["text", "whole", "amount", "flag", "day", "instant"][i];
  return [{ name, type }, { name: name + "_or_null", type }];
});

test("edges: every value comes back from every format", async () => {
  const path = `${at}/edges/edges`;
  assert.deepEqual((await r.describe(r.fromParquet(path + ".parquet"))).map((row) => row[1]),
    edgeTypes.flatMap((type) => [type, type]));
  assert.deepEqual(await r.query(`FROM ${r.fromParquet(path + ".parquet")}`), edges);
  assert.deepEqual(await r.query(`FROM ${r.fromCsv(path + ".csv", edgeColumns)}`), edges);
  assert.deepEqual(await r.query(`FROM ${r.fromJson(path + ".jsonl", edgeColumns)}`), edges);
});

test("edges: hyparquet reads the same", async () => {
  const rows = await r.hyRows(`${at}/edges/edges.parquet`);
  assert.equal(rows.length, edges.length);
  rows.forEach((row, i) => edgeColumns.forEach((column, j) => {
    r.hyEqual(row[column.name], edgeTypes[j >> 1], edges[i][j], `row ${i}, ${column.name}`);
  }));
});

test("edges: logical types and statistics are in the footer", async () => {
  const found = await r.metadata(`${at}/edges/edges.parquet`);
  const logical = Object.fromEntries(found.schema.slice(1).map((e) => [e.name, e.logical_type]));
  assert.deepEqual(logical.text, { type: "STRING" });
  assert.deepEqual(logical.amount, { type: "DECIMAL", scale: 4, precision: 23 });
  assert.deepEqual(logical.day, { type: "DATE" });
  assert.deepEqual(logical.instant, { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" });
  assert.equal(logical.whole, undefined);
  assert.deepEqual(found.key_value_metadata, [{ key: "daybook.table", value: "边缘" }]);
  const of = Object.fromEntries(found.row_groups[0].columns.map((c) =>
    [c.meta_data.path_in_schema[0], c.meta_data]));
  assert.equal(of.whole.codec, "ZSTD");
  assert.equal(of.whole.statistics.min_value, min);
  assert.equal(of.whole.statistics.max_value, max);
  assert.equal(of.whole.statistics.null_count, 0n);
  assert.equal(of.whole_or_null.statistics.null_count, 2n);
  assert.equal(of.whole_or_null.statistics.min_value, -1n);
  assert.equal(of.text.statistics.min_value, "");
  assert.equal(of.text.statistics.max_value, "😀\u0080\uffff");
});

test("many rows: row groups, whose statistics leave out what is not asked for", async () => {
  const path = `${at}/edges/many.parquet`;
  const [[groups, rows]] = await r.query(
    `SELECT count(DISTINCT row_group_id), sum(num_values) FROM parquet_metadata('${path}') ` +
    "WHERE path_in_schema = 'whole'");
  assert.equal(groups, "3");
  assert.equal(rows, "300000");
  const wrong = await r.query(`SELECT count(*) FROM (SELECT *, row_number() OVER () - 1 AS i FROM '${path}') WHERE ` +
    "text <> 'row ' || i OR whole <> i OR amount <> i - 0.01 OR flag <> (i % 2 = 1) OR " +
    "day <> DATE '1970-01-01' + (i % 20000)::INTEGER OR epoch_us(instant) <> i * 1000003 OR " +
    "(text_or_null IS NULL) <> (i % 7 = 0) OR coalesce(whole_or_null, i) <> i OR " +
    "(amount_or_null IS NULL) <> (i % 7 = 0) OR (flag_or_null IS NULL) <> (i % 7 = 0)");
  assert.deepEqual(wrong, [["0"]]);
  assert.deepEqual(await r.query(`SELECT text FROM '${path}' WHERE whole = 250001`), [["row 250001"]]);
  const hy = await r.hyRows(path);
  assert.equal(hy.length, 300000);
  assert.equal(hy[299999].text, "row 299999");
  assert.equal(hy[294000].whole_or_null, null);
});

// ---- the tables ----

const columnsOf = (table) => r.readManifest(`${at}/whole/${table}.parquet.manifest.json`).columns;

for (const table of tables) {
  test(`${table}: three formats and two readers agree, row by row`, async () => {
    const columns = columnsOf(table);
    const path = `${at}/whole/${table}`;
    const rows = await r.query(`FROM ${r.fromParquet(path + ".parquet")}`);
    assert.ok(rows.length > 20, `${rows.length} rows say little`);
    assert.deepEqual(await r.describe(r.fromParquet(path + ".parquet")), columns.map((c) => [c.name, r.duckType(c)]));
    assert.deepEqual(await r.query(`FROM ${r.fromCsv(path + ".csv", columns)}`), rows);
    assert.deepEqual(await r.query(`FROM ${r.fromJson(path + ".jsonl", columns)}`), rows);
    const hy = await r.hyRows(path + ".parquet");
    assert.equal(hy.length, rows.length);
    hy.forEach((row, i) => columns.forEach((column, j) => {
      r.hyEqual(row[column.name], r.duckType(column), rows[i][j], `row ${i}, ${column.name}`);
    }));
  });

  test(`${table}: amounts are their minor units, keys are keys, statistics are true`, async () => {
    const columns = columnsOf(table);
    const manifest = r.readManifest(`${at}/whole/${table}.parquet.manifest.json`);
    const from = parquet("whole", table);
    for (const column of columns.filter((c) => c.type.startsWith("decimal"))) {
      const wrong = await r.query(`SELECT count(*) FROM ${from} WHERE ` +
        `${column.name} IS DISTINCT FROM ${column.name}_minor * CASE currency WHEN 'JPY' THEN 1 WHEN 'KWD' THEN 0.001 ` +
        "WHEN 'CNY' THEN 0.01 END");
      assert.deepEqual(wrong, [["0"]], column.name);
    }
    const [[rows, keys]] = await r.query(
      `SELECT count(*), count(DISTINCT row(${manifest.key.join(",")})) FROM ${from}`);
    assert.equal(rows, keys, "two rows with one key");
    const found = await r.metadata(`${at}/whole/${table}.parquet`);
    assert.equal(found.row_groups.length, 1);
    for (const { meta_data: c } of found.row_groups[0].columns) {
      const name = c.path_in_schema[0];
      const [[nulls]] = await r.query(`SELECT count(*) - count("${name}") FROM ${from}`);
      assert.equal(String(c.statistics.null_count), nulls, name);
    }
    const bounds = await r.objects(`SELECT path_in_schema AS name, stats_min_value AS low, stats_max_value AS high, type ` +
      `FROM parquet_metadata('${at}/whole/${table}.parquet')`);
    for (const bound of bounds.filter((b) => b.type === "INT64" && b.low !== null && b.name !== "recorded_at")) {
      assert.deepEqual(await r.query(`SELECT min(${bound.name})::VARCHAR, max(${bound.name})::VARCHAR FROM ${from}`),
        [[bound.low, bound.high]], bound.name);
    }
  });

  test(`${table}: the manifest is of this file`, () => {
    for (const format of ["csv", "jsonl", "parquet"]) {
      const path = `${at}/whole/${table}.${format}`;
      const manifest = r.readManifest(path + ".manifest.json");
      assert.equal(manifest.table, table);
      assert.equal(manifest.format, format);
      assert.equal(manifest.schema_version, 1);
      assert.equal(manifest.as_of, "2026-06-30");
      assert.equal(manifest.since, 0);
      assert.equal(manifest.known_at, Number(process.env.HEAD));
      assert.equal(manifest.journal_root, process.env.ROOT);
      assert.equal(manifest.files.length, 1);
      assert.equal(manifest.files[0].path, `${table}.${format}`);
      assert.equal(manifest.files[0].sha256, r.sha256(path));
      assert.equal(manifest.files[0].bytes, statSync(path).size);
      assert.equal(manifest.files[0].rows, manifest.rows);
    }
  });

  for (const [n, since] of [[1, 1500], [2, Number(process.env.MARK)]]) {
    test(`${table}: what was known at ${since} and what is new since then are the whole`, async () => {
      const { key, columns } = r.readManifest(`${at}/whole/${table}.parquet.manifest.json`);
      assert.equal(r.readManifest(`${at}/early-${n}/${table}.parquet.manifest.json`).known_at, since);
      assert.equal(r.readManifest(`${at}/late-${n}/${table}.parquet.manifest.json`).since, since);
      const names = columns.map((c) => c.name);
      const keyOf = (row) => JSON.stringify(key.map((name) => row[names.indexOf(name)]));
      const late = await r.query(`FROM ${parquet(`late-${n}`, table)}`);
      const whole = await r.query(`FROM ${parquet("whole", table)}`);
      const merged = new Map();
      for (const row of await r.query(`FROM ${parquet(`early-${n}`, table)}`)) merged.set(keyOf(row), row);
      for (const row of late) merged.set(keyOf(row), row);
      // What is open no longer came with zeros, to be taken out.
      const isNothing = {
        "open-items": (row) => row[names.indexOf("open_minor")] === "0",
        "aging": (row) => names.every((name, i) => !name.endsWith("_minor") || row[i] === "0"),
      }[table] ?? (() => false);
      const order = (a, b) => (keyOf(a) < keyOf(b) ? -1 : 1);
      assert.deepEqual([...merged.values()].filter((row) => !isNothing(row)).sort(order), whole.sort(order));
      if (n === 2) assert.ok(late.length > 0 && late.length < whole.length / 2, `${late.length} rows are no increment`);
    });
  }
}

// ---- figures ----

const balances = JSON.parse(readFileSync(`${at}/balance.json`, "utf8")).rows;
const ours = (field) => new Map(balances.map((b) => [b.customer + " " + b.currency, BigInt(b[field] ?? 0)]));
const sums = [
  ["balances", "receivable_minor", "", "receivableMinor"],
  ["balances", "lifetime_charged_minor", "", "lifetimeChargedMinor"],
  ["balances", "credit_held_minor", "", "creditHeldMinor"],
  ["balances", "net_minor", "", "netMinor"],
  ["postings", "amount_minor", "WHERE account = 'Receivable'", "receivableMinor"],
  ["postings", "-amount_minor", "WHERE account = 'Unapplied'", "unappliedMinor"],
  ["postings", "-amount_minor", "WHERE account = 'Deposits'", "depositMinor"],
  ["postings", "-amount_minor", "WHERE account = 'Dormant'", "dormantMinor"],
  ["open-items", "open_minor", "WHERE open_minor > 0", "receivableMinor"],
  ["open-items", "-open_minor", "WHERE open_minor < 0", "unappliedMinor"],
  ["lots", "remaining_minor", "", "depositMinor"],
  ["lots", "dormant_minor", "", "dormantMinor"],
  ["allocations", "amount_minor", "WHERE source_kind = 'lot'", "lifetimeConsumedMinor"],
];

for (const [table, amount, where, field] of sums) {
  test(`${table}: ${amount} ${where} adds up to ${field} of every customer and currency`, async () => {
    const theirs = await minors(`SELECT customer, currency, sum(${amount}) FROM ${parquet("whole", table)} ${where} ` +
      "GROUP BY ALL");
    let sum = 0n;
    for (const [account, minor] of ours(field)) {
      assert.equal(theirs.get(account) ?? 0n, minor, account);
      sum += minor < 0n ? -minor : minor;
      theirs.delete(account);
    }
    for (const [account, minor] of theirs) assert.equal(minor, 0n, account);
    assert.ok(sum > 0n || field === "creditHeldMinor", "nothing was compared");
  });
}

test("aging: totals are open less unapplied, and columns add up", async () => {
  const receivable = ours("receivableMinor"), unapplied = ours("unappliedMinor");
  const totals = await minors(`SELECT customer, currency, total_minor FROM ${parquet("whole", "aging")}`);
  for (const [account, open] of receivable) assert.equal(totals.get(account) ?? 0n, open - unapplied.get(account), account);
  assert.deepEqual(await r.query(`SELECT count(*) FROM ${parquet("whole", "aging")} WHERE not_due + days_1_30 + ` +
    "days_31_60 + days_61_90 + days_91_120 + days_over_120 + disputed + unapplied <> total"), [["0"]]);
});

test("daily-balances: the last day is the balance; each day is the postings up to it", async () => {
  const last = await minors(`SELECT customer, currency, arg_max(net_minor, balance_on) FROM ` +
    `${parquet("whole", "daily-balances")} GROUP BY ALL`);
  assert.deepEqual(last, ours("netMinor"));
  assert.deepEqual(await r.query(`SELECT count(*) FROM ${parquet("whole", "daily-balances")} d WHERE receivable <> ` +
    `(SELECT coalesce(sum(amount), 0) FROM ${parquet("whole", "postings")} p WHERE p.customer = d.customer AND ` +
    "p.currency = d.currency AND p.account = 'Receivable' AND p.effective_on <= d.balance_on)"), [["0"]]);
});

test("events and postings: every event once, every event balanced", async () => {
  const [[count, distinct]] = await r.query(
    `SELECT count(*), count(DISTINCT sequence) FROM ${parquet("whole", "events")}`);
  assert.equal(count, distinct);
  assert.deepEqual(await r.query(`SELECT count(*) FROM (SELECT sequence, sum(amount) AS s FROM ` +
    `${parquet("whole", "postings")} GROUP BY ALL) WHERE s <> 0`), [["0"]]);
  const [[strange]] = await r.query(`SELECT count(*) FROM ${parquet("whole", "events")} WHERE ` +
    "NOT json_valid(body) OR (kind = 'charge_posted' AND json_extract_string(body, '$.amountMinor')::BIGINT <> amount_minor)");
  assert.equal(strange, "0");
});

test("months: a directory of files is the table", async () => {
  for (const [table, date] of [["events", "effective_on"], ["daily-balances", "balance_on"], ["open-items", "posted_on"]]) {
    const manifest = r.readManifest(`${at}/months/${table}/manifest.json`);
    const glob = `read_parquet('${at}/months/${table}/*/part.parquet', hive_partitioning = true, hive_types_autocast = false)`;
    assert.ok(manifest.files.length > 10);
    for (const file of manifest.files) {
      assert.equal(file.path, `month=${file.month}/part.parquet`);
      assert.equal(file.sha256, r.sha256(`${at}/months/${table}/${file.path}`));
    }
    assert.deepEqual(await r.query(`SELECT count(*) FROM ${glob} WHERE month <> strftime(${date}, '%Y-%m')`), [["0"]]);
    for (const [one, other] of [[`SELECT * EXCLUDE (month) FROM ${glob}`, `FROM ${parquet("whole", table)}`],
      [`FROM ${parquet("whole", table)}`, `SELECT * EXCLUDE (month) FROM ${glob}`]]) {
      assert.deepEqual(await r.query(`SELECT count(*) FROM (${one} EXCEPT ALL ${other})`), [["0"]]);
    }
  }
});
