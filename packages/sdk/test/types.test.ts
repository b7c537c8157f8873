/** What the public types promise. The compiler checks this file; running it only shows that it is still there. */
import { describe, expectTypeOf, it } from 'vitest';
import {
  defineHandler,
  FCClient,
  functionRef,
  IoTData,
  type AsyncHandler,
  type CallbackHandler,
  type EdgefcError,
  type EnqueueResult,
  type Handler,
  type Initializer,
  type InvocationStatus,
  type StandardSchema,
  type SyncResult,
  type TypedHandler,
} from '../src/index.ts';

const names = { serviceName: 'EdgeFC', functionName: 'helloworld' } as const;

/** Compiled, never run: there is no host. */
function compiled(_body: () => unknown): void {
  // Nothing: the types are the test.
}

describe('the types of invokeFunction', () => {
  it('follow the invocation type', () => {
    compiled(() => {
      const fc = new FCClient();
      expectTypeOf(fc.invokeFunction(names)).toEqualTypeOf<Promise<SyncResult>>();
      expectTypeOf(fc.invokeFunction({ ...names, invocationType: 'Sync' })).toEqualTypeOf<Promise<SyncResult>>();
      expectTypeOf(fc.invokeFunction({ ...names, invocationType: 'Async' })).toEqualTypeOf<Promise<string>>();
    });
  });

  it('narrow data by err in a callback', () => {
    compiled(() => {
      const fc = new FCClient();
      fc.invokeFunction(names, (err, data) => {
        if (err) {
          expectTypeOf(err).toEqualTypeOf<EdgefcError>();
          expectTypeOf(data).toEqualTypeOf<undefined>();
        } else {
          expectTypeOf(data).toEqualTypeOf<SyncResult>();
        }
      });
      fc.invokeFunction({ ...names, invocationType: 'Async' }, (err, id) => {
        if (err === null) expectTypeOf(id).toEqualTypeOf<string>();
      });
    });
  });

  it('take an invocation type in a variable, of which the compiler knows only that it is text, for Sync', () => {
    compiled(() => {
      const params = { ...names, invocationType: 'Sync', payload: 'x' };
      expectTypeOf(new FCClient().invokeFunction(params)).toEqualTypeOf<Promise<SyncResult>>();
      new FCClient().invokeFunction(params, (err, data) => {
        if (err === null) expectTypeOf(data.payload).toEqualTypeOf<string | Buffer>();
      });
    });
  });

  it('refuse another invocation type and a payload that is no text and no bytes', () => {
    compiled(() => {
      const fc = new FCClient();
      // @ts-expect-error -- neither Sync nor Async
      void fc.invokeFunction({ ...names, invocationType: 'DryRun' });
      // @ts-expect-error -- to be JSON.stringified
      void fc.invokeFunction({ ...names, payload: { a: 1 } });
    });
  });
});

describe('the types of what is asked about Async invocations', () => {
  it('are promises, or void with a callback, with options that may be left out before it', () => {
    compiled(() => {
      const fc = new FCClient();
      expectTypeOf(fc.getInvocation('1')).toEqualTypeOf<Promise<InvocationStatus>>();
      expectTypeOf(fc.waitForInvocation('1')).toEqualTypeOf<Promise<InvocationStatus>>();
      expectTypeOf(fc.waitForInvocation('1', { timeout: 5 })).toEqualTypeOf<Promise<InvocationStatus>>();
      expectTypeOf(fc.stopInvocation('1')).toEqualTypeOf<Promise<InvocationStatus>>();
      expectTypeOf(fc.listInvocations({ states: ['Failed'] })).toEqualTypeOf<Promise<InvocationStatus[]>>();
      fc.waitForInvocation('1', (err, status) => {
        if (err) expectTypeOf(err).toEqualTypeOf<EdgefcError>();
        else expectTypeOf(status).toEqualTypeOf<InvocationStatus>();
      });
      fc.waitForInvocation('1', { timeout: 5 }, (err, status) => {
        if (err === null) expectTypeOf(status.result).toEqualTypeOf<string | Buffer | null>();
      });
      fc.listInvocations((err, statuses) => {
        if (err === null) expectTypeOf(statuses).toEqualTypeOf<InvocationStatus[]>();
      });
    });
  });

  it('refuse an id that is no text and a state that does not exist', () => {
    compiled(() => {
      const fc = new FCClient();
      // @ts-expect-error -- ids are text
      void fc.getInvocation(7);
      // @ts-expect-error -- no such state
      void fc.listInvocations({ states: ['Done'] });
    });
  });

  it('give the id of a published message', () => {
    compiled(() => {
      expectTypeOf(new IoTData().publish({ topic: '/a', payload: 'x' })).toEqualTypeOf<Promise<string>>();
      // @ts-expect-error -- to be JSON.stringified
      void new IoTData().publish({ topic: '/a', payload: { a: 1 } });
    });
  });
});

describe('the types of a reference', () => {
  const handler = defineHandler((input: { who: string }) => Promise.resolve({ greeting: input.who }));

  it('are those of the handler', () => {
    compiled(() => {
      const ref = functionRef<typeof handler>('EdgeFC/helloworld');
      expectTypeOf(ref.invoke).parameter(0).toEqualTypeOf<{ who: string }>();
      expectTypeOf(ref.invoke({ who: 'x' })).toEqualTypeOf<Promise<{ greeting: string }>>();
      expectTypeOf(ref.enqueue({ who: 'x' }, { delay: 5 })).toEqualTypeOf<Promise<EnqueueResult>>();
      // @ts-expect-error -- the input is needed
      void ref.invoke();
      // @ts-expect-error -- a delay belongs to enqueue
      void ref.invoke({ who: 'x' }, { delay: 5 });
    });
  });

  it('let the input be left out where the handler does not need it', () => {
    compiled(() => {
      const lenient = functionRef<TypedHandler<{ who?: string } | undefined, string>>('S/lenient');
      expectTypeOf(lenient.invoke()).toEqualTypeOf<Promise<string>>();
    });
  });

  it('can be stated for a function that is not ours', () => {
    compiled(() => {
      expectTypeOf(functionRef<[number, number], number>('Math/add').invoke([1, 2])).toEqualTypeOf<Promise<number>>();
      expectTypeOf(functionRef('Math/add').invoke()).toEqualTypeOf<Promise<unknown>>();
    });
  });

  it('take the input of a schema, and the handler its output', () => {
    compiled(() => {
      const schema: StandardSchema<{ at: string }, { at: Date }> = undefined as never;
      const dated = defineHandler({ input: schema }, (input) => {
        expectTypeOf(input).toEqualTypeOf<{ at: Date }>();
        return 1;
      });
      expectTypeOf(dated).toEqualTypeOf<TypedHandler<{ at: string }, number>>();
    });
  });

  it('are a handler for the host', () => {
    expectTypeOf(handler).toExtend<Handler>();
  });
});

describe('the handler types', () => {
  it('fit how handlers are written', () => {
    const callbackHandler: CallbackHandler = (event, context, callback) => {
      expectTypeOf(event).toEqualTypeOf<string | Buffer>();
      expectTypeOf(context.requestId).toEqualTypeOf<string>();
      callback(null, event);
    };
    const asyncHandler: AsyncHandler = (event) => Promise.resolve(event);
    const initializer: Initializer = (_context, callback) => {
      callback();
    };
    expectTypeOf(callbackHandler).toExtend<Handler>();
    expectTypeOf(asyncHandler).toExtend<Handler>();
    expectTypeOf(initializer).toExtend<Initializer>();
  });
});
