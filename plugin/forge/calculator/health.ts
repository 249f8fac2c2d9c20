// Health by pace: which rule fires. The words for people are the connector's.
import { compare, fraction, over, ZERO, type Fraction, type Known } from './fraction.js';

export const LEVELS = ['off_track', 'at_risk', 'unknown', 'pending', 'on_track', 'achieved'] as const;
/** In the order in which the worst wins. */
export type Level = (typeof LEVELS)[number];

export interface Criteria {
  /** The share of the cycle that has passed; null where no cycle says. */
  readonly expected: Known;
  readonly achievedAt: Fraction;
  readonly onTrack: Fraction;
  readonly atRisk: Fraction;
  readonly ended: boolean;
}

export interface Judged {
  readonly level: Level;
  readonly rule: string;
  readonly pace: Known;
}

export interface Reading {
  readonly progress: Known;
  readonly cause: 'measured' | 'never_measured' | 'unknown';
  /** Whether the last reading is older than the cycle allows. */
  readonly stale: boolean;
  /** Whether it is expected to grow with the days of its cycle; a threshold is not. */
  readonly timed: boolean;
}

const EARLY = fraction(1, 10);
const is = (level: Level, rule: string, pace: Known = null): Judged => ({ level, rule, pace });

function banded(value: Fraction, criteria: Criteria): Level {
  if (compare(value, criteria.onTrack) >= 0) return 'on_track';
  return compare(value, criteria.atRisk) >= 0 ? 'at_risk' : 'off_track';
}

const named = (kind: string, level: Level): string => `${kind}-${level.replace('_', '-')}`;

function byPace(progress: Fraction, criteria: Criteria): Judged {
  if (criteria.expected === null) return is('unknown', 'no-expected');
  if (compare(criteria.expected, EARLY) < 0) return is('on_track', 'early');
  const pace = over(progress, criteria.expected);
  const level = banded(pace, criteria);
  return is(level, named('pace', level), pace);
}

function byLevel(progress: Fraction, criteria: Criteria): Judged {
  const level = banded(progress, criteria);
  return is(level, named('level', level), progress);
}

const achieved = (progress: Known, criteria: Criteria): Judged | null => (progress !== null && compare(progress, criteria.achievedAt) >= 0 ? is('achieved', 'achieved') : null);

function unmeasured(reading: Reading): Judged | null {
  if (reading.cause === 'unknown' || (reading.progress === null && reading.cause === 'measured')) return is('unknown', 'not-computable');
  return reading.progress === null ? is('pending', 'never-measured') : null;
}

/** The health of one key result. */
export function judge(reading: Reading, criteria: Criteria): Judged {
  const final = reading.timed || criteria.ended ? achieved(reading.progress, criteria) : null;
  const waiting = final ?? unmeasured(reading) ?? (reading.stale ? is('pending', 'stale') : null);
  if (waiting) return waiting;
  return (reading.timed ? byPace : byLevel)(reading.progress ?? ZERO, criteria);
}

/** An objective takes the worst of its contributing rows. */
export function worst(levels: readonly Level[]): Judged {
  if (!levels.length) return is('unknown', 'no-key-result');
  return is(LEVELS.find((level) => levels.includes(level))!, 'worst');
}

/** An objective that is judged by its own pace. */
export function weightedHealth(progress: Known, levels: readonly Level[], criteria: Criteria): Judged {
  if (!levels.length) return is('unknown', 'no-key-result');
  if (progress !== null) return achieved(progress, criteria) ?? byPace(progress, criteria);
  return levels.every((level) => level === 'pending') ? is('pending', 'never-measured') : is('unknown', 'not-computable');
}
