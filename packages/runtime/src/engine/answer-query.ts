/** What a function asks about Async invocations, as it crosses the wall: a name and JSON in, JSON or a refusal out. */
import { encodeStatus } from '@edgefc/sdk/internal';
import type { AsyncApi, Found, InvocationFilter } from './async-api.ts';
import { refused, type Refused } from './invocation/outcome.ts';

/** ms that `wait` waits when nothing is said. */
const DEFAULT_WAIT = 60_000;
const MAX_WAIT = 86_400_000;

/** The answer as JSON, or why there is none. */
export async function answerQuery(api: AsyncApi, name: string, json: string): Promise<string | Refused> {
  const args = parseArgs(json);
  if (args === undefined) return refused('InvalidArgument', `the arguments of ${name} are not what the protocol says`);
  const { id, target } = args;
  switch (name) {
    case 'get':
      return encode(await api.get(id ?? '', target), encodeStatus);
    case 'wait':
      return encode(await api.wait(id ?? '', Math.min(args.timeout ?? DEFAULT_WAIT, MAX_WAIT), target), encodeStatus);
    case 'stop':
      return encode(await api.stop(id ?? '', target), encodeStatus);
    case 'list':
      return encode(await api.list(args.filter), (statuses) => statuses.map(encodeStatus));
    default:
      return refused('NotImplemented', `this host does not know the question "${name}"; update @edgefc/runtime`);
  }
}

function encode<T>(found: Found<T>, toJson: (value: T) => unknown): string | Refused {
  return found.kind === 'found' ? JSON.stringify(toJson(found.value)) : found;
}

interface QueryArgs {
  readonly id: string | undefined;
  readonly target: string | undefined;
  readonly timeout: number | undefined;
  readonly filter: InvocationFilter;
}

/** The SDK has checked them; a function can have sent anything. */
function parseArgs(json: string): QueryArgs | undefined {
  let args: unknown;
  try {
    args = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof args !== 'object' || args === null) return undefined;
  const { id, target, timeout, function: of, states, before, limit } = args as Partial<Record<string, unknown>>;
  if (!isTextOrNothing(id) || !isTextOrNothing(target) || !isTextOrNothing(of) || !isTextOrNothing(before))
    return undefined;
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0)) return undefined;
  if (limit !== undefined && typeof limit !== 'number') return undefined;
  if (states !== undefined && !(Array.isArray(states) && states.every((state) => typeof state === 'string')))
    return undefined;
  const filter: InvocationFilter = {
    ...(of === undefined ? {} : { function: of }),
    // Which there are, the API says.
    ...(states === undefined ? {} : { states: states as NonNullable<InvocationFilter['states']> }),
    ...(before === undefined ? {} : { before }),
    ...(limit === undefined ? {} : { limit }),
  };
  return { id, target, timeout, filter };
}

function isTextOrNothing(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}
