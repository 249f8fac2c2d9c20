// What the pages ask: the connector by way of Forge, and Jira as the person who looks, so that Jira shows each only what they may see.
import { invokeRemote, requestJira } from '@forge/bridge';

export class Fault extends Error {}

export async function ask(method, path, body) {
  const sent = body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body };
  let answer;
  try {
    answer = await invokeRemote({ method, path: `/forge/api${path}`, ...sent });
  } catch {
    throw new Fault('The OKR connector cannot be reached.');
  }
  const said = typeof answer.body === 'string' ? read(answer.body) : answer.body || {};
  if (answer.status >= 200 && answer.status < 300) return said;
  throw new Fault([said.detail || 'The OKR connector cannot be reached.', said.remedy].filter(Boolean).join(' '));
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

const MOST = 100;

// The titles that the person who looks may see, by issue id; of all others there is none.
export async function titles(ids) {
  const found = new Map();
  const asked = [...new Set(ids.filter(Boolean))];
  for (let from = 0; from < asked.length; from += MOST) {
    const answer = await requestJira('/rest/api/3/issue/bulkfetch', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ issueIdsOrKeys: asked.slice(from, from + MOST), fields: ['summary'] }),
    });
    if (!answer.ok) return found;
    for (const issue of (await answer.json()).issues || []) {
      found.set(issue.id, { key: issue.key, title: (issue.fields && issue.fields.summary) || issue.key });
    }
  }
  return found;
}
