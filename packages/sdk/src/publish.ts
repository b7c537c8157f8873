/** Publishing a message: the published SDK's checks (LE), those of MQTT, and the way out. */
import { describeValue, quote } from './describe-value.ts';
import { invalid } from './errors.ts';
import { checkSize, wrongPayload } from './invocation.ts';
import { answerOf, missingMethod, transportFor } from './invoke.ts';
import { isPayload, sizeAbove, type Payload } from './payload.ts';

export interface PublishParams {
  /** Where to: a String of 1 to 65,535 bytes of UTF-8, without the wildcards `+` and `#` (MQTT). */
  readonly topic: string;
  /** Not empty. Anything but text or bytes is yours to `JSON.stringify`. */
  readonly payload: Payload;
}

const METHOD = 'IoTData.publish';

/** Longest topic, in bytes of UTF-8: MQTT gives its length two bytes. */
const MAX_TOPIC = 65_535;

/** Has a message accepted; gives its id. Throws the EdgefcErrors that `IoTData.publish` documents. */
export async function publish(params: PublishParams): Promise<string> {
  checkRequired(params, ['topic', 'payload']);
  const topic: unknown = params.topic;
  const payload: unknown = params.payload;
  if (typeof topic !== 'string') throw invalid(`topic is ${describeValue(topic)}; it must be a String.`);
  checkTopic(topic);
  if (!isPayload(payload)) throw wrongPayload(payload);

  const transport = transportFor(METHOD, `the message for ${quote(topic)}`, { endpoint: undefined });
  const wrong = checkSize('payload', payload, transport.limits.async, 'message');
  if (wrong !== undefined) throw wrong;
  if (transport.publish === undefined) throw missingMethod(METHOD);
  return answerOf(await transport.publish({ topic, payload })).id;
}

/** Throws for the first parameter that is not there; the order and the message are the published SDK's (LE). */
export function checkRequired(params: object, required: readonly string[]): void {
  const given = ((params as object | undefined | null) ?? {}) as Readonly<Record<string, unknown>>;
  const missing = required.find((name) => (given[name] ?? '') === '');
  if (missing !== undefined) throw invalid(`Can't find required parameter "${missing}".`);
}

function checkTopic(topic: string): void {
  const found = /[+#\0]|\p{Surrogate}/u.exec(topic);
  if (found !== null) {
    const [character] = found;
    const what =
      character === '\0'
        ? 'a NUL'
        : /[+#]/.test(character)
          ? `the wildcard "${character}", which only filters have,`
          : 'half of a surrogate pair';
    throw invalid(`topic ${quote(topic)} has ${what} at character ${String(found.index + 1)}; leave it out.`);
  }
  const size = sizeAbove(topic, MAX_TOPIC);
  if (size !== undefined) {
    throw invalid(
      `topic ${quote(topic)} has ${String(size)} bytes of UTF-8, more than the ${String(MAX_TOPIC)} that MQTT allows; shorten it.`,
    );
  }
}
