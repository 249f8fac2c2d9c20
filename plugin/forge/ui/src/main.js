// One page for every place in Jira: which one, the module says that it was opened for.
import { view } from '@forge/bridge';
import { Fault } from './connector.js';
import { element } from './parts.js';

const PAGES = {
  'okr-context': () => import('./issue.js').then((one) => one.show),
  'okr-objectives': () => import('./objectives.js').then((one) => one.showPage),
  'okr-gadget': () => import('./objectives.js').then((one) => one.showGadget),
  'okr-admin': () => import('./administration.js').then((one) => one.show),
};

async function open(page) {
  const [context] = await Promise.all([view.getContext(), view.theme.enable()]);
  const load = PAGES[context.moduleKey];
  if (!load) throw new Fault(`This app has no page ${context.moduleKey}.`);
  await (await load())(page);
}

const page = document.getElementById('page');
open(page)
  .catch((error) => page.replaceChildren(element('p', { class: 'fault', role: 'alert' }, error instanceof Fault ? error.message : 'This page did not work. Reload it.')))
  .finally(() => page.removeAttribute('aria-busy'));
