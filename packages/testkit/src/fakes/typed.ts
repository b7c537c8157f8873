/** Fakes of functions whose input and output have types: JSON on the wire, as `defineHandler` has it. */
import type { Context } from '@edgefc/sdk/internal';
import { always, isFake, makeFake, toFake, whenMatches } from './combine.ts';
import { describe, encodeJson } from './encode.ts';
import type { Fake, FakeImplementation } from './types.ts';

export interface TypedFakeBuilder<In, Out> {
  reply(value: Out): Fake;
  /** Answers with what `run` makes of the input. */
  run(run: (input: In, context: Context) => Out | PromiseLike<Out>): Fake;
  /** The inputs that `match`; `value`: the output, or a fake. */
  when(match: (input: In) => boolean, value: Out | Fake): Fake;
}

export function typedFake<In, Out>(): TypedFakeBuilder<In, Out> {
  const reply = (value: Out): Fake => {
    const payload = value === undefined ? '' : encodeJson(value, 'fake.for(…).reply');
    return makeFake({ label: `reply(${describe(value)})`, begin: always({ kind: 'reply', payload }) });
  };
  return {
    reply,
    run: (run) => {
      const implementation: FakeImplementation = async (event, context) => {
        const text = String(event);
        const output = await run(parse(text), context);
        return output === undefined ? '' : encodeJson(output, 'fake.for(…).run');
      };
      return toFake(implementation);
    },
    when: (match, value) => whenMatches(({ text }) => match(parse(text)), isFake(value) ? value : reply(value)),
  };

  /** What the wire has is taken at its word: the types are the test's. */
  function parse(text: string): In {
    return (text === '' ? undefined : JSON.parse(text)) as In;
  }
}
