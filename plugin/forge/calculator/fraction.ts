// Exact fractions of whole numbers of any size. Unknown is null, never 0: nothing here makes a number of null.

export interface Fraction {
  readonly above: bigint;
  /** Always above 0, and in lowest terms with what stands above. */
  readonly below: bigint;
}

export type Known = Fraction | null;

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

function divisor(one: bigint, other: bigint): bigint {
  let [a, b] = [absolute(one), absolute(other)];
  while (b) [a, b] = [b, a % b];
  return a;
}

export function fraction(above: bigint | number, below: bigint | number = 1n): Fraction {
  const [top, bottom] = [BigInt(above), BigInt(below)];
  if (bottom === 0n) throw new RangeError('A fraction has nothing below it.');
  const common = divisor(top, bottom) * (bottom < 0n ? -1n : 1n);
  return { above: top / common, below: bottom / common };
}

export const ZERO = fraction(0);
export const ONE = fraction(1);

const WRITTEN = /^(-?\d+)(?:\/(\d+))?$/;

/** `3/8` or `5`, as the connector writes them. */
export function read(text: string): Fraction {
  const found = WRITTEN.exec(text);
  if (!found) throw new SyntaxError(`${JSON.stringify(text)} is no fraction.`);
  return fraction(BigInt(found[1]!), BigInt(found[2] ?? '1'));
}

export const readOrNull = (text: string | null): Known => (text === null ? null : read(text));
export const write = (value: Fraction): string => (value.below === 1n ? `${value.above}` : `${value.above}/${value.below}`);
export const writeOrNull = (value: Known): string | null => (value === null ? null : write(value));

export const plus = (a: Fraction, b: Fraction): Fraction => fraction(a.above * b.below + b.above * a.below, a.below * b.below);
export const minus = (a: Fraction, b: Fraction): Fraction => fraction(a.above * b.below - b.above * a.below, a.below * b.below);
export const times = (a: Fraction, b: Fraction): Fraction => fraction(a.above * b.above, a.below * b.below);
export const over = (a: Fraction, b: Fraction): Fraction => fraction(a.above * b.below, a.below * b.above);

/** Below 0 where the first is smaller, 0 where they are equal. */
export function compare(a: Fraction, b: Fraction): number {
  const difference = a.above * b.below - b.above * a.below;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const equal = (a: Fraction, b: Fraction): boolean => compare(a, b) === 0;
export const least = (a: Fraction, b: Fraction): Fraction => (compare(b, a) < 0 ? b : a);
export const most = (a: Fraction, b: Fraction): Fraction => (compare(b, a) > 0 ? b : a);
export const clamped = (value: Fraction): Fraction => least(most(value, ZERO), ONE);
export const sum = (values: readonly Fraction[]): Fraction => values.reduce(plus, ZERO);
