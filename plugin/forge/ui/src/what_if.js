// What the number would come to: made again here, by the same exact rules, of what somebody tries. Nothing is sent or kept.
import { ONE, percent as rounded, read, typed, whatIf, write } from '../../calculator/index.ts';
import { ask, titles } from './connector.js';
import { element, issueName, lozenge } from './parts.js';

const MOST = 50;

export function whatIfSection(seen) {
  const body = element('div', {});
  const section = element('details', { class: 'card', 'data-part': 'what-if' }, element('summary', {}, 'What if …'), body);
  section.addEventListener('toggle', async () => {
    if (!section.open || body.childElementCount) return;
    body.replaceChildren(element('p', { class: 'muted', role: 'status' }, 'Reading the rows …'));
    try {
      const { calculation } = await ask('GET', '/what-if');
      await fill(body, calculation, seen);
    } catch (error) {
      body.replaceChildren(element('p', { class: 'fault', role: 'alert' }, error.message));
    }
  });
  return section;
}

async function fill(body, calculation, seen) {
  const open = calculation ? calculation.key_results.map((one) => ({ ...one, rows: one.rows.filter((row) => !row.fixed && row.progress !== '1') })).filter((one) => one.reading || one.rows.length) : [];
  if (!open.length) {
    body.replaceChildren(element('p', { class: 'muted' }, 'There is nothing to try here: the number does not come of open issues or readings alone, or all of them have reached their end.'));
    return;
  }
  const lacking = open.flatMap((one) => [one, ...one.rows.slice(0, MOST)]).map((one) => one.issue_id).filter((id) => id && !seen.has(id));
  for (const [id, found] of await titles(lacking)) seen.set(id, found);
  const rows = new Map();
  const readings = new Map();
  const result = element('p', { role: 'status', 'data-part': 'outcome' });
  const show = () => {
    const tried = rows.size + readings.size > 0;
    const found = whatIf(calculation, { rows, readings });
    const number = (value) => (value === null ? 'unknown' : `${rounded(value, 0, read(calculation.achieved_at))} %`);
    result.replaceChildren(...(tried
      ? [element('span', { class: 'number', title: found.progress === null ? '' : write(found.progress) }, number(found.progress)), ' ', lozenge(found.level), ` instead of ${number(read(calculation.progress))}`]
      : ['Tick what would be done, or type another reading.']));
  };
  body.replaceChildren(...open.map((one) => (one.reading ? reading(one, seen, readings, show) : list(one, seen, rows, show))), result);
  show();
}

function list(one, seen, tried, show) {
  const shown = one.rows.slice(0, MOST);
  return element('fieldset', {}, element('legend', {}, issueName(one, seen)),
    shown.map((row) => {
      const box = element('input', { type: 'checkbox', 'data-row': row.id });
      box.addEventListener('change', () => {
        const mine = new Map(tried.get(one.id));
        if (box.checked) mine.set(row.id, ONE);
        else mine.delete(row.id);
        if (mine.size) tried.set(one.id, mine);
        else tried.delete(one.id);
        show();
      });
      return element('label', { class: 'choice' }, box, element('span', {}, rowName(row, seen), ' done'));
    }),
    one.rows.length > MOST ? element('p', { class: 'muted' }, `${one.rows.length - MOST} more open issues stand in the connector.`) : null);
}

// No link inside a label: a click on it ticks the box.
function rowName(row, seen) {
  const found = row.issue_id ? seen.get(row.issue_id) : null;
  return found ? `${found.key} ${found.title}` : 'An issue that you may not see';
}

function reading(one, seen, tried, show) {
  const { current, start, target } = one.reading;
  const way = start === null ? '' : `, from ${plain(start)} to ${plain(target)}`;
  const input = element('input', { inputmode: 'decimal', autocomplete: 'off', value: plain(current), 'data-reading': one.id, maxlength: '40' });
  const wrong = element('span', { class: 'wrong', role: 'alert' });
  input.addEventListener('input', () => {
    const value = typed(input.value);
    wrong.textContent = value === null ? `Type a number, such as ${plain(current)}.` : '';
    if (value === null || input.value.trim() === plain(current)) tried.delete(one.id);
    else tried.set(one.id, value);
    show();
  });
  return element('fieldset', {}, element('legend', {}, issueName(one, seen)), element('label', {}, `Reading${way}`, input), wrong);
}

// For people: digits, without a fraction that never ends.
function plain(text) {
  const [above, below = '1'] = text.split('/');
  return below === '1' ? above : String(Number(above) / Number(below));
}
