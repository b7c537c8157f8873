/** Checks of what functions told the world: messages and output. */
import { describeFilterProblem, RouteTable } from '@edgefc/runtime/testing';
import { nearestNames } from '@edgefc/sdk/internal';
import type { RecordedLog } from '../record/model.ts';
import { count, Words } from '../record/words.ts';
import {
  describePayloadDifference,
  findsText,
  matchesPayload,
  STRICT,
  type Comparison,
  type PayloadExpectation,
} from './compare.ts';
import { whyNever } from './invoked.ts';
import { printInline } from './print.ts';
import { judge, type Recorded, type Verdict } from './verdict.ts';

/** Lines of output that a message quotes at most. */
const MAX_LINES = 20;

/**
 * Whether a message was published, with this payload if one is given.
 *
 * @param filter - a topic, or an MQTT topic filter: `plant/+`, `plant/#`
 */
export function checkPublished(
  { record }: Recorded,
  filter: string,
  payload?: PayloadExpectation,
  by: Comparison = STRICT,
): Verdict {
  const problem = describeFilterProblem(filter);
  if (problem !== undefined) throw new TypeError(`toHavePublished: ${problem}`);
  const table = new RouteTable([{ filter, source: undefined, target: '' }]);
  const accepted = record.publishes.filter(({ refusal }) => refusal === undefined);
  const onTopic = accepted.filter(({ topic }) => table.match(topic, undefined).length > 0);
  const fitting = payload === undefined ? onTopic : onTopic.filter((one) => matchesPayload(one, payload, by));
  return judge(record, fitting.length > 0, () => {
    const what = payload === undefined ? 'a message' : printInline(payload);
    if (fitting.length > 0) {
      return [`expected ${what} not to be published on ${filter}`, `it was, ${count(fitting.length, 'time')}`];
    }
    const lines = [`expected ${what} to be published on ${filter}`];
    const last = onTopic.at(-1);
    if (last !== undefined && payload !== undefined) {
      const times = onTopic.length === 1 ? 'One was' : `${onTopic.length} others were; the last`;
      const difference = describePayloadDifference(last, payload).map((line) => `    ${line}`);
      return [...lines, `${times} on ${last.topic}`, '  (- expected, + received)', ...difference];
    }
    const refused = record.publishes.filter((one) => one.refusal !== undefined && one.topic === filter);
    for (const { refusal } of refused) lines.push(`it was refused, ${refusal?.code ?? ''}: ${refusal?.message ?? ''}`);
    const topics = [...new Set(accepted.map(({ topic }) => topic))];
    if (topics.length === 0) return [...lines, 'nothing was published'];
    const near = nearestNames(filter, topics);
    if (near.length > 0) return [...lines, `did you mean ${near.map((topic) => `'${topic}'`).join(', or ')}?`];
    return [...lines, `topics were ${topics.join(', ')}`];
  });
}

/**
 * Whether a function printed this, or the host said it.
 *
 * @param target - `Service/function` that printed; undefined: whoever
 * @param text - a part of what was printed
 */
export function checkLogged({ record }: Recorded, target: string | undefined, text: string | RegExp): Verdict {
  const own = target === undefined ? record.logs : record.logs.filter((log) => log.function === target);
  const fitting = own.filter(({ message }) => findsText(message, text));
  return judge(record, fitting.length > 0, () => {
    const what = typeof text === 'string' ? JSON.stringify(text) : String(text);
    const by = target === undefined ? '' : ` by ${target}`;
    if (fitting.length > 0) return [`expected ${what} not to be logged${by}`, ...quote(fitting)];
    const lines = [`expected ${what} to be logged${by}`];
    if (own.length > 0) return [...lines, 'logged was', ...quote(own)];
    const invoked = target === undefined || record.invocations({ target }).length > 0;
    return [...lines, ...(invoked ? ['nothing was logged'] : whyNever(record, target))];
  });
}

function quote(logs: readonly RecordedLog[]): string[] {
  const words = new Words(200, () => undefined);
  const lines = logs
    .slice(-MAX_LINES)
    .map(({ function: name, level, message }) => `  ${name ?? 'host'} ${level}: ${words.line(message)}`);
  return logs.length > MAX_LINES ? [`  … ${logs.length - MAX_LINES} before`, ...lines] : lines;
}
