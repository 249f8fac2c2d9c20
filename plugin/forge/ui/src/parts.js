// What the pages are made of. Text is set as text and never as HTML.
import { router } from '@forge/bridge';

export function element(name, given = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.flat().filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

const HEALTH = {
  achieved: 'Achieved', on_track: 'On track', at_risk: 'At risk', off_track: 'Off track', pending: 'Pending', unknown: 'Unknown',
};

const DISPOSITIONS = {
  counted: 'counts',
  not_achieved: 'counts as not achieved',
  excluded: 'excluded, counts nowhere',
  unknown: 'left out: its progress is unknown',
  weightless: 'left out: it weighs nothing',
  gap: 'could not be read; stands as it was',
  measured_by_children: 'measured by what is below it',
  counted_elsewhere: 'counts in another key result',
  beside: 'stands beside the number',
  checked_in: 'said by a check-in',
};

export const lozenge = (health) => element('span', { class: `lozenge is-${health}` }, HEALTH[health] || health);
export const percent = (value) => (value === null ? 'unknown' : `${value} %`);
export const disposition = (name) => DISPOSITIONS[name] || name;
export const bar = (value, label) => (value === null ? null : element('progress', { max: '100', value: String(value), 'aria-label': label }));

// An issue by the title that the person may see, else by saying that they may not; what is no issue has its own title.
export function issueName(one, seen) {
  if (!one.issue_id) return element('span', {}, one.title || one.key || one.id);
  const found = seen.get(one.issue_id);
  if (!found) return element('span', { class: 'muted' }, 'An issue that you may not see');
  const open = (event) => {
    event.preventDefault();
    router.open(`/browse/${found.key}`);
  };
  return element('a', { href: `/browse/${found.key}`, onclick: open }, `${found.key} ${found.title}`);
}

export function connectorLink(address, text) {
  if (!address) return null;
  const open = (event) => {
    event.preventDefault();
    router.open(address);
  };
  return element('p', {}, element('a', { href: address, onclick: open }, text));
}
