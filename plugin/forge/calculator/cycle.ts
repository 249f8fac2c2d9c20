// How much of a cycle has passed.
import { fraction, type Known } from './fraction.js';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

const DAY = 86_400_000;
const dayNumber = (day: string): number => Date.parse(`${day}T00:00:00Z`) / DAY;
/** The first of January 1970 was a Thursday. */
const weekday = (number: number): Weekday => WEEKDAYS[(((number + 3) % 7) + 7) % 7]!;

function days(first: number, last: number, working: readonly Weekday[] | null): number {
  if (working === null || last < first) return last - first + 1;
  let found = 0;
  for (let day = first; day <= last; day += 1) if (working.includes(weekday(day))) found += 1;
  return found;
}

/** The share that has passed at the end of a day (`2026-11-15`), both ends counted; null where no day of it is worked. */
export function expectedOn(start: string, end: string, day: string, working: readonly Weekday[] | null = null): Known {
  const [first, last] = [dayNumber(start), dayNumber(end)];
  const whole = days(first, last, working);
  if (whole <= 0) return null;
  return fraction(Math.max(days(first, Math.min(dayNumber(day), last), working), 0), whole);
}
