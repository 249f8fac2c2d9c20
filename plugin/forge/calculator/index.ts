// The core of the connector's numbers, once more, without anything else. docs/library.md says what it promises.
export * from './cycle.js';
export * from './fraction.js';
export * from './health.js';
export * from './rollup.js';
export * from './rounding.js';
export * from './what_if.js';
