/** What a handler finds around it: its context, its environment, its directory, its own state (SPEC 1). */
import { describe, expect, it } from 'vitest';
import { FUNCTIONS, shareHost, startHost } from '../support/test-host.ts';

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');

describe.each(['thread', 'process'] as const)('the context in a %s', (isolation) => {
  const host = shareHost({
    isolation,
    functions: {
      'S/fields': { handler: 'context.fields', timeout: 1500, memorySize: 128 * 1024 * 1024 },
      'S/printed': { handler: 'context.printed' },
      'S/requestId': { handler: 'context.requestId' },
      'S/invokerContext': { handler: 'context.invokerContext' },
      'S/time': { handler: 'context.time', timeout: 5000 },
      'S/logger': { handler: 'context.logger' },
    },
  });

  it("holds FC's fields and ours", async () => {
    const context: unknown = JSON.parse(String(await host().value('S/fields')));
    expect(context).toEqual({
      requestId: expect.any(String) as string,
      invokerContext: {},
      function: { name: 'fields', handler: 'context.fields', memory: 128, timeout: 1.5 },
      service: { name: 'S' },
      region: 'here',
      accountId: '4711',
      credentials: { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token' },
      attempt: 1,
      deadline: expect.any(Number) as number,
    });
  });

  it('shows requestId and invokerContext first when it is printed', async () => {
    const printed = host().untilLogged('invokerContext');
    await host().value('S/printed', '', { invokerContext: base64({ custom: { data: 1 } }) });
    expect((await printed).message).toMatch(/^\{\s+requestId: '[^']+',\s+invokerContext: \{ custom: \{ data: 1 \} \},/);
  });

  it('has a requestId of its own for each invocation, the one the invoker is told', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => host().invoke('S/requestId')));
    const told = outcomes.map((outcome) => (outcome.kind === 'answered' ? outcome.requestId : outcome.kind));
    const seen = outcomes.map((outcome) => (outcome.kind === 'answered' ? outcome.payload : outcome.kind));
    expect(seen).toEqual(told);
    expect(new Set(told).size).toBe(20);
  });

  it('has a requestId that no other start of the host gives', async () => {
    await using other = await startHost({ isolation, functions: { 'S/requestId': { handler: 'context.requestId' } } });
    const id = String(await host().value('S/requestId'));
    const otherId = String(await other.value('S/requestId'));
    expect(otherId.split('-').slice(0, -1)).not.toEqual(id.split('-').slice(0, -1));
  });

  it('has the id of an Async invocation as its requestId', async () => {
    const settled = host().next('invocation:settled');
    const outcome = await host().invoke('S/requestId', '', { type: 'Async' });
    const [invocation] = await settled;
    expect(outcome).toEqual({ kind: 'accepted', id: invocation.requestId, deduplicated: false });
    expect(invocation.outcome).toMatchObject({ payload: invocation.requestId });
  });

  it('gives the decoded object of the invoker, of any depth', async () => {
    const sent = { custom: { data: 'Grüße', list: [1, { a: null }] } };
    expect(JSON.parse(String(await host().value('S/invokerContext', '', { invokerContext: base64(sent) })))).toEqual(
      sent,
    );
    expect(await host().value('S/invokerContext')).toBe('{}');
  });

  it('counts its time down, from the timeout of the function', async () => {
    const time = JSON.parse(String(await host().value('S/time'))) as Record<string, number>;
    expect(time['before']).toBeGreaterThan(4000);
    expect(time['before']).toBeLessThanOrEqual(5000);
    expect(time['after']).toBeLessThanOrEqual(time['before']! - 19);
    expect(Math.abs(time['wall']! - time['after']!)).toBeLessThan(100);
    expect(time['aborted']).toBe(false);
  });

  it('never has more time left than the invoker waits', async () => {
    const time = JSON.parse(String(await host().value('S/time', '', { timeout: 900 }))) as Record<string, number>;
    expect(time['before']).toBeLessThanOrEqual(900);
  });

  it('has a logger, whose lines are tagged like those of console', async () => {
    const seen = host().logs.length;
    const outcome = await host().invoke('S/logger');
    const requestId = outcome.kind === 'answered' ? outcome.requestId : '';
    const lines = host().logs.slice(seen);
    expect(lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      'debug: at debug',
      'info: at info',
      'info: at log',
      'warn: at warn',
      'error: at error',
    ]);
    for (const line of lines) expect(line).toMatchObject({ service: 'S', function: 'logger', requestId });
  });
});

describe.each(['thread', 'process'] as const)('the surroundings of a %s', (isolation) => {
  const host = shareHost({
    isolation,
    functions: {
      'S/plain': { handler: 'context.surroundings', environment: { LEVEL: 'high', TZ: 'UTC' } },
      'S/setter': { handler: 'context.setEnvironment' },
      'S/state': { handler: 'context.state', maxInstances: 1 },
    },
  });
  const surroundings = async (): Promise<{ env: Record<string, string>; cwd: string; argv: string[] }> =>
    JSON.parse(String(await host().value('S/plain'))) as never;

  it("are the function's own variables and the SDK's, and nothing of the host's", async () => {
    process.env['SECRET_OF_THE_HOST'] = 'secret';
    try {
      expect((await surroundings()).env).toEqual({
        LEVEL: 'high',
        TZ: 'UTC',
        EDGEFC_SERVICE: 'S',
        EDGEFC_FUNCTION: 'plain',
        EDGEFC_INSTANCE: 'S/plain#1',
        MY_FUNCTION_ID: 'acs:fc:here:4711:service:S:function:plain',
      });
    } finally {
      delete process.env['SECRET_OF_THE_HOST'];
    }
  });

  it('keep what a function sets to that function', async () => {
    expect(await host().value('S/setter', 'mine')).toBe('mine');
    expect(process.env['SET_BY_FUNCTION']).toBeUndefined();
    expect((await surroundings()).env).not.toHaveProperty('SET_BY_FUNCTION');
  });

  it(`have the working directory of ${isolation === 'process' ? 'the function' : 'the host'}, and no arguments`, async () => {
    expect(await surroundings()).toMatchObject({ cwd: isolation === 'process' ? FUNCTIONS : process.cwd(), argv: [] });
  });

  it('keep what a module and its globals hold as long as the instance lives', async () => {
    expect(await host().value('S/state')).toBe('1 1');
    expect(await host().value('S/state')).toBe('2 2');
    expect(globalThis).not.toHaveProperty('countOfGlobal');
  });
});
