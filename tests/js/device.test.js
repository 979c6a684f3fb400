// A device answers as the server does. The cases come from tests/test_device_quotes.py, which runs this with a shop.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Names } from "../../static/js/lib/store/names.js";
import { Tables } from "../../static/js/lib/store/goods.js";
import { carrierOf } from "../../static/js/lib/store/scan.js";
import { Shop } from "../../static/js/lib/store/shop.js";
import { Server } from "../../static/js/lib/till/server.js";
import { vectors } from "./vectors.mjs";

/** A catalogue in memory, as lib/store/catalogue.js keeps it in the browser. */
class Memory {
  constructor({ articles, tables, location }) {
    this.kept = new Map(articles.map(({ codes = [], ...row }) => [row.id, { ...row, packs: codes }]));
    this.known = new Names(this.kept.values());
    this.told = new Tables(tables);
    this.location = location;
  }

  state() {
    return { location: this.location, at: "2026-11-21T12:00:00Z" };
  }

  tables() {
    return this.told;
  }

  names() {
    return this.known;
  }

  code(code) {
    return carrierOf(code, [...this.kept.values()]);
  }

  sku(sku) {
    return [...this.kept.values()].find((row) => row.sku === sku) ?? null;
  }

  rows(ids) {
    return new Map(ids.filter((id) => this.kept.has(id)).map((id) => [id, this.kept.get(id)]));
  }

  search(words, { category = "", limit = 60 } = {}) {
    const ids = this.known.find(words, { categories: category ? this.told.below(category) : null, limit });
    return [...this.rows(ids).values()];
  }
}

async function outcome(ask) {
  try {
    return { status: 200, body: await ask() };
  } catch (problem) {
    if (problem.name !== "ApiProblem") throw problem;
    return { status: problem.status, code: problem.code, errors: problem.errors.map(({ pointer, code }) => [pointer, code]) };
  }
}

const THERE = { isReady: false, line: { isAway: false, back() {} } };

if (process.env.VECTORS) {
  const [kept, ...cases] = vectors("device");
  const shop = new Shop(new Memory(kept), () => kept.location);
  const without = ({ as_of: _, ...rest }) => rest;

  test("every quote is the server's, to the last step and reason", async () => {
    let count = 0;
    for (const { quote, answer } of cases.filter((one) => one.quote)) {
      const mine = await outcome(() => shop.quote(quote));
      const told = JSON.stringify(quote);
      assert.equal(mine.status, answer.status, `${told} ${JSON.stringify(mine)} ${JSON.stringify(answer.body)}`);
      if (mine.status !== 200) {
        assert.deepEqual(mine.errors, answer.body.errors.map(({ pointer, code }) => [pointer, code]), told);
        continue;
      }
      // Whether the person may give it is known where they are logged in.
      const { needs_approval: _, ...theirs } = answer.body;
      const { needs_approval: __, ...ours } = without(mine.body);
      assert.deepEqual(ours, theirs, told);
      count += 1;
    }
    assert.ok(count > 100);
  });

  test("every scan means what it means to the server", async () => {
    for (const { scan, answer } of cases.filter((one) => one.scan !== undefined)) {
      const mine = await outcome(() => shop.scan(scan));
      assert.equal(mine.status, answer.status, `${scan} ${JSON.stringify(mine)} ${JSON.stringify(answer.body)}`);
      if (mine.status !== 200) {
        assert.equal(mine.code, answer.body.code, scan);
        continue;
      }
      globalThis.fetch = async () => ({ ok: true, status: 200, headers: new Map(), text: async () => JSON.stringify(answer.body) });
      const theirs = await new Server({ urls: { scan: "/scan/" } }, () => kept.location, THERE).scan(scan);
      delete theirs.note; // which lots there are only the server knows
      if (answer.body.lot && theirs.article.tracking === "lot") theirs.lot = answer.body.lot;
      assert.deepEqual(without(mine.body), theirs, scan);
    }
  });
}
