/**
 * Calls that a test did not foresee: of functions that it neither runs nor fakes, and such as no fake answers.
 *
 * The caller is told as on the gateway, and what to do about it besides. It is remembered, because the caller may swallow it.
 */
import { nearestNames, parseTarget } from '@edgefc/sdk/internal';

export interface UnfakedCall {
  /** As the caller wrote it. */
  readonly target: string;
  /** `Service/function` that called; undefined: the test itself, a timer or a route. */
  readonly caller: string | undefined;
  readonly payload: string;
  /** What the caller was told. */
  readonly message: string;
}

/** Characters of a payload that are shown. */
const SHOWN = 80;

export class Unfaked {
  readonly calls: UnfakedCall[] = [];

  /**
   * @param reason - what the gateway would say
   * @param keys - what there is, as `Service/function`
   */
  unknown(call: Omit<UnfakedCall, 'message'>, reason: string, keys: Iterable<string>): string {
    const { target, caller } = call;
    const who = caller === undefined ? 'The test' : caller;
    const named = parseTarget(target);
    const key = named.kind === 'name' ? `${named.service}/${named.function}` : undefined;
    const near = key === undefined ? [] : nearestNames(key, keys);
    const offer = near.length === 0 ? '' : ` (nearest: ${near.map((name) => `'${name}'`).join(', ')})`;
    const help =
      key === undefined
        ? `An id is faked by the name of its function: give it a functionId in functions, or call it by 'Service/function'.`
        : `To fake it: createTestHost({ fakes: { '${key}': 'its reply' } }), or host.fake('${key}', 'its reply').`;
    return this.#remember(
      call,
      `${reason}${/[.?!]$/.test(reason) ? '' : '.'} ${who} called '${key ?? target}', which is neither real nor faked here${offer}. ${help}`,
    );
  }

  /** There is a fake, and it passed the call on, with nothing real behind it; or it was the end of its sequence. */
  unanswered(call: Omit<UnfakedCall, 'message'>, fakes: readonly string[], why: string | undefined): string {
    const { target, caller, payload } = call;
    const who = caller === undefined ? 'The test' : caller;
    const text = `${who} called '${target}' with ${JSON.stringify(cut(payload))}, and no fake of it answers that: `;
    const because =
      why ??
      `${fakes.join(', then ')} passed the call on, and there is no real function behind; end it with .otherwise('a reply')`;
    return this.#remember(call, text + because);
  }

  /** For a failing test; undefined: there were none. */
  describe(): string | undefined {
    if (this.calls.length === 0) return undefined;
    const lines = new Map<string, number>();
    for (const { message } of this.calls) lines.set(message, (lines.get(message) ?? 0) + 1);
    const shown = [...lines].map(([message, count]) => `  ${message}${count === 1 ? '' : ` (${count} times)`}`);
    return `calls that were neither real nor faked:\n${shown.join('\n')}`;
  }

  #remember(call: Omit<UnfakedCall, 'message'>, message: string): string {
    this.calls.push({ ...call, message });
    return message;
  }
}

function cut(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
