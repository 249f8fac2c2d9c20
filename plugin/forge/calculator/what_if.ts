// An objective's number made again in the browser, with other rows or other readings. What the connector says of it is `Calculation`.
import { fraction, read, readOrNull, type Fraction, type Known } from './fraction.js';
import { judge, weightedHealth, worst, type Criteria, type Level } from './health.js';
import { METHODS, childrenNumber, inBand, onTheWay, type Method } from './rollup.js';

export interface Calculation {
  readonly method: Method;
  readonly health: 'worst' | 'weighted';
  readonly progress: string;
  readonly level: Level;
  readonly expected: string | null;
  readonly achieved_at: string;
  readonly on_track: string;
  readonly at_risk: string;
  readonly ended: boolean;
  readonly rows: readonly { readonly id: string; readonly weight: string; readonly progress: string | null; readonly level: Level }[];
  readonly key_results: readonly KeyResult[];
}

export interface KeyResult {
  readonly id: string;
  readonly progress: string;
  readonly level: Level;
  readonly achieved_at: string;
  readonly timed: boolean;
  readonly rows: readonly { readonly id: string; readonly weight: string; readonly progress: string; readonly divisor: number; readonly fixed: boolean }[];
  readonly aim: string | null;
  readonly reading: ReadingPath | null;
}

export interface ReadingPath {
  readonly current: string;
  readonly start: string | null;
  readonly target: string | null;
  readonly at_least: string | null;
  readonly at_most: string | null;
  readonly tolerance: string | null;
}

/** What somebody tries: the progress of rows by the key result and the row, and readings by the key result. */
export interface Trial {
  readonly rows?: ReadonlyMap<string, ReadonlyMap<string, Fraction>>;
  readonly readings?: ReadonlyMap<string, Fraction>;
}

export interface Outcome {
  readonly progress: Known;
  readonly level: Level;
  readonly keyResults: ReadonlyMap<string, { readonly progress: Known; readonly level: Level }>;
}

export function whatIf(calculation: Calculation, trial: Trial): Outcome {
  const keyResults = new Map(calculation.key_results.filter((one) => trial.rows?.has(one.id) || trial.readings?.has(one.id)).map((one) => [one.id, tried(one, calculation, trial)]));
  const rows = calculation.rows.map((row) => ({ weight: read(row.weight), progress: readOrNull(row.progress), level: row.level, ...keyResults.get(row.id) }));
  const counting = rows.flatMap((row) => (row.progress === null ? [] : [{ weight: row.weight, progress: row.progress, achieved: row.level === 'achieved' }]));
  const { total } = METHODS[calculation.method](counting);
  const levels = rows.map((row) => row.level);
  const judged = calculation.health === 'weighted' ? weightedHealth(total, levels, criteria(calculation, calculation.achieved_at)) : worst(levels);
  return { progress: total, level: judged.level, keyResults };
}

function tried(one: KeyResult, calculation: Calculation, trial: Trial): { progress: Known; level: Level } {
  const progress = one.reading ? ofReading(one.reading, trial.readings?.get(one.id)) : ofRows(one, trial.rows?.get(one.id));
  const judged = judge({ progress, cause: progress === null ? 'unknown' : 'measured', stale: false, timed: one.timed }, criteria(calculation, one.achieved_at));
  return { progress, level: judged.level };
}

function criteria(calculation: Calculation, achievedAt: string): Criteria {
  const { expected, on_track, at_risk, ended } = calculation;
  return { expected: readOrNull(expected), achievedAt: read(achievedAt), onTrack: read(on_track), atRisk: read(at_risk), ended };
}

function ofRows(one: KeyResult, tried: ReadonlyMap<string, Fraction> = new Map()): Known {
  const rows = one.rows.map((row) => ({
    disposition: 'counted' as const,
    weight: read(row.weight),
    progress: row.fixed ? read(row.progress) : tried.get(row.id) ?? read(row.progress),
    number: 1,
    divisor: row.divisor,
  }));
  return childrenNumber(rows, 'error', readOrNull(one.aim)).total;
}

function ofReading(reading: ReadingPath, tried: Fraction | undefined): Known {
  const current = tried ?? read(reading.current);
  if (reading.start !== null && reading.target !== null) return onTheWay(read(reading.start), read(reading.target), current);
  if (reading.tolerance === null) return null;
  return inBand(readOrNull(reading.at_least), readOrNull(reading.at_most), read(reading.tolerance), current);
}

/** A number as people type it (`12`, `-3.5`, `3,5`); null where it is none. */
export function typed(text: string): Known {
  const found = /^(-?)(\d{1,30})(?:[.,](\d{1,12}))?$/.exec(text.trim());
  if (!found) return null;
  const [, sign, whole, part = ''] = found;
  return fraction(BigInt(`${sign}${whole}${part}`), 10n ** BigInt(part.length));
}
