// For the Jira admin: pairing with a site of the connector, and whether the app is heard.
import { Fault, ask } from './connector.js';
import { connectorLink, element } from './parts.js';

export async function show(page) {
  const said = await ask('GET', '/status');
  page.replaceChildren(...[element('h1', {}, 'OKR connector'), ...(said.site ? paired(said) : [element('p', {}, 'This Jira is not paired with the connector yet. In the connector, open Sites, the site, Forge app, and make a pairing code.')]), form(page, said.site)]);
}

function paired(said) {
  const lines = [
    ['Site', said.site], ['Connector', said.version], ['Mapping', said.mapping || 'none is active'],
    ['Last event', when(said.event_at)], ['Last hourly call', when(said.heartbeat_at)], ['Token of the app', said.token_expires ? `until ${when(said.token_expires)}` : 'none; it comes with the next hourly call'],
  ];
  return [element('dl', {}, lines.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)])), connectorLink(said.connector, 'Open the connector')].filter(Boolean);
}

const when = (instant) => (instant ? new Date(instant).toLocaleString() : 'none yet');

function form(page, site) {
  const input = element('input', { id: 'code', name: 'code', required: true, maxlength: '40', autocomplete: 'off', spellcheck: 'false' });
  const button = element('button', {}, site ? 'Pair anew' : 'Pair');
  const said = element('p', { role: 'status' });
  const send = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await ask('POST', '/pair', { code: input.value });
      await show(page);
    } catch (error) {
      said.className = 'fault';
      said.textContent = error instanceof Fault ? error.message : 'It did not work.';
      button.disabled = false;
    }
  };
  return element('form', { onsubmit: send }, element('label', { for: 'code' }, 'Pairing code', input), button, said);
}
