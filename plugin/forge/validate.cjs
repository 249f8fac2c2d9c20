/* Holds manifest.yml against Atlassian's own rules, offline and without signing in: `npm run validate`, once the pages are built. */
'use strict';

const { readFileSync } = require('node:fs');
const { ProcessorBuilder, ValidationTypes } = require('@forge/manifest');

process.env.OKR_URL ||= 'https://okr.acme.example';

const KINDS = ['FULL', 'PRODUCT_TRIGGER'];

async function findings() {
  const found = [];
  for (const kind of KINDS) {
    const done = await ProcessorBuilder.instance().withValidation(ValidationTypes[kind]).build().process();
    const errors = done.errors || [];
    for (const one of errors) found.push(`${one.level} ${one.line}:${one.column} ${one.message}`);
    if (!done.success && !errors.length) found.push(`error: ${kind} failed without a word`);
  }
  return found;
}

/* What Atlassian's rules let pass, and what then fails at run time. */
function unknownEvents() {
  const listed = JSON.parse(readFileSync('node_modules/@forge/manifest/out/mapping/product-event-to-scope-mapping.json', 'utf8'));
  const known = new Set(listed.mapping.map((one) => one.productEvent));
  const named = readFileSync('manifest.yml', 'utf8').match(/\bavi:jira[\w:-]+/g) || [];
  return named.filter((name) => !known.has(name)).map((name) => `error: ${name} is no event of Jira`);
}

findings().then((found) => {
  const all = [...found, ...unknownEvents()];
  for (const line of all) console.log(line);
  if (!all.length) console.log('The manifest holds.');
  process.exit(all.some((line) => line.startsWith('error')) ? 1 : 0);
});
