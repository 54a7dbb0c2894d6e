// DuckDB and hyparquet, as the tests want them: rows as arrays of text, whatever the type.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";

const instance = await DuckDBInstance.create(":memory:");
const duck = await instance.connect();
await duck.run("SET TimeZone = 'UTC'");

// Rows as arrays; numbers of 64 bits, decimals, dates and instants as text, null as null.
export const query = async (sql) => (await duck.runAndReadAll(sql)).getRowsJson();
export const objects = async (sql) => (await duck.runAndReadAll(sql)).getRowObjectsJson();

const types = {
  "text": "VARCHAR", "int64": "BIGINT", "decimal(23,4)": "DECIMAL(23,4)", "bool": "BOOLEAN", "date": "DATE",
  "timestamp(us,utc)": "TIMESTAMP WITH TIME ZONE",
};
export const duckType = (column) => types[column.type];

const struct = (columns) => "{" + columns.map((c) => `'${c.name}': '${duckType(c)}'`).join(", ") + "}";

export const fromParquet = (path) => `read_parquet('${path}')`;
export const fromCsv = (path, columns) => `read_csv('${path}', columns = ${struct(columns)}, header = true, ` +
  `delim = ',', quote = '"', escape = '"', new_line = '\\r\\n', allow_quoted_nulls = false, parallel = false, ` +
  `max_line_size = 8000000)`;
export const fromJson = (path, columns) => `read_json('${path}', columns = ${struct(columns)}, ` +
  `format = 'newline_delimited')`;

export const describe = async (from) => (await query(`DESCRIBE SELECT * FROM ${from}`)).map((row) => [row[0], row[1]]);

export async function metadata(path) {
  return parquetMetadataAsync(await asyncBufferFromFile(path));
}

export async function hyRows(path) {
  const file = await asyncBufferFromFile(path);
  return parquetReadObjects({ file, compressors });
}

// A cell of hyparquet's against DuckDB's text. It has milliseconds and floating point where DuckDB is exact, and
// multiplies a decimal by 0.0001: what it says is compared at that.
export function hyEqual(value, type, text, where) {
  if (text === null) {
    assert.ok(value === null || value === undefined, where);
  } else if (type.startsWith("DECIMAL")) {
    assert.equal(typeof value, "number", where);
    assert.ok(Math.abs(value - Number(text)) <= Math.abs(Number(text)) * 1e-15, where);
  } else if (type === "DATE") {
    assert.equal(value.getTime(), Date.parse(text + "T00:00:00Z"), where);
  } else if (type.startsWith("TIMESTAMP")) {
    const instant = Date.parse(text.replace(" ", "T").replace(/\+00$/, "Z"));
    assert.ok(Math.abs(value.getTime() - instant) <= 1, where); // Before 1970 the two cut microseconds off differently.
  } else {
    assert.strictEqual(value, type === "BIGINT" ? BigInt(text) : text, where);
  }
}

export const readManifest = (path) => JSON.parse(readFileSync(path, "utf8"));
export const sha256 = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");
