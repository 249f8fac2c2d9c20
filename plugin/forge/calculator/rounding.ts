// Rounding, once and at the end: half away from zero, and never over a bound that the value itself has not reached.
import { ONE, compare, fraction, type Fraction } from './fraction.js';

/** In units of the last digit: 62.5 without digits is 63, and -62.5 is -63. */
function scaled(value: Fraction, digits: number): bigint {
  const above = value.above * 10n ** BigInt(digits);
  const size = above < 0n ? -above : above;
  const whole = (size * 2n + value.below) / (value.below * 2n);
  return above < 0n ? -whole : whole;
}

function upTo(value: Fraction, digits: number, bounds: readonly Fraction[]): bigint {
  const units = scaled(value, digits);
  const unit = 10n ** BigInt(digits);
  const carried = bounds.some((bound) => compare(value, bound) < 0 && compare(fraction(units), fraction(bound.above * unit, bound.below)) >= 0);
  return carried ? floored(value.above * unit, value.below) : units;
}

/** Whole numbers divided, downwards for those below 0, too. */
function floored(above: bigint, below: bigint): bigint {
  const whole = above / below;
  return above % below < 0n ? whole - 1n : whole;
}

function written(units: bigint, digits: number): string {
  if (!digits) return `${units}`;
  const text = `${units < 0n ? -units : units}`.padStart(digits + 1, '0');
  return `${units < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

export const rounded = (value: Fraction, digits = 0): string => written(scaled(value, digits), digits);

/** A share of 1: 199 of 200 are 0.99 with two digits, and 0.6996 of what is achieved at 0.7 is 0.69. */
export const roundedShare = (value: Fraction, digits = 0, achievedAt: Fraction = ONE): string => written(upTo(value, digits, [ONE, achievedAt]), digits);

/** The same as a percentage: 199 of 200 are 99. */
export const percent = (value: Fraction, digits = 0, achievedAt: Fraction = ONE): string => written(upTo(value, digits + 2, [ONE, achievedAt]), digits);
