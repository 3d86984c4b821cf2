import { isList, isRecord, type Json, stringOf } from './json.js';

/** Rule text is short: what a person needs to recognise the rule. */
const TEXT_MAX = 400;
const ELEMENTS_MAX = 16;

const list = (items: readonly Json[]): string => {
  const shown = items.slice(0, ELEMENTS_MAX).map(value).join(', ');
  return items.length > ELEMENTS_MAX ? `${shown}, … ${items.length} in all` : shown;
};

function object(body: Json): string {
  return isRecord(body) ? Object.values(body).map(value).join(' ') : value(body);
}

function payload(body: Json): string {
  if (!isRecord(body)) return value(body);
  if (body['base'] !== undefined)
    return `@${value(body['base'])},${value(body['offset'] ?? 0)},${value(body['len'] ?? 0)}`;
  return `${value(body['protocol'] ?? '')} ${value(body['field'] ?? '')}`;
}

const BARE_META: ReadonlySet<string> = new Set([
  'iifname',
  'oifname',
  'iif',
  'oif',
  'iifgroup',
  'oifgroup',
  'iiftype',
  'oiftype',
  'skuid',
  'skgid',
]);

function expression(key: string, body: Json): string {
  switch (key) {
    case 'payload':
      return payload(body);
    case 'meta': {
      const name = stringOf(isRecord(body) ? body['key'] : body) ?? '';
      return BARE_META.has(name) ? name : `meta ${name}`;
    }
    case 'ct':
      if (!isRecord(body)) return `ct ${value(body)}`;
      return `ct ${body['dir'] === undefined ? '' : `${value(body['dir'])} `}${value(body['key'] ?? '')}`;
    case 'fib': {
      if (!isRecord(body)) return 'fib';
      const flags = body['flags'];
      return `fib ${isList(flags) ? flags.map(value).join(' . ') : value(flags ?? '')} ${value(body['result'] ?? '')}`;
    }
    case 'concat':
      return isList(body) ? body.map(value).join(' . ') : value(body);
    case 'set':
      return isList(body) ? `{ ${list(body)} }` : `{ ${value(body)} }`;
    case 'prefix':
      return isRecord(body) ? `${value(body['addr'] ?? '')}/${value(body['len'] ?? '')}` : value(body);
    case 'range':
      return isList(body) ? body.map(value).join('-') : value(body);
    case 'map':
      return isRecord(body) ? `${value(body['key'] ?? '')} map ${mapped(body['data'] ?? null)}` : value(body);
    case 'elem':
      return isRecord(body) ? value(body['val'] ?? null) : value(body);
    case '&':
    case '|':
    case '^':
    case '<<':
    case '>>':
      return isList(body) ? body.map(value).join(` ${key} `) : value(body);
    case 'jump':
    case 'goto':
      return `${key} ${isRecord(body) ? value(body['target'] ?? '') : value(body)}`;
    default:
      return body === null ? key : `${key} ${object(body)}`;
  }
}

function mapped(data: Json): string {
  if (!isRecord(data) || !isList(data['set'])) return value(data);
  const items = data['set']
    .slice(0, ELEMENTS_MAX)
    .map((pair) => (isList(pair) ? pair.map(value).join(' : ') : value(pair)));
  return `{ ${items.join(', ')}${data['set'].length > ELEMENTS_MAX ? ', …' : ''} }`;
}

function value(json: Json): string {
  if (json === null) return '';
  if (typeof json === 'boolean') return json ? 'exists' : 'missing';
  if (typeof json === 'string') return json;
  if (typeof json === 'number') return String(json);
  if (isList(json)) return json.map(value).join(',');
  const [key] = Object.keys(json);
  return key === undefined ? '' : expression(key, json[key] ?? null);
}

function nat(key: string, body: Json): string {
  if (!isRecord(body)) return key;
  const family = body['family'] === undefined ? '' : ` ${value(body['family'])}`;
  const address = body['addr'] === undefined ? '' : value(body['addr']);
  const port = body['port'] === undefined ? '' : `:${value(body['port'])}`;
  return address === '' && port === ''
    ? key
    : `${key}${family} to ${address.includes(':') ? `[${address}]` : address}${port}`;
}

function statement(json: Json): string {
  if (!isRecord(json)) return value(json);
  const [key] = Object.keys(json);
  if (key === undefined) return '';
  const body = json[key] ?? null;
  switch (key) {
    case 'match': {
      if (!isRecord(body)) return 'match';
      const operator = stringOf(body['op']) ?? '==';
      const sign = operator === '==' || operator === 'in' ? '' : `${operator} `;
      return `${value(body['left'] ?? null)} ${sign}${value(body['right'] ?? null)}`;
    }
    case 'mangle':
      return isRecord(body) ? `${value(body['key'] ?? null)} set ${value(body['value'] ?? null)}` : key;
    case 'vmap':
      return isRecord(body) ? `${value(body['key'] ?? null)} vmap ${mapped(body['data'] ?? null)}` : key;
    case 'counter':
      return 'counter';
    case 'reject':
      return isRecord(body) ? `reject with ${object(body)}` : 'reject';
    case 'log':
      return 'log';
    case 'limit':
      return isRecord(body)
        ? `limit rate ${body['inv'] === true ? 'over ' : ''}${value(body['rate'] ?? '')}/${value(body['per'] ?? '')}`
        : `limit ${value(body)}`;
    case 'dnat':
    case 'snat':
    case 'redirect':
    case 'masquerade':
    case 'tproxy':
      return nat(key, body);
    default:
      return expression(key, body);
  }
}

/** An nft rule as nft writes it, near enough to recognise it in `nft -a list ruleset`. */
export function ruleText(expressions: readonly Json[], comment: string | null): string {
  const text = expressions.map(statement).join(' ');
  const whole = comment === null ? text : `${text} comment "${comment}"`;
  return whole.length > TEXT_MAX ? `${whole.slice(0, TEXT_MAX)}…` : whole;
}
