// Runs golden vectors against the compiled calculator: `node vectors.mjs golden.jsonl.gz`. Ends with 1 where one comes to something else.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import * as calculator from './dist/index.js';

const { read, readOrNull: known, writeOrNull: told, write } = calculator;

const criteria = (given) => ({ expected: known(given.expected), achievedAt: read(given.achieved_at), onTrack: read(given.on_track), atRisk: read(given.at_risk), ended: given.ended });
const measured = (row) => ({ weight: read(row.weight), progress: known(row.progress), achieved: row.achieved });

const KINDS = {
  rounding({ value, digits, achieved_at }) {
    const [exact, bar] = [read(value), read(achieved_at)];
    return { rounded: calculator.rounded(exact, digits), share: calculator.roundedShare(exact, digits, bar), percent: calculator.percent(exact, digits, bar) };
  },
  rollup({ method, rows }) {
    const found = calculator.METHODS[method](rows.map(measured));
    return { total: told(found.total), weights: found.weights.map(write), shares: found.shares.map(write) };
  },
  children({ missing, aim, rows }) {
    const given = rows.map((row) => ({ ...row, weight: known(row.weight), progress: known(row.progress) }));
    const found = calculator.childrenNumber(given, missing, known(aim));
    return {
      rows: found.rows.map((row) => ({ disposition: row.disposition, weight: told(row.weight), stand_in: row.standIn, share: write(row.share) })),
      total: told(found.total), raw: told(found.raw), done: write(found.done),
    };
  },
  reading(given) {
    const current = read(given.current);
    const progress = 'start' in given
      ? calculator.onTheWay(read(given.start), read(given.target), current)
      : calculator.inBand(known(given.at_least), known(given.at_most), read(given.tolerance), current);
    return { progress: told(progress) };
  },
  expectation: ({ start, end, day, working_days }) => ({ expected: told(calculator.expectedOn(start, end, day, working_days)) }),
  health(given) {
    const found = calculator.judge({ progress: known(given.progress), cause: given.cause, stale: given.stale, timed: given.timed }, criteria(given));
    return { level: found.level, rule: found.rule, pace: told(found.pace) };
  },
  objective(given) {
    const levels = given.rows.map((row) => row.level);
    const counting = given.rows.filter((row) => row.progress !== null).map((row) => measured({ ...row, achieved: row.level === 'achieved' }));
    const { total } = calculator.METHODS[given.method](counting);
    const found = given.health === 'worst' ? calculator.worst(levels) : calculator.weightedHealth(total, levels, criteria(given));
    return { total: told(total), level: found.level, rule: found.rule };
  },
};

const file = readFileSync(process.argv[2]);
const lines = (file[0] === 0x1f ? gunzipSync(file) : file).toString('utf8').trimEnd().split('\n');
let wrong = 0;
for (const [at, line] of lines.entries()) {
  const { kind, given, expect } = JSON.parse(line);
  const found = KINDS[kind](given);
  if (JSON.stringify(found) === JSON.stringify(expect)) continue;
  wrong += 1;
  if (wrong <= 5) console.error(`line ${at + 1}: ${JSON.stringify(given)}\n  expected ${JSON.stringify(expect)}\n  found    ${JSON.stringify(found)}`);
}
console.log(`${lines.length - wrong} of ${lines.length} vectors agree`);
process.exitCode = wrong ? 1 : 0;
