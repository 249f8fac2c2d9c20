// How rows become a number. The shares of the rows sum to it exactly.
import { ONE, ZERO, clamped, compare, equal, fraction, least, minus, over, plus, sum, times, type Fraction, type Known } from './fraction.js';

export type Method = 'weighted_mean' | 'mean' | 'minimum' | 'done_ratio';

export interface MeasuredRow {
  readonly weight: Fraction;
  /** Within 0…1. */
  readonly progress: Fraction;
  readonly achieved: boolean;
}

export interface RolledUp {
  /** null where there is no row, or all weigh nothing. */
  readonly total: Known;
  readonly weights: readonly Fraction[];
  readonly shares: readonly Fraction[];
}

export function weightedMean(rows: readonly { readonly weight: Fraction; readonly progress: Fraction; readonly number?: number }[]): RolledUp {
  const whole = sum(rows.map((row) => times(row.weight, fraction(row.number ?? 1))));
  const weights = rows.map((row) => row.weight);
  if (whole.above === 0n) return { total: null, weights, shares: rows.map(() => ZERO) };
  const shares = rows.map((row) => over(times(row.weight, row.progress), whole));
  return { total: sum(shares.map((share, at) => times(share, fraction(rows[at]!.number ?? 1)))), weights, shares };
}

function minimum(rows: readonly MeasuredRow[]): RolledUp {
  if (!rows.length) return { total: null, weights: [], shares: [] };
  let lowest = 0;
  rows.forEach((row, at) => {
    if (compare(row.progress, rows[lowest]!.progress) < 0) lowest = at;
  });
  return {
    total: rows[lowest]!.progress,
    weights: rows.map((_, at) => (at === lowest ? ONE : ZERO)),
    shares: rows.map((row, at) => (at === lowest ? row.progress : ZERO)),
  };
}

function doneRatio(rows: readonly MeasuredRow[]): RolledUp {
  if (!rows.length) return { total: null, weights: [], shares: [] };
  const shares = rows.map((row) => (row.achieved ? fraction(1, rows.length) : ZERO));
  return { total: sum(shares), weights: rows.map(() => ONE), shares };
}

export const METHODS: Readonly<Record<Method, (rows: readonly MeasuredRow[]) => RolledUp>> = {
  weighted_mean: weightedMean,
  mean: (rows) => weightedMean(rows.map((row) => ({ ...row, weight: ONE }))),
  minimum,
  done_ratio: doneRatio,
};

export type Disposition = 'counted' | 'not_achieved' | 'excluded' | 'unknown' | 'weightless' | 'gap' | 'measured_by_children' | 'counted_elsewhere' | 'beside' | 'checked_in';
export type Missing = 'siblings_mean' | 'zero' | 'one' | 'error';

/** Rows that are alike, `number` of them, each split among `divisor` key results. */
export interface Child {
  readonly disposition: Disposition;
  readonly weight: Known;
  readonly progress: Known;
  readonly number: number;
  readonly divisor: number;
}

export interface WeighedChild {
  readonly disposition: Disposition;
  readonly weight: Known;
  /** The rule that gave the weight where the row has none. */
  readonly standIn: string;
}

export interface ChildrenNumber {
  readonly rows: readonly (WeighedChild & { readonly share: Fraction })[];
  readonly total: Known;
  /** Not clamped to 1. */
  readonly raw: Known;
  /** How many were counted towards an aim. */
  readonly done: Fraction;
}

const counts = (disposition: Disposition): boolean => disposition === 'counted' || disposition === 'not_achieved';

/** What each weighs by the rules: a missing weight takes the mean of its siblings unless `missing` says otherwise, 0 drops the row, less than 0 spoils it. */
export function weighed(rows: readonly Child[], missing: Missing): WeighedChild[] {
  const instead = standIn(rows, missing);
  return rows.map((row) => {
    const found = one(row, instead);
    return found.weight === null || row.divisor === 1 ? found : { ...found, weight: over(found.weight, fraction(row.divisor)) };
  });
}

function one(row: Child, instead: WeighedChild): WeighedChild {
  const { disposition, weight } = row;
  if (!counts(disposition)) return { disposition, weight, standIn: '' };
  if (weight === null) return counts(instead.disposition) ? { ...instead, disposition } : instead;
  if (weight.above < 0n) return { disposition: 'gap', weight, standIn: '' };
  if (weight.above === 0n) return { disposition: 'weightless', weight, standIn: '' };
  return { disposition, weight, standIn: '' };
}

function standIn(rows: readonly Child[], missing: Missing): WeighedChild {
  if (missing === 'zero') return { disposition: 'weightless', weight: ZERO, standIn: '' };
  if (missing === 'error') return { disposition: 'gap', weight: null, standIn: '' };
  const known = rows.filter((row) => counts(row.disposition) && row.weight !== null && row.weight.above > 0n);
  if (missing === 'one' || !known.length) return { disposition: 'counted', weight: ONE, standIn: missing };
  const whole = sum(known.map((row) => times(row.weight!, fraction(row.number))));
  return { disposition: 'counted', weight: over(whole, fraction(known.reduce((number, row) => number + row.number, 0))), standIn: missing };
}

/** The progress of a delivery key result: the weighted mean of its rows, or how many are done of the `aim`. */
export function childrenNumber(rows: readonly Child[], missing: Missing, aim: Known = null): ChildrenNumber {
  const found = weighed(rows, missing);
  return aim === null ? byMean(rows, found) : byCount(rows, found, aim);
}

function byMean(rows: readonly Child[], found: readonly WeighedChild[]): ChildrenNumber {
  const counting = found.flatMap((row, at) => (counts(row.disposition) ? [at] : []));
  const mean = weightedMean(counting.map((at) => ({ weight: found[at]!.weight ?? ZERO, progress: rows[at]!.progress ?? ZERO, number: rows[at]!.number })));
  const shares = new Map(counting.map((at, place) => [at, mean.shares[place]!]));
  return { rows: found.map((row, at) => ({ ...row, share: shares.get(at) ?? ZERO })), total: mean.total, raw: mean.total, done: ZERO };
}

function byCount(rows: readonly Child[], found: readonly WeighedChild[], aim: Fraction): ChildrenNumber {
  const parts = found.map((row, at) => {
    const { progress, divisor } = rows[at]!;
    // A row without a weight is split among as many key results as any other, but nothing of it was divided.
    const split = row.weight === null ? 1 : divisor;
    return counts(row.disposition) && progress !== null && equal(progress, ONE) ? fraction(1, split) : ZERO;
  });
  const done = parts.reduce((all, part, at) => plus(all, times(part, fraction(rows[at]!.number))), ZERO);
  const raw = over(done, aim);
  const total = least(raw, ONE);
  const scale = done.above === 0n ? ZERO : over(total, done);
  return { rows: found.map((row, at) => ({ ...row, share: times(parts[at]!, scale) })), total, raw, done };
}

/** How far a metric is on its way; null where start and target are the same. */
export function onTheWay(start: Fraction, target: Fraction, current: Fraction): Known {
  if (equal(start, target)) return null;
  return clamped(over(minus(current, start), minus(target, start)));
}

/** How well a metric keeps to its band, bounds included; a missing bound is open. */
export function inBand(atLeast: Known, atMost: Known, tolerance: Fraction, current: Fraction): Fraction {
  const below = atLeast === null ? ZERO : minus(atLeast, current);
  const above = atMost === null ? ZERO : minus(current, atMost);
  const distance = [below, above].reduce((far, next) => (compare(next, far) > 0 ? next : far), ZERO);
  return clamped(minus(ONE, over(distance, tolerance)));
}

