// Beside an issue: where it stands as an objective, and which numbers it is part of.
import { ask, titles } from './connector.js';
import { whatIfSection } from './what_if.js';
import { bar, connectorLink, disposition, element, issueName, lozenge, percent } from './parts.js';

export async function show(page) {
  const said = await ask('GET', '/issue');
  const named = [...(said.objective ? [...said.objective.key_results, ...said.objective.rows] : []), ...said.feeds.flatMap((one) => [one.objective, one.key_result])];
  const seen = await titles(named.filter(Boolean).map((one) => one.issue_id));
  if (!said.objective && !said.feeds.length) {
    page.replaceChildren(element('p', { class: 'muted' }, 'This issue counts for no objective.'));
    return;
  }
  page.replaceChildren(
    ...(said.objective ? own(said.objective, seen) : []),
    ...said.feeds.map((one) => feed(one, seen)),
    connectorLink(said.why, 'Why, in full'),
  );
}

function own(objective, seen) {
  return [
    element('section', { class: 'card', 'data-part': 'objective' },
      element('div', { class: 'head' }, element('span', { class: 'number' }, percent(objective.progress)), lozenge(objective.health)),
      bar(objective.progress, 'Progress'),
      objective.notes.map((note) => element('p', { class: 'muted' }, note)),
      objective.expected === null ? null : element('p', { class: 'muted' }, `Expected by now: ${percent(objective.expected)}`)),
    objective.key_results.length ? element('section', { 'data-part': 'key-results' }, element('h2', {}, 'Key results'),
      table(['Key result', 'Progress', ''], objective.key_results.map((one) => [issueName(one, seen), percent(one.progress), lozenge(one.health)]))) : null,
    objective.rows.length ? element('section', { 'data-part': 'rows' }, element('h2', {}, 'What it is made of'),
      table(['', 'Adds', ''], objective.rows.map((one) => [issueName(one, seen), percent(one.share), disposition(one.disposition)])),
      objective.rows_total > objective.rows.length ? element('p', { class: 'muted' }, `${objective.rows_total - objective.rows.length} more rows stand in the connector.`) : null,
      objective.unseen ? element('p', { class: 'muted' }, `${objective.unseen} issue${objective.unseen > 1 ? 's' : ''} among them you may not see.`) : null) : null,
    objective.progress === null ? null : whatIfSection(seen),
  ].filter(Boolean);
}

function feed(one, seen) {
  return element('section', { class: 'card', 'data-part': 'feed' },
    element('div', { class: 'head' }, issueName(one.objective, seen), element('span', { class: 'number' }, percent(one.objective.progress)), lozenge(one.objective.health)),
    element('p', {},
      one.key_result ? ['In ', issueName(one.key_result, seen), ': '] : null,
      `${disposition(one.disposition)}${one.share === null ? '' : `, adds ${percent(one.share)}`}${one.weight === null ? '' : `, weight ${one.weight}`}${one.progress === null ? '' : `, ${percent(one.progress)} done`}`));
}

function table(heads, rows) {
  return element('table', {},
    element('thead', {}, element('tr', {}, heads.map((one, at) => element('th', { scope: 'col', class: at === 1 && 'number' }, one)))),
    element('tbody', {}, rows.map((cells) => element('tr', {}, cells.map((one, at) => element('td', { class: at === 1 && 'number' }, one))))));
}
