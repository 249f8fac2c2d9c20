// All objectives of the site, or those of a team: as a page, and in a gadget.
import { ask, titles } from './connector.js';
import { bar, connectorLink, element, issueName, lozenge, percent } from './parts.js';

export const showPage = (page) => show(page, true);
export const showGadget = (page) => show(page, false);

async function show(page, whole, team = null) {
  const said = await ask('GET', `/objectives${query({ team })}`);
  const body = element('tbody', {});
  const more = element('button', { class: 'is-quiet', hidden: !said.next }, 'Show more');
  const choice = teams(said.teams, team, (wanted) => show(page, whole, wanted));
  let next = said.next;
  more.addEventListener('click', async () => {
    more.disabled = true;
    const following = await ask('GET', `/objectives${query({ team, cursor: next })}`);
    await fill(body, following.items);
    next = following.next;
    more.hidden = !next;
    more.disabled = false;
  });
  await fill(body, said.items);
  page.replaceChildren(
    ...[
      whole ? element('h1', {}, 'Objectives') : null,
      choice,
      said.items.length ? table(body) : element('p', { class: 'muted' }, 'No objectives yet.'),
      more,
      connectorLink(said.connector, 'Open the connector'),
    ].filter(Boolean),
  );
}

function query(given) {
  const asked = new URLSearchParams(Object.entries(given).filter(([, value]) => value !== null && value !== undefined));
  return asked.size ? `?${asked}` : '';
}

function teams(all, chosen, choose) {
  if (all.length < 2) return null;
  const select = element('select', { onchange: () => choose(select.value === '*' ? null : select.value) },
    element('option', { value: '*' }, 'All teams'),
    all.map((name) => element('option', { value: name, selected: name === chosen }, name || 'No team')));
  return element('label', {}, 'Team', select);
}

async function fill(body, items) {
  const seen = await titles(items.map((one) => one.issue_id));
  body.append(...items.map((one) => element('tr', { 'data-id': one.id },
    element('td', {}, issueName(one, seen)),
    element('td', {}, bar(one.progress, 'Progress')),
    element('td', { class: 'number' }, percent(one.progress)),
    element('td', {}, lozenge(one.health)),
    element('td', {}, one.cycle || ''))));
}

function table(body) {
  return element('table', {},
    element('thead', {}, element('tr', {}, ['Objective', '', 'Progress', 'Health', 'Cycle'].map((one, at) => element('th', { scope: 'col', class: at === 2 && 'number' }, one)))),
    body);
}
